//! The read model: one consistent picture, published after every change. Readers never wait for the loop.

use crate::reads::Updates;
use jarvis_crds::Desired;
use jarvis_guard::Floor;
use jarvis_model::{Memory, NodeName, Observed, Timestamp};
use jarvis_planner::Plan;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// One consistent picture. Cheap to clone.
#[derive(Debug, Clone)]
pub struct View {
    /// Grows by one with every published picture.
    pub version: u64,
    /// When it was published.
    pub at: Timestamp,
    /// Name of the cluster.
    pub cluster: Arc<str>,
    /// What is known of it.
    pub observed: Arc<Observed>,
    /// What is declared.
    pub desired: Arc<Desired>,
    /// What is remembered.
    pub memory: Arc<Memory>,
    /// The latest plan.
    pub plan: Arc<Plan>,
    /// The floor in force.
    pub floor: Arc<Floor>,
    /// How the loop itself is doing.
    pub state: LoopState,
}

/// How the loop itself is doing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LoopState {
    /// Lease epoch; 0 while it only observes.
    pub epoch: u64,
    /// Passes since the start.
    pub passes: u64,
    /// When the last pass ended.
    pub last_pass_at: Option<Timestamp>,
    /// How long it took, microseconds.
    pub last_pass_micros: u64,
    /// When the cluster was last looked at with success.
    pub last_look_at: Option<Timestamp>,
    /// Why the last look failed, if it did.
    pub look_failure: Option<String>,
    /// When the source was last read with success.
    pub last_fetch_at: Option<Timestamp>,
    /// Packages of nodes that have a newer version, as last looked at.
    #[serde(default)]
    pub updates: BTreeMap<NodeName, Updates>,
    /// Whether the disk is too full to begin anything.
    pub low_space: bool,
    /// Why acting is impossible altogether (journal damaged, lease lost), if so.
    pub acting_stopped: Option<String>,
}

impl LoopState {
    /// Ready to serve: one complete pass was made over a cluster that answered.
    pub fn is_ready(&self) -> bool {
        self.passes > 0 && self.last_look_at.is_some()
    }
}
