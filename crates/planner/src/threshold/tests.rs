//! Limits: every figure, hysteresis, how long, what is told, what a restart and the unknown leave as it is.

use super::BUILT_IN;
use crate::scene::{Scene, manifest, node_name, vm, vmid};
use jarvis_model::{
    Autonomy, Event, GuestKind, GuestStatus, Host, HostFigures, HostObserved, Observation, ServiceStatus,
    Severity, StorageObserved, UnknownReason,
};
use std::{collections::BTreeMap, time::Duration};

fn limit(spec: &str) -> String {
    manifest("Threshold", "hot", spec)
}

fn figures(scene: &mut Scene, node: &str, figures: HostFigures) {
    let seen = HostObserved {
        figures: Observation::known(figures, scene.now),
        trouble: None,
    };
    scene.observed.hosts.insert(Host::Node(node_name(node)), seen);
}

fn heat(scene: &mut Scene, degrees: f64) {
    let temperatures = BTreeMap::from([("coretemp Package id 0".to_owned(), degrees)]);
    figures(
        scene,
        "a",
        HostFigures {
            temperatures,
            load: Some(12.0),
            cores: Some(4),
            ..HostFigures::default()
        },
    );
}

fn issues(scene: &Scene) -> Vec<String> {
    scene.memory.issues.keys().map(ToString::to_string).collect()
}

fn beyond(scene: &Scene) -> Vec<String> {
    scene.observed.passed.keys().map(ToString::to_string).collect()
}

const HOT: &str =
    "{on: {kind: Node, names: [a]}, metric: temperature, above: 80, clear: 70, for: 5m, severity: critical}";

#[test]
fn a_limit_counts_once_it_has_lasted_is_told_once_and_is_over_at_its_clear_level() {
    let mut scene = Scene::new();
    scene.declare(&limit(HOT));
    heat(&mut scene, 81.0);
    let (plan, names) = scene.settle();
    assert!(names.is_empty(), "{names:?}");
    assert_eq!(beyond(&scene), ["Node/a#threshold-passed:hot"]);
    assert_eq!(plan.wake_at, Some(scene.now + Duration::from_mins(5)));
    scene.pass_time(299);
    heat(&mut scene, 79.0);
    assert!(scene.settle().1.is_empty());
    scene.pass_time(1);
    heat(&mut scene, 75.0);
    assert_eq!(scene.settle().1, ["issueOpened", "issueAlerted"]);
    let alert = scene.events.last().unwrap();
    assert!(
        matches!(alert, Event::IssueAlerted { severity: Severity::Critical, text, .. } if text.contains("75.0 °C")),
        "{alert:?}"
    );
    scene.pass_time(3600);
    heat(&mut scene, 75.0);
    assert!(scene.settle().1.is_empty(), "told once");
    heat(&mut scene, 70.0);
    assert_eq!(scene.settle().1, ["issueHealthy"]);
    scene.pass_time(600);
    heat(&mut scene, 60.0);
    assert_eq!(scene.settle().1, ["issueClosed"]);
}

#[test]
fn a_figure_that_goes_back_in_time_opens_nothing() {
    let mut scene = Scene::new();
    scene.declare(&limit(HOT));
    heat(&mut scene, 81.0);
    scene.settle();
    scene.pass_time(200);
    heat(&mut scene, 69.0);
    scene.settle();
    assert!(beyond(&scene).is_empty());
    scene.pass_time(10);
    heat(&mut scene, 81.0);
    scene.settle();
    scene.pass_time(200);
    heat(&mut scene, 81.0);
    assert!(scene.settle().1.is_empty(), "it is counted from anew");
}

#[test]
fn what_is_not_known_keeps_its_entry_and_opens_nothing() {
    let mut scene = Scene::new();
    scene.declare(&limit(HOT));
    heat(&mut scene, 81.0);
    scene.settle();
    scene.pass_time(600);
    assert!(scene.settle().1.is_empty(), "its figures are ten minutes old");
    assert_eq!(beyond(&scene).len(), 1);
    heat(&mut scene, 81.0);
    assert!(scene.settle().1.contains(&"issueOpened".to_owned()));
    scene.pass_time(600);
    assert!(scene.settle().1.is_empty(), "nor is it well");
}

#[test]
fn a_restart_forgets_figures_and_not_issues() {
    let mut scene = Scene::new();
    scene.declare(&limit(HOT));
    heat(&mut scene, 81.0);
    scene.settle();
    scene.pass_time(300);
    heat(&mut scene, 81.0);
    scene.settle();
    scene.observed.passed.clear();
    scene.observed.hosts.clear();
    assert!(scene.settle().1.is_empty(), "unknown is not well");
    heat(&mut scene, 75.0);
    scene.observed.passed.clear();
    assert!(
        scene.settle().1.is_empty(),
        "between its levels it is still passed"
    );
    heat(&mut scene, 69.0);
    assert_eq!(scene.settle().1, ["issueHealthy"]);
}

type Spoil = fn(&mut Scene);

/// A limit, what passes it, and the issue that makes.
const EVERY_FIGURE: [(&str, Spoil, &str); 10] = [
    (
        "{on: {kind: Node}, metric: cpu, above: 90}",
        |scene| scene.node("a").usage.cpu = Some(0.95),
        "Node/a#threshold-passed:hot",
    ),
    (
        "{on: {kind: VirtualMachine}, metric: memory, above: 80}",
        |scene| {
            scene.edit(101, |guest| {
                (guest.usage.mem_bytes, guest.usage.max_mem_bytes) = (Some(9), Some(10));
            });
        },
        "VirtualMachine/web#threshold-passed:hot",
    ),
    (
        "{on: {kind: Node}, metric: disk, above: 80}",
        |scene| {
            let usage = &mut scene.node("b").usage;
            (usage.disk_bytes, usage.max_disk_bytes) = (Some(9), Some(10));
        },
        "Node/b#threshold-passed:hot",
    ),
    (
        "{on: {kind: Node}, metric: storage, storage: zfs, above: 80}",
        |scene| {
            for storage in ["zfs", "other"] {
                full(scene, Some("b"), storage);
            }
        },
        "Node/b#threshold-passed:hot:zfs",
    ),
    (
        "{on: {kind: Node}, metric: temperature, above: 80}",
        |scene| heat(scene, 80.5),
        "Node/a#threshold-passed:hot",
    ),
    (
        "{on: {kind: Node}, metric: load, above: 2.5}",
        |scene| heat(scene, 40.0),
        "Node/a#threshold-passed:hot",
    ),
    (
        "{on: {kind: Node}, metric: unreachable}",
        |scene| scene.offline("c"),
        "Node/c#threshold-passed:hot",
    ),
    (
        "{on: {kind: Service}, metric: unreachable}",
        |scene| scene.service("nginx", ServiceStatus::Down("no answer".into())),
        "Service/nginx#threshold-passed:hot",
    ),
    (
        "{on: {kind: VirtualMachine}, metric: backupAge, above: 24}",
        |scene| {
            let day = scene.now - Duration::from_hours(25);
            scene.observed.backups = Observation::known(BTreeMap::from([(vmid(101), day)]), scene.now);
        },
        "VirtualMachine/web#threshold-passed:hot",
    ),
    (
        "{on: {kind: VirtualMachine}, metric: backupAge, above: 24}",
        |scene| scene.observed.backups = Observation::known(BTreeMap::new(), scene.now),
        "VirtualMachine/web#threshold-passed:hot",
    ),
];

#[test]
fn every_figure_has_its_limit() {
    for (spec, spoil, issue) in EVERY_FIGURE {
        let mut scene = Scene::new();
        scene.guest(101, "a", GuestStatus::Running);
        let service = manifest(
            "Service",
            "nginx",
            "{target: {node: a}, tcp: {address: '10.0.0.1:80'}}",
        );
        scene.declare(&(limit(spec) + &vm("web", 101, "Always", "") + &service));
        scene.service("nginx", ServiceStatus::Up);
        scene.settle();
        assert!(beyond(&scene).is_empty(), "{spec}: {:?}", beyond(&scene));
        spoil(&mut scene);
        scene.settle();
        let hot: Vec<String> = beyond(&scene)
            .into_iter()
            .filter(|one| one.contains(":hot"))
            .collect();
        assert_eq!(hot, [issue], "{spec}");
        assert!(
            issues(&scene).contains(&issue.to_owned()),
            "{spec}: {:?}",
            issues(&scene)
        );
    }
}

fn full(scene: &mut Scene, node: Option<&str>, storage: &str) {
    let seen = StorageObserved {
        storage: storage.to_owned(),
        node: node.map(node_name),
        plugin: "zfspool".to_owned(),
        active: Observation::known(true, scene.now),
        used_bytes: Some(95),
        total_bytes: Some(100),
    };
    let id = format!("storage/{}/{storage}", node.unwrap_or("shared"));
    scene.observed.storages.insert(id, seen);
}

#[test]
fn built_in_limits_hold_until_a_manifest_of_the_same_figure_covers_the_resource() {
    let mut scene = Scene::new();
    let memory = |scene: &mut Scene, node: &str| {
        let usage = &mut scene.node(node).usage;
        (usage.mem_bytes, usage.max_mem_bytes) = (Some(97), Some(100));
    };
    memory(&mut scene, "a");
    memory(&mut scene, "b");
    full(&mut scene, Some("a"), "local");
    full(&mut scene, None, "ceph");
    scene.guest(102, "a", GuestStatus::Running);
    scene.edit(102, |guest| {
        guest.kind = GuestKind::Lxc;
        (guest.usage.disk_bytes, guest.usage.max_disk_bytes) = (Some(95), Some(100));
    });
    let container = manifest("Container", "dns", "{vmid: 102, runStrategy: Always}");
    scene.declare(&container);
    scene.settle();
    let expected = [
        "Container/dns#threshold-passed:default-container-disk",
        "Node/a#threshold-passed:default-node-memory",
        "Node/a#threshold-passed:default-storage:ceph",
        "Node/a#threshold-passed:default-storage:local",
        "Node/b#threshold-passed:default-node-memory",
    ];
    assert_eq!(beyond(&scene), expected, "a shared storage counts once");
    assert!(issues(&scene).is_empty(), "none at once");
    scene.pass_time(120);
    for storage in scene.observed.storages.values_mut() {
        storage.active = Observation::known(true, scene.now);
    }
    scene.settle();
    assert_eq!(
        scene.memory.issues.len(),
        3,
        "disks and storages after two minutes"
    );
    scene.pass_time(180);
    scene.settle();
    assert_eq!(scene.memory.issues.len(), 5, "memory after five");
    let own = limit("{on: {kind: Node, names: [a]}, metric: memory, above: 99}");
    scene.declare(&(container.clone() + &own));
    let (_, names) = scene.settle();
    assert_eq!(names, ["issueClosed"]);
    assert!(!issues(&scene).contains(&"Node/a#threshold-passed:default-node-memory".to_owned()));
    let replaced = manifest(
        "Threshold",
        "default-node-memory",
        "{on: {kind: Node, names: [nothing]}, metric: memory, above: 99}",
    );
    scene.declare(&(container + &replaced));
    scene.settle();
    let gone = |issue: &String| !issue.contains("default-node-memory");
    assert!(
        issues(&scene).iter().all(gone),
        "a manifest of its name replaces it"
    );
}

#[test]
fn a_guest_being_backed_up_or_stopped_is_given_grace() {
    let busy = |scene: &mut Scene| {
        scene.edit(101, |guest| {
            (guest.usage.mem_bytes, guest.usage.max_mem_bytes) = (Some(99), Some(100));
        });
    };
    let mut scene = Scene::new();
    scene.guest(101, "a", GuestStatus::Running);
    scene.declare_vm("Always");
    busy(&mut scene);
    scene.edit(101, |guest| guest.lock = Some("backup".into()));
    scene.settle();
    assert!(beyond(&scene).is_empty());
    scene.edit(101, |guest| guest.lock = None);
    scene.settle();
    assert_eq!(beyond(&scene).len(), 1);
    scene.edit(101, |guest| guest.lock = Some("snapshot".into()));
    scene.pass_time(600);
    assert!(scene.settle().1.is_empty(), "it moves nothing meanwhile");
    scene.guest(101, "a", GuestStatus::Stopped);
    scene.settle();
    assert!(beyond(&scene).is_empty(), "what does not run uses nothing");
}

#[test]
fn a_dead_node_raises_no_figures_of_its_own_or_its_guests() {
    let mut scene = Scene::new();
    scene.guest(101, "a", GuestStatus::Running);
    scene.declare_vm("Always");
    scene.node("a").usage.cpu = Some(1.0);
    scene.edit(101, |guest| {
        (guest.usage.mem_bytes, guest.usage.max_mem_bytes) = (Some(99), Some(100));
        guest.status = Observation::unknown(UnknownReason::NodeAway);
    });
    scene.offline("a");
    scene.settle();
    assert!(beyond(&scene).is_empty());
}

#[test]
fn levels_zero_and_one_differ_in_telling() {
    for (level, told) in [(Autonomy::L0, 0), (Autonomy::L1, 1), (Autonomy::L4, 1)] {
        let mut scene = Scene::new();
        scene.floor.autonomy = level;
        scene.declare(&limit("{on: {kind: Node}, metric: temperature, above: 80}"));
        heat(&mut scene, 90.0);
        scene.settle();
        assert_eq!(issues(&scene).len(), 1);
        assert_eq!(scene.count("issueAlerted"), told, "{level}");
    }
}

#[test]
fn the_status_of_a_threshold_counts_what_it_watches_and_what_is_beyond() {
    let mut scene = Scene::new();
    scene.declare(&limit("{on: {kind: Node}, metric: temperature, above: 80}"));
    heat(&mut scene, 90.0);
    let plan = scene.settle().0;
    let status = &plan.statuses[&"Threshold/hot".parse().unwrap()];
    let text = &status.headline().unwrap().message;
    assert_eq!(text, "watches 3 resources; 1 beyond the limit: Node/a");
}

#[test]
fn a_limit_that_is_no_longer_declared_ends_its_issues() {
    let mut scene = Scene::new();
    scene.declare(&limit("{on: {kind: Node}, metric: temperature, above: 80}"));
    heat(&mut scene, 90.0);
    scene.settle();
    assert_eq!(issues(&scene).len(), 1);
    scene.declare("");
    assert_eq!(scene.settle().1, ["issueClosed"]);
    assert!(beyond(&scene).is_empty());
}

#[test]
fn a_guest_whose_probe_fails_for_two_minutes_after_its_time_is_not_ready() {
    let mut scene = Scene::new();
    scene.guest(101, "a", GuestStatus::Running);
    scene.declare(&vm(
        "web",
        101,
        "Always",
        "  ready:\n    tcp: {address: '10.0.0.5:22'}\n    within: 10m\n",
    ));
    let probe = |scene: &mut Scene, ready: bool, uptime: u64| {
        let now = scene.now;
        scene.edit(101, |guest| {
            guest.ready = Observation::known(ready, now);
            guest.uptime_secs = Some(uptime);
        });
    };
    probe(&mut scene, false, 400);
    scene.settle();
    scene.pass_time(150);
    probe(&mut scene, false, 550);
    assert!(scene.settle().1.is_empty(), "it has ten minutes");
    scene.pass_time(60);
    probe(&mut scene, false, 610);
    assert_eq!(scene.settle().1, ["issueOpened", "issueAlerted"]);
    assert_eq!(issues(&scene), ["VirtualMachine/web#guest-not-ready"]);
    scene.pass_time(30);
    probe(&mut scene, true, 640);
    assert_eq!(scene.settle().1, ["issueHealthy"]);
    scene.pass_time(600);
    probe(&mut scene, true, 1240);
    assert_eq!(scene.settle().1, ["issueClosed"]);
}

#[test]
fn built_in_limits_have_room_between_their_levels() {
    for one in BUILT_IN {
        assert!(
            one.clear < one.above && !one.kinds.is_empty() && !one.lasting.is_zero(),
            "{}",
            one.name
        );
    }
}
