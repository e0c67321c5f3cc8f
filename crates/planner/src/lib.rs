//! The planner: what should be done, looked at and remembered, given desired, observed, memory and `now`.
//!
//! Pure and total: no clock, no I/O, no randomness; jitter is a hash. It asks the guard for a verdict on everything
//! it wants; it never obtains a permit.
//!
//! | module | what |
//! | --- | --- |
//! | [`plan`] | what a pass produces |
//! | [`input`] | what a pass looks at |
//! | [`pass`] | one pass over everything, in order |
//! | [`mend`] | the life of an issue, the same for every kind |
//! | [`outcome`] | what the look at one resource came to |
//! | [`guest`] | one guest against its manifest |
//! | [`cause`] | what the reason of a stop means for a run strategy |
//! | [`node`] | nodes against their manifests |
//! | [`service`] | services against their manifests |
//! | [`subject`] | what a resource key stands for, and the host behind it |
//! | [`threshold`] | figures against their limits |
//! | [`runbook`] | operators' runbooks: their steps as folds over memory |
//! | [`ticket`] | requests of people |
//! | [`cluster`] | what is remembered of nodes, quorum and running guests |
//! | [`backoff`] | how long to wait between attempts |
//! | [`pursue`] | what to do next about an effect in flight |

pub mod backoff;
pub mod cause;
pub mod cluster;
pub mod guest;
pub mod input;
pub mod mend;
pub mod node;
pub mod outcome;
pub mod pass;
pub mod plan;
pub mod pursue;
pub mod runbook;
#[cfg(test)]
mod scene;
pub mod service;
mod status;
pub mod subject;
pub mod threshold;
pub mod ticket;
mod waiting;

pub use input::Input;
pub use pass::plan;
pub use plan::{Decision, Look, Plan, ReportLine};
pub use pursue::{Evidence, Step, pursue};
pub use threshold::{beyond_now, passed};
