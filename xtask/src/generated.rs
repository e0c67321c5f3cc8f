//! `gen` and `gen --check`: files that are derived from the code and kept in the repository, so that a change of an
//! interface shows in a review.

use crate::{error_pages, manifest_pages};
use anyhow::{Context, bail};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Folders that hold nothing but generated files: what is not generated any more is removed there.
const OWNED: &[&str] = &["crds/generated", "docs/errors"];

/// Every generated file: path from the root, and text.
pub fn files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for (path, text) in jarvis_crds::generated_files() {
        files.insert(format!("crds/generated/{path}"), text);
    }
    files.insert("api/schema.graphql".to_owned(), jarvis_api::sdl());
    files.extend(error_pages::files());
    files.insert(
        jarvis_tools::page::PATH.to_owned(),
        jarvis_tools::page::page(&jarvis_tools::CATALOGUE),
    );
    files.insert(manifest_pages::PATH.to_owned(), manifest_pages::page());
    files
}

/// Writes what differs and removes what is left over.
pub fn write(root: &Path, files: &BTreeMap<String, String>) -> anyhow::Result<String> {
    let stale = stale(root, files)?;
    for path in &stale {
        let full = root.join(path);
        match files.get(path) {
            None => fs::remove_file(&full).with_context(|| format!("cannot remove {path}"))?,
            Some(text) => {
                if let Some(folder) = full.parent() {
                    fs::create_dir_all(folder)
                        .with_context(|| format!("cannot make the folder of {path}"))?;
                }
                fs::write(&full, text).with_context(|| format!("cannot write {path}"))?;
            }
        }
    }
    Ok(format!("gen: {} files, {} changed", files.len(), stale.len()))
}

/// Fails, naming them, when files differ from what would be written.
pub fn check(root: &Path, files: &BTreeMap<String, String>) -> anyhow::Result<String> {
    let stale = stale(root, files)?;
    if stale.is_empty() {
        return Ok(format!("gen: {} files are current", files.len()));
    }
    let names: Vec<String> = stale.into_iter().collect();
    bail!(
        "not current, run `make gen` and commit:\n  {}",
        names.join("\n  ")
    )
}

/// Paths that are missing, differ, or are left over.
fn stale(root: &Path, files: &BTreeMap<String, String>) -> anyhow::Result<BTreeSet<String>> {
    let mut stale = BTreeSet::new();
    for (path, text) in files {
        let present = fs::read(root.join(path)).ok();
        if present.as_deref() != Some(text.as_bytes()) {
            stale.insert(path.clone());
        }
    }
    for folder in OWNED {
        let mut present = Vec::new();
        walk(root, folder, &mut present).with_context(|| format!("cannot list {folder}"))?;
        stale.extend(present.into_iter().filter(|path| !files.contains_key(path)));
    }
    Ok(stale)
}

fn walk(root: &Path, folder: &str, found: &mut Vec<String>) -> std::io::Result<()> {
    let entries = match fs::read_dir(root.join(folder)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            walk(root, &path, found)?;
        } else {
            found.push(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_names_what_write_then_puts_right() {
        let root = tempfile::tempdir().unwrap();
        let files = BTreeMap::from([
            ("crds/generated/a/x.yaml".to_owned(), "x".to_owned()),
            ("docs/errors/index.md".to_owned(), "y".to_owned()),
        ]);
        let error = check(root.path(), &files).unwrap_err().to_string();
        assert!(
            error.contains("crds/generated/a/x.yaml") && error.contains("make gen"),
            "{error}"
        );
        assert_eq!(write(root.path(), &files).unwrap(), "gen: 2 files, 2 changed");
        assert!(check(root.path(), &files).is_ok());

        fs::write(root.path().join("docs/errors/index.md"), "edited").unwrap();
        fs::write(root.path().join("crds/generated/old.yaml"), "left over").unwrap();
        let error = check(root.path(), &files).unwrap_err().to_string();
        assert!(
            error.contains("docs/errors/index.md") && error.contains("crds/generated/old.yaml"),
            "{error}"
        );
        assert_eq!(write(root.path(), &files).unwrap(), "gen: 2 files, 2 changed");
        assert!(!root.path().join("crds/generated/old.yaml").exists());
        assert!(check(root.path(), &files).is_ok());
    }

    #[test]
    fn generation_is_repeatable_and_complete() {
        let files = files();
        assert_eq!(files, super::files());
        for start in [
            "crds/generated/crd/",
            "crds/generated/jsonschema/",
            "docs/errors/JV1001",
            "docs/MANIFESTS.md",
            "docs/TOOLS.md",
            "api/schema.graphql",
        ] {
            assert!(
                files.keys().any(|path| path.starts_with(start)),
                "nothing under {start}"
            );
        }
        assert!(files.values().all(|text| text.ends_with('\n')));
    }
}
