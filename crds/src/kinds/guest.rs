//! `VirtualMachine` and `Container`: what should be true of one guest. Both kinds share one spec.

use super::target::Probe;
use crate::{
    schema::words::{
        AutonomyText, DurationText, GuestKeyText, HostText, NodeNameText, PlainNameText, VmidNumber,
    },
    text::duration,
};
use jarvis_model::{Autonomy, NodeName, ResourceKey, Vmid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// When the guest should run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum RunStrategy {
    /// Started again whatever stopped it, a person's stop included (after an announcement).
    Always,
    /// Started again after a crash; a person's stop or shutdown is respected.
    RerunOnFailure,
    /// Shut down gracefully when found running, never forced.
    Halted,
    /// Observed only.
    Manual,
}

/// What one guest should be.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GuestSpec {
    /// Which configured cluster it belongs to; may be left out when there is only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<PlainNameText>")]
    pub cluster: Option<String>,
    /// The guest's number (VMID) in Proxmox.
    #[schemars(with = "VmidNumber")]
    pub vmid: Vmid,
    /// The name Proxmox should show for it; a different one is reported, not changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<HostText>")]
    pub guest_name: Option<String>,
    /// Where it is expected to be; another placement is reported, never corrected by migration.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<NodeNameText>")]
    pub node: Option<NodeName>,
    /// When it should run.
    pub run_strategy: RunStrategy,
    /// Guests that must be up (and ready) before this one is started.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<GuestKeyText>", length(max = 100))]
    pub depends_on: Vec<ResourceKey>,
    /// How to tell, after a start, that it is up. Without this, running is up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ready: Option<Ready>,
    /// How far Jarvis may go with this guest alone: from L0 (observe) over L1 (alert), L2 (recommend) and L3 (act and
    /// report) to L4 (act silently). Policies and the config file can lower it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<AutonomyText>")]
    pub autonomy: Option<Autonomy>,
    /// How long a graceful shutdown may take before it counts as failed (60 s when left out).
    #[serde(default, skip_serializing_if = "Option::is_none", with = "duration::optional")]
    #[schemars(with = "Option<DurationText>")]
    pub stop_timeout: Option<Duration>,
    /// The identity (SMBIOS uuid, or first MAC address of a container) now to be taken as the right one, after
    /// a guest was rebuilt under the same number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<PlainNameText>")]
    pub accept_identity: Option<String>,
}

impl GuestSpec {
    /// A guest of which only the required things are said.
    pub fn new(vmid: Vmid, run_strategy: RunStrategy) -> Self {
        Self {
            cluster: None,
            vmid,
            guest_name: None,
            node: None,
            run_strategy,
            depends_on: Vec::new(),
            ready: None,
            autonomy: None,
            stop_timeout: None,
            accept_identity: None,
        }
    }
}

/// How to tell that a started guest is up: one probe, and how long it may take.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Ready {
    /// What is asked.
    #[serde(flatten)]
    pub probe: Probe,
    /// How long the guest has from its start until the probe must succeed.
    #[serde(default = "two_minutes", with = "duration::required")]
    #[schemars(with = "DurationText", extend("default" = "2m"))]
    pub within: Duration,
}

fn two_minutes() -> Duration {
    Duration::from_mins(2)
}
