//! [`GitSource`]: the [`ManifestSource`] over a mirror. Knows nothing of when it is asked or of what the files mean.

use crate::branch::{may_be_commit, plain_folder, refused_branch};
use crate::explain::Trouble;
use crate::mirror::Mirror;
use crate::objects::{HEADER_BYTES, LIST_CAP_BYTES, batch_answer, batch_request, manifests};
use crate::options::{Limits, Options};
use crate::program::Git;
use crate::remote::{Remote, redacted};
use crate::settings::{environment, secrets};
use async_trait::async_trait;
use jarvis_ports::{Change, Fetched, ManifestSource, PushError, Pushed, SourceError};
use tokio::sync::Mutex;

/// Manifests from one branch of a git repository.
///
/// Guarantees: files come from the commit named, whole, or there is an error; no program from the repository runs; a
/// broken mirror is replaced once by itself. Assumes that the state folder belongs to this source alone. Calls on one
/// source take turns.
#[derive(Debug)]
pub struct GitSource {
    remote: Remote,
    pub(crate) branch: String,
    pub(crate) folder: String,
    limits: Limits,
    pub(crate) mirror: Mirror,
    repair: Mutex<Repair>,
}

/// Whether a broken mirror may be replaced: not twice without a success in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Repair {
    Allowed,
    Tried,
}

/// What is asked of the mirror, after a fetch or without one.
enum Wanted<'a> {
    Newest { known: Option<&'a str> },
    Revision(&'a str),
}

impl GitSource {
    /// Checks the options. Touches neither the disk nor the network.
    pub fn new(options: Options) -> Result<Self, SourceError> {
        let refuse = |why: String, hint: String| SourceError {
            what: "use",
            remote: redacted(&options.remote),
            why,
            hint,
        };
        let remote = Remote::parse(&options.remote).map_err(|refusal| refuse(refusal.why, refusal.hint))?;
        if let Some(why) = refused_branch(&options.branch) {
            return Err(refuse(
                why.to_owned(),
                "write the branch as `git branch` shows it".to_owned(),
            ));
        }
        let folder = plain_folder(&options.folder).map_err(|why| {
            refuse(
                why.to_owned(),
                "write it relative to the repository, as in `clusters/home`".into(),
            )
        })?;
        if !options.checkout.is_absolute() {
            return Err(refuse(
                "the state folder is not an absolute path".into(),
                "write it from '/' on".into(),
            ));
        }
        let environment =
            environment(&options, &remote, &options.checkout).map_err(|(why, hint)| refuse(why, hint))?;
        let git = Git::new(environment, options.checkout.clone(), options.limits.timeout);
        let mirror = Mirror::new(git, options.checkout.clone(), remote.clone(), secrets(&options));
        let repair = Mutex::new(Repair::Allowed);
        Ok(Self {
            remote,
            branch: options.branch,
            folder,
            limits: options.limits,
            mirror,
            repair,
        })
    }

    /// The remote, fit to be shown.
    pub fn remote(&self) -> &Remote {
        &self.remote
    }

    /// Runs `attempt`; when the mirror proves broken, sets it aside and runs it once more.
    async fn with_repair(&self, wanted: Wanted<'_>) -> Result<Option<Fetched>, Trouble> {
        let mut repair = self.repair.lock().await;
        let held = self.mirror.open().await?;
        let first = self.attempt(&wanted).await;
        let trouble = match first {
            Err(trouble) if trouble.damaged && *repair == Repair::Allowed => trouble,
            Ok(fetched) => {
                *repair = Repair::Allowed;
                return Ok(fetched);
            }
            Err(trouble) => return Err(trouble),
        };
        tracing::warn!(remote = %self.remote, why = %trouble.why, "mirror is broken, making a new one");
        *repair = Repair::Tried;
        self.mirror.set_aside()?;
        drop(held);
        let _held = self.mirror.open().await?;
        let second = self.attempt(&wanted).await;
        if second.is_ok() {
            *repair = Repair::Allowed;
        }
        second
    }

    async fn attempt(&self, wanted: &Wanted<'_>) -> Result<Option<Fetched>, Trouble> {
        match wanted {
            Wanted::Newest { known } => {
                self.mirror.fetch().await?;
                let commit = self.head(&self.branch).await?;
                if *known == Some(commit.as_str()) {
                    return Ok(None);
                }
                let mut fetched = self.load(commit).await?;
                if let Some(known) = known
                    && may_be_commit(known)
                    && !self.mirror.contains(&fetched.commit, known).await?
                {
                    fetched.summary += &rewritten(known);
                }
                Ok(Some(fetched))
            }
            Wanted::Revision(revision) => {
                let commit = self.revision(revision).await?;
                Ok(Some(self.load(commit).await?))
            }
        }
    }

    /// A commit id is looked for in the mirror first, so that what was seen stays readable without the network.
    async fn revision(&self, revision: &str) -> Result<String, Trouble> {
        if may_be_commit(revision) {
            if let Some(commit) = self.mirror.commit(revision).await? {
                return Ok(commit);
            }
            self.mirror.fetch().await?;
            if let Some(commit) = self.mirror.commit(revision).await? {
                return Ok(commit);
            }
            if let Some(commit) = self.mirror.head(revision).await? {
                return Ok(commit);
            }
            return Err(Trouble::new(
                format!("no branch contains a commit {revision}, or the abbreviation fits several"),
                "write the full commit id of a commit that was pushed to a branch",
            ));
        }
        if let Some(why) = refused_branch(revision) {
            return Err(Trouble::new(why, "write a commit id or a branch name"));
        }
        self.mirror.fetch().await?;
        self.head(revision).await
    }

    pub(crate) async fn head(&self, branch: &str) -> Result<String, Trouble> {
        if let Some(commit) = self.mirror.head(branch).await? {
            return Ok(commit);
        }
        let branches = self.mirror.branches().await?;
        if branches.is_empty() {
            return Err(Trouble::new(
                "the repository is empty",
                "push a first commit to it",
            ));
        }
        if branches.iter().any(|present| present == branch) {
            return Err(Trouble::damage(format!(
                "the head of branch {branch} is missing from the mirror"
            )));
        }
        let more = if branches.len() > 5 { ", ..." } else { "" };
        let shown = branches.iter().take(5).cloned().collect::<Vec<_>>().join(", ");
        Err(Trouble::new(
            format!("there is no branch {branch}"),
            format!("set the branch to one of: {shown}{more}"),
        ))
    }

    async fn load(&self, commit: String) -> Result<Fetched, Trouble> {
        let mut arguments = vec![
            "ls-tree",
            "-r",
            "-z",
            "-l",
            "--full-tree",
            "--end-of-options",
            commit.as_str(),
        ];
        if !self.folder.is_empty() {
            arguments.push(&self.folder);
        }
        let list = self.mirror.objects(&arguments, b"", LIST_CAP_BYTES).await?;
        let entries = manifests(&list, &self.folder, &self.limits)?;
        let request = batch_request(&entries);
        let cap_bytes = self.limits.max_total_bytes + HEADER_BYTES * entries.len();
        let output = self
            .mirror
            .objects(&["cat-file", "--batch"], request.as_bytes(), cap_bytes)
            .await?;
        let files = batch_answer(&entries, &output)?;
        let summary = self.mirror.summary(&commit).await?;
        Ok(Fetched {
            commit,
            summary,
            files,
        })
    }

    pub(crate) fn error(&self, what: &'static str, trouble: Trouble) -> SourceError {
        SourceError {
            what,
            remote: self.remote.to_string(),
            why: trouble.why,
            hint: trouble.hint,
        }
    }
}

/// What the feed adds when `known` left the branch's history.
fn rewritten(known: &str) -> String {
    let short = known.get(..12).unwrap_or(known);
    format!(" (history was rewritten: {short} is no longer part of it)")
}

#[async_trait]
impl ManifestSource for GitSource {
    async fn fetch(&self, known: Option<&str>) -> Result<Option<Fetched>, SourceError> {
        self.with_repair(Wanted::Newest { known })
            .await
            .map_err(|trouble| self.error("fetch", trouble))
    }

    async fn read(&self, revision: &str) -> Result<Fetched, SourceError> {
        let shown = redacted(revision);
        let fetched = self.with_repair(Wanted::Revision(revision)).await;
        fetched
            .and_then(|fetched| {
                fetched.ok_or_else(|| Trouble::new(format!("there is no revision {shown}"), "check it"))
            })
            .map_err(|trouble| self.error("read", trouble))
    }
    async fn push(&self, change: Change) -> Result<Pushed, PushError> {
        // Takes its turn with fetches.
        let _turn = self.repair.lock().await;
        self.push_change(&change).await.map_err(|fault| fault.told(self))
    }
}
