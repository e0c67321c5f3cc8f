//! Previews: what is interrupted, how the vote would stand, how to undo, and the tier.

use crate::world::*;
use jarvis_crds::{DependencyEnd, Place, Protected};
use jarvis_guard::{Request, blast::undo, preview};
use jarvis_model::{Action, GuestKind, GuestStatus, Host, Observation, Tier, UnknownReason};

fn interrupts(world: &World, request: &Request) -> Vec<String> {
    preview(request, &world.facts()).interrupts
}

#[test]
fn a_node_takes_its_running_guests_along() {
    let mut world = world();
    world.add(106, "mail", "nova", GuestKind::Lxc, GuestStatus::Running);
    world.add(107, "old", "nova", GuestKind::Lxc, GuestStatus::Stopped);
    let request = person_request(reboot_node("nova"));
    assert_eq!(
        interrupts(&world, &request),
        ["node nova", "guest 104 (db)", "guest 106 (mail)"]
    );
    world.guest(107).status = Observation::unknown(UnknownReason::Stale);
    assert_eq!(
        interrupts(&world, &request).len(),
        4,
        "what is not known to be down may go down"
    );
}

#[test]
fn what_is_declared_to_need_it_is_named_behind_it() {
    let mut world = world();
    world.set_status(101, GuestStatus::Running);
    world.depend(
        "web",
        DependencyEnd::Guest(vmid(101)),
        DependencyEnd::Guest(vmid(104)),
    );
    world.protect(Protected::DockerDaemon(Place::Guest(vmid(101))));
    let named = interrupts(&world, &person_request(shutdown(104)));
    assert_eq!(
        named,
        [
            "guest 104 (db)",
            "guest 101 (web)",
            "the docker daemon on guest 101 (web)"
        ]
    );
}

#[test]
fn a_start_interrupts_nothing() {
    let seen = preview(&start_by_reconciler(), &world().facts());
    assert_eq!(
        (seen.interrupts, seen.quorum_after.as_str(), seen.tier),
        (Vec::new(), "unchanged", Tier::Yellow)
    );
}

#[test]
fn the_vote_is_told_for_what_takes_a_node_away() {
    let mut world = world();
    let request = person_request(reboot_node("forge"));
    let told = |world: &World| preview(&request, &world.facts()).quorum_after;
    assert_eq!(
        told(&world),
        "holds with no vote to spare: 3 votes present, 3 needed"
    );
    world.set_offline("nova");
    assert_eq!(told(&world), "is lost: 2 votes present, 3 needed");
    world.observed.quorum = Observation::unknown(UnknownReason::NoRights);
    assert_eq!(told(&world), "not known");
}

#[test]
fn the_tier_is_the_one_in_context() {
    let tier = |world: &World, action: Action| preview(&person_request(action), &world.facts()).tier;
    let mut world = world();
    assert_eq!(tier(&world, reboot(104)), Tier::Yellow);
    assert_eq!(tier(&world, stop(104)), Tier::Red);
    assert_eq!(tier(&world, shutdown(103)), Tier::Black);
    world.freeze(jarvis_model::FreezeScope::All);
    assert_eq!(tier(&world, stop(104)), Tier::Red, "frozen is no tier");
    world.protect(Protected::Guest(vmid(104)));
    assert_eq!(tier(&world, stop(104)), Tier::Black);
}

#[test]
fn a_preview_says_what_the_verdict_says_of_the_tier() {
    for example in crate::examples::all() {
        let (world, request) = example.spoiled;
        let (verdict, seen) = (world.judge(&request), preview(&request, &world.facts()));
        assert_eq!(verdict.tier(), seen.tier, "{}", example.title);
    }
}

#[test]
fn every_action_says_how_to_undo_it() {
    let host = || Host::Node(node("forge"));
    let service = || "nginx".to_owned();
    let name = || "before".to_owned();
    let actions = [
        start(101),
        shutdown(104),
        reboot(104),
        stop(104),
        reset(104),
        Action::CreateSnapshot {
            vmid: vmid(104),
            snapshot: name(),
        },
        Action::RollbackSnapshot {
            vmid: vmid(104),
            snapshot: name(),
        },
        migrate(104, "forge"),
        migrate(999, "forge"),
        Action::DestroyGuest { vmid: vmid(104) },
        Action::ReconfigureGuest { vmid: vmid(104) },
        reboot_node("forge"),
        shutdown_node("forge"),
        Action::WakeNode { node: node("forge") },
        Action::StartService {
            host: host(),
            service: service(),
        },
        Action::RestartService {
            host: host(),
            service: service(),
        },
        Action::StopService {
            host: host(),
            service: service(),
        },
        Action::RunCommand {
            host: host(),
            argv: vec!["uptime".to_owned()],
        },
        Action::Unknown {
            name: "fly".to_owned(),
        },
    ];
    let world = world();
    let lines = actions
        .iter()
        .map(|action| format!("{action}: {}", undo(action, &world.facts())));
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}
