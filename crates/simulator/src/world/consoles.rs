//! Consoles of guests: the ports at which nodes show them, who may come, and until when. What is shown is not known here.
//!
//! As the original: the port is one of the node that was asked, whichever node the guest is on; nobody in ten seconds ends
//! it; its task runs until the visitor goes.

use std::time::Duration;

use super::guest::{Guest, Kind};
use super::task::{Phase, Task, Work};
use super::{Refusal, World};

/// How long a console waits for its visitor.
const PATIENCE: Duration = Duration::from_secs(10);
const FIRST_PORT: u16 = 5900;
const LAST_PORT: u16 = 5999;

/// A console.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Console {
    /// Number of its task.
    pub seq: u64,
    /// The id of that.
    pub upid: String,
    /// The node whose port it is.
    pub node: String,
    /// The port.
    pub port: u16,
    /// The guest.
    pub vmid: u32,
    /// Who may come, with token.
    pub user: String,
    /// With what.
    pub ticket: String,
    /// Somebody came.
    pub visited: bool,
}

impl World {
    /// Begins a console of a guest at a port of `node`.
    pub fn begin_console(&mut self, node: &str, vmid: u32, user: &str) -> Result<Console, Refusal> {
        let taken = |port: &u16| self.consoles.contains_key(&(node.to_owned(), *port));
        let port = (FIRST_PORT..=LAST_PORT)
            .find(|port| !taken(port))
            .ok_or_else(|| Refusal::failed("unable to find free port (5900-6000)"))?;
        let upid = self.begin_task(node, "vncproxy", &vmid.to_string(), user, Work::Console);
        let seq = self.upids.get(&upid).copied().unwrap_or_default();
        let signature = format!("{:016x}{:016x}", self.rng.next_u64(), self.rng.next_u64());
        let console = Console {
            seq,
            upid,
            node: node.to_owned(),
            port,
            vmid,
            user: user.to_owned(),
            ticket: format!("PVEVNC:{:08X}::{signature}+/==", self.unix_now()),
            visited: false,
        };
        self.consoles.insert((node.to_owned(), port), console.clone());
        Ok(console)
    }

    /// The console at a port, while nobody has come.
    pub fn console(&self, node: &str, port: u16) -> Option<&Console> {
        self.consoles
            .get(&(node.to_owned(), port))
            .filter(|console| !console.visited)
    }

    /// Somebody comes to a console.
    pub fn visit_console(&mut self, node: &str, port: u16) -> Option<Console> {
        let console = self.consoles.get_mut(&(node.to_owned(), port))?;
        (!std::mem::replace(&mut console.visited, true)).then(|| console.clone())
    }

    /// Whether a console goes on: its task was not stopped, and its node runs.
    pub fn shows_console(&self, console: &Console) -> bool {
        self.tasks
            .get(&console.seq)
            .is_some_and(|task| task.end.is_none())
    }

    /// A console is over.
    pub fn end_console(&mut self, console: &Console, was_let_in: bool) {
        self.consoles.remove(&(console.node.clone(), console.port));
        let status = if was_let_in { "OK" } else { &failed(console) };
        self.end_task(console.seq, status);
    }

    /// What the program behind a console says in place of showing it: nothing when it shows it.
    pub fn console_refusal(&self, vmid: u32) -> Option<String> {
        let Some(guest) = self.guests.get(&vmid) else {
            return Some(format!("guest {vmid} is gone"));
        };
        match guest.kind {
            Kind::Qemu if guest.serial_port().is_none() => {
                Some("unable to find a serial interface".to_owned())
            }
            Kind::Qemu => (!guest.is_running()).then(|| format!("VM {vmid} not running")),
            Kind::Lxc => (!guest.is_running()).then(|| format!("{vmid} is not running")),
        }
    }

    /// The first line of a console.
    pub fn console_greeting(&self, vmid: u32) -> Option<String> {
        let port = self.guests.get(&vmid).filter(|guest| guest.kind == Kind::Qemu);
        let port = port.and_then(Guest::serial_port)?;
        Some(format!("starting serial terminal on interface {port}"))
    }

    /// Nobody came in time.
    pub(super) fn console_task(&mut self, task: &Task) {
        if task.phase == Phase::Forked {
            let phase = Phase::Waiting(self.now);
            self.task_goes_on(task.seq, PATIENCE, phase);
            return;
        }
        let unvisited = self
            .consoles
            .values()
            .find(|console| console.seq == task.seq && !console.visited);
        if let Some(console) = unvisited.cloned() {
            self.end_console(&console, false);
        }
    }

    pub(super) fn lose_consoles(&mut self, node: &str) {
        self.consoles.retain(|(own, _), _| own != node);
    }
}

fn failed(console: &Console) -> String {
    let Console { port, vmid, .. } = console;
    format!(
        "command '/usr/bin/termproxy {port} --path /vms/{vmid} --perm VM.Console --vncticket-endpoint --verify-port' \
         failed: exit code 1"
    )
}
