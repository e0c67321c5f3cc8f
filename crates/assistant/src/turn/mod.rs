//! One answer, from the question to the last word. Code answers what it understands; the rest is for a model, if there is one.
//!
//! | module | what |
//! | --- | --- |
//! | `model` | what models answer, one after the other |
//! | `calls` | what models want done |
//! | `again` | the same question within seconds |
//! | `retold` | what was said without a model, as models are told it |
//! | `recall` | what is to be remembered or forgotten |
//! | `built_in` | what code understood, carried out: said, asked for, proposed, frozen |

mod again;
mod built_in;
mod calls;
mod model;
mod recall;
mod retold;

pub(crate) use again::Recent;
pub(crate) use model::prefix_hash;

use crate::{
    assistant::{Inner, Reader},
    builtin::{self, Asked, Said, Topic},
    message::{ConversationId, Message, MessageState, Mind},
    talk::Talk,
};
use jarvis_controller::Person;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// One answer.
pub(crate) struct Turn {
    pub inner: Arc<Inner>,
    pub id: ConversationId,
    pub talk: Arc<Talk>,
    pub who: Person,
    pub text: String,
    /// Number of the message that answers.
    pub answer: u64,
    pub cancel: CancellationToken,
}

impl Turn {
    /// Answers. Always ends, and leaves no message open.
    pub async fn run(self) {
        let turn = Arc::new(self);
        let mut working = tokio::spawn(Arc::clone(&turn).answer());
        let state = tokio::select! {
            biased;
            () = turn.cancel.cancelled() => MessageState::Cancelled,
            () = turn.inner.stop.cancelled() => MessageState::Broken {
                why: "Jarvis is shutting down; ask again when it runs".to_owned(),
            },
            ended = &mut working => {
                let topic = ended.unwrap_or_else(|error| {
                    tracing::error!(%error, "an answer broke down");
                    turn.close(MessageState::Broken {
                        why: "I broke down over this; the log has the reason".to_owned(),
                    });
                    None
                });
                return turn.end(topic);
            }
        };
        // It may write until it has ended, so that is awaited before the message is closed.
        working.abort();
        let topic = working.await.unwrap_or_default();
        turn.close(state);
        turn.end(topic);
    }

    fn end(&self, topic: Option<Topic>) {
        self.talk.end(topic);
        self.inner.keep(&self.talk);
        if !self.talk.awaited().is_empty() {
            // The follower lives as long as the program.
            let _ = self.inner.awaiting.send((self.who.user.clone(), self.id.clone()));
        }
    }

    async fn answer(self: Arc<Self>) -> Option<Topic> {
        let desk = self.inner.registry.desk();
        let (moment, earlier) = (desk.moment(), self.talk.topic());
        let asked = Asked {
            text: &self.text,
            desk,
            moment: &moment,
            role: self.who.role,
            user: &self.who.user,
            earlier: earlier.as_ref(),
            zone: &self.inner.zone,
        };
        let understood = if self.inner.models_first {
            None
        } else {
            builtin::understand(asked).await
        };
        match understood {
            Some(understood) => self.carry_out(understood).await,
            None => self.ask_models(asked).await,
        }
    }

    /// Who is told what is remembered.
    fn reader(&self) -> Reader<'_> {
        Reader {
            user: &self.who.user,
            conversation: &self.id.0,
        }
    }

    /// Says what code made of it.
    fn say(&self, said: Said, reason: &str) -> Option<Topic> {
        self.say_in(self.answer, said, reason)
    }

    fn say_in(&self, message: u64, said: Said, reason: &str) -> Option<Topic> {
        let mind = Mind::built_in(reason);
        self.talk.edit(message, |message| {
            message.text = said.text;
            message.facts = said.facts;
            message.suggestions = said.suggestions;
            message.mind = Some(mind);
            message.state = MessageState::Whole;
        });
        said.topic
    }

    /// Ends whatever message still comes.
    fn close(&self, state: MessageState) {
        let coming = |message: &&Message| message.state == MessageState::Coming;
        let open: Vec<u64> = self
            .talk
            .kept()
            .messages
            .iter()
            .filter(coming)
            .map(|message| message.seq)
            .collect();
        for seq in open {
            self.talk.edit(seq, |message| message.state = state.clone());
        }
    }
}
