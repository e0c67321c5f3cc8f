//! Lock files, locks in the configuration, digests.

use super::*;
use crate::world::change::{Changed, ConfigChange};

fn describe(text: &str) -> ConfigChange {
    ConfigChange {
        set: [("description".to_owned(), text.to_owned())].into(),
        ..ConfigChange::default()
    }
}

fn change(world: &mut World, vmid: u32, change: &ConfigChange, waited_secs: u64) -> Result<Changed, String> {
    let guest = &world.guests[&vmid];
    let (node, kind) = (guest.node.clone(), guest.kind);
    world
        .change_config(&node, kind, vmid, change, Duration::from_secs(waited_secs))
        .map_err(|refusal| refusal.text)
}

const TIMEOUT_111: &str = "can't lock file '/var/lock/qemu-server/lock-111.conf' - got timeout";

#[test]
fn a_second_operation_waits_ten_seconds_for_the_lock_and_fails() {
    let mut world = homelab();
    act(&mut world, 111, shutdown(60, false)).unwrap();
    pass(&mut world, 1.0);
    let upid = act(&mut world, 111, STOP).unwrap();
    let (secs, status) = finish(&mut world, &upid);
    assert_eq!(status, TIMEOUT_111);
    assert!((10.0..10.6).contains(&secs), "{secs}");
    assert!(world.guests[&111].is_running());
    assert_eq!(change(&mut world, 111, &describe("x"), 0), Ok(Changed::Busy));
    assert_eq!(
        change(&mut world, 111, &describe("x"), 10).unwrap_err(),
        TIMEOUT_111
    );
}

#[test]
fn an_operation_that_gets_the_lock_in_time_succeeds() {
    let mut world = homelab();
    let first = act(&mut world, 111, shutdown(5, true)).unwrap();
    pass(&mut world, 1.0);
    let second = act(&mut world, 111, Action::Start).unwrap();
    assert_eq!(finish(&mut world, &first).1, "OK");
    assert_eq!(finish(&mut world, &second).1, "OK");
    assert!(world.guests[&111].is_running());
}

#[test]
fn a_start_right_after_a_stop_blocks_the_guest_for_half_a_minute() {
    let mut world = homelab();
    let stop = act(&mut world, 101, STOP).unwrap();
    let start = act(&mut world, 101, Action::Start).unwrap();
    assert_eq!(finish(&mut world, &stop).1, "OK");
    assert_eq!(finish(&mut world, &start).1, "OK");
    let reboot = act(&mut world, 101, Action::Suspend).unwrap();
    assert!(finish(&mut world, &reboot).1.ends_with("got timeout"));
    pass(&mut world, 25.0);
    assert!(world.guests[&101].holder.is_none());
}

#[test]
fn a_start_five_seconds_after_a_stop_is_harmless() {
    let mut world = homelab();
    let stop = act(&mut world, 101, STOP).unwrap();
    finish(&mut world, &stop);
    pass(&mut world, 5.0);
    let start = act(&mut world, 101, Action::Start).unwrap();
    assert_eq!(finish(&mut world, &start).1, "OK");
    assert!(world.guests[&101].holder.is_none());
}

#[test]
fn a_lock_in_the_configuration_bars_everything_but_the_start_of_a_running_guest() {
    let mut world = homelab();
    inject(
        &mut world,
        Fault::Lock {
            vmid: 101,
            lock: "backup".to_owned(),
        },
    );
    for (action, end) in [
        (Action::Start, "OK"),
        (STOP, "VM is locked (backup)"),
        (shutdown(20, false), "VM is locked (backup)"),
    ] {
        let upid = act(&mut world, 101, action).unwrap();
        assert_eq!(finish(&mut world, &upid).1, end);
    }
    assert_eq!(
        change(&mut world, 101, &describe("x"), 0).unwrap_err(),
        "VM is locked (backup)"
    );
    inject(
        &mut world,
        Fault::Lock {
            vmid: 105,
            lock: "backup".to_owned(),
        },
    );
    let upid = act(&mut world, 105, Action::Start).unwrap();
    assert_eq!(finish(&mut world, &upid).1, "VM is locked (backup)");
    inject(&mut world, Fault::CrashGuest { vmid: 209 });
    let upid = act(&mut world, 209, Action::Start).unwrap();
    assert_eq!(finish(&mut world, &upid).1, "CT is locked (backup)");
    inject(&mut world, Fault::Unlock { vmid: 105 });
    let upid = act(&mut world, 105, Action::Start).unwrap();
    assert_eq!(finish(&mut world, &upid).1, "OK");
}

#[test]
fn of_two_writers_with_the_same_digest_one_wins() {
    let mut world = homelab();
    let digest = Some(world.digest(&world.guests[&101]));
    let mine = ConfigChange {
        digest,
        ..describe("a")
    };
    assert_eq!(change(&mut world, 101, &mine, 0), Ok(Changed::Done));
    assert_eq!(
        change(&mut world, 101, &mine, 0).unwrap_err(),
        "checksum mismatch (file change by other user?)"
    );
    assert_eq!(world.guests[&101].config["description"], "a");
}

#[test]
fn tags_come_back_sorted_and_in_lower_case() {
    let mut world = homelab();
    let tags = ConfigChange {
        set: [("tags".to_owned(), "Prod, Web;db".to_owned())].into(),
        ..ConfigChange::default()
    };
    assert_eq!(change(&mut world, 101, &tags, 0), Ok(Changed::Done));
    assert_eq!(world.guests[&101].tag_text().unwrap(), "db;prod;web");
}

#[test]
fn a_cancelled_task_was_interrupted_and_lets_go_of_the_lock() {
    let mut world = homelab();
    let upid = act(&mut world, 111, shutdown(60, false)).unwrap();
    pass(&mut world, 1.0);
    assert!(world.guests[&111].holder.is_some());
    world.cancel_task(&upid).unwrap();
    assert_eq!(exit(&world, &upid).unwrap(), "received interrupt");
    assert!(world.guests[&111].holder.is_none());
    world.cancel_task(&upid).unwrap();
    assert_eq!(exit(&world, &upid).unwrap(), "received interrupt");
}
