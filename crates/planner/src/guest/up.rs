//! Guests that run: healthy as declared, starting, misplaced, or to be shut down.

use super::Case;
use crate::{
    outcome::{Outcome, Want},
    plan::Look,
};
use jarvis_crds::RunStrategy;
use jarvis_guard::facts::Nature;
use jarvis_model::{
    Action, Autonomy, ConditionType, GuestStatus, Health, IssueKind, Severity, Sync,
    action::default_stop_timeout_secs, limits,
};
use std::time::Duration;

/// How often a readiness probe is asked while it fails.
const PROBE_EVERY: Duration = Duration::from_secs(30);
/// How often it is asked while it succeeds.
const PROBE_READY_EVERY: Duration = Duration::from_mins(5);
/// How long its probe must fail before a running guest that had its time counts as not ready.
pub(crate) const NOT_READY_AFTER: Duration = Duration::from_mins(2);

impl Case<'_> {
    /// It runs and should.
    pub(super) fn running(&self) -> Outcome {
        let mut outcome = self.running_now();
        outcome.looks.extend(self.stale_readiness());
        outcome
    }

    fn running_now(&self) -> Outcome {
        if let Some(outcome) = self.under_way(Sync::Synced) {
            return outcome;
        }
        if let Some(waiting) = self.readiness() {
            // Running is all that was down; whether it is ready is an issue of its own.
            let up = self.well(waiting.status.clone(), IssueKind::GuestDown);
            let mut waiting = waiting.remembering(up.events);
            waiting.wake_at = [waiting.wake_at, up.wake_at].into_iter().flatten().min();
            return waiting;
        }
        if !self.troubled {
            return self.up();
        }
        let (healed, again) = self.mending(IssueKind::GuestNotReady).well(|| None);
        let mut up = self.up().remembering(healed);
        up.wake_at = [up.wake_at, again].into_iter().flatten().min();
        up
    }

    /// It runs, and is ready as far as anybody says how that is seen.
    fn up(&self) -> Outcome {
        if let Some(declared) = self
            .manifest
            .spec
            .node
            .as_ref()
            .filter(|declared| **declared != self.guest.node)
        {
            let text = format!(
                "running, but on {} and not on {declared}; migrate it back or change spec.node (Jarvis never \
                 migrates by itself)",
                self.guest.node
            );
            let status = self.is(
                Sync::OutOfSync,
                Health::Healthy,
                ConditionType::Blocked,
                "Misplaced",
                text,
            );
            return self.well(status, IssueKind::GuestDown);
        }
        let notice = match (&self.manifest.spec.guest_name, &self.guest.name) {
            (Some(declared), Some(seen)) if declared != seen => {
                format!("; Proxmox calls it {seen}, not {declared}")
            }
            _ => String::new(),
        };
        // Nearly every guest says this in every pass.
        let text = ["running on ", self.guest.node.as_str(), ", as declared", &notice].concat();
        let status = self.is(
            Sync::Synced,
            Health::Healthy,
            ConditionType::Ready,
            "Running",
            text,
        );
        self.well(status, IssueKind::GuestDown)
    }

    /// The manifest's readiness probe, asked when the last answer is old; None when it is ready or has no probe.
    fn readiness(&self) -> Option<Outcome> {
        let ready = self.manifest.spec.ready.as_ref()?;
        let look = Look::Ready {
            vmid: self.guest.vmid,
        };
        match self.guest.ready.fresh(self.now(), PROBE_EVERY) {
            Some(true) => None,
            None if self.guest.ready.value() == Some(&true) => None,
            None => {
                let text = "running; whether it is ready is being asked";
                let status = self.is(
                    Sync::Synced,
                    Health::Progressing,
                    ConditionType::Reconciling,
                    "Probing",
                    text,
                );
                Some(Outcome::only(status).looking(look))
            }
            Some(false) => {
                let uptime = Duration::from_secs(self.guest.uptime_secs.unwrap_or(0));
                let (health, reason) = if uptime <= ready.within {
                    (Health::Progressing, "Starting")
                } else {
                    (Health::Degraded, "NotReady")
                };
                let text = format!(
                    "running for {} s, its ready probe does not answer",
                    uptime.as_secs()
                );
                let status = self.is(Sync::Synced, health, ConditionType::Reconciling, reason, text);
                let next = self.guest.ready.seen_at().unwrap_or(self.now()) + PROBE_EVERY;
                let outcome = Outcome::only(status).at(next);
                Some(if uptime > ready.within {
                    self.not_ready(outcome)
                } else {
                    outcome
                })
            }
        }
    }

    /// Its probe fails after it had its time: an issue once that has lasted. People are told; a runbook may answer.
    fn not_ready(&self, outcome: Outcome) -> Outcome {
        let mending = self.mending(IssueKind::GuestNotReady);
        let failing = self.input.observed.passed.get(mending.key());
        let Some(failing) = failing.filter(|failing| failing.seen_at >= failing.since + NOT_READY_AFTER)
        else {
            return outcome;
        };
        let mins = failing.seen_at.since(failing.since).as_secs() / 60;
        let summary = format!(
            "{} runs, but its ready probe has not answered for {mins} min",
            self.name()
        );
        let events = mending.ill(summary);
        let Some(open) = mending.open().filter(|_| events.is_empty()) else {
            return outcome.remembering(events);
        };
        let book = crate::runbook::answering(self.input, mending.key());
        let silent = book.is_some() && mending.level() == Autonomy::L4;
        let told = || {
            format!(
                "{}. See in its console what keeps it from being ready.",
                open.summary
            )
        };
        let alert = (!silent)
            .then(|| mending.alert(Severity::Warning, told))
            .flatten();
        if alert.is_some() {
            return outcome.remembering(alert);
        }
        if book.is_none() {
            return outcome;
        }
        let hindered = mending.hindered(open, || vec![self.seen_line()]);
        hindered.unwrap_or_else(|| mending.answer(open, outcome, None))
    }

    /// Whether a readiness answer should be refreshed even though the guest counts as ready.
    fn stale_readiness(&self) -> Option<Look> {
        let ready = self.manifest.spec.ready.is_some() && self.guest.ready.value() == Some(&true);
        let stale = ready && self.guest.ready.fresh(self.now(), PROBE_READY_EVERY).is_none();
        stale.then_some(Look::Ready {
            vmid: self.guest.vmid,
        })
    }

    /// It runs and should not: a graceful shutdown, after those that depend on it.
    pub(super) fn should_stop(&self) -> Outcome {
        if let Some(outcome) = self.under_way(Sync::OutOfSync) {
            return outcome;
        }
        let vmid = self.guest.vmid;
        let text = format!("{} runs, declared Halted", self.name());
        let drifting = self.is(
            Sync::OutOfSync,
            Health::Progressing,
            ConditionType::Reconciling,
            "ShuttingDown",
            text.clone(),
        );
        let mending = self.mending(IssueKind::GuestUp);
        let Some(open) = mending.open() else {
            let looks = self.looks_before_acting();
            let events = if looks.is_empty() {
                mending.ill(text)
            } else {
                Vec::new()
            };
            let mut outcome = Outcome::only(drifting).remembering(events);
            outcome.looks = looks;
            let others = [IssueKind::GuestDown, IssueKind::GuestNotReady];
            return outcome.remembering(others.into_iter().filter_map(|kind| self.mending(kind).ended()));
        };
        let relapse = mending.ill(text.clone());
        if !relapse.is_empty() {
            return Outcome::only(drifting).remembering(relapse);
        }
        if let Some(hindered) = mending.hindered(open, || vec![self.seen_line()]) {
            return hindered;
        }
        if let Some(dependent) = self.running_dependent() {
            let text = format!("waits for {dependent}, which depends on it, to be shut down first");
            return Outcome::only(self.is(
                Sync::OutOfSync,
                Health::Progressing,
                ConditionType::Reconciling,
                "WaitingForDependents",
                text,
            ));
        }
        let mut outcome = Outcome::only(drifting);
        let spec = &self.manifest.spec;
        let timeout_secs = spec.stop_timeout.map_or(default_stop_timeout_secs(), |span| {
            u32::try_from(span.as_secs()).unwrap_or(u32::MAX)
        });
        outcome.want = Some(Box::new(Want {
            action: Action::ShutdownGuest { vmid, timeout_secs },
            nature: Nature::Change,
            issue: open.key.clone(),
            evidence: vec![text, self.seen_line()],
            runbook: None,
        }));
        outcome
    }

    /// A guest that is declared Halted too, depends on this one, and still runs.
    fn running_dependent(&self) -> Option<String> {
        self.input.desired.guests.iter().find_map(|(key, other)| {
            let depends =
                other.spec.depends_on.contains(self.key) && other.spec.run_strategy == RunStrategy::Halted;
            let seen = self.input.observed.guests.get(&other.spec.vmid)?;
            let runs = seen.status.fresh(self.now(), limits::CRITICAL) != Some(&GuestStatus::Stopped);
            (depends && runs).then(|| key.to_string())
        })
    }
}
