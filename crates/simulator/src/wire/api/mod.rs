//! The API: one module a subject, each with its routes and handlers.

#![expect(
    clippy::unnecessary_wraps,
    reason = "all handlers have one signature, also those that never refuse"
)]

mod access;
mod accounts;
mod agent;
mod backups;
mod cluster;
mod consoles;
mod guest_config;
mod guests;
mod ha;
mod ha_moves;
mod ha_rules;
mod index;
mod journal;
mod lifecycle;
mod network;
mod node_pages;
mod node_status;
mod nodes;
mod resources;
mod rrd;
mod services;
mod snapshots;
mod storage;
mod tasks;

use super::route::Route;

/// Every route.
pub static ROUTES: &[&[Route]] = &[
    cluster::ROUTES,
    resources::ROUTES,
    nodes::ROUTES,
    node_status::ROUTES,
    services::ROUTES,
    guests::ROUTES,
    guest_config::ROUTES,
    snapshots::ROUTES,
    agent::ROUTES,
    consoles::ROUTES,
    tasks::ROUTES,
    ha::ROUTES,
    ha_moves::ROUTES,
    ha_rules::ROUTES,
    access::ROUTES,
    accounts::ROUTES,
    storage::ROUTES,
    rrd::ROUTES,
    lifecycle::ROUTES,
    backups::ROUTES,
    journal::ROUTES,
    network::ROUTES,
    node_pages::ROUTES,
    index::ROUTES,
];
