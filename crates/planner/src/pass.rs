//! One pass over everything, in order: cluster, nodes, guests, requests, then the guard's word on each want.

use crate::{
    cluster, guest,
    input::{Input, beside},
    mend, node,
    outcome::{Outcome, StepOf, Want},
    plan::{Decision, Look, Plan, ReportLine},
    runbook, service,
    status::status,
    threshold, ticket, waiting,
};
use jarvis_guard::{
    facts::{PlanSize, Request},
    judge,
};
use jarvis_model::{
    Cause, Condition, ConditionType, Digest, Event, GuestObserved, Health, Intent, IssueKey, IssueKind,
    NodeStatus, Observation, Origin, ResourceKey, ResourceStatus, Rule, Severity, Sync, Timestamp,
    UnknownReason, Verdict, Vmid, limits,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

/// Looks of one pass: never one request for every guest.
const LOOKS_PER_PASS: usize = 40;

/// Identities of guests that were never seen, looked for at once: one pass serves all of them, and of one node no more are asked
/// at a time than of anything else.
const FIRST_SIGHTS_AT_ONCE: usize = 32;
/// And only this long after a cluster-wide look, so that a large cluster is not flooded.
const FIRST_SIGHTS_BEHIND_A_LOOK: Duration = Duration::from_secs(1);

struct Draft {
    statuses: BTreeMap<ResourceKey, ResourceStatus>,
    events: Vec<Event>,
    looks: BTreeSet<Look>,
    report: Vec<ReportLine>,
    wake_at: Option<Timestamp>,
    wants: Vec<(ResourceKey, Want)>,
    decisions: Vec<Decision>,
}

impl Draft {
    fn sooner(&mut self, at: Option<Timestamp>) {
        self.wake_at = [self.wake_at, at].into_iter().flatten().min();
    }

    /// Takes in what the look at a resource came to, but for its status.
    fn take(&mut self, key: &ResourceKey, outcome: Outcome) -> ResourceStatus {
        self.events.extend(outcome.events);
        self.looks.extend(outcome.looks);
        self.sooner(outcome.wake_at);
        if let Some(want) = outcome.want {
            self.wants.push((key.clone(), *want));
        }
        outcome.status
    }

    fn report(&mut self, subject: impl ToString, text: impl Into<String>) {
        self.report.push(ReportLine {
            subject: subject.to_string(),
            text: text.into(),
        });
    }
}

/// One pass over everything.
pub fn plan(input: &Input<'_>) -> Plan {
    let mut draft = Draft {
        statuses: BTreeMap::new(),
        events: Vec::new(),
        looks: BTreeSet::new(),
        report: Vec::new(),
        wake_at: None,
        wants: Vec::new(),
        decisions: Vec::new(),
    };
    if gate_is_open(input) {
        draft.events.extend(cluster::changes(input));
        nodes(input, &mut draft);
        guests(input, &mut draft);
        services(input, &mut draft);
        thresholds(input, &mut draft);
        runs(input, &mut draft);
        let unidentified = unidentified(input);
        identities(&unidentified, &mut draft);
        first_sights(input, &unidentified, &mut draft);
        tickets(input, &mut draft);
        judge_wants(input, &mut draft);
        waiting::say_what_is_stuck(input, &mut draft.statuses);
        released(input, &mut draft);
        slots(input, &mut draft);
    } else {
        first_looks(input, &mut draft);
        tickets(input, &mut draft);
    }
    others(input, &mut draft);
    finish(input, draft)
}

/// Nothing is judged before the start gate: enough complete, consistent looks.
fn gate_is_open(input: &Input<'_>) -> bool {
    input.observed.complete_passes >= input.floor.start_gate_passes
}

fn first_looks(input: &Input<'_>, draft: &mut Draft) {
    let (seen, needed) = (input.observed.complete_passes, input.floor.start_gate_passes);
    let text =
        format!("{seen} of {needed} complete looks at the cluster since the start; nothing is judged before");
    draft.report("cluster", text.clone());
    let desired = input.desired;
    let judged = desired.guests.keys().chain(desired.nodes.keys());
    for key in judged.chain(desired.services.keys()) {
        let revision = &input.desired.revision.commit;
        let waiting = status(
            revision,
            Sync::Unknown,
            Health::Unknown,
            ConditionType::Reconciling,
            "FirstLooks",
            text.clone(),
        );
        draft.statuses.insert(key.clone(), waiting);
    }
}

/// One resource's fault must not stop the others.
fn guarded<T>(key: &ResourceKey, input: &Input<'_>, look: impl FnOnce() -> T) -> Result<T, ResourceStatus> {
    catch_unwind(AssertUnwindSafe(look)).map_err(|_| {
        let text =
            format!("Jarvis failed while looking at {key}; please report this with the log of this time");
        status(
            &input.desired.revision.commit,
            Sync::Unknown,
            Health::Unknown,
            ConditionType::Stalled,
            "Panicked",
            text,
        )
    })
}

fn nodes(input: &Input<'_>, draft: &mut Draft) {
    for (key, manifest) in &input.desired.nodes {
        match guarded(key, input, || node::evaluate(input, key, manifest)) {
            Ok(outcome) => {
                let status = draft.take(key, outcome);
                draft.statuses.insert(key.clone(), status);
            }
            Err(stalled) => drop(draft.statuses.insert(key.clone(), stalled)),
        }
    }
}

fn services(input: &Input<'_>, draft: &mut Draft) {
    let in_flight: Vec<&Intent> = input.memory.open_intents().collect();
    for (key, manifest) in &input.desired.services {
        match guarded(key, input, || service::evaluate(input, &in_flight, key, manifest)) {
            Ok(outcome) => {
                let status = draft.take(key, outcome);
                draft.statuses.insert(key.clone(), status);
            }
            Err(stalled) => drop(draft.statuses.insert(key.clone(), stalled)),
        }
    }
}

/// Figures beyond their limits. They do not change what is said of their resources, which are as declared all the same.
fn thresholds(input: &Input<'_>, draft: &mut Draft) {
    for following in threshold::follow(input) {
        drop(draft.take(&following.resource, following.outcome));
    }
    for (key, status) in threshold::statuses(input) {
        draft.statuses.insert(key, status);
    }
}

/// Runbooks in progress, whatever has become of what they mend.
fn runs(input: &Input<'_>, draft: &mut Draft) {
    for open in input.memory.issues.values() {
        if let Some(progress) = runbook::advance(input, open) {
            draft.events.extend(progress.events);
            draft.looks.extend(progress.looks);
            draft.sooner(progress.wake_at);
            let want = progress.want.map(|want| (open.key.resource.clone(), want));
            draft.wants.extend(want);
        }
    }
}

fn guests(input: &Input<'_>, draft: &mut Draft) {
    let in_flight: Vec<&Intent> = input.memory.open_intents().collect();
    let issues = input.memory.issues.keys();
    let troubled: BTreeSet<&ResourceKey> = issues.map(|issue| &issue.resource).collect();
    let mut statuses = Vec::with_capacity(input.desired.guests.len());
    for (key, manifest) in &input.desired.guests {
        match guarded(key, input, || {
            guest::evaluate(input, &in_flight, &troubled, key, manifest)
        }) {
            Ok(outcome) => {
                let status = draft.take(key, outcome);
                statuses.push((key.clone(), status));
            }
            Err(stalled) => statuses.push((key.clone(), stalled)),
        }
    }
    // In order as they are, they become a map at once; nodes are few.
    let others = std::mem::replace(&mut draft.statuses, statuses.into_iter().collect());
    draft.statuses.extend(others);
}

/// Guests whose identity is not remembered.
fn unidentified<'a>(input: &Input<'a>) -> BTreeMap<Vmid, &'a GuestObserved> {
    beside(&input.observed.guests, &input.memory.identities)
        .filter(|(_, _, known)| known.is_none())
        .map(|(vmid, guest, _)| (*vmid, guest))
        .collect()
}

/// Identities seen for the first time.
fn identities(unidentified: &BTreeMap<Vmid, &GuestObserved>, draft: &mut Draft) {
    for (vmid, guest) in unidentified {
        if let Some(identity) = guest.identity.value() {
            draft.events.push(Event::IdentitySeen {
                vmid: *vmid,
                identity: identity.clone(),
            });
        }
    }
}

/// A guest that another one could take the place of must be known before that happens: identities of declared guests are
/// read at first sight, a few at a time and only right behind a cluster-wide look.
fn first_sights(input: &Input<'_>, unidentified: &BTreeMap<Vmid, &GuestObserved>, draft: &mut Draft) {
    let recent = |at: Timestamp| input.now.since(at) < FIRST_SIGHTS_BEHIND_A_LOOK;
    if unidentified.is_empty() || !input.observed.looked_at.is_some_and(recent) {
        return;
    }
    let readable = |guest: &&&GuestObserved| {
        let unread = match &guest.identity {
            Observation::Unknown { why } => {
                matches!(why, UnknownReason::NotYetSeen | UnknownReason::NodeAway)
            }
            Observation::Known { .. } => false,
        };
        unread && input.observed.node_online(&guest.node, input.now)
    };
    let declared = input.desired.guests.values().map(|manifest| manifest.spec.vmid);
    let guests = declared.filter_map(|vmid| unidentified.get(&vmid));
    let first = guests.filter(readable).take(FIRST_SIGHTS_AT_ONCE);
    draft
        .looks
        .extend(first.map(|guest| Look::Identity { vmid: guest.vmid }));
}

fn tickets(input: &Input<'_>, draft: &mut Draft) {
    let outcome = ticket::evaluate(input);
    draft.events.extend(outcome.events);
    draft.looks.extend(outcome.looks);
    draft.report.extend(outcome.report);
    draft.sooner(outcome.wake_at);
    draft.decisions.extend(outcome.decisions);
}

fn judge_wants(input: &Input<'_>, draft: &mut Draft) {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let plan_size = PlanSize {
        changes: count(draft.wants.len()),
        declared: count(input.desired.guests.len()),
    };
    let mut wants = std::mem::take(&mut draft.wants);
    wants.sort_by_key(|(key, want)| {
        (
            input.memory.issues.get(&want.issue).map(|issue| issue.opened_at),
            key.clone(),
        )
    });
    for (key, want) in wants {
        let begins = want.runbook.as_ref().and_then(|step| step.begins.clone());
        let decision = decide(input, &key, want, plan_size);
        if let Some(began) = begins.filter(|_| may_begin(&decision.verdict)) {
            draft.events.push(began);
            continue;
        }
        draft.report(
            &key,
            format!("{}: {}", decision.request.action, line(&decision.verdict)),
        );
        after_verdict(input, draft, &key, &decision);
        draft.decisions.push(decision);
    }
}

/// A run of a runbook begins when its first act may be done now, or once a person says so.
fn may_begin(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Permit { .. } | Verdict::Confirm { .. })
}

fn decide(input: &Input<'_>, key: &ResourceKey, want: Want, plan_size: PlanSize) -> Decision {
    let issue = input.memory.issues.get(&want.issue);
    let counted = issue.map_or(0, |issue| issue.attempts_in_window(input.now));
    let opened = issue.map(|issue| issue.opened_at);
    let tried = issue.map_or(0, |issue| issue.attempts.len());
    let revision = &input.desired.revision.hash;
    let (digest, origin, attempt) = match want.runbook {
        None => {
            let digest = Digest::of(&("issue", &want.issue, opened, tried, &want.action, revision));
            (digest, Origin::Reconciler, counted + 1)
        }
        Some(StepOf {
            runbook,
            step,
            begins,
        }) => {
            let named = ("runbook", &runbook, step);
            let digest = Digest::of(&(named, &want.issue, opened, tried, &want.action, revision));
            // The attempt was counted when the run began.
            let attempt = counted + u32::from(begins.is_some());
            (digest, Origin::Runbook { name: runbook }, attempt)
        }
    };
    let request = Request {
        digest,
        action: want.action,
        origin,
        cause: Cause::Issue { issue: want.issue },
        resource: Some(key.clone()),
        nature: want.nature,
        autonomy: mend::asked(input, key),
        plan_size,
    };
    let verdict = judge(&request, &input.facts());
    Decision {
        request,
        verdict,
        evidence: want.evidence,
        attempt,
    }
}

fn line(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Permit { tier } => format!("permitted ({tier})"),
        Verdict::Confirm { reason, .. } => format!("waits for a person: {reason}"),
        Verdict::Wait { refusal, .. } => format!("waits: {}", refusal.reason),
        Verdict::Refuse { refusal } => format!("refused: {} {}", refusal.reason, refusal.unblock),
    }
}

/// The verdict shows in the resource's status, may need looks, and people are told once when it is not acted upon.
fn after_verdict(input: &Input<'_>, draft: &mut Draft, key: &ResourceKey, decision: &Decision) {
    let (kind, reason, message) = match &decision.verdict {
        Verdict::Permit { .. } => return,
        Verdict::Confirm { reason, .. } => (
            ConditionType::Blocked,
            "AwaitingPerson",
            format!("{reason}; confirm it or hold the resource"),
        ),
        Verdict::Wait { refusal, until, .. } => {
            draft.sooner(*until);
            draft.looks.extend(looks_for(input, decision, refusal.rule));
            (
                ConditionType::Reconciling,
                "Waiting",
                format!("{} {}", refusal.reason, refusal.unblock),
            )
        }
        Verdict::Refuse { refusal } if refusal.rule == Rule::Autonomy => (
            ConditionType::Suspended,
            "AlertOnly",
            format!("{} {}", refusal.reason, refusal.unblock),
        ),
        Verdict::Refuse { refusal } => (
            ConditionType::Blocked,
            "Refused",
            format!("{} {}", refusal.reason, refusal.unblock),
        ),
    };
    if let Some(status) = draft.statuses.get_mut(key) {
        status.conditions.push(Condition {
            kind,
            status: true,
            reason: reason.into(),
            message: message.clone(),
        });
    }
    alert(input, draft, decision, &message);
}

/// What would let a waiting decision go on: the guard asks for fresh knowledge last, so this is about to be done.
fn looks_for(input: &Input<'_>, decision: &Decision, rule: Rule) -> Vec<Look> {
    let mut looks = Vec::new();
    if rule == Rule::NoQuorum {
        looks.push(Look::Quorum);
    }
    if rule == Rule::TargetUnknown {
        looks.extend(service_look(input, &decision.request.action));
    }
    if let (Rule::TargetUnknown, Some(vmid)) = (rule, decision.request.action.vmid())
        && let Some(guest) = input.observed.guests.get(&vmid)
    {
        if guest.live.fresh(input.now, limits::LIVE).is_none() {
            looks.push(Look::Guest { vmid });
        }
        if guest.identity.fresh(input.now, limits::IDENTITY).is_none() {
            looks.push(Look::Identity { vmid });
        }
    }
    looks
}

/// The look at a declared service whose state is not known freshly enough to do something to it.
pub(crate) fn service_look(input: &Input<'_>, action: &jarvis_model::Action) -> Option<Look> {
    let (host, name) = action.service()?;
    let (service, _) = input.desired.service_at(host, name)?;
    let seen = input.observed.services.get(service);
    let fresh = seen.is_some_and(|seen| seen.status.fresh(input.now, limits::IMPORTANT).is_some());
    (!fresh).then(|| Look::Service {
        service: service.clone(),
    })
}

fn alert(input: &Input<'_>, draft: &mut Draft, decision: &Decision, message: &str) {
    let Cause::Issue { issue } = &decision.request.cause else {
        return;
    };
    let told = input.memory.issues.get(issue).is_none_or(|open| open.alerted);
    let silent =
        jarvis_guard::autonomy(decision.request.autonomy, &input.facts()) == jarvis_model::Autonomy::L0;
    if told || silent || matches!(decision.verdict, Verdict::Wait { .. }) {
        return;
    }
    let summary = input
        .memory
        .issues
        .get(issue)
        .map_or("", |open| open.summary.as_str());
    let text = format!("{summary}. Not acted upon: {message}");
    draft.events.push(Event::IssueAlerted {
        issue: issue.clone(),
        severity: Severity::Warning,
        text,
    });
}

/// Issues of resources that are no longer declared end.
fn released(input: &Input<'_>, draft: &mut Draft) {
    if !input.desired_known {
        return;
    }
    for issue in input.memory.issues.keys() {
        if !is_declared(input, issue) {
            let because = jarvis_model::Closed::NoLongerDeclared;
            draft.events.push(Event::IssueClosed {
                issue: issue.clone(),
                because,
            });
        }
    }
}

fn is_declared(input: &Input<'_>, issue: &IssueKey) -> bool {
    let (desired, key) = (input.desired, &issue.resource);
    match issue.kind {
        IssueKind::ThresholdPassed => threshold::is_in_force(input, issue),
        _ => {
            desired.guests.contains_key(key)
                || desired.nodes.contains_key(key)
                || desired.services.contains_key(key)
        }
    }
}

/// An unresolved effect frees its node by evidence; ask for it.
fn slots(input: &Input<'_>, draft: &mut Draft) {
    for intent in input.memory.intents.values() {
        if intent.outcome == Some(jarvis_model::Outcome::Unresolved) {
            let Some(node) = intent.effect.node() else {
                continue;
            };
            let seen = input.observed.nodes.get(node);
            let proven = seen.is_some_and(|node| {
                let offline = node.status.fresh(input.now, limits::CRITICAL) == Some(&NodeStatus::Offline);
                let since = intent.closed_at.unwrap_or_default();
                let booted = node.booted_after(since);
                offline || booted || (node.idle.value() == Some(&true) && node.idle.seen_at() > Some(since))
            });
            if !proven {
                draft.looks.insert(Look::NodeIdle { node: node.clone() });
            }
        }
    }
}

/// Kinds that do not act here are listed with their status too.
fn others(input: &Input<'_>, draft: &mut Draft) {
    let revision = &input.desired.revision.commit;
    let desired = input.desired;
    let passive = desired.services.keys().chain(desired.thresholds.keys());
    let passive = passive
        .chain(desired.runbooks.keys())
        .chain(desired.policies.keys());
    let passive = passive
        .chain(desired.windows.keys())
        .chain(desired.channels.keys());
    for key in passive {
        draft.statuses.entry(key.clone()).or_insert_with(|| {
            let text = "in force";

            status(
                revision,
                Sync::Synced,
                Health::Healthy,
                ConditionType::Ready,
                "InForce",
                text,
            )
        });
    }
}

fn finish(input: &Input<'_>, draft: Draft) -> Plan {
    let digests: Vec<&Digest> = draft.decisions.iter().map(Decision::id).collect();
    let digest = Digest::of(&digests);
    let mut looks: Vec<Look> = draft.looks.into_iter().collect();
    let open: BTreeSet<Vmid> = input
        .memory
        .open_intents()
        .filter_map(|intent| intent.action.vmid())
        .collect();
    looks.retain(|look| !matches!(look, Look::Guest { vmid } if open.contains(vmid)));
    looks.truncate(LOOKS_PER_PASS);
    Plan {
        revision: input.desired.revision.commit.to_string(),
        at: input.now,
        digest,
        decisions: draft.decisions,
        statuses: draft.statuses,
        events: draft.events,
        looks,
        report: draft.report,
        wake_at: draft.wake_at.map(|at| at.max(input.now)),
    }
}

#[cfg(test)]
mod tests;
