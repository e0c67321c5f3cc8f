//! The floor, policies, dependencies and live placement: what protection covers, and what it leaves alone.

use crate::world::*;
use jarvis_crds::{
    AllowedCommand, DependencyEnd, GuestSpec, GuestTarget, Place, Protected, RunStrategy, SafetyPolicySpec,
    ServiceName, ServiceRef, Target,
};
use jarvis_guard::{
    Request,
    graph::{End, Graph, Source, Spot, interrupts, mutates},
};
use jarvis_model::{Action, GuestKind, GuestStatus, Host, Rule, Vmid};
use std::collections::BTreeSet;

/// What the guard says to a confirmed request of a person.
fn confirmed(mut world: World, action: Action) -> Option<Rule> {
    let request = person_request(action);
    world.confirm(&request, "anna");
    world.judge(&request).rule()
}

fn guest_end(number: u32) -> DependencyEnd {
    DependencyEnd::Guest(vmid(number))
}

fn unit(target: Target, name: &str) -> ServiceRef {
    ServiceRef {
        target,
        name: ServiceName::Unit(name.to_owned()),
    }
}

fn in_guest(number: u32) -> Target {
    Target::Guest(GuestTarget {
        vmid: vmid(number),
        via: jarvis_crds::GuestAccess::Ssh,
    })
}

/// Every action that changes guest 104, which runs.
fn all_mutations(number: u32) -> Vec<Action> {
    let vmid = vmid(number);
    let host = || Host::Guest(vmid);
    let snapshot = || "before".to_owned();
    let service = || "nginx".to_owned();
    vec![
        Action::StartGuest { vmid },
        shutdown(number),
        reboot(number),
        stop(number),
        reset(number),
        migrate(number, "forge"),
        Action::CreateSnapshot {
            vmid,
            snapshot: snapshot(),
        },
        Action::RollbackSnapshot {
            vmid,
            snapshot: snapshot(),
        },
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
    ]
}

#[test]
fn every_mutation_of_a_protected_guest_is_black_for_everybody() {
    for action in all_mutations(104) {
        let mut world = world();
        world.floor.guests.insert(vmid(104));
        assert_eq!(
            confirmed(world.clone(), action.clone()),
            Some(Rule::Protected),
            "{action}"
        );
        let alone = Request {
            action: action.clone(),
            ..start_by_reconciler()
        };
        assert_eq!(world.judge(&alone).rule(), Some(Rule::Protected), "{action}");
        world.floor.guests.clear();
        assert_ne!(
            confirmed(world, action.clone()),
            Some(Rule::Protected),
            "{action}"
        );
    }
}

#[test]
fn every_source_of_protection_protects() {
    let sources: [fn(&mut World); 3] = [
        |world| world.floor.own_guest = Some(vmid(104)),
        |world| {
            world.floor.guests.insert(vmid(104));
        },
        |world| world.protect(Protected::Guest(vmid(104))),
    ];
    for protect in sources {
        let mut world = world();
        assert_eq!(confirmed(world.clone(), shutdown(104)), None);
        protect(&mut world);
        assert_eq!(confirmed(world.clone(), shutdown(104)), Some(Rule::Protected));
    }
}

#[test]
fn every_source_of_protection_of_a_node_protects() {
    let sources: [fn(&mut World); 4] = [
        |world| {
            world.floor.nodes.insert(node("forge"));
        },
        |world| world.floor.own_node = Some(node("forge")),
        |world| world.floor.own_guest = Some(vmid(102)),
        |world| world.protect(Protected::Node(node("forge"))),
    ];
    for protect in sources {
        let mut world = world();
        assert_eq!(confirmed(world.clone(), reboot_node("forge")), None);
        protect(&mut world);
        for action in [
            reboot_node("forge"),
            shutdown_node("forge"),
            Action::WakeNode { node: node("forge") },
        ] {
            assert_eq!(
                confirmed(world.clone(), action.clone()),
                Some(Rule::Protected),
                "{action}"
            );
        }
    }
}

#[test]
fn a_protected_node_leaves_its_other_guests_alone() {
    let mut world = world();
    world.floor.nodes.insert(node("nova"));
    for action in [shutdown(104), reboot(104), stop(104), migrate(104, "forge")] {
        assert_eq!(confirmed(world.clone(), action.clone()), None, "{action}");
    }
    world.set_status(104, GuestStatus::Stopped);
    assert_eq!(confirmed(world, start(104)), None);
}

#[test]
fn a_protected_node_keeps_its_protected_guests_in_place() {
    let mut world = world();
    world.floor.nodes.insert(node("nova"));
    world.floor.guests.insert(vmid(104));
    assert_eq!(confirmed(world, migrate(104, "forge")), Some(Rule::Protected));
}

#[test]
fn a_protected_nodes_network_cluster_and_ssh_services_are_protected_and_no_others() {
    let restart = |service: &str| Action::RestartService {
        host: Host::Node(node("forge")),
        service: service.to_owned(),
    };
    let carrying = [
        "corosync",
        "corosync.service",
        "pve-cluster",
        "pveproxy.service",
        "pvedaemon",
        "networking",
        "sshd",
        "ssh.service",
        "pve-ha-lrm",
        "frr",
    ];
    for service in carrying {
        let mut world = world();
        assert_eq!(
            confirmed(world.clone(), restart(service)),
            Some(Rule::Unsupported),
            "{service}"
        );
        world.floor.nodes.insert(node("forge"));
        assert_eq!(
            confirmed(world, restart(service)),
            Some(Rule::Protected),
            "{service}"
        );
    }
    let mut world = world();
    world.floor.nodes.insert(node("forge"));
    for service in ["nginx", "smartd.service", "corosync-exporter"] {
        assert_eq!(
            confirmed(world.clone(), restart(service)),
            Some(Rule::Unsupported),
            "{service}"
        );
    }
}

#[test]
fn a_command_that_changes_something_may_change_anything_on_its_host() {
    let mut world = world();
    let argv = |word: &str| vec![word.to_owned()];
    let listed = |name: &str, changes| AllowedCommand {
        name: name.to_owned(),
        argv: argv(name),
        changes,
    };
    let command_allowlist = vec![listed("upgrade", true), listed("uptime", false)];
    world.policy(
        "tools",
        SafetyPolicySpec {
            command_allowlist,
            ..SafetyPolicySpec::default()
        },
    );
    world.floor.nodes.insert(node("forge"));
    let run = |word: &str| Action::RunCommand {
        host: Host::Node(node("forge")),
        argv: argv(word),
    };
    assert_eq!(confirmed(world.clone(), run("upgrade")), Some(Rule::Protected));
    assert_eq!(
        confirmed(world.clone(), run("uptime")),
        None,
        "reading changes nothing"
    );
    assert_eq!(mutates(&run("uptime"), &world.desired), BTreeSet::new());
    let on = |number: u32| Action::RunCommand {
        host: Host::Guest(vmid(number)),
        argv: argv("upgrade"),
    };
    assert_eq!(confirmed(world.clone(), on(103)), Some(Rule::Protected));
    assert_eq!(confirmed(world, on(104)), None);
}

#[test]
fn a_dependency_protects_what_is_needed_from_interruption_alone() {
    let mut world = world();
    world.depend("net", guest_end(103), guest_end(104));
    let black = Some(Rule::ProtectedDependency);
    let snapshot = || "before".to_owned();
    for (action, expected) in [
        (shutdown(104), black),
        (reboot(104), black),
        (stop(104), black),
        (reset(104), black),
        (migrate(104, "forge"), black),
        (
            Action::RollbackSnapshot {
                vmid: vmid(104),
                snapshot: snapshot(),
            },
            black,
        ),
        (
            Action::CreateSnapshot {
                vmid: vmid(104),
                snapshot: snapshot(),
            },
            None,
        ),
    ] {
        assert_eq!(confirmed(world.clone(), action.clone()), expected, "{action}");
    }
    world.set_status(104, GuestStatus::Stopped);
    assert_eq!(
        confirmed(world, start(104)),
        None,
        "starting what is needed keeps its tier"
    );
}

#[test]
fn a_dependency_of_something_unprotected_protects_nothing() {
    let mut world = world();
    world.depend("net", guest_end(101), guest_end(104));
    assert_eq!(confirmed(world, shutdown(104)), None);
}

#[test]
fn a_manifests_depends_on_protects_nothing() {
    let mut world = world();
    world.floor.guests.insert(vmid(101));
    let spec = GuestSpec {
        depends_on: vec![key(104)],
        ..GuestSpec::new(vmid(101), RunStrategy::Always)
    };
    world.declare(jarvis_crds::AnyManifest::VirtualMachine(
        jarvis_crds::Manifest::named("web", spec),
    ));
    assert_eq!(confirmed(world, shutdown(104)), None);
}

#[test]
fn dependencies_reach_through_any_number_of_steps_and_through_cycles() {
    let mut world = world();
    for number in 110..120 {
        world.add(number, "link", "forge", GuestKind::Qemu, GuestStatus::Running);
        world.depend(
            &format!("link-{number}"),
            guest_end(number),
            guest_end(number + 1),
        );
    }
    world.add(120, "last", "nova", GuestKind::Qemu, GuestStatus::Running);
    world.depend("back", guest_end(120), guest_end(110));
    assert_eq!(
        confirmed(world.clone(), shutdown(120)),
        None,
        "a cycle of unprotected things"
    );
    world.depend("head", guest_end(103), guest_end(110));
    for number in 110..=120 {
        assert_eq!(
            confirmed(world.clone(), shutdown(number)),
            Some(Rule::ProtectedDependency),
            "{number}"
        );
    }
    assert_eq!(
        confirmed(world.clone(), reboot_node("nova")),
        Some(Rule::ProtectedDependency),
        "through placement too"
    );
    assert_eq!(
        confirmed(world, reboot_node("atlas")),
        None,
        "atlas carries nothing of it"
    );
}

#[test]
fn protection_follows_a_guest_that_moves() {
    let mut world = world();
    world.floor.guests.insert(vmid(104));
    assert_eq!(
        confirmed(world.clone(), reboot_node("nova")),
        Some(Rule::ProtectedDependency)
    );
    assert_eq!(confirmed(world.clone(), reboot_node("forge")), None);
    world.guest(104).node = node("forge");
    assert_eq!(confirmed(world.clone(), reboot_node("nova")), None);
    assert_eq!(
        confirmed(world, reboot_node("forge")),
        Some(Rule::ProtectedDependency)
    );
}

#[test]
fn unknown_placement_protects_every_node() {
    let unplace: [fn(&mut World); 3] = [
        |world| {
            world.observed.guests.remove(&vmid(103));
        },
        |world| world.guest(103).lock = Some("migrate".to_owned()),
        |world| world.observed.looked_at = Some(secs_ago(36)),
    ];
    for spoil in unplace {
        let mut world = world();
        assert_eq!(confirmed(world.clone(), reboot_node("nova")), None);
        spoil(&mut world);
        for name in ["agent1", "atlas", "forge", "nova"] {
            assert_eq!(
                confirmed(world.clone(), reboot_node(name)),
                Some(Rule::ProtectedDependency),
                "{name}"
            );
        }
        assert_eq!(
            confirmed(world.clone(), shutdown(104)),
            None,
            "guests are not nodes"
        );
    }
}

#[test]
fn unknown_placement_of_what_a_protected_guest_needs_protects_every_node() {
    let mut world = world();
    world.depend("net", guest_end(103), guest_end(900));
    assert_eq!(
        confirmed(world.clone(), reboot_node("nova")),
        Some(Rule::ProtectedDependency)
    );
    world.add(900, "far", "atlas", GuestKind::Qemu, GuestStatus::Running);
    assert_eq!(confirmed(world.clone(), reboot_node("nova")), None);
    assert_eq!(
        confirmed(world, reboot_node("atlas")),
        Some(Rule::ProtectedDependency)
    );
}

#[test]
fn a_protected_docker_daemon_is_reached_by_its_unit_its_guest_and_its_node() {
    let mut world = world();
    world.protect(Protected::DockerDaemon(Place::Guest(vmid(104))));
    let restart = |service: &str| Action::RestartService {
        host: Host::Guest(vmid(104)),
        service: service.to_owned(),
    };
    for service in ["docker", "docker.service", "docker.socket", "containerd"] {
        assert_eq!(
            confirmed(world.clone(), restart(service)),
            Some(Rule::Protected),
            "{service}"
        );
    }
    assert_eq!(
        confirmed(world.clone(), restart("nginx")),
        Some(Rule::Unsupported)
    );
    assert_eq!(
        confirmed(world.clone(), shutdown(104)),
        Some(Rule::ProtectedDependency)
    );
    assert_eq!(
        confirmed(world.clone(), reboot_node("nova")),
        Some(Rule::ProtectedDependency)
    );
    world.set_status(104, GuestStatus::Stopped);
    assert_eq!(
        confirmed(world, start(104)),
        None,
        "starting its guest brings it back"
    );
}

#[test]
fn a_protected_container_needs_its_docker_daemon() {
    let mut world = world();
    let name = ServiceName::Container("vault".to_owned());
    world.protect(Protected::Service(ServiceRef {
        target: in_guest(104),
        name,
    }));
    let restart = |service: &str| Action::RestartService {
        host: Host::Guest(vmid(104)),
        service: service.to_owned(),
    };
    assert_eq!(confirmed(world.clone(), restart("vault")), Some(Rule::Protected));
    assert_eq!(
        confirmed(world.clone(), restart("docker")),
        Some(Rule::ProtectedDependency)
    );
    assert_eq!(confirmed(world, restart("cache")), Some(Rule::Unsupported));
}

#[test]
fn a_protected_service_on_a_node_is_named_with_or_without_its_suffix() {
    let mut world = world();
    world.protect(Protected::Service(unit(
        Target::Node(node("forge")),
        "unbound.service",
    )));
    let stop = |host: Host, service: &str| Action::StopService {
        host,
        service: service.to_owned(),
    };
    let forge = || Host::Node(node("forge"));
    assert_eq!(
        confirmed(world.clone(), stop(forge(), "unbound")),
        Some(Rule::Protected)
    );
    assert_eq!(
        confirmed(world.clone(), stop(forge(), "unbound.service")),
        Some(Rule::Protected)
    );
    assert_eq!(
        confirmed(world.clone(), stop(Host::Node(node("nova")), "unbound")),
        Some(Rule::Unsupported)
    );
    assert_eq!(
        confirmed(world, reboot_node("forge")),
        Some(Rule::ProtectedDependency)
    );
}

#[test]
fn a_host_that_the_cluster_does_not_know_ties_to_nothing() {
    let mut world = world();
    world.protect(Protected::Service(unit(
        Target::Host("router".to_owned()),
        "dnsmasq",
    )));
    for name in ["atlas", "forge", "nova"] {
        assert_eq!(confirmed(world.clone(), reboot_node(name)), None);
    }
}

#[test]
fn a_protected_thing_may_need_a_service_and_so_its_host() {
    let mut world = world();
    let dns = DependencyEnd::Service(unit(in_guest(102), "unbound"));
    world.depend("dns", guest_end(103), dns);
    let stop = Action::StopService {
        host: Host::Guest(vmid(102)),
        service: "unbound.service".to_owned(),
    };
    assert_eq!(confirmed(world.clone(), stop), Some(Rule::ProtectedDependency));
    assert_eq!(
        confirmed(world.clone(), shutdown(102)),
        Some(Rule::ProtectedDependency)
    );
    assert_eq!(
        confirmed(world.clone(), reboot_node("forge")),
        Some(Rule::ProtectedDependency)
    );
    assert_eq!(confirmed(world, reboot_node("atlas")), None);
}

#[test]
fn node_services_interrupt_the_node_itself() {
    let desired = world().desired;
    let restart = |host: Host, service: &str| Action::RestartService {
        host,
        service: service.to_owned(),
    };
    let on_node = interrupts(&restart(Host::Node(node("forge")), "corosync.service"), &desired);
    assert!(on_node.contains(&End::Node(node("forge"))));
    let in_guest = interrupts(&restart(Host::Guest(vmid(104)), "corosync.service"), &desired);
    assert_eq!(
        in_guest,
        BTreeSet::from([End::unit(Spot::Guest(vmid(104)), "corosync")])
    );
    let mut world = world();
    world.declare_node("atlas", jarvis_crds::Expected::Any);
    world.set_offline("atlas");
    let action = restart(Host::Node(node("forge")), "corosync");
    assert_eq!(
        confirmed(world, action),
        Some(Rule::QuorumAfter),
        "it may take the node's vote away"
    );
}

#[test]
fn the_graph_knows_why_a_thing_is_protected() {
    let mut world = world();
    world.protect(Protected::Guest(vmid(103)));
    let graph = Graph::of(&world.facts());
    let sources = graph.sources(&End::Guest(vmid(103)));
    let policy = "SafetyPolicy/core".parse().unwrap();
    assert_eq!(sources, BTreeSet::from([Source::Own, Source::Policy(policy)]));
    assert_eq!(
        graph.sources(&End::Node(node("agent1"))),
        BTreeSet::from([Source::Own]),
        "with the node it lives on"
    );
    assert_eq!(graph.sources(&End::Node(node("nova"))), BTreeSet::new());
    assert_eq!(graph.protected().len(), 2);
}

#[test]
fn the_graph_tells_the_way_to_what_is_protected() {
    let mut world = world();
    world.depend("a", guest_end(103), guest_end(102));
    world.depend("b", guest_end(102), guest_end(104));
    let facts = world.facts();
    let danger = Graph::of(&facts).danger(&reboot_node("nova"), &facts).unwrap();
    let end = |number: u32| End::Guest(vmid(number));
    assert_eq!(danger.protected, end(103));
    assert_eq!(danger.through, vec![end(102), end(104)]);
    assert_eq!(danger.interrupted, End::Node(node("nova")));
    assert_eq!(Graph::of(&facts).danger(&reboot_node("atlas"), &facts), None);
}

#[test]
fn dependents_are_found_through_placement_and_declarations() {
    let mut world = world();
    world.depend("a", guest_end(101), guest_end(104));
    world.protect(Protected::DockerDaemon(Place::Guest(vmid(101))));
    let facts = world.facts();
    let above = Graph::of(&facts).dependents(&End::Node(node("nova")));
    let expected = [
        End::Guest(vmid(104)),
        End::Guest(vmid(101)),
        End::Docker(Spot::Guest(vmid(101))),
    ];
    assert_eq!(above, BTreeSet::from(expected));
    let none: BTreeSet<End> = Graph::of(&facts).dependents(&End::Guest(Vmid::new(999).unwrap()));
    assert_eq!(none, BTreeSet::new());
}
