//! The state folder: journal, store, session key. Made with mode 0700 at the first start.

use crate::exit::Failure;
use jarvis_api::SigningKey;
use jarvis_model::Timestamp;
use jarvis_ports::Store as _;
use jarvis_replay::{Limits, PassRecorder};
use jarvis_store::{FileJournal, Options, Rebuild, SledStore};
use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
    sync::Arc,
};

/// Random bytes of the key that signs session cookies.
const KEY_BYTES: usize = 32;

/// What is open.
pub struct Opened {
    /// The truth.
    pub journal: Arc<FileJournal>,
    /// What is derived or expires.
    pub store: Arc<SledStore>,
    /// What is kept for `jarvis replay`; none when it cannot be begun.
    pub recorder: Option<Arc<PassRecorder>>,
    folder: PathBuf,
}

/// Opens everything, or says why not. A damaged journal is opened too: then Jarvis observes and does nothing.
pub fn open(folder: &Path, now: Timestamp) -> Result<Opened, Failure> {
    make_folder(folder)?;
    let opened = FileJournal::open(&folder.join("journal"), Options::default())
        .map_err(|error| Failure::error(error.to_string()))?;
    if let Some(repaired) = &opened.repaired {
        tracing::warn!(path = %repaired.path.display(), bytes = repaired.bytes, head = repaired.head, "an append that was never answered was cut off the journal");
    }
    if let Some(damage) = &opened.damaged {
        tracing::error!("{damage}. Jarvis observes only, nobody can sign in, and nothing is done");
    }
    let index = SledStore::open(&folder.join("index"), now).map_err(|error| {
        Failure::error(format!(
            "{error}; it is in {}, and holds nothing that the journal does not",
            folder.display()
        ))
    })?;
    if let Some(Rebuild::Broken { why, moved_to }) = &index.rebuild {
        tracing::warn!(why, moved_to = %moved_to.display(), "the store was broken and is begun anew: everybody has to sign in again");
    }
    Ok(Opened {
        journal: Arc::new(opened.journal),
        store: Arc::new(index.store),
        recorder: recorder(folder),
        folder: folder.to_owned(),
    })
}

fn recorder(folder: &Path) -> Option<Arc<PassRecorder>> {
    let begun = PassRecorder::begin(
        &folder.join("passes"),
        env!("CARGO_PKG_VERSION"),
        Limits::default(),
    );
    let told = begun.inspect_err(
        |error| tracing::warn!(%error, "passes are not recorded: `jarvis replay` will not know this run"),
    );
    told.ok().map(Arc::new)
}

/// Makes the folder, for its owner only.
pub fn make_folder(folder: &Path) -> Result<(), Failure> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|error| {
            Failure::error(format!(
                "cannot make the state folder {}: {error}; choose another `state` folder",
                folder.display()
            ))
        })
}

impl Opened {
    /// The key that signs session cookies; made at the first start, so that sessions outlive a restart.
    pub fn signing_key(&self) -> Result<SigningKey, Failure> {
        let path = self.folder.join("session.key");
        let failed = |error: &dyn std::fmt::Display| {
            Failure::error(format!(
                "cannot use the session key {}: {error}; remove it to have another one made",
                path.display()
            ))
        };
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                make_key(&path).map_err(|error| failed(&error))?
            }
            Err(error) => return Err(failed(&error)),
        };
        let bytes = hex::decode(text.trim()).map_err(|error| failed(&error))?;
        SigningKey::new(bytes).map_err(|error| failed(&error))
    }

    /// Writes down what is not yet durable.
    pub fn close(&self) {
        if let Some(recorder) = &self.recorder {
            recorder.close();
        }
        if let Err(error) = self.journal.seal() {
            tracing::warn!(%error, "the journal could not be sealed; no record is lost");
        }
        if let Err(error) = self.store.flush() {
            tracing::warn!(%error, "the store could not be flushed; sessions may be lost");
        }
    }
}

fn make_key(path: &Path) -> io::Result<String> {
    let mut bytes = [0_u8; KEY_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(error.to_string()))?;
    let text = hex::encode(bytes);
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_state_folder_is_its_owners_and_held_by_one_process() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("a/state");
        let opened = open(&folder, Timestamp::from_secs(1)).unwrap();
        opened.signing_key().unwrap();
        let key = fs::read_to_string(folder.join("session.key")).unwrap();
        for (path, mode) in [(folder.clone(), 0o700), (folder.join("session.key"), 0o600)] {
            assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, mode);
        }
        let second = open(&folder, Timestamp::from_secs(1)).err().unwrap().text;
        assert!(second.contains("stop that process first"), "{second}");
        opened.close();
        drop(opened);
        open(&folder, Timestamp::from_secs(2))
            .unwrap()
            .signing_key()
            .unwrap();
        assert_eq!(fs::read_to_string(folder.join("session.key")).unwrap(), key);
    }
}
