//! What every implementation of a port of this crate must do, as plain functions that panic at the first difference.
//! Run against each implementation; knows none of them.

mod journal;
mod store;

pub use journal::journal;
pub use store::store;
