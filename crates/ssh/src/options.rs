//! Which hosts, with what key, within which limits. Opens no connection and reads no file.

use jarvis_model::Host;
use jarvis_ports::{Clock, SystemClock};
use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc, time::Duration};
use zeroize::Zeroizing;

/// Everything the SSH side needs.
#[derive(Clone)]
pub struct Options {
    /// The hosts that are reached; no other one is.
    pub hosts: BTreeMap<Host, Endpoint>,
    /// Pinned host keys, in OpenSSH's format; read at every connection.
    pub known_hosts_file: PathBuf,
    /// What is done with a host that has no pinned key.
    pub first_use: FirstUse,
    /// Whether journals are followed.
    pub journal: JournalUse,
    /// Limits.
    pub limits: Limits,
    /// For the last moment at which a permitted effect may be sent.
    pub clock: Arc<dyn Clock>,
}

impl Options {
    /// No hosts yet; unknown keys are refused, journals are left alone.
    pub fn new(known_hosts_file: PathBuf) -> Self {
        Self {
            hosts: BTreeMap::new(),
            known_hosts_file,
            first_use: FirstUse::Refuse,
            journal: JournalUse::Leave,
            limits: Limits::default(),
            clock: Arc::new(SystemClock),
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("hosts", &self.hosts)
            .field("known_hosts_file", &self.known_hosts_file)
            .field("first_use", &self.first_use)
            .field("journal", &self.journal)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// What is done with a host that has no pinned key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstUse {
    /// It is not spoken to.
    Refuse,
    /// The key it shows first is written down, and is the only one from then on.
    Trust,
}

/// Whether journals of nodes are followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JournalUse {
    /// They are, for guests that end.
    Follow,
    /// They are not.
    Leave,
}

/// One host, and how to get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// Name or IP address.
    pub address: String,
    /// Port.
    pub port: u16,
    /// User there.
    pub user: String,
    /// What lets in.
    pub credential: Credential,
}

impl Endpoint {
    /// `jarvis@10.0.0.11`, with the port where it is not 22.
    pub fn shown(&self) -> String {
        match self.port {
            22 => format!("{}@{}", self.user, self.address),
            port => format!("{}@{}:{port}", self.user, self.address),
        }
    }
}

/// What lets in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A private key in a file, read at every connection.
    KeyFile {
        /// Where.
        path: PathBuf,
        /// For an encrypted one.
        passphrase: Option<Passphrase>,
    },
    /// Keys of an agent at this socket.
    Agent {
        /// Its socket.
        socket: PathBuf,
    },
}

/// A passphrase; never shown, wiped when dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<String>);

impl Passphrase {
    /// Wraps one.
    pub fn new(text: &str) -> Self {
        Self(Zeroizing::new(text.to_owned()))
    }

    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(…)")
    }
}

/// Limits in time and number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// To a TCP connection, name look-up included.
    pub connect: Duration,
    /// From there to being let in.
    pub login: Duration,
    /// To a free place for a program and its start.
    pub place: Duration,
    /// For a program that only reads, in whole seconds; its host ends it then.
    pub read: Duration,
    /// For a program that changes something.
    pub act: Duration,
    /// Silence after which the host is asked for a sign of life; three unanswered ones end a connection.
    pub keepalive: Duration,
    /// Shortest and longest rest after a failed connection.
    pub rest: (Duration, Duration),
    /// Programs at once, over all hosts.
    pub programs_at_once: usize,
    /// Programs at once on one host; OpenSSH allows 10 sessions of one connection.
    pub programs_a_host: usize,
    /// Bytes kept of what a program writes.
    pub output_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            login: Duration::from_secs(10),
            place: Duration::from_secs(10),
            read: Duration::from_secs(10),
            act: Duration::from_mins(2),
            keepalive: Duration::from_secs(15),
            rest: (Duration::from_secs(1), Duration::from_mins(1)),
            programs_at_once: 8,
            programs_a_host: 4,
            output_bytes: 1024 * 1024,
        }
    }
}
