//! Manifest files from disk, by name, as the manifest crate wants them, and from the git repository of a config.
//!
//! Knows nothing of what they say.

use crate::{config::SourceConfig, exit::Failure};
use jarvis_ports::{Fetched, ManifestSource as _, SourceError};
use jarvis_source::GitSource;
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

/// The newest revision of a source, read into a folder of its own, so that a running Jarvis is not disturbed.
pub async fn fetch(source: &SourceConfig) -> Result<Fetched, SourceError> {
    let failed = |why: String, hint: &str| SourceError {
        what: "read",
        remote: source.git.remote.clone(),
        why,
        hint: hint.to_owned(),
    };
    let folder = tempfile::tempdir().map_err(|error| {
        failed(
            format!("no folder to read it into: {error}"),
            "make room for temporary files",
        )
    })?;
    let mut git = source.git.clone();
    git.checkout = folder.path().join("mirror");
    let fetched = GitSource::new(git)?.fetch(None).await?;
    fetched.ok_or_else(|| failed("it has no revision".to_owned(), "commit something to it"))
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
