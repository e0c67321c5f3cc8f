//! The door to conversations: who may say what where, and what listens.

use crate::{
    calendar::Calendar,
    context::Part,
    follow,
    memory::{Memory, Record, Trust},
    message::{ConversationId, Message},
    minds::Minds,
    router::cache::Cache,
    summing,
    talk::{Change, Kept, Talk},
    talks::{Head, Talks},
    turn::{self, Recent},
};
use jarvis_controller::Person;
use jarvis_model::Timestamp;
use jarvis_ports::StoreError;
use jarvis_tools::{Registry, clean};
use jiff::tz::TimeZone;
use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::sync::{broadcast, mpsc};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Characters of what a person says at once.
pub const LONGEST_TEXT: usize = 4000;
/// A start has other things to do than to try models.
const AFTER_START: Duration = Duration::from_mins(10);
/// A conversation in which nothing was said for so long is summarised.
const QUIET: Duration = Duration::from_hours(1);
/// How often it is looked whether something is due.
const HOURLY: Duration = Duration::from_hours(1);
/// Tokens of memory with one question.
const MEMORY_TOKENS: usize = 1000;
/// Messages in one conversation.
const MOST_MESSAGES: usize = 500;

/// Conversations. Cheap to clone.
#[derive(Clone)]
pub struct Assistant {
    inner: Arc<Inner>,
    news: Arc<Mutex<Option<mpsc::UnboundedReceiver<follow::Place>>>>,
}

pub(crate) struct Inner {
    pub registry: Registry,
    pub talks: Talks,
    pub minds: Minds,
    /// None when it cannot be read; the conversation works without.
    pub memory: Option<Memory>,
    pub zone: TimeZone,
    /// Whether models are asked what code could answer, too.
    pub models_first: bool,
    pub running: TaskTracker,
    pub stop: CancellationToken,
    /// Answers of models of the last seconds.
    recent: Mutex<Cache<Recent>>,
    /// Conversations in which something is to be told how it ended.
    pub awaiting: mpsc::UnboundedSender<(String, ConversationId)>,
}

/// Who reads what is remembered, and in which conversation.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader<'a> {
    pub user: &'a str,
    pub conversation: &'a str,
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
        Self::made(registry, minds, zone, false)
    }

    /// The same for a trial of models: they are asked everything, also what code would answer by itself.
    pub fn for_trial(registry: Registry, minds: Minds, zone: TimeZone) -> Self {
        Self::made(registry, minds, zone, true)
    }

    fn made(registry: Registry, minds: Minds, zone: TimeZone, models_first: bool) -> Self {
        let store = registry.desk().handle.store().clone();
        let memory = Memory::open(store.clone(), Calendar::new(zone.clone()))
            .inspect_err(|error| tracing::error!(%error, "nothing is remembered beyond conversations"))
            .ok();
        let (awaiting, news) = mpsc::unbounded_channel();
        Self {
            inner: Arc::new(Inner {
                registry,
                talks: Talks::new(store),
                minds,
                memory,
                zone,
                models_first,
                running: TaskTracker::new(),
                stop: CancellationToken::new(),
                recent: Mutex::default(),
                awaiting,
            }),
            news: Arc::new(Mutex::new(Some(news))),
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

    /// Deletes one, and its summary with it; false when there is none.
    pub fn delete(&self, user: &str, id: &ConversationId) -> Result<bool, ConversationError> {
        let deleted = self.inner.talks.remove(user, id)?;
        if let Some(memory) = self.inner.memory.as_ref().filter(|_| deleted)
            && let Err(error) = memory.forget_conversation(&id.0)
        {
            tracing::warn!(%error, conversation = %id, "a conversation is deleted, and its summary stays for now");
        }
        Ok(deleted)
    }

    /// Summarises every conversation in which nothing was said since then; how many.
    pub async fn sum_up(&self, quiet_since: Timestamp) -> usize {
        summing::quiet(&self.inner, quiet_since).await
    }

    /// Deletes all conversations of a user: nobody who is called the same later finds them.
    pub fn forget_user(&self, user: &str) -> Result<(), ConversationError> {
        for head in self.heads(user, usize::MAX)? {
            self.delete(user, &head.id)?;
        }
        Ok(())
    }

    /// The models, and what was spent on them.
    pub fn minds(&self) -> &Minds {
        &self.inner.minds
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.inner.now()
    }

    /// Of each model the hash of what stands before every conversation: while it stays, caches hold.
    pub fn prefixes(&self) -> Vec<(String, String)> {
        let setups = self.inner.minds.setups();
        setups
            .map(|setup| {
                (
                    setup.model.id().to_owned(),
                    turn::prefix_hash(&self.inner.registry, setup),
                )
            })
            .collect()
    }

    /// What is remembered beyond conversations; none when it cannot be read.
    pub fn memory(&self) -> Option<&Memory> {
        self.inner.memory.as_ref()
    }

    /// Tells in conversations how things ended, until it is stopped; then ends every answer that still comes.
    pub async fn run(self, stop: CancellationToken) {
        for (model, hash) in self.prefixes() {
            tracing::info!(model, hash, "what stands before every conversation");
        }
        let daily = daily(&self.inner, &stop);
        let told = self.tell(&stop);
        tokio::join!(daily, told);
        self.inner.stop.cancel();
        self.inner.running.close();
        self.inner.running.wait().await;
    }

    async fn tell(&self, stop: &CancellationToken) {
        let news = self.news.lock().ok().and_then(|mut news| news.take());
        if let Some(news) = news {
            follow::run(&self.inner, news, stop).await;
        }
        stop.cancelled().await;
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

    /// What is remembered and may matter to a question of this reader. Summaries of conversations are for their owners alone,
    /// and a conversation is not told of itself.
    pub fn remembered(&self, reader: Reader<'_>, question: &str, now: Timestamp) -> Vec<Record> {
        let Some(memory) = &self.memory else {
            return Vec::new();
        };
        let may = |record: &Record| {
            record.is_for(reader.user) && record.name.as_deref() != Some(reader.conversation)
        };
        memory.relevant(question, MEMORY_TOKENS, now, &may)
    }

    /// The same as parts of what a model is told: what people said, and what was recorded, which is data.
    pub fn told_from_memory(&self, reader: Reader<'_>, question: &str, now: Timestamp) -> Vec<Part> {
        let relevant = self.remembered(reader, question, now);
        let lines = |trust: Trust| -> Vec<String> {
            let of_it = relevant.iter().filter(|record| record.trust == trust);
            of_it
                .map(|record| format!("{} ({})", record.text, record.source))
                .collect()
        };
        let mut parts = vec![Part {
            title: "Remembered, said by people".to_owned(),
            lines: lines(Trust::Person),
        }];
        let recorded = lines(Trust::Recorded);
        if let Some(mark) = clean::mark().filter(|_| !recorded.is_empty()) {
            parts.push(Part {
                title: "Remembered from records".to_owned(),
                lines: vec![clean::framed(&serde_json::json!(recorded), &mark)],
            });
        }
        parts
    }

    /// Answers of the last seconds.
    pub fn recent(&self) -> MutexGuard<'_, Cache<Recent>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes a conversation down; what goes wrong is logged, since nobody waits for it.
    pub fn keep(&self, talk: &Talk) {
        if let Err(error) = self.talks.keep(talk) {
            tracing::warn!(%error, "a conversation is not kept over a restart");
        }
    }
}

/// What is done once an hour where it is due, off everybody's way: days and conversations are summarised, models tried.
async fn daily(inner: &Arc<Inner>, stop: &CancellationToken) {
    loop {
        if let Some(memory) = inner.memory.clone() {
            let (handle, now) = (inner.registry.desk().handle.clone(), inner.now());
            let summarising = tokio::task::spawn_blocking(move || {
                memory.consolidate(&|seq, most| handle.records_after(seq, most), now)
            });
            match summarising.await {
                Ok(Ok(done)) => tracing::debug!(days = done.days, "days are summarised"),
                Ok(Err(error)) => {
                    tracing::warn!(%error, "days are not summarised; it is tried again in an hour");
                }
                Err(error) => tracing::error!(%error, "summarising days broke down"),
            }
        }
        tokio::select! {
            () = tokio::time::sleep(AFTER_START) => {}
            () = stop.cancelled() => return,
        }
        tokio::select! {
            () = inner.minds.try_daily(inner.now()) => {}
            () = stop.cancelled() => return,
        }
        tokio::select! {
            _ = summing::quiet(inner, inner.now() - QUIET) => {}
            () = stop.cancelled() => return,
        }
        tokio::select! {
            () = tokio::time::sleep(HOURLY) => {}
            () = stop.cancelled() => return,
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
