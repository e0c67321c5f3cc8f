//! Examples of what is not done to services and sleeping nodes.

use super::{Example, example, plain};
use crate::{hosts::*, world::*};
use jarvis_crds::{AppliesTo, Place, Protected, Restart, WindowEffect};
use jarvis_guard::Request;
use jarvis_model::{
    Action, GuestStatus, HoldScope, IssueKey, NodeStatus, Observation, Rule, ServiceObserved, UnknownReason,
};

fn restart_nginx() -> Request {
    mending("Service/nginx#service-down", restart(on_forge(), "nginx"))
}

fn wake_forge() -> Request {
    mending(
        "Node/forge#node-unreachable",
        Action::WakeNode { node: node("forge") },
    )
}

pub fn services() -> Vec<Example> {
    vec![
        example(
            Rule::TargetUnknown,
            "a service that was not seen lately",
            restart_nginx(),
            nginx_on_forge,
            |world, _| {
                let seen = world.observed.services.values_mut().next().unwrap();
                *seen = ServiceObserved {
                    status: Observation::unknown(UnknownReason::NodeAway),
                    since: None,
                    trouble: Some("connection refused by 10.0.0.7:22".to_owned()),
                };
            },
        ),
        example(
            Rule::Autonomy,
            "a service that is only reported",
            restart_nginx(),
            nginx_on_forge,
            |world, _| world.service("nginx").restart = Restart::AlertOnly,
        ),
        example(
            Rule::Protected,
            "a unit that carries a protected node",
            restart_nginx(),
            nginx_on_forge,
            |world, request| {
                world.protect(Protected::Node(node("forge")));
                world.declare_service("pveproxy", at_forge(), unit("pveproxy"));
                request.action = restart(on_forge(), "pveproxy");
            },
        ),
        example(
            Rule::Protected,
            "a protected docker daemon",
            restart_nginx(),
            nginx_on_forge,
            |world, request| {
                world.protect(Protected::DockerDaemon(Place::Node(node("forge"))));
                world.declare_service("docker", at_forge(), unit("docker.service"));
                request.action = restart(on_forge(), "docker");
            },
        ),
        example(
            Rule::WrongState,
            "a service in a stopped guest",
            mending("Service/db#service-down", restart(in_guest(104), "postgresql")),
            |world, _| world.declare_service("db", at_guest(104), unit("postgresql")),
            |world, _| world.set_status(104, GuestStatus::Stopped),
        ),
        example(
            Rule::NodeAway,
            "a service on a node that is off",
            restart_nginx(),
            nginx_on_forge,
            |world, _| world.set_offline("forge"),
        ),
        example(
            Rule::Unsupported,
            "a service that no manifest declares",
            restart_nginx(),
            nginx_on_forge,
            |_, request| request.action = restart(on_forge(), "smartd"),
        ),
        example(
            Rule::Held,
            "a hold on the service",
            restart_nginx(),
            nginx_on_forge,
            |world, _| world.hold(HoldScope::Resource("Service/nginx".parse().unwrap()), None),
        ),
        example(
            Rule::Window,
            "a window that forbids repairs of a service",
            restart_nginx(),
            nginx_on_forge,
            |world, _| world.window("noon", WindowEffect::Deny, "0 12 * * *", 1, AppliesTo::Repairs),
        ),
        example(
            Rule::Attempts,
            "a fourth run of a runbook",
            restart_nginx(),
            |world, request| {
                nginx_on_forge(world, request);
                request.origin = runbook();
                for ago in [50, 30, 10] {
                    run(world, "Service/nginx#service-down", mins_ago(ago));
                }
            },
            |world, _| {
                let issue: IssueKey = "Service/nginx#service-down".parse().unwrap();
                world.memory.issues.get_mut(&issue).unwrap().run = None;
            },
        ),
    ]
}

pub fn wakes() -> Vec<Example> {
    vec![
        plain(
            Rule::MassFailure,
            "waking while another node is away",
            wake_forge(),
            |_, _| {},
        ),
        plain(Rule::WrongState, "waking what is awake", wake_forge(), |_, _| {}),
        plain(
            Rule::HaManaged,
            "waking what is being fenced",
            wake_forge(),
            |_, _| {},
        ),
        plain(
            Rule::Unsupported,
            "waking without an address",
            wake_forge(),
            |_, _| {},
        ),
        plain(
            Rule::Protected,
            "waking what is protected",
            wake_forge(),
            |_, _| {},
        ),
        plain(
            Rule::TargetUnknown,
            "waking what may be awake",
            wake_forge(),
            |_, _| {},
        ),
    ]
    .into_iter()
    .map(asleep)
    .collect()
}

/// The node sleeps and can be woken; then what the title says happens.
fn asleep(found: Example) -> Example {
    let Example {
        rule,
        title,
        mut world,
        request,
        ..
    } = found;
    forge_sleeps(&mut world);
    let mut spoiled = world.clone();
    match rule {
        Rule::MassFailure => spoiled.set_offline("nova"),
        Rule::WrongState => {
            spoiled.node("forge").status = Observation::known(NodeStatus::Online, secs_ago(1));
        }
        Rule::HaManaged => spoiled.node("forge").ha_state = Some("fence".to_owned()),
        Rule::Unsupported => spoiled.memory.macs.clear(),
        Rule::Protected => spoiled.protect(Protected::Node(node("forge"))),
        _ => spoiled.node("forge").status = Observation::known(NodeStatus::Offline, secs_ago(36)),
    }
    Example {
        rule,
        title,
        world,
        request: request.clone(),
        spoiled: (spoiled, request),
    }
}
