//! What a call about a guest gets at once: a task id, or a refusal before any task exists.
//!
//! The table of sections 10 and 12 of the API facts: which mistakes are refused directly and which only end the task.

use std::time::Duration;

use super::guest::{Guest, Kind};
use super::task::Work;
use super::timing::SHUTDOWN_TIMEOUT;
use super::{Refusal, World};

/// A wish about a guest's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start.
    Start,
    /// Stop hard.
    Stop {
        /// End a running shutdown first.
        overrule: bool,
    },
    /// Shut down.
    Shutdown {
        /// How long to wait; the default is a minute.
        timeout: Option<Duration>,
        /// Then stop hard.
        force: bool,
    },
    /// Shut down and start again.
    Reboot {
        /// How long to wait; the default is a minute.
        timeout: Option<Duration>,
    },
    /// Reset.
    Reset,
    /// Pause.
    Suspend,
    /// Continue.
    Resume,
}

/// The text without quorum.
pub const NO_QUORUM: &str = "cluster not ready - no quorum?";

impl World {
    /// Accepts or refuses a wish; the answer is a task id.
    pub fn act(
        &mut self,
        node: &str,
        kind: Kind,
        vmid: u32,
        action: Action,
        user: &str,
    ) -> Result<String, Refusal> {
        let guest = self.guests.get(&vmid).filter(|guest| guest.kind == kind);
        let running = guest.is_some_and(Guest::is_running);
        let paused = guest.is_some_and(|guest| guest.fine_status() == "paused");
        let here = guest.is_some_and(|guest| guest.node == node);
        refused_at_once(kind, vmid, action, running, paused, here || guest.is_none())?;
        if action == Action::Start && !self.is_quorate(node) {
            return Err(Refusal::failed(NO_QUORUM));
        }
        if let Some(upid) = self.by_way_of_ha(node, kind, vmid, action, user)? {
            return Ok(upid);
        }
        let wait = |timeout: Option<Duration>| timeout.unwrap_or(SHUTDOWN_TIMEOUT);
        let (word, work) = match action {
            Action::Start => ("start", Work::Start),
            Action::Stop { overrule } => ("stop", Work::Stop { overrule }),
            Action::Shutdown { timeout, force } => (
                "shutdown",
                Work::Shutdown {
                    timeout: wait(timeout),
                    force,
                },
            ),
            Action::Reboot { timeout } => (
                "reboot",
                Work::Reboot {
                    timeout: wait(timeout),
                },
            ),
            Action::Reset => ("reset", Work::Reset),
            Action::Suspend if kind == Kind::Qemu => ("pause", Work::Suspend),
            Action::Suspend => ("suspend", Work::Suspend),
            Action::Resume => ("resume", Work::Resume),
        };
        let word = format!("{}{word}", kind.task_word());
        Ok(self.begin_task(node, &word, &vmid.to_string(), user, work))
    }

    /// Start, stop and shutdown of HA-managed guests only file a request.
    fn by_way_of_ha(
        &mut self,
        node: &str,
        kind: Kind,
        vmid: u32,
        action: Action,
        user: &str,
    ) -> Result<Option<String>, Refusal> {
        if !self.ha.manages(vmid) || self.guests.get(&vmid).is_none_or(|guest| guest.kind != kind) {
            return Ok(None);
        }
        let (word, state) = match action {
            Action::Start => ("hastart", "started"),
            Action::Stop { overrule: true } => {
                return Err(Refusal::parameter(
                    "overrule-shutdown",
                    "Not applicable for HA resources.\n",
                ));
            }
            Action::Stop { .. } | Action::Shutdown { .. } => ("hastop", "stopped"),
            _ => return Ok(None),
        };
        if let Some(service) = self.ha.services.get_mut(&vmid) {
            service.stop_hard = matches!(action, Action::Stop { .. });
        }
        let work = Work::Ha { state, target: None };
        Ok(Some(self.begin_task(node, word, &vmid.to_string(), user, work)))
    }

    /// Takes a snapshot.
    pub fn snapshot(
        &mut self,
        node: &str,
        kind: Kind,
        vmid: u32,
        work: Work,
        user: &str,
    ) -> Result<String, Refusal> {
        self.guest_on(node, kind, vmid)?;
        let word = match work {
            Work::DeleteSnapshot { .. } => "delsnapshot",
            Work::Rollback { .. } => "rollback",
            _ => "snapshot",
        };
        let word = format!("{}{word}", kind.task_word());
        Ok(self.begin_task(node, &word, &vmid.to_string(), user, work))
    }

    /// Moves a guest; the task runs on the source node.
    pub fn migrate(
        &mut self,
        node: &str,
        kind: Kind,
        vmid: u32,
        target: &str,
        allow_running: bool,
        user: &str,
    ) -> Result<String, Refusal> {
        if !self.is_quorate(node) {
            return Err(Refusal::failed(NO_QUORUM));
        }
        if target == node {
            return Err(Refusal::parameter("target", "target is local node."));
        }
        if !self.nodes.contains_key(target) {
            return Err(Refusal::failed(format!("no such cluster node '{target}'")));
        }
        let guest = self.guest_on(node, kind, vmid)?;
        let running = guest.is_running();
        if running && !allow_running {
            let text = match kind {
                Kind::Qemu => "can't migrate running VM without --online",
                Kind::Lxc => "can't migrate running container without --online or --restart",
            };
            return Err(Refusal::failed(text));
        }
        if !self.sees_online(node, target) {
            return Err(Refusal::failed(format!("node '{target}' is offline")));
        }
        if self.ha.manages(vmid) {
            let work = Work::Ha {
                state: "started",
                target: Some(target.to_owned()),
            };
            return Ok(self.begin_task(node, "hamigrate", &vmid.to_string(), user, work));
        }
        let word = if kind == Kind::Qemu {
            "qmigrate"
        } else {
            "vzmigrate"
        };
        let work = Work::Migrate {
            target: target.to_owned(),
            online: running,
        };
        Ok(self.begin_task(node, word, &vmid.to_string(), user, work))
    }

    /// Starts, stops, restarts or reloads a service of a node.
    pub fn service_command(
        &mut self,
        node: &str,
        service: &str,
        verb: &'static str,
        user: &str,
    ) -> Result<String, Refusal> {
        if verb == "stop" && matches!(service, "pveproxy" | "pvedaemon" | "pve-cluster") {
            return Err(Refusal::failed(format!(
                "invalid service cmd 'stop' for '{service}'"
            )));
        }
        let work = Work::Service {
            name: service.to_owned(),
            verb,
        };
        Ok(self.begin_task(node, &format!("srv{verb}"), service, user, work))
    }

    /// Sends a magic packet from `entry` to `target`; the address comes back.
    pub fn wake(&mut self, entry: &str, target: &str) -> Result<String, Refusal> {
        if entry == target {
            return Err(Refusal::failed(format!(
                "'{target}' is local node, cannot wake my self!"
            )));
        }
        let Some(node) = self.nodes.get(target) else {
            return Err(Refusal::failed(format!("no such cluster node '{target}'")));
        };
        let Some(mac) = node.wake_mac.clone() else {
            return Err(Refusal::failed(format!(
                "No wake on LAN MAC address defined for '{target}'!"
            )));
        };
        self.magic_packet(&mac, entry);
        Ok(mac)
    }
}

fn refused_at_once(
    kind: Kind,
    vmid: u32,
    action: Action,
    running: bool,
    paused: bool,
    here: bool,
) -> Result<(), Refusal> {
    let text = match (kind, action) {
        (_, Action::Reboot { .. }) if !running || !here => format!("VM {vmid} not running"),
        (_, Action::Reset | Action::Suspend | Action::Resume) if !running || !here => {
            format!("VM {vmid} not running")
        }
        (Kind::Qemu, Action::Shutdown { force: false, .. }) if paused => {
            "VM is paused - cannot shutdown".to_owned()
        }
        (Kind::Lxc, Action::Start) if running && here => format!("CT {vmid} already running"),
        (Kind::Lxc, Action::Stop { .. } | Action::Shutdown { .. }) if !running && here => {
            format!("CT {vmid} not running")
        }
        _ => return Ok(()),
    };
    Err(Refusal::failed(text))
}
