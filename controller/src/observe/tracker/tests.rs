//! What may be believed, by the timelines seen on a real cluster: a dead node's guests, its return, a stopped status
//! daemon, a partition.

use super::*;
use jarvis_model::{GuestKind, Usage, Vmid};

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(1_000_000 + secs)
}

fn name(text: &str) -> NodeName {
    NodeName::new(text).unwrap()
}

fn node_row(node: &str, status: &str, uptime: Option<u64>) -> NodeRow {
    NodeRow {
        node: name(node),
        status: status.into(),
        uptime_secs: uptime,
        ha_state: None,
        usage: Usage::default(),
    }
}

fn guest_row(vmid: u32, node: &str, status: &str) -> GuestRow {
    GuestRow {
        vmid: Vmid::new(vmid).unwrap(),
        kind: GuestKind::Qemu,
        node: name(node),
        name: Some("web".into()),
        status: status.into(),
        uptime_secs: Some(100),
        template: false,
        lock: None,
        ha_state: None,
        tags: Vec::new(),
        usage: Usage::default(),
    }
}

fn quorum_look(via: &str, quorate: bool, offline: &[&str]) -> QuorumLook {
    let online = ["a", "b", "c", "d"]
        .into_iter()
        .map(|node| (name(node), !offline.contains(&node)))
        .collect();
    QuorumLook {
        via: via.into(),
        quorate,
        cluster: Some("lab".into()),
        online,
        ips: BTreeMap::new(),
        votes: BTreeMap::new(),
    }
}

struct Lab {
    tracker: Tracker,
    observed: Observed,
}

impl Lab {
    /// Four nodes; guest 101 runs on a, 102 on b.
    fn new() -> Self {
        let mut lab = Self {
            tracker: Tracker::default(),
            observed: Observed::default(),
        };
        lab.quorum(&[], 2, 0);
        lab.look("online", Some(1_000), 0);
        lab
    }

    fn quorum(&mut self, offline: &[&str], witnesses: usize, secs: u64) {
        let looks: Vec<_> = ["b", "c", "d"]
            .into_iter()
            .take(witnesses)
            .map(|via| quorum_look(via, true, offline))
            .collect();
        self.tracker.absorb_quorum(&mut self.observed, &looks, at(secs));
    }

    /// Node a says `status` with this uptime; the others are well.
    fn look(&mut self, status: &str, uptime: Option<u64>, secs: u64) {
        let mut nodes = vec![node_row("a", status, uptime)];
        nodes.extend(["b", "c", "d"].map(|node| node_row(node, "online", Some(5_000 + secs))));
        let guests = vec![guest_row(101, "a", "running"), guest_row(102, "b", "running")];
        let look = ClusterLook {
            via: "b".into(),
            told_at: None,
            nodes,
            guests,
            storages: Vec::new(),
        };
        self.tracker.absorb_cluster(&mut self.observed, &look, at(secs));
    }

    fn node(&self) -> &Observation<NodeStatus> {
        &self.observed.nodes[&name("a")].status
    }

    fn guest(&self, vmid: u32) -> &Observation<GuestStatus> {
        &self.observed.guests[&Vmid::new(vmid).unwrap()].status
    }
}

#[test]
fn a_healthy_cluster_is_known_and_passes_are_counted() {
    let mut lab = Lab::new();
    lab.look("online", Some(1_010), 10);
    assert_eq!(lab.observed.complete_passes, 2);
    assert_eq!(lab.guest(101).value(), Some(&GuestStatus::Running));
    assert_eq!(lab.observed.guests[&Vmid::new(101).unwrap()].agreeing_samples, 2);
}

/// After a start nothing is judged before two complete looks, one right after the other.
#[test]
fn only_looks_that_follow_each_other_count_until_there_were_two() {
    let mut lab = Lab::new();
    assert_eq!(lab.observed.complete_passes, 1);
    lab.look("offline", None, 10);
    assert_eq!(lab.observed.complete_passes, 0, "a node nobody vouches for");
    lab.look("online", Some(1_020), 20);
    lab.look("online", Some(1_030), 30);
    assert_eq!(lab.observed.complete_passes, 2);
    lab.look("offline", None, 40);
    assert_eq!(lab.observed.complete_passes, 2, "what was seen then stays seen");
}

#[test]
fn guests_of_a_dead_node_are_unknown_whatever_the_list_says() {
    let mut lab = Lab::new();
    lab.look("offline", None, 10);
    assert_eq!(lab.node().value(), None, "one word of the list is not proof");
    assert_eq!(lab.guest(101), &Observation::unknown(UnknownReason::NodeAway));
    assert_eq!(
        lab.guest(102).value(),
        Some(&GuestStatus::Running),
        "other nodes' guests are still known"
    );
    lab.quorum(&["a"], 1, 11);
    lab.look("offline", None, 20);
    assert_eq!(lab.node().value(), None, "one witness is not enough");
    lab.quorum(&["a"], 2, 21);
    lab.look("offline", None, 30);
    assert_eq!(lab.node().value(), Some(&NodeStatus::Offline));
    assert_eq!(lab.guest(101).value(), None);
}

#[test]
fn a_returned_node_is_believed_only_when_its_first_true_sample_came() {
    let mut lab = Lab::new();
    lab.quorum(&["a"], 2, 10);
    lab.look("offline", None, 10);
    lab.look("online", Some(1_000), 60);
    assert_eq!(
        lab.guest(101).value(),
        None,
        "running is the picture of before the death"
    );
    lab.look("online", Some(7), 66);
    assert_eq!(
        lab.guest(101).value(),
        Some(&GuestStatus::Running),
        "the uptime jumped back: a true sample"
    );
    assert_eq!(lab.observed.nodes[&name("a")].returned_at, Some(at(66)));
}

#[test]
fn a_node_that_only_lost_contact_settles_after_a_while() {
    let mut lab = Lab::new();
    lab.look("offline", None, 10);
    lab.look("online", Some(1_020), 20);
    assert_eq!(lab.guest(101).value(), None);
    lab.look("online", Some(1_030), 30);
    lab.look("online", Some(1_040), 40);
    assert_eq!(lab.guest(101).value(), Some(&GuestStatus::Running));
}

#[test]
fn a_reboot_between_two_looks_is_seen_by_the_uptime() {
    let mut lab = Lab::new();
    lab.look("online", Some(3), 90);
    assert_eq!(lab.observed.nodes[&name("a")].returned_at, Some(at(90)));
}

#[test]
fn an_uptime_that_stands_still_makes_the_node_unknown() {
    let mut lab = Lab::new();
    lab.look("online", Some(1_000), 20);
    assert!(lab.node().value().is_some(), "two samples alike happen");
    lab.look("online", Some(1_000), 30);
    assert_eq!(lab.node(), &Observation::unknown(UnknownReason::Stale));
    assert_eq!(lab.guest(101).value(), None);
    assert_eq!(lab.guest(102).value(), Some(&GuestStatus::Running));
    lab.look("online", Some(1_310), 340);
    assert_eq!(lab.node().value(), Some(&NodeStatus::Online));
}

#[test]
fn one_entry_point_each_side_of_a_partition_is_no_quorum() {
    let mut lab = Lab::new();
    let minority = quorum_look("a", false, &["b", "c", "d"]);
    let majority = quorum_look("b", true, &["a"]);
    lab.tracker
        .absorb_quorum(&mut lab.observed, &[minority.clone(), majority.clone()], at(10));
    assert_eq!(
        lab.observed.quorum,
        Observation::unknown(UnknownReason::Contradictory)
    );
    let second = quorum_look("c", true, &["a"]);
    lab.tracker
        .absorb_quorum(&mut lab.observed, &[minority.clone(), majority, second], at(20));
    let quorum = *lab.observed.quorum.value().unwrap();
    assert!(quorum.quorate && quorum.agreeing == 2, "{quorum:?}");
    lab.tracker.absorb_quorum(&mut lab.observed, &[minority], at(30));
    assert!(!lab.observed.quorum.value().unwrap().quorate);
}

#[test]
fn no_answer_about_quorum_leaves_the_old_one_to_age() {
    let mut lab = Lab::new();
    let before = lab.observed.quorum.clone();
    lab.tracker.absorb_quorum(&mut lab.observed, &[], at(10));
    assert_eq!(lab.observed.quorum, before);
}

#[test]
fn a_guest_on_another_node_must_show_its_identity_again() {
    let mut lab = Lab::new();
    let id = Vmid::new(101).unwrap();
    let identity = jarvis_model::Identity("uuid".into());
    lab.observed.guests.get_mut(&id).unwrap().identity = Observation::known(identity, at(0));
    let look = ClusterLook {
        via: "b".into(),
        told_at: None,
        nodes: ["a", "b"]
            .map(|node| node_row(node, "online", Some(1_010)))
            .to_vec(),
        guests: vec![guest_row(101, "b", "running")],
        storages: Vec::new(),
    };
    lab.tracker.absorb_cluster(&mut lab.observed, &look, at(10));
    assert_eq!(lab.observed.guests[&id].identity.value(), None);
    assert!(
        !lab.observed.guests.contains_key(&Vmid::new(102).unwrap()),
        "what is no longer listed is gone"
    );
}

#[test]
fn a_dead_nodes_own_storage_is_unknown_and_a_shared_one_is_known_by_the_others() {
    let mut lab = Lab::new();
    let storage = |node: &str, storage: &str, shared| StorageRow {
        id: format!("storage/{node}/{storage}"),
        storage: storage.into(),
        node: name(node),
        plugin: "dir".into(),
        shared,
        available: true,
        used_bytes: None,
        total_bytes: None,
    };
    let look = ClusterLook {
        via: "b".into(),
        told_at: None,
        nodes: vec![node_row("a", "offline", None), node_row("b", "online", Some(9))],
        guests: Vec::new(),
        storages: vec![
            storage("a", "local", false),
            storage("a", "ceph", true),
            storage("b", "ceph", true),
        ],
    };
    lab.tracker.absorb_cluster(&mut lab.observed, &look, at(10));
    let active = |id: &str| lab.observed.storages[id].active.value().copied();
    assert_eq!(active("storage/a/local"), None);
    assert_eq!(active("storage/ceph"), Some(true));
}

#[test]
fn an_open_console_does_not_occupy_its_guest() {
    let mut lab = Lab::new();
    let task = |kind: &str| TaskObserved {
        upid: format!("UPID:a:00000001:00000001:65000000:{kind}:101:root@pam:")
            .parse()
            .unwrap(),
        ended_at: None,
        exit: None,
    };
    Tracker::absorb_tasks(&mut lab.observed, vec![task("vncproxy")]);
    let id = Vmid::new(101).unwrap();
    assert_eq!(lab.observed.guests[&id].running_task, None);
    Tracker::absorb_tasks(&mut lab.observed, vec![task("vncproxy"), task("vzdump")]);
    assert!(lab.observed.guests[&id].running_task.is_some());
    Tracker::absorb_tasks(&mut lab.observed, Vec::new());
    assert_eq!(lab.observed.guests[&id].running_task, None);
}
