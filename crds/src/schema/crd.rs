//! Kubernetes CustomResourceDefinitions (`apiextensions.k8s.io/v1`) with structural schemas, so that the same
//! manifests can be kept in, and checked by, a Kubernetes API server. Jarvis itself needs none.

use super::{about, document, status::status};
use crate::{manifest::GROUP, yaml::print::to_yaml};
use jarvis_model::ResourceKind;
use serde_json::{Map, Value, json};

/// How a kind is called in Kubernetes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Names {
    /// Many of them, lower case.
    pub plural: &'static str,
    /// One of them, lower case.
    pub singular: &'static str,
    /// For typing.
    pub short: &'static str,
}

/// How a kind is called in Kubernetes.
pub fn names(kind: ResourceKind) -> Names {
    let (plural, singular, short) = match kind {
        ResourceKind::VirtualMachine => ("virtualmachines", "virtualmachine", "jvm"),
        ResourceKind::Container => ("containers", "container", "jct"),
        ResourceKind::Node => ("nodes", "node", "jnode"),
        ResourceKind::Service => ("services", "service", "jsvc"),
        ResourceKind::Threshold => ("thresholds", "threshold", "jth"),
        ResourceKind::Runbook => ("runbooks", "runbook", "jrb"),
        ResourceKind::SafetyPolicy => ("safetypolicies", "safetypolicy", "jsp"),
        ResourceKind::MaintenanceWindow => ("maintenancewindows", "maintenancewindow", "jmw"),
        ResourceKind::NotificationChannel => ("notificationchannels", "notificationchannel", "jnc"),
    };
    Names {
        plural,
        singular,
        short,
    }
}

/// Keywords of the normal form that a CRD's schema takes as they are.
const KEPT: [&str; 13] = [
    "type",
    "description",
    "required",
    "enum",
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "default",
    "oneOf",
    "pattern",
];

/// The definition of a kind.
pub fn crd(kind: ResourceKind) -> Value {
    let Names {
        plural,
        singular,
        short,
    } = names(kind);
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{GROUP}")},
        "spec": {
            "group": GROUP,
            "names": {
                "kind": kind.as_str(),
                "listKind": format!("{kind}List"),
                "plural": plural,
                "singular": singular,
                "shortNames": [short],
                "categories": ["jarvis"],
            },
            "scope": "Cluster",
            "versions": [{
                "name": "v1alpha1",
                "served": true,
                "storage": true,
                "schema": {"openAPIV3Schema": root(kind)},
                "subresources": {"status": {}},
                "additionalPrinterColumns": [
                    {"name": "Sync", "type": "string", "jsonPath": ".status.sync"},
                    {"name": "Health", "type": "string", "jsonPath": ".status.health"},
                    {"name": "Age", "type": "date", "jsonPath": ".metadata.creationTimestamp"},
                ],
            }],
        },
    })
}

/// The definition of a kind as a YAML file.
pub fn crd_yaml(kind: ResourceKind) -> String {
    to_yaml(&crd(kind))
}

fn root(kind: ResourceKind) -> Value {
    json!({
        "type": "object",
        "description": about(kind),
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": structural(&document(kind)["properties"]["spec"]),
            "status": structural(&status()),
        },
        "required": ["spec"],
    })
}

/// Only what a structural schema may have.
fn structural(node: &Value) -> Value {
    let Value::Object(fields) = node else {
        return node.clone();
    };
    let mut kept = Map::new();
    for (key, value) in fields {
        match key.as_str() {
            "properties" => {
                let properties = value.as_object().into_iter().flatten();
                kept.insert(
                    key.clone(),
                    properties
                        .map(|(name, inner)| (name.clone(), structural(inner)))
                        .collect(),
                );
            }
            "items" | "additionalProperties" => drop(kept.insert(key.clone(), structural(value))),
            "format" if value == "ipv4" || value == "date-time" => {
                drop(kept.insert(key.clone(), value.clone()));
            }
            known if KEPT.contains(&known) => drop(kept.insert(key.clone(), value.clone())),
            _ => {}
        }
    }
    Value::Object(kept)
}
