//! The query root, in parts.

mod access;
mod cluster;
mod conversation;
mod history;
mod manifests;
mod outside;
mod preview;
mod proposals;
mod reads;
mod resources;

pub use history::{EventFilter, Wanted};

use async_graphql::MergedObject;

/// Everything that can be read.
#[derive(Default, MergedObject)]
pub struct Query(
    cluster::ClusterQuery,
    resources::ResourceQuery,
    history::HistoryQuery,
    proposals::ProposalQuery,
    manifests::ManifestQuery,
    reads::ReadQuery,
    outside::OutsideQuery,
    conversation::ConversationQuery,
    access::AccessQuery,
);
