//! Twins that live in memory: a journal and a store with the same behaviour as the ones on disk, for tests, the demo
//! and rehearsals. They keep nothing over a restart of the process; a clone shares the content of its original, so a
//! restart within one process is a clone.

mod journal;
mod store;

pub use journal::MemoryJournal;
pub use store::MemoryStore;
