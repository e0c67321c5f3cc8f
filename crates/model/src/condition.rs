//! The status of a manifest resource: two axes (sync and health) and Kubernetes-style conditions.

use crate::Timestamp;
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, sync::Arc};

/// Whether live equals declared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Sync {
    /// Live equals declared.
    Synced,
    /// It differs.
    OutOfSync,
    /// Not known.
    Unknown,
}

/// How it is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Health {
    /// Well.
    Healthy,
    /// On its way.
    Progressing,
    /// Not well.
    Degraded,
    /// On purpose not pursued: held, manual, stopped by a person.
    Suspended,
    /// Not known.
    Unknown,
}

/// The type of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ConditionType {
    /// As declared and healthy.
    Ready,
    /// Work is under way or planned.
    Reconciling,
    /// An error of ours keeps it from being looked at.
    Stalled,
    /// On purpose not pursued.
    Suspended,
    /// Something named stands in the way.
    Blocked,
    /// Attempts are used up; a person is asked.
    Escalated,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Condition {
    /// Which.
    #[serde(rename = "type")]
    pub kind: ConditionType,
    /// Whether it holds.
    pub status: bool,
    /// CamelCase reason for machines.
    pub reason: Cow<'static, str>,
    /// One sentence for people; a Blocked one names what would unblock it.
    pub message: String,
}

/// Status of a resource after a pass.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResourceStatus {
    /// Git commit and manifest hash this was computed for.
    pub observed_revision: Arc<str>,
    /// Live against declared.
    pub sync: Sync,
    /// How it is doing.
    pub health: Health,
    /// Conditions that hold, by type.
    pub conditions: Vec<Condition>,
    /// When this status was computed to be different from the one before.
    pub since: Option<Timestamp>,
}

impl ResourceStatus {
    /// The condition that says most: Stalled, Escalated, Blocked, Suspended, Reconciling, Ready in this order.
    pub fn headline(&self) -> Option<&Condition> {
        use ConditionType::{Blocked, Escalated, Ready, Reconciling, Stalled, Suspended};
        [Stalled, Escalated, Blocked, Suspended, Reconciling, Ready]
            .into_iter()
            .find_map(|kind| {
                self.conditions
                    .iter()
                    .find(|condition| condition.kind == kind && condition.status)
            })
    }
}
