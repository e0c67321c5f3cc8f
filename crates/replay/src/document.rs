//! What a recorded pass says: everything the planner was given but memory, and the plan that came out, as one JSON
//! document. Memory is not here; it is the fold of the journal up to `seq`.
//!
//! Figures for the screen (`usage`) are left out: nothing may be decided upon them, and a replay that comes out the same
//! without them proves that nothing was.

use crate::merge::without_nulls;
use jarvis_crds::Desired;
use jarvis_guard::Floor;
use jarvis_model::{GuestObserved, Memory, Observed, Timestamp, observed::Usage};
use jarvis_planner::{Input, Plan};
use jarvis_ports::Pass;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A pass as recorded.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// The last record of the journal that memory held.
    pub seq: u64,
    /// The time of the pass.
    pub now: Timestamp,
    /// The floor.
    pub floor: Floor,
    /// What was declared.
    pub desired: Desired,
    /// Whether that was read at all.
    pub desired_known: bool,
    /// What was known of the cluster.
    pub observed: Observed,
    /// What came out, as JSON without nulls: a newer planner may say it in another form.
    pub plan: Value,
}

impl Document {
    /// A pass, without figures for the screen.
    pub fn of(pass: &Pass) -> serde_json::Result<Self> {
        let mut observed = (*pass.observed).clone();
        for guest in observed.guests.values_mut() {
            *guest = without_figures(guest);
        }
        for node in observed.nodes.values_mut() {
            node.usage = Usage::default();
        }
        Ok(Self {
            seq: pass.seq,
            now: pass.now,
            floor: pass.floor.clone(),
            desired: (*pass.desired).clone(),
            desired_known: pass.desired_known,
            observed,
            plan: plan_value(&pass.plan)?,
        })
    }

    /// As JSON without nulls.
    pub fn to_value(&self) -> serde_json::Result<Value> {
        serde_json::to_value(self).map(without_nulls)
    }

    /// What the planner was given, with memory.
    pub fn input<'a>(&'a self, memory: &'a Memory) -> Input<'a> {
        Input {
            floor: &self.floor,
            desired: &self.desired,
            desired_known: self.desired_known,
            observed: &self.observed,
            memory,
            now: self.now,
        }
    }
}

/// A guest without figures for the screen.
pub fn without_figures(guest: &GuestObserved) -> GuestObserved {
    GuestObserved {
        usage: Usage::default(),
        ..guest.clone()
    }
}

/// A plan as it stands in a document.
pub fn plan_value(plan: &Plan) -> serde_json::Result<Value> {
    serde_json::to_value(plan).map(without_nulls)
}
