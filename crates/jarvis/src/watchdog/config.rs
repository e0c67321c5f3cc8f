//! The config file `watchdog.yaml`: what is watched, through what, and who is told. Errors name file, line and column.
//!
//! Opens no connection.

mod check;
mod shape;

use super::mail::Post;
use crate::{
    config::{ConfigError, Log, read::read_as},
    environment::Environment,
};
use jarvis_model::{Identity, Vmid};
use jarvis_proxmox::{EntryPoint, Tls, Token};
use reqwest::Url;
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use zeroize::Zeroizing;

/// An example with every field.
const EXAMPLE: &str = "examples/homelab/watchdog.yaml";

/// Everything that watching needs, checked.
#[derive(Debug, Clone)]
pub struct Config {
    /// The Jarvis that is watched.
    pub jarvis: Watched,
    /// The machine that it runs in.
    pub vmid: Vmid,
    /// Its uuid, where it is to be checked.
    pub identity: Option<Identity>,
    /// The cluster of that machine.
    pub cluster: Cluster,
    /// The gateway.
    pub gateway: String,
    /// Other machines of the network.
    pub neighbours: Vec<String>,
    /// URLs by which Jarvis is asked another way.
    pub witnesses: Vec<Url>,
    /// Folder of state and log.
    pub state: PathBuf,
    /// Silences the watchdog while it is there.
    pub maintenance_file: PathBuf,
    /// How often Jarvis is asked.
    pub every: Duration,
    /// Misses in a row before anything is done.
    pub misses: u32,
    /// How people are told.
    pub mail: Option<Post>,
    /// Logging.
    pub log: Log,
    /// What the operator should know about the file.
    pub warnings: Vec<String>,
}

/// The Jarvis that is watched.
#[derive(Clone)]
pub struct Watched {
    /// Its base URL.
    pub url: Url,
    /// Trust, for https.
    pub tls: Tls,
    /// The token by which it is frozen.
    pub freeze_token: Option<Zeroizing<String>>,
}

impl std::fmt::Debug for Watched {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watched")
            .field("url", &self.url.as_str())
            .field("freeze_token", &self.freeze_token.is_some())
            .finish_non_exhaustive()
    }
}

/// The cluster, and the two tokens.
#[derive(Debug, Clone)]
pub struct Cluster {
    /// Nodes to ask.
    pub entry_points: Vec<EntryPoint>,
    /// The token that acts.
    pub token: Token,
    /// The token that reads.
    pub audit_token: Option<Token>,
    /// Trust.
    pub tls: Tls,
}

impl Config {
    /// Reads and checks a file for watching. Every error of the file is returned, in its order.
    pub fn load(path: &Path, environment: &Environment) -> Result<Self, Vec<ConfigError>> {
        load(path, environment, check::all)
    }

    /// Reads and checks no more of a file than sending a mail needs.
    pub fn load_mail(path: &Path, environment: &Environment) -> Result<Post, Vec<ConfigError>> {
        load(path, environment, check::mail_alone)
    }
}

fn load<T>(
    path: &Path,
    environment: &Environment,
    check: impl FnOnce(shape::Given, &crate::config::check::Around) -> Result<T, Vec<ConfigError>>,
) -> Result<T, Vec<ConfigError>> {
    let name = path.display().to_string();
    let unreadable = |why: std::io::Error| {
        vec![ConfigError::whole(
            &name,
            format!("cannot be read: {why}"),
            format!("check the path; {EXAMPLE} is a start"),
        )]
    };
    let text = std::fs::read_to_string(path).map_err(unreadable)?;
    let base = std::path::absolute(path).map_err(unreadable)?;
    let base = base.parent().unwrap_or(Path::new("/")).to_owned();
    let file = read_as(&text, &name, EXAMPLE).map_err(|error| vec![error])?;
    check(
        file,
        &crate::config::check::Around {
            name: &name,
            base: &base,
            environment,
        },
    )
}

#[cfg(test)]
mod tests;
