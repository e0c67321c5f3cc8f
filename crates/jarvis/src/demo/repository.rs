//! The git repository in which the demo's manifests are committed. Uses the git program; no hook and no configuration
//! of the person runs when it is made.

use crate::{environment::Environment, exit::Failure};
use std::{collections::BTreeMap, fs, path::Path};
use tokio::process::Command;

/// The branch in force.
pub const BRANCH: &str = "main";

/// Makes the repository with its first commit, unless it is there.
pub async fn prepare(
    folder: &Path,
    files: &BTreeMap<String, String>,
    environment: &Environment,
) -> Result<(), Failure> {
    if folder.join(".git").is_dir() {
        return Ok(());
    }
    let shown = folder.display();
    let failed =
        |error: std::io::Error| Failure::error(format!("cannot write manifests in {shown}: {error}"));
    for (path, text) in files {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().unwrap_or(folder)).map_err(failed)?;
        fs::write(path, text).map_err(failed)?;
    }
    git(
        folder,
        environment,
        &["init", "--quiet", "--template=", "--initial-branch", BRANCH],
    )
    .await?;
    // So that a person without a git identity can commit here.
    git(folder, environment, &["config", "user.name", "Demo Operator"]).await?;
    git(
        folder,
        environment,
        &["config", "user.email", "operator@demo.invalid"],
    )
    .await?;
    // An approved proposal is pushed into this folder: git then brings the files here up to date, unless a person has unsaved
    // changes in them.
    git(
        folder,
        environment,
        &["config", "receive.denyCurrentBranch", "updateInstead"],
    )
    .await?;
    git(folder, environment, &["add", "--all"]).await?;
    git(
        folder,
        environment,
        &[
            "commit",
            "--quiet",
            "--no-gpg-sign",
            "--message",
            "Declare the household",
        ],
    )
    .await
}

async fn git(folder: &Path, environment: &Environment, arguments: &[&str]) -> Result<(), Failure> {
    let failed = |why: String| {
        Failure::error(format!(
            "cannot make the demo's repository of manifests (git {}): {why}",
            arguments.first().unwrap_or(&"")
        ))
    };
    let output = Command::new("git")
        .current_dir(folder)
        .args(arguments)
        .env_clear()
        .env(
            "PATH",
            environment.get("PATH").unwrap_or("/usr/local/bin:/usr/bin:/bin"),
        )
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .await
        .map_err(|error| failed(format!("{error}; install git")))?;
    if output.status.success() {
        return Ok(());
    }
    Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}
