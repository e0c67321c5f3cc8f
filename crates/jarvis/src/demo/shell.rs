//! How the demo's Jarvis gets into the simulated machines: a key and the pinned host keys, written at every start, for the
//! ports are others each time.

use crate::{
    commands::simulate::{Readers, write},
    exit::Failure,
    run::opening,
};
use jarvis_model::{Host, NodeName, Vmid};
use jarvis_simulator::{Place, Simulator};
use jarvis_ssh::{Credential, Endpoint, JournalUse, Options};
use std::path::{Path, PathBuf};

/// The name of the folder, within the demo's own.
pub const FOLDER: &str = "ssh";
/// As whom Jarvis enters.
const USER: &str = "jarvis";
/// As whom a person's terminal enters.
const PERSON: &str = "root";

/// Files for an SSH client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Files {
    /// A private key that every machine lets in.
    pub key: PathBuf,
    /// The machines' keys.
    pub known_hosts: PathBuf,
}

/// Every machine that lets SSH in, as Jarvis reaches it.
pub fn options(files: &Files, simulator: &Simulator) -> Result<Options, Failure> {
    let mut options = Options::new(files.known_hosts.clone());
    options.journal = JournalUse::Follow;
    for reached in simulator.ssh() {
        let host = match &reached.place {
            Place::Node(node) => NodeName::new(node).map(Host::Node),
            Place::Guest(vmid) => Vmid::new(*vmid).map(Host::Guest),
        };
        let host = host.map_err(|error| Failure::error(format!("cannot set the demo up: {error}")))?;
        let endpoint = Endpoint {
            address: reached.address.ip().to_string(),
            port: reached.address.port(),
            user: USER.to_owned(),
            credential: Credential::KeyFile {
                path: files.key.clone(),
                passphrase: None,
            },
        };
        options.hosts.insert(host, endpoint);
    }
    Ok(options)
}

/// The same machines, as a person enters them. What answers there is the simulated machine's own small shell, never one of
/// this machine.
pub fn for_terminals(options: &Options) -> Options {
    let mut options = options.clone();
    for endpoint in options.hosts.values_mut() {
        PERSON.clone_into(&mut endpoint.user);
    }
    options
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
