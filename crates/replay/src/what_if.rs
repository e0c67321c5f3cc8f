//! What else the guard would have said, had one fact been different: each fact is changed alone, and the guard asked again.
//! So the words, rules and limits are the guard's own, and hold for this very action, origin and state.
//!
//! Knows no rules; it knows facts, and how each could have been.

#![expect(
    clippy::unnecessary_wraps,
    reason = "every change has the form of those that may not apply"
)]

use jarvis_guard::{Facts, Request, judge, resolve};
use jarvis_model::{
    Autonomy, Cause, Digest, Freeze, FreezeScope, GuestStatus, Hold, HoldScope, Identity, Intent, IntentId,
    LiveStatus, NodeName, NodeStatus, Observation, Quorum, Stage, Timestamp, UnknownReason, Verdict, Vmid,
    issue::ATTEMPTS_PER_HOUR,
};
use jarvis_planner::Input;
use serde::Serialize;
use std::time::Duration;

/// A fact changed, and what the guard says then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Otherwise {
    /// The change, to be read after "if".
    pub change: &'static str,
    /// The verdict then.
    pub verdict: Verdict,
}

/// The facts of a judgement, to be changed.
#[derive(Clone)]
struct Scene {
    request: Request,
    floor: jarvis_guard::Floor,
    observed: jarvis_model::Observed,
    memory: jarvis_model::Memory,
    now: Timestamp,
}

impl Scene {
    fn judge(&self, input: &Input<'_>) -> Verdict {
        judge(&self.request, &self.facts(input.desired))
    }

    fn facts<'a>(&'a self, desired: &'a jarvis_crds::Desired) -> Facts<'a> {
        Facts {
            floor: &self.floor,
            desired,
            observed: &self.observed,
            memory: &self.memory,
            now: self.now,
        }
    }

    fn vmid(&self) -> Option<Vmid> {
        self.request.action.vmid()
    }

    /// The node it happens on.
    fn node(&self) -> Option<NodeName> {
        let guest = || {
            self.observed
                .guests
                .get(&self.vmid()?)
                .map(|guest| guest.node.clone())
        };
        self.request.action.node().cloned().or_else(guest)
    }

    fn guest(&mut self) -> Option<&mut jarvis_model::GuestObserved> {
        let vmid = self.vmid()?;
        self.observed.guests.get_mut(&vmid)
    }

    fn live(&mut self, change: impl FnOnce(&mut LiveStatus)) -> Option<()> {
        match &mut self.guest()?.live {
            Observation::Known { value, .. } => change(value),
            Observation::Unknown { .. } => return None,
        }
        Some(())
    }

    fn issue(&mut self) -> Option<&mut jarvis_model::Issue> {
        match &self.request.cause {
            Cause::Issue { issue } => self.memory.issues.get_mut(issue),
            Cause::Ticket { .. } => None,
        }
    }

    fn node_is(&mut self, node: &NodeName, status: Observation<NodeStatus>) -> Option<()> {
        self.observed.nodes.get_mut(node)?.status = status;
        Some(())
    }
}

/// Makes one change; none when it cannot be made here.
type Change = fn(&mut Scene) -> Option<()>;

/// Every fact that can be changed, in the order in which they are told.
const CHANGES: &[(&str, Change)] = &[
    ("its guest were protected", guest_protected),
    ("its node were protected", node_protected),
    ("another guest had its number", other_identity),
    ("the kill switch were on", |scene| {
        frozen(scene, FreezeScope::Autonomy)
    }),
    ("the kill switch were on for everybody", |scene| {
        frozen(scene, FreezeScope::All)
    }),
    ("its resource, node or the cluster were held", held),
    ("Jarvis had just started", just_started),
    ("the cluster had no quorum", |scene| quorum(scene, false)),
    ("quorum were not known", quorum_unknown),
    ("its node were offline", |scene| own_node(scene, Known::Offline)),
    ("the state of its node were not known", |scene| {
        own_node(scene, Known::Not)
    }),
    ("another node were away", |scene| others_away(scene, 1)),
    ("two other nodes were away", |scene| others_away(scene, 2)),
    ("its guest were running", |scene| {
        status(scene, GuestStatus::Running)
    }),
    ("its guest were stopped", |scene| {
        status(scene, GuestStatus::Stopped)
    }),
    ("nobody had looked at its guest just before", no_look),
    ("its guest were locked", locked),
    ("its guest were under Proxmox HA", under_ha),
    ("its guest were a template", template),
    ("its guest had been stopped a moment ago", just_stopped),
    ("another effect were in flight", in_flight),
    ("its attempts were spent", attempts_spent),
    ("its issue were given to people", escalated),
    ("the acts of this hour were spent", hour_spent),
    ("the plan had many changes", large_plan),
    ("the ceiling of autonomy were L2", |scene| {
        ceiling(scene, Autonomy::L2)
    }),
    ("the ceiling of autonomy were L1", |scene| {
        ceiling(scene, Autonomy::L1)
    }),
    ("nobody had confirmed it", unconfirmed),
];

/// Every single change that would have brought another verdict; the same verdict by the same rule is told once.
pub fn otherwise(request: &Request, input: &Input<'_>) -> Vec<Otherwise> {
    let scene = Scene {
        request: request.clone(),
        floor: input.floor.clone(),
        observed: input.observed.clone(),
        memory: input.memory.clone(),
        now: input.now,
    };
    let as_it_was = scene.judge(input);
    let mut told = vec![as_it_was];
    let mut found = Vec::new();
    for (change, make) in CHANGES {
        let mut changed = scene.clone();
        if make(&mut changed).is_none() {
            continue;
        }
        let verdict = changed.judge(input);
        if !told.contains(&verdict) {
            told.push(verdict.clone());
            found.push(Otherwise { change, verdict });
        }
    }
    found
}

fn guest_protected(scene: &mut Scene) -> Option<()> {
    let vmid = scene.vmid()?;
    scene.floor.guests.insert(vmid).then_some(())
}

fn node_protected(scene: &mut Scene) -> Option<()> {
    let node = scene.node()?;
    scene.floor.nodes.insert(node).then_some(())
}

fn other_identity(scene: &mut Scene) -> Option<()> {
    let now = scene.now;
    scene.guest()?.identity = Observation::known(Identity("another".to_owned()), now);
    Some(())
}

fn frozen(scene: &mut Scene, scope: FreezeScope) -> Option<()> {
    scene.memory.freeze = Freeze::On {
        scope,
        by: "somebody".to_owned(),
        reason: String::new(),
        since: scene.now,
        until: None,
    };
    Some(())
}

fn held(scene: &mut Scene) -> Option<()> {
    let hold = Hold {
        by: "somebody".to_owned(),
        reason: String::new(),
        since: scene.now,
        until: None,
    };
    scene.memory.holds.insert(HoldScope::Cluster, hold);
    Some(())
}

fn just_started(scene: &mut Scene) -> Option<()> {
    scene.observed.complete_passes = 0;
    Some(())
}

fn quorum(scene: &mut Scene, quorate: bool) -> Option<()> {
    let known = *scene.observed.quorum.value()?;
    scene.observed.quorum = Observation::known(Quorum { quorate, ..known }, scene.now);
    Some(())
}

fn quorum_unknown(scene: &mut Scene) -> Option<()> {
    scene.observed.quorum = Observation::unknown(UnknownReason::Stale);
    Some(())
}

enum Known {
    Offline,
    Not,
}

fn own_node(scene: &mut Scene, known: Known) -> Option<()> {
    let node = scene.node()?;
    let status = match known {
        Known::Offline => Observation::known(NodeStatus::Offline, scene.now),
        Known::Not => Observation::unknown(UnknownReason::Stale),
    };
    scene.node_is(&node, status)
}

fn others_away(scene: &mut Scene, count: usize) -> Option<()> {
    let own = scene.node();
    let others = scene
        .observed
        .nodes
        .keys()
        .filter(|node| Some(*node) != own.as_ref());
    let away: Vec<NodeName> = others.take(count).cloned().collect();
    for node in &away {
        let offline = Observation::known(NodeStatus::Offline, scene.now);
        scene.node_is(node, offline)?;
    }
    (away.len() == count).then_some(())
}

fn status(scene: &mut Scene, status: GuestStatus) -> Option<()> {
    scene.live(|live| live.status = status)
}

fn no_look(scene: &mut Scene) -> Option<()> {
    scene.guest()?.live = Observation::unknown(UnknownReason::NotYetSeen);
    Some(())
}

fn locked(scene: &mut Scene) -> Option<()> {
    scene.guest()?.lock = Some("backup".to_owned());
    Some(())
}

fn under_ha(scene: &mut Scene) -> Option<()> {
    scene.guest()?.ha_state = Some("started".to_owned());
    Some(())
}

fn template(scene: &mut Scene) -> Option<()> {
    scene.guest()?.template = true;
    Some(())
}

fn just_stopped(scene: &mut Scene) -> Option<()> {
    let vmid = scene.vmid()?;
    scene.memory.stopped_at.insert(vmid, scene.now);
    Some(())
}

/// The same act once more, logged a moment ago for another decision.
fn in_flight(scene: &mut Scene) -> Option<()> {
    let request = &scene.request;
    // Any effect takes the slot; services, which only their manifests resolve, need none here.
    let nothing = jarvis_crds::Desired::default();
    let effect = resolve(&request.action, &scene.facts(&nothing)).ok()?;
    let intent = Intent {
        id: IntentId("another".to_owned()),
        resource: None,
        cause: request.cause.clone(),
        action: request.action.clone(),
        deadline: scene.now + Duration::from_mins(5),
        effect,
        origin: request.origin.clone(),
        tier: jarvis_guard::base_tier(&request.action, &jarvis_crds::Desired::default()),
        digest: Digest::of(&"another"),
        revision: String::new(),
        epoch: 0,
        attempt: 0,
        logged_at: scene.now,
        uptime_before_secs: None,
        identity: None,
        undo: String::new(),
        silent: false,
        stage: Stage::Logged,
        outcome: None,
        closed_at: None,
    };
    scene.memory.intents.insert(intent.id.clone(), intent);
    Some(())
}

fn attempts_spent(scene: &mut Scene) -> Option<()> {
    let now = scene.now;
    let issue = scene.issue()?;
    // A run of a runbook is an attempt itself, and is not held against its own acts.
    let spent = ATTEMPTS_PER_HOUR + u32::from(issue.run.is_some());
    issue.attempts = vec![now; spent as usize];
    Some(())
}

fn escalated(scene: &mut Scene) -> Option<()> {
    let now = scene.now;
    scene.issue()?.escalated_at = Some(now);
    Some(())
}

fn hour_spent(scene: &mut Scene) -> Option<()> {
    let limit = usize::try_from(scene.floor.actions_per_hour).ok()?;
    scene.memory.autonomous_acts = vec![scene.now; limit];
    Some(())
}

fn large_plan(scene: &mut Scene) -> Option<()> {
    scene.request.plan_size.changes = scene.floor.largest_plan + 1;
    Some(())
}

fn ceiling(scene: &mut Scene, ceiling: Autonomy) -> Option<()> {
    scene.memory.ceiling = Some(ceiling);
    Some(())
}

fn unconfirmed(scene: &mut Scene) -> Option<()> {
    scene.memory.approvals.remove(&scene.request.digest);
    if let Cause::Ticket { ticket } = &scene.request.cause {
        scene.memory.tickets.get_mut(ticket)?.confirmed = None;
    }
    Some(())
}
