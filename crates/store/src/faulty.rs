//! The journal over a disk that loses, tears and refuses, for tests of what stands above it. Not part of any product.

use crate::{
    FileJournal, OpenError, Opened, Options,
    disk::fake::{FakeDisk, Loss},
};
use std::{path::Path, sync::Arc};

/// What a crash leaves of what was written and not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Crash {
    /// Only the process died: everything is in the cache.
    Process,
    /// Power was cut under the worst luck: nothing of it.
    Power,
    /// Power was cut: any sectors of it, chosen by this number.
    Torn(u64),
}

/// A disk in memory. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub struct FaultyDisk(FakeDisk);

impl FaultyDisk {
    /// Opens the journal on it.
    pub fn open(&self, options: Options) -> Result<Opened, OpenError> {
        FileJournal::open_on(Arc::new(self.0.clone()), Path::new("journal"), options)
    }

    /// The disk as the next process finds it.
    #[must_use]
    pub fn after(&self, crash: Crash) -> Self {
        Self(self.0.after_crash(match crash {
            Crash::Process => Loss::Nothing,
            Crash::Power => Loss::Unsynced,
            Crash::Torn(seed) => Loss::Torn(seed),
        }))
    }

    /// The next sync of a segment fails, and what it should have written is lost.
    pub fn fail_next_sync(&self) {
        self.0.fail_sync_of(".seg");
    }

    /// Only this many more bytes fit; none means enough.
    pub fn leave_room(&self, bytes: Option<usize>) {
        self.0.set_capacity(bytes.map(|room| self.0.used() + room));
    }
}
