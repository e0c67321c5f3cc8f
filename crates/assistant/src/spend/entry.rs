//! One request in the ledger.

use jarvis_model::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a model was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// A person asked.
    Question,
    /// A mail or a report is put into words.
    Narration,
    /// What happened is summarised.
    Consolidation,
    /// The daily trial of tool calls.
    Canary,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Question, Self::Narration, Self::Consolidation, Self::Canary];

    /// One word, for metrics and tables.
    pub fn word(self) -> &'static str {
        match self {
            Self::Question => "question",
            Self::Narration => "narration",
            Self::Consolidation => "consolidation",
            Self::Canary => "canary",
        }
    }
}

/// How far a request is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EntryState {
    /// Money is set aside for it.
    Open,
    /// It is over and paid.
    Settled,
    /// Nobody saw its end; it counts at its ceiling until its cost is known otherwise.
    Lost,
}

/// One request. Money is in millionths of a dollar.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// Its number, from 1.
    pub id: u64,
    /// When its money was set aside.
    pub at: Timestamp,
    /// The day it counts for, which is that of `at`.
    pub day: Date,
    /// The model.
    pub model: String,
    /// Whether it stayed in the house.
    pub local: bool,
    /// What for.
    pub kind: Kind,
    /// The most it can cost.
    pub ceiling: u64,
    /// What it has cost; while it is open, nothing.
    pub cost: u64,
    /// Whether its price is a guess on the high side.
    pub assumed: bool,
    /// How far it is.
    pub state: EntryState,
}
