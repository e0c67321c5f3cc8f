//! The crates that are built into the program, out of `cargo metadata`: normal and build dependencies of the binary on Linux,
//! none of the tests'.

use super::{Component, Hash, License, Tree};
use anyhow::{Context, bail};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::Command;

const BINARY: &str = "jarvis";

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
    resolve: Resolve,
}

#[derive(Debug, Deserialize)]
struct Package {
    id: String,
    name: String,
    version: String,
    license: Option<String>,
    source: Option<String>,
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

/// The binary's reference, and its tree.
pub(super) fn tree(root: &Path) -> anyhow::Result<(String, Tree)> {
    let output = Command::new("cargo")
        .args([
            "metadata",
            "--locked",
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
        serde_json::from_slice(&output.stdout).context("cargo metadata has an unknown form")?;
    let lock = std::fs::read_to_string(root.join("Cargo.lock")).context("cannot read Cargo.lock")?;
    of(&metadata, &checksums(&lock))
}

fn of(metadata: &Metadata, checksums: &BTreeMap<(String, String), String>) -> anyhow::Result<(String, Tree)> {
    let packages: BTreeMap<&str, &Package> = metadata
        .packages
        .iter()
        .map(|package| (package.id.as_str(), package))
        .collect();
    let nodes: BTreeMap<&str, &Node> = metadata
        .resolve
        .nodes
        .iter()
        .map(|node| (node.id.as_str(), node))
        .collect();
    let binary = metadata
        .packages
        .iter()
        .find(|package| package.name == BINARY && package.source.is_none())
        .context("there is no package jarvis")?;
    let mut tree = Tree::default();
    let mut open = vec![binary.id.as_str()];
    let mut seen = BTreeSet::from([binary.id.as_str()]);
    while let Some(id) = open.pop() {
        let package = packages
            .get(id)
            .with_context(|| format!("cargo knows no package {id}"))?;
        let built_in = |link: &&Link| {
            link.dep_kinds
                .iter()
                .any(|kind| kind.kind.as_deref() != Some("dev"))
        };
        let used: Vec<&str> = nodes
            .get(id)
            .into_iter()
            .flat_map(|node| node.deps.iter().filter(built_in))
            .map(|link| link.pkg.as_str())
            .collect();
        let names = used
            .iter()
            .filter_map(|id| packages.get(id))
            .map(|package| purl(package));
        tree.uses.insert(purl(package), names.collect());
        let checksum = checksums.get(&(package.name.clone(), package.version.clone()));
        tree.components
            .insert(purl(package), component(package, checksum));
        open.extend(used.into_iter().filter(|id| seen.insert(id)));
    }
    Ok((purl(binary), tree))
}

fn purl(package: &Package) -> String {
    format!(
        "pkg:cargo/{}@{}",
        package.name,
        package.version.replace('+', "%2B")
    )
}

fn component(package: &Package, checksum: Option<&String>) -> Component {
    let expression = package.license.as_ref().map(|license| License {
        // The older way to write a choice.
        expression: license.replace('/', " OR "),
    });
    let hash = checksum.map(|content| Hash {
        alg: "SHA-256",
        content: content.clone(),
    });
    Component {
        kind: if package.name == BINARY {
            "application"
        } else {
            "library"
        },
        reference: purl(package),
        name: package.name.clone(),
        version: package.version.clone(),
        purl: purl(package),
        licenses: expression.into_iter().collect(),
        hashes: hash.into_iter().collect(),
    }
}

/// Checksums of `Cargo.lock` by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    lock.split("[[package]]")
        .filter_map(|entry| {
            let value = |key: &str| {
                let line = entry.lines().find_map(|line| line.strip_prefix(key))?;
                Some(line.trim().trim_matches('"').to_owned())
            };
            Some(((value("name = ")?, value("version = ")?), value("checksum = ")?))
        })
        .collect()
}
