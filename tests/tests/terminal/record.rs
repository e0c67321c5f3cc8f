//! What is put on record of a terminal, and what is recorded of its output.

use super::rig::Lab;
use jarvis_api::TerminalOptions;
use jarvis_model::{Door, Event, Role};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt as _;

#[tokio::test(flavor = "multi_thread")]
async fn opening_and_end_are_on_record() {
    let lab = Lab::start().await;
    let token = lab.token("ops", Role::Operator).await;
    let mut client = lab.terminal(&token).await;
    client.type_in("exit\r").await;
    client.end().await;
    assert_eq!(lab.closing().await, "the shell ended with status 0");
    let records = lab.records();
    let [opened, closed] = records.as_slice() else {
        panic!("{records:?}")
    };
    let Event::TerminalOpened {
        session,
        user,
        door,
        host,
        login,
        recording,
    } = &opened.record.event
    else {
        panic!()
    };
    assert_eq!(
        (session, user.as_str(), *door),
        (&client.session, "token:ops", Door::Graphql)
    );
    assert_eq!(
        (host.to_string().as_str(), login, recording),
        ("node forge", &lab.server.endpoint().user, &None)
    );
    let Event::TerminalClosed {
        session,
        bytes_in,
        bytes_out,
        user,
        ..
    } = &closed.record.event
    else {
        panic!()
    };
    assert_eq!(
        (session, *bytes_in, *bytes_out, user.as_str()),
        (&client.session, 5, client.received.len() as u64, "token:ops")
    );
    assert!(opened.record.event.is_audit() && closed.record.event.is_audit());
    let body = serde_json::json!({ "query": "{ audit(first: 10) { title name } }" });
    let answer = reqwest::Client::new()
        .post(format!("{}/graphql", lab.url))
        .bearer_auth(&token)
        .json(&body)
        .send()
        .await
        .unwrap();
    let text = answer.text().await.unwrap();
    assert!(text.contains("opened a terminal on node forge as"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn output_is_recorded_where_wanted_and_input_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path().join("recordings");
    let lab = Lab::with(TerminalOptions {
        recordings: Some(folder.clone()),
        ..TerminalOptions::default()
    })
    .await;
    let mut client = lab.operator().await;
    client.quiet().await;
    client
        .type_in("echo go; read -r secret; echo 'heard 漢🙂'\r")
        .await;
    client.until("go\r\n").await;
    client.type_in("hunter2\r").await;
    client.until("heard 漢🙂\r\n").await;
    client.type_in("exit\r").await;
    client.end().await;
    let records = lab.records();
    let Event::TerminalOpened {
        recording: Some(name),
        session,
        ..
    } = &records[0].record.event
    else {
        panic!("{records:?}")
    };
    assert!(
        name.contains("token-ops-node-forge") && name.contains(&session[..8]),
        "{name}"
    );
    let path = folder.join(name);
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let text = std::fs::read_to_string(path).unwrap();
    let lines: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(
        (lines[0]["version"].as_u64(), lines[0]["width"].as_u64()),
        (Some(2), Some(80))
    );
    let shown: String = lines[1..]
        .iter()
        .filter(|line| line[1] == "o")
        .map(|line| line[2].as_str().unwrap())
        .collect();
    assert_eq!(
        shown.as_bytes(),
        client.received.as_slice(),
        "the recording is what was shown"
    );
    assert!(
        shown.contains("heard 漢🙂") && !shown.contains("hunter2"),
        "{shown}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_recorded_is_not_opened() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a-file");
    std::fs::write(&file, "").unwrap();
    let lab = Lab::with(TerminalOptions {
        recordings: Some(file),
        ..TerminalOptions::default()
    })
    .await;
    let token = lab.token("ops", Role::Operator).await;
    let mut client = lab
        .socket(&token, "/terminal/homelab/forge?cols=80&rows=24")
        .await;
    assert_eq!(client.error().await, "JV4013");
    assert!(lab.records().is_empty());
}
