//! One effect at a time, effects without an answer, and the pause between a stop and a start.

use crate::world::*;
use jarvis_guard::Request;
use jarvis_model::{
    Event, GuestKind, GuestStatus, IntentId, NodeStatus, Observation, Outcome, Rule, Stage, StopCause,
    Timestamp, Upid, Verdict,
};
use std::time::Duration;

fn everybody() -> [Request; 2] {
    [start_by_reconciler(), person_request(start(101))]
}

fn rules(world: &World) -> [Option<Rule>; 2] {
    everybody().map(|request| world.judge(&request).rule())
}

fn close(world: &mut World, at: Timestamp, outcome: Outcome) {
    world.happened(
        at,
        Event::IntentClosed {
            intent: IntentId("other".to_owned()),
            outcome,
        },
    );
}

#[test]
fn an_open_effect_makes_everybody_wait_wherever_it_is() {
    let mut same_node = world();
    same_node.add(106, "mail", "atlas", GuestKind::Qemu, GuestStatus::Running);
    same_node.in_flight(shutdown(106));
    let mut other_node = world();
    other_node.in_flight(shutdown(104));
    let mut node_power = world();
    node_power.in_flight(reboot_node("forge"));
    for world in [same_node, other_node, node_power] {
        assert_eq!(rules(&world), [Some(Rule::InFlight); 2]);
    }
}

#[test]
fn an_effect_is_in_flight_through_all_its_stages() {
    let upid: Upid = "UPID:nova:00001234:00012345:695BA8C0:qmshutdown:104:jarvis@pve!act:"
        .parse()
        .unwrap();
    let stages = [
        Stage::Logged,
        Stage::ReplyUnknown {
            text: "connection reset".to_owned(),
        },
        Stage::Accepted {
            upid: Some(upid),
            at: secs_ago(4),
        },
        Stage::Finished { at: secs_ago(2) },
    ];
    for stage in stages {
        let mut world = world();
        world.in_flight(shutdown(104));
        world
            .memory
            .intents
            .get_mut(&IntentId("other".to_owned()))
            .unwrap()
            .stage = stage.clone();
        assert_eq!(rules(&world), [Some(Rule::InFlight); 2], "{stage:?}");
    }
}

#[test]
fn an_answered_effect_frees_the_slot() {
    let answers = [
        Outcome::Verified,
        Outcome::NotSent,
        Outcome::NotVerified,
        Outcome::Failed {
            text: "no".to_owned(),
        },
        Outcome::Rejected {
            text: "no".to_owned(),
            retryable: false,
        },
    ];
    for outcome in answers {
        let mut world = world();
        world.in_flight(shutdown(104));
        close(&mut world, secs_ago(1), outcome.clone());
        assert_eq!(rules(&world), [None; 2], "{outcome:?}");
    }
}

#[test]
fn waiting_for_an_effect_says_until_when() {
    let mut world = world();
    world.in_flight(shutdown(104));
    let deadline = world.memory.open_intents().next().unwrap().deadline;
    let Verdict::Wait { until, .. } = world.judge(&start_by_reconciler()) else {
        panic!("it does not wait")
    };
    assert_eq!(until, Some(deadline));
}

/// A world in which an effect on nova ended without an answer ten seconds ago.
fn unanswered() -> World {
    let mut world = world();
    world.in_flight(shutdown(104));
    close(&mut world, secs_ago(10), Outcome::Unresolved);
    world
}

#[test]
fn an_effect_without_an_answer_keeps_the_slot_for_everybody() {
    assert_eq!(rules(&unanswered()), [Some(Rule::Unresolved); 2]);
    let on_its_node = person_request(reboot(104));
    assert_eq!(unanswered().judge(&on_its_node).rule(), Some(Rule::Unresolved));
}

#[test]
fn evidence_frees_the_slot_and_nothing_less_does() {
    let idle = |value, at| Observation::known(value, at);
    let evidence: [(&str, bool, fn(&mut World)); 4] = [
        ("its node is known offline", true, |world| {
            world.set_offline("nova");
        }),
        ("its node booted since", true, |world| {
            world.node("nova").returned_at = Some(secs_ago(5));
            world.node("nova").uptime_secs = Some(6);
        }),
        (
            "its node was out of sight since, and did not boot",
            false,
            |world| {
                world.node("nova").returned_at = Some(secs_ago(5));
            },
        ),
        ("its node booted before", false, |world| {
            world.node("nova").returned_at = Some(secs_ago(20));
            world.node("nova").uptime_secs = Some(20);
        }),
    ];
    for (what, frees, give) in evidence {
        let mut world = unanswered();
        give(&mut world);
        assert_eq!(rules(&world)[0].is_none(), frees, "{what}");
    }
    for (what, frees, seen) in [
        ("idle since", true, idle(true, secs_ago(5))),
        ("idle just when it closed", false, idle(true, secs_ago(10))),
        ("idle before", false, idle(true, secs_ago(11))),
        ("busy since", false, idle(false, secs_ago(5))),
        ("never looked", false, Observation::default()),
    ] {
        let mut world = unanswered();
        world.node("nova").idle = seen;
        assert_eq!(rules(&world)[0].is_none(), frees, "{what}");
    }
}

#[test]
fn an_old_sight_of_an_offline_node_is_no_evidence() {
    let mut world = unanswered();
    world.node("nova").status = Observation::known(NodeStatus::Offline, secs_ago(36));
    assert_eq!(rules(&world)[1], Some(Rule::Unresolved));
}

#[test]
fn a_node_that_vanished_from_the_list_is_no_evidence() {
    let mut world = unanswered();
    world.observed.nodes.remove(&node("nova"));
    assert_eq!(rules(&world), [Some(Rule::Unresolved); 2]);
}

#[test]
fn a_start_waits_five_seconds_after_our_stop() {
    for (ago_ms, waits) in [(0, true), (4_999, true), (5_000, false), (60_000, false)] {
        let mut world = world();
        world
            .memory
            .stopped_at
            .insert(vmid(101), NOW - Duration::from_millis(ago_ms));
        for request in everybody() {
            let expected = waits.then_some(Rule::Pacing);
            assert_eq!(world.judge(&request).rule(), expected, "{ago_ms} ms");
        }
    }
}

#[test]
fn a_start_waits_after_anybodys_stop() {
    let user = || "root@pam".to_owned();
    let task = || "qmstop".to_owned();
    let at = secs_ago(2);
    for cause in [
        StopCause::Person {
            user: user(),
            task_type: task(),
            at,
        },
        StopCause::System {
            task_type: "stopall".to_owned(),
            at,
        },
        StopCause::Ourselves { at },
    ] {
        let mut world = world();
        world.guest(101).stop_cause = Observation::known(cause.clone(), secs_ago(1));
        let Verdict::Wait { refusal, until, .. } = world.judge(&start_by_reconciler()) else {
            panic!("{cause:?}")
        };
        assert_eq!(
            (refusal.rule, until),
            (Rule::Pacing, Some(NOW + Duration::from_secs(3)))
        );
    }
    for cause in [
        StopCause::NoTask,
        StopCause::Unreadable,
        StopCause::StartFailed {
            text: "no".to_owned(),
            at,
        },
    ] {
        let mut world = world();
        world.guest(101).stop_cause = Observation::known(cause.clone(), secs_ago(1));
        assert!(world.judge(&start_by_reconciler()).is_permit(), "{cause:?}");
    }
}

#[test]
fn a_stop_in_the_future_is_a_clock_that_is_wrong() {
    let mut world = world();
    let cause = StopCause::System {
        task_type: "stopall".to_owned(),
        at: NOW + Duration::from_hours(1),
    };
    world.guest(101).stop_cause = Observation::known(cause, secs_ago(1));
    assert!(world.judge(&start_by_reconciler()).is_permit());
}

#[test]
fn pacing_is_for_starts_of_the_same_guest() {
    let mut world = world();
    world.memory.stopped_at.insert(vmid(101), secs_ago(1));
    world.memory.stopped_at.insert(vmid(104), secs_ago(1));
    assert!(world.judge(&person_request(reboot(104))).is_permit());
    world.memory.stopped_at.remove(&vmid(101));
    assert!(world.judge(&start_by_reconciler()).is_permit());
}
