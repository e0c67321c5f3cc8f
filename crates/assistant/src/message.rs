//! What a conversation is made of. Everything here is kept and shown; nothing here acts.

use jarvis_model::{ProposalId, TicketId, Timestamp};
use serde::{Deserialize, Serialize};

/// Names a conversation: letters and digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ConversationId(pub String);

impl std::fmt::Display for ConversationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// Who says something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "who", rename_all = "camelCase")]
pub enum Speaker {
    /// A person who is signed in.
    Person {
        /// The user.
        user: String,
    },
    /// Jarvis.
    Jarvis,
}

/// How far a message is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "camelCase")]
pub enum MessageState {
    /// More of it comes.
    Coming,
    /// It is whole.
    Whole,
    /// A person stopped it.
    Cancelled,
    /// It ended before it was whole.
    Broken {
        /// Why, and what to do.
        why: String,
    },
}

/// What a claim in a message rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Fact {
    /// What is claimed, in few words: `guest 101 runs`.
    pub claim: String,
    /// Where it stands: `guest/101 status`, `event 1234`, `revision 3f2a9c1`.
    pub source: String,
    /// When that was so.
    pub at: Option<Timestamp>,
}

/// Which mind answered, why that one, and what it took.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Mind {
    /// `built-in`, or the id of a model.
    pub name: String,
    /// Whether what it was asked stayed in the house.
    pub local: bool,
    /// Why this one: `a status question; answered from live state`.
    pub reason: String,
    /// Tokens it read.
    pub prompt_tokens: u64,
    /// Tokens it wrote.
    pub output_tokens: u64,
    /// What that cost.
    pub micro_dollars: u64,
}

impl Mind {
    /// What answers when no model does.
    pub const BUILT_IN: &str = "built-in";

    /// The built-in one: it costs nothing.
    pub fn built_in(reason: impl Into<String>) -> Self {
        Self {
            name: Self::BUILT_IN.to_owned(),
            local: true,
            reason: reason.into(),
            prompt_tokens: 0,
            output_tokens: 0,
            micro_dollars: 0,
        }
    }
}

/// A tool that was called for a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolUse {
    /// The tool.
    pub tool: String,
    /// Its arguments, JSON.
    pub arguments: String,
    /// What came of it, in a line; none while it runs.
    pub result: Option<String>,
    /// Whether it came to nothing.
    pub is_error: bool,
}

/// What a person can act on in a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "card", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Card {
    /// An action that was asked for; waits for a person, runs, is over, or was refused.
    Action {
        /// The request.
        ticket: TicketId,
        /// What to know before saying yes: what it interrupts, how the vote would stand, how to undo it.
        notes: Vec<String>,
    },
    /// A manifest change that waits for a person.
    Proposal {
        /// Which.
        proposal: ProposalId,
    },
    /// The lasting way to want what was asked for: a change that can be proposed with one click.
    Offer {
        /// The change in a line.
        title: String,
        /// Why it is offered.
        reason: String,
        /// What to say to have it proposed: `keep media running`.
        say: String,
    },
}

/// One thing that was said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// Its number in the conversation, from 1.
    pub seq: u64,
    /// When it was begun.
    pub at: Timestamp,
    /// Who says it.
    pub speaker: Speaker,
    /// What is said: plain text; `- ` at the start of a line is an entry of a list. Links and markup mean nothing.
    pub text: String,
    /// How far it is.
    pub state: MessageState,
    /// Which mind answered; none for a person's.
    pub mind: Option<Mind>,
    /// What its claims rest on.
    pub facts: Vec<Fact>,
    /// Figures and names in a model's words that stand in nothing it read: worked out, or made up.
    #[serde(default)]
    pub unfounded: Vec<String>,
    /// Tools called for it, in order.
    pub tools: Vec<ToolUse>,
    /// What can be acted on.
    pub cards: Vec<Card>,
    /// What one may want to say next.
    pub suggestions: Vec<String>,
}
