//! The API: one module a subject, each with its routes and handlers.

#![expect(
    clippy::unnecessary_wraps,
    reason = "all handlers have one signature, also those that never refuse"
)]

mod access;
mod cluster;
mod guest_config;
mod guests;
mod ha;
mod nodes;
mod resources;
mod rrd;
mod services;
mod storage;
mod tasks;

use super::route::Route;

/// Every route.
pub static ROUTES: &[&[Route]] = &[
    cluster::ROUTES,
    resources::ROUTES,
    nodes::ROUTES,
    services::ROUTES,
    guests::ROUTES,
    guest_config::ROUTES,
    tasks::ROUTES,
    ha::ROUTES,
    access::ROUTES,
    storage::ROUTES,
    rrd::ROUTES,
];
