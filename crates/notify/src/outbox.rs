//! Letters and the desk on disk, below the state folder: `outbox/desk.json`, `outbox/letters/ID.json`, `outbox/sent/ID.json`.
//!
//! Guarantees: a file is there whole or not at all, and durable when a call returns; a letter that was marked as sent is not
//! put again. Assumes that one process writes (the state folder is held by one). Blocking calls: callers on tokio use a thread.

use crate::{desk::Desk, letter::Letter};
use serde::{Serialize, de::DeserializeOwned};
use std::{
    fs::{self, DirBuilder, File},
    io::{self, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

/// Letters kept after they were sent, so that none is sent again and people can look.
const SENT_KEPT: usize = 200;

/// The folder.
#[derive(Debug, Clone)]
pub struct Outbox {
    folder: PathBuf,
}

/// Why the outbox failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {path}: {why}; check room and rights there. What is to be told is told once it works")]
pub struct OutboxError {
    what: &'static str,
    path: String,
    why: io::Error,
}

fn failed(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OutboxError {
    let path = path.display().to_string();
    move |why| OutboxError { what, path, why }
}

/// What was found in a folder of letters.
#[derive(Debug, Default)]
pub struct Found {
    /// Letters, oldest first.
    pub letters: Vec<Letter>,
    /// Files that are none.
    pub damaged: Vec<PathBuf>,
}

impl Outbox {
    /// Opens the outbox of a state folder to write; makes what is missing, for its owner only.
    pub fn open(state: &Path) -> Result<Self, OutboxError> {
        let outbox = Self::of(state);
        for folder in [outbox.letters_folder(), outbox.sent_folder()] {
            let mut builder = DirBuilder::new();
            builder.recursive(true).mode(0o700);
            builder.create(&folder).map_err(failed("make", &folder))?;
        }
        for folder in [outbox.folder.clone(), outbox.letters_folder()] {
            remove_unfinished(&folder).map_err(failed("tidy", &folder))?;
        }
        Ok(outbox)
    }

    /// The outbox of a state folder, to read.
    pub fn of(state: &Path) -> Self {
        Self {
            folder: state.join("outbox"),
        }
    }

    fn letters_folder(&self) -> PathBuf {
        self.folder.join("letters")
    }

    fn sent_folder(&self) -> PathBuf {
        self.folder.join("sent")
    }

    fn desk_file(&self) -> PathBuf {
        self.folder.join("desk.json")
    }

    /// The desk; none when none was saved. One that cannot be understood is an error.
    pub fn desk(&self) -> Result<Option<Desk>, OutboxError> {
        let path = self.desk_file();
        match read(&path) {
            Ok(desk) => Ok(Some(desk)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(failed("read", &path)(error)),
        }
    }

    /// The desk of the run before, or a new one that tells of nothing before this record.
    pub fn begin(&self, head: u64) -> Result<Desk, OutboxError> {
        match self.desk() {
            Ok(Some(desk)) => Ok(desk),
            Ok(None) => {
                let desk = Desk::behind(head);
                self.save(Vec::new(), &desk)?;
                Ok(desk)
            }
            Err(error) => {
                tracing::error!(%error, "what was told is not known any more: news that waited are lost, what happens from now on is told");
                self.set_desk_aside()?;
                Ok(Desk::behind(head))
            }
        }
    }

    /// Puts a desk that cannot be understood aside, for people to look at.
    pub fn set_desk_aside(&self) -> Result<(), OutboxError> {
        let path = self.desk_file();
        fs::rename(&path, self.folder.join("desk.damaged")).map_err(failed("set aside", &path))
    }

    /// Makes letters and then the desk durable. Letters that were sent already are left out; the others are returned.
    pub fn save(&self, letters: Vec<Letter>, desk: &Desk) -> Result<Vec<Letter>, OutboxError> {
        let mut put = Vec::new();
        for letter in letters {
            if !self.sent_file(&letter).exists() {
                self.update(&letter)?;
                put.push(letter);
            }
        }
        write(&self.desk_file(), desk)?;
        Ok(put)
    }

    /// Writes a letter as it is now.
    pub fn update(&self, letter: &Letter) -> Result<(), OutboxError> {
        write(&self.letters_folder().join(file_name(letter)), letter)
    }

    /// Marks a letter as sent.
    pub fn mark_sent(&self, letter: &Letter) -> Result<(), OutboxError> {
        let from = self.letters_folder().join(file_name(letter));
        fs::rename(&from, self.sent_file(letter)).map_err(failed("move", &from))?;
        for folder in [self.sent_folder(), self.letters_folder()] {
            sync(&folder).map_err(failed("sync", &folder))?;
        }
        self.forget_old();
        Ok(())
    }

    fn sent_file(&self, letter: &Letter) -> PathBuf {
        self.sent_folder().join(file_name(letter))
    }

    /// Letters that wait or are parked.
    pub fn letters(&self) -> Result<Found, OutboxError> {
        read_all(&self.letters_folder())
    }

    /// The letters sent last.
    pub fn sent(&self) -> Result<Found, OutboxError> {
        read_all(&self.sent_folder())
    }

    /// What stays too long does no harm.
    fn forget_old(&self) {
        let Ok(entries) = fs::read_dir(self.sent_folder()) else {
            return;
        };
        let mut all: Vec<_> = entries
            .flatten()
            .filter_map(|entry| Some((entry.metadata().ok()?.modified().ok()?, entry.path())))
            .collect();
        all.sort();
        let old = all.len().saturating_sub(SENT_KEPT);
        for (_, path) in all.into_iter().take(old) {
            drop(fs::remove_file(path));
        }
    }
}

fn file_name(letter: &Letter) -> String {
    format!("{}.json", letter.id)
}

fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    let bytes = fs::read(path)?;
    serde_json::from_slice(&bytes).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

fn read_all(folder: &Path) -> Result<Found, OutboxError> {
    let mut found = Found::default();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        Err(error) => return Err(failed("list", folder)(error)),
    };
    for entry in entries {
        let path = entry.map_err(failed("list", folder))?.path();
        if path.extension().is_none_or(|ending| ending != "json") {
            continue;
        }
        match read(&path) {
            Ok(letter) => found.letters.push(letter),
            // It was sent a moment ago.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => found.damaged.push(path),
        }
    }
    found
        .letters
        .sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
    found.damaged.sort();
    Ok(found)
}

/// Written under another name, synced, renamed, and the folder synced.
fn write<T: Serialize>(path: &Path, value: &T) -> Result<(), OutboxError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let put = || -> io::Result<()> {
        let mut file = tempfile::Builder::new().prefix(UNFINISHED).tempfile_in(folder)?;
        file.write_all(&serde_json::to_vec(value)?)?;
        file.as_file().sync_all()?;
        file.persist(path).map_err(|error| error.error)?;
        sync(folder)
    };
    put().map_err(failed("write", path))
}

const UNFINISHED: &str = ".unfinished-";

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

/// What a killed process left.
fn remove_unfinished(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(UNFINISHED) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

#[cfg(test)]
#[path = "outbox/tests.rs"]
mod tests;
