//! What a console lacks, who may see it, and when it is over. Knows nothing of what is spoken in one.

use super::*;
use crate::tests::server::{Reply, Server};
use jarvis_model::{NodeName, Usage};
use jarvis_ports::terminal::{Input, Output};
use serde_json::json;
use std::sync::atomic::{AtomicUsize, Ordering};

#[test]
fn what_a_guest_lacks_for_a_console_is_said_before_it_is_opened() {
    let vmid = Vmid::new(101).unwrap();
    let lacks = |status: Value, kind| super::lacks(&status, kind, vmid);
    let machine = json!({"status": "running", "serial": 1});
    assert_eq!(lacks(machine, GuestKind::Qemu), None);
    let without = lacks(json!({"status": "running"}), GuestKind::Qemu).unwrap();
    assert!(
        without.contains("no serial port") && without.contains("qm set 101 --serial0 socket"),
        "{without}"
    );
    assert_eq!(lacks(json!({"status": "running"}), GuestKind::Lxc), None);
    let stopped = lacks(json!({"status": "stopped", "serial": 1}), GuestKind::Qemu).unwrap();
    assert!(stopped.contains("is stopped"), "{stopped}");
}

#[tokio::test]
async fn a_guest_that_stops_or_goes_ends_its_console() {
    for (answers, why) in [
        (
            [Reply::data(r#"{"status":"running"}"#), Reply::data(r#"{"status":"stopped"}"#)],
            "the guest is stopped; start it first",
        ),
        (
            [
                Reply::Close,
                Reply::Raw(
                    b"HTTP/1.1 500 Configuration file 'nodes/atlas/lxc/101.conf' does not exist\r\nConnection: close\r\n\r\n"
                        .to_vec(),
                ),
            ],
            "the guest is not on atlas any more",
        ),
    ] {
        let asked = AtomicUsize::new(0);
        let server = Server::start(move |_| {
            // The last answer stays.
            answers[asked.fetch_add(1, Ordering::SeqCst).min(1)].clone()
        })
        .await;
        let client = Arc::new(crate::tests::client(&[(Some("atlas"), &server)]));
        let row = GuestRow {
            vmid: Vmid::new(101).unwrap(),
            kind: GuestKind::Lxc,
            node: NodeName::new("atlas").unwrap(),
            name: None,
            status: "running".to_owned(),
            uptime_secs: None,
            template: false,
            lock: None,
            ha_state: None,
            tags: Vec::new(),
            usage: Usage::default(),
        };
        let over = timeout(Duration::from_secs(20), over(client, row, Duration::from_millis(5))).await;
        assert_eq!(over.unwrap(), why);
    }
}

#[test]
fn the_recorded_answer_is_read_its_port_being_a_text() {
    let recorded = json!({
        "upid": "UPID:pve:00000C08:0000D2D8:5FBE5E73:vncproxy:100:root@pam:",
        "user": "root@pam", "ticket": "PVEVNC:5FBE5E73::EXAMPLE==", "port": "5901"
    });
    let waiting = waiting(&recorded).unwrap();
    assert_eq!(
        (waiting.user.as_str(), waiting.ticket.as_str(), waiting.port),
        ("root@pam", "PVEVNC:5FBE5E73::EXAMPLE==", 5901)
    );
    for missing in ["user", "ticket", "port"] {
        let mut answer = recorded.clone();
        answer.as_object_mut().unwrap().remove(missing);
        assert!(super::waiting(&answer).is_none(), "{missing}");
    }
    assert!(super::waiting(&json!({"user": "a", "ticket": "b", "port": 70_000})).is_none());
}

#[test]
fn who_may_not_is_told_what_grants_it() {
    assert_eq!(
        of("jarvis@pve!act"),
        "--users jarvis@pve --tokens 'jarvis@pve!act'"
    );
    assert_eq!(of("jarvis@pve"), "--users jarvis@pve");
    let vmid = Vmid::new(101).unwrap();
    let token = not_let_in(vmid, "jarvis@pve!act", &NotLetIn::Closed).to_string();
    let user = not_let_in(vmid, "jarvis@pve", &NotLetIn::Closed).to_string();
    assert!(
        token.contains("qemu-server 9.1.7") && !user.contains("qemu-server"),
        "{token}; {user}"
    );
}

/// A genuine node, where one is at hand: `JARVIS_PVE_CONSOLE="https://NODE:8006 FINGERPRINT TOKEN VMID"`, the guest having a
/// shell or a log-in on its console.
#[tokio::test]
async fn a_genuine_node_shows_the_console_of_a_guest() {
    let Some(named) = std::env::var_os("JARVIS_PVE_CONSOLE") else {
        println!("not run: JARVIS_PVE_CONSOLE names no node");
        return;
    };
    let named = named.into_string().unwrap();
    let [url, fingerprint, token, vmid] = named.split(' ').collect::<Vec<_>>()[..] else {
        panic!("JARVIS_PVE_CONSOLE is URL FINGERPRINT TOKEN VMID");
    };
    let entry = crate::EntryPoint::new(None, url).unwrap();
    let tls = crate::Tls::pinned([fingerprint]).unwrap();
    let token = crate::Token::parse(token).unwrap();
    let public = token.public().to_owned();
    let options = crate::Options::new("genuine", vec![entry], token, tls).unwrap();
    let consoles = Consoles::new(Arc::new(Proxmox::new(options).unwrap()));
    let host = Host::Guest(Vmid::new(vmid.parse().unwrap()).unwrap());
    let mut opened = consoles.open(&host, Size::new(120, 32).unwrap()).await.unwrap();
    assert_eq!(opened.user, public);
    // Whatever is there answers to Return, and a long line comes back whole.
    let line = "jarvis ".repeat(20);
    for typed in ["\r", &line, "\r"] {
        opened.input.send(Input::Bytes(typed.into())).await.unwrap();
    }
    let mut shown = String::new();
    let answered = async {
        while !shown.contains("jarvis") {
            match opened.output.recv().await {
                Some(Output::Bytes(bytes)) => shown.push_str(&String::from_utf8_lossy(&bytes)),
                other => panic!("{other:?} after {shown:?}"),
            }
        }
    };
    let answered = timeout(Duration::from_secs(20), answered).await;
    println!("{shown}");
    assert!(answered.is_ok(), "nothing came back");
}
