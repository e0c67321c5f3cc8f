//! The world's views as the client hands them up after decoding: what the asked node knows, stale halves and all.

use jarvis_model::{
    GuestKind, GuestStatus, Identity, LiveStatus, NodeName, TaskObserved, Timestamp, Usage, Vmid,
};
use jarvis_ports::{ClusterLook, GuestRow, NodeRow, QuorumLook, StorageRow};
use jarvis_simulator::world::{
    World,
    guest::{Guest, Kind},
    node::Node,
    storage::Storage,
    task::Task,
    timing::TASKS_SHARED,
};
use std::cmp::Reverse;

/// A node's name; the simulator's names are all fine.
pub fn node_name(name: &str) -> NodeName {
    NodeName::new(name).expect("the simulator's node names are host names")
}

/// A guest's number.
pub fn vmid(number: u32) -> Vmid {
    Vmid::new(number).expect("the simulator's numbers are in range")
}

/// The kind, in Jarvis's words.
pub fn kind(kind: Kind) -> GuestKind {
    match kind {
        Kind::Qemu => GuestKind::Qemu,
        Kind::Lxc => GuestKind::Lxc,
    }
}

/// The kind, in the simulator's words.
pub fn world_kind(kind: GuestKind) -> Kind {
    match kind {
        GuestKind::Qemu => Kind::Qemu,
        GuestKind::Lxc => Kind::Lxc,
    }
}

/// `GET /cluster/resources` at `entry`.
pub fn cluster(world: &World, entry: &str) -> ClusterLook {
    let on = |storage: &'_ Storage| {
        let nodes = world.nodes.keys().filter(|node| storage.is_on(node));
        nodes
            .map(|node| storage_row(world, entry, storage, node))
            .collect::<Vec<_>>()
    };
    let mut storages: Vec<StorageRow> = world.storages.values().flat_map(on).collect();
    storages.sort_by(|a, b| a.id.cmp(&b.id));
    ClusterLook {
        told_at: Some(Timestamp::from_secs(world.epoch_secs + world.now().as_secs())),
        via: entry.to_owned(),
        nodes: world
            .nodes
            .values()
            .map(|node| node_row(world, entry, node))
            .collect(),
        guests: world
            .guests
            .values()
            .map(|guest| guest_row(world, entry, guest))
            .collect(),
        storages,
    }
}

fn node_row(world: &World, entry: &str, node: &Node) -> NodeRow {
    let online = world.sees_online(entry, &node.name);
    let report = world.fresh_report(entry, &node.name);
    let status = match (online, report) {
        (true, Some(_)) => "online",
        (true, None) => "unknown",
        (false, _) => "offline",
    };
    NodeRow {
        node: node_name(&node.name),
        status: status.to_owned(),
        uptime_secs: report.filter(|_| online).map(|report| report.node.uptime_secs),
        ha_state: world
            .ha
            .ever_used
            .then(|| world.ha.node_state(&node.name, world.now()).to_owned()),
        usage: Usage::default(),
    }
}

fn guest_row(world: &World, entry: &str, guest: &Guest) -> GuestRow {
    let sample = world.known_guest(entry, guest);
    GuestRow {
        vmid: vmid(guest.vmid),
        kind: kind(guest.kind),
        node: node_name(&guest.node),
        name: sample.map(|sample| sample.name.clone()),
        status: sample.map_or("unknown", |sample| sample.status).to_owned(),
        uptime_secs: sample.map(|sample| sample.uptime_secs),
        template: sample.is_some() && guest.template,
        lock: guest.lock.clone(),
        ha_state: world
            .ha
            .services
            .get(&guest.vmid)
            .map(|service| service.resource_state().to_owned()),
        tags: guest.tags.iter().cloned().collect(),
        usage: Usage::default(),
    }
}

fn storage_row(world: &World, entry: &str, storage: &Storage, node: &str) -> StorageRow {
    let report = world.fresh_report(entry, node);
    let used = report
        .and_then(|report| report.storages.get(&storage.name))
        .copied();
    StorageRow {
        id: format!("storage/{node}/{}", storage.name),
        storage: storage.name.clone(),
        node: node_name(node),
        plugin: storage.plugin.clone(),
        shared: storage.shared,
        available: used.is_some(),
        used_bytes: used,
        total_bytes: used.map(|_| storage.total_bytes),
    }
}

/// `GET /cluster/status` and votes at `entry`.
pub fn quorum(world: &World, entry: &str) -> QuorumLook {
    let each = || world.nodes.values().map(|node| (node_name(&node.name), node));
    QuorumLook {
        via: entry.to_owned(),
        quorate: world.is_quorate(entry),
        cluster: Some(world.cluster.clone()),
        online: each()
            .map(|(name, node)| (name, world.sees_online(entry, &node.name)))
            .collect(),
        ips: each().map(|(name, node)| (name, node.ip.clone())).collect(),
        votes: each().map(|(name, node)| (name, node.votes)).collect(),
    }
}

/// `GET …/status/current`.
pub fn live(world: &World, guest: &Guest) -> LiveStatus {
    let status = match guest.fine_status() {
        "stopped" => GuestStatus::Stopped,
        "running" => GuestStatus::Running,
        _ if guest.kind == Kind::Lxc => GuestStatus::Running,
        word => GuestStatus::Held(word.to_owned()),
    };
    let process = guest.process.as_ref().filter(|process| !process.stopping);
    LiveStatus {
        status,
        uptime_secs: guest.uptime_secs(world.now()),
        pid: process.map(|process| u64::from(process.pid)),
        lock: guest.lock.clone(),
        ha_managed: world.ha.manages(guest.vmid),
    }
}

/// The identity out of the guest's configuration.
pub fn identity(guest: &Guest) -> Identity {
    Identity(match guest.kind {
        Kind::Qemu => guest.uuid.to_lowercase(),
        Kind::Lxc => guest.mac.to_lowercase(),
    })
}

fn task(world: &World, task: &Task) -> Option<TaskObserved> {
    Some(TaskObserved {
        upid: task.upid.parse().ok()?,
        ended_at: task
            .end
            .as_ref()
            .map(|end| Timestamp::from_secs(world.epoch_secs + end.at.as_secs())),
        exit: task.end.as_ref().map(|end| end.status.clone()),
    })
}

/// A node's tasks since then, newest first, at most this many; of one guest or of all.
pub fn node_tasks(
    world: &World,
    node: &str,
    guest: Option<Vmid>,
    since: Timestamp,
    most: usize,
) -> Vec<TaskObserved> {
    let mut found: Vec<&Task> = world
        .tasks
        .values()
        .filter(|task| task.node == node && task.started_at_secs >= since.as_secs())
        .filter(|task| guest.is_none_or(|vmid| task.vmid() == Some(vmid.get())))
        .collect();
    found.sort_by_key(|task| Reverse((task.end.is_none(), task.started_at_secs, task.seq)));
    let mut rows: Vec<TaskObserved> = found
        .into_iter()
        .take(most)
        .filter_map(|found| task(world, found))
        .collect();
    rows.sort_by_key(|row| Reverse(row.upid.started_at()));
    rows
}

/// The cluster's tasks as `entry` knows them.
pub fn cluster_tasks(world: &World, entry: &str) -> Vec<TaskObserved> {
    let mut rows = Vec::new();
    for node in world.nodes.keys() {
        let gone = world.views.get(entry).and_then(|view| view.gone_since.get(node));
        let recent = world
            .tasks
            .values()
            .rev()
            .filter(|task| task.node == *node && gone.is_none_or(|until| task.started <= *until));
        rows.extend(recent.take(TASKS_SHARED).filter_map(|recent| task(world, recent)));
    }
    rows.sort_by_key(|row: &TaskObserved| Reverse(row.upid.started_at()));
    rows
}
