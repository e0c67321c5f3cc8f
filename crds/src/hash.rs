//! Content hashes over a canonical form: JSON with sorted keys and defaults filled in. Two manifests that mean the
//! same have the same hash, whatever their comments, quoting, order of keys or spelled-out defaults.

use crate::manifest::AnyManifest;
use jarvis_model::ResourceKey;
use serde_json::Value;
use sha2::{Digest, Sha256};

/// The hash of one resource, hexadecimal.
pub fn of_manifest(manifest: &AnyManifest) -> String {
    // Serialising cannot fail: all keys are text and no value is fallible. An empty text would still be a hash.
    let value = serde_json::to_value(manifest).unwrap_or(Value::Null);
    let mut text = String::new();
    canonical(&value, &mut text);
    digest(&text)
}

/// The hash of a set, from its resources' hashes in key order.
pub fn of_set(resources: impl Iterator<Item = (ResourceKey, String)>) -> String {
    let mut lines: Vec<String> = resources.map(|(key, hash)| format!("{key} {hash}\n")).collect();
    lines.sort();
    digest(&lines.concat())
}

fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

/// Appends the value with object keys sorted by bytes and no white space.
fn canonical(value: &Value, text: &mut String) {
    match value {
        Value::Object(fields) => {
            let mut keys: Vec<&String> = fields.keys().collect();
            keys.sort();
            text.push('{');
            for (index, key) in keys.into_iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                text.push_str(&Value::String(key.clone()).to_string());
                text.push(':');
                canonical(&fields[key], text);
            }
            text.push('}');
        }
        Value::Array(items) => {
            text.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    text.push(',');
                }
                canonical(item, text);
            }
            text.push(']');
        }
        plain => text.push_str(&plain.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_canonical_form_sorts_keys_at_every_depth() {
        let mut text = String::new();
        canonical(&json!({"b": [{"z": 1, "a": "x\"y"}], "a": null}), &mut text);
        assert_eq!(text, r#"{"a":null,"b":[{"a":"x\"y","z":1}]}"#);
    }
}
