//! Limits of acting without a person: holds, mass failure, attempts, budgets and the autonomy level. A person's own
//! request passes all of these; a recommendation that a person approved passes the level and the window alone.

use super::target::unhealthy_nodes;
use crate::{Facts, case::Case, words};
use jarvis_model::{
    Action, Autonomy, Cause, Hold, HoldScope, Intent, Issue, Origin, Outcome, Rule, Verdict,
    issue::ATTEMPTS_PER_HOUR,
};

/// The HA manager's guests are its own.
pub fn ha_managed(case: &Case<'_>) -> Option<Verdict> {
    let guest = case.guest().filter(|_| case.is_autonomous() && under_ha(case))?;
    Some(
        case.refuse(
            Rule::HaManaged,
            case.name(guest.vmid),
            format!(
                "{} is run by Proxmox HA, which Jarvis does not work against.",
                words::capitalised(&case.name(guest.vmid))
            ),
            "Set its state in Proxmox HA, or ask for the action yourself: it goes as an HA request then."
                .to_owned(),
        ),
    )
}

/// What is done inside a guest is no business of the HA manager.
fn under_ha(case: &Case<'_>) -> bool {
    let inside = case.service().is_some() || matches!(case.action(), Action::RunCommand { .. });
    !inside
        && case.guest().is_some_and(|guest| {
            guest.ha_state.is_some() || guest.live.value().is_some_and(|live| live.ha_managed)
        })
}

/// The HA manager has it, for a person about to act.
pub fn ha_warning(case: &Case<'_>) -> Option<String> {
    let vmid = case.action().vmid().filter(|_| under_ha(case))?;
    let name = words::capitalised(&case.name(vmid));
    Some(format!(
        "{name} is run by Proxmox HA: this goes as an HA request, and is judged by the guest's status alone."
    ))
}

/// A hold on the resource, its node or the cluster.
pub fn held(case: &Case<'_>) -> Option<Verdict> {
    let (scope, hold) = hold(case).filter(|_| case.is_autonomous())?;
    let end = hold.until.map_or_else(String::new, |until| {
        format!(", or wait until {}", words::time(until))
    });
    let unblock = format!("Release it (`jarvis release {scope}`){end}.");
    Some(case.refuse(Rule::Held, scope.to_string(), hold_words(scope, hold), unblock))
}

/// A hold, for a person about to act.
pub fn hold_warning(case: &Case<'_>) -> Option<String> {
    hold(case).map(|(scope, hold)| hold_words(scope, hold))
}

fn hold_words(scope: &HoldScope, hold: &Hold) -> String {
    let what = match scope {
        HoldScope::Cluster => "the cluster".to_owned(),
        HoldScope::Node(node) => format!("node {node} and the guests on it"),
        HoldScope::Resource(key) => key.to_string(),
    };
    let why = if hold.reason.is_empty() {
        String::new()
    } else {
        format!(": {}", hold.reason)
    };
    format!("{} holds {what} {}{why}.", hold.by, words::until(hold.until))
}

fn hold<'a>(case: &Case<'a>) -> Option<(&'a HoldScope, &'a Hold)> {
    let resources = case.resources().into_iter().cloned();
    let mut scopes: Vec<HoldScope> = resources.map(HoldScope::Resource).collect();
    scopes.extend(case.node().cloned().map(HoldScope::Node));
    if let Action::MigrateGuest { target, .. } = case.action() {
        scopes.push(HoldScope::Node(target.clone()));
    }
    scopes.push(HoldScope::Cluster);
    case.facts.memory.hold_on(&scopes, case.now())
}

/// With more than one node unexpectedly away Jarvis only observes.
pub fn mass_failure(case: &Case<'_>) -> Option<Verdict> {
    let reason = mass_failure_reason(case).filter(|_| case.is_autonomous())?;
    Some(
        case.refuse(
            Rule::MassFailure,
            "cluster".to_owned(),
            format!("{reason} Jarvis observes and alerts only."),
            "Bring the nodes back, declare `expected: Any` for those that may be off, or act yourself."
                .to_owned(),
        ),
    )
}

/// What a mass failure is, if there is one.
pub fn mass_failure_reason(case: &Case<'_>) -> Option<String> {
    let away: Vec<String> = unhealthy_nodes(case).iter().map(ToString::to_string).collect();
    let many = away.len() > 1 && !case.only_reads();
    many.then(|| {
        format!(
            "{} nodes are not as expected: {}.",
            away.len(),
            words::list(&away)
        )
    })
}

fn issue<'a>(case: &Case<'a>) -> Option<&'a Issue> {
    match &case.request.cause {
        Cause::Issue { issue } if case.is_autonomous() => case.facts.memory.issues.get(issue),
        _ => None,
    }
}

/// An earlier act on the same target ended without an answer, and its issue was not re-armed since.
pub fn unresolved(case: &Case<'_>) -> Option<Verdict> {
    if !case.is_autonomous() {
        return None;
    }
    let intents = case.facts.memory.intents.values();
    let earlier =
        intents.filter(|intent| intent.outcome == Some(Outcome::Unresolved) && same_target(case, intent));
    let blocking = earlier
        .into_iter()
        .find(|intent| still_unanswered(case, intent))?;
    Some(case.refuse(
        Rule::Unresolved,
        case.target(),
        format!(
            "An attempt to {} at {} ended without an answer, so it is not repeated.",
            blocking.action,
            words::time(blocking.logged_at)
        ),
        "Look at the target, then acknowledge the issue.".to_owned(),
    ))
}

/// Whether two acts are aimed at the same guest or node.
fn same_target(case: &Case<'_>, intent: &Intent) -> bool {
    match case.action().vmid() {
        Some(vmid) => intent.action.vmid() == Some(vmid),
        None => intent.action.vmid().is_none() && intent.action.node() == case.action().node(),
    }
}

/// Attempts are cleared by re-arming, and the issue ends with sustained health; until then the question stands.
fn still_unanswered(case: &Case<'_>, intent: &Intent) -> bool {
    let Cause::Issue { issue } = &intent.cause else {
        return false;
    };
    let closed_at = intent.closed_at.unwrap_or(intent.deadline);
    case.facts
        .memory
        .issues
        .get(issue)
        .is_some_and(|issue| issue.attempts.iter().any(|at| *at <= closed_at))
}

/// Given to people.
pub fn escalated(case: &Case<'_>) -> Option<Verdict> {
    let issue = issue(case)?;
    let since = issue.escalated_at?;
    Some(case.refuse(
        Rule::Escalated,
        format!("issue {}", issue.key),
        format!(
            "{} was given to people at {}.",
            words::capitalised(&format!("issue {}", issue.key)),
            words::time(since)
        ),
        format!("Acknowledge it, or commit a change to {}.", issue.key.resource),
    ))
}

/// At most three attempts an issue in a rolling hour, or fewer by policy or runbook.
pub fn attempts(case: &Case<'_>) -> Option<Verdict> {
    let issue = issue(case)?;
    let own = u32::from(case.own.is_some());
    let made = issue.attempts_in_window(case.now()).saturating_sub(own);
    let limit = attempts_limit(case);
    if made < limit {
        return None;
    }
    Some(case.refuse(
        Rule::Attempts,
        format!("issue {}", issue.key),
        format!(
            "{made} of {limit} attempts within the hour are spent on {}.",
            issue.key
        ),
        format!(
            "Acknowledge it, commit a change to {}, or mend it by hand.",
            issue.key.resource
        ),
    ))
}

fn attempts_limit(case: &Case<'_>) -> u32 {
    let desired = case.facts.desired;
    let policies = desired
        .policies
        .values()
        .filter_map(|policy| policy.spec.budgets.attempts_per_issue);
    let runbook = match &case.request.origin {
        Origin::Runbook { name } => desired.runbooks.values().find(|book| book.metadata.name == *name),
        _ => None,
    };
    policies
        .chain(runbook.map(|book| book.spec.budget.attempts))
        .fold(ATTEMPTS_PER_HOUR, u32::min)
}

/// Autonomous acts in a rolling hour, over everything.
pub fn hourly(case: &Case<'_>) -> Option<Verdict> {
    if !case.is_autonomous() || case.only_reads() {
        return None;
    }
    let policies = case.facts.desired.policies.values();
    let limits = policies.filter_map(|policy| policy.spec.budgets.actions_per_hour);
    let limit = limits.fold(case.facts.floor.actions_per_hour, u32::min);
    let made = case
        .facts
        .memory
        .acts_in_last_hour(case.now())
        .saturating_sub(u32::from(case.own.is_some()));
    if made < limit {
        return None;
    }
    let oldest = case
        .facts
        .memory
        .autonomous_acts
        .iter()
        .filter(|at| case.now().since(**at) < HOUR)
        .min();
    Some(case.wait(
        Rule::HourlyBudget,
        "cluster".to_owned(),
        format!("Jarvis acted {made} times by itself within the hour; {limit} are allowed."),
        "Wait for the hour to pass, or act yourself.".to_owned(),
        oldest.map(|at| *at + HOUR),
    ))
}

const HOUR: std::time::Duration = std::time::Duration::from_hours(1);

/// The level that holds for a resource: the lowest of what its manifest asks for (or, if it asks for nothing, the
/// floor's), every policy's default and ceiling, the floor's ceiling, and the ceiling a person set.
pub fn autonomy(asked: Option<Autonomy>, facts: &Facts<'_>) -> Autonomy {
    let own = asked.unwrap_or(facts.floor.autonomy);
    let rules = facts.desired.policies.values().map(|policy| policy.spec.autonomy);
    let ceilings = rules.flat_map(|rule| [rule.default, rule.ceiling]).flatten();
    ceilings
        .chain([facts.floor.ceiling])
        .chain(facts.memory.ceiling)
        .fold(own, Autonomy::min)
}

/// The level that holds for this request.
pub fn level_of(case: &Case<'_>) -> Autonomy {
    autonomy(asked(case), case.facts)
}

/// What the request says its manifest asks for, but never above what the manifest does say.
fn asked(case: &Case<'_>) -> Option<Autonomy> {
    let desired = case.facts.desired;
    let manifests = case.resources().into_iter().filter_map(|key| {
        let guest = desired.guests.get(key).and_then(|guest| guest.spec.autonomy);
        let node = || desired.nodes.get(key).and_then(|node| node.spec.autonomy);
        let service = || {
            desired
                .services
                .get(key)
                .and_then(|service| service.spec.autonomy)
        };
        guest.or_else(node).or_else(service)
    });
    case.request.autonomy.into_iter().chain(manifests).min()
}

/// L0 observes and L1 alerts: neither acts nor recommends.
pub fn level(case: &Case<'_>) -> Option<Verdict> {
    let level = Some(level_of(case)).filter(|level| *level < Autonomy::L2 && case.is_autonomous())?;
    let resource = case
        .resources()
        .first()
        .map_or_else(|| case.target(), ToString::to_string);
    let word = if level == Autonomy::L0 {
        "observe only"
    } else {
        "observe and alert only"
    };
    Some(case.refuse(
        Rule::Autonomy,
        resource.clone(),
        format!("The autonomy of {resource} is {level}: {word}."),
        format!(
            "Raise it to L2 (recommend) or L3 (act): {}, or act yourself.",
            raise(case, Autonomy::L2)
        ),
    ))
}

/// Which of the levels is in the way of `wanted`.
pub fn raise(case: &Case<'_>, wanted: Autonomy) -> String {
    let mut places = Vec::new();
    if case.facts.memory.ceiling.is_some_and(|ceiling| ceiling < wanted) {
        places.push("the ceiling set on the dashboard".to_owned());
    }
    if case.facts.floor.ceiling < wanted {
        places.push("`safety.ceiling` in jarvis.yaml".to_owned());
    }
    for (key, policy) in &case.facts.desired.policies {
        let rule = policy.spec.autonomy;
        if rule.ceiling.is_some_and(|ceiling| ceiling < wanted)
            || rule.default.is_some_and(|level| level < wanted)
        {
            places.push(format!("`autonomy` of {key}"));
        }
    }
    match asked(case) {
        None if case.facts.floor.autonomy < wanted => {
            places.push("`autonomy` of its manifest, or `safety.autonomy` in jarvis.yaml".to_owned());
        }
        Some(level) if level < wanted => places.push("`autonomy` of its manifest".to_owned()),
        _ => {}
    }
    words::list(&places)
}
