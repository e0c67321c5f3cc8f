//! What ends a terminal: its shell, its person, time, a revoked login, the kill switch, the host, and the end of Jarvis.

use super::rig::{Got, Lab, soon};
use jarvis_api::TerminalOptions;
use jarvis_controller::Person;
use jarvis_model::{Door, Event, FreezeScope, Role};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_ends_with_its_status_or_signal() {
    let lab = Lab::start().await;
    let token = lab.token("ops", Role::Operator).await;
    let mut client = lab.terminal(&token).await;
    client.type_in("exit 3\r").await;
    let (word, code) = client.end().await;
    assert_eq!(
        (word["type"].as_str(), word["status"].as_u64(), code),
        (Some("exit"), Some(3), 1000)
    );
    let mut client = lab.terminal(&token).await;
    client.type_in("kill -KILL $$\r").await;
    let (word, _) = client.end().await;
    assert_eq!(
        (word["signal"].as_str(), word["status"].as_u64()),
        (Some("KILL"), None),
        "{word}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn its_person_closes_it_and_the_host_hears_of_it() {
    let lab = Lab::start().await;
    let mut client = lab.operator().await;
    client
        .type_in(
            "sh -c 'trap \"echo hung up > $HOME/hup; exit\" HUP; echo armed; while :; do sleep 0.05; done'\r",
        )
        .await;
    client.until("\rarmed").await;
    client.say(json!({ "type": "close" })).await;
    let (word, code) = client.end().await;
    assert_eq!((word["type"].as_str(), code), (Some("exit"), 1000));
    assert_eq!(lab.closing().await, "closed");
    soon("SIGHUP", async {
        while lab.server.text("hup").is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_typed_for_too_long_ends_it() {
    let lab = Lab::with(TerminalOptions {
        idle: Duration::from_mins(10),
        ..TerminalOptions::default()
    })
    .await;
    let mut client = lab.operator().await;
    client.run("echo one").await;
    lab.advance(Duration::from_mins(9));
    // Typing counts, output does not.
    client.run("echo two").await;
    lab.advance(Duration::from_mins(9));
    client.run("echo three").await;
    lab.advance(Duration::from_mins(11));
    let (word, code) = client.end().await;
    assert_eq!((word["code"].as_str(), code), (Some("JV4009"), 4408));
    assert!(word["message"].as_str().unwrap().contains("10 minutes"), "{word}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_that_does_not_come_back_ends_it_after_a_minute() {
    let lab = Lab::start().await;
    let token = lab.token("ops", Role::Operator).await;
    let mut client = lab.terminal(&token).await;
    client.run("true").await;
    let after = client.received.len() as u64;
    let (token, session) = (token.as_str(), client.session.clone());
    let path = format!("/terminal/homelab/forge?cols=80&rows=24&session={session}&after={after}");
    client.leave().await;
    lab.advance(Duration::from_secs(50));
    let mut again = lab.socket(token, &path).await;
    assert_eq!(again.ready().await["resumed"], true);
    // Held by a page it stays, however long.
    lab.advance(Duration::from_mins(5));
    assert!(again.run("echo held").await.contains("held"));
    again.leave().await;
    lab.advance(Duration::from_secs(61));
    assert_eq!(lab.closing().await, "its page went and did not come back");
    soon("a free place", async {
        while lab.terminals.open_now() > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(lab.socket(token, &path).await.error().await, "JV4008");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_token_ends_it_within_seconds() {
    let lab = Lab::start().await;
    let mut client = lab.operator().await;
    let mut signed_in = {
        let cookie = lab.cookie("anna", Role::Operator).await;
        let headers = [
            ("origin", lab.url.as_str()),
            ("cookie", &cookie),
            ("sec-websocket-protocol", super::rig::PROTOCOL),
        ];
        lab.upgrade("/terminal/homelab/forge?cols=80&rows=24", &headers)
            .await
            .unwrap()
    };
    signed_in.ready().await;
    client.run("echo before").await;
    let began = Instant::now();
    let jarvis = lab.rig.jarvis();
    jarvis
        .record_access(Event::TokenRevoked {
            name: "ops".to_owned(),
            by: "test".to_owned(),
        })
        .await
        .unwrap();
    let (word, code) = client.end().await;
    assert_eq!((word["code"].as_str(), code), (Some("JV4011"), 4401));
    // The other one goes on until its own sessions are revoked. The clock of the API is ahead of the records'.
    assert!(signed_in.run("echo still here").await.contains("still here"));
    jarvis
        .record_access(Event::UserSet {
            user: "anna".to_owned(),
            password_hash: "x".to_owned(),
            role: Role::Viewer,
            one_time: false,
        })
        .await
        .unwrap();
    let (word, _) = signed_in.end().await;
    assert_eq!(word["code"], "JV4011");
    assert!(began.elapsed() < Duration::from_secs(30), "{:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_kill_switch_for_everybody_ends_and_refuses_terminals() {
    let lab = Lab::start().await;
    let token = lab.token("ops", Role::Operator).await;
    let mut client = lab.terminal(&token).await;
    let by = Person {
        user: "anna".to_owned(),
        role: Role::Operator,
        door: Door::Cli,
    };
    let jarvis = lab.rig.jarvis();
    jarvis
        .freeze(FreezeScope::Autonomy, "calm".to_owned(), None, by.clone())
        .await
        .unwrap();
    lab.terminal(&token).await.lose();
    assert!(client.run("echo on").await.contains("on"));
    jarvis
        .freeze(FreezeScope::All, "stop".to_owned(), None, by.clone())
        .await
        .unwrap();
    let (word, code) = client.end().await;
    assert_eq!((word["code"].as_str(), code), (Some("JV4010"), 4403));
    let mut refused = lab
        .socket(&token, "/terminal/homelab/forge?cols=80&rows=24")
        .await;
    assert_eq!(refused.error().await, "JV4010");
    jarvis.thaw(by).await.unwrap();
    lab.terminal(&token).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_is_gone_ends_it() {
    let mut lab = Lab::start().await;
    let mut client = lab.operator().await;
    client.run("echo there").await;
    lab.server.end();
    let (word, code) = client.end().await;
    assert_eq!((word["type"].as_str(), code), (Some("exit"), 1000));
    assert!(word["status"].is_null() && word["signal"].is_null(), "{word}");
    assert!(word["message"].as_str().unwrap().contains("lost"), "{word}");
}

#[tokio::test(flavor = "multi_thread")]
async fn jarvis_ends_all_of_them_on_record_before_it_stops() {
    let lab = Lab::start().await;
    let token = lab.token("ops", Role::Operator).await;
    let mut one = lab.terminal(&token).await;
    let mut two = lab.terminal(&token).await;
    two.run("true").await;
    soon("the end of all", lab.terminals.end_all()).await;
    let ends = lab.records().into_iter().filter(|stored| matches!(&stored.record.event, Event::TerminalClosed { reason, .. } if reason.starts_with("JV4015")));
    assert_eq!(ends.count(), 2);
    for client in [&mut one, &mut two] {
        let (word, code) = client.end().await;
        assert_eq!((word["code"].as_str(), code), (Some("JV4015"), 1001));
    }
    let mut late = lab
        .socket(&token, "/terminal/homelab/forge?cols=80&rows=24")
        .await;
    assert_eq!(late.error().await, "JV4015");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_breaks_the_rules_ends_the_socket_alone() {
    let lab = Lab::start().await;
    let token = lab.token("ops", Role::Operator).await;
    let mut client = lab.terminal(&token).await;
    client.run("true").await;
    let after = client.received.len() as u64;
    for broken in [
        Message::text("{"),
        Message::text(r#"{"type":"run"}"#),
        Message::text(r#"{"type":"resize","cols":0,"rows":24}"#),
        Message::text(r#"{"type":"ack","bytes":99999999}"#),
    ] {
        let told = format!("{broken:?}");
        client.send_raw(broken).await;
        assert_eq!(client.error().await, "JV4014", "{told}");
        let mut next = lab.again(&token, &client, after).await;
        assert_eq!(next.ready().await["resumed"], true, "{told}");
        client = next;
    }
    client.send_raw(Message::binary(vec![b'x'; 2 << 20])).await;
    loop {
        match client.next().await {
            Got::Closed(_) => break,
            Got::Bytes => {}
            Got::Word(word) => assert_eq!(word["code"], "JV4014"),
        }
    }
    let mut next = lab.again(&token, &client, after).await;
    next.ready().await;
    assert!(next.run("echo it lives").await.contains("it lives"));
}
