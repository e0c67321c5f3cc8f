//! One conversation: what was said, and who listens. Whoever begins to listen gets everything there is and then every change,
//! without loss or repeats.

use crate::{
    builtin::Topic,
    message::{ConversationId, Message, MessageState, Speaker},
};
use jarvis_model::{ProposalId, TicketId, Timestamp};
use jarvis_ports::model::History;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

/// Changes a slow listener may be behind; then it begins again.
const BACKLOG: usize = 512;
/// Characters of a title.
const LONGEST_TITLE: usize = 60;

/// A conversation as it is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Kept {
    /// Its name.
    pub id: ConversationId,
    /// Whose it is; nobody else sees it.
    pub user: String,
    /// What it began with.
    pub title: String,
    /// When it began.
    pub started_at: Timestamp,
    /// When something was last said in it.
    pub last_at: Timestamp,
    /// What was said, oldest first.
    pub messages: Vec<Message>,
    /// What models were sent and answered, as it was.
    pub history: History,
    /// What is still to be told how it ended.
    pub awaited: Vec<Awaited>,
    /// The last message that the history holds, by its number.
    #[serde(default)]
    pub retold: u64,
    /// The last message that is in the summary of this conversation, by its number.
    #[serde(default)]
    pub summed: u64,
}

/// Something that was asked for in a conversation and is not over.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "awaited", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Awaited {
    /// The end of a request.
    Ticket {
        /// Which.
        id: TicketId,
    },
    /// That a proposal is in force, or never will be.
    Proposal {
        /// Which.
        id: ProposalId,
    },
    /// That the cluster is as the proposal wants it, which came into force at that time.
    Declared {
        /// Which.
        id: ProposalId,
        /// Since when it is in force.
        since: Timestamp,
    },
}

impl Kept {
    /// An empty one.
    pub fn new(id: ConversationId, user: &str, now: Timestamp) -> Self {
        Self {
            id,
            user: user.to_owned(),
            title: String::new(),
            started_at: now,
            last_at: now,
            messages: Vec::new(),
            history: History::default(),
            awaited: Vec::new(),
            retold: 0,
            summed: 0,
        }
    }

    /// The number of its last message.
    pub fn last_seq(&self) -> u64 {
        self.messages.last().map_or(0, |last| last.seq)
    }

    /// The number of the last message that is not still coming.
    pub fn last_whole(&self) -> u64 {
        let mut over = self.messages.iter().rev();
        over.find(|message| message.state != MessageState::Coming)
            .map_or(0, |last| last.seq)
    }

    /// What it has cost.
    pub fn micro_dollars(&self) -> u64 {
        let minds = self.messages.iter().filter_map(|message| message.mind.as_ref());
        minds.map(|mind| mind.micro_dollars).sum()
    }

    /// Whether Jarvis is still speaking.
    pub fn is_coming(&self) -> bool {
        let mut states = self.messages.iter().map(|message| &message.state);
        states.any(|state| *state == MessageState::Coming)
    }

    /// What was not finished when Jarvis ended never will be.
    #[must_use]
    pub fn broken_off(mut self) -> Self {
        for message in &mut self.messages {
            if message.state == MessageState::Coming {
                message.state = MessageState::Broken {
                    why: "Jarvis was restarted before this was finished; ask again".to_owned(),
                };
            }
        }
        self
    }
}

/// What listeners are told.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A message is new or different; this is all of it.
    Message(Arc<Message>),
    /// A message grew at its end.
    Added {
        /// Which.
        seq: u64,
        /// Characters it had before.
        from: usize,
        /// What was added.
        text: Arc<str>,
    },
    /// The conversation was deleted.
    Gone,
}

struct State {
    kept: Kept,
    topic: Option<Topic>,
    run: Option<CancellationToken>,
    gone: bool,
}

/// A conversation that is open.
pub struct Talk {
    state: Mutex<State>,
    changes: broadcast::Sender<Change>,
}

impl Talk {
    /// Opens one.
    pub fn new(kept: Kept) -> Self {
        Self {
            state: Mutex::new(State {
                kept,
                topic: None,
                run: None,
                gone: false,
            }),
            changes: broadcast::Sender::new(BACKLOG),
        }
    }

    /// As it is now.
    pub fn kept(&self) -> Kept {
        self.lock().kept.clone()
    }

    /// What it was last about.
    pub fn topic(&self) -> Option<Topic> {
        self.lock().topic.clone()
    }

    /// Everything there is, and every change after it.
    pub fn follow(&self) -> (Vec<Message>, broadcast::Receiver<Change>) {
        let state = self.lock();
        (state.kept.messages.clone(), self.changes.subscribe())
    }

    /// A person says something and Jarvis begins to answer; none while it is still speaking. Numbers of both, and what
    /// ends the answer.
    pub fn begin(&self, user: &str, text: &str, now: Timestamp) -> Option<(u64, u64, CancellationToken)> {
        let mut state = self.lock();
        if state.run.is_some() {
            return None;
        }
        let cancel = CancellationToken::new();
        state.run = Some(cancel.clone());
        if state.kept.title.is_empty() {
            state.kept.title = jarvis_tools::clean::line(text, LONGEST_TITLE);
        }
        let user = user.to_owned();
        let asked = self.push(
            &mut state,
            Speaker::Person { user },
            text,
            MessageState::Whole,
            now,
        );
        let answer = self.push(&mut state, Speaker::Jarvis, "", MessageState::Coming, now);
        Some((asked, answer, cancel))
    }

    /// Jarvis says something unasked.
    pub fn say(&self, text: &str, now: Timestamp, fill: impl FnOnce(&mut Message)) -> u64 {
        let mut state = self.lock();
        let seq = self.push(&mut state, Speaker::Jarvis, text, MessageState::Whole, now);
        drop(state);
        self.edit(seq, fill);
        seq
    }

    /// Jarvis begins another message of the same answer.
    pub fn another(&self, now: Timestamp) -> u64 {
        let mut state = self.lock();
        self.push(&mut state, Speaker::Jarvis, "", MessageState::Coming, now)
    }

    fn push(
        &self,
        state: &mut State,
        speaker: Speaker,
        text: &str,
        how: MessageState,
        now: Timestamp,
    ) -> u64 {
        let seq = state.kept.messages.last().map_or(1, |last| last.seq + 1);
        let message = Message {
            seq,
            at: now,
            speaker,
            text: text.to_owned(),
            state: how,
            mind: None,
            facts: Vec::new(),
            unfounded: Vec::new(),
            tools: Vec::new(),
            cards: Vec::new(),
            suggestions: Vec::new(),
        };
        state.kept.last_at = now;
        self.tell(Change::Message(Arc::new(message.clone())));
        state.kept.messages.push(message);
        seq
    }

    /// Changes a message.
    pub fn edit(&self, seq: u64, change: impl FnOnce(&mut Message)) {
        let mut state = self.lock();
        let message = state.kept.messages.iter_mut().find(|message| message.seq == seq);
        if let Some(message) = message {
            change(message);
            self.tell(Change::Message(Arc::new(message.clone())));
        }
    }

    /// A message grows.
    pub fn append(&self, seq: u64, text: &str) {
        if text.is_empty() {
            return;
        }
        let mut state = self.lock();
        let message = state.kept.messages.iter_mut().find(|message| message.seq == seq);
        if let Some(message) = message {
            let from = message.text.chars().count();
            message.text.push_str(text);
            self.tell(Change::Added {
                seq,
                from,
                text: text.into(),
            });
        }
    }

    /// The answer is over.
    pub fn end(&self, topic: Option<Topic>) {
        let mut state = self.lock();
        state.run = None;
        if topic.is_some() {
            state.topic = topic;
        }
    }

    /// Ends the answer that comes; false when none does.
    pub fn cancel(&self) -> bool {
        let state = self.lock();
        state.run.as_ref().inspect(|run| run.cancel()).is_some()
    }

    /// Ends everything.
    pub fn remove(&self) {
        self.cancel();
        self.lock().gone = true;
        self.tell(Change::Gone);
    }

    /// Whether it was deleted.
    pub fn is_gone(&self) -> bool {
        self.lock().gone
    }

    /// What is still to be told.
    pub fn awaited(&self) -> Vec<Awaited> {
        self.lock().kept.awaited.clone()
    }

    /// Something more is to be told.
    pub fn await_end(&self, what: Awaited) {
        let mut state = self.lock();
        if !state.kept.awaited.contains(&what) {
            state.kept.awaited.push(what);
        }
    }

    /// It was told; false when it had been before.
    pub fn told(&self, what: &Awaited) -> bool {
        let mut state = self.lock();
        let before = state.kept.awaited.len();
        state.kept.awaited.retain(|one| one != what);
        state.kept.awaited.len() < before
    }

    /// What models were sent.
    pub fn history(&self) -> History {
        self.lock().kept.history.clone()
    }

    /// What models were sent, and answered, up to this message.
    pub fn set_history(&self, history: History, until: u64) {
        let mut state = self.lock();
        state.kept.history = history;
        state.kept.retold = until;
    }

    /// It is summarised up to this message.
    pub fn set_summed(&self, until: u64) {
        self.lock().kept.summed = until;
    }

    fn tell(&self, change: Change) {
        // Nobody may be listening.
        let _ = self.changes.send(change);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
