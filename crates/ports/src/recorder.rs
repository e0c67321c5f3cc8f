//! Keeping what a planning pass looked at and what came out of it, so that it can be planned again later. Knows no file.

use jarvis_crds::Desired;
use jarvis_guard::Floor;
use jarvis_model::{Observed, Timestamp};
use jarvis_planner::Plan;
use std::sync::Arc;

/// One planning pass: all its input but memory, which is the fold of the journal up to `seq`; and the plan.
#[derive(Debug, Clone)]
pub struct Pass {
    /// The floor.
    pub floor: Floor,
    /// What was declared.
    pub desired: Arc<Desired>,
    /// Whether that was read at all.
    pub desired_known: bool,
    /// What was known of the cluster.
    pub observed: Arc<Observed>,
    /// The last record of the journal that memory held.
    pub seq: u64,
    /// The time of the pass.
    pub now: Timestamp,
    /// What came out.
    pub plan: Arc<Plan>,
}

/// Takes passes. Never waits and never fails its caller: a recording is worth less than an act.
pub trait Recorder: Send + Sync {
    /// Takes one pass; answers whether it was taken.
    fn record(&self, pass: Pass) -> bool;
}
