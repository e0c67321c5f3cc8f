//! What is remembered, on disk: the journal (the truth) and the store (everything derived or expiring), with twins in
//! memory, the audit trail as a projection of the journal, and one conformance suite for each port.
//!
//! | type or module | what |
//! | --- | --- |
//! | [`FileJournal`] | the journal in segment files; one writer, readers beside it |
//! | [`verify()`] | looks for the first broken link, and whether anchors still hold |
//! | [`SledStore`] | the store on disk; begun anew when it does not open |
//! | [`MemoryJournal`], [`MemoryStore`] | the same behaviour without a disk |
//! | [`audit`] | journal records as audit rows, JSON lines and CSV |
//!
//! Knows nothing of what the events mean beyond their audit, and nothing of the cluster.

mod append;
pub mod audit;
mod ballast;
mod chain;
#[doc(hidden)]
pub mod conformance;
mod disk;
#[cfg(feature = "faulty-disk")]
#[doc(hidden)]
pub mod faulty;
mod frame;
mod journal;
mod mark;
mod memory;
mod scan;
mod sled_store;
mod stopwatch;
mod verify;

pub use chain::{Anchor, Hash};
pub use journal::{FileJournal, OpenError, Opened, Options, Repaired};
pub use memory::{MemoryJournal, MemoryStore};
pub use sled_store::{OpenedStore, Rebuild, SledStore};
pub use verify::{AnchorCheck, AnchorState, BrokenLink, TornTail, VerifyReport, verify};
