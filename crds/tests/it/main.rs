//! What the crate promises from outside: examples load, bad manifests are explained, schemas agree with the decoder,
//! what is printed is read back.

#![expect(
    clippy::unwrap_used,
    reason = "helpers of tests fail by panicking, as tests do"
)]

mod agreement;
mod any;
mod bad;
mod examples;
mod reference;
mod schemas;
mod structural;

use jarvis_crds::{AnyManifest, ManifestError, json_schema};
use jarvis_model::ResourceKind;
use jsonschema::Validator;
use serde_json::Value;
use std::{collections::BTreeMap, path::Path, sync::LazyLock};

/// All files below a folder of the repository, by relative path.
fn folder(below_root: &str) -> BTreeMap<String, Vec<u8>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(below_root);
    let mut files = BTreeMap::new();
    let mut open = vec![root.clone()];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    assert!(!files.is_empty(), "{} is empty", root.display());
    files
}

/// A manifest as the JSON an outside validator sees, made by the crate's own types.
fn as_json(manifest: &AnyManifest) -> Value {
    let mut value = serde_json::to_value(manifest).unwrap();
    value["apiVersion"] = "jarvis.dev/v1alpha1".into();
    value
}

/// Errors or warnings, one a line.
fn lines(found: &[ManifestError]) -> String {
    found
        .iter()
        .map(ManifestError::to_string)
        .collect::<Vec<_>>()
        .join("\n")
}

static VALIDATORS: LazyLock<BTreeMap<ResourceKind, Validator>> = LazyLock::new(|| {
    let validator = |kind| jsonschema::validator_for(&json_schema(kind)).unwrap();
    ResourceKind::ALL
        .into_iter()
        .map(|kind| (kind, validator(kind)))
        .collect()
});

/// What the JSON Schema of the kind says, by an independent validator. Documents of no kind are refused.
fn schema_refuses(instance: &Value) -> Option<String> {
    let Ok(kind) = instance["kind"].as_str().unwrap_or_default().parse() else {
        return Some("no kind".to_owned());
    };
    let refusal = VALIDATORS[&kind].validate(instance).err();
    refusal.map(|error| format!("{}: {error}", error.instance_path()))
}

/// A file's documents, by an independent YAML reader.
fn as_json_by_other_reader(text: &str) -> Vec<Value> {
    serde_saphyr::from_multiple(text).unwrap()
}
