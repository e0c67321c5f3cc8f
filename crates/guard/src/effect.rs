//! From an action to the one request that carries it out, against live placement. Knows nothing of whether it may
//! be sent.

use crate::{Facts, base_tier, words};
use jarvis_model::{
    Action, Effect, GuestKind, GuestObserved, GuestStatus, GuestVerb, Host, HostVerb, NodeName, NodeVerb,
    Reach, Refusal, Rule, ServiceVerb,
};

/// Resolves an action. Placement and kind come from the cluster list (`GET /cluster/resources`), whether a migrated
/// guest runs from its live status or, without one, from the list.
///
/// # Errors
/// [`Rule::Unsupported`] for what this version cannot carry out, [`Rule::TargetMissing`] when the target is not in the
/// list. The tier in the refusal is the base tier; commands count as black, for no policy is at hand here.
pub fn resolve(action: &Action, facts: &Facts<'_>) -> Result<Effect, Refusal> {
    match action {
        Action::StartGuest { vmid }
        | Action::ShutdownGuest { vmid, .. }
        | Action::RebootGuest { vmid, .. }
        | Action::StopGuest { vmid }
        | Action::ResetGuest { vmid }
        | Action::CreateSnapshot { vmid, .. }
        | Action::RollbackSnapshot { vmid, .. }
        | Action::MigrateGuest { vmid, .. } => {
            let guest = facts
                .observed
                .guests
                .get(vmid)
                .ok_or_else(|| missing(action, facts))?;
            let request = guest_verb(action, guest, facts)?;
            Ok(Effect::Guest {
                node: guest.node.clone(),
                kind: guest.kind,
                vmid: *vmid,
                request,
            })
        }
        Action::RebootNode { node } => power(action, node, NodeVerb::Reboot, facts),
        Action::ShutdownNode { node } => power(action, node, NodeVerb::Shutdown, facts),
        Action::DestroyGuest { .. } | Action::ReconfigureGuest { .. } | Action::Unknown { .. } => {
            let unblock = "Do it by hand in Proxmox, if it must be done.";
            Err(unsupported(action, facts, "there is no such effect", unblock))
        }
        Action::WakeNode { node } => wake(action, node, facts),
        Action::StartService { host, service } => {
            of_service(action, host, service, ServiceVerb::Start, facts)
        }
        Action::RestartService { host, service } => {
            of_service(action, host, service, ServiceVerb::Restart, facts)
        }
        Action::StopService { host, service } => of_service(action, host, service, ServiceVerb::Stop, facts),
        Action::RunCommand { host, argv } => {
            let request = HostVerb::Command { argv: argv.clone() };
            on_host(action, host, Reach::Ssh, request, facts)
        }
    }
}

/// Something done to a declared service: its manifest says how it is reached and how it is verified.
fn of_service(
    action: &Action,
    host: &Host,
    service: &str,
    verb: ServiceVerb,
    facts: &Facts<'_>,
) -> Result<Effect, Refusal> {
    let declared = facts.desired.service_at(host, service);
    let found = declared.and_then(|(_, manifest)| Some((manifest, manifest.spec.reference()?)));
    let Some((manifest, reference)) = found else {
        let why =
            "no Service manifest declares it, so Jarvis knows neither how to reach nor how to verify it";
        let unblock = "Declare it as a Service (`restart: AlertOnly` is enough for requests of people), or do it by hand.";
        return Err(unsupported(action, facts, why, unblock));
    };
    let request = HostVerb::Service {
        verb,
        unit: reference.name.unit(),
    };
    on_host(action, host, manifest.spec.target.reach(), request, facts)
}

fn on_host(
    action: &Action,
    host: &Host,
    reach: Reach,
    request: HostVerb,
    facts: &Facts<'_>,
) -> Result<Effect, Refusal> {
    let node = match host {
        Host::Node(node) if facts.observed.nodes.contains_key(node) => Some(node.clone()),
        Host::Guest(vmid) => match facts.observed.guests.get(vmid) {
            Some(guest) => Some(guest.node.clone()),
            None => return Err(missing(action, facts)),
        },
        Host::Node(_) => return Err(missing(action, facts)),
        Host::Named(_) => None,
    };
    Ok(Effect::Host {
        host: host.clone(),
        node,
        reach,
        request,
    })
}

/// A wake: the address is the declared one, or the one that was read while the node was up.
fn wake(action: &Action, node: &NodeName, facts: &Facts<'_>) -> Result<Effect, Refusal> {
    if !facts.observed.nodes.contains_key(node) {
        return Err(missing(action, facts));
    }
    let manifest = facts.desired.node_named(node);
    let declared = manifest.and_then(|(_, manifest)| manifest.spec.wake_on_lan.as_ref());
    let mac = declared
        .and_then(|wake| wake.mac.as_ref())
        .map(ToString::to_string)
        .or_else(|| facts.memory.macs.get(node).cloned());
    let Some(mac) = mac else {
        let why = "the address of its network card is not known";
        let unblock = "Declare it under `wakeOnLan.mac` of its Node manifest, or let Jarvis read it over SSH while the node is up.";
        return Err(unsupported(action, facts, why, unblock));
    };
    Ok(Effect::Wake {
        node: node.clone(),
        mac,
        broadcast: declared.and_then(|wake| wake.broadcast),
        via: declared.and_then(|wake| wake.via.clone()),
    })
}

/// What is asked of a guest; only for actions that are aimed at one.
fn guest_verb(action: &Action, guest: &GuestObserved, facts: &Facts<'_>) -> Result<GuestVerb, Refusal> {
    Ok(match action {
        Action::StartGuest { .. } => GuestVerb::Start,
        Action::ShutdownGuest { timeout_secs, .. } => GuestVerb::Shutdown {
            timeout_secs: *timeout_secs,
        },
        Action::RebootGuest { timeout_secs, .. } => GuestVerb::Reboot {
            timeout_secs: *timeout_secs,
        },
        Action::StopGuest { .. } => GuestVerb::Stop,
        Action::ResetGuest { .. } if guest.kind == GuestKind::Qemu => GuestVerb::Reset,
        Action::CreateSnapshot { snapshot, .. } => GuestVerb::Snapshot {
            snapshot: snapshot.clone(),
        },
        Action::RollbackSnapshot { snapshot, .. } => GuestVerb::Rollback {
            snapshot: snapshot.clone(),
        },
        Action::MigrateGuest { target, .. } => GuestVerb::Migrate {
            target: target.clone(),
            running: runs(guest),
        },
        Action::ResetGuest { .. } => {
            let unblock = "Reboot it, or stop it and start it again.";
            return Err(unsupported(
                action,
                facts,
                "containers have no reset button",
                unblock,
            ));
        }
        _ => {
            let unblock = "Do it by hand in Proxmox, if it must be done.";
            return Err(unsupported(action, facts, "there is no such effect", unblock));
        }
    })
}

fn power(action: &Action, node: &NodeName, request: NodeVerb, facts: &Facts<'_>) -> Result<Effect, Refusal> {
    if facts.observed.nodes.contains_key(node) {
        Ok(Effect::Node {
            node: node.clone(),
            request,
        })
    } else {
        Err(missing(action, facts))
    }
}

fn runs(guest: &GuestObserved) -> bool {
    let status = guest
        .live
        .value()
        .map(|live| &live.status)
        .or(guest.status.value());
    status.is_some_and(|status| *status != GuestStatus::Stopped)
}

fn missing(action: &Action, facts: &Facts<'_>) -> Refusal {
    let resource = words::target(action, facts.observed);
    Refusal {
        rule: Rule::TargetMissing,
        tier: base_tier(action, facts.desired),
        reason: format!("The cluster lists no {resource}."),
        unblock: "Check the number or name, and that the token may see it (VM.Audit, Sys.Audit).".to_owned(),
        resource,
    }
}

fn unsupported(action: &Action, facts: &Facts<'_>, why: &str, unblock: &str) -> Refusal {
    let resource = words::target(action, facts.observed);
    Refusal {
        rule: Rule::Unsupported,
        tier: base_tier(action, facts.desired),
        reason: format!(
            "{} is not something Jarvis can do: {why}.",
            words::doing(action, facts.observed)
        ),
        unblock: unblock.to_owned(),
        resource,
    }
}
