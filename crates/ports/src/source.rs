//! Where manifests come from.

use async_trait::async_trait;
use std::collections::BTreeMap;

/// The manifest files of one revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fetched {
    /// Full git commit id.
    pub commit: String,
    /// Author and subject line, for the feed.
    pub summary: String,
    /// `*.yaml` and `*.yml` below the manifest folder, by path relative to the repository.
    pub files: BTreeMap<String, Vec<u8>>,
}

/// Why the source could not be read. The last good revision stays in force.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot {what} {remote}: {why}; {hint}")]
pub struct SourceError {
    /// fetch, read, list ...
    pub what: &'static str,
    /// The remote, without credentials.
    pub remote: String,
    /// Git's reason, cleaned.
    pub why: String,
    /// What to do.
    pub hint: String,
}

/// A versioned set of manifest files.
#[async_trait]
pub trait ManifestSource: Send + Sync {
    /// Fetches, and returns the newest revision of the branch when it is not `known`; None when nothing changed.
    async fn fetch(&self, known: Option<&str>) -> Result<Option<Fetched>, SourceError>;
    /// Reads an older or unmerged revision, named by a full or abbreviated commit id or a branch.
    async fn read(&self, revision: &str) -> Result<Fetched, SourceError>;
    /// Commits a change and pushes it; answered once the remote has it. Never forces; a change that is there already is
    /// found and not made twice. A source that cannot be written to says so.
    async fn push(&self, change: Change) -> Result<Pushed, PushError> {
        Err(PushError::Source(SourceError {
            what: "push to",
            remote: "the source of manifests".to_owned(),
            why: format!("it can only be read, so {} is not committed", change.id),
            hint: "commit the change in the repository yourself".to_owned(),
        }))
    }
}

/// A change to be committed and pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Names it: a commit with the trailer `Proposal: ID` is it, and is not made twice.
    pub id: String,
    /// The commit on which it is made; the branch must still be there.
    pub base: String,
    /// Files by path relative to the repository; none removes one. Nothing outside the manifest folder.
    pub files: BTreeMap<String, Option<Vec<u8>>>,
    /// Whose change it is.
    pub author: Author,
    /// Who commits it.
    pub committer: Author,
    /// The commit message, trailers included.
    pub message: String,
    /// Where it goes.
    pub target: PushTarget,
}

/// Who is named as a commit's author.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Author {
    /// Name.
    pub name: String,
    /// Address.
    pub email: String,
}

/// Where a commit is pushed to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PushTarget {
    /// The branch in force.
    InForce,
    /// A branch of its own, made or moved on.
    Own(String),
}

/// A change that is at the remote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    /// Full git commit id.
    pub commit: String,
    /// The branch it was pushed to.
    pub branch: String,
}

/// Why a change is not at the remote.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// The branch is not where the change was made on: fetch, make it again, push again.
    #[error("the branch moved on while the change was being pushed")]
    Moved,
    /// The server took the commit and its own rule refused it: a hook, a protected branch, a branch that is checked out.
    #[error("the server does not take this change on {branch}: {why}")]
    Refused {
        /// The branch.
        branch: String,
        /// What it says, cleaned.
        why: String,
    },
    /// Anything else.
    #[error(transparent)]
    Source(#[from] SourceError),
}
