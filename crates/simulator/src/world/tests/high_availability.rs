//! HA: detours of the guest calls, restarts, recovery, errors. Guest 110 on agent1 is managed.

use super::*;

fn crm(world: &World) -> Option<&'static str> {
    world.ha.services[&110].crm
}

#[test]
fn a_start_only_files_a_request_and_the_guest_runs_later() {
    let mut world = homelab();
    let upid = act(&mut world, 110, STOP).unwrap();
    assert!(upid.contains(":hastop:110:"), "{upid}");
    let (secs, status) = finish(&mut world, &upid);
    assert_eq!(status, "OK");
    assert!(secs < 4.0, "{secs}");
    assert!(world.guests[&110].is_running(), "OK before anything happened");
    let secs = until(&mut world, "stopped", |world| !world.guests[&110].is_running());
    assert!((0.5..20.0).contains(&secs), "{secs}");
    until(&mut world, "the manager knows", |world| {
        crm(world) == Some("stopped")
    });
    assert_eq!(world.ha.services[&110].requested, "stopped");
    let upid = act(&mut world, 110, Action::Start).unwrap();
    assert!(upid.contains(":hastart:110:"), "{upid}");
    assert_eq!(finish(&mut world, &upid).1, "OK");
    assert!(!world.guests[&110].is_running());
    let secs = until(&mut world, "running", |world| world.guests[&110].is_running());
    assert!((0.5..17.0).contains(&secs), "{secs}");
}

#[test]
fn a_crash_is_restarted_by_the_local_manager_without_a_trace_in_the_status() {
    let mut world = homelab();
    inject(&mut world, crash(110));
    let secs = until(&mut world, "running again", |world| {
        assert_eq!(world.ha.services[&110].shown_state(), "started");
        world.guests[&110].is_running()
    });
    assert!(secs <= 7.0, "{secs}");
    let task = world.tasks.values().next_back().unwrap();
    assert_eq!((task.kind.as_str(), task.user.as_str()), ("qmstart", "root@pam"));
}

#[test]
fn a_dead_node_is_fenced_and_its_service_recovered_elsewhere() {
    let mut world = homelab();
    let lost = world.now();
    let since = |world: &World| world.now().since(lost).as_secs_f64();
    inject(&mut world, power_loss("agent1"));
    until(&mut world, "unknown", |world| {
        world.ha.node_state("agent1", world.now()) == "unknown"
    });
    assert!((17.9..25.0).contains(&since(&world)), "{}", since(&world));
    until(&mut world, "fence", |world| {
        world.ha.node_state("agent1", world.now()) == "fence"
    });
    assert!((67.0..73.0).contains(&since(&world)), "{}", since(&world));
    assert_eq!(crm(&world), Some("fence"));
    until(&mut world, "moved", |world| world.guests[&110].node != "agent1");
    assert!((127.0..133.0).contains(&since(&world)), "{}", since(&world));
    assert_eq!(world.ha.services[&110].shown_state(), "starting");
    assert_eq!(
        seen_status(&world, "atlas", 110),
        "running",
        "the stale figure joined with the new place"
    );
    assert!(!world.guests[&110].is_running());
    until(&mut world, "running", |world| world.guests[&110].is_running());
    until(&mut world, "started", |world| {
        world.ha.services[&110].shown_state() == "started"
    });
    assert!((130.0..150.0).contains(&since(&world)), "{}", since(&world));
    assert_eq!(world.ledger.starts(110), 1);
}

#[test]
fn a_node_that_returns_before_fencing_waits_for_its_old_lock() {
    let mut world = homelab();
    let lost = world.now();
    inject(&mut world, power_loss("agent1"));
    pass(&mut world, 10.0);
    inject(&mut world, power_on("agent1"));
    until(&mut world, "online", |world| world.sees_online("atlas", "agent1"));
    pass(&mut world, 20.0);
    assert!(world.guests[&103].is_running(), "onboot guests run");
    assert!(!world.guests[&110].is_running());
    assert_eq!(crm(&world), Some("started"));
    until(&mut world, "running", |world| world.guests[&110].is_running());
    let secs = world.now().since(lost).as_secs_f64();
    assert!((119.0..128.0).contains(&secs), "{secs}");
    assert_eq!(world.guests[&110].node, "agent1");
}

#[test]
fn a_service_that_cannot_start_ends_in_error_and_must_be_disabled() {
    let mut world = homelab();
    if let Some(service) = world.ha.services.get_mut(&110) {
        service.max_relocate = 0;
    }
    inject(&mut world, Fault::FailsToStart { vmid: 110, on: true });
    inject(&mut world, crash(110));
    until(&mut world, "error", |world| crm(world) == Some("error"));
    let attempts = world
        .tasks
        .values()
        .filter(|task| task.kind == "qmstart" && task.id == "110")
        .count();
    assert_eq!(attempts, 2, "max_restart 1: two attempts");
    let upid = act(&mut world, 110, Action::Start).unwrap();
    assert_eq!(
        finish(&mut world, &upid).1,
        "command 'ha-manager set vm:110 --state started' failed: exit code 255"
    );
    assert_eq!(
        world.ha_request(110, "started").unwrap_err().text,
        "service 'vm:110' in error state, must be disabled and fixed first"
    );
    world.ha_request(110, "disabled").unwrap();
    until(&mut world, "disabled", |world| {
        world.ha.services[&110].shown_state() == "disabled"
    });
    inject(&mut world, Fault::FailsToStart { vmid: 110, on: false });
    world.ha_request(110, "started").unwrap();
    until(&mut world, "running", |world| world.guests[&110].is_running());
}

#[test]
fn an_ignored_resource_is_not_managed() {
    let mut world = homelab();
    world.ha_request(110, "ignored").unwrap();
    assert!(!world.ha.manages(110));
    inject(&mut world, crash(110));
    pass(&mut world, 60.0);
    assert!(!world.guests[&110].is_running());
    let upid = act(&mut world, 110, Action::Start).unwrap();
    assert!(upid.contains(":qmstart:110:"), "{upid}");
}

#[test]
fn a_node_reboot_freezes_its_services() {
    let mut world = homelab();
    world.power_command("agent1", true).unwrap();
    pass(&mut world, 5.0);
    assert_eq!(crm(&world), Some("freeze"));
    until(&mut world, "off", |world| !world.sees_online("atlas", "agent1"));
    assert_eq!(world.guests[&110].node, "agent1");
    until(&mut world, "back", |world| world.guests[&110].is_running());
    assert_eq!(world.guests[&110].node, "agent1");
    assert_eq!(crm(&world), Some("started"));
}

#[test]
fn a_node_with_services_and_without_quorum_resets_itself_after_a_minute() {
    let mut world = homelab();
    inject(
        &mut world,
        Fault::LoseQuorum {
            keep: Some("agent1".to_owned()),
        },
    );
    let life = world.nodes["agent1"].life;
    pass(&mut world, 60.0);
    assert_eq!(world.nodes["agent1"].life, life);
    pass(&mut world, 15.0);
    assert!(world.nodes["agent1"].life > life);
}

#[test]
fn a_frozen_node_with_services_is_reset_by_its_watchdog() {
    let mut world = homelab();
    inject(
        &mut world,
        Fault::Freeze {
            node: "agent1".to_owned(),
        },
    );
    pass(&mut world, 58.0);
    assert!(world.guests[&110].is_running());
    pass(&mut world, 10.0);
    assert!(!world.guests[&110].is_running());
    until(&mut world, "running", |world| world.guests[&110].is_running());
    assert_eq!((world.ledger.stops(110), world.ledger.starts(110)), (1, 1));
}

#[test]
fn without_a_watchdog_a_fenced_service_still_runs_once_only() {
    let mut world = homelab();
    world.watchdog = false;
    inject(
        &mut world,
        Fault::Freeze {
            node: "agent1".to_owned(),
        },
    );
    until(&mut world, "recovered", |world| {
        world.guests[&110].node != "agent1" && world.guests[&110].is_running()
    });
    assert_eq!((world.ledger.stops(110), world.ledger.starts(110)), (1, 1));
    assert_eq!(world.ledger.transitions[0].cause, "fenced");
}

#[test]
fn newly_added_guests_are_queued_until_the_manager_takes_them() {
    let mut world = homelab();
    world.ha_add(105, "started", None).unwrap();
    assert_eq!(world.ha.services[&105].shown_state(), "queued");
    assert_eq!(world.ha.services[&105].resource_state(), "started");
    assert_eq!(world.ha.services[&105].crm, None);
    let secs = until(&mut world, "running", |world| world.guests[&105].is_running());
    assert!(secs <= 17.0, "{secs}");
}
