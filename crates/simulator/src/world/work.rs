//! How tasks proceed: locking, and the tasks that are not about one guest.
//!
//! Each call of [`World::run_task`] makes one step and says when the next one is due.

use std::time::Duration;

use super::World;
use super::guest::Holder;
use super::service::{Keeper, Verb};
use super::task::{Phase, Task, Work};
use super::timing::{DAEMON_STARTS, HA_REQUEST, LOCK_POLL, LOCK_TIMEOUT, STATUS_DAEMON_STOPS};

const BRIEF: Duration = Duration::from_millis(400);
const INCOMING: Duration = Duration::from_millis(1_800);

impl World {
    pub(super) fn run_task(&mut self, seq: u64) {
        let Some(task) = self.tasks.get(&seq).filter(|task| task.end.is_none()).cloned() else {
            return;
        };
        if !self.nodes.get(&task.node).is_some_and(super::node::Node::is_on) {
            self.end_task(seq, "unexpected status");
            return;
        }
        if self.nodes.get(&task.node).is_some_and(|node| node.frozen) {
            self.at(Duration::from_millis(500), super::Event::Task(seq));
            return;
        }
        match &task.work {
            Work::Ha { state, target } => self.ha_task(&task, state, target.as_deref()),
            Work::Service { name, verb } => self.service_task(&task, name, verb),
            Work::Incoming if task.phase == Phase::Forked => {
                self.task_goes_on(task.seq, INCOMING, Phase::Step(1));
            }
            Work::Incoming => self.end_task(task.seq, "OK"),
            Work::Console => self.console_task(&task),
            Work::StartAll => self.start_all(&task),
            Work::StopAll => self.stop_all(&task),
            Work::Create { log, start } => self.create_task(&task, log, *start),
            Work::Backup(backup) => self.backup_task(&task, backup),
            _ => self.guest_task(&task),
        }
    }

    /// Tasks about a guest need its lock file first.
    fn guest_task(&mut self, task: &Task) {
        match task.phase {
            Phase::Forked => {
                if task.work == (Work::Stop { overrule: true }) {
                    self.end_hanging_shutdowns(task);
                }
                self.take_lock(task, self.now);
            }
            Phase::Locking(since) => self.take_lock(task, since),
            Phase::Step(step) => self.guest_step(task, step),
            Phase::Waiting(since) => self.await_shutdown(task, since),
        }
    }

    fn take_lock(&mut self, task: &Task, since: crate::time::SimTime) {
        let Some(vmid) = task.vmid() else {
            self.end_task(task.seq, "no guest given");
            return;
        };
        let now = self.now;
        match self.guests.get_mut(&vmid) {
            // A guest that is not here fails in its first step, without a lock.
            None => self.guest_step(task, 0),
            Some(guest) if guest.node != task.node => self.guest_step(task, 0),
            Some(guest) if guest.holder.is_none() => {
                guest.holder = Some(Holder::Task(task.seq));
                self.guest_step(task, 0);
            }
            Some(guest) if now.since(since) >= LOCK_TIMEOUT => {
                let text = guest.lock_file_text();
                self.end_task(task.seq, &text);
            }
            Some(_) => self.task_goes_on(task.seq, LOCK_POLL, Phase::Locking(since)),
        }
    }

    fn end_hanging_shutdowns(&mut self, task: &Task) {
        let Some(vmid) = task.vmid() else { return };
        let hanging: Vec<u64> = self
            .running_tasks_of(vmid)
            .into_iter()
            .filter(|other| matches!(other.work, Work::Shutdown { .. } | Work::Reboot { .. }))
            .map(|other| other.seq)
            .collect();
        for seq in hanging {
            self.interrupt(seq);
        }
    }

    /// The task only files the request: it is over long before the guest has changed.
    fn ha_task(&mut self, task: &Task, state: &'static str, target: Option<&str>) {
        let Some(vmid) = task.vmid() else { return };
        if task.phase == Phase::Forked {
            let title = self.guests.get(&vmid).map_or("VM", |guest| guest.kind.title());
            let verb = match (target, state) {
                (Some(_), _) => "migration",
                (None, "started") => "start",
                (None, _) => "stop",
            };
            self.task_says(task.seq, format!("Requesting HA {verb} for {title} {vmid}"));
            self.task_goes_on(task.seq, HA_REQUEST, Phase::Step(1));
            return;
        }
        let outcome = match target {
            Some(target) => self.ha_request_move(vmid, target),
            None if state == "stopped" => self.ha_ask_stop(vmid),
            None => self.ha_request(vmid, state),
        };
        let sid = self
            .guests
            .get(&vmid)
            .map(super::guest::Guest::sid)
            .unwrap_or_default();
        if let Ok(()) = outcome {
            self.end_task(task.seq, "OK");
        } else {
            let text = format!("command 'ha-manager set {sid} --state {state}' failed: exit code 255");
            self.end_task(task.seq, &text);
        }
    }

    fn service_task(&mut self, task: &Task, name: &str, verb: &str) {
        if task.phase == Phase::Forked {
            let time = match (name, verb) {
                ("pvestatd", "stop" | "restart") => STATUS_DAEMON_STOPS,
                (_, "start") => DAEMON_STARTS,
                _ => BRIEF,
            };
            if name != "pvestatd" && verb != "start" {
                self.set_daemon(&task.node, name, verb == "reload");
            }
            self.task_goes_on(task.seq, time, Phase::Step(1));
            return;
        }
        self.set_daemon(&task.node, name, verb != "stop");
        self.end_task(task.seq, "OK");
    }

    /// Runs or stops a daemon that the simulation gives a meaning to; others change nothing.
    pub(super) fn set_daemon(&mut self, node: &str, name: &str, on: bool) {
        if name == "pvestatd" && on {
            self.begin_reports(node);
        }
        match name {
            "corosync" => self.set_corosync(node, on),
            "pveproxy" | "pvedaemon" | "pvestatd" => {
                if let Some(state) = self.nodes.get_mut(node) {
                    let daemon = match name {
                        "pveproxy" => &mut state.daemons.proxy,
                        "pvedaemon" => &mut state.daemons.api,
                        _ => &mut state.daemons.status,
                    };
                    *daemon = on;
                }
            }
            _ => {
                let place = super::place::Place::node(node);
                if let Some(id) = self.find_service(&place, Some(Keeper::Systemd), name) {
                    self.change_service(&id, if on { Verb::Start } else { Verb::Stop });
                }
            }
        }
    }

    /// One guest after the other, in the order of their numbers.
    fn start_all(&mut self, task: &Task) {
        let step = if let Phase::Step(step) = task.phase {
            step
        } else {
            0
        };
        let wanted: Vec<(u32, super::guest::Kind)> = self
            .guests
            .values()
            .filter(|g| g.node == task.node && g.onboot && !g.template && !self.ha.manages(g.vmid))
            .map(|g| (g.vmid, g.kind))
            .collect();
        let Some((vmid, kind)) = wanted.get(usize::from(step)).copied() else {
            self.end_task(task.seq, "OK");
            return;
        };
        if self.guests.get(&vmid).is_some_and(|guest| !guest.is_running()) {
            let title = kind.title();
            self.task_says(task.seq, format!("Starting {title} {vmid}"));
            let word = format!("{}start", kind.task_word());
            self.begin_task(&task.node, &word, &vmid.to_string(), "root@pam", Work::Start);
        }
        self.task_goes_on(task.seq, Duration::from_millis(700), Phase::Step(step + 1));
    }

    fn stop_all(&mut self, task: &Task) {
        let running: Vec<(u32, super::guest::Kind)> = self
            .guests
            .values()
            .filter(|guest| guest.node == task.node && guest.is_running())
            .map(|guest| (guest.vmid, guest.kind))
            .collect();
        if task.phase == Phase::Forked {
            for (vmid, kind) in &running {
                let word = format!("{}shutdown", kind.task_word());
                let work = Work::Shutdown {
                    timeout: Duration::from_secs(45),
                    force: true,
                };
                self.begin_task(&task.node, &word, &vmid.to_string(), "root@pam", work);
            }
        }
        if running.is_empty() {
            self.end_task(task.seq, "OK");
        } else {
            self.task_goes_on(task.seq, Duration::from_millis(500), Phase::Step(1));
        }
    }
}
