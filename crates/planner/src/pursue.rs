//! What to do next about an effect in flight: follow its task, look for the wished state, or give it an end.
//!
//! A reply never closes an intent; a fresh observation does. A lost reply is resolved by looking at the task list and
//! the state, never by sending again. At its deadline an intent without an answer is `Unresolved`.

mod host;

use jarvis_model::{
    Effect, Event, GuestStatus, GuestVerb, Host, Intent, LiveStatus, NodeName, NodeStatus, NodeVerb,
    Observed, Outcome, Reach, ServiceStatus, ServiceUnit, Stage, TaskObserved, Timestamp, Upid, Vmid, limits,
    observed::exit_is_success,
};
use std::time::Duration;

/// A look is repeated at most this often.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How long a request whose reply was lost may still turn up as a task: Proxmox waits up to 30 s by itself.
pub const SETTLE_AFTER_LOST_REPLY: Duration = Duration::from_secs(40);
/// How long a request of a process that died may still turn up as a task.
pub const SETTLE_AFTER_CRASH: Duration = Duration::from_secs(10);
/// The node's clock may be this much behind ours.
const CLOCK_SLACK: Duration = Duration::from_secs(5);

/// How a task stands, as asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskSeen {
    /// It runs.
    Running,
    /// It ended with this text.
    Ended(String),
    /// Its node does not know it.
    Gone,
}

/// What was looked at for an intent, each with the time of the look.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evidence {
    /// Whether this process is sending it right now.
    pub in_hand: bool,
    /// Tasks of the target at its node since the intent was logged.
    pub tasks: Option<(Vec<TaskObserved>, Timestamp)>,
    /// The followed task.
    pub task: Option<(TaskSeen, Timestamp)>,
    /// The guest's live status.
    pub live: Option<(LiveStatus, Timestamp)>,
    /// Uptime of the node, seconds, when its own API answered.
    pub node_uptime: Option<(u64, Timestamp)>,
    /// What the service does.
    pub service: Option<(ServiceStatus, Timestamp)>,
    /// How far the cluster's clock is ahead of ours, milliseconds, as far as the two could be told apart.
    pub cluster_ahead_millis: i64,
    /// Whether a look is under way.
    pub looking: bool,
    /// When the latest look was tried, with or without success.
    pub tried_at: Option<Timestamp>,
}

/// What to do next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Nothing before then.
    Wait {
        /// When to ask again.
        until: Timestamp,
    },
    /// Look for the task at the node.
    LookTasks {
        /// Where.
        node: NodeName,
        /// Of which guest.
        vmid: Vmid,
        /// Started at or after this.
        since: Timestamp,
    },
    /// Ask for the task's state.
    FollowTask {
        /// Which.
        upid: Upid,
    },
    /// Read the guest live.
    LookGuest {
        /// Which.
        vmid: Vmid,
    },
    /// Ask the node for its uptime.
    LookNode {
        /// Which.
        node: NodeName,
    },
    /// Ask a host for a service's state.
    LookService {
        /// Where.
        host: Host,
        /// By which way.
        reach: Reach,
        /// Which.
        unit: ServiceUnit,
    },
    /// Remember this.
    Record {
        /// What.
        event: Event,
    },
}

/// What to do next about `intent`.
pub fn pursue(intent: &Intent, evidence: &Evidence, observed: &Observed, now: Timestamp) -> Step {
    if evidence.in_hand {
        return Step::Wait {
            until: now + LOOK_EVERY,
        };
    }
    if now >= intent.deadline {
        // Nothing is at work any more after a packet was sent.
        let seen_end =
            matches!(intent.stage, Stage::Finished { .. }) || matches!(intent.effect, Effect::Wake { .. });
        return close(
            intent,
            if seen_end {
                Outcome::NotVerified
            } else {
                Outcome::Unresolved
            },
        );
    }
    match &intent.effect {
        Effect::Guest {
            vmid, node, request, ..
        } => {
            let case = GuestCase {
                intent,
                evidence,
                observed,
                now,
                vmid: *vmid,
                node,
                request,
            };
            case.step()
        }
        Effect::Node { node, request } => node_step(intent, evidence, observed, now, node, *request),
        Effect::Host { .. } => host::step(intent, evidence, now),
        Effect::Wake { node, .. } => host::wake(intent, observed, node, now),
    }
}

fn close(intent: &Intent, outcome: Outcome) -> Step {
    Step::Record {
        event: Event::IntentClosed {
            intent: intent.id.clone(),
            outcome,
        },
    }
}

struct GuestCase<'a> {
    intent: &'a Intent,
    evidence: &'a Evidence,
    observed: &'a Observed,
    now: Timestamp,
    vmid: Vmid,
    node: &'a NodeName,
    request: &'a GuestVerb,
}

impl GuestCase<'_> {
    fn step(&self) -> Step {
        match &self.intent.stage {
            Stage::Logged => self.find(self.intent.logged_at, SETTLE_AFTER_CRASH),
            Stage::ReplyUnknown { .. } => self.find(self.intent.logged_at, SETTLE_AFTER_LOST_REPLY),
            Stage::Accepted { upid: Some(upid), .. } => self.follow(upid),
            Stage::Accepted { upid: None, .. } => self.finished(),
            Stage::Finished { at } => self.verify(*at),
        }
    }

    fn throttled(&self, look: Step) -> Step {
        match self.evidence.tried_at {
            Some(tried) if self.now < tried + LOOK_EVERY => Step::Wait {
                until: tried + LOOK_EVERY,
            },
            _ => look,
        }
    }

    fn finished(&self) -> Step {
        Step::Record {
            event: Event::TaskFinished {
                intent: self.intent.id.clone(),
            },
        }
    }

    /// Whether it was carried out at all, by the node's task list.
    fn find(&self, logged_at: Timestamp, settle: Duration) -> Step {
        if let Some((tasks, _)) = &self.evidence.tasks {
            let words = task_types(self.request);
            let since = self.by_cluster(logged_at);
            let ours = |task: &&TaskObserved| {
                words.contains(&task.upid.task_type()) && task.upid.started_at() >= since
            };
            if let Some(task) = tasks
                .iter()
                .filter(ours)
                .min_by_key(|task| task.upid.started_at())
            {
                let upid = Some(task.upid.clone());
                return Step::Record {
                    event: Event::EffectAccepted {
                        intent: self.intent.id.clone(),
                        upid,
                    },
                };
            }
        }
        let settled = logged_at + settle;
        let looked_late = self.evidence.tasks.as_ref().is_some_and(|(_, at)| *at >= settled);
        if looked_late {
            return close(self.intent, Outcome::NotSent);
        }
        let since = self.by_cluster(logged_at);
        self.throttled(Step::LookTasks {
            node: self.node.clone(),
            vmid: self.vmid,
            since,
        })
    }

    /// From when on, by the cluster's clock, a task may be what was logged then.
    fn by_cluster(&self, logged_at: Timestamp) -> Timestamp {
        let ahead = self.evidence.cluster_ahead_millis;
        let there = Timestamp::from_millis(logged_at.as_millis().saturating_add_signed(ahead));
        Timestamp::from_secs(there.as_secs()) - CLOCK_SLACK
    }

    fn follow(&self, upid: &Upid) -> Step {
        match &self.evidence.task {
            Some((TaskSeen::Ended(exit), _)) => self.ended(exit),
            Some((TaskSeen::Gone, _)) => self.finished(),
            Some((TaskSeen::Running, _)) | None => self.throttled(Step::FollowTask { upid: upid.clone() }),
        }
    }

    fn ended(&self, exit: &str) -> Step {
        let starting = matches!(self.request, GuestVerb::Start);
        if exit_is_success(exit) || (starting && exit.contains("already running")) {
            return self.finished();
        }
        if is_lock_timeout(exit) {
            return close(
                self.intent,
                Outcome::Rejected {
                    text: exit.to_owned(),
                    retryable: true,
                },
            );
        }
        close(
            self.intent,
            Outcome::Failed {
                text: exit.to_owned(),
            },
        )
    }

    /// Looks for the wished state after the task's end.
    fn verify(&self, finished_at: Timestamp) -> Step {
        if let Some((live, seen_at)) = &self.evidence.live
            && *seen_at >= finished_at
            && self.is_wished(live, finished_at, *seen_at)
        {
            return close(self.intent, Outcome::Verified);
        }
        let looked = self
            .evidence
            .live
            .as_ref()
            .is_some_and(|(_, at)| *at >= finished_at);
        if looked && self.now >= finished_at + self.patience() {
            return close(self.intent, Outcome::NotVerified);
        }
        self.throttled(Step::LookGuest { vmid: self.vmid })
    }

    /// How long after the task's end the wished state may take: HA acts seconds to minutes later, a reboot has a gap.
    fn patience(&self) -> Duration {
        let by_ha = self
            .observed
            .guests
            .get(&self.vmid)
            .is_some_and(|guest| guest.ha_state.is_some());
        match self.request {
            _ if by_ha => Duration::from_mins(3),
            GuestVerb::Reboot { .. } => Duration::from_mins(2),
            GuestVerb::Migrate { .. } => Duration::from_mins(1),
            _ => Duration::from_secs(45),
        }
    }

    fn is_wished(&self, live: &LiveStatus, finished_at: Timestamp, seen_at: Timestamp) -> bool {
        let running = live.status == GuestStatus::Running;
        match self.request {
            GuestVerb::Start => running,
            GuestVerb::Shutdown { .. } | GuestVerb::Stop => live.status == GuestStatus::Stopped,
            GuestVerb::Reboot { .. } => {
                let since_logged = seen_at.since(self.intent.logged_at).as_secs();
                let before = self.intent.uptime_before_secs.unwrap_or(u64::MAX);
                running && live.uptime_secs < before.max(1) && live.uptime_secs <= since_logged + 1
            }
            GuestVerb::Reset => running,
            GuestVerb::Snapshot { .. } | GuestVerb::Rollback { .. } => {
                live.lock.is_none() && seen_at >= finished_at
            }
            GuestVerb::Migrate { target, .. } => self
                .observed
                .guests
                .get(&self.vmid)
                .is_some_and(|guest| guest.node == *target),
        }
    }
}

/// Task types a request may appear as, also when the HA manager takes it.
fn task_types(request: &GuestVerb) -> &'static [&'static str] {
    match request {
        GuestVerb::Start => &["qmstart", "vzstart", "hastart"],
        GuestVerb::Shutdown { .. } => &["qmshutdown", "vzshutdown", "hastop"],
        GuestVerb::Reboot { .. } => &["qmreboot", "vzreboot"],
        GuestVerb::Stop => &["qmstop", "vzstop", "hastop"],
        GuestVerb::Reset => &["qmreset"],
        GuestVerb::Snapshot { .. } => &["qmsnapshot", "vzsnapshot"],
        GuestVerb::Rollback { .. } => &["qmrollback", "vzrollback"],
        GuestVerb::Migrate { .. } => &["qmigrate", "vzmigrate", "hamigrate"],
    }
}

/// "Try later": another operation has the guest.
fn is_lock_timeout(text: &str) -> bool {
    text.contains("can't lock file") && text.contains("got timeout")
}

/// Node power has no task: a reboot is verified by an uptime that fell, a shutdown by the node's being Known offline.
fn node_step(
    intent: &Intent,
    evidence: &Evidence,
    observed: &Observed,
    now: Timestamp,
    node: &NodeName,
    request: NodeVerb,
) -> Step {
    let since = match &intent.stage {
        Stage::Accepted { at, .. } | Stage::Finished { at } => *at,
        Stage::Logged | Stage::ReplyUnknown { .. } => intent.logged_at,
    };
    let state = observed
        .nodes
        .get(node)
        .map(|seen| seen.status.fresh(now, limits::CRITICAL).copied());
    match request {
        NodeVerb::Shutdown => {
            if state == Some(Some(NodeStatus::Offline)) {
                return close(intent, Outcome::Verified);
            }
        }
        NodeVerb::Reboot => {
            if let Some((uptime, seen_at)) = evidence.node_uptime
                && seen_at >= since
                && uptime < intent.uptime_before_secs.unwrap_or(u64::MAX)
                && uptime <= seen_at.since(intent.logged_at).as_secs() + 1
            {
                return close(intent, Outcome::Verified);
            }
        }
    }
    let unclear = matches!(intent.stage, Stage::Logged | Stage::ReplyUnknown { .. });
    let unmoved = evidence.node_uptime.is_some_and(|(uptime, seen_at)| {
        seen_at >= since + Duration::from_mins(2) && uptime >= intent.uptime_before_secs.unwrap_or(0)
    });
    if unclear && unmoved {
        return close(intent, Outcome::NotSent);
    }
    match evidence.tried_at {
        Some(tried) if now < tried + LOOK_EVERY * 5 => Step::Wait {
            until: tried + LOOK_EVERY * 5,
        },
        _ => Step::LookNode { node: node.clone() },
    }
}

#[cfg(test)]
mod tests;
