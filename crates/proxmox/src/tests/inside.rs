//! Programs inside guests, through their agents.

use super::{
    client, node,
    server::{Reply, Seen, Server},
    vmid,
};
use jarvis_model::{Effect, Host, HostVerb, Reach, ServiceStatus, ServiceUnit, ServiceVerb, Timestamp};
use jarvis_ports::{
    Accepted, Clock as _, HostAnswer, HostRead, Hypervisor as _, LookError, PerformError, SystemClock,
};
use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

/// An agent that starts processes 1, 2, 3 …, each of which ends at the second look with this.
async fn agent(ended: impl Fn(u64) -> String + Send + Sync + 'static) -> Server {
    let (started, looks) = (AtomicU64::new(0), AtomicU64::new(0));
    Server::start(move |seen: &Seen| {
        let exec = "/api2/json/nodes/atlas/qemu/101/agent/exec";
        match (seen.method.as_str(), seen.path.as_str()) {
            ("POST", path) if path == exec => {
                let pid = started.fetch_add(1, Ordering::SeqCst) + 1;
                Reply::data(&format!(r#"{{"pid":{pid}}}"#))
            }
            ("GET", path) => {
                let pid = path
                    .strip_prefix(&format!("{exec}-status?pid="))
                    .unwrap()
                    .parse()
                    .unwrap();
                if looks.fetch_add(1, Ordering::SeqCst).is_multiple_of(2) {
                    Reply::data(r#"{"exited":0}"#)
                } else {
                    Reply::data(&ended(pid))
                }
            }
            other => panic!("{other:?}"),
        }
    })
    .await
}

fn unit(name: &str) -> HostRead {
    HostRead::Service(ServiceUnit::Systemd(name.to_owned()))
}

fn restart(name: &str) -> Effect {
    Effect::Host {
        host: Host::Guest(vmid(101)),
        node: Some(node("atlas")),
        reach: Reach::GuestAgent,
        request: HostVerb::Service {
            verb: ServiceVerb::Restart,
            unit: ServiceUnit::Systemd(name.to_owned()),
        },
    }
}

fn soon() -> Timestamp {
    SystemClock.now() + Duration::from_mins(1)
}

#[tokio::test]
async fn a_guest_is_read_through_its_agent() {
    let server = agent(|_| {
        r#"{"exited":1,"exitcode":0,"out-data":"LoadState=loaded\nActiveState=failed\nSubState=failed\n"}"#
            .to_owned()
    })
    .await;
    let client = client(&[(Some("atlas"), &server)]);
    let status = client
        .read_by_agent(&node("atlas"), vmid(101), &unit("a b"))
        .await
        .unwrap();
    assert_eq!(
        status,
        HostAnswer::Service(ServiceStatus::Down("failed".to_owned()))
    );
    assert_eq!(
        server.seen()[0].body,
        "command=timeout&command=-k&command=2&command=10&command=systemctl&command=show&\
         command=--property%3DLoadState%2CActiveState%2CSubState&command=--&command=a%20b"
    );

    // Three programs, one after the other.
    let server = agent(|pid| match pid {
        1 => r#"{"exited":true,"exitcode":127,"err-data":"no sensors"}"#.to_owned(),
        2 => r#"{"exited":true,"exitcode":0,"out-data":"4\n"}"#.to_owned(),
        _ => r#"{"exited":true,"exitcode":"0","out-data":"0.5 0 0 1/1 1\n77.1 1\n"}"#.to_owned(),
    })
    .await;
    let client = super::client(&[(Some("atlas"), &server)]);
    let HostAnswer::Figures(figures) = client
        .read_by_agent(&node("atlas"), vmid(101), &HostRead::Figures)
        .await
        .unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (figures.load, figures.cores, figures.uptime_secs),
        (Some(0.5), Some(4), Some(77))
    );

    let option = client
        .read_by_agent(&node("atlas"), vmid(101), &unit("-x"))
        .await
        .unwrap_err();
    assert!(option.to_string().contains("nothing was run"), "{option}");
}

#[tokio::test]
async fn an_agent_that_does_not_answer_is_told_as_such() {
    for (reason, words) in [
        ("QEMU guest agent is not running", "the agent of guest 101"),
        ("No QEMU guest agent configured", "qemu-guest-agent"),
        ("VM 101 is not running", "VM 101 is not running"),
    ] {
        let server = Server::start(move |_| Reply::bare(500, reason)).await;
        let client = client(&[(Some("atlas"), &server)]);
        let error = client
            .read_by_agent(&node("atlas"), vmid(101), &unit("nginx"))
            .await
            .unwrap_err();
        assert!(
            matches!(error, LookError::Unreachable { .. }) && error.to_string().contains(words),
            "{error}"
        );
    }
    for data in [
        "null",
        "{}",
        r#"{"pid":-1}"#,
        r#"{"result":{"error":{"class":"Unsupported"}}}"#,
    ] {
        let server = Server::start(move |_| Reply::data(data)).await;
        let client = client(&[(Some("atlas"), &server)]);
        let error = client
            .read_by_agent(&node("atlas"), vmid(101), &unit("nginx"))
            .await
            .unwrap_err();
        assert!(matches!(error, LookError::Malformed { .. }), "{data}: {error}");
    }
}

#[tokio::test]
async fn a_program_inside_a_guest_is_run_once_and_seen_through() {
    let posts = |server: &Server| server.seen().iter().filter(|seen| seen.method == "POST").count();
    let server = agent(|_| r#"{"exited":1,"exitcode":0}"#.to_owned()).await;
    let client = client(&[(Some("atlas"), &server)]);
    assert_eq!(
        client.send(&restart("nginx"), soon()).await.unwrap(),
        Accepted::default()
    );
    assert_eq!(
        server.seen()[0].body,
        "command=systemctl&command=--no-ask-password&command=restart&command=--&command=nginx"
    );
    assert_eq!(posts(&server), 1);
    for unfit in [restart("-x"), restart("a\nb")] {
        let refused = client.send(&unfit, soon()).await;
        assert!(
            matches!(refused, Err(PerformError::Rejected { retryable: false, .. })),
            "{refused:?}"
        );
    }
    let lapsed = client.send(&restart("nginx"), SystemClock.now()).await;
    assert!(matches!(lapsed, Err(PerformError::Rejected { .. })), "{lapsed:?}");
    assert_eq!(posts(&server), 1);

    let server =
        agent(|_| r#"{"exited":1,"exitcode":5,"err-data":"Unit nginx not found.\n"}"#.to_owned()).await;
    let client = super::client(&[(Some("atlas"), &server)]);
    let Err(PerformError::Failed { text }) = client.send(&restart("nginx"), soon()).await else {
        panic!()
    };
    assert!(
        text.contains("on guest 101") && text.ends_with("exit code 5: Unit nginx not found."),
        "{text}"
    );

    // It never ends, the agent goes away while it runs, or nobody knows whether it was heard: unknown, and not said twice.
    for (first, then) in [
        (Reply::data(r#"{"pid":1}"#), Reply::data(r#"{"exited":0}"#)),
        (
            Reply::data(r#"{"pid":1}"#),
            Reply::bare(500, "QEMU guest agent is not running"),
        ),
        (
            Reply::bare(500, "VM 101 qmp command 'guest-exec' failed - got timeout"),
            Reply::Close,
        ),
        (Reply::bare(596, "Connection timed out"), Reply::Close),
        (Reply::data("null"), Reply::Close),
    ] {
        let shown = format!("{first:?}");
        let server = Server::start(move |seen| match seen.method.as_str() {
            "POST" => first.clone(),
            _ => then.clone(),
        })
        .await;
        let client = super::client(&[(Some("atlas"), &server)]);
        let result = client.send(&restart("nginx"), soon()).await;
        assert!(
            matches!(result, Err(PerformError::Unknown { .. })),
            "{shown}: {result:?}"
        );
        assert_eq!(posts(&server), 1, "{shown}");
    }
    let server = Server::start(|_| Reply::bare(500, "QEMU guest agent is not running")).await;
    let refused = super::client(&[(Some("atlas"), &server)])
        .send(&restart("nginx"), soon())
        .await;
    assert!(
        matches!(refused, Err(PerformError::Rejected { .. })),
        "{refused:?}"
    );
}
