//! The listener over TLS with a certificate of its own: told at the start, known to commands, kept over restarts.

use crate::support::{Process, Said, jarvis, program, word_after};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
};

/// A config for a cluster that is not there: the listener does not mind.
fn config(home: &Path, more: &str) {
    fs::write(home.join("token"), "jarvis@pve!act=canary").unwrap();
    fs::set_permissions(home.join("token"), fs::Permissions::from_mode(0o600)).unwrap();
    let text = format!(
        "listen: 127.0.0.1:0\nstate: state\ncluster:\n  entryPoints: [{{url: 'https://127.0.0.1:1'}}]\n  token: {{file: token}}\n  tls: {{system: true}}\n{more}"
    );
    fs::write(home.join("jarvis.yaml"), text).unwrap();
}

fn run(home: &Path) -> Process {
    let mut command: Command = program(home);
    command.args(["run", "--config", "jarvis.yaml"]);
    Process::start(command, home.join("run.log"), "ready: https://127.0.0.1:")
}

fn fingerprint(process: &Process) -> String {
    word_after(&process.banner, "certificate: SHA-256")
}

/// From another machine there is no context file.
fn from_elsewhere(home: &Path, url: &str, token: &str, more: &[&str]) -> Said {
    let elsewhere = tempfile::tempdir().unwrap();
    let said = program(elsewhere.path())
        .env("JARVIS_TOKEN", token)
        .args([&["--url", url, "get", "nodes"], more].concat())
        .stdin(Stdio::null())
        .output();
    assert!(home.exists());
    said.unwrap().into()
}

#[test]
fn the_certificate_told_is_known_to_commands_and_kept() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    config(home, "tls: generated\n");
    let mut first = run(home);
    let pin = fingerprint(&first);
    assert_eq!(pin.len(), 95, "{}", first.banner);
    assert!(first.banner.contains("jarvis.local"), "{}", first.banner);
    jarvis(home, &["healthcheck"]).expect(0);
    jarvis(home, &["get", "nodes"]).expect(0);
    let context: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(home.join("jarvis/context.json")).unwrap()).unwrap();
    assert_eq!(context["fingerprint"], pin.as_str());
    let (url, token) = (
        context["url"].as_str().unwrap(),
        context["token"].as_str().unwrap(),
    );

    from_elsewhere(home, url, token, &["--fingerprint", &pin]).expect(0);
    let unknown = from_elsewhere(home, url, token, &[]);
    assert!(
        unknown.code == 1
            && unknown.err.contains("will not talk to")
            && unknown.err.contains("--fingerprint"),
        "{unknown:?}"
    );
    let other = ["AA"; 32].join(":");
    let changed = from_elsewhere(home, url, token, &["--fingerprint", &other]);
    assert!(
        changed.code == 1 && changed.err.contains(&pin) && changed.err.contains("somebody is in between"),
        "{changed:?}"
    );
    let nonsense = from_elsewhere(home, url, token, &["--fingerprint", "AA:BB"]).expect(1);
    assert!(nonsense.contains("32 hex pairs"), "{nonsense}");
    assert_eq!(first.terminate(), 0);

    let mut second = run(home);
    assert_eq!(fingerprint(&second), pin, "a restart keeps it");
    assert_eq!(second.terminate(), 0);

    config(home, "tls: generated\npublicUrl: https://jarvis.example\n");
    let mut third = run(home);
    assert_ne!(fingerprint(&third), pin, "another name needs another certificate");
    assert!(third.banner.contains("jarvis.example"));
    assert_eq!(third.terminate(), 0);
}

#[test]
fn a_certificate_of_ones_own_is_served_and_a_bad_one_is_told() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let made = rcgen::generate_simple_self_signed(vec!["jarvis.example".to_owned()]).unwrap();
    fs::write(home.join("chain.pem"), made.cert.pem()).unwrap();
    fs::write(home.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    config(home, "tls: {certificate: chain.pem, key: key.pem}\n");
    let mut process = run(home);
    assert!(
        process.banner.contains("for jarvis.example"),
        "{}",
        process.banner
    );
    jarvis(home, &["get", "nodes"]).expect(0);
    assert_eq!(process.terminate(), 0);

    for (tls, wanted) in [
        (
            "tls: {certificate: chain.pem, key: chain.pem}\n",
            "the key cannot be read",
        ),
        ("tls: {certificate: none.pem, key: key.pem}\n", "No such file"),
        ("tls: {certificate: chain.pem}\n", "`key` is missing"),
        (
            "tls: {certificate: chain.pem, kee: key.pem}\n",
            "did you mean `key`",
        ),
        (
            "tls: on\n",
            "write generated, off, or {certificate: FILE, key: FILE}",
        ),
    ] {
        config(home, tls);
        let said = jarvis(home, &["run", "--config", "jarvis.yaml"]);
        assert!(said.code == 1 && said.err.contains(wanted), "{tls}: {said:?}");
    }
}
