//! How the controller is set up.

use crate::proposals::Proposing;
use jarvis_guard::Floor;
use std::{path::PathBuf, time::Duration};

/// How the controller is set up.
#[derive(Debug, Clone)]
pub struct Options {
    /// Name of the cluster, as manifests may name it.
    pub cluster: String,
    /// Version of Jarvis, for the journal.
    pub version: String,
    /// Protection and limits that are in force without any manifest.
    pub floor: Floor,
    /// How often the one cluster-wide call is made. Proxmox samples every 10 s; faster shows nothing new.
    pub look_every: Duration,
    /// How often quorum is asked for when nothing is wrong.
    pub quorum_every: Duration,
    /// How often the cluster's task list is read.
    pub tasks_every: Duration,
    /// How often services and the figures of hosts are looked at.
    pub hosts_every: Duration,
    /// How often backups are listed, where a threshold watches their age.
    pub backups_every: Duration,
    /// How often packages of nodes are looked at for newer versions.
    pub updates_every: Duration,
    /// How often the source is fetched.
    pub fetch_every: Duration,
    /// How long a person's request from the dashboard can be recalled when it interrupts something.
    pub recall: Duration,
    /// How long a hold lasts that comes with a request.
    pub default_hold: Duration,
    /// How proposals are handled.
    pub proposing: Proposing,
    /// The file whose presence freezes; none looks for none.
    pub freeze_file: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            cluster: "default".to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            floor: Floor::default(),
            look_every: Duration::from_secs(10),
            quorum_every: Duration::from_secs(30),
            tasks_every: Duration::from_mins(1),
            hosts_every: Duration::from_secs(30),
            backups_every: Duration::from_mins(30),
            updates_every: Duration::from_mins(30),
            fetch_every: Duration::from_secs(30),
            recall: Duration::from_secs(4),
            default_hold: Duration::from_hours(1),
            proposing: Proposing::default(),
            freeze_file: None,
        }
    }
}
