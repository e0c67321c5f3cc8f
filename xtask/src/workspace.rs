//! Where the repository is and which files belong to it. Knows no rule.

use anyhow::{Context, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// One file that belongs to the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RepoFile {
    /// Path from the repository's root, with `/`.
    pub path: String,
    /// The text; None when it is not UTF-8.
    pub text: Option<String>,
}

/// The repository's root.
pub fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_owned()
}

/// All files that git tracks or would track (not ignored), in order of their paths.
pub fn files(root: &Path) -> anyhow::Result<Vec<RepoFile>> {
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        // A clone that belongs to another user is fine here: git is only asked for names.
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*")
        .output()
        .context("cannot list the files: git could not be run; install git")?;
    if !output.status.success() {
        bail!(
            "cannot list the files: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let names = String::from_utf8(output.stdout).context("a file name is not UTF-8")?;
    let mut paths: Vec<&str> = names.split('\0').filter(|name| !name.is_empty()).collect();
    paths.sort_unstable();
    paths.dedup();
    let mut files = Vec::new();
    for path in paths {
        let full = root.join(path);
        // Deleted but not yet committed, or a symlink to a folder.
        if !full.is_file() {
            continue;
        }
        let bytes = std::fs::read(&full).with_context(|| format!("cannot read {path}"))?;
        files.push(RepoFile {
            path: path.to_owned(),
            text: String::from_utf8(bytes).ok(),
        });
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn new_files_count_and_ignored_ones_do_not() {
        let folder = tempfile::tempdir().unwrap();
        let init = Command::new("git")
            .args(["init", "--quiet"])
            .current_dir(folder.path())
            .status();
        assert!(init.unwrap().success());
        std::fs::write(folder.path().join(".gitignore"), "out/\n").unwrap();
        std::fs::create_dir(folder.path().join("out")).unwrap();
        std::fs::write(folder.path().join("out/x.rs"), "x").unwrap();
        std::fs::write(folder.path().join("b.rs"), "text").unwrap();
        std::fs::write(folder.path().join("a.bin"), [0xff]).unwrap();
        let found = files(folder.path()).unwrap();
        assert_eq!(
            found.iter().map(|f| f.path.as_str()).collect::<Vec<_>>(),
            [".gitignore", "a.bin", "b.rs"]
        );
        assert_eq!(found[1].text, None);
        assert_eq!(found[2].text.as_deref(), Some("text"));
    }

    #[test]
    fn the_root_is_the_workspace() {
        assert!(
            std::fs::read_to_string(root().join("Cargo.toml"))
                .unwrap()
                .contains("[workspace]")
        );
    }
}
