//! The simulator through its sockets, as a client sees it.

#![expect(
    clippy::unwrap_used,
    reason = "a test may panic, also in what its cases share"
)]

#[path = "wire/agent.rs"]
mod agent;
#[path = "wire/backups.rs"]
mod backups;
#[path = "wire/checklist.rs"]
mod checklist;
#[path = "wire/common.rs"]
mod common;
#[path = "wire/consoles.rs"]
mod consoles;
#[path = "wire/control.rs"]
mod control;
#[path = "wire/endpoints.rs"]
mod endpoints;
#[path = "wire/errors.rs"]
mod errors;
#[path = "wire/faults.rs"]
mod faults;
#[path = "wire/proxmox_npm.rs"]
mod proxmox_npm;
#[path = "wire/proxmoxer.rs"]
mod proxmoxer;
#[path = "wire/reads.rs"]
mod reads;
#[path = "wire/recorded.rs"]
mod recorded;
#[path = "wire/release.rs"]
mod release;
#[path = "wire/ssh.rs"]
mod ssh;
#[path = "wire/tasks.rs"]
mod tasks;
#[path = "wire/timelines/mod.rs"]
mod timelines;
#[path = "wire/tls.rs"]
mod tls;
#[path = "wire/wake.rs"]
mod wake;
