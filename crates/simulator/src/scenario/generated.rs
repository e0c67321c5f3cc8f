//! Generated worlds of any size, for measurements and searches.

use std::time::Duration;

use super::{GIB, TIB, guest, storage};
use crate::rng::Rng;
use crate::world::World;
use crate::world::guest::Kind;
use crate::world::node::{Node, NodeHabits};

const NAMES: &[&str] = &[
    "web", "db", "cache", "queue", "build", "mail", "proxy", "app", "log", "desk",
];
const TAGS: &[&str] = &["prod", "lab", "infra", "web", "db"];

pub(super) fn world(seed: u64, nodes: u32, guests: u32) -> World {
    let mut world = World::empty("generated", seed);
    let mut rng = Rng::new(seed ^ 0x6E6F_6465);
    let mut names = Vec::new();
    for id in 1..=nodes {
        let name = format!("node{id:02}");
        let habits = NodeHabits {
            cpu: 0.1 + rng.unit() * 0.5,
            memory: 0.3 + rng.unit() * 0.5,
            disk: 0.2 + rng.unit() * 0.5,
            celsius: 40.0 + rng.unit() * 20.0,
        };
        let uptime_before = Duration::from_hours(24 + rng.below(2000));
        let node = Node {
            cpus: 64,
            memory_bytes: 512 * GIB,
            habits,
            uptime_before,
            ..Node::new(&name, id)
        };
        world.nodes.insert(name.clone(), node);
        names.push(name);
    }
    for index in 0..guests {
        let kind = if rng.below(3) == 0 { Kind::Lxc } else { Kind::Qemu };
        let node = &names[usize::try_from(rng.below(names.len() as u64)).unwrap_or(0)];
        let word = NAMES[usize::try_from(rng.below(NAMES.len() as u64)).unwrap_or(0)];
        let mut made = guest(&mut rng, kind, 100 + index, &format!("{word}-{index:05}"), node);
        made.set_tags(TAGS[usize::try_from(rng.below(TAGS.len() as u64)).unwrap_or(0)]);
        made.onboot = rng.below(2) == 0;
        if rng.below(8) == 0 {
            made.process = None;
        }
        world.guests.insert(made.vmid, made);
    }
    for made in [
        storage("ceph-pool", "rbd", "images,rootdir", 200 * TIB, 0.5),
        storage("local-zfs", "zfspool", "images,rootdir", 4 * TIB, 0.4),
    ] {
        world.storages.insert(made.name.clone(), made);
    }
    super::services::generated(&mut world);
    world
}
