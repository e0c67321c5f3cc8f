//! Endpoints beyond the recordings: lifecycle of guests, HA moves and rules, agent, journal, formats, packing.

use std::io::Read;

use jarvis_simulator::Fault;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::common::{Lab, keys};

async fn finished(lab: &Lab, method: &str, path: &str, form: &str) -> String {
    let got = lab.call("atlas", method, path, form).await;
    let upid = got.data().as_str().unwrap().to_owned();
    lab.finish(&upid).await
}

#[tokio::test]
async fn a_guest_is_made_started_and_destroyed() {
    let lab = Lab::start().await;
    let form = "vmid=900&name=fresh&memory=1024&cores=2&agent=1&tags=Lab&scsi0=ceph-pool:8&start=1";
    let got = lab.post("/nodes/atlas/qemu", form).await;
    let upid = got.data().as_str().unwrap().to_owned();
    assert!(upid.contains(":qmcreate:900:"));
    assert_eq!(
        lab.row("qemu/900").await["lock"],
        "create",
        "the number is taken at once"
    );
    assert_eq!(lab.finish(&upid).await, "OK");
    let log = lab.get(&format!("/nodes/atlas/tasks/{upid}/log")).await;
    assert!(
        log[1]["t"]
            .as_str()
            .unwrap()
            .starts_with("scsi0: successfully created disk"),
        "{log}"
    );
    lab.pass(5.0);
    let live = lab.get("/nodes/atlas/qemu/900/status/current").await;
    assert_eq!(
        (&live["status"], &live["name"], &live["cpus"]),
        (&json!("running"), &json!("fresh"), &json!(2))
    );
    let config = lab.get("/nodes/atlas/qemu/900/config").await;
    assert_eq!(
        (&config["memory"], &config["tags"]),
        (&json!("1024"), &json!("lab"))
    );
    assert!(
        config["scsi0"].as_str().unwrap().ends_with(",size=8G"),
        "{config}"
    );
    let running = lab.call("atlas", "DELETE", "/nodes/atlas/qemu/900", "").await;
    assert_eq!(running.reason, "VM 900 is running - destroy failed");
    finished(&lab, "POST", "/nodes/atlas/qemu/900/status/stop", "").await;
    lab.call("atlas", "PUT", "/nodes/atlas/qemu/900/config", "protection=1")
        .await;
    let kept = lab.call("atlas", "DELETE", "/nodes/atlas/qemu/900", "").await;
    assert_eq!(kept.reason, "can't remove VM 900 - protection mode enabled");
    lab.call(
        "atlas",
        "PUT",
        "/nodes/atlas/qemu/900/config",
        "delete=protection",
    )
    .await;
    assert_eq!(finished(&lab, "DELETE", "/nodes/atlas/qemu/900", "").await, "OK");
    assert_eq!(
        lab.call("atlas", "GET", "/nodes/atlas/qemu/900/config", "")
            .await
            .status,
        500
    );
}

#[tokio::test]
async fn a_taken_number_and_a_managed_guest_are_refused() {
    let lab = Lab::start().await;
    let taken = lab
        .post(
            "/nodes/atlas/lxc",
            "vmid=101&ostemplate=home-nvme:vztmpl/x.tar.gz",
        )
        .await;
    assert_eq!(
        taken.reason,
        "unable to create CT 101 - VM 101 already exists on node 'atlas'"
    );
    let used = lab.call("atlas", "DELETE", "/nodes/agent1/qemu/110", "").await;
    assert!(
        used.reason
            .starts_with("unable to remove VM 110 - used in HA resources"),
        "{used:?}"
    );
}

#[tokio::test]
async fn a_configuration_is_changed_by_task() {
    let lab = Lab::start().await;
    let path = "/nodes/atlas/qemu/101/config";
    let got = lab.post(path, "description=by+task").await;
    let upid = got.data().as_str().unwrap().to_owned();
    assert!(upid.contains(":qmconfig:101:"));
    assert_eq!(lab.finish(&upid).await, "OK");
    assert_eq!(lab.get(path).await["description"], "by task");
    let pending = lab.get("/nodes/atlas/qemu/101/pending").await;
    assert!(
        pending
            .as_array()
            .unwrap()
            .iter()
            .any(|row| row["key"] == "description")
    );
    assert_eq!(
        finished(&lab, "POST", path, "description=x&digest=0").await,
        "checksum mismatch (file change by other user?)"
    );
    assert_eq!(
        lab.post("/nodes/atlas/lxc/201/config", "onboot=1").await.status,
        501,
        "machines only"
    );
}

#[tokio::test]
async fn a_backup_locks_its_guest_and_leaves_an_archive() {
    let lab = Lab::start().await;
    let got = lab
        .post(
            "/nodes/home/vzdump",
            "vmid=104&storage=pbs-main&mode=stop&notes-template=nightly",
        )
        .await;
    let upid = got.data().as_str().unwrap().to_owned();
    assert!(upid.contains(":vzdump:104:"));
    lab.pass(2.0);
    let row = lab.get("/nodes/home/qemu/104/status/current").await;
    assert_eq!(
        (&row["lock"], &row["status"]),
        (&json!("backup"), &json!("stopped")),
        "stopped for the backup only"
    );
    assert_eq!(lab.finish(&upid).await, "OK");
    let row = lab.get("/nodes/home/qemu/104/status/current").await;
    assert_eq!((row.get("lock"), &row["status"]), (None, &json!("running")));
    let kept = lab
        .get("/nodes/atlas/storage/pbs-main/content?content=backup")
        .await;
    let last = kept.as_array().unwrap().last().unwrap();
    assert_eq!((&last["vmid"], &last["notes"]), (&json!(104), &json!("nightly")));
    let nothing = lab.post("/nodes/atlas/vzdump", "vmid=104&storage=pbs-main").await;
    assert_eq!(nothing.data(), "OK", "not on that node");
    lab.handle
        .inject(&Fault::Lock {
            vmid: 104,
            lock: "migrate".to_owned(),
        })
        .unwrap();
    assert_eq!(
        finished(&lab, "POST", "/nodes/home/vzdump", "vmid=104&storage=pbs-main").await,
        "job errors"
    );
}

#[tokio::test]
async fn ha_services_are_moved_and_rules_are_heeded() {
    let lab = Lab::start().await;
    lab.post("/cluster/ha/resources", "sid=vm:101&state=started")
        .await
        .data();
    let form = "rule=apart&type=resource-affinity&affinity=negative&resources=vm:110,vm:101";
    lab.post("/cluster/ha/rules", form).await.data();
    let rules = lab.get("/cluster/ha/rules?type=resource-affinity").await;
    assert_eq!(
        (&rules[0]["rule"], &rules[0]["affinity"]),
        (&json!("apart"), &json!("negative"))
    );
    let barred = lab
        .post("/cluster/ha/resources/vm:110/migrate", "node=atlas")
        .await
        .data();
    assert_eq!(barred["blocking-resources"][0]["sid"], "vm:101");
    lab.pass(60.0);
    assert_eq!(lab.row("qemu/110").await["node"], "agent1", "barred by the rule");
    lab.call("atlas", "DELETE", "/cluster/ha/rules/apart", "")
        .await
        .data();
    let data = lab
        .post("/cluster/ha/resources/vm:110/migrate", "node=atlas")
        .await
        .data();
    assert_eq!(data, json!({ "sid": "vm:110", "requested-node": "atlas" }));
    lab.pass(60.0);
    assert_eq!(lab.row("qemu/110").await["node"], "atlas");
    let bad = lab
        .post("/cluster/ha/resources/vm:999/migrate", "node=atlas")
        .await;
    assert_eq!(bad.reason, "no such resource 'vm:999'");
    let master = lab.get("/cluster/ha/status/manager_status").await;
    assert_eq!(master["manager_status"]["node_status"]["home"], "online");
}

#[tokio::test]
async fn the_agent_answers_questions_and_runs_commands() {
    let lab = Lab::start().await;
    let base = "/nodes/atlas/qemu/101/agent";
    assert_eq!(
        lab.get(&format!("{base}/get-host-name")).await["result"]["host-name"],
        "web-01"
    );
    assert!(lab.get(&format!("{base}/get-fsinfo")).await["result"][0]["total-bytes"].is_number());
    assert_eq!(
        lab.get(&format!("{base}/info")).await["result"]["supported_commands"][0]["enabled"],
        true
    );
    let pid = lab
        .post(&format!("{base}/exec"), "command=/bin/hostname")
        .await
        .data()["pid"]
        .clone();
    let done = lab.get(&format!("{base}/exec-status?pid={pid}")).await;
    assert_eq!(
        done,
        json!({ "exited": 1, "exitcode": 0, "out-data": "web-01\n" })
    );
    let pid = lab
        .post(&format!("{base}/exec"), "command=false&command=-x")
        .await
        .data()["pid"]
        .clone();
    assert_eq!(
        lab.get(&format!("{base}/exec-status?pid={pid}")).await["exitcode"],
        1
    );
    lab.handle
        .inject(&Fault::SilentAgent { vmid: 101, on: true })
        .unwrap();
    let (got, secs) = lab.slow_call("atlas", "POST", &format!("{base}/ping"), "").await;
    assert_eq!(got.reason, "QEMU guest agent is not running");
    assert!(secs >= 3.0, "{secs}");
    let read = lab.simulator.tokens().read.authorization();
    let barred = lab
        .call_as(&read, "atlas", "POST", &format!("{base}/exec"), "command=true")
        .await;
    assert_eq!(barred.status, 403);
}

#[tokio::test]
async fn pages_of_nodes_and_containers() {
    let lab = Lab::start().await;
    let inside = lab.get("/nodes/atlas/lxc/201/interfaces").await;
    assert_eq!(inside[1]["name"], "eth0");
    assert!(inside[1]["inet"].as_str().unwrap().ends_with("/16"));
    lab.handle.inject(&Fault::CrashGuest { vmid: 201 }).unwrap();
    assert_eq!(lab.get("/nodes/atlas/lxc/201/interfaces").await, Value::Null);
    assert_eq!(lab.get("/nodes/home/network/vmbr0").await["type"], "bridge");
    let unknown = lab.call("atlas", "GET", "/nodes/home/network/x9", "").await;
    assert_eq!(unknown.json()["errors"]["iface"], "interface does not exist");
    assert_eq!(
        lab.get("/nodes/home/apt/update").await[0]["Package"],
        "pve-manager"
    );
    assert_eq!(lab.get("/nodes/home/disks/list").await[0]["wearout"], 97);
    let smart = lab.get("/nodes/home/disks/smart?disk=/dev/nvme0n1").await;
    assert!(smart["text"].as_str().unwrap().contains("Celsius"));
    assert_eq!(lab.get("/nodes/home/subscription").await["status"], "notfound");
    for path in [
        "/cluster",
        "/access",
        "/nodes/home/qemu/104",
        "/nodes/home/lxc/203",
        "/cluster/ha",
    ] {
        assert!(!lab.get(path).await.as_array().unwrap().is_empty(), "{path}");
    }
    let spots = lab.get("/nodes/atlas/qemu/101/migrate").await;
    assert_eq!(spots["allowed_nodes"].as_array().unwrap().len(), 3);
    assert_eq!(spots["local_disks"], json!([]));
}

#[tokio::test]
async fn snapshots_are_read_and_described() {
    let lab = Lab::start().await;
    assert_eq!(
        finished(&lab, "POST", "/nodes/atlas/qemu/101/snapshot", "snapname=one").await,
        "OK"
    );
    let path = "/nodes/atlas/qemu/101/snapshot/one/config";
    lab.call("atlas", "PUT", path, "description=better").await.data();
    assert_eq!(lab.get(path).await["description"], "better");
    let missing = lab
        .call("atlas", "GET", "/nodes/atlas/qemu/101/snapshot/two/config", "")
        .await;
    assert_eq!(missing.reason, "snapshot 'two' does not exist");
}

#[tokio::test]
async fn tokens_are_made_once_and_used() {
    let lab = Lab::start().await;
    let path = "/access/users/jarvis@pve/token/extra";
    let made = lab.post(path, "privsep=0").await.data();
    assert_eq!(
        (&made["info"]["privsep"], &made["full-tokenid"]),
        (&json!("0"), &json!("jarvis@pve!extra"))
    );
    let header = format!("PVEAPIToken=jarvis@pve!extra={}", made["value"].as_str().unwrap());
    assert_eq!(
        lab.call_as(&header, "home", "GET", "/version", "").await.status,
        200
    );
    assert_eq!(
        lab.post(path, "").await.json()["errors"]["tokenid"],
        "Token already exists."
    );
    lab.call("atlas", "DELETE", path, "").await.data();
    assert_eq!(
        lab.call_as(&header, "home", "GET", "/version", "").await.status,
        401
    );
    let read = lab.simulator.tokens().read.authorization();
    assert_eq!(
        lab.call_as(&read, "atlas", "POST", path, "").await.status,
        403,
        "a token is not its user"
    );
    assert!(!lab.get("/access/acl").await.as_array().unwrap().is_empty());
}

#[tokio::test]
async fn the_extjs_format_always_succeeds() {
    let lab = Lab::start().await;
    let url = |path: &str| format!("{}/api2/extjs{path}", lab.simulator.url("atlas").unwrap());
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let token = lab.simulator.tokens().full.authorization();
    let ask = |path: &str| client.get(url(path)).header("Authorization", &token).send();
    let good: Value = ask("/version").await.unwrap().json().await.unwrap();
    assert_eq!(keys(&good), ["data", "success"].map(String::from).into());
    let answer = ask("/nodes/atlas/qemu/999/config").await.unwrap();
    assert_eq!(answer.status(), 200);
    let bad: Value = answer.json().await.unwrap();
    assert_eq!(
        (&bad["success"], &bad["status"], &bad["data"]),
        (&json!(0), &json!(500), &Value::Null)
    );
    assert!(bad["message"].as_str().unwrap().starts_with("Configuration file"));
}

/// The head and the bytes of the body of a raw answer.
async fn raw(lab: &Lab, path: &str, offer: &str) -> (String, Vec<u8>) {
    let address = lab
        .simulator
        .url("atlas")
        .unwrap()
        .trim_start_matches("http://")
        .to_owned();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let token = lab.simulator.tokens().full.authorization();
    let request = format!(
        "GET /api2/json{path} HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n{offer}Connection: close\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).await.unwrap();
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap() + 4;
    let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
    (head, bytes[end..].to_vec())
}

fn unzipped(bytes: &[u8]) -> Value {
    let mut text = String::new();
    flate2::read::GzDecoder::new(bytes)
        .read_to_string(&mut text)
        .unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn long_answers_are_packed_when_the_client_offers_it() {
    let lab = Lab::start().await;
    let (head, body) = raw(&lab, "/cluster/resources", "Accept-Encoding: gzip\r\n").await;
    assert!(head.contains("Content-Encoding: gzip\r\n"), "{head}");
    assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())));
    assert!(unzipped(&body)["data"].as_array().unwrap().len() > 40);
    let (head, body) = raw(&lab, "/cluster/resources", "Accept-Encoding: deflate\r\n").await;
    assert!(head.contains("Content-Encoding: deflate\r\n"));
    let mut text = String::new();
    flate2::read::ZlibDecoder::new(body.as_slice())
        .read_to_string(&mut text)
        .unwrap();
    assert!(text.len() > 1024);
    for (path, offer) in [
        ("/cluster/resources", ""),
        ("/version", "Accept-Encoding: gzip\r\n"),
    ] {
        let (head, body) = raw(&lab, path, offer).await;
        assert!(!head.contains("Content-Encoding"), "{head}");
        serde_json::from_slice::<Value>(&body).unwrap();
    }
}

#[tokio::test]
async fn the_journal_comes_packed_without_being_asked() {
    let lab = Lab::start().await;
    finished(&lab, "POST", "/nodes/atlas/qemu/101/status/reset", "").await;
    let (head, body) = raw(&lab, "/nodes/atlas/journal?lastentries=10", "").await;
    assert!(head.contains("Content-Encoding: gzip\r\n"), "{head}");
    let rows = unzipped(&body)["data"].clone();
    let lines = rows.as_array().unwrap();
    assert!(
        lines[1].as_str().unwrap().contains("starting task UPID:atlas:"),
        "{rows}"
    );
    let cursor = lines.last().unwrap().as_str().unwrap().to_owned();
    finished(&lab, "POST", "/nodes/atlas/qemu/101/status/reset", "").await;
    let later = format!(
        "/nodes/atlas/journal?startcursor={}",
        cursor.replace('=', "%3D").replace(';', "%3B")
    );
    let (_, body) = raw(&lab, &later, "").await;
    let more = unzipped(&body)["data"].clone();
    assert_eq!(
        more.as_array().unwrap().len(),
        4,
        "two cursors, two new lines: {more}"
    );
}
