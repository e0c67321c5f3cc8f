//! Decoders against any JSON at all, and against the oddities known of versions 6 to 9.

use crate::{
    answer::Body as _,
    decode,
    list::ClusterList,
    loose::{flag, fraction, share, tags, whole, word},
};
use jarvis_model::{GuestKind, GuestStatus, NodeName, Timestamp, Usage, Vmid};
use jarvis_ports::{ClusterLook, GuestRow, NodeRow, StorageRow, TaskState};
use proptest::prelude::*;
use serde_json::{Value, json};

const FIELDS: [&str; 30] = [
    "data",
    "type",
    "node",
    "name",
    "vmid",
    "id",
    "status",
    "qmpstatus",
    "uptime",
    "cpu",
    "mem",
    "maxmem",
    "disk",
    "tags",
    "lock",
    "template",
    "hastate",
    "ha",
    "managed",
    "upid",
    "endtime",
    "exitstatus",
    "n",
    "t",
    "quorate",
    "online",
    "local",
    "ip",
    "quorum_votes",
    "smbios1",
];

fn leaf() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".{0,12}".prop_map(Value::from),
        prop::sample::select(vec![
            "node",
            "qemu",
            "lxc",
            "storage",
            "cluster",
            "running",
            "stopped",
            "net0",
            "atlas",
            "uuid=A",
            "UPID:pve:00000B70:0003EDD9:6B045A8F:qmstart:100:root@pam:",
        ])
        .prop_map(Value::from),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    leaf().prop_recursive(4, 64, 8, |inner| {
        let key = prop_oneof![
            prop::sample::select(FIELDS.to_vec()).prop_map(str::to_owned),
            ".{0,8}"
        ];
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..8)
                .prop_map(|pairs| Value::Object(pairs.into_iter().collect::<serde_json::Map<_, _>>())),
        ]
    })
}

/// The cluster list as the client reads it: through bytes.
fn cluster(data: &Value) -> Result<ClusterLook, String> {
    ClusterList::read(json!({ "data": data }).to_string().as_bytes()).map(|ClusterList(look)| look)
}

/// The same list read the slow way, out of a tree of values, by rules written down once more.
fn cluster_by_tree(data: &Value) -> Result<ClusterLook, String> {
    let mut look = ClusterLook::default();
    for row in data.as_array().ok_or("no list")? {
        let node = row["node"].as_str().and_then(|name| NodeName::new(name).ok());
        let number = |field: &str| whole(row.get(field));
        let usage = Usage {
            cpu: share(row.get("cpu")),
            max_cpu: fraction(row.get("maxcpu")).filter(|count| *count >= 0.0),
            mem_bytes: number("mem"),
            max_mem_bytes: number("maxmem"),
            disk_bytes: number("disk"),
            max_disk_bytes: number("maxdisk"),
        };
        let status = word(row.get("status")).unwrap_or_else(|| "unknown".to_owned());
        let vmid = number("vmid").and_then(|vmid| Vmid::new(u32::try_from(vmid).ok()?).ok());
        match (row["type"].as_str(), node, vmid) {
            (Some("node"), Some(node), _) => look.nodes.push(NodeRow {
                node,
                status,
                uptime_secs: number("uptime"),
                ha_state: word(row.get("hastate")),
                usage,
            }),
            (Some(kind @ ("qemu" | "lxc")), Some(node), Some(vmid)) => look.guests.push(GuestRow {
                vmid,
                kind: if kind == "qemu" {
                    GuestKind::Qemu
                } else {
                    GuestKind::Lxc
                },
                node,
                name: word(row.get("name")),
                status,
                uptime_secs: number("uptime"),
                template: flag(row.get("template")),
                lock: word(row.get("lock")),
                ha_state: word(row.get("hastate")),
                tags: tags(row.get("tags")),
                usage,
            }),
            (Some("storage"), Some(node), _) => {
                let Some(storage) = word(row.get("storage")) else {
                    continue;
                };
                look.storages.push(StorageRow {
                    id: word(row.get("id")).unwrap_or_else(|| format!("storage/{node}/{storage}")),
                    storage,
                    node,
                    plugin: word(row.get("plugintype")).unwrap_or_default(),
                    shared: flag(row.get("shared")),
                    available: row["status"] == "available",
                    used_bytes: number("disk"),
                    total_bytes: number("maxdisk"),
                });
            }
            _ => {}
        }
    }
    look.nodes.sort_by(|a, b| a.node.cmp(&b.node));
    look.guests.sort_by_key(|guest| guest.vmid);
    look.storages.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(look)
}

/// A row of the cluster list with any value in any field.
fn any_row() -> impl Strategy<Value = Value> {
    const KEYS: [&str; 21] = [
        "id",
        "node",
        "name",
        "vmid",
        "status",
        "uptime",
        "template",
        "lock",
        "hastate",
        "tags",
        "storage",
        "plugintype",
        "shared",
        "cpu",
        "maxcpu",
        "mem",
        "maxmem",
        "disk",
        "maxdisk",
        "memhost",
        "level",
    ];
    let kind = prop::sample::select(vec!["node", "qemu", "lxc", "storage", "pool", "network", "sdn"]);
    let node = prop_oneof![Just(json!("atlas")), Just(json!("home")), leaf()];
    let vmid = prop_oneof![
        (90_u32..120).prop_map(Value::from),
        (100_u32..120).prop_map(|n| json!(n.to_string())),
        leaf()
    ];
    let rest = prop::collection::vec((prop::sample::select(KEYS.to_vec()), any_json()), 0..12);
    (kind, node, vmid, rest).prop_map(|(kind, node, vmid, rest)| {
        let mut row = json!({"type": kind, "node": node, "vmid": vmid});
        for (key, value) in rest {
            if !matches!(key, "node" | "vmid") {
                row[key] = value;
            }
        }
        row
    })
}

proptest! {
    #[test]
    fn bytes_and_trees_are_read_alike(rows in prop::collection::vec(prop_oneof![4 => any_row(), 1 => any_json()], 0..8)) {
        // Through text once, so that both see the same digits of a fraction.
        let data: Value = serde_json::from_str(&Value::from(rows).to_string()).unwrap();
        prop_assert_eq!(cluster(&data).unwrap(), cluster_by_tree(&data).unwrap());
    }

    #[test]
    fn no_json_makes_a_decoder_panic(data in any_json()) {
        if let Ok(look) = cluster(&data) {
            let shares = look.guests.iter().filter_map(|guest| guest.usage.cpu);
            prop_assert!(shares.into_iter().all(|cpu| cpu >= 0.0 && cpu.is_finite()));
        }
        let _ = decode::quorum(&data, "x".to_owned());
        let _ = decode::votes(&data);
        let _ = decode::node_uptime(&data);
        let _ = decode::live(&data);
        let _ = decode::identity(&data, GuestKind::Qemu);
        let _ = decode::identity(&data, GuestKind::Lxc);
        let _ = decode::tasks(&data, Timestamp::default());
        let _ = decode::task_state(&data);
        let _ = decode::log(&data);
        let _ = decode::agent_answered(&data);
        let _ = decode::privileges(&data, "data");
    }

    #[test]
    fn the_order_of_rows_does_not_matter(seed in any::<u64>()) {
        let mut rows = vec![
            json!({"type": "qemu", "vmid": 101, "node": "a"}),
            json!({"type": "lxc", "vmid": "100", "node": "b"}),
            json!({"type": "node", "node": "b"}),
            json!({"type": "node", "node": "a"}),
        ];
        let sorted = cluster(&Value::from(rows.clone())).unwrap();
        rows.rotate_left(usize::try_from(seed % 4).unwrap());
        prop_assert_eq!(cluster(&Value::from(rows)).unwrap(), sorted);
    }
}

#[test]
fn rows_of_other_versions_are_read_and_strange_ones_skipped() {
    let rows = json!([
        {"type": "lxc", "vmid": "105", "node": "pve", "status": "running", "cpus": "2", "disk": "12", "lock": "",
         "template": "", "name": "", "tags": "Web, db", "cpu": -5.8e-05, "maxcpu": "2", "hastate": "started", "new": []},
        {"type": "qemu", "vmid": 99, "node": "pve"},
        {"type": "qemu", "vmid": 100},
        {"type": "qemu", "node": "pve"},
        {"type": "qemu", "vmid": 106, "node": "pve", "template": "1", "mem": 34_390_517_760_u64, "maxmem": 34_359_738_368_u64},
        {"type": "hologram", "vmid": 107, "node": "pve"},
        {"type": "pool", "id": "/pool/x"},
        "text", null, 7,
        {"type": "node", "node": "pve", "status": "rebooting-soon"},
        {"type": "storage", "node": "pve", "storage": "nfs", "shared": "1", "status": "unknown", "plugintype": "nfs"},
    ]);
    let look = cluster(&rows).unwrap();
    let [ct, vm] = &look.guests[..] else {
        panic!("{:?}", look.guests)
    };
    assert_eq!(
        (ct.vmid.get(), ct.kind, ct.name.as_deref(), ct.lock.as_deref()),
        (105, GuestKind::Lxc, None, None)
    );
    assert_eq!(
        (ct.usage.cpu, ct.usage.max_cpu, ct.usage.disk_bytes),
        (Some(0.0), Some(2.0), Some(12))
    );
    assert_eq!(
        (ct.tags.join(" "), ct.template, ct.ha_state.as_deref()),
        ("db web".to_owned(), false, Some("started"))
    );
    assert_eq!(
        (vm.status.as_str(), vm.template, vm.usage.mem_bytes),
        ("unknown", true, Some(34_390_517_760))
    );
    assert_eq!(look.nodes[0].status, "rebooting-soon");
    let storage = &look.storages[0];
    assert_eq!(
        (storage.id.as_str(), storage.shared, storage.available),
        ("storage/pve/nfs", true, false)
    );
    assert!(cluster(&json!({"a": 1})).is_err());
}

#[test]
fn one_strange_row_loses_no_other_and_broken_bytes_are_told() {
    let read = |body: &str| ClusterList::read(body.as_bytes()).map(|ClusterList(look)| look);
    let body = r#"{"total":"3","data":[{"type":"qemu","vmid":{"a":[1,{}]},"node":"pve"},[{"type":"qemu"}],"row",null,
        {"type":"qemu","vmid":7,"vmid":"101","node":"a b","node":"pve","name":"a\u00e4\"b","status":"running","status":"paused"},
        {"type":["qemu"],"vmid":102,"node":"pve"},{"type":"node","node":"pve","uptime":1e3}],"changes":null}"#;
    let look = read(body).unwrap();
    assert_eq!((look.guests.len(), look.nodes.len()), (1, 1));
    let guest = &look.guests[0];
    assert_eq!(
        (guest.vmid.get(), guest.node.as_str(), guest.name.as_deref()),
        (101, "pve", Some("aä\"b"))
    );
    assert_eq!(
        (guest.status.as_str(), look.nodes[0].uptime_secs),
        ("paused", Some(1000)),
        "the last of two counts"
    );
    for (body, why) in [
        ("<html>", "not JSON"),
        (r#"{"data":[{"type":"qemu""#, "not JSON"),
        (r#"{"data":[]} x"#, "not JSON"),
        (r#"{"data":[1e999]}"#, "not JSON"),
        (r#"[{"data":[]}]"#, "the envelope is no object"),
        ("7", "the envelope is no object"),
        ("{}", "the envelope has no `data`"),
        (r#"{"data":null}"#, "the cluster list should be a list"),
        (r#"{"data":{"type":"node"}}"#, "the cluster list should be a list"),
    ] {
        let error = read(body).unwrap_err();
        assert!(error.starts_with(why), "{body}: {error}");
    }
    assert!(read(r#"{"data":[1],"data":[]}"#).unwrap().guests.is_empty());
}

#[test]
fn live_words_are_kept() {
    let live = |data: Value| decode::live(&data).unwrap().status;
    assert_eq!(live(json!({"status": "running"})), GuestStatus::Running);
    assert_eq!(
        live(json!({"status": "running", "qmpstatus": "io-error"})),
        GuestStatus::Held("io-error".to_owned())
    );
    assert_eq!(
        live(json!({"status": "stopped", "qmpstatus": "prelaunch"})),
        GuestStatus::Stopped
    );
    assert_eq!(
        live(json!({"status": "frozen"})),
        GuestStatus::Held("frozen".to_owned())
    );
    assert!(decode::live(&json!({})).is_err() && decode::live(&json!([])).is_err());
    let stopped = decode::live(&json!({"status": "stopped", "pid": 0, "lock": ""})).unwrap();
    assert_eq!((stopped.pid, stopped.lock), (None, None));
}

#[test]
fn identities_are_the_uuid_or_the_first_mac() {
    let identity = |data: Value, kind| decode::identity(&data, kind).unwrap().map(|identity| identity.0);
    let (vm, ct) = (GuestKind::Qemu, GuestKind::Lxc);
    assert_eq!(
        identity(json!({"smbios1": "base64=1,uuid=AB-CD"}), vm).as_deref(),
        Some("ab-cd")
    );
    let nets =
        json!({"net10": "virtio=BC:24:11:00:00:10", "net2": "bridge=x,virtio=BC:24:11:00:00:02", "net": 1});
    assert_eq!(identity(nets, vm).as_deref(), Some("bc:24:11:00:00:02"));
    assert_eq!(
        identity(json!({"net0": "name=eth0,hwaddr=BC:24:11:01:95:24"}), ct).as_deref(),
        Some("bc:24:11:01:95:24")
    );
    assert_eq!(
        identity(json!({"smbios1": "uuid=", "net0": "virtio=nonsense"}), vm),
        None
    );
    assert_eq!(identity(json!({"memory": "2048"}), ct), None);
    assert!(decode::identity(&json!(null), vm).is_err());
}

#[test]
fn tasks_end_with_a_text() {
    let state = |data: Value| decode::task_state(&data).unwrap();
    assert_eq!(state(json!({"status": "running"})), TaskState::Running);
    assert_eq!(
        state(json!({"status": "stopped", "exitstatus": "OK"})),
        TaskState::Ended("OK".to_owned())
    );
    assert_eq!(
        state(json!({"status": "stopped"})),
        TaskState::Ended("stopped without an exit status".to_owned())
    );
    for nonsense in [json!({"status": 7, "exitstatus": 2}), json!({"status": "gone"})] {
        assert!(decode::task_state(&nonsense).is_err(), "{nonsense}");
    }
    assert!(
        decode::log(&json!([{"n": 1, "t": "no content"}]))
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        decode::log(&json!([{"n": 2, "t": "b"}, {"n": "1", "t": "no content"}])).unwrap(),
        ["no content", "b"]
    );
}

/// Recorded writes of the fixtures folder, first step of each sequence: (file, status, reason, body).
fn recorded_writes() -> Vec<(String, crate::answer::Answer)> {
    let folder =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/pve/recorded-real");
    let Ok(files) = std::fs::read_dir(folder) else {
        return Vec::new();
    };
    let mut writes = Vec::new();
    for path in files.map(|file| file.unwrap().path()) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        if !name.starts_with("seq-") {
            continue;
        }
        let sequence: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let step = &sequence["steps"][0];
        if !step["request"].as_str().unwrap_or_default().contains("/status/") {
            continue;
        }
        let answer = crate::answer::Answer {
            status: u16::try_from(step["status"].as_u64().unwrap()).unwrap(),
            reason: step["reason"].as_str().unwrap_or_default().to_owned(),
            location: None,
            date: None,
            body: step["body"].to_string().into_bytes(),
        };
        writes.push((name, answer));
    }
    writes
}

#[test]
fn recorded_writes_are_accepted_with_a_task_or_rejected_with_a_text() {
    let mut accepted = Vec::new();
    for (name, answer) in recorded_writes() {
        match answer.outcome("act", true) {
            Ok(done) => accepted.push((name, done.upid.unwrap().task_type().to_owned())),
            Err(jarvis_ports::PerformError::Rejected { text, .. }) => {
                assert!(
                    text.contains("no quorum?") || text.contains("running"),
                    "{name}: {text}"
                );
            }
            Err(error) => panic!("{name}: {error:?}"),
        }
    }
    for (name, task) in &accepted {
        let wanted = match name.as_str() {
            "seq-ha-start" => "hastart",
            "seq-start-ok" => "qmstart",
            "seq-shutdown-timeout" => "qmshutdown",
            "seq-lxc-shutdown" => "vzshutdown",
            _ => continue,
        };
        assert_eq!(task, wanted);
    }
}

/// Recordings of versions 6 to 9 that lie outside this repository, where they are at hand.
fn shared_fixtures() -> Vec<(String, String, Value)> {
    let beside = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
    let shared = std::env::var_os("JARVIS_SHARED")
        .map_or(beside, std::path::PathBuf::from)
        .join("pve/fixtures");
    let Ok(folders) = std::fs::read_dir(shared) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for folder in folders
        .map(|folder| folder.unwrap().path())
        .filter(|path| path.is_dir())
    {
        for file in std::fs::read_dir(folder)
            .unwrap()
            .map(|file| file.unwrap().path())
        {
            let Ok(text) = std::fs::read_to_string(&file) else {
                continue;
            };
            let Ok(fixture) = serde_json::from_str::<Value>(&text) else {
                continue;
            };
            if fixture["method"] == "GET" && fixture["status"] == 200 {
                let path = fixture["path"].as_str().unwrap_or_default().to_owned();
                found.push((file.display().to_string(), path, fixture["body"]["data"].clone()));
            }
        }
    }
    found
}

#[test]
fn recordings_of_versions_6_to_9_are_read() {
    let shared = shared_fixtures();
    for (file, path, data) in &shared {
        let rows = data.as_array().map_or(0, Vec::len);
        let kind = if path.contains("/lxc/") {
            GuestKind::Lxc
        } else {
            GuestKind::Qemu
        };
        if path.ends_with("/cluster/resources") {
            let look = cluster(data).unwrap_or_else(|why| panic!("{file}: {why}"));
            let count = |word: &str| {
                data.as_array()
                    .unwrap()
                    .iter()
                    .filter(|row| row["type"] == word)
                    .count()
            };
            assert_eq!(look.guests.len(), count("qemu") + count("lxc"), "{file}");
            assert_eq!(look.nodes.len(), count("node"), "{file}");
            assert_eq!(look.storages.len(), count("storage"), "{file}");
        } else if path.ends_with("/cluster/status") {
            let (look, local) =
                decode::quorum(data, "x".to_owned()).unwrap_or_else(|why| panic!("{file}: {why}"));
            assert!(local.is_some() && look.quorate, "{file}");
        } else if path.ends_with("/status/current") {
            decode::live(data).unwrap_or_else(|why| panic!("{file}: {why}"));
        } else if path.ends_with("/config") && (path.contains("/qemu/") || path.contains("/lxc/")) {
            decode::identity(data, kind).unwrap_or_else(|why| panic!("{file}: {why}"));
        } else if path.ends_with("/tasks") {
            let tasks =
                decode::tasks(data, Timestamp::default()).unwrap_or_else(|why| panic!("{file}: {why}"));
            assert_eq!(tasks.len(), rows, "{file}");
        } else if path.contains("/tasks/") && path.ends_with("/log") {
            decode::log(data).unwrap_or_else(|why| panic!("{file}: {why}"));
        }
    }
}
