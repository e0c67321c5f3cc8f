//! From an action to the one request that carries it out, against live placement. Knows nothing of whether it may
//! be sent.

use crate::words;
use jarvis_model::{
    Action, Effect, GuestKind, GuestObserved, GuestStatus, GuestVerb, NodeName, NodeVerb, Observed, Refusal,
    Rule, Tier, Vmid,
};

/// Resolves an action. Placement and kind come from the cluster list (`GET /cluster/resources`), whether a migrated
/// guest runs from its live status or, without one, from the list.
///
/// # Errors
/// [`Rule::Unsupported`] for what this version cannot carry out, [`Rule::TargetMissing`] when the target is not in the
/// list. The tier in the refusal is the base tier; commands count as black, for no policy is at hand here.
pub fn resolve(action: &Action, observed: &Observed) -> Result<Effect, Refusal> {
    let guest = |vmid: &Vmid| observed.guests.get(vmid).ok_or_else(|| missing(action, observed));
    let at = |vmid: &Vmid, request: GuestVerb| {
        guest(vmid).map(|seen| Effect::Guest {
            node: seen.node.clone(),
            kind: seen.kind,
            vmid: *vmid,
            request,
        })
    };
    match action {
        Action::StartGuest { vmid } => at(vmid, GuestVerb::Start),
        Action::ShutdownGuest { vmid, timeout_secs } => at(
            vmid,
            GuestVerb::Shutdown {
                timeout_secs: *timeout_secs,
            },
        ),
        Action::RebootGuest { vmid, timeout_secs } => at(
            vmid,
            GuestVerb::Reboot {
                timeout_secs: *timeout_secs,
            },
        ),
        Action::StopGuest { vmid } => at(vmid, GuestVerb::Stop),
        Action::ResetGuest { vmid } => match guest(vmid)?.kind {
            GuestKind::Qemu => at(vmid, GuestVerb::Reset),
            GuestKind::Lxc => Err(unsupported(
                action,
                observed,
                "containers have no reset button",
                "Reboot it, or stop it and start it again.",
            )),
        },
        Action::CreateSnapshot { vmid, snapshot } => at(
            vmid,
            GuestVerb::Snapshot {
                snapshot: snapshot.clone(),
            },
        ),
        Action::RollbackSnapshot { vmid, snapshot } => at(
            vmid,
            GuestVerb::Rollback {
                snapshot: snapshot.clone(),
            },
        ),
        Action::MigrateGuest { vmid, target } => {
            let running = runs(guest(vmid)?);
            at(
                vmid,
                GuestVerb::Migrate {
                    target: target.clone(),
                    running,
                },
            )
        }
        Action::RebootNode { node } => power(action, node, NodeVerb::Reboot, observed),
        Action::ShutdownNode { node } => power(action, node, NodeVerb::Shutdown, observed),
        Action::DestroyGuest { .. } | Action::ReconfigureGuest { .. } | Action::Unknown { .. } => {
            Err(unsupported(
                action,
                observed,
                "Jarvis has no such effect",
                "Do it by hand in Proxmox, if it must be done.",
            ))
        }
        Action::WakeNode { .. }
        | Action::StartService { .. }
        | Action::RestartService { .. }
        | Action::StopService { .. }
        | Action::RunCommand { .. } => Err(unsupported(
            action,
            observed,
            "this version acts through the Proxmox API alone",
            "Do it by hand on the host.",
        )),
    }
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
