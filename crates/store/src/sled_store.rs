//! The store on disk, in sled. Everything in it can be rebuilt or may expire, so a folder that does not open is moved aside
//! and begun anew; the caller is told and rebuilds.
//!
//! sled's own flush does not reach the platter (it starts the write-back without waiting for the disk), so each flush is
//! followed by an fsync of its file and of the folder. It writes only when told to: there is no flusher thread. Where sled
//! panics over damaged content, the panic is turned into an error and the folder is moved aside at the next start.
//!
//! Knows nothing of what is kept in it.

use crate::disk::once_free;
use jarvis_model::Timestamp;
use jarvis_ports::{Store, StoreError, Write, store::Pairs};
use std::{
    collections::BTreeMap,
    fs::{self, File},
    io,
    ops::Bound,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Cached pages stay below this many bytes.
const CACHE_BYTES: u64 = 8 << 20;
/// So many folders that did not open are kept beside the store.
const KEPT_BROKEN: usize = 2;

/// Why what is derived must be rebuilt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rebuild {
    /// There was no store yet.
    New,
    /// The one that was there could not be used.
    Broken {
        /// What was wrong with it.
        why: String,
        /// Where it is now.
        moved_to: PathBuf,
    },
}

/// An opened store.
#[derive(Debug)]
pub struct OpenedStore {
    /// The store.
    pub store: SledStore,
    /// It is empty, for this reason: rebuild what is derived.
    pub rebuild: Option<Rebuild>,
}

/// The store on disk: see the module's documentation.
#[derive(Debug)]
pub struct SledStore {
    folder: PathBuf,
    db: sled::Db,
    /// One batch at a time: expectations hold until their batch is applied.
    writing: Mutex<()>,
}

impl SledStore {
    /// Opens the store in `folder`. One that does not open is moved to `<folder>.broken-<now in ms>`, and an empty one is
    /// begun. The caller must hold the journal's lock: a store that another process has open counts as one that does not
    /// open. Fails when the disk is full, which sled cannot open on; what is derived may then live in memory for the time.
    pub fn open(folder: &Path, now: Timestamp) -> Result<OpenedStore, StoreError> {
        let is_new = !folder.exists();
        let why = match Self::try_open(folder) {
            Ok(store) => {
                return Ok(OpenedStore {
                    store,
                    rebuild: is_new.then_some(Rebuild::New),
                });
            }
            Err(Unusable::Full(why)) => return Err(StoreError::Engine { what: "open", why }),
            Err(Unusable::Broken(why)) => why,
        };
        let moved_to = move_aside(folder, now).map_err(|error| StoreError::Engine {
            what: "move aside",
            why: format!("{why}; and {} could not be renamed: {error}", folder.display()),
        })?;
        tracing::warn!(why, moved_to = %moved_to.display(), "the store did not open and is begun anew");
        match Self::try_open(folder) {
            Ok(store) => Ok(OpenedStore {
                store,
                rebuild: Some(Rebuild::Broken { why, moved_to }),
            }),
            Err(Unusable::Full(why) | Unusable::Broken(why)) => Err(StoreError::Engine { what: "open", why }),
        }
    }

    fn try_open(folder: &Path) -> Result<Self, Unusable> {
        if let Ok(why) = fs::read_to_string(suspicion(folder)) {
            return Err(Unusable::Broken(why));
        }
        let opening = || -> Result<sled::Db, sled::Error> {
            let db = sled::Config::new()
                .path(folder)
                .cache_capacity(CACHE_BYTES)
                .flush_every_ms(None)
                .open()?;
            // Reads everything once: damage shows here, not in the middle of a request.
            for name in db.tree_names() {
                for pair in &db.open_tree(name)? {
                    pair?;
                }
            }
            Ok(db)
        };
        match catch_unwind(AssertUnwindSafe(|| once_free(opening, is_taken))) {
            Ok(Ok(db)) => {
                let store = Self {
                    folder: folder.to_owned(),
                    db,
                    writing: Mutex::new(()),
                };
                store.sync().map_err(|error| Unusable::of(&error))?;
                Ok(store)
            }
            Ok(Err(sled::Error::Io(error))) => Err(Unusable::of(&error)),
            Ok(Err(error)) => Err(Unusable::Broken(error.to_string())),
            Err(panic) => Err(Unusable::Broken(words(panic.as_ref()))),
        }
    }

    /// Brings sled's files and their names to the disk.
    fn sync(&self) -> io::Result<()> {
        let blobs = self.folder.join("blobs");
        File::open(self.folder.join("db"))?.sync_all()?;
        if blobs.is_dir() {
            for entry in fs::read_dir(&blobs)? {
                match File::open(entry?.path()) {
                    Ok(blob) => blob.sync_data()?,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    Err(error) => return Err(error),
                }
            }
            File::open(blobs)?.sync_all()?;
        }
        File::open(&self.folder)?.sync_all()
    }

    /// Runs a call of sled; its errors and panics become ours.
    fn call<T>(
        &self,
        what: &'static str,
        call: impl FnOnce() -> Result<T, sled::Error>,
    ) -> Result<T, StoreError> {
        let (why, suspect) = match catch_unwind(AssertUnwindSafe(call)) {
            Ok(Ok(value)) => return Ok(value),
            Ok(Err(error)) => (error.to_string(), !matches!(error, sled::Error::Io(_))),
            Err(panic) => (words(panic.as_ref()), true),
        };
        if suspect && let Err(error) = fs::write(suspicion(&self.folder), &why) {
            tracing::warn!(%error, "the damaged store could not be marked for the next start");
        }
        tracing::error!(what, why, "the store failed");
        Err(StoreError::Engine { what, why })
    }

    fn tree(&self, space: &str) -> Result<sled::Tree, sled::Error> {
        // Prefixed: sled has a tree of its own under a fixed name, and an empty name is none.
        self.db.open_tree(format!("space/{space}"))
    }
}

impl Store for SledStore {
    fn get(&self, space: &str, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        self.call("read", || {
            Ok(self.tree(space)?.get(key)?.map(|value| value.to_vec()))
        })
    }

    fn apply(&self, batch: Vec<Write>) -> Result<(), StoreError> {
        let _one_at_a_time = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        for write in &batch {
            if let Write::Expect { space, key, value } = write
                && self.get(space, key)? != *value
            {
                return Err(StoreError::Conflict { space: space.clone() });
            }
        }
        let mut batches: BTreeMap<String, sled::Batch> = BTreeMap::new();
        for write in batch {
            match write {
                Write::Put { space, key, value } => batches.entry(space).or_default().insert(key, value),
                Write::Delete { space, key } => batches.entry(space).or_default().remove(key),
                Write::Expect { .. } => {}
            }
        }
        self.call("write", || {
            batches
                .into_iter()
                .try_for_each(|(space, batch)| self.tree(&space)?.apply_batch(batch))
        })
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
        self.call("read", || {
            let found = self
                .tree(space)?
                .range::<&[u8], _>((Bound::Included(from), upper));
            let owned = |pair: sled::Result<(sled::IVec, sled::IVec)>| {
                pair.map(|(key, value)| (key.to_vec(), value.to_vec()))
            };
            if descending {
                found.rev().take(limit).map(owned).collect()
            } else {
                found.take(limit).map(owned).collect()
            }
        })
    }

    fn flush(&self) -> Result<(), StoreError> {
        self.call("flush", || self.db.flush().map(drop))?;
        self.sync().map_err(|error| StoreError::Engine {
            what: "flush",
            why: error.to_string(),
        })
    }
}

/// A lock of sled's that somebody holds; sled gives no kind for it.
fn is_taken(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(error) if error.to_string().contains("could not acquire lock"))
}

/// Why a store was not opened.
enum Unusable {
    /// No room; the store may be fine.
    Full(String),
    /// Anything else.
    Broken(String),
}

impl Unusable {
    fn of(error: &io::Error) -> Self {
        if crate::disk::is_full(error) {
            Self::Full(error.to_string())
        } else {
            Self::Broken(error.to_string())
        }
    }
}

/// The file that says that a store turned out to be damaged while it was in use.
fn suspicion(folder: &Path) -> PathBuf {
    folder.join("damaged")
}

fn words(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied());
    format!("the engine gave up: {}", text.unwrap_or("no reason given"))
}

/// Renames a folder and removes the oldest of those that were renamed before.
fn move_aside(folder: &Path, now: Timestamp) -> io::Result<PathBuf> {
    let name = folder
        .file_name()
        .and_then(|name| name.to_str())
        .unwrap_or("index");
    let above = folder
        .parent()
        .filter(|above| !above.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let prefix = format!("{name}.broken-");
    let millis = now.as_millis();
    let target = (millis..millis + 1000)
        .map(|millis| above.join(format!("{prefix}{millis:014}")))
        .find(|path| !path.exists());
    let target = target.ok_or(io::ErrorKind::AlreadyExists)?;
    fs::rename(folder, &target)?;
    let mut broken: Vec<PathBuf> = fs::read_dir(above)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.file_name()
                .and_then(|name| name.to_str())
                .is_some_and(|name| name.starts_with(&prefix))
        })
        .collect();
    broken.sort();
    for old in &broken[..broken.len().saturating_sub(KEPT_BROKEN)] {
        if let Err(error) = fs::remove_dir_all(old) {
            tracing::warn!(path = %old.display(), %error, "an old broken store could not be removed");
        }
    }
    Ok(target)
}

#[cfg(test)]
mod tests;
