//! Rigs for tests that join everything: the simulated cluster on real sockets, the real client, a real git repository,
//! the journal on disk, and the controller, all on one clock that may run faster than the wall's.

pub mod disturb;
pub mod eval;
pub mod explore;
pub mod figures;
pub mod fuzz;
pub mod life;
pub mod repository;
pub mod rig;
pub mod stage;
pub mod wait;

pub use repository::Repository;
pub use rig::{Rig, Setup};
