//! From what the cluster says to what is believed: pure functions that decide what may be trusted.

pub mod cause;
pub mod tracker;

pub use cause::{node_wide_from, stop_cause};
pub use tracker::Tracker;
