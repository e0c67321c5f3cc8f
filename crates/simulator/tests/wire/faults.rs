//! Nodes that fail, seen through their own port and through others; answers that are spoilt.

use std::time::Duration;

use jarvis_simulator::{Fault, Mischief, Options, Which};
use serde_json::{Value, json};

use crate::common::{Lab, keys, options, recorded_data};

fn on(node: &str, make: fn(String) -> Fault) -> Fault {
    make(node.to_owned())
}

#[tokio::test]
async fn a_dead_node_refuses_and_is_59x_through_others() {
    let lab = Lab::start().await;
    lab.handle
        .inject(&on("forge", |node| Fault::PowerLoss { node }))
        .unwrap();
    lab.handle.ports_settled().await;
    let token = lab.simulator.tokens().full.authorization();
    let refused = lab
        .try_call(&token, "forge", "GET", "/version", "")
        .await
        .unwrap_err();
    assert!(refused.is_connect(), "{refused:?}");
    lab.pass(2.0);
    let (got, secs) = lab.slow_call("atlas", "GET", "/nodes/forge/status", "").await;
    assert_eq!(
        (got.status, got.reason.as_str(), got.text.as_str()),
        (595, "Connection timed out", "")
    );
    assert!((30.0..33.0).contains(&secs), "{secs}");
    assert!(!got.headers.contains_key("content-length"));
    let (got, secs) = lab.slow_call("atlas", "GET", "/nodes/forge/status", "").await;
    assert_eq!((got.status, got.reason.as_str()), (595, "No route to host"));
    assert!(secs < 5.0, "{secs}");
    let row = lab.row("node/forge").await;
    let theirs = recorded_data("fault-node-dead-resources");
    let theirs = theirs
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["id"] == "node/node4")
        .unwrap();
    assert_eq!(keys(&row), keys(theirs));
    assert_eq!(row["status"], "offline");
    let guest = lab.row("qemu/102").await;
    assert_eq!(
        (&guest["status"], &guest["name"]),
        (&Value::from("running"), &Value::from("media"))
    );
    lab.pass(300.0);
    let guest = lab.row("qemu/102").await;
    assert_eq!(guest["status"], "unknown");
    assert!(guest.get("name").is_none() && guest.get("uptime").is_none());
    assert_eq!(lab.row("storage/forge/local-zfs").await["status"], "unknown");
    lab.handle
        .inject(&on("forge", |node| Fault::PowerOn { node }))
        .unwrap();
    lab.pass(60.0);
    lab.handle.ports_settled().await;
    assert_eq!(
        lab.call("forge", "GET", "/version", "").await.status,
        200,
        "the same port answers again"
    );
    assert_eq!(lab.row("node/forge").await["status"], "online");
}

#[tokio::test]
async fn a_stopped_status_daemon_makes_a_node_unknown_as_recorded() {
    let lab = Lab::start().await;
    lab.handle
        .inject(&on("home", |node| Fault::StopStatusDaemon { node }))
        .unwrap();
    lab.pass(305.0);
    let mut row = lab.row("node/home").await;
    row.as_object_mut().unwrap().remove("hastate");
    let theirs = recorded_data("fault-pvestatd-down-stale-resources");
    let find = |id: &str| {
        theirs
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["id"] == id)
            .cloned()
            .unwrap()
    };
    assert_eq!(row, find("node/home"));
    let mut guest = lab.row("qemu/111").await;
    guest.as_object_mut().unwrap().remove("tags");
    assert_eq!(guest, find("qemu/111"));
    assert_eq!(
        keys(&lab.row("storage/home/local-zfs").await),
        keys(&find("storage/home/local"))
    );
    assert_eq!(
        lab.get("/nodes/home/qemu/111/status/current").await["status"],
        "running",
        "live reads are right"
    );
}

#[tokio::test]
async fn a_frozen_node_accepts_and_says_nothing_until_it_thaws() {
    let lab = Lab::start().await;
    lab.handle
        .inject(&on("home", |node| Fault::Freeze { node }))
        .unwrap();
    let (got, secs) = lab.slow_call("atlas", "GET", "/nodes/home/status", "").await;
    assert_eq!(
        (got.status, got.reason.as_str(), got.text.as_str()),
        (596, "Connection timed out", "")
    );
    assert!((30.0..33.0).contains(&secs), "{secs}");
    let direct = lab.call("home", "GET", "/version", "");
    tokio::pin!(direct);
    let early = tokio::time::timeout(Duration::from_millis(300), &mut direct).await;
    assert!(early.is_err(), "silent while frozen");
    lab.handle
        .inject(&on("home", |node| Fault::Thaw { node }))
        .unwrap();
    assert_eq!(direct.await.status, 200);
}

#[tokio::test]
async fn stopped_daemons_give_595_at_once() {
    let lab = Lab::start().await;
    lab.handle
        .inject(&on("home", |node| Fault::StopProxy { node }))
        .unwrap();
    let got = lab.call("atlas", "GET", "/nodes/home/status", "").await;
    assert_eq!(
        (got.status, got.reason.as_str(), got.text.as_str()),
        (595, "Connection refused", "")
    );
    let token = lab.simulator.tokens().full.authorization();
    lab.handle.ports_settled().await;
    assert!(
        lab.try_call(&token, "home", "GET", "/version", "")
            .await
            .unwrap_err()
            .is_connect()
    );
    lab.handle
        .inject(&on("home", |node| Fault::StartProxy { node }))
        .unwrap();
    lab.handle
        .inject(&on("home", |node| Fault::StopApiDaemon { node }))
        .unwrap();
    lab.handle.ports_settled().await;
    assert_eq!(lab.call("home", "GET", "/version", "").await.status, 200);
    let got = lab
        .call("home", "POST", "/nodes/home/qemu/104/status/start", "")
        .await;
    assert_eq!((got.status, got.reason.as_str()), (595, "Connection refused"));
    assert!(lab.handle.ledger().calls.is_empty());
}

#[tokio::test]
async fn a_node_without_corosync_disagrees_with_the_majority() {
    let lab = Lab::start().await;
    lab.handle
        .inject(&on("home", |node| Fault::StopCorosync { node }))
        .unwrap();
    lab.pass(10.0);
    let online = |status: Value| -> (Value, usize) {
        let rows = status.as_array().unwrap().clone();
        let quorate = rows.iter().find(|row| row["type"] == "cluster").unwrap()["quorate"].clone();
        (quorate, rows.iter().filter(|row| row["online"] == 1).count())
    };
    assert_eq!(
        online(lab.call("home", "GET", "/cluster/status", "").await.data()),
        (json!(0), 4)
    );
    assert_eq!(
        online(lab.call("atlas", "GET", "/cluster/status", "").await.data()),
        (json!(1), 3)
    );
    assert_eq!(
        lab.call("atlas", "GET", "/nodes/home/status", "").await.status,
        200,
        "still proxied"
    );
}

#[tokio::test]
async fn a_node_reboot_through_the_api() {
    let lab = Lab::start().await;
    assert_eq!(
        lab.post("/nodes/home/status", "command=reboot").await.data(),
        Value::Null
    );
    lab.handle.inject(&Fault::CrashGuest { vmid: 111 }).unwrap();
    lab.handle.inject(&Fault::Unlock { vmid: 209 }).unwrap();
    lab.pass(8.0);
    assert_eq!(
        lab.get("/nodes/home/qemu/104/status/current").await["status"],
        "stopped"
    );
    assert_eq!(lab.row("node/home").await["status"], "online");
    lab.pass(8.0);
    let got = lab.call("atlas", "GET", "/nodes/home/status", "").await;
    assert_eq!((got.status, got.reason.as_str()), (595, "Connection refused"));
    lab.pass(3.0);
    assert_eq!(lab.row("node/home").await["status"], "offline");
    lab.pass(60.0);
    assert_eq!(lab.row("node/home").await["status"], "online");
    assert_eq!(
        lab.get("/nodes/home/qemu/104/status/current").await["status"],
        "running"
    );
    assert!(lab.row("node/home").await["uptime"].as_u64().unwrap() < 60);
}

#[tokio::test]
async fn answers_are_spoilt_on_request() {
    let lab = Lab::start().await;
    let token = lab.simulator.tokens().full.authorization();
    let next = || Which::next("/cluster/status");
    lab.handle.mischief(Mischief::TruncatedNext(next()));
    assert!(
        lab.try_call(&token, "atlas", "GET", "/cluster/status", "")
            .await
            .is_err()
    );
    lab.handle.mischief(Mischief::HtmlNext(next()));
    let got = lab.call("atlas", "GET", "/cluster/status", "").await;
    assert!(got.status == 200 && got.text.starts_with("<html>"));
    lab.handle.mischief(Mischief::WrongTypesNext(next()));
    let got = lab.call("atlas", "GET", "/cluster/status", "").await;
    assert!(got.json()["data"].is_object());
    lab.handle.mischief(Mischief::StatusNext {
        which: next(),
        status: 503,
        reason: "busy".to_owned(),
        unheard: false,
    });
    assert_eq!(lab.call("atlas", "GET", "/cluster/status", "").await.status, 503);
    lab.handle.mischief(Mischief::DropNext(next()));
    assert!(
        lab.try_call(&token, "atlas", "GET", "/cluster/status", "")
            .await
            .is_err()
    );
    lab.handle.mischief(Mischief::SlowLorisNext(next()));
    let slow = lab.try_call(&token, "atlas", "GET", "/cluster/status", "");
    assert!(
        tokio::time::timeout(Duration::from_millis(300), slow)
            .await
            .is_err()
    );
    lab.handle.mischief(Mischief::HalfCloseNext(next()));
    assert!(
        lab.try_call(&token, "atlas", "GET", "/cluster/status", "")
            .await
            .is_err()
    );
    assert_eq!(
        lab.call("atlas", "GET", "/cluster/status", "").await.status,
        200,
        "each only once"
    );
}

#[tokio::test]
async fn time_runs_by_itself_with_a_factor() {
    let lab = Lab::with(Options {
        time_factor: 200,
        ..options()
    })
    .await;
    let upid = lab
        .post("/nodes/forge/qemu/105/status/start", "")
        .await
        .data()
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("/nodes/forge/tasks/{upid}/status");
    let deadline = std::time::Instant::now() + Duration::from_secs(10);
    while lab.get(&path).await["exitstatus"] != "OK" {
        assert!(
            std::time::Instant::now() < deadline,
            "the task does not end by itself"
        );
    }
}

#[tokio::test]
async fn a_request_can_be_refused_unheard_and_a_read_answered_out_of_the_past() {
    let lab = Lab::start().await;
    let status = "/nodes/atlas/qemu/101/status/current";
    lab.handle.mischief(Mischief::StaleNext(Which::next(status)));
    lab.handle.inject(&Fault::CrashGuest { vmid: 101 }).unwrap();
    let at = lab.handle.now();
    lab.pass(5.0);
    assert_eq!(lab.get(status).await["status"], "running", "as it was");
    assert_eq!(lab.get(status).await["status"], "stopped", "once only");
    assert!(lab.handle.now() > at);

    let start = "/nodes/atlas/qemu/101/status/start";
    lab.handle.mischief(Mischief::StatusNext {
        which: Which::next(start),
        status: 500,
        reason: "busy".to_owned(),
        unheard: true,
    });
    assert_eq!(lab.call("atlas", "POST", start, "").await.status, 500);
    assert_eq!(lab.handle.ledger().count("start", 101), 0, "not heard");
    assert_eq!(lab.call("atlas", "POST", start, "").await.status, 200);
}
