//! The home laboratory: four nodes of different make, 31 guests of a household, four storages.

use std::time::Duration;

use super::{GIB, TIB, guest, storage};
use crate::rng::Rng;
use crate::world::World;
use crate::world::guest::{Guest, Kind};
use crate::world::node::{Node, NodeHabits};
use crate::world::storage::Volume;

/// vmid, kind, name, node, tags, processors, memory in GiB.
type Row = (u32, Kind, &'static str, &'static str, &'static str, u32, u64);

const GUESTS: &[Row] = &[
    (100, Kind::Qemu, "dns-01", "atlas", "infra;network", 1, 1),
    (101, Kind::Qemu, "web-01", "atlas", "prod;web", 2, 4),
    (102, Kind::Qemu, "media", "forge", "media", 6, 12),
    (103, Kind::Qemu, "jarvis", "agent1", "infra;protected", 2, 4),
    (104, Kind::Qemu, "nas", "home", "infra;storage", 4, 8),
    (105, Kind::Qemu, "win-lab", "forge", "lab", 4, 8),
    (106, Kind::Qemu, "ci-runner", "forge", "build", 8, 16),
    (107, Kind::Qemu, "git", "atlas", "build;prod", 2, 4),
    (108, Kind::Qemu, "db-01", "agent1", "db;prod", 4, 8),
    (109, Kind::Qemu, "db-02", "atlas", "db;prod", 4, 8),
    (
        110,
        Kind::Qemu,
        "home-assistant",
        "agent1",
        "automation;prod",
        2,
        4,
    ),
    (111, Kind::Qemu, "legacy-app", "home", "legacy", 1, 2),
    (112, Kind::Qemu, "old-wiki", "home", "legacy", 1, 1),
    (113, Kind::Qemu, "photos", "forge", "media", 4, 8),
    (114, Kind::Qemu, "firewall-lab", "agent1", "lab;network", 2, 2),
    (115, Kind::Qemu, "k3s-01", "atlas", "k3s;lab", 4, 8),
    (116, Kind::Qemu, "k3s-02", "forge", "k3s;lab", 4, 8),
    (117, Kind::Qemu, "k3s-03", "agent1", "k3s;lab", 4, 8),
    (120, Kind::Qemu, "debian-13-template", "atlas", "template", 2, 2),
    (201, Kind::Lxc, "proxy", "atlas", "prod;web", 1, 1),
    (202, Kind::Lxc, "grafana", "agent1", "monitoring", 2, 1),
    (203, Kind::Lxc, "backup", "home", "infra;storage", 2, 2),
    (204, Kind::Lxc, "mqtt", "home", "automation", 1, 1),
    (205, Kind::Lxc, "prometheus", "agent1", "monitoring", 2, 4),
    (206, Kind::Lxc, "adguard", "home", "infra;network", 1, 1),
    (207, Kind::Lxc, "paperless", "atlas", "documents", 2, 2),
    (208, Kind::Lxc, "vaultwarden", "atlas", "prod", 1, 1),
    (209, Kind::Lxc, "syncthing", "home", "storage", 1, 1),
    (210, Kind::Lxc, "unifi", "agent1", "network", 2, 2),
    (211, Kind::Lxc, "jellyfin", "forge", "media", 4, 4),
    (212, Kind::Lxc, "mail-relay", "atlas", "infra", 1, 1),
];

pub(super) fn world(seed: u64) -> World {
    let mut world = World::empty("homelab", seed);
    let mut rng = Rng::new(seed);
    for node in nodes() {
        world.nodes.insert(node.name.clone(), node);
    }
    for row in GUESTS {
        let mut made = from_row(&mut rng, row);
        adjust(&mut made);
        world.guests.insert(made.vmid, made);
    }
    let ceph = storage("ceph-pool", "rbd", "images,rootdir", 9 * TIB, 0.623);
    let mut zfs = storage("local-zfs", "zfspool", "images,rootdir", 19 * TIB / 10, 0.481);
    for (node, used) in [("agent1", 0.44), ("home", 0.39), ("forge", 0.57)] {
        zfs.used_on.insert(node.to_owned(), used);
    }
    let mut nvme = storage(
        "home-nvme",
        "dir",
        "backup,images,iso,rootdir,snippets,vztmpl",
        TIB,
        0.91,
    );
    nvme.nodes.insert("home".to_owned());
    let pbs = storage("pbs-main", "pbs", "backup", 12 * TIB, 0.368);
    for made in [ceph, zfs, nvme, pbs] {
        world.storages.insert(made.name.clone(), made);
    }
    backups(&mut world);
    super::services::homelab(&mut world);
    world
        .pools
        .insert("household".to_owned(), "what the household notices".to_owned());
    let _ = world.ha_add(110, "started", Some("lights and heating".to_owned()));
    if let Some(service) = world.ha.services.get_mut(&110) {
        service.crm = Some("started");
        service.confirmed = true;
    }
    world
}

/// What runs is backed up every night, two nights are kept; what is off is not.
fn backups(world: &mut World) {
    let begin = world.epoch_secs;
    let nightly: Vec<(Kind, u32, u64)> = world
        .guests
        .values()
        .filter(|guest| guest.process.is_some() && guest.lock.is_none())
        .map(|guest| (guest.kind, guest.vmid, guest.disk_bytes / 3))
        .collect();
    let Some(pbs) = world.storages.get_mut("pbs-main") else {
        return;
    };
    for (index, (kind, vmid, size)) in (0_u64..).zip(nightly) {
        for nights in [1, 0] {
            let hours = Duration::from_hours(24 * nights + 7).as_secs();
            let at = begin - hours + index * 70;
            pbs.volumes.push(Volume::backup("pbs", kind, vmid, size, at));
        }
    }
    // Its own job, onto the disk of the node it is on, and not for a while.
    let days = Duration::from_hours(9 * 24).as_secs();
    if let Some(nvme) = world.storages.get_mut("home-nvme") {
        nvme.volumes.push(Volume {
            node: Some("home".to_owned()),
            ..Volume::backup("dir", Kind::Lxc, 209, GIB, begin - days)
        });
    }
}

fn nodes() -> Vec<Node> {
    let make = |name: &str, id: u32, cpus: u32, memory: u64, habits: NodeHabits, up: Duration| Node {
        cpus,
        memory_bytes: memory * GIB,
        habits,
        uptime_before: up,
        boot: Duration::from_secs(30),
        ..Node::new(name, id)
    };
    let habits = |cpu, memory, disk, celsius| NodeHabits {
        cpu,
        memory,
        disk,
        celsius,
    };
    let days = |count: u64| Duration::from_hours(24 * count);
    vec![
        make("atlas", 1, 16, 64, habits(0.34, 0.61, 0.48, 52.0), days(41)),
        make("agent1", 2, 12, 48, habits(0.22, 0.72, 0.66, 49.0), days(88)),
        make("home", 3, 8, 32, habits(0.11, 0.38, 0.91, 44.0), days(12)),
        make(
            "forge",
            4,
            24,
            64,
            habits(0.70, 0.83, 0.57, 71.0),
            Duration::from_hours(6),
        ),
    ]
}

fn from_row(rng: &mut Rng, row: &Row) -> Guest {
    let (vmid, kind, name, node, tags, cores, memory) = *row;
    let mut made = guest(rng, kind, vmid, name, node);
    made.set_tags(tags);
    made.cores = cores;
    made.memory_bytes = memory * GIB;
    if kind == Kind::Lxc {
        made.disk_bytes = 8 * GIB;
        "local-zfs".clone_into(&mut made.storage);
    }
    made
}

/// What makes single guests special.
fn adjust(guest: &mut Guest) {
    match guest.vmid {
        101 | 104 | 110 | 201 => guest.pool = Some("household".to_owned()),
        105 => {
            guest.process = None;
            guest.onboot = false;
        }
        106 => guest.habits.cpu = 0.6,
        111 => guest.habits.ignores_acpi = true,
        112 => {
            guest.process = None;
            guest.onboot = false;
        }
        120 => {
            guest.template = true;
            guest.process = None;
            guest.onboot = false;
            guest.agent = false;
        }
        202 => guest.habits.memory = 0.955,
        203 => "home-nvme".clone_into(&mut guest.storage),
        209 => guest.lock = Some("backup".to_owned()),
        _ => {}
    }
}
