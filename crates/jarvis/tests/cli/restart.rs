//! Ending and starting again.

use crate::support::{Demo, jarvis, until};

#[test]
fn a_signal_ends_it_cleanly_and_the_next_start_remembers() {
    let mut demo = Demo::start();
    demo.jarvis(&[
        "hold",
        "node:forge",
        "--for",
        "1h",
        "--reason",
        "kept over a restart",
    ])
    .expect(0);
    let anchor = demo.jarvis(&["audit", "verify"]).expect(0);
    let anchor = anchor
        .split("head ")
        .nth(1)
        .unwrap()
        .lines()
        .next()
        .unwrap()
        .to_owned();
    let context = std::fs::read_to_string(demo.home.path().join("jarvis/context.json")).unwrap();

    let second = demo.jarvis(&["demo", "--port", "0"]);
    assert!(
        second.code == 1 && second.err.contains("stop that process first"),
        "{second:?}"
    );
    assert_eq!(demo.process.terminate(), 0, "{}", demo.process.log());
    assert!(
        demo.jarvis(&["get", "nodes"])
            .expect(1)
            .contains("is it running?")
    );
    assert!(
        demo.jarvis(&["audit", "log"])
            .expect(0)
            .contains("kept over a restart"),
        "the audit is read without the server"
    );
    let other = jarvis(demo.home.path(), &["demo", "--port", "0", "--seed", "2"]);
    assert!(other.code == 1 && other.err.contains("add --fresh"), "{other:?}");

    demo.process = Demo::process(demo.home.path());
    assert!(
        demo.process.banner.contains("the password of the first start"),
        "{}",
        demo.process.banner
    );
    demo.wait_ready();
    assert!(
        demo.jarvis(&["get", "holds"])
            .expect(0)
            .contains("kept over a restart")
    );
    demo.jarvis(&["audit", "verify", "--anchor", &anchor]).expect(0);
    let renewed = std::fs::read_to_string(demo.home.path().join("jarvis/context.json")).unwrap();
    assert_ne!(context, renewed, "the local token is another one at every start");
    until("it is in sync", || {
        (demo.jarvis(&["plan"]).code == 0).then_some(())
    });
}

#[test]
fn a_generated_cluster_of_any_size_is_declared_and_in_sync() {
    let home = tempfile::tempdir().unwrap();
    let mut command = crate::support::program(home.path());
    command.args([
        "demo", "--port", "0", "--state", "big", "--nodes", "3", "--guests", "120", "--seed", "5",
    ]);
    let process = crate::support::Process::start(command, home.path().join("log"), "Ctrl-C ends it.");
    assert!(
        process.banner.contains("3 nodes and 120 guests"),
        "{}",
        process.banner
    );
    until("all guests are listed", || {
        (jarvis(home.path(), &["get", "guests"]).out.lines().count() == 121).then_some(())
    });
    until("it is in sync", || {
        (jarvis(home.path(), &["plan"]).code == 0).then_some(())
    });
}

#[test]
fn a_foreign_folder_is_never_emptied() {
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("precious"), "x").unwrap();
    let said = jarvis(home.path(), &["demo", "--port", "0", "--state", ".", "--fresh"]);
    assert!(
        said.code == 1 && said.err.contains("holds other files"),
        "{said:?}"
    );
    assert!(home.path().join("precious").exists());
}

#[test]
fn a_damaged_journal_is_observed_with_and_nothing_is_done() {
    let mut demo = Demo::start();
    assert_eq!(demo.process.terminate(), 0);
    let journal = demo.home.path().join("jarvis/demo/state/journal");
    let segments = std::fs::read_dir(&journal)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let segment = segments
        .filter(|path| path.extension().is_some_and(|ending| ending == "seg"))
        .min()
        .unwrap();
    let mut bytes = std::fs::read(&segment).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0xff;
    std::fs::write(&segment, bytes).unwrap();

    assert!(
        demo.jarvis(&["audit", "verify"])
            .expect(1)
            .contains("broken at record")
    );
    assert!(demo.jarvis(&["audit", "log"]).expect(1).contains("damaged"));
    demo.process = Demo::process(demo.home.path());
    assert!(
        demo.process.log().contains("observes only"),
        "{}",
        demo.process.log()
    );
    demo.jarvis(&["healthcheck"]).expect(0);
    assert!(
        demo.jarvis(&["get", "nodes"])
            .expect(1)
            .contains("it only observes")
    );
    assert_eq!(demo.process.terminate(), 0);
}
