//! What is remembered, on disk: the journal (the truth) and the store (everything derived or expiring), with twins in
//! memory, the audit trail as a projection of the journal, and one conformance suite for each port.
//!
//! Knows nothing of what the events mean beyond their audit, and nothing of the cluster.

mod append;
mod chain;
mod frame;
mod memory;

pub use chain::{Anchor, Hash};
pub use memory::{MemoryJournal, MemoryStore};
