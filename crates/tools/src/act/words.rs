//! What became of a request, in words.

use super::Outcome;
use crate::{moment::Moment, tool::Call};
use jarvis_crds::RunStrategy;
use jarvis_guard::words;
use jarvis_model::{Action, Outcome as End, Refusal, Rule, Scope, Ticket, TicketState, Verdict};
use jarvis_planner::ticket::request;

/// Where a ticket stands, one clause.
pub fn state(ticket: &Ticket) -> String {
    match &ticket.state {
        TicketState::Queued => "queued: it waits for its turn".to_owned(),
        TicketState::AwaitingConfirmation { expires_at, .. } => {
            format!("awaits confirmation until {}", words::time(*expires_at))
        }
        TicketState::Running { .. } => "running".to_owned(),
        TicketState::Done { outcome } => match outcome {
            End::Verified => "done and verified".to_owned(),
            other => format!("did not succeed: {}", other.words()),
        },
        TicketState::Refused { refusal } => format!("refused ({} {})", refusal.rule.code(), refusal.rule),
        TicketState::Recalled => "taken back before it began".to_owned(),
        TicketState::Rejected => "rejected by a person".to_owned(),
        TicketState::Expired if ticket.confirmed.is_some() => {
            "lapsed: it was confirmed, but the plan gave it no turn in time".to_owned()
        }
        TicketState::Expired => "lapsed: nobody confirmed it, or it did not get its turn in time".to_owned(),
    }
}

fn word(ticket: &Ticket) -> &'static str {
    match &ticket.state {
        TicketState::Queued => "queued",
        TicketState::AwaitingConfirmation { .. } => "awaiting-confirmation",
        TicketState::Running { .. } => "running",
        TicketState::Done {
            outcome: End::Verified,
        } => "done",
        TicketState::Done { .. } => "failed",
        TicketState::Refused { .. } => "refused",
        TicketState::Recalled => "recalled",
        TicketState::Rejected => "rejected",
        TicketState::Expired => "expired",
    }
}

/// The answer about a ticket as it stands now.
pub(super) fn outcome(call: &Call, ticket: &Ticket) -> Outcome {
    let moment = call.desk.moment();
    let mut outcome = Outcome {
        ticket: ticket.id.to_string(),
        state: word(ticket).to_owned(),
        words: format!(
            "{}: {}.",
            words::capitalised(&ticket.action.to_string()),
            state(ticket)
        ),
        tier: None,
        digest: None,
        rule: None,
        resource: None,
        unblock: None,
        notes: warnings(ticket, &moment),
    };
    match &ticket.state {
        TicketState::Refused { refusal } => refused(&mut outcome, refusal),
        TicketState::AwaitingConfirmation { .. } => awaiting(&mut outcome, call, ticket, &moment),
        TicketState::Queued | TicketState::Running { .. } => goes_on(&mut outcome, ticket, &moment),
        _ => {}
    }
    outcome
}

fn refused(outcome: &mut Outcome, refusal: &Refusal) {
    outcome.tier = Some(refusal.tier.to_string());
    outcome.rule = Some(format!("{} {}", refusal.rule.code(), refusal.rule));
    outcome.resource = Some(refusal.resource.clone());
    outcome.unblock = Some(refusal.unblock.clone());
    outcome.words = format!(
        "Refused ({} {}, {}): {} What would unblock it: {}",
        refusal.rule.code(),
        refusal.rule,
        refusal.resource,
        refusal.reason,
        refusal.unblock
    );
}

fn awaiting(outcome: &mut Outcome, call: &Call, ticket: &Ticket, moment: &Moment) {
    let TicketState::AwaitingConfirmation {
        digest, expires_at, ..
    } = &ticket.state
    else {
        return;
    };
    let asked = request(ticket, &moment.input());
    let facts = moment.facts();
    outcome.digest = Some(digest.to_string());
    let tier = jarvis_guard::preview(&asked, &facts).tier;
    outcome.tier = Some(tier.to_string());
    outcome.notes = before(ticket, moment);
    let (rule, reason) = match jarvis_guard::judge(&asked, &facts) {
        Verdict::Confirm { rule, reason, .. } => (rule, reason),
        _ => (Rule::Confirmation, String::new()),
    };
    let how = if rule == Rule::Confirmation && call.caller.may(Scope::OperateRed) {
        format!(
            "If the person you work for wants exactly this, call {} again with the same arguments and this digest",
            call.tool
        )
    } else {
        format!(
            "A person confirms ticket {} on the dashboard; you cannot. get_plan shows what became of it",
            ticket.id
        )
    };
    outcome.words = format!(
        "Nothing was done yet. To {} is {} and needs a confirmation until {}. {reason} {how}.",
        ticket.action,
        tier,
        words::time(*expires_at)
    );
}

/// What to know of a request: while it waits for a yes all of it, until it is over what the guard would warn of.
pub fn notes(ticket: &Ticket, moment: &Moment) -> Vec<String> {
    match ticket.state {
        TicketState::AwaitingConfirmation { .. } => before(ticket, moment),
        TicketState::Queued | TicketState::Running { .. } => warnings(ticket, moment),
        _ => Vec::new(),
    }
}

/// What to know before saying yes to a request: what it would interrupt, how the vote would stand, how to undo it, what the
/// guard would warn of.
pub fn before(ticket: &Ticket, moment: &Moment) -> Vec<String> {
    let asked = request(ticket, &moment.input());
    let preview = jarvis_guard::preview(&asked, &moment.facts());
    let interrupted = preview.interrupts.iter().map(|what| format!("interrupts {what}"));
    let more = [
        format!("quorum: {}", preview.quorum_after),
        format!("to undo: {}", preview.undo),
    ];
    interrupted.chain(more).chain(warnings(ticket, moment)).collect()
}

fn goes_on(outcome: &mut Outcome, ticket: &Ticket, moment: &Moment) {
    let subject = format!("ticket {}", ticket.id);
    let report = moment.view.plan.report.iter();
    let why = report
        .filter(|line| line.subject == subject)
        .map(|line| line.text.clone())
        .next();
    let why = why.map_or_else(String::new, |why| format!(" {why}"));
    outcome.words = format!(
        "{} is still {}, ticket {}.{why} Ask get_plan with this ticket for its end; do not ask for it again.",
        words::capitalised(&ticket.action.to_string()),
        outcome.state,
        ticket.id
    );
}

/// What to know besides: what the guard would tell a person, and a manifest that wants the opposite.
fn warnings(ticket: &Ticket, moment: &Moment) -> Vec<String> {
    let asked = request(ticket, &moment.input());
    let mut warnings = jarvis_guard::warnings(&asked, &moment.facts());
    let wanted = ticket
        .action
        .vmid()
        .and_then(|vmid| moment.view.desired.guest_by_vmid(vmid));
    if let Some((key, manifest)) = wanted
        && let Some(then) = undone(&ticket.action, manifest.spec.run_strategy)
    {
        let strategy = manifest.spec.run_strategy;
        warnings.push(match ticket.hold_secs {
            Some(secs) => format!("{key} says {strategy:?}; a hold of {} min comes with it, and after that Jarvis follows the manifest again.", secs / 60),
            None => format!(
                "{key} says {strategy:?}, so Jarvis will {then} it again unless it is held (`jarvis hold {key}`) or the manifest changes."
            ),
        });
    }
    warnings
}

/// What the reconciler would do about an act, by the manifest.
fn undone(action: &Action, strategy: RunStrategy) -> Option<&'static str> {
    match (action, strategy) {
        (Action::ShutdownGuest { .. } | Action::StopGuest { .. }, RunStrategy::Always) => Some("start"),
        (Action::StartGuest { .. }, RunStrategy::Halted) => Some("shut down"),
        _ => None,
    }
}
