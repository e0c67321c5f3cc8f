//! The journal in memory. Knows no files; its chain hangs on a fixed root.

use crate::{
    append::{Batch, admit},
    chain::{Anchor, Hash, genesis},
};
use jarvis_model::{Event, Timestamp};
use jarvis_ports::{Journal, JournalError, Stored};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A journal in memory. Clones share their content.
#[derive(Debug, Clone)]
pub struct MemoryJournal {
    state: Arc<Mutex<State>>,
}

#[derive(Debug)]
struct State {
    records: Vec<Stored>,
    hash: Hash,
    epoch: u64,
    failure: Option<String>,
}

impl MemoryJournal {
    /// An empty journal; nobody holds the lease (epoch 0).
    pub fn new() -> Self {
        let state = State {
            records: Vec::new(),
            hash: genesis(b"memory"),
            epoch: 0,
            failure: None,
        };
        Self {
            state: Arc::new(Mutex::new(state)),
        }
    }

    /// From now on every append and lease fails with this reason, until it is set to none again. For tests of what
    /// happens without a durable record.
    pub fn set_failure(&self, why: Option<&str>) {
        self.lock().failure = why.map(str::to_owned);
    }

    /// Everything that was appended.
    pub fn records(&self) -> Vec<Stored> {
        self.lock().records.clone()
    }

    /// The last record and its hash.
    pub fn anchor(&self) -> Anchor {
        let state = self.lock();
        Anchor {
            seq: state.records.len() as u64,
            hash: state.hash.to_hex(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryJournal {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    fn writable(&self) -> Result<(), JournalError> {
        match &self.failure {
            Some(why) => Err(JournalError::Write {
                path: "memory".to_owned(),
                why: why.clone(),
            }),
            None => Ok(()),
        }
    }
}

impl Journal for MemoryJournal {
    fn head(&self) -> u64 {
        self.lock().records.len() as u64
    }

    fn append(
        &self,
        expected_head: u64,
        epoch: u64,
        at: Timestamp,
        events: Vec<Event>,
    ) -> Result<Vec<Stored>, JournalError> {
        let mut state = self.lock();
        let head = state.records.len() as u64;
        state.writable()?;
        admit(state.epoch, head, epoch, expected_head)?;
        let batch =
            Batch::encode(head, state.hash, epoch, at, events).map_err(|why| JournalError::Write {
                path: "memory".to_owned(),
                why,
            })?;
        state.hash = batch.hash;
        state.records.extend_from_slice(&batch.stored);
        Ok(batch.stored)
    }

    fn read_after(&self, seq: u64, limit: usize) -> Result<Vec<Stored>, JournalError> {
        let from = usize::try_from(seq).unwrap_or(usize::MAX);
        Ok(self
            .lock()
            .records
            .iter()
            .skip(from)
            .take(limit)
            .cloned()
            .collect())
    }

    fn acquire_lease(&self) -> Result<u64, JournalError> {
        let mut state = self.lock();
        state.writable()?;
        state.epoch += 1;
        Ok(state.epoch)
    }
}
