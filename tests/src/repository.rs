//! A git repository of manifests, driven with the git program as an operator would.

use anyhow::{Context, ensure};
use std::{
    path::{Path, PathBuf},
    process::Command,
};

/// A work tree with one branch `main`.
#[derive(Debug)]
pub struct Repository {
    path: PathBuf,
}

impl Repository {
    /// A fresh one.
    pub fn create(path: &Path) -> anyhow::Result<Self> {
        std::fs::create_dir_all(path)?;
        let repository = Self {
            path: path.to_owned(),
        };
        repository.git(&["init", "--quiet", "--initial-branch=main"])?;
        Ok(repository)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Writes files and commits everything.
    pub fn commit(&self, files: &[(&str, &str)], message: &str) -> anyhow::Result<String> {
        for (name, content) in files {
            std::fs::write(self.path.join(name), content)?;
        }
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--allow-empty", "--message", message])?;
        Ok(self.git(&["rev-parse", "HEAD"])?.trim().to_owned())
    }

    /// Runs git here.
    pub fn git(&self, arguments: &[&str]) -> anyhow::Result<String> {
        let output = Command::new("git")
            .current_dir(&self.path)
            .args([
                "-c",
                "user.name=Operator",
                "-c",
                "user.email=operator@example.org",
                "-c",
                "commit.gpgsign=false",
            ])
            .args(arguments)
            .output()
            .context("git must be installed")?;
        ensure!(
            output.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }
}
