//! A conversation as it goes on: everything there is, then every change. Who falls behind gets everything once more.

use crate::{
    auth::Caller,
    graphql::{
        Shared, errors,
        types::{
            conversation::{ConversationUpdate, Message, TextAdded, number},
            costs::Costs,
        },
    },
};
use async_graphql::Result;
use futures::{Stream, stream};
use jarvis_assistant::{
    message::{self, ConversationId},
    talk::Change,
};
use tokio::sync::broadcast::{Receiver, error::RecvError};

struct Following {
    shared: Shared,
    caller: Caller,
    id: ConversationId,
    changes: Receiver<Change>,
    first: Option<Vec<message::Message>>,
    over: bool,
}

/// Follows one.
pub fn follow(shared: Shared, caller: Caller, id: String) -> Result<impl Stream<Item = ConversationUpdate>> {
    let id = ConversationId(id);
    let followed = shared.assistant.follow(&caller.user, &id);
    let (messages, changes) = followed.map_err(errors::of_conversation)?;
    let start = Following {
        shared,
        caller,
        id,
        changes,
        first: Some(messages),
        over: false,
    };
    Ok(stream::unfold(start, |mut following| async move {
        let update = following.next().await?;
        Some((update, following))
    }))
}

impl Following {
    async fn next(&mut self) -> Option<ConversationUpdate> {
        if self.over {
            return None;
        }
        if let Some(messages) = self.first.take() {
            return Some(self.told(true, &messages));
        }
        match self.changes.recv().await {
            Ok(Change::Message(message)) => Some(self.told(false, std::slice::from_ref(&message))),
            Ok(Change::Added { seq, from, text }) => Some(ConversationUpdate {
                added: Some(TextAdded {
                    seq: number(seq),
                    from: i32::try_from(from).unwrap_or(i32::MAX),
                    text: text.to_string(),
                }),
                ..empty()
            }),
            Ok(Change::Gone) | Err(RecvError::Closed) => {
                self.over = true;
                Some(ConversationUpdate {
                    gone: true,
                    ..empty()
                })
            }
            Err(RecvError::Lagged(_)) => {
                let (messages, changes) = self.shared.assistant.follow(&self.caller.user, &self.id).ok()?;
                self.changes = changes;
                Some(self.told(true, &messages))
            }
        }
    }

    fn told<M: std::borrow::Borrow<message::Message>>(
        &self,
        snapshot: bool,
        messages: &[M],
    ) -> ConversationUpdate {
        let (moment, pushes) = (self.shared.moment(), self.shared.handle.pushes());
        let told = messages
            .iter()
            .map(|message| Message::of(message.borrow(), &moment, &self.caller, pushes));
        ConversationUpdate {
            snapshot,
            messages: told.collect(),
            ..empty()
        }
    }
}

fn empty() -> ConversationUpdate {
    ConversationUpdate {
        snapshot: false,
        messages: Vec::new(),
        added: None,
        gone: false,
    }
}

/// What is spent, now and whenever it changes; once where nothing can be.
pub fn costs(shared: Shared) -> impl Stream<Item = Costs> {
    let spending = shared.assistant.minds().spending();
    let start = (shared, spending, true);
    stream::unfold(start, |(shared, mut spending, first)| async move {
        if !first {
            match &mut spending {
                Some(changes) => changes.changed().await.ok()?,
                None => std::future::pending().await,
            }
        }
        let now = Costs::of(shared.assistant.minds(), shared.clock.now());
        Some((now, (shared, spending, false)))
    })
}
