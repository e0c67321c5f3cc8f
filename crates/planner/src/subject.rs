//! What a resource key stands for in the cluster: its labels, the host behind it, and whether that host lets anything be
//! judged about what is on it.

use crate::input::Input;
use jarvis_model::{
    GuestStatus, Host, IssueKind, NodeName, NodeStatus, ResourceKey, ResourceKind, Timestamp, Vmid, limits,
};
use std::{collections::BTreeMap, time::Duration};

/// How long after a node's return what lives on it is given to come up by itself.
pub(crate) const AFTER_RETURN: Duration = Duration::from_mins(2);

/// The labels of a resource's manifest; none when there is no manifest.
pub(crate) fn labels<'a>(input: &Input<'a>, key: &ResourceKey) -> &'a BTreeMap<String, String> {
    static NONE: BTreeMap<String, String> = BTreeMap::new();
    let desired = input.desired;
    let guest = desired.guests.get(key).map(|manifest| &manifest.metadata);
    let node = || desired.nodes.get(key).map(|manifest| &manifest.metadata);
    let service = || desired.services.get(key).map(|manifest| &manifest.metadata);
    let metadata = guest.or_else(node).or_else(service);
    metadata.map_or(&NONE, |metadata| &metadata.labels)
}

/// The host that a resource is, or is on. A node without a manifest goes by its own name.
pub(crate) fn host(input: &Input<'_>, key: &ResourceKey) -> Option<Host> {
    let desired = input.desired;
    match key.kind {
        ResourceKind::VirtualMachine | ResourceKind::Container => {
            desired.guests.get(key).map(|guest| Host::Guest(guest.spec.vmid))
        }
        ResourceKind::Node => match desired.nodes.get(key) {
            Some(node) => Some(Host::Node(node.spec.node.clone())),
            None => undeclared(input, key).cloned().map(Host::Node),
        },
        ResourceKind::Service => desired
            .services
            .get(key)
            .map(|service| service.spec.target.host()),
        _ => None,
    }
}

fn undeclared<'a>(input: &Input<'a>, key: &ResourceKey) -> Option<&'a NodeName> {
    let mut names = input.observed.nodes.keys();
    names.find(|name| node_key(name).as_ref() == Some(key))
}

/// The key by which a node goes that no manifest declares: its name in small letters.
pub(crate) fn node_key(name: &NodeName) -> Option<ResourceKey> {
    ResourceKey::new(ResourceKind::Node, &name.as_str().to_ascii_lowercase()).ok()
}

/// Why nothing is judged about what is on a host.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Aside {
    /// There is no such host.
    Missing(String),
    /// It is away or not running: what is on it shares its fate and has no issue of its own.
    Parent(String),
    /// Something passes by itself: a backup, a migration, a return. Until then, if that is known.
    Grace(String, Option<Timestamp>),
}

/// Why nothing is judged about what is on this host now, if so.
pub(crate) fn aside(input: &Input<'_>, host: &Host) -> Option<Aside> {
    match host {
        Host::Node(node) => on_node(input, node),
        Host::Guest(vmid) => on_guest(input, *vmid),
        Host::Named(_) => None,
    }
}

fn on_node(input: &Input<'_>, name: &NodeName) -> Option<Aside> {
    let Some(node) = input.observed.nodes.get(name) else {
        return Some(Aside::Missing(format!("no node {name} is in this cluster")));
    };
    match node.status.fresh(input.now, limits::CRITICAL) {
        None => Some(Aside::Parent(format!("the state of node {name} is not known"))),
        Some(NodeStatus::Offline) => Some(Aside::Parent(format!("node {name} is offline"))),
        Some(NodeStatus::Online) => {
            let until = node.returned_at? + AFTER_RETURN;
            let text = format!("node {name} came back a moment ago");
            (input.now < until).then_some(Aside::Grace(text, Some(until)))
        }
    }
}

fn on_guest(input: &Input<'_>, vmid: Vmid) -> Option<Aside> {
    let Some(guest) = input.observed.guests.get(&vmid) else {
        return Some(Aside::Missing(format!("no guest {vmid} is in this cluster")));
    };
    if let Some(aside) = on_node(input, &guest.node) {
        return Some(aside);
    }
    let live = guest.live.fresh(input.now, limits::LIVE).map(|live| &live.status);
    match live.or_else(|| guest.status.fresh(input.now, limits::CRITICAL)) {
        None => return Some(Aside::Parent(format!("the state of guest {vmid} is not known"))),
        Some(GuestStatus::Running) => {}
        Some(status) => return Some(Aside::Parent(format!("guest {vmid} is {}", status.as_str()))),
    }
    if let Some(busy) = busy(input, vmid) {
        return Some(Aside::Grace(busy, None));
    }
    let (key, _) = input.desired.guest_by_vmid(vmid)?;
    let ill = input.memory.issues.values().find(|issue| {
        let kind = issue.key.kind;
        let own = kind != IssueKind::ThresholdPassed && issue.key.resource == *key;
        own && issue.healthy_since.is_none()
    })?;
    Some(Aside::Parent(format!(
        "guest {vmid} has an issue itself: {}",
        ill.key
    )))
}

/// What works on a guest and lets its figures and services pause, if anything.
pub(crate) fn busy(input: &Input<'_>, vmid: Vmid) -> Option<String> {
    let guest = input.observed.guests.get(&vmid)?;
    if let Some(lock) = &guest.lock {
        return Some(format!("guest {vmid} carries the lock {lock}"));
    }
    if let Some(task) = &guest.running_task {
        return Some(format!("a {} task works on guest {vmid}", task.task_type()));
    }
    let ours = |effect: &jarvis_model::Effect| matches!(effect, jarvis_model::Effect::Guest { vmid: target, .. } if *target == vmid);
    let mut open = input.memory.open_intents();
    let act = open.find(|intent| ours(&intent.effect))?;
    Some(format!("{}: in progress", act.action))
}
