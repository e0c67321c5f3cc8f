//! Reads the segments of a journal from the first to the last and finds out how far they can be trusted. Changes
//! nothing; what to do about a torn tail is the caller's decision.
//!
//! **Torn or damaged.** Only the last append can be incomplete: each one was synced before the next began. So bytes
//! behind the last whole append are a torn tail if they are in the last segment and no whole frame of a *later* append
//! follows them; they were never acknowledged. Everything else that does not fit is damage. A flipped bit in the very
//! last append looks like a torn one, unless the mark (see [`crate::mark`]) vouches for it.

use crate::{
    chain::Hash,
    disk::{Disk, DiskFile, Mode},
    frame::{self, AROUND, Frame, HEAD, HEADER, Head, Header, HeaderError},
};
use std::{
    io,
    path::{Path, PathBuf},
};

/// Every how many records of a segment the place of one is kept in memory.
const INDEX_STEP: u64 = 64;

/// A segment, as far as it was read.
#[derive(Debug, Clone)]
pub(crate) struct Segment {
    pub(crate) path: PathBuf,
    pub(crate) number: u32,
    pub(crate) first_seq: u64,
    /// Where the last whole append ends.
    pub(crate) end: u64,
    /// Offsets of the records `first_seq`, `first_seq + INDEX_STEP` ...
    offsets: Vec<u64>,
}

impl Segment {
    pub(crate) fn new(path: PathBuf, header: &Header) -> Self {
        Self {
            path,
            number: header.number,
            first_seq: header.first_seq,
            end: HEADER as u64,
            offsets: Vec::new(),
        }
    }

    /// Remembers where a record begins, if its turn has come.
    pub(crate) fn note(&mut self, seq: u64, offset: u64) {
        if (seq - self.first_seq).is_multiple_of(INDEX_STEP) {
            self.offsets.push(offset);
        }
    }

    /// Forgets everything behind record `head`.
    fn cut(&mut self, head: u64) {
        let records = (head + 1).saturating_sub(self.first_seq);
        self.offsets
            .truncate(usize::try_from(records.div_ceil(INDEX_STEP)).unwrap_or(usize::MAX));
    }

    /// Where to begin to read in order to find `seq`: at or before it.
    pub(crate) fn offset_near(&self, seq: u64) -> u64 {
        let step = seq.saturating_sub(self.first_seq) / INDEX_STEP;
        let at = usize::try_from(step)
            .unwrap_or(usize::MAX)
            .min(self.offsets.len().saturating_sub(1));
        self.offsets.get(at).copied().unwrap_or(HEADER as u64)
    }
}

/// The end of the last segment that is no whole append.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Torn {
    pub(crate) path: PathBuf,
    /// Bytes to keep.
    pub(crate) keep: u64,
    /// Bytes behind them.
    pub(crate) lost: u64,
}

/// The first place that cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Broken {
    pub(crate) path: PathBuf,
    /// The first record that is not there as it was written.
    pub(crate) seq: u64,
    pub(crate) why: String,
}

/// What a scan found.
#[derive(Debug)]
pub(crate) struct Scan {
    pub(crate) segments: Vec<Segment>,
    /// The last record of the last whole append.
    pub(crate) head: u64,
    /// Its hash; the root when there is none.
    pub(crate) hash: Hash,
    /// The highest epoch of a record.
    pub(crate) epoch: u64,
    /// Where the last append of the last segment begins.
    pub(crate) last_append: u64,
    pub(crate) torn: Option<Torn>,
    pub(crate) broken: Option<Broken>,
}

/// Why nothing can be said about a journal.
#[derive(Debug)]
pub(crate) enum ScanError {
    /// A segment was written by a newer build.
    Newer { path: PathBuf, found: u8 },
    /// The folder cannot be listed.
    Io(io::Error),
}

/// Looks at each frame as it is read; an error ends the scan as damage. Frames of a torn append may be among them.
pub(crate) type Visit<'a> = &'a mut dyn FnMut(&Frame<'_>) -> Result<(), String>;

/// Reads all segments in `folder`. `root` is the hash that the first one must hang on; without it, any is accepted.
pub(crate) fn scan(
    disk: &dyn Disk,
    folder: &Path,
    root: Option<Hash>,
    visit: Visit<'_>,
) -> Result<Scan, ScanError> {
    let names = segment_names(disk, folder).map_err(ScanError::Io)?;
    let mut scan = Scan {
        segments: Vec::new(),
        head: 0,
        hash: root.unwrap_or(Hash([0; 32])),
        epoch: 0,
        last_append: HEADER as u64,
        torn: None,
        broken: None,
    };
    for (at, name) in names.iter().enumerate() {
        let path = folder.join(name);
        let expected = u32::try_from(at + 1).unwrap_or(u32::MAX);
        if *name != segment_name(expected) {
            scan.breaks(
                folder.join(segment_name(expected)),
                "this segment is missing".to_owned(),
            );
            break;
        }
        let is_last = at + 1 == names.len();
        match scan.segment(disk, &path, expected, (at == 0 && root.is_none(), is_last), visit) {
            Ok(()) => {}
            Err(Stop::Newer(found)) => return Err(ScanError::Newer { path, found }),
            Err(Stop::Broken(why)) => scan.breaks(path, why),
        }
        if scan.broken.is_some() {
            break;
        }
    }
    let head = scan.head;
    if let Some(last) = scan.segments.last_mut() {
        last.cut(head);
    }
    Ok(scan)
}

/// File name of a segment.
pub(crate) fn segment_name(number: u32) -> String {
    format!("{number:08}.seg")
}

/// Whether a name is that of a segment.
pub(crate) fn is_segment(name: &str) -> bool {
    name.strip_suffix(".seg")
        .is_some_and(|stem| stem.len() >= 8 && stem.bytes().all(|b| b.is_ascii_digit()))
}

fn segment_names(disk: &dyn Disk, folder: &Path) -> io::Result<Vec<String>> {
    let mut names: Vec<String> = disk
        .list(folder)?
        .into_iter()
        .filter(|name| is_segment(name))
        .collect();
    names.sort_by_key(|name| (name.len(), name.clone()));
    Ok(names)
}

enum Stop {
    Newer(u8),
    Broken(String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Broken(format!("it cannot be read: {error}"))
    }
}

impl Scan {
    fn breaks(&mut self, path: PathBuf, why: String) {
        self.broken = Some(Broken {
            path,
            seq: self.head + 1,
            why,
        });
    }

    fn segment(
        &mut self,
        disk: &dyn Disk,
        path: &Path,
        number: u32,
        (any_root, is_last): (bool, bool),
        visit: Visit<'_>,
    ) -> Result<(), Stop> {
        let file = disk.open(path, Mode::Read)?;
        let mut window = Window::new(file.as_ref());
        let header = Header::decode(window.at(0, HEADER)?).map_err(|error| match error {
            HeaderError::Newer(found) => Stop::Newer(found),
            HeaderError::Bad => Stop::Broken("the header of this segment is not whole".to_owned()),
        })?;
        if any_root {
            self.hash = header.previous;
        }
        if (header.number, header.first_seq, header.previous) != (number, self.head + 1, self.hash) {
            return Err(Stop::Broken(
                "this segment does not continue the chain before it".to_owned(),
            ));
        }
        self.segments.push(Segment::new(path.to_owned(), &header));
        self.last_append = HEADER as u64;
        let end = self.frames(&mut window, visit)?;
        let lost = file.len()?.saturating_sub(end);
        if lost == 0 {
            return Ok(());
        }
        if !is_last {
            return Err(Stop::Broken("a record in the middle is not whole".to_owned()));
        }
        if self.later_append_behind(file.as_ref(), end, lost)? {
            return Err(Stop::Broken(
                "a record is not whole though later ones are".to_owned(),
            ));
        }
        self.torn = Some(Torn {
            path: path.to_owned(),
            keep: end,
            lost,
        });
        Ok(())
    }

    /// Reads frames until one is not whole, and answers where the last whole append ends.
    fn frames(&mut self, window: &mut Window<'_>, visit: Visit<'_>) -> Result<u64, Stop> {
        let mut offset = HEADER as u64;
        let (mut start, mut end) = (offset, offset);
        let (mut seq, mut hash, mut epoch) = (self.head, self.hash, self.epoch);
        let mut open_append: Option<Head> = None;
        while let Some(frame) = window.frame(offset)? {
            let head = frame.head;
            let fits = head.seq == seq + 1
                && head.previous == hash
                && head.epoch >= epoch
                && follows(open_append.as_ref(), &head);
            if !fits {
                return Err(Stop::Broken(
                    "a record does not continue the chain before it".to_owned(),
                ));
            }
            visit(&frame).map_err(Stop::Broken)?;
            (seq, hash, epoch) = (head.seq, frame.hash, head.epoch);
            if let Some(segment) = self.segments.last_mut() {
                segment.note(seq, offset);
            }
            offset += head.frame_len() as u64;
            open_append = Some(head);
            if head.left == 0 {
                (self.head, self.hash, self.epoch) = (seq, hash, epoch);
                self.last_append = start;
                (start, end) = (offset, offset);
                open_append = None;
            }
            if let Some(segment) = self.segments.last_mut() {
                segment.end = end;
            }
        }
        Ok(end)
    }

    /// Whether a whole frame of an append after the torn one stands behind `offset`.
    fn later_append_behind(&self, file: &dyn DiskFile, offset: u64, len: u64) -> Result<bool, Stop> {
        let mut rest = vec![0; usize::try_from(len).unwrap_or(usize::MAX)];
        let read = file.read_at(offset, &mut rest)?;
        rest.truncate(read);
        let most = self.head + 1 + (rest.len() / AROUND) as u64;
        let later = |at: usize| {
            let rest = &rest[at..];
            let Some(head) = Head::decode(rest) else {
                return false;
            };
            let possible =
                head.seq > self.head + 1 && head.seq <= most && head.append_starts_at() > self.head + 1;
            possible
                && rest
                    .get(..head.frame_len())
                    .is_some_and(|bytes| frame::decode(bytes).is_some())
        };
        Ok((1..rest.len().saturating_sub(AROUND - 1)).any(later))
    }
}

/// Whether a frame has the place in its append that comes after `before`.
fn follows(before: Option<&Head>, head: &Head) -> bool {
    match before {
        None => head.place == 0,
        Some(before) => {
            head.place == before.place + 1 && head.left + 1 == before.left && head.epoch == before.epoch
        }
    }
}

/// A file read in large steps.
pub(crate) struct Window<'file> {
    file: &'file dyn DiskFile,
    start: u64,
    bytes: Vec<u8>,
}

impl<'file> Window<'file> {
    const STEP: usize = 256 << 10;

    pub(crate) fn new(file: &'file dyn DiskFile) -> Self {
        Self {
            file,
            start: 0,
            bytes: Vec::new(),
        }
    }

    /// The `len` bytes at `offset`; fewer at the end of the file.
    fn at(&mut self, offset: u64, len: usize) -> io::Result<&[u8]> {
        let held = self.start..self.start + self.bytes.len() as u64;
        if !held.contains(&offset) || offset + len as u64 > held.end {
            self.bytes.resize(len.max(Self::STEP), 0);
            let read = self.file.read_at(offset, &mut self.bytes)?;
            self.bytes.truncate(read);
            self.start = offset;
        }
        let from = usize::try_from(offset - self.start).map_err(io::Error::other)?;
        let to = (from + len).min(self.bytes.len());
        Ok(&self.bytes[from..to])
    }

    /// The frame at `offset`; none when there is no whole one.
    pub(crate) fn frame(&mut self, offset: u64) -> io::Result<Option<Frame<'_>>> {
        let Some(head) = Head::decode(self.at(offset, HEAD)?) else {
            return Ok(None);
        };
        Ok(frame::decode(self.at(offset, head.frame_len())?))
    }
}
