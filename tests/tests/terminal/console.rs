//! Consoles of guests that SSH does not reach, through the simulated cluster: the same ends, bounds and records as over SSH.

use super::rig::{HELD, Lab, is_alone, resident_bytes, soon};
use jarvis_api::TerminalOptions;
use jarvis_controller::Person;
use jarvis_model::{Door, Event, FreezeScope, Role};
use jarvis_simulator::{Fault, Tokens};
use serde_json::json;
use std::time::Duration;

async fn lab() -> Lab {
    Lab::showing(|Tokens { full, .. }| full, TerminalOptions::default()).await
}

/// How the tasks of consoles stand: the guest, who began it, and how it ended if it did.
fn tasks(lab: &Lab) -> Vec<(String, String, Option<String>)> {
    lab.rig.simulator.handle().with_world(|world| {
        let of_consoles = world.tasks.values().filter(|task| task.kind == "vncproxy");
        of_consoles
            .map(|task| {
                let end = task.end.as_ref().map(|end| end.status.clone());
                (task.id.clone(), task.user.clone(), end)
            })
            .collect()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guest_that_ssh_does_not_reach_shows_its_console() {
    let lab = lab().await;
    let token = lab.token("ops", Role::Operator).await;
    let path = "/terminal/homelab/guest/102?cols=60&rows=12";
    let mut client = lab.socket(&token, path).await;
    let ready = client.ready().await;
    assert_eq!(
        (ready["target"].as_str(), ready["user"].as_str()),
        (Some("guest/102"), Some("root@pam!full"))
    );
    client
        .until("starting serial terminal on interface serial0\r\n")
        .await;
    client.until(":~# ").await;
    client.type_in("echo 漢🙂 0:5:2\r").await;
    client.until("\r\n漢🙂 0:5:2\r\n").await;
    client.type_in("top\r").await;
    // A whole picture of each size that is told.
    for (cols, rows) in [(60, 5), (44, 3)] {
        client
            .say(json!({ "type": "resize", "cols": cols, "rows": rows }))
            .await;
        loop {
            client.until("\x1b[H").await;
            let picture = String::from_utf8(client.until("\x1b[J").await).unwrap();
            let lines: Vec<&str> = picture.trim_end_matches("\x1b[J").split("\x1b[K\r\n").collect();
            let widest = lines
                .iter()
                .map(|line| line.trim_end_matches("\x1b[K").chars().count())
                .max();
            if lines.len() == rows && widest <= Some(cols) {
                break;
            }
        }
    }
    client.type_in("q").await;
    client.until(":~# ").await;
    // Logging out ends no console: the next one is asked for.
    client.type_in("exit\r").await;
    client.until(":~# ").await;
    assert_eq!(
        tasks(&lab),
        [("102".to_owned(), "root@pam!full".to_owned(), None)]
    );
    client.say(json!({ "type": "close" })).await;
    client.end().await;
    soon("the end of the task", async {
        while tasks(&lab)[0].2.as_deref() != Some("OK") {
            tokio::task::yield_now().await;
        }
    })
    .await;
    // Containers too; and where SSH is configured, it is SSH.
    lab.console(&token, 201).await.leave().await;
    let mut over_ssh = lab
        .socket(&token, "/terminal/homelab/guest/101?cols=80&rows=24")
        .await;
    assert_eq!(
        over_ssh.ready().await["user"],
        lab.server.endpoint().user.as_str()
    );
    let nodes_have_none = lab
        .socket(&token, "/terminal/homelab/atlas?cols=80&rows=24")
        .await
        .error()
        .await;
    assert_eq!(nodes_have_none, "JV4002");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_is_on_record_and_recorded_as_every_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let options = TerminalOptions {
        recordings: Some(folder.path().join("recordings")),
        ..TerminalOptions::default()
    };
    let lab = Lab::showing(|Tokens { full, .. }| full, options).await;
    let token = lab.token("ops", Role::Operator).await;
    let mut client = lab.console(&token, 201).await;
    client.type_in("echo seen\r").await;
    client.until("\r\nseen\r\n").await;
    client.say(json!({ "type": "close" })).await;
    client.end().await;
    assert_eq!(lab.closing().await, "closed");
    let records = lab.records();
    let [opened, closed] = records.as_slice() else {
        panic!("{records:?}")
    };
    assert!(opened.record.event.is_audit() && closed.record.event.is_audit());
    let Event::TerminalOpened {
        user,
        host,
        login,
        recording,
        ..
    } = &opened.record.event
    else {
        panic!()
    };
    assert_eq!(
        (user.as_str(), host.to_string().as_str(), login.as_str()),
        ("token:ops", "guest 201", "root@pam!full")
    );
    let cast = folder.path().join("recordings").join(recording.as_ref().unwrap());
    assert!(std::fs::read_to_string(cast).unwrap().contains("seen"));
    let Event::TerminalClosed {
        bytes_in, bytes_out, ..
    } = &closed.record.event
    else {
        panic!()
    };
    assert_eq!((*bytes_in, *bytes_out), (10, client.received.len() as u64));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_a_console_is_held_within_bounds_while_others_work() {
    if !is_alone("a_flood_of_a_console_is_held_within_bounds") {
        return;
    }
    let lab = lab().await;
    let token = lab.token("ops", Role::Operator).await;
    let (mut flood, mut other) = (lab.console(&token, 201).await, lab.console(&token, 207).await);
    let before = resident_bytes();
    flood.floods().await;
    for round in 0..50 {
        other.type_in(format!("echo round {round}\r")).await;
        other.until(format!("\r\nround {round}\r\n")).await;
        assert!(
            lab.terminals.held() <= 2 * HELD,
            "{} bytes are held",
            lab.terminals.held()
        );
    }
    flood.has_nothing_more().await;
    let grown = resident_bytes().saturating_sub(before);
    assert!(grown < 32 << 20, "{grown} bytes more are resident");
    flood.acknowledges = true;
    flood.type_in("\x03").await;
    flood
        .say(json!({ "type": "ack", "bytes": flood.received.len() }))
        .await;
    // What nobody took was left out, and that is said; then the prompt comes.
    flood.until("bytes were left out").await;
    flood.type_in("\x15echo quiet again\r").await;
    flood.until("\r\nquiet again\r\n").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_ends_when_idle_with_its_guest_and_by_the_kill_switch() {
    let options = TerminalOptions {
        idle: Duration::from_mins(10),
        ..TerminalOptions::default()
    };
    let lab = Lab::showing(|Tokens { full, .. }| full, options).await;
    let token = lab.token("ops", Role::Operator).await;
    let mut client = lab.console(&token, 201).await;
    lab.advance(Duration::from_mins(11));
    let (word, code) = client.end().await;
    assert_eq!((word["code"].as_str(), code), (Some("JV4009"), 4408));
    let mut client = lab.console(&token, 102).await;
    lab.rig.inject(&Fault::CrashGuest { vmid: 102 });
    let (word, code) = client.end().await;
    assert_eq!(
        (word["message"].as_str(), code),
        (Some("Proxmox closed the console"), 1000)
    );
    let mut client = lab.console(&token, 207).await;
    let by = Person {
        user: "anna".to_owned(),
        role: Role::Operator,
        door: Door::Cli,
    };
    let frozen = lab
        .rig
        .jarvis()
        .freeze(FreezeScope::All, "stop".to_owned(), None, by);
    frozen.await.unwrap();
    let (word, code) = client.end().await;
    assert_eq!((word["code"].as_str(), code), (Some("JV4010"), 4403));
    let mut again = lab
        .socket(&token, "/terminal/homelab/guest/207?cols=80&rows=24")
        .await;
    assert_eq!(again.error().await, "JV4010");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_console_says_why() {
    let lab = lab().await;
    let token = lab.token("ops", Role::Operator).await;
    let told = async |vmid: u32| {
        let path = format!("/terminal/homelab/guest/{vmid}?cols=80&rows=24");
        let (word, _) = lab.socket(&token, &path).await.end().await;
        (
            word["code"].as_str().unwrap().to_owned(),
            word["message"].as_str().unwrap().to_owned(),
        )
    };
    lab.rig.inject(&Fault::CrashGuest { vmid: 102 });
    let (code, why) = told(102).await;
    assert!(
        code == "JV4006" && why.contains("is stopped; start it first"),
        "{code} {why}"
    );
    lab.rig.simulator.handle().with_world(|world| {
        world
            .guests
            .get_mut(&104)
            .unwrap()
            .config
            .remove("serial0")
            .unwrap();
    });
    let (code, why) = told(104).await;
    assert!(
        code == "JV4006" && why.contains("qm set 104 --serial0 socket"),
        "{code} {why}"
    );
    let (code, why) = told(999).await;
    assert!(code == "JV4006" && why.contains("no such guest"), "{code} {why}");
    assert!(tasks(&lab).is_empty(), "none of these began a console");
    assert_eq!((lab.records().len(), lab.terminals.open_now()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_right_there_is_none_and_the_command_is_told() {
    let lab = Lab::showing(|Tokens { read, .. }| read, TerminalOptions::default()).await;
    let token = lab.token("ops", Role::Operator).await;
    let path = "/terminal/homelab/guest/201?cols=80&rows=24";
    let (word, _) = lab.socket(&token, path).await.end().await;
    assert_eq!(word["code"], "JV4004", "{word}");
    let why = word["message"].as_str().unwrap();
    assert!(
        why.contains("Permission check failed (/vms/201, VM.Console)")
            && why.contains("pveum acl modify /vms/201 --users jarvis@pve --tokens 'jarvis@pve!read' --roles JarvisConsole"),
        "{why}"
    );
    assert!(lab.records().is_empty() && tasks(&lab).is_empty());
    // Who is no operator gets no socket at all, whatever Proxmox would say.
    let viewer = format!("Bearer {}", lab.token("viewer", Role::Viewer).await);
    let headers = [
        ("authorization", viewer.as_str()),
        ("sec-websocket-protocol", super::rig::PROTOCOL),
    ];
    assert_eq!(lab.upgrade(path, &headers).await.err().unwrap().0, 403);
}
