//! The guard from outside: every rule with a neighbour that is permitted, and the laws that hold for all of them.
//! Knows only the public interface.

mod autonomy;
mod blast;
mod budgets;
mod consent;
mod effects;
mod examples;
mod freeze;
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
