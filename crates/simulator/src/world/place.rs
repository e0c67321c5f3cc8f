//! Where something runs: on a node or in a guest, and whether it can be reached there. Pure.

use std::fmt;

use super::World;
use super::guest::Guest;
use super::node::Node;
use crate::time::SimTime;

/// A machine with services: a node, or a guest by its number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// A node.
    Node(String),
    /// A guest.
    Guest(u32),
}

impl Place {
    /// A node by its name.
    pub fn node(name: &str) -> Self {
        Self::Node(name.to_owned())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(name) => write!(f, "node {name}"),
            Self::Guest(vmid) => write!(f, "guest {vmid}"),
        }
    }
}

/// What a packet to a place meets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Its programs run.
    Answers,
    /// It is there and says nothing.
    Silent,
    /// Nothing is there.
    Gone,
}

/// What a program learns about the machine it runs on.
#[derive(Clone, Debug, PartialEq)]
pub struct Machine {
    /// Host name.
    pub name: String,
    /// Logical processors.
    pub cpus: u32,
    /// Seconds since its start, with fractions.
    pub uptime_secs: f64,
    /// Address of the card with the default route, in lower case.
    pub mac: String,
    /// The device with the default route.
    pub device: &'static str,
    /// The router.
    pub gateway: &'static str,
}

impl World {
    /// What a packet to a place meets now.
    pub fn presence(&self, place: &Place) -> Presence {
        match place {
            Place::Node(name) => self.nodes.get(name).map_or(Presence::Gone, node_presence),
            Place::Guest(vmid) => self
                .guests
                .get(vmid)
                .map_or(Presence::Gone, |guest| self.guest_presence(guest)),
        }
    }

    fn guest_presence(&self, guest: &Guest) -> Presence {
        let below = self.nodes.get(&guest.node).map_or(Presence::Gone, node_presence);
        match (below, guest.process.as_ref()) {
            (Presence::Gone, _) | (_, None) => Presence::Gone,
            (_, Some(process)) if self.now < process.ready_at || process.stopping => Presence::Gone,
            (Presence::Silent, _) => Presence::Silent,
            (Presence::Answers, Some(process)) if process.paused => Presence::Silent,
            (Presence::Answers, Some(_)) => Presence::Answers,
        }
    }

    /// The machine at a place, whether or not it is up.
    pub fn machine(&self, place: &Place) -> Option<Machine> {
        match place {
            Place::Node(name) => self.nodes.get(name).map(|node| Machine {
                name: node.name.clone(),
                cpus: node.cpus,
                uptime_secs: node.uptime(self.now).as_secs_f64(),
                mac: node.mac.to_lowercase(),
                device: "vmbr0",
                gateway: "10.20.0.1",
            }),
            Place::Guest(vmid) => self.guests.get(vmid).map(|guest| Machine {
                name: guest.name.clone(),
                cpus: guest.cores,
                uptime_secs: uptime_secs(guest, self.now),
                mac: guest.mac.to_lowercase(),
                device: "eth0",
                gateway: "10.20.0.1",
            }),
        }
    }
}

fn node_presence(node: &Node) -> Presence {
    if !node.is_on() {
        Presence::Gone
    } else if node.frozen || node.unreachable {
        Presence::Silent
    } else {
        Presence::Answers
    }
}

fn uptime_secs(guest: &Guest, now: SimTime) -> f64 {
    guest.process.as_ref().map_or(0.0, |process| {
        (process.uptime_before + now.since(process.started)).as_secs_f64()
    })
}
