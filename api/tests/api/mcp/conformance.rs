//! The conformance suite of the protocol against the HTTP stack, both revisions: once with the suite's own tools, once
//! with the real ones as far as they can answer it.
//!
//! Needs npm; the Node that the suite needs comes with its packages. Without npm the test is passed over unless
//! `JARVIS_REQUIRE_MCP` is set, as it is in continuous integration. What is expected to fail stands in
//! `tests/conformance/expected-failures.yaml`; the suite also fails when one of those passes, so the list only shrinks.

use super::fixture::Fixture;
use crate::support::Api;
use axum::{Router, extract::Request, middleware};
use http::{HeaderValue, header};
use jarvis_api::{ApiOptions, ApiState, SigningKey, mcp, router, router_with};
use jarvis_model::Scope;
use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::Output,
};
use tokio::process::Command;

/// What the suite asks of any server that has tools, with none of its own.
const GENERIC: [&str; 7] = [
    "server-initialize",
    "server-session-lifecycle",
    "ping",
    "tools-list",
    "dns-rebinding-protection",
    "http-header-validation",
    "caching",
];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance")
}

async fn output(program: &Path, arguments: &[&str], folder: &Path) -> std::io::Result<Output> {
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).kill_on_drop(true);
    command.output().await
}

fn words(output: &Output) -> String {
    format!(
        "{}\n{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// The suite, installed once below the build folder, and the Node it needs.
async fn installed() -> Result<(PathBuf, PathBuf), String> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("mcp-conformance");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    let names = ["package.json", "package-lock.json", "expected-failures.yaml"];
    let fresh = |name: &str| std::fs::read(source().join(name)).unwrap();
    let same = |name: &&str| std::fs::read(folder.join(name)).is_ok_and(|kept| kept == fresh(name));
    let unchanged = names.iter().take(2).all(same);
    for name in names {
        std::fs::write(folder.join(name), fresh(name)).unwrap();
    }
    if !(unchanged && folder.join("node_modules/.package-lock.json").exists()) {
        let arguments = ["ci", "--ignore-scripts", "--no-audit", "--no-fund"];
        let ran = output(Path::new("npm"), &arguments, &folder)
            .await
            .map_err(|error| format!("npm: {error}"))?;
        if !ran.status.success() {
            return Err(words(&ran));
        }
    }
    let node = ["x64", "arm64"].map(|kind| folder.join(format!("node_modules/node-linux-{kind}/bin/node")));
    let node = node.into_iter().find(|node| node.exists());
    let node = node.ok_or("there is no Node package for this kind of machine")?;
    Ok((folder, node))
}

/// Serves a router on loopback as a caller with a good token would meet it: the suite cannot send one.
async fn serve(make: impl FnOnce(&Api, ApiState) -> Router) -> (Api, String) {
    let api = Api::start().await;
    let token = api.assistant("suite", &[Scope::Read]);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let options = ApiOptions::new(addr, SigningKey::new(vec![42; 32]).unwrap());
    let state = ApiState::new(api.puppet.handle.clone(), options, api.clock.clone());
    let value = HeaderValue::from_str(&format!("Bearer {token}")).unwrap();
    let routes = make(&api, state).layer(middleware::map_request(move |mut request: Request| {
        let value = value.clone();
        async move {
            request.headers_mut().insert(header::AUTHORIZATION, value);
            request
        }
    }));
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (api, format!("http://{addr}/mcp"))
}

fn required(why: &str) -> bool {
    assert!(
        std::env::var_os("JARVIS_REQUIRE_MCP").is_none(),
        "the conformance suite cannot be installed: {why}"
    );
    let _ = writeln!(std::io::stderr(), "NOT CHECKED with the conformance suite: {why}");
    false
}

async fn run(folder: &Path, node: &Path, url: &str, more: &[&str]) {
    let results = folder.join("results");
    let _ = std::fs::remove_dir_all(&results);
    let mut arguments = vec![
        "node_modules/@modelcontextprotocol/conformance/dist/index.js",
        "server",
        "--url",
        url,
        "--output-dir",
        "results",
    ];
    arguments.extend(more);
    let ran = output(node, &arguments, folder).await.unwrap();
    let failed = || failed(&results).join("\n");
    assert!(ran.status.success(), "{more:?}:\n{}\n{}", words(&ran), failed());
}

/// Every check that failed, with the suite's words.
fn failed(results: &Path) -> Vec<String> {
    let folders = std::fs::read_dir(results).into_iter().flatten().flatten();
    let mut failed = Vec::new();
    for folder in folders {
        let text = std::fs::read_to_string(folder.path().join("checks.json")).unwrap_or_default();
        let checks: Vec<serde_json::Value> = serde_json::from_str(&text).unwrap_or_default();
        let scenario = folder.file_name().to_string_lossy().into_owned();
        let bad = checks.iter().filter(|check| check["status"] == "FAILURE");
        failed.extend(bad.map(|check| format!("{scenario} {}: {}", check["id"], check["errorMessage"])));
    }
    failed.sort();
    failed
}

#[tokio::test(flavor = "multi_thread")]
async fn the_suite_is_content() {
    let (folder, node) = match installed().await {
        Ok(found) => found,
        Err(why) => {
            required(&why);
            return;
        }
    };
    let expected = ["--expected-failures", "expected-failures.yaml"];
    let (_api, url) = serve(|_, state| {
        let fixture = mcp::serving(&state, || Fixture);
        router_with(state, fixture)
    })
    .await;
    for revision in ["2025-11-25", "2026-07-28"] {
        let asked: Vec<&str> = ["--requirements", revision].into_iter().chain(expected).collect();
        run(&folder, &node, &url, &asked).await;
    }
    let (_api, url) = serve(|_, state| router(state)).await;
    for scenario in GENERIC {
        let asked: Vec<&str> = ["--scenario", scenario].into_iter().chain(expected).collect();
        run(&folder, &node, &url, &asked).await;
    }
}
