//! Reads a recording from its first line to its last. What is there when it is opened is read, however much is written
//! beside it. A torn last line (the process was killed, or is writing just now) is told apart from damage.

use crate::{
    document::Document,
    folder,
    line::{self, FORMAT, Line},
    merge,
};
use flate2::read::GzDecoder;
use jarvis_model::Digest;
use serde::Deserialize as _;
use serde_json::Value;
use std::{
    fs::File,
    io::{self, BufRead as _, BufReader, Read as _, Take},
    path::{Path, PathBuf},
};

/// Why a recording cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The system refused something.
    #[error("cannot read the recording {path}: {why}")]
    Io {
        /// The file or folder.
        path: String,
        /// The system's words.
        why: io::Error,
    },
    /// A line is not what was written.
    #[error("the recording {path} is damaged at line {line}: {why}")]
    Damaged {
        /// The file.
        path: String,
        /// From 1.
        line: u64,
        /// What is wrong.
        why: String,
    },
    /// Written by a newer build.
    #[error("the recording {path} has form {found}, this build knows {FORMAT}: use the build that wrote it")]
    Newer {
        /// The file.
        path: String,
        /// Its form.
        found: u32,
    },
}

/// Where something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct At {
    /// File name.
    pub file: String,
    /// From 1.
    pub line: u64,
}

/// What is read, in order.
#[derive(Debug)]
pub enum Item {
    /// A file begins.
    Begin {
        /// The version that wrote it.
        version: String,
        /// Whether the process that wrote the file before wrote on.
        continues: bool,
    },
    /// A pass.
    Pass {
        /// Where.
        at: At,
        /// Passes lost before it.
        missed: u64,
        /// SHA-256 over the plan as it was.
        plan_digest: Digest,
        /// What it says.
        document: Box<Document>,
    },
    /// The process ended in good order.
    End {
        /// Passes lost before.
        missed: u64,
    },
    /// The file ends without a closing line.
    Torn {
        /// Its name.
        file: String,
    },
}

/// A recording, opened.
#[derive(Debug)]
pub struct Recording {
    files: Vec<(PathBuf, Take<File>)>,
}

impl Recording {
    /// Opens all files as they are now.
    pub fn open(folder: &Path) -> Result<Self, ReadError> {
        let listed = folder::files(folder).map_err(|why| io_error(folder, why))?;
        let mut files = Vec::new();
        for (_, path) in listed {
            match File::open(&path).and_then(|file| Ok((file.metadata()?.len(), file))) {
                Ok((bytes, file)) => files.push((path, file.take(bytes))),
                // It was the oldest, and the process that records has just let it go.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(why) => return Err(io_error(&path, why)),
            }
        }
        Ok(Self { files })
    }

    /// How many files there are.
    pub fn files(&self) -> usize {
        self.files.len()
    }

    /// Gives every item in order; stops at the first error.
    pub fn each<E: From<ReadError>>(self, visit: &mut dyn FnMut(Item) -> Result<(), E>) -> Result<(), E> {
        let mut torn = false;
        for (path, file) in self.files {
            torn = Reader::new(path, file).run(torn, visit)?;
        }
        Ok(())
    }
}

/// Reads one file.
struct Reader {
    path: PathBuf,
    name: String,
    lines: BufReader<GzDecoder<Take<File>>>,
    number: u64,
    document: Value,
    /// Whether the stream has no proper end.
    torn: bool,
}

impl Reader {
    fn new(path: PathBuf, file: Take<File>) -> Self {
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        Self {
            path,
            name,
            lines: BufReader::new(GzDecoder::new(file)),
            number: 0,
            document: Value::Null,
            torn: false,
        }
    }

    /// Gives all items of the file; `torn` says that the file before has no closing line. Answers the same of this one.
    fn run<E: From<ReadError>>(
        mut self,
        torn: bool,
        visit: &mut dyn FnMut(Item) -> Result<(), E>,
    ) -> Result<bool, E> {
        let (mut whole_before, mut ended) = (!torn, false);
        while let Some(line) = self.next()? {
            let item = match line {
                Line::Begin { format, .. } if format > FORMAT => {
                    let path = self.path.display().to_string();
                    return Err(ReadError::Newer { path, found: format }.into());
                }
                Line::Begin {
                    version, continues, ..
                } => {
                    whole_before |= !continues;
                    Item::Begin { version, continues }
                }
                Line::Pass {
                    missed,
                    plan_digest,
                    change,
                } => {
                    if !whole_before && missed == 0 {
                        return Err(self.damaged("the file before it is cut short").into());
                    }
                    whole_before = true;
                    merge::apply(&mut self.document, change);
                    let document = Document::deserialize(&self.document)
                        .map_err(|error| self.damaged(&format!("its pass is not understood: {error}")))?;
                    Item::Pass {
                        at: At {
                            file: self.name.clone(),
                            line: self.number,
                        },
                        missed,
                        plan_digest,
                        document: Box::new(document),
                    }
                }
                Line::End { missed } => {
                    ended = true;
                    Item::End { missed }
                }
            };
            visit(item)?;
        }
        let torn = self.torn && !ended;
        if torn {
            visit(Item::Torn { file: self.name })?;
        }
        Ok(torn)
    }

    /// The next whole line; none at the end, torn or not.
    fn next(&mut self) -> Result<Option<Line>, ReadError> {
        let mut text = Vec::new();
        match self.lines.read_until(b'\n', &mut text) {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                self.torn = true;
                return Ok(None);
            }
            Err(error) => {
                self.number += 1;
                return Err(self.damaged(&error.to_string()));
            }
        }
        self.number += 1;
        let text = String::from_utf8(text).map_err(|error| self.damaged(&error.to_string()))?;
        let whole = text
            .strip_suffix('\n')
            .ok_or_else(|| self.damaged("it has no end"))?;
        line::open(whole).map(Some).map_err(|why| self.damaged(&why))
    }

    fn damaged(&self, why: &str) -> ReadError {
        ReadError::Damaged {
            path: self.path.display().to_string(),
            line: self.number.max(1),
            why: why.to_owned(),
        }
    }
}

fn io_error(path: &Path, why: io::Error) -> ReadError {
    ReadError::Io {
        path: path.display().to_string(),
        why,
    }
}
