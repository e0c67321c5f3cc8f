//! Files to a desired set, or to every error of every file.
//!
//! Three steps: YAML to trees with positions; each document against its kind (and the kind's own rules); all
//! documents against each other. Pure: the caller has read the files. The order of files and documents never matters.

mod cycles;
mod document;
mod report;
mod rules;
mod set;

#[cfg(test)]
mod tests;

use crate::{
    desired::Desired,
    error::ManifestError,
    manifest::AnyManifest,
    yaml::tree::{self, Stream},
};
use document::Document;
use jarvis_model::ResourceKey;
use report::Report;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Where a resource is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// The file, as the caller named it.
    pub file: String,
    /// The line on which its document's content begins, from 1.
    pub line: usize,
}

/// A sound set of manifests.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Loaded {
    /// The set.
    pub desired: Desired,
    /// Where each resource is written.
    pub sources: BTreeMap<ResourceKey, Source>,
    /// What is valid and yet probably not meant, by file and position.
    pub warnings: Vec<ManifestError>,
}

/// Loads all `*.yaml` and `*.yml` files of a revision; others are not looked at. Paths are relative and only for
/// messages. On failure: every error of every file, by file and position; never an empty list.
pub fn load(files: &BTreeMap<String, Vec<u8>>, commit: &str) -> Result<Loaded, Vec<ManifestError>> {
    let mut report = Report::default();
    let mut documents = Vec::new();
    let mut complete = true;
    for (file, bytes) in files.iter().filter(|(file, _)| is_manifest_file(file)) {
        let stream = tree::read(bytes);
        complete &= !stream.incomplete;
        let read = read_documents(file, stream, &mut report);
        complete &= read.iter().all(|document| document.key.is_some());
        documents.extend(read);
    }
    set::check(&documents, complete, &mut report);
    report.finish(|warnings| gather(documents, commit, warnings))
}

/// Reads the manifests of one text, each for itself: duplicates, references and cycles are not looked at. For showing
/// or changing single manifests; a set to be applied goes through [`load`].
pub fn parse(file: &str, text: &str) -> Result<Vec<AnyManifest>, Vec<ManifestError>> {
    let mut report = Report::default();
    let documents = read_documents(file, tree::read(text.as_bytes()), &mut report);
    report.finish(|_| {
        documents
            .into_iter()
            .filter_map(|document| document.manifest)
            .collect()
    })
}

/// Loads manifests that are not in git yet, such as an editor's or a proposal's text.
pub fn load_unsaved(files: &BTreeMap<String, String>) -> Result<Loaded, Vec<ManifestError>> {
    let files = files
        .iter()
        .map(|(file, text)| (file.clone(), text.clone().into_bytes()))
        .collect();
    load(&files, "unsaved")
}

/// The file's documents, each checked for itself; those with holes are left out.
fn read_documents(file: &str, stream: Stream, report: &mut Report) -> Vec<Document> {
    for fault in stream.faults {
        let root = fault.document.and_then(|index| stream.documents.get(index));
        report.yaml(file, root.and_then(|root| document::label(&root.node)), fault);
    }
    let whole = stream.documents.into_iter().filter(|root| root.whole);
    whole
        .map(|root| Document::read(file, root.node, report))
        .collect()
}

fn is_manifest_file(file: &str) -> bool {
    let name = file.rsplit('/').next().unwrap_or(file);
    name.rsplit_once('.')
        .is_some_and(|(stem, ending)| !stem.is_empty() && matches!(ending, "yaml" | "yml"))
}

fn gather(documents: Vec<Document>, commit: &str, warnings: Vec<ManifestError>) -> Loaded {
    let mut sources = BTreeMap::new();
    let mut manifests = Vec::new();
    for document in documents {
        if let (Some(key), Some(manifest)) = (document.key, document.manifest) {
            sources.insert(
                key,
                Source {
                    file: document.file,
                    line: document.node.at.line,
                },
            );
            manifests.push(manifest);
        }
    }
    Loaded {
        desired: Desired::new(commit, manifests),
        sources,
        warnings,
    }
}
