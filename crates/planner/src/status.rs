//! Builders of resource statuses, so that every rule spells them the same way.

use jarvis_model::{Condition, ConditionType, Health, ResourceStatus, Sync};
use std::sync::Arc;

/// A status with one condition.
pub fn status(
    revision: &Arc<str>,
    sync: Sync,
    health: Health,
    kind: ConditionType,
    reason: &'static str,
    message: impl Into<String>,
) -> ResourceStatus {
    ResourceStatus {
        observed_revision: revision.clone(),
        sync,
        health,
        conditions: vec![Condition {
            kind,
            status: true,
            reason: reason.into(),
            message: message.into(),
        }],
        since: None,
    }
}
