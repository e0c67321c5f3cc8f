//! What is not GraphQL: pages, health, metrics, the webhook, and what every answer carries.

pub mod audit;
pub mod headers;
pub mod health;
pub mod hooks;
pub mod metrics;
pub mod page;
pub mod problem;
