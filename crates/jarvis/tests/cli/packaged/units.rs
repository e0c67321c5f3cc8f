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

/// Every unit, and how many programs it starts.
const UNITS: [(&str, usize); 3] = [
    ("jarvis.service", 2),
    ("jarvis-watchdog.service", 2),
    ("jarvis-failed@.service", 1),
];

#[test]
fn systemd_understands_every_unit_without_a_complaint() {
    let folder = tempfile::tempdir().unwrap();
    for (name, programs) in UNITS {
        // The program is where the test built it; every other line is as shipped.
        let unit = text(&format!("packaging/systemd/{name}"));
        assert_eq!(unit.matches("=/usr/bin/jarvis ").count(), programs, "{name}");
        let unit = unit.replace(
            "=/usr/bin/jarvis ",
            concat!("=", env!("CARGO_BIN_EXE_jarvis"), " "),
        );
        fs::write(folder.path().join(name), unit).unwrap();
    }
    for (name, _) in UNITS {
        let unit = folder.path().join(name.replace("@.", "@jarvis."));
        let unit = unit.to_str().unwrap();
        if let Some(said) = tool(
            "systemd-analyze",
            &["verify", "--man=no", "--recursive-errors=no", unit],
        ) {
            assert_eq!((said.code, said.err.as_str()), (0, ""), "{name}: {said:?}");
        }
    }
}

#[test]
fn systemd_rates_their_exposure_as_low() {
    for (name, _) in UNITS {
        let unit = root().join("packaging/systemd").join(name);
        let arguments = ["security", "--no-pager", "--offline=true", "--threshold=15"];
        let arguments = [&arguments[..], &[unit.to_str().unwrap()]].concat();
        if let Some(said) = tool("systemd-analyze", &arguments) {
            // The threshold is in tenths: 1.5 of 10.
            assert_eq!(said.code, 0, "{name}: {}", said.out);
        }
    }
}

#[test]
fn a_service_that_hangs_or_ends_is_begun_again_and_one_that_keeps_failing_is_mailed() {
    for (name, patience) in [
        ("jarvis.service", "WatchdogSec=30s"),
        ("jarvis-watchdog.service", "WatchdogSec=3min"),
    ] {
        let service = text(&format!("packaging/systemd/{name}"));
        for line in [
            "Type=notify",
            "NotifyAccess=main",
            patience,
            "Restart=always",
            "RestartSec=2s",
            "StartLimitIntervalSec=600s",
            "StartLimitBurst=10",
            "OnFailure=jarvis-failed@%N.service",
        ] {
            assert!(service.lines().any(|there| there == line), "{name}: {line}");
        }
    }
    assert!(text("packaging/systemd/jarvis-failed@.service").contains("--tell \"%i has failed"));
}

#[test]
fn the_service_is_hardened_as_promised() {
    let service = text("packaging/systemd/jarvis.service");
    for line in [
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
