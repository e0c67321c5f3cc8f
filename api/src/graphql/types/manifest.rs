//! Manifest files as they are in git, and the schemas of their kinds.

use super::{scalar::int, word::ResourceKind};
use async_graphql::{Json, SimpleObject};
use jarvis_ports::Fetched;
use serde_json::Value;

/// A manifest file of the revision in force.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct Manifest {
    /// Path in the repository.
    pub path: String,
    /// Its text.
    pub content: String,
    /// Its size.
    pub bytes: i32,
    /// The resources in it, in their order.
    pub resources: Vec<ManifestPlace>,
    /// The commit it is of.
    pub commit: String,
}

/// Where a resource is written.
#[derive(Debug, Clone, PartialEq, Eq, SimpleObject)]
pub struct ManifestPlace {
    /// `Kind/name`.
    pub key: String,
    /// The line on which its document's content begins, from 1.
    pub line: i32,
}

/// The schema of a kind.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct ManifestSchema {
    /// The kind.
    pub kind: ResourceKind,
    /// JSON Schema (draft 2020-12) of a whole manifest.
    pub schema: Json<Value>,
}

impl Manifest {
    /// The files of a revision, by path.
    pub fn all(fetched: &Fetched) -> Vec<Self> {
        let sources = jarvis_crds::load(&fetched.files, &fetched.commit)
            .map(|loaded| loaded.sources)
            .unwrap_or_default();
        fetched
            .files
            .iter()
            .map(|(path, bytes)| {
                let mut resources: Vec<ManifestPlace> = sources
                    .iter()
                    .filter(|(_, source)| source.file == *path)
                    .map(|(key, source)| ManifestPlace {
                        key: key.to_string(),
                        line: int(source.line),
                    })
                    .collect();
                resources.sort_by_key(|place| place.line);
                Self {
                    path: path.clone(),
                    content: String::from_utf8_lossy(bytes).into_owned(),
                    bytes: int(bytes.len()),
                    resources,
                    commit: fetched.commit.clone(),
                }
            })
            .collect()
    }
}

impl ManifestSchema {
    /// The schema of every kind.
    pub fn all() -> Vec<Self> {
        jarvis_model::ResourceKind::ALL
            .into_iter()
            .map(|kind| Self {
                kind: kind.into(),
                schema: Json(jarvis_crds::json_schema(kind)),
            })
            .collect()
    }
}
