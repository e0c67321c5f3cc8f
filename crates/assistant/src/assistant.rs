//! The door to conversations: who may say what where, and what listens.

use crate::{
    follow,
    message::{ConversationId, Message},
    minds::Minds,
    talk::{Change, Kept, Talk},
    talks::{Head, Talks},
    turn,
};
use jarvis_controller::Person;
use jarvis_model::Timestamp;
use jarvis_ports::StoreError;
use jarvis_tools::Registry;
use jiff::tz::TimeZone;
use std::sync::Arc;
use tokio::sync::{broadcast, mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Characters of what a person says at once.
pub const LONGEST_TEXT: usize = 4000;
/// Messages in one conversation.
const MOST_MESSAGES: usize = 500;

/// Conversations. Cheap to clone.
#[derive(Clone)]
pub struct Assistant {
    inner: Arc<Inner>,
    news: Arc<std::sync::Mutex<Option<mpsc::UnboundedReceiver<(String, ConversationId)>>>>,
}

pub(crate) struct Inner {
    pub registry: Registry,
    pub talks: Talks,
    pub minds: Minds,
    pub zone: TimeZone,
    pub running: TaskTracker,
    pub stop: CancellationToken,
    /// Conversations in which something is to be told how it ended.
    pub awaiting: mpsc::UnboundedSender<(String, ConversationId)>,
}

/// Why something was not said or shown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ConversationError {
    /// There is none, or it is somebody else's.
    #[error("there is no conversation {0} of yours; begin one by leaving it out")]
    NotFound(ConversationId),
    /// One thing at a time.
    #[error("I am still answering in this conversation; wait, or stop the answer first")]
    Busy,
    /// What was said cannot be taken.
    #[error("{0}")]
    Invalid(String),
    /// It could not be read or kept.
    #[error("the conversation could not be kept: {0}; nothing was asked")]
    Store(#[from] StoreError),
    /// The program ends.
    #[error("Jarvis is shutting down; ask again when it runs")]
    Stopping,
}

/// What a listener begins with, and what it hears then.
pub type Followed = (Vec<Message>, broadcast::Receiver<Change>);

impl Assistant {
    /// Conversations over these tools and models; times are told in that zone.
    pub fn new(registry: Registry, minds: Minds, zone: TimeZone) -> Self {
        let store = registry.desk().handle.store().clone();
        let (awaiting, news) = mpsc::unbounded_channel();
        Self {
            inner: Arc::new(Inner {
                registry,
                talks: Talks::new(store),
                minds,
                zone,
                running: TaskTracker::new(),
                stop: CancellationToken::new(),
                awaiting,
            }),
            news: Arc::new(std::sync::Mutex::new(Some(news))),
        }
    }

    /// The same without any model.
    pub fn without_models(registry: Registry, zone: TimeZone) -> Self {
        Self::new(registry, Minds::none(), zone)
    }

    /// Says something, in a new conversation when none is named. Returns at once with the number of what was said; the answer
    /// comes to whoever follows.
    pub fn send(
        &self,
        who: &Person,
        id: Option<ConversationId>,
        text: &str,
    ) -> Result<(ConversationId, u64), ConversationError> {
        let inner = &self.inner;
        if inner.stop.is_cancelled() {
            return Err(ConversationError::Stopping);
        }
        let text = said(text)?;
        let now = inner.now();
        let (id, talk) = match id {
            Some(id) => {
                let talk = self.talk(&who.user, &id)?;
                (id, talk)
            }
            None => inner.talks.begin(&who.user, now)?,
        };
        if talk.kept().messages.len() >= MOST_MESSAGES {
            return Err(ConversationError::Invalid(format!(
                "this conversation has {MOST_MESSAGES} messages, which is as long as one gets; begin a new one"
            )));
        }
        let Some((asked, answer, cancel)) = talk.begin(&who.user, &text, now) else {
            return Err(ConversationError::Busy);
        };
        if let Err(error) = inner.talks.keep(&talk) {
            talk.end(None);
            return Err(error.into());
        }
        let turn = turn::Turn {
            inner: inner.clone(),
            id: id.clone(),
            talk,
            who: who.clone(),
            text,
            answer,
            cancel,
        };
        inner.running.spawn(turn.run());
        Ok((id, asked))
    }

    /// Stops the answer that comes; false when none does.
    pub fn cancel(&self, user: &str, id: &ConversationId) -> Result<bool, ConversationError> {
        Ok(self.talk(user, id)?.cancel())
    }

    /// A user's conversations, the latest begun first.
    pub fn heads(&self, user: &str, most: usize) -> Result<Vec<Head>, ConversationError> {
        Ok(self.inner.talks.heads(user, most)?)
    }

    /// One of them.
    pub fn conversation(&self, user: &str, id: &ConversationId) -> Result<Kept, ConversationError> {
        Ok(self.talk(user, id)?.kept())
    }

    /// Everything in it, and every change from then on.
    pub fn follow(&self, user: &str, id: &ConversationId) -> Result<Followed, ConversationError> {
        Ok(self.talk(user, id)?.follow())
    }

    /// Deletes one; false when there is none.
    pub fn delete(&self, user: &str, id: &ConversationId) -> Result<bool, ConversationError> {
        Ok(self.inner.talks.remove(user, id)?)
    }

    /// The models, and what was spent on them.
    pub fn minds(&self) -> &Minds {
        &self.inner.minds
    }

    /// Tells in conversations how things ended, until it is stopped; then ends every answer that still comes.
    pub async fn run(self, stop: CancellationToken) {
        let news = self.news.lock().ok().and_then(|mut news| news.take());
        if let Some(news) = news {
            follow::run(&self.inner, news, &stop).await;
        }
        stop.cancelled().await;
        self.inner.stop.cancel();
        self.inner.running.close();
        self.inner.running.wait().await;
    }

    fn talk(&self, user: &str, id: &ConversationId) -> Result<Arc<Talk>, ConversationError> {
        let talk = self.inner.talks.find(user, id)?;
        talk.ok_or_else(|| ConversationError::NotFound(id.clone()))
    }
}

impl Inner {
    pub fn now(&self) -> Timestamp {
        self.registry.desk().clock.now()
    }

    /// What is remembered and may matter to a question.
    #[expect(clippy::unused_self, reason = "the place of memory")]
    pub fn remembered(&self, _question: &str, _user: &str) -> String {
        String::new()
    }

    /// Writes a conversation down; what goes wrong is logged, since nobody waits for it.
    pub fn keep(&self, talk: &Talk) {
        if let Err(error) = self.talks.keep(talk) {
            tracing::warn!(%error, "a conversation is not kept over a restart");
        }
    }
}

/// What a person says, without characters nobody can see.
fn said(text: &str) -> Result<String, ConversationError> {
    let length = text.chars().count();
    if length > LONGEST_TEXT {
        return Err(ConversationError::Invalid(format!(
            "{length} characters are too many; say it in at most {LONGEST_TEXT}"
        )));
    }
    let visible = |c: &char| matches!(c, '\n' | '\t') || !c.is_control();
    let text: String = text.chars().filter(visible).collect();
    let text = text.trim();
    if text.is_empty() {
        return Err(ConversationError::Invalid(
            "nothing was said; ask something".to_owned(),
        ));
    }
    Ok(text.to_owned())
}
