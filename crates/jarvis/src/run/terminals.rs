//! The way to terminals: made here and given to the API's terminal part, which is the only one that may hold it.

use crate::config::Config;
use jarvis_api::Terminals;
use jarvis_ports::Terminal;
use std::sync::Arc;

/// Terminals, where they are switched on; opens no connection.
pub fn open(config: &Config) -> Option<Arc<Terminals>> {
    let terminal = config.terminal.as_ref()?;
    if terminal.ssh.is_none() {
        tracing::warn!("terminals are on, and no host is named under `ssh`: none can be opened");
    }
    let none = jarvis_ssh::Options::new(config.state.join("known_hosts"));
    let ssh = terminal.ssh.as_ref().unwrap_or(&none);
    let way: Arc<dyn Terminal> = Arc::new(jarvis_ssh::Terminals::new(ssh));
    Some(Arc::new(Terminals::new(way, terminal.options.clone())))
}
