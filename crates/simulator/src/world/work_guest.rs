//! What tasks do to a guest: start, stop, shut down, reboot, pause, snapshot, move.

use std::time::Duration;

use super::guest::{Guest, Holder, Kind, Process, Snapshot};
use super::task::{Phase, Task, Work};
use super::timing::{CLEANUP_HOLDS, CLEANUP_WINDOW, REBOOT_RESTART};
use super::{Event, World};

const LAUNCH: Duration = Duration::from_millis(600);
const SETTLE: Duration = Duration::from_millis(900);
const KILL: Duration = Duration::from_millis(500);

impl World {
    /// One step of a task about a guest, with its lock held.
    pub(super) fn guest_step(&mut self, task: &Task, step: u16) {
        let Some(vmid) = task.vmid() else { return };
        let Some(guest) = self
            .guests
            .get(&vmid)
            .filter(|guest| guest.node == task.node || step > 0)
        else {
            let kind = if task.kind.starts_with("vz") {
                Kind::Lxc
            } else {
                Kind::Qemu
            };
            let text = Guest::missing_text(kind, &task.node, vmid);
            self.end_task(task.seq, &text);
            return;
        };
        if step == 0
            && let Some(text) = refused_by_lock(guest, &task.work)
        {
            self.end_task(task.seq, &text);
            return;
        }
        match &task.work {
            Work::Start => self.start_step(task, vmid, step),
            Work::Stop { .. } => self.stop_step(task, vmid, step),
            Work::Shutdown { .. } | Work::Reboot { .. } => self.begin_shutdown(task, vmid),
            Work::Reset | Work::Suspend | Work::Resume => self.processor_step(task, vmid),
            Work::Snapshot { .. } | Work::DeleteSnapshot { .. } | Work::Rollback { .. } => {
                self.snapshot_step(task, vmid, step);
            }
            Work::Migrate { target, online } => self.migrate_step(task, vmid, step, target, *online),
            Work::Destroy => self.destroy_step(task, vmid, step),
            Work::Configure(change) => self.configure_step(task, vmid, change),
            _ => self.end_task(task.seq, "OK"),
        }
    }

    fn start_step(&mut self, task: &Task, vmid: u32, step: u16) {
        let guest = &self.guests[&vmid];
        let title = super::ledger::guest_title(guest.kind, vmid);
        let failing = guest.habits.fails_to_start;
        match step {
            // With a backup lock the running guest is merely resumed: that ends well.
            0 if guest.is_running() && guest.lock.is_some() => self.end_task(task.seq, "OK"),
            0 if guest.is_running() => self.end_task(task.seq, &format!("{title} already running")),
            0 if guest.template => self.end_task(task.seq, "you can't start a vm if it's a template"),
            0 => {
                self.forget_old_stop(vmid);
                self.task_goes_on(task.seq, LAUNCH, Phase::Step(1));
            }
            1 => {
                self.start_process(vmid, &task.upid);
                let delay = if failing { Duration::from_secs(1) } else { SETTLE };
                self.task_goes_on(task.seq, delay, Phase::Step(2));
            }
            _ if failing => {
                self.end_process(vmid, "start failed");
                let text = match guest_kind(self, vmid) {
                    Kind::Qemu => "start failed: QEMU exited with code 1".to_owned(),
                    Kind::Lxc => format!("startup for container '{vmid}' failed"),
                };
                self.end_task(task.seq, &text);
            }
            _ => {
                self.end_task(task.seq, "OK");
                self.cleanup_collides(vmid);
            }
        }
    }

    /// The cleanup of a stop that is long past is over.
    fn forget_old_stop(&mut self, vmid: u32) {
        let now = self.now;
        if let Some(guest) = self.guests.get_mut(&vmid) {
            guest
                .stopped_at
                .take_if(|stopped| now.since(*stopped) >= CLEANUP_WINDOW);
        }
    }

    /// A start right after a stop: the event daemon's cleanup of the stop now waits on the new process.
    fn cleanup_collides(&mut self, vmid: u32) {
        let Some(guest) = self.guests.get_mut(&vmid) else {
            return;
        };
        let collides = guest.kind == Kind::Qemu && guest.stopped_at.take().is_some();
        if collides {
            guest.holder = Some(Holder::Cleanup);
            self.at(CLEANUP_HOLDS, Event::CleanupDone { vmid });
        }
    }

    fn stop_step(&mut self, task: &Task, vmid: u32, step: u16) {
        let now = self.now;
        let Some(guest) = self.guests.get_mut(&vmid) else {
            return;
        };
        if !guest.is_running() {
            self.end_task(task.seq, "OK");
        } else if step == 0 {
            if let (Kind::Lxc, Some(process)) = (guest.kind, guest.process.as_mut()) {
                process.stopping = true;
            }
            self.task_goes_on(task.seq, KILL, Phase::Step(1));
        } else {
            guest.stopped_at = Some(now);
            self.end_process(vmid, &task.upid);
            self.task_goes_on(task.seq, KILL, Phase::Step(2));
        }
    }

    fn begin_shutdown(&mut self, task: &Task, vmid: u32) {
        let Some(guest) = self.guests.get_mut(&vmid) else {
            return;
        };
        let Some(process) = guest.process.as_mut() else {
            self.end_task(task.seq, "OK");
            return;
        };
        process.stopping = guest.kind == Kind::Lxc;
        let since = self.now;
        self.task_goes_on(task.seq, Duration::from_millis(250), Phase::Waiting(since));
    }

    pub(super) fn await_shutdown(&mut self, task: &Task, since: crate::time::SimTime) {
        let Some(guest) = task.vmid().and_then(|vmid| self.guests.get(&vmid)) else {
            return;
        };
        let vmid = guest.vmid;
        let waited = self.now.since(since);
        let (timeout, force) = match task.work {
            Work::Shutdown { timeout, force } => (timeout, force),
            Work::Reboot { timeout } => (timeout, false),
            _ => (Duration::ZERO, false),
        };
        let paused = guest.process.as_ref().is_some_and(|process| process.paused);
        let obeys = !guest.habits.ignores_acpi && !paused;
        if !guest.is_running() {
            self.shutdown_done(task, vmid);
        } else if obeys && waited >= guest.habits.shutdown * self.slowness {
            self.end_process(vmid, &task.upid);
            self.shutdown_done(task, vmid);
        } else if waited >= timeout && force {
            self.task_says(task.seq, "VM still running - terminating now with SIGTERM");
            self.end_process(vmid, &task.upid);
            self.shutdown_done(task, vmid);
        } else if waited >= timeout {
            if let Some(process) = self
                .guests
                .get_mut(&vmid)
                .and_then(|guest| guest.process.as_mut())
            {
                process.stopping = false;
            }
            let text = match guest_kind(self, vmid) {
                Kind::Qemu => "VM quit/powerdown failed - got timeout".to_owned(),
                Kind::Lxc => format!(
                    "command 'lxc-stop -n {vmid} --timeout {}' failed: exit code 1",
                    timeout.as_secs()
                ),
            };
            self.end_task(task.seq, &text);
        } else {
            let rest = timeout.saturating_sub(waited).min(Duration::from_millis(250));
            // Never zero: time would stand still.
            self.task_goes_on(
                task.seq,
                rest.max(Duration::from_millis(1)),
                Phase::Waiting(since),
            );
        }
    }

    /// A reboot's task is over when the guest is down; the event daemon starts it again a moment later.
    fn shutdown_done(&mut self, task: &Task, vmid: u32) {
        let now = self.now;
        let reboot = matches!(task.work, Work::Reboot { .. });
        if let Some(guest) = self.guests.get_mut(&vmid) {
            guest.stopped_at = (!reboot).then_some(now);
        }
        self.end_task(task.seq, "OK");
        if reboot {
            self.at(
                REBOOT_RESTART * self.slowness,
                Event::Restart {
                    vmid,
                    node: task.node.clone(),
                },
            );
        }
    }

    /// Without quorum this start fails and nobody is told.
    pub(super) fn restart_after_reboot(&mut self, vmid: u32, node: &str) {
        let Some(guest) = self.guests.get(&vmid) else {
            return;
        };
        if guest.node == node && !guest.is_running() && self.is_quorate(node) && self.nodes[node].works() {
            let word = format!("{}start", guest.kind.task_word());
            self.begin_task(node, &word, &vmid.to_string(), "root@pam", Work::Start);
        }
    }

    fn processor_step(&mut self, task: &Task, vmid: u32) {
        let Some(guest) = self.guests.get_mut(&vmid) else {
            return;
        };
        let kind = guest.kind;
        let Some(process) = guest.process.as_mut() else {
            self.end_task(task.seq, &format!("VM {vmid} not running"));
            return;
        };
        let outcome = match (&task.work, kind) {
            (Work::Suspend, Kind::Lxc) => {
                format!("command 'lxc-checkpoint -n {vmid} -s -D /var/lib/vz/dump' failed: exit code 1")
            }
            (Work::Suspend, Kind::Qemu) => {
                process.paused = true;
                "OK".to_owned()
            }
            (Work::Resume, _) => {
                process.paused = false;
                "OK".to_owned()
            }
            _ => "OK".to_owned(),
        };
        self.end_task(task.seq, &outcome);
    }

    fn snapshot_step(&mut self, task: &Task, vmid: u32, step: u16) {
        if step == 0 {
            self.task_goes_on(task.seq, KILL, Phase::Step(1));
            return;
        }
        let taken_at_secs = self.unix_now();
        let Some(guest) = self.guests.get_mut(&vmid) else {
            return;
        };
        let place = |guest: &Guest, name: &str| guest.snapshots.iter().position(|s| s.name == *name);
        let outcome = match &task.work {
            Work::Snapshot { name, .. } if place(guest, name).is_some() => {
                format!("snapshot name '{name}' already used")
            }
            Work::Snapshot { name, description } => {
                let parent = guest.snapshots.last().map(|snapshot| snapshot.name.clone());
                let (name, description) = (name.clone(), description.clone());
                let disk = format!("{}:vm-{vmid}-disk-0", guest.storage);
                guest.snapshots.push(Snapshot {
                    name,
                    description,
                    taken_at_secs,
                    parent,
                });
                self.task_says(task.seq, format!("snapshotting 'drive-scsi0' ({disk})"));
                "OK".to_owned()
            }
            Work::DeleteSnapshot { name } | Work::Rollback { name } => match place(guest, name) {
                None => format!("snapshot '{name}' does not exist"),
                Some(at) if matches!(task.work, Work::DeleteSnapshot { .. }) => {
                    guest.snapshots.remove(at);
                    "OK".to_owned()
                }
                Some(_) => {
                    self.end_process(vmid, &task.upid);
                    "OK".to_owned()
                }
            },
            _ => "OK".to_owned(),
        };
        self.end_task(task.seq, &outcome);
    }

    fn migrate_step(&mut self, task: &Task, vmid: u32, step: u16, target: &str, online: bool) {
        let now_text = format!("migration of VM {vmid} to node '{target}'");
        let quick = if online {
            Duration::from_secs(2)
        } else {
            Duration::from_millis(1_500)
        };
        match step {
            0 => {
                if let Some(guest) = self.guests.get_mut(&vmid) {
                    guest.lock = Some("migrate".to_owned());
                }
                self.task_says(task.seq, format!("starting {now_text}"));
                let next = if online { Phase::Step(1) } else { Phase::Step(2) };
                self.task_goes_on(task.seq, quick, next);
            }
            1 => {
                self.await_on_target(task, vmid, target);
                self.task_goes_on(task.seq, quick * 2, Phase::Step(2));
            }
            2 if !self.nodes.get(target).is_some_and(super::node::Node::works) => {
                if let Some(guest) = self.guests.get_mut(&vmid) {
                    guest.lock = None;
                }
                self.end_task(task.seq, "migration aborted");
            }
            2 => {
                self.move_guest(vmid, target, &task.upid);
                let rest = if online {
                    Duration::from_secs(3)
                } else {
                    Duration::from_millis(300)
                };
                self.task_goes_on(task.seq, rest, Phase::Step(3));
            }
            _ => {
                if let Some(guest) = self.guests.get_mut(&vmid) {
                    guest.lock = None;
                }
                self.task_says(task.seq, "migration finished successfully");
                self.end_task(task.seq, "OK");
            }
        }
    }

    /// The other node starts an empty machine first, which shows as a task of its own.
    fn await_on_target(&mut self, task: &Task, vmid: u32, target: &str) {
        if task.kind.starts_with("qm") && self.nodes.get(target).is_some_and(super::node::Node::works) {
            self.begin_task(target, "qmstart", &vmid.to_string(), "root@pam", Work::Incoming);
        }
    }

    /// The configuration moves; a running guest gets a new process on the other node.
    pub(super) fn move_guest(&mut self, vmid: u32, target: &str, cause: &str) {
        let was_running = self.guests.get(&vmid).is_some_and(Guest::is_running);
        let paused = self
            .guests
            .get(&vmid)
            .is_some_and(|guest| guest.fine_status() == "paused");
        if was_running {
            self.end_process(vmid, cause);
        }
        if let Some(guest) = self.guests.get_mut(&vmid) {
            target.clone_into(&mut guest.node);
        }
        if was_running {
            self.give_process(vmid, cause);
            let now = self.now;
            if let Some(process) = self
                .guests
                .get_mut(&vmid)
                .and_then(|guest| guest.process.as_mut())
            {
                process.paused = paused;
                process.ready_at = now;
            }
        }
    }

    /// Gives a guest a process on its node; its services start with it.
    pub(super) fn start_process(&mut self, vmid: u32, cause: &str) {
        self.give_process(vmid, cause);
        self.place_started(&super::place::Place::Guest(vmid));
    }

    fn give_process(&mut self, vmid: u32, cause: &str) {
        let now = self.now;
        let Some(guest) = self.guests.get_mut(&vmid) else {
            return;
        };
        let pid = self
            .nodes
            .get_mut(&guest.node)
            .map_or(1, super::node::Node::take_pid);
        guest.process = Some(Process {
            pid,
            started: now,
            uptime_before: Duration::ZERO,
            ready_at: now + guest.habits.boot,
            paused: false,
            stopping: false,
        });
        let node = guest.node.clone();
        self.note_transition(vmid, &node, "started", cause);
    }

    /// Ends a guest's process, if it has one.
    pub(super) fn end_process(&mut self, vmid: u32, cause: &str) {
        let Some(guest) = self.guests.get_mut(&vmid) else {
            return;
        };
        if guest.process.take().is_some() {
            let node = guest.node.clone();
            self.forget_agent_jobs(vmid);
            self.note_transition(vmid, &node, "stopped", cause);
        }
    }
}

fn guest_kind(world: &World, vmid: u32) -> Kind {
    world.guests.get(&vmid).map_or(Kind::Qemu, |guest| guest.kind)
}

/// The lock in the configuration bars everything but the start of a running guest that is being backed up.
fn refused_by_lock(guest: &Guest, work: &Work) -> Option<String> {
    let text = guest.locked_text()?;
    let resumes = *work == Work::Start && guest.is_running() && guest.lock.as_deref() == Some("backup");
    (!resumes).then_some(text)
}
