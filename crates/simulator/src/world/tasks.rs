//! The life of tasks: fork, steps, end, cancelling, loss with the node, retention.

use std::time::Duration;

use super::task::{End, Phase, Task, Work};
use super::timing::TASKS_KEPT;
use super::{Event, Refusal, World};

impl World {
    /// Forks a worker and returns the id of its task.
    pub(super) fn begin_task(&mut self, node: &str, kind: &str, id: &str, user: &str, work: Work) -> String {
        let now = self.now;
        let started_at_secs = self.unix_now();
        self.next_seq += 1;
        let seq = self.next_seq;
        let (pid, pstart) = match self.nodes.get_mut(node) {
            Some(state) => {
                let ticks = u64::try_from(state.uptime(now).as_millis() / 10).unwrap_or(u64::MAX);
                (state.take_pid(), ticks)
            }
            None => (1, 1),
        };
        let upid = format!("UPID:{node}:{pid:08X}:{pstart:08X}:{started_at_secs:08X}:{kind}:{id}:{user}:");
        let task = Task {
            seq,
            upid: upid.clone(),
            node: node.to_owned(),
            pid,
            pstart,
            started_at_secs,
            started: now,
            kind: kind.to_owned(),
            id: id.to_owned(),
            user: user.to_owned(),
            log: Vec::new(),
            end: None,
            work,
            phase: Phase::Forked,
        };
        self.log_line(node, user, 6, format!("starting task {upid}"));
        self.upids.insert(upid.clone(), seq);
        self.tasks.insert(seq, task);
        self.at(Duration::from_millis(60), Event::Task(seq));
        upid
    }

    /// A task that has ended, with `OK` or the text of an error.
    pub fn ended_task(&mut self, node: &str, kind: &str, id: &str, user: &str, status: &str) -> String {
        let upid = self.begin_task(node, kind, id, user, Work::StopAll);
        self.end_task(self.next_seq, status);
        upid
    }

    /// The task of this id.
    pub fn task(&self, upid: &str) -> Option<&Task> {
        self.tasks.get(self.upids.get(upid)?)
    }

    /// Ends a task with `OK` or an error text and lets go of its guest's lock.
    pub(super) fn end_task(&mut self, seq: u64, status: &str) {
        let now = self.now;
        let Some(task) = self.tasks.get_mut(&seq) else {
            return;
        };
        if task.end.is_some() {
            return;
        }
        let warned = status == "OK"
            && task.work == Work::Start
            && task.vmid().is_some_and(|vmid| self.warns.contains(&vmid));
        let status = if warned {
            task.log
                .push("WARN: the configuration uses what will go in a later release".to_owned());
            "WARNINGS: 1"
        } else {
            status
        };
        task.end = Some(End {
            at: now,
            status: status.to_owned(),
        });
        let (node, user, upid, vmid) = (
            task.node.clone(),
            task.user.clone(),
            task.upid.clone(),
            task.vmid(),
        );
        let priority = if status == "OK" { 6 } else { 3 };
        self.log_line(&node, &user, priority, format!("end task {upid} {status}"));
        if let Some(guest) = vmid.and_then(|vmid| self.guests.get_mut(&vmid))
            && guest.holder == Some(super::guest::Holder::Task(seq))
        {
            guest.holder = None;
        }
        self.forget_old_tasks(&node);
    }

    /// Stops a task from outside (`DELETE`): a finished one stays as it is.
    pub fn cancel_task(&mut self, upid: &str) -> Result<(), Refusal> {
        let seq = *self
            .upids
            .get(upid)
            .ok_or_else(|| Refusal::parameter("upid", "no such task"))?;
        self.interrupt(seq);
        Ok(())
    }

    pub(super) fn interrupt(&mut self, seq: u64) {
        let Some(task) = self.tasks.get(&seq) else { return };
        if task.end.is_some() {
            return;
        }
        if let (Work::Migrate { .. }, Some(vmid)) = (&task.work, task.vmid())
            && let Some(guest) = self.guests.get_mut(&vmid)
        {
            guest.lock = None;
        }
        self.end_task(seq, "received interrupt");
    }

    /// Running tasks of a node die with it.
    pub(super) fn lose_tasks(&mut self, node: &str) {
        self.lose_consoles(node);
        let lost: Vec<u64> = self
            .tasks
            .values()
            .filter(|task| task.node == node && task.end.is_none())
            .map(|task| task.seq)
            .collect();
        for seq in lost {
            let now = self.now;
            if let Some(task) = self.tasks.get_mut(&seq) {
                task.end = Some(End {
                    at: now,
                    status: "unexpected status".to_owned(),
                });
            }
        }
    }

    /// Running tasks about a guest.
    pub(super) fn running_tasks_of(&self, vmid: u32) -> Vec<&Task> {
        self.tasks
            .values()
            .filter(|task| task.end.is_none() && task.vmid() == Some(vmid))
            .collect()
    }

    fn forget_old_tasks(&mut self, node: &str) {
        let finished: Vec<u64> = self
            .tasks
            .values()
            .filter(|task| task.node == node && task.end.is_some())
            .map(|task| task.seq)
            .collect();
        for seq in finished.iter().take(finished.len().saturating_sub(TASKS_KEPT)) {
            if let Some(task) = self.tasks.remove(seq) {
                self.upids.remove(&task.upid);
            }
        }
    }

    /// The next step of a task comes after `delay`, longer when the cluster is slow and the step is work and not waiting.
    pub(super) fn task_goes_on(&mut self, seq: u64, delay: Duration, phase: Phase) {
        if let Some(task) = self.tasks.get_mut(&seq) {
            task.phase = phase;
        }
        let delay = match phase {
            Phase::Locking(_) | Phase::Waiting(_) => delay,
            _ => delay * self.slowness,
        };
        self.at(delay, Event::Task(seq));
    }

    /// Adds a line to a task's log.
    pub(super) fn task_says(&mut self, seq: u64, line: impl Into<String>) {
        if let Some(task) = self.tasks.get_mut(&seq) {
            task.log.push(line.into());
        }
    }
}
