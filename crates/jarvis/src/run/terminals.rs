//! The ways to terminals: made here and given to the API's terminal part, which is the only one that may hold them.

use crate::config::Config;
use jarvis_api::Terminals;
use jarvis_ports::Terminal;
use jarvis_proxmox::{Consoles, Proxmox};
use std::sync::Arc;

/// Terminals, where they are switched on: over SSH where `ssh` names the host, else by a guest's console where that is
/// switched on. Opens no connection.
pub fn open(config: &Config, client: &Arc<Proxmox>) -> Option<Arc<Terminals>> {
    let terminal = config.terminal.as_ref()?;
    let mut ways: Vec<Arc<dyn Terminal>> = Vec::new();
    if let Some(ssh) = &terminal.ssh {
        ways.push(Arc::new(jarvis_ssh::Terminals::new(ssh)));
    }
    if terminal.console {
        ways.push(Arc::new(Consoles::new(Arc::clone(client))));
    }
    if ways.is_empty() {
        tracing::warn!(
            "terminals are on, no host is named under `ssh`, and `terminal.console` is off: none can be opened"
        );
    }
    Some(Arc::new(Terminals::new(ways, terminal.options.clone())))
}
