//! Writes: sent once, to one entry point, and never told better than known.

use super::{
    client, closed_port, node, options,
    server::{Reply, Server},
    short, vmid,
};
use crate::{EntryPoint, Proxmox};
use jarvis_model::{Effect, GuestKind, GuestVerb, NodeVerb, Timestamp};
use jarvis_ports::{Accepted, Clock as _, Hypervisor as _, LookError, PerformError, SystemClock};
use std::{sync::Arc, time::Duration};

const UPID: &str = "UPID:atlas:00000B70:0003EDD9:6B045A8F:qmstart:101:jarvis@pve!acts:";

fn start() -> Effect {
    guest(GuestVerb::Start)
}

fn guest(request: GuestVerb) -> Effect {
    Effect::Guest {
        node: node("atlas"),
        kind: GuestKind::Qemu,
        vmid: vmid(101),
        request,
    }
}

fn soon() -> Timestamp {
    SystemClock.now() + Duration::from_mins(1)
}

async fn send_once(reply: Reply) -> (Result<Accepted, PerformError>, Server) {
    let server = Server::start(move |_| reply.clone()).await;
    let client = client(&[(Some("atlas"), &server)]);
    (client.send(&start(), soon()).await, server)
}

#[tokio::test]
async fn an_accepted_write_gives_its_task() {
    let (result, server) = send_once(Reply::data(&format!("\"{UPID}\""))).await;
    assert_eq!(result.unwrap().upid.unwrap().as_str(), UPID);
    let seen = &server.seen()[0];
    assert_eq!(
        (seen.method.as_str(), seen.path.as_str()),
        ("POST", "/api2/json/nodes/atlas/qemu/101/status/start")
    );
    let head = seen.head.to_lowercase();
    assert!(
        head.contains("content-length: 0") && !head.contains("chunked"),
        "{head}"
    );
}

#[tokio::test]
async fn parameters_go_as_a_form() {
    let server = Server::start(|_| Reply::data("null")).await;
    let client = client(&[(Some("atlas"), &server)]);
    let reboot = Effect::Node {
        node: node("atlas"),
        request: NodeVerb::Reboot,
    };
    assert_eq!(client.send(&reboot, soon()).await.unwrap(), Accepted::default());
    let seen = &server.seen()[0];
    assert_eq!(
        (seen.path.as_str(), seen.body.as_str()),
        ("/api2/json/nodes/atlas/status", "command=reboot")
    );
    assert!(
        seen.head
            .to_lowercase()
            .contains("content-type: application/x-www-form-urlencoded"),
        "{}",
        seen.head
    );
    let shutdown = client
        .send(&guest(GuestVerb::Shutdown { timeout_secs: 90 }), soon())
        .await;
    assert!(
        matches!(shutdown, Err(PerformError::Unknown { .. })),
        "no task id: {shutdown:?}"
    );
    assert_eq!(server.seen()[1].body, "timeout=90");
}

#[tokio::test]
async fn whatever_happens_after_sending_is_unknown_and_never_repeated() {
    let half = b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{\"data\":\"UPID".to_vec();
    for reply in [
        Reply::Close,
        Reply::Silence,
        Reply::Raw(half),
        Reply::RawThenSilence(b"HTTP/1.1 2".to_vec()),
        Reply::Raw(b"nonsense\r\n\r\n".to_vec()),
        Reply::Whole(200, "OK", "<html>".to_owned()),
        Reply::bare(595, "Connection refused"),
        Reply::bare(596, "Connection timed out"),
        Reply::bare(597, "x"),
        Reply::bare(598, "x"),
        Reply::bare(599, "Too many redirections"),
        Reply::bare(504, "Gateway Timeout"),
    ] {
        let (result, server) = send_once(reply.clone()).await;
        let Err(PerformError::Unknown { text }) = result else {
            panic!("{reply:?}: {result:?}")
        };
        assert!(text.starts_with("start qemu 101 on atlas: "), "{text}");
        assert_eq!(server.count(), 1, "{reply:?} must not lead to a second request");
    }
}

#[tokio::test]
async fn a_write_never_goes_out_on_a_connection_that_may_be_dead() {
    // The connection of the look is kept by the client and closed by the server; the write opens its own.
    let server = Server::start(|seen| match seen.method.as_str() {
        "GET" => {
            Reply::Raw(b"HTTP/1.1 200 OK\r\nContent-Length: 21\r\n\r\n{\"data\":{\"uptime\":1}}".to_vec())
        }
        _ => Reply::data(&format!("\"{UPID}\"")),
    })
    .await;
    let client = client(&[(Some("atlas"), &server)]);
    client.look_node(&node("atlas")).await.unwrap();
    client.send(&start(), soon()).await.unwrap();
    assert_eq!(
        server.seen().iter().filter(|seen| seen.method == "POST").count(),
        1
    );
}

#[tokio::test]
async fn a_refusal_is_rejected_with_its_text() {
    let lock =
        r#"{"data":null,"message":"can't lock file '/var/lock/qemu-server/lock-101.conf' - got timeout\n"}"#;
    for (reply, words, passing) in [
        (Reply::Whole(500, "x", lock.to_owned()), "can't lock file", true),
        (
            Reply::bare(500, "cluster not ready - no quorum?"),
            "no quorum?",
            false,
        ),
        (
            Reply::bare(403, "Permission check failed (/vms/101, VM.PowerMgmt)"),
            "VM.PowerMgmt",
            false,
        ),
        (
            Reply::bare(401, "Authentication failed!"),
            "Authentication failed!",
            false,
        ),
    ] {
        let (result, _server) = send_once(reply).await;
        let Err(PerformError::Rejected { text, retryable }) = result else {
            panic!("{words}: {result:?}")
        };
        assert!(text.contains(words), "{text}");
        assert_eq!(retryable, passing, "{text}");
    }
}

#[tokio::test]
async fn what_was_not_sent_is_rejected_and_may_be_tried_later() {
    let port = closed_port().await;
    let alone = EntryPoint::new(Some("atlas"), &format!("http://127.0.0.1:{port}")).unwrap();
    let client = Proxmox::new(options(vec![alone])).unwrap();
    let Err(PerformError::Rejected {
        text,
        retryable: true,
    }) = client.send(&start(), soon()).await
    else {
        panic!("must be rejected")
    };
    assert!(
        text.contains("refused") && text.contains("nothing was sent"),
        "{text}"
    );
}

#[tokio::test]
async fn a_peer_that_accepts_and_stays_silent_before_tls_was_not_sent_anything() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let point = EntryPoint::new(Some("atlas"), &url).unwrap();
    let mut options = options(vec![point]);
    options.tls = crate::Tls::Insecure;
    let client = Proxmox::new(options).unwrap();
    let result = client.send(&start(), soon()).await;
    assert!(
        matches!(result, Err(PerformError::Rejected { retryable: true, .. })),
        "{result:?}"
    );
}

#[tokio::test]
async fn a_write_goes_to_the_nodes_own_entry_point_and_to_another_only_instead() {
    let own = Server::start(|_| Reply::data(&format!("\"{UPID}\""))).await;
    let other = Server::start(|_| Reply::data(&format!("\"{UPID}\""))).await;
    let client = client(&[(Some("home"), &other), (Some("atlas"), &own)]);
    client.send(&start(), soon()).await.unwrap();
    assert_eq!((own.count(), other.count()), (1, 0));

    // Its own does not answer: unknown, and nobody else is asked.
    let own = Server::start(|_| Reply::Silence).await;
    let client = super::client(&[(Some("home"), &other), (Some("atlas"), &own)]);
    assert!(matches!(
        client.send(&start(), soon()).await,
        Err(PerformError::Unknown { .. })
    ));
    assert_eq!((own.count(), other.count()), (1, 0));
    // Put aside now: the next one goes through the other.
    client.send(&start(), soon()).await.unwrap();
    assert_eq!((own.count(), other.count()), (1, 1));
}

#[tokio::test]
async fn a_lapsed_permit_sends_nothing() {
    let server = Server::start(|_| Reply::data(&format!("\"{UPID}\""))).await;
    let client = client(&[(Some("atlas"), &server)]);
    let Err(PerformError::Rejected {
        text,
        retryable: true,
    }) = client.send(&start(), SystemClock.now()).await
    else {
        panic!("must be rejected")
    };
    assert!(text.contains("lapsed"), "{text}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn a_permit_may_lapse_while_waiting_for_a_slot() {
    let server = Server::start(|_| Reply::Silence).await;
    let client = Arc::new(client(&[(Some("atlas"), &server)]));
    let mut busy = tokio::task::JoinSet::new();
    for _ in 0..2 {
        let client = Arc::clone(&client);
        busy.spawn(async move { client.look_node(&node("atlas")).await });
    }
    server.until(2).await;
    let lapses = SystemClock.now() + Duration::from_millis(100);
    let result = client.send(&start(), lapses).await;
    assert!(
        matches!(result, Err(PerformError::Rejected { retryable: true, .. })),
        "{result:?}"
    );
    assert!(server.seen().iter().all(|seen| seen.method == "GET"));
    assert!(
        short().look > Duration::from_millis(100),
        "the slots were taken all the time"
    );
    while let Some(result) = busy.join_next().await {
        assert!(matches!(result, Ok(Err(LookError::Unreachable { .. }))));
    }
}

#[tokio::test]
async fn a_snapshot_name_that_is_a_path_is_refused_unsent() {
    let server = Server::start(|_| Reply::data(&format!("\"{UPID}\""))).await;
    let client = client(&[(Some("atlas"), &server)]);
    for name in ["..", ".", "", "a", "1st", "a/b", "ä1", &"a".repeat(41)] {
        let result = client
            .send(
                &guest(GuestVerb::Rollback {
                    snapshot: name.to_owned(),
                }),
                soon(),
            )
            .await;
        assert!(
            matches!(result, Err(PerformError::Rejected { retryable: false, .. })),
            "{name:?}: {result:?}"
        );
    }
    client
        .send(
            &guest(GuestVerb::Snapshot {
                snapshot: "before-upgrade_1".to_owned(),
            }),
            soon(),
        )
        .await
        .unwrap();
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn the_watchdogs_door_names_its_one_guest_and_two_requests() {
    use crate::watchdog::{Deed, WatchdogDoor};
    let server = Server::start(|_| Reply::data(&format!("\"{UPID}\""))).await;
    let point = EntryPoint::new(Some("atlas"), &server.url()).unwrap();
    let door = WatchdogDoor::new(options(vec![point]), vmid(103)).unwrap();
    for deed in [Deed::Reset, Deed::Start] {
        assert!(door.carry_out(deed, &node("atlas")).await.unwrap().upid.is_some());
    }
    let seen: Vec<String> = server
        .seen()
        .iter()
        .map(|seen| format!("{} {}", seen.method, seen.path))
        .collect();
    assert_eq!(
        seen,
        [
            "POST /api2/json/nodes/atlas/qemu/103/status/reset",
            "POST /api2/json/nodes/atlas/qemu/103/status/start"
        ]
    );
}
