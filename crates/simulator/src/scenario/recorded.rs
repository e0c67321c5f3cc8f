//! The laboratory of the recordings: four nodes named pve, agent1, home and node4, nine small machines, two containers.
//!
//! Built from what `index.md` beside the recordings says and what the recorded answers show, so that the same requests
//! can be put to the simulator and the answers compared.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{guest, storage};
use crate::rng::Rng;
use crate::world::World;
use crate::world::flavour::{Emulator, Firmware};
use crate::world::guest::{Guest, Kind};
use crate::world::node::Node;
use crate::world::storage::Volume;

const NODES: &[&str] = &["pve", "agent1", "home", "node4"];
const MEMORY: u64 = 167_772_160;
const ROOT_DISK: u64 = 270_553_174_016;

/// vmid, name, node, tags, disk in bytes, running.
type Row = (u32, &'static str, &'static str, &'static str, u64, bool);

const MACHINES: &[Row] = &[
    (100, "web-01", "pve", "prod;web", 1 << 30, true),
    (101, "db-01", "home", "db;prod", 1 << 30, true),
    (103, "jarvis-mgmt", "agent1", "infra;protected", 1 << 30, true),
    (110, "media", "pve", "", 1 << 30, false),
    (111, "hang-on-shutdown", "home", "db;prod;web", 0, true),
    (112, "snap-me", "home", "", 1 << 30, false),
    (120, "nodisk", "node4", "", 0, true),
    (301, "VM 301", "node4", "", 0, false),
    (302, "VM 302", "node4", "", 1 << 30, false),
];
const CONTAINERS: &[Row] = &[
    (200, "ct-dns", "pve", "infra", 94_465_024, true),
    (201, "ct-renamed", "pve", "", 106_954_752, false),
];

/// Services that were not installed, or not as usual.
const UNITS: &[(&str, &str)] = &[
    ("chrony", "not-found"),
    ("ksmtuned", "not-found"),
    ("lxcfs", "masked"),
    ("postfix", "not-found"),
    ("proxmox-firewall", "not-found"),
    ("pve-firewall", "disabled"),
    ("pve-lxc-syscalld", "not-found"),
    ("pvefw-logger", "masked"),
];

pub(super) fn world(seed: u64) -> World {
    let mut world = World::empty("jarvislab", seed);
    let mut rng = Rng::new(seed);
    world.flavour.emulator = Emulator::Stock;
    for (name, id) in NODES.iter().zip(1_u32..) {
        let node = Node {
            ip: format!("10.99.0.{}", id + 10),
            cpus: 2,
            memory_bytes: 25_276_514_304,
            disk_bytes: ROOT_DISK,
            wake_mac: None,
            firmware: Firmware::LegacyBios,
            // Less than an hour, so that figures of the last hour have a beginning.
            uptime_before: Duration::from_secs(2900),
            ..Node::new(name, id)
        };
        world.nodes.insert((*name).to_owned(), node);
    }
    for row in MACHINES {
        let mut made = from_row(&mut rng, Kind::Qemu, row);
        machine(&mut made);
        world.guests.insert(made.vmid, made);
    }
    for row in CONTAINERS {
        let mut made = from_row(&mut rng, Kind::Lxc, row);
        container(&mut made);
        world.guests.insert(made.vmid, made);
    }
    storages(&mut world);
    world.unit_states = UNITS
        .iter()
        .map(|(name, state)| ((*name).to_owned(), *state))
        .collect();
    world.pools.insert("lab".to_owned(), "lab pool".to_owned());
    world
}

fn from_row(rng: &mut Rng, kind: Kind, row: &Row) -> Guest {
    let (vmid, name, node, tags, disk_bytes, running) = *row;
    let mut made = guest(rng, kind, vmid, name, node);
    made.set_tags(tags);
    made.disk_bytes = disk_bytes;
    made.onboot = vmid == 103;
    made.habits.shutdown = Duration::from_millis(if kind == Kind::Qemu { 250 } else { 1_600 });
    if let Some(process) = made.process.as_mut() {
        process.uptime_before = Duration::from_mins(10);
    }
    if !running {
        made.process = None;
    }
    made
}

fn set(guest: &mut Guest, keys: &[(&str, &str)]) {
    guest.config.extend(
        keys.iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned())),
    );
}

fn machine(guest: &mut Guest) {
    guest.cores = 1;
    guest.memory_bytes = if matches!(guest.vmid, 112 | 301 | 302) {
        64 << 20
    } else {
        MEMORY
    };
    "shared".clone_into(&mut guest.storage);
    if matches!(guest.vmid, 112 | 120 | 301 | 302) {
        guest.agent = false;
        guest.config = BTreeMap::new();
        return;
    }
    set(
        guest,
        &[
            ("args", "-kernel /srv/guest/vmlinuz -initrd /srv/guest/initrd.gz"),
            ("kvm", "0"),
            ("scsihw", "virtio-scsi-pci"),
        ],
    );
    match guest.vmid {
        100 => {
            "local".clone_into(&mut guest.storage);
            guest.pool = Some("lab".to_owned());
        }
        101 => {
            guest.pool = Some("lab".to_owned());
            set(guest, &[("onboot", "0"), ("startup", "order=1,up=30")]);
        }
        111 => guest.habits.ignores_acpi = true,
        _ => {}
    }
}

fn container(guest: &mut Guest) {
    guest.cores = 2;
    guest.memory_bytes = 64 << 20;
    (if guest.vmid == 200 { "local" } else { "shared" }).clone_into(&mut guest.storage);
    set(guest, &[("ostype", "unmanaged"), ("swap", "0")]);
}

fn storages(world: &mut World) {
    let mut local = storage(
        "local",
        "dir",
        "snippets,iso,vztmpl,import,images,rootdir,backup",
        ROOT_DISK,
        0.08,
    );
    local.options = [("path", "/var/lib/vz"), ("prune-backups", "keep-all=1")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    local.volumes.push(Volume {
        name: "vztmpl/busybox_1-1_amd64.tar.gz".to_owned(),
        content: "vztmpl".to_owned(),
        format: "tgz".to_owned(),
        size_bytes: 1_067_559,
        created_at_secs: 1_795_448_883,
        vmid: None,
        notes: None,
        node: None,
    });
    let mut shared = storage("shared", "dir", "iso,backup,rootdir,images", ROOT_DISK, 0.08);
    shared.shared = true;
    for made in [local, shared] {
        world.storages.insert(made.name.clone(), made);
    }
}
