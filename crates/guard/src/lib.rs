//! The guard: decides what may be done, and is the only maker of [`Permit`]. Pure and total: no clock, no network,
//! no randomness. Read `judge.rs` first; it is the order in which the rules speak.

pub mod facts;
pub mod permit;

pub use facts::{Facts, Floor, Request};
pub use permit::Permit;
