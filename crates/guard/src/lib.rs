//! The guard: decides what may be done, and is the only maker of [`Permit`]. Pure and total: no clock, no network,
//! no randomness. Read `judge.rs` first; it is the order in which the rules speak.
//!
//! | module | what |
//! | --- | --- |
//! | [`facts`] | what is judged, and on what |
//! | [`judge()`] | the order of the rules |
//! | [`permit()`] | the second judgement, at dispatch, and the [`Permit`] it gives |
//! | [`tier`] | how dangerous an action is by itself |
//! | [`graph`] | what is protected, what needs what, what an action interrupts |
//! | [`quorum`] | arithmetic of votes |
//! | [`effect`] | an action as the one request that is sent |
//! | [`words`] | how things, acts and times are named to an operator |
//! | [`blast`] | what a card or audit record says before the act |

mod case;
mod rules;

pub mod blast;
pub mod effect;
pub mod facts;
pub mod graph;
pub mod judge;
pub mod permit;
pub mod quorum;
pub mod tier;
pub mod words;

pub use blast::{Preview, preview};
pub use effect::resolve;
pub use facts::{Facts, Floor, Nature, PlanSize, Request};
pub use judge::{judge, objections, warnings};
pub use permit::{Permit, no_lease, no_record, permit};
pub use rules::unattended::autonomy;
pub use tier::base_tier;
