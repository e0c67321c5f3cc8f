//! What the cluster-wide look says of the target: nothing is decided from what is not Known. Knows nothing of who
//! asks, but for this: Jarvis waits by itself where a person gets an answer.

use crate::{case::Case, effect, graph::list_is_fresh, words};
use jarvis_crds::Expected;
use jarvis_model::{Action, GuestStatus, Host, NodeName, NodeStatus, Rule, Verdict, limits};
use std::collections::BTreeSet;

/// What this version cannot carry out is refused before anything is looked up.
pub fn supported(case: &Case<'_>) -> Option<Verdict> {
    match effect::resolve(case.action(), case.facts) {
        Err(refusal) if refusal.rule == Rule::Unsupported => Some(case.refuse(
            Rule::Unsupported,
            refusal.resource,
            refusal.reason,
            refusal.unblock,
        )),
        _ => None,
    }
}

/// Nothing before enough complete looks since the start.
pub fn start_gate(case: &Case<'_>) -> Option<Verdict> {
    let (seen, wanted) = (
        case.facts.observed.complete_passes,
        case.facts.floor.start_gate_passes,
    );
    if case.only_reads() || seen >= wanted {
        return None;
    }
    Some(case.wait(
        Rule::StartGate,
        "cluster".to_owned(),
        format!("Jarvis has just started: {seen} of {wanted} complete looks at the cluster are in."),
        "Wait for the next complete look; every node must answer or be known to be offline.".to_owned(),
        None,
    ))
}

/// The cluster must be quorate, freshly known, and for node power by two entry points.
pub fn quorum(case: &Case<'_>) -> Option<Verdict> {
    if case.only_reads() {
        return None;
    }
    let observed = case.facts.observed;
    let quorum = observed.quorum.fresh(case.now(), limits::CRITICAL);
    let power = matches!(
        case.action(),
        Action::RebootNode { .. } | Action::ShutdownNode { .. }
    );
    let witnesses = if power && observed.nodes.len() > 1 { 2 } else { 1 };
    let (reason, unblock) = match quorum {
        None => {
            let why = observed
                .quorum
                .why_not(case.now(), limits::CRITICAL)
                .map_or("not known", |why| why.as_str());
            (
                format!("Whether the cluster has quorum is not known: {why}."),
                "Wait for the next look, and check that the token has Sys.Audit on `/`.",
            )
        }
        Some(quorum) if !quorum.quorate => (
            "The cluster has no quorum: what is stopped now could not be started again.".to_owned(),
            "Bring enough nodes back for a majority of votes.",
        ),
        Some(quorum) if quorum.agreeing < witnesses => {
            // A second entry point is asked at once; only that look can tell.
            let reason = format!(
                "{} entry points agree on quorum, and {witnesses} must.",
                quorum.agreeing
            );
            let unblock = "Wait for the next look; give the addresses of at least two nodes in jarvis.yaml, and bring a \
                           second one back.";
            return Some(case.wait(
                Rule::NoQuorum,
                "cluster".to_owned(),
                reason,
                unblock.to_owned(),
                None,
            ));
        }
        Some(_) => return None,
    };
    Some(case.wait_or_answer(Rule::NoQuorum, "cluster".to_owned(), reason, unblock.to_owned()))
}

/// The target must exist.
pub fn listed(case: &Case<'_>) -> Option<Verdict> {
    let observed = case.facts.observed;
    let there = match (case.action().vmid(), case.action().node()) {
        (Some(vmid), _) => observed.guests.contains_key(&vmid),
        (None, Some(node)) => observed.nodes.contains_key(node),
        (None, None) => true,
    };
    if there {
        return None;
    }
    if !list_is_fresh(observed, case.now()) {
        return Some(unknown(case, &case.target(), "the cluster list is too old"));
    }
    Some(case.refuse(
        Rule::TargetMissing,
        case.target(),
        format!("The cluster lists no {}.", case.target()),
        "Check the number or name, and that the token may see it (VM.Audit, Sys.Audit).".to_owned(),
    ))
}

/// The node it would happen on must be online; a wake needs it offline.
pub fn node_online(case: &Case<'_>) -> Option<Verdict> {
    let node = case.node()?;
    if matches!(case.action(), Action::WakeNode { .. }) {
        return wake_state(case, node);
    }
    away(case, node)
}

/// A migration's destination must be online, and another node.
pub fn destination_online(case: &Case<'_>) -> Option<Verdict> {
    let Action::MigrateGuest { target, vmid } = case.action() else {
        return None;
    };
    if case.node() == Some(target) {
        return Some(case.refuse(
            Rule::WrongState,
            case.name(*vmid),
            format!(
                "{} already lives on node {target}.",
                words::capitalised(&case.name(*vmid))
            ),
            "Name another node, if it should move.".to_owned(),
        ));
    }
    if !case.facts.observed.nodes.contains_key(target) {
        return Some(case.refuse(
            Rule::TargetMissing,
            words::node(target),
            format!("The cluster lists no node {target}."),
            "Check the node's name; letter case counts.".to_owned(),
        ));
    }
    away(case, target)
}

fn away(case: &Case<'_>, node: &NodeName) -> Option<Verdict> {
    let seen = case.facts.observed.nodes.get(node);
    match seen.and_then(|seen| seen.status.fresh(case.now(), limits::CRITICAL)) {
        Some(NodeStatus::Online) => None,
        Some(NodeStatus::Offline) => Some(case.wait_or_answer(
            Rule::NodeAway,
            words::node(node),
            format!("{} needs node {node}, which is offline.", case.doing()),
            format!("Bring node {node} back."),
        )),
        None => Some(unknown(case, &words::node(node), "last seen too long ago")),
    }
}

fn wake_state(case: &Case<'_>, node: &NodeName) -> Option<Verdict> {
    let seen = case.facts.observed.nodes.get(node);
    match seen.and_then(|seen| seen.status.fresh(case.now(), limits::CRITICAL)) {
        Some(NodeStatus::Offline) => fenced(case, node),
        Some(NodeStatus::Online) => Some(wrong_state(case, "online")),
        None => Some(unknown(case, &words::node(node), "last seen too long ago")),
    }
}

/// A node that the HA manager is fencing must stay off until its guests run elsewhere.
fn fenced(case: &Case<'_>, node: &NodeName) -> Option<Verdict> {
    let state = case.facts.observed.nodes.get(node)?.ha_state.as_deref();
    (state == Some("fence")).then(|| {
        case.wait_or_answer(
            Rule::HaManaged,
            words::node(node),
            format!("Proxmox HA is fencing node {node}; woken now, its guests could run twice."),
            "Wait until the HA manager has moved its guests.".to_owned(),
        )
    })
}

/// A template is no guest to act upon.
pub fn template(case: &Case<'_>) -> Option<Verdict> {
    let guest = case.guest().filter(|guest| guest.template)?;
    Some(case.refuse(
        Rule::Template,
        case.name(guest.vmid),
        format!(
            "{} is a template; it is never started, stopped or moved.",
            words::capitalised(&case.name(guest.vmid))
        ),
        "Clone it by hand, and name the clone.".to_owned(),
    ))
}

/// The action must make sense in the state that was last read live; silent when that is not fresh.
pub fn state(case: &Case<'_>) -> Option<Verdict> {
    let status = &case.guest()?.live.fresh(case.now(), limits::LIVE)?.status;
    let fits = match case.action() {
        Action::StartGuest { .. } => *status == GuestStatus::Stopped,
        Action::ShutdownGuest { .. }
        | Action::RebootGuest { .. }
        | Action::StopGuest { .. }
        | Action::ResetGuest { .. } => *status != GuestStatus::Stopped,
        Action::StartService {
            host: Host::Guest(_), ..
        }
        | Action::RestartService {
            host: Host::Guest(_), ..
        }
        | Action::StopService {
            host: Host::Guest(_), ..
        }
        | Action::RunCommand {
            host: Host::Guest(_), ..
        } => *status == GuestStatus::Running,
        _ => true,
    };
    if fits {
        None
    } else {
        Some(wrong_state(case, status.as_str()))
    }
}

fn wrong_state(case: &Case<'_>, state: &str) -> Verdict {
    let inside = case.service().is_some() || matches!(case.action(), Action::RunCommand { .. });
    let target = match case.guest().filter(|_| inside) {
        Some(guest) => case.name(guest.vmid),
        None => case.target(),
    };
    let verb = case.action().verb();
    let (consequence, unblock) = match case.action() {
        Action::StartGuest { .. } if state != "running" => {
            (format!("it cannot be {verb}ed"), "Resume it by hand in Proxmox.")
        }
        Action::RebootGuest { .. } | Action::ResetGuest { .. } => {
            (format!("there is nothing to {verb}"), "Start it instead.")
        }
        Action::StartGuest { .. }
        | Action::WakeNode { .. }
        | Action::ShutdownGuest { .. }
        | Action::StopGuest { .. } => (format!("there is nothing to {verb}"), "Nothing is left to do."),
        _ => (
            format!("Jarvis cannot {verb} anything in it"),
            "Start the guest first.",
        ),
    };
    let reason = format!("{} is {state}, so {consequence}.", words::capitalised(&target));
    case.refuse(Rule::WrongState, target, reason, unblock.to_owned())
}

/// A config lock or a running task has the guest.
pub fn locked(case: &Case<'_>) -> Option<Verdict> {
    let guest = case.guest().filter(|_| !case.only_reads())?;
    let live = guest
        .live
        .fresh(case.now(), limits::LIVE)
        .and_then(|live| live.lock.as_deref());
    let (holder, unblock) = match (guest.lock.as_deref().or(live), &guest.running_task) {
        (Some(lock), _) => (
            format!("has the lock {lock:?}"),
            format!(
                "Wait until it is gone; if its task died, remove it by hand (qm or pct unlock {}).",
                guest.vmid
            ),
        ),
        (None, Some(upid)) => (
            format!(
                "is being worked on by a {} task of {}",
                upid.task_type(),
                upid.user()
            ),
            "Wait until that task ends.".to_owned(),
        ),
        (None, None) => return None,
    };
    let reason = format!("{} {holder}.", words::capitalised(&case.name(guest.vmid)));
    Some(case.wait(Rule::Locked, case.name(guest.vmid), reason, unblock, None))
}

/// Nodes that are expected online and are not known to be.
pub fn unhealthy_nodes(case: &Case<'_>) -> BTreeSet<NodeName> {
    let (observed, desired) = (case.facts.observed, case.facts.desired);
    let spared: BTreeSet<&NodeName> = desired
        .nodes
        .values()
        .filter(|node| node.spec.expected != Expected::Online)
        .map(|node| &node.spec.node)
        .collect();
    let declared = desired.nodes.values().map(|node| &node.spec.node);
    let expected = observed
        .nodes
        .keys()
        .chain(declared)
        .filter(|node| !spared.contains(node));
    expected
        .filter(|node| !observed.node_online(node, case.now()))
        .cloned()
        .collect()
}

/// What a hard stop costs, for a person about to ask for one.
pub fn power_warning(case: &Case<'_>) -> Option<String> {
    matches!(case.action(), Action::StopGuest { .. })
        .then(|| "Its power is cut: what it has not written to its disks is lost.".to_owned())
}

/// Nodes that are away, for a person about to act.
pub fn away_warning(case: &Case<'_>) -> Option<String> {
    let away: Vec<String> = unhealthy_nodes(case).iter().map(words::node).collect();
    let verb = if away.len() == 1 { "is" } else { "are" };
    (!away.is_empty()).then(|| {
        format!(
            "{} {verb} expected online and not known to be.",
            words::capitalised(&words::list(&away))
        )
    })
}

/// The target's state is not known freshly enough.
pub fn unknown(case: &Case<'_>, resource: &str, why: &str) -> Verdict {
    case.wait(
        Rule::TargetUnknown,
        resource.to_owned(),
        format!("The state of {resource} is not known: {why}."),
        "Wait for the next look at it.".to_owned(),
        None,
    )
}
