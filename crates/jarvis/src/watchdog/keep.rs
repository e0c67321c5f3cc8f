//! What the watchdog keeps on disk: its state, replaced whole and synced before an act, and its log, one JSON object a
//! line, only ever appended to.
//!
//! Knows nothing of what is decided.

use super::decide::{Note, State};
use jarvis_model::Timestamp;
use serde::Serialize;
use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// The folder with both.
#[derive(Debug, Clone)]
pub struct Keep {
    folder: PathBuf,
}

/// A line of the log.
#[derive(Serialize)]
struct Line<'a> {
    at: String,
    #[serde(flatten)]
    note: &'a Note,
}

impl Keep {
    /// Makes the folder, for its owner only.
    pub fn open(folder: &Path) -> io::Result<Self> {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// The state of the last run; a fresh one when there is none yet, and one that allows nothing when it cannot be read.
    pub fn state(&self) -> State {
        let path = self.state_path();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return State::default(),
            Err(error) => return State::unreadable(format!("{}: {error}", path.display())),
        };
        serde_json::from_str(&text)
            .unwrap_or_else(|error| State::unreadable(format!("{}: {error}", path.display())))
    }

    /// Replaces the state; when this returns it is durable. One that could not be read is left as it is, for people.
    pub fn keep(&self, state: &State) -> io::Result<()> {
        if let Some(why) = &state.unreadable {
            return Err(io::Error::other(why.clone()));
        }
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        serde_json::to_writer_pretty(&mut file, state)?;
        file.as_file().sync_all()?;
        file.persist(self.state_path()).map_err(|error| error.error)?;
        File::open(&self.folder)?.sync_all()
    }

    /// Adds a line to the log; when this returns it is durable.
    pub fn note(&self, note: &Note, at: Timestamp) -> io::Result<()> {
        let line = Line {
            at: crate::commands::field::time(at),
            note,
        };
        let mut bytes = serde_json::to_vec(&line)?;
        bytes.push(b'\n');
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .mode(0o640)
            .open(self.log_path())?;
        file.write_all(&bytes)?;
        file.sync_all()
    }

    /// Where the state is.
    pub fn state_path(&self) -> PathBuf {
        self.folder.join("state.json")
    }

    /// Where the log is.
    pub fn log_path(&self) -> PathBuf {
        self.folder.join("log.jsonl")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watchdog::decide::{Kind, Seen, Topic};

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn what_counts_survives_and_misses_begin_anew() {
        let folder = tempfile::tempdir().unwrap();
        let keep = Keep::open(&folder.path().join("a/b")).unwrap();
        assert_eq!(keep.state(), State::default());
        let state = State {
            acts: vec![at(1), at(2)],
            seen: Some(Seen { head: 7, epoch: 2 }),
            freeze_due: true,
            told: [Topic::GaveUp].into(),
            misses: 9,
            silent_since: Some(at(3)),
            ..State::default()
        };
        keep.keep(&state).unwrap();
        let read = keep.state();
        assert_eq!(
            (&read.acts, read.seen, read.freeze_due),
            (&state.acts, state.seen, true)
        );
        assert_eq!((read.misses, read.silent_since), (0, None));
        assert_eq!(read.told, state.told);
    }

    #[test]
    fn a_state_that_cannot_be_read_allows_nothing_and_is_left_for_people() {
        let folder = tempfile::tempdir().unwrap();
        let keep = Keep::open(folder.path()).unwrap();
        for garbage in [
            "",
            "{",
            "[]",
            "{\"acts\": \"often\"}",
            "{\"acts\": [], \"seen\": null, \"more\": 1}",
        ] {
            fs::write(keep.state_path(), garbage).unwrap();
            let state = keep.state();
            assert!(state.unreadable.is_some(), "{garbage}");
            keep.keep(&state).unwrap_err();
            assert_eq!(fs::read_to_string(keep.state_path()).unwrap(), garbage);
        }
        fs::remove_file(keep.state_path()).unwrap();
        fs::create_dir(keep.state_path()).unwrap();
        assert!(keep.state().unreadable.is_some());
    }

    #[test]
    fn the_log_is_lines_of_json_that_are_only_added_to() {
        let folder = tempfile::tempdir().unwrap();
        let keep = Keep::open(folder.path()).unwrap();
        keep.note(&Note::mailed(Kind::GaveUp, "a\nb"), at(0)).unwrap();
        let first = fs::read_to_string(keep.log_path()).unwrap();
        keep.note(&Note::quiet(Kind::Silent, "c"), at(1)).unwrap();
        let both = fs::read_to_string(keep.log_path()).unwrap();
        assert!(both.starts_with(&first));
        let lines: Vec<serde_json::Value> = both
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(
            lines[0],
            serde_json::json!({"at": "1970-01-01T00:00:00.000Z", "kind": "gave-up", "text": "a\nb", "mail": true})
        );
        assert_eq!(lines[1]["kind"], "silent");
    }
}
