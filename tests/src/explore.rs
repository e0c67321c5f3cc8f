//! Exhaustive exploration of the production planner and guard on a small world: two ordinary nodes with a guest each, and
//! a protected third; crashes, lost requests and replies, failed tasks, stale and partial looks, deaths of Jarvis, freeze,
//! commits, a person's stop and a person's wish to reboot what is protected; in worlds of their own a service that dies and
//! a node that is woken.

pub mod bug;
pub mod checker;
pub mod jarvis;
pub mod lab;
pub mod table;
pub mod world;

pub use bug::Bug;
pub use lab::{Budget, Lab};
pub use world::Hosts;
