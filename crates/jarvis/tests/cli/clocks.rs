//! This machine's clock jumps an hour ahead and an hour back under the real program (libfaketime gives it the time): while it
//! differs from the cluster's, nothing is done, not for a person either; afterwards each thing is done once.
//!
//! Without libfaketime the test says so and passes, unless `JARVIS_REQUIRE_FAKETIME` is set.

use crate::{
    stage::{Stage, of_guest},
    support::{Process, not_checked, until},
};
use serde_json::json;
use std::{fs, path::PathBuf};

const FACTOR: u32 = 10;
const MANIFESTS: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {name: web-01}\nspec: {vmid: 101, runStrategy: RerunOnFailure}\n---\napiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {name: git}\nspec: {vmid: 107, runStrategy: RerunOnFailure}\n";

/// The library that is loaded before the program, for programs with threads.
fn library() -> Option<PathBuf> {
    let folders = fs::read_dir("/usr/lib").unwrap().flatten();
    let places = folders
        .map(|folder| folder.path())
        .chain(["/usr/lib".into(), "/usr/lib64".into()]);
    let mut found = places.map(|place| place.join("faketime/libfaketimeMT.so.1"));
    let found = found.find(|path| path.exists());
    if found.is_none() {
        assert!(
            std::env::var_os("JARVIS_REQUIRE_FAKETIME").is_none(),
            "libfaketime is missing: make setup"
        );
        not_checked("libfaketime is missing: make setup installs it");
    }
    found
}

/// Moves the clock of the program by this many of the cluster's seconds.
fn set(stage: &Stage, secs: i64) {
    let (new, file) = (stage.folder().join("clock.new"), stage.folder().join("clock"));
    let here = secs / i64::from(FACTOR);
    fs::write(&new, format!("{here:+}\n")).unwrap();
    fs::rename(new, file).unwrap();
}

fn run(stage: &Stage, library: &PathBuf) -> Process {
    let mut command = stage.command();
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", stage.folder().join("clock"))
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    Process::start(
        command,
        stage.folder().join("run.log"),
        "ready: http://127.0.0.1:",
    )
}

/// The clock is wrong: a crash is seen and left alone, and so is what a person asks for.
fn nothing_is_done(stage: &Stage, secs: i64, vmid: u32, word: &str) {
    set(stage, secs);
    let alert = until("the reason is told", || {
        let alerts = stage.jarvis(&["get", "alerts"]).out;
        (alerts.contains("clocks of Jarvis") && alerts.contains(word)).then_some(alerts)
    });
    assert!(alert.contains("cannot act"), "{alert}");
    stage.fault(&of_guest("crash-guest", vmid));
    until("it is seen to be down", || {
        let guests = stage.jarvis(&["get", "guests", &vmid.to_string()]).out;
        guests.to_lowercase().contains("stopped").then_some(())
    });
    let asked = stage.jarvis(&["request", "start", &vmid.to_string()]);
    assert!(
        asked.code != 0 && asked.err.contains("clocks of Jarvis"),
        "{asked:?}"
    );
    stage.passes(30);
    assert_eq!(stage.starts(vmid), (0, 0), "{secs} s off: nothing is done");
}

#[test]
fn an_hour_ahead_and_an_hour_back_do_nothing_and_then_each_guest_is_started_once() {
    let Some(library) = library() else { return };
    let stage = Stage::set(FACTOR);
    stage.declare(MANIFESTS);
    set(&stage, 0);
    let mut process = run(&stage, &library);
    until("both are seen", || {
        let said = stage.jarvis(&["get", "resources"]);
        (said.out.matches("Synced").count() >= 2).then_some(())
    });
    for (secs, vmid, word) in [(3600, 101, "ahead"), (-3600, 107, "behind")] {
        nothing_is_done(&stage, secs, vmid, word);
        set(&stage, 0);
        until("it is mended once the clocks agree", || {
            let said = stage.jarvis(&["get", "issues"]).out;
            (stage.runs(vmid) && said.contains("healthy")).then_some(())
        });
    }
    stage.passes(30);
    assert_eq!((stage.starts(101), stage.starts(107)), ((1, 1), (1, 1)));
    let intents = stage.jarvis(&["get", "intents", "--output", "json"]).out;
    let intents: serde_json::Value = serde_json::from_str(&intents).unwrap();
    assert_eq!(intents.as_array().map(Vec::len), Some(2), "{intents:#}");
    for intent in intents.as_array().unwrap() {
        assert_eq!(intent["attempt"], json!(1), "{intent:#}");
    }
    assert_eq!(process.terminate(), 0, "{}", process.log());
    stage.jarvis(&["audit", "verify"]).expect(0);
}
