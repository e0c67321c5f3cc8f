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
    assert_eq!(&*loaded.desired.revision.commit, "abc");
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

#[test]
fn nothing_is_a_sound_set() {
    let loaded = load(&files(&[("a.yaml", "# nothing yet\n")]), "abc").unwrap();
    assert_eq!(loaded.desired, Desired::new("abc", []));
    assert!(loaded.desired.is_empty());
    assert_ne!(loaded.desired.revision.hash, "", "the empty set has a name too");
}

#[test]
fn only_yaml_files_are_looked_at() {
    for (name, looked_at) in [
        ("a.yaml", true),
        ("b/c.yml", true),
        (".yaml", false),
        ("a.yaml.bak", false),
        ("a.json", false),
        ("yaml", false),
    ] {
        assert_eq!(load(&files(&[(name, "[")]), "abc").is_err(), looked_at, "{name}");
    }
}

#[test]
fn a_file_of_more_than_a_mebibyte_is_refused() {
    let text = format!("{}{}", "# filler\n".repeat(120_000), vm("a", 100, ""));
    let errors = load(&files(&[("big.yaml", &text), ("bad.yaml", "x")]), "abc").unwrap_err();
    assert_eq!(errors.len(), 2, "the other file is still read: {errors:?}");
    assert!(
        errors[1].problem.contains("more than the 1048576 allowed"),
        "{}",
        errors[1]
    );
}

#[test]
fn a_number_may_be_used_again_in_another_cluster_that_both_name() {
    let one = vm("a", 100, "  cluster: east\n");
    let set = |two: String| load(&files(&[("1.yaml", &one), ("2.yaml", &two)]), "abc");
    assert!(set(vm("b", 100, "  cluster: west\n")).is_ok());
    assert!(set(vm("b", 100, "  cluster: east\n")).is_err());
    assert!(set(vm("b", 100, "")).is_err(), "an unnamed cluster may be any");
}

#[test]
fn what_could_not_be_read_may_hold_what_is_missing() {
    let waits = vm("b", 101, "  dependsOn: [VirtualMachine/a]\n");
    let fields = |other: &str| {
        let errors = load(&files(&[("1.yaml", &waits), ("2.yaml", other)]), "abc").unwrap_err();
        errors.into_iter().map(|error| error.field).collect::<Vec<_>>()
    };
    assert_eq!(fields(&vm("c", 102, "")), ["spec.dependsOn[0]"], "dangling");
    assert_eq!(fields("a: ["), [""], "a file that cannot be read");
    assert_eq!(
        fields(
            "kind: VirtualMachine\napiVersion: jarvis.dev/v1alpha1\nmetadata: {}\nspec: {vmid: 100, runStrategy: Manual}"
        ),
        ["metadata.name"]
    );
    assert_eq!(
        fields(&vm("a", 1, "")),
        ["spec.vmid"],
        "wrong, but its name is known"
    );
}

#[test]
fn a_long_chain_is_no_circle_and_no_burden() {
    let link = |index: u32| {
        let needs = if index == 0 {
            String::new()
        } else {
            format!("  dependsOn: [VirtualMachine/g{}]\n", index - 1)
        };
        vm(&format!("g{index}"), 100 + index, &needs)
    };
    let chain: BTreeMap<String, Vec<u8>> = (0..2000)
        .map(|index| (format!("{index}.yaml"), link(index).into_bytes()))
        .collect();
    assert_eq!(load(&chain, "abc").unwrap().desired.len(), 2000);
}

#[test]
fn unsaved_text_is_held_to_the_same_rules() {
    let unsaved = |text: String| load_unsaved(&BTreeMap::from([("editor.yaml".to_owned(), text)]));
    assert_eq!(
        &*unsaved(vm("a", 100, "")).unwrap().desired.revision.commit,
        "unsaved"
    );
    assert!(unsaved(vm("a", 100, "  dependsOn: [VirtualMachine/a]\n")).is_err());
}

#[test]
fn parsing_alone_looks_at_no_references() {
    let text = format!(
        "{}---\n{}",
        vm("a", 100, "  dependsOn: [VirtualMachine/z]\n"),
        vm("b", 101, "")
    );
    assert_eq!(parse("x.yaml", &text).unwrap().len(), 2);
    assert!(parse("x.yaml", &vm("a", 9, "")).is_err());
}
