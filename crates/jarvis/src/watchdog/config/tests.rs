//! The config file: what a good one becomes, and what is said of bad ones.

use super::*;
use std::{fs, os::unix::fs::PermissionsExt as _};
use tempfile::TempDir;

/// A folder with the files that configs here name.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let secrets = folder.path().join("secrets");
    fs::create_dir(&secrets).unwrap();
    for (name, text) in [
        ("watchdog-token", "watchdog@pve!reset=canary-1"),
        ("watchdog-audit-token", "watchdog@pve!audit=canary-2"),
        ("freeze-token", "jrv_watchdog_canary-3"),
        ("smtp-password", "canary-4"),
    ] {
        fs::write(secrets.join(name), text).unwrap();
        fs::set_permissions(secrets.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let key = rcgen::KeyPair::generate().unwrap();
    let authority = rcgen::CertificateParams::new(Vec::new())
        .unwrap()
        .self_signed(&key)
        .unwrap();
    fs::write(folder.path().join("pve-root-ca.pem"), authority.pem()).unwrap();
    folder
}

fn load(folder: &TempDir, text: &str) -> Result<Config, String> {
    let path = folder.path().join("watchdog.yaml");
    fs::write(&path, text).unwrap();
    Config::load(&path, &Environment::default()).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        lines
            .join("\n")
            .replace(&folder.path().display().to_string(), "DIR")
    })
}

const GOOD: &str = "\
jarvis: {url: http://127.0.0.1:7474}
machine: {vmid: 103}
cluster:
  entryPoints: [{url: https://10.0.0.11}]
  token: {file: secrets/watchdog-token}
  auditToken: {file: secrets/watchdog-audit-token}
  tls: {system: true}
network: {gateway: 10.0.0.1:53, neighbours: [10.0.0.12:8006]}
";

#[test]
fn the_example_is_a_good_config() {
    let folder = folder();
    let config = load(
        &folder,
        include_str!("../../../../../examples/homelab/watchdog.yaml"),
    )
    .unwrap();
    assert_eq!(config.jarvis.url.as_str(), "https://10.0.0.103:7474/");
    assert_eq!((config.vmid.to_string().as_str(), config.misses), ("103", 6));
    assert_eq!(config.every, Duration::from_secs(10));
    assert_eq!(config.maintenance_file, folder.path().join("maintenance"));
    assert!(config.jarvis.freeze_token.is_some() && config.cluster.audit_token.is_some());
    assert_eq!(config.mail.as_ref().map(|post| post.port), Some(587));
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    assert!(!format!("{config:?}").contains("canary"), "{config:?}");
}

#[test]
fn a_short_one_has_sensible_defaults() {
    let folder = folder();
    let config = load(&folder, GOOD).unwrap();
    assert_eq!((config.every.as_secs(), config.misses), (10, 6));
    assert_eq!(config.state, folder.path().join("watchdog-state"));
    assert_eq!(
        config.maintenance_file,
        folder.path().join("watchdog-state/maintenance")
    );
    assert!(config.warnings[0].contains("no `mail`"), "{:?}", config.warnings);
}

#[track_caller]
fn all_told(cases: &[(String, &str)]) {
    let folder = folder();
    for (text, wanted) in cases {
        let said = load(&folder, text).expect_err(wanted);
        assert!(said.contains(wanted), "{wanted}\n{said}");
        assert!(!said.contains("canary"), "{said}");
    }
}

#[test]
fn bad_ones_are_told_with_place_and_remedy() {
    all_told(&[
        (String::new(), "DIR/watchdog.yaml jarvis: is missing"),
        (
            GOOD.replace("machine: {vmid: 103}\n", ""),
            "DIR/watchdog.yaml machine: is missing",
        ),
        (
            GOOD.replace("vmid: 103", "vmid: 0"),
            "DIR/watchdog.yaml:2:10 machine.vmid: ",
        ),
        (
            GOOD.replace("vmid: 103", "vmdi: 103"),
            "DIR/watchdog.yaml:2:11: unknown field `vmdi`; did you mean `vmid`?",
        ),
        (
            GOOD.replace("10.0.0.1:53", "fritz.box"),
            "DIR/watchdog.yaml:8:20 network.gateway: \"fritz.box\" is no address with a port",
        ),
        (
            GOOD.replace("[10.0.0.12:8006]", "[]"),
            "network.neighbours: is empty",
        ),
        (
            GOOD.replace("  auditToken: {file: secrets/watchdog-audit-token}\n", ""),
            "cluster.auditToken: there is no second vantage point",
        ),
        (
            GOOD.replace("http://127.0.0.1:7474", "https://127.0.0.1:7474"),
            "DIR/watchdog.yaml:1:9 jarvis.tls: is missing",
        ),
        (
            GOOD.replace("7474}", "7474, freezeToken: {file: secrets/freeze-token}}"),
            "jarvis.freezeToken: would be told to whoever answers there",
        ),
        (GOOD.replace("7474}", "7474/x}"), "jarvis.url: has a path"),
        (
            format!("{GOOD}misses: 1\n"),
            "DIR/watchdog.yaml:9:9 misses: 1 is out of range",
        ),
        (
            format!("{GOOD}everySeconds: 90\n"),
            "everySeconds: 90 is out of range",
        ),
        (
            format!("{GOOD}witnesses: [jarvis.example]\n"),
            "witnesses: is no URL that can be asked",
        ),
        (
            GOOD.replace("vmid: 103", "vmid: 103, uuid: 4711"),
            "machine.uuid: is no uuid",
        ),
    ]);
}

#[test]
fn bad_mail_is_told_too() {
    all_told(&[
        (
            format!("{GOOD}mail: {{server: s, from: a@example.org, to: []}}\n"),
            "mail.to: is empty",
        ),
        (
            format!("{GOOD}mail: {{server: s, from: nobody, to: [a@example.org], tls: ssl}}\n"),
            "mail.tls: \"ssl\" is not known here; write starttls",
        ),
        (
            format!(
                "{GOOD}mail: {{server: s, from: a@example.org, to: [a@example.org], tls: off, user: u, password: {{file: secrets/smtp-password}}}}\n"
            ),
            "mail.password: would be sent in the clear",
        ),
        (
            format!("{GOOD}mail: {{server: s, from: a@example.org, to: [b@example.org], user: u}}\n"),
            "mail.user: `user` and `password` belong together",
        ),
    ]);
}

#[test]
fn a_second_vantage_point_may_be_a_witness() {
    let folder = folder();
    let text = GOOD.replace("  auditToken: {file: secrets/watchdog-audit-token}\n", "");
    let config = load(
        &folder,
        &format!("{text}witnesses: [https://jarvis.example/api/health]\n"),
    )
    .unwrap();
    assert_eq!(config.witnesses.len(), 1);
}

#[test]
fn for_a_mail_alone_no_more_than_that_is_needed() {
    let folder = folder();
    let path = folder.path().join("mail.yaml");
    fs::write(
        &path,
        "mail: {server: s, port: 2525, tls: off, from: a@example.org, to: [b@example.org]}\n",
    )
    .unwrap();
    let post = Config::load_mail(&path, &Environment::default()).unwrap();
    assert_eq!((post.port, post.to.len()), (2525, 1));
    fs::write(&path, GOOD).unwrap();
    let errors = Config::load_mail(&path, &Environment::default()).unwrap_err();
    assert!(errors[0].to_string().contains("mail: is missing"), "{errors:?}");
}
