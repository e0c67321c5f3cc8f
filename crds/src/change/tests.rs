//! Changes of two files, whom they need, and what conflicts with them.

use super::*;
use jarvis_model::{ManifestChange, ResourceKey, Role};
use serde_json::{Value, json};
use std::collections::BTreeMap;

const WEB: &str = "\
# Web.
apiVersion: jarvis.dev/v1alpha1
kind: VirtualMachine
metadata: {name: web}
spec:
  vmid: 101
  runStrategy: Always # always
---
# Database.
apiVersion: jarvis.dev/v1alpha1
kind: VirtualMachine
metadata: {name: db}
spec: {vmid: 102, runStrategy: Always, autonomy: L2}
";
const POLICY: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: SafetyPolicy\nmetadata: {name: house}\nspec:\n  budgets: {largestPlan: 5}\n";

fn files() -> BTreeMap<String, Vec<u8>> {
    [("guests/web.yaml", WEB), ("policy.yaml", POLICY)]
        .map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()))
        .into()
}

fn key(text: &str) -> ResourceKey {
    text.parse().unwrap()
}

fn set(resource: &str, field: &str, new: Value) -> ManifestChange {
    ManifestChange::Set {
        resource: key(resource),
        field: field.to_owned(),
        old: None,
        new,
    }
}

fn create(content: &str, path: Option<&str>) -> ManifestChange {
    ManifestChange::Create {
        path: path.map(str::to_owned),
        content: content.to_owned(),
    }
}

fn after(changes: &[ManifestChange]) -> BTreeMap<String, String> {
    apply(&files(), changes)
        .unwrap()
        .into_iter()
        .map(|(path, bytes)| (path, String::from_utf8(bytes).unwrap()))
        .collect()
}

fn refused(change: ManifestChange) -> String {
    apply(&files(), &[change]).unwrap_err().to_string()
}

fn told(changes: &[ManifestChange]) -> (String, (Role, Option<String>)) {
    let changed = difference(&files(), &apply(&files(), changes).unwrap());
    let touched = touched(&changed);
    (sentence(&touched), needed_role(&changed, &touched))
}

#[test]
fn a_field_changes_and_its_neighbours_keep_their_comments() {
    let after = after(&[set("VirtualMachine/web", "spec.runStrategy", json!("Manual"))]);
    assert_eq!(
        after["guests/web.yaml"],
        WEB.replace("Always # always", "Manual # always")
    );
    assert_eq!(after["policy.yaml"], POLICY);
}

#[test]
fn the_diff_is_gits() {
    let changes = [set("VirtualMachine/web", "spec.runStrategy", json!("Manual"))];
    let changed = difference(&files(), &apply(&files(), &changes).unwrap());
    assert_eq!(
        unified(&changed),
        "--- a/guests/web.yaml\n+++ b/guests/web.yaml\n@@ -4,7 +4,7 @@\n metadata: {name: web}\n spec:\n   vmid: 101\n-  runStrategy: \
         Always # always\n+  runStrategy: Manual # always\n ---\n # Database.\n apiVersion: jarvis.dev/v1alpha1\n"
    );
}

#[test]
fn documents_come_and_go() {
    let cache = "apiVersion: jarvis.dev/v1alpha1\nkind: Container\nmetadata: {name: cache}\nspec: {vmid: 103, runStrategy: Manual}";
    let alone = after(&[create(cache, None)]);
    assert_eq!(
        alone["guests/cache.yaml"],
        format!("{cache}\n"),
        "beside the other guests"
    );
    let beside = after(&[create(cache, Some("policy.yaml"))]);
    assert_eq!(beside["policy.yaml"], format!("{POLICY}---\n{cache}\n"));
    let delete = |name: &str| ManifestChange::Delete { resource: key(name) };
    let gone = after(&[delete("VirtualMachine/web")]);
    assert_eq!(gone["guests/web.yaml"], WEB[WEB.find("---").unwrap()..]);
    assert!(!after(&[delete("SafetyPolicy/house")]).contains_key("policy.yaml"));
}

#[test]
fn a_new_document_goes_where_its_kind_is_kept_together() {
    let threshold = |name: &str| {
        format!(
            "apiVersion: jarvis.dev/v1alpha1\nkind: Threshold\nmetadata: {{name: {name}}}\nspec: {{on: {{kind: Node}}, metric: disk, above: 80}}\n"
        )
    };
    let new = [create(&threshold("new"), None)];
    let kept = |path: &str, names: &[&str]| {
        let mut files = files();
        let text: Vec<String> = names.iter().map(|name| threshold(name)).collect();
        files.insert(path.to_owned(), text.join("---\n").into_bytes());
        let after = apply(&files, &new).unwrap();
        let (path, _) = after
            .iter()
            .find(|(_, bytes)| String::from_utf8_lossy(bytes).contains("name: new"))
            .unwrap();
        (path.clone(), String::from_utf8(after[path].clone()).unwrap())
    };
    let (path, text) = kept("watch/limits.yaml", &["a", "b"]);
    assert_eq!(path, "watch/limits.yaml");
    assert_eq!(
        text,
        [threshold("a"), threshold("b"), threshold("new")].join("---\n")
    );
    assert_eq!(
        kept("watch/a.yaml", &["a"]).0,
        "watch/new.yaml",
        "each has a file of its own there"
    );
}

#[test]
fn what_cannot_be_done_is_said() {
    assert!(refused(set("VirtualMachine/nope", "spec.node", json!("a"))).contains("no VirtualMachine/nope"));
    assert!(refused(set("VirtualMachine/web", "spec..x", json!(1))).contains("is no field"));
    assert!(refused(set("VirtualMachine/web", "metadata.name", json!("x"))).contains("cannot be set"));
    assert!(refused(create(WEB, None)).contains("VirtualMachine/web is there already"));
    assert!(refused(create("a: 1\n", None)).contains("no kind"));
    let expected = ManifestChange::Set {
        resource: key("VirtualMachine/web"),
        field: "spec.runStrategy".into(),
        old: Some(json!("Halted")),
        new: json!("Manual"),
    };
    assert!(refused(expected).contains("is \"Always\" and not \"Halted\""));
    for path in [
        "../x.yaml",
        "/x.yaml",
        "a/../x.yaml",
        ".git/x.yaml",
        "x.txt",
        ".yaml",
        "a/.yaml",
        "a\n.yaml",
        "a\\b.yaml",
        "",
    ] {
        let write = ManifestChange::Write {
            path: path.into(),
            content: String::new(),
        };
        assert!(refused(write).contains("cannot be a manifest's file"), "{path:?}");
    }
    let large = ManifestChange::Write {
        path: "x.yaml".into(),
        content: "#".repeat(1 << 21),
    };
    assert!(refused(large).contains("larger than"));
}

#[test]
fn what_says_what_jarvis_may_do_needs_an_admin() {
    let (words, role) = told(&[set("VirtualMachine/web", "spec.runStrategy", json!("Manual"))]);
    assert_eq!(
        words,
        "Changes VirtualMachine/web: spec.runStrategy from Always to Manual."
    );
    assert_eq!(role, (Role::Operator, None));
    let (_, role) = told(&[set("SafetyPolicy/house", "spec.budgets.largestPlan", json!(9))]);
    assert_eq!(role.0, Role::Admin);
    let (words, role) = told(&[set("VirtualMachine/db", "spec.autonomy", json!("L4"))]);
    assert_eq!(words, "Changes VirtualMachine/db: spec.autonomy from L2 to L4.");
    assert_eq!(role.0, Role::Admin);
    let (_, role) = told(&[set("VirtualMachine/web", "spec.autonomy", json!("L0"))]);
    assert_eq!(role.0, Role::Admin, "also where there was none");
    let (words, role) = told(&[ManifestChange::Delete {
        resource: key("VirtualMachine/db"),
    }]);
    assert!(words.starts_with("Removes VirtualMachine/db: Jarvis no longer looks after it"));
    assert_eq!(role.0, Role::Operator);
    let broken = [ManifestChange::Write {
        path: "policy.yaml".into(),
        content: "# empty\n".into(),
    }];
    assert_eq!(told(&broken).1.0, Role::Admin, "a policy that goes");
}

#[test]
fn a_newer_revision_conflicts_only_where_it_changed_the_same() {
    let changes = [set("VirtualMachine/web", "spec.runStrategy", json!("Manual"))];
    let changed = difference(&files(), &apply(&files(), &changes).unwrap());
    let newer = |from: &str, to: &str| {
        let mut files = files();
        files.insert("guests/web.yaml".into(), WEB.replace(from, to).into_bytes());
        files
    };
    assert_eq!(conflict(&changed, &changes, &newer("# Web.", "# The web.")), None);
    assert_eq!(
        conflict(&changed, &changes, &newer("vmid: 102", "vmid: 109")),
        None,
        "another resource"
    );
    assert_eq!(
        conflict(&changed, &changes, &newer("Always # always", "Halted # always")).unwrap(),
        "VirtualMachine/web was changed: spec.runStrategy from Always to Halted"
    );
    let mut gone = files();
    gone.remove("guests/web.yaml");
    assert_eq!(
        conflict(&changed, &changes, &gone).unwrap(),
        "VirtualMachine/web was removed"
    );
    let whole = [ManifestChange::Write {
        path: "guests/web.yaml".into(),
        content: WEB.replace("Always # always", "Manual"),
    }];
    let changed = difference(&files(), &apply(&files(), &whole).unwrap());
    assert_eq!(
        conflict(&changed, &whole, &newer("# Web.", "# The web.")).unwrap(),
        "guests/web.yaml holds something else now",
        "a whole file was written against another whole file"
    );
}
