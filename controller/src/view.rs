//! The read model: one consistent picture, published after every change. Readers never wait for the loop.

use crate::reads::Updates;
use jarvis_crds::{Desired, Protected, kinds::node::Expected};
use jarvis_guard::Floor;
use jarvis_model::{Memory, NodeName, Observed, Timestamp, Vmid};
use jarvis_planner::Plan;
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

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

impl View {
    /// Why a node is away on purpose, if that is so: it is declared so, or was shut down.
    pub fn meant_away(&self, node: &NodeName) -> Option<String> {
        let expected = self.desired.node_named(node).map(|(_, node)| node.spec.expected);
        match expected {
            Some(Expected::Offline) => Some("declared expected: Offline".to_owned()),
            Some(Expected::Any) => Some("declared expected: Any".to_owned()),
            Some(Expected::Online) | None => self.memory.shut_down.get(node).cloned(),
        }
    }

    /// Guests that are protected by floor or policy.
    pub fn protected_guests(&self) -> BTreeSet<Vmid> {
        let floor = &self.floor;
        let mut all: BTreeSet<Vmid> = floor.guests.iter().copied().chain(floor.own_guest).collect();
        all.extend(self.protected().filter_map(|thing| match thing {
            Protected::Guest(vmid) => Some(*vmid),
            _ => None,
        }));
        all
    }

    /// Nodes that are protected by floor or policy, or because Jarvis lives there.
    pub fn protected_nodes(&self) -> BTreeSet<NodeName> {
        let floor = &self.floor;
        let mut all: BTreeSet<NodeName> = floor.nodes.iter().chain(&floor.own_node).cloned().collect();
        let own = floor.own_guest.and_then(|vmid| self.observed.guests.get(&vmid));
        all.extend(own.map(|guest| guest.node.clone()));
        all.extend(self.protected().filter_map(|thing| match thing {
            Protected::Node(node) => Some(node.clone()),
            _ => None,
        }));
        all
    }

    fn protected(&self) -> impl Iterator<Item = &Protected> {
        let policies = self.desired.policies.values();
        policies.flat_map(|policy| &policy.spec.protected)
    }
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
