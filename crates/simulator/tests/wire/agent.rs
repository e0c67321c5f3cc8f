//! Commands through the guest agent.

use jarvis_simulator::Fault;
use serde_json::{Value, json};

use crate::common::{Got, Lab};

const BASE: &str = "/nodes/atlas/qemu/101/agent";

async fn exec(lab: &Lab, argv: &[&str]) -> Got {
    let form: Vec<String> = argv
        .iter()
        .map(|word| format!("command={}", word.replace(' ', "+")))
        .collect();
    lab.post(&format!("{BASE}/exec"), &form.join("&")).await
}

async fn status(lab: &Lab, pid: &Value) -> Value {
    lab.get(&format!("{BASE}/exec-status?pid={pid}")).await
}

async fn run(lab: &Lab, argv: &[&str]) -> Value {
    let pid = exec(lab, argv).await.data()["pid"].clone();
    status(lab, &pid).await
}

const SHOW: &[&str] = &[
    "systemctl",
    "show",
    "--property=LoadState,ActiveState,SubState",
    "--",
    "nginx.service",
];

#[tokio::test]
async fn a_unit_in_a_guest_is_seen_and_restarted() {
    let lab = Lab::start().await;
    let running = "LoadState=loaded\nActiveState=active\nSubState=running\n";
    assert_eq!(
        run(&lab, SHOW).await,
        json!({ "exited": 1, "exitcode": 0, "out-data": running })
    );
    lab.handle
        .inject(&Fault::FailService {
            node: None,
            vmid: Some(101),
            service: "nginx".to_owned(),
            forever: false,
        })
        .unwrap();
    assert!(
        run(&lab, SHOW).await["out-data"]
            .as_str()
            .unwrap()
            .contains("ActiveState=failed")
    );
    let pid = exec(
        &lab,
        &["systemctl", "--no-ask-password", "restart", "--", "nginx.service"],
    )
    .await
    .data()["pid"]
        .clone();
    assert_eq!(
        status(&lab, &pid).await,
        json!({ "exited": 0 }),
        "it takes a while"
    );
    lab.pass(3.0);
    assert_eq!(status(&lab, &pid).await, json!({ "exited": 1, "exitcode": 0 }));
    let again = lab
        .call("atlas", "GET", &format!("{BASE}/exec-status?pid={pid}"), "")
        .await;
    assert_eq!(again.reason, "Agent error: Invalid parameter 'pid'");
    assert_eq!(run(&lab, SHOW).await["out-data"], running);
    assert_eq!(
        lab.handle.ledger().asked("guest 101", "restart", "nginx.service"),
        1
    );
}

#[tokio::test]
async fn what_is_not_there_cannot_be_started() {
    let lab = Lab::start().await;
    let got = exec(&lab, &["sensors", "-j"]).await;
    assert_eq!(got.status, 500);
    assert!(got.text.contains("Failed to execute child process"), "{got:?}");
    let missing = run(&lab, &["systemctl", "restart", "--", "nothing.service"]).await;
    assert_eq!(
        (&missing["exitcode"], &missing["err-data"]),
        (
            &json!(5),
            &json!("Failed to restart nothing.service: Unit nothing.service not found.\n")
        )
    );
}

#[tokio::test]
async fn programs_end_with_their_guest() {
    let lab = Lab::start().await;
    let pid = exec(&lab, &["journalctl", "-f"]).await.data()["pid"].clone();
    assert_eq!(status(&lab, &pid).await, json!({ "exited": 0 }), "it has no end");
    lab.handle.inject(&Fault::CrashGuest { vmid: 101 }).unwrap();
    let upid = lab.post("/nodes/atlas/qemu/101/status/start", "").await.data();
    assert_eq!(lab.finish(upid.as_str().unwrap()).await, "OK");
    lab.pass(15.0);
    let after = lab
        .call("atlas", "GET", &format!("{BASE}/exec-status?pid={pid}"), "")
        .await;
    assert_eq!(after.status, 500);
    assert!(
        run(&lab, SHOW).await["out-data"]
            .as_str()
            .unwrap()
            .contains("ActiveState=active")
    );
}
