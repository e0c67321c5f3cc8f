//! Nodes that die, freeze, are cut off, lose quorum, reboot; daemons that stop.

use super::*;
use crate::world::node::Power;

#[test]
fn a_dead_node_is_offline_within_seven_seconds_and_its_guests_stay_listed_for_five_minutes() {
    let mut world = homelab();
    let began = world.now();
    inject(&mut world, power_loss("forge"));
    assert!(!world.guests[&102].is_running());
    assert!(world.sees_online("atlas", "forge"), "not noticed yet");
    let secs = until(&mut world, "offline", |world| {
        !world.sees_online("atlas", "forge")
    });
    assert!((5.0..7.0).contains(&secs), "{secs}");
    assert_eq!(seen_status(&world, "atlas", 102), "running");
    let frozen = seen(&world, "atlas", 102).unwrap().uptime_secs;
    pass(&mut world, 200.0);
    assert_eq!(seen_status(&world, "atlas", 102), "running");
    assert_eq!(seen(&world, "atlas", 102).unwrap().uptime_secs, frozen);
    until(&mut world, "unknown", |world| {
        seen_status(world, "atlas", 102) == "unknown"
    });
    let secs = world.now().since(began).as_secs_f64();
    assert!((290.0..=300.1).contains(&secs), "{secs}");
    assert!(world.is_quorate("atlas"), "three of four votes");
}

#[test]
fn a_returning_node_shows_the_past_until_its_first_report() {
    let mut world = homelab();
    inject(&mut world, power_loss("forge"));
    pass(&mut world, 60.0);
    inject(&mut world, power_on("forge"));
    assert!(matches!(world.nodes["forge"].power, Power::Booting(_)));
    let boot = until(&mut world, "online", |world| world.sees_online("atlas", "forge"));
    assert!((29.9..30.2).contains(&boot), "{boot}");
    let old = world.fresh_report("atlas", "forge").unwrap().node.uptime_secs;
    assert!(old > 6 * 3600, "the uptime of before its death");
    assert_eq!(seen_status(&world, "atlas", 102), "running");
    assert!(!world.nodes["forge"].daemons.proxy);
    let api = until(&mut world, "API", |world| world.nodes["forge"].daemons.proxy);
    assert!((2.8..3.2).contains(&api), "{api}");
    assert!(!world.guests[&102].is_running());
    let started = until(&mut world, "first onboot guest", |world| {
        world.guests[&102].is_running()
    });
    assert!((2.0..5.0).contains(&started), "{started}");
    let truth = until(&mut world, "first report", |world| {
        world
            .fresh_report("atlas", "forge")
            .is_some_and(|report| report.node.uptime_secs < 60)
    });
    assert!(truth < 4.0, "{truth}");
    pass(&mut world, 20.0);
    assert!(!world.guests[&105].is_running(), "not an onboot guest");
    assert!(
        world
            .tasks
            .values()
            .any(|task| task.kind == "startall" && task.user == "root@pam")
    );
}

#[test]
fn a_stopped_status_daemon_freezes_figures_while_the_node_is_online() {
    let mut world = homelab();
    inject(
        &mut world,
        Fault::StopStatusDaemon {
            node: "home".to_owned(),
        },
    );
    inject(&mut world, crash(104));
    pass(&mut world, 280.0);
    assert_eq!(seen_status(&world, "atlas", 104), "running");
    assert!(world.sees_online("atlas", "home"));
    pass(&mut world, 25.0);
    assert_eq!(seen_status(&world, "atlas", 104), "unknown");
    assert!(world.sees_online("atlas", "home"), "unknown is no proof of death");
    inject(
        &mut world,
        Fault::StartStatusDaemon {
            node: "home".to_owned(),
        },
    );
    pass(&mut world, 10.0);
    assert_eq!(seen_status(&world, "atlas", 104), "stopped");
}

#[test]
fn a_frozen_node_goes_on_where_it_stood() {
    let mut world = homelab();
    let upid = act(&mut world, 111, shutdown(60, false)).unwrap();
    inject(
        &mut world,
        Fault::Freeze {
            node: "home".to_owned(),
        },
    );
    pass(&mut world, 30.0);
    assert!(!world.sees_online("atlas", "home"));
    assert!(world.guests[&104].is_running());
    inject(
        &mut world,
        Fault::Thaw {
            node: "home".to_owned(),
        },
    );
    pass(&mut world, 5.0);
    assert!(world.sees_online("atlas", "home"));
    assert!(exit(&world, &upid).is_none(), "the task stood still too");
}

#[test]
fn without_quorum_stop_works_and_start_does_not() {
    let mut world = homelab();
    inject(
        &mut world,
        Fault::LoseQuorum {
            keep: Some("atlas".to_owned()),
        },
    );
    pass(&mut world, 8.0);
    assert!(
        world
            .nodes
            .keys()
            .all(|node| !world.is_quorate(node) || !world.nodes[node].works())
    );
    let upid = act(&mut world, 100, shutdown(60, false)).unwrap();
    assert_eq!(finish(&mut world, &upid).1, "OK");
    assert_eq!(
        act(&mut world, 100, Action::Start).unwrap_err(),
        "cluster not ready - no quorum?"
    );
    let refusal = world
        .migrate("atlas", Kind::Qemu, 101, "agent1", true, "a@pam")
        .unwrap_err();
    assert_eq!(refusal.text, "cluster not ready - no quorum?");
    let change = crate::world::change::ConfigChange::default();
    let refusal = world
        .change_config("atlas", Kind::Qemu, 101, &change, Duration::ZERO)
        .unwrap_err();
    assert!(
        refusal
            .text
            .starts_with("unable to open file '/etc/pve/nodes/atlas/qemu-server/101.conf.tmp.")
    );
    assert!(refusal.text.ends_with("' - Permission denied"));
}

#[test]
fn a_reboot_without_quorum_is_accepted_and_the_guest_stays_down() {
    let mut world = homelab();
    inject(
        &mut world,
        Fault::LoseQuorum {
            keep: Some("atlas".to_owned()),
        },
    );
    pass(&mut world, 8.0);
    let upid = act(&mut world, 101, Action::Reboot { timeout: None }).unwrap();
    assert_eq!(finish(&mut world, &upid).1, "OK");
    pass(&mut world, 60.0);
    assert!(!world.guests[&101].is_running());
    inject(&mut world, Fault::RestorePower);
    until(&mut world, "quorum", |world| world.is_quorate("atlas"));
    assert!(act(&mut world, 101, Action::Start).is_ok());
}

#[test]
fn a_node_without_corosync_lists_everybody_and_has_no_quorum() {
    let mut world = homelab();
    inject(
        &mut world,
        Fault::StopCorosync {
            node: "home".to_owned(),
        },
    );
    pass(&mut world, 10.0);
    assert!(!world.is_quorate("home"));
    assert_eq!(view(&world, "home").members.len(), 4);
    assert!(!world.sees_online("atlas", "home"));
    assert!(world.is_quorate("atlas"));
    inject(
        &mut world,
        Fault::StartCorosync {
            node: "home".to_owned(),
        },
    );
    pass(&mut world, 4.0);
    assert!(world.is_quorate("home") && world.sees_online("atlas", "home"));
}

#[test]
fn a_partition_has_a_side_with_quorum_and_one_without() {
    let mut world = homelab();
    inject(
        &mut world,
        Fault::Partition {
            nodes: vec!["home".to_owned()],
            network: false,
        },
    );
    pass(&mut world, 8.0);
    assert!(world.is_quorate("atlas") && !world.is_quorate("home"));
    assert_eq!(view(&world, "home").members.len(), 1);
    inject(&mut world, crash(104));
    pass(&mut world, 11.0);
    assert_eq!(
        seen_status(&world, "atlas", 104),
        "running",
        "reports do not cross"
    );
    assert_eq!(seen_status(&world, "home", 104), "stopped");
    inject(&mut world, Fault::Heal);
    pass(&mut world, 4.0);
    assert!(world.is_quorate("home"));
    assert_eq!(seen_status(&world, "atlas", 104), "stopped");
}

#[test]
fn a_node_reboot_stops_guests_first_and_starts_onboot_guests_after() {
    let mut world = homelab();
    world.power_command("home", true).unwrap();
    pass(&mut world, 1.0);
    assert!(world.guests[&104].is_running());
    let down = until(&mut world, "guest down", |world| !world.guests[&104].is_running());
    assert!((3.0..8.0).contains(&(down + 1.0)), "{down}");
    inject(&mut world, crash(111));
    until(&mut world, "API down", |world| !world.nodes["home"].daemons.proxy);
    assert!(world.nodes["home"].is_on());
    let off = until(&mut world, "offline", |world| !world.sees_online("atlas", "home"));
    assert!(off < 3.0, "{off}");
    until(&mut world, "back", |world| world.sees_online("atlas", "home"));
    until(&mut world, "guest up", |world| world.guests[&104].is_running());
    assert!(world.nodes["home"].uptime(world.now()).as_secs() < 30);
    for kind in ["stopall", "startall"] {
        assert!(
            world
                .tasks
                .values()
                .any(|task| task.kind == kind && task.node == "home"),
            "{kind}"
        );
    }
}

#[test]
fn a_node_shutdown_ends_off_and_wake_on_lan_brings_it_back() {
    let mut world = homelab();
    assert!(
        world
            .wake("home", "home")
            .unwrap_err()
            .text
            .contains("cannot wake my self")
    );
    inject(&mut world, crash(111));
    world.power_command("home", false).unwrap();
    until(&mut world, "off", |world| world.nodes["home"].power == Power::Off);
    pass(&mut world, 120.0);
    assert_eq!(world.nodes["home"].power, Power::Off);
    assert_eq!(world.wake("atlas", "home").unwrap(), "02:20:00:00:00:03");
    until(&mut world, "online", |world| world.sees_online("atlas", "home"));
    if let Some(node) = world.nodes.get_mut("forge") {
        node.wake_mac = None;
    }
    assert_eq!(
        world.wake("atlas", "forge").unwrap_err().text,
        "No wake on LAN MAC address defined for 'forge'!"
    );
}

#[test]
fn tasks_of_a_node_are_lost_with_it() {
    let mut world = homelab();
    let upid = act(&mut world, 111, shutdown(60, false)).unwrap();
    inject(&mut world, power_loss("home"));
    assert_eq!(exit(&world, &upid).unwrap(), "unexpected status");
}

#[test]
fn onboot_guests_wait_for_quorum() {
    let mut world = homelab();
    for node in ["forge", "home", "agent1"] {
        inject(&mut world, power_loss(node));
    }
    pass(&mut world, 20.0);
    inject(&mut world, power_on("forge"));
    pass(&mut world, 90.0);
    assert!(!world.guests[&102].is_running(), "two of four votes");
    inject(&mut world, power_on("home"));
    until(&mut world, "running", |world| world.guests[&102].is_running());
    assert!(world.is_quorate("forge"));
}

#[test]
fn faults_on_what_is_not_there_are_refused() {
    let mut world = homelab();
    assert_eq!(world.inject(&crash(999)).unwrap_err(), "there is no guest 999");
    assert_eq!(
        world.inject(&power_loss("nowhere")).unwrap_err(),
        "there is no node 'nowhere'"
    );
    let fill = Fault::FillStorage {
        storage: "x".to_owned(),
        node: None,
        percent: 99.0,
    };
    assert_eq!(world.inject(&fill).unwrap_err(), "there is no storage 'x'");
    assert!(world.ledger.faults.is_empty());
}

#[test]
fn filled_storages_are_seen_with_the_next_report() {
    let mut world = homelab();
    inject(
        &mut world,
        Fault::FillStorage {
            storage: "ceph-pool".to_owned(),
            node: None,
            percent: 97.0,
        },
    );
    pass(&mut world, 10.1);
    let report = world.fresh_report("atlas", "home").unwrap();
    let part = report.storages["ceph-pool"] as f64 / world.storages["ceph-pool"].total_bytes as f64;
    assert!((0.969..0.971).contains(&part), "{part}");
}
