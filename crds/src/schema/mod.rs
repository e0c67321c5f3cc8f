//! Schemas, generated from the Rust types: one normal form inside, JSON Schema and CRD outside.

mod crd;
mod json;
mod normal;
mod status;
pub mod words;

pub use crd::{crd, crd_yaml, names};
pub use json::json_schema;

use crate::{
    kinds::{
        channel::NotificationChannelSpec, guest::GuestSpec, node::NodeSpec, policy::SafetyPolicySpec,
        runbook::RunbookSpec, service::ServiceSpec, threshold::ThresholdSpec, window::MaintenanceWindowSpec,
    },
    manifest::API_VERSION,
};
use jarvis_model::ResourceKind;
use schemars::{JsonSchema, generate::SchemaSettings};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::LazyLock};

static DOCUMENTS: LazyLock<BTreeMap<ResourceKind, Value>> = LazyLock::new(|| {
    ResourceKind::ALL
        .into_iter()
        .map(|kind| (kind, build(kind)))
        .collect()
});

/// The normal form of a whole manifest of this kind.
pub fn document(kind: ResourceKind) -> &'static Value {
    static NOTHING: Value = Value::Null;
    DOCUMENTS.get(&kind).unwrap_or(&NOTHING)
}

/// Every generated file, by its path under `crds/generated`.
pub fn generated_files() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for kind in ResourceKind::ALL {
        let stem = kind.as_str().to_lowercase();
        files.insert(
            format!("jsonschema/{stem}.json"),
            format!("{:#}\n", json_schema(kind)),
        );
        files.insert(format!("crd/{}.yaml", names(kind).plural), crd_yaml(kind));
    }
    files
}

fn build(kind: ResourceKind) -> Value {
    json!({
        "type": "object",
        "description": about(kind),
        "properties": {
            "apiVersion": {"type": "string", "enum": [API_VERSION], "description": "The version of these kinds."},
            "kind": {"type": "string", "enum": [kind.as_str()], "description": "The kind of resource."},
            "metadata": metadata(),
            "spec": spec(kind),
        },
        "required": ["apiVersion", "kind", "metadata", "spec"],
    })
}

/// One sentence on a kind.
pub fn about(kind: ResourceKind) -> &'static str {
    match kind {
        ResourceKind::VirtualMachine => "What should be true of one QEMU guest.",
        ResourceKind::Container => "What should be true of one LXC guest.",
        ResourceKind::Node => "What is expected of one Proxmox node.",
        ResourceKind::Service => "One service on a node, guest or host.",
        ResourceKind::Threshold => "A figure with a limit, and who is told when it is passed.",
        ResourceKind::Runbook => "Steps that repair one kind of issue.",
        ResourceKind::SafetyPolicy => {
            "What must not be touched, what needs what, and how far and how often Jarvis may act."
        }
        ResourceKind::MaintenanceWindow => {
            "A recurring span of time in which something may, or may not, be done by Jarvis."
        }
        ResourceKind::NotificationChannel => "Where alerts, escalations and reports go.",
    }
}

fn metadata() -> Value {
    json!({
        "type": "object",
        "description": "Name, labels and annotations.",
        "properties": {
            "name": {
                "type": "string", "format": "resource-name", "minLength": 1, "maxLength": 253,
                "pattern": "^[a-z0-9]([a-z0-9-]*[a-z0-9])?([.][a-z0-9]([a-z0-9-]*[a-z0-9])?)*$",
                "description": "Unique among resources of the same kind.",
            },
            "labels": {
                "type": "object", "description": "For selectors.", "x-jarvis-keys": "label-key",
                "additionalProperties": {"type": "string", "format": "label-value", "maxLength": 63},
            },
            "annotations": {
                "type": "object", "description": "For people and other tools.", "x-jarvis-keys": "label-key",
                "additionalProperties": {"type": "string"},
            },
        },
        "required": ["name"],
    })
}

fn spec(kind: ResourceKind) -> Value {
    match kind {
        ResourceKind::VirtualMachine | ResourceKind::Container => of::<GuestSpec>(),
        ResourceKind::Node => of::<NodeSpec>(),
        ResourceKind::Service => of::<ServiceSpec>(),
        ResourceKind::Threshold => of::<ThresholdSpec>(),
        ResourceKind::Runbook => of::<RunbookSpec>(),
        ResourceKind::SafetyPolicy => of::<SafetyPolicySpec>(),
        ResourceKind::MaintenanceWindow => of::<MaintenanceWindowSpec>(),
        ResourceKind::NotificationChannel => of::<NotificationChannelSpec>(),
    }
}

fn of<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    normal::normalise(settings.into_generator().into_root_schema_for::<T>().to_value())
}
