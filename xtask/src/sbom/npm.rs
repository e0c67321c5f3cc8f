//! The packages that are built into the dashboard, out of `package-lock.json` (version 3): what is not for development.

use super::{Component, Hash, License, Tree};
use anyhow::Context;
use base64::{Engine, prelude::BASE64_STANDARD};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
struct Lock {
    packages: BTreeMap<String, Entry>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Entry {
    version: Option<String>,
    license: Option<serde_json::Value>,
    integrity: Option<String>,
    dev: bool,
    dev_optional: bool,
    dependencies: BTreeMap<String, String>,
    optional_dependencies: BTreeMap<String, String>,
    peer_dependencies: BTreeMap<String, String>,
}

impl Entry {
    fn uses(&self) -> impl Iterator<Item = &str> {
        let all = [
            &self.dependencies,
            &self.optional_dependencies,
            &self.peer_dependencies,
        ];
        all.into_iter().flat_map(|named| named.keys().map(String::as_str))
    }
}

/// What the dashboard uses itself, and the whole tree.
pub(super) fn tree(text: &str) -> anyhow::Result<(Vec<String>, Tree)> {
    let lock: Lock = serde_json::from_str(text).context("ui/package-lock.json has an unknown form")?;
    let built_in = |entry: &Entry| !entry.dev && !entry.dev_optional;
    let reference = |path: &str| {
        let entry = lock.packages.get(path).filter(|entry| built_in(entry))?;
        Some(purl(name(path)?, entry.version.as_deref()?))
    };
    let used_by = |path: &str, entry: &Entry| -> Vec<String> {
        entry
            .uses()
            .filter_map(|used| resolve(&lock, path, used))
            .filter_map(|path| reference(&path))
            .collect()
    };
    let mut tree = Tree::default();
    for (path, entry) in lock.packages.iter().filter(|(_, entry)| built_in(entry)) {
        let (Some(reference), Some(name), Some(version)) = (reference(path), name(path), &entry.version)
        else {
            continue;
        };
        tree.uses
            .entry(reference.clone())
            .or_default()
            .extend(used_by(path, entry));
        tree.components
            .insert(reference.clone(), component(reference, name, version, entry));
    }
    let direct = lock
        .packages
        .get("")
        .map(|own| used_by("", own))
        .unwrap_or_default();
    Ok((direct, tree))
}

/// The package's name out of its place: what follows the last `node_modules/`.
fn name(path: &str) -> Option<&str> {
    path.rsplit_once("node_modules/").map(|(_, name)| name)
}

/// Where a package finds another: beside it, or with whoever holds it.
fn resolve(lock: &Lock, from: &str, used: &str) -> Option<String> {
    let mut holder = from;
    loop {
        let place = if holder.is_empty() {
            format!("node_modules/{used}")
        } else {
            format!("{holder}/node_modules/{used}")
        };
        if lock.packages.contains_key(&place) {
            return Some(place);
        }
        if holder.is_empty() {
            return None;
        }
        holder = holder
            .rsplit_once("node_modules/")
            .map_or("", |(above, _)| above.trim_end_matches('/'));
    }
}

fn purl(name: &str, version: &str) -> String {
    format!(
        "pkg:npm/{}@{}",
        name.replace('@', "%40"),
        version.replace('+', "%2B")
    )
}

fn component(reference: String, name: &str, version: &str, entry: &Entry) -> Component {
    let license = entry.license.as_ref().and_then(serde_json::Value::as_str);
    let hash = entry.integrity.as_deref().and_then(hash);
    Component {
        kind: "library",
        purl: reference.clone(),
        reference,
        name: name.to_owned(),
        version: version.to_owned(),
        licenses: license
            .map(|text| License {
                expression: text.to_owned(),
            })
            .into_iter()
            .collect(),
        hashes: hash.into_iter().collect(),
    }
}

fn hash(integrity: &str) -> Option<Hash> {
    let digits = BASE64_STANDARD.decode(integrity.strip_prefix("sha512-")?).ok()?;
    Some(Hash {
        alg: "SHA-512",
        content: hex::encode(digits),
    })
}
