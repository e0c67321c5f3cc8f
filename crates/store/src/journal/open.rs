//! Opening a journal: lock, key, mark, scan, repair. Decides what is a torn tail (cut off and reported) and what is damage
//! (left alone; the journal can then be read only).

use super::{FileJournal, Options, Standing, State};
use crate::{
    ballast,
    chain::{Hash, RootKey},
    disk::{Disk, Held, Mode, NotLocked, OsDisk, is_full, once_free, place_whole, read_whole},
    frame::{Header, VERSION},
    mark::{self, Mark},
    scan::{Broken, Scan, ScanError, Segment, Torn, Visit, is_segment, scan, segment_name},
    stopwatch::Stopwatch,
};
use jarvis_ports::JournalError;
use std::{
    io,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64},
    },
};

/// Why a journal could not be opened at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process writes it.
    #[error("cannot open the journal in {folder} for writing: {who} holds it; stop that process first")]
    Locked {
        /// The folder.
        folder: String,
        /// `process 4711`, or `another process`.
        who: String,
        /// Its id, if it is known.
        pid: Option<u32>,
    },
    /// It was written by a newer build; nothing was changed.
    #[error(
        "{path} has format {found}, this build knows {supported}: use the build that wrote it; nothing was changed"
    )]
    Newer {
        /// The segment.
        path: String,
        /// Its version.
        found: u8,
        /// The newest one known here.
        supported: u8,
    },
    /// The system refused something.
    #[error("cannot {what} {path}: {why}")]
    Io {
        /// What was attempted.
        what: &'static str,
        /// On what.
        path: String,
        /// The system's words.
        why: io::Error,
    },
}

/// A torn tail that was cut off: bytes of an append that was never answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repaired {
    /// The segment.
    pub path: PathBuf,
    /// How many bytes went.
    pub bytes: u64,
    /// The last record that stays.
    pub head: u64,
}

/// An opened journal and what was found on the way.
#[derive(Debug)]
pub struct Opened {
    /// The journal.
    pub journal: FileJournal,
    /// A torn tail was cut off.
    pub repaired: Option<Repaired>,
    /// It is damaged: it reads up to the damage and takes no records.
    pub damaged: Option<JournalError>,
}

/// What was found in a folder, before anything was changed.
pub(crate) struct Found {
    pub(crate) scan: Scan,
    mark: Option<Mark>,
    /// The hash the first record must hang on, if its key can be read.
    pub(crate) root: Option<Hash>,
    /// From the segments, the key or the mark.
    pub(crate) broken: Option<Broken>,
}

impl FileJournal {
    /// Opens a journal for writing; makes it when the folder holds none. Blocks while all of it is read.
    pub fn open(folder: &Path, options: Options) -> Result<Opened, OpenError> {
        Self::open_on(Arc::new(OsDisk), folder, options)
    }

    /// Opens an existing journal for reading, also while another process writes it: what is there by now is seen, an
    /// append in the middle of being written is not.
    pub fn open_read_only(folder: &Path) -> Result<Opened, OpenError> {
        Self::open_read_only_on(Arc::new(OsDisk), folder)
    }

    pub(crate) fn open_read_only_on(disk: Arc<dyn Disk>, folder: &Path) -> Result<Opened, OpenError> {
        let mut found = find(disk.as_ref(), folder, &mut |_| Ok(()))?;
        if found.broken.is_some() {
            // A writer beside us may have taken a failed write back just then: damage is there the second time too.
            found = find(disk.as_ref(), folder, &mut |_| Ok(()))?;
        }
        let damaged = found.broken.as_ref().map(damage);
        let standing = damaged.clone().map_or(Standing::Reading, Standing::Damaged);
        let journal = assemble(disk, folder, Options::default(), found, standing, None);
        Ok(Opened {
            journal,
            repaired: None,
            damaged,
        })
    }

    pub(crate) fn open_on(disk: Arc<dyn Disk>, folder: &Path, options: Options) -> Result<Opened, OpenError> {
        disk.make_folder(folder)
            .map_err(io_error("make the folder", folder))?;
        let lock = lock(disk.as_ref(), folder)?;
        prepare(disk.as_ref(), folder)?;
        let mut found = find(disk.as_ref(), folder, &mut |_| Ok(()))?;
        if let Some(broken) = &found.broken {
            let error = damage(broken);
            tracing::error!(%error, "the journal is damaged");
            let journal = assemble(
                disk,
                folder,
                options,
                found,
                Standing::Damaged(error.clone()),
                Some(lock),
            );
            return Ok(Opened {
                journal,
                repaired: None,
                damaged: Some(error),
            });
        }
        let repaired = match found.scan.torn.take() {
            Some(torn) => Some(cut(disk.as_ref(), torn, found.scan.head)?),
            None => None,
        };
        if found.scan.segments.is_empty() {
            let header = Header {
                number: 1,
                first_seq: 1,
                previous: found.scan.hash,
            };
            let path = folder.join(segment_name(1));
            place_whole(disk.as_ref(), &path, &header.encode()).map_err(io_error("create", &path))?;
            found.scan.segments.push(Segment::new(path, &header));
        }
        let journal = assemble(disk, folder, options, found, Standing::Writable, Some(lock));
        journal.take_over()?;
        Ok(Opened {
            journal,
            repaired,
            damaged: None,
        })
    }

    /// Makes sure that what was read is durable, opens the last segment for writing and provides the ballast.
    fn take_over(&self) -> Result<(), OpenError> {
        let mut state = self.lock();
        let Some(last) = state.segments.last().cloned() else {
            return Ok(());
        };
        let file = self
            .disk
            .open(&last.path, Mode::Write)
            .map_err(io_error("open", &last.path))?;
        rewrite(file.as_ref(), state.last_append, last.end).map_err(io_error("sync", &last.path))?;
        self.disk
            .sync_dir(&self.folder)
            .map_err(io_error("sync", &self.folder))?;
        state.file = Some(file);
        drop(state);
        if self.options.ballast_bytes == 0 {
            return Ok(());
        }
        match ballast::ensure(self.disk.as_ref(), &self.folder, self.options.ballast_bytes) {
            Err(error) if !is_full(&error) => Err(io_error("make", &ballast::path(&self.folder))(error)),
            made => {
                self.low_space
                    .store(made.is_err(), std::sync::atomic::Ordering::Release);
                Ok(())
            }
        }
    }
}

/// Writes the last append once more and syncs it: after a sync that failed in an earlier process its pages count as clean,
/// so that they read well and still never reach the disk.
fn rewrite(file: &dyn crate::disk::DiskFile, from: u64, to: u64) -> io::Result<()> {
    let mut bytes = vec![0; usize::try_from(to - from).map_err(io::Error::other)?];
    let read = file.read_at(from, &mut bytes)?;
    file.write_at(from, &bytes[..read])?;
    file.sync()
}

fn cut(disk: &dyn Disk, torn: Torn, head: u64) -> Result<Repaired, OpenError> {
    let file = disk
        .open(&torn.path, Mode::Write)
        .map_err(io_error("open", &torn.path))?;
    file.truncate(torn.keep)
        .map_err(io_error("cut the torn end of", &torn.path))?;
    tracing::warn!(path = %torn.path.display(), bytes = torn.lost, head, "a torn end of the journal was cut off");
    Ok(Repaired {
        path: torn.path,
        bytes: torn.lost,
        head,
    })
}

fn lock(disk: &dyn Disk, folder: &Path) -> Result<Box<dyn Held>, OpenError> {
    let path = folder.join("lock");
    let taken = once_free(|| disk.lock(&path), |error| matches!(error, NotLocked::Taken(_)));
    taken.map_err(|error| match error {
        NotLocked::Taken(pid) => OpenError::Locked {
            folder: folder.display().to_string(),
            who: pid.map_or_else(|| "another process".to_owned(), |pid| format!("process {pid}")),
            pid,
        },
        NotLocked::Failed(why) => io_error("lock", &path)(why),
    })
}

/// Path of the key of the root.
fn key_path(folder: &Path) -> PathBuf {
    folder.join("root.key")
}

pub(crate) fn read_key(disk: &dyn Disk, folder: &Path) -> Result<Option<RootKey>, OpenError> {
    let path = key_path(folder);
    let bytes = read_whole(disk, &path).map_err(io_error("read", &path))?;
    Ok(bytes.and_then(|bytes| RootKey::parse(str::from_utf8(&bytes).ok()?)))
}

/// Makes key and mark for a folder that holds no journal yet.
fn prepare(disk: &dyn Disk, folder: &Path) -> Result<(), OpenError> {
    let names = disk.list(folder).map_err(io_error("list", folder))?;
    let has = |wanted: &str| names.iter().any(|name| name == wanted);
    let has_segments = names.iter().any(|name| is_segment(name));
    if !has("root.key") && !has("mark") && !has_segments {
        let path = key_path(folder);
        let key = RootKey::generate().map_err(io_error("find a random key for", &path))?;
        place_whole(disk, &path, key.to_text().as_bytes()).map_err(io_error("write", &path))?;
    }
    if !has("mark")
        && !has_segments
        && let Some(key) = read_key(disk, folder)?
    {
        let mark = Mark {
            epoch: 0,
            seq: 0,
            hash: key.root(),
        };
        mark.write(disk, folder)
            .map_err(io_error("write", &mark::path(folder)))?;
    }
    Ok(())
}

/// Reads key, mark and segments and weighs them against each other; `visit` sees every record on the way. The mark is read
/// before the segments: a writer beside us may move both on, and then only the segments may be the newer ones.
pub(crate) fn find(disk: &dyn Disk, folder: &Path, visit: Visit<'_>) -> Result<Found, OpenError> {
    let root = read_key(disk, folder)?.map(|key| key.root());
    let mark = Mark::read(disk, folder);
    let marked = mark.as_ref().ok().copied().flatten();
    let mut hash_at_mark = None;
    let scan = scan(disk, folder, root, &mut |frame| {
        if marked.is_some_and(|mark| mark.seq == frame.head.seq) {
            hash_at_mark = Some(frame.hash);
        }
        visit(frame)
    })
    .map_err(|error| scan_error(folder, error))?;
    let nothing_yet = scan.segments.is_empty() && scan.broken.is_none();
    let broken = scan.broken.clone().or_else(|| {
        let breaks = |path: PathBuf, seq: u64, why: String| Some(Broken { path, seq, why });
        if root.is_none() && !(nothing_yet && marked.is_none()) {
            return breaks(
                key_path(folder),
                1,
                "the key of the root is missing or not a key".to_owned(),
            );
        }
        match &mark {
            Ok(Some(mark)) => check_mark(folder, mark, &scan, hash_at_mark),
            Ok(None) if nothing_yet => None,
            Ok(None) => breaks(mark::path(folder), scan.head, "the mark is missing".to_owned()),
            Err(error) => breaks(
                mark::path(folder),
                scan.head,
                format!("the mark cannot be read: {error}"),
            ),
        }
    });
    Ok(Found {
        scan,
        mark: marked,
        root,
        broken,
    })
}

/// Holds the mark against what was read.
fn check_mark(folder: &Path, mark: &Mark, scan: &Scan, hash_at_mark: Option<Hash>) -> Option<Broken> {
    if mark.seq > scan.head {
        let path = scan
            .segments
            .last()
            .map_or_else(|| folder.to_owned(), |segment| segment.path.clone());
        let why = format!(
            "record {} was durable, but the journal ends at {}",
            mark.seq, scan.head
        );
        return Some(Broken {
            path,
            seq: scan.head + 1,
            why,
        });
    }
    let differs = mark.seq > 0 && hash_at_mark != Some(mark.hash);
    differs.then(|| Broken {
        path: mark::path(folder),
        seq: mark.seq,
        why: format!("record {} is not the one the mark was made for", mark.seq),
    })
}

fn assemble(
    disk: Arc<dyn Disk>,
    folder: &Path,
    options: Options,
    found: Found,
    standing: Standing,
    lock: Option<Box<dyn Held>>,
) -> FileJournal {
    let Found { scan, mark, .. } = found;
    let state = State {
        head: scan.head,
        hash: scan.hash,
        epoch: scan.epoch.max(mark.map_or(0, |mark| mark.epoch)),
        marked: mark.map_or(0, |mark| mark.seq),
        last_append: scan.last_append,
        segments: scan.segments,
        file: None,
        standing,
    };
    FileJournal {
        folder: folder.to_owned(),
        disk,
        options,
        head: AtomicU64::new(state.head),
        low_space: AtomicBool::new(false),
        sync: Stopwatch::default(),
        state: Mutex::new(state),
        _lock: lock,
    }
}

/// The error of a journal that is broken there.
pub(crate) fn damage(broken: &Broken) -> JournalError {
    JournalError::Damaged {
        path: broken.path.display().to_string(),
        seq: broken.seq,
        why: broken.why.clone(),
    }
}

pub(crate) fn scan_error(folder: &Path, error: ScanError) -> OpenError {
    match error {
        ScanError::Newer { path, found } => OpenError::Newer {
            path: path.display().to_string(),
            found,
            supported: VERSION,
        },
        ScanError::Io(why) => io_error("read", folder)(why),
    }
}

fn io_error(what: &'static str, path: &Path) -> impl FnOnce(io::Error) -> OpenError {
    let path = path.display().to_string();
    move |why| OpenError::Io { what, path, why }
}
