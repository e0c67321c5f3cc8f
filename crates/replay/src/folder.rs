//! The files of a recording, as they are written: one gzip stream each, flushed after every line, so that what was written
//! before a kill can be read. A file begins with everything; a full one is followed by the next, and the oldest go
//! when all together are too large. Nothing is written while nothing is recorded.

use crate::{delta::Delta, line, line::Line};
use flate2::{Compression, write::GzEncoder};
use jarvis_model::Digest;
use jarvis_ports::Pass;
use serde::Serialize;
use std::{
    fs::{self, File},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A file that has reached this size is followed by another; the default is 4 MiB.
    pub file_bytes: u64,
    /// The oldest files go when all are larger than this together; the default is 64 MiB.
    pub total_bytes: u64,
    /// The oldest files go when there are more; the default is 256.
    pub files: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 4 << 20,
            total_bytes: 64 << 20,
            files: 256,
        }
    }
}

/// Name of the file with this number.
pub fn file_name(number: u64) -> String {
    format!("{number:08}.jsonl.gz")
}

/// The files of a recording with their numbers, oldest first. A folder that is not there holds none.
pub fn files(folder: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default();
        let number = name.strip_suffix(".jsonl.gz").and_then(|stem| stem.parse().ok());
        if let Some(number) = number.filter(|number| file_name(*number) == name) {
            found.push((number, path));
        }
    }
    found.sort();
    Ok(found)
}

/// A file being written.
struct Open {
    path: PathBuf,
    encoder: GzEncoder<File>,
    /// The pass of its last line.
    last: Option<Pass>,
}

impl Open {
    fn line(&mut self, line: &impl Serialize) -> io::Result<()> {
        self.encoder.write_all(&line::seal(line)?)?;
        self.encoder.flush()
    }

    fn bytes(&self) -> io::Result<u64> {
        Ok(self.encoder.get_ref().metadata()?.len())
    }
}

/// Writes the recording of one process.
pub struct Writer {
    folder: PathBuf,
    version: String,
    limits: Limits,
    open: Option<Open>,
    /// Whether this process wrote a file before.
    continues: bool,
    /// Passes that were lost since the last line.
    missed: u64,
}

impl Writer {
    /// Writes nothing yet.
    pub fn new(folder: PathBuf, version: String, limits: Limits) -> Self {
        Self {
            folder,
            version,
            limits,
            open: None,
            continues: false,
            missed: 0,
        }
    }

    /// Writes a pass; `missed` ones were lost before it. After an error this pass counts as lost too, and the next one
    /// begins a new file.
    pub fn pass(&mut self, pass: &Pass, missed: u64) -> io::Result<()> {
        self.missed += missed;
        let written = self.try_pass(pass);
        if written.is_ok() {
            self.missed = 0;
        } else {
            self.missed += 1;
            self.open = None;
        }
        written
    }

    fn try_pass(&mut self, pass: &Pass) -> io::Result<()> {
        let plan_digest = Digest::of(&*pass.plan);
        let full = match &self.open {
            Some(open) => open.bytes()? >= self.limits.file_bytes,
            None => true,
        };
        if full {
            self.next_file()?;
        }
        let Some(open) = &mut self.open else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        let last = open.last.take();
        open.line(&line::Pass {
            missed: self.missed,
            plan_digest,
            change: Delta {
                before: last.as_ref(),
                after: pass,
            },
        })?;
        open.last = Some(pass.clone());
        Ok(())
    }

    /// Ends the file in hand and begins the next one.
    fn next_file(&mut self) -> io::Result<()> {
        if let Some(open) = self.open.take() {
            open.encoder.finish()?;
        }
        fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)?;
        let kept = files(&self.folder)?;
        let number = kept.last().map_or(1, |(last, _)| last + 1);
        let path = self.folder.join(file_name(number));
        let file = File::options()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        let mut open = Open {
            path,
            encoder: GzEncoder::new(file, Compression::default()),
            last: None,
        };
        let begun = open.line(&Line::Begin {
            format: line::FORMAT,
            version: self.version.clone(),
            continues: self.continues,
        });
        if let Err(error) = begun {
            drop(fs::remove_file(&open.path));
            return Err(error);
        }
        self.open = Some(open);
        self.continues = true;
        self.forget(kept)
    }

    /// Removes the oldest files, so that with the new one at its largest all stay within the limits.
    fn forget(&self, kept: Vec<(u64, PathBuf)>) -> io::Result<()> {
        let (mut bytes, mut count) = (self.limits.file_bytes, 1);
        for (_, path) in kept.into_iter().rev() {
            bytes += fs::metadata(&path)?.len();
            count += 1;
            if bytes > self.limits.total_bytes || count > self.limits.files {
                fs::remove_file(&path)?;
            }
        }
        Ok(())
    }

    /// Ends in good order.
    pub fn end(&mut self, missed: u64) -> io::Result<()> {
        self.missed += missed;
        let Some(mut open) = self.open.take() else {
            return Ok(());
        };
        open.line(&Line::End { missed: self.missed })?;
        open.encoder.finish()?.sync_data()
    }
}
