//! What a manifest source is told: where, which branch and folder, with which credentials, within which limits.
//! Knows nothing of the config file these come from.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;
use zeroize::Zeroizing;

/// Everything a [`crate::GitSource`] needs. Nothing is read from the environment.
#[derive(Debug, Clone)]
pub struct Options {
    /// `/absolute/path`, `file:///absolute/path`, `https://host/path`, `ssh://user@host/path` or `user@host:path`.
    pub remote: String,
    /// The branch that is in force.
    pub branch: String,
    /// Manifest folder inside the repository, `/`-separated; empty for the whole repository.
    pub folder: String,
    /// State folder for the mirror; made when missing. Belongs to this source alone.
    pub checkout: PathBuf,
    /// Key and known hosts, required for an SSH remote.
    pub ssh: Option<SshOptions>,
    /// Token and authority, for an HTTPS remote.
    pub https: HttpsOptions,
    /// Limits on time and size.
    pub limits: Limits,
    /// Folders in which `git` and `ssh` are looked up, `:`-separated.
    pub program_path: String,
}

impl Options {
    /// A source with the default limits and no credentials.
    pub fn new(remote: impl Into<String>, branch: impl Into<String>, checkout: impl Into<PathBuf>) -> Self {
        Self {
            remote: remote.into(),
            branch: branch.into(),
            folder: String::new(),
            checkout: checkout.into(),
            ssh: None,
            https: HttpsOptions::default(),
            limits: Limits::default(),
            program_path: "/usr/local/bin:/usr/bin:/bin".to_owned(),
        }
    }
}

/// How an SSH remote is reached. Both paths are absolute and free of blanks, quotes, `%`, `$` and `\`.
#[derive(Debug, Clone)]
pub struct SshOptions {
    /// Private key without a passphrase, readable by this process only.
    pub key_file: PathBuf,
    /// The pinned host keys. A host that is not listed, or whose key changed, is refused.
    pub known_hosts_file: PathBuf,
}

/// How an HTTPS remote is reached.
#[derive(Debug, Clone, Default)]
pub struct HttpsOptions {
    /// Access token; sent as an `Authorization` header, never on a command line.
    pub token: Option<HttpsToken>,
    /// PEM file with the certificate authority of a private server; absolute.
    pub ca_file: Option<PathBuf>,
}

/// The content of a token file: `TOKEN`, or `USER:TOKEN` for servers that want a particular user.
///
/// Wiped from memory when dropped; `Debug` does not show it.
#[derive(Clone)]
pub struct HttpsToken(Zeroizing<String>);

impl HttpsToken {
    /// Takes a secret file's content; surrounding white space is dropped.
    pub fn new(content: &str) -> Self {
        Self(Zeroizing::new(content.trim().to_owned()))
    }

    /// The secret itself, for the header and for redaction only.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for HttpsToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("HttpsToken(***)")
    }
}

/// Upper bounds; exceeding one is an error that names it, never a silent cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// One run of the git program, network included.
    pub timeout: Duration,
    /// Manifest files in one revision.
    pub max_files: usize,
    /// One manifest file.
    pub max_file_bytes: usize,
    /// All manifest files of one revision together.
    pub max_total_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            timeout: Duration::from_mins(1),
            max_files: 10_000,
            max_file_bytes: 1 << 20,
            max_total_bytes: 16 << 20,
        }
    }
}
