//! The reference client of graphql-transport-ws (npm package `graphql-ws`) against a running API.
//!
//! Needs node and npm; without them the test is passed over unless `JARVIS_REQUIRE_NODE` is set, as it is in continuous
//! integration.

use crate::support::Api;
use jarvis_model::Role;
use std::{
    path::{Path, PathBuf},
    process::Output,
};
use tokio::process::Command;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/graphql-ws")
}

async fn output(program: &str, arguments: &[&str], folder: &Path) -> Option<Output> {
    Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .kill_on_drop(true)
        .output()
        .await
        .ok()
}

fn words(output: &Output) -> String {
    format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// A copy of the script with its packages, kept between runs.
async fn prepared() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("graphql-ws");
    std::fs::create_dir_all(&folder).unwrap();
    let fresh = |name: &str| std::fs::read(source().join(name)).unwrap();
    let unchanged = ["package.json", "package-lock.json"]
        .iter()
        .all(|name| std::fs::read(folder.join(name)).is_ok_and(|kept| kept == fresh(name)));
    for name in ["package.json", "package-lock.json", "check.mjs"] {
        std::fs::write(folder.join(name), fresh(name)).unwrap();
    }
    if !(unchanged && folder.join("node_modules/.package-lock.json").exists()) {
        let installed = output(
            "npm",
            &["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            &folder,
        )
        .await?;
        assert!(
            installed.status.success(),
            "npm ci failed:\n{}",
            words(&installed)
        );
    }
    Some(folder)
}

#[tokio::test]
async fn the_reference_client_is_content() {
    let required = std::env::var_os("JARVIS_REQUIRE_NODE").is_some();
    let node = output("node", &["--version"], Path::new(".")).await;
    let folder = if node.is_some() { prepared().await } else { None };
    let Some(folder) = folder else {
        assert!(!required, "node and npm are required here");
        return;
    };
    let api = Api::start().await;
    let token = api.token("npm", Role::Operator);
    let socket = format!("{}/graphql", api.url.replace("http://", "ws://"));
    let checked = output("node", &["check.mjs", &socket, &api.url, &token], &folder)
        .await
        .unwrap();
    assert!(checked.status.success(), "{}", words(&checked));
}
