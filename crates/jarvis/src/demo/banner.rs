//! What the demo prints once it serves: one address, one log-in, three things to try.

use crate::run::Started;
use jarvis_simulator::Simulator;
use std::path::Path;

/// Sizes of the simulated cluster.
#[derive(Debug, Clone, Copy)]
pub struct Counts {
    /// Nodes.
    pub nodes: usize,
    /// Guests.
    pub guests: usize,
}

impl Counts {
    /// Of a running simulator.
    pub fn of(simulator: &Simulator) -> Self {
        let state = simulator.handle().state();
        let count = |part: &str| match &state[part] {
            serde_json::Value::Array(items) => items.len(),
            serde_json::Value::Object(items) => items.len(),
            _ => 0,
        };
        Self { nodes: simulator.endpoints().len(), guests: count("guests") }
    }
}

/// The whole text.
pub fn text(started: &Started, counts: &Counts, manifests: &Path, homelab: bool) -> String {
    let folder = manifests.display();
    let sign_in = match &started.password {
        Some(password) => format!("admin / {password}"),
        None => "admin, with the password of the first start (jarvis user passwd admin sets another)".to_owned(),
    };
    let tries = if homelab {
        format!(
            "  1. a crash is found, mended and verified:\n\
             \x20      jarvis chaos crash 101 && jarvis get events\n\
             \x20 2. what is protected is refused, what is not wants a confirmation:\n\
             \x20      jarvis request node reboot agent1\n\
             \x20      jarvis request node reboot forge --yes\n\
             \x20 3. the cluster follows a commit:\n\
             \x20      cd {folder}\n\
             \x20      sed -i -e 's/runStrategy: Halted/runStrategy: Always/' -e 's/autonomy: L2/autonomy: L3/' guests/laboratory.yaml\n\
             \x20      git commit -am 'Keep win-lab running'\n"
        )
    } else {
        "  1. see what there is:       jarvis get guests\n\
         \x20 2. break something:         jarvis chaos crash 101 && jarvis get events\n\
         \x20 3. see what is done of it:  jarvis get issues && jarvis audit log\n"
            .to_owned()
    };
    format!(
        "Jarvis, against a simulated cluster of {} nodes and {} guests.\n\n\
         \x20 open       {}\n\
         \x20 sign in    {sign_in}\n\
         \x20 manifests  {folder}\n\n\
         Try, in another terminal:\n{tries}\n\
         Ctrl-C ends it.\n",
        counts.nodes, counts.guests, started.url
    )
}
