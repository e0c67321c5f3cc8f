//! Proposals: what is handed on, and what is not.

use crate::support::*;
use jarvis_ports::{Fetched, ManifestSource, SourceError};
use jarvis_tools::Registry;
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

/// A repository with one file.
struct OneFile;

#[async_trait::async_trait]
impl ManifestSource for OneFile {
    async fn fetch(&self, _known: Option<&str>) -> Result<Option<Fetched>, SourceError> {
        self.read("head").await.map(Some)
    }

    async fn read(&self, _revision: &str) -> Result<Fetched, SourceError> {
        Ok(Fetched {
            commit: "0123456789abcdef".to_owned(),
            summary: "anna: Begin".to_owned(),
            files: BTreeMap::from([("all.yaml".to_owned(), MANIFESTS.as_bytes().to_vec())]),
        })
    }
}

fn with_git() -> (Puppet, Registry) {
    let puppet = Puppet::with_source(Some(Arc::new(OneFile)));
    let registry = puppet.registry();
    (puppet, registry)
}

#[tokio::test]
async fn a_proposal_is_handed_on_and_changes_nothing() {
    let (puppet, registry) = with_git();
    let text = format!(
        "# \u{202e}Human\n{}",
        MANIFESTS.replace(
            "vmid: 102, runStrategy: RerunOnFailure",
            "vmid: 102, runStrategy: Halted"
        )
    );
    let file = json!({ "path": "all.yaml", "content": text });
    let change = json!({ "title": "Rest the database", "reason": "a new one serves", "files": [file] });
    let result = call(&registry, &operator(), "propose_manifest_change", change).await;
    let proposed = data(&result);
    assert_eq!(proposed["proposal"], json!("p1"), "{}", result.text);
    let diff = proposed["diff"].as_str().unwrap();
    assert!(
        diff.contains("Halted") && diff.contains("--- a/all.yaml"),
        "{diff}"
    );
    assert!(!diff.contains('\u{202e}'), "data is cleaned");
    assert!(
        proposed["effect"][0]
            .as_str()
            .unwrap()
            .contains("VirtualMachine/db-01"),
        "{proposed}"
    );
    assert!(
        result.text.starts_with("Proposal p1 waits for a person"),
        "{}",
        result.text
    );
    let asked = puppet.asked();
    assert!(asked.len() == 1 && asked[0].starts_with("Propose("), "{asked:?}");
    assert!(
        asked[0].contains("token: \"desk\""),
        "who proposes it is kept: {asked:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_proposed_is_said() {
    let (puppet, registry) = with_git();
    let with =
        |path: &str| json!({ "title": "t", "reason": "r", "files": [{ "path": path, "content": "x" }] });
    for path in [
        "/etc/x.yaml",
        "../x.yaml",
        "a/../b.yaml",
        ".git/x.yaml",
        "a//b.yaml",
        "x.sh",
        "",
        "./a.yaml",
    ] {
        let result = call(&registry, &operator(), "propose_manifest_change", with(path)).await;
        assert!(
            result.is_error && result.text.contains("wrong arguments: path"),
            "{path}: {}",
            result.text
        );
    }
    let large = json!({ "title": "t", "reason": "r", "files": [{ "path": "a.yaml", "content": "x".repeat(60_000) }] });
    let result = call(&registry, &operator(), "propose_manifest_change", large).await;
    assert!(
        result.is_error && result.text.contains("too much for one proposal"),
        "{}",
        result.text
    );
    let bad = call(
        &registry,
        &operator(),
        "propose_manifest_change",
        with("bad.yaml"),
    )
    .await;
    assert!(bad.is_error && bad.text.contains("bad.yaml:1:1"), "{}", bad.text);
    let none = call(
        &Puppet::start().registry(),
        &operator(),
        "propose_manifest_change",
        with("a.yaml"),
    )
    .await;
    assert!(
        none.is_error && none.text.contains("no git repository"),
        "{}",
        none.text
    );
    assert_eq!(puppet.asked(), Vec::<String>::new(), "nothing wrong is handed on");
}
