//! Builders of resource statuses, so that every rule spells them the same way.

use jarvis_model::{Condition, ConditionType, Health, ResourceStatus, Sync};

/// A status with one condition.
pub fn status(
    revision: &str,
    sync: Sync,
    health: Health,
    kind: ConditionType,
    reason: &str,
    message: impl Into<String>,
) -> ResourceStatus {
    ResourceStatus {
        observed_revision: revision.to_owned(),
        sync,
        health,
        conditions: vec![Condition {
            kind,
            status: true,
            reason: reason.to_owned(),
            message: message.into(),
        }],
        since: None,
    }
}
