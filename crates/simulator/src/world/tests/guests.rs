//! Guests: actions, their tasks, what is refused at once, what is seen when.

use super::*;
use crate::world::task::Work;

#[test]
fn a_start_is_accepted_at_once_and_done_in_one_to_two_seconds() {
    let mut world = homelab();
    let upid = act(&mut world, 105, Action::Start).unwrap();
    assert!(
        upid.starts_with("UPID:forge:") && upid.ends_with(":qmstart:105:root@pam!full:"),
        "{upid}"
    );
    assert!(exit(&world, &upid).is_none());
    assert!(!world.guests[&105].is_running());
    let (secs, status) = finish(&mut world, &upid);
    assert_eq!(status, "OK");
    assert!((1.0..=2.0).contains(&secs), "{secs}");
    assert!(world.guests[&105].is_running());
    assert_eq!(world.ledger.starts(105), 1);
    assert_eq!(world.task(&upid).unwrap().lines(), ["TASK OK"]);
}

#[test]
fn of_three_simultaneous_starts_one_succeeds() {
    let mut world = homelab();
    let upids: Vec<String> = (0..3)
        .map(|_| act(&mut world, 105, Action::Start).unwrap())
        .collect();
    let mut ends: Vec<String> = upids.iter().map(|upid| finish(&mut world, upid).1).collect();
    ends.sort();
    assert_eq!(ends, ["OK", "VM 105 already running", "VM 105 already running"]);
    assert_eq!(world.ledger.starts(105), 1);
}

#[test]
fn virtual_machines_fail_in_the_task_and_containers_at_once() {
    let mut world = homelab();
    let upid = act(&mut world, 101, Action::Start).unwrap();
    assert_eq!(finish(&mut world, &upid).1, "VM 101 already running");
    for action in [STOP, shutdown(60, false)] {
        let upid = act(&mut world, 105, action).unwrap();
        assert_eq!(finish(&mut world, &upid).1, "OK");
    }
    for action in [
        Action::Reboot { timeout: None },
        Action::Reset,
        Action::Suspend,
        Action::Resume,
    ] {
        assert_eq!(act(&mut world, 105, action).unwrap_err(), "VM 105 not running");
    }
    assert_eq!(
        act(&mut world, 201, Action::Start).unwrap_err(),
        "CT 201 already running"
    );
    let upid = act(&mut world, 201, STOP).unwrap();
    assert_eq!(finish(&mut world, &upid).1, "OK");
    assert_eq!(act(&mut world, 201, STOP).unwrap_err(), "CT 201 not running");
    assert_eq!(
        act(&mut world, 201, shutdown(5, false)).unwrap_err(),
        "CT 201 not running"
    );
}

#[test]
fn a_start_on_the_wrong_node_is_accepted_and_fails() {
    let mut world = homelab();
    let upid = world
        .act("home", Kind::Qemu, 105, Action::Start, "a@pam")
        .unwrap();
    assert_eq!(
        finish(&mut world, &upid).1,
        "Configuration file 'nodes/home/qemu-server/105.conf' does not exist"
    );
    assert!(world.guest_on("home", Kind::Qemu, 105).is_err());
}

#[test]
fn a_crash_is_live_at_once_and_listed_within_a_sampling_period() {
    let mut world = homelab();
    let tasks = world.tasks.len();
    inject(&mut world, crash(101));
    assert!(!world.guests[&101].is_running());
    assert_eq!(seen_status(&world, "atlas", 101), "running");
    let secs = until(&mut world, "listed as stopped", |world| {
        seen_status(world, "home", 101) == "stopped"
    });
    assert!(secs > 0.0 && secs <= 10.0, "{secs}");
    assert_eq!(world.tasks.len(), tasks, "a crash makes no task");
    assert_eq!(world.ledger.transitions.last().unwrap().cause, "crash");
}

#[test]
fn a_guest_that_ignores_the_request_fails_after_exactly_the_timeout() {
    let mut world = homelab();
    let upid = act(&mut world, 111, shutdown(15, false)).unwrap();
    let (secs, status) = finish(&mut world, &upid);
    assert_eq!(status, "VM quit/powerdown failed - got timeout");
    assert!((15.0..15.5).contains(&secs), "{secs}");
    assert!(world.guests[&111].is_running());
    let upid = act(&mut world, 111, shutdown(10, true)).unwrap();
    let (secs, status) = finish(&mut world, &upid);
    assert_eq!(status, "OK");
    assert!((10.0..10.5).contains(&secs), "{secs}");
    assert!(world.task(&upid).unwrap().log[0].contains("SIGTERM"));
    assert!(!world.guests[&111].is_running());
}

#[test]
fn stop_with_overrule_ends_a_hanging_shutdown() {
    let mut world = homelab();
    let hanging = act(&mut world, 111, shutdown(60, false)).unwrap();
    pass(&mut world, 2.0);
    let stop = act(&mut world, 111, Action::Stop { overrule: true }).unwrap();
    assert_eq!(finish(&mut world, &stop).1, "OK");
    assert_eq!(exit(&world, &hanging).unwrap(), "received interrupt");
    assert!(!world.guests[&111].is_running());
}

#[test]
fn a_reboot_is_over_before_the_guest_is_back() {
    let mut world = homelab();
    let before = world.guests[&101].process.clone().unwrap();
    let upid = act(&mut world, 101, Action::Reboot { timeout: None }).unwrap();
    assert_eq!(finish(&mut world, &upid).1, "OK");
    assert!(!world.guests[&101].is_running(), "down when the task is over");
    let secs = until(&mut world, "running again", |world| {
        world.guests[&101].is_running()
    });
    assert!((2.0..4.5).contains(&secs), "{secs}");
    assert_ne!(world.guests[&101].process.as_ref().unwrap().pid, before.pid);
    let restart = world.tasks.values().next_back().unwrap();
    assert_eq!(
        (restart.kind.as_str(), restart.user.as_str()),
        ("qmstart", "root@pam")
    );
}

#[test]
fn a_reset_changes_neither_pid_nor_uptime_and_a_migration_both() {
    let mut world = homelab();
    let before = world.guests[&101].process.clone();
    let upid = act(&mut world, 101, Action::Reset).unwrap();
    finish(&mut world, &upid);
    assert_eq!(world.guests[&101].process, before);
    let upid = world
        .migrate("atlas", Kind::Qemu, 101, "forge", true, "root@pam!full")
        .unwrap();
    pass(&mut world, 1.0);
    assert_eq!(world.guests[&101].lock.as_deref(), Some("migrate"));
    assert_eq!(finish(&mut world, &upid).1, "OK");
    let guest = &world.guests[&101];
    assert_eq!((guest.node.as_str(), guest.lock.as_deref()), ("forge", None));
    assert!(guest.uptime_secs(world.now()) < 10);
    assert_ne!(guest.process.as_ref().unwrap().pid, before.unwrap().pid);
    let refusal = world
        .migrate("forge", Kind::Qemu, 101, "atlas", false, "a@pam")
        .unwrap_err();
    assert_eq!(refusal.text, "can't migrate running VM without --online");
}

#[test]
fn a_paused_machine_runs_and_is_listed_as_paused() {
    let mut world = homelab();
    let upid = act(&mut world, 101, Action::Suspend).unwrap();
    finish(&mut world, &upid);
    assert_eq!(world.guests[&101].fine_status(), "paused");
    pass(&mut world, 10.0);
    assert_eq!(seen_status(&world, "home", 101), "paused");
    let upid = act(&mut world, 101, Action::Start).unwrap();
    assert_eq!(finish(&mut world, &upid).1, "VM 101 already running");
    assert_eq!(
        act(&mut world, 101, shutdown(5, false)).unwrap_err(),
        "VM is paused - cannot shutdown"
    );
    let upid = act(&mut world, 101, Action::Resume).unwrap();
    finish(&mut world, &upid);
    assert_eq!(world.guests[&101].fine_status(), "running");
}

#[test]
fn templates_and_broken_guests_do_not_start() {
    let mut world = homelab();
    let upid = act(&mut world, 120, Action::Start).unwrap();
    assert_eq!(
        finish(&mut world, &upid).1,
        "you can't start a vm if it's a template"
    );
    inject(&mut world, Fault::FailsToStart { vmid: 105, on: true });
    let upid = act(&mut world, 105, Action::Start).unwrap();
    pass(&mut world, 1.0);
    assert!(world.guests[&105].is_running(), "the live read lies for a second");
    assert_eq!(
        finish(&mut world, &upid).1,
        "start failed: QEMU exited with code 1"
    );
    assert!(!world.guests[&105].is_running());
}

#[test]
fn a_reused_number_shows_the_old_name_on_the_new_node() {
    let mut world = homelab();
    let old = world.guests[&101].uuid.clone();
    let fault = Fault::ReuseVmid {
        vmid: 101,
        name: Some("new-app".to_owned()),
        node: Some("home".to_owned()),
    };
    inject(&mut world, fault);
    assert_ne!(world.guests[&101].uuid, old);
    let sample = seen(&world, "agent1", 101).unwrap();
    assert_eq!((sample.name.as_str(), sample.status), ("web-01", "running"));
    let secs = until(&mut world, "the truth", |world| {
        seen(world, "agent1", 101).is_some_and(|s| s.name == "new-app")
    });
    assert!(secs <= 10.0, "{secs}");
    assert_eq!(seen_status(&world, "agent1", 101), "stopped");
}

#[test]
fn snapshots_are_taken_and_deleted() {
    let mut world = homelab();
    let take = Work::Snapshot {
        name: "before".to_owned(),
        description: String::new(),
    };
    let upid = world
        .snapshot("atlas", Kind::Qemu, 101, take.clone(), "a@pam")
        .unwrap();
    assert_eq!(finish(&mut world, &upid).1, "OK");
    let upid = world.snapshot("atlas", Kind::Qemu, 101, take, "a@pam").unwrap();
    assert_eq!(finish(&mut world, &upid).1, "snapshot name 'before' already used");
    let upid = world
        .snapshot(
            "atlas",
            Kind::Qemu,
            101,
            Work::DeleteSnapshot {
                name: "before".to_owned(),
            },
            "a@pam",
        )
        .unwrap();
    assert_eq!(finish(&mut world, &upid).1, "OK");
    assert!(world.guests[&101].snapshots.is_empty());
}

#[test]
fn what_others_do_is_seen_in_tasks_with_their_name() {
    let mut world = homelab();
    inject(
        &mut world,
        Fault::UserStop {
            vmid: 101,
            user: "alex@pam".to_owned(),
        },
    );
    pass(&mut world, 3.0);
    let task = world.tasks.values().find(|task| task.kind == "qmstop").unwrap();
    assert_eq!((task.user.as_str(), task.id.as_str()), ("alex@pam", "101"));
    assert!(!world.guests[&101].is_running());
    assert!(world.ledger.calls.is_empty(), "no call of ours");
}

#[test]
fn slow_tasks_take_longer() {
    let mut world = homelab();
    inject(&mut world, Fault::SlowTasks { factor: 10 });
    let upid = act(&mut world, 105, Action::Start).unwrap();
    let (secs, status) = finish(&mut world, &upid);
    assert_eq!(status, "OK");
    assert!((14.0..17.0).contains(&secs), "{secs}");
}

#[test]
fn a_timeout_is_no_longer_when_tasks_are_slow() {
    for factor in [3, 7] {
        let mut world = homelab();
        inject(&mut world, Fault::SlowTasks { factor });
        let upid = act(&mut world, 111, shutdown(15, false)).unwrap();
        let (secs, status) = finish(&mut world, &upid);
        assert_eq!(status, "VM quit/powerdown failed - got timeout");
        assert!((15.0..17.0).contains(&secs), "{secs}");
    }
}
