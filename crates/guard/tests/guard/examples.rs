//! One permitted neighbour and one spoiled world for every reason the guard has. The refusals' full texts are in
//! `snapshots/`, which reads as their documentation.

mod alone;
mod hosts;

use self::{
    alone::{budgets, consent, slots, unattended},
    hosts::{services, wakes},
};
use crate::world::*;
use jarvis_crds::{
    DependencyEnd, Expected, GuestAccess, GuestTarget, Place, Protected, ServiceName, ServiceRef, Target,
};
use jarvis_guard::Request;
use jarvis_model::{
    Action, Freeze, FreezeScope, GuestStatus, Host, Identity, NodeStatus, Observation, Role, Rule, Scope,
    UnknownReason,
};

/// A request that is permitted in a world, and what spoils it.
pub struct Example {
    pub rule: Rule,
    pub title: &'static str,
    pub world: World,
    pub request: Request,
    pub spoiled: (World, Request),
}

/// What makes a world or request ready, or spoils it.
type Change = fn(&mut World, &mut Request);

fn example(rule: Rule, title: &'static str, request: Request, ready: Change, spoil: Change) -> Example {
    let (mut world, mut request) = (world(), request);
    ready(&mut world, &mut request);
    let mut spoiled = (world.clone(), request.clone());
    spoil(&mut spoiled.0, &mut spoiled.1);
    Example {
        rule,
        title,
        world,
        request,
        spoiled,
    }
}

fn plain(rule: Rule, title: &'static str, request: Request, spoil: Change) -> Example {
    example(rule, title, request, |_, _| {}, spoil)
}

/// Node power, confirmed.
fn confirmed(world: &mut World, request: &mut Request) {
    world.confirm(request, "anna");
}

/// All examples, by the order in which their rules speak.
pub fn all() -> Vec<Example> {
    let mut all = black();
    all.extend(protection());
    all.extend(allowed());
    all.extend(cluster());
    all.extend(guests());
    all.extend(unattended());
    all.extend(budgets());
    all.extend(consent());
    all.extend(slots());
    all.extend(services());
    all.extend(wakes());
    all
}

fn black() -> Vec<Example> {
    vec![
        plain(
            Rule::BlackAction,
            "destroying",
            person_request(start(101)),
            |_, request| {
                request.action = Action::DestroyGuest { vmid: vmid(101) };
            },
        ),
        plain(
            Rule::BlackAction,
            "reconfiguring",
            person_request(start(101)),
            |_, request| {
                request.action = Action::ReconfigureGuest { vmid: vmid(101) };
            },
        ),
        plain(
            Rule::BlackAction,
            "an unlisted command",
            person_request(start(101)),
            |_, request| {
                let argv = vec!["rm".to_owned(), "-r".to_owned(), "/srv".to_owned()];
                request.action = Action::RunCommand {
                    host: Host::Guest(vmid(101)),
                    argv,
                };
            },
        ),
        plain(
            Rule::BlackAction,
            "an unknown action",
            person_request(start(101)),
            |_, request| {
                request.action = Action::Unknown {
                    name: "defragment".to_owned(),
                };
            },
        ),
        example(
            Rule::QuorumAfter,
            "a reboot that leaves too few votes",
            person_request(reboot_node("forge")),
            confirmed,
            |world, _| {
                world.declare_node("atlas", Expected::Any);
                world.set_offline("atlas");
            },
        ),
        example(
            Rule::OtherNodeUnhealthy,
            "node power while another node is away",
            person_request(reboot_node("forge")),
            |world, request| {
                world.quorum().device_votes = 1;
                confirmed(world, request);
            },
            |world, _| world.set_offline("atlas"),
        ),
        example(
            Rule::OtherNodeUnhealthy,
            "a migration while another node is away",
            person_request(migrate(102, "nova")),
            confirmed,
            |world, _| world.node("atlas").status = Observation::unknown(UnknownReason::Stale),
        ),
        plain(
            Rule::IdentityMismatch,
            "another guest under the number",
            start_by_reconciler(),
            |world, _| {
                world.guest(101).identity = Observation::known(Identity("feedface".to_owned()), secs_ago(1));
            },
        ),
    ]
}

fn protection() -> Vec<Example> {
    vec![
        plain(
            Rule::Protected,
            "the guest Jarvis runs in",
            person_request(shutdown(104)),
            |_, request| {
                request.action = shutdown(103);
            },
        ),
        plain(
            Rule::Protected,
            "a guest in the floor",
            person_request(shutdown(104)),
            |world, _| {
                world.floor.guests.insert(vmid(104));
            },
        ),
        plain(
            Rule::Protected,
            "starting a guest in a policy",
            person_request(start(101)),
            |world, _| {
                world.protect(Protected::Guest(vmid(101)));
            },
        ),
        example(
            Rule::Protected,
            "a node in the floor and in a policy",
            person_request(reboot_node("forge")),
            confirmed,
            |world, _| {
                world.floor.nodes.insert(node("forge"));
                world.protect(Protected::Node(node("forge")));
            },
        ),
        example(
            Rule::ProtectedDependency,
            "the node a protected guest lives on",
            person_request(reboot_node("nova")),
            confirmed,
            |world, _| {
                world.floor.guests.insert(vmid(104));
            },
        ),
        plain(
            Rule::ProtectedDependency,
            "a guest that a protected guest needs",
            person_request(shutdown(102)),
            |world, _| {
                world.depend(
                    "net",
                    DependencyEnd::Guest(vmid(103)),
                    DependencyEnd::Guest(vmid(102)),
                );
            },
        ),
        example(
            Rule::ProtectedDependency,
            "the node of a guest that a protected guest needs",
            person_request(reboot_node("forge")),
            confirmed,
            |world, _| {
                world.depend(
                    "net",
                    DependencyEnd::Guest(vmid(103)),
                    DependencyEnd::Guest(vmid(102)),
                );
            },
        ),
        example(
            Rule::ProtectedDependency,
            "any node while a protected guest is on the move",
            person_request(reboot_node("forge")),
            confirmed,
            |world, _| world.guest(103).lock = Some("migrate".to_owned()),
        ),
        plain(
            Rule::ProtectedDependency,
            "the guest in which the protected docker daemon lives",
            person_request(reboot(104)),
            |world, _| world.protect(Protected::DockerDaemon(Place::Guest(vmid(104)))),
        ),
        plain(
            Rule::ProtectedDependency,
            "the guest in which a protected service lives",
            person_request(shutdown(102)),
            |world, _| {
                let target = Target::Guest(GuestTarget {
                    vmid: vmid(102),
                    via: GuestAccess::default(),
                });
                let name = ServiceName::Unit("unbound.service".to_owned());
                world.protect(Protected::Service(ServiceRef { target, name }));
            },
        ),
    ]
}

fn allowed() -> Vec<Example> {
    vec![
        plain(
            Rule::NotAllowed,
            "a viewer",
            person_request(start(101)),
            |_, request| {
                request.origin = anna(Role::Viewer);
            },
        ),
        plain(
            Rule::NotAllowed,
            "a token without the scope",
            ticket_request(start(101), mcp(&[Scope::Read, Scope::Operate])),
            |_, request| request.origin = mcp(&[Scope::Read, Scope::Propose]),
        ),
        plain(
            Rule::Frozen,
            "Jarvis alone, while frozen",
            start_by_reconciler(),
            |world, _| {
                world.freeze(FreezeScope::Autonomy);
            },
        ),
        plain(
            Rule::Frozen,
            "a person, while all is frozen",
            person_request(start(101)),
            |world, _| {
                world.freeze(FreezeScope::All);
            },
        ),
        plain(
            Rule::FreezeUnreadable,
            "an unreadable kill switch",
            person_request(start(101)),
            |world, _| {
                world.memory.freeze = Freeze::Unreadable {
                    reason: "checksum mismatch in segment 12".to_owned(),
                };
            },
        ),
        plain(
            Rule::Unsupported,
            "a service",
            person_request(start(101)),
            |_, request| {
                let host = Host::Guest(vmid(101));
                request.action = Action::RestartService {
                    host,
                    service: "nginx".to_owned(),
                };
            },
        ),
        plain(
            Rule::Unsupported,
            "the reset button of a container",
            person_request(start(101)),
            |_, request| {
                request.action = reset(102);
            },
        ),
    ]
}

fn cluster() -> Vec<Example> {
    vec![
        plain(
            Rule::StartGate,
            "too early after a start",
            start_by_reconciler(),
            |world, _| {
                world.observed.complete_passes = 1;
            },
        ),
        plain(
            Rule::NoQuorum,
            "no quorum, Jarvis alone",
            start_by_reconciler(),
            |world, _| {
                world.quorum().quorate = false;
            },
        ),
        plain(
            Rule::NoQuorum,
            "no quorum, a person",
            person_request(shutdown(104)),
            |world, _| {
                world.quorum().quorate = false;
            },
        ),
        plain(
            Rule::NoQuorum,
            "quorum not known",
            start_by_reconciler(),
            |world, _| {
                world.observed.quorum = Observation::unknown(UnknownReason::NoRights);
            },
        ),
        example(
            Rule::NoQuorum,
            "node power with one witness",
            person_request(reboot_node("forge")),
            confirmed,
            |world, _| world.quorum().agreeing = 1,
        ),
        plain(
            Rule::TargetMissing,
            "a guest that is not there",
            person_request(start(101)),
            |_, request| {
                request.action = start(999);
            },
        ),
        example(
            Rule::TargetMissing,
            "a migration to nowhere",
            person_request(migrate(102, "nova")),
            confirmed,
            |world, _| {
                world.observed.nodes.remove(&node("nova"));
                world.observed.guests.remove(&vmid(104));
            },
        ),
        plain(
            Rule::NodeAway,
            "a guest on an offline node, Jarvis alone",
            start_by_reconciler(),
            |world, _| {
                world.set_offline("atlas");
            },
        ),
        plain(
            Rule::NodeAway,
            "a guest on an offline node, a person",
            person_request(start(101)),
            |world, _| {
                world.set_offline("atlas");
            },
        ),
        plain(
            Rule::TargetUnknown,
            "a node not seen lately",
            start_by_reconciler(),
            |world, _| {
                world.node("atlas").status = Observation::known(NodeStatus::Online, secs_ago(36));
            },
        ),
    ]
}

fn guests() -> Vec<Example> {
    vec![
        plain(
            Rule::Template,
            "a template",
            person_request(start(101)),
            |world, _| world.guest(101).template = true,
        ),
        plain(
            Rule::WrongState,
            "starting what runs",
            start_by_reconciler(),
            |world, _| {
                world.set_status(101, GuestStatus::Running);
            },
        ),
        plain(
            Rule::WrongState,
            "starting what is paused",
            start_by_reconciler(),
            |world, _| {
                world.set_status(101, GuestStatus::Held("paused".to_owned()));
            },
        ),
        plain(
            Rule::WrongState,
            "shutting down what is stopped",
            person_request(shutdown(104)),
            |world, _| {
                world.set_status(104, GuestStatus::Stopped);
            },
        ),
        plain(
            Rule::WrongState,
            "rebooting what is stopped",
            person_request(reboot(104)),
            |world, _| {
                world.set_status(104, GuestStatus::Stopped);
            },
        ),
        example(
            Rule::WrongState,
            "a migration to where it is",
            person_request(migrate(102, "nova")),
            confirmed,
            |world, _| world.guest(102).node = node("nova"),
        ),
        plain(
            Rule::Locked,
            "a config lock in the list",
            start_by_reconciler(),
            |world, _| {
                world.guest(101).lock = Some("backup".to_owned());
            },
        ),
        plain(
            Rule::Locked,
            "a config lock seen live",
            person_request(start(101)),
            |world, _| {
                world.live(101).lock = Some("snapshot".to_owned());
            },
        ),
        plain(
            Rule::Locked,
            "a running task",
            start_by_reconciler(),
            |world, _| {
                let upid = "UPID:atlas:00001234:00012345:695BA8C0:vzdump:101:root@pam:"
                    .parse()
                    .unwrap();
                world.guest(101).running_task = Some(upid);
            },
        ),
        plain(
            Rule::TargetUnknown,
            "no live look yet",
            start_by_reconciler(),
            |world, _| {
                world.guest(101).live = Observation::default();
            },
        ),
        plain(
            Rule::TargetUnknown,
            "a live look from before the node's return",
            start_by_reconciler(),
            |world, _| {
                world.node("atlas").returned_at = Some(NOW);
            },
        ),
        plain(
            Rule::TargetUnknown,
            "an old identity",
            start_by_reconciler(),
            |world, _| {
                world.guest(101).identity = Observation::known(identity(101), secs_ago(61));
            },
        ),
        plain(
            Rule::TargetUnknown,
            "an old cluster list without the guest",
            person_request(start(101)),
            |world, _| {
                world.observed.looked_at = Some(secs_ago(40));
                world.observed.guests.remove(&vmid(101));
            },
        ),
    ]
}
