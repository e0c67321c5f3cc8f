//! How the demo's Jarvis gets into the simulated machines: a key and the pinned host keys, written at every start, for the
//! ports are others each time.

use crate::{
    commands::simulate::{Readers, write},
    exit::Failure,
    run::opening,
};
use jarvis_simulator::Simulator;
use std::path::{Path, PathBuf};

/// The name of the folder, within the demo's own.
pub const FOLDER: &str = "ssh";

/// Files for an SSH client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// A private key that every machine lets in.
    pub key: PathBuf,
    /// The machines' keys.
    pub known_hosts: PathBuf,
}

/// Writes them.
pub fn prepare(folder: &Path, simulator: &Simulator) -> Result<Files, Failure> {
    opening::make_folder(folder)?;
    let files = Files {
        key: folder.join("key"),
        known_hosts: folder.join("known_hosts"),
    };
    write(&files.key, "the SSH key", simulator.ssh_key(), Readers::Owner)?;
    write(
        &files.known_hosts,
        "the host keys",
        &simulator.known_hosts(),
        Readers::All,
    )?;
    Ok(files)
}
