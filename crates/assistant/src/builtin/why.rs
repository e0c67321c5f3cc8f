//! Why something is as it is: from figures, from what stopped it, from the plan, from the journal.

use super::{
    Asked, Said, Topic, acted, guest,
    intent::Whyness,
    node,
    saying::{Saying, line},
    slow,
    target::{self, Target},
};
use jarvis_guard::words;
use jarvis_model::{GuestStatus, NodeName, NodeStatus, ResourceKey, Verdict, Vmid};

/// The reason; none when nobody can be said to be meant.
pub(super) async fn why(asked: &Asked<'_>, why: Whyness, what: Option<&str>) -> Option<Said> {
    let phrase = what.unwrap_or("it");
    if matches!(phrase, "everything" | "the cluster" | "all") {
        return Some(super::cluster::status(asked));
    }
    if what.is_none() && !matches!(asked.earlier, Some(Topic::Guest { .. } | Topic::Node { .. })) {
        return None;
    }
    let say = match why {
        Whyness::Slow => "why is {} slow",
        Whyness::Down => "why is {} stopped",
        Whyness::Acted => "why was {} restarted",
        Whyness::Unwell => "why is {} red",
    };
    let target = match target::one(asked, phrase, None, say) {
        Ok(target) => target,
        Err(back) => return Some(back),
    };
    let topic = target.topic();
    let saying = match (why, target) {
        (Whyness::Slow, Target::Node(name)) => slow::node_slow(asked, &name),
        (Whyness::Slow, Target::Guest(vmid)) => slow::guest_slow(asked, vmid),
        (Whyness::Acted, target) => acted::acted(asked, &target).await,
        (Whyness::Down | Whyness::Unwell, Target::Guest(vmid)) => guest_down(asked, vmid),
        (Whyness::Down | Whyness::Unwell, Target::Node(name)) => node_down(asked, &name),
    };
    Some(saying.about(topic).done())
}

/// Why a guest is down or unwell: what it does, what stopped it, what is planned about it, and what it waits for.
fn guest_down(asked: &Asked<'_>, vmid: Vmid) -> Saying {
    let view = &asked.moment.view;
    let Some(seen) = view.observed.guests.get(&vmid) else {
        return Saying::new(format!("There is no guest {vmid}."));
    };
    let name = words::capitalised(&asked.guest(vmid));
    let at = seen.status.seen_at();
    let mut saying = match guest::status(asked, seen) {
        Some(status) => {
            let does = guest::words(status);
            Saying::new(format!("{name} {does}.")).fact(
                format!("{name} {does}"),
                format!("guest/{vmid} status"),
                at,
            )
        }
        None => {
            Saying::new(asked.not_known(&asked.guest(vmid), &seen.status, jarvis_model::limits::CRITICAL))
        }
    };
    let stopped = guest::status(asked, seen) == Some(&GuestStatus::Stopped);
    if stopped && let Some(cause) = seen.stop_cause.value() {
        let claim = line(&cause.words());
        let when = match cause {
            jarvis_model::StopCause::Person { at, .. }
            | jarvis_model::StopCause::Ourselves { at }
            | jarvis_model::StopCause::System { at, .. }
            | jarvis_model::StopCause::StartFailed { at, .. } => format!(", {}", asked.at(*at)),
            _ => String::new(),
        };
        saying = saying.line(format!("The cause: {claim}{when}.")).fact(
            claim,
            format!("guest/{vmid} stop cause"),
            seen.stop_cause.seen_at(),
        );
    }
    match view.desired.guest_by_vmid(vmid) {
        Some((key, manifest)) => {
            let wish = guest::strategy(manifest.spec.run_strategy);
            saying = saying
                .line(format!(
                    "Its manifest wants it {wish} ({:?}).",
                    manifest.spec.run_strategy
                ))
                .fact(
                    format!("wants it {wish}"),
                    format!("{key} spec.runStrategy"),
                    view.memory.revision.as_ref().map(|revision| revision.at),
                );
            pursued(asked, key, saying)
        }
        None => saying.line("It has no manifest, so I do nothing about it."),
    }
}

/// What is done about a resource: its issue, its most telling condition, its decision in the plan.
fn pursued(asked: &Asked<'_>, key: &ResourceKey, mut saying: Saying) -> Saying {
    let view = &asked.moment.view;
    for issue in view
        .memory
        .issues
        .values()
        .filter(|issue| issue.key.resource == *key)
    {
        let claim = line(&issue.summary);
        let ended = issue
            .last_outcome
            .as_ref()
            .map(|outcome| format!("; the last attempt: {}", line(&outcome.words())));
        saying = saying
            .line(format!(
                "An issue is open, found {}: {claim}{}.",
                asked.ago(issue.opened_at),
                ended.unwrap_or_default()
            ))
            .fact(claim, format!("issue {}", issue.key), Some(issue.opened_at));
    }
    let status = view.plan.statuses.get(key);
    if let Some(condition) = status.and_then(|status| status.headline()) {
        let claim = line(&condition.message);
        if !claim.is_empty() {
            saying = saying.line(format!("{:?}: {claim}.", condition.kind)).fact(
                claim,
                format!("{key} status"),
                status.and_then(|status| status.since),
            );
        }
    }
    let decided = view
        .plan
        .decisions
        .iter()
        .find(|decision| decision.request.resource.as_ref() == Some(key));
    if let Some(decision) = decided {
        let what = decision.request.action.verb();
        let then = match &decision.verdict {
            Verdict::Permit { .. } => format!("I am about to {what} it"),
            Verdict::Confirm { .. } => format!("I recommend to {what} it; a person decides"),
            Verdict::Wait { refusal, .. } => {
                format!("I would {what} it, but wait: {}", line(&refusal.reason))
            }
            Verdict::Refuse { refusal } => format!("I do not {what} it: {}", line(&refusal.reason)),
        };
        saying = saying
            .line(format!("{then}."))
            .fact(then, "plan", Some(view.plan.at));
    }
    saying
}

pub(super) fn node_down(asked: &Asked<'_>, name: &NodeName) -> Saying {
    let view = &asked.moment.view;
    let Some(seen) = view.observed.nodes.get(name) else {
        return Saying::new(format!("There is no node {name}."));
    };
    let at = seen.status.seen_at();
    let mut saying = match node::status(asked, seen) {
        Some(status) => {
            let is = if *status == NodeStatus::Online {
                "is online"
            } else {
                "is offline"
            };
            Saying::new(format!("Node {name} {is}.")).fact(is, format!("node/{name} status"), at)
        }
        None => Saying::new(asked.not_known(
            &format!("node {name}"),
            &seen.status,
            jarvis_model::limits::CRITICAL,
        )),
    };
    if let Some(how) = view.memory.shut_down.get(name) {
        let claim = line(how);
        saying = saying
            .line(format!("It was shut down on purpose: {claim}."))
            .fact(claim, format!("node/{name} shutdown"), None);
    }
    match view.desired.node_named(name) {
        Some((key, _)) => pursued(asked, key, saying),
        None => saying,
    }
}
