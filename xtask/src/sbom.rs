//! `sbom`: what the program is made of, as CycloneDX 1.6 JSON: the crates that are built into the binary and the packages that
//! are built into its dashboard. The same tree gives the same bytes: no time, no random number.
//!
//! Reads `cargo metadata`, `Cargo.lock` and `ui/package-lock.json`; asks no registry.

mod cargo;
mod npm;

use anyhow::Context;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// Where it goes when nobody says.
pub const DEFAULT: &str = "target/jarvis.cdx.json";

/// A part, as CycloneDX knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
struct Component {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(rename = "bom-ref")]
    reference: String,
    name: String,
    version: String,
    purl: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    licenses: Vec<License>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    hashes: Vec<Hash>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct License {
    expression: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Hash {
    alg: &'static str,
    content: String,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency {
    #[serde(rename = "ref")]
    reference: String,
    depends_on: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(rename = "$schema")]
    schema: &'static str,
    bom_format: &'static str,
    spec_version: &'static str,
    serial_number: String,
    version: u32,
    metadata: Metadata,
    components: Vec<Component>,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Serialize)]
struct Metadata {
    component: Component,
}

/// Parts, and which of them use which.
#[derive(Debug, Default)]
struct Tree {
    components: BTreeMap<String, Component>,
    uses: BTreeMap<String, Vec<String>>,
}

/// Writes the document; the text says where and how much.
pub fn run(root: &Path, to: &str) -> anyhow::Result<String> {
    let document = document(root)?;
    let text = format!("{:#}\n", serde_json::to_value(&document)?);
    let path = root.join(to);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    }
    std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(format!("sbom: {} components in {to}", document.components.len()))
}

fn document(root: &Path) -> anyhow::Result<Document> {
    let (app, mut tree) = cargo::tree(root)?;
    let lock = root.join("ui/package-lock.json");
    if lock.exists() {
        let text = std::fs::read_to_string(&lock).context("cannot read ui/package-lock.json")?;
        let (direct, packages) = npm::tree(&text)?;
        tree.components.extend(packages.components);
        tree.uses.extend(packages.uses);
        tree.uses.entry(app.clone()).or_default().extend(direct);
    }
    Ok(finished(&app, tree))
}

fn finished(app: &str, mut tree: Tree) -> Document {
    let component = tree.components.remove(app).unwrap_or_else(|| Component {
        kind: "application",
        reference: app.to_owned(),
        name: "jarvis".to_owned(),
        version: String::new(),
        purl: app.to_owned(),
        licenses: Vec::new(),
        hashes: Vec::new(),
    });
    let dependencies: Vec<Dependency> = tree
        .uses
        .into_iter()
        .map(|(reference, mut depends_on)| {
            depends_on.sort();
            depends_on.dedup();
            Dependency {
                reference,
                depends_on,
            }
        })
        .collect();
    let components: Vec<Component> = tree.components.into_values().collect();
    Document {
        schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
        bom_format: "CycloneDX",
        spec_version: "1.6",
        serial_number: serial(&components),
        version: 1,
        metadata: Metadata { component },
        components,
        dependencies,
    }
}

/// A UUID out of what is in it (version 8: of one's own making), so that the same parts have the same number.
fn serial(components: &[Component]) -> String {
    let mut digest = Sha256::new();
    for component in components {
        digest.update(&component.reference);
        digest.update([0]);
    }
    let mut bytes: [u8; 16] = digest.finalize()[..16].try_into().unwrap_or_default();
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex::encode(bytes);
    let groups = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]];
    format!("urn:uuid:{}", groups.join("-"))
}

#[cfg(test)]
mod tests;
