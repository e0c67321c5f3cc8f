//! `jarvis run` against `jarvis simulate`: two processes, a config file, certificates.

use crate::support::{Process, Said, jarvis, program, until, word_after};
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

pub fn simulator(home: &Path) -> Process {
    let mut command = program(home);
    command.args(["simulate", "--ca-file", "ca.pem"]);
    Process::start(command, home.join("simulate.log"), "JARVIS_CHAOS_URL=")
}

/// A config for the simulator with one way of trust.
pub fn config(home: &Path, simulator: &Process, tls: &str, token: &str) {
    fs::write(home.join("token"), token).unwrap();
    fs::set_permissions(home.join("token"), fs::Permissions::from_mode(0o600)).unwrap();
    let entries: Vec<String> = ["atlas", "agent1"]
        .iter()
        .map(|node| {
            format!(
                "    - {{node: {node}, url: '{}'}}\n",
                word_after(&simulator.banner, node)
            )
        })
        .collect();
    let text = format!(
        "listen: 127.0.0.1:0\nstate: state\ncluster:\n  name: home\n  entryPoints:\n{}  token: {{file: token}}\n  tls: {tls}\nsafety: {{own: {{vmid: 103}}}}\n",
        entries.concat()
    );
    fs::write(home.join("jarvis.yaml"), text).unwrap();
}

fn run(home: &Path) -> Process {
    run_with(home, |_| {})
}

/// Starts it with a changed command.
pub fn run_with(home: &Path, change: impl FnOnce(&mut Command)) -> Process {
    let mut command: Command = program(home);
    command.args(["run", "--config", "jarvis.yaml"]);
    change(&mut command);
    Process::start(command, home.join("run.log"), "ready: http://127.0.0.1:")
}

pub fn reading_token(simulator: &Process) -> String {
    let line = simulator
        .banner
        .lines()
        .find(|line| line.trim().starts_with("reads"))
        .unwrap();
    line.split_whitespace().last().unwrap().to_owned()
}

#[test]
fn it_starts_observes_and_ends() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let simulator = simulator(home);
    config(home, &simulator, "{caFile: ca.pem}", &reading_token(&simulator));
    let mut process = run(home);
    assert!(
        process.banner.contains("first sign-in: admin / "),
        "{}",
        process.banner
    );
    until("the cluster is seen", || {
        (jarvis(home, &["get", "guests"]).out.lines().count() == 32).then_some(())
    });
    jarvis(home, &["healthcheck", "--ready"]).expect(0);
    assert!(
        jarvis(home, &["get", "guests", "103"]).expect(0).contains("yes"),
        "the own guest is protected"
    );
    assert!(
        jarvis(home, &["chaos", "crash", "101"])
            .expect(1)
            .contains("no simulated cluster"),
        "a real cluster cannot be broken"
    );
    assert_eq!(process.terminate(), 0);
    let mut again = run(home);
    assert!(!again.banner.contains("first sign-in"), "{}", again.banner);
    assert_eq!(again.terminate(), 0);
    for log in ["run.log", "simulate.log"] {
        let log = fs::read_to_string(home.join(log)).unwrap();
        assert!(
            !log.contains(reading_token(&simulator).rsplit('=').next().unwrap()),
            "the token is in no log"
        );
    }
}

#[test]
fn what_is_wrong_with_certificates_and_tokens_is_said() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let simulator = simulator(home);
    let good = reading_token(&simulator);
    let pin = format!("{{fingerprints: [{}]}}", ["AA"; 32].join(":"));
    for (tls, token, wanted) in [
        (pin.as_str(), good.as_str(), "certificate"),
        ("{system: true}", good.as_str(), "certificate"),
        (
            "{caFile: ca.pem}",
            "jarvis@pve!read=00000000-0000-0000-0000-000000000000",
            "does not accept the token",
        ),
    ] {
        config(home, &simulator, tls, token);
        let mut process = run(home);
        let trouble: Said = until("the trouble is told", || {
            let said = jarvis(home, &["get", "clusters"]);
            said.out.contains(wanted).then_some(said)
        });
        assert!(trouble.out.contains(" no "), "not ready: {}", trouble.out);
        jarvis(home, &["healthcheck"]).expect(0);
        jarvis(home, &["healthcheck", "--ready"]).expect(1);
        assert_eq!(process.terminate(), 0);
        fs::remove_dir_all(home.join("state")).unwrap();
    }
}

#[test]
fn insecure_is_said_at_every_start() {
    let home = tempfile::tempdir().unwrap();
    let simulator = simulator(home.path());
    config(
        home.path(),
        &simulator,
        "{insecure: true}",
        &reading_token(&simulator),
    );
    for _ in 0..2 {
        let mut process = run(home.path());
        assert_eq!(process.terminate(), 0);
        assert!(process.log().contains("are not checked"), "{}", process.log());
    }
}
