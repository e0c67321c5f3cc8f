//! The recorded cluster as a simulated world: its nodes and guests as they stood when the polling began.
//!
//! What is chance in a recording is taken from it: when each node reports, when the HA managers make their rounds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use jarvis_simulator::SimTime;
use jarvis_simulator::world::World;
use jarvis_simulator::world::guest::{Guest, Habits, Kind, Process};
use jarvis_simulator::world::node::Node;
use serde_json::Value;

use super::list::Timeline;
use super::recording::Recording;

/// In the order in which the managers choose among equals; the recorded master was `home`.
const NODES: [&str; 4] = ["home", "pve", "agent1", "node4"];
/// From the power switch to membership; the laboratory's nodes have no firmware to wait for.
const BOOT: Duration = Duration::from_millis(6_300);

pub fn world(timeline: &Timeline, recording: &Recording) -> World {
    let mut world = World::empty("jarvislab", 1);
    let rows = recording.first("/cluster/resources");
    let uptime = |id: &str| {
        let row = rows.iter().find(|row| row["id"] == id);
        Duration::from_secs(row.and_then(|row| row["uptime"].as_u64()).unwrap_or(0))
    };
    for (name, nodeid) in NODES.iter().zip(1..) {
        let first = recording.first_report_secs(name).unwrap_or(5.0).max(0.0);
        let node = Node {
            boot: BOOT,
            wake_mac: None,
            uptime_before: uptime(&format!("node/{name}")),
            first_report: Some(Duration::from_secs_f64(first % 10.0)),
            ..Node::new(name, nodeid)
        };
        world.nodes.insert((*name).to_owned(), node);
    }
    let guests = rows
        .iter()
        .filter(|row| row["type"] == "qemu" || row["type"] == "lxc");
    for made in guests.clone().map(guest) {
        world.guests.insert(made.vmid, made);
    }
    for row in guests.filter(|row| row["hastate"].is_string()) {
        manage(&mut world, row);
    }
    world.ha.ever_used = true;
    world.ha.master = Some("home".to_owned());
    world.ha.rounds = timeline.rounds();
    for (vmid, shutdown_ms) in timeline.shutdown_ms {
        if let Some(guest) = world.guests.get_mut(vmid) {
            guest.habits.shutdown = Duration::from_millis(*shutdown_ms);
        }
    }
    if let Some(guest) = world.guests.get_mut(&111) {
        guest.habits.ignores_acpi = true;
    }
    world
}

fn manage(world: &mut World, row: &Value) {
    let Some(vmid) = row["vmid"].as_u64().and_then(|vmid| u32::try_from(vmid).ok()) else {
        return;
    };
    let state = if row["hastate"] == "stopped" {
        "stopped"
    } else {
        "started"
    };
    world.ha_add(vmid, state, None).unwrap();
    let service = world.ha.services.get_mut(&vmid).unwrap();
    service.crm = Some(state);
    service.reported = state == "started";
    service.confirmed = state == "started";
    if state == "started" {
        world
            .ha
            .active
            .insert(row["node"].as_str().unwrap().to_owned(), SimTime::ZERO);
    }
}

fn guest(row: &Value) -> Guest {
    let kind = if row["type"] == "lxc" {
        Kind::Lxc
    } else {
        Kind::Qemu
    };
    let running = row["status"] == "running";
    let process = running.then(|| Process {
        pid: 2000,
        started: SimTime::ZERO,
        uptime_before: Duration::from_secs(row["uptime"].as_u64().unwrap_or(0)),
        ready_at: SimTime::ZERO,
        paused: false,
        stopping: false,
    });
    let mut made = Guest {
        process,
        ..plain(kind, u32::try_from(row["vmid"].as_u64().unwrap()).unwrap(), row)
    };
    made.set_tags(row["tags"].as_str().unwrap_or_default());
    made
}

fn plain(kind: Kind, vmid: u32, row: &Value) -> Guest {
    let text = |field: &str| row[field].as_str().unwrap_or_default().to_owned();
    Guest {
        vmid,
        kind,
        name: text("name"),
        node: text("node"),
        pool: None,
        tags: BTreeSet::new(),
        template: false,
        onboot: false,
        agent: false,
        lock: None,
        cores: 1,
        memory_bytes: 160 << 20,
        disk_bytes: 1 << 30,
        storage: "shared".to_owned(),
        uuid: format!("00000000-0000-4000-8000-{vmid:012}"),
        mac: format!("02:00:00:00:00:{:02X}", vmid % 256),
        created_at_secs: 1_790_000_000 + u64::from(vmid),
        config: BTreeMap::new(),
        snapshots: Vec::new(),
        habits: Habits {
            cpu: 0.05,
            memory: 0.5,
            boot: Duration::from_secs(10),
            shutdown: Duration::from_millis(1_500),
            ignores_acpi: false,
            fails_to_start: false,
            agent_silent: false,
        },
        process: None,
        holder: None,
        stopped_at: None,
        edits: 0,
        forced_cpu: None,
        forced_memory: None,
    }
}
