//! Queries that a person's screen asks now and then: snapshots, logs of tasks, figures over time, runbooks.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async by the contract of the macro"
)]

use super::cluster::page_complexity;
use crate::graphql::{
    Shared, errors, shared,
    types::{
        read::{GuestSnapshots, History, HourlyHistory},
        runbook::Runbook,
        scalar::Time,
    },
};
use async_graphql::{Context, Object, Result};
use jarvis_controller::reads::Reads;
use jarvis_model::{Upid, Vmid};
use jarvis_ports::LookError;
use std::sync::Arc;

/// Series in one question.
const MOST_SERIES: usize = 100;
/// Series in one question of hourly figures.
const MOST_HOURLY_SERIES: usize = 16;
/// Points of one series.
const MOST_POINTS: i32 = 300;

/// Queries that a person's screen asks now and then.
#[derive(Default)]
pub struct ReadQuery;

#[Object]
impl ReadQuery {
    /// The snapshots of a guest; at most one look at a guest in 30 s, whoever asks.
    async fn snapshots(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Whose.")] vmid: i32,
    ) -> Result<GuestSnapshots> {
        let shared = shared(context)?;
        let number = u32::try_from(vmid).ok().and_then(|number| Vmid::new(number).ok());
        let view = shared.handle.view();
        let guest = number.and_then(|number| view.observed.guests.get(&number));
        let guest = guest.ok_or_else(|| errors::not_found(format!("there is no guest {vmid}")))?;
        let seen = reads(shared)?
            .snapshots(&guest.node, guest.kind, guest.vmid)
            .await;
        Ok(GuestSnapshots::of(vmid, seen.map_err(of_look)?.as_ref()))
    }

    /// What a task wrote, the last 500 lines.
    async fn task_log(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its id.")] upid: String,
    ) -> Result<Vec<String>> {
        let parsed: Upid = upid
            .parse()
            .map_err(|error| errors::invalid(format!("upid: {error}")))?;
        let log = reads(shared(context)?)?.task_log(&parsed).await;
        Ok(log.map_err(of_look)?.as_ref().clone())
    }

    /// Figures in memory of several series: `cpu`, `mem`, `disk` and `temperature` of nodes such as `node/atlas/cpu`, the first
    /// three of guests such as `guest/101/mem`. Shares, 0 to 1, and degrees Celsius. At most 100 series.
    #[graphql(
        complexity = "page_complexity(i32::try_from(series.len()).unwrap_or(i32::MAX), child_complexity)"
    )]
    async fn histories(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] series: Vec<String>,
        #[graphql(desc = "At most so many points of each, the latest.", default = 60)] points: i32,
    ) -> Result<Vec<History>> {
        if series.len() > MOST_SERIES {
            return Err(errors::invalid(format!("series: at most {MOST_SERIES} at once")));
        }
        let most = usize::try_from(points)
            .ok()
            .filter(|_| (1..=MOST_POINTS).contains(&points))
            .ok_or_else(|| errors::invalid(format!("points: 1 to {MOST_POINTS}, not {points}")))?;
        let handle = shared(context)?.handle.clone();
        let read = tokio::task::spawn_blocking(move || {
            let of = |series: String| {
                let points = handle.points(&series);
                History::of(series, points, most)
            };
            series.into_iter().map(of).collect()
        });
        read.await
            .map_err(|_| errors::unavailable("reading was cut short; try again"))
    }

    /// Figures by the hour of several series (`histories` has their names), of at most 90 days. At most 16 series. Hours of the last
    /// week in which Jarvis did not look are Proxmox's own averages, where it has them.
    #[graphql(
        complexity = "page_complexity(i32::try_from(series.len()).unwrap_or(i32::MAX), child_complexity)"
    )]
    async fn hourly_histories(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Which.")] series: Vec<String>,
        #[graphql(desc = "Only hours that began at or after this.")] since: Time,
    ) -> Result<Vec<HourlyHistory>> {
        if series.len() > MOST_HOURLY_SERIES {
            return Err(errors::invalid(format!(
                "series: at most {MOST_HOURLY_SERIES} at once"
            )));
        }
        let handle = &shared(context)?.handle;
        let mut found = Vec::with_capacity(series.len());
        for series in series {
            let hours = handle.hours_with_averages(&series, since.0).await;
            let hours = hours.map_err(|error| errors::unavailable(error.to_string()))?;
            found.push(HourlyHistory::of(series, &hours));
        }
        Ok(found)
    }

    /// Runbooks: those of the manifests by name, then what Jarvis does by itself.
    #[graphql(complexity = "10 * child_complexity")]
    async fn runbooks(&self, context: &Context<'_>) -> Result<Vec<Runbook>> {
        Ok(Runbook::all(&shared(context)?.moment()))
    }
}

fn reads(shared: &Shared) -> Result<&Arc<Reads>> {
    shared
        .handle
        .reads()
        .ok_or_else(|| errors::unavailable("no cluster is behind this"))
}

fn of_look(error: LookError) -> async_graphql::Error {
    match error {
        LookError::Missing { .. } => errors::not_found(error.to_string()),
        _ => errors::unavailable(error.to_string()),
    }
}
