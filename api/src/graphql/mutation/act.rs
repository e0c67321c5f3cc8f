//! Mutations that ask for acts and steer the reconciler.

use super::input::{ActionInput, digest, reason, span, vmid};
use crate::graphql::{
    caller, errors, shared,
    types::{
        ticket::{Freeze, Ticket},
        word::{Autonomy, FreezeScope},
    },
};
use async_graphql::{Context, Object, Result};
use jarvis_controller::{Confirm, NewRequest};
use jarvis_model::{Freeze as Switch, HoldScope, Identity, IssueKey, Origin, TicketId, Timestamp};

/// Mutations that ask for acts and steer the reconciler.
#[derive(Default)]
pub struct ActMutation;

#[Object]
impl ActMutation {
    /// Asks for an action. The ticket says at once what became of it: queued, awaiting confirmation, or refused.
    async fn request_action(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "What.")] action: ActionInput,
        #[graphql(desc = "How long it can be recalled before it begins, seconds.")] recall_seconds: Option<
            i32,
        >,
        #[graphql(
            desc = "Put a hold of this many seconds on the target, so that the reconciler does not undo it."
        )]
        hold_seconds: Option<i32>,
    ) -> Result<Ticket> {
        let person = caller(context)?.person();
        let request = NewRequest {
            action: action.action()?,
            origin: Origin::Person {
                user: person.user,
                role: person.role,
                door: person.door,
            },
            recall: span("recallSeconds", recall_seconds)?,
            hold: span("holdSeconds", hold_seconds)?,
        };
        let ticket = shared(context)?
            .handle
            .request(request)
            .await
            .map_err(errors::of_command)?;
        Ok((&ticket).into())
    }

    /// Confirms a ticket, a recommendation, a whole plan or a withheld revision by the digest of what was seen.
    async fn confirm(
        &self,
        context: &Context<'_>,
        #[graphql(name = "digest", desc = "Digest of what was seen.")] digest_seen: String,
        #[graphql(desc = "The ticket, when it is one.")] ticket: Option<String>,
        #[graphql(desc = "The target's name, where it must be typed.")] typed: Option<String>,
    ) -> Result<bool> {
        let confirm = Confirm {
            ticket: ticket.map(TicketId),
            digest: digest(&digest_seen)?,
            typed,
            by: caller(context)?.person(),
        };
        shared(context)?
            .handle
            .confirm(confirm)
            .await
            .map_err(errors::of_command)?;
        Ok(true)
    }

    /// Says no to a confirmation.
    async fn reject(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] ticket: String,
    ) -> Result<bool> {
        let by = caller(context)?.person();
        shared(context)?
            .handle
            .reject(TicketId(ticket), by)
            .await
            .map_err(errors::of_command)?;
        Ok(true)
    }

    /// Takes a request back before it begins.
    async fn recall(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] ticket: String,
    ) -> Result<bool> {
        let by = caller(context)?.person();
        shared(context)?
            .handle
            .recall(TicketId(ticket), by)
            .await
            .map_err(errors::of_command)?;
        Ok(true)
    }

    /// Pulls the kill switch.
    async fn freeze(
        &self,
        context: &Context<'_>,
        #[graphql(name = "reason", desc = "Why.")] why: String,
        #[graphql(desc = "Whom it stops.", default_with = "FreezeScope::Autonomy")] scope: FreezeScope,
        #[graphql(desc = "For how long, seconds; until thawed when left out.")] ttl_seconds: Option<i32>,
    ) -> Result<Freeze> {
        let (by, shared) = (caller(context)?.person(), shared(context)?);
        let (why, ttl) = (reason(&why)?, span("ttlSeconds", ttl_seconds)?);
        let now: Timestamp = shared.clock.now();
        let set = Switch::On {
            scope: scope.into(),
            by: by.user.clone(),
            reason: why.clone(),
            since: now,
            until: ttl.map(|ttl| now + ttl),
        };
        shared
            .handle
            .freeze(scope.into(), why, ttl, by)
            .await
            .map_err(errors::of_command)?;
        Ok(Freeze::of(&set, now))
    }

    /// Releases the kill switch.
    async fn thaw(&self, context: &Context<'_>) -> Result<bool> {
        let by = caller(context)?.person();
        shared(context)?
            .handle
            .thaw(by)
            .await
            .map_err(errors::of_command)?;
        Ok(true)
    }

    /// Puts a hold: the reconciler leaves the scope alone.
    async fn hold(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "`cluster`, `node:NAME` or `Kind/name`.")] scope: String,
        #[graphql(name = "reason", desc = "Why.")] why: String,
        #[graphql(desc = "For how long, seconds; an hour when left out.")] ttl_seconds: Option<i32>,
    ) -> Result<bool> {
        let (by, scope) = (caller(context)?.person(), hold_scope(&scope)?);
        let (why, ttl) = (reason(&why)?, span("ttlSeconds", ttl_seconds)?);
        shared(context)?
            .handle
            .hold(scope, why, ttl, by)
            .await
            .map_err(errors::of_command)?;
        Ok(true)
    }

    /// Releases a hold.
    async fn release(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "`cluster`, `node:NAME` or `Kind/name`.")] scope: String,
    ) -> Result<bool> {
        let (by, scope) = (caller(context)?.person(), hold_scope(&scope)?);
        shared(context)?
            .handle
            .release(scope, by)
            .await
            .map_err(errors::of_command)?;
        Ok(true)
    }

    /// Accepts a new guest under a known number.
    async fn accept_identity(
        &self,
        context: &Context<'_>,
        #[graphql(name = "vmid", desc = "Which number.")] number: i32,
        #[graphql(desc = "The identity that was seen.")] identity: String,
    ) -> Result<bool> {
        let by = caller(context)?.person();
        let (vmid, identity) = (vmid(number)?, Identity(identity.trim().to_lowercase()));
        shared(context)?
            .handle
            .accept_identity(vmid, identity, by)
            .await
            .map_err(errors::of_command)?;
        Ok(true)
    }

    /// Sets the ceiling over all autonomy, or lifts it when no level is given.
    async fn set_autonomy_ceiling(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "The level.")] ceiling: Option<Autonomy>,
    ) -> Result<bool> {
        let by = caller(context)?.person();
        shared(context)?
            .handle
            .set_ceiling(ceiling.map(Into::into), by)
            .await
            .map_err(errors::of_command)?;
        Ok(true)
    }

    /// Looks at cluster and repository and plans, now.
    async fn reconcile_now(&self, context: &Context<'_>) -> Result<bool> {
        let by = caller(context)?.person();
        shared(context)?
            .handle
            .reconcile_now(by)
            .await
            .map_err(errors::of_command)?;
        Ok(true)
    }

    /// Acknowledges an issue: an escalation ends, attempts count anew.
    async fn acknowledge(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "`Kind/name#issue-kind`.")] issue: String,
    ) -> Result<bool> {
        let by = caller(context)?.person();
        let issue: IssueKey = issue
            .parse()
            .map_err(|error| errors::invalid(format!("{error}")))?;
        shared(context)?
            .handle
            .acknowledge(issue, by)
            .await
            .map_err(errors::of_command)?;
        Ok(true)
    }
}

fn hold_scope(text: &str) -> Result<HoldScope> {
    text.parse()
        .map_err(|error| errors::invalid(format!("scope: {error}")))
}
