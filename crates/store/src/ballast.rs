//! The ballast: a file without content of worth, given back when the disk is full so that the last records still find
//! room. Knows no records.

use crate::disk::{Disk, Mode};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Room that must be left besides the ballast before one is made again, so that it is not given back at once.
const HEADROOM: u64 = 1 << 20;
const CHUNK: usize = 1 << 20;

/// Path of the ballast of a journal.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join("ballast.bin")
}

/// Makes sure that a ballast of `len` bytes is there. Fails with a full disk when there is no room for it and some
/// headroom; then nothing of it is left behind.
pub(crate) fn ensure(disk: &dyn Disk, folder: &Path, len: u64) -> io::Result<()> {
    let path = path(folder);
    match disk.open(&path, Mode::Read) {
        Ok(file) if len > 0 && file.len()? >= len => return Ok(()),
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let unfinished = folder.join("ballast.bin.new");
    let made = fill(disk, &unfinished, len).and_then(|()| disk.rename(&unfinished, &path));
    if made.is_err() {
        // Nothing more can be done about a file that will not go; the next attempt empties it first.
        let _ = disk.remove(&unfinished);
    }
    made.and_then(|()| disk.sync_dir(folder))
}

fn fill(disk: &dyn Disk, path: &Path, len: u64) -> io::Result<()> {
    let file = disk.open(path, Mode::Create)?;
    let chunk = noise(CHUNK);
    let mut at = 0;
    while at < len + HEADROOM {
        let step = usize::try_from(len + HEADROOM - at).map_or(CHUNK, |rest| rest.min(CHUNK));
        file.write_at(at, &chunk[..step])?;
        at += step as u64;
    }
    file.sync()?;
    file.truncate(len)
}

/// Bytes that a compressing file system cannot shrink much.
fn noise(len: usize) -> Vec<u8> {
    let mut word: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        word ^= word << 13;
        word ^= word >> 7;
        word ^= word << 17;
        bytes.extend_from_slice(&word.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Gives the ballast back. False when there was none.
pub(crate) fn release(disk: &dyn Disk, folder: &Path) -> bool {
    disk.remove(&path(folder)).is_ok()
}
