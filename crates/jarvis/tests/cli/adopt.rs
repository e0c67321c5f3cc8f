//! `jarvis adopt` against a demo whose manifests declare some of the guests.

use crate::support::{Demo, until};
use serde_json::Value;
use std::{collections::BTreeMap, fs, path::Path, process::Command};

/// Every manifest file below a folder, by path.
fn texts(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(texts(&path));
        } else {
            found.insert(path.display().to_string(), fs::read_to_string(&path).unwrap());
        }
    }
    found
}

/// The document of a guest.
fn document(texts: &BTreeMap<String, String>, vmid: u32) -> String {
    let wanted = format!("  vmid: {vmid}\n");
    let mut documents = texts.values().flat_map(|text| text.split("---\n"));
    let found = documents.find(|document| document.contains(&wanted));
    found
        .unwrap_or_else(|| panic!("no guest {vmid} in {texts:?}"))
        .to_owned()
}

/// Takes the guest that HA manages out of the demo's manifests, and waits until nothing declares it.
fn forget_the_managed_guest(demo: &Demo) {
    let manifests = demo.manifests();
    let file = manifests.join("guests/household.yaml");
    let text = fs::read_to_string(&file).unwrap();
    let kept: Vec<&str> = text
        .split("---\n")
        .filter(|document| !document.contains("vmid: 110\n"))
        .collect();
    fs::write(&file, kept.join("---\n")).unwrap();
    let mut git = Command::new("git");
    git.env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", demo.home.path());
    git.current_dir(&manifests);
    git.args(["commit", "--quiet", "--all", "--message", "Forget a guest"]);
    assert!(git.status().unwrap().success());
    until("guest 110 is declared by nothing", || {
        let said = demo.jarvis(&["get", "guests", "--output", "json"]).out;
        let guests: Value = serde_json::from_str(&said).ok()?;
        let guest = guests
            .as_array()?
            .iter()
            .find(|guest| guest["vmid"] == 110)?
            .clone();
        (guest["resource"].is_null() && !guest["haState"].is_null()).then_some(())
    });
}

#[test]
fn what_runs_becomes_manifests_and_nothing_is_overwritten_unasked() {
    let demo = Demo::start();
    forget_the_managed_guest(&demo);
    let folder = demo.home.path().join("adopted");
    let adopt = |more: &[&str]| demo.jarvis(&[&["adopt", "--output", "adopted"], more].concat());

    let first = adopt(&[]);
    assert!(
        first
            .err
            .contains("left out, as manifests in force declare them: 11 guests, 4 nodes"),
        "{first:?}"
    );
    assert_eq!(
        first.expect(0).matches("written   guests/").count(),
        4,
        "one file a node"
    );
    let written = texts(&folder);
    let valid = demo.jarvis(&["validate", "adopted"]).expect(0);
    assert!(valid.contains("valid: 20 resources in 4 files"), "{valid}");
    for (vmid, word) in [
        (110, "Manual"),
        (120, "Manual"),
        (207, "RerunOnFailure"),
        (115, "RerunOnFailure"),
    ] {
        let document = document(&written, vmid);
        assert!(document.contains(&format!("runStrategy: {word}\n")), "{document}");
    }
    assert_eq!(
        document(&written, 207),
        "apiVersion: jarvis.dev/v1alpha1\nkind: Container\nmetadata:\n  name: paperless\nspec:\n  vmid: 207\n  \
         guestName: paperless\n  node: atlas\n  runStrategy: RerunOnFailure\n"
    );
    assert!(!written.values().any(|text| text.contains("vmid: 101\n")));

    let again = adopt(&[]);
    assert_eq!(again.out.matches("unchanged guests/").count(), 4, "{again:?}");
    assert_eq!((again.code, texts(&folder)), (0, written.clone()));
    refuses_and_forces(&demo, &folder, &written);
    prints_and_checks(&demo);
}

fn refuses_and_forces(demo: &Demo, folder: &Path, written: &BTreeMap<String, String>) {
    let atlas = folder.join("guests/atlas.yaml");
    let mut mine = written[&atlas.display().to_string()].replace("name: git\n", "name: forge\n");
    mine = mine.replace("RerunOnFailure", "Always");
    fs::write(&atlas, &mine).unwrap();
    fs::remove_file(folder.join("guests/home.yaml")).unwrap();
    let before = texts(folder);
    let refused = demo.jarvis(&["adopt", "-o", "adopted"]);
    assert_eq!(
        refused.out,
        "unchanged guests/agent1.yaml\ndiffers   guests/atlas.yaml\nunchanged guests/forge.yaml\nmissing   guests/home.yaml\n"
    );
    assert!(
        refused
            .err
            .contains("atlas.yaml declares what the new text does not: VirtualMachine/forge"),
        "{refused:?}"
    );
    assert!(refused.expect(1).contains("--force"));
    assert_eq!(texts(folder), before, "nothing is written when anything differs");

    // A stopped guest is only observed.
    demo.jarvis(&["chaos", "user-stop", "207"]).expect(0);
    until("the guest is stopped", || {
        let said = demo.jarvis(&["get", "guests", "paperless"]).out;
        said.contains("stopped").then_some(())
    });
    let forced = demo.jarvis(&["adopt", "-o", "adopted", "--force"]).expect(0);
    assert!(forced.contains("written   guests/atlas.yaml"), "{forced}");
    assert!(forced.contains("written   guests/home.yaml"), "{forced}");
    let now = texts(folder);
    assert!(document(&now, 207).contains("runStrategy: Manual\n"));
    assert_eq!(now.len(), written.len(), "nothing else is left behind");
}

fn prints_and_checks(demo: &Demo) {
    let printed = demo.jarvis(&["adopt"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    fs::write(demo.home.path().join("stream.yaml"), &printed.out).unwrap();
    let valid = demo.jarvis(&["validate", "stream.yaml"]).expect(0);
    assert!(valid.contains("valid: 20 resources in 1 file"), "{valid}");

    // What else is in the folder counts: together they must load.
    let crowded = demo.home.path().join("crowded");
    fs::create_dir(&crowded).unwrap();
    let mine = "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata:\n  name: mine\nspec:\n  vmid: 120\n  runStrategy: Manual\n";
    fs::write(crowded.join("mine.yaml"), mine).unwrap();
    let refused = demo.jarvis(&["adopt", "-o", "crowded", "--force"]).expect(1);
    assert!(
        refused.contains("crowded/mine.yaml:6:9 VirtualMachine/mine spec.vmid: 120 is also that of"),
        "{refused}"
    );
    assert_eq!(texts(&crowded).len(), 1, "nothing was written");
    assert!(demo.jarvis(&["adopt", "--force"]).expect(1).contains("--output"));
}
