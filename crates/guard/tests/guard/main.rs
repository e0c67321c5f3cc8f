//! The guard from outside: every rule with a neighbour that is permitted, and the laws that hold for all of them.
//! Knows only the public interface.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot build its world should fail there"
)]
#![expect(
    clippy::too_many_lines,
    clippy::type_complexity,
    reason = "tables of examples are long and flat"
)]

mod autonomy;
mod blast;
mod budgets;
mod consent;
mod effects;
mod examples;
mod freeze;
mod hosts;
mod laws;
mod permits;
mod protection;
mod quorum;
mod refusals;
mod slots;
mod target;
mod tiers;
mod windows;
mod world;
