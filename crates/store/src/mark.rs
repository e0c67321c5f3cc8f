//! The mark: a small file beside the segments that holds the lease epoch and the last record that is known to be
//! durable. It is written when the lease is taken and when the journal is closed; so a journal that ends before its
//! mark was cut, and damage to a record under the mark is never mistaken for a torn write. Knows no recovery.

use crate::{
    chain::Hash,
    disk::{Disk, place_whole, read_whole},
};
use std::{
    io,
    path::{Path, PathBuf},
};

/// What the mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Mark {
    /// The latest lease epoch that was given.
    pub(crate) epoch: u64,
    /// A record that was durable when the mark was written; 0 is the root.
    pub(crate) seq: u64,
    /// Its hash.
    pub(crate) hash: Hash,
}

/// Path of the mark of a journal.
pub(crate) fn path(folder: &Path) -> PathBuf {
    folder.join("mark")
}

impl Mark {
    fn to_text(self) -> String {
        let body = format!(
            "jarvis-journal-mark 1 {} {} {}",
            self.epoch,
            self.seq,
            self.hash.to_hex()
        );
        format!("{body} {:08x}\n", crc32fast::hash(body.as_bytes()))
    }

    fn parse(text: &str) -> Option<Self> {
        let (body, crc) = text.strip_suffix('\n')?.rsplit_once(' ')?;
        if format!("{:08x}", crc32fast::hash(body.as_bytes())) != crc {
            return None;
        }
        let mut words = body.strip_prefix("jarvis-journal-mark 1 ")?.split(' ');
        let (epoch, seq) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
        Some(Self {
            epoch,
            seq,
            hash: Hash::from_hex(words.next()?)?,
        })
    }

    /// Replaces the mark durably.
    pub(crate) fn write(self, disk: &dyn Disk, folder: &Path) -> io::Result<()> {
        place_whole(disk, &path(folder), self.to_text().as_bytes()).map(drop)
    }

    /// Reads the mark; none when there is none. An unreadable one is an error of kind `InvalidData`.
    pub(crate) fn read(disk: &dyn Disk, folder: &Path) -> io::Result<Option<Self>> {
        let Some(bytes) = read_whole(disk, &path(folder))? else {
            return Ok(None);
        };
        let mark = str::from_utf8(&bytes).ok().and_then(Self::parse);
        mark.map(Some)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "its content is not a mark"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_reads_back_and_no_flipped_bit_passes() {
        let mark = Mark {
            epoch: 3,
            seq: 17,
            hash: Hash([9; 32]),
        };
        let text = mark.to_text();
        assert_eq!(Mark::parse(&text), Some(mark));
        for bit in 0..text.len() * 8 {
            let mut bent = text.clone().into_bytes();
            bent[bit / 8] ^= 1 << (bit % 8);
            let parsed = String::from_utf8(bent).ok().and_then(|bent| Mark::parse(&bent));
            assert_eq!(parsed, None, "bit {bit}");
        }
    }
}
