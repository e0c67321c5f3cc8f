//! The desired set: every resource of one revision, by kind and key, with the hash that names it.

use crate::{
    hash,
    kinds::{
        channel::NotificationChannelSpec, guest::GuestSpec, node::NodeSpec, policy::SafetyPolicySpec,
        runbook::RunbookSpec, service::ServiceSpec, threshold::ThresholdSpec, window::MaintenanceWindowSpec,
    },
    manifest::{AnyManifest, Manifest},
};
use jarvis_model::{Host, NodeName, ResourceKey, ResourceKind, Vmid};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// Names a desired set: where it came from and what is in it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Revision {
    /// The git commit, or whatever the caller calls an unsaved set.
    pub commit: Arc<str>,
    /// SHA-256, in hexadecimal, over the canonical form of all resources. The order of files and documents, comments,
    /// and whether a default is spelled out do not matter.
    pub hash: String,
}

/// Every resource of one revision. Immutable once built.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Desired {
    /// Which set this is.
    pub revision: Revision,
    /// VirtualMachines and Containers.
    pub guests: BTreeMap<ResourceKey, Manifest<GuestSpec>>,
    /// Nodes.
    pub nodes: BTreeMap<ResourceKey, Manifest<NodeSpec>>,
    /// Services.
    pub services: BTreeMap<ResourceKey, Manifest<ServiceSpec>>,
    /// Thresholds.
    pub thresholds: BTreeMap<ResourceKey, Manifest<ThresholdSpec>>,
    /// Runbooks.
    pub runbooks: BTreeMap<ResourceKey, Manifest<RunbookSpec>>,
    /// SafetyPolicies.
    pub policies: BTreeMap<ResourceKey, Manifest<SafetyPolicySpec>>,
    /// MaintenanceWindows.
    pub windows: BTreeMap<ResourceKey, Manifest<MaintenanceWindowSpec>>,
    /// NotificationChannels.
    pub channels: BTreeMap<ResourceKey, Manifest<NotificationChannelSpec>>,
}

impl Desired {
    /// Puts resources together. A later resource replaces an earlier one with the same key; [`crate::load()`] has
    /// refused such before it comes here.
    pub fn new(commit: &str, manifests: impl IntoIterator<Item = AnyManifest>) -> Self {
        let mut set = Self::without_hash(commit);
        for manifest in manifests {
            set.insert(manifest);
        }
        set.revision.hash = hash::of_set(set.resources());
        set
    }

    /// The Service manifest of a unit or container on a host, by its name with or without `.service`.
    pub fn service_at(&self, host: &Host, word: &str) -> Option<(&ResourceKey, &Manifest<ServiceSpec>)> {
        self.services.iter().find(|(_, service)| {
            let named = service
                .spec
                .reference()
                .is_some_and(|reference| reference.name.is(word));
            named && service.spec.target.host() == *host
        })
    }

    fn without_hash(commit: &str) -> Self {
        Self {
            revision: Revision {
                commit: commit.into(),
                hash: String::new(),
            },
            guests: BTreeMap::new(),
            nodes: BTreeMap::new(),
            services: BTreeMap::new(),
            thresholds: BTreeMap::new(),
            runbooks: BTreeMap::new(),
            policies: BTreeMap::new(),
            windows: BTreeMap::new(),
            channels: BTreeMap::new(),
        }
    }

    fn insert(&mut self, manifest: AnyManifest) {
        let key = manifest.key();
        match manifest {
            AnyManifest::VirtualMachine(guest) | AnyManifest::Container(guest) => {
                drop(self.guests.insert(key, guest));
            }
            AnyManifest::Node(node) => drop(self.nodes.insert(key, node)),
            AnyManifest::Service(service) => drop(self.services.insert(key, service)),
            AnyManifest::Threshold(threshold) => drop(self.thresholds.insert(key, threshold)),
            AnyManifest::Runbook(runbook) => drop(self.runbooks.insert(key, runbook)),
            AnyManifest::SafetyPolicy(policy) => drop(self.policies.insert(key, policy)),
            AnyManifest::MaintenanceWindow(window) => drop(self.windows.insert(key, window)),
            AnyManifest::NotificationChannel(channel) => drop(self.channels.insert(key, channel)),
        }
    }

    /// The guest with this number, if a manifest names one.
    pub fn guest_by_vmid(&self, vmid: Vmid) -> Option<(&ResourceKey, &Manifest<GuestSpec>)> {
        self.guests.iter().find(|(_, guest)| guest.spec.vmid == vmid)
    }

    /// The manifest of the node with this name, if there is one; it may itself be named otherwise.
    pub fn node_named(&self, name: &NodeName) -> Option<(&ResourceKey, &Manifest<NodeSpec>)> {
        self.nodes.iter().find(|(_, node)| node.spec.node == *name)
    }

    /// The sensor whose temperature stands for a node, where its manifest names one.
    pub fn temperature_sensor(&self, name: &NodeName) -> Option<&str> {
        let (_, node) = self.node_named(name)?;
        node.spec.temperature_sensor.as_deref()
    }

    /// How many resources there are.
    pub fn len(&self) -> usize {
        self.guests.len()
            + self.nodes.len()
            + self.services.len()
            + self.thresholds.len()
            + self.runbooks.len()
            + self.policies.len()
            + self.windows.len()
            + self.channels.len()
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Every resource, in key order.
    pub fn manifests(&self) -> Vec<AnyManifest> {
        let guests = self.guests.iter().map(|(key, guest)| match key.kind {
            ResourceKind::Container => AnyManifest::Container(guest.clone()),
            _ => AnyManifest::VirtualMachine(guest.clone()),
        });
        let mut all: Vec<AnyManifest> = guests.collect();
        all.extend(self.nodes.values().cloned().map(AnyManifest::Node));
        all.extend(self.services.values().cloned().map(AnyManifest::Service));
        all.extend(self.thresholds.values().cloned().map(AnyManifest::Threshold));
        all.extend(self.runbooks.values().cloned().map(AnyManifest::Runbook));
        all.extend(self.policies.values().cloned().map(AnyManifest::SafetyPolicy));
        all.extend(self.windows.values().cloned().map(AnyManifest::MaintenanceWindow));
        all.extend(
            self.channels
                .values()
                .cloned()
                .map(AnyManifest::NotificationChannel),
        );
        all
    }

    /// Every key, in order within each kind.
    pub fn keys(&self) -> impl Iterator<Item = ResourceKey> + '_ {
        let specs = [
            self.guests.keys().collect::<Vec<_>>(),
            self.nodes.keys().collect(),
            self.services.keys().collect(),
            self.thresholds.keys().collect(),
            self.runbooks.keys().collect(),
            self.policies.keys().collect(),
            self.windows.keys().collect(),
            self.channels.keys().collect(),
        ];
        specs.into_iter().flatten().cloned()
    }

    /// Every resource's key with the content hash of that resource alone, in key order.
    pub fn resources(&self) -> impl Iterator<Item = (ResourceKey, String)> {
        self.manifests()
            .into_iter()
            .map(|manifest| (manifest.key(), hash::of_manifest(&manifest)))
    }
}

impl Default for Desired {
    /// The empty set, of no commit.
    fn default() -> Self {
        Self::new("", [])
    }
}
