//! A journal in memory, for tests of the API only.

use jarvis_model::{Event, Record, Timestamp};
use jarvis_ports::{Journal, JournalError, Stored};
use std::sync::Mutex;

#[derive(Default)]
pub struct ListJournal(Mutex<Vec<Stored>>);

impl Journal for ListJournal {
    fn head(&self) -> u64 {
        self.0.lock().unwrap().len() as u64
    }

    fn append(
        &self,
        expected_head: u64,
        epoch: u64,
        at: Timestamp,
        events: Vec<Event>,
    ) -> Result<Vec<Stored>, JournalError> {
        let mut list = self.0.lock().unwrap();
        let actual = list.len() as u64;
        if actual != expected_head {
            return Err(JournalError::Conflict {
                expected: expected_head,
                actual,
            });
        }
        let stored: Vec<Stored> = (actual + 1..)
            .zip(events)
            .map(|(seq, event)| Stored {
                record: Record {
                    seq,
                    at,
                    epoch,
                    event,
                },
                hash: format!("{seq:064x}"),
            })
            .collect();
        list.extend(stored.iter().cloned());
        Ok(stored)
    }

    fn read_after(&self, seq: u64, limit: usize) -> Result<Vec<Stored>, JournalError> {
        let list = self.0.lock().unwrap();
        Ok(list
            .iter()
            .filter(|stored| stored.record.seq > seq)
            .take(limit)
            .cloned()
            .collect())
    }

    fn acquire_lease(&self) -> Result<u64, JournalError> {
        Ok(1)
    }
}
