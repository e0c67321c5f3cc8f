//! One effect at a time: effects in flight, effects without an answer, and the pause between a stop and a start.

use crate::{case::Case, facts::STOP_TO_START, words};
use jarvis_model::{
    Action, Effect, Intent, NodeStatus, Outcome, Rule, StopCause, Timestamp, Verdict, limits,
};

/// An effect that ended without an answer keeps the slot until evidence frees it: its node is Known offline, booted
/// since, or was seen idle since. Until then it may still be at work, and nothing may be at work on two nodes.
pub fn unresolved(case: &Case<'_>) -> Option<Verdict> {
    let intents = case.facts.memory.intents.values().filter(|_| !case.only_reads());
    let blocking = intents
        .filter(|intent| intent.outcome == Some(Outcome::Unresolved))
        .find(|intent| may_still_run(case, intent))?;
    let node = blocking.effect.node()?;
    Some(case.wait(
        Rule::Unresolved,
        words::node(node),
        format!(
            "Whether the attempt to {} is still at work on node {node} is not known.",
            blocking.action
        ),
        format!("Wait until node {node} shows no running task, or is known to be offline."),
        None,
    ))
}

fn may_still_run(case: &Case<'_>, intent: &Intent) -> bool {
    let closed_at = intent.closed_at.unwrap_or(intent.deadline);
    // What ran on a host outside the cluster, or was a packet, holds no node.
    let Some(node) = intent
        .effect
        .node()
        .filter(|_| !matches!(intent.effect, Effect::Wake { .. }))
    else {
        return false;
    };
    let Some(node) = case.facts.observed.nodes.get(node) else {
        return true;
    };
    let offline = node.status.fresh(case.now(), limits::CRITICAL) == Some(&NodeStatus::Offline);
    let booted = node.booted_after(closed_at);
    let idle = node.idle.value() == Some(&true) && node.idle.seen_at().is_some_and(|at| at > closed_at);
    !offline && !booted && !idle
}

/// Another effect is in flight: one at a time, whichever node it is on.
pub fn in_flight(case: &Case<'_>) -> Option<Verdict> {
    let own = case.own.map(|intent| &intent.id);
    let mut open = case
        .facts
        .memory
        .open_intents()
        .filter(|intent| Some(&intent.id) != own && !case.only_reads());
    let other = open.next()?;
    let same_guest =
        matches!(&other.effect, Effect::Guest { vmid, .. } if case.action().vmid() == Some(*vmid));
    let place = match (same_guest, other.effect.node()) {
        (true, _) => "on the same guest".to_owned(),
        (false, None) => "on a host outside the cluster".to_owned(),
        (false, node) if case.node() == node => "on the same node".to_owned(),
        (false, Some(node)) => format!("on node {node}"),
    };
    Some(
        case.wait(
            Rule::InFlight,
            other
                .effect
                .node()
                .map_or_else(|| "the cluster".to_owned(), words::node),
            format!("The act to {} is in flight {place}.", other.action),
            format!(
                "Wait for its outcome; it has until {}.",
                words::time(other.deadline)
            ),
            Some(other.deadline),
        ),
    )
}

/// A guest is started at the earliest five seconds after it was stopped, whoever stopped it.
pub fn pacing(case: &Case<'_>) -> Option<Verdict> {
    let Action::StartGuest { vmid } = case.action() else {
        return None;
    };
    let ours = case.facts.memory.stopped_at.get(vmid).copied();
    // A node whose clock runs ahead must not keep its guests down: what lies in the future is not believed.
    let others = case
        .guest()
        .and_then(|guest| guest.stop_cause.value())
        .and_then(stopped_at);
    let others = others.filter(|at| *at <= case.now());
    let until = ours.max(others)? + STOP_TO_START;
    if case.now() >= until {
        return None;
    }
    Some(case.wait(
        Rule::Pacing,
        case.name(*vmid),
        format!(
            "{} was stopped a moment ago; Proxmox is still clearing up behind it.",
            words::capitalised(&case.name(*vmid))
        ),
        format!("Wait until {}.", words::time(until)),
        Some(until),
    ))
}

fn stopped_at(cause: &StopCause) -> Option<Timestamp> {
    match cause {
        StopCause::Person { at, .. } | StopCause::Ourselves { at } | StopCause::System { at, .. } => {
            Some(*at)
        }
        StopCause::StartFailed { .. } | StopCause::NoTask | StopCause::Unreadable => None,
    }
}
