//! The git repository of manifests: read as Jarvis will read it; made, with a first commit, when that is wished.

use super::ask::{Asker, Told};
use crate::{cli::init::Answers, environment::Environment, exit::Failure};
use jarvis_ports::{ManifestSource as _, SourceError};
use jarvis_source::GitSource;
use std::{fs, path::Path};
use tokio::process::Command;

/// What a first commit holds.
const README: &str = "# Manifests\n\nWhat should be true of the cluster. Jarvis reads every *.yaml file here; `jarvis adopt --output .` writes the first ones.\n";

/// Asks for it; remote and branch, or none.
pub async fn ask(
    asker: &Asker,
    given: &Answers,
    environment: &Environment,
) -> Result<Option<(String, String)>, Failure> {
    let branch = given.branch.clone().unwrap_or_else(|| "main".to_owned());
    let mut said = given.repository.clone();
    loop {
        let remote = match said.take() {
            Some(remote) => remote,
            None => asker.line(
                "Git repository of the manifests: a path or a URL, or none",
                Some("none"),
                "--repository REMOTE",
            )?,
        };
        if remote == "none" {
            asker.say("  Without manifests Jarvis only observes.");
            return Ok(None);
        }
        let remote = absolute(&remote);
        match read(&remote, &branch, environment).await {
            Ok(files) => {
                asker.say(&format!(
                    "  {remote} can be read: {files} manifest files on branch {branch}."
                ));
                return Ok(Some((remote, branch)));
            }
            Err(error) if is_local(&remote) && may_be_made(&remote, &error) => {
                let told = if given.create_repository {
                    Told::Yes
                } else {
                    Told::Nothing
                };
                let question = format!("{remote}: {}. Make it, with a first commit?", error.why);
                if !asker.agrees(&question, told)? {
                    asker.refuse(&format!("{error}; --create-repository makes it"))?;
                    continue;
                }
                make(Path::new(&remote), &branch, environment).await?;
                read(&remote, &branch, environment)
                    .await
                    .map_err(|error| Failure::error(error.to_string()))?;
                asker.say(&format!(
                    "  {remote} is made, with a first commit on branch {branch}."
                ));
                return Ok(Some((remote, branch)));
            }
            Err(error) => asker.refuse(&error.to_string())?,
        }
    }
}

fn is_local(remote: &str) -> bool {
    remote.starts_with('/')
}

/// A path is written from the root on.
fn absolute(remote: &str) -> String {
    let is_path = !remote.contains("://") && !remote.contains(':');
    match std::path::absolute(remote) {
        Ok(path) if is_path => path.display().to_string(),
        _ => remote.to_owned(),
    }
}

/// Only what is not there, or has no commit yet; never something else that is there.
fn may_be_made(remote: &str, error: &SourceError) -> bool {
    let path = Path::new(remote);
    let is_empty = fs::read_dir(path).is_ok_and(|mut entries| entries.next().is_none());
    !path.exists() || is_empty || error.why.contains("the repository is empty")
}

async fn read(remote: &str, branch: &str, environment: &Environment) -> Result<usize, SourceError> {
    let failed = |why: String| SourceError {
        what: "read",
        remote: remote.to_owned(),
        why,
        hint: "make room for temporary files".to_owned(),
    };
    let folder = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
    let mut options = jarvis_source::Options::new(remote, branch, folder.path().join("mirror"));
    if let Some(path) = environment.get("PATH") {
        path.clone_into(&mut options.program_path);
    }
    let fetched = GitSource::new(options)?.fetch(None).await?;
    Ok(fetched.map_or(0, |fetched| fetched.files.len()))
}

/// Makes a repository to commit in, or gives an empty one its first commit.
async fn make(folder: &Path, branch: &str, environment: &Environment) -> Result<(), Failure> {
    let failed = |why: String| {
        Failure::error(format!(
            "cannot make the repository {}: {why}; make it yourself, then run this again",
            folder.display()
        ))
    };
    fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    let is_bare = folder.join("objects").is_dir();
    let clone = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
    let work = if is_bare { clone.path() } else { folder };
    let run = |arguments: Vec<String>| git(work, environment, arguments);
    let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    if is_bare || !folder.join(".git").exists() {
        run(words(&format!(
            "init --quiet --template= --initial-branch {branch}"
        )))
        .await
        .map_err(failed)?;
    }
    fs::write(work.join("README.md"), README).map_err(|error| failed(error.to_string()))?;
    run(words("add README.md")).await.map_err(failed)?;
    let mut commit =
        words("-c user.name=Jarvis -c user.email=jarvis@localhost commit --quiet --no-gpg-sign --message");
    commit.push("Begin the manifests".to_owned());
    run(commit).await.map_err(failed)?;
    if is_bare {
        let mut push = words("push --quiet");
        push.extend([folder.display().to_string(), format!("HEAD:refs/heads/{branch}")]);
        run(push).await.map_err(failed)?;
    }
    Ok(())
}

async fn git(folder: &Path, environment: &Environment, arguments: Vec<String>) -> Result<(), String> {
    let output = Command::new("git")
        .current_dir(folder)
        .args(&arguments)
        .env_clear()
        .env(
            "PATH",
            environment.get("PATH").unwrap_or("/usr/local/bin:/usr/bin:/bin"),
        )
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()
        .await
        .map_err(|error| format!("{error}; install git"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
}
