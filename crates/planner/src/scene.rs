//! Test scenes: a small cluster whose facts are set by hand, manifests from YAML, memory folded from what the planner
//! wants remembered.

use crate::{Input, Plan, plan};
use jarvis_crds::{Desired, load};
use jarvis_guard::Floor;
use jarvis_model::{
    Autonomy, Event, GuestKind, GuestObserved, GuestStatus, Identity, LiveStatus, Memory, NodeName,
    NodeObserved, NodeStatus, Observation, Observed, Quorum, Record, StopCause, Timestamp, UnknownReason,
    Usage, Vmid,
};
use std::{collections::BTreeMap, time::Duration};

/// Where every scene begins.
pub const START: u64 = 1_000_000;

pub fn vmid(number: u32) -> Vmid {
    Vmid::new(number).unwrap()
}

pub fn node_name(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

/// A scene.
pub struct Scene {
    pub floor: Floor,
    pub desired: Desired,
    pub observed: Observed,
    pub memory: Memory,
    pub now: Timestamp,
    /// Everything remembered, in order.
    pub events: Vec<Event>,
}

impl Scene {
    /// Three online nodes a, b, c and no guests; autonomy L3.
    pub fn new() -> Self {
        let mut scene = Self {
            floor: Floor {
                autonomy: Autonomy::L3,
                ..Floor::default()
            },
            desired: Desired::default(),
            observed: Observed {
                complete_passes: 10,
                ..Observed::default()
            },
            memory: Memory::default(),
            now: Timestamp::from_secs(START),
            events: Vec::new(),
        };
        for name in ["a", "b", "c"] {
            scene
                .observed
                .nodes
                .insert(node_name(name), online(name, scene.now));
        }
        scene.refresh();
        scene
    }

    /// Puts manifests in force.
    pub fn declare(&mut self, yaml: &str) {
        let files = BTreeMap::from([("all.yaml".to_owned(), yaml.as_bytes().to_vec())]);
        let commit = format!("commit-{}", self.memory.seq);
        self.desired = load(&files, &commit)
            .unwrap_or_else(|errors| panic!("{errors:#?}"))
            .desired;
        let resources = self.desired.resources().collect();
        let hash = self.desired.revision.hash.clone();
        self.remember(Event::RevisionApplied {
            commit,
            hash,
            resources,
        });
    }

    /// Declares one VM `web` with number 101.
    pub fn declare_vm(&mut self, strategy: &str) {
        self.declare(&vm("web", 101, strategy, ""));
    }

    pub fn remember(&mut self, event: Event) {
        let record = Record {
            seq: self.memory.seq + 1,
            at: self.now,
            epoch: 1,
            event: event.clone(),
        };
        self.memory.apply(&record);
        self.events.push(event);
    }

    /// A guest on a node, seen just now by list and live read.
    pub fn guest(&mut self, number: u32, node: &str, status: GuestStatus) {
        let id = vmid(number);
        let running = status == GuestStatus::Running;
        let live = LiveStatus {
            status: status.clone(),
            uptime_secs: if running { 500 } else { 0 },
            pid: running.then_some(4711),
            lock: None,
            ha_managed: false,
        };
        let guest = GuestObserved {
            vmid: id,
            kind: GuestKind::Qemu,
            node: node_name(node),
            name: Some(format!("guest-{number}")),
            status: Observation::known(status, self.now),
            agreeing_samples: 5,
            live: Observation::known(live, self.now),
            uptime_secs: Some(if running { 500 } else { 0 }),
            template: false,
            lock: None,
            ha_state: None,
            identity: Observation::known(Identity(format!("uuid-{number}")), self.now),
            stop_cause: Observation::unknown(UnknownReason::NotYetSeen),
            ready: Observation::unknown(UnknownReason::NotYetSeen),
            running_task: None,
            tags: Vec::new(),
            usage: Usage::default(),
        };
        self.observed.guests.insert(id, guest);
    }

    pub fn edit(&mut self, number: u32, change: impl FnOnce(&mut GuestObserved)) {
        change(self.observed.guests.get_mut(&vmid(number)).unwrap());
    }

    pub fn cause(&mut self, number: u32, cause: StopCause) {
        let now = self.now;
        self.edit(number, |guest| guest.stop_cause = Observation::known(cause, now));
    }

    /// Time passes and every look is repeated, finding the same.
    pub fn pass_time(&mut self, secs: u64) {
        self.now = self.now + Duration::from_secs(secs);
        self.refresh();
    }

    /// Every known fact is seen again now.
    pub fn refresh(&mut self) {
        let now = self.now;
        let quorum = Quorum {
            quorate: true,
            expected_votes: 3,
            device_votes: 0,
            agreeing: 2,
        };
        self.observed.quorum = Observation::known(quorum, now);
        self.observed.looked_at = Some(now);
        for node in self.observed.nodes.values_mut() {
            touch(&mut node.status, now);
        }
        for guest in self.observed.guests.values_mut() {
            touch(&mut guest.status, now);
            touch(&mut guest.live, now);
            touch(&mut guest.identity, now);
            touch(&mut guest.stop_cause, now);
        }
    }

    /// One pass, nothing remembered.
    pub fn plan(&self) -> Plan {
        plan(&Input {
            floor: &self.floor,
            desired: &self.desired,
            desired_known: true,
            observed: &self.observed,
            memory: &self.memory,
            now: self.now,
        })
    }

    /// Passes until nothing new is to be remembered; the names of what was.
    pub fn settle(&mut self) -> (Plan, Vec<String>) {
        let mut names = Vec::new();
        for _ in 0..10 {
            let plan = self.plan();
            if plan.events.is_empty() {
                return (plan, names);
            }
            for event in plan.events {
                names.push(event.name());
                self.remember(event);
            }
        }
        panic!("the planner never settles: {names:?}");
    }
}

fn touch<T: Clone>(fact: &mut Observation<T>, now: Timestamp) {
    if let Some(value) = fact.value().cloned() {
        *fact = Observation::known(value, now);
    }
}

fn online(name: &str, now: Timestamp) -> NodeObserved {
    NodeObserved {
        name: node_name(name),
        status: Observation::known(NodeStatus::Online, now),
        api: Observation::known(true, now),
        returned_at: None,
        uptime_secs: Some(100_000),
        votes: 1,
        ha_state: None,
        ip: None,
        idle: Observation::unknown(UnknownReason::NotYetSeen),
        usage: Usage::default(),
    }
}

/// A VirtualMachine manifest; `more` are further lines of its spec, indented by two.
pub fn vm(name: &str, number: u32, strategy: &str, more: &str) -> String {
    format!(
        "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata:\n  name: {name}\nspec:\n  vmid: {number}\n  \
         runStrategy: {strategy}\n{more}---\n"
    )
}
