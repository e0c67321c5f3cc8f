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

/// Everything that happened since the beginning.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ledger {
    /// Accepted changing calls.
    pub calls: Vec<Call>,
    /// Starts and stops of guests.
    pub transitions: Vec<Transition>,
    /// Faults.
    pub faults: Vec<Injected>,
}

impl Ledger {
    /// How many calls with this action were accepted for this guest.
    pub fn count(&self, action: &str, vmid: u32) -> usize {
        self.calls
            .iter()
            .filter(|call| call.action == action && call.vmid == Some(vmid))
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
