//! What comes next, what waits, and whether the manifests say what is.

use super::{
    Asked, Said, Topic,
    saying::{Saying, count, fact, line, short},
};
use crate::message::Fact;
use jarvis_guard::words;
use jarvis_model::{ProposalState, Sync, TicketState, Verdict};

type Entry = (String, Option<Fact>);

/// What is done next.
pub(super) fn plan(asked: &Asked<'_>) -> Said {
    let view = &asked.moment.view;
    let plan = &view.plan;
    let under_way: Vec<Entry> = view
        .memory
        .open_intents()
        .map(|intent| {
            let target = line(&words::target(&intent.action, &view.observed));
            let said = format!(
                "under way since {}: {} {target}",
                asked.time(intent.logged_at),
                intent.action.verb()
            );
            let claim = format!("{} {target}", intent.action.verb());
            (
                said,
                Some(fact(
                    claim,
                    format!("intent {}", intent.id),
                    Some(intent.logged_at),
                )),
            )
        })
        .collect();
    let decided = plan.decisions.iter().map(|decision| {
        let action = &decision.request.action;
        let claim = format!(
            "{} {}",
            action.verb(),
            line(&words::target(action, &view.observed))
        );
        let then = match &decision.verdict {
            Verdict::Permit { .. } => "next".to_owned(),
            Verdict::Confirm { .. } => "once a person approves it".to_owned(),
            Verdict::Wait { refusal, .. } => format!("later: {}", line(&refusal.reason)),
            Verdict::Refuse { refusal } => format!("not: {}", line(&refusal.reason)),
        };
        (
            format!("{claim}: {then}"),
            Some(fact(claim, "plan", Some(plan.at))),
        )
    });
    let waits = plan.report.iter().map(|row| {
        let said = format!("{}: {}", line(&row.subject), line(&row.text));
        (said.clone(), Some(fact(said, "plan report", Some(plan.at))))
    });
    let entries: Vec<Entry> = under_way.into_iter().chain(decided).chain(waits).collect();
    let about = Topic::Cluster;
    if view.state.passes == 0 {
        return Saying::new("I have made no plan yet.").about(about).done();
    }
    if entries.is_empty() {
        return Saying::new("I plan nothing: what is declared is so, or left alone on purpose.")
            .fact("I plan nothing", "plan", Some(plan.at))
            .about(about)
            .done();
    }
    Saying::new("My plan:")
        .entries(entries)
        .suggest("what is waiting for me")
        .about(about)
        .done()
}

/// Whether the manifests say what is.
pub(super) fn sync(asked: &Asked<'_>) -> Said {
    let view = &asked.moment.view;
    let Some(revision) = &view.memory.revision else {
        return Saying::new("No revision of the manifests is in force yet.")
            .about(Topic::Cluster)
            .done();
    };
    let statuses = &view.plan.statuses;
    let of = |wanted: Sync| statuses.iter().filter(move |(_, status)| status.sync == wanted);
    let (synced, unknown) = (of(Sync::Synced).count(), of(Sync::Unknown).count());
    let commit = short(&revision.commit);
    let claim = format!("{synced} of {} in sync", count(statuses.len(), "resource"));
    let mut saying = Saying::new(format!(
        "Revision {commit} is in force since {}: {claim}{}.",
        asked.time(revision.at),
        if unknown > 0 {
            format!(", {unknown} not known")
        } else {
            String::new()
        }
    ))
    .fact(
        format!("Revision {commit} is in force"),
        format!("revision {commit}"),
        Some(revision.at),
    )
    .fact(claim, "plan statuses", Some(view.plan.at));
    let apart: Vec<Entry> = of(Sync::OutOfSync)
        .map(|(key, status)| {
            let why = status
                .headline()
                .map(|condition| line(&condition.message))
                .unwrap_or_default();
            let said = format!("{}: {why}", asked.resource(key));
            (
                said.clone(),
                Some(fact(said, format!("{key} status"), status.since)),
            )
        })
        .collect();
    saying = saying.entries(apart);
    saying.about(Topic::Cluster).done()
}

/// What waits for a person.
pub(super) fn waiting(asked: &Asked<'_>) -> Said {
    let view = &asked.moment.view;
    let memory = &view.memory;
    let tickets = memory.tickets.values().filter_map(|ticket| {
        let target = line(&words::target(&ticket.action, &view.observed));
        let what = format!("{} {target}", ticket.action.verb());
        let state = match &ticket.state {
            TicketState::AwaitingConfirmation { expires_at, .. } if *expires_at > asked.now() => {
                format!("to be confirmed until {}", asked.time(*expires_at))
            }
            TicketState::Queued => "queued".to_owned(),
            TicketState::Running { .. } => "running".to_owned(),
            _ => return None,
        };
        let said = format!("{what}: {state}, asked by {}", line(&ticket.origin.label()));
        Some((
            said,
            Some(fact(
                what,
                format!("ticket {}", ticket.id),
                Some(ticket.created_at),
            )),
        ))
    });
    let proposals = memory
        .proposals
        .values()
        .filter(|proposal| proposal.state == ProposalState::Waiting)
        .map(|proposal| {
            let what = format!("proposal: {}", line(&proposal.title));
            let said = format!("{what}, by {}", line(&proposal.origin.label()));
            (said, Some(fact(what, format!("proposal {}", proposal.id), None)))
        });
    let entries: Vec<Entry> = tickets
        .chain(proposals)
        .chain(recommended(asked))
        .chain(escalated(asked))
        .collect();
    if entries.is_empty() {
        return Saying::new("Nothing waits for you.")
            .fact("nothing waits", "tickets, proposals, plan", Some(view.at))
            .about(Topic::Cluster)
            .done();
    }
    Saying::new("These wait:")
        .entries(entries)
        .about(Topic::Cluster)
        .done()
}

/// What would be done if a person approved it.
fn recommended(asked: &Asked<'_>) -> Vec<Entry> {
    let view = &asked.moment.view;
    let decisions = view.plan.decisions.iter();
    let asking = decisions.filter(|decision| matches!(decision.verdict, Verdict::Confirm { .. }));
    let told = asking.map(|decision| {
        let action = &decision.request.action;
        let target = line(&words::target(action, &view.observed));
        let what = format!("recommended: {} {target}", action.verb());
        (what.clone(), Some(fact(what, "plan", Some(view.plan.at))))
    });
    told.collect()
}

/// What was given to people.
fn escalated(asked: &Asked<'_>) -> Vec<Entry> {
    let issues = asked.moment.view.memory.issues.values();
    let given = issues.filter(|issue| issue.escalated_at.is_some());
    let told = given.map(|issue| {
        let what = format!("escalated: {}", asked.resource(&issue.key.resource));
        let said = format!("{what}: {}", line(&issue.summary));
        (
            said,
            Some(fact(what, format!("issue {}", issue.key), issue.escalated_at)),
        )
    });
    told.collect()
}
