//! Scenarios: worlds to begin with.
//!
//! Knows nothing of sockets. Each scenario is a function of its arguments; the same seed gives the same world.

mod generated;
mod homelab;
mod recorded;
mod services;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::rng::Rng;
use crate::time::SimTime;
use crate::world::World;
use crate::world::guest::{Guest, Habits, Kind, Process};
use crate::world::storage::Storage;

/// Which world to begin with.
#[derive(Clone, Debug, PartialEq)]
pub enum Scenario {
    /// Four nodes (atlas, agent1, home, forge), 31 guests, four storages.
    Homelab,
    /// Any number of nodes and guests.
    Generated {
        /// Nodes, 1 to 32.
        nodes: u32,
        /// Guests, up to 10,000.
        guests: u32,
    },
    /// A world made elsewhere. [`World::begin`] must not have been called.
    Given(Box<World>),
}

impl Scenario {
    /// The home laboratory of the demo.
    pub const fn homelab() -> Self {
        Self::Homelab
    }

    /// The cluster that the recordings in `tests/fixtures/pve/recorded-real` were made of.
    pub fn recorded(seed: u64) -> Self {
        Self::Given(Box::new(recorded::world(seed)))
    }

    /// A world of this many nodes (1 to 32) and guests (up to 10,000).
    pub fn generated(nodes: u32, guests: u32) -> Self {
        Self::Generated {
            nodes: nodes.clamp(1, 32),
            guests: guests.min(10_000),
        }
    }

    /// Makes the world, begun and ready.
    pub fn build(&self, seed: u64) -> World {
        let mut world = match self {
            Self::Homelab => homelab::world(seed),
            Self::Generated { nodes, guests } => generated::world(seed, *nodes, *guests),
            Self::Given(world) => world.as_ref().clone(),
        };
        world.begin();
        world
    }
}

const GIB: u64 = 1 << 30;
const TIB: u64 = 1 << 40;

/// A running guest with ordinary habits; scenarios change what they want.
fn guest(rng: &mut Rng, kind: Kind, vmid: u32, name: &str, node: &str) -> Guest {
    let ostype = if kind == Kind::Qemu { "l26" } else { "debian" };
    Guest {
        vmid,
        kind,
        name: name.to_owned(),
        node: node.to_owned(),
        pool: None,
        tags: BTreeSet::new(),
        template: false,
        onboot: true,
        agent: kind == Kind::Qemu,
        lock: None,
        cores: 2,
        memory_bytes: 2 * GIB,
        disk_bytes: 32 * GIB,
        storage: "ceph-pool".to_owned(),
        uuid: rng.uuid(),
        mac: rng.guest_mac(),
        created_at_secs: 1_760_000_000 + rng.below(20_000_000),
        config: usual_config(kind, ostype),
        snapshots: Vec::new(),
        habits: Habits {
            cpu: 0.02 + rng.unit() * 0.12,
            memory: 0.35 + rng.unit() * 0.35,
            boot: Duration::from_secs(if kind == Kind::Qemu { 12 } else { 2 }),
            shutdown: Duration::from_secs(if kind == Kind::Qemu { 3 } else { 2 }),
            ignores_acpi: false,
            fails_to_start: false,
            agent_silent: false,
        },
        process: Some(Process {
            pid: 2000 + vmid,
            started: SimTime::ZERO,
            uptime_before: Duration::from_hours(2 + rng.below(700)),
            ready_at: SimTime::ZERO,
            paused: false,
            stopping: false,
        }),
        holder: None,
        stopped_at: None,
        edits: 0,
        forced_cpu: None,
        forced_memory: None,
    }
}

/// Machines have a serial console, as cloud images do.
fn usual_config(kind: Kind, ostype: &str) -> BTreeMap<String, String> {
    let mut keys = vec![("ostype", ostype)];
    if kind == Kind::Qemu {
        keys.extend([("serial0", "socket"), ("vga", "serial0")]);
    }
    keys.into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}

fn storage(name: &str, plugin: &str, content: &str, total_bytes: u64, used: f64) -> Storage {
    let option = match plugin {
        "dir" => ("path", format!("/mnt/{name}")),
        "pbs" => ("datastore", name.to_owned()),
        _ => ("pool", name.to_owned()),
    };
    Storage {
        name: name.to_owned(),
        plugin: plugin.to_owned(),
        content: content.to_owned(),
        shared: matches!(plugin, "rbd" | "pbs" | "nfs"),
        nodes: BTreeSet::new(),
        total_bytes,
        used,
        used_on: BTreeMap::new(),
        options: BTreeMap::from([(option.0.to_owned(), option.1)]),
        volumes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_home_laboratory_is_as_promised() {
        let world = Scenario::homelab().build(1);
        assert_eq!(
            world.nodes.keys().map(String::as_str).collect::<Vec<_>>(),
            ["agent1", "atlas", "forge", "home"]
        );
        assert_eq!(world.guests.len(), 31);
        assert_eq!(
            world.guests.values().filter(|guest| guest.is_running()).count(),
            28
        );
        assert_eq!(world.guests[&103].node, "agent1");
        assert!(world.guests[&103].onboot);
        assert_eq!(world.guests.values().filter(|guest| guest.template).count(), 1);
        assert_eq!(
            world.guests.values().filter(|guest| guest.lock.is_some()).count(),
            1
        );
        assert_eq!(
            world
                .guests
                .values()
                .filter(|guest| guest.habits.ignores_acpi)
                .count(),
            1
        );
        assert_eq!(world.ha.services.len(), 1);
        assert!(world.nodes.keys().all(|node| world.is_quorate(node)));
    }

    #[test]
    fn the_same_seed_makes_the_same_world() {
        assert_eq!(Scenario::homelab().build(7), Scenario::homelab().build(7));
        assert_ne!(Scenario::homelab().build(7), Scenario::homelab().build(8));
    }

    #[test]
    fn generated_worlds_have_the_size_asked_for() {
        let world = Scenario::generated(32, 10_000).build(3);
        assert_eq!((world.nodes.len(), world.guests.len()), (32, 10_000));
        assert!(
            world
                .guests
                .values()
                .all(|guest| world.nodes.contains_key(&guest.node))
        );
    }
}
