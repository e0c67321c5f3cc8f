//! A small world to show: three nodes, some guests, manifests, a policy, a window, an issue.

use super::START;
use jarvis_controller::{LoopState, View};
use jarvis_crds::Desired;
use jarvis_guard::Floor;
use jarvis_model::{
    Digest, GuestKind, GuestObserved, GuestStatus, Memory, NodeName, NodeObserved, NodeStatus, Observation,
    Observed, Quorum, StorageObserved, Timestamp, UnknownReason, Usage, Vmid,
};
use jarvis_planner::Plan;
use std::{collections::BTreeMap, sync::Arc};

pub const MANIFESTS: &str = "
apiVersion: jarvis.dev/v1alpha1
kind: VirtualMachine
metadata: {name: web-01, labels: {app: web}}
spec: {vmid: 101, runStrategy: RerunOnFailure}
---
apiVersion: jarvis.dev/v1alpha1
kind: VirtualMachine
metadata: {name: db-01}
spec: {vmid: 102, runStrategy: Always}
---
apiVersion: jarvis.dev/v1alpha1
kind: Node
metadata: {name: atlas}
spec: {node: atlas, expected: Online}
---
apiVersion: jarvis.dev/v1alpha1
kind: SafetyPolicy
metadata: {name: house}
spec:
  protected: [{node: agent1}, {vmid: 103}]
  autonomy: {default: L2, ceiling: L3}
  budgets: {attemptsPerIssue: 2, largestPlan: 5}
---
apiVersion: jarvis.dev/v1alpha1
kind: MaintenanceWindow
metadata: {name: nights}
spec: {effect: allow, schedule: '0 2 * * *', duration: 2h}
";

pub fn vmid(number: u32) -> Vmid {
    Vmid::new(number).unwrap()
}

pub fn node(name: &str, status: NodeStatus, at: Timestamp) -> NodeObserved {
    NodeObserved {
        name: NodeName::new(name).unwrap(),
        status: Observation::known(status, at),
        api: Observation::known(true, at),
        returned_at: None,
        uptime_secs: Some(86_400),
        votes: 1,
        ha_state: None,
        ip: Some("10.0.0.1".to_owned()),
        idle: Observation::default(),
        usage: Usage {
            cpu: Some(0.25),
            max_cpu: Some(8.0),
            mem_bytes: Some(8 << 30),
            max_mem_bytes: Some(32 << 30),
            ..Usage::default()
        },
    }
}

pub fn guest(number: u32, name: &str, on: &str, status: GuestStatus, at: Timestamp) -> GuestObserved {
    GuestObserved {
        vmid: vmid(number),
        kind: GuestKind::Qemu,
        node: NodeName::new(on).unwrap(),
        name: Some(name.to_owned()),
        status: Observation::known(status, at),
        agreeing_samples: 2,
        live: Observation::default(),
        uptime_secs: Some(3600),
        template: false,
        lock: None,
        ha_state: None,
        identity: Observation::default(),
        stop_cause: Observation::default(),
        ready: Observation::default(),
        running_task: None,
        tags: vec!["prod".to_owned()],
        usage: Usage {
            cpu: Some(f64::from(number % 7) / 10.0),
            mem_bytes: Some(u64::from(number) << 20),
            ..Usage::default()
        },
    }
}

pub fn observed(at: Timestamp) -> Observed {
    let nodes = [
        node("agent1", NodeStatus::Online, at),
        node("atlas", NodeStatus::Online, at),
        node("forge", NodeStatus::Offline, at),
    ];
    let mut guests = vec![
        guest(101, "web-01", "atlas", GuestStatus::Running, at),
        guest(102, "db-01", "atlas", GuestStatus::Stopped, at),
        guest(103, "jarvis", "agent1", GuestStatus::Running, at),
        guest(104, "lost", "forge", GuestStatus::Running, at),
    ];
    guests[3].status = Observation::unknown(UnknownReason::NodeAway);
    let storage = StorageObserved {
        storage: "local".to_owned(),
        node: Some(NodeName::new("atlas").unwrap()),
        plugin: "dir".to_owned(),
        active: Observation::known(true, at),
        used_bytes: Some(10 << 40),
        total_bytes: Some(20 << 40),
    };
    Observed {
        quorum: Observation::known(
            Quorum {
                quorate: true,
                expected_votes: 3,
                device_votes: 0,
                agreeing: 2,
            },
            at,
        ),
        nodes: nodes.into_iter().map(|node| (node.name.clone(), node)).collect(),
        guests: guests.into_iter().map(|guest| (guest.vmid, guest)).collect(),
        storages: BTreeMap::from([("storage/atlas/local".to_owned(), storage)]),
        tasks: Vec::new(),
        complete_passes: 3,
        looked_at: Some(at),
        ..Observed::default()
    }
}

pub fn desired() -> Desired {
    let files = BTreeMap::from([("all.yaml".to_owned(), MANIFESTS.as_bytes().to_vec())]);
    match jarvis_crds::load(&files, "0123456789abcdef0123456789abcdef01234567") {
        Ok(loaded) => loaded.desired,
        Err(errors) => panic!("{errors:#?}"),
    }
}

pub fn plan(at: Timestamp) -> Plan {
    Plan {
        revision: "0123456789abcdef0123456789abcdef01234567".to_owned(),
        at,
        digest: Digest::of(&"empty"),
        decisions: Vec::new(),
        statuses: BTreeMap::new(),
        events: Vec::new(),
        looks: Vec::new(),
        report: Vec::new(),
        wake_at: None,
    }
}

pub fn view() -> View {
    View {
        version: 1,
        at: START,
        cluster: "home".into(),
        observed: Arc::new(observed(START)),
        desired: Arc::new(desired()),
        memory: Arc::new(Memory::default()),
        plan: Arc::new(plan(START)),
        floor: Arc::new(Floor {
            guests: [vmid(103)].into(),
            ..Floor::default()
        }),
        state: LoopState {
            epoch: 1,
            passes: 1,
            last_look_at: Some(START),
            last_pass_at: Some(START),
            ..LoopState::default()
        },
    }
}
