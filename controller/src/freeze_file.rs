//! The freeze file: the kill switch for when all else fails. Whoever can write to the state folder makes a file named
//! `freeze` in it, and at the next pass nothing is done alone any more; removing it ends that, and nothing else does.
//!
//! An empty file freezes what nobody confirmed. If its first word is `all` it stops persons too; what follows is the
//! reason. A file that is there and cannot be read stops everybody.
//!
//! Knows nothing of whom a freeze stops.

use crate::core::Core;
use jarvis_model::{Event, Freeze, FreezeScope};
use std::{
    fs::{self, File},
    io::{self, Read as _},
    path::Path,
};

/// Its name in the state folder.
pub const NAME: &str = "freeze";
/// No more of it is read.
const LARGEST_BYTES: u64 = 4096;
/// A longer reason is cut.
const LONGEST_REASON: usize = 500;

/// What was found in its place.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    /// Nothing.
    Nothing,
    /// It is there.
    Frozen { scope: FreezeScope, reason: String },
}

impl Core {
    /// Looks for the file, and remembers what has changed. A record that cannot be written stops all acting by itself.
    pub(crate) fn heed_freeze_file(&mut self) {
        let Some(path) = &self.options.freeze_file else {
            return;
        };
        let event = match (look(path), &self.memory.freeze_file) {
            (Found::Nothing, Freeze::Off) => return,
            (Found::Nothing, _) => Event::FreezeFileGone,
            (
                Found::Frozen { scope, reason },
                Freeze::On {
                    scope: known,
                    reason: told,
                    ..
                },
            ) if scope == *known && reason == *told => {
                return;
            }
            (Found::Frozen { scope, reason }, _) => Event::FreezeFileFound { scope, reason },
        };
        tracing::warn!(path = %path.display(), event = %event.name(), "the freeze file");
        drop(self.remember(vec![event]));
    }
}

/// One look. It opens plain files only, so it never waits for somebody at the other end of a pipe.
fn look(path: &Path) -> Found {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Found::Nothing,
        Err(error) => return unreadable(&error),
        Ok(_) => {}
    }
    match read(path) {
        Ok(text) => said(&text),
        Err(error) => unreadable(&error),
    }
}

fn read(path: &Path) -> io::Result<String> {
    if !fs::metadata(path)?.is_file() {
        return Err(io::Error::other("it is no plain file"));
    }
    let mut bytes = Vec::new();
    File::open(path)?.take(LARGEST_BYTES).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn unreadable(error: &io::Error) -> Found {
    Found::Frozen {
        scope: FreezeScope::All,
        reason: format!("it cannot be read: {error}"),
    }
}

fn said(text: &str) -> Found {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (scope, rest) = match words.split_first() {
        Some((first, rest)) if first.trim_end_matches(':').eq_ignore_ascii_case("all") => {
            (FreezeScope::All, rest)
        }
        _ => (FreezeScope::Autonomy, &words[..]),
    };
    let reason = rest.join(" ");
    let plain = reason.chars().filter(|c| !c.is_control());
    Found::Frozen {
        scope,
        reason: plain.take(LONGEST_REASON).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn frozen(scope: FreezeScope, reason: &str) -> Found {
        Found::Frozen {
            scope,
            reason: reason.to_owned(),
        }
    }

    #[test]
    fn its_first_word_says_whom_and_the_rest_why() {
        for (text, scope, reason) in [
            ("", FreezeScope::Autonomy, ""),
            ("\n", FreezeScope::Autonomy, ""),
            ("moving the rack\n", FreezeScope::Autonomy, "moving the rack"),
            ("all", FreezeScope::All, ""),
            (
                "ALL: smoke in\n the cellar\u{7}",
                FreezeScope::All,
                "smoke in the cellar",
            ),
            ("allow nothing", FreezeScope::Autonomy, "allow nothing"),
            ("\u{0}\u{1}", FreezeScope::Autonomy, ""),
        ] {
            assert_eq!(said(text), frozen(scope, reason), "{text:?}");
        }
        let Found::Frozen { reason, .. } = said(&"x".repeat(10_000)) else {
            panic!("nothing");
        };
        assert_eq!(reason.len(), LONGEST_REASON);
    }

    #[test]
    fn what_is_there_and_cannot_be_read_freezes_everybody() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        assert_eq!(look(&path("freeze")), Found::Nothing);
        assert_eq!(look(&path("no such folder/freeze")), Found::Nothing);
        fs::write(path("plain"), "all x").unwrap();
        assert_eq!(look(&path("plain")), frozen(FreezeScope::All, "x"));
        fs::write(path("binary"), [0xff, 0xfe, 0x00]).unwrap();
        assert!(matches!(
            look(&path("binary")),
            Found::Frozen {
                scope: FreezeScope::Autonomy,
                ..
            }
        ));
        fs::create_dir(path("folder")).unwrap();
        symlink(path("nowhere"), path("dangling")).unwrap();
        symlink(path("loop"), path("loop")).unwrap();
        for (what, unreadable) in [
            ("a folder", path("folder")),
            ("a link to nothing", path("dangling")),
            ("a link to itself", path("loop")),
            ("below a plain file", path("plain/freeze")),
            ("a device", "/dev/null".into()),
        ] {
            let found = look(&unreadable);
            let Found::Frozen { scope, reason } = &found else {
                panic!("{what}: {found:?}");
            };
            assert_eq!(*scope, FreezeScope::All, "{what}");
            assert!(reason.starts_with("it cannot be read: "), "{what}: {reason}");
        }
    }
}
