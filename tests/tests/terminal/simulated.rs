//! The small shell of a simulated machine, as the demo shows it: answers of the simulated world, and no process.

use super::rig::Lab;
use jarvis_model::Role;
use jarvis_simulator::Fault;
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn it_edits_lines_and_answers_from_the_world() {
    let lab = Lab::start().await;
    let token = lab.token("ops", Role::Operator).await;
    let mut client = lab
        .socket(&token, "/terminal/homelab/agent1?cols=60&rows=12")
        .await;
    assert_eq!(client.ready().await["user"], "root");
    client
        .until("`help` lists what it knows.\r\nroot@agent1:~# ")
        .await;
    client.type_in("hostnamee").await;
    client.until("hostnamee").await;
    client.type_in("\x7f\r").await;
    client.until("hostname\r\nagent1\r\nroot@agent1:~# ").await;
    client.type_in("no such\x03").await;
    client.until("no such^C\r\nroot@agent1:~# ").await;
    for (typed, shown) in [
        ("help", "pct list, pvecm status, qm list"),
        ("uptime", "load average:"),
        ("pvecm status", "Quorate:          Yes"),
        ("pvecm status", "agent1 (local)"),
        ("qm list", "VMID NAME"),
        ("pct list", "VMID       Status"),
        ("systemctl status pveproxy", "Active: active (running)"),
        ("frobnicate", "frobnicate: not found"),
        ("cat /etc/hostname; id", "plain commands only"),
        ("$(id)", "plain commands only"),
        ("echo 漢🙂", "漢🙂\r\n"),
    ] {
        client.type_in(format!("{typed}\r")).await;
        client.until(shown).await;
        client.until("root@agent1:~# ").await;
    }
    client.type_in("\x1b[A").await;
    client.until("echo 漢🙂").await;
    client.type_in("\x15exit 4\r").await;
    let (word, _) = client.end().await;
    assert_eq!(
        (word["type"].as_str(), word["status"].as_u64()),
        (Some("exit"), Some(4))
    );
    let mut client = lab
        .socket(&token, "/terminal/homelab/agent1?cols=60&rows=12")
        .await;
    client.ready().await;
    client.until("# ").await;
    client.type_in("\x04").await;
    assert_eq!(client.end().await.0["status"], 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn top_paints_within_the_window_until_it_is_ended() {
    let lab = Lab::start().await;
    let token = lab.token("ops", Role::Operator).await;
    let mut client = lab
        .socket(&token, "/terminal/homelab/agent1?cols=40&rows=8")
        .await;
    client.ready().await;
    client.until("# ").await;
    client.type_in("top\r").await;
    client.until("\x1b[?1049h").await;
    for (cols, rows) in [(40, 8), (70, 11)] {
        client
            .say(json!({ "type": "resize", "cols": cols, "rows": rows }))
            .await;
        // A whole picture of the new size, from one corner to the next.
        let picture = loop {
            client.until("\x1b[H").await;
            let picture = String::from_utf8(client.until("\x1b[J").await).unwrap();
            if picture.matches("\r\n").count() + 1 >= rows.min(8) && picture.contains("PID USER") {
                break picture;
            }
        };
        let lines: Vec<&str> = picture.trim_end_matches("\x1b[J").split("\r\n").collect();
        assert!(lines.len() <= rows, "{lines:?}");
        let widest = lines
            .iter()
            .map(|line| line.trim_end_matches("\x1b[K").chars().count())
            .max();
        assert!(widest <= Some(cols), "{lines:?}");
    }
    client.type_in("q").await;
    client.until("\x1b[?1049l").await;
    client.until("# ").await;
    // The machine goes, and its terminal with it.
    lab.rig.inject(&Fault::PowerLoss {
        node: "agent1".to_owned(),
    });
    let (word, _) = client.end().await;
    assert!(word["type"] == "exit" && word["status"].is_null(), "{word}");
}
