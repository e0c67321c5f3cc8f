//! What Jarvis remembers beyond the cluster's state: core facts, preferences, summaries of days and of conversations. Each has a
//! source, a time and an end, and can be seen, corrected, forgotten and taken away.
//!
//! Guarantees: a fact is what a person wrote and a person confirmed; a preference is what a person chose; nothing that guests,
//! logs or models wrote becomes either, since there is no way in for it. Days are summarised by code from the journal. All of
//! it is bounded, whatever happens.
//!
//! Losing it loses comfort, no truth: nothing is decided by it.

mod consolidate;
mod recall;
mod record;
mod shelf;

pub use consolidate::{ConsolidateError, Consolidated};
pub use recall::{MOST_TOKENS, tokens};
pub use record::{Kind, Pending, Record, Said, Source, Trust};
pub use shelf::{Memory, MemoryError};
