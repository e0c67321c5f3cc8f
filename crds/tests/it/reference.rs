//! The reference of manifests names every field, default and word of every kind, and nothing else.

use jarvis_crds::{json_schema, schema::about};
use jarvis_model::ResourceKind;
use serde_json::Value;

fn reference() -> String {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::fs::read_to_string(root.join("docs/MANIFESTS.md")).unwrap()
}

/// The part on a kind: from its heading to the next of the same rank.
fn section(reference: &str, kind: ResourceKind) -> &str {
    let start = reference
        .find(&format!("\n## {kind}\n"))
        .unwrap_or_else(|| panic!("no section {kind}"));
    let rest = &reference[start + 4..];
    &rest[..rest.find("\n## ").unwrap_or(rest.len())]
}

/// Every field as a path such as `ready.tcp.address` or `steps[].action`, with its schema.
fn fields(schema: &Value, path: &str, all: &mut Vec<(String, Value)>) {
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        all.push((path.clone(), inner.clone()));
        fields(inner, &path, all);
        fields(&inner["items"], &format!("{path}[]"), all);
    }
}

fn of(kind: ResourceKind) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    fields(&json_schema(kind)["properties"]["spec"], "", &mut all);
    all
}

#[test]
fn every_field_is_in_the_reference_with_its_default_and_words() {
    let reference = reference();
    for kind in ResourceKind::ALL {
        let section = section(&reference, kind);
        assert!(about(kind).len() > 10);
        for (path, schema) in of(kind) {
            let row = section
                .lines()
                .find(|line| line.starts_with(&format!("| `{path}` |")));
            let row = row.unwrap_or_else(|| panic!("{kind}: no row for `{path}`"));
            if let Some(default) = schema.get("default") {
                let default = default
                    .as_str()
                    .map_or_else(|| default.to_string(), str::to_owned);
                assert!(
                    row.contains(&format!("`{default}`")),
                    "{kind} `{path}`: the default is {default}"
                );
            }
            for word in schema["enum"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                assert!(row.contains(word), "{kind} `{path}`: the word {word} is missing");
            }
        }
    }
}

#[test]
fn every_row_of_the_reference_is_a_field() {
    let reference = reference();
    for kind in ResourceKind::ALL {
        let all = of(kind);
        for row in section(&reference, kind)
            .lines()
            .filter(|line| line.starts_with("| `"))
        {
            let path = row.trim_start_matches("| `").split('`').next().unwrap();
            assert!(
                all.iter().any(|(field, _)| field == path),
                "{kind}: `{path}` is no field"
            );
        }
    }
}
