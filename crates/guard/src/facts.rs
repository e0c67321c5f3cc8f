//! What the guard judges on: the floor, the policy in force, the live picture, memory, and `now`.

use jarvis_crds::Desired;
use jarvis_model::{
    Action, Autonomy, Cause, Digest, Memory, NodeName, Observed, Origin, ResourceKey, Timestamp, Vmid,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, time::Duration};

/// Protection that is in force with no manifest at all: `safety:` of the config file and the discovered host that
/// Jarvis itself runs on. No commit, chat or tool call loosens it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Floor {
    /// Protected nodes: their power, network, cluster and SSH services, and moving their protected guests.
    pub nodes: BTreeSet<NodeName>,
    /// Protected guests.
    pub guests: BTreeSet<Vmid>,
    /// The guest Jarvis runs in, when it was found or declared; protected with the node it lives on.
    pub own_guest: Option<Vmid>,
    /// The node Jarvis runs on when it runs on a node directly; protected.
    pub own_node: Option<NodeName>,
    /// Autonomy when no manifest says anything.
    pub autonomy: Autonomy,
    /// Autonomy never goes above this.
    pub ceiling: Autonomy,
    /// Complete looks needed after a start before anything is done.
    pub start_gate_passes: u32,
    /// Autonomous actions per rolling hour.
    pub actions_per_hour: u32,
    /// Largest plan that runs alone.
    pub largest_plan: u32,
}

impl Default for Floor {
    fn default() -> Self {
        Self {
            nodes: BTreeSet::new(),
            guests: BTreeSet::new(),
            own_guest: None,
            own_node: None,
            autonomy: Autonomy::L2,
            ceiling: Autonomy::L4,
            start_gate_passes: 2,
            actions_per_hour: 20,
            largest_plan: 10,
        }
    }
}

/// Everything a judgement may look at.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The floor.
    pub floor: &'a Floor,
    /// Manifests in force, with policies and windows.
    pub desired: &'a Desired,
    /// The live picture.
    pub observed: &'a Observed,
    /// What is remembered.
    pub memory: &'a Memory,
    /// The time of judgement.
    pub now: Timestamp,
}

/// Whether an action mends what broke or changes what was declared; windows tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Nature {
    /// Brings back what was running.
    Repair,
    /// Follows a changed declaration, or is a person's wish.
    Change,
}

/// A request for judgement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// What.
    pub action: Action,
    /// Who wants it.
    pub origin: Origin,
    /// For what: an issue or a ticket.
    pub cause: Cause,
    /// The managed resource it is about, if any.
    pub resource: Option<ResourceKey>,
    /// Repair or change.
    pub nature: Nature,
    /// Autonomy its manifest asks for.
    pub autonomy: Option<Autonomy>,
    /// Digest of this decision (action, cause, base revision); what a person confirms.
    pub digest: Digest,
    /// How many changes the plan it is part of holds, and how many guests are declared.
    pub plan_size: PlanSize,
}

/// Size of the plan a request is part of. A request of its own has size 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanSize {
    /// Changes in the plan.
    pub changes: u32,
    /// Guests declared.
    pub declared: u32,
}

/// How long an act stays apart from the stop of the same guest before it.
pub const STOP_TO_START: Duration = Duration::from_secs(5);
