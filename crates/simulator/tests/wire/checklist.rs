//! What a simulator must reproduce: one test for each point of the checklist in section 18 of the API facts.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use jarvis_simulator::world::guest::Kind;
use jarvis_simulator::{Fault, Options, Scenario};
use serde_json::{Value, json};

use crate::common::{Got, Lab, keys, options};

fn find<'a>(rows: &'a Value, key: &str, value: &str) -> &'a Value {
    rows.as_array()
        .unwrap()
        .iter()
        .find(|row| row[key] == value)
        .unwrap_or(&Value::Null)
}

async fn began(lab: &Lab, path: &str, form: &str) -> String {
    lab.post(path, form).await.data().as_str().unwrap().to_owned()
}

/// Status and reason phrase of a refusal, whose body says the same.
fn refusal(got: &Got) -> (u16, String) {
    if !got.text.is_empty() {
        assert_eq!(got.json()["data"], Value::Null, "{got:?}");
        let message = got.json()["message"].as_str().unwrap().to_owned();
        assert_eq!(message.lines().next().unwrap(), got.reason, "{got:?}");
    }
    (got.status, got.reason.clone())
}

#[tokio::test]
async fn keys_come_in_random_order() {
    let lab = Lab::start().await;
    let mut orders = BTreeSet::new();
    for _ in 0..8 {
        let got = lab.call("atlas", "GET", "/nodes/home/status", "").await;
        orders.insert(got.text.clone());
        assert_eq!(
            got.json()["data"]["pveversion"],
            "pve-manager/9.2.11/14a22df35955d97d"
        );
    }
    assert!(orders.len() > 3, "only {} orders in eight answers", orders.len());
}

#[tokio::test]
async fn keys_are_left_out_for_what_is_stopped_or_offline() {
    let lab = Lab::start().await;
    let running = keys(&lab.get("/nodes/atlas/qemu/101/status/current").await);
    let stopped = keys(&lab.get("/nodes/forge/qemu/105/status/current").await);
    for key in ["pid", "nics", "diskread", "pressurecpusome", "running-qemu"] {
        assert!(running.contains(key) && !stopped.contains(key), "{key}");
    }
    lab.handle
        .inject(&Fault::PowerLoss {
            node: "forge".to_owned(),
        })
        .unwrap();
    lab.pass(10.0);
    let (online, offline) = (lab.row("node/home").await, lab.row("node/forge").await);
    for key in ["uptime", "cpu", "mem", "disk"] {
        assert!(online[key].is_number() && offline.get(key).is_none(), "{key}");
    }
    assert!(
        offline["maxcpu"].is_number(),
        "sizes are kept until the report expires"
    );
}

#[tokio::test]
async fn status_is_sampled_every_ten_seconds_and_forgotten_after_five_minutes() {
    let lab = Lab::start().await;
    lab.pass(60.0);
    lab.handle.inject(&Fault::CrashGuest { vmid: 101 }).unwrap();
    assert_eq!(lab.row("qemu/101").await["status"], "running", "stale");
    assert_eq!(
        lab.get("/nodes/atlas/qemu/101/status/current").await["status"],
        "stopped",
        "live"
    );
    lab.pass(10.0);
    assert_eq!(lab.row("qemu/101").await["status"], "stopped");
    let tasks = lab.get("/cluster/tasks").await;
    assert_eq!(tasks, json!([]), "a crash leaves no task");
    lab.handle
        .inject(&Fault::PowerLoss {
            node: "forge".to_owned(),
        })
        .unwrap();
    lab.pass(285.0);
    assert_eq!(lab.row("qemu/102").await["status"], "running", "of the dead node");
    lab.pass(20.0);
    let row = lab.row("qemu/102").await;
    assert_eq!(row["status"], "unknown");
    assert!(row.get("name").is_none());
}

#[tokio::test]
async fn a_live_read_waits_for_a_machine_that_is_being_started() {
    let lab = Lab::start().await;
    let upid = began(&lab, "/nodes/forge/qemu/105/status/start", "").await;
    let path = "/nodes/forge/qemu/105/status/current";
    assert_eq!(lab.get(path).await["status"], "stopped", "not launched yet");
    lab.pass(0.8);
    let (got, secs) = lab.slow_call("atlas", "GET", path, "").await;
    assert_eq!(got.data()["status"], "running");
    assert!((0.3..=4.5).contains(&secs), "{secs}");
    assert_eq!(lab.finish(&upid).await, "OK");
    lab.handle.inject(&Fault::SlowTasks { factor: 100 }).unwrap();
    lab.handle.inject(&Fault::CrashGuest { vmid: 105 }).unwrap();
    began(&lab, "/nodes/forge/qemu/105/status/start", "").await;
    lab.pass(65.0);
    let (got, secs) = lab.slow_call("atlas", "GET", path, "").await;
    assert_eq!(got.data()["status"], "running");
    assert!((3.5..=5.5).contains(&secs), "gives up after four seconds: {secs}");
}

#[tokio::test]
async fn tasks_take_time_and_their_log_grows() {
    let lab = Lab::start().await;
    let upid = began(&lab, "/nodes/atlas/qemu/101/migrate", "target=home&online=1").await;
    let task = format!("/nodes/atlas/tasks/{}", upid.replace(':', "%3A"));
    let none = lab.call("atlas", "GET", &format!("{task}/log"), "").await.json();
    assert_eq!(
        none,
        json!({ "data": [{ "n": 1, "t": "no content" }], "total": 1 })
    );
    lab.pass(2.0);
    let some = lab.call("atlas", "GET", &format!("{task}/log"), "").await.json();
    let seen = some["total"].as_u64().unwrap();
    assert!(seen >= 1 && some["data"][0]["t"] != "no content", "{some}");
    let page = lab
        .call("atlas", "GET", &format!("{task}/log?start={seen}"), "")
        .await
        .json();
    assert_eq!(
        page["data"],
        json!([]),
        "no row of its own when a running log has no more"
    );
    let status = lab.get(&format!("{task}/status")).await;
    assert!(status["status"] == "running" && status.get("exitstatus").is_none());
    assert_eq!(lab.finish(&upid).await, "OK");
    let all = lab
        .call("atlas", "GET", &format!("{task}/log?limit=0"), "")
        .await
        .json();
    let lines = all["data"].as_array().unwrap();
    assert!(all["total"].as_u64().unwrap() > seen);
    assert_eq!(lines.last().unwrap()["t"], "TASK OK");
}

/// Verb, running machine, stopped machine, running container, stopped container: what a task ends with, or (after `!`)
/// what is refused at once.
const OUTCOMES: &[(&str, [&str; 4])] = &[
    (
        "start",
        ["VM 101 already running", "OK", "!CT 201 already running", "OK"],
    ),
    ("stop", ["OK", "OK", "OK", "!CT 201 not running"]),
    ("shutdown", ["OK", "OK", "OK", "!CT 201 not running"]),
    (
        "reboot",
        ["OK", "!VM 101 not running", "OK", "!VM 201 not running"],
    ),
    ("reset", ["OK", "!VM 101 not running", "", ""]),
    (
        "suspend",
        ["OK", "!VM 101 not running", "", "!VM 201 not running"],
    ),
    ("resume", ["OK", "!VM 101 not running", "", "!VM 201 not running"]),
];

#[tokio::test]
async fn mistakes_are_refused_at_once_or_end_the_task_as_the_table_says() {
    for (verb, outcomes) in OUTCOMES {
        let cases = [
            (Kind::Qemu, 101, true),
            (Kind::Qemu, 101, false),
            (Kind::Lxc, 201, true),
            (Kind::Lxc, 201, false),
        ];
        for ((kind, vmid, running), expected) in cases.into_iter().zip(outcomes) {
            if expected.is_empty() {
                continue;
            }
            let lab = Lab::start().await;
            if !running {
                lab.handle.inject(&Fault::CrashGuest { vmid }).unwrap();
            }
            let path = format!("/nodes/atlas/{}/{vmid}/status/{verb}", kind.word());
            let got = lab.post(&path, "").await;
            let case = format!("{verb} {} running={running}", kind.word());
            if let Some(text) = expected.strip_prefix('!') {
                assert_eq!(refusal(&got), (500, text.to_owned()), "{case}");
            } else {
                let upid = got.data().as_str().unwrap().to_owned();
                assert_eq!(lab.finish(&upid).await, *expected, "{case}");
            }
        }
    }
}

#[tokio::test]
async fn ha_files_requests_quickly_and_acts_later() {
    let lab = Lab::start().await;
    for (verb, word) in [("shutdown", "hastop"), ("start", "hastart")] {
        let upid = began(&lab, &format!("/nodes/agent1/qemu/110/status/{verb}"), "").await;
        assert!(upid.contains(&format!(":{word}:110:")), "{upid}");
        let before = lab.get("/nodes/agent1/qemu/110/status/current").await["status"].clone();
        assert_eq!(lab.finish(&upid).await, "OK");
        let after = lab.get("/nodes/agent1/qemu/110/status/current").await["status"].clone();
        assert_eq!(before, after, "nothing has happened when {word} is over");
        lab.pass(60.0);
        let later = lab.get("/nodes/agent1/qemu/110/status/current").await["status"].clone();
        assert_ne!(before, later, "{word}");
    }
    let upid = began(&lab, "/nodes/agent1/qemu/110/status/reboot", "").await;
    assert!(upid.contains(":qmreboot:"), "reboot goes past HA");
    let got = lab
        .post("/nodes/agent1/qemu/110/status/stop", "overrule-shutdown=1")
        .await;
    assert_eq!(
        got.json()["errors"]["overrule-shutdown"],
        "Not applicable for HA resources.\n"
    );
}

#[tokio::test]
async fn locks_make_others_wait_or_fail() {
    let lab = Lab::start().await;
    lab.handle
        .inject(&Fault::Lock {
            vmid: 101,
            lock: "backup".to_owned(),
        })
        .unwrap();
    assert_eq!(lab.row("qemu/101").await["lock"], "backup");
    let upid = began(&lab, "/nodes/atlas/qemu/101/status/stop", "").await;
    assert_eq!(lab.finish(&upid).await, "VM is locked (backup)");
    let upid = began(&lab, "/nodes/atlas/qemu/101/status/start", "").await;
    assert_eq!(lab.finish(&upid).await, "OK", "a running guest is merely resumed");
    lab.handle
        .inject(&Fault::IgnoresAcpi { vmid: 107, on: true })
        .unwrap();
    began(&lab, "/nodes/atlas/qemu/107/status/shutdown", "timeout=60").await;
    lab.pass(1.0);
    let second = began(&lab, "/nodes/atlas/qemu/107/status/suspend", "").await;
    assert_eq!(
        lab.finish(&second).await,
        "can't lock file '/var/lock/qemu-server/lock-107.conf' - got timeout"
    );
}

#[tokio::test]
async fn failed_authentication_takes_three_seconds_and_has_no_body() {
    let lab = Lab::with(Options {
        auth_delay: Options::default().auth_delay,
        ..options()
    })
    .await;
    let asked = Instant::now();
    let got = lab
        .call_as("PVEAPIToken=root@pam!full=wrong", "atlas", "GET", "/version", "")
        .await;
    assert!(asked.elapsed() >= Duration::from_secs(3));
    assert_eq!(
        (got.status, got.reason.as_str(), got.text.as_str()),
        (401, "Authentication failed!", "")
    );
    assert!(!got.headers.contains_key("content-length"));
}

#[tokio::test]
async fn the_reason_phrase_is_the_first_line_of_the_error() {
    let lab = Lab::start().await;
    let cases = [
        ("GET", "/nosuch", 501, "Method 'GET /nosuch' not implemented"),
        (
            "GET",
            "/cluster/resources?type=x",
            400,
            "Parameter verification failed.",
        ),
        (
            "GET",
            "/nodes/atlas/qemu/999/config",
            500,
            "Configuration file 'nodes/atlas/qemu-server/999.conf' does not exist",
        ),
        (
            "GET",
            "/nodes/atlas/lxc/999/config",
            500,
            "Configuration file 'nodes/atlas/lxc/999.conf' does not exist",
        ),
        (
            "GET",
            "/nodes/atlas/storage/x/content",
            500,
            "storage 'x' does not exist",
        ),
    ];
    for (method, path, status, reason) in cases {
        let got = lab.call("atlas", method, path, "").await;
        assert_eq!(refusal(&got), (status, reason.to_owned()), "{path}");
    }
}

#[tokio::test]
async fn a_down_node_is_595_on_its_paths_while_the_cluster_answers() {
    let lab = Lab::start().await;
    lab.handle
        .inject(&Fault::StopProxy {
            node: "home".to_owned(),
        })
        .unwrap();
    for path in [
        "/nodes/home/status",
        "/nodes/home/qemu",
        "/nodes/home/tasks",
        "/nodes/home/time",
    ] {
        let got = lab.call("atlas", "GET", path, "").await;
        assert_eq!(
            (got.status, got.reason.as_str(), got.text.as_str()),
            (595, "Connection refused", ""),
            "{path}"
        );
        assert!(!got.headers.contains_key("content-length"), "{path}");
    }
    for path in [
        "/cluster/status",
        "/cluster/resources",
        "/cluster/tasks",
        "/cluster/ha/status/current",
        "/nodes",
        "/nodes/home/rrddata?timeframe=hour",
    ] {
        assert_eq!(lab.call("atlas", "GET", path, "").await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn without_quorum_what_writes_is_refused_and_what_ends_is_not() {
    let lab = Lab::start().await;
    lab.handle
        .inject(&Fault::LoseQuorum {
            keep: Some("atlas".to_owned()),
        })
        .unwrap();
    lab.pass(10.0);
    let refused = [
        ("/nodes/atlas/qemu/101/status/start", ""),
        ("/nodes/atlas/lxc/201/status/start", ""),
        ("/nodes/atlas/qemu/101/migrate", "target=home&online=1"),
        ("/cluster/ha/resources", "sid=vm:101&state=started"),
        ("/nodes/atlas/qemu", "vmid=900"),
    ];
    for (path, form) in refused {
        let got = lab.post(path, form).await;
        let expected = match path {
            "/nodes/atlas/lxc/201/status/start" => "CT 201 already running",
            _ => "cluster not ready - no quorum?",
        };
        assert_eq!(refusal(&got), (500, expected.to_owned()), "{path}");
    }
    for path in [
        "/nodes/atlas/qemu/101/status/stop",
        "/nodes/atlas/lxc/201/status/shutdown",
    ] {
        let upid = began(&lab, path, "").await;
        assert_eq!(lab.finish(&upid).await, "OK", "{path}");
    }
}

#[tokio::test]
async fn texts_and_numbers_are_as_loose_as_the_originals() {
    let lab = Lab::start().await;
    let machine = lab.get("/nodes/atlas/qemu/101/status/current").await;
    let container = lab.get("/nodes/atlas/lxc/201/status/current").await;
    assert!(machine["pressurecpusome"].is_number() && container["pressurecpusome"].is_string());
    assert!(lab.get("/nodes/atlas/qemu/101/config").await["memory"].is_string());
    assert!(lab.get("/nodes/atlas/lxc/201/config").await["memory"].is_number());
    assert!(lab.get("/cluster/nextid").await.is_string());
    assert!(lab.get("/cluster/config/nodes").await[0]["nodeid"].is_string());
    assert!(lab.get("/nodes/home/status").await["loadavg"][0].is_string());
    assert!(lab.get("/nodes/home/rrddata?timeframe=hour").await[59]["loadavg"].is_number());
    assert!(lab.get("/nodes/home/status").await["cpuinfo"]["mhz"].is_string());
    lab.call("atlas", "PUT", "/nodes/atlas/qemu/101/config", "onboot=0&kvm=0")
        .await;
    let config = lab.get("/nodes/atlas/qemu/101/config").await;
    assert_eq!(
        (&config["onboot"], &config["kvm"], &config["agent"]),
        (&json!(0), &json!(0), &json!("1"))
    );
}

#[tokio::test]
async fn the_saved_field_of_a_task_changes_its_type() {
    let lab = Lab::start().await;
    lab.handle
        .inject(&Fault::IgnoresAcpi { vmid: 101, on: true })
        .unwrap();
    began(&lab, "/nodes/atlas/qemu/101/status/shutdown", "timeout=5").await;
    lab.pass(1.0);
    let saved = |rows: Value| rows[0]["saved"].clone();
    assert_eq!(saved(lab.get("/cluster/tasks").await), "0");
    lab.pass(6.0);
    assert_eq!(saved(lab.get("/cluster/tasks").await), 1);
    lab.pass(10.0);
    assert_eq!(saved(lab.get("/cluster/tasks").await), "1");
}

#[tokio::test]
async fn task_ids_name_tokens_and_may_have_nine_digits_of_uptime() {
    let mut world = Scenario::homelab().build(1);
    world = {
        let fresh = jarvis_simulator::world::World::empty("old", 1);
        let mut old = fresh;
        old.nodes = world.nodes.clone();
        old.guests = world.guests.clone();
        if let Some(node) = old.nodes.get_mut("atlas") {
            node.uptime_before = Duration::from_hours(24 * 500);
        }
        old
    };
    let lab = Lab::with(Options {
        scenario: Scenario::Given(Box::new(world)),
        ..options()
    })
    .await;
    let upid = began(&lab, "/nodes/atlas/qemu/101/status/start", "").await;
    let parts: Vec<&str> = upid.split(':').collect();
    assert_eq!(parts.len(), 9, "{upid}");
    assert_eq!(parts[3].len(), 9, "{upid}");
    assert_eq!(parts[7], "root@pam!full");
    let path = format!(
        "/nodes/atlas/tasks/{}/status",
        upid.replace(':', "%3A").replace('!', "%21")
    );
    let status = lab.get(&path).await;
    assert_eq!(
        (&status["user"], &status["tokenid"]),
        (&json!("root@pam"), &json!("full"))
    );
    let twice = path.replace('%', "%25");
    let got = lab.call("atlas", "GET", &twice, "").await;
    assert_eq!(got.status, 400, "encoded once, not twice");
}

#[tokio::test]
async fn a_total_stands_beside_the_data_of_paged_lists() {
    let lab = Lab::start().await;
    for vmid in [101, 107, 109] {
        let upid = began(&lab, &format!("/nodes/atlas/qemu/{vmid}/status/reset"), "").await;
        lab.finish(&upid).await;
    }
    let page = lab
        .call("atlas", "GET", "/nodes/atlas/tasks?limit=1", "")
        .await
        .json();
    assert_eq!(
        (page["data"].as_array().unwrap().len(), &page["total"]),
        (1, &json!(3))
    );
    let syslog = lab
        .call("atlas", "GET", "/nodes/atlas/syslog?limit=2", "")
        .await
        .json();
    assert_eq!(syslog["data"].as_array().unwrap().len(), 2);
    assert!(syslog["total"].as_u64().unwrap() >= 6, "{syslog}");
}

#[tokio::test]
async fn resources_have_rows_of_type_network() {
    let lab = Lab::start().await;
    let rows = lab.get("/cluster/resources").await;
    let row = find(&rows, "id", "network/atlas/zone/localnetwork");
    assert_eq!(
        (&row["type"], &row["network-type"]),
        (&json!("network"), &json!("zone"))
    );
}

#[tokio::test]
async fn a_start_may_end_with_warnings_which_is_success() {
    let lab = Lab::start().await;
    lab.handle.inject(&Fault::Warns { vmid: 105, on: true }).unwrap();
    let upid = began(&lab, "/nodes/forge/qemu/105/status/start", "").await;
    assert_eq!(lab.finish(&upid).await, "WARNINGS: 1");
    let log = lab.get(&format!("/nodes/forge/tasks/{upid}/log")).await;
    assert_eq!(log.as_array().unwrap().last().unwrap()["t"], "TASK WARNINGS: 1");
    assert_eq!(
        lab.get("/nodes/forge/qemu/105/status/current").await["status"],
        "running"
    );
    let listed = lab.get("/nodes/forge/tasks?statusfilter=warning").await;
    assert_eq!(listed[0]["status"], "WARNINGS: 1");
    assert_eq!(lab.get("/nodes/forge/tasks?errors=1").await, json!([]));
}
