//! The query root, in four parts.

mod access;
mod cluster;
mod history;
mod preview;
mod resources;

pub use history::{EventFilter, Wanted};

use async_graphql::MergedObject;

/// Everything that can be read.
#[derive(Default, MergedObject)]
pub struct Query(
    cluster::ClusterQuery,
    resources::ResourceQuery,
    history::HistoryQuery,
    access::AccessQuery,
);
