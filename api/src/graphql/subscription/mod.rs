//! The subscription root. Each subscription first gives the present state, then what changes.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async by the contract of the macro"
)]

mod follow;
mod talk;

use super::{
    caller, errors,
    picture::ClusterUpdate,
    query::{EventFilter, Wanted},
    shared,
    types::{
        conversation::ConversationUpdate,
        costs::Costs,
        issue::Alert,
        plan::Plan,
        record::Record,
        scalar::Counter,
        ticket::{Freeze, Ticket},
    },
};
use async_graphql::{Context, Result, Subscription};
use futures::{Stream, StreamExt};
use jarvis_model::TicketId;

/// Everything that can be followed.
pub struct Subscription;

/// Everything that can be followed. Each subscription first gives the present state, then what changes.
#[Subscription]
impl Subscription {
    /// The cluster: first a snapshot, then deltas whose `seq` grows by one. A client that falls behind gets an item with
    /// `resync: true` and then a new snapshot.
    async fn cluster_updates(
        &self,
        context: &Context<'_>,
        #[graphql(
            desc = "Give guests of which nothing but figures changed in `figures` and not in `guests`: with each look \
                    those are nearly all, in a tenth of the bytes.",
            default = false
        )]
        columns: bool,
    ) -> Result<impl Stream<Item = ClusterUpdate> + use<>> {
        Ok(follow::cluster(shared(context)?.clone(), columns))
    }

    /// Journal records as they are written. With `afterSeq` those after it come first, without loss or repeats.
    async fn events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Sequence number of the last record the client has; only new ones when left out.")]
        after_seq: Option<Counter>,
        #[graphql(desc = "Which.", default)] filter: EventFilter,
        #[graphql(desc = "Also bookkeeping that is no line of the feed.", default = false)] all: bool,
    ) -> Result<impl Stream<Item = Result<Record>> + use<>> {
        let (shared, wanted) = (shared(context)?.clone(), Wanted::of(filter)?);
        let records = follow::records(shared, after_seq.map(|seq| seq.0));
        let fits = move |record: &Record| (all || record.feed) && wanted.fits(record);
        Ok(records.filter(move |record| std::future::ready(record.as_ref().map_or(true, &fits))))
    }

    /// The current plan whenever it says something new.
    async fn plan_updates(&self, context: &Context<'_>) -> Result<impl Stream<Item = Plan> + use<>> {
        let plans = follow::changes(shared(context)?.clone(), |moment| {
            follow::PlanChange(moment.view.plan.clone())
        });
        Ok(plans.map(|plan| Plan(plan.0)))
    }

    /// One request until it is over.
    async fn ticket_updates(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its name.")] id: String,
    ) -> Result<impl Stream<Item = Ticket> + use<>> {
        let (shared, id) = (shared(context)?.clone(), TicketId(id));
        if !shared.handle.view().memory.tickets.contains_key(&id) {
            return Err(errors::not_found(format!(
                "there is no ticket {:.60} (any more)",
                id.0
            )));
        }
        let tickets = follow::changes(shared, move |moment| {
            moment.view.memory.tickets.get(&id).map(Ticket::from)
        });
        Ok(follow::until_final(tickets))
    }

    /// All alerts whenever they change.
    async fn alert_updates(&self, context: &Context<'_>) -> Result<impl Stream<Item = Vec<Alert>> + use<>> {
        Ok(follow::changes(shared(context)?.clone(), Alert::all))
    }

    /// One of the caller's conversations: first everything that was said in it, then what changes, as it comes. Who comes back
    /// after a lost connection subscribes again and misses nothing.
    async fn conversation(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its name.")] id: String,
    ) -> Result<impl Stream<Item = ConversationUpdate> + use<>> {
        talk::follow(shared(context)?.clone(), caller(context)?.clone(), id)
    }

    /// What was spent on language models: now, then whenever something is put aside or settled.
    async fn cost_updates(&self, context: &Context<'_>) -> Result<impl Stream<Item = Costs> + use<>> {
        Ok(talk::costs(shared(context)?.clone()))
    }

    /// The kill switch whenever it changes.
    async fn freeze_updates(&self, context: &Context<'_>) -> Result<impl Stream<Item = Freeze> + use<>> {
        Ok(follow::changes(shared(context)?.clone(), |moment| {
            Freeze::of(moment.view.memory.kill_switch(moment.now), moment.now)
        }))
    }
}
