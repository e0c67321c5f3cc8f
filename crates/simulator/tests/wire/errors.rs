//! Refusals: status, reason phrase and body are those that were recorded.

use std::time::{Duration, Instant};

use jarvis_simulator::{Fault, Options, PASSWORD};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::common::{Got, Lab, options, recorded};

/// The recorded answer, with the names of our nodes and guests.
fn assert_recorded(got: &Got, id: &str, rename: &[(&str, &str)]) {
    let response = &recorded(id)["response"];
    let renamed = |text: &str| {
        rename
            .iter()
            .fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
    };
    assert_eq!(Value::from(got.status), response["status"], "{id}: {got:?}");
    assert_eq!(got.reason, renamed(response["reason"].as_str().unwrap()), "{id}");
    match &response["body_json"] {
        Value::Null => {
            assert_eq!(got.text, "", "{id}");
            assert!(!got.headers.contains_key("content-length"), "{id}");
        }
        body => {
            let expected: Value = serde_json::from_str(&renamed(&body.to_string())).unwrap();
            assert_eq!(got.json(), expected, "{id}");
        }
    }
}

/// Recording, method, path, form.
const AS_RECORDED: &[(&str, &str, &str, &str)] = &[
    ("err-param-enum", "GET", "/cluster/resources?type=nosuch", ""),
    (
        "err-param-unknown-query",
        "GET",
        "/cluster/resources?nosuch=1",
        "",
    ),
    ("err-method-not-implemented", "DELETE", "/version", ""),
    ("err-unknown-path", "GET", "/nosuch", ""),
    (
        "err-task-bad-upid",
        "GET",
        "/nodes/atlas/tasks/notaupid/status",
        "",
    ),
    (
        "err-task-unknown-upid-status",
        "GET",
        "/nodes/atlas/tasks/UNKNOWN/status",
        "",
    ),
    (
        "err-task-unknown-upid-log",
        "GET",
        "/nodes/atlas/tasks/UNKNOWN/log",
        "",
    ),
    ("err-unknown-node-get", "GET", "/nodes/nosuch/status", ""),
    (
        "err-unknown-service",
        "GET",
        "/nodes/atlas/services/nosuch/state",
        "",
    ),
    (
        "err-unknown-storage",
        "GET",
        "/nodes/atlas/storage/nosuch/content",
        "",
    ),
    (
        "err-unknown-vmid-config",
        "GET",
        "/nodes/atlas/qemu/999/config",
        "",
    ),
    (
        "err-unknown-vmid-status",
        "GET",
        "/nodes/atlas/qemu/999/status/current",
        "",
    ),
    (
        "err-vmid-too-small",
        "GET",
        "/nodes/atlas/qemu/99/status/current",
        "",
    ),
    (
        "err-config-root-only-args",
        "PUT",
        "/nodes/atlas/qemu/100/config",
        "args=-S",
    ),
    (
        "ok-config-update-sync",
        "PUT",
        "/nodes/atlas/qemu/101/config",
        "onboot=1",
    ),
];

#[tokio::test]
async fn parameters_paths_and_objects() {
    let lab = Lab::start().await;
    let unknown = "UPID:atlas:00001234:00012345:65000000:qmstart:100:root@pam:";
    for (id, method, path, form) in AS_RECORDED {
        let got = lab
            .call("atlas", method, &path.replace("UNKNOWN", unknown), form)
            .await;
        assert_recorded(&got, id, &[("nodes/pve", "nodes/atlas")]);
    }
    let stopped = lab.post("/nodes/forge/qemu/105/agent/ping", "").await;
    assert_recorded(&stopped, "agent-not-enabled", &[("120", "105")]);
    let upper = lab.call("atlas", "GET", "/nodes/HOME/status", "").await;
    assert_eq!(upper.status, 596);
}

#[tokio::test]
async fn permissions() {
    let lab = Lab::start().await;
    let tokens = lab.simulator.tokens().clone();
    let path = "/nodes/atlas/qemu/100/status/start";
    let got = lab
        .call_as(&tokens.read.authorization(), "atlas", "POST", path, "")
        .await;
    assert_recorded(&got, "perm-ro-token-start", &[]);
    let got = lab
        .call_as(
            &tokens.act.authorization(),
            "atlas",
            "POST",
            "/nodes/agent1/qemu/103/status/stop",
            "",
        )
        .await;
    assert_eq!(
        (got.status, got.reason.as_str()),
        (403, "Permission check failed (/vms/103, VM.PowerMgmt)")
    );
    let got = lab
        .call_as(
            &tokens.act.authorization(),
            "atlas",
            "POST",
            "/nodes/home/status",
            "command=reboot",
        )
        .await;
    assert_eq!(
        (got.status, got.reason.as_str()),
        (403, "Permission check failed (/nodes/home, Sys.PowerMgmt)")
    );
    let got = lab
        .call_as(
            &tokens.power.authorization(),
            "atlas",
            "POST",
            "/nodes/home/status",
            "command=reboot",
        )
        .await;
    assert_recorded(&got, "node-reboot-accepted", &[]);
    let got = lab
        .call_as(
            &tokens.act.authorization(),
            "atlas",
            "GET",
            "/nodes/atlas/qemu/999/status/current",
            "",
        )
        .await;
    assert_eq!(
        got.reason,
        "Configuration file 'nodes/atlas/qemu-server/999.conf' does not exist"
    );
    let got = lab.post(path, "skiplock=1").await;
    assert_eq!(
        got.json()["errors"],
        json!({ "skiplock": "Only root may use this option." })
    );
    assert!(
        lab.handle
            .ledger()
            .calls
            .iter()
            .all(|call| call.action == "reboot"),
        "refusals are not in the ledger"
    );
}

#[tokio::test]
async fn authentication_failures_are_slow_and_empty() {
    let lab = Lab::with(Options {
        auth_delay: Duration::from_millis(150),
        ..options()
    })
    .await;
    let began = Instant::now();
    let got = lab.call_as("", "atlas", "GET", "/version", "").await;
    assert!(began.elapsed() >= Duration::from_millis(150));
    assert_recorded(&got, "auth-no-credentials", &[]);
    let wrong = format!("PVEAPIToken={}=no", lab.simulator.tokens().full.id);
    let got = lab.call_as(&wrong, "atlas", "GET", "/version", "").await;
    assert_recorded(&got, "auth-token-wrong-secret", &[]);
    let got = lab
        .call_as("PVEAPIToken=a@pam!b=c", "atlas", "GET", "/nosuch", "")
        .await;
    assert_eq!(got.status, 401, "authentication comes before the route");
    let got = lab
        .call_as(
            "",
            "atlas",
            "POST",
            "/access/ticket",
            "username=root@pam&password=wrong",
        )
        .await;
    assert_recorded(&got, "auth-ticket-wrong-password", &[]);
    assert_eq!(
        lab.call_as("", "atlas", "GET", "/access/domains", "")
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn tickets_need_their_csrf_token_for_writes() {
    let lab = Lab::start().await;
    let form = format!("username=root%40pam&password={PASSWORD}");
    let data = lab
        .call_as("", "atlas", "POST", "/access/ticket", &form)
        .await
        .data();
    assert!(data["cap"]["vms"]["VM.PowerMgmt"] == 1 && data["clustername"] == "homelab");
    let client = reqwest::Client::new();
    let url = |path: &str| format!("{}/api2/json{path}", lab.simulator.url("atlas").unwrap());
    let cookie = format!("PVEAuthCookie={}", data["ticket"].as_str().unwrap());
    let read = client
        .get(url("/version"))
        .header("Cookie", &cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(read.status(), 200);
    let write = || {
        client
            .put(url("/nodes/atlas/qemu/101/config"))
            .header("Cookie", &cookie)
            .body("onboot=0")
    };
    let refused = write().send().await.unwrap();
    assert_eq!(refused.status(), 401);
    let reason = refused.extensions().get::<hyper::ext::ReasonPhrase>().unwrap();
    assert_eq!(reason.as_bytes(), b"Permission denied - invalid csrf token");
    let csrf = data["CSRFPreventionToken"].as_str().unwrap();
    let done = write().header("CSRFPreventionToken", csrf).send().await.unwrap();
    assert_eq!(done.status(), 200);
    assert_eq!(lab.handle.ledger().calls[0].user, "root@pam");
}

/// Sends bytes and reads until the server closes.
async fn raw(lab: &Lab, request: &str) -> String {
    let address = lab
        .simulator
        .url("atlas")
        .unwrap()
        .trim_start_matches("http://")
        .to_owned();
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    answer
}

#[tokio::test]
async fn what_the_transport_refuses() {
    let lab = Lab::start().await;
    let token = lab.simulator.tokens().full.authorization();
    let head = |line: &str, more: &str| {
        format!("{line} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n{more}\r\n")
    };
    let cases = [
        (
            "HEAD /api2/json/version",
            "",
            "HTTP/1.1 501 method 'HEAD' not available\r\n",
        ),
        (
            "PATCH /api2/json/version",
            "",
            "HTTP/1.1 501 method 'PATCH' not available\r\n",
        ),
        (
            "POST /api2/json/version",
            "Transfer-Encoding: chunked\r\n",
            "HTTP/1.1 501 chunked transfer encoding not supported\r\n",
        ),
        (
            "PUT /api2/json/version",
            "Content-Length: 9000000\r\n",
            "HTTP/1.1 501 for data too large\r\n",
        ),
    ];
    for (line, more, expected) in cases {
        let answer = raw(&lab, &head(line, more)).await;
        assert!(answer.starts_with(expected), "{answer}");
        assert!(answer.contains("Connection: close"), "{answer}");
    }
    let body = head("DELETE /api2/json/version", "Content-Length: 3\r\n") + "a=1";
    assert!(
        raw(&lab, &body)
            .await
            .starts_with("HTTP/1.1 501 Unexpected content for method 'DELETE'\r\n")
    );
    let long = head(
        "GET /api2/json/version",
        &format!("X-Long: {}\r\n", "x".repeat(9000)),
    );
    assert_eq!(raw(&lab, &long).await, "", "closed without an answer");
    let many = head("GET /api2/json/version", &"X-Many: 1\r\n".repeat(70));
    assert_eq!(raw(&lab, &many).await, "", "closed without an answer");
    let json = "{\"onboot\":true}";
    let length = json.len();
    let put = head(
        "PUT /api2/json/nodes/atlas/qemu/101/config",
        &format!("Content-Type: application/json\r\nConnection: close\r\nContent-Length: {length}\r\n"),
    ) + json;
    assert!(raw(&lab, &put).await.starts_with("HTTP/1.1 200 OK\r\n"));
}

#[tokio::test]
async fn without_quorum_reads_work_and_starts_do_not() {
    let lab = Lab::start().await;
    lab.handle
        .inject(&Fault::LoseQuorum {
            keep: Some("atlas".to_owned()),
        })
        .unwrap();
    lab.pass(10.0);
    let status = lab.get("/cluster/status").await;
    let cluster = status
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["type"] == "cluster")
        .unwrap();
    assert_eq!(cluster["quorate"], 0);
    let got = lab.post("/nodes/atlas/qemu/100/status/start", "").await;
    let step = &recorded("seq-no-quorum-start")["steps"][0];
    assert_eq!(
        (Value::from(got.status), Value::from(got.reason.clone())),
        (step["status"].clone(), step["reason"].clone())
    );
    assert_eq!(got.json(), step["body"]);
    let got = lab
        .call("atlas", "PUT", "/nodes/atlas/qemu/100/config", "onboot=1")
        .await;
    assert_recorded(
        &got,
        "fault-no-quorum-config-change",
        &[("nodes/pve", "nodes/atlas")],
    );
    let ha = lab.get("/cluster/ha/status/current").await;
    let quorum = ha
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["type"] == "quorum")
        .unwrap();
    assert_eq!(quorum["status"], "No quorum on node 'atlas'!");
    let (got, secs) = lab
        .slow_call("atlas", "PUT", "/cluster/ha/resources/vm:110", "state=stopped")
        .await;
    assert_eq!(
        got.reason,
        "update resources config failed: cfs-lock 'domain-ha' error: no quorum!"
    );
    assert!(secs >= 10.0, "{secs}");
}
