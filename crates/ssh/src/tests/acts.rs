//! Acts, and the journal.

use super::{forge, node, options, server::Server, ssh, until};
use crate::{JournalUse, Ssh};
use jarvis_model::{Effect, Host, HostVerb, Reach, ServiceUnit, ServiceVerb, Timestamp};
use jarvis_ports::{Accepted, Clock as _, HostShell as _, PerformError, SystemClock};
use std::{sync::Arc, time::Duration};
use tokio::sync::mpsc;

fn soon() -> Timestamp {
    SystemClock.now() + Duration::from_mins(1)
}

fn effect(request: HostVerb) -> Effect {
    Effect::Host {
        host: forge(),
        node: Some(node("forge")),
        reach: Reach::Ssh,
        request,
    }
}

fn restart(name: &str) -> Effect {
    effect(HostVerb::Service {
        verb: ServiceVerb::Restart,
        unit: ServiceUnit::Systemd(name.to_owned()),
    })
}

#[track_caller]
fn rejected(result: Result<Accepted, PerformError>, again: bool) -> String {
    match result {
        Err(PerformError::Rejected { text, retryable }) if retryable == again => text,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_command_is_run_once_or_not_at_all() {
    let mut server = Server::start();
    server.stub(
        "systemctl",
        "echo \"$@\" >> $STUBS/asked; case \"$*\" in *broken*) echo no such unit >&2; exit 5;; esac",
    );
    let ssh = ssh(&server);
    assert_eq!(
        ssh.send(&restart("nginx"), soon()).await.unwrap(),
        Accepted::default()
    );
    assert_eq!(server.text("asked"), "--no-ask-password restart -- nginx\n");
    let Err(PerformError::Failed { text }) = ssh.send(&restart("broken"), soon()).await else {
        panic!()
    };
    assert!(
        text.contains("on node forge") && text.ends_with("exit code 5: no such unit"),
        "{text}"
    );
    let command = |argv: &[&str]| {
        effect(HostVerb::Command {
            argv: argv.iter().map(|word| (*word).to_owned()).collect(),
        })
    };
    ssh.send(&command(&["systemctl", "a b", "$(x)"]), soon())
        .await
        .unwrap();
    assert!(server.text("asked").ends_with("a b $(x)\n"));

    let asked = server.text("asked");
    let lapsed = rejected(ssh.send(&restart("nginx"), SystemClock.now()).await, true);
    assert!(
        lapsed.contains("lapsed") && lapsed.ends_with("nothing was run"),
        "{lapsed}"
    );
    for bad in [
        restart("--now"),
        restart(""),
        command(&[]),
        command(&["a\nb"]),
        command(&["-x"]),
    ] {
        assert!(rejected(ssh.send(&bad, soon()).await, false).ends_with("nothing was run"));
    }
    let elsewhere = Effect::Host {
        host: Host::Named("other".to_owned()),
        node: None,
        reach: Reach::Ssh,
        request: HostVerb::Command {
            argv: vec!["true".to_owned()],
        },
    };
    assert!(rejected(ssh.send(&elsewhere, soon()).await, false).contains("jarvis.yaml"));
    server.write("authorized", "");
    let refused = rejected(super::ssh(&server).send(&restart("nginx"), soon()).await, false);
    assert!(refused.contains("authorized_keys"), "{refused}");
    server.end();
    rejected(super::ssh(&server).send(&restart("nginx"), soon()).await, true);
    assert_eq!(server.text("asked"), asked);
}

#[tokio::test]
async fn a_command_whose_end_is_not_seen_is_unknown() {
    let mut server = Server::start();
    server.stub("systemctl", "echo once >> $STUBS/asked; exec sleep 1000");
    let mut limited = options(&server);
    limited.limits.act = Duration::from_secs(1);
    let Err(PerformError::Unknown { text }) = Ssh::new(limited).send(&restart("nginx"), soon()).await else {
        panic!()
    };
    assert!(text.contains("did not end within 1s"), "{text}");
    assert_eq!(server.text("asked"), "once\n");

    let ssh = ssh(&server);
    let nginx = restart("nginx");
    let (result, ()) = tokio::join!(ssh.send(&nginx, soon()), async {
        until("it runs", || server.text("asked") == "once\nonce\n").await;
        server.end();
    });
    let Err(PerformError::Unknown { text }) = result else {
        panic!("{result:?}")
    };
    assert!(text.contains("whether it was done is not known"), "{text}");
}

#[tokio::test]
async fn a_node_sends_the_packet() {
    let server = Server::start();
    server.stub("perl", "shift; shift; echo \"$@\" > $STUBS/asked");
    let wake = |via: Option<&str>, mac: &str| Effect::Wake {
        node: node("atlas"),
        mac: mac.to_owned(),
        broadcast: Some([10, 0, 0, 255].into()),
        via: via.map(node),
    };
    let ssh = ssh(&server);
    ssh.send(&wake(Some("forge"), "aa:bb:cc:dd:ee:ff"), soon())
        .await
        .unwrap();
    assert_eq!(server.text("asked"), "aa:bb:cc:dd:ee:ff 10.0.0.255\n");
    rejected(ssh.send(&wake(Some("forge"), "aa"), soon()).await, false);
    rejected(ssh.send(&wake(None, "aa:bb:cc:dd:ee:ff"), soon()).await, false);
    // The real perl, as far as its syntax goes.
    std::fs::remove_file(server.folder.join("bin/perl")).unwrap();
    let none = Effect::Wake {
        node: node("atlas"),
        mac: "aa:bb:cc:dd:ee:ff".to_owned(),
        broadcast: Some([127, 0, 0, 1].into()),
        via: Some(node("forge")),
    };
    ssh.send(&none, soon()).await.unwrap();
}

#[tokio::test]
async fn the_journal_is_followed_and_taken_up_again() {
    let mut server = Server::start();
    server.stub("journalctl", "echo \"$@\" > $STUBS/asked; echo x >> $STUBS/followed; echo 'nothing of interest'; echo \"Starting cleanup for $(cat $STUBS/vmid)\"; exec sleep 1000");
    server.write("vmid", "101");
    let ssh = Arc::new(ssh(&server));
    let (news, mut heard) = mpsc::channel(10);
    ssh.follow(vec![node("forge")], news.clone()).await;
    assert!(
        heard.is_empty() && server.text("asked").is_empty(),
        "followed without being told to"
    );

    let mut options = options(&server);
    options.journal = JournalUse::Follow;
    let ssh = Arc::new(Ssh::new(options));
    let following = tokio::spawn({
        let ssh = Arc::clone(&ssh);
        async move { ssh.follow(vec![node("forge"), node("atlas")], news).await }
    });
    let first = heard.recv().await.unwrap();
    assert_eq!(
        (first.node, first.vmid.unwrap().to_string(), first.line.as_str()),
        (node("forge"), "101".to_owned(), "Starting cleanup for 101")
    );
    assert_eq!(
        server.text("asked").trim(),
        "--follow --lines=0 --quiet --no-pager --output=cat -t qmeventd -t systemd"
    );
    // Reads go on beside it, on the same connection.
    server.stub("systemctl", super::ACTIVE);
    super::look(&ssh, "nginx").await.unwrap();
    assert_eq!(server.logins(), 1);

    server.write("vmid", "102");
    server.again();
    assert_eq!(heard.recv().await.unwrap().vmid.unwrap().to_string(), "102");
    drop(heard);
    tokio::time::timeout(Duration::from_secs(20), following)
        .await
        .expect("it should end")
        .unwrap();
}
