//! The file operations the journal needs, as a seam, so that lost writes, full disks and failing syncs can be played in
//! tests. Knows nothing of records.
//!
//! What is promised by an implementation is only what POSIX promises: bytes are durable after `sync` of their file, names
//! after `sync_dir` of their folder, `rename` replaces at once.

mod os;

#[cfg(any(test, feature = "faulty-disk"))]
#[cfg_attr(
    not(test),
    expect(
        dead_code,
        reason = "this crate's own tests use more of it than the simulation of life does"
    )
)]
#[expect(
    clippy::unwrap_used,
    reason = "a disk for tests only; a broken rule of its own is to be seen at once"
)]
pub(crate) mod fake;

pub(crate) use os::OsDisk;

use std::{
    io,
    path::{Path, PathBuf},
    time::Duration,
};

/// A file that is open for reading, or for both.
pub(crate) trait DiskFile: Send + Sync {
    /// Its length in bytes.
    fn len(&self) -> io::Result<u64>;
    /// Reads at `offset`; fewer bytes than asked for only at the end.
    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize>;
    /// Writes all of `bytes` at `offset`. On an error any part of them may have been written.
    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()>;
    /// Cuts the file.
    fn truncate(&self, len: u64) -> io::Result<()>;
    /// Makes content and length durable (fdatasync).
    fn sync(&self) -> io::Result<()>;
}

/// How a file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Must exist; is only read.
    Read,
    /// Must exist; is read and written.
    Write,
    /// Is created, or emptied when it exists; only its owner may read it.
    Create,
}

/// What keeps a second writer out; released when dropped, also by the death of the process.
pub(crate) trait Held: Send + Sync {}

/// Why a lock was not given.
#[derive(Debug)]
pub(crate) enum NotLocked {
    /// By the process with this id, if it could be read.
    Taken(Option<u32>),
    /// The attempt failed.
    Failed(io::Error),
}

/// A place with folders and files.
pub(crate) trait Disk: Send + Sync {
    /// Names in a folder, in any order; an error of kind `NotFound` when there is no such folder.
    fn list(&self, folder: &Path) -> io::Result<Vec<String>>;
    /// Makes a folder and those above it; fine when it exists.
    fn make_folder(&self, folder: &Path) -> io::Result<()>;
    /// Opens a file.
    fn open(&self, path: &Path, mode: Mode) -> io::Result<Box<dyn DiskFile>>;
    /// Renames a file, replacing what has the new name.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;
    /// Removes a file.
    fn remove(&self, path: &Path) -> io::Result<()>;
    /// Makes the names in a folder durable.
    fn sync_dir(&self, folder: &Path) -> io::Result<()>;
    /// Takes the lock of a lock file, without waiting, and writes this process's id into it.
    fn lock(&self, path: &Path) -> Result<Box<dyn Held>, NotLocked>;
}

/// Takes a lock, and tries again for three seconds while somebody holds it: a child that is just being started holds what its
/// parent has open, also what the parent has closed since, until its own program begins.
pub(crate) fn once_free<T, E>(
    take: impl Fn() -> Result<T, E>,
    is_taken: impl Fn(&E) -> bool,
) -> Result<T, E> {
    for _ in 0..150 {
        match take() {
            Err(error) if is_taken(&error) => wait(),
            done => return done,
        }
    }
    take()
}

#[expect(
    clippy::disallowed_methods,
    reason = "at the start, before there is anything that could wake it"
)]
fn wait() {
    std::thread::sleep(Duration::from_millis(20));
}

/// The whole content of a small file; none when it is not there.
pub(crate) fn read_whole(disk: &dyn Disk, path: &Path) -> io::Result<Option<Vec<u8>>> {
    let file = match disk.open(path, Mode::Read) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let len = usize::try_from(file.len()?).map_err(io::Error::other)?;
    let mut bytes = vec![0; len];
    let read = file.read_at(0, &mut bytes)?;
    bytes.truncate(read);
    Ok(Some(bytes))
}

/// Puts a small file in place whole and durably: it is written under another name, synced, renamed, and the folder synced.
/// Answers the file, open for writing. What a crash leaves under the other name is removed by the next attempt.
pub(crate) fn place_whole(disk: &dyn Disk, path: &Path, bytes: &[u8]) -> io::Result<Box<dyn DiskFile>> {
    let unfinished = unfinished(path);
    let file = disk.open(&unfinished, Mode::Create)?;
    file.write_at(0, bytes)?;
    file.sync()?;
    disk.rename(&unfinished, path)?;
    disk.sync_dir(path.parent().unwrap_or(Path::new(".")))?;
    Ok(file)
}

/// The name a file has until it is whole.
fn unfinished(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    PathBuf::from(name)
}

/// Whether an error means that there is no room.
pub(crate) fn is_full(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded
    )
}
