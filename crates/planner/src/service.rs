//! Services against their manifests. A service shares the fate of its host: while that is away, not running, or being worked
//! on, the service has no issue of its own and its recovery is tracked. Only what two looks agree on is an issue, and
//! nothing is decided from Unknown.

use crate::{
    input::Input,
    mend::{Mending, SURE_AFTER},
    outcome::{Outcome, Want},
    plan::Look,
    status::status,
    subject::{self, Aside},
};
use jarvis_crds::{Manifest, Restart, ServiceSpec, ServiceState};
use jarvis_guard::facts::Nature;
use jarvis_model::{
    Action, Cause, ConditionType, Health, HoldScope, Host, Intent, Issue, IssueKey, IssueKind, ResourceKey,
    ResourceStatus, ServiceObserved, ServiceStatus, Severity, Sync, Timestamp, limits,
};
use std::time::Duration;

/// How long a service may be starting or stopping before that counts as not being up: systemd restarts what dies at once
/// over and over, and calls it activating all the while.
const CHANGING_WITHIN: Duration = Duration::from_mins(5);

/// One service against its manifest.
pub fn evaluate(
    input: &Input<'_>,
    in_flight: &[&Intent],
    key: &ResourceKey,
    manifest: &Manifest<ServiceSpec>,
) -> Outcome {
    let case = Case {
        input,
        key,
        spec: &manifest.spec,
        mending: Mending::of(input, IssueKey::new(key.clone(), IssueKind::ServiceDown)),
    };
    case.held()
        .or_else(|| case.under_way(in_flight))
        .or_else(|| case.aside())
        .unwrap_or_else(|| case.compare())
}

struct Case<'a> {
    input: &'a Input<'a>,
    key: &'a ResourceKey,
    spec: &'a ServiceSpec,
    mending: Mending<'a>,
}

impl Case<'_> {
    fn is(
        &self,
        sync: Sync,
        health: Health,
        kind: ConditionType,
        reason: &'static str,
        text: impl Into<String>,
    ) -> ResourceStatus {
        let revision = &self.input.desired.revision.commit;
        status(revision, sync, health, kind, reason, text)
    }

    fn look(&self) -> Look {
        Look::Service {
            service: self.key.clone(),
        }
    }

    fn unit(&self) -> String {
        match self.spec.reference() {
            Some(reference) => reference.to_string(),
            None => format!("{} on {}", self.key.name, self.spec.target),
        }
    }

    fn held(&self) -> Option<Outcome> {
        let node = match self.spec.target.host() {
            Host::Node(node) => Some(node),
            Host::Guest(vmid) => self
                .input
                .observed
                .guests
                .get(&vmid)
                .map(|guest| guest.node.clone()),
            Host::Named(_) => None,
        };
        let mut scopes = vec![HoldScope::Resource(self.key.clone())];
        scopes.extend(node.map(HoldScope::Node));
        scopes.push(HoldScope::Cluster);
        let (scope, hold) = self.input.memory.hold_on(&scopes, self.input.now)?;
        let text = format!(
            "held ({scope}) by {}: {}; `jarvis release {scope}` ends it",
            hold.by, hold.reason
        );
        let mut held = Outcome::only(self.is(
            Sync::Unknown,
            Health::Suspended,
            ConditionType::Suspended,
            "Held",
            text,
        ));
        held.wake_at = hold.until;
        Some(held)
    }

    /// What is said while something is done to this very service.
    fn under_way(&self, in_flight: &[&Intent]) -> Option<Outcome> {
        let act = in_flight
            .iter()
            .find(|intent| intent.resource.as_ref() == Some(self.key))?;
        let text = format!("{}: in progress", act.action);
        let kind = ConditionType::Reconciling;
        Some(Outcome::only(self.is(
            Sync::OutOfSync,
            Health::Progressing,
            kind,
            "InFlight",
            text,
        )))
    }

    /// Its host comes first.
    fn aside(&self) -> Option<Outcome> {
        let (kind, health, reason, text, until) = match subject::aside(self.input, &self.spec.target.host())?
        {
            Aside::Missing(why) => (
                ConditionType::Blocked,
                Health::Unknown,
                "HostMissing",
                format!("{why}; correct spec.target or remove the manifest"),
                None,
            ),
            Aside::Parent(why) => (
                ConditionType::Suspended,
                Health::Unknown,
                "HostAway",
                format!("{why}; the service is looked at again when that is over"),
                None,
            ),
            Aside::Grace(why, until) => (
                ConditionType::Reconciling,
                Health::Unknown,
                "Grace",
                format!("{why}; nothing is decided about its services until that is over"),
                until,
            ),
        };
        let mut outcome = Outcome::only(self.is(Sync::Unknown, health, kind, reason, text));
        outcome.wake_at = until;
        Some(outcome)
    }

    fn compare(&self) -> Outcome {
        let Some(seen) = self.input.observed.services.get(self.key) else {
            return self.unknown(None);
        };
        let Some(found) = seen.status.fresh(self.input.now, limits::IMPORTANT) else {
            return self.unknown(seen.trouble.as_deref());
        };
        if seen.status.seen_at() <= self.acted_at() {
            let text = format!("{} is being looked at again after the act", self.unit());
            return Outcome::only(self.looking(text)).looking(self.look());
        }
        match (self.spec.state, found) {
            (ServiceState::Running, ServiceStatus::Up) => self.well(seen, "Running", "running, as declared"),
            (ServiceState::Stopped, ServiceStatus::Down(_) | ServiceStatus::Missing) => {
                self.well(seen, "Stopped", "stopped, as declared")
            }
            (ServiceState::Running, ServiceStatus::Missing) => self.missing(),
            (ServiceState::Running, ServiceStatus::Down(word)) => self.down(seen, word),
            (ServiceState::Running, ServiceStatus::Changing(word)) if self.is_stuck(seen) => {
                self.down(seen, word)
            }
            (_, ServiceStatus::Changing(word)) => self.changing(seen, word),
            (ServiceState::Stopped, ServiceStatus::Up) => self.should_stop(seen),
        }
    }

    fn looking(&self, text: String) -> ResourceStatus {
        let kind = ConditionType::Reconciling;
        self.is(Sync::Unknown, Health::Progressing, kind, "Looking", text)
    }

    /// When the latest act for its issue ended: what was seen before says nothing any more.
    fn acted_at(&self) -> Option<Timestamp> {
        self.mending.open()?;
        let cause = Cause::Issue {
            issue: self.mending.key().clone(),
        };
        let intents = self.input.memory.intents.values();
        intents
            .filter(|intent| intent.cause == cause)
            .filter_map(|intent| intent.closed_at)
            .max()
    }

    fn unknown(&self, trouble: Option<&str>) -> Outcome {
        let Some(trouble) = trouble else {
            let text = format!(
                "what {} does is not known yet; nothing is decided from that",
                self.unit()
            );
            return Outcome::only(self.is(
                Sync::Unknown,
                Health::Unknown,
                ConditionType::Reconciling,
                "Unknown",
                text,
            ))
            .looking(self.look());
        };
        let text = format!(
            "{} cannot be looked at: {trouble}. Nothing is decided from that; see to the way to its host, or remove the \
             manifest",
            self.unit()
        );
        Outcome::only(self.is(
            Sync::Unknown,
            Health::Unknown,
            ConditionType::Blocked,
            "CannotLook",
            text,
        ))
    }

    fn missing(&self) -> Outcome {
        let text = format!(
            "there is no {}; install it there, correct the name, or remove the manifest",
            self.unit()
        );
        Outcome::only(self.is(
            Sync::OutOfSync,
            Health::Unknown,
            ConditionType::Blocked,
            "UnitMissing",
            text,
        ))
    }

    fn is_stuck(&self, seen: &ServiceObserved) -> bool {
        seen.since
            .is_some_and(|since| self.input.now >= since + CHANGING_WITHIN)
    }

    fn changing(&self, seen: &ServiceObserved, word: &str) -> Outcome {
        let text = format!("{} is {word}; Jarvis waits for that to end", self.unit());
        let kind = ConditionType::Reconciling;
        let outcome = Outcome::only(self.is(Sync::Unknown, Health::Progressing, kind, "Changing", text));
        match seen.since {
            Some(since) => outcome.at((since + CHANGING_WITHIN).max(self.input.now)),
            None => outcome,
        }
    }

    fn well(&self, seen: &ServiceObserved, reason: &'static str, text: &str) -> Outcome {
        let sure = seen.is_confirmed(SURE_AFTER);
        let sure_at = (!sure).then(|| seen.since.unwrap_or(self.input.now) + SURE_AFTER);
        let (events, wake_at) = self.mending.well(|| sure_at);
        let mut outcome =
            Outcome::only(self.is(Sync::Synced, Health::Healthy, ConditionType::Ready, reason, text))
                .remembering(events);
        outcome.wake_at = wake_at;
        if let Some(sure_at) = sure_at.filter(|at| *at <= self.input.now && self.mending.open().is_some()) {
            outcome.wake_at = Some(sure_at);
            return outcome.looking(self.look());
        }
        outcome
    }

    fn down(&self, seen: &ServiceObserved, word: &str) -> Outcome {
        let summary = format!("{} is {word}, declared Running", self.unit());
        let restart = self
            .spec
            .reference()
            .filter(|_| self.spec.restart == Restart::Allowed);
        let want = restart.map(|reference| Action::RestartService {
            host: reference.target.host(),
            service: reference.name.unit().name().to_owned(),
        });
        self.ill(seen, summary, want)
    }

    /// Stopping a service is red: it is recommended, and never done alone.
    fn should_stop(&self, seen: &ServiceObserved) -> Outcome {
        let summary = format!("{} is running, declared Stopped", self.unit());
        let want = self.spec.reference().map(|reference| Action::StopService {
            host: reference.target.host(),
            service: reference.name.unit().name().to_owned(),
        });
        self.ill(seen, summary, want)
    }

    fn ill(&self, seen: &ServiceObserved, summary: String, action: Option<Action>) -> Outcome {
        let kind = ConditionType::Reconciling;
        let text = summary.clone();
        let outcome = Outcome::only(self.is(Sync::OutOfSync, Health::Degraded, kind, "Down", text));
        if !seen.is_confirmed(Duration::ZERO) {
            return outcome.looking(self.look());
        }
        let events = self.mending.ill(summary);
        let Some(open) = self.mending.open().filter(|_| events.is_empty()) else {
            return outcome.remembering(events);
        };
        if let Some(hindered) = self.mending.hindered(open, || vec![self.seen_line(seen)]) {
            return hindered;
        }
        let want = action.map(|action| Want {
            action,
            nature: self.nature(seen, open),
            issue: open.key.clone(),
            evidence: vec![open.summary.clone(), self.seen_line(seen)],
            runbook: None,
        });
        let only_told = want.is_none();
        let outcome = self.mending.answer(open, outcome, want);
        if only_told && outcome.want.is_none() && outcome.events.is_empty() {
            return self.told_only(open);
        }
        outcome
    }

    /// Restarting what died mends; bringing up what was down before it was declared follows a change.
    fn nature(&self, seen: &ServiceObserved, open: &Issue) -> Nature {
        let declared = self.input.memory.resource_changed.get(self.key);
        let died_later =
            matches!((declared, seen.since), (Some(declared), Some(since)) if *declared <= since);
        if died_later || !open.attempts.is_empty() {
            Nature::Repair
        } else {
            Nature::Change
        }
    }

    fn told_only(&self, open: &Issue) -> Outcome {
        let why = match self.spec.reference() {
            Some(_) => "restart: AlertOnly",
            None => "it is only looked at from outside, and nothing says what to restart",
        };
        let text = format!(
            "{}; {why}. Start it yourself, or change its manifest",
            open.summary
        );
        let suspended = self.is(
            Sync::OutOfSync,
            Health::Degraded,
            ConditionType::Suspended,
            "AlertOnly",
            text.clone(),
        );
        let alert = self.mending.alert(Severity::Warning, || text);
        Outcome::only(suspended).remembering(alert)
    }

    fn seen_line(&self, seen: &ServiceObserved) -> String {
        let ago = |at: Option<Timestamp>| {
            at.map_or("never".to_owned(), |at| {
                format!("{} s ago", self.input.now.since(at).as_secs())
            })
        };
        let word = seen.status.value().map_or("unknown", ServiceStatus::as_str);
        format!(
            "{} found {word} by the look {}, and so since {}",
            self.unit(),
            ago(seen.status.seen_at()),
            ago(seen.since)
        )
    }
}

#[cfg(test)]
mod tests;
