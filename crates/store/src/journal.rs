//! The journal on disk. One process writes it, any number may read it at the same time.
//!
//! **Guarantees.** When `append` answers, its records are durable (one fdatasync) and chained to all before them. After a
//! crash every answered append is there, whole; one that was not answered is there whole or not at all. A sync that failed
//! is never tried again: the journal refuses everything until it is opened anew. Damage lets it be read up to the damage,
//! and refuses appends. A full disk costs no record: the failed write is taken back, the ballast is given up and the write
//! tried once more; [`FileJournal::low_space`] then says so, and nothing should be begun until it is over.
//!
//! **Assumptions.** The file system keeps the promises of fsync, and the folder is on one that has flock.
//!
//! Knows nothing of what the events mean.

mod open;

pub(crate) use open::find;
pub use open::{OpenError, Opened, Repaired};

use crate::{
    append::{Batch, admit},
    ballast,
    chain::{Anchor, Hash},
    disk::{Disk, DiskFile, Held, Mode, is_full, place_whole},
    frame::Header,
    mark::Mark,
    scan::{Segment, Window, segment_name},
    stopwatch::Stopwatch,
};
use jarvis_model::{Event, Record, Timestamp};
use jarvis_ports::{Journal, JournalError, Stored};
use std::{
    fmt, io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

/// Sizes of a journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// A segment that has reached this many bytes is followed by a new one; the default is 16 MiB.
    pub segment_bytes: u64,
    /// Size of the ballast; the default is 8 MiB, 0 means none.
    pub ballast_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            segment_bytes: 16 << 20,
            ballast_bytes: 8 << 20,
        }
    }
}

/// Whether appends are taken.
#[derive(Debug, Clone)]
enum Standing {
    Writable,
    /// Opened for reading only.
    Reading,
    /// Damaged; nothing may be appended behind the damage.
    Damaged(JournalError),
    /// A sync failed: what is durable is not known.
    Uncertain(String),
}

struct State {
    segments: Vec<Segment>,
    /// The last segment, open for writing.
    file: Option<Box<dyn DiskFile>>,
    head: u64,
    hash: Hash,
    epoch: u64,
    /// The record the mark on disk vouches for.
    marked: u64,
    /// Where the last append began that was found when the journal was opened.
    last_append: u64,
    standing: Standing,
}

/// The journal on disk: see the module's documentation.
pub struct FileJournal {
    folder: PathBuf,
    disk: Arc<dyn Disk>,
    options: Options,
    /// The head for those who do not want to wait for a sync that is under way.
    head: AtomicU64,
    low_space: AtomicBool,
    sync: Stopwatch,
    state: Mutex<State>,
    /// Keeps other writers out for as long as the journal lives.
    _lock: Option<Box<dyn Held>>,
}

impl fmt::Debug for FileJournal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FileJournal")
            .field("folder", &self.folder)
            .field("head", &self.head)
            .finish_non_exhaustive()
    }
}

impl FileJournal {
    /// Whether the disk was too full for the last record or for the ballast. While it is, nothing should be begun:
    /// what is left of the room is for the records that end things. See [`FileJournal::reclaim_space`].
    pub fn low_space(&self) -> bool {
        self.low_space.load(Ordering::Acquire)
    }

    /// Tries to make the ballast again after [`FileJournal::low_space`]; answers whether space is low still. Cheap when it
    /// is not. Writes up to 9 MiB when it is, so once a reconcile period is often enough.
    pub fn reclaim_space(&self) -> bool {
        if self.low_space() {
            let made = ballast::ensure(self.disk.as_ref(), &self.folder, self.options.ballast_bytes);
            if let Err(error) = &made {
                tracing::debug!(%error, "no room for the ballast of the journal yet");
            }
            self.low_space.store(made.is_err(), Ordering::Release);
        }
        self.low_space()
    }

    /// How long the sync of the last append took; of one that is under way, how long by now. Waits for nobody.
    pub fn sync_took(&self) -> Duration {
        self.sync.told()
    }

    /// The last record and its hash, to be kept elsewhere.
    pub fn anchor(&self) -> Anchor {
        let state = self.lock();
        Anchor {
            seq: state.head,
            hash: state.hash.to_hex(),
        }
    }

    /// Whether the record of an anchor is in this journal, as it was. False means that the journal was rolled back, cut or
    /// written anew since the anchor was taken; an instance that sees this must not act.
    pub fn holds(&self, anchor: &Anchor) -> Result<bool, JournalError> {
        if anchor.seq == 0 {
            return Ok(!self.lock().segments.is_empty());
        }
        let found = self.read_after(anchor.seq - 1, 1)?;
        Ok(found
            .first()
            .is_some_and(|stored| stored.record.seq == anchor.seq && stored.hash == anchor.hash))
    }

    /// Why appends are refused for good, if they are: damage, a failed sync, or opened for reading only.
    pub fn refusal(&self) -> Option<JournalError> {
        self.writable(&self.lock()).err()
    }

    /// Writes the mark, so that everything up to here is known to have been durable. Done by dropping the journal as well;
    /// an error costs no record.
    pub fn seal(&self) -> Result<(), JournalError> {
        let mut state = self.lock();
        self.writable(&state)?;
        if state.marked == state.head {
            return Ok(());
        }
        let epoch = state.epoch;
        self.write_mark(&mut state, epoch)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // State is changed only after the disk was, in one go: a panic elsewhere leaves it whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn writable(&self, state: &State) -> Result<(), JournalError> {
        match &state.standing {
            Standing::Writable => Ok(()),
            Standing::Reading => Err(write_error(&self.folder, "it was opened for reading only")),
            Standing::Damaged(error) => Err(error.clone()),
            Standing::Uncertain(why) => Err(write_error(
                &self.folder,
                format!(
                    "an earlier sync failed ({why}), so what is durable is not known; restart to read it anew"
                ),
            )),
        }
    }

    /// Gives the ballast back; false when there is none left.
    fn release_ballast(&self) -> bool {
        self.low_space.store(true, Ordering::Release);
        let released = ballast::release(self.disk.as_ref(), &self.folder);
        tracing::warn!(folder = %self.folder.display(), released, "the disk is full");
        released
    }

    fn write_mark(&self, state: &mut State, epoch: u64) -> Result<(), JournalError> {
        let mark = Mark {
            epoch,
            seq: state.head,
            hash: state.hash,
        };
        let mut written = mark.write(self.disk.as_ref(), &self.folder);
        if written.as_ref().is_err_and(is_full) && self.release_ballast() {
            written = mark.write(self.disk.as_ref(), &self.folder);
        }
        match written {
            Ok(()) => {
                state.marked = mark.seq;
                Ok(())
            }
            Err(error) if is_full(&error) => Err(write_error(&crate::mark::path(&self.folder), error)),
            Err(error) => Err(distrust(state, &crate::mark::path(&self.folder), &error)),
        }
    }

    /// Begins the next segment when the last one is large enough. With no room for one the last simply grows on.
    fn rotate(&self, state: &mut State) -> Result<(), JournalError> {
        let Some(last) = state.segments.last() else {
            return Ok(());
        };
        if last.end < self.options.segment_bytes || state.head < last.first_seq {
            return Ok(());
        }
        let header = Header {
            number: last.number + 1,
            first_seq: state.head + 1,
            previous: state.hash,
        };
        let path = self.folder.join(segment_name(header.number));
        match place_whole(self.disk.as_ref(), &path, &header.encode()) {
            Ok(file) => {
                state.segments.push(Segment::new(path, &header));
                state.file = Some(file);
                Ok(())
            }
            Err(error) if is_full(&error) => Ok(()),
            Err(error) => Err(distrust(state, &path, &error)),
        }
    }

    /// Writes the bytes of one append behind the last one and syncs them.
    fn write(&self, state: &mut State, bytes: &[u8]) -> Result<u64, JournalError> {
        let (path, end) = match state.segments.last() {
            Some(segment) => (segment.path.clone(), segment.end),
            None => return Err(write_error(&self.folder, "it has no segment")),
        };
        let Some(file) = state.file.take() else {
            return Err(write_error(&path, "it is not open"));
        };
        let outcome = self.write_through(file.as_ref(), end, bytes);
        state.file = Some(file);
        match outcome {
            Ok(()) => Ok(end),
            Err(Failed::Cleanly(error)) => Err(write_error(&path, error)),
            Err(Failed::Unknown(error)) => Err(distrust(state, &path, &error)),
        }
    }

    fn write_through(&self, file: &dyn DiskFile, end: u64, bytes: &[u8]) -> Result<(), Failed> {
        if let Err(error) = file.write_at(end, bytes) {
            file.truncate(end).map_err(Failed::Unknown)?;
            if !is_full(&error) || !self.release_ballast() {
                return Err(Failed::Cleanly(error));
            }
            if let Err(error) = file.write_at(end, bytes) {
                file.truncate(end).map_err(Failed::Unknown)?;
                return Err(Failed::Cleanly(error));
            }
        }
        self.sync.time(|| file.sync()).map_err(Failed::Unknown)
    }
}

/// How a write failed.
enum Failed {
    /// Nothing of it is left.
    Cleanly(io::Error),
    /// What is on the disk is not known.
    Unknown(io::Error),
}

/// Refuses everything from now on.
fn distrust(state: &mut State, path: &Path, error: &io::Error) -> JournalError {
    tracing::error!(path = %path.display(), %error, "the journal stops taking records: a sync failed");
    state.standing = Standing::Uncertain(error.to_string());
    write_error(
        path,
        format!("{error}; the journal refuses everything until it is opened anew"),
    )
}

fn write_error(path: &Path, why: impl fmt::Display) -> JournalError {
    JournalError::Write {
        path: path.display().to_string(),
        why: why.to_string(),
    }
}

impl Journal for FileJournal {
    fn low_space(&self) -> bool {
        self.reclaim_space()
    }

    fn head(&self) -> u64 {
        self.head.load(Ordering::Acquire)
    }

    fn append(
        &self,
        expected_head: u64,
        epoch: u64,
        at: Timestamp,
        events: Vec<Event>,
    ) -> Result<Vec<Stored>, JournalError> {
        let mut state = self.lock();
        self.writable(&state)?;
        admit(state.epoch, state.head, epoch, expected_head)?;
        if events.is_empty() {
            return Ok(Vec::new());
        }
        let batch = Batch::encode(state.head, state.hash, epoch, at, events)
            .map_err(|why| write_error(&self.folder, why))?;
        self.rotate(&mut state)?;
        let start = self.write(&mut state, &batch.bytes)?;
        if let Some(segment) = state.segments.last_mut() {
            for (stored, offset) in batch.stored.iter().zip(&batch.offsets) {
                segment.note(stored.record.seq, start + offset);
            }
            segment.end = start + batch.bytes.len() as u64;
        }
        state.head += batch.stored.len() as u64;
        state.hash = batch.hash;
        self.head.store(state.head, Ordering::Release);
        Ok(batch.stored)
    }

    fn read_after(&self, seq: u64, limit: usize) -> Result<Vec<Stored>, JournalError> {
        let (sections, head) = self.sections_after(seq);
        let wanted = usize::try_from(head.saturating_sub(seq))
            .unwrap_or(usize::MAX)
            .min(limit);
        let mut found = Vec::with_capacity(wanted.min(4096));
        for section in sections {
            if found.len() >= wanted {
                break;
            }
            self.read_section(&section, seq, wanted, &mut found)?;
        }
        Ok(found)
    }

    fn acquire_lease(&self) -> Result<u64, JournalError> {
        let mut state = self.lock();
        self.writable(&state)?;
        let epoch = state.epoch + 1;
        self.write_mark(&mut state, epoch)?;
        state.epoch = epoch;
        Ok(epoch)
    }
}

/// A stretch of a segment that holds whole, durable appends only.
struct Section {
    path: PathBuf,
    from: u64,
    to: u64,
}

impl FileJournal {
    /// Where the records after `seq` are, and the head.
    fn sections_after(&self, seq: u64) -> (Vec<Section>, u64) {
        let state = self.lock();
        let wanted = seq.saturating_add(1);
        let first = state
            .segments
            .partition_point(|segment| segment.first_seq <= wanted)
            .saturating_sub(1);
        let sections = state.segments[first.min(state.segments.len())..]
            .iter()
            .map(|segment| Section {
                path: segment.path.clone(),
                from: segment.offset_near(wanted),
                to: segment.end,
            });
        (sections.collect(), state.head)
    }

    /// Adds the records of a section that come after `seq` until there are `wanted`.
    fn read_section(
        &self,
        section: &Section,
        seq: u64,
        wanted: usize,
        found: &mut Vec<Stored>,
    ) -> Result<(), JournalError> {
        let next = seq + 1 + found.len() as u64;
        let damaged = |why: String| JournalError::Damaged {
            path: section.path.display().to_string(),
            seq: next,
            why,
        };
        let file = self
            .disk
            .open(&section.path, Mode::Read)
            .map_err(|error| damaged(error.to_string()))?;
        let mut window = Window::new(file.as_ref());
        let mut offset = section.from;
        while offset < section.to && found.len() < wanted {
            let frame = window.frame(offset).map_err(|error| damaged(error.to_string()))?;
            let frame = frame.ok_or_else(|| damaged("a record is not whole any more".to_owned()))?;
            offset += frame.head.frame_len() as u64;
            if frame.head.seq > seq {
                let record: Record = serde_json::from_slice(frame.payload)
                    .map_err(|error| damaged(format!("its content is not understood: {error}")))?;
                found.push(Stored {
                    record,
                    hash: frame.hash.to_hex(),
                });
            }
        }
        Ok(())
    }
}

impl Drop for FileJournal {
    fn drop(&mut self) {
        // The mark is a convenience for the next start; a journal that takes no records has nothing to vouch for.
        let _ = self.seal();
    }
}

#[cfg(test)]
mod damage_tests;
#[cfg(test)]
mod tests;
