//! Journal records as feed lines and audit entries. What is secret in a record never leaves.

use super::{
    scalar::{Counter, Time},
    word::Severity,
};
use crate::feed;
use async_graphql::{Json, SimpleObject};
use jarvis_model::{Event, Memory};
use jarvis_ports::Stored;
use serde_json::Value;

/// One record of the journal.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Record {
    /// Place in the journal, from 1, without gaps.
    pub seq: Counter,
    /// When it was written.
    pub at: Time,
    /// Kind: `issueOpened`, `intentLogged` ...
    pub name: String,
    /// How serious.
    pub severity: Severity,
    /// What happened, one short sentence.
    pub title: String,
    /// More, when there is more to say.
    pub detail: Option<String>,
    /// The resource, `Kind/name`.
    pub resource: Option<String>,
    /// Whether it is a line of the activity feed.
    pub feed: bool,
    /// Whether it belongs to the audit trail.
    pub audit: bool,
    /// Hash of this record in the chain.
    pub hash: String,
    /// The record itself, without hashes of secrets.
    pub data: Json<Value>,
}

impl Record {
    /// A stored record in words; `memory` lends the names of intents and tickets.
    pub fn of(stored: &Stored, memory: &Memory) -> Self {
        let event = &stored.record.event;
        let line = feed::line(event, memory);
        Self {
            seq: stored.record.seq.into(),
            at: stored.record.at.into(),
            name: event.name(),
            severity: line.severity.into(),
            title: line.title,
            detail: line.detail,
            resource: line.resource.map(|key| key.to_string()),
            feed: event.is_told(memory),
            audit: event.is_audit(),
            hash: stored.hash.clone(),
            data: Json(without_secrets(event)),
        }
    }
}

/// The event as JSON, without password and token hashes, and without the files of a proposal, which may be large.
pub fn without_secrets(event: &Event) -> Value {
    let mut value = serde_json::to_value(event).unwrap_or_default();
    if let Some(fields) = value.as_object_mut() {
        fields.remove("passwordHash");
        fields.remove("secretHash");
        if let Some(proposal) = fields.get_mut("proposal").and_then(Value::as_object_mut) {
            proposal.remove("files");
            proposal.remove("changes");
        }
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use jarvis_model::Role;

    #[test]
    fn hashes_of_secrets_stay_inside() {
        let user = Event::UserSet {
            user: "anna".into(),
            password_hash: "CANARY".into(),
            role: Role::Admin,
            one_time: false,
        };
        let token = Event::TokenCreated {
            name: "ci".into(),
            secret_hash: "CANARY".into(),
            role: Role::Viewer,
            scopes: Vec::new(),
            by: "anna".into(),
            expires_at: None,
        };
        for event in [user, token] {
            assert!(serde_json::to_string(&event).unwrap().contains("CANARY"));
            assert!(!without_secrets(&event).to_string().contains("CANARY"));
        }
    }
}
