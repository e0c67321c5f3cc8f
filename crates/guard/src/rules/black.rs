//! What is never done, by anyone, through any door. Nothing here may depend on who asks or on a confirmation.

use super::target::unhealthy_nodes;
use crate::{
    base_tier,
    case::{self, Case},
    graph::{Danger, End, Source, interrupts},
    quorum::{Member, Tally},
    words,
};
use jarvis_model::{Action, NodeName, NodeStatus, Rule, Tier, Verdict, limits};
use std::collections::BTreeSet;

/// Destroying, reconfiguring, unlisted commands, and whatever nobody has classified.
pub fn action(case: &Case<'_>) -> Option<Verdict> {
    if base_tier(case.action(), case.facts.desired) != Tier::Black {
        return None;
    }
    let (reason, unblock) = match case.action() {
        Action::RunCommand { argv, .. } => (
            format!("The command {:?} is in no policy's allowlist.", argv.join(" ")),
            "List it under `commandAllowlist` of a SafetyPolicy, or run it by hand.",
        ),
        Action::Unknown { name } => (
            format!("There is no action {name:?}; what Jarvis does not know it does not do."),
            "Ask for one of the actions that Jarvis knows, or do it by hand.",
        ),
        _ => (
            format!("{} cannot be undone, so Jarvis never does it.", case.doing()),
            "Do it by hand in Proxmox, if it must be done.",
        ),
    };
    Some(case::black(
        Rule::BlackAction,
        case.target(),
        reason,
        unblock.to_owned(),
    ))
}

/// Every change of something protected.
pub fn protected(case: &Case<'_>) -> Option<Verdict> {
    let end = case.graph().aimed_at(case.action(), case.facts)?;
    let name = end.words(case.facts.observed);
    let reason = if name == case.target() {
        format!(
            "{name} is protected{on_it}: nobody changes it through Jarvis.",
            name = words::capitalised(&name),
            on_it = protected_on(case, &end)
        )
    } else {
        format!("{} would change {name}, which is protected.", case.doing())
    };
    let unblock = format!(
        "Do it by hand, or {}.",
        unprotect(&end, &case.graph().sources(&end))
    );
    Some(case::black(Rule::Protected, name, reason, unblock))
}

/// The protected guests on a protected node: what its power would take down.
fn protected_on(case: &Case<'_>, end: &End) -> String {
    let End::Node(node) = end else {
        return String::new();
    };
    let observed = case.facts.observed;
    let guests: Vec<String> = observed
        .guests
        .values()
        .filter(|guest| guest.node == *node && case.graph().protected().contains_key(&End::Guest(guest.vmid)))
        .map(|guest| words::guest(guest.vmid, observed))
        .collect();
    match guests.len() {
        0 => String::new(),
        1 => format!(", and it carries {}, which is protected too", guests[0]),
        _ => format!(
            ", and it carries {}, which are protected too",
            words::list(&guests)
        ),
    }
}

/// Interrupting what something protected needs, directly or through others.
pub fn protected_dependency(case: &Case<'_>) -> Option<Verdict> {
    let danger = case.graph().danger(case.action(), case.facts)?;
    let observed = case.facts.observed;
    let name = danger.protected.words(observed);
    let reason = danger_reason(case, &danger, &name);
    let sources = case.graph().sources(&danger.protected);
    let first_step = first_step(case, &danger);
    let unblock = format!("{first_step}, or {}.", unprotect(&danger.protected, &sources));
    Some(case::black(Rule::ProtectedDependency, name, reason, unblock))
}

/// What would loosen the knot nearest to what is interrupted.
fn first_step(case: &Case<'_>, danger: &Danger) -> String {
    let observed = case.facts.observed;
    if let Some(vmid) = danger.unplaced {
        return format!("Wait until {} is seen again", words::guest(vmid, observed));
    }
    let nearest = danger.through.last().unwrap_or(&danger.protected);
    let name = nearest.words(observed);
    match (nearest, &danger.interrupted) {
        (End::Guest(_), End::Node(_)) => format!("Move {name} to another node by hand"),
        (_, host) if nearest.host().as_ref() == Some(host) => format!("Let {name} run elsewhere"),
        (_, needed) => {
            let needed = needed.words(observed);
            format!("Take the dependency of {name} on {needed} out of its SafetyPolicy")
        }
    }
}

fn danger_reason(case: &Case<'_>, danger: &Danger, name: &str) -> String {
    let observed = case.facts.observed;
    let through: Vec<String> = danger.through.iter().map(|end| end.words(observed)).collect();
    let through = words::list(&through);
    let doing = case.doing();
    match (danger.unplaced, through.is_empty()) {
        (Some(vmid), _) if danger.protected == End::Guest(vmid) => {
            format!("{doing} may interrupt {name}, which is protected and whose node is not known just now.")
        }
        (Some(vmid), _) => format!(
            "{doing} may interrupt {name}, which is protected and needs {}, whose node is not known just now.",
            words::guest(vmid, observed)
        ),
        (None, true) => format!("{doing} would interrupt {name}, which is protected."),
        (None, false) => {
            format!("{doing} would interrupt {name}, which is protected and depends on it through {through}.")
        }
    }
}

/// The rest of "Do it by hand, or …".
fn unprotect(end: &End, sources: &BTreeSet<Source>) -> String {
    if sources.contains(&Source::Own) {
        return match end {
            End::Node(_) => "let Jarvis run on another node".to_owned(),
            _ => "let Jarvis run elsewhere; it runs there itself".to_owned(),
        };
    }
    let places: Vec<String> = sources
        .iter()
        .map(|source| match source {
            Source::Own | Source::Floor => "`safety.protected` in jarvis.yaml".to_owned(),
            Source::Policy(key) => format!("`protected` of {key}"),
        })
        .collect();
    format!("remove it from {}", words::list(&places))
}

/// Quorum must hold even if the node never returns. Silent while quorum is not Known: see [`super::target::quorum`].
pub fn quorum_after(case: &Case<'_>) -> Option<Verdict> {
    let node = lost_node(case)?;
    let tally = tally_without(case, &node)?;
    if tally.holds() {
        return None;
    }
    Some(case::black(
        Rule::QuorumAfter,
        words::node(&node),
        format!(
            "{} would leave {} of the {} votes that are needed, if the node never returned: the cluster would lose quorum.",
            case.doing(),
            tally.present,
            tally.needed
        ),
        "Bring other nodes back first, or add a node or a quorum device.".to_owned(),
    ))
}

/// The node that an action takes away, if it takes one.
pub fn lost_node(case: &Case<'_>) -> Option<NodeName> {
    interrupts(case.action(), case.facts.desired)
        .into_iter()
        .find_map(|end| match end {
            End::Node(node) => Some(node),
            _ => None,
        })
}

/// The vote without a node; `None` while quorum is not Known.
pub fn tally_without(case: &Case<'_>, lost: &NodeName) -> Option<Tally> {
    let quorum = case.facts.observed.quorum.fresh(case.now(), limits::CRITICAL)?;
    let members = case.facts.observed.nodes.values().map(|node| Member {
        votes: node.votes,
        online: node.status.fresh(case.now(), limits::CRITICAL) == Some(&NodeStatus::Online),
        lost: node.name == *lost,
    });
    Some(Tally::of(members, quorum.device_votes, quorum.needed()))
}

/// No node power and no migration while another node is unwell.
pub fn other_node_unhealthy(case: &Case<'_>) -> Option<Verdict> {
    let own = match case.action() {
        Action::RebootNode { node } | Action::ShutdownNode { node } => Some(node),
        Action::MigrateGuest { .. } => case.node(),
        _ => return None,
    };
    let other = unhealthy_nodes(case).into_iter().find(|node| Some(node) != own)?;
    Some(case::black(
        Rule::OtherNodeUnhealthy,
        words::node(&other),
        format!(
            "Node {other} is expected online and is not known to be; {} as well would put two nodes at risk.",
            words::lowered(&case.doing())
        ),
        format!("Bring node {other} back, or declare `expected: Any` in its manifest if it may be off."),
    ))
}

/// Another guest under a known number.
pub fn identity(case: &Case<'_>) -> Option<Verdict> {
    let vmid = case.action().vmid().filter(|_| !case.only_reads())?;
    let seen = case.guest()?.identity.fresh(case.now(), limits::IDENTITY)?;
    let known = case.facts.memory.identities.get(&vmid)?;
    if seen == known {
        return None;
    }
    Some(case::black(
        Rule::IdentityMismatch,
        case.name(vmid),
        format!(
            "The guest under number {vmid} is not the one Jarvis knew: its identity is {}, not {}.",
            seen.0, known.0
        ),
        format!("If the new guest is meant, accept its identity (acceptIdentity {vmid})."),
    ))
}
