//! YAML in the pages is what the program takes: manifests by their loader among the examples, config by `run --check`.

use super::{
    links,
    markdown::{self, Block, Note},
    read, root,
};
use crate::support::jarvis;
use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, path::Path};

const EXAMPLES: &str = "examples/homelab/manifests";
const CONFIG: &str = "examples/homelab/jarvis.yaml";

/// Every YAML block with its page, but those that say why they are not the program's.
fn yaml() -> Vec<(String, Block)> {
    let mut all = Vec::new();
    for page in links::pages() {
        for block in markdown::blocks(&read(&page)) {
            let foreign = matches!(block.note, Some(Note::NotRun(_)));
            if block.language == "yaml" && !foreign {
                all.push((page.clone(), block));
            }
        }
    }
    all
}

fn is_manifest(text: &str) -> bool {
    text.lines().any(|line| line == "apiVersion: jarvis.dev/v1alpha1")
}

fn examples() -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut open = vec![root().join(EXAMPLES)];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|end| end == "yaml") {
                files.insert(path.display().to_string(), fs::read_to_string(&path).unwrap());
            }
        }
    }
    files
}

/// What two documents cannot have in common: kind and name, and a guest's number.
fn claims(document: &str) -> Vec<String> {
    let line = |start: &str| {
        document
            .lines()
            .find(|line| line.starts_with(start))
            .unwrap_or_default()
            .to_owned()
    };
    let mut claims = vec![format!("{} {}", line("kind:"), line("  name:"))];
    claims.extend(
        document
            .lines()
            .filter(|line| line.starts_with("  vmid:"))
            .map(str::to_owned),
    );
    claims
}

/// The errors of a block of manifests that takes the place of what it declares anew among the examples.
fn manifest_errors(text: &str) -> Vec<String> {
    let claimed: Vec<String> = text.split("---\n").flat_map(claims).collect();
    let mut files: BTreeMap<String, String> = examples()
        .into_iter()
        .map(|(path, text)| {
            let kept = text
                .split("---\n")
                .filter(|document| !claims(document).iter().any(|claim| claimed.contains(claim)));
            (path, kept.collect::<Vec<_>>().join("---\n"))
        })
        .filter(|(_, text)| is_manifest(text))
        .collect();
    files.insert("block.yaml".to_owned(), text.to_owned());
    match jarvis_crds::load_unsaved(&files) {
        Ok(_) => Vec::new(),
        Err(errors) => errors.iter().map(ToString::to_string).collect(),
    }
}

/// The sections of a config file, by their first line.
fn sections(text: &str) -> Vec<(String, String)> {
    let mut sections: Vec<(String, String)> = Vec::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        match line.split_once(':') {
            Some((key, _)) if !line.starts_with(' ') => sections.push((key.to_owned(), format!("{line}\n"))),
            _ => {
                if let Some((_, section)) = sections.last_mut() {
                    section.extend([line, "\n"]);
                }
            }
        }
    }
    sections
}

/// The example config with these sections in place of its own.
fn completed(text: &str) -> String {
    let given = sections(text);
    let mut whole: BTreeMap<String, String> = sections(&read(CONFIG)).into_iter().collect();
    whole.extend(given);
    whole.into_values().collect()
}

/// The files that configs of the pages name.
fn lay_out(home: &Path) {
    fs::create_dir(home.join("secrets")).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    fs::write(
        home.join("pve-root-ca.pem"),
        authority.self_signed(&key).unwrap().pem(),
    )
    .unwrap();
    for (name, text) in [
        (
            "pve-token",
            "jarvis@pve!read=00000000-0000-4000-8000-000000000000\n",
        ),
        ("git-key", "-----BEGIN OPENSSH PRIVATE KEY-----\n"),
        ("known_hosts", "git.example ssh-ed25519 AAAA\n"),
        ("webhook", "a long enough secret of the webhook\n"),
        ("smtp-password", "a password\n"),
        ("ntfy-token", "tk_a-token\n"),
        ("oidc-client", "a client's secret\n"),
        ("anthropic-key", "sk-a-key\n"),
    ] {
        let path = home.join("secrets").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }
}

fn config_errors(text: &str) -> Option<String> {
    let home = tempfile::tempdir().unwrap();
    lay_out(home.path());
    fs::write(home.path().join("jarvis.yaml"), text).unwrap();
    let said = jarvis(home.path(), &["run", "--config", "jarvis.yaml", "--check"]);
    (said.code != 0).then_some(said.err)
}

#[test]
fn every_yaml_block_is_valid() {
    let blocks = yaml();
    assert!(blocks.len() >= 10, "{}", blocks.len());
    let mut wrong = Vec::new();
    for (page, block) in blocks {
        let text = block.text();
        let errors = if is_manifest(&text) {
            manifest_errors(&text)
        } else if block.note == Some(Note::Part) {
            config_errors(&completed(&text)).into_iter().collect()
        } else {
            config_errors(&text).into_iter().collect()
        };
        wrong.extend(
            errors
                .into_iter()
                .map(|error| format!("{page}:{}: {error}", block.line)),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn wrong_yaml_is_found() {
    let good =
        "apiVersion: jarvis.dev/v1alpha1\nkind: Node\nmetadata:\n  name: forge\nspec:\n  node: forge\n";
    assert_eq!(manifest_errors(good), Vec::<String>::new());
    let misspelt = manifest_errors(&good.replace("  node:", "  nodes:"));
    assert!(misspelt.join("\n").contains("nodes"), "{misspelt:?}");
    let dangling = format!(
        "{good}---\n{}",
        good.replace("Node", "VirtualMachine").replace(
            "  node: forge",
            "  vmid: 100\n  runStrategy: Manual\n  dependsOn: [VirtualMachine/nobody]"
        )
    );
    assert!(!manifest_errors(&dangling).is_empty());

    assert_eq!(config_errors(&completed("")), None);
    assert_eq!(config_errors(&completed("safety:\n  autonomy: L1\n")), None);
    assert!(
        config_errors(&completed("safety:\n  autonomy: L9\n"))
            .unwrap()
            .contains("L9")
    );
    assert!(
        config_errors("listen: 127.0.0.1:1\n")
            .unwrap()
            .contains("cluster")
    );
}
