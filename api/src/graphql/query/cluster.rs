//! Queries of the live cluster.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async by the contract of the macro"
)]

use crate::graphql::{
    errors, shared,
    types::{
        cluster::{Cluster, Guest, LastBackup, Node, Quorum, Storage, Task},
        host::{PassedLimit, Service},
        paging::{self, DEFAULT_PAGE, GuestFilter, GuestOrder, GuestPage},
    },
};
use async_graphql::{Context, Object, Result};
use jarvis_model::Vmid;

/// Queries of the live cluster.
#[derive(Default)]
pub struct ClusterQuery;

#[Object]
impl ClusterQuery {
    /// The clusters Jarvis looks after.
    async fn clusters(&self, context: &Context<'_>) -> Result<Vec<Cluster>> {
        Ok(vec![Cluster::of(&shared(context)?.moment())])
    }

    /// All nodes, by name.
    #[graphql(complexity = "10 * child_complexity")]
    async fn nodes(&self, context: &Context<'_>) -> Result<Vec<Node>> {
        Ok(Node::all(&shared(context)?.moment()))
    }

    /// One node by name; null when there is none.
    async fn node(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its name.")] name: String,
    ) -> Result<Option<Node>> {
        Ok(Node::all(&shared(context)?.moment())
            .into_iter()
            .find(|node| node.name == name))
    }

    /// All declared services, by key.
    #[graphql(complexity = "10 * child_complexity")]
    async fn services(&self, context: &Context<'_>) -> Result<Vec<Service>> {
        Ok(Service::all(&shared(context)?.moment()))
    }

    /// Figures beyond their limits, by issue.
    #[graphql(complexity = "10 * child_complexity")]
    async fn passed_limits(&self, context: &Context<'_>) -> Result<Vec<PassedLimit>> {
        Ok(PassedLimit::all(&shared(context)?.moment()))
    }

    /// Guests in pages of at most 100.
    #[graphql(complexity = "page_complexity(first, child_complexity)")]
    async fn guests(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.", default)] filter: GuestFilter,
        #[graphql(desc = "In which order.", default_with = "GuestOrder::Vmid")] order: GuestOrder,
        #[graphql(desc = "At most so many.", default = 50)] first: i32,
        #[graphql(desc = "Those after this cursor.")] after: Option<String>,
    ) -> Result<GuestPage> {
        let guests = Guest::all(&shared(context)?.moment());
        paging::page(guests, &filter, order, first, after.as_deref()).map_err(errors::invalid)
    }

    /// One guest by number; null when there is none.
    async fn guest(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its number.")] vmid: i32,
    ) -> Result<Option<Guest>> {
        Ok(Guest::all(&shared(context)?.moment())
            .into_iter()
            .find(|guest| guest.vmid == vmid))
    }

    /// All storages.
    #[graphql(complexity = "10 * child_complexity")]
    async fn storage(&self, context: &Context<'_>) -> Result<Vec<Storage>> {
        Ok(Storage::all(&shared(context)?.moment()))
    }

    /// Whether the cluster may decide.
    async fn quorum(&self, context: &Context<'_>) -> Result<Quorum> {
        Ok(Quorum::of(&shared(context)?.moment()))
    }

    /// When a guest was last backed up.
    async fn last_backup(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose.")] vmid: i32,
    ) -> Result<LastBackup> {
        let moment = shared(context)?.moment();
        let number = u32::try_from(vmid).ok().and_then(|number| Vmid::new(number).ok());
        let guest = number.and_then(|number| moment.view.observed.guests.get(&number));
        let guest = guest.ok_or_else(|| errors::not_found(format!("there is no guest {vmid}")))?;
        Ok(LastBackup::of(guest.vmid, &moment))
    }

    /// Recent tasks, newest first.
    #[graphql(complexity = "page_complexity(first, child_complexity)")]
    async fn tasks(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most so many.", default = 50)] first: i32,
        #[graphql(desc = "Only those working on this guest.")] vmid: Option<i32>,
        #[graphql(desc = "Only those that this node runs.")] node: Option<String>,
    ) -> Result<Vec<Task>> {
        let first = page_size(first)?;
        let tasks = shared(context)?.moment();
        let tasks = tasks.view.observed.tasks.iter().map(Task::from);
        Ok(tasks
            .filter(|task| vmid.is_none() || task.vmid == vmid)
            .filter(|task| node.as_ref().is_none_or(|node| *node == task.node))
            .take(first)
            .collect())
    }
}

/// What a page costs: its size times its fields.
pub(super) fn page_complexity(first: i32, child_complexity: usize) -> usize {
    usize::try_from(first)
        .unwrap_or(DEFAULT_PAGE as usize)
        .saturating_mul(child_complexity)
}

/// A page size within 1 to 100.
pub(super) fn page_size(first: i32) -> Result<usize> {
    let fine = (1..=paging::MAX_PAGE).contains(&first);
    let size = usize::try_from(first).ok().filter(|_| fine);
    size.ok_or_else(|| {
        errors::invalid(format!(
            "first: a page has 1 to {} entries, not {first}",
            paging::MAX_PAGE
        ))
    })
}
