//! Clients that were written for the original: proxmoxer 2.2.0, over HTTP and HTTPS, and the Prometheus exporter
//! prometheus-pve-exporter 3.10.2 with every collector.
//!
//! The packages are installed once into a virtual environment below the build folder. Where Python or a package index
//! is missing the test says so and passes, unless `JARVIS_REQUIRE_PROXMOXER` is set.

use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use jarvis_simulator::{Options, Simulator, Tls};
use tokio::process::Command;

use crate::common::options;

async fn run(program: &Path, arguments: &[&str]) -> std::io::Result<Output> {
    Command::new(program)
        .args(arguments)
        .kill_on_drop(true)
        .output()
        .await
}

const PACKAGES: [&str; 3] = ["proxmoxer==2.2.0", "requests", "prometheus-pve-exporter==3.10.2"];

/// The interpreter of an environment with the clients, or why there is none.
async fn interpreter() -> Result<PathBuf, String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("proxmoxer-2.2.0-exporter-3.10.2");
    let python = folder.join("bin/python");
    let works = run(&python, &["-c", "import proxmoxer, requests, pve_exporter"]).await;
    if works.is_ok_and(|output| output.status.success()) {
        return Ok(python);
    }
    let said = |output: Output| {
        if output.status.success() {
            Ok(())
        } else {
            Err(String::from_utf8_lossy(&output.stderr).into_owned())
        }
    };
    let path = folder.to_string_lossy().into_owned();
    run(Path::new("python3"), &["-m", "venv", &path])
        .await
        .map_err(|error| error.to_string())
        .and_then(said)?;
    let install: Vec<&str> = ["-m", "pip", "install", "--quiet"]
        .into_iter()
        .chain(PACKAGES)
        .collect();
    run(&python, &install)
        .await
        .map_err(|error| error.to_string())
        .and_then(said)?;
    Ok(python)
}

/// Runs a script to its good end; what it said.
async fn succeed(python: &Path, arguments: &[&str]) -> String {
    let output = tokio::time::timeout(Duration::from_secs(90), run(python, arguments));
    let output = output.await.unwrap().unwrap();
    let [said, complained] = [&output.stdout, &output.stderr].map(|bytes| String::from_utf8_lossy(bytes));
    assert!(output.status.success(), "{said}\n{complained}");
    said.into_owned()
}

async fn check(python: &Path, tls: Tls) {
    let options = Options {
        time_factor: 20,
        tls,
        auth_delay: Duration::from_millis(50),
        ..options()
    };
    let simulator = Simulator::start(options).await.unwrap();
    let ca_file = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("simulated-ca.pem");
    std::fs::write(&ca_file, simulator.ca_pem()).unwrap();
    let (scheme, address) = simulator.url("atlas").unwrap().split_once("://").unwrap();
    let (host, port) = address.split_once(':').unwrap();
    let tokens = simulator.tokens();
    let [full, read, act] =
        [&tokens.full, &tokens.read, &tokens.act].map(|token| format!("{}={}", token.id, token.secret));
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/proxmoxer/check.py");
    let arguments = [
        script,
        scheme,
        host,
        port,
        &ca_file.to_string_lossy(),
        &full,
        &read,
        &act,
    ];
    let said = succeed(python, &arguments).await;
    assert_eq!(said.trim(), format!("{scheme}: every assertion held"));
    if tls == Tls::Generated {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/proxmoxer/scrape.py");
        let said = succeed(python, &[script, host, port, &ca_file.to_string_lossy(), &read]).await;
        assert!(said.starts_with("scraped "), "{said}");
    }
    let ledger = simulator.handle().ledger();
    assert_eq!(
        (ledger.count("start", 105), ledger.starts(105), ledger.stops(105)),
        (2, 1, 1)
    );
    simulator.stop().await;
}

#[tokio::test]
async fn proxmoxer_finds_what_it_knows() {
    let python = match interpreter().await {
        Ok(python) => python,
        Err(why) if std::env::var_os("JARVIS_REQUIRE_PROXMOXER").is_none() => {
            println!("not checked with proxmoxer: {why}");
            return;
        }
        Err(why) => panic!("proxmoxer cannot be installed: {why}"),
    };
    check(&python, Tls::Off).await;
    check(&python, Tls::Generated).await;
}
