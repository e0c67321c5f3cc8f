//! Asking for an act, and following what becomes of it.

use super::{Outcome, words};
use crate::{answer::Trouble, tool::Call};
use jarvis_controller::{Confirm, NewRequest};
use jarvis_model::{Action, Digest, Scope, Ticket, TicketId, TicketState};
use std::{sync::Arc, time::Duration};

/// Asks, or confirms what an earlier call asked for, and waits for the end as long as the tool may.
pub(super) async fn ask(call: &Call, action: Action, digest: Option<Digest>) -> Result<Outcome, Trouble> {
    let ticket = match digest {
        Some(digest) => second(call, &action, digest).await?,
        None => first(call, action).await?,
    };
    call.step(1, format!("asked to {}: ticket {}", ticket.action, ticket.id));
    follow(call, ticket).await
}

async fn first(call: &Call, action: Action) -> Result<Ticket, Trouble> {
    let request = NewRequest {
        action,
        origin: call.caller.origin().clone(),
        recall: Some(Duration::ZERO),
        hold: None,
    };
    let asked = call.desk.handle.request(request).await;
    asked.map_err(|error| Trouble(error.to_string()))
}

/// The second call: the same act, by the same caller, with the digest of what the first call showed.
async fn second(call: &Call, action: &Action, digest: Digest) -> Result<Ticket, Trouble> {
    let view = call.desk.handle.view();
    let waits = |ticket: &&Ticket| {
        matches!(&ticket.state, TicketState::AwaitingConfirmation { digest: shown, .. } if *shown == digest)
            && ticket.action == *action
            && ticket.origin == *call.caller.origin()
    };
    let Some(ticket) = view.memory.tickets.values().find(waits) else {
        return Err(Trouble(format!(
            "nothing of yours that would {action} waits with this digest (any more): it lapses after 5 minutes, counts \
             once, and for the same arguments only. Call without `digest` first"
        )));
    };
    if !call.caller.may(Scope::OperateRed) {
        return Err(Trouble(format!(
            "a second call does not count for you: it needs the scope `operate-red`. Ticket {} waits for a person, who \
             confirms it on the dashboard",
            ticket.id
        )));
    }
    let confirm = Confirm {
        ticket: Some(ticket.id.clone()),
        digest,
        typed: None,
        by: call.caller.person(),
    };
    let confirmed = call.desk.handle.confirm(confirm).await;
    confirmed.map_err(|error| Trouble(error.to_string()))?;
    let view = call.desk.handle.view();
    let now = view.memory.tickets.get(&ticket.id);
    Ok(now.unwrap_or(ticket).clone())
}

/// Follows a ticket until it is over, waits for a person, or the tool's time is nearly up.
async fn follow(call: &Call, asked: Ticket) -> Result<Outcome, Trouble> {
    let mut views = call.desk.handle.watch();
    let mut patience = Box::pin(tokio::time::sleep(call.patience));
    let (mut ticket, mut told) = (asked, 1);
    loop {
        let view = Arc::clone(&views.borrow_and_update());
        if let Some(now) = view.memory.tickets.get(&ticket.id)
            && *now != ticket
        {
            ticket = now.clone();
            told += 1;
            call.step(told, words::state(&ticket));
        }
        if ticket.state.is_final() || matches!(ticket.state, TicketState::AwaitingConfirmation { .. }) {
            return Ok(words::outcome(call, &ticket));
        }
        tokio::select! {
            changed = views.changed() => {
                if changed.is_err() {
                    return Err(Trouble(format!("Jarvis is shutting down; ticket {} may go on when it is back", ticket.id)));
                }
            }
            () = &mut patience => return Ok(words::outcome(call, &ticket)),
            () = call.cancel.cancelled() => return take_back(call, &ticket.id).await,
        }
    }
}

/// The caller does not want it any more: what has not begun is taken back.
async fn take_back(call: &Call, ticket: &TicketId) -> Result<Outcome, Trouble> {
    let recalled = call
        .desk
        .handle
        .recall(ticket.clone(), call.caller.person())
        .await;
    Err(Trouble(match recalled {
        Ok(()) => format!("cancelled; ticket {ticket} was taken back before it began"),
        Err(error) => format!("cancelled, but {error}"),
    }))
}
