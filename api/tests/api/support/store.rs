//! A store in memory, for tests of the API only.

use jarvis_ports::{Store, StoreError, Write, store::Pairs};
use std::{collections::BTreeMap, sync::Mutex};

type Key = (String, Vec<u8>);

#[derive(Default)]
pub struct MapStore(Mutex<BTreeMap<Key, Vec<u8>>>);

impl Store for MapStore {
    fn get(&self, space: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self
            .0
            .lock()
            .unwrap()
            .get(&(space.to_owned(), key.to_vec()))
            .cloned())
    }

    fn apply(&self, batch: Vec<Write>) -> Result<(), StoreError> {
        let mut map = self.0.lock().unwrap();
        for write in batch {
            match write {
                Write::Put { space, key, value } => drop(map.insert((space, key), value)),
                Write::Delete { space, key } => drop(map.remove(&(space, key))),
                Write::Expect { space, key, value } => assert_eq!(map.get(&(space, key)), value.as_ref()),
            }
        }
        Ok(())
    }

    fn range(&self, space: &str, _: &[u8], _: &[u8], _: bool, limit: usize) -> Result<Pairs, StoreError> {
        let map = self.0.lock().unwrap();
        let here = map.iter().filter(|((named, _), _)| named == space);
        Ok(here
            .take(limit)
            .map(|((_, key), value)| (key.clone(), value.clone()))
            .collect())
    }

    fn flush(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
