//! One guest against its manifest: its status, what to remember, what to look at, and what it wants done.
//!
//! The rules speak in a fixed order; the first that has something to say decides. Nothing is decided from Unknown.

mod down;
mod up;

pub(crate) use down::{WAITING_FOR_DEPENDENCY, is_up};
pub(crate) use up::NOT_READY_AFTER;

use crate::{
    input::Input,
    mend::{Mending, SURE_AFTER},
    outcome::Outcome,
    plan::Look,
    status::status,
};
use jarvis_crds::{GuestSpec, Manifest, RunStrategy};
use jarvis_model::{
    Action, Closed, ConditionType, Event, GuestKind, GuestObserved, GuestStatus, Health, HoldScope, Intent,
    IssueKey, IssueKind, ResourceKey, ResourceKind, ResourceStatus, Sync, Timestamp, UnknownReason, limits,
};
use std::collections::BTreeSet;

/// A guest and its manifest, with what the pass looks at.
#[derive(Clone, Copy)]
pub struct Case<'a> {
    /// The pass.
    pub input: &'a Input<'a>,
    /// The resource.
    pub key: &'a ResourceKey,
    /// Its manifest.
    pub manifest: &'a Manifest<GuestSpec>,
    /// The guest as observed.
    pub guest: &'a GuestObserved,
    /// What is in flight, on any guest.
    pub in_flight: &'a [&'a Intent],
    /// Whether an issue of it is open, of whatever kind. Hardly any guest has one.
    pub troubled: bool,
}

/// One guest against its manifest.
pub fn evaluate(
    input: &Input<'_>,
    in_flight: &[&Intent],
    troubled: &BTreeSet<&ResourceKey>,
    key: &ResourceKey,
    manifest: &Manifest<GuestSpec>,
) -> Outcome {
    let vmid = manifest.spec.vmid;
    let Some(guest) = input.observed.guests.get(&vmid) else {
        return missing(input, manifest);
    };
    let case = Case {
        input,
        key,
        manifest,
        guest,
        in_flight,
        troubled: troubled.contains(key),
    };
    case.standing_aside().unwrap_or_else(|| case.compare())
}

fn missing(input: &Input<'_>, manifest: &Manifest<GuestSpec>) -> Outcome {
    let revision = &input.desired.revision.commit;
    let vmid = manifest.spec.vmid;
    if input.observed.looked_at.is_none() {
        let text = "the cluster has not been looked at yet";
        return Outcome::only(status(
            revision,
            Sync::Unknown,
            Health::Unknown,
            ConditionType::Reconciling,
            "FirstLooks",
            text,
        ));
    }
    let text = format!(
        "no guest {vmid} is visible; create it in Proxmox, correct spec.vmid, give the reading token VM.Audit on \
         /vms/{vmid}, or remove the manifest"
    );
    Outcome::only(status(
        revision,
        Sync::OutOfSync,
        Health::Unknown,
        ConditionType::Blocked,
        "GuestMissing",
        text,
    ))
}

impl<'a> Case<'a> {
    fn now(&self) -> Timestamp {
        self.input.now
    }

    fn is(
        &self,
        sync: Sync,
        health: Health,
        kind: ConditionType,
        reason: &'static str,
        message: impl Into<String>,
    ) -> ResourceStatus {
        status(
            &self.input.desired.revision.commit,
            sync,
            health,
            kind,
            reason,
            message,
        )
    }

    fn issue(&self, kind: IssueKind) -> IssueKey {
        IssueKey {
            resource: self.key.clone(),
            kind,
            about: None,
        }
    }

    fn name(&self) -> String {
        match &self.guest.name {
            Some(name) => format!("{name} ({})", self.guest.vmid),
            None => format!("guest {}", self.guest.vmid),
        }
    }

    /// What is believed of the guest: a fresh live read beats the list.
    fn believed(&self) -> Option<&'a GuestStatus> {
        let live = self
            .guest
            .live
            .fresh(self.now(), limits::LIVE)
            .map(|live| &live.status);
        live.or_else(|| self.guest.status.fresh(self.now(), limits::CRITICAL))
    }

    /// Rules that keep Jarvis away from the guest altogether.
    fn standing_aside(&self) -> Option<Outcome> {
        let kind = if self.guest.kind == GuestKind::Qemu {
            ResourceKind::VirtualMachine
        } else {
            ResourceKind::Container
        };
        if kind != self.key.kind {
            let text = format!(
                "guest {} is a {kind}, not a {}; correct kind",
                self.guest.vmid, self.key.kind
            );
            return Some(self.aside(
                Sync::OutOfSync,
                Health::Unknown,
                ConditionType::Blocked,
                "WrongKind",
                text,
            ));
        }
        if let Some(known) = self.identity_conflict() {
            return Some(known);
        }
        if self.manifest.spec.run_strategy == RunStrategy::Manual {
            return Some(self.manual());
        }
        if self.guest.template {
            let text = "it is a template and cannot run; declare runStrategy: Manual".to_owned();
            return Some(self.aside(
                Sync::OutOfSync,
                Health::Suspended,
                ConditionType::Blocked,
                "Template",
                text,
            ));
        }
        if let Some(state) = &self.guest.ha_state {
            let text = format!("Proxmox HA manages it (state {state}); Jarvis observes only");
            return Some(self.aside(
                Sync::Synced,
                Health::Suspended,
                ConditionType::Suspended,
                "HaManaged",
                text,
            ));
        }
        if self.input.memory.holds.is_empty() {
            return None;
        }
        let scopes = [
            HoldScope::Resource(self.key.clone()),
            HoldScope::Node(self.guest.node.clone()),
            HoldScope::Cluster,
        ];
        let (scope, hold) = self.input.memory.hold_on(&scopes, self.now())?;
        let text = format!(
            "held ({scope}) by {}: {}; `jarvis release {scope}` ends it",
            hold.by, hold.reason
        );
        let mut held = self.aside(
            self.sync_now(),
            Health::Suspended,
            ConditionType::Suspended,
            "Held",
            text,
        );
        held.wake_at = hold.until;
        Some(held)
    }

    fn aside(
        &self,
        sync: Sync,
        health: Health,
        kind: ConditionType,
        reason: &'static str,
        text: String,
    ) -> Outcome {
        Outcome::only(self.is(sync, health, kind, reason, text))
    }

    fn sync_now(&self) -> Sync {
        match (self.believed(), self.manifest.spec.run_strategy) {
            (None, _) => Sync::Unknown,
            (Some(GuestStatus::Running), RunStrategy::Halted) => Sync::OutOfSync,
            (Some(GuestStatus::Stopped), RunStrategy::Always | RunStrategy::RerunOnFailure) => {
                Sync::OutOfSync
            }
            _ => Sync::Synced,
        }
    }

    fn manual(&self) -> Outcome {
        let (health, word) = match self.believed() {
            Some(GuestStatus::Running) => (Health::Healthy, "running"),
            Some(GuestStatus::Stopped) => (Health::Suspended, "stopped"),
            Some(GuestStatus::Held(word)) => (Health::Suspended, word.as_str()),
            None => (Health::Unknown, "not known"),
        };
        let sync = if health == Health::Unknown {
            Sync::Unknown
        } else {
            Sync::Synced
        };
        let text = format!("{word}; runStrategy is Manual, so it is observed only");
        self.aside(sync, health, ConditionType::Ready, "ObservedOnly", text)
            .remembering(self.undeclared())
    }

    /// A guest that is not the one known under this number blocks until a person accepts it.
    fn identity_conflict(&self) -> Option<Outcome> {
        let seen = self.guest.identity.value()?;
        let known = self.input.memory.identities.get(&self.guest.vmid)?;
        if known == seen {
            return None;
        }
        let spec = self.manifest.spec.accept_identity.as_deref();
        if spec.is_some_and(|accepted| accepted.eq_ignore_ascii_case(&seen.0)) {
            let event = Event::IdentityAccepted {
                vmid: self.guest.vmid,
                identity: seen.clone(),
                by: format!("manifest {}", self.key),
            };
            let text = "the manifest accepts the new identity";
            let accepted = self.is(
                Sync::Unknown,
                Health::Progressing,
                ConditionType::Reconciling,
                "IdentityAccepted",
                text,
            );
            return Some(Outcome::only(accepted).remembering(vec![event]));
        }
        let text = format!(
            "guest {} is not the one Jarvis knew under this number (was {}, is {}); if that is right, run `jarvis \
             accept-identity {}` or set spec.acceptIdentity: {}",
            self.guest.vmid, known.0, seen.0, self.guest.vmid, seen.0
        );
        let issue = self.issue(IssueKind::IdentityChanged);
        let blocked = self.aside(
            Sync::Unknown,
            Health::Unknown,
            ConditionType::Blocked,
            "IdentityChanged",
            text.clone(),
        );
        let opened = Event::IssueOpened {
            issue: issue.clone(),
            summary: text,
        };
        let events = if self.input.memory.issues.contains_key(&issue) {
            Vec::new()
        } else {
            vec![opened]
        };
        Some(blocked.remembering(events))
    }

    fn compare(&self) -> Outcome {
        let settled = self.settled_identity();
        let compared = match (self.believed(), self.manifest.spec.run_strategy) {
            (None, _) => self.unknown(),
            (Some(GuestStatus::Running), RunStrategy::Halted) => self.should_stop(),
            (Some(GuestStatus::Held(_)), RunStrategy::Halted) => self.should_stop(),
            (Some(GuestStatus::Stopped), RunStrategy::Halted) => {
                let text = "stopped, as declared";
                let synced = self.is(
                    Sync::Synced,
                    Health::Healthy,
                    ConditionType::Ready,
                    "Stopped",
                    text,
                );
                self.well(synced, IssueKind::GuestUp)
            }
            (Some(GuestStatus::Held(word)), _) => self.paused(word),
            (Some(GuestStatus::Running), _) => self.running(),
            (Some(GuestStatus::Stopped), _) => self.should_start(),
        };
        compared.remembering(settled)
    }

    /// Closes an identity issue once the identity fits again.
    fn settled_identity(&self) -> Vec<Event> {
        if !self.troubled || self.guest.identity.value().is_none() {
            return Vec::new();
        }
        let issue = self.issue(IssueKind::IdentityChanged);
        let open = self.input.memory.issues.contains_key(&issue);
        open.then_some(Event::IssueClosed {
            issue,
            because: Closed::NoLongerDeclared,
        })
        .into_iter()
        .collect()
    }

    fn unknown(&self) -> Outcome {
        let known = self.guest.status.why_not(self.now(), limits::CRITICAL);
        let why = known.unwrap_or(UnknownReason::Stale);
        let node = &self.guest.node;
        let text = format!(
            "its state is not known: {}; nothing is decided from that",
            why.as_str()
        );
        if self.input.observed.node_online(node, self.now()) {
            let kind = ConditionType::Reconciling;
            let unknown = self.is(Sync::Unknown, Health::Unknown, kind, "Unknown", text);
            return Outcome::only(unknown).looking(Look::Guest {
                vmid: self.guest.vmid,
            });
        }
        let text = format!("{text}; bring node {node} back");
        Outcome::only(self.is(
            Sync::Unknown,
            Health::Unknown,
            ConditionType::Blocked,
            "NodeAway",
            text,
        ))
    }

    fn paused(&self, word: &str) -> Outcome {
        let text = match word {
            "io-error" => {
                "it halted on a storage error (is its storage full?); make room and resume it".to_owned()
            }
            _ => format!("it is {word}; resume or stop it yourself, Jarvis leaves it alone"),
        };
        Outcome::only(self.is(
            Sync::OutOfSync,
            Health::Degraded,
            ConditionType::Blocked,
            "Paused",
            text,
        ))
    }

    fn mending(&self, kind: IssueKind) -> Mending<'a> {
        Mending::of(self.input, self.issue(kind))
    }

    /// Events and wake time of a guest that is as declared: open issues of `kind` heal, its opposite ends.
    fn well(&self, status: ResourceStatus, kind: IssueKind) -> Outcome {
        if !self.troubled {
            return Outcome::only(status);
        }
        let sure_at = || (kind == IssueKind::GuestDown).then(|| self.sure_at()).flatten();
        let (events, wake_at) = self.mending(kind).well(sure_at);
        let mut outcome = Outcome::only(status).remembering(events);
        outcome.wake_at = wake_at;
        let other = if kind == IssueKind::GuestDown {
            IssueKind::GuestUp
        } else {
            IssueKind::GuestDown
        };
        outcome.remembering(self.mending(other).ended())
    }

    /// When it will be sure that a guest that runs stays up, if it is not yet: a guest that dies at every start runs for
    /// seconds each time.
    fn sure_at(&self) -> Option<Timestamp> {
        let Some(began) = self.input.memory.running.get(&self.guest.vmid) else {
            return Some(self.now() + SURE_AFTER);
        };
        let seen = self.guest.status.seen_at().max(self.guest.live.seen_at());
        let sure_at = *began + SURE_AFTER;
        (seen < Some(sure_at)).then_some(sure_at)
    }

    fn undeclared(&self) -> Vec<Event> {
        if !self.troubled {
            return Vec::new();
        }
        let kinds = [IssueKind::GuestDown, IssueKind::GuestUp, IssueKind::GuestNotReady];
        let ended = |kind| self.mending(kind).ended();
        kinds.into_iter().filter_map(ended).collect()
    }

    /// What is said while a runbook is at this guest and it is down: that may be part of it.
    fn under_runbook(&self) -> Option<Outcome> {
        if !self.troubled {
            return None;
        }
        let mut issues = self.input.memory.issues.values();
        let run = issues.find_map(|issue| issue.run.as_ref().filter(|_| issue.key.resource == *self.key))?;
        let text = format!(
            "stopped; runbook {}: {}",
            run.runbook,
            crate::runbook::at(self.input, run)
        );
        let kind = ConditionType::Reconciling;
        let (sync, health) = (Sync::OutOfSync, Health::Progressing);
        Some(Outcome::only(self.is(
            sync,
            health,
            kind,
            "RunbookInProgress",
            text,
        )))
    }

    /// What is said while an effect on this very guest is in flight; nothing else is decided then.
    fn under_way(&self, sync: Sync) -> Option<Outcome> {
        let on_this = |action: &&Action| action.vmid() == Some(self.guest.vmid);
        let action = self.in_flight.iter().map(|intent| &intent.action).find(on_this)?;
        let text = format!("{action}: in progress");
        let kind = ConditionType::Reconciling;
        Some(Outcome::only(self.is(
            sync,
            Health::Progressing,
            kind,
            "InFlight",
            text,
        )))
    }
}

#[cfg(test)]
mod tests;
