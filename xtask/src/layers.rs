//! `layers`: a crate depends only on crates below it, and the pure ones stay pure. Reads `cargo metadata`.
//!
//! The table is the architecture (`docs/ARCHITECTURE.md`); a new crate gets its row here first.

use anyhow::{Context, bail};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

/// Which crate is on which layer.
const LAYERS: &[(&str, u8)] = &[
    ("jarvis-model", 0),
    ("jarvis-crds", 1),
    ("jarvis-guard", 2),
    ("jarvis-planner", 3),
    ("jarvis-ports", 4),
    ("jarvis-proxmox", ADAPTERS),
    ("jarvis-store", ADAPTERS),
    ("jarvis-source", ADAPTERS),
    ("jarvis-ssh", ADAPTERS),
    ("jarvis-notify", ADAPTERS),
    ("jarvis-llm", ADAPTERS),
    ("jarvis-simulator", ADAPTERS),
    ("jarvis-replay", ADAPTERS),
    ("jarvis-controller", 6),
    ("jarvis-tools", 7),
    ("jarvis-assistant", 8),
    ("jarvis-api", 9),
    ("jarvis", 10),
    ("jarvis-tests", 11),
    ("xtask", 12),
];

/// The layer that touches the outside.
const ADAPTERS: u8 = 5;
/// The first layer that may name an adapter outside tests: the binary.
const WIRING: u8 = 10;
/// Decisions: functions of values, without I/O of any kind.
const PURE: &[&str] = &["jarvis-model", "jarvis-crds", "jarvis-guard", "jarvis-planner"];
/// What a pure crate must not reach, however indirectly.
const IMPURE: &[&str] = &[
    "async-graphql",
    "axum",
    "hyper",
    "mio",
    "reqwest",
    "russh",
    "rustls",
    "sled",
    "socket2",
    "tokio",
    "getrandom",
    "rand",
];

/// Crates that reach the outside only by a feature that other members of the workspace switch on, and that pure crates use
/// without it: hashing makes no keys.
const UNIFIED: &[&str] = &["crypto-common"];

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    workspace_members: Vec<String>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    kind: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Resolve {
    nodes: Vec<Node>,
}

#[derive(Debug, Deserialize)]
struct Node {
    id: String,
    deps: Vec<Link>,
}

#[derive(Debug, Deserialize)]
struct Link {
    pkg: String,
    dep_kinds: Vec<LinkKind>,
}

#[derive(Debug, Deserialize)]
struct LinkKind {
    kind: Option<String>,
}

/// Checks the workspace at `root`.
pub fn run(root: &Path) -> anyhow::Result<String> {
    let output = Command::new("cargo")
        .args([
            "metadata",
            "--format-version",
            "1",
            "--filter-platform",
            "x86_64-unknown-linux-gnu",
        ])
        .current_dir(root)
        .output()
        .context("cannot read the cargo metadata: cargo could not be run")?;
    if !output.status.success() {
        bail!(
            "cannot read the cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        );
    }
    let metadata: Metadata =
        serde_json::from_slice(&output.stdout).context("cannot read the cargo metadata: unknown form")?;
    let findings = judge(&metadata);
    if findings.is_empty() {
        return Ok(format!(
            "layers: {} crates in order",
            metadata.workspace_members.len()
        ));
    }
    bail!(
        "{} wrong dependencies:\n  {}",
        findings.len(),
        findings.join("\n  ")
    )
}

/// Every sentence is one thing to put right.
fn judge(metadata: &Metadata) -> Vec<String> {
    let mut findings = Vec::new();
    let members: BTreeSet<&str> = metadata.workspace_members.iter().map(String::as_str).collect();
    for package in metadata
        .packages
        .iter()
        .filter(|package| members.contains(package.id.as_str()))
    {
        let Some(own) = layer(&package.name) else {
            findings.push(format!(
                "{} has no row in the layer table (xtask/src/layers.rs)",
                package.name
            ));
            continue;
        };
        for dependency in &package.dependencies {
            let Some(other) = layer(&dependency.name) else {
                continue;
            };
            let in_tests = dependency.kind.as_deref() == Some("dev");
            if let Some(why) = refused((&package.name, own), (&dependency.name, other), in_tests) {
                let kind = if in_tests {
                    "uses in its tests"
                } else {
                    "depends on"
                };
                findings.push(format!("{} {kind} {}: {why}", package.name, dependency.name));
            }
        }
        if PURE.contains(&package.name.as_str()) {
            findings.extend(impure(metadata, package));
        }
    }
    findings
}

fn layer(name: &str) -> Option<u8> {
    LAYERS
        .iter()
        .find(|(crate_name, _)| *crate_name == name)
        .map(|(_, layer)| *layer)
}

/// Why one workspace crate may not use another; None when it may.
fn refused(user: (&str, u8), used: (&str, u8), in_tests: bool) -> Option<String> {
    let ((user, own), (used, other)) = (user, used);
    if user == "jarvis-simulator" {
        return Some(
            "the simulator must not share the client's types, or both share one misreading".to_owned(),
        );
    }
    if in_tests {
        let adapter_for_tests = other == ADAPTERS && own <= 9 && user != used;
        return (other >= own && !adapter_for_tests).then(|| format!("layer {other} is not below {own}"));
    }
    if own == ADAPTERS && other == ADAPTERS {
        return Some("adapters never depend on each other".to_owned());
    }
    if other >= own {
        return Some(format!("layer {other} is not below {own}"));
    }
    if other == ADAPTERS && own < WIRING {
        return Some("only the binary names a concrete adapter; use the trait in jarvis-ports".to_owned());
    }
    None
}

/// What a pure crate reaches through normal dependencies and must not, with the way to it.
fn impure(metadata: &Metadata, package: &Package) -> Vec<String> {
    let names: BTreeMap<&str, &str> = metadata
        .packages
        .iter()
        .map(|p| (p.id.as_str(), p.name.as_str()))
        .collect();
    let nodes: BTreeMap<&str, &Node> = metadata
        .resolve
        .nodes
        .iter()
        .map(|n| (n.id.as_str(), n))
        .collect();
    let mut way: BTreeMap<&str, String> = BTreeMap::from([(package.id.as_str(), package.name.clone())]);
    let mut open = vec![package.id.as_str()];
    let mut findings = Vec::new();
    while let Some(id) = open.pop() {
        let here = way.get(id).cloned().unwrap_or_default();
        for link in nodes.get(id).into_iter().flat_map(|node| &node.deps) {
            let normal = link.dep_kinds.iter().any(|kind| kind.kind.is_none());
            let (Some(name), false) = (names.get(link.pkg.as_str()), way.contains_key(link.pkg.as_str()))
            else {
                continue;
            };
            if !normal {
                continue;
            }
            let there = format!("{here} > {name}");
            if IMPURE.contains(name) {
                findings.push(format!("{} is pure but reaches {name}: {there}", package.name));
            }
            way.insert(&link.pkg, there);
            if !UNIFIED.contains(name) {
                open.push(&link.pkg);
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A workspace in which `user` uses `used` in this kind of dependency.
    fn workspace(user: &str, used: &str, kind: Option<&str>) -> Vec<String> {
        let metadata = json!({
            "packages": [
                {"id": "a", "name": user, "dependencies": [{"name": used, "kind": kind}]},
                {"id": "b", "name": used, "dependencies": []},
                {"id": "c", "name": "between", "dependencies": []},
                {"id": "d", "name": "tokio", "dependencies": []},
            ],
            "workspace_members": ["a"],
            "resolve": {"nodes": [
                {"id": "a", "deps": [{"pkg": "b", "dep_kinds": [{"kind": kind}]}]},
                {"id": "b", "deps": [{"pkg": "c", "dep_kinds": [{"kind": null}]}]},
                {"id": "c", "deps": [{"pkg": "d", "dep_kinds": [{"kind": "build"}, {"kind": null}]}]},
                {"id": "d", "deps": []},
            ]},
        });
        judge(&serde_json::from_value(metadata).unwrap())
    }

    #[test]
    fn downwards_is_fine() {
        for (user, used) in [
            ("jarvis-controller", "jarvis-ports"),
            ("jarvis-proxmox", "jarvis-ports"),
            ("jarvis-api", "jarvis-controller"),
            ("jarvis", "jarvis-store"),
            ("jarvis-tests", "jarvis"),
            ("jarvis-controller", "serde"),
        ] {
            assert_eq!(
                workspace(user, used, None),
                Vec::<String>::new(),
                "{user} on {used}"
            );
        }
    }

    #[test]
    fn upwards_sideways_and_around_the_ports_is_refused() {
        for (user, used, why) in [
            ("jarvis-ports", "jarvis-controller", "not below"),
            ("jarvis-proxmox", "jarvis-store", "each other"),
            ("jarvis-controller", "jarvis-store", "only the binary"),
            ("jarvis-api", "jarvis-proxmox", "only the binary"),
            ("jarvis-simulator", "jarvis-ports", "misreading"),
            ("jarvis-nowhere", "serde", "no row"),
        ] {
            let findings = workspace(user, used, None);
            assert!(
                findings.len() == 1 && findings[0].contains(why),
                "{user} on {used}: {findings:?}"
            );
        }
    }

    #[test]
    fn tests_may_use_adapters_but_not_what_is_above() {
        assert_eq!(
            workspace("jarvis-controller", "jarvis-store", Some("dev")),
            Vec::<String>::new()
        );
        assert_eq!(
            workspace("jarvis-proxmox", "jarvis-simulator", Some("dev")),
            Vec::<String>::new()
        );
        assert_eq!(workspace("jarvis-ports", "jarvis-api", Some("dev")).len(), 1);
        assert_eq!(
            workspace("jarvis-simulator", "jarvis-proxmox", Some("dev")).len(),
            1
        );
    }

    #[test]
    fn pure_crates_reach_no_runtime_however_indirectly() {
        let findings = workspace("jarvis-guard", "serde", None);
        assert_eq!(
            findings,
            ["jarvis-guard is pure but reaches tokio: jarvis-guard > serde > between > tokio"]
        );
        assert_eq!(
            workspace("jarvis-guard", "proptest", Some("dev")),
            Vec::<String>::new()
        );
    }
}
