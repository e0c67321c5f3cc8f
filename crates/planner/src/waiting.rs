//! Guests that wait for another one which stays down by itself: they are blocked, and it is said by what. Knows nothing of
//! how a status came about.

use crate::{
    guest::{WAITING_FOR_DEPENDENCY, is_up},
    input::Input,
};
use jarvis_model::{Condition, ConditionType, GuestStatus, Health, ResourceKey, ResourceStatus};
use std::collections::BTreeMap;

/// Turns waiting for what stays down into being blocked by it, along whole chains.
pub(crate) fn say_what_is_stuck(input: &Input<'_>, statuses: &mut BTreeMap<ResourceKey, ResourceStatus>) {
    for _ in 0..statuses.len() {
        let waiting = statuses.iter().filter(|(_, status)| {
            status
                .headline()
                .is_some_and(|headline| headline.reason == WAITING_FOR_DEPENDENCY)
        });
        let stuck: Vec<(ResourceKey, String)> = waiting
            .filter_map(|(key, _)| Some((key.clone(), obstacle(input, statuses, key)?)))
            .collect();
        if stuck.is_empty() {
            return;
        }
        for (key, message) in stuck {
            if let Some(status) = statuses.get_mut(&key) {
                status.health = Health::Degraded;
                status.conditions.push(Condition {
                    kind: ConditionType::Blocked,
                    status: true,
                    reason: "DependencyStaysDown".into(),
                    message,
                });
            }
        }
    }
}

/// The dependency that is down and at rest, and what would help.
fn obstacle(
    input: &Input<'_>,
    statuses: &BTreeMap<ResourceKey, ResourceStatus>,
    key: &ResourceKey,
) -> Option<String> {
    let guests = &input.desired.guests;
    guests.get(key)?.spec.depends_on.iter().find_map(|needed| {
        let other = guests.get(needed).filter(|other| !is_up(input, other))?;
        let headline = statuses.get(needed)?.headline()?;
        let stopped = || {
            let seen = input.observed.guests.get(&other.spec.vmid);
            seen.is_some_and(|seen| seen.status.value() == Some(&GuestStatus::Stopped))
        };
        let stays_down = match headline.kind {
            ConditionType::Reconciling => false,
            ConditionType::Ready => stopped(),
            ConditionType::Stalled
            | ConditionType::Escalated
            | ConditionType::Blocked
            | ConditionType::Suspended => true,
        };
        stays_down.then(|| {
            format!(
                "it waits for {needed}, which stays down ({}). Start {needed}, or take it out of dependsOn",
                headline.message
            )
        })
    })
}
