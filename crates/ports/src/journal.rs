//! The journal: append-only, ordered, durable before it answers. The truth that memory is folded from.

use jarvis_model::{Event, Record, Timestamp};

/// A record together with its place in the hash chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    /// The record.
    pub record: Record,
    /// Hash of this record in the chain, lower-case hex.
    pub hash: String,
}

/// Why the journal refused. After any error nothing may be acted on that the record would have announced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Another writer was faster, or the caller's picture is old.
    #[error(
        "the journal is at record {actual}, not {expected}: another instance writes, or this one is behind"
    )]
    Conflict {
        /// What the caller believed.
        expected: u64,
        /// What is there.
        actual: u64,
    },
    /// The writer's lease epoch is not the current one.
    #[error("lease epoch {held} was given up for {current}: this instance may only observe")]
    Fenced {
        /// The caller's epoch.
        held: u64,
        /// The current epoch.
        current: u64,
    },
    /// The record could not be written and synced.
    #[error("cannot write the journal in {path}: {why}; nothing is done without a record")]
    Write {
        /// The file or folder.
        path: String,
        /// Reason of the system.
        why: String,
    },
    /// What is stored is damaged in the middle (a torn last record is repaired, not an error).
    #[error(
        "the journal in {path} is damaged at record {seq}: {why}; acting stops until `jarvis audit verify` is clean"
    )]
    Damaged {
        /// The file.
        path: String,
        /// First bad record.
        seq: u64,
        /// What is wrong.
        why: String,
    },
}

/// A journal. Blocking calls of at most a few milliseconds (one fdatasync); callers on tokio use `block_in_place` or a thread.
pub trait Journal: Send + Sync {
    /// Sequence number of the last record; 0 when empty.
    fn head(&self) -> u64;
    /// Appends `events` as consecutive records and syncs them; returns them. `expected_head` must equal the head, and `epoch` the
    /// current lease epoch. All or nothing.
    fn append(
        &self,
        expected_head: u64,
        epoch: u64,
        at: Timestamp,
        events: Vec<Event>,
    ) -> Result<Vec<Stored>, JournalError>;
    /// Records after `seq`, at most `limit`.
    fn read_after(&self, seq: u64, limit: usize) -> Result<Vec<Stored>, JournalError>;
    /// Whether the disk has no room for more than the records that end things; tries to make room first. While it is so,
    /// nothing should be begun.
    fn low_space(&self) -> bool {
        false
    }
    /// Takes the lease: a new epoch, higher than all before. A second holder makes the first one's appends fail with `Fenced`.
    fn acquire_lease(&self) -> Result<u64, JournalError>;
}
