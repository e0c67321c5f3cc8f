//! The control endpoint.

use jarvis_simulator::Simulator;
use serde_json::{Value, json};

use crate::common::Lab;

async fn control(simulator: &Simulator, method: &str, path: &str, body: Value) -> (u16, Value) {
    call(simulator, simulator.control_secret(), method, path, body).await
}

async fn call(simulator: &Simulator, secret: &str, method: &str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}{path}", simulator.control_url());
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let mut request = reqwest::Client::new().request(method, url).bearer_auth(secret);
    if !body.is_null() {
        request = request.json(&body);
    }
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.json().await.unwrap())
}

#[tokio::test]
async fn faults_go_in_and_the_truth_comes_out() {
    let lab = Lab::start().await;
    let simulator = &lab.simulator;
    let (status, _) = control(
        simulator,
        "POST",
        "/control/faults",
        json!({ "fault": "crash-guest", "vmid": 101 }),
    )
    .await;
    assert_eq!(status, 200);
    let (_, state) = control(simulator, "GET", "/control/state", Value::Null).await;
    let guest = state["guests"]
        .as_array()
        .unwrap()
        .iter()
        .find(|guest| guest["vmid"] == 101)
        .unwrap();
    assert_eq!(guest["status"], "stopped");
    assert_eq!(state["quorate"], true);
    lab.post("/nodes/atlas/qemu/101/status/start", "").await.data();
    let (status, _) = control(simulator, "POST", "/control/advance", json!({ "secs": 5 })).await;
    assert_eq!(status, 200);
    let (_, ledger) = control(simulator, "GET", "/control/ledger", Value::Null).await;
    assert_eq!(ledger["calls"][0]["action"], "start");
    assert_eq!(ledger["calls"][0]["vmid"], 101);
    let what: Vec<&Value> = ledger["transitions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["what"])
        .collect();
    assert_eq!(what, ["stopped", "started"]);
    assert_eq!(ledger["faults"].as_array().unwrap().len(), 1);
    let (status, _) = control(simulator, "POST", "/control/reset", Value::Null).await;
    assert_eq!(status, 200);
    let (_, ledger) = control(simulator, "GET", "/control/ledger", Value::Null).await;
    assert_eq!(
        ledger,
        json!({ "calls": [], "transitions": [], "faults": [], "commands": [], "wakes": [] })
    );
}

#[tokio::test]
async fn what_is_wrong_is_said() {
    let lab = Lab::start().await;
    let simulator = &lab.simulator;
    let wrong = [
        (
            json!({ "fault": "crash-guest", "vmid": 999 }),
            "there is no guest 999",
        ),
        (json!({ "fault": "crash-guest" }), "missing field `vmid`"),
        (json!({ "fault": "explode" }), "unknown variant `explode`"),
        (json!({}), "say which"),
    ];
    for (body, expected) in wrong {
        let (status, answer) = control(simulator, "POST", "/control/faults", body).await;
        assert_eq!(status, 400);
        assert!(answer["error"].as_str().unwrap().contains(expected), "{answer}");
    }
    let (status, _) = call(simulator, "guessed", "GET", "/control/state", Value::Null).await;
    assert_eq!(status, 401);
    let (status, _) = control(simulator, "GET", "/control/nothing", Value::Null).await;
    assert_eq!(status, 404);
}

#[tokio::test]
async fn mischief_goes_in_the_same_way() {
    let lab = Lab::start().await;
    let body = json!({ "fault": "html-next", "prefix": "/version" });
    assert_eq!(
        control(&lab.simulator, "POST", "/control/faults", body).await.0,
        200
    );
    assert!(
        lab.call("atlas", "GET", "/version", "")
            .await
            .text
            .starts_with("<html>")
    );
    lab.handle.reset();
}

#[tokio::test]
async fn a_stopped_simulator_closes_its_ports() {
    let lab = Lab::start().await;
    let url = format!("{}/api2/json/access/domains", lab.simulator.url("atlas").unwrap());
    assert!(reqwest::get(&url).await.is_ok());
    lab.simulator.stop().await;
    assert!(reqwest::get(&url).await.is_err());
}
