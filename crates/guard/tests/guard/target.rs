//! What must be known of the target: fresh, agreeing, online, unlocked, and the same guest as before.

use crate::world::*;
use jarvis_crds::Expected;
use jarvis_guard::{Request, warnings};
use jarvis_model::{
    Action, GuestKind, GuestStatus, Identity, NodeStatus, Observation, Rule, Tier, UnknownReason, Verdict,
    limits,
};
use std::time::Duration;

fn held(word: &str) -> GuestStatus {
    GuestStatus::Held(word.to_owned())
}

#[test]
fn every_act_fits_its_states() {
    let (running, stopped, paused) = (GuestStatus::Running, GuestStatus::Stopped, held("paused"));
    let snapshot = || "before".to_owned();
    let rows: [(Action, [bool; 3]); 8] = [
        // (action, fits running, stopped, paused)
        (start(104), [false, true, false]),
        (shutdown(104), [true, false, true]),
        (reboot(104), [true, false, true]),
        (stop(104), [true, false, true]),
        (reset(104), [true, false, true]),
        (migrate(104, "forge"), [true, true, true]),
        (
            Action::CreateSnapshot {
                vmid: vmid(104),
                snapshot: snapshot(),
            },
            [true, true, true],
        ),
        (
            Action::RollbackSnapshot {
                vmid: vmid(104),
                snapshot: snapshot(),
            },
            [true, true, true],
        ),
    ];
    for (action, fits) in rows {
        for (status, fits) in [&running, &stopped, &paused].into_iter().zip(fits) {
            let mut world = world();
            world.set_status(104, status.clone());
            let request = person_request(action.clone());
            world.confirm(&request, "anna");
            let expected = (!fits).then_some(Rule::WrongState);
            assert_eq!(
                world.judge(&request).rule(),
                expected,
                "{action} while {}",
                status.as_str()
            );
        }
    }
}

#[test]
fn the_live_status_counts_not_the_list() {
    let mut world = world();
    world.guest(101).status = Observation::known(GuestStatus::Running, secs_ago(1));
    assert!(
        world.judge(&start_by_reconciler()).is_permit(),
        "the list lags behind a crash"
    );
    world.guest(101).status = Observation::known(GuestStatus::Stopped, secs_ago(1));
    world.live(101).status = GuestStatus::Running;
    assert_eq!(
        world.judge(&start_by_reconciler()).rule(),
        Some(Rule::WrongState),
        "somebody was faster"
    );
}

#[test]
fn facts_are_good_until_their_limit_and_not_a_millisecond_longer() {
    let spoil: [(Duration, Rule, fn(&mut World, jarvis_model::Timestamp)); 4] = [
        (limits::LIVE, Rule::TargetUnknown, |world, at| {
            let live = world.live(101).clone();
            world.guest(101).live = Observation::known(live, at);
        }),
        (limits::IDENTITY, Rule::TargetUnknown, |world, at| {
            world.guest(101).identity = Observation::known(identity(101), at);
        }),
        (limits::CRITICAL, Rule::TargetUnknown, |world, at| {
            world.node("atlas").status = Observation::known(NodeStatus::Online, at);
        }),
        (limits::CRITICAL, Rule::NoQuorum, |world, at| {
            let quorum = *world.quorum();
            world.observed.quorum = Observation::known(quorum, at);
        }),
    ];
    for (limit, rule, set) in spoil {
        let mut world = world();
        set(&mut world, NOW - limit);
        assert!(
            world.judge(&start_by_reconciler()).is_permit(),
            "{rule} at its limit"
        );
        set(&mut world, NOW - limit - Duration::from_millis(1));
        assert_eq!(world.judge(&start_by_reconciler()).rule(), Some(rule));
        set(&mut world, NOW + limit + Duration::from_millis(1));
        assert_eq!(
            world.judge(&start_by_reconciler()).rule(),
            Some(rule),
            "from a clock that went back"
        );
    }
}

#[test]
fn nothing_unknown_is_acted_upon_whatever_the_reason() {
    let reasons = [
        UnknownReason::NotYetSeen,
        UnknownReason::Stale,
        UnknownReason::NodeAway,
        UnknownReason::NoRights,
        UnknownReason::Malformed,
        UnknownReason::Contradictory,
    ];
    for why in reasons {
        let spoil: [fn(&mut World, UnknownReason); 4] = [
            |world, why| world.guest(101).live = Observation::unknown(why),
            |world, why| world.guest(101).identity = Observation::unknown(why),
            |world, why| world.node("atlas").status = Observation::unknown(why),
            |world, why| world.observed.quorum = Observation::unknown(why),
        ];
        for spoil in spoil {
            for request in [start_by_reconciler(), person_request(start(101))] {
                let mut world = world();
                spoil(&mut world, why.clone());
                assert!(!world.judge(&request).is_permit(), "{why:?}");
            }
        }
    }
}

#[test]
fn what_looking_resolves_is_waited_for_by_everybody() {
    for request in [start_by_reconciler(), person_request(start(101))] {
        let mut world = world();
        world.guest(101).live = Observation::default();
        assert!(matches!(world.judge(&request), Verdict::Wait { .. }));
    }
}

#[test]
fn a_person_gets_an_answer_where_jarvis_waits() {
    let spoil: [fn(&mut World); 2] = [
        |world| world.quorum().quorate = false,
        |world| world.set_offline("atlas"),
    ];
    for spoil in spoil {
        let mut world = world();
        spoil(&mut world);
        assert!(matches!(
            world.judge(&start_by_reconciler()),
            Verdict::Wait { .. }
        ));
        assert!(matches!(
            world.judge(&person_request(start(101))),
            Verdict::Refuse { .. }
        ));
    }
}

#[test]
fn nobody_looks_live_at_what_is_not_about_to_be_done() {
    let mut world = world();
    world.guest(101).live = Observation::default();
    world.floor.autonomy = jarvis_model::Autonomy::L2;
    assert_eq!(
        world.judge(&start_by_reconciler()).rule(),
        Some(Rule::Autonomy),
        "recommended from the list"
    );
    world.approve(&start_by_reconciler());
    assert_eq!(
        world.judge(&start_by_reconciler()).rule(),
        Some(Rule::TargetUnknown),
        "now it is looked at"
    );
}

#[test]
fn a_live_look_must_be_younger_than_the_nodes_return() {
    let mut world = world();
    world.node("atlas").returned_at = Some(secs_ago(1));
    assert!(world.judge(&start_by_reconciler()).is_permit());
    world.node("atlas").returned_at = Some(NOW);
    assert_eq!(
        world.judge(&start_by_reconciler()).rule(),
        Some(Rule::TargetUnknown)
    );
}

#[test]
fn a_guest_seen_for_the_first_time_has_no_identity_to_differ_from() {
    let mut world = world();
    world.memory.identities.clear();
    assert!(world.judge(&start_by_reconciler()).is_permit());
}

#[test]
fn another_identity_is_black_for_everybody_and_accepting_it_helps() {
    let mut world = world();
    world.guest(101).identity = Observation::known(Identity("feedface".to_owned()), secs_ago(1));
    for request in [start_by_reconciler(), person_request(start(101))] {
        let verdict = world.judge(&request);
        assert_eq!(
            (verdict.rule(), verdict.tier()),
            (Some(Rule::IdentityMismatch), Tier::Black)
        );
    }
    let (identity, by) = (Identity("feedface".to_owned()), "anna".to_owned());
    world.happened(
        NOW,
        jarvis_model::Event::IdentityAccepted {
            vmid: vmid(101),
            identity,
            by,
        },
    );
    assert!(world.judge(&start_by_reconciler()).is_permit());
}

#[test]
fn node_power_needs_two_witnesses_but_a_single_node_has_one() {
    let request = person_request(reboot_node("forge"));
    let mut world = world();
    world.confirm(&request, "anna");
    world.quorum().agreeing = 2;
    assert!(world.judge(&request).is_permit());
    world.quorum().agreeing = 1;
    assert_eq!(world.judge(&request).rule(), Some(Rule::NoQuorum));
    assert!(world.judge(&start_by_reconciler()).is_permit(), "guests need one");
    world.quorum().agreeing = 0;
    assert_eq!(world.judge(&start_by_reconciler()).rule(), Some(Rule::NoQuorum));
    world.observed.nodes.retain(|name, _| name.as_str() == "forge");
    world.observed.guests.clear();
    world.floor.own_guest = None;
    world.quorum().agreeing = 1;
    world.quorum().expected_votes = 1;
    assert_eq!(
        world.judge(&request).rule(),
        Some(Rule::QuorumAfter),
        "what a single node lacks is votes, not witnesses"
    );
}

#[test]
fn both_ends_of_a_migration_must_be_online() {
    let request = person_request(migrate(102, "nova"));
    let mut world = world();
    for name in ["forge", "nova"] {
        world.declare_node(name, Expected::Any);
    }
    world.confirm(&request, "anna");
    assert!(world.judge(&request).is_permit());
    for (name, rule) in [("forge", Rule::NodeAway), ("nova", Rule::NodeAway)] {
        let mut world = world.clone();
        world.set_offline(name);
        assert_eq!(world.judge(&request).rule(), Some(rule), "{name}");
        world.node(name).status = Observation::unknown(UnknownReason::Stale);
        assert_eq!(world.judge(&request).rule(), Some(Rule::TargetUnknown), "{name}");
    }
}

#[test]
fn one_missing_node_stops_migrations_and_power_but_not_guests() {
    let mut world = world();
    world.quorum().device_votes = 1;
    world.set_offline("forge");
    for action in [migrate(104, "atlas"), reboot_node("nova"), shutdown_node("nova")] {
        let request = person_request(action.clone());
        world.confirm(&request, "anna");
        assert_eq!(
            world.judge(&request).rule(),
            Some(Rule::OtherNodeUnhealthy),
            "{action}"
        );
    }
    world.memory.tickets.clear();
    assert!(world.judge(&person_request(reboot(104))).is_permit());
    assert!(world.judge(&start_by_reconciler()).is_permit());
}

#[test]
fn nodes_that_may_be_off_are_not_missed() {
    for expected in [Expected::Offline, Expected::Any] {
        let mut world = world();
        for name in ["forge", "nova"] {
            world.declare_node(name, expected);
            world.set_offline(name);
        }
        assert!(world.judge(&start_by_reconciler()).is_permit(), "{expected:?}");
    }
}

#[test]
fn a_declared_node_that_is_not_listed_is_missed() {
    let mut world = world();
    world.declare_node("ghost", Expected::Online);
    assert!(
        world.judge(&start_by_reconciler()).is_permit(),
        "one missing node is no mass failure"
    );
    let request = person_request(reboot_node("forge"));
    world.confirm(&request, "anna");
    assert_eq!(world.judge(&request).rule(), Some(Rule::OtherNodeUnhealthy));
    world.declare_node("phantom", Expected::Online);
    assert_eq!(
        world.judge(&start_by_reconciler()).rule(),
        Some(Rule::MassFailure)
    );
}

#[test]
fn two_nodes_of_unknown_state_are_a_mass_failure() {
    let mut world = world();
    world.node("forge").status = Observation::unknown(UnknownReason::Stale);
    assert!(world.judge(&start_by_reconciler()).is_permit());
    world.node("nova").status = Observation::known(NodeStatus::Online, secs_ago(36));
    assert_eq!(
        world.judge(&start_by_reconciler()).rule(),
        Some(Rule::MassFailure)
    );
}

#[test]
fn a_person_confirms_an_act_in_a_mass_failure() {
    let mut world = world();
    world.set_offline("forge");
    world.set_offline("nova");
    let request = person_request(start(101));
    let Verdict::Confirm {
        rule: Rule::MassFailure,
        typed: false,
        ..
    } = world.judge(&request)
    else {
        panic!("{:?}", world.judge(&request))
    };
    world.confirm(&request, "anna");
    assert!(world.judge(&request).is_permit());
}

#[test]
fn ha_keeps_jarvis_out_and_lets_persons_in() {
    let mut world = world();
    world.guest(101).ha_state = Some("stopped".to_owned());
    assert_eq!(world.judge(&start_by_reconciler()).rule(), Some(Rule::HaManaged));
    let request = person_request(start(101));
    assert!(world.judge(&request).is_permit());
    let said = warnings(&request, &world.facts());
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("HA request"), "{said:?}");
}

#[test]
fn an_old_live_look_that_saw_ha_still_counts() {
    let mut world = world();
    world.live(101).ha_managed = true;
    let live = world.live(101).clone();
    world.guest(101).live = Observation::known(live, secs_ago(600));
    assert_eq!(world.judge(&start_by_reconciler()).rule(), Some(Rule::HaManaged));
}

#[test]
fn the_start_gate_opens_at_its_count() {
    let mut world = world();
    for (passes, open) in [(0, false), (1, false), (2, true), (1000, true)] {
        world.observed.complete_passes = passes;
        assert_eq!(world.judge(&start_by_reconciler()).is_permit(), open, "{passes}");
        assert_eq!(
            world.judge(&person_request(start(101))).is_permit(),
            open,
            "{passes}"
        );
    }
    world.floor.start_gate_passes = 0;
    world.observed.complete_passes = 0;
    assert!(world.judge(&start_by_reconciler()).is_permit());
}

#[test]
fn templates_are_left_alone() {
    let mut world = world();
    world.add(105, "golden", "forge", GuestKind::Qemu, GuestStatus::Stopped);
    let request = person_request(start(105));
    assert!(world.judge(&request).is_permit());
    world.guest(105).template = true;
    assert_eq!(world.judge(&request).rule(), Some(Rule::Template));
}

#[test]
fn warnings_name_what_a_person_should_know() {
    let mut world = world();
    let request = person_request(start(101));
    assert_eq!(warnings(&request, &world.facts()), Vec::<String>::new());
    world.guest(101).ha_state = Some("stopped".to_owned());
    world.hold(jarvis_model::HoldScope::Node(node("atlas")), None);
    world.window(
        "lunch",
        jarvis_crds::WindowEffect::Deny,
        "0 11 * * *",
        3,
        jarvis_crds::AppliesTo::Changes,
    );
    world.set_offline("nova");
    insta::assert_snapshot!(warnings(&request, &world.facts()).join("\n"));
    assert!(world.judge(&request).is_permit(), "warned, not stopped");
}

#[test]
fn an_unmanaged_guest_is_a_target_like_any_other_for_a_person() {
    let mut world = world();
    world.add(150, "loose", "forge", GuestKind::Lxc, GuestStatus::Stopped);
    let request = Request {
        resource: None,
        ..person_request(start(150))
    };
    assert!(world.judge(&request).is_permit());
}
