//! Nodes against their manifests. One that is Known offline is an issue; where it can be woken it is, after it had time to
//! come back by itself and the HA manager is done with it. A node that was shut down on purpose is left alone.

use crate::{
    input::Input,
    mend::{Mending, SURE_AFTER},
    outcome::{Outcome, Want},
    status::status,
};
use jarvis_crds::{Expected, Manifest, NodeSpec};
use jarvis_guard::facts::Nature;
use jarvis_model::{
    Action, Autonomy, ConditionType, Effect, Event, Health, HoldScope, Issue, IssueKey, IssueKind, NodeName,
    NodeObserved, NodeStatus, ResourceKey, ResourceStatus, Severity, Sync, limits,
};
use std::time::Duration;

/// How long a node that left is given to come back by itself: a reboot takes that long.
pub const TIME_TO_RETURN: Duration = Duration::from_mins(2);
/// How long before its absence an orderly end of its guests explains that.
const SHUTDOWN_TAKES: Duration = Duration::from_mins(10);
/// The cluster's clock may be this much ahead of ours.
const CLOCK_SLACK: Duration = Duration::from_secs(30);

/// One node against its manifest.
pub fn evaluate(input: &Input<'_>, key: &ResourceKey, node: &Manifest<NodeSpec>) -> Outcome {
    let name = &node.spec.node;
    let revision = &input.desired.revision.commit;
    let Some(seen) = input.observed.nodes.get(name) else {
        let text = format!("no node {name} in this cluster; correct spec.node or remove the manifest");
        let kind = ConditionType::Blocked;
        let (sync, health) = (Sync::OutOfSync, Health::Unknown);
        return Outcome::only(status(revision, sync, health, kind, "NodeMissing", text));
    };
    let case = Case {
        input,
        spec: &node.spec,
        seen,
        mending: Mending::of(input, IssueKey::new(key.clone(), IssueKind::NodeUnreachable)),
    };
    let outcome = match seen.status.fresh(input.now, limits::CRITICAL) {
        None => {
            let text = format!("the state of node {name} is not known");
            case.reconciling(Sync::Unknown, Health::Unknown, "NodeUnknown", text)
        }
        Some(NodeStatus::Online) => case.online(),
        Some(NodeStatus::Offline) => case.offline(),
    };
    case.held(outcome)
}

struct Case<'a> {
    input: &'a Input<'a>,
    spec: &'a NodeSpec,
    seen: &'a NodeObserved,
    mending: Mending<'a>,
}

impl Case<'_> {
    fn name(&self) -> &NodeName {
        &self.spec.node
    }

    fn is(
        &self,
        sync: Sync,
        health: Health,
        kind: ConditionType,
        reason: &'static str,
        text: String,
    ) -> ResourceStatus {
        let revision = &self.input.desired.revision.commit;
        status(revision, sync, health, kind, reason, text)
    }

    fn reconciling(&self, sync: Sync, health: Health, reason: &'static str, text: String) -> Outcome {
        Outcome::only(self.is(sync, health, ConditionType::Reconciling, reason, text))
    }

    /// While it or the whole cluster is held nothing is done about it; what happens is told all the same.
    fn held(&self, outcome: Outcome) -> Outcome {
        if self.input.memory.holds.is_empty() {
            return outcome;
        }
        let scopes = [
            HoldScope::Resource(self.mending.key().resource.clone()),
            HoldScope::Node(self.name().clone()),
            HoldScope::Cluster,
        ];
        let Some((scope, hold)) = self.input.memory.hold_on(&scopes, self.input.now) else {
            return outcome;
        };
        let text = format!(
            "held ({scope}) by {}: {}; `jarvis release {scope}` ends it",
            hold.by, hold.reason
        );
        let (kind, health) = (ConditionType::Suspended, Health::Suspended);
        let wake_at = outcome.wake_at.into_iter().chain(hold.until).min();
        Outcome {
            status: self.is(outcome.status.sync, health, kind, "Held", text),
            want: None,
            wake_at,
            ..outcome
        }
    }

    fn online(&self) -> Outcome {
        let returned = self.seen.returned_at.map(|at| at + SURE_AFTER);
        let sure_at = returned.filter(|at| self.seen.status.seen_at() < Some(*at));
        let (events, wake_at) = self.mending.well(|| sure_at);
        let text = format!("node {} is online", self.name());
        let kind = ConditionType::Ready;
        let mut outcome = Outcome::only(self.is(Sync::Synced, Health::Healthy, kind, "Online", text));
        outcome.wake_at = wake_at;
        outcome.remembering(events)
    }

    fn offline(&self) -> Outcome {
        if let Some(outcome) = self.under_way() {
            return outcome;
        }
        if self.spec.expected != Expected::Online {
            let text = format!("node {} is off, as it may be", self.name());
            let kind = ConditionType::Ready;
            let off = self.is(Sync::Synced, Health::Suspended, kind, "OffAsDeclared", text);
            return Outcome::only(off).remembering(self.mending.ended());
        }
        if let Some(how) = self.input.memory.shut_down.get(self.name()) {
            return self.shut_down(how);
        }
        if let Some(text) = self.orderly_end() {
            let node = self.name().clone();
            return self
                .shut_down(&text)
                .remembering([Event::NodeShutDown { node, text }]);
        }
        self.unreachable()
    }

    /// Somebody's reboot or shutdown of this node is in flight, or a wake: then its absence is no surprise.
    fn under_way(&self) -> Option<Outcome> {
        let open = self.input.memory.open_intents().map(|intent| &intent.effect);
        let power = |effect: &&Effect| matches!(effect, Effect::Node { node, .. } | Effect::Wake { node, .. } if node == self.name());
        let effect = open.into_iter().find(power)?;
        Some(if let Effect::Wake { .. } = effect {
            let text = format!("node {} is being woken", self.name());
            self.reconciling(Sync::OutOfSync, Health::Progressing, "InFlight", text)
        } else {
            let text = format!("node {} is going down or coming back, as asked", self.name());
            self.reconciling(Sync::Synced, Health::Progressing, "InFlight", text)
        })
    }

    fn shut_down(&self, how: &str) -> Outcome {
        let text = format!(
            "node {} is off: {how}. Jarvis leaves it alone until it is back; start or wake it yourself, or declare \
             expected: Any",
            self.name()
        );
        let kind = ConditionType::Suspended;
        let off = self.is(Sync::OutOfSync, Health::Suspended, kind, "ShutDown", text);
        Outcome::only(off).remembering(self.mending.ended())
    }

    /// The node ended its guests in order before it left: a shutdown or reboot by somebody, not a failure.
    fn orderly_end(&self) -> Option<String> {
        let open = self.mending.open();
        if open.is_some_and(|open| !open.attempts.is_empty()) {
            return None;
        }
        let left = open.map_or(self.input.now, |open| open.opened_at);
        let tasks = self.input.observed.tasks.iter().map(|task| &task.upid);
        let mut ends = tasks.filter(|upid| upid.node() == self.name() && upid.task_type() == "stopall");
        let end = ends.find(|upid| {
            let began = upid.started_at();
            began + SHUTDOWN_TAKES >= left && began <= left + CLOCK_SLACK
        })?;
        Some(format!(
            "it stopped its guests in order before it left, asked by {}",
            end.user()
        ))
    }

    fn unreachable(&self) -> Outcome {
        let name = self.name();
        let summary = format!("node {name} is offline by two agreeing entry points; its guests are unknown");
        let text = format!("{summary}; bring the node back, or declare expected: Any");
        let kind = ConditionType::Blocked;
        let blocked = Outcome::only(self.is(Sync::OutOfSync, Health::Degraded, kind, "NodeOffline", text));
        let events = self.mending.ill(summary.clone());
        let Some(open) = self.mending.open().filter(|_| events.is_empty()) else {
            return blocked.remembering(events);
        };
        if let Some(alert) = self.alert(open) {
            return blocked.remembering([alert]);
        }
        if let Some(hindered) = self.mending.hindered(open, || vec![self.seen_line()]) {
            return hindered;
        }
        if let Some(waiting) = self.time_to_return(open) {
            return waiting;
        }
        let want = self.address().is_ok().then(|| Want {
            action: Action::WakeNode { node: name.clone() },
            nature: Nature::Repair,
            issue: open.key.clone(),
            evidence: vec![open.summary.clone(), self.seen_line()],
            runbook: None,
        });
        let outcome = match &want {
            Some(_) => self.reconciling(Sync::OutOfSync, Health::Degraded, "Waking", summary),
            None => blocked,
        };
        self.mending.answer(open, outcome, want)
    }

    /// A node that reboots is back within minutes, and one that the HA manager fences must not be woken under it.
    fn time_to_return(&self, open: &Issue) -> Option<Outcome> {
        let now = self.input.now;
        let due = open.opened_at + TIME_TO_RETURN;
        let (why, due) = match self.seen.ha_state.as_deref() {
            Some("fence") => ("the HA manager is fencing it".to_owned(), None),
            Some("maintenance") => ("the HA manager has it in maintenance".to_owned(), None),
            _ if now < due => ("it is given time to come back by itself".to_owned(), Some(due)),
            _ => return None,
        };
        if self.address().is_err() {
            return None;
        }
        let text = format!("{}; {why} before it is woken", open.summary);
        let mut waiting = self.reconciling(Sync::OutOfSync, Health::Degraded, "TimeToReturn", text);
        waiting.wake_at = due;
        Some(waiting)
    }

    /// Whether the node can be woken, or what is missing for it.
    fn address(&self) -> Result<(), &'static str> {
        let Some(wake) = &self.spec.wake_on_lan else {
            return Err("no wakeOnLan is declared");
        };
        let known = wake.mac.is_some() || self.input.memory.macs.contains_key(self.name());
        if known {
            Ok(())
        } else {
            Err("the address to wake it is not known; declare wakeOnLan.mac")
        }
    }

    /// People hear of a node at once, and what is done about it; at L4 only when nothing can be done.
    fn alert(&self, open: &Issue) -> Option<Event> {
        let level = self.mending.level();
        let done = match (self.address(), level) {
            (Err(why), _) => format!("Check its power and network; Jarvis observes until it is back ({why})"),
            (Ok(()), Autonomy::L0 | Autonomy::L1) => {
                format!("Check its power and network; at autonomy {level} Jarvis does not wake it")
            }
            (Ok(()), Autonomy::L2) => {
                "Should it not come back within two minutes, waking it is recommended and waits for a person"
                    .to_owned()
            }
            (Ok(()), Autonomy::L3) => {
                "Should it not come back within two minutes, Jarvis wakes it over the network and reports"
                    .to_owned()
            }
            (Ok(()), Autonomy::L4) => return None,
        };
        self.mending
            .alert(Severity::Critical, || format!("{}. {done}.", open.summary))
    }

    fn seen_line(&self) -> String {
        let seen = self.seen.status.seen_at().unwrap_or_default();
        let ha = self.seen.ha_state.as_deref().unwrap_or("not used");
        format!(
            "node {} seen offline {} s ago, state by HA: {ha}",
            self.name(),
            self.input.now.since(seen).as_secs()
        )
    }
}

#[cfg(test)]
mod tests;
