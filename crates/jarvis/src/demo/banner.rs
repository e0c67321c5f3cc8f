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
        Self {
            nodes: simulator.endpoints().len(),
            guests: count("guests"),
        }
    }
}

/// What the text is about.
pub struct About<'a> {
    /// The running process.
    pub started: &'a Started,
    /// Sizes.
    pub counts: Counts,
    /// The folder to commit in.
    pub manifests: &'a Path,
    /// Whether it is the home laboratory.
    pub homelab: bool,
    /// How the program is called.
    pub called: &'a str,
}

/// The whole text.
pub fn text(about: &About) -> String {
    let (started, called, folder) = (about.started, about.called, about.manifests.display());
    let sign_in = match &started.password {
        Some(password) => format!("admin / {password}"),
        None => {
            format!("admin, with the password of the first start (`{called} user passwd admin` sets another)")
        }
    };
    let tries = if about.homelab {
        homelab(called, &folder.to_string())
    } else {
        generated(called)
    };
    let Counts { nodes, guests } = about.counts;
    format!(
        "Jarvis, against a simulated cluster of {nodes} nodes and {guests} guests.\n\n  \
         open       {}\n  \
         sign in    {sign_in}\n  \
         manifests  {folder}\n\n\
         Try, in another terminal:\n{tries}\nCtrl-C ends it.\n",
        started.url
    )
}

fn homelab(called: &str, folder: &str) -> String {
    let lines = [
        "1. a crash, a dead service, a node without power: found, mended and verified:".to_owned(),
        format!("     {called} chaos crash 101"),
        format!("     {called} chaos fail-service atlas chrony.service"),
        format!("     {called} chaos node-down forge"),
        format!("     {called} get events"),
        "2. what is protected is refused, what is dangerous wants a confirmation:".to_owned(),
        format!("     {called} request node reboot agent1"),
        format!("     {called} request node reboot forge"),
        "3. the cluster follows a commit:".to_owned(),
        format!("     cd {folder}"),
        "     sed -i 's/runStrategy: Halted/runStrategy: Always/' guests/laboratory.yaml".to_owned(),
        "     git commit -am 'Keep win-lab running'".to_owned(),
    ];
    lines.map(|line| format!("  {line}\n")).concat()
}

fn generated(called: &str) -> String {
    let lines = [
        format!("1. see what there is:    {called} get guests"),
        format!("2. break something:      {called} chaos crash 101"),
        format!("3. see what is done:     {called} get events"),
    ];
    lines.map(|line| format!("  {line}\n")).concat()
}
