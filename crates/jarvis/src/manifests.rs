//! Manifest files from disk, by name, as the manifest crate wants them.
//!
//! Knows nothing of what they say.

use crate::exit::Failure;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// More files than one revision may have.
const MOST_FILES: usize = 10_000;
/// The deepest folder below one that was named.
const DEEPEST: usize = 32;

/// Reads files as they are named, and `*.yaml` and `*.yml` below folders. Hidden files and folders are left out.
pub fn read(paths: &[PathBuf]) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let mut files = BTreeMap::new();
    for path in paths {
        let metadata = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if metadata.is_dir() {
            let before = files.len();
            folder(path, DEEPEST, &mut files)?;
            if files.len() == before {
                return Err(Failure::error(format!(
                    "cannot read manifests in {}: there is no *.yaml or *.yml file in it; check the path",
                    path.display()
                )));
            }
        } else {
            file(path, &mut files)?;
        }
    }
    Ok(files)
}

/// Reads `*.yaml` and `*.yml` below a folder; there may be none.
pub fn below(path: &Path) -> Result<BTreeMap<String, Vec<u8>>, Failure> {
    let mut files = BTreeMap::new();
    folder(path, DEEPEST, &mut files)?;
    Ok(files)
}

fn folder(path: &Path, depth: usize, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    if depth == 0 {
        return Err(Failure::error(format!(
            "cannot read {}: folders are nested deeper than {DEEPEST}",
            path.display()
        )));
    }
    for entry in fs::read_dir(path).map_err(|error| unreadable(path, &error))? {
        let entry = entry.map_err(|error| unreadable(path, &error))?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        let inner = entry.path();
        let kind = entry.file_type().map_err(|error| unreadable(&inner, &error))?;
        let is_manifest = inner
            .extension()
            .is_some_and(|ending| ending == "yaml" || ending == "yml");
        if kind.is_dir() {
            folder(&inner, depth - 1, files)?;
        } else if kind.is_file() && is_manifest {
            file(&inner, files)?;
        }
    }
    Ok(())
}

fn file(path: &Path, files: &mut BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    if files.len() >= MOST_FILES {
        return Err(Failure::error(format!(
            "cannot read more than {MOST_FILES} files; name a smaller folder"
        )));
    }
    let bytes = fs::read(path).map_err(|error| unreadable(path, &error))?;
    files.insert(path.display().to_string(), bytes);
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::error(format!("cannot read {}: {error}; check the path", path.display()))
}
