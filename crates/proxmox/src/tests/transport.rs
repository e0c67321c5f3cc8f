//! What Proxmox's HTTP server does to clients: compressed answers, connections that end, limits of its own; and guests
//! that are not where they were.

use super::{
    SECRET, client, node, options,
    server::{Reply, Server},
    vmid,
};
use crate::{EntryPoint, Proxmox, Timeouts, entry::SMALL_BODY, paths};
use flate2::{Compression, write::GzEncoder};
use jarvis_model::{Effect, GuestKind, GuestStatus, GuestVerb, NodeVerb, Timestamp, Upid};
use jarvis_ports::{Hypervisor, LookError, Priority, TaskState};
use std::{
    collections::BTreeSet,
    io::Write as _,
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(body).unwrap();
    encoder.finish().unwrap()
}

/// An answer as Proxmox compresses it.
fn compressed(status: &str, body: &[u8]) -> Reply {
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json;charset=UTF-8\r\nContent-Encoding: gzip\r\n\
         Connection: close\r\nConnection: Keep-Alive\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    Reply::Raw([head.into_bytes(), body.to_vec()].concat())
}

#[tokio::test]
async fn a_compressed_answer_is_read() {
    let rows: Vec<String> = (100..400)
        .map(|vmid| {
            format!(r#"{{"type":"qemu","vmid":{vmid},"node":"atlas","status":"running","name":"vm-{vmid}"}}"#)
        })
        .collect();
    let body = gzip(format!(r#"{{"data":[{}]}}"#, rows.join(",")).as_bytes());
    let server = Server::start(move |_| compressed("200 OK", &body)).await;
    let look = client(&[(Some("atlas"), &server)]).look_cluster().await.unwrap();
    assert_eq!(
        (look.guests.len(), look.guests[299].name.as_deref()),
        (300, Some("vm-399"))
    );
    let head = server.seen()[0].head.to_lowercase();
    assert!(
        head.contains("accept-encoding") && head.contains("gzip"),
        "{head}"
    );
}

#[tokio::test]
async fn a_compressed_error_keeps_its_text_and_a_broken_or_swollen_one_is_no_answer() {
    let why = gzip(br#"{"data":null,"message":"VM 9 is locked (backup)\n"}"#);
    let server = Server::start(move |_| compressed("500 VM 9 is locked", &why)).await;
    let error = client(&[(Some("atlas"), &server)])
        .look_node(&node("atlas"))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, LookError::Refused { status: 500, why, .. } if why == "VM 9 is locked (backup)"),
        "{error:?}"
    );

    let whole = gzip(br#"{"data":{"uptime":7}}"#);
    let half = whole[..whole.len() / 2].to_vec();
    let server = Server::start(move |_| compressed("200 OK", &half)).await;
    let error = client(&[(Some("atlas"), &server)])
        .look_node(&node("atlas"))
        .await
        .unwrap_err();
    assert!(matches!(error, LookError::Unreachable { .. }), "{error:?}");

    let swollen = gzip(&vec![b' '; SMALL_BODY * 4]);
    assert!(swollen.len() < SMALL_BODY / 10);
    let server = Server::start(move |_| compressed("200 OK", &swollen)).await;
    let error = client(&[(Some("atlas"), &server)])
        .look_node(&node("atlas"))
        .await
        .unwrap_err();
    assert!(
        matches!(&error, LookError::Malformed { why, .. } if why.contains("larger than")),
        "{error:?}"
    );
}

#[test]
fn the_limits_fit_to_those_of_proxmox() {
    let limits = Timeouts::default();
    assert!(limits.write > Duration::from_secs(30), "its 596 comes after 30 s");
    assert!(
        limits.look > Duration::from_secs(10),
        "a guest's lock is waited for 10 s"
    );
    assert!(
        limits.login > Duration::from_secs(3),
        "a refused log-in is held back for 3 s"
    );
    assert!(limits.look > limits.hedge * 2 && limits.look > limits.connect);
}

#[tokio::test]
async fn a_write_waits_for_the_596_that_comes_after_30_seconds() {
    let limits = Timeouts::default();
    let server = Server::start(|_| Reply::Silence).await;
    let mut options = options(vec![EntryPoint::new(Some("atlas"), &server.url()).unwrap()]);
    // The proportions of the real limits, a hundred times faster.
    options.timeouts.write = limits.write / 100;
    let client = Proxmox::new(options).unwrap();
    let effect = guest(GuestVerb::Start);
    let soon = jarvis_ports::Clock::now(&jarvis_ports::SystemClock) + Duration::from_mins(1);
    let asked = tokio::time::Instant::now();
    let error = client.send(&effect, soon).await.unwrap_err();
    assert!(
        matches!(error, jarvis_ports::PerformError::Unknown { .. }),
        "{error:?}"
    );
    assert!(
        asked.elapsed() > Duration::from_millis(300),
        "{:?}",
        asked.elapsed()
    );
}

fn guest(request: GuestVerb) -> Effect {
    Effect::Guest {
        node: node("atlas"),
        kind: GuestKind::Qemu,
        vmid: vmid(101),
        request,
    }
}

/// Every request that can change something.
fn every_effect() -> Vec<Effect> {
    let home = node("home");
    let snapshot = "before".to_owned();
    let mut effects: Vec<Effect> = [
        GuestVerb::Start,
        GuestVerb::Shutdown { timeout_secs: 60 },
        GuestVerb::Reboot { timeout_secs: 60 },
        GuestVerb::Stop,
        GuestVerb::Reset,
        GuestVerb::Snapshot {
            snapshot: snapshot.clone(),
        },
        GuestVerb::Rollback { snapshot },
        GuestVerb::Migrate {
            target: home,
            running: true,
        },
    ]
    .into_iter()
    .map(guest)
    .collect();
    for request in [NodeVerb::Reboot, NodeVerb::Shutdown] {
        effects.push(Effect::Node {
            node: node("atlas"),
            request,
        });
    }
    effects
}

#[tokio::test]
async fn every_write_is_a_post_with_a_length_and_nothing_is_deleted() {
    let server = Server::start(|_| Reply::bare(500, "no")).await;
    let client = client(&[(Some("atlas"), &server)]);
    let soon = jarvis_ports::Clock::now(&jarvis_ports::SystemClock) + Duration::from_mins(1);
    for effect in every_effect() {
        client.send(&effect, soon).await.unwrap_err();
    }
    let _ = client.look_cluster().await;
    let _ = client.ping_agent(&node("atlas"), vmid(101)).await;
    let seen = server.seen();
    assert_eq!(
        seen.iter().filter(|seen| seen.method == "POST").count(),
        every_effect().len() + 1
    );
    for seen in seen {
        let head = seen.head.to_lowercase();
        match seen.method.as_str() {
            "POST" => assert!(
                head.contains(&format!("content-length: {}", seen.body.len())),
                "{head}"
            ),
            // A body, or parameters elsewhere than in the query, would be answered by 501.
            "GET" => assert!(!head.contains("content-length") && seen.body.is_empty(), "{head}"),
            other => panic!("{other} is not used"),
        }
        assert!(
            !head.contains("transfer-encoding") && !head.contains("expect:"),
            "{head}"
        );
    }
}

#[test]
fn no_form_gives_a_key_twice_or_a_raw_separator() {
    for effect in every_effect() {
        let form = paths::effect(&effect).unwrap().form;
        let keys: Vec<&str> = form
            .split('&')
            .filter_map(|pair| Some(pair.split_once('=')?.0))
            .collect();
        let once: BTreeSet<&str> = keys.iter().copied().collect();
        assert_eq!(once.len(), keys.len(), "twice is an array to Proxmox: {form}");
        assert!(!form.contains([';', ' ', '+']), "{form}");
    }
}

#[tokio::test]
async fn task_ids_come_back_as_they_went() {
    for text in [
        "UPID:pve:00000B70:0003EDD9:6B045A8F:qmstart:100:root@pam!jarvis:",
        "UPID:node-4:0000033C:100060D9B:6B045FFF:vzdump::jarvis@pve:",
        "UPID:pve:0000A1B2:00012345:65000000:imgdel:100@local:root@pam:",
    ] {
        let upid: Upid = text.parse().unwrap();
        assert_eq!(upid.as_str(), text);
        let server = Server::start(move |seen| {
            let wanted = crate::paths::escape(text);
            if seen.path.contains(&wanted) {
                Reply::data(r#"{"status":"stopped","exitstatus":"WARNINGS: 2"}"#)
            } else {
                Reply::data(&format!("\"{text}\""))
            }
        })
        .await;
        let client = client(&[(None, &server)]);
        let soon = jarvis_ports::Clock::now(&jarvis_ports::SystemClock) + Duration::from_mins(1);
        let given = client
            .send(&guest(GuestVerb::Start), soon)
            .await
            .unwrap()
            .upid
            .unwrap();
        assert_eq!(given.as_str(), text);
        assert_eq!(
            client.look_task(&given).await.unwrap(),
            TaskState::Ended("WARNINGS: 2".to_owned())
        );
        assert!(
            server.seen()[1]
                .path
                .starts_with(&format!("/api2/json/nodes/{}/tasks/", upid.node()))
        );
    }
}

#[tokio::test]
async fn warnings_are_a_success() {
    let server = Server::start(|_| {
        Reply::data(
            r#"[{"upid":"UPID:pve:00000B70:0003EDD9:6B045A8F:qmstart:100:root@pam:","status":"WARNINGS: 1","endtime":1795447450},
                {"upid":"UPID:pve:00000B71:0003EDD8:6B045A8E:qmstart:101:root@pam:","status":"OK","endtime":1795447449},
                {"upid":"UPID:pve:00000B72:0003EDD7:6B045A8D:qmstart:102:root@pam:","status":"got timeout","endtime":1795447448}]"#,
        )
    })
    .await;
    let tasks = client(&[(Some("pve"), &server)])
        .look_node_tasks(&node("pve"), Timestamp::default())
        .await
        .unwrap();
    let succeeded: Vec<bool> = tasks.iter().map(jarvis_model::TaskObserved::succeeded).collect();
    assert_eq!(succeeded, [true, true, false]);
}

/// A cluster whose guest 101 is at `home` while the caller thinks it at `atlas`.
async fn moved(list: &'static str) -> (Proxmox, Server) {
    let asked = AtomicUsize::new(0);
    let server = Server::start(move |seen| match seen.path.trim_start_matches("/api2/json") {
        "/cluster/resources" => Reply::data(list),
        "/nodes/home/qemu/101/status/current" => Reply::data(r#"{"status":"running","uptime":5}"#),
        "/nodes/home/qemu/101/config" => Reply::data(r#"{"smbios1":"uuid=AB"}"#),
        "/nodes/home/qemu/101/agent/ping" => Reply::data(r#"{"result":{}}"#),
        path => {
            assert!(asked.fetch_add(1, Ordering::SeqCst) < 9, "again and again");
            let node = path.split('/').nth(2).unwrap_or_default();
            let why = format!("Configuration file 'nodes/{node}/qemu-server/101.conf' does not exist");
            Reply::Raw(
                format!("HTTP/1.1 500 {why}\r\nConnection: close\r\n\r\n{{\"data\":null}}").into_bytes(),
            )
        }
    })
    .await;
    (client(&[(None, &server)]), server)
}

#[tokio::test]
async fn a_guest_that_moved_is_found_again_once() {
    let (client, server) = moved(r#"[{"type":"qemu","vmid":101,"node":"home"}]"#).await;
    let atlas = node("atlas");
    let live = client
        .look_guest(&atlas, GuestKind::Qemu, vmid(101), Priority::Act)
        .await
        .unwrap();
    assert_eq!((live.status, live.uptime_secs), (GuestStatus::Running, 5));
    let paths: Vec<String> = server
        .seen()
        .into_iter()
        .map(|seen| seen.path.replace("/api2/json", ""))
        .collect();
    assert_eq!(
        paths,
        [
            "/nodes/atlas/qemu/101/status/current",
            "/cluster/resources",
            "/nodes/home/qemu/101/status/current"
        ]
    );
    let identity = client
        .look_identity(&atlas, GuestKind::Qemu, vmid(101))
        .await
        .unwrap();
    assert_eq!(identity.unwrap().0, "ab");
    assert!(client.ping_agent(&atlas, vmid(101)).await.unwrap());
}

#[tokio::test]
async fn a_guest_that_is_gone_or_another_one_stays_missing() {
    for (list, requests) in [
        ("[]", 2),
        (r#"[{"type":"qemu","vmid":101,"node":"atlas"}]"#, 2),
        (r#"[{"type":"lxc","vmid":101,"node":"home"}]"#, 2),
        (r#"[{"type":"qemu","vmid":101,"node":"node4"}]"#, 3),
        (r#"{"no":"list"}"#, 2),
    ] {
        let (client, server) = moved(list).await;
        let error = client
            .look_guest(&node("atlas"), GuestKind::Qemu, vmid(101), Priority::Act)
            .await
            .unwrap_err();
        assert!(matches!(error, LookError::Missing { .. }), "{list}: {error:?}");
        assert_eq!(server.count(), requests, "{list}");
    }
}

#[tokio::test]
async fn a_write_to_a_guest_that_moved_is_not_sent_elsewhere() {
    let (client, server) = moved(r#"[{"type":"qemu","vmid":101,"node":"home"}]"#).await;
    let soon = jarvis_ports::Clock::now(&jarvis_ports::SystemClock) + Duration::from_mins(1);
    client.send(&guest(GuestVerb::Stop), soon).await.unwrap_err();
    assert_eq!(server.count(), 1, "its permit names the node");
}

#[tokio::test]
async fn no_text_shows_the_secret() {
    let echo =
        Server::start(|seen| Reply::Whole(500, "x", format!(r#"{{"message":"got {}"}}"#, seen.path))).await;
    let client = client(&[(Some("atlas"), &echo)]);
    let error = client.look_node(&node("atlas")).await.unwrap_err();
    for text in [
        format!("{client:?}"),
        format!("{error:?}"),
        error.to_string(),
        client.warnings().join(""),
    ] {
        assert!(!text.contains(SECRET), "{text}");
    }
    assert!(format!("{client:?}").contains("jarvis@pve!reads"));
}
