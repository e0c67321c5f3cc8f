//! A disk in memory that loses what was not synced. For tests: power cuts at any operation, torn writes, failing syncs
//! after which pages count as clean, and a limited size.

use super::{Disk, DiskFile, Held, Mode, NotLocked};
use std::{
    collections::BTreeMap,
    io,
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard},
};

/// Bytes that reach the platter in one piece.
const SECTOR: usize = 512;

/// What a crash leaves.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Loss {
    /// Everything: only the process died.
    Nothing,
    /// Only what was synced: the worst that is allowed.
    Unsynced,
    /// Any sectors, lengths and names of what was not synced, chosen by this number.
    Torn(u64),
}

#[derive(Debug, Clone, Default)]
struct Content {
    now: Vec<u8>,
    synced: Vec<u8>,
    /// What a sync has to bring to the disk.
    dirty: Vec<Range<usize>>,
}

#[derive(Debug, Default)]
struct World {
    files: Vec<Content>,
    names: BTreeMap<PathBuf, usize>,
    synced_names: BTreeMap<PathBuf, usize>,
    capacity: Option<usize>,
    operations: u64,
    dies_at: Option<u64>,
    failing_sync: Option<String>,
    syncs: u64,
}

/// The disk. Clones are the same disk.
#[derive(Debug, Clone, Default)]
pub(crate) struct FakeDisk(Arc<Mutex<World>>);

impl FakeDisk {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// At most this many bytes fit from now on.
    pub(crate) fn set_capacity(&self, bytes: Option<usize>) {
        self.world().capacity = bytes;
    }

    /// The bytes in use.
    pub(crate) fn used(&self) -> usize {
        self.world().used()
    }

    /// The next sync of a file whose name ends so fails, and its pages count as clean afterwards.
    pub(crate) fn fail_sync_of(&self, suffix: &str) {
        self.world().failing_sync = Some(suffix.to_owned());
    }

    /// The machine stops in the middle of the changing operation with this number, from 1.
    pub(crate) fn die_at(&self, operation: u64) {
        self.world().dies_at = Some(operation);
    }

    /// Only the process had died: the next one finds what is in the cache, synced or not.
    pub(crate) fn revive(&self) {
        self.world().dies_at = None;
    }

    /// Changing operations so far.
    pub(crate) fn operations(&self) -> u64 {
        self.world().operations
    }

    /// Syncs of files so far.
    pub(crate) fn syncs(&self) -> u64 {
        self.world().syncs
    }

    /// The disk as the next process finds it.
    pub(crate) fn after_crash(&self, loss: Loss) -> Self {
        let world = self.world();
        let mut dice = Dice(match loss {
            Loss::Torn(seed) => seed,
            _ => 0,
        });
        let names = match loss {
            Loss::Nothing => world.names.clone(),
            Loss::Unsynced => world.synced_names.clone(),
            Loss::Torn(_) if dice.toss() => world.names.clone(),
            Loss::Torn(_) => world.synced_names.clone(),
        };
        let survive = |content: &Content| match loss {
            Loss::Nothing => content.now.clone(),
            Loss::Unsynced => content.synced.clone(),
            Loss::Torn(_) => content.torn(&mut dice),
        };
        let survivors = world.files.iter().map(survive).map(Content::clean).collect();
        let world = World {
            files: survivors,
            synced_names: names.clone(),
            names,
            ..World::default()
        };
        Self(Arc::new(Mutex::new(world)))
    }

    /// The whole content of a file.
    pub(crate) fn content(&self, path: &Path) -> Option<Vec<u8>> {
        let world = self.world();
        world.names.get(path).map(|at| world.files[*at].now.clone())
    }

    /// Replaces the content of a file, durably, as somebody with an editor would.
    pub(crate) fn put(&self, path: &Path, bytes: &[u8]) {
        let mut world = self.world();
        let content = Content::clean(bytes.to_vec());
        world.files.push(content);
        let at = world.files.len() - 1;
        world.names.insert(path.to_owned(), at);
        world.synced_names.insert(path.to_owned(), at);
    }

    /// A second disk with the same content.
    pub(crate) fn copy(&self) -> Self {
        self.after_crash(Loss::Nothing)
    }

    fn world(&self) -> MutexGuard<'_, World> {
        self.0.lock().unwrap()
    }
}

impl Content {
    fn clean(bytes: Vec<u8>) -> Self {
        Self {
            synced: bytes.clone(),
            now: bytes,
            dirty: Vec::new(),
        }
    }

    fn torn(&self, dice: &mut Dice) -> Vec<u8> {
        let len = if dice.toss() {
            self.now.len()
        } else {
            self.synced.len()
        };
        let mut bytes = self.synced.clone();
        bytes.resize(len, 0);
        for start in (0..len).step_by(SECTOR) {
            let end = (start + SECTOR).min(len).min(self.now.len());
            if start < end && dice.toss() {
                bytes[start..end].copy_from_slice(&self.now[start..end]);
            }
        }
        bytes
    }

    fn write(&mut self, offset: usize, bytes: &[u8]) {
        let end = offset + bytes.len();
        if self.now.len() < end {
            self.now.resize(end, 0);
        }
        self.now[offset..end].copy_from_slice(bytes);
        self.dirty.push(offset..end);
    }

    fn sync(&mut self) {
        self.synced.resize(self.now.len(), 0);
        for range in std::mem::take(&mut self.dirty) {
            let end = range.end.min(self.now.len());
            if range.start < end {
                self.synced[range.start..end].copy_from_slice(&self.now[range.start..end]);
            }
        }
    }
}

impl World {
    fn used(&self) -> usize {
        self.names.values().map(|at| self.files[*at].now.len()).sum()
    }

    fn alive(&self) -> io::Result<()> {
        match self.dies_at {
            Some(at) if self.operations >= at => Err(io::Error::other("the machine is off")),
            _ => Ok(()),
        }
    }

    /// Counts a changing operation. An error means that the machine stopped in the middle of it, or before.
    fn operate(&mut self) -> io::Result<()> {
        self.alive()?;
        self.operations += 1;
        self.alive()
    }
}

struct FakeFile {
    disk: FakeDisk,
    path: PathBuf,
    at: usize,
}

impl DiskFile for FakeFile {
    fn len(&self) -> io::Result<u64> {
        let world = self.disk.world();
        world.alive()?;
        Ok(world.files[self.at].now.len() as u64)
    }

    fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
        let world = self.disk.world();
        world.alive()?;
        let now = &world.files[self.at].now;
        let from = usize::try_from(offset).unwrap().min(now.len());
        let read = into.len().min(now.len() - from);
        into[..read].copy_from_slice(&now[from..from + read]);
        Ok(read)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> io::Result<()> {
        let mut world = self.disk.world();
        world.alive()?;
        let offset = usize::try_from(offset).unwrap();
        if let Err(error) = world.operate() {
            world.files[self.at].write(offset, &bytes[..bytes.len() / 2]);
            return Err(error);
        }
        let growth = (offset + bytes.len()).saturating_sub(world.files[self.at].now.len());
        let room = world
            .capacity
            .map_or(usize::MAX, |capacity| capacity.saturating_sub(world.used()));
        if growth > room {
            world.files[self.at].write(offset, &bytes[..bytes.len() - (growth - room)]);
            return Err(io::ErrorKind::StorageFull.into());
        }
        world.files[self.at].write(offset, bytes);
        Ok(())
    }

    fn truncate(&self, len: u64) -> io::Result<()> {
        let mut world = self.disk.world();
        world.operate()?;
        let content = &mut world.files[self.at];
        content.now.truncate(usize::try_from(len).unwrap());
        content.sync();
        Ok(())
    }

    fn sync(&self) -> io::Result<()> {
        let mut world = self.disk.world();
        world.operate()?;
        world.syncs += 1;
        let name = self.path.to_str().unwrap();
        if world
            .failing_sync
            .as_ref()
            .is_some_and(|suffix| name.ends_with(suffix))
        {
            world.failing_sync = None;
            let content = &mut world.files[self.at];
            content.dirty.clear();
            return Err(io::Error::other("input/output error"));
        }
        world.files[self.at].sync();
        Ok(())
    }
}

struct NoLock;

impl Held for NoLock {}

impl Disk for FakeDisk {
    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        let world = self.world();
        world.alive()?;
        let inside = world.names.keys().filter(|path| path.parent() == Some(folder));
        Ok(inside
            .map(|path| path.file_name().unwrap().to_str().unwrap().to_owned())
            .collect())
    }

    fn make_folder(&self, _: &Path) -> io::Result<()> {
        self.world().alive()
    }

    fn open(&self, path: &Path, mode: Mode) -> io::Result<Box<dyn DiskFile>> {
        let mut world = self.world();
        world.alive()?;
        let at = match (world.names.get(path).copied(), mode) {
            (Some(at), Mode::Read | Mode::Write) => at,
            (None, Mode::Read | Mode::Write) => return Err(io::ErrorKind::NotFound.into()),
            (_, Mode::Create) => {
                world.operate()?;
                world.files.push(Content::default());
                let at = world.files.len() - 1;
                world.names.insert(path.to_owned(), at);
                at
            }
        };
        Ok(Box::new(FakeFile {
            disk: self.clone(),
            path: path.to_owned(),
            at,
        }))
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.operate()?;
        let at = world.names.remove(from).ok_or(io::ErrorKind::NotFound)?;
        world.names.insert(to.to_owned(), at);
        Ok(())
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.operate()?;
        world
            .names
            .remove(path)
            .map(drop)
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn sync_dir(&self, _: &Path) -> io::Result<()> {
        let mut world = self.world();
        world.operate()?;
        world.synced_names = world.names.clone();
        Ok(())
    }

    fn lock(&self, _: &Path) -> Result<Box<dyn Held>, NotLocked> {
        self.world().alive().map_err(NotLocked::Failed)?;
        Ok(Box::new(NoLock))
    }
}

/// Repeatable chance.
#[derive(Debug, Clone)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut word = self.0;
        word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        word ^ (word >> 31)
    }

    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn toss(&mut self) -> bool {
        self.next() & 1 == 1
    }
}
