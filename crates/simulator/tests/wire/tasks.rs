//! Writes: accepted with a task id, followed to their end, counted in the ledger.

use jarvis_simulator::{Fault, Mischief, Which};
use serde_json::Value;

use crate::common::{Lab, keys, recorded};

#[tokio::test]
async fn a_start_followed_to_its_end_is_like_the_recorded_one() {
    let lab = Lab::start().await;
    let upid = lab
        .post("/nodes/forge/qemu/105/status/start", "")
        .await
        .data()
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!(
        "/nodes/forge/tasks/{}",
        upid.replace(':', "%3A").replace('@', "%40").replace('!', "%21")
    );
    let running = lab.get(&format!("{path}/status")).await;
    let steps = recorded("seq-start-ok")["steps"].clone();
    assert_eq!(keys(&running), keys(&steps[1]["body"]["data"]));
    assert_eq!(
        (&running["status"], &running["tokenid"]),
        (&Value::from("running"), &Value::from("full"))
    );
    assert_eq!(lab.get(&format!("{path}/log")).await[0]["t"], "no content");
    assert_eq!(lab.finish(&upid).await, "OK");
    let done = lab.get(&format!("{path}/status")).await;
    assert_eq!(keys(&done), keys(&steps[2]["body"]["data"]));
    let log = lab.call("home", "GET", &format!("{path}/log"), "").await.json();
    assert_eq!(log, steps[3]["body"]);
    let live = lab.get("/nodes/forge/qemu/105/status/current").await;
    assert_eq!(
        (&live["status"], &live["qmpstatus"]),
        (&Value::from("running"), &Value::from("running"))
    );
    assert!(live["pid"].is_number());
    assert_eq!(lab.row("qemu/105").await["status"], "stopped", "sampled later");
    lab.pass(10.0);
    assert_eq!(lab.row("qemu/105").await["status"], "running");
    let elsewhere = lab
        .call(
            "atlas",
            "GET",
            &format!("{}/status", path.replace("forge", "home")),
            "",
        )
        .await;
    assert_eq!(elsewhere.json()["errors"]["upid"], "no such task");
}

#[tokio::test]
async fn lists_of_tasks_and_their_filters() {
    let lab = Lab::start().await;
    for vmid in [100, 101, 107] {
        let upid = lab
            .post(&format!("/nodes/atlas/qemu/{vmid}/status/start"), "")
            .await
            .data();
        assert_eq!(
            lab.finish(upid.as_str().unwrap()).await,
            format!("VM {vmid} already running")
        );
    }
    let answer = lab
        .call("atlas", "GET", "/nodes/atlas/tasks?limit=2&start=1", "")
        .await
        .json();
    assert_eq!(
        (answer["data"].as_array().unwrap().len(), &answer["total"]),
        (2, &Value::from(3))
    );
    let theirs = recorded("get-node-tasks")["response"]["body_json"]["data"][0].clone();
    assert_eq!(keys(&answer["data"][0]), keys(&theirs));
    assert_eq!(answer["data"][0]["id"], "101", "newest first");
    assert_eq!(
        lab.get("/nodes/atlas/tasks?vmid=101")
            .await
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        lab.get("/nodes/atlas/tasks?typefilter=qmstop")
            .await
            .as_array()
            .unwrap()
            .len(),
        0
    );
    assert_eq!(
        lab.get("/nodes/atlas/tasks?errors=1")
            .await
            .as_array()
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn a_running_task_is_in_the_active_list_and_can_be_cancelled() {
    let lab = Lab::start().await;
    let hang = lab
        .post("/nodes/home/qemu/111/status/shutdown", "timeout=30")
        .await
        .data();
    assert_eq!(
        lab.get("/nodes/home/tasks").await.as_array().unwrap().len(),
        0,
        "the archive has finished ones"
    );
    let active = lab.get("/nodes/home/tasks?source=active").await;
    assert_eq!(
        (&active[0]["upid"], &active[0]["status"]),
        (&hang, &Value::from("RUNNING"))
    );
    let cluster = lab.get("/cluster/tasks").await;
    let row = cluster
        .as_array()
        .unwrap()
        .iter()
        .find(|row| row["upid"] == hang)
        .unwrap();
    assert!(row.get("status").is_none() && row.get("endtime").is_none());
    let path = format!("/nodes/home/tasks/{}", hang.as_str().unwrap());
    assert_eq!(lab.call("atlas", "DELETE", &path, "").await.data(), Value::Null);
    assert_eq!(
        lab.get(&format!("{path}/status")).await["exitstatus"],
        "received interrupt"
    );
}

#[tokio::test]
async fn a_config_change_blocks_ten_seconds_on_a_held_lock() {
    let lab = Lab::start().await;
    lab.post("/nodes/home/qemu/111/status/shutdown", "timeout=40")
        .await
        .data();
    lab.pass(1.0);
    let (got, secs) = lab
        .slow_call("atlas", "PUT", "/nodes/home/qemu/111/config", "description=x")
        .await;
    assert_eq!(
        got.reason,
        "can't lock file '/var/lock/qemu-server/lock-111.conf' - got timeout"
    );
    assert!((10.0..12.0).contains(&secs), "{secs}");
}

#[tokio::test]
async fn the_ledger_has_every_accepted_write_also_one_whose_reply_was_lost() {
    let lab = Lab::start().await;
    let token = lab.simulator.tokens().act.authorization();
    lab.handle
        .mischief(Mischief::ReplyLostNext(Which::next("/nodes")));
    let path = "/nodes/forge/qemu/105/status/start";
    lab.call("atlas", "GET", "/nodes/forge/qemu/105/status/current", "")
        .await
        .data();
    assert!(
        lab.try_call(&token, "atlas", "POST", path, "").await.is_err(),
        "the reply is lost"
    );
    lab.pass(5.0);
    let ledger = lab.handle.ledger();
    assert_eq!((ledger.count("start", 105), ledger.starts(105)), (1, 1));
    let call = &ledger.calls[0];
    assert_eq!(
        (call.user.as_str(), call.entry.as_str(), call.reply_lost),
        ("jarvis@pve!act", "atlas", true)
    );
    assert!(call.upid.as_ref().unwrap().contains(":qmstart:105:"));
    assert_eq!(
        lab.get("/nodes/forge/tasks?vmid=105").await[0]["status"],
        "OK",
        "it can be looked up"
    );
    lab.handle.inject(&Fault::CrashGuest { vmid: 105 }).unwrap();
    assert_eq!(lab.handle.ledger().stops(105), 1);
}

#[tokio::test]
async fn ha_guests_take_a_detour() {
    let lab = Lab::start().await;
    let upid = lab
        .post("/nodes/agent1/qemu/110/status/stop", "")
        .await
        .data()
        .as_str()
        .unwrap()
        .to_owned();
    assert!(upid.contains(":hastop:110:"));
    assert_eq!(lab.finish(&upid).await, "OK");
    let live = lab.get("/nodes/agent1/qemu/110/status/current").await;
    assert_eq!(
        (&live["status"], &live["ha"]["managed"]),
        (&Value::from("running"), &Value::from(1))
    );
    lab.pass(40.0);
    let live = lab.get("/nodes/agent1/qemu/110/status/current").await;
    assert_eq!(
        (&live["status"], &live["ha"]["state"]),
        (&Value::from("stopped"), &Value::from("stopped"))
    );
    let upid = lab
        .post("/nodes/agent1/qemu/110/status/start", "")
        .await
        .data()
        .as_str()
        .unwrap()
        .to_owned();
    lab.finish(&upid).await;
    let path = format!("/nodes/agent1/tasks/{upid}/log");
    let theirs = recorded("seq-ha-start")["steps"][3]["body"]["data"].clone();
    assert_eq!(
        lab.get(&path).await,
        serde_json::from_str::<Value>(&theirs.to_string()).unwrap()
    );
}

#[tokio::test]
async fn snapshots_services_and_wake_on_lan() {
    let lab = Lab::start().await;
    let form = "snapname=before-upgrade&description=taken+by+test";
    let upid = lab.post("/nodes/atlas/qemu/101/snapshot", form).await.data();
    assert_eq!(lab.finish(upid.as_str().unwrap()).await, "OK");
    let rows = lab.get("/nodes/atlas/qemu/101/snapshot").await;
    let theirs = recorded("get-qemu-snapshots-one")["response"]["body_json"]["data"].clone();
    assert_eq!(keys(&rows[0]), keys(&theirs[0]));
    assert_eq!(
        (&rows[1]["parent"], &rows[0]["description"]),
        (&Value::from("before-upgrade"), &Value::from("taken by test"))
    );
    let bad = lab.post("/nodes/atlas/qemu/101/snapshot", "snapname=1x").await;
    assert_eq!(bad.status, 400);
    let upid = lab.post("/nodes/home/services/cron/restart", "").await.data();
    assert!(upid.as_str().unwrap().contains(":srvrestart:cron:"));
    assert_eq!(lab.finish(upid.as_str().unwrap()).await, "OK");
    assert_eq!(
        lab.post("/nodes/home/wakeonlan", "").await.data(),
        "02:20:00:00:00:03"
    );
    let itself = lab.call("home", "POST", "/nodes/home/wakeonlan", "").await;
    assert_eq!(itself.reason, "'home' is local node, cannot wake my self!");
    let (services, _) = lab.slow_call("atlas", "GET", "/nodes/home/services", "").await;
    assert_eq!(services.data().as_array().unwrap().len(), 23);
}
