//! From an action to the one request that carries it out, against live placement. Knows nothing of whether it may
//! be sent.

use crate::words;
use jarvis_model::{
    Action, Effect, GuestKind, GuestObserved, GuestStatus, GuestVerb, NodeName, NodeVerb, Observed, Refusal,
    Rule, Tier,
};

/// Resolves an action. Placement and kind come from the cluster list (`GET /cluster/resources`), whether a migrated
/// guest runs from its live status or, without one, from the list.
///
/// # Errors
/// [`Rule::Unsupported`] for what this version cannot carry out, [`Rule::TargetMissing`] when the target is not in the
/// list. The tier in the refusal is the base tier; commands count as black, for no policy is at hand here.
pub fn resolve(action: &Action, observed: &Observed) -> Result<Effect, Refusal> {
    match action {
        Action::StartGuest { vmid }
        | Action::ShutdownGuest { vmid, .. }
        | Action::RebootGuest { vmid, .. }
        | Action::StopGuest { vmid }
        | Action::ResetGuest { vmid }
        | Action::CreateSnapshot { vmid, .. }
        | Action::RollbackSnapshot { vmid, .. }
        | Action::MigrateGuest { vmid, .. } => {
            let guest = observed
                .guests
                .get(vmid)
                .ok_or_else(|| missing(action, observed))?;
            let request = guest_verb(action, guest, observed)?;
            Ok(Effect::Guest {
                node: guest.node.clone(),
                kind: guest.kind,
                vmid: *vmid,
                request,
            })
        }
        Action::RebootNode { node } => power(action, node, NodeVerb::Reboot, observed),
        Action::ShutdownNode { node } => power(action, node, NodeVerb::Shutdown, observed),
        Action::DestroyGuest { .. } | Action::ReconfigureGuest { .. } | Action::Unknown { .. } => {
            let unblock = "Do it by hand in Proxmox, if it must be done.";
            Err(unsupported(action, observed, "there is no such effect", unblock))
        }
        Action::WakeNode { .. }
        | Action::StartService { .. }
        | Action::RestartService { .. }
        | Action::StopService { .. }
        | Action::RunCommand { .. } => {
            let why = "this version acts through the Proxmox API alone";
            Err(unsupported(action, observed, why, "Do it by hand on the host."))
        }
    }
}

/// What is asked of a guest; only for actions that are aimed at one.
fn guest_verb(action: &Action, guest: &GuestObserved, observed: &Observed) -> Result<GuestVerb, Refusal> {
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
                observed,
                "containers have no reset button",
                unblock,
            ));
        }
        _ => {
            let unblock = "Do it by hand in Proxmox, if it must be done.";
            return Err(unsupported(action, observed, "there is no such effect", unblock));
        }
    })
}

fn power(
    action: &Action,
    node: &NodeName,
    request: NodeVerb,
    observed: &Observed,
) -> Result<Effect, Refusal> {
    if observed.nodes.contains_key(node) {
        Ok(Effect::Node {
            node: node.clone(),
            request,
        })
    } else {
        Err(missing(action, observed))
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

fn missing(action: &Action, observed: &Observed) -> Refusal {
    let resource = words::target(action, observed);
    Refusal {
        rule: Rule::TargetMissing,
        tier: tier(action),
        reason: format!("The cluster lists no {resource}."),
        unblock: "Check the number or name, and that the token may see it (VM.Audit, Sys.Audit).".to_owned(),
        resource,
    }
}

fn unsupported(action: &Action, observed: &Observed, why: &str, unblock: &str) -> Refusal {
    let resource = words::target(action, observed);
    Refusal {
        rule: Rule::Unsupported,
        tier: tier(action),
        reason: format!(
            "{} is not something Jarvis can do: {why}.",
            words::doing(action, observed)
        ),
        unblock: unblock.to_owned(),
        resource,
    }
}

fn tier(action: &Action) -> Tier {
    crate::base_tier(action, &jarvis_crds::Desired::default())
}
