//! `Threshold`: a figure with a limit, and who is told when it is passed.

use super::{
    is_default,
    selector::{labels_match, names_match},
};
use crate::{
    schema::words::{
        DurationText, LabelMap, LevelNumber, NamePatternText, PlainNameText, ResourceNameText,
        SubjectKindText,
    },
    text::{duration, level::Level},
};
use jarvis_model::{ResourceKey, ResourceKind};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// A figure with a limit.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ThresholdSpec {
    /// Whose figure.
    pub on: Subject,
    /// Which figure.
    pub metric: Metric,
    /// Which storage, by its Proxmox name; only with `metric: storage`, all of them when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<PlainNameText>")]
    pub storage: Option<String>,
    /// Passed when the figure is higher than this. The unit follows from the metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<LevelNumber>")]
    pub above: Option<Level>,
    /// Passed when the figure is lower than this. The unit follows from the metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<LevelNumber>")]
    pub below: Option<Level>,
    /// How long the limit must stay passed before it counts.
    #[serde(
        rename = "for",
        default,
        skip_serializing_if = "is_default",
        with = "duration::required"
    )]
    #[schemars(with = "DurationText", extend("default" = "0s"))]
    pub lasting: Duration,
    /// The level at which it counts as over again (hysteresis); the limit itself when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<LevelNumber>")]
    pub clear: Option<Level>,
    /// How grave it is.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = "warning"))]
    pub severity: Severity,
    /// Which NotificationChannels are told; all of them (by their own minimum severity) when left out.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<ResourceNameText>", length(max = 50))]
    pub notify: Vec<String>,
    /// The Runbook to be carried out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<ResourceNameText>")]
    pub runbook: Option<String>,
}

/// Whose figure a threshold watches: a kind, narrowed by names or labels.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    /// The kind of resource.
    #[schemars(with = "SubjectKindText")]
    pub kind: ResourceKind,
    /// Only these names; `*` stands for any letters.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<NamePatternText>", length(max = 200))]
    pub names: Vec<String>,
    /// Only resources that carry all these labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(with = "LabelMap")]
    pub labels: BTreeMap<String, String>,
}

impl Subject {
    /// Whether a resource with these labels is watched.
    pub fn matches(&self, key: &ResourceKey, labels: &BTreeMap<String, String>) -> bool {
        self.kind == key.kind && names_match(&self.names, &key.name) && labels_match(&self.labels, labels)
    }
}

/// A figure that can be watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Metric {
    /// Processor use, percent.
    Cpu,
    /// Memory in use, percent.
    Memory,
    /// Root disk in use, percent.
    Disk,
    /// Storage in use, percent.
    Storage,
    /// Temperature, degrees Celsius.
    Temperature,
    /// One-minute load average per processor core.
    Load,
    /// It does not answer. Has no limit: `for` alone decides.
    Unreachable,
    /// Age of the newest backup, hours.
    BackupAge,
}

impl Metric {
    /// The kinds that have this figure.
    pub fn kinds(self) -> &'static [ResourceKind] {
        use ResourceKind::{Container, Node, Service, VirtualMachine};
        match self {
            Self::Cpu | Self::Memory | Self::Disk => &[Node, VirtualMachine, Container],
            Self::Storage | Self::Temperature | Self::Load => &[Node],
            Self::Unreachable => &[Node, Service],
            Self::BackupAge => &[VirtualMachine, Container],
        }
    }

    /// Whether the figure is a share of 100.
    pub fn is_percent(self) -> bool {
        matches!(self, Self::Cpu | Self::Memory | Self::Disk | Self::Storage)
    }
}

/// How grave something is. Ordered: `Info < Critical`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum Severity {
    /// Good to know.
    Info,
    /// Should be looked at.
    #[default]
    Warning,
    /// Must be looked at now.
    Critical,
}
