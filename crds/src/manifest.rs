//! A manifest resource as a value: metadata and a typed spec, and the sum of all kinds. Knows nothing of files.

use crate::kinds::{
    channel::NotificationChannelSpec, guest::GuestSpec, node::NodeSpec, policy::SafetyPolicySpec,
    runbook::RunbookSpec, service::ServiceSpec, threshold::ThresholdSpec, window::MaintenanceWindowSpec,
};
use crate::yaml::print::to_yaml;
use jarvis_model::{ResourceKey, ResourceKind};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// What every manifest says in `apiVersion`.
pub const API_VERSION: &str = "jarvis.dev/v1alpha1";

/// The API group of the kinds.
pub const GROUP: &str = "jarvis.dev";

/// What every resource has beside its spec.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Metadata {
    /// Unique among resources of the same kind.
    pub name: String,
    /// For selectors.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
    /// For people and other tools.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Metadata {
    /// Metadata with a name only.
    pub fn named(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            ..Self::default()
        }
    }
}

/// A resource with a typed spec.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Manifest<S> {
    /// Name, labels, annotations.
    pub metadata: Metadata,
    /// What should be true.
    pub spec: S,
}

impl<S> Manifest<S> {
    /// A resource with a name and a spec, without labels.
    pub fn named(name: &str, spec: S) -> Self {
        Self {
            metadata: Metadata::named(name),
            spec,
        }
    }
}

/// A resource of any kind. Serialises as the manifest itself without `apiVersion`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "kind")]
pub enum AnyManifest {
    /// A QEMU guest.
    VirtualMachine(Manifest<GuestSpec>),
    /// An LXC guest.
    Container(Manifest<GuestSpec>),
    /// A Proxmox node.
    Node(Manifest<NodeSpec>),
    /// A service.
    Service(Manifest<ServiceSpec>),
    /// A figure with a limit.
    Threshold(Manifest<ThresholdSpec>),
    /// A repair procedure.
    Runbook(Manifest<RunbookSpec>),
    /// Protection, dependencies, autonomy, budgets.
    SafetyPolicy(Manifest<SafetyPolicySpec>),
    /// When changes may happen.
    MaintenanceWindow(Manifest<MaintenanceWindowSpec>),
    /// Where alerts go.
    NotificationChannel(Manifest<NotificationChannelSpec>),
}

impl AnyManifest {
    /// The resource's kind.
    pub fn kind(&self) -> ResourceKind {
        match self {
            Self::VirtualMachine(_) => ResourceKind::VirtualMachine,
            Self::Container(_) => ResourceKind::Container,
            Self::Node(_) => ResourceKind::Node,
            Self::Service(_) => ResourceKind::Service,
            Self::Threshold(_) => ResourceKind::Threshold,
            Self::Runbook(_) => ResourceKind::Runbook,
            Self::SafetyPolicy(_) => ResourceKind::SafetyPolicy,
            Self::MaintenanceWindow(_) => ResourceKind::MaintenanceWindow,
            Self::NotificationChannel(_) => ResourceKind::NotificationChannel,
        }
    }

    /// The resource's metadata.
    pub fn metadata(&self) -> &Metadata {
        match self {
            Self::VirtualMachine(guest) | Self::Container(guest) => &guest.metadata,
            Self::Node(node) => &node.metadata,
            Self::Service(service) => &service.metadata,
            Self::Threshold(threshold) => &threshold.metadata,
            Self::Runbook(runbook) => &runbook.metadata,
            Self::SafetyPolicy(policy) => &policy.metadata,
            Self::MaintenanceWindow(window) => &window.metadata,
            Self::NotificationChannel(channel) => &channel.metadata,
        }
    }

    /// The manifest as a YAML document: what [`crate::load()`] reads back to the same value.
    pub fn to_yaml(&self) -> String {
        print(self.kind(), self)
    }

    /// Kind and name.
    pub fn key(&self) -> ResourceKey {
        ResourceKey {
            kind: self.kind(),
            name: self.metadata().name.as_str().into(),
        }
    }
}

/// Prints a manifest (one [`Manifest`], or an [`AnyManifest`]) of a kind as a YAML document. Defaults are left out.
pub fn print<M: Serialize>(kind: ResourceKind, manifest: &M) -> String {
    let mut document = Map::new();
    document.insert("apiVersion".to_owned(), API_VERSION.into());
    document.insert("kind".to_owned(), kind.as_str().into());
    // Serialising cannot fail: all keys are text and no value is fallible.
    if let Ok(Value::Object(fields)) = serde_json::to_value(manifest) {
        document.extend(fields.into_iter().filter(|(key, _)| key != "kind"));
    }
    to_yaml(&Value::Object(document))
}
