//! Whole sets: what loads, what does not, and what does not matter.

use super::*;
use crate::RunStrategy;

fn files(files: &[(&str, &str)]) -> BTreeMap<String, Vec<u8>> {
    files
        .iter()
        .map(|(file, text)| ((*file).to_owned(), text.as_bytes().to_vec()))
        .collect()
}

fn vm(name: &str, vmid: u32, more: &str) -> String {
    format!(
        "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata:\n  name: {name}\nspec:\n  vmid: {vmid}\n  runStrategy: Always\n{more}"
    )
}

#[test]
fn a_sound_set_loads_with_its_sources() {
    let text = format!(
        "# guests\n{}---\n{}",
        vm("a", 100, ""),
        vm("b", 101, "  dependsOn: [VirtualMachine/a]\n")
    );
    let loaded = load(
        &files(&[("guests.yaml", &text), ("README.md", "no: [yaml")]),
        "abc",
    )
    .unwrap();
    assert_eq!(loaded.desired.len(), 2);
    assert_eq!(loaded.desired.revision.commit, "abc");
    let key: ResourceKey = "VirtualMachine/b".parse().unwrap();
    assert_eq!(
        loaded.sources[&key],
        Source {
            file: "guests.yaml".into(),
            line: 10
        }
    );
    let (found, guest) = loaded
        .desired
        .guest_by_vmid(jarvis_model::Vmid::new(101).unwrap())
        .unwrap();
    assert_eq!((found, guest.spec.run_strategy), (&key, RunStrategy::Always));
    assert!(loaded.warnings.is_empty());
}
