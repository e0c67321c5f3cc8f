//! An index of records by resource, in the store: derived from the journal, caught up at the start, rebuilt when the
//! store was lost.

use jarvis_model::{Event, ResourceKey};
use jarvis_ports::{Journal, JournalError, Store, StoreError, Stored, Write};

const SPACE: &str = "records-by-resource";
/// Key under which the last indexed sequence number stands.
const HEAD: &[u8] = b"\0head";
const CHUNK: usize = 5_000;

/// Why the index could not be brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The journal failed.
    #[error(transparent)]
    Journal(#[from] JournalError),
}

/// Indexes what the journal holds beyond the index; returns how many records that were.
pub fn catch_up(journal: &dyn Journal, store: &dyn Store) -> Result<u64, IndexError> {
    let mut done = indexed(store)?;
    let begin = done;
    loop {
        let chunk = journal.read_after(done, CHUNK)?;
        let Some(last) = chunk.last() else {
            return Ok(done.saturating_sub(begin));
        };
        done = last.record.seq;
        add(&chunk, store)?;
    }
}

fn indexed(store: &dyn Store) -> Result<u64, StoreError> {
    let head = store.get(SPACE, HEAD)?;
    Ok(head
        .and_then(|bytes| bytes.try_into().ok())
        .map_or(0, u64::from_be_bytes))
}

/// Indexes records that follow what is indexed.
pub fn add(records: &[Stored], store: &dyn Store) -> Result<(), StoreError> {
    let Some(last) = records.last() else { return Ok(()) };
    let mut batch: Vec<Write> = records
        .iter()
        .filter_map(|stored| {
            let resource = about(&stored.record.event)?;
            let value = Vec::new();
            Some(Write::Put {
                space: SPACE.to_owned(),
                key: key(&resource, stored.record.seq),
                value,
            })
        })
        .collect();
    let value = last.record.seq.to_be_bytes().to_vec();
    batch.push(Write::Put {
        space: SPACE.to_owned(),
        key: HEAD.to_vec(),
        value,
    });
    store.apply(batch)
}

/// Sequence numbers of records about a resource below `before`, newest first.
pub fn records_of(
    store: &dyn Store,
    resource: &ResourceKey,
    before: u64,
    limit: usize,
) -> Result<Vec<u64>, StoreError> {
    let pairs = store.range(SPACE, &key(resource, 0), &key(resource, before), true, limit)?;
    let seq = |key: &[u8]| key.last_chunk::<8>().map(|bytes| u64::from_be_bytes(*bytes));
    Ok(pairs.iter().filter_map(|(key, _)| seq(key)).collect())
}

fn about(event: &Event) -> Option<ResourceKey> {
    event.resource().cloned()
}

fn key(resource: &ResourceKey, seq: u64) -> Vec<u8> {
    [resource.to_string().as_bytes(), b"\0", &seq.to_be_bytes()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use jarvis_model::{IssueKey, Timestamp};
    use jarvis_store::{MemoryJournal, MemoryStore};

    fn opened(name: &str) -> Event {
        let issue: IssueKey = format!("VirtualMachine/{name}#guest-down").parse().unwrap();
        Event::IssueOpened {
            issue,
            summary: String::new(),
        }
    }

    #[test]
    fn a_lost_store_is_rebuilt_from_the_journal_and_pages_go_backwards() {
        let journal = MemoryJournal::default();
        let epoch = journal.acquire_lease().unwrap();
        let events = vec![
            opened("a"),
            opened("b"),
            Event::QuorumLost,
            opened("a"),
            opened("ab"),
        ];
        let written = journal.append(0, epoch, Timestamp::default(), events).unwrap();
        let kept = MemoryStore::default();
        add(&written, &kept).unwrap();
        let rebuilt = MemoryStore::default();
        assert_eq!(catch_up(&journal, &rebuilt).unwrap(), 5);
        assert_eq!(
            catch_up(&journal, &rebuilt).unwrap(),
            0,
            "nothing is indexed twice"
        );
        let a = "VirtualMachine/a".parse().unwrap();
        for store in [&kept, &rebuilt] {
            assert_eq!(records_of(store, &a, u64::MAX, 10).unwrap(), [4, 1]);
            assert_eq!(records_of(store, &a, 4, 10).unwrap(), [1]);
            assert_eq!(records_of(store, &a, u64::MAX, 1).unwrap(), [4]);
        }
    }
}
