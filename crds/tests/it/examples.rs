//! The example set: it loads, outside validators take it, and nothing but its meaning is in its hash.

use crate::{as_json, as_json_by_other_reader, folder, lines, schema_refuses};
use jarvis_crds::{Autonomy, Desired, Expected, Loaded, Protected, RunStrategy, load};
use jarvis_model::{NodeName, ResourceKind, Vmid};
use std::collections::BTreeMap;

fn files() -> BTreeMap<String, Vec<u8>> {
    folder("examples/homelab/manifests")
}

fn loaded() -> Loaded {
    match load(&files(), "commit") {
        Ok(loaded) => loaded,
        Err(errors) => panic!("{}", lines(&errors)),
    }
}

#[test]
fn the_examples_load_without_a_warning() {
    let loaded = loaded();
    assert_eq!(loaded.warnings, []);
    assert_eq!(loaded.sources.len(), loaded.desired.len());
    for (key, source) in &loaded.sources {
        let text = String::from_utf8(files()[&source.file].clone()).unwrap();
        let line = text.lines().nth(source.line - 1).unwrap();
        assert_eq!(
            line, "apiVersion: jarvis.dev/v1alpha1",
            "{key} begins at {source:?}"
        );
    }
}

#[test]
fn every_kind_has_an_example() {
    let loaded = loaded();
    for kind in ResourceKind::ALL {
        assert!(loaded.sources.keys().any(|key| key.kind == kind), "{kind}");
    }
}

#[test]
fn the_examples_say_what_the_product_promises() {
    let desired = loaded().desired;
    let strategy = |vmid| {
        desired
            .guest_by_vmid(Vmid::new(vmid).unwrap())
            .unwrap()
            .1
            .spec
            .run_strategy
    };
    assert_eq!(strategy(100), RunStrategy::Always);
    assert_eq!(strategy(102), RunStrategy::RerunOnFailure);
    assert_eq!(strategy(103), RunStrategy::Manual);
    assert_eq!(strategy(105), RunStrategy::Halted);
    let policy = &desired.policies.values().next().unwrap().spec;
    assert!(
        policy
            .protected
            .contains(&Protected::Node(NodeName::new("agent1").unwrap()))
    );
    assert!(
        policy
            .protected
            .contains(&Protected::Guest(Vmid::new(103).unwrap()))
    );
    assert_eq!(policy.autonomy.default, Some(Autonomy::L3));
    assert!(
        desired
            .nodes
            .values()
            .all(|node| node.spec.expected == Expected::Online)
    );
}

#[test]
fn outside_validators_take_every_example() {
    for (file, bytes) in files().iter().filter(|(file, _)| !file.ends_with("README.md")) {
        let documents = as_json_by_other_reader(std::str::from_utf8(bytes).unwrap());
        assert!(!documents.is_empty());
        for instance in documents {
            assert_eq!(schema_refuses(&instance), None, "{file}: {instance}");
        }
    }
    for manifest in loaded().desired.manifests() {
        assert_eq!(schema_refuses(&as_json(&manifest)), None, "{}", manifest.key());
    }
}

/// The set again, each manifest printed, in the order and files that `place` gives.
fn reprinted(place: impl Fn(usize) -> String) -> Desired {
    let mut files: BTreeMap<String, Vec<u8>> = BTreeMap::new();
    let manifests = loaded().desired.manifests();
    for (index, manifest) in manifests.iter().enumerate().rev() {
        let text = format!("---\n# {index}\n{}", manifest.to_yaml());
        files.entry(place(index)).or_default().extend(text.into_bytes());
    }
    load(&files, "commit").unwrap().desired
}

#[test]
fn files_order_comments_and_layout_are_not_in_the_hash() {
    let desired = loaded().desired;
    assert_eq!(desired.revision.hash.len(), 64);
    assert_eq!(reprinted(|_| "all.yml".to_owned()), desired);
    assert_eq!(reprinted(|index| format!("{}/x.yaml", index % 3)), desired);
    assert_eq!(reprinted(|index| format!("{index}.yaml")), desired);
}

#[test]
fn a_spelled_out_default_is_not_in_the_hash_and_a_changed_value_is() {
    let hash = |from: &str, to: &str| {
        let mut files = files();
        let nodes = String::from_utf8(files["nodes.yaml"].clone()).unwrap();
        assert!(nodes.contains(from));
        files.insert("nodes.yaml".to_owned(), nodes.replace(from, to).into_bytes());
        load(&files, "commit").unwrap().desired.revision.hash
    };
    let before = loaded().desired.revision.hash;
    assert_eq!(hash("  expected: Online\n", ""), before);
    assert_ne!(hash("  expected: Online\n", "  expected: Any\n"), before);
    assert_ne!(hash("room: cellar", "room: attic"), before);
}

#[test]
fn a_resource_has_a_hash_of_its_own() {
    let desired = loaded().desired;
    let before: BTreeMap<_, _> = desired.resources().collect();
    assert_eq!(before.len(), desired.len());
    let mut manifests = desired.manifests();
    if let jarvis_crds::AnyManifest::VirtualMachine(guest) = &mut manifests[5] {
        guest.spec.run_strategy = RunStrategy::Manual;
        guest.spec.autonomy = Some(Autonomy::L0);
    }
    let changed = manifests[5].key();
    let after: BTreeMap<_, _> = Desired::new("commit", manifests).resources().collect();
    for (key, hash) in &before {
        assert_eq!(*hash == after[key], *key != changed, "{key}");
    }
}
