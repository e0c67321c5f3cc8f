//! JSON Schema (draft 2020-12) of a kind, for editors and other validators.

use super::document;
use jarvis_model::ResourceKind;
use serde_json::{Map, Value, json};

/// Formats that other validators know and mean alike.
const COMMON_FORMATS: [&str; 2] = ["ipv4", "date-time"];

/// The JSON Schema of a whole manifest of this kind. Self-contained; unknown fields are refused.
pub fn json_schema(kind: ResourceKind) -> Value {
    let mut schema = Map::new();
    schema.insert(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    schema.insert("title".to_owned(), json!(kind.as_str()));
    if let Value::Object(fields) = close(document(kind)) {
        schema.extend(fields);
    }
    Value::Object(schema)
}

/// Own keywords out; objects with fixed keys closed.
fn close(node: &Value) -> Value {
    let Value::Object(fields) = node else {
        return node.clone();
    };
    let mut closed = Map::new();
    for (key, value) in fields {
        match key.as_str() {
            "format" if !COMMON_FORMATS.iter().any(|known| value == known) => {}
            "properties" => {
                let properties = value.as_object().into_iter().flatten();
                closed.insert(
                    key.clone(),
                    properties
                        .map(|(name, inner)| (name.clone(), close(inner)))
                        .collect(),
                );
                closed.insert("additionalProperties".to_owned(), json!(false));
            }
            "items" | "additionalProperties" => drop(closed.insert(key.clone(), close(value))),
            own if own.starts_with("x-jarvis-") => {}
            _ => drop(closed.insert(key.clone(), value.clone())),
        }
    }
    Value::Object(closed)
}
