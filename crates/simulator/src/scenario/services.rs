//! Which services run where, and which guests let SSH in.

use crate::world::World;
use crate::world::place::Place;
use crate::world::service::{Keeper, Service, ServiceId};

/// What every node has, beside what the simulation gives a meaning of its own.
const ON_NODES: &[(&str, &str)] = &[
    ("chrony.service", "chrony, an NTP client/server"),
    ("cron.service", "Regular background program processing daemon"),
    ("postfix.service", "Postfix Mail Transport Agent"),
    ("ssh.service", "OpenBSD Secure Shell server"),
];

const IN_HOMELAB: &[(Option<u32>, &str, Keeper, &str, &str)] = &[
    (
        None,
        "home",
        Keeper::Systemd,
        "docker.service",
        "Docker Application Container Engine",
    ),
    (
        None,
        "home",
        Keeper::Docker,
        "node-exporter",
        "Prometheus exporter",
    ),
    (
        Some(101),
        "",
        Keeper::Systemd,
        "nginx.service",
        "A high performance web server",
    ),
    (
        Some(107),
        "",
        Keeper::Systemd,
        "docker.service",
        "Docker Application Container Engine",
    ),
    (Some(107), "", Keeper::Docker, "gitea", "Git with a cup of tea"),
    (
        Some(108),
        "",
        Keeper::Systemd,
        "postgresql.service",
        "PostgreSQL RDBMS",
    ),
    (
        Some(201),
        "",
        Keeper::Systemd,
        "haproxy.service",
        "HAProxy Load Balancer",
    ),
    (
        Some(205),
        "",
        Keeper::Systemd,
        "prometheus.service",
        "Monitoring system and time series database",
    ),
];

const SSH_IN_HOMELAB: &[u32] = &[101, 107, 201, 205];

pub(super) fn homelab(world: &mut World) {
    on_nodes(world);
    for (vmid, node, keeper, name, title) in IN_HOMELAB {
        let place = vmid.map_or_else(|| Place::node(node), Place::Guest);
        put(world, place, *keeper, name, title);
    }
    world.ssh_guests.extend(SSH_IN_HOMELAB);
}

pub(super) fn generated(world: &mut World) {
    on_nodes(world);
}

fn on_nodes(world: &mut World) {
    let nodes: Vec<String> = world.nodes.keys().cloned().collect();
    for node in nodes {
        for (name, title) in ON_NODES {
            put(world, Place::node(&node), Keeper::Systemd, name, title);
        }
    }
}

fn put(world: &mut World, place: Place, keeper: Keeper, name: &str, title: &str) {
    let id = ServiceId {
        place,
        keeper,
        name: name.to_owned(),
    };
    world.services.insert(id, Service::new(title));
}
