//! The rules of the format that this document can break, on the tree as it is and on a small one of npm.

use super::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The structural rules of CycloneDX 1.6 for what is written here.
#[expect(clippy::too_many_lines, reason = "a rule after the other")]
fn broken_rules(document: &Value) -> Vec<String> {
    let mut broken = Vec::new();
    let mut must = |holds: bool, rule: &str, what: &Value| {
        if !holds {
            broken.push(format!("{rule}: {what}"));
        }
    };
    must(
        document["bomFormat"] == "CycloneDX" && document["specVersion"] == "1.6",
        "format",
        &document["bomFormat"],
    );
    must(
        document["version"].as_u64().is_some_and(|version| version >= 1),
        "version",
        &document["version"],
    );
    let serial = text(&document["serialNumber"]);
    let digits = serial
        .strip_prefix("urn:uuid:")
        .unwrap_or_default()
        .replace('-', "");
    let is_hex =
        |digits: &str, length| digits.len() == length && digits.bytes().all(|b| b.is_ascii_hexdigit());
    must(
        is_hex(&digits, 32) && serial.len() == 45,
        "serial number",
        &document["serialNumber"],
    );
    let mut references = BTreeSet::new();
    let parts = document["components"].as_array().into_iter().flatten();
    for part in parts.chain([&document["metadata"]["component"]]) {
        must(
            ["application", "library"].contains(&text(&part["type"])),
            "type",
            part,
        );
        must(
            !text(&part["name"]).is_empty() && !text(&part["version"]).is_empty(),
            "name and version",
            part,
        );
        must(text(&part["purl"]).starts_with("pkg:"), "purl", part);
        must(
            references.insert(text(&part["bom-ref"]).to_owned()),
            "a reference of its own",
            part,
        );
        for hash in part["hashes"].as_array().into_iter().flatten() {
            let length = if hash["alg"] == "SHA-256" { 64 } else { 128 };
            must(is_hex(text(&hash["content"]), length), "hash", hash);
        }
        let licences = part["licenses"].as_array().map_or(0, Vec::len);
        must(licences <= 1, "one expression at most", part);
    }
    let mut told = BTreeSet::new();
    for dependency in document["dependencies"].as_array().into_iter().flatten() {
        must(told.insert(text(&dependency["ref"])), "told once", dependency);
        must(
            references.contains(text(&dependency["ref"])),
            "a known reference",
            dependency,
        );
        let uses: Vec<&str> = dependency["dependsOn"]
            .as_array()
            .into_iter()
            .flatten()
            .map(text)
            .collect();
        must(
            uses.iter().all(|used| references.contains(*used)),
            "known references",
            dependency,
        );
        must(
            uses.iter().collect::<BTreeSet<_>>().len() == uses.len(),
            "unique",
            dependency,
        );
    }
    broken
}

fn of(document: &Document) -> Value {
    serde_json::to_value(document).unwrap()
}

#[test]
fn the_document_of_this_tree_keeps_the_rules_and_is_the_same_twice() {
    let root = crate::workspace::root();
    let (first, second) = (of(&document(&root).unwrap()), of(&document(&root).unwrap()));
    assert_eq!(broken_rules(&first), Vec::<String>::new());
    assert_eq!(first.to_string(), second.to_string());
    assert_eq!(first["metadata"]["component"]["name"], "jarvis");
    let components = first["components"].as_array().unwrap();
    let named = |name: &str| components.iter().find(|part| part["name"] == name);
    let tokio = named("tokio").expect("a direct dependency");
    assert_eq!(tokio["licenses"][0]["expression"], "MIT");
    assert_eq!(tokio["hashes"][0]["alg"], "SHA-256");
    assert!(named("aws-lc-sys").is_some() && named("jarvis-guard").is_some());
    assert!(
        named("proptest").is_none() && named("criterion").is_none(),
        "what only tests use is not in the program"
    );
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).unwrap();
    assert!(components.len() < lock.matches("[[package]]").count());
}

#[test]
fn a_broken_document_is_found_broken() {
    let good = of(&finished("pkg:cargo/jarvis@1", small()));
    assert_eq!(broken_rules(&good), Vec::<String>::new());
    for (pointer, value) in [
        ("/specVersion", json!("1.5")),
        ("/serialNumber", json!("1")),
        ("/components/0/bom-ref", json!("pkg:cargo/jarvis@1")),
        ("/components/0/version", json!("")),
        ("/components/0/type", json!("crate")),
        ("/components/0/purl", json!("a")),
        (
            "/components/0/hashes",
            json!([{ "alg": "SHA-512", "content": "00" }]),
        ),
        ("/dependencies/0/ref", json!("nobody")),
        ("/dependencies/0/dependsOn", json!(["nobody"])),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer}")) = value;
        assert_ne!(broken_rules(&bad), Vec::<String>::new(), "{pointer}");
    }
}

/// The program with one package of npm.
fn small() -> Tree {
    let (direct, mut tree) = npm::tree(LOCK).unwrap();
    let app = Component {
        kind: "application",
        reference: "pkg:cargo/jarvis@1".to_owned(),
        name: "jarvis".to_owned(),
        version: "1".to_owned(),
        purl: "pkg:cargo/jarvis@1".to_owned(),
        licenses: Vec::new(),
        hashes: Vec::new(),
    };
    tree.uses.insert(app.reference.clone(), direct);
    tree.components.insert(app.reference.clone(), app);
    tree
}

const LOCK: &str = r#"{"lockfileVersion": 3, "packages": {
  "": {"name": "ui", "dependencies": {"@xterm/xterm": "^6", "outer": "^1"}, "devDependencies": {"vite": "^8"}},
  "node_modules/@xterm/xterm": {"version": "6.0.0", "license": "MIT", "integrity":
    "sha512-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=="},
  "node_modules/outer": {"version": "1.0.0", "dependencies": {"inner": "^2", "shared": "^1"}},
  "node_modules/outer/node_modules/inner": {"version": "2.0.0", "dependencies": {"shared": "^1"}},
  "node_modules/inner": {"version": "1.0.0", "dev": true},
  "node_modules/shared": {"version": "1.5.0"},
  "node_modules/vite": {"version": "8.0.0", "dev": true}
}}"#;

#[test]
fn packages_of_the_dashboard_are_found_where_node_finds_them() {
    let (direct, tree) = npm::tree(LOCK).unwrap();
    assert_eq!(direct, ["pkg:npm/%40xterm/xterm@6.0.0", "pkg:npm/outer@1.0.0"]);
    let names: Vec<&str> = tree.components.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "pkg:npm/%40xterm/xterm@6.0.0",
            "pkg:npm/inner@2.0.0",
            "pkg:npm/outer@1.0.0",
            "pkg:npm/shared@1.5.0"
        ],
        "nothing that only builds it"
    );
    assert_eq!(
        tree.uses["pkg:npm/outer@1.0.0"],
        ["pkg:npm/inner@2.0.0", "pkg:npm/shared@1.5.0"]
    );
    assert_eq!(tree.uses["pkg:npm/inner@2.0.0"], ["pkg:npm/shared@1.5.0"]);
    assert_eq!(
        tree.components["pkg:npm/%40xterm/xterm@6.0.0"].hashes[0].content,
        "0".repeat(128)
    );
}
