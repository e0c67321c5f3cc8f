//! Recorded answers of Proxmox VE 9.2.11, played back over a socket as they were received, and read through the port:
//! the values must be those in the recordings. Without the fixtures folder there is nothing to compare.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

#[path = "../src/tests/server.rs"]
#[expect(dead_code, reason = "the tests inside the crate use the rest of it")]
mod server;

use jarvis_model::{GuestKind, GuestStatus, NodeName, Timestamp, Vmid};
use jarvis_ports::{GuestRow, Hypervisor, LookError, Priority, TaskState};
use jarvis_proxmox::{EntryPoint, Options, Proxmox, Tls, Token};
use serde_json::Value;
use server::{Reply, Server};
use std::{collections::BTreeMap, path::Path};

/// The recorded answer as bytes: status line, headers (length made anew), body.
fn recorded(name: &str) -> Option<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/pve/recorded-real");
    let text = std::fs::read_to_string(folder.join(format!("{name}.json"))).ok()?;
    let recording: Value = serde_json::from_str(&text).unwrap();
    let response = &recording["response"];
    let body = match response.get("body_json") {
        Some(json) => json.to_string(),
        None => response["body_text"].as_str().unwrap_or_default().to_owned(),
    };
    let mut head = format!(
        "HTTP/1.1 {} {}\r\n",
        response["status"],
        response["reason"].as_str().unwrap()
    );
    let mut with_length = false;
    for header in response["headers"].as_array().unwrap() {
        let (key, value) = (header[0].as_str().unwrap(), header[1].as_str().unwrap());
        match key.to_lowercase().as_str() {
            "content-length" => with_length = true,
            "content-encoding" | "connection" => {}
            _ => head = format!("{head}{key}: {value}\r\n"),
        }
    }
    if with_length {
        head = format!("{head}Content-Length: {}\r\n", body.len());
    }
    Some(format!("{head}Connection: close\r\n\r\n{body}").into_bytes())
}

/// A client at a server that plays `answers` (path below `/api2/json` → recording); None without the fixtures.
async fn replay(answers: &[(&'static str, &str)]) -> Option<(Proxmox, Server)> {
    let answers: BTreeMap<&str, Vec<u8>> = answers
        .iter()
        .map(|(path, name)| Some((*path, recorded(name)?)))
        .collect::<Option<_>>()?;
    let server = Server::start(move |seen| {
        let path = seen.path.trim_start_matches("/api2/json");
        match answers
            .iter()
            .find(|(known, _)| path == **known || path.starts_with(&format!("{known}?")))
        {
            Some((_, answer)) => Reply::Raw(answer.clone()),
            None => Reply::bare(501, &format!("Method 'GET {path}' not implemented")),
        }
    })
    .await;
    let token = Token::parse("root@pam!jarvis=secret").unwrap();
    let point = EntryPoint::new(None, &server.url()).unwrap();
    let options = Options::new("lab", vec![point], token, Tls::WebRoots).unwrap();
    Some((Proxmox::new(options).unwrap(), server))
}

fn node(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

fn vmid(number: u32) -> Vmid {
    Vmid::new(number).unwrap()
}

async fn guests(recording: &str) -> Option<BTreeMap<u32, GuestRow>> {
    let (client, _server) = replay(&[("/cluster/resources", recording)]).await?;
    let look = client.look_cluster().await.unwrap();
    Some(
        look.guests
            .into_iter()
            .map(|guest| (guest.vmid.get(), guest))
            .collect(),
    )
}

#[tokio::test]
async fn the_cluster_list() {
    let Some((client, _server)) = replay(&[("/cluster/resources", "fault-node-dead-resources")]).await else {
        return;
    };
    let look = client.look_cluster().await.unwrap();
    let nodes: Vec<_> = look
        .nodes
        .iter()
        .map(|row| (row.node.as_str(), row.status.as_str(), row.uptime_secs))
        .collect();
    assert_eq!(
        nodes,
        [
            ("agent1", "online", Some(3742)),
            ("home", "online", Some(3736)),
            ("node4", "offline", None),
            ("pve", "online", Some(3741)),
        ]
    );
    let dead = &look.nodes[2];
    assert_eq!(dead.ha_state.as_deref(), Some("unknown"));
    assert_eq!(
        (dead.usage.cpu, dead.usage.mem_bytes, dead.usage.max_mem_bytes),
        (None, None, Some(25_276_514_304))
    );
    let numbers: Vec<u32> = look.guests.iter().map(|guest| guest.vmid.get()).collect();
    assert_eq!(
        numbers,
        [100, 101, 103, 110, 111, 112, 120, 301, 302],
        "the pool and networks are no guests"
    );
    let stale = &look.guests[6];
    assert_eq!(
        (stale.node.as_str(), stale.status.as_str(), stale.uptime_secs),
        ("node4", "running", Some(186))
    );
    assert_eq!(look.guests[2].tags, ["infra", "protected"]);
    assert_eq!(look.storages.len(), 8);
    let shared = look
        .storages
        .iter()
        .find(|row| row.id == "storage/node4/shared")
        .unwrap();
    assert!(shared.shared && shared.available, "{shared:?}");
}

#[tokio::test]
async fn the_cluster_list_with_containers_locks_and_ha() {
    let Some(all) = guests("get-cluster-resources-with-lxc").await else {
        return;
    };
    assert_eq!(
        (all.len(), all[&200].kind, all[&100].kind),
        (11, GuestKind::Lxc, GuestKind::Qemu)
    );
    assert_eq!(
        (all[&200].name.as_deref(), all[&200].uptime_secs),
        (Some("ct-dns"), Some(181))
    );
    assert_eq!(all[&111].tags, ["db", "prod", "web"]);
    let used = all[&100].usage;
    assert_eq!(
        (used.mem_bytes, used.max_mem_bytes, used.max_cpu),
        (Some(260_894_720), Some(167_772_160), Some(1.0))
    );

    let locked = guests("locked-cluster-resources").await.unwrap();
    assert_eq!(
        (locked[&101].lock.as_deref(), locked[&100].lock.as_deref()),
        (Some("backup"), None)
    );

    let recovered = guests("ha-recovered-resources").await.unwrap();
    let moved = &recovered[&110];
    assert_eq!(
        (
            moved.node.as_str(),
            moved.ha_state.as_deref(),
            moved.status.as_str()
        ),
        ("agent1", Some("started"), "stopped")
    );

    let narrow = guests("perm-op-token-resources").await.unwrap();
    assert_eq!(narrow.keys().copied().collect::<Vec<_>>(), [100]);

    let paused = guests("after-guest-crash-resources-later").await.unwrap();
    assert_eq!(paused[&100].status, "paused");
}

#[tokio::test]
async fn membership_and_votes() {
    for (recording, quorate, offline) in [
        ("get-cluster-status", true, &[][..]),
        ("fault-node-dead-cluster-status", true, &["node4"]),
        ("fault-no-quorum-cluster-status", false, &["home", "node4"]),
    ] {
        let answers = [
            ("/cluster/status", recording),
            ("/cluster/config/nodes", "get-cluster-config-nodes"),
        ];
        let Some((client, _server)) = replay(&answers).await else {
            return;
        };
        let look = client.look_quorum(2).await.remove(0).unwrap();
        assert_eq!(
            (look.quorate, look.cluster.as_deref(), look.via.as_str()),
            (quorate, Some("jarvislab"), "pve")
        );
        let away: Vec<&str> = look
            .online
            .iter()
            .filter(|(_, on)| !**on)
            .map(|(name, _)| name.as_str())
            .collect();
        assert_eq!(away, offline, "{recording}");
        assert_eq!(look.ips[&node("agent1")], "10.99.0.12");
        assert_eq!(look.votes.values().copied().collect::<Vec<_>>(), [1, 1, 1, 1]);
        assert!(client.stats()[0].entry == "pve" && client.warnings().is_empty());
    }
}

#[tokio::test]
async fn live_reads() {
    let answers = [
        (
            "/nodes/agent1/qemu/103/status/current",
            "get-qemu-status-current-running",
        ),
        (
            "/nodes/home/qemu/112/status/current",
            "get-qemu-status-current-stopped",
        ),
        ("/nodes/pve/lxc/200/status/current", "get-lxc-status-running"),
        ("/nodes/pve/lxc/201/status/current", "get-lxc-status-stopped"),
        ("/nodes/home/qemu/101/config", "get-qemu-config"),
        ("/nodes/pve/lxc/200/config", "get-lxc-config"),
        ("/nodes/pve/status", "get-node-status"),
        ("/version", "get-version"),
        ("/nodes/node4/qemu/120/agent/ping", "agent-not-enabled"),
    ];
    let Some((client, _server)) = replay(&answers).await else {
        return;
    };
    let live = async |name, kind, number| {
        client
            .look_guest(&node(name), kind, vmid(number), Priority::Act)
            .await
            .unwrap()
    };
    let vm = live("agent1", GuestKind::Qemu, 103).await;
    assert_eq!(
        (vm.status, vm.uptime_secs, vm.pid, vm.ha_managed),
        (GuestStatus::Running, 483, Some(435), false)
    );
    let off = live("home", GuestKind::Qemu, 112).await;
    assert_eq!(
        (off.status, off.uptime_secs, off.pid, off.lock),
        (GuestStatus::Stopped, 0, None, None)
    );
    let ct = live("pve", GuestKind::Lxc, 200).await;
    assert_eq!(
        (ct.status, ct.uptime_secs, ct.pid),
        (GuestStatus::Running, 166, Some(1280))
    );
    assert_eq!(
        live("pve", GuestKind::Lxc, 201).await.status,
        GuestStatus::Stopped
    );
    let uuid = client
        .look_identity(&node("home"), GuestKind::Qemu, vmid(101))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(uuid.0, "2a9c847c-6623-428e-8729-778eed94104d");
    let mac = client
        .look_identity(&node("pve"), GuestKind::Lxc, vmid(200))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(mac.0, "bc:24:11:01:95:24");
    assert_eq!(client.look_node(&node("pve")).await.unwrap(), 4595);
    assert_eq!(client.version().await.unwrap(), "9.2.11");
    assert!(!client.ping_agent(&node("node4"), vmid(120)).await.unwrap());
}

#[tokio::test]
async fn tasks_and_their_logs() {
    let shutdown = "/nodes/home/tasks/UPID%3Ahome%3A0000033C%3A00060D9B%3A6B045FFF%3Aqmshutdown%3A111%3Aroot%40pam%21jarvis%3A";
    let migrate = "/nodes/pve/tasks/UPID%3Apve%3A000015A8%3A0004E521%3A6B045D08%3Aqmigrate%3A101%3Aroot%40pam%21jarvis%3A";
    let unknown =
        "/nodes/pve/tasks/UPID%3Apve%3A00001234%3A00012345%3A65000000%3Aqmstart%3A100%3Aroot%40pam%3A";
    let leak = |text: String| -> &'static str { Box::leak(text.into_boxed_str()) };
    let answers = [
        (leak(format!("{shutdown}/status")), "task-status-running"),
        (leak(format!("{migrate}/log")), "task-log-migrate"),
        (leak(format!("{unknown}/status")), "err-task-unknown-upid-status"),
        (leak(format!("{unknown}/log")), "err-task-unknown-upid-log"),
        ("/cluster/tasks", "get-cluster-tasks"),
        ("/nodes/pve/tasks", "get-node-tasks"),
    ];
    let Some((client, _server)) = replay(&answers).await else {
        return;
    };
    let running = "UPID:home:0000033C:00060D9B:6B045FFF:qmshutdown:111:root@pam!jarvis:"
        .parse()
        .unwrap();
    assert_eq!(client.look_task(&running).await.unwrap(), TaskState::Running);
    let gone = "UPID:pve:00001234:00012345:65000000:qmstart:100:root@pam:"
        .parse()
        .unwrap();
    assert_eq!(client.look_task(&gone).await.unwrap(), TaskState::Gone);
    assert!(matches!(
        client.look_task_log(&gone, 20).await,
        Err(LookError::Missing { .. })
    ));
    let moved = "UPID:pve:000015A8:0004E521:6B045D08:qmigrate:101:root@pam!jarvis:"
        .parse()
        .unwrap();
    let log = client.look_task_log(&moved, 50).await.unwrap();
    assert_eq!((log.len(), log[16].as_str()), (17, "TASK OK"));

    let all = client.look_cluster_tasks().await.unwrap();
    assert_eq!(all.len(), 89);
    assert!(
        all.windows(2)
            .all(|pair| pair[0].upid.started_at() >= pair[1].upid.started_at()),
        "newest first"
    );
    let since = Timestamp::from_secs(1_795_449_379);
    let recent = client.look_node_tasks(&node("pve"), since).await.unwrap();
    let told: Vec<_> = recent
        .iter()
        .map(|task| (task.upid.task_type(), task.succeeded()))
        .collect();
    assert_eq!(told, [("vzsuspend", false), ("vzstart", true)]);
    assert_eq!(recent[1].ended_at, Some(Timestamp::from_secs(1_795_449_381)));
    assert_eq!(
        recent[0].exit.as_deref(),
        Some("command 'lxc-checkpoint -n 200 -s -D /var/lib/vz/dump' failed: exit code 1")
    );
}

#[tokio::test]
async fn refusals_keep_their_words() {
    let text = async |recording: &str| {
        let (client, _server) = replay(&[("/nodes/pve/qemu/999/status/current", recording)]).await?;
        Some(
            client
                .look_guest(&node("pve"), GuestKind::Qemu, vmid(999), Priority::Act)
                .await
                .unwrap_err(),
        )
    };
    let Some(missing) = text("err-unknown-vmid-status").await else {
        return;
    };
    let LookError::Missing { why, .. } = missing else {
        panic!("{missing:?}")
    };
    assert_eq!(
        why,
        "Configuration file 'nodes/pve/qemu-server/999.conf' does not exist"
    );
    for (recording, words) in [
        ("auth-no-credentials", "No ticket"),
        ("auth-token-wrong-secret", "Authentication failed!"),
    ] {
        let error = text(recording).await.unwrap();
        let LookError::NotAuthenticated { why, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!(why, words);
    }
    for (recording, words) in [
        ("fault-node-dead-first-call", "595 Connection timed out"),
        ("fault-node-frozen-via-other-node", "596 Connection timed out"),
        ("fault-pveproxy-down-via-other-node", "595 Connection refused"),
        ("fault-pvedaemon-down-direct-protected", "595 Connection refused"),
    ] {
        let error = text(recording).await.unwrap();
        let LookError::Unreachable { whom, why, .. } = error else {
            panic!("{error:?}")
        };
        assert_eq!((whom.as_str(), why.as_str()), ("pve", words));
    }
    for (recording, status, words) in [
        (
            "err-vmid-too-small",
            400,
            "vmid: invalid format - value does not look like a valid VM ID",
        ),
        ("err-unknown-path", 501, "Method 'GET /nosuch' not implemented"),
        ("pmxcfs-down-version", 500, "RPCEnvironment init request failed"),
    ] {
        let error = text(recording).await.unwrap();
        let LookError::Refused {
            status: seen, why, ..
        } = error
        else {
            panic!("{recording}: {error:?}")
        };
        assert_eq!(seen, status);
        assert!(why.starts_with(words), "{why}");
    }
}

#[tokio::test]
async fn rights_of_the_root_token() {
    let Some((client, _server)) = replay(&[("/access/permissions", "get-access-permissions-root")]).await
    else {
        return;
    };
    let rights = client.preflight(&[], &[]).await.unwrap();
    assert!(rights.holds_below("/vms", "VM.Audit") && rights.holds("/vms", "VM.PowerMgmt"));
    assert!(
        !rights.holds("/", "Sys.Audit"),
        "the recording is about /vms only"
    );
}

#[tokio::test]
async fn past_figures_of_a_node_and_of_a_guest() {
    let answers = [
        ("/nodes/pve/rrddata", "get-node-rrddata-hour"),
        ("/nodes/agent1/qemu/103/rrddata", "get-qemu-rrddata-hour"),
    ];
    let Some((client, _server)) = replay(&answers).await else {
        return;
    };
    let close = |value: Option<f64>, wanted: f64| (value.unwrap() - wanted).abs() < 1e-6;
    let node_week = client.look_week(&node("pve"), None).await.unwrap();
    let first = node_week[0];
    assert_eq!(node_week.len(), 54, "rows of times without figures are none");
    assert_eq!(
        (first.at, first.long.as_secs()),
        (Timestamp::from_secs(1_795_446_240), 60)
    );
    assert!(close(first.cpu, 0.865_239), "{first:?}");
    assert!(
        close(first.mem, 5_292_167_441.066_67 / 25_276_514_304.0),
        "{first:?}"
    );
    assert!(
        close(first.disk, 19_993_509_205.333_3 / 270_553_174_016.0),
        "{first:?}"
    );
    let guest = Some((GuestKind::Qemu, vmid(103)));
    let guest_week = client.look_week(&node("agent1"), guest).await.unwrap();
    let (begin, end) = (guest_week[0], guest_week[guest_week.len() - 1]);
    assert_eq!(
        (begin.cpu, begin.mem, begin.disk),
        (None, None, Some(0.0)),
        "it was off"
    );
    assert!(
        close(end.cpu, 0.024_176) && close(end.mem, 260_771_840.0 / 167_772_160.0),
        "{end:?}"
    );
}
