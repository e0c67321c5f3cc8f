//! A store on disk and prices one can reckon in the head: a byte of the request costs a micro-dollar at most, a token of the
//! answer exactly one.

use jarvis_assistant::{
    calendar::Calendar,
    spend::{Asked, Caps, Kind, Ledger},
};
use jarvis_model::Timestamp;
use jarvis_ports::{
    Store, StoreError, Write,
    model::{Cost, Tariff, Usage},
    store::Pairs,
};
use jarvis_store::SledStore;
use jiff::tz::{TimeZone, TimeZoneDatabase};
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

pub struct Plain;

impl Tariff for Plain {
    fn cost(&self, model: &str, usage: &Usage) -> Cost {
        Cost {
            micro_dollars: usage.output_tokens,
            assumed: model == "unknown",
        }
    }

    fn ceiling(&self, model: &str, request_bytes: usize, _: u32) -> Cost {
        Cost {
            micro_dollars: u64::try_from(request_bytes).unwrap(),
            assumed: model == "unknown",
        }
    }

    fn as_of(&self) -> &'static str {
        "2026-11-23"
    }
}

pub fn far(ceiling: u64) -> Asked<'static> {
    Asked {
        model: "haiku",
        is_local: false,
        kind: Kind::Question,
        request_bytes: usize::try_from(ceiling).unwrap(),
        max_output_tokens: 1000,
    }
}

pub fn used(cost: u64) -> Usage {
    Usage {
        output_tokens: cost,
        ..Usage::default()
    }
}

pub fn caps(per_day: u64, per_month: u64) -> Caps {
    Caps {
        per_request: None,
        per_day: Some(per_day),
        per_month: Some(per_month),
        warn_percent: 80,
    }
}

pub fn berlin() -> TimeZone {
    TimeZoneDatabase::bundled().get("Europe/Berlin").unwrap()
}

pub fn at(text: &str) -> Timestamp {
    let instant: jiff::Timestamp = text.parse().unwrap();
    Timestamp::from_millis(u64::try_from(instant.as_millisecond()).unwrap())
}

/// A folder that goes with it.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("jarvis-money-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub fn sled(folder: &Folder) -> Arc<dyn Store> {
    let opened = SledStore::open(&folder.path().join("store"), Timestamp::from_secs(1)).unwrap();
    Arc::new(opened.store)
}

pub fn open(store: &Arc<dyn Store>, caps: Caps, zone: TimeZone) -> Ledger {
    Ledger::open(store.clone(), Arc::new(Plain), caps, Calendar::new(zone)).unwrap()
}

/// A store whose machine may lose power: then it holds what was flushed, and nothing else. It can also refuse to write.
#[derive(Default)]
pub struct Mains {
    now: jarvis_store::MemoryStore,
    unflushed: Mutex<Vec<Write>>,
    flushed: Mutex<Vec<Write>>,
    pub is_full: AtomicBool,
}

impl Mains {
    /// What is there after power was lost.
    pub fn after_a_power_cut(&self) -> Self {
        let after = Self::default();
        let flushed = self.flushed.lock().unwrap().clone();
        after.now.apply(flushed.clone()).unwrap();
        *after.flushed.lock().unwrap() = flushed;
        after
    }

    fn refuse(&self) -> Result<(), StoreError> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(StoreError::Engine {
                what: "write",
                why: "no space left".to_owned(),
            });
        }
        Ok(())
    }
}

impl Store for Mains {
    fn get(&self, space: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.now.get(space, key)
    }

    fn apply(&self, batch: Vec<Write>) -> Result<(), StoreError> {
        self.refuse()?;
        self.now.apply(batch.clone())?;
        self.unflushed.lock().unwrap().extend(batch);
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
        self.now.range(space, from, to, descending, limit)
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.refuse()?;
        let mut unflushed = self.unflushed.lock().unwrap();
        self.flushed.lock().unwrap().append(&mut unflushed);
        Ok(())
    }
}
