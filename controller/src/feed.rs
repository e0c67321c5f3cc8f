//! Events as lines a person reads: calm, exact, in the butler's plain style. Pure.
//!
//! Severity and resource are the event's own; only the words are made here.

use jarvis_model::{
    Closed, Effect, Event, FreezeScope, IntentId, IssueKey, IssueKind, Memory, Outcome, ProposalId, Rearmed,
    ResourceKey, Severity, TicketId, TicketState,
};

/// One line of the feed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedLine {
    /// What happened, in one short sentence without a full stop at its end.
    pub title: String,
    /// More, when there is more to say.
    pub detail: Option<String>,
    /// How serious.
    pub severity: Severity,
    /// Of what.
    pub resource: Option<ResourceKey>,
}

/// The line of an event. `memory` lends the names of intents and tickets; without them the line is less specific, never
/// wrong.
pub fn line(event: &Event, memory: &Memory) -> FeedLine {
    let (title, detail) = words(event, memory);
    let resource = event.resource().cloned().or_else(|| resource_of(event, memory));
    FeedLine {
        title,
        detail: detail.filter(|text| !text.is_empty()),
        severity: event.severity(),
        resource,
    }
}

type Words = (String, Option<String>);

fn words(event: &Event, memory: &Memory) -> Words {
    match event {
        Event::Started { .. }
        | Event::RevisionApplied { .. }
        | Event::RevisionRejected { .. }
        | Event::RevisionWithheld { .. }
        | Event::SourceFailed { .. }
        | Event::SourceRecovered => of_source(event),
        Event::IssueOpened { .. }
        | Event::IssueAnnounced { .. }
        | Event::IssueAlerted { .. }
        | Event::IssueSilenced { .. }
        | Event::IssueHealthy { .. }
        | Event::IssueRelapsed { .. }
        | Event::IssueEscalated { .. }
        | Event::IssueRearmed { .. }
        | Event::RunbookStepped { .. }
        | Event::RunbookEnded { .. }
        | Event::IssueClosed { .. } => of_issue(event),
        Event::Decided { .. }
        | Event::IntentLogged { .. }
        | Event::EffectAccepted { .. }
        | Event::ReplyUnknown { .. }
        | Event::TaskFinished { .. }
        | Event::IntentClosed { .. }
        | Event::ActionRefused { .. } => of_act(event, memory),
        Event::CallRefused { by, call, reason, .. } => (
            format!("{call}, called by {by}, came to nothing"),
            Some(reason.clone()),
        ),
        Event::TicketOpened { .. }
        | Event::TicketConfirmed { .. }
        | Event::TicketChanged { .. }
        | Event::Approved { .. } => of_ticket(event, memory),
        Event::ProposalMade { .. }
        | Event::ProposalApproved { .. }
        | Event::ProposalRejected { .. }
        | Event::ProposalExpired { .. }
        | Event::ProposalPushed { .. }
        | Event::ProposalFailed { .. } => of_proposal(event, memory),
        Event::UserSet { .. }
        | Event::UserRemoved { .. }
        | Event::SignedIn { .. }
        | Event::TokenCreated { .. }
        | Event::TokenRevoked { .. }
        | Event::SessionsRevoked { .. }
        | Event::TerminalOpened { .. }
        | Event::TerminalClosed { .. } => of_access(event),
        Event::IdentitySeen { .. }
        | Event::IdentityAccepted { .. }
        | Event::GuestsSeen { .. }
        | Event::MacSeen { .. }
        | Event::HostDistrusted { .. }
        | Event::HostTrusted { .. }
        | Event::NodeLost { .. }
        | Event::NodeShutDown { .. }
        | Event::NodeReturned { .. }
        | Event::QuorumLost
        | Event::QuorumRegained
        | Event::RoomLacking { .. }
        | Event::RoomRegained => of_cluster(event),
        Event::FreezeSet { .. }
        | Event::Thawed { .. }
        | Event::FreezeFileFound { .. }
        | Event::FreezeFileGone
        | Event::HoldSet { .. }
        | Event::HoldReleased { .. }
        | Event::CeilingSet { .. } => of_person(event),
    }
}

fn of_source(event: &Event) -> Words {
    match event {
        Event::Started { version } => (format!("Jarvis {version} at your service"), None),
        Event::RevisionApplied {
            commit, resources, ..
        } => (
            format!("Revision {} is in force", short(commit)),
            Some(count(resources.len(), "resource")),
        ),
        Event::RevisionRejected { commit, errors } => (
            format!(
                "Revision {} has {}; the previous one stays in force",
                short(commit),
                count(errors.len(), "error")
            ),
            Some(errors.join("\n")),
        ),
        Event::RevisionWithheld { commit, reason, .. } => (
            format!(
                "Revision {} removes a great deal and awaits your word",
                short(commit)
            ),
            Some(reason.clone()),
        ),
        Event::SourceFailed { reason } => (
            "The manifests cannot be read; the last good revision stays in force".to_owned(),
            Some(reason.clone()),
        ),
        _ => ("The manifests can be read again".to_owned(), None),
    }
}

fn of_issue(event: &Event) -> Words {
    match event {
        Event::IssueOpened { issue, summary } => {
            let held = format!("`jarvis hold {}` keeps it as it is", issue.resource);
            let held = Some(held).filter(|_| issue.kind == IssueKind::GuestDown);
            (format!("{}: {summary}", name(issue)), held)
        }
        Event::IssueAnnounced { issue, text, .. } => (format!("{}: {text}", name(issue)), None),
        Event::IssueAlerted { issue, text, .. } => {
            (format!("{} needs attention", name(issue)), Some(text.clone()))
        }
        Event::IssueHealthy { issue } => (
            format!("{} is well again; I shall keep an eye on it", name(issue)),
            None,
        ),
        Event::IssueRelapsed { issue, summary } => {
            (format!("{} is unwell again: {summary}", name(issue)), None)
        }
        Event::IssueEscalated { issue, text, .. } => (
            format!("{} is beyond me; I must leave it to you", name(issue)),
            Some(text.clone()),
        ),
        Event::RunbookStepped {
            issue,
            runbook,
            step,
            text,
        } => (
            format!("{}: step {} of {runbook}: {text}", name(issue), step + 1),
            None,
        ),
        Event::RunbookEnded {
            issue,
            runbook,
            failed,
        } => match failed {
            Some(why) => (
                format!("{}: {runbook} did not reach its end", name(issue)),
                Some(why.clone()),
            ),
            None => (format!("{}: {runbook} has been carried out", name(issue)), None),
        },
        Event::IssueRearmed { issue, because } => {
            let why = match because {
                Rearmed::Acknowledged { by } => format!("acknowledged by {by}"),
                Rearmed::Commit { commit } => format!("its manifest changed in {}", short(commit)),
            };
            (format!("{} may be tried again: {why}", name(issue)), None)
        }
        Event::IssueClosed { issue, because } => {
            let why = match because {
                Closed::SustainedHealth => "ten minutes of good health",
                Closed::NoLongerDeclared => "the manifests no longer ask for it",
            };
            (format!("{} is resolved: {why}", name(issue)), None)
        }
        _ => (String::new(), None),
    }
}

fn of_act(event: &Event, memory: &Memory) -> Words {
    match event {
        Event::Decided {
            action,
            tier,
            evidence,
            ..
        } => (format!("Decided to {action} ({tier})"), Some(evidence.join("; "))),
        Event::IntentLogged { intent } => {
            let attempt = if intent.attempt > 0 {
                format!(", attempt {}", intent.attempt)
            } else {
                String::new()
            };
            (
                format!("About to {}{attempt}", intent.action),
                Some(format!("For {}. To undo: {}", intent.origin.label(), intent.undo)),
            )
        }
        Event::EffectAccepted { intent, upid } => (
            format!("{} to {}", taken(intent, memory), act(intent, memory)),
            upid.as_ref().map(|upid| upid.as_str().to_owned()),
        ),
        Event::ReplyUnknown { intent, text } => (
            format!(
                "No clear reply to the request to {}; looking instead of asking twice",
                act(intent, memory)
            ),
            Some(text.clone()),
        ),
        Event::TaskFinished { intent } => (
            format!("The task to {} has ended; verifying", act(intent, memory)),
            None,
        ),
        Event::IntentClosed { intent, outcome } => {
            let act = act(intent, memory);
            let title = match outcome {
                Outcome::Verified => format!("Done and verified: {act}"),
                other => format!("Could not {act}: {}", other.words()),
            };
            (title, None)
        }
        Event::ActionRefused {
            action,
            origin,
            refusal,
        } => (
            format!("Declined to {action}, asked by {}", origin.label()),
            Some(format!(
                "{} ({} {}). {}",
                refusal.reason,
                refusal.rule.code(),
                refusal.resource,
                refusal.unblock
            )),
        ),
        _ => (String::new(), None),
    }
}

/// Who took a request, in the words before its verb.
fn taken(intent: &IntentId, memory: &Memory) -> &'static str {
    match memory.intents.get(intent).map(|intent| &intent.effect) {
        Some(Effect::Host { .. }) => "The host did as asked",
        Some(Effect::Wake { .. }) => "The packet is out",
        _ => "Proxmox took the request",
    }
}

fn of_ticket(event: &Event, memory: &Memory) -> Words {
    match event {
        Event::TicketOpened { ticket } => (
            format!("{} asked to {}", ticket.origin.label(), ticket.action),
            None,
        ),
        Event::TicketConfirmed { ticket, confirmed } => (
            format!("{} confirmed: {}", confirmed.user, request(ticket, memory)),
            None,
        ),
        Event::TicketChanged { ticket, state } => {
            let request = request(ticket, memory);
            let title = match state {
                TicketState::Queued => format!("Waiting its turn: {request}"),
                TicketState::AwaitingConfirmation { .. } => format!("Awaiting your word: {request}"),
                TicketState::Running { .. } => format!("Under way: {request}"),
                TicketState::Done { outcome } => format!("Finished, {}: {request}", outcome.words()),
                TicketState::Refused { refusal } => format!("Declined: {request}: {}", refusal.reason),
                TicketState::Recalled => format!("Taken back: {request}"),
                TicketState::Rejected => format!("Not approved: {request}"),
                TicketState::Expired => format!("Lapsed unanswered: {request}"),
            };
            (title, None)
        }
        Event::Approved { digests, by, .. } => (
            format!("{by} approved {}", count(digests.len(), "recommendation")),
            None,
        ),
        _ => (String::new(), None),
    }
}

fn of_proposal(event: &Event, memory: &Memory) -> Words {
    match event {
        Event::ProposalMade { proposal } => (
            format!("{} proposes: {}", proposal.origin.label(), proposal.title),
            Some(proposal.effect.clone()),
        ),
        Event::ProposalApproved { proposal, by, .. } => {
            (format!("{by} approved: {}", proposed(proposal, memory)), None)
        }
        Event::ProposalRejected { proposal, by, reason } => (
            format!("{by} would rather not: {}", proposed(proposal, memory)),
            Some(reason.clone()),
        ),
        Event::ProposalExpired { proposal } => {
            (format!("Lapsed unanswered: {}", proposed(proposal, memory)), None)
        }
        Event::ProposalPushed {
            proposal,
            commit,
            branch,
            request,
        } => (
            format!(
                "Committed as {} on {branch}: {}",
                short(commit),
                proposed(proposal, memory)
            ),
            request.clone(),
        ),
        Event::ProposalFailed {
            proposal,
            conflict,
            reason,
        } => {
            let what = if *conflict {
                "Overtaken by another change"
            } else {
                "Could not be committed"
            };
            (
                format!("{what}: {}", proposed(proposal, memory)),
                Some(reason.clone()),
            )
        }
        _ => (String::new(), None),
    }
}

fn proposed(id: &ProposalId, memory: &Memory) -> String {
    memory
        .proposals
        .get(id)
        .map_or_else(|| format!("proposal {id}"), |proposal| proposal.title.clone())
}

fn of_access(event: &Event) -> Words {
    match event {
        Event::UserSet { user, role, .. } => (
            format!("The account of {user} was set, role {}", role_word(*role)),
            None,
        ),
        Event::UserRemoved { user, by } => (format!("{by} removed the user {user}"), None),
        Event::SignedIn { user, address, .. } => (format!("{user} signed in from {address}"), None),
        Event::TokenCreated { name, role, by, .. } => (
            format!("{by} made the token {name}, role {}", role_word(*role)),
            None,
        ),
        Event::TokenRevoked { name, by } => (format!("{by} revoked the token {name}"), None),
        Event::SessionsRevoked { user, by } => (format!("{by} signed {user} out everywhere"), None),
        Event::TerminalOpened {
            user, host, login, ..
        } => (format!("{user} opened a terminal on {host} as {login}"), None),
        Event::TerminalClosed {
            user,
            host,
            secs,
            reason,
            ..
        } => (
            format!(
                "The terminal of {user} on {host} ended after {}",
                count(usize::try_from(*secs).unwrap_or(usize::MAX), "second")
            ),
            Some(reason.clone()),
        ),
        _ => (String::new(), None),
    }
}

fn of_cluster(event: &Event) -> Words {
    match event {
        Event::IdentitySeen { vmid, identity } => (format!("Guest {vmid} is {}", identity.0), None),
        Event::IdentityAccepted { vmid, identity, by } => (
            format!("{by} accepted a new guest under number {vmid}"),
            Some(identity.0.clone()),
        ),
        Event::GuestsSeen { running, stopped } => (
            format!(
                "{} seen running, {} stopped",
                count(running.len(), "guest"),
                stopped.len()
            ),
            None,
        ),
        Event::HostDistrusted { host, text } => (
            format!("I no longer speak to {host}: it shows another SSH key than the one I know"),
            Some(text.clone()),
        ),
        Event::HostTrusted { host } => (format!("{host} shows the key I know"), None),
        Event::MacSeen { node, mac } => (format!("Node {node} can be woken at {mac}"), None),
        Event::NodeLost { node } => (format!("Node {node} has left the cluster"), None),
        Event::NodeShutDown { node, text } => (
            format!("Node {node} was shut down on purpose; I leave it alone"),
            Some(text.clone()),
        ),
        Event::NodeReturned { node } => (format!("Node {node} is back"), None),
        Event::QuorumLost => (
            "The cluster has lost its quorum".to_owned(),
            Some("Nothing is done until it may decide again".to_owned()),
        ),
        Event::RoomLacking { text } => ("My disk is full; I begin nothing".to_owned(), Some(text.clone())),
        Event::RoomRegained => ("My disk has room again".to_owned(), None),
        _ => ("The cluster may decide again".to_owned(), None),
    }
}

fn of_person(event: &Event) -> Words {
    match event {
        Event::FreezeSet {
            scope, by, reason, ..
        } => (format!("{by} froze {}", frozen(*scope)), Some(reason.clone())),
        Event::Thawed { by } => (format!("{by} released the freeze"), None),
        Event::FreezeFileFound { scope, reason } => (
            format!("The file `freeze` in the state folder froze {}", frozen(*scope)),
            Some(reason.clone()).filter(|reason| !reason.is_empty()),
        ),
        Event::FreezeFileGone => (
            "The file `freeze` is gone, and its freeze with it".to_owned(),
            None,
        ),
        Event::HoldSet { scope, hold } => (format!("{} holds {scope}", hold.by), Some(hold.reason.clone())),
        Event::HoldReleased { scope, by } => (format!("{by} released the hold on {scope}"), None),
        Event::CeilingSet {
            ceiling: Some(level),
            by,
        } => (format!("{by} capped my autonomy at {level}"), None),
        Event::CeilingSet { ceiling: None, by } => (format!("{by} lifted the cap on my autonomy"), None),
        _ => (String::new(), None),
    }
}

fn frozen(scope: FreezeScope) -> &'static str {
    match scope {
        FreezeScope::Autonomy => "all I do unasked",
        FreezeScope::All => "everything",
    }
}

fn resource_of(event: &Event, memory: &Memory) -> Option<ResourceKey> {
    match event {
        Event::EffectAccepted { intent, .. }
        | Event::ReplyUnknown { intent, .. }
        | Event::TaskFinished { intent }
        | Event::IntentClosed { intent, .. } => memory.intents.get(intent)?.resource.clone(),
        _ => None,
    }
}

fn act(intent: &IntentId, memory: &Memory) -> String {
    memory.intents.get(intent).map_or_else(
        || "carry out an earlier action".to_owned(),
        |intent| intent.action.to_string(),
    )
}

fn request(ticket: &TicketId, memory: &Memory) -> String {
    memory
        .tickets
        .get(ticket)
        .map_or_else(|| format!("ticket {ticket}"), |ticket| ticket.action.to_string())
}

fn name(issue: &IssueKey) -> &str {
    &issue.resource.name
}

fn role_word(role: jarvis_model::Role) -> &'static str {
    match role {
        jarvis_model::Role::Viewer => "viewer",
        jarvis_model::Role::Operator => "operator",
        jarvis_model::Role::Admin => "admin",
    }
}

fn short(commit: &str) -> &str {
    commit.get(..8).unwrap_or(commit)
}

fn count(n: usize, what: &str) -> String {
    if n == 1 {
        format!("1 {what}")
    } else {
        format!("{n} {what}s")
    }
}
