//! What an action touches: what it changes, and what it interrupts. Knows nothing of protection.

use super::{End, Spot};
use crate::base_tier;
use jarvis_crds::Desired;
use jarvis_model::{Action, Host, Tier};
use std::collections::BTreeSet;

/// Units that carry a node's cluster membership, network, API or SSH: who touches them touches the node.
const NODE_SERVICES: [&str; 21] = [
    "corosync",
    "pve-cluster",
    "pve-ha-crm",
    "pve-ha-lrm",
    "pve-firewall",
    "proxmox-firewall",
    "pve-guests",
    "pvedaemon",
    "pveproxy",
    "pvestatd",
    "qmeventd",
    "watchdog-mux",
    "networking",
    "network",
    "systemd-networkd",
    "openvswitch-switch",
    "frr",
    "ssh",
    "sshd",
    "ssh.socket",
    "corosync-qdevice",
];

/// Units whose end is the end of a docker daemon.
const DOCKER_SERVICES: [&str; 3] = ["docker", "docker.socket", "containerd"];

/// What an action changes, whether it interrupts it or not. A read changes nothing.
pub fn mutates(action: &Action, desired: &Desired) -> BTreeSet<End> {
    match action {
        Action::StartGuest { vmid }
        | Action::ShutdownGuest { vmid, .. }
        | Action::RebootGuest { vmid, .. }
        | Action::StopGuest { vmid }
        | Action::ResetGuest { vmid }
        | Action::CreateSnapshot { vmid, .. }
        | Action::RollbackSnapshot { vmid, .. }
        | Action::MigrateGuest { vmid, .. }
        | Action::DestroyGuest { vmid }
        | Action::ReconfigureGuest { vmid } => BTreeSet::from([End::Guest(*vmid)]),
        Action::RebootNode { node } | Action::ShutdownNode { node } | Action::WakeNode { node } => {
            BTreeSet::from([End::Node(node.clone())])
        }
        Action::StartService { host, service }
        | Action::RestartService { host, service }
        | Action::StopService { host, service } => {
            let mut ends = service_ends(host, service);
            if let Host::Guest(vmid) = host {
                ends.insert(End::Guest(*vmid));
            }
            ends
        }
        Action::RunCommand { host, .. } => command_ends(action, host, desired),
        Action::Unknown { .. } => BTreeSet::new(),
    }
}

/// What an action takes away for a while, or for good if it fails. Starting, waking and taking a snapshot interrupt
/// nothing; a migration counts, for a container restarts with it.
pub fn interrupts(action: &Action, desired: &Desired) -> BTreeSet<End> {
    match action {
        Action::ShutdownGuest { vmid, .. }
        | Action::RebootGuest { vmid, .. }
        | Action::StopGuest { vmid }
        | Action::ResetGuest { vmid }
        | Action::RollbackSnapshot { vmid, .. }
        | Action::MigrateGuest { vmid, .. }
        | Action::DestroyGuest { vmid }
        | Action::ReconfigureGuest { vmid } => BTreeSet::from([End::Guest(*vmid)]),
        Action::RebootNode { node } | Action::ShutdownNode { node } => {
            BTreeSet::from([End::Node(node.clone())])
        }
        Action::RestartService { host, service } | Action::StopService { host, service } => {
            service_ends(host, service)
        }
        Action::RunCommand { host, .. } => command_ends(action, host, desired),
        Action::StartGuest { .. }
        | Action::CreateSnapshot { .. }
        | Action::WakeNode { .. }
        | Action::StartService { .. }
        | Action::Unknown { .. } => BTreeSet::new(),
    }
}

/// A service, and what it carries: the docker daemon, or the node itself.
fn service_ends(host: &Host, service: &str) -> BTreeSet<End> {
    let spot = Spot::from(host);
    let unit = End::unit(spot.clone(), service);
    let mut ends = BTreeSet::new();
    if let End::Service { name, .. } = &unit {
        let name = name.as_str();
        if DOCKER_SERVICES.contains(&name) {
            ends.insert(End::Docker(spot));
        }
        if let Host::Node(node) = host
            && (NODE_SERVICES.contains(&name) || name.starts_with("ssh@") || name.starts_with("ifup@"))
        {
            ends.insert(End::Node(node.clone()));
        }
    }
    ends.insert(unit);
    ends
}

/// A command that may change something may change anything on its host.
fn command_ends(action: &Action, host: &Host, desired: &Desired) -> BTreeSet<End> {
    if base_tier(action, desired) == Tier::Green {
        return BTreeSet::new();
    }
    match host {
        Host::Node(node) => BTreeSet::from([End::Node(node.clone())]),
        Host::Guest(vmid) => BTreeSet::from([End::Guest(*vmid)]),
        // The cluster knows nothing of it; its docker daemon stands for the machine.
        Host::Named(name) => BTreeSet::from([End::Docker(Spot::Named(name.clone()))]),
    }
}
