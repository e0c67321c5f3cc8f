//! The audit trail: a pure projection of journal records into rows that read without the journal. A row about an effect or
//! a request repeats who wanted it, its tier, digest and undo, so that each line stands for itself.
//!
//! Reads no clock and no file. Secrets and their hashes never enter a row.

mod export;
mod project;

pub use export::{csv_header, to_csv, to_json_line};
pub use project::Trail;

use jarvis_model::Timestamp;
use jarvis_ports::Stored;
use serde::{Deserialize, Serialize};

/// One line of the audit trail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuditRow {
    /// Number of the record.
    pub seq: u64,
    /// When it was written, ms since the epoch.
    pub at: Timestamp,
    /// The same as RFC 3339 text in UTC.
    pub time: String,
    /// Name of the event, as in the journal.
    pub event: String,
    /// Lease epoch of the writer.
    pub epoch: u64,
    /// Who wanted it, with the door: `reconciler`, `anna (dashboard)`.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub origin: Option<String>,
    /// The person, where one is known by name.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub user: Option<String>,
    /// Tier of the action.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tier: Option<String>,
    /// What was decided: `permitted`, `needs confirmation`, `confirmed`, `refused` ...
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub verdict: Option<String>,
    /// The condition it hung on: code and name of a rule, the issue, the request, or the manifest revision.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub condition: Option<String>,
    /// Digest of what was decided or confirmed.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub digest: Option<String>,
    /// The request.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ticket: Option<String>,
    /// The intent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub intent: Option<String>,
    /// The Proxmox task.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub task: Option<String>,
    /// How it ended.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub result: Option<String>,
    /// How to undo it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub undo: Option<String>,
    /// One sentence for people.
    pub summary: String,
    /// Hash of the record in the chain.
    pub hash: String,
}

/// The audit rows of records in journal order. Rows about effects that were logged before the first record lack what only
/// the intent knows; begin at the first record, or feed a [`Trail`].
pub fn rows(records: &[Stored]) -> Vec<AuditRow> {
    let mut trail = Trail::default();
    records.iter().filter_map(|stored| trail.row(stored)).collect()
}

#[cfg(test)]
mod tests;
