//! What is remembered beyond conversations.

use super::scalar::Time;
use async_graphql::SimpleObject;
use jarvis_assistant::memory::{Kind, Pending, Record};

/// One thing that is remembered, or that somebody wants remembered.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct MemoryRecord {
    /// Its number.
    pub id: String,
    /// `fact`, `preference`, `conversation`, `day` or `month`.
    pub kind: String,
    /// What it says.
    pub text: String,
    /// Where it comes from: `person anna`, `event 12..40`, `conversation 0199…`.
    pub source: String,
    /// When it was made or last corrected.
    pub made_at: Time,
    /// When it is forgotten by itself; absent means never.
    pub expires_at: Option<Time>,
    /// Whether it waits for a person to confirm it; until then it is not used.
    pub pending: bool,
}

impl From<&Record> for MemoryRecord {
    fn from(record: &Record) -> Self {
        let kind = match record.kind {
            Kind::Preference => "preference",
            Kind::Fact => "fact",
            Kind::Conversation => "conversation",
            Kind::Day => "day",
            Kind::Month => "month",
        };
        let text = match (&record.name, record.kind) {
            (Some(name), Kind::Preference | Kind::Day | Kind::Month) => format!("{name}: {}", record.text),
            _ => record.text.clone(),
        };
        Self {
            id: record.id.to_string(),
            kind: kind.to_owned(),
            text,
            source: record.source.to_string(),
            made_at: record.made_at.into(),
            expires_at: record.expires_at.map(Time),
            pending: false,
        }
    }
}

impl From<&Pending> for MemoryRecord {
    fn from(pending: &Pending) -> Self {
        Self {
            id: pending.id.to_string(),
            kind: "fact".to_owned(),
            text: pending.text.clone(),
            source: format!("person {}", pending.by),
            made_at: pending.at.into(),
            expires_at: None,
            pending: true,
        }
    }
}
