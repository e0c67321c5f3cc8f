//! `MaintenanceWindow`: when changes may or may not happen. Whether one is open is told by [`crate::windows`].

use super::{is_default, selector::Selector};
use crate::{
    schema::words::{CronText, DurationText, TimeZoneText},
    text::duration,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// A recurring span of time in which something may, or may not, be done by Jarvis.
///
/// As in Argo CD: with no allow window for a resource everything is allowed; with at least one, only while one is
/// open; an open deny window wins over all of them. Persons are warned, not stopped.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MaintenanceWindowSpec {
    /// Whether it allows or denies.
    pub effect: WindowEffect,
    /// When it opens: cron with five fields (minute, hour, day of month, month, day of week).
    #[schemars(with = "CronText")]
    pub schedule: String,
    /// How long it stays open: from a minute to 31 days.
    #[serde(with = "duration::required")]
    #[schemars(with = "DurationText")]
    pub duration: Duration,
    /// The time zone of the schedule, by its IANA name.
    #[serde(default = "utc", skip_serializing_if = "is_utc")]
    #[schemars(with = "TimeZoneText", extend("default" = "UTC"))]
    pub time_zone: String,
    /// Which resources it is about; all when left out.
    #[serde(default, skip_serializing_if = "is_default")]
    pub selector: Selector,
    /// Which actions it is about.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = "changes"))]
    pub applies_to: AppliesTo,
    /// Whether what began inside an allow window may be finished after it closes.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = false))]
    pub overrun: bool,
}

fn utc() -> String {
    "UTC".to_owned()
}

fn is_utc(zone: &String) -> bool {
    zone == "UTC"
}

/// Whether a window allows or denies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum WindowEffect {
    /// Only while an allow window is open.
    Allow,
    /// Not while a deny window is open. Wins over allow.
    Deny,
}

/// Which actions a window is about.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum AppliesTo {
    /// What follows from a changed manifest.
    #[default]
    Changes,
    /// What repairs a failure.
    Repairs,
    /// Both.
    Both,
}

impl AppliesTo {
    /// Whether changes are covered.
    pub fn covers_changes(self) -> bool {
        self != Self::Repairs
    }

    /// Whether repairs are covered.
    pub fn covers_repairs(self) -> bool {
        self != Self::Changes
    }
}
