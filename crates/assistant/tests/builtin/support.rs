//! A small world: node forge under load by guest 104 (transcode), media and two webs on it; a protected node; records.

use jarvis_assistant::builtin::{Asked, Said, Topic, Understood, understand};
use jarvis_controller::{
    LoopState, View,
    testing::{TestSide, handle},
};
use jarvis_guard::Floor;
use jarvis_model::{
    Action, Cause, Digest, Effect, Event, GuestKind, GuestObserved, GuestStatus, GuestVerb, Host,
    HostFigures, HostObserved, Identity, Intent, IntentId, IssueKey, LiveStatus, Memory, NodeName,
    NodeObserved, NodeStatus, Observation, Observed, Origin, Outcome, Quorum, Role, Stage, StorageObserved,
    Tier, Timestamp, Usage, Vmid,
};
use jarvis_planner::Plan;
use jarvis_ports::{Clock, Journal};
use jarvis_store::{MemoryJournal, MemoryStore};
use jarvis_tools::{Desk, moment::Moment};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

/// 2026-11-28 12:00:00 UTC, a Saturday.
pub const NOON: Timestamp = Timestamp::from_secs(1_795_867_200);

pub const MANIFESTS: &str = "
apiVersion: jarvis.dev/v1alpha1
kind: VirtualMachine
metadata: {name: media}
spec: {vmid: 101, runStrategy: RerunOnFailure}
---
apiVersion: jarvis.dev/v1alpha1
kind: VirtualMachine
metadata: {name: web-01}
spec: {vmid: 102, runStrategy: Always}
---
apiVersion: jarvis.dev/v1alpha1
kind: Service
metadata: {name: nginx-forge}
spec: {target: {node: forge}, systemd: {unit: nginx}}
---
apiVersion: jarvis.dev/v1alpha1
kind: SafetyPolicy
metadata: {name: house}
spec:
  protected: [{node: agent1}, {vmid: 103}]
  autonomy: {default: L3, ceiling: L3}
";

struct Still;

#[async_trait::async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        NOON
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

pub fn vmid(number: u32) -> Vmid {
    Vmid::new(number).unwrap()
}

pub fn node(name: &str, cpu: f64) -> NodeObserved {
    NodeObserved {
        name: NodeName::new(name).unwrap(),
        status: Observation::known(NodeStatus::Online, NOON),
        api: Observation::known(true, NOON),
        returned_at: None,
        uptime_secs: Some(86_400 * 3),
        votes: 1,
        ha_state: None,
        ip: None,
        idle: Observation::default(),
        usage: Usage {
            cpu: Some(cpu),
            max_cpu: Some(8.0),
            mem_bytes: Some(8 << 30),
            max_mem_bytes: Some(32 << 30),
            disk_bytes: Some(10 << 30),
            max_disk_bytes: Some(100 << 30),
        },
    }
}

pub fn guest(number: u32, name: &str, on: &str, status: GuestStatus) -> GuestObserved {
    let live = LiveStatus {
        status: status.clone(),
        uptime_secs: 3600,
        pid: Some(7),
        lock: None,
        ha_managed: false,
    };
    GuestObserved {
        vmid: vmid(number),
        kind: GuestKind::Qemu,
        node: NodeName::new(on).unwrap(),
        name: Some(name.to_owned()),
        status: Observation::known(status, NOON),
        agreeing_samples: 2,
        live: Observation::known(live, NOON),
        uptime_secs: Some(7200),
        template: false,
        lock: None,
        ha_state: None,
        identity: Observation::known(Identity(format!("uuid-{number}")), NOON),
        stop_cause: Observation::default(),
        ready: Observation::default(),
        running_task: None,
        tags: Vec::new(),
        usage: Usage {
            cpu: Some(0.1),
            max_cpu: Some(2.0),
            mem_bytes: Some(1 << 30),
            max_mem_bytes: Some(4 << 30),
            ..Usage::default()
        },
    }
}

fn observed() -> Observed {
    let nodes = [node("forge", 0.95), node("atlas", 0.1), node("agent1", 0.05)];
    let mut guests = vec![
        guest(101, "media", "forge", GuestStatus::Running),
        guest(102, "web-01", "atlas", GuestStatus::Stopped),
        guest(103, "jarvis", "agent1", GuestStatus::Running),
        guest(104, "transcode", "forge", GuestStatus::Running),
        guest(105, "web-02", "atlas", GuestStatus::Running),
    ];
    guests[3].usage.cpu = Some(0.98);
    guests[3].usage.max_cpu = Some(6.0);
    let storage = StorageObserved {
        storage: "tank".to_owned(),
        node: Some(NodeName::new("forge").unwrap()),
        plugin: "zfspool".to_owned(),
        active: Observation::known(true, NOON),
        used_bytes: Some(19 << 40),
        total_bytes: Some(20 << 40),
    };
    let figures = HostFigures {
        temperatures: BTreeMap::from([("coretemp Core 0".to_owned(), 61.0)]),
        load: Some(9.5),
        cores: Some(8),
        ..HostFigures::default()
    };
    let host = HostObserved {
        figures: Observation::known(figures, NOON),
        trouble: None,
    };
    let quorum = Quorum {
        quorate: true,
        expected_votes: 3,
        device_votes: 0,
        agreeing: 3,
    };
    Observed {
        quorum: Observation::known(quorum, NOON),
        nodes: nodes.into_iter().map(|node| (node.name.clone(), node)).collect(),
        guests: guests.into_iter().map(|guest| (guest.vmid, guest)).collect(),
        storages: BTreeMap::from([("storage/forge/tank".to_owned(), storage)]),
        hosts: BTreeMap::from([(Host::Node(NodeName::new("forge").unwrap()), host)]),
        backups: Observation::known(
            BTreeMap::from([(vmid(101), NOON - Duration::from_hours(30))]),
            NOON,
        ),
        complete_passes: 3,
        looked_at: Some(NOON),
        ..Observed::default()
    }
}

fn view() -> View {
    let files = BTreeMap::from([("all.yaml".to_owned(), MANIFESTS.as_bytes().to_vec())]);
    let desired = match jarvis_crds::load(&files, "0123456789abcdef0123456789abcdef01234567") {
        Ok(loaded) => loaded.desired,
        Err(errors) => panic!("{errors:#?}"),
    };
    let plan = Plan {
        revision: "0123456789abcdef0123456789abcdef01234567".to_owned(),
        at: NOON,
        digest: Digest::of(&"empty"),
        decisions: Vec::new(),
        statuses: BTreeMap::new(),
        events: Vec::new(),
        looks: Vec::new(),
        report: Vec::new(),
        wake_at: None,
    };
    View {
        version: 1,
        at: NOON,
        cluster: "home".into(),
        observed: Arc::new(observed()),
        desired: Arc::new(desired),
        memory: Arc::new(Memory::default()),
        plan: Arc::new(plan),
        floor: Arc::new(Floor::default()),
        state: LoopState {
            epoch: 1,
            passes: 3,
            last_look_at: Some(NOON),
            ..LoopState::default()
        },
    }
}

/// The world.
pub struct World {
    pub desk: Desk,
    pub side: TestSide,
    journal: Arc<MemoryJournal>,
    pub zone: jiff::tz::TimeZone,
    pub earlier: Mutex<Option<Topic>>,
}

impl World {
    pub fn new() -> Self {
        let journal = Arc::new(MemoryJournal::new());
        journal.acquire_lease().unwrap();
        let (handle, side) = handle(view(), journal.clone(), Arc::new(MemoryStore::new()), None);
        Self {
            desk: Desk {
                handle,
                clock: Arc::new(Still),
            },
            side,
            journal,
            zone: jiff::tz::TimeZone::UTC,
            earlier: Mutex::default(),
        }
    }

    pub fn change(&self, change: impl FnOnce(&mut View)) {
        self.side.views.send_modify(|view| {
            let mut next = View::clone(view);
            change(&mut next);
            *view = Arc::new(next);
        });
    }

    pub fn guest(&self, number: u32, change: impl FnOnce(&mut GuestObserved)) {
        self.change(|view| {
            change(
                Arc::make_mut(&mut view.observed)
                    .guests
                    .get_mut(&vmid(number))
                    .unwrap(),
            );
        });
    }

    /// What the loop saw of forge at a time: its processor use and degrees.
    pub fn figures(&self, at: Timestamp, cpu: f64, degrees: f64) {
        let view = self.desk.handle.view();
        let mut observed = Observed::clone(&view.observed);
        let forge = NodeName::new("forge").unwrap();
        observed.nodes.get_mut(&forge).unwrap().usage.cpu = Some(cpu);
        let figures = HostFigures {
            temperatures: BTreeMap::from([("coretemp Package id 0".to_owned(), degrees)]),
            ..HostFigures::default()
        };
        let host = observed.hosts.entry(Host::Node(forge)).or_default();
        host.figures = Observation::known(figures, at);
        let mut history = self.side.history.lock().unwrap();
        history
            .take(&observed, &view.desired, at, self.desk.handle.store().as_ref())
            .unwrap();
    }

    pub fn append(&self, at: Timestamp, events: Vec<Event>) -> u64 {
        let stored = self.journal.append(self.journal.head(), 1, at, events).unwrap();
        self.change(|view| {
            for record in &stored {
                Arc::make_mut(&mut view.memory).apply(&record.record);
            }
        });
        self.journal.head()
    }

    /// A start of a guest by Jarvis itself that ended like that; the number of its last record.
    pub fn mended(&self, id: &str, number: u32, key: &str, at: Timestamp, outcome: Outcome) -> u64 {
        let issue: IssueKey = format!("{key}#guest-down").parse().unwrap();
        let vmid = vmid(number);
        let effect = Effect::Guest {
            node: NodeName::new("forge").unwrap(),
            kind: GuestKind::Qemu,
            vmid,
            request: GuestVerb::Start,
        };
        let intent = Intent {
            id: IntentId(id.to_owned()),
            resource: Some(issue.resource.clone()),
            cause: Cause::Issue { issue: issue.clone() },
            action: Action::StartGuest { vmid },
            deadline: effect.deadline(at),
            effect,
            origin: Origin::Reconciler,
            tier: Tier::Yellow,
            digest: Digest::of(&id),
            revision: "r".to_owned(),
            epoch: 1,
            attempt: 1,
            logged_at: at,
            uptime_before_secs: None,
            identity: None,
            undo: "shut it down".to_owned(),
            silent: false,
            stage: Stage::Logged,
            outcome: None,
            closed_at: None,
        };
        let summary = "stopped, and no task explains it".to_owned();
        let intent_id = intent.id.clone();
        self.append(at, vec![Event::IssueOpened { issue, summary }]);
        self.append(
            at,
            vec![Event::IntentLogged {
                intent: Box::new(intent),
            }],
        );
        let closed = Event::IntentClosed {
            intent: intent_id,
            outcome,
        };
        self.append(at + Duration::from_secs(20), vec![closed])
    }

    pub async fn ask(&self, text: &str) -> Option<Understood> {
        let moment = Moment {
            view: self.desk.handle.view(),
            now: NOON,
        };
        let earlier = self.earlier.lock().unwrap().clone();
        let asked = Asked {
            text,
            desk: &self.desk,
            moment: &moment,
            role: Role::Operator,
            user: "anna",
            earlier: earlier.as_ref(),
            zone: &self.zone,
        };
        let understood = understand(asked).await;
        if let Some(understood) = &understood {
            cited(text, understood.said());
            if let Some(topic) = &understood.said().topic {
                *self.earlier.lock().unwrap() = Some(topic.clone());
            }
        }
        understood
    }

    /// The answer to a question; anything else fails the test.
    pub async fn said(&self, text: &str) -> Said {
        match self.ask(text).await {
            Some(Understood::Said(said)) => said,
            other => panic!("{text:?} gave {other:?}"),
        }
    }

    /// The action that a command becomes.
    pub async fn acts(&self, text: &str) -> Action {
        match self.ask(text).await {
            Some(Understood::Act { action, .. }) => action,
            other => panic!("{text:?} gave {other:?}"),
        }
    }
}

/// Every claim stands in the text, with every figure of it, and the voice is Jarvis'.
pub fn cited(asked: &str, said: &Said) {
    for fact in &said.facts {
        assert!(!fact.source.is_empty(), "{asked:?}: {fact:?}");
        let figures = fact
            .claim
            .split(|c: char| !c.is_ascii_digit())
            .filter(|figure| !figure.is_empty());
        for figure in figures {
            assert!(
                said.text.contains(figure),
                "{asked:?}: {fact:?} is not in {:?}",
                said.text
            );
        }
        let (claim, text) = (fact.claim.to_lowercase(), said.text.to_lowercase());
        assert!(
            text.contains(&claim),
            "{asked:?}: {fact:?} is not in {:?}",
            said.text
        );
    }
    let faults = jarvis_assistant::persona::faults(&said.text);
    assert!(faults.is_empty(), "{asked:?}: {faults:?} in {:?}", said.text);
    let lines = said.text.lines().count();
    assert!(
        (1..=24).contains(&lines),
        "{asked:?}: {lines} lines:\n{}",
        said.text
    );
}
