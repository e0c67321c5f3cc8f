//! What happened: accepted changing calls, starts and stops of guests, faults. Append-only.
//!
//! Tests ask here whether exactly one start happened, instead of believing the client.

use serde::Serialize;

use super::guest::Kind;

/// A changing call that was accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// Number, from 1.
    pub seq: u64,
    /// Simulated time, milliseconds since the beginning.
    pub at_ms: u64,
    /// Who called, with token (`jarvis@pve!act`).
    pub user: String,
    /// The node that was asked.
    pub entry: String,
    /// The method.
    pub method: String,
    /// The path below `/api2/json`.
    pub path: String,
    /// The last word that says what was asked: `start`, `stop`, `config`, `status` ...
    pub action: String,
    /// The guest, when there is one.
    pub vmid: Option<u32>,
    /// The task that was begun.
    pub upid: Option<String>,
    /// The answer was withheld (`reply-lost-next`).
    pub reply_lost: bool,
}

/// A guest's process came or went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Transition {
    /// Simulated time, milliseconds since the beginning.
    pub at_ms: u64,
    /// The guest.
    pub vmid: u32,
    /// The node it happened on.
    pub node: String,
    /// `started` or `stopped`.
    pub what: &'static str,
    /// The task, or `crash`, `inside`, `power` ...
    pub cause: String,
}

/// A fault that was injected.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Injected {
    /// Simulated time, milliseconds since the beginning.
    pub at_ms: u64,
    /// Its description.
    pub what: String,
}

/// What was asked of a service, by a program that ran at its place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Command {
    /// Simulated time, milliseconds since the beginning.
    pub at_ms: u64,
    /// `node atlas`, `guest 101`.
    pub place: String,
    /// Who ran it: the user of an SSH session, or `agent`.
    pub user: String,
    /// `start`, `stop`, `restart`.
    pub action: &'static str,
    /// Unit or container.
    pub service: String,
}

/// A magic packet that went over the network.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wake {
    /// Simulated time, milliseconds since the beginning.
    pub at_ms: u64,
    /// The address in it, in lower case.
    pub mac: String,
    /// Who sent it: a node, or `outside`.
    pub from: String,
    /// Whose card it was for.
    pub node: Option<String>,
    /// The node was off and boots now.
    pub woke: bool,
}

/// Everything that happened since the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// Accepted changing calls.
    pub calls: Vec<Call>,
    /// Starts and stops of guests.
    pub transitions: Vec<Transition>,
    /// Faults.
    pub faults: Vec<Injected>,
    /// What was asked of services.
    pub commands: Vec<Command>,
    /// Magic packets.
    pub wakes: Vec<Wake>,
}

impl Ledger {
    /// How many calls with this action were accepted for this guest.
    pub fn count(&self, action: &str, vmid: u32) -> usize {
        self.calls
            .iter()
            .filter(|call| call.action == action && call.vmid == Some(vmid))
            .count()
    }

    /// How often this was asked of a service (`node atlas`, `restart`, `chrony.service`).
    pub fn asked(&self, place: &str, action: &str, service: &str) -> usize {
        self.commands
            .iter()
            .filter(|command| {
                command.place == place && command.action == action && command.service == service
            })
            .count()
    }

    /// How often the guest's process was started.
    pub fn starts(&self, vmid: u32) -> usize {
        self.transitions
            .iter()
            .filter(|t| t.vmid == vmid && t.what == "started")
            .count()
    }

    /// How often the guest's process ended.
    pub fn stops(&self, vmid: u32) -> usize {
        self.transitions
            .iter()
            .filter(|t| t.vmid == vmid && t.what == "stopped")
            .count()
    }
}

/// What a person would call the guest.
pub fn guest_title(kind: Kind, vmid: u32) -> String {
    format!("{} {vmid}", kind.title())
}
