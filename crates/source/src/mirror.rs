//! The bare mirror of the remote in the state folder: made, fetched into, asked, and set aside when broken.
//! Knows nothing of manifests. All branches are kept under `refs/jarvis/heads/`, so that no branch name can be mistaken for
//! a commit id; nothing is ever pruned from the object database, so that revisions stay readable after a force push.

use crate::explain::{Trouble, clean, explain};
use crate::program::{Git, Output};
use crate::remote::Remote;
use crate::settings::{CONFIG_FILE, PUSH_CONFIG_FILE, config_file, push_config_file};
use std::fs::{self, DirBuilder, File, TryLockError};
use std::io::{self, ErrorKind};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

mod write;

pub use write::PushEnd;

const MIRROR: &str = "mirror.git";
const NEW: &str = "mirror.new";
const ASIDE: &str = "mirror.damaged";
const LOCK: &str = "mirror.lock";
const REMOTE_FILE: &str = "mirror.remote";
const HEADS: &str = "refs/jarvis/heads/";
const SMALL_CAP_BYTES: usize = 1 << 20;

/// The mirror in its folder.
#[derive(Debug)]
pub struct Mirror {
    git: Git,
    folder: PathBuf,
    remote: Remote,
    secrets: Vec<Zeroizing<String>>,
}

/// Holds the folder against other processes until dropped.
#[derive(Debug)]
pub struct Held(File);

impl Drop for Held {
    fn drop(&mut self) {
        // Closing alone is not enough: a child that was forked but not yet executed shares the lock.
        let _ = self.0.unlock();
    }
}

impl Mirror {
    /// A mirror of `remote` in `folder`; nothing is touched yet.
    pub fn new(git: Git, folder: PathBuf, remote: Remote, secrets: Vec<Zeroizing<String>>) -> Self {
        Self {
            git,
            folder,
            remote,
            secrets,
        }
    }

    /// Takes the folder, removes what an interrupted run left, and makes an empty mirror when there is none.
    pub async fn open(&self) -> Result<Held, Trouble> {
        let held = self.prepare()?;
        if self.path(MIRROR).is_dir() {
            return Ok(held);
        }
        let arguments = ["init", "--quiet", "--bare", "--template=", "--", NEW];
        self.expect(self.git.run(&arguments, b"", SMALL_CAP_BYTES).await?)?;
        let finish = || {
            fs::write(self.path(REMOTE_FILE), self.remote.to_string())?;
            fs::rename(self.path(NEW), self.path(MIRROR))
        };
        finish().map_err(|error| Trouble::state_folder("make the mirror", &error))?;
        Ok(held)
    }

    /// Brings all branches of the remote into the mirror. Needs the network.
    pub async fn fetch(&self) -> Result<(), Trouble> {
        let refspec = format!("+refs/heads/*:{HEADS}*");
        let remote = self.remote.argument();
        let arguments = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-recurse-submodules",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-show-forced-updates",
            "--prune",
            "--update-shallow",
            "--force",
            "--",
            &remote,
            &refspec,
        ];
        let output = self.ask(&arguments, b"", SMALL_CAP_BYTES).await?;
        self.expect(output).map(drop)
    }

    /// The commit at the head of a branch, as last fetched; None when there is no such branch.
    pub async fn head(&self, branch: &str) -> Result<Option<String>, Trouble> {
        self.resolve(&format!("{HEADS}{branch}^{{commit}}")).await
    }

    /// The full id of a commit that the mirror holds; None when it does not, or when the abbreviation is ambiguous.
    pub async fn commit(&self, id: &str) -> Result<Option<String>, Trouble> {
        self.resolve(&format!("{id}^{{commit}}")).await
    }

    /// All branches, as last fetched, by name.
    pub async fn branches(&self) -> Result<Vec<String>, Trouble> {
        let arguments = ["for-each-ref", "--format=%(refname)", "--", HEADS];
        let output = self.ask(&arguments, b"", SMALL_CAP_BYTES).await?;
        let text = String::from_utf8_lossy(&self.expect(output)?).into_owned();
        Ok(text
            .lines()
            .filter_map(|line| line.strip_prefix(HEADS))
            .map(str::to_owned)
            .collect())
    }

    /// Whether `old` is in the history of `new`. False as well when `old` is not in the mirror.
    pub async fn contains(&self, new: &str, old: &str) -> Result<bool, Trouble> {
        let arguments = ["merge-base", "--is-ancestor", "--end-of-options", old, new];
        Ok(self.ask(&arguments, b"", SMALL_CAP_BYTES).await?.code == Some(0))
    }

    /// Author's name and subject line, cleaned.
    pub async fn summary(&self, commit: &str) -> Result<String, Trouble> {
        let arguments = [
            "log",
            "-1",
            "--no-color",
            "--encoding=UTF-8",
            "--format=%an: %s",
            "--end-of-options",
            commit,
        ];
        let output = self.ask(&arguments, b"", SMALL_CAP_BYTES).await?;
        Ok(clean(
            &String::from_utf8_lossy(&self.expect(output)?),
            &self.secrets,
        ))
    }

    /// The answer to a question about objects that must be there: any failure is damage.
    pub async fn objects(
        &self,
        arguments: &[&str],
        input: &[u8],
        cap_bytes: usize,
    ) -> Result<Vec<u8>, Trouble> {
        let output = self.ask(arguments, input, cap_bytes).await?;
        self.expect(output)
            .map_err(|trouble| Trouble::damage(trouble.why))
    }

    /// Moves a broken mirror out of the way; the one set aside before it is removed.
    pub fn set_aside(&self) -> Result<(), Trouble> {
        let act = || {
            remove_tree(&self.path(ASIDE))?;
            fs::rename(self.path(MIRROR), self.path(ASIDE))
        };
        match act() {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(Trouble::state_folder("set the broken mirror aside", &error))
            }
            _ => Ok(()),
        }
    }

    async fn resolve(&self, expression: &str) -> Result<Option<String>, Trouble> {
        let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", expression];
        let output = self.ask(&arguments, b"", SMALL_CAP_BYTES).await?;
        if output.code == Some(0) {
            return Ok(Some(String::from_utf8_lossy(&output.stdout).trim().to_owned()));
        }
        match explain(&output.stderr, &self.secrets) {
            trouble if trouble.damaged => Err(trouble),
            _ => Ok(None),
        }
    }

    async fn ask(&self, arguments: &[&str], input: &[u8], cap_bytes: usize) -> Result<Output, Trouble> {
        let mut all = vec!["--no-pager", "--git-dir", MIRROR];
        all.extend(arguments);
        Ok(self.git.run(&all, input, cap_bytes).await?)
    }

    fn expect(&self, output: Output) -> Result<Vec<u8>, Trouble> {
        if output.code == Some(0) {
            Ok(output.stdout)
        } else {
            Err(explain(&output.stderr, &self.secrets))
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn prepare(&self) -> Result<Held, Trouble> {
        let state = |attempt: &'static str| move |error: io::Error| Trouble::state_folder(attempt, &error);
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(&self.folder)
            .map_err(state("make it"))?;
        let lock = File::create(self.path(LOCK)).map_err(state("open its lock"))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Trouble::new(
                    "another process is using the state folder",
                    "end the other one, or give each its own state folder; it is tried again",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(state("lock it")(error)),
        }
        write_when_different(&self.path(CONFIG_FILE), &config_file(&self.remote))
            .map_err(state("write git's config"))?;
        write_when_different(&self.path(PUSH_CONFIG_FILE), &push_config_file(&self.remote))
            .map_err(state("write git's config for pushes"))?;
        remove_tree(&self.path(NEW)).map_err(state("remove an unfinished mirror"))?;
        let mirror = self.path(MIRROR);
        if mirror.is_dir() {
            remove_leftovers(&mirror).map_err(state("remove what an interrupted git left"))?;
            let of = fs::read_to_string(self.path(REMOTE_FILE)).unwrap_or_default();
            if of != self.remote.to_string() {
                tracing::info!(was = %of, is = %self.remote, "the remote changed, mirroring anew");
                self.set_aside()?;
            }
        }
        Ok(Held(lock))
    }
}

/// Lock files and half-written packs of a git that was ended. The folder is held, so nobody is writing them now.
fn remove_leftovers(mirror: &Path) -> io::Result<()> {
    let is_lock = |name: &str| Path::new(name).extension().is_some_and(|end| end == "lock");
    let is_half = |name: &str| name.starts_with("tmp_");
    remove_matching(mirror, false, &is_lock)?;
    remove_matching(&mirror.join("refs"), true, &is_lock)?;
    remove_matching(&mirror.join("objects"), false, &is_half)?;
    remove_matching(&mirror.join("objects/pack"), false, &is_half)
}

fn remove_matching(folder: &Path, deep: bool, matches: &dyn Fn(&str) -> bool) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let is_folder = entry.file_type()?.is_dir();
        let hit = entry.file_name().to_str().is_some_and(matches);
        match (hit, is_folder) {
            (true, true) => remove_tree(&entry.path())?,
            (true, false) => fs::remove_file(entry.path())?,
            (false, true) if deep => remove_matching(&entry.path(), true, matches)?,
            _ => {}
        }
    }
    Ok(())
}

fn remove_tree(path: &Path) -> io::Result<()> {
    match fs::remove_dir_all(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

fn write_when_different(path: &Path, text: &str) -> io::Result<()> {
    match fs::read_to_string(path) {
        Ok(present) if present == text => Ok(()),
        _ => fs::write(path, text),
    }
}
