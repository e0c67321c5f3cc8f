//! Actions as requests, against live placement.

use crate::world::*;
use jarvis_guard::resolve;
use jarvis_model::{
    Action, Effect, GuestKind, GuestStatus, GuestVerb, Host, NodeVerb, Observation, Rule, UnknownReason,
};

fn on_nova(request: GuestVerb) -> Effect {
    Effect::Guest {
        node: node("nova"),
        kind: GuestKind::Qemu,
        vmid: vmid(104),
        request,
    }
}

#[test]
fn every_action_on_a_guest_goes_to_its_node_with_its_kind() {
    let name = || "before".to_owned();
    let rows = [
        (start(104), GuestVerb::Start),
        (shutdown(104), GuestVerb::Shutdown { timeout_secs: 60 }),
        (
            Action::ShutdownGuest {
                vmid: vmid(104),
                timeout_secs: 240,
            },
            GuestVerb::Shutdown { timeout_secs: 240 },
        ),
        (reboot(104), GuestVerb::Reboot { timeout_secs: 60 }),
        (stop(104), GuestVerb::Stop),
        (reset(104), GuestVerb::Reset),
        (
            Action::CreateSnapshot {
                vmid: vmid(104),
                snapshot: name(),
            },
            GuestVerb::Snapshot { snapshot: name() },
        ),
        (
            Action::RollbackSnapshot {
                vmid: vmid(104),
                snapshot: name(),
            },
            GuestVerb::Rollback { snapshot: name() },
        ),
        (
            migrate(104, "forge"),
            GuestVerb::Migrate {
                target: node("forge"),
                running: true,
            },
        ),
    ];
    for (action, verb) in rows {
        assert_eq!(resolve(&action, &world().facts()), Ok(on_nova(verb)), "{action}");
    }
}

#[test]
fn an_effect_follows_a_guest_that_moved() {
    let mut world = world();
    world.guest(104).node = node("forge");
    let effect = resolve(&start(104), &world.facts()).unwrap();
    assert_eq!(effect.node(), Some(&node("forge")));
}

#[test]
fn a_migration_says_whether_the_guest_runs() {
    let running = |world: &World| match resolve(&migrate(104, "forge"), &world.facts()) {
        Ok(Effect::Guest {
            request: GuestVerb::Migrate { running, .. },
            ..
        }) => running,
        other => panic!("{other:?}"),
    };
    let mut world = world();
    for (status, runs) in [
        (GuestStatus::Running, true),
        (GuestStatus::Stopped, false),
        (GuestStatus::Held("paused".to_owned()), true),
    ] {
        world.set_status(104, status);
        assert_eq!(running(&world), runs);
    }
    world.live(104).status = GuestStatus::Running;
    world.guest(104).status = Observation::known(GuestStatus::Stopped, secs_ago(1));
    assert!(running(&world), "the live status counts");
    world.guest(104).live = Observation::unknown(UnknownReason::Stale);
    assert!(!running(&world), "without one the list does");
}

#[test]
fn node_power_goes_to_the_node() {
    let effect = |request| {
        Ok(Effect::Node {
            node: node("forge"),
            request,
        })
    };
    assert_eq!(
        resolve(&reboot_node("forge"), &world().facts()),
        effect(NodeVerb::Reboot)
    );
    assert_eq!(
        resolve(&shutdown_node("forge"), &world().facts()),
        effect(NodeVerb::Shutdown)
    );
}

#[test]
fn what_is_not_there_cannot_be_resolved() {
    for action in [start(999), migrate(999, "forge"), reboot_node("ghost")] {
        let refusal = resolve(&action, &world().facts()).unwrap_err();
        assert_eq!(refusal.rule, Rule::TargetMissing, "{action}");
        assert!(refusal.reason.contains(&refusal.resource));
    }
}

#[test]
fn what_cannot_be_carried_out_says_so() {
    let host = || Host::Guest(vmid(104));
    let service = || "nginx".to_owned();
    let unsupported = [
        reset(102),
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
        Action::DestroyGuest { vmid: vmid(104) },
        Action::ReconfigureGuest { vmid: vmid(104) },
        Action::Unknown {
            name: "fly".to_owned(),
        },
    ];
    for action in unsupported {
        let refusal = resolve(&action, &world().facts()).unwrap_err();
        assert_eq!(refusal.rule, Rule::Unsupported, "{action}");
        assert!(!refusal.unblock.is_empty());
    }
}
