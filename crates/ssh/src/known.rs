//! Pinned host keys: a file in OpenSSH's `known_hosts` format. Plain and hashed names are understood; patterns with `*` and
//! certificate authorities are not, and match nothing.
//!
//! Guarantees: a file that cannot be read pins nothing and trusts nothing; a host with any pinned key is never "new", whatever
//! kind of key it shows; a revoked key is refused; a learnt key is one whole line, synced before it counts.

use crate::options::{Endpoint, FirstUse, Options};
use russh::keys::{
    Algorithm, EcdsaCurve, HashAlg, PublicKey,
    known_hosts::known_host_keys_path,
    ssh_key::known_hosts::{KnownHosts, Marker},
};
use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

/// Kinds of host key that are spoken here, best first.
pub const KINDS: [Algorithm; 4] = [
    Algorithm::Ed25519,
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP256,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP384,
    },
    Algorithm::Ecdsa {
        curve: EcdsaCurve::NistP521,
    },
];

/// One key is learnt at a time, so that two do not both find the file without it.
static LEARNING: Mutex<()> = Mutex::new(());

/// Where a host's key is looked up, and what is done when there is none.
#[derive(Debug, Clone)]
pub struct Pins {
    /// The file.
    pub file: PathBuf,
    /// The host as it is connected to.
    pub address: String,
    /// Its port.
    pub port: u16,
    /// What is done with an unknown one.
    pub first_use: FirstUse,
}

impl Pins {
    /// Those of a host.
    pub fn of(endpoint: &Endpoint, options: &Options) -> Self {
        Self {
            file: options.known_hosts_file.clone(),
            address: endpoint.address.clone(),
            port: endpoint.port,
            first_use: options.first_use,
        }
    }
}

/// Why a host is not spoken to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Distrust {
    /// No key is pinned.
    Unknown(String),
    /// Another key is pinned, or this one is revoked.
    Changed(String),
    /// The file cannot be used.
    Unusable(String),
}

impl Pins {
    /// Whether the host that shows this key is the one that is meant. Learns it where that was asked for.
    pub fn judge(&self, shown: &PublicKey) -> Result<(), Distrust> {
        let _one_at_a_time = LEARNING.lock().unwrap_or_else(PoisonError::into_inner);
        let text = self.read()?;
        self.revoked(&text, shown)?;
        let pinned = self.pinned(&text)?;
        if pinned.iter().any(|(_, key)| key.key_data() == shown.key_data()) {
            return Ok(());
        }
        match (pinned.first(), self.first_use) {
            (Some((line, key)), _) => Err(Distrust::Changed(self.changed(*line, key, &told(shown)))),
            (None, FirstUse::Trust) => self.learn(&text, shown),
            (None, FirstUse::Refuse) => Err(Distrust::Unknown(self.unknown(shown))),
        }
    }

    /// The kinds of key to ask the host for: those that are pinned, so that it does not show another one that it also has;
    /// all of them where none is.
    pub fn kinds(&self) -> Result<Vec<Algorithm>, Distrust> {
        let pinned = self.pinned(&self.read()?)?;
        if pinned.is_empty() {
            return Ok(KINDS.to_vec());
        }
        let spoken: Vec<Algorithm> = KINDS
            .into_iter()
            .filter(|kind| pinned.iter().any(|(_, key)| key.algorithm() == *kind))
            .collect();
        if spoken.is_empty() {
            let kinds: Vec<String> = pinned
                .iter()
                .map(|(_, key)| key.algorithm().to_string())
                .collect();
            return Err(Distrust::Unusable(format!(
                "the keys pinned in {} are of a kind that is not spoken here ({}); pin its ed25519 key: {}",
                self.file.display(),
                kinds.join(", "),
                self.scan()
            )));
        }
        Ok(spoken)
    }

    /// What it means that a host has no key of the kinds that [`Pins::kinds`] gave.
    pub fn none_of(&self, theirs: &[String]) -> Option<Distrust> {
        let pinned = self
            .read()
            .and_then(|text| self.pinned(&text))
            .unwrap_or_default();
        let (line, key) = pinned.first()?;
        Some(Distrust::Changed(self.changed(
            *line,
            key,
            &format!("only keys of other kinds ({})", theirs.join(", ")),
        )))
    }

    fn read(&self) -> Result<String, Distrust> {
        match fs::read_to_string(&self.file) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(Distrust::Unusable(format!(
                "the known hosts file {} cannot be read: {error}; without it no host is spoken to",
                self.file.display()
            ))),
        }
    }

    fn pinned(&self, text: &str) -> Result<Vec<(usize, PublicKey)>, Distrust> {
        if text.trim().is_empty() {
            return Ok(Vec::new());
        }
        known_host_keys_path(&self.address, self.port, &self.file).map_err(|error| {
            Distrust::Unusable(format!(
                "the known hosts file {} has a key for {} that cannot be understood: {error}; correct that line",
                self.file.display(),
                self.name()
            ))
        })
    }

    fn revoked(&self, text: &str, shown: &PublicKey) -> Result<(), Distrust> {
        let revoked = KnownHosts::new(text).filter_map(Result::ok).any(|entry| {
            entry.marker() == Some(&Marker::Revoked) && entry.public_key().key_data() == shown.key_data()
        });
        if revoked {
            return Err(Distrust::Changed(format!(
                "it shows {}, which {} marks as revoked; give the host a new key and pin that",
                told(shown),
                self.file.display()
            )));
        }
        Ok(())
    }

    /// One whole line by one write, then synced.
    fn learn(&self, text: &str, shown: &PublicKey) -> Result<(), Distrust> {
        let unusable = |why: String| {
            Distrust::Unusable(format!(
                "its key {} cannot be written to {}: {why}; what cannot be pinned is not trusted",
                told(shown),
                self.file.display()
            ))
        };
        let key = PublicKey::new(shown.key_data().clone(), "")
            .to_openssh()
            .map_err(|error| unusable(error.to_string()))?;
        let before = if text.is_empty() || text.ends_with('\n') {
            ""
        } else {
            "\n"
        };
        let line = format!("{before}{} {}\n", self.name(), key.trim());
        append(&self.file, line.as_bytes()).map_err(|error| unusable(error.to_string()))?;
        tracing::warn!(host = %self.name(), key = %told(shown), file = %self.file.display(),
            "a host key was seen for the first time, is trusted and pinned from now on");
        Ok(())
    }

    /// The name in the file: with its port unless that is 22.
    fn name(&self) -> String {
        match self.port {
            22 => self.address.clone(),
            port => format!("[{}]:{port}", self.address),
        }
    }

    /// The command that pins the key a host shows.
    fn scan(&self) -> String {
        let (port, address, file) = (self.port, &self.address, self.file.display());
        format!("`ssh-keyscan -t ed25519 -p {port} {address} >> {file}`")
    }

    fn unknown(&self, shown: &PublicKey) -> String {
        format!(
            "no key of {} is pinned in {}; it shows {}; compare that with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` \
             on its console, then pin it: {}",
            self.name(),
            self.file.display(),
            told(shown),
            self.scan()
        )
    }

    fn changed(&self, line: usize, pinned: &PublicKey, shown: &str) -> String {
        format!(
            "its host key changed: {} is pinned (line {line} of {}), it shows {}; somebody may stand between, or it was \
             installed anew; compare with `ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub` on its console, and only if they \
             agree: `ssh-keygen -R '{}' -f {}`, then {}",
            told(pinned),
            self.file.display(),
            shown,
            self.name(),
            self.file.display(),
            self.scan()
        )
    }
}

/// Kind and fingerprint, as `ssh-keygen -l` shows them.
fn told(key: &PublicKey) -> String {
    format!("{} {}", key.algorithm(), key.fingerprint(HashAlg::Sha256))
}

fn append(file: &Path, line: &[u8]) -> io::Result<()> {
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut open = fs::OpenOptions::new().append(true).create(true).open(file)?;
    open.write_all(line)?;
    open.sync_all()
}
