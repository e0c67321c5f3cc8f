//! Guests that are stopped and should run: why they stopped, whether to act, how often it was tried.

use super::Case;
use crate::{
    cause::{Inclination, Stopped, incline},
    input::Input,
    outcome::{Outcome, Want},
    plan::Look,
};
use jarvis_crds::{GuestSpec, Manifest, RunStrategy};
use jarvis_guard::facts::Nature;
use jarvis_model::{
    Action, Autonomy, ConditionType, Event, GuestStatus, Health, Issue, IssueKind, Sync, Timestamp, Upid,
    limits,
};
use std::time::Duration;

/// Tasks older than this cannot explain a stop of a guest that was never seen running.
const LONGEST_LOOK_BACK: Duration = Duration::from_hours(168);
/// How long a cause stands while the guest stays stopped; an act needs a fresher one.
const CAUSE_STANDS: Duration = Duration::from_mins(10);
/// The node's clock may be this much behind ours.
const CLOCK_SLACK: Duration = Duration::from_secs(30);

/// The reason of a guest that waits for another to be up.
pub(crate) const WAITING_FOR_DEPENDENCY: &str = "WaitingForDependency";

/// Whether a guest is up, and ready where its manifest says how that is seen.
pub(crate) fn is_up(input: &Input<'_>, manifest: &Manifest<GuestSpec>) -> bool {
    let seen = input.observed.guests.get(&manifest.spec.vmid);
    seen.is_some_and(|seen| {
        let runs = seen.status.fresh(input.now, limits::CRITICAL) == Some(&GuestStatus::Running);
        let live = seen
            .live
            .fresh(input.now, limits::LIVE)
            .map(|live| live.status == GuestStatus::Running);
        let ready = manifest.spec.ready.is_none() || seen.ready.value() == Some(&true);
        live.unwrap_or(runs) && ready
    })
}

impl Case<'_> {
    /// It is stopped and should run.
    pub(super) fn should_start(&self) -> Outcome {
        if let Some(outcome) = self.under_way(Sync::OutOfSync) {
            return outcome;
        }
        if let Some(outcome) = self.under_runbook() {
            return outcome;
        }
        if let Some(lock) = &self.guest.lock {
            let text = format!("it carries the lock {lock}; Jarvis waits until Proxmox removes it");
            return Outcome::only(self.is(
                Sync::Unknown,
                Health::Progressing,
                ConditionType::Reconciling,
                "Locked",
                text,
            ));
        }
        let Some(cause) = self.guest.stop_cause.fresh(self.now(), CAUSE_STANDS) else {
            return self.looking_up_cause();
        };
        let memory = self.input.memory;
        let issue = self.issue(IssueKind::GuestDown);
        let stopped = Stopped {
            strategy: self.manifest.spec.run_strategy,
            cause,
            seen_running: memory.running.contains_key(&self.guest.vmid)
                || memory.stopped_after_running.contains_key(&self.guest.vmid),
            declared_at: memory.resource_changed.get(self.key).copied(),
            node_returned_at: self.node_returned_at(),
            node_booted_at: self.node_booted_at(),
            node_stops_all: self.node_stops_all(),
            announced_at: memory.issues.get(&issue).and_then(|open| open.announced_at),
        };
        let inclination = incline(&stopped, self.now());
        let acts = matches!(inclination, Inclination::Now(_) | Inclination::Announce(_));
        if acts && self.guest.stop_cause.fresh(self.now(), limits::CAUSE).is_none() {
            return self.looking_up_cause();
        }
        match inclination {
            Inclination::Leave(why) => self.left_alone(&why),
            Inclination::Blocked(why) => Outcome::only(self.is(
                Sync::OutOfSync,
                Health::Degraded,
                ConditionType::Blocked,
                "CauseUnreadable",
                why,
            )),
            Inclination::After(due, why) => {
                let text = stopped_because(&why);
                let status = self.is(
                    Sync::OutOfSync,
                    Health::Progressing,
                    ConditionType::Reconciling,
                    "Waiting",
                    text,
                );
                Outcome::only(status).at(due)
            }
            Inclination::Announce(why) => self.announce(&why),
            Inclination::Now(why) => self.start(&why),
        }
    }

    fn looking_up_cause(&self) -> Outcome {
        let text = format!("{} is reported stopped; why is being looked up", self.name());
        let status = self.is(
            Sync::OutOfSync,
            Health::Degraded,
            ConditionType::Reconciling,
            "LookingUpCause",
            text,
        );
        let mut outcome = Outcome::only(status).looking(Look::StopCause {
            vmid: self.guest.vmid,
            since: self.since(),
        });
        outcome.looks.extend(self.looks_before_acting());
        outcome
    }

    fn node_returned_at(&self) -> Option<Timestamp> {
        let nodes = &self.input.observed.nodes;
        nodes.get(&self.guest.node)?.returned_at
    }

    fn node_booted_at(&self) -> Option<Timestamp> {
        let node = self.input.observed.nodes.get(&self.guest.node)?;
        let seen = node.status.seen_at()?;
        Some(seen - Duration::from_secs(node.uptime_secs?))
    }

    fn node_stops_all(&self) -> bool {
        let of_it = |upid: &Upid| upid.task_type() == "stopall" && *upid.node() == self.guest.node;
        let mut tasks = self.input.observed.tasks.iter();
        tasks.any(|task| task.ended_at.is_none() && of_it(&task.upid))
    }

    /// The time since which tasks may explain the stop.
    fn since(&self) -> Timestamp {
        let memory = self.input.memory;
        let began = memory.running.get(&self.guest.vmid).copied();
        let began = began.or_else(|| {
            memory
                .stopped_after_running
                .get(&self.guest.vmid)
                .map(|(began, _)| *began)
        });
        began.unwrap_or(self.now() - LONGEST_LOOK_BACK) - CLOCK_SLACK
    }

    fn left_alone(&self, why: &str) -> Outcome {
        let status = self.is(
            Sync::Synced,
            Health::Suspended,
            ConditionType::Suspended,
            "StoppedOnPurpose",
            why,
        );
        Outcome::only(status).remembering(self.undeclared())
    }

    /// Looks an act must stand on: a live read, and the identity.
    pub(super) fn looks_before_acting(&self) -> Vec<Look> {
        let mut looks = Vec::new();
        let vmid = self.guest.vmid;
        if self.guest.live.fresh(self.now(), limits::LIVE).is_none() {
            looks.push(Look::Guest { vmid });
        }
        if self.guest.identity.fresh(self.now(), limits::IDENTITY).is_none() {
            looks.push(Look::Identity { vmid });
        }
        looks
    }

    pub(super) fn seen_line(&self) -> String {
        let age = |seen: Option<Timestamp>| {
            seen.map_or("never".to_owned(), |at| {
                format!("{} s ago", self.now().since(at).as_secs())
            })
        };
        format!(
            "list seen {}, live read {}, identity read {}, on {}",
            age(self.guest.status.seen_at()),
            age(self.guest.live.seen_at()),
            age(self.guest.identity.seen_at()),
            self.guest.node
        )
    }

    /// Confirmed stopped by a live read, not only by the list.
    fn confirmed(&self) -> bool {
        self.guest
            .live
            .fresh(self.now(), limits::LIVE)
            .is_some_and(|live| live.status == GuestStatus::Stopped)
    }

    /// Opens the issue, or marks its relapse; nothing when it is open and ill already.
    fn opening(&self, why: &str) -> Vec<Event> {
        let declared = match self.manifest.spec.run_strategy {
            RunStrategy::Always => "Always",
            _ => "RerunOnFailure",
        };
        let summary = format!("{} is stopped, declared {declared}: {why}", self.name());
        self.mending(IssueKind::GuestDown).ill(summary)
    }

    fn announce(&self, why: &str) -> Outcome {
        if self.mending(IssueKind::GuestDown).level() < Autonomy::L3 {
            // It will not be started without a yes, so there is nothing to announce.
            return self.start(why);
        }
        let text = format!("{why}; it will be started in a minute unless it is held");
        let status = self.is(
            Sync::OutOfSync,
            Health::Degraded,
            ConditionType::Reconciling,
            "Announced",
            text.clone(),
        );
        let mut outcome = Outcome::only(status);
        outcome.looks = self.looks_before_acting();
        if self.confirmed() {
            let issue = self.issue(IssueKind::GuestDown);
            outcome.events.extend(self.opening(why));
            let act_at = self.now() + crate::cause::ANNOUNCE;
            let text = format!("{}: {text}", self.name());
            outcome.events.push(Event::IssueAnnounced { issue, act_at, text });
        }
        outcome
    }

    fn start(&self, why: &str) -> Outcome {
        let text = stopped_because(why);
        let status = self.is(
            Sync::OutOfSync,
            Health::Degraded,
            ConditionType::Reconciling,
            "Starting",
            text.clone(),
        );
        let mut outcome = Outcome::only(status);
        let events = self.opening(why);
        if !events.is_empty() {
            outcome.looks = self.looks_before_acting();
            if !self.confirmed() {
                return outcome;
            }
            return outcome
                .remembering(events)
                .remembering(self.mending(IssueKind::GuestUp).ended());
        }
        let mending = self.mending(IssueKind::GuestDown);
        let Some(open) = mending.open() else {
            return outcome;
        };
        if let Some(hindered) = mending.hindered(open, || vec![self.seen_line()]) {
            return hindered;
        }
        if let Some(dependency) = self.missing_dependency() {
            let text = format!("{text}; waits for {dependency}");
            outcome.status = self.is(
                Sync::OutOfSync,
                Health::Progressing,
                ConditionType::Reconciling,
                WAITING_FOR_DEPENDENCY,
                text,
            );
            return outcome;
        }
        let want = Want {
            action: Action::StartGuest {
                vmid: self.guest.vmid,
            },
            nature: self.nature(open),
            issue: open.key.clone(),
            evidence: vec![open.summary.clone(), self.seen_line()],
            runbook: None,
        };
        mending.answer(open, outcome, Some(want))
    }

    /// Starting what was declared after it stopped follows a change; everything else mends.
    fn nature(&self, open: &Issue) -> Nature {
        let declared = self.input.memory.resource_changed.get(self.key);
        let stopped = self
            .input
            .memory
            .stopped_after_running
            .get(&self.guest.vmid)
            .map(|(_, ended)| ended);
        let ran_as_declared =
            matches!((declared, stopped), (Some(declared), Some(ended)) if declared <= ended);
        if ran_as_declared || !open.attempts.is_empty() {
            Nature::Repair
        } else {
            Nature::Change
        }
    }

    /// A guest it depends on that is not up (and ready) yet.
    fn missing_dependency(&self) -> Option<String> {
        self.manifest.spec.depends_on.iter().find_map(|key| {
            let other = self.input.desired.guests.get(key)?;
            (!is_up(self.input, other)).then(|| format!("{key}, on which it depends, to be up"))
        })
    }
}

/// `stopped: its last start failed`; some reasons say so themselves.
fn stopped_because(why: &str) -> String {
    if why.starts_with("stopped") {
        why.to_owned()
    } else {
        format!("stopped: {why}")
    }
}
