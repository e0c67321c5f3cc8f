//! `jarvis simulate`: the simulated Proxmox cluster alone, until interrupted.

use super::scripted;
use crate::{
    cli::{Scenario as Wanted, Simulate},
    exit::{Exit, Failure, Outcome},
    out,
    run::signals::Signals,
    text::add,
};
use jarvis_simulator::{
    Options, Scenario, Simulator, Tls,
    models::{Dialect, ModelServer},
};
use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

/// The scenario that was asked for.
pub fn scenario(wanted: &Wanted) -> Scenario {
    match (wanted.nodes, wanted.guests) {
        (None, None) => Scenario::homelab(),
        (nodes, guests) => Scenario::generated(nodes.unwrap_or(4), guests.unwrap_or(30)),
    }
}

/// Runs the command.
pub async fn run(arguments: &Simulate) -> Outcome {
    let mut signals = Signals::listen()?;
    let ports = match arguments.first_port {
        0 => Vec::new(),
        first => (first..=u16::MAX).take(32).collect(),
    };
    let simulator = Simulator::start(Options {
        scenario: scenario(&arguments.scenario),
        seed: arguments.scenario.seed,
        time_factor: arguments.time_factor,
        tls: if arguments.plain { Tls::Off } else { Tls::Generated },
        ports,
        bind: arguments.bind,
        authorized_keys: authorized_keys(arguments)?,
        wake_port: arguments.wake_port,
        ..Options::default()
    })
    .await
    .map_err(|error| Failure::error(format!("cannot start the simulated cluster: {error}")))?;
    let models = scripted::start(arguments.models.as_deref()).await?;
    if let Some(path) = &arguments.ca_file {
        write(path, "the authority", simulator.ca_pem(), Readers::All)?;
    }
    if let Some(path) = &arguments.ssh_key_file {
        write(path, "the SSH key", simulator.ssh_key(), Readers::Owner)?;
    }
    if let Some(path) = &arguments.known_hosts_file {
        write(path, "the host keys", &simulator.known_hosts(), Readers::All)?;
    }
    out::print(&banner(&simulator, &models));
    signals.next().await;
    for model in models {
        model.stop().await;
    }
    simulator.stop().await;
    Ok(Exit::Ok)
}

/// The lines of the file of keys, if one is given.
fn authorized_keys(arguments: &Simulate) -> Result<Vec<String>, Failure> {
    let Some(path) = &arguments.authorized_keys_file else {
        return Ok(Vec::new());
    };
    let text = fs::read_to_string(path).map_err(|error| {
        Failure::error(format!(
            "cannot read the keys that SSH is to let in from {}: {error}; check the path",
            path.display()
        ))
    })?;
    Ok(text.lines().map(str::to_owned).collect())
}

/// Who may read a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readers {
    /// Everybody, as far as the folder allows it.
    All,
    /// Its owner; OpenSSH refuses private keys that others can read.
    Owner,
}

/// Writes a file whole; one that is there is replaced.
pub fn write(path: &Path, what: &str, text: &str, readers: Readers) -> Result<(), Failure> {
    let mode = match readers {
        Readers::All => 0o644,
        Readers::Owner => 0o600,
    };
    let written = || {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(mode)
            .open(path)?;
        // The mode above counts for a new file only.
        file.set_permissions(fs::Permissions::from_mode(mode))?;
        file.write_all(text.as_bytes())
    };
    written().map_err(|error: io::Error| {
        Failure::error(format!(
            "cannot write {what} to {}: {error}; check the path",
            path.display()
        ))
    })
}

fn banner(simulator: &Simulator, models: &[ModelServer]) -> String {
    let mut text = "simulated cluster, until Ctrl-C\n".to_owned();
    for (node, url) in simulator.endpoints() {
        let pin = simulator
            .fingerprint(node)
            .filter(|_| url.starts_with("https"))
            .map(|pin| format!("  {pin}"))
            .unwrap_or_default();
        add!(text, "  {node:<10} {url}{pin}\n");
    }
    for host in simulator.ssh() {
        let place = host.place.to_string();
        let (address, key) = (host.address, &host.host_key);
        add!(text, "  ssh {place:<12} {address}  {key}\n");
    }
    add!(text, "  wake-on-lan      {} (UDP)\n", simulator.wake_address());
    for model in models {
        let api = match model.dialect() {
            Dialect::Anthropic => "anthropic",
            Dialect::OpenaiCompatible => "openai-compatible",
        };
        add!(text, "  model {}  {api}  {}\n", model.model(), model.base_url());
    }
    let tokens = simulator.tokens();
    for (what, token) in [
        ("everything", &tokens.full),
        ("reads", &tokens.read),
        ("acts on guests", &tokens.act),
        ("switches nodes", &tokens.power),
    ] {
        add!(text, "  {what:<15} {}={}\n", token.id, token.secret);
    }
    add!(
        text,
        "  JARVIS_CHAOS_URL={} JARVIS_CHAOS_SECRET={}\n",
        simulator.control_url(),
        simulator.control_secret()
    );
    text
}
