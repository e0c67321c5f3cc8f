//! A client that was written for the original: the npm package `proxmox-api`, over HTTPS with the cluster's authority.
//!
//! Needs node and npm; without them the test is passed over unless `JARVIS_REQUIRE_NODE` is set, as it is in continuous
//! integration. The package is a tool of this test and part of nothing that is built.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use jarvis_simulator::{Options, PASSWORD, Simulator, Tls};
use tokio::process::Command;

use crate::common::options;

const FILES: [&str; 3] = ["package.json", "package-lock.json", "check.mjs"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/npm")
}

async fn output(command: &mut Command) -> Option<Output> {
    command.kill_on_drop(true).output().await.ok()
}

fn words(output: &Output) -> String {
    let [told, complained] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    format!("{told}\n{complained}")
}

/// A copy of the script with its packages, kept between runs.
async fn prepared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("proxmox-api");
    std::fs::create_dir_all(&folder).unwrap();
    let fresh = |name: &str| std::fs::read(source().join(name)).unwrap();
    let unchanged = FILES[..2]
        .iter()
        .all(|name| std::fs::read(folder.join(name)).is_ok_and(|kept| kept == fresh(name)));
    for name in FILES {
        std::fs::write(folder.join(name), fresh(name)).unwrap();
    }
    if !(unchanged && folder.join("node_modules/.package-lock.json").exists()) {
        let install = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        let installed = output(Command::new("npm").args(install).current_dir(&folder)).await?;
        assert!(
            installed.status.success(),
            "npm ci failed:\n{}",
            words(&installed)
        );
    }
    Some(folder)
}

#[tokio::test]
async fn the_npm_client_finds_what_it_knows() {
    let required = std::env::var_os("JARVIS_REQUIRE_NODE").is_some();
    let node = output(Command::new("node").arg("--version")).await;
    let folder = if node.is_some() { prepared().await } else { None };
    let Some(folder) = folder else {
        assert!(!required, "node and npm are required here");
        return;
    };
    let options = Options {
        time_factor: 20,
        tls: Tls::Generated,
        auth_delay: Duration::from_millis(50),
        ..options()
    };
    let simulator = Simulator::start(options).await.unwrap();
    let authority = folder.join("authority.pem");
    std::fs::write(&authority, simulator.ca_pem()).unwrap();
    let port = simulator.url("atlas").unwrap().rsplit(':').next().unwrap();
    let token = &simulator.tokens().full;
    let mut command = Command::new("node");
    command
        .args(["check.mjs", port, &token.id, &token.secret, PASSWORD])
        .current_dir(&folder)
        .env("NODE_EXTRA_CA_CERTS", &authority);
    let checked = tokio::time::timeout(Duration::from_secs(90), output(&mut command));
    let checked = checked.await.unwrap().unwrap();
    assert!(checked.status.success(), "{}", words(&checked));
    let ledger = simulator.handle().ledger();
    assert_eq!(
        (ledger.count("start", 105), ledger.starts(105), ledger.stops(105)),
        (4, 2, 2)
    );
    simulator.stop().await;
}
