//! Services, warmth, waking and journals.

use super::{homelab, pass};
use crate::rng::hash;
use crate::time::SimTime;
use crate::world::World;
use crate::world::faults::Fault;
use crate::world::place::Place;
use crate::world::service::{Keeper, ServiceId, State, Verb};

fn chrony(node: &str) -> ServiceId {
    ServiceId {
        place: Place::node(node),
        keeper: Keeper::Systemd,
        name: "chrony.service".to_owned(),
    }
}

fn nginx() -> ServiceId {
    ServiceId {
        place: Place::Guest(101),
        keeper: Keeper::Systemd,
        name: "nginx.service".to_owned(),
    }
}

fn fail(world: &mut World, node: Option<&str>, vmid: Option<u32>, service: &str, forever: bool) {
    let fault = Fault::FailService {
        node: node.map(str::to_owned),
        vmid,
        service: service.to_owned(),
        forever,
    };
    world.inject(&fault).unwrap();
}

#[test]
fn a_restart_takes_a_while_and_a_broken_service_fails_each_time() {
    let mut world = homelab();
    let id = chrony("atlas");
    world.ask_service(&id, Verb::Restart, "jarvis");
    assert_eq!(world.services[&id].state, State::Stopping { and_start: true });
    pass(&mut world, 1.0);
    assert_eq!(world.services[&id].state, State::Starting);
    pass(&mut world, 2.0);
    assert_eq!(world.services[&id].state, State::Running);
    fail(&mut world, Some("atlas"), None, "chrony", true);
    for _ in 0..3 {
        assert!(matches!(world.services[&id].state, State::Failed(_)));
        world.ask_service(&id, Verb::Start, "jarvis");
        assert_eq!(world.services[&id].state, State::Starting);
        pass(&mut world, 3.0);
    }
    let restore = Fault::RestoreService {
        node: Some("atlas".to_owned()),
        vmid: None,
        service: "chrony".to_owned(),
    };
    world.inject(&restore).unwrap();
    pass(&mut world, 3.0);
    assert_eq!(world.services[&id].state, State::Running);
    assert_eq!(world.ledger.asked("node atlas", "start", "chrony.service"), 3);
}

#[test]
fn a_stop_while_it_starts_wins() {
    let mut world = homelab();
    let id = chrony("home");
    fail(&mut world, Some("home"), None, "chrony", false);
    world.ask_service(&id, Verb::Start, "jarvis");
    pass(&mut world, 0.5);
    world.ask_service(&id, Verb::Stop, "jarvis");
    pass(&mut world, 10.0);
    assert_eq!(world.services[&id].state, State::Stopped);
}

#[test]
fn services_come_back_with_their_place_but_a_migration_does_not_touch_them() {
    let mut world = homelab();
    fail(&mut world, None, Some(101), "nginx", false);
    let starts = world.services[&nginx()].starts;
    world
        .inject(&Fault::UserMigrate {
            vmid: 101,
            target: "home".to_owned(),
            user: "alex@pam".to_owned(),
        })
        .unwrap();
    pass(&mut world, 60.0);
    assert_eq!(world.guests[&101].node, "home");
    assert!(matches!(world.services[&nginx()].state, State::Failed(_)));
    assert_eq!(world.services[&nginx()].starts, starts);
    world.inject(&Fault::CrashGuest { vmid: 101 }).unwrap();
    world
        .inject(&Fault::UserStart {
            vmid: 101,
            user: "alex@pam".to_owned(),
        })
        .unwrap();
    pass(&mut world, 30.0);
    assert_eq!(world.services[&nginx()].state, State::Running);
}

#[test]
fn faults_of_services_say_what_there_is() {
    let mut world = homelab();
    let wrong = |node: Option<&str>, vmid, service: &str| Fault::FailService {
        node: node.map(str::to_owned),
        vmid,
        service: service.to_owned(),
        forever: false,
    };
    let told = |world: &mut World, fault| world.inject(&fault).unwrap_err();
    assert!(told(&mut world, wrong(Some("atlas"), None, "nginx")).contains("there are: chrony.service"));
    assert_eq!(
        told(&mut world, wrong(Some("mars"), None, "nginx")),
        "there is no node 'mars'"
    );
    assert_eq!(
        told(&mut world, wrong(None, Some(999), "nginx")),
        "there is no guest 999"
    );
    assert!(told(&mut world, wrong(None, None, "nginx")).starts_with("say where"));
    assert!(told(&mut world, wrong(None, Some(109), "nginx")).ends_with("there are: none"));
    assert!(world.ledger.faults.is_empty());
}

#[test]
fn warmth_follows_load_with_a_lag() {
    let mut world = homelab();
    let celsius = |world: &World| world.node_celsius("atlas", world.now());
    let before = celsius(&world);
    assert!((46.0..60.0).contains(&before), "{before}");
    let load = |cpu| Fault::NodeLoad {
        node: "atlas".to_owned(),
        cpu,
        memory: None,
        celsius: None,
    };
    world.inject(&load(Some(100.0))).unwrap();
    assert!(celsius(&world) < before + 8.0);
    pass(&mut world, 90.0);
    let hot = celsius(&world);
    assert!(hot > before + 15.0, "{before} then {hot}");
    world.inject(&load(None)).unwrap();
    pass(&mut world, 90.0);
    assert!(celsius(&world) < before + 6.0);
}

#[test]
fn a_node_whose_fan_stands_still_gets_hot_within_two_minutes() {
    let mut world = homelab();
    let celsius = |world: &World| world.node_celsius("home", world.now());
    let before = celsius(&world);
    world
        .inject(&Fault::Heat {
            node: "home".to_owned(),
            celsius: 95.0,
        })
        .unwrap();
    assert!((celsius(&world) - before).abs() < 0.01, "not at once");
    pass(&mut world, 20.0);
    assert!((before + 10.0..90.0).contains(&celsius(&world)));
    pass(&mut world, 100.0);
    assert!(celsius(&world) > 93.0);
    world
        .inject(&Fault::Cool {
            node: "home".to_owned(),
        })
        .unwrap();
    pass(&mut world, 120.0);
    assert!(celsius(&world) < before + 6.0);
}

#[test]
fn a_node_that_is_off_hears_its_own_packet_only() {
    let mut world = homelab();
    world.power_loss("forge");
    assert_eq!(
        world.magic_packet("02:20:00:00:00:03", "outside").as_deref(),
        Some("home")
    );
    assert!(!world.nodes["forge"].is_on());
    assert_eq!(
        world.magic_packet("02:20:00:00:00:04", "outside").as_deref(),
        Some("forge")
    );
    pass(&mut world, 31.0);
    assert!(world.nodes["forge"].is_on());
    let id = chrony("forge");
    assert_eq!(world.services[&id].state, State::Running);
}

#[test]
fn a_journal_speaks_of_guests_and_stays_small() {
    let mut world = homelab();
    let atlas = Place::node("atlas");
    let before = world.journal_lines();
    world.inject(&Fault::CrashGuest { vmid: 101 }).unwrap();
    let texts: Vec<String> = world
        .journal_after(&atlas, before)
        .map(|entry| format!("{}: {}", entry.program, entry.text))
        .collect();
    assert_eq!(
        texts,
        [
            "systemd: 101.scope: Deactivated successfully.",
            "systemd: 101.scope: Consumed 4min 12.507s CPU time.",
            "qmeventd: Starting cleanup for 101",
            "qmeventd: Finished cleanup for 101",
        ]
    );
    let before = world.journal_lines();
    world.power_loss("atlas");
    assert_eq!(
        world.journal_after(&atlas, before).count(),
        0,
        "nobody is left to write"
    );
    for _ in 0..1000 {
        fail(&mut world, Some("home"), None, "chrony", false);
    }
    assert!(world.journal_after(&Place::node("home"), 0).count() <= 400);
}

#[test]
fn machines_are_determined() {
    let run = || {
        let mut world = homelab();
        for step in 0..40_u64 {
            let node = ["atlas", "home", "forge"][usize::try_from(hash(&[step]) % 3).unwrap()];
            let verb =
                [Verb::Start, Verb::Stop, Verb::Restart][usize::try_from(hash(&[step, 1]) % 3).unwrap()];
            world.ask_service(&chrony(node), verb, "jarvis");
            if step % 7 == 0 {
                fail(&mut world, Some(node), None, "chrony", step % 2 == 0);
            }
            world.advance(SimTime::from_secs(20 + step));
        }
        world
    };
    assert_eq!(run(), run());
}
