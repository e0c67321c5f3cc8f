//! What the API shows that lies in adapters: the audit trail as a whole, and the messages to people. Only the shapes are here;
//! whoever puts the process together hands the rest in.

use async_trait::async_trait;
use std::{collections::BTreeMap, sync::Arc};

/// How the audit trail is written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditFormat {
    /// One JSON object a line.
    JsonLines,
    /// For spreadsheets.
    Csv,
}

/// What a check of the hash chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainCheck {
    /// Records that were checked.
    pub records: u64,
    /// Number of the last one.
    pub head: u64,
    /// Its hash.
    pub head_hash: String,
    /// Where the chain is broken, in words; none when every link holds.
    pub problem: Option<String>,
}

/// The audit trail as a whole. Both calls read the disk and may take a while.
pub trait AuditTrail: Send + Sync {
    /// Checks every checksum and every link.
    fn check(&self) -> Result<ChainCheck, String>;
    /// Gives the whole trail in pieces, until `take` says no. What is damaged is said at the end.
    fn export(&self, format: AuditFormat, take: &mut dyn FnMut(String) -> bool) -> Result<(), String>;
}

/// Messages to people.
#[async_trait]
pub trait Messenger: Send + Sync {
    /// How many wait on the disk, by channel.
    fn waiting(&self) -> Result<BTreeMap<String, usize>, String>;
    /// Sends a test message by a channel of the manifests in force; what each receiver's server said, or why it did not go.
    async fn test(&self, channel: &str) -> Result<Vec<Tried>, String>;
    /// Lets the parked messages of a channel, or of all, be tried once more; how many there are.
    async fn retry(&self, channel: Option<String>) -> Result<usize, String>;
}

/// One receiver of a test message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tried {
    /// To whom.
    pub to: String,
    /// Whether the server took it.
    pub taken: bool,
    /// What it said.
    pub answer: String,
}

/// All of it; what is not handed in is said to be missing.
#[derive(Clone, Default)]
pub struct Outside {
    /// The audit trail.
    pub audit: Option<Arc<dyn AuditTrail>>,
    /// Messages.
    pub messenger: Option<Arc<dyn Messenger>>,
}
