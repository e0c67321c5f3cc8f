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
}
