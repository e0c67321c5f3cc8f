//! The store in memory: ordered maps behind one lock. Knows nothing of what is kept in it.

use jarvis_ports::{Store, StoreError, Write, store::Pairs};
use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

type Spaces = BTreeMap<String, BTreeMap<Vec<u8>, Vec<u8>>>;

/// A store in memory. Clones share their content.
#[derive(Debug, Clone, Default)]
pub struct MemoryStore {
    spaces: Arc<Mutex<Spaces>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    fn lock(&self) -> MutexGuard<'_, Spaces> {
        self.spaces.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for MemoryStore {
    fn get(&self, space: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.lock().get(space).and_then(|pairs| pairs.get(key)).cloned())
    }

    fn apply(&self, batch: Vec<Write>) -> Result<(), StoreError> {
        let mut spaces = self.lock();
        for write in &batch {
            if let Write::Expect { space, key, value } = write
                && spaces.get(space).and_then(|pairs| pairs.get(key)) != value.as_ref()
            {
                return Err(StoreError::Conflict { space: space.clone() });
            }
        }
        for write in batch {
            match write {
                Write::Put { space, key, value } => {
                    spaces.entry(space).or_default().insert(key, value);
                }
                Write::Delete { space, key } => {
                    spaces.entry(space).or_default().remove(&key);
                }
                Write::Expect { .. } => {}
            }
        }
        Ok(())
    }

    fn range(
        &self,
        space: &str,
        from: &[u8],
        to: &[u8],
        descending: bool,
        limit: usize,
    ) -> Result<Pairs, StoreError> {
        if !to.is_empty() && from >= to {
            return Ok(Pairs::new());
        }
        let upper = if to.is_empty() {
            Bound::Unbounded
        } else {
            Bound::Excluded(to)
        };
        let spaces = self.lock();
        let Some(pairs) = spaces.get(space) else {
            return Ok(Pairs::new());
        };
        let found = pairs.range::<[u8], _>((Bound::Included(from), upper));
        let owned = |(key, value): (&Vec<u8>, &Vec<u8>)| (key.clone(), value.clone());
        Ok(if descending {
            found.rev().take(limit).map(owned).collect()
        } else {
            found.take(limit).map(owned).collect()
        })
    }

    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
