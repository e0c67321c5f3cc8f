//! The reference names every field and word of every kind, and its examples load.

use crate::lines;
use jarvis_crds::{json_schema, load, schema::about};
use jarvis_model::ResourceKind;
use serde_json::Value;
use std::collections::BTreeMap;

fn readme() -> String {
    std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

/// The part on a kind: from its heading to the next of the same rank.
fn section<'a>(readme: &'a str, heading: &str) -> &'a str {
    let start = readme
        .find(&format!("\n## {heading}\n"))
        .unwrap_or_else(|| panic!("no section {heading}"));
    let rest = &readme[start + 4..];
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

#[test]
fn every_field_is_in_the_reference_with_its_default_and_words() {
    let readme = readme();
    for kind in ResourceKind::ALL {
        let heading = match kind {
            ResourceKind::VirtualMachine | ResourceKind::Container => "VirtualMachine and Container",
            other => other.as_str(),
        };
        let section = section(&readme, heading);
        assert!(about(kind).len() > 10);
        let mut all = Vec::new();
        fields(&json_schema(kind)["properties"]["spec"], "", &mut all);
        for (path, schema) in all {
            let row = section
                .lines()
                .find(|line| line.starts_with(&format!("| `{path}` |")));
            let Some(row) = row else {
                panic!("README.md, {heading}: no row for `{path}`")
            };
            if let Some(default) = schema.get("default") {
                let default = default
                    .as_str()
                    .map_or_else(|| default.to_string(), str::to_owned);
                assert!(
                    row.contains(&format!("`{default}`")),
                    "{heading} `{path}`: the default is {default}"
                );
            }
            for word in schema["enum"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
            {
                assert!(
                    row.contains(word),
                    "{heading} `{path}`: the word {word} is missing"
                );
            }
        }
    }
}

#[test]
fn every_row_of_the_reference_is_a_field() {
    let readme = readme();
    for kind in ResourceKind::ALL
        .into_iter()
        .filter(|kind| *kind != ResourceKind::Container)
    {
        let heading = if kind == ResourceKind::VirtualMachine {
            "VirtualMachine and Container"
        } else {
            kind.as_str()
        };
        let mut all = Vec::new();
        fields(&json_schema(kind)["properties"]["spec"], "", &mut all);
        for row in section(&readme, heading)
            .lines()
            .filter(|line| line.starts_with("| `"))
        {
            let path = row.trim_start_matches("| `").split('`').next().unwrap();
            assert!(
                all.iter().any(|(field, _)| field == path),
                "README.md, {heading}: `{path}` is no field"
            );
        }
    }
}

#[test]
fn the_examples_of_the_reference_load() {
    let readme = readme();
    let blocks: Vec<&str> = readme
        .split("```yaml\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap())
        .collect();

    let files: BTreeMap<String, Vec<u8>> = blocks
        .iter()
        .enumerate()
        .map(|(index, text)| (format!("{index:02}.yaml"), text.as_bytes().to_vec()))
        .collect();
    match load(&files, "commit") {
        Ok(loaded) => {
            assert_eq!(loaded.warnings, []);
            for kind in ResourceKind::ALL {
                assert!(
                    loaded.sources.keys().any(|key| key.kind == kind),
                    "an example of {kind}"
                );
            }
        }
        Err(errors) => panic!("{}", lines(&errors)),
    }
}
