//! A large cluster: declared by manifests, seen through the production tracker, remembered as after a long run.

use jarvis_controller::observe::Tracker;
use jarvis_crds::{Desired, load};
use jarvis_guard::Floor;
use jarvis_model::{
    Action, Autonomy, Cause, Digest, Effect, Event, GuestKind, GuestStatus, GuestVerb, Identity, Intent,
    IntentId, IssueKey, IssueKind, LiveStatus, Memory, NodeName, Observation, Observed, Origin, Outcome,
    Record, ResourceKey, ResourceKind, Stage, StopCause, Tier, Timestamp, Usage, Vmid,
};
use jarvis_planner::{Input, Plan, plan};
use jarvis_ports::{ClusterLook, GuestRow, NodeRow, QuorumLook};
use std::{collections::BTreeMap, time::Duration};

/// Nodes of the large cluster.
pub const NODES: u32 = 32;
/// Declared guests of the large cluster.
pub const GUESTS: u32 = 10_000;
/// Closed intents that memory keeps.
const REMEMBERED_INTENTS: u64 = 200;
/// When the first look is taken.
const START: Timestamp = Timestamp::from_secs(1_800_000_000);

/// Everything a pass looks at.
pub struct Fleet {
    pub floor: Floor,
    pub desired: Desired,
    pub observed: Observed,
    pub memory: Memory,
    pub now: Timestamp,
}

impl Fleet {
    /// `GUESTS` guests on `NODES` nodes, all running as declared; settled, so that a pass has nothing to remember.
    pub fn in_sync() -> Self {
        let desired = load(&files(GUESTS), "commit")
            .unwrap_or_else(|errors| panic!("{errors:#?}"))
            .desired;
        let mut tracker = Tracker::default();
        let mut observed = Observed::default();
        let mut now = START;
        for round in 0..4 {
            now = START + Duration::from_secs(10 * round);
            tracker.absorb_quorum(&mut observed, &[quorum("node01"), quorum("node02")], now);
            tracker.absorb_cluster(&mut observed, &look(round), now);
        }
        let mut fleet = Self {
            floor: Floor {
                autonomy: Autonomy::L3,
                ..Floor::default()
            },
            desired,
            observed,
            memory: Memory::default(),
            now,
        };
        fleet.remember(Event::RevisionApplied {
            commit: "commit".to_owned(),
            hash: fleet.desired.revision.hash.clone(),
            resources: fleet.desired.resources().collect(),
        });
        for index in 0..GUESTS {
            let identity = Identity(format!("uuid-{index}"));
            fleet.remember(Event::IdentitySeen {
                vmid: vmid(index),
                identity,
            });
        }
        for number in 0..REMEMBERED_INTENTS {
            let intent = Box::new(intent(number, START));
            let id = intent.id.clone();
            fleet.remember_at(START - Duration::from_hours(2), Event::IntentLogged { intent });
            let outcome = Outcome::Verified;
            fleet.remember(Event::IntentClosed { intent: id, outcome });
        }
        fleet.settle();
        fleet
    }

    /// The same with ten guests on ten nodes down without a task that explains it; issues are open, and every look an act
    /// needs is fresh.
    pub fn with_crashes() -> Self {
        let mut fleet = Self::in_sync();
        let now = fleet.now;
        for index in (0..10).map(|nth| nth * 997) {
            let id = vmid(index);
            let Some(guest) = fleet.observed.guests.get_mut(&id) else {
                continue;
            };
            guest.status = Observation::known(GuestStatus::Stopped, now);
            guest.uptime_secs = None;
            let live = LiveStatus {
                status: GuestStatus::Stopped,
                uptime_secs: 0,
                pid: None,
                lock: None,
                ha_managed: false,
            };
            guest.live = Observation::known(live, now);
            guest.identity = Observation::known(Identity(format!("uuid-{index}")), now);
            guest.stop_cause = Observation::known(StopCause::NoTask, now);
        }
        fleet.settle();
        fleet
    }

    /// What a pass looks at.
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

    /// One pass of the production planner, which has the guard judge what it wants.
    pub fn plan(&self) -> Plan {
        plan(&self.input())
    }

    fn settle(&mut self) {
        for _ in 0..10 {
            let plan = self.plan();
            if plan.events.is_empty() {
                return;
            }
            for event in plan.events {
                self.remember(event);
            }
        }
        panic!("the planner does not settle");
    }

    fn remember(&mut self, event: Event) {
        self.remember_at(self.now, event);
    }

    fn remember_at(&mut self, at: Timestamp, event: Event) {
        let seq = self.memory.seq + 1;
        self.memory.apply(&Record {
            seq,
            at,
            epoch: 1,
            event,
        });
    }
}

/// Manifests of so many guests, a file each.
pub fn files(guests: u32) -> BTreeMap<String, Vec<u8>> {
    (0..guests)
        .map(|index| {
            let (number, node) = (100 + index, index % NODES + 1);
            let (kind, name) = (kind(index).1, name(index));
            let yaml = format!(
                "apiVersion: jarvis.dev/v1alpha1\nkind: {kind}\nmetadata:\n  name: {name}\n  labels:\n    tier: web\nspec:\n  \
                 vmid: {number}\n  runStrategy: Always\n  node: node{node:02}\n"
            );
            (format!("guests/{name}.yaml"), yaml.into_bytes())
        })
        .collect()
}

/// The cluster-wide look of a round, all guests running.
pub fn look(round: u64) -> ClusterLook {
    let usage = Usage {
        cpu: Some(0.25),
        max_cpu: Some(4.0),
        mem_bytes: Some(2 << 30),
        max_mem_bytes: Some(4 << 30),
        disk_bytes: Some(8 << 30),
        max_disk_bytes: Some(32 << 30),
    };
    let nodes = (1..=NODES).map(|number| NodeRow {
        node: node(number),
        status: "online".to_owned(),
        uptime_secs: Some(1_000_000 + 10 * round),
        ha_state: None,
        usage,
    });
    let guests = (0..GUESTS).map(|index| GuestRow {
        vmid: vmid(index),
        kind: kind(index).0,
        node: node(index % NODES + 1),
        name: Some(name(index)),
        status: "running".to_owned(),
        uptime_secs: Some(500_000 + 10 * round),
        template: false,
        lock: None,
        ha_state: None,
        tags: vec!["prod".to_owned(), "web".to_owned()],
        usage,
    });
    ClusterLook {
        via: "node01".to_owned(),
        told_at: None,
        nodes: nodes.collect(),
        guests: guests.collect(),
        storages: Vec::new(),
    }
}

fn quorum(via: &str) -> QuorumLook {
    QuorumLook {
        via: via.to_owned(),
        quorate: true,
        cluster: Some("fleet".to_owned()),
        online: (1..=NODES).map(|number| (node(number), true)).collect(),
        ips: BTreeMap::new(),
        votes: BTreeMap::new(),
    }
}

/// An intent to start a guest, as the controller logs it.
pub fn intent(number: u64, at: Timestamp) -> Intent {
    let index = u32::try_from(number).unwrap_or(0) % GUESTS;
    let key = key(index);
    let revision = Digest::of(&"revision").as_str().to_owned();
    Intent {
        id: IntentId(format!("01980000-0000-7000-8000-{number:012}")),
        resource: Some(key.clone()),
        cause: Cause::Issue { issue: issue(index) },
        action: Action::StartGuest { vmid: vmid(index) },
        effect: Effect::Guest {
            node: node(index % NODES + 1),
            kind: kind(index).0,
            vmid: vmid(index),
            request: GuestVerb::Start,
        },
        origin: Origin::Reconciler,
        tier: Tier::Yellow,
        digest: Digest::of(&number),
        revision,
        epoch: 1,
        attempt: 1,
        logged_at: at,
        deadline: at + Duration::from_mins(3),
        uptime_before_secs: None,
        identity: Some(Identity(format!("uuid-{index}"))),
        undo: format!("Shut guest {} ({}) down.", vmid(index), name(index)),
        silent: false,
        stage: Stage::Logged,
        outcome: None,
        closed_at: None,
    }
}

/// The issue of a guest that is down.
pub fn issue(index: u32) -> IssueKey {
    IssueKey {
        resource: key(index),
        kind: IssueKind::GuestDown,
        about: None,
    }
}

fn key(index: u32) -> ResourceKey {
    ResourceKey {
        kind: match kind(index).0 {
            GuestKind::Qemu => ResourceKind::VirtualMachine,
            GuestKind::Lxc => ResourceKind::Container,
        },
        name: name(index).into(),
    }
}

fn kind(index: u32) -> (GuestKind, &'static str) {
    if index.is_multiple_of(3) {
        (GuestKind::Lxc, "Container")
    } else {
        (GuestKind::Qemu, "VirtualMachine")
    }
}

fn name(index: u32) -> String {
    format!("guest-{index:05}")
}

fn node(number: u32) -> NodeName {
    NodeName::new(&format!("node{number:02}")).expect("a node's name")
}

fn vmid(index: u32) -> Vmid {
    Vmid::new(100 + index).expect("a guest's number")
}
