//! Tickets, holds and the kill switch.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async by the contract of the macro"
)]

use super::{
    plan::{Action, Refusal},
    scalar::{Counter, Time},
    word::{FreezeScope, FreezeState, TicketState},
};
use crate::graphql::shared;
use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use jarvis_model::{
    Freeze as Switch, Hold as Held, HoldScope, Ticket as Asked, TicketId, TicketState as Stands, Timestamp,
};
use jarvis_tools::{act::words, moment::Moment};

/// A request for an action.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
#[graphql(complex)]
pub struct Ticket {
    /// Its name.
    pub id: String,
    /// What is asked for.
    pub action: Action,
    /// Who asks.
    pub origin: String,
    /// When.
    pub created_at: Time,
    /// Nothing is sent before this; until then it can be recalled.
    pub not_before: Time,
    /// A hold of this many seconds is put on the target with it.
    pub hold_seconds: Option<Counter>,
    /// Who confirmed it.
    pub confirmed_by: Option<String>,
    /// Where it stands.
    pub state: TicketState,
    /// Whether nothing more will come.
    pub is_final: bool,
    /// The digest to confirm, while it waits for that.
    pub digest: Option<String>,
    /// Whether the target's name must be typed to confirm.
    pub typed: bool,
    /// When the confirmation lapses.
    pub expires_at: Option<Time>,
    /// The intent that carries it out.
    pub intent: Option<String>,
    /// How it ended, in words.
    pub outcome: Option<String>,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
}

#[ComplexObject]
impl Ticket {
    /// What to know of it: while it waits for a yes what it would interrupt, how the vote would stand and how to undo it; until it
    /// is over what the guard warns of, such as a closed window.
    async fn notes(&self, context: &Context<'_>) -> Result<Vec<String>> {
        let shared = shared(context)?;
        let moment = Moment {
            view: shared.handle.view(),
            now: shared.clock.now(),
        };
        let asked = moment.view.memory.tickets.get(&TicketId(self.id.clone()));
        Ok(asked.map_or_else(Vec::new, |ticket| words::notes(ticket, &moment)))
    }
}

impl From<&Asked> for Ticket {
    fn from(ticket: &Asked) -> Self {
        let mut made = Self {
            id: ticket.id.to_string(),
            action: (&ticket.action).into(),
            origin: ticket.origin.label(),
            created_at: ticket.created_at.into(),
            not_before: ticket.not_before.into(),
            hold_seconds: ticket.hold_secs.map(Counter),
            confirmed_by: ticket.confirmed.as_ref().map(|confirmed| confirmed.user.clone()),
            state: TicketState::Queued,
            is_final: ticket.state.is_final(),
            digest: None,
            typed: false,
            expires_at: None,
            intent: None,
            outcome: None,
            refusal: None,
        };
        match &ticket.state {
            Stands::Queued => {}
            Stands::AwaitingConfirmation {
                digest,
                typed,
                expires_at,
            } => {
                made.state = TicketState::AwaitingConfirmation;
                (made.digest, made.typed, made.expires_at) =
                    (Some(digest.to_string()), *typed, Some(Time(*expires_at)));
            }
            Stands::Running { intent } => {
                (made.state, made.intent) = (TicketState::Running, Some(intent.to_string()));
            }
            Stands::Done { outcome } => {
                (made.state, made.outcome) = (TicketState::Done, Some(outcome.words()));
            }
            Stands::Refused { refusal } => {
                (made.state, made.refusal) = (TicketState::Refused, Some(refusal.into()));
            }
            Stands::Recalled => made.state = TicketState::Recalled,
            Stands::Rejected => made.state = TicketState::Rejected,
            Stands::Expired => made.state = TicketState::Expired,
        }
        made
    }
}

/// A hold: the reconciler leaves its scope alone.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Hold {
    /// `cluster`, `node:NAME` or `Kind/name`.
    pub scope: String,
    /// Who put it.
    pub by: String,
    /// Why.
    pub reason: String,
    /// Since.
    pub since: Time,
    /// Until; absent means until released.
    pub until: Option<Time>,
}

impl Hold {
    /// A hold and its scope.
    pub fn of(scope: &HoldScope, hold: &Held) -> Self {
        Self {
            scope: scope.to_string(),
            by: hold.by.clone(),
            reason: hold.reason.clone(),
            since: hold.since.into(),
            until: hold.until.map(Time),
        }
    }
}

/// The kill switch.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Freeze {
    /// Whether it is on.
    pub state: FreezeState,
    /// Whom it stops.
    pub scope: Option<FreezeScope>,
    /// Who pulled it.
    pub by: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// Since.
    pub since: Option<Time>,
    /// Until; absent means until thawed.
    pub until: Option<Time>,
}

impl Freeze {
    /// The switch at an instant; one whose time is over is off.
    pub fn of(freeze: &Switch, now: Timestamp) -> Self {
        let off = Self {
            state: FreezeState::Off,
            scope: None,
            by: None,
            reason: None,
            since: None,
            until: None,
        };
        match (freeze, freeze.scope_at(now)) {
            (
                Switch::On {
                    by,
                    reason,
                    since,
                    until,
                    ..
                },
                Some(scope),
            ) => Self {
                state: FreezeState::On,
                scope: Some(scope.into()),
                by: Some(by.clone()),
                reason: Some(reason.clone()),
                since: Some((*since).into()),
                until: until.map(Time),
            },
            (Switch::Unreadable { reason }, Some(scope)) => Self {
                state: FreezeState::Unreadable,
                scope: Some(scope.into()),
                reason: Some(reason.clone()),
                ..off
            },
            _ => off,
        }
    }
}
