//! Odd and broken answers to looks.

use super::{
    SECRET, client, node,
    server::{Reply, Server},
    vmid,
};
use jarvis_model::{GuestKind, GuestStatus, Timestamp};
use jarvis_ports::{Hypervisor, LookError, Priority, TaskState};
use std::sync::atomic::{AtomicUsize, Ordering};

async fn look_once(reply: Reply) -> (Result<u64, LookError>, Server) {
    let server = Server::start(move |_| reply.clone()).await;
    let client = client(&[(Some("atlas"), &server)]);
    (client.look_node(&node("atlas")).await, server)
}

#[tokio::test]
async fn a_request_is_spelled_as_proxmox_wants_it() {
    let (uptime, server) = look_once(Reply::data(r#"{"uptime":4591}"#)).await;
    assert_eq!(uptime.unwrap(), 4591);
    let seen = &server.seen()[0];
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("GET", "/api2/json/nodes/atlas/status")
    );
    let head = seen.head.to_lowercase();
    assert!(
        head.contains(&format!("authorization: pveapitoken=jarvis@pve!reads={SECRET}")),
        "{head}"
    );
    assert!(
        !head.contains("content-length") && !head.contains("transfer-encoding"),
        "{head}"
    );
}

#[tokio::test]
async fn an_error_without_a_body_is_told_by_its_reason_phrase() {
    let (result, server) = look_once(Reply::bare(401, "No ticket")).await;
    let Err(LookError::NotAuthenticated { why, .. }) = result else {
        panic!("{result:?}")
    };
    assert_eq!(why, "No ticket");
    assert_eq!(server.count(), 1);
    for (status, reason) in [
        (595, "Connection refused"),
        (596, "Connection timed out"),
        (599, "Too many redirections"),
    ] {
        let (result, server) = look_once(Reply::bare(status, reason)).await;
        let Err(LookError::Unreachable { whom, why, .. }) = result else {
            panic!("{result:?}")
        };
        assert_eq!((whom.as_str(), why), ("atlas", format!("{status} {reason}")));
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn the_errors_field_goes_before_the_message() {
    let body =
        r#"{"message":"Parameter verification failed.\n","data":null,"errors":{"vmid":"invalid format\n"}}"#;
    let (result, _server) = look_once(Reply::Whole(
        400,
        "Parameter verification failed.",
        body.to_owned(),
    ))
    .await;
    let Err(LookError::Refused { status, why, .. }) = result else {
        panic!("{result:?}")
    };
    assert_eq!((status, why.as_str()), (400, "vmid: invalid format"));
}

#[tokio::test]
async fn nonsense_is_malformed() {
    let deep = format!(r#"{{"data":{}{}}}"#, "[".repeat(5000), "]".repeat(5000));
    for body in [
        r#"{"data":{"uptime":45"#.to_owned(),
        "<html><body>Welcome</body></html>".to_owned(),
        r#"{"data":{"uptime":"yesterday"}}"#.to_owned(),
        r#"{"data":[1,2]}"#.to_owned(),
        r#"{"data":null}"#.to_owned(),
        r#"["data"]"#.to_owned(),
        "{}".to_owned(),
        String::new(),
        deep,
    ] {
        let (result, _server) = look_once(Reply::Whole(200, "OK", body.clone())).await;
        assert!(
            matches!(result, Err(LookError::Malformed { .. })),
            "{body:.60}: {result:?}"
        );
    }
    let (result, _server) = look_once(Reply::Raw(b"SSH-2.0-OpenSSH_9.2\r\n\r\n".to_vec())).await;
    assert!(matches!(result, Err(LookError::Malformed { .. })), "{result:?}");
}

#[tokio::test]
async fn keys_given_twice_count_once() {
    let (result, _server) = look_once(Reply::data(r#"{"uptime":1,"uptime":"2"}"#)).await;
    assert_eq!(result.unwrap(), 2);
}

#[tokio::test]
async fn a_redirect_is_not_followed_but_explained() {
    let moved =
        b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://127.0.0.1:8006/\r\nConnection: close\r\n\r\n";
    let (result, server) = look_once(Reply::Raw(moved.to_vec())).await;
    let Err(LookError::Refused { status: 301, why, .. }) = result else {
        panic!("{result:?}")
    };
    assert!(
        why.contains("https://127.0.0.1:8006/") && why.contains("`url`"),
        "{why}"
    );
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_huge_body_is_cut_off() {
    let body = format!(r#"{{"data":"{}"}}"#, "x".repeat(crate::entry::SMALL_BODY));
    let (result, _server) = look_once(Reply::Whole(200, "OK", body)).await;
    let Err(LookError::Malformed { why, .. }) = result else {
        panic!("{result:?}")
    };
    assert!(why.contains("larger than 1048576 bytes"), "{why}");
}

#[tokio::test]
async fn a_half_closed_connection_is_an_unreachable_node() {
    let part = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":{\"uptime\":4591".to_vec();
    let (result, server) = look_once(Reply::Raw(part)).await;
    let Err(LookError::Unreachable { why, .. }) = result else {
        panic!("{result:?}")
    };
    assert!(why.contains("broke off"), "{why}");
    assert_eq!(server.count(), 1, "an answer had begun");
}

#[tokio::test]
async fn an_answer_that_never_ends_is_given_up() {
    let part = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\":".to_vec();
    for reply in [
        Reply::Silence,
        Reply::RawThenSilence(b"HTTP/1.1 200".to_vec()),
        Reply::RawThenSilence(part),
    ] {
        let (result, server) = look_once(reply).await;
        let Err(LookError::Unreachable { why, .. }) = result else {
            panic!("{result:?}")
        };
        assert!(why.contains("no answer within"), "{why}");
        assert_eq!(server.count(), 1);
    }
}

#[tokio::test]
async fn a_get_lost_before_its_answer_is_repeated_once() {
    let calls = AtomicUsize::new(0);
    let server = Server::start(move |_| match calls.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Close,
        _ => Reply::data(r#"{"uptime":7}"#),
    })
    .await;
    let patient = client(&[(Some("atlas"), &server)]);
    assert_eq!(patient.look_node(&node("atlas")).await.unwrap(), 7);
    assert_eq!(server.count(), 2);

    let (result, server) = look_once(Reply::Close).await;
    assert!(matches!(result, Err(LookError::Unreachable { .. })), "{result:?}");
    assert_eq!(server.count(), 2, "once more, not again and again");
}

#[tokio::test]
async fn guests_are_read_live_and_their_absence_is_told() {
    let missing = r#"{"data":null,"message":"Configuration file 'nodes/atlas/qemu-server/9999.conf' does not exist\n"}"#;
    let server = Server::start(move |seen| match seen.path.as_str() {
        "/api2/json/nodes/atlas/qemu/101/status/current" => Reply::data(
            r#"{"status":"running","qmpstatus":"paused","uptime":"20","pid":"435","lock":"backup","ha":{"managed":1}}"#,
        ),
        "/api2/json/nodes/atlas/lxc/200/status/current" => Reply::data(r#"{"status":"stopped","uptime":0,"ha":null}"#),
        "/api2/json/nodes/atlas/qemu/101/config" => Reply::data(r#"{"smbios1":"manufacturer=x,UUID=2A9C847C"}"#),
        "/api2/json/nodes/atlas/lxc/200/config" => {
            Reply::data(r#"{"net1":"hwaddr=AA:AA:AA:AA:AA:02","net0":"name=eth0,hwaddr=BC:24:11:01:95:24,ip=dhcp"}"#)
        }
        _ => Reply::Whole(500, "x", missing.to_owned()),
    })
    .await;
    let client = client(&[(Some("atlas"), &server)]);
    let atlas = node("atlas");
    let live = client
        .look_guest(&atlas, GuestKind::Qemu, vmid(101), Priority::Act)
        .await
        .unwrap();
    assert_eq!(live.status, GuestStatus::Held("paused".to_owned()));
    assert_eq!(
        (live.uptime_secs, live.pid, live.lock.as_deref(), live.ha_managed),
        (20, Some(435), Some("backup"), true)
    );
    let stopped = client
        .look_guest(&atlas, GuestKind::Lxc, vmid(200), Priority::Poll)
        .await
        .unwrap();
    assert_eq!(
        (stopped.status, stopped.pid, stopped.ha_managed),
        (GuestStatus::Stopped, None, false)
    );
    let vm = client
        .look_identity(&atlas, GuestKind::Qemu, vmid(101))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(vm.0, "2a9c847c");
    let ct = client
        .look_identity(&atlas, GuestKind::Lxc, vmid(200))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(ct.0, "bc:24:11:01:95:24");
    let gone = client
        .look_guest(&atlas, GuestKind::Qemu, vmid(9999), Priority::Act)
        .await;
    assert!(matches!(gone, Err(LookError::Missing { .. })), "{gone:?}");
}

#[tokio::test]
async fn tasks_are_asked_for_at_their_node_and_told() {
    let upid = "UPID:home:00000B70:0003EDD9:6B045A8F:qmstart:100:root@pam!jarvis:";
    let server = Server::start(move |seen| {
        let path = seen.path.trim_start_matches("/api2/json");
        match path {
            _ if path.ends_with("/status") && path.contains("qmstop") => Reply::Whole(
                400,
                "Parameter verification failed.",
                r#"{"errors":{"upid":"no such task"},"data":null}"#.to_owned(),
            ),
            _ if path.ends_with("/status") => {
                Reply::data(r#"{"status":"stopped","exitstatus":"WARNINGS: 1","starttime":1795447439}"#)
            }
            _ if path.contains("/log?start=0&limit=2") => {
                Reply::Whole(200, "OK", r#"{"total":5,"data":[{"n":1,"t":"a"},{"n":2,"t":"b"}]}"#.to_owned())
            }
            _ if path.contains("/log?start=3&limit=2") => {
                Reply::Whole(200, "OK", r#"{"total":5,"data":[{"n":5,"t":"TASK OK"},{"n":4,"t":"d"}]}"#.to_owned())
            }
            "/nodes/home/tasks?source=all&limit=50&since=1795447439&vmid=100" => Reply::data(
                &(format!(r#"[{{"upid":"{upid}","status":"RUNNING","saved":"0"}},{{"upid":"junk"}},"#)
                    + r#"{"upid":"UPID:home:00000B71:0003EDDA:6B045A90:qmstop:100:root@pam:","status":"OK","endtime":"1795447450"},"#
                    + r#"{"upid":"UPID:home:00000B6F:0003EDD0:6B045A8E:qmstop:100:root@pam:","status":"OK","endtime":1795447439}]"#),
            ),
            _ => Reply::Whole(501, "not implemented", r#"{"data":null}"#.to_owned()),
        }
    })
    .await;
    let client = client(&[(Some("home"), &server)]);
    let upid = upid.parse().unwrap();
    assert_eq!(
        client.look_task(&upid).await.unwrap(),
        TaskState::Ended("WARNINGS: 1".to_owned())
    );
    let gone = "UPID:home:00000B70:0003EDD9:6B045A8F:qmstop:100:root@pam:"
        .parse()
        .unwrap();
    assert_eq!(client.look_task(&gone).await.unwrap(), TaskState::Gone);
    assert_eq!(client.look_task_log(&upid, 2).await.unwrap(), ["d", "TASK OK"]);
    assert_eq!(
        client.look_task_log(&upid, 0).await.unwrap(),
        Vec::<String>::new()
    );
    let tasks = client
        .look_guest_tasks(
            &node("home"),
            vmid(100),
            Timestamp::from_millis(1_795_447_439_900),
        )
        .await
        .unwrap();
    let told: Vec<_> = tasks
        .iter()
        .map(|task| (task.upid.task_type(), task.exit.as_deref()))
        .collect();
    assert_eq!(
        told,
        [("qmstop", Some("OK")), ("qmstart", None)],
        "newest first, junk and older ones left out"
    );
    assert_eq!(tasks[0].ended_at, Some(Timestamp::from_secs(1_795_447_450)));
    assert_eq!(tasks[1].ended_at, None);
}

#[tokio::test]
async fn the_agent_answers_or_not() {
    for (reply, wanted) in [
        (Reply::data(r#"{"result":{}}"#), Some(true)),
        (
            Reply::data(r#"{"result":{"error":{"class":"Unsupported","desc":"x"}}}"#),
            Some(false),
        ),
        (
            Reply::Whole(500, "QEMU guest agent is not running", String::new()),
            Some(false),
        ),
        (
            Reply::Whole(500, "No QEMU guest agent configured", String::new()),
            Some(false),
        ),
        (
            Reply::Whole(500, "VM 120 is not running", String::new()),
            Some(false),
        ),
        (Reply::Whole(500, "something else", String::new()), None),
        (Reply::Whole(403, "Permission check failed", String::new()), None),
    ] {
        let server = Server::start(move |_| reply.clone()).await;
        let answered = client(&[(Some("atlas"), &server)])
            .ping_agent(&node("atlas"), vmid(120))
            .await;
        assert_eq!(answered.ok(), wanted);
        let seen = &server.seen()[0];
        assert_eq!(
            (seen.method.as_str(), seen.path.as_str()),
            ("POST", "/api2/json/nodes/atlas/qemu/120/agent/ping")
        );
        assert!(
            seen.head.to_lowercase().contains("content-length: 0"),
            "{}",
            seen.head
        );
    }
}

#[tokio::test]
async fn an_empty_guest_list_is_believed_only_with_the_right_to_see_guests() {
    for (rights, believed) in [
        (r#"{"/vms":{}}"#, false),
        (r#"{"/vms":{"VM.PowerMgmt":1}}"#, false),
        (r#"{"/vms":{"VM.Audit":0}}"#, false),
        (r#"{"/vms":{"VM.Audit":1}}"#, true),
    ] {
        let server = Server::start(move |seen| match seen.path.as_str() {
            "/api2/json/access/permissions?path=%2Fvms" => Reply::data(rights),
            _ => Reply::data(
                r#"[{"type":"node","node":"atlas","status":"online"},{"type":"network"},{"type":"lxc"}]"#,
            ),
        })
        .await;
        let look = client(&[(None, &server)]).look_cluster().await;
        match (believed, look) {
            (true, Ok(look)) => assert!(look.guests.is_empty() && look.nodes.len() == 1),
            (false, Err(LookError::NoRights { why, .. })) => assert!(why.contains("VM.Audit"), "{why}"),
            (_, look) => panic!("{rights}: {look:?}"),
        }
    }
}

#[tokio::test]
async fn snapshots_and_updates_are_listed() {
    let server = Server::start(|request| match request.path.strip_prefix("/api2/json").unwrap() {
        "/nodes/atlas/qemu/100/snapshot" => Reply::data(
            r#"[{"name":"late","snaptime":"1795447450","description":"b","vmstate":1,"parent":"early"},
                {"name":"early","snaptime":1795447440,"description":""},{"snaptime":1},
                {"name":"current","description":"You are here!","running":1,"parent":"late"}]"#,
        ),
        "/nodes/atlas/apt/update" => Reply::data(r#"[{"Package":"a"},{"Package":"b"}]"#),
        _ => Reply::bare(403, "Permission check failed (/nodes/forge, Sys.Modify)"),
    })
    .await;
    let client = client(&[(Some("atlas"), &server)]);
    let snapshots = client
        .look_snapshots(&node("atlas"), GuestKind::Qemu, vmid(100))
        .await
        .unwrap();
    let told: Vec<_> = snapshots
        .iter()
        .map(|s| {
            (
                s.name.as_str(),
                s.memory,
                s.parent.as_deref(),
                s.taken_at.map(jarvis_model::Timestamp::as_secs),
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("early", false, None, Some(1_795_447_440)),
            ("late", true, Some("early"), Some(1_795_447_450)),
        ]
    );
    assert_eq!(client.look_updates(&node("atlas")).await.unwrap(), 2);
    let refused = client.look_updates(&node("forge")).await;
    assert!(matches!(refused, Err(LookError::NoRights { .. })), "{refused:?}");
}

#[tokio::test]
async fn tasks_of_others_are_hidden_without_a_word_so_the_right_is_asked_for() {
    for (rights, may) in [
        (r#"{"/nodes/atlas":{"Sys.Audit":1,"VM.Audit":1}}"#, true),
        (r#"{"/nodes/atlas":{"Sys.Audit":0}}"#, true),
        (r#"{"/nodes/atlas":{"VM.Audit":1}}"#, false),
        (r#"{"/nodes/forge":{"Sys.Audit":1}}"#, false),
        ("{}", false),
    ] {
        let server = Server::start(move |seen| match seen.path.as_str() {
            "/api2/json/access/permissions?path=%2Fnodes%2Fatlas" => Reply::data(rights),
            other => panic!("{other}"),
        })
        .await;
        let seen = client(&[(None, &server)]).may_see_tasks(&node("atlas")).await;
        match (may, seen) {
            (true, Ok(())) => {}
            (false, Err(LookError::NoRights { why, .. })) => {
                assert!(why.contains("Sys.Audit on /nodes/atlas"), "{why}");
            }
            (_, seen) => panic!("{rights}: {seen:?}"),
        }
    }
}
