//! The shape of `watchdog.yaml`, in the style of `jarvis.yaml`. Strict: unknown fields are errors.
//!
//! Knows nothing of what the values mean.

use crate::config::{
    Log,
    file::{Entry, Secret, Text, Tls},
};
use serde::Deserialize;
use serde_saphyr::Spanned;

/// The file. What watching needs is checked later, for a mail alone needs less.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Given {
    /// The Jarvis that is watched.
    pub jarvis: Option<Spanned<Watched>>,
    /// The machine that it runs in.
    pub machine: Option<Spanned<Machine>>,
    /// The cluster of that machine.
    pub cluster: Option<Spanned<Cluster>>,
    /// By what the own network is known to work.
    pub network: Option<Spanned<Network>>,
    /// URLs by which Jarvis is asked another way.
    #[serde(default)]
    pub witnesses: Vec<Text>,
    /// Folder of state and log.
    pub state: Option<Text>,
    /// Silences the watchdog while it is there.
    pub maintenance_file: Option<Text>,
    /// How often Jarvis is asked.
    pub every_seconds: Option<Spanned<u64>>,
    /// Misses in a row before anything is done.
    pub misses: Option<Spanned<u64>>,
    /// How people are told.
    pub mail: Option<Spanned<Mail>>,
    /// Logging.
    #[serde(default)]
    pub log: Log,
}

/// `jarvis`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Watched {
    /// Scheme, host and port.
    pub url: Text,
    /// Trust, for https.
    pub tls: Option<Spanned<Tls>>,
    /// A bearer token by which a Jarvis that was rolled back is frozen.
    pub freeze_token: Option<Spanned<Secret>>,
}

/// `machine`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Machine {
    /// Its number.
    pub vmid: u32,
    /// Its SMBIOS uuid.
    pub uuid: Option<Text>,
}

/// `cluster`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Cluster {
    /// Nodes to ask.
    pub entry_points: Vec<Spanned<Entry>>,
    /// The token that acts.
    pub token: Spanned<Secret>,
    /// A token that only reads.
    pub audit_token: Option<Spanned<Secret>>,
    /// Trust.
    pub tls: Option<Spanned<Tls>>,
}

/// `network`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Network {
    /// The gateway: an address and a port.
    pub gateway: Text,
    /// Other machines: addresses and ports.
    pub neighbours: Vec<Text>,
}

/// `mail`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Mail {
    /// The SMTP server.
    pub server: Text,
    /// Its port.
    pub port: Option<Spanned<u16>>,
    /// `starttls`, `tls` or `off`.
    pub tls: Option<Text>,
    /// CA of a private server.
    pub ca_file: Option<Text>,
    /// User.
    pub user: Option<Text>,
    /// Password.
    pub password: Option<Spanned<Secret>>,
    /// Sender.
    pub from: Text,
    /// Receivers.
    pub to: Vec<Text>,
}
