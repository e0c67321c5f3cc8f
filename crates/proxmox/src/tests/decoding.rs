//! Decoders against any JSON at all, and against the oddities known of versions 6 to 9.

use crate::decode;
use jarvis_model::{GuestKind, GuestStatus, Timestamp};
use jarvis_ports::TaskState;
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

proptest! {
    #[test]
    fn no_json_makes_a_decoder_panic(data in any_json()) {
        if let Ok(look) = decode::cluster(&data, "x".to_owned()) {
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
        let sorted = decode::cluster(&Value::from(rows.clone()), String::new()).unwrap();
        rows.rotate_left(usize::try_from(seed % 4).unwrap());
        prop_assert_eq!(decode::cluster(&Value::from(rows), String::new()).unwrap(), sorted);
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
    let look = decode::cluster(&rows, "pve".to_owned()).unwrap();
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
    assert!(decode::cluster(&json!({"a": 1}), String::new()).is_err());
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
            let look = decode::cluster(data, "x".to_owned()).unwrap_or_else(|why| panic!("{file}: {why}"));
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
