//! A recorded run, planned again by the program itself: after a kill, after a second life, and after damage; and what is
//! told of a decision of the past.

use crate::support::{Demo, Said, until};
use std::{fs, path::PathBuf};

/// Replays, and gives what it says as JSON.
fn replayed(demo: &Demo) -> serde_json::Value {
    let said = demo.jarvis(&["replay", "--output", "json"]);
    let report = serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {said:?}"));
    assert_eq!(said.code, 0, "{report:#}");
    report
}

fn count(report: &serde_json::Value, pointer: &str) -> u64 {
    report
        .pointer(pointer)
        .and_then(serde_json::Value::as_u64)
        .unwrap_or_else(|| panic!("{pointer} in {report:#}"))
}

fn crash_is_mended(demo: &Demo, times: usize) {
    demo.jarvis(&["chaos", "crash", "101"]).expect(0);
    until("the crash is mended", || {
        let events = demo.jarvis(&["get", "events"]).out;
        (events.matches("Done and verified: start guest 101").count() >= times).then_some(())
    });
}

fn passes(demo: &Demo) -> Vec<PathBuf> {
    let entries = fs::read_dir(demo.home.path().join("jarvis/demo/state/passes")).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_run_is_replayed_bit_for_bit_over_a_kill_and_its_decisions_are_explained() {
    let mut demo = Demo::start();
    crash_is_mended(&demo, 1);
    demo.jarvis(&["request", "snapshot", "git", "before-upgrade"])
        .expect(0);
    let beside = until("the pass behind the request is written", || {
        let report = replayed(&demo);
        (count(&report, "/decided/recorded") == 2).then_some(report)
    });
    assert!(
        count(&beside, "/decisions") >= 2 && count(&beside, "/passes") > 2,
        "{beside:#}"
    );

    demo.process.child.kill().unwrap();
    demo.process.child.wait().unwrap();
    let killed = replayed(&demo);
    assert!(
        count(&killed, "/passes") >= count(&beside, "/passes"),
        "{killed:#}"
    );
    assert_eq!(killed["unclosed"].as_array().map(Vec::len), Some(1), "{killed:#}");
    let text = demo.jarvis(&["replay"]).expect(0);
    assert!(
        text.contains("every plan came out the same, bit for bit")
            && text.contains("decisions in the journal: 2 stand in a recorded pass with the same facts"),
        "{text}"
    );
    explained(&demo.jarvis(&["explain", "VirtualMachine/web-01"]));

    demo.process = Demo::process(demo.home.path());
    demo.wait_ready();
    crash_is_mended(&demo, 2);
    assert_eq!(demo.process.terminate(), 0, "{}", demo.process.log());
    let both = replayed(&demo);
    assert_eq!(
        (count(&both, "/files"), count(&both, "/decided/recorded")),
        (2, 3),
        "{both:#}"
    );
    assert_eq!(
        both["unclosed"].as_array().map(Vec::len),
        Some(1),
        "the second ended well: {both:#}"
    );

    let file = passes(&demo).remove(0);
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    fs::write(&file, bytes).unwrap();
    let damaged = demo.jarvis(&["replay"]).expect(1);
    assert!(
        damaged.contains("00000001.jsonl.gz is damaged at line"),
        "{damaged}"
    );
}

/// Without the server: from the state folder alone.
fn explained(said: &Said) {
    assert_eq!(said.code, 0, "{said:?}");
    assert!(said.err.contains("from the state folder alone"), "{said:?}");
    for part in [
        "action:       start guest 101",
        "for:          VirtualMachine/web-01#guest-down",
        "verdict:      permitted",
        "because:\n  - web-01 (101) is stopped",
        "it ended: verified",
        "what would have changed it:",
        "if the kill switch were on: refused by frozen (JV1023)",
        "if another effect were in flight: waiting by in-flight (JV1026)",
        "if its attempts were spent: refused by attempts (JV1017)",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
}

#[test]
fn what_stands_in_the_way_of_a_decision_is_told_and_what_would_unblock_it() {
    let demo = Demo::start();
    demo.jarvis(&["freeze", "--reason", "a test"]).expect(0);
    demo.jarvis(&["chaos", "crash", "101"]).expect(0);
    let text = until("the refused decision is recorded", || {
        let said = demo.jarvis(&["explain", "VirtualMachine/web-01"]);
        said.out.contains("refused by frozen").then_some(said.out)
    });
    assert!(
        text.contains("what would change it, all of it:\n  - It ends with `jarvis thaw`. (JV1023)"),
        "{text}"
    );
    assert!(text.contains("last seen at:"), "it was never carried out: {text}");
}

#[test]
fn without_a_recording_it_says_where_it_looked() {
    let home = tempfile::tempdir().unwrap();
    let said = crate::support::jarvis(home.path(), &["replay", "--state", "."]).expect(1);
    assert!(said.contains("there is no recording in ./passes"), "{said}");
    let said = crate::support::jarvis(home.path(), &["replay"]).expect(1);
    assert!(said.contains("--state DIR or --config FILE"), "{said}");
}
