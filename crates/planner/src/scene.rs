//! Test scenes: a small cluster whose facts are set by hand, manifests from YAML, memory folded from what the planner
//! wants remembered.

use crate::{Input, Plan, plan};
use jarvis_crds::{Desired, load};
use jarvis_guard::{Floor, resolve};
use jarvis_model::{
    Action, Autonomy, ConditionType, Event, GuestKind, GuestObserved, GuestStatus, Identity, Intent,
    IntentId, LiveStatus, Memory, NodeName, NodeObserved, NodeStatus, Observation, Observed, Outcome, Quorum,
    Record, ResourceKey, ResourceKind, ServiceStatus, Stage, StopCause, Timestamp, UnknownReason, Usage,
    Vmid,
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
    /// When each of it was.
    pub times: Vec<Timestamp>,
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
            times: Vec::new(),
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
        self.times.push(self.now);
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

    /// A look at a service found this.
    pub fn service(&mut self, name: &str, found: ServiceStatus) {
        let key = ResourceKey::new(ResourceKind::Service, name).unwrap();
        let now = self.now;
        let seen = self.observed.services.entry(key).or_default();
        seen.trouble = None;
        seen.see(Observation::known(found, now));
    }

    /// Two looks at a service, a second apart, found this.
    pub fn service_twice(&mut self, name: &str, found: ServiceStatus) {
        self.service(name, found.clone());
        self.pass_time(1);
        self.service(name, found);
    }

    pub fn node(&mut self, name: &str) -> &mut NodeObserved {
        self.observed.nodes.get_mut(&node_name(name)).unwrap()
    }

    pub fn offline(&mut self, name: &str) {
        let now = self.now;
        self.node(name).status = Observation::known(NodeStatus::Offline, now);
    }

    pub fn back(&mut self, name: &str) {
        let now = self.now;
        let node = self.node(name);
        node.status = Observation::known(NodeStatus::Online, now);
        node.returned_at = Some(now);
        node.uptime_secs = Some(5);
    }

    /// The first permitted decision is logged as the controller does it, and ends like this.
    pub fn act(&mut self, outcome: Outcome) -> Action {
        let intent = self.begin();
        self.remember(Event::IntentClosed {
            intent: intent.id,
            outcome,
        });
        intent.action
    }

    /// The first permitted decision is logged.
    pub fn begin(&mut self) -> Intent {
        let plan = self.plan();
        let permitted = plan
            .decisions
            .iter()
            .find(|decision| decision.verdict.is_permit());
        let decision = permitted.unwrap_or_else(|| panic!("nothing is permitted: {:#?}", plan.decisions));
        let request = &decision.request;
        let facts = self.input().facts();
        let effect = resolve(&request.action, &facts).unwrap();
        let level = jarvis_guard::autonomy(request.autonomy, &facts);
        let intent = Intent {
            id: IntentId(format!("i{:06}", self.memory.seq)),
            resource: request.resource.clone(),
            cause: request.cause.clone(),
            action: request.action.clone(),
            deadline: effect.deadline(self.now),
            effect,
            origin: request.origin.clone(),
            tier: decision.verdict.tier(),
            digest: request.digest.clone(),
            revision: String::new(),
            epoch: 1,
            attempt: decision.attempt,
            logged_at: self.now,
            uptime_before_secs: None,
            identity: None,
            undo: String::new(),
            silent: request.origin.is_autonomous() && level == Autonomy::L4,
            stage: Stage::Logged,
            outcome: None,
            closed_at: None,
        };
        self.remember(Event::IntentLogged {
            intent: Box::new(intent.clone()),
        });
        intent
    }

    /// How often this was remembered.
    pub fn count(&self, name: &str) -> usize {
        self.events.iter().filter(|event| event.name() == name).count()
    }

    /// Reason and kind of a resource's headline.
    pub fn says(&self, key: &str) -> (ConditionType, String) {
        let plan = self.plan();
        let status = &plan.statuses[&key.parse::<ResourceKey>().unwrap()];
        let headline = status
            .headline()
            .expect("every status has a condition that holds");
        (headline.kind, headline.reason.to_string())
    }

    pub fn input(&self) -> Input<'_> {
        Input {
            floor: &self.floor,
            desired: &self.desired,
            desired_known: true,
            observed: &self.observed,
            memory: &self.memory,
            now: self.now,
        }
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
        for service in self.observed.services.values_mut() {
            if let Some(found) = service.status.value().cloned() {
                service.see(Observation::known(found, now));
            }
        }
    }

    /// One pass, nothing remembered.
    pub fn plan(&self) -> Plan {
        plan(&self.input())
    }

    /// Passes until nothing new is to be remembered; the names of what was.
    pub fn settle(&mut self) -> (Plan, Vec<String>) {
        let mut names = Vec::new();
        self.observed.passed = crate::passed(&self.input());
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

/// A manifest of any kind; `spec` is its spec in YAML's flow form.
pub fn manifest(kind: &str, name: &str, spec: &str) -> String {
    format!("apiVersion: jarvis.dev/v1alpha1\nkind: {kind}\nmetadata: {{name: {name}}}\nspec: {spec}\n---\n")
}

/// A VirtualMachine manifest; `more` are further lines of its spec, indented by two.
pub fn vm(name: &str, number: u32, strategy: &str, more: &str) -> String {
    format!(
        "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata:\n  name: {name}\nspec:\n  vmid: {number}\n  \
         runStrategy: {strategy}\n{more}---\n"
    )
}
