//! Output without end, browsers that go and come back, and what is held meanwhile.

use super::rig::{Got, HELD, Lab, is_alone, resident_bytes, soon};
use jarvis_model::Role;
use serde_json::json;
use std::time::Instant;

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_that_nobody_acknowledges_stops_at_its_bound_while_others_work() {
    if !is_alone("a_flood_that_nobody_acknowledges_stops_at_its_bound") {
        return;
    }
    let lab = Lab::start().await;
    let token = lab.token("ops", Role::Operator).await;
    let mut flood = lab.terminal(&token).await;
    let mut other = lab.terminal(&token).await;
    let before = resident_bytes();
    flood.floods().await;
    let began = Instant::now();
    for round in 0..50 {
        assert!(
            other
                .run(&format!("echo round {round}"))
                .await
                .contains(&format!("round {round}"))
        );
        assert!(
            lab.terminals.held() <= 2 * HELD,
            "{} bytes are held",
            lab.terminals.held()
        );
    }
    flood.has_nothing_more().await;
    let grown = resident_bytes().saturating_sub(before);
    assert!(
        grown < 32 << 20,
        "{grown} bytes more are resident after {:?}",
        began.elapsed()
    );
    // Once it acknowledges, it goes on, and Ctrl-C gets through.
    flood.acknowledges = true;
    flood
        .say(json!({ "type": "ack", "bytes": flood.received.len() }))
        .await;
    for _ in 0..20 {
        assert!(matches!(flood.next().await, Got::Bytes));
    }
    flood.type_in("\x03").await;
    assert!(flood.run("echo quiet again").await.contains("quiet again"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_megabytes_pass_whole() {
    let lab = Lab::start().await;
    let mut client = lab.operator().await;
    client.quiet().await;
    let before = client.received.len();
    client
        .type_in("head -c 10000000 /dev/zero | tr '\\0' x; echo end\r")
        .await;
    while client.received.len() < before + 10_000_005 {
        assert!(matches!(client.next().await, Got::Bytes));
        assert!(lab.terminals.held() <= HELD);
    }
    let shown = &client.received[before..];
    assert!(shown[..10_000_000].iter().all(|byte| *byte == b'x') && shown.ends_with(b"end\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_comes_back_gets_what_it_misses_and_nothing_twice() {
    let lab = Lab::start().await;
    let token = lab.token("ops", Role::Operator).await;
    let mut client = lab.terminal(&token).await;
    client.quiet().await;
    let begin = client.received.len();
    client.type_in("seq 1 60000; echo all\r").await;
    let numbers: Vec<String> = (1..=60_000).map(|number| number.to_string()).collect();
    let expected = numbers.join("\r\n") + "\r\nall\r\n";
    let mut losses = 0;
    while client.received.len() < begin + expected.len() {
        // Lost again and again, in the middle of the flood, with messages on the way.
        if losses < 8 && client.received.len() > begin + losses * 40_000 {
            losses += 1;
            let after = client.received.len() as u64;
            let mut next = lab.again(&token, &client, after).await;
            next.received.clone_from(&client.received);
            client.lose();
            assert_eq!(next.ready().await["resumed"], true);
            client = next;
        }
        assert!(matches!(client.next().await, Got::Bytes));
    }
    assert_eq!(losses, 8);
    assert!(
        client.received[begin..] == *expected.as_bytes(),
        "bytes were lost or came twice"
    );
    // What it acknowledged long ago is gone, and that is said.
    let mut late = lab.again(&token, &client, 5).await;
    assert_eq!(late.ready().await["resumed"], false);
    let word = late.word().await;
    assert_eq!(
        (word["type"].as_str(), word["code"].as_str()),
        (Some("error"), Some("JV4012"))
    );
    assert!(
        late.run("echo counts begin again")
            .await
            .contains("counts begin again")
    );
    assert_eq!(lab.terminals.open_now(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_paints_anew_when_output_was_lost() {
    let lab = Lab::start().await;
    let token = lab.token("ops", Role::Operator).await;
    let mut client = lab.terminal(&token).await;
    client.quiet().await;
    client.run("seq 1 100000").await;
    client
        .type_in("sh -c 'trap \"echo painted\" WINCH; echo armed; while :; do sleep 0.05; done'\r")
        .await;
    client.until("armed").await;
    let mut back = lab.again(&token, &client, 1).await;
    assert_eq!(back.ready().await["resumed"], false);
    assert_eq!(back.word().await["code"], "JV4012");
    back.until("painted").await;
    back.type_in("\x03").await;
    assert!(
        back.run("stty size").await.contains("24 80\r\n"),
        "the size is what it was"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_page_takes_the_terminal_and_the_first_one_is_told() {
    let lab = Lab::start().await;
    let token = lab.token("ops", Role::Operator).await;
    let mut first = lab.terminal(&token).await;
    first.quiet().await;
    let after = first.received.len() as u64;
    let mut second = lab.again(&token, &first, after).await;
    second.ready().await;
    let (word, code) = first.end().await;
    assert_eq!((word["code"].as_str(), code), (Some("JV4016"), 4409));
    assert!(second.run("echo mine").await.contains("mine"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_that_ends_while_its_page_is_away_is_told_later() {
    let lab = Lab::start().await;
    let token = lab.token("ops", Role::Operator).await;
    let mut client = lab.terminal(&token).await;
    client.quiet().await;
    client
        .type_in("echo started; sleep 0.3; echo last words; exit 7\r")
        .await;
    client.until("started\r\n").await;
    let after = client.received.len() as u64;
    let mut gate = lab.again(&token, &client, after).await;
    gate.ready().await;
    gate.leave().await;
    assert_eq!(lab.closing().await, "the shell ended with status 7");
    let mut back = lab.again(&token, &client, after).await;
    assert_eq!(back.ready().await["resumed"], true);
    let (word, code) = back.end().await;
    assert_eq!(
        (word["type"].as_str(), word["status"].as_u64(), code),
        (Some("exit"), Some(7), 1000)
    );
    assert!(
        back.received.starts_with(b"last words\r\n"),
        "{:?}",
        String::from_utf8_lossy(&back.received)
    );
    let mut gone = soon("an answer", lab.again(&token, &client, after)).await;
    assert_eq!(gone.error().await, "JV4008");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_sizes_ends_at_the_last_one() {
    let lab = Lab::start().await;
    let mut client = lab.operator().await;
    client.quiet().await;
    for rows in 1..=3000_u32 {
        client
            .say(json!({ "type": "resize", "cols": 1 + rows % 1000, "rows": 1 + rows % 999 }))
            .await;
    }
    client
        .say(json!({ "type": "resize", "cols": 90, "rows": 30 }))
        .await;
    let shown = client
        .run("until [ \"$(stty size)\" = '30 90' ]; do :; done; stty size")
        .await;
    assert!(shown.contains("30 90\r\n"), "{shown}");
}
