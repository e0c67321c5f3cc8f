//! What is remembered, one by one.

use jarvis_model::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, fmt};

/// Classes of what is remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// What a person chose: units, brevity, form of address.
    Preference,
    /// What a person said and confirmed. Never ends by itself.
    Fact,
    /// What a conversation was about.
    Conversation,
    /// What happened on a day.
    Day,
    /// What happened in a month.
    Month,
}

/// Where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "from", rename_all = "camelCase")]
pub enum Source {
    /// A person said it.
    Person {
        /// Who.
        user: String,
    },
    /// Records of the journal.
    Events {
        /// The first.
        first: u64,
        /// The last.
        last: u64,
    },
    /// A conversation.
    Conversation {
        /// Which.
        id: String,
        /// Whose it is: nobody else is told of it.
        user: String,
    },
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person { user } => write!(f, "person {user}"),
            Self::Events { first, last } => write!(f, "event {first}..{last}"),
            Self::Conversation { id, .. } => write!(f, "conversation {id}"),
        }
    }
}

/// How far its words may be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Trust {
    /// A person wrote it.
    Person,
    /// It may repeat words of guests, logs or models: to be framed as data, wherever it is shown to a model.
    Recorded,
}

/// One thing that is remembered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Its number.
    pub id: u64,
    /// Its class.
    pub kind: Kind,
    /// What tells it from others of its class: the preference, the day, the month, the conversation. A fact has none.
    pub name: Option<String>,
    /// What it says, cleaned.
    pub text: String,
    /// Where it comes from.
    pub source: Source,
    /// When it was made or last corrected.
    pub made_at: Timestamp,
    /// When it is forgotten by itself.
    pub expires_at: Option<Timestamp>,
    /// How far its words may be trusted.
    pub trust: Trust,
    /// Of a day or a month: what happened, how often.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub counts: BTreeMap<String, u64>,
}

impl Record {
    /// Whether this user may see it: what a conversation was about, and how somebody is to be spoken to, is theirs alone.
    pub fn is_for(&self, reader: &str) -> bool {
        match &self.source {
            Source::Conversation { user, .. } => user == reader,
            // Of a conversation: put right by its owner.
            Source::Person { user } => {
                !matches!(self.kind, Kind::Conversation | Kind::Preference) || user == reader
            }
            Source::Events { .. } => true,
        }
    }

    /// Whether the other takes its place: one of the same class and name, and of a preference one of the same person.
    pub(super) fn replaces(&self, other: &Self) -> bool {
        let same = self.kind == other.kind && self.name == other.name;
        same && (self.kind != Kind::Preference || self.source == other.source)
    }
}

/// A fact that waits for a person to confirm it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Pending {
    /// Its number.
    pub id: u64,
    /// What it says, cleaned.
    pub text: String,
    /// Who said it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// Words of a person who is signed in. The only way into facts and preferences: build it from what the person typed, never
/// from an answer of a model or a tool.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Said<'a> {
    /// Who.
    pub user: &'a str,
    /// The words.
    pub text: &'a str,
}
