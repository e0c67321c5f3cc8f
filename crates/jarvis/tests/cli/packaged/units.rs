//! The units of systemd, read by systemd's own tools: understood without a complaint, and as closed as systemd rates it.
//!
//! Without those tools the tests say so and pass, unless `JARVIS_REQUIRE_SYSTEMD` is set.

use super::{root, text};
use crate::support::Said;
use std::{fs, path::Path, process::Command};

/// Runs one of systemd's tools; none when it may be missing and is.
#[track_caller]
fn tool(name: &str, arguments: &[&str]) -> Option<Said> {
    match Command::new(name).args(arguments).output() {
        Ok(output) => Some(output.into()),
        Err(error) => {
            assert!(
                std::env::var_os("JARVIS_REQUIRE_SYSTEMD").is_none(),
                "{name}: {error}"
            );
            crate::support::not_checked(&format!("{name} cannot be run: {error}"));
            None
        }
    }
}

#[test]
fn systemd_understands_the_service_without_a_complaint() {
    let folder = tempfile::tempdir().unwrap();
    let unit = folder.path().join("jarvis.service");
    // The program is where the test built it; every other line is as shipped.
    let service = text("packaging/systemd/jarvis.service");
    assert_eq!(service.matches("=/usr/bin/jarvis ").count(), 2);
    let service = service.replace(
        "=/usr/bin/jarvis ",
        concat!("=", env!("CARGO_BIN_EXE_jarvis"), " "),
    );
    fs::write(&unit, service).unwrap();
    let unit = unit.to_str().unwrap();
    if let Some(said) = tool(
        "systemd-analyze",
        &["verify", "--man=no", "--recursive-errors=no", unit],
    ) {
        assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    }
}

#[test]
fn systemd_rates_its_exposure_as_low() {
    let unit = root().join("packaging/systemd/jarvis.service");
    let arguments = ["security", "--no-pager", "--offline=true", "--threshold=15"];
    let arguments = [&arguments[..], &[unit.to_str().unwrap()]].concat();
    if let Some(said) = tool("systemd-analyze", &arguments) {
        // The threshold is in tenths: 1.5 of 10.
        assert_eq!(said.code, 0, "{}", said.out);
    }
}

#[test]
fn the_service_is_hardened_as_promised() {
    let service = text("packaging/systemd/jarvis.service");
    for line in [
        "Type=exec",
        "User=jarvis",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "StateDirectory=jarvis",
        "StateDirectoryMode=0700",
        "UMask=0077",
    ] {
        assert!(service.lines().any(|there| there == line), "{line}");
    }
    assert!(!service.contains("ReadWritePaths") && !service.contains("Environment=JARVIS_TOKEN"));
}

#[test]
fn systemd_makes_the_user_and_the_folders() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("etc")).unwrap();
    let root_flag = format!("--root={}", folder.path().display());
    let users = root().join("packaging/systemd/jarvis.sysusers.conf");
    let Some(said) = tool("systemd-sysusers", &[&root_flag, users.to_str().unwrap()]) else {
        return;
    };
    said.expect(0);
    let passwd = fs::read_to_string(folder.path().join("etc/passwd")).unwrap();
    assert!(
        passwd.contains(":Jarvis:/var/lib/jarvis:/usr/sbin/nologin"),
        "{passwd}"
    );
    let files = root().join("packaging/systemd/jarvis.tmpfiles.conf");
    if is_root(folder.path()) {
        let arguments = [root_flag.as_str(), "--create", files.to_str().unwrap()];
        tool("systemd-tmpfiles", &arguments).unwrap().expect(0);
        assert!(folder.path().join("etc/jarvis/secrets").is_dir());
    }
}

/// Folders of another owner are made by root only.
fn is_root(folder: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs::metadata(folder).unwrap().uid() == 0
}
