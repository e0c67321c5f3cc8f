//! Tells in a conversation how what was asked for in it ended: requests by their tickets, proposals until the cluster is as
//! they want it. What was to be told before a restart is told after it.

use crate::{
    assistant::Inner,
    message::{ConversationId, Fact, Mind},
    talk::{Awaited, Talk},
};
use jarvis_controller::View;
use jarvis_guard::words::capitalised;
use jarvis_model::{
    Condition, Outcome, Proposal, ProposalState, Sync as InSync, Ticket, TicketId, TicketState, Timestamp,
};
use jarvis_planner::ticket::{CONFIRM_WITHIN, TURN_WITHIN};
use jarvis_tools::act::words;
use std::{collections::BTreeSet, sync::Arc, time::Duration};
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

/// How long one waits until the cluster is as a proposal wants it, before saying what is not.
const PATIENCE: Duration = Duration::from_mins(10);

/// A conversation of a user's.
pub(crate) type Place = (String, ConversationId);

/// Tells until it is stopped.
pub(crate) async fn run(inner: &Arc<Inner>, mut news: UnboundedReceiver<Place>, stop: &CancellationToken) {
    let mut views = inner.registry.desk().handle.watch();
    let mut places: BTreeSet<Place> = match inner.talks.open() {
        Ok(places) => places.into_iter().collect(),
        Err(error) => {
            tracing::warn!(%error, "what was asked for before the start is not reported in its conversation");
            BTreeSet::new()
        }
    };
    let mut asked = BTreeSet::new();
    loop {
        let view = Arc::clone(&views.borrow_and_update());
        places.retain(|place| tell(inner, place, &mut asked, &view));
        tokio::select! {
            changed = views.changed() => if changed.is_err() { return },
            place = news.recv() => match place {
                Some(place) => drop(places.insert(place)),
                None => return,
            },
            () = stop.cancelled() => return,
        }
    }
}

/// Tells what has ended in one conversation; whether something in it is still awaited.
fn tell(inner: &Inner, (user, id): &Place, asked: &mut BTreeSet<TicketId>, view: &View) -> bool {
    let talk = match inner.talks.find(user, id) {
        Ok(Some(talk)) => talk,
        Ok(None) => return false,
        Err(error) => {
            tracing::warn!(%error, "a conversation cannot be read");
            return false;
        }
    };
    let now = inner.now();
    let mut changed = false;
    for awaited in talk.awaited() {
        note_asked(asked, &awaited, view);
        let Some(ended) = ended(&awaited, asked, view, now) else {
            continue;
        };
        if talk.told(&awaited) {
            say(&talk, ended, now);
            changed = true;
            if let Awaited::Ticket { id } = &awaited {
                asked.remove(id);
            }
        }
    }
    if changed {
        inner.keep(&talk);
    }
    !talk.awaited().is_empty()
}

/// Notes which requests a person was asked to confirm. That is not kept: after a restart a request that lapses counts as asked
/// when it waits at the first look.
fn note_asked(asked: &mut BTreeSet<TicketId>, awaited: &Awaited, view: &View) {
    let Awaited::Ticket { id } = awaited else { return };
    let state = view.memory.tickets.get(id).map(|ticket| &ticket.state);
    if let Some(TicketState::AwaitingConfirmation { .. }) = state {
        asked.insert(id.clone());
    }
}

/// How something ended.
struct Ended {
    text: Option<String>,
    facts: Vec<Fact>,
    next: Option<Awaited>,
}

fn say(talk: &Talk, ended: Ended, now: Timestamp) {
    if let Some(next) = ended.next {
        talk.await_end(next);
    }
    let Some(text) = ended.text else { return };
    talk.say(&text, now, |message| {
        message.facts = ended.facts;
        message.mind = Some(Mind::built_in("reports how it ended"));
    });
}

fn ended(awaited: &Awaited, asked: &BTreeSet<TicketId>, view: &View, now: Timestamp) -> Option<Ended> {
    match awaited {
        Awaited::Ticket { id } => match view.memory.tickets.get(id) {
            Some(ticket) => ticket_ended(ticket, asked.contains(id), now),
            // It is remembered no more, so it has been over for long.
            None => Some(Ended {
                text: None,
                facts: Vec::new(),
                next: None,
            }),
        },
        Awaited::Proposal { id } => match view.memory.proposals.get(id) {
            Some(proposal) => proposal_ended(proposal),
            None => Some(Ended {
                text: None,
                facts: Vec::new(),
                next: None,
            }),
        },
        Awaited::Declared { id, since } => {
            let Some(proposal) = view.memory.proposals.get(id) else {
                return Some(Ended {
                    text: None,
                    facts: Vec::new(),
                    next: None,
                });
            };
            declared(proposal, view, now.since(*since))
        }
    }
}

/// Which of the two lapsed: the time to confirm it, or the time in which the plan had to give it a turn.
fn lapsed(ticket: &Ticket, was_asked: bool) -> String {
    let what = &ticket.action;
    let (confirm, turn) = (CONFIRM_WITHIN.as_secs() / 60, TURN_WITHIN.as_secs() / 60);
    let why = if ticket.confirmed.is_some() {
        format!("it was confirmed, but the plan gave it no turn within {turn} minutes")
    } else if was_asked {
        format!("nobody confirmed it within {confirm} minutes")
    } else {
        format!("the plan gave it no turn within {turn} minutes, so nobody was asked to confirm it")
    };
    format!("I did not {what}: {why}. Ask again if it is still wanted.")
}

fn ticket_ended(ticket: &Ticket, was_asked: bool, now: Timestamp) -> Option<Ended> {
    if !ticket.state.is_final() {
        return None;
    }
    let what = ticket.action.to_string();
    let text = match &ticket.state {
        TicketState::Done {
            outcome: Outcome::Verified,
        } => format!("{}: done, and verified.", capitalised(&what)),
        TicketState::Rejected | TicketState::Recalled => format!("Very good. I did not {what}."),
        TicketState::Expired => lapsed(ticket, was_asked),
        // The card has the rule, the resource, and what would unblock it.
        TicketState::Refused { refusal } => {
            format!("I must decline to {what}. {}", capitalised(&refusal.reason))
        }
        _ => format!(
            "{}: {}.",
            capitalised(&what),
            words::state(ticket).trim_end_matches('.')
        ),
    };
    let fact = Fact {
        claim: format!("{what}: {}", words::state(ticket)),
        source: format!("ticket {}", ticket.id),
        at: Some(now),
    };
    Some(Ended {
        text: Some(text),
        facts: vec![fact],
        next: None,
    })
}

fn proposal_ended(proposal: &Proposal) -> Option<Ended> {
    let title = &proposal.title;
    let (text, next) = match &proposal.state {
        ProposalState::Waiting | ProposalState::Approved { .. } => return None,
        ProposalState::Failed { reason, .. } => {
            let text = format!("“{title}” could not be pushed: {reason}");
            (text, None)
        }
        ProposalState::Pushed {
            request: Some(request),
            branch,
            ..
        } => {
            let text = format!(
                "“{title}” is pushed to the branch {branch}, and waits to be merged there. {request}"
            );
            (text, None)
        }
        ProposalState::Pushed { request: None, .. } => return None,
        ProposalState::Applied { revision, at, .. } => {
            let text = format!("“{title}” is in force with revision {revision:.7}. I am seeing to it.");
            let next = Awaited::Declared {
                id: proposal.id.clone(),
                since: *at,
            };
            (text, Some(next))
        }
        ProposalState::Rejected { by, .. } => (
            format!("“{title}” was turned down by {by}. Nothing changes."),
            None,
        ),
        ProposalState::Expired { .. } => (
            format!("Nobody approved “{title}” in time. Nothing changes."),
            None,
        ),
        ProposalState::Conflict { reason, .. } => {
            (format!("“{title}” cannot be made any more: {reason}"), None)
        }
    };
    let fact = Fact {
        claim: format!("{title}: {}", proposal.state.word()),
        source: format!("proposal {}", proposal.id),
        at: None,
    };
    Some(Ended {
        text: Some(text),
        facts: vec![fact],
        next,
    })
}

/// Whether every resource of a proposal is as it says; after some time, which are not and why.
fn declared(proposal: &Proposal, view: &View, waited: Duration) -> Option<Ended> {
    let wanted = proposal.resources.iter().filter(|(_, hash)| hash.is_some());
    let (mut open, mut facts) = (Vec::new(), Vec::new());
    for (key, _) in wanted {
        let status = view.plan.statuses.get(key);
        if status.is_some_and(|status| status.sync == InSync::Synced) {
            facts.push(Fact {
                claim: format!("{key} is as declared"),
                source: format!("{key} sync"),
                at: Some(view.plan.at),
            });
        } else {
            let why = status.and_then(|status| status.conditions.iter().find(|one| !one.message.is_empty()));
            let why = why.map_or("it is not in the plan yet", |one: &Condition| {
                one.message.as_str()
            });
            open.push(format!("- {key}: {why}"));
        }
    }
    let text = match (open.is_empty(), waited < PATIENCE) {
        (true, _) if facts.is_empty() => "It is done.".to_owned(),
        (true, _) => "It is done: everything it names is as declared.".to_owned(),
        (false, true) => return None,
        (false, false) => format!(
            "It is in force, but not everything is as declared yet:\n{}",
            open.join("\n")
        ),
    };
    Some(Ended {
        text: Some(text),
        facts,
        next: None,
    })
}
