//! Services and wakes: how they resolve, what binds them, and which neighbours of a refusal are permitted.

use crate::world::*;
use jarvis_crds::{
    AnyManifest, Docker, GuestAccess, GuestTarget, Manifest, NodeSpec, Place, Protected, ServiceCheck,
    Systemd, Target, WakeOnLan,
};
use jarvis_guard::{Request, resolve};
use jarvis_model::{
    Action, Autonomy, Cause, Effect, Event, Host, HostVerb, IssueKey, Reach, ResourceKey, Role, Rule,
    ServiceUnit, ServiceVerb, Tier, Timestamp,
};

pub fn on_forge() -> Host {
    Host::Node(node("forge"))
}

pub fn in_guest(number: u32) -> Host {
    Host::Guest(vmid(number))
}

pub fn at_forge() -> Target {
    Target::Node(node("forge"))
}

pub fn at_guest(number: u32) -> Target {
    Target::Guest(GuestTarget {
        vmid: vmid(number),
        via: GuestAccess::GuestAgent,
    })
}

pub fn unit(name: &str) -> ServiceCheck {
    ServiceCheck::Systemd(Systemd {
        unit: name.to_owned(),
    })
}

fn container(name: &str) -> ServiceCheck {
    ServiceCheck::Docker(Docker {
        container: name.to_owned(),
    })
}

pub fn restart(host: Host, service: &str) -> Action {
    Action::RestartService {
        host,
        service: service.to_owned(),
    }
}

/// The reconciler wants to mend this issue.
pub fn mending(issue: &str, action: Action) -> Request {
    let issue: IssueKey = issue.parse().unwrap();
    let resource: ResourceKey = issue.resource.clone();
    Request {
        cause: Cause::Issue { issue },
        resource: Some(resource),
        ..reconciler_request(action)
    }
}

pub fn nginx_on_forge(world: &mut World, _: &mut Request) {
    world.declare_service("nginx", at_forge(), unit("nginx.service"));
}

/// A run of a runbook begins.
pub fn run(world: &mut World, issue: &str, at: Timestamp) {
    let issue: IssueKey = issue.parse().unwrap();
    if !world.memory.issues.contains_key(&issue) {
        let (issue, summary) = (issue.clone(), String::new());
        world.happened(at, Event::IssueOpened { issue, summary });
    }
    let event = Event::RunbookStepped {
        issue,
        runbook: "restart-web".to_owned(),
        step: 0,
        text: String::new(),
    };
    world.happened(at, event);
}

pub fn forge_sleeps(world: &mut World) {
    world.set_offline("forge");
    let spec = NodeSpec {
        wake_on_lan: Some(WakeOnLan {
            mac: None,
            broadcast: None,
            via: None,
        }),
        ..NodeSpec::new(node("forge"))
    };
    world.declare(AnyManifest::Node(Manifest::named("forge", spec)));
    world
        .memory
        .macs
        .insert(node("forge"), "aa:bb:cc:dd:ee:ff".to_owned());
}

fn verdict(world: &World, request: &Request) -> Option<Rule> {
    world.judge(request).rule()
}

#[test]
fn a_declared_service_resolves_to_its_host_by_its_way() {
    let mut world = world();
    world.declare_service("db", at_guest(104), container("postgres"));
    let effect = resolve(&restart(in_guest(104), "postgres"), &world.facts()).unwrap();
    let expected = Effect::Host {
        host: in_guest(104),
        node: Some(node("nova")),
        reach: Reach::GuestAgent,
        request: HostVerb::Service {
            verb: ServiceVerb::Restart,
            unit: ServiceUnit::Docker("postgres".to_owned()),
        },
    };
    assert_eq!(effect, expected);
}

#[test]
fn a_wake_goes_to_the_declared_or_the_remembered_address() {
    let mut world = world();
    forge_sleeps(&mut world);
    let wake = Action::WakeNode { node: node("forge") };
    let mac = |world: &World| match resolve(&wake, &world.facts()) {
        Ok(Effect::Wake { mac, .. }) => mac,
        other => panic!("{other:?}"),
    };
    assert_eq!(mac(&world), "aa:bb:cc:dd:ee:ff");
    let spec = NodeSpec {
        wake_on_lan: Some(WakeOnLan {
            mac: Some("00:11:22:33:44:55".parse().unwrap()),
            broadcast: None,
            via: None,
        }),
        ..NodeSpec::new(node("forge"))
    };
    world.declare(AnyManifest::Node(Manifest::named("forge", spec)));
    assert_eq!(mac(&world), "00:11:22:33:44:55", "what is declared counts");
}

#[test]
fn autonomy_of_a_services_and_a_nodes_manifest_binds() {
    let mut services = world();
    nginx_on_forge(&mut services, &mut start_by_reconciler());
    let request = mending("Service/nginx#service-down", restart(on_forge(), "nginx"));
    let mut wakes = world();
    forge_sleeps(&mut wakes);
    let wake = mending(
        "Node/forge#node-unreachable",
        Action::WakeNode { node: node("forge") },
    );
    for (level, expected) in [
        (Autonomy::L1, Some(Rule::Autonomy)),
        (Autonomy::L2, Some(Rule::Autonomy)),
        (Autonomy::L3, None),
        (Autonomy::L4, None),
    ] {
        services.service("nginx").autonomy = Some(level);
        assert_eq!(verdict(&services, &request), expected, "service {level}");
        let mut nodes = wakes.desired.nodes.values_mut();
        nodes.next().unwrap().spec.autonomy = Some(level);
        assert_eq!(verdict(&wakes, &wake), expected, "node {level}");
    }
}

#[test]
fn a_container_may_be_restarted_below_a_protected_docker_daemon() {
    let mut world = world();
    world.protect(Protected::DockerDaemon(Place::Node(node("forge"))));
    world.declare_service("cache", at_forge(), container("cache"));
    world.declare_service("docker", at_forge(), unit("docker.service"));
    let request = mending("Service/cache#service-down", restart(on_forge(), "cache"));
    assert_eq!(
        verdict(&world, &request),
        None,
        "that takes nothing from the daemon"
    );
    let request = mending("Service/docker#service-down", restart(on_forge(), "docker"));
    assert_eq!(verdict(&world, &request), Some(Rule::Protected));
}

#[test]
fn an_ordinary_unit_of_a_protected_node_may_be_restarted_and_one_that_carries_it_may_not() {
    let mut world = world();
    world.protect(Protected::Node(node("forge")));
    for (name, expected) in [
        ("nginx", None),
        ("smartd", None),
        ("corosync", Some(Rule::Protected)),
        ("pveproxy", Some(Rule::Protected)),
        ("ssh", Some(Rule::Protected)),
        ("networking", Some(Rule::Protected)),
    ] {
        world.declare_service(name, at_forge(), unit(name));
        let issue = format!("Service/{name}#service-down");
        assert_eq!(
            verdict(&world, &mending(&issue, restart(on_forge(), name))),
            expected,
            "{name}"
        );
    }
}

#[test]
fn a_person_may_restart_what_is_only_reported_and_stopping_is_red() {
    let mut world = world();
    nginx_on_forge(&mut world, &mut start_by_reconciler());
    world.service("nginx").restart = jarvis_crds::Restart::AlertOnly;
    let person = ticket_request(restart(on_forge(), "nginx"), anna(Role::Operator));
    assert_eq!(verdict(&world, &person), None);
    let stop = Action::StopService {
        host: on_forge(),
        service: "nginx".to_owned(),
    };
    let alone = world.judge(&mending("Service/nginx#service-down", stop));
    assert_eq!((alone.rule(), alone.tier()), (Some(Rule::Autonomy), Tier::Red));
}

#[test]
fn a_service_takes_the_slot_of_its_node_and_waits_for_others() {
    let mut world = world();
    nginx_on_forge(&mut world, &mut start_by_reconciler());
    world.in_flight(shutdown(104));
    let request = mending("Service/nginx#service-down", restart(on_forge(), "nginx"));
    assert_eq!(verdict(&world, &request), Some(Rule::InFlight));
}

#[test]
fn the_acts_of_a_run_are_not_held_against_it_and_a_fourth_run_is() {
    let mut world = world();
    nginx_on_forge(&mut world, &mut start_by_reconciler());
    let mut request = mending("Service/nginx#service-down", restart(on_forge(), "nginx"));
    request.origin = runbook();
    for (minutes, runs) in [(50, 1), (40, 2), (30, 3)] {
        run(&mut world, "Service/nginx#service-down", mins_ago(minutes));
        let issue = world.memory.issues.values().next().unwrap();
        assert_eq!(issue.attempts_in_window(NOW), runs);
        assert_eq!(verdict(&world, &request), None, "run {runs}");
    }
    run(&mut world, "Service/nginx#service-down", mins_ago(20));
    assert_eq!(verdict(&world, &request), Some(Rule::Attempts));
}
