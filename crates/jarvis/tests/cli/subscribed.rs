//! The real program over its WebSocket: what a subscriber sees from a commit to a verified, synced guest.

use crate::support::{DEADLINE, Demo};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::{fs, process::Command};
use tokio_tungstenite::{
    connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

const PLANS: &str = "subscription { planUpdates { statuses { resource status { sync health } } } }";
const EVENTS: &str = "subscription { events(afterSeq: 0, all: true) { name resource } }";

/// What a subscriber reads of win-lab, in this order.
const STORY: [&str; 7] = [
    "issueOpened",
    "decided",
    "intentLogged",
    "effectAccepted",
    "taskFinished",
    "intentClosed",
    "issueHealthy",
];

#[test]
fn a_commit_is_seen_as_drift_decision_intent_task_verified_synced() {
    let demo = Demo::start();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut seen = Vec::new();
    let followed = runtime.block_on(async { tokio::time::timeout(DEADLINE, follow(&demo, &mut seen)).await });
    assert!(followed.is_ok(), "not within {DEADLINE:?}: {seen:?}");
    let mut rest = seen.iter();
    for word in STORY {
        assert!(
            rest.any(|seen| seen == word),
            "{word} is missing or out of order in {seen:?}"
        );
    }
}

/// Subscribes, commits, and notes what comes until win-lab is synced again.
async fn follow(demo: &Demo, seen: &mut Vec<String>) {
    let context = fs::read_to_string(demo.home.path().join("jarvis/context.json")).unwrap();
    let context: Value = serde_json::from_str(&context).unwrap();
    let address = format!(
        "{}/graphql",
        context["url"].as_str().unwrap().replacen("http", "ws", 1)
    );
    let mut request = address.into_client_request().unwrap();
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    let bearer = format!("Bearer {}", context["token"].as_str().unwrap());
    headers.insert("authorization", bearer.parse().unwrap());
    let (mut socket, _) = connect_async(request).await.unwrap();
    let text = |value: Value| Message::text(value.to_string());
    socket
        .send(text(json!({ "type": "connection_init" })))
        .await
        .unwrap();
    for (id, query) in [("plans", PLANS), ("events", EVENTS)] {
        let subscribe = json!({ "id": id, "type": "subscribe", "payload": { "query": query } });
        socket.send(text(subscribe)).await.unwrap();
    }
    let mut committed = false;
    while let Some(message) = socket.next().await {
        let Ok(message) = serde_json::from_str::<Value>(message.unwrap().to_text().unwrap()) else {
            continue;
        };
        assert_ne!(message["type"], "error", "{message}");
        if message["type"] == "next" && !committed {
            commit(demo);
            committed = true;
        }
        seen.extend(words(&message["payload"]["data"]));
        let told = seen.iter().any(|word| word == "issueHealthy");
        let last_plan = seen
            .iter()
            .rfind(|word| matches!(word.as_str(), "drift" | "acting" | "synced"));
        if told && last_plan.is_some_and(|word| word == "synced") {
            return;
        }
    }
    panic!("the socket ended after {seen:?}");
}

fn commit(demo: &Demo) {
    let file = demo.manifests().join("guests/laboratory.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("runStrategy: Halted", "runStrategy: Always")).unwrap();
    let mut git = Command::new("git");
    let arguments = ["commit", "--quiet", "--all", "--message", "Keep win-lab running"];
    git.current_dir(demo.manifests())
        .args(arguments)
        .env("HOME", demo.home.path());
    assert!(git.status().unwrap().success());
}

/// What one message says of win-lab.
fn words(data: &Value) -> Vec<String> {
    let of_lab = |value: &&Value| value["resource"] == "VirtualMachine/win-lab";
    let list = |name: &str| data["planUpdates"][name].as_array().cloned().unwrap_or_default();
    let mut words = Vec::new();
    for status in list("statuses").iter().filter(of_lab) {
        let (sync, health) = (&status["status"]["sync"], &status["status"]["health"]);
        let word = match (sync.as_str(), health.as_str()) {
            (Some("OUT_OF_SYNC"), _) => "drift",
            (Some("SYNCED"), Some("HEALTHY")) => "synced",
            _ => "acting",
        };
        words.push(word.to_owned());
    }
    if let Some(name) = data["events"]["name"].as_str() {
        words.push(name.to_owned());
    }
    words
}
