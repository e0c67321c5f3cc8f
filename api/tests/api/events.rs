//! The feed and the audit: pages backwards, following forwards without loss or repeats, filters, no secrets.

use crate::support::Api;
use jarvis_model::{Event, NodeName, Role};
use serde_json::{Value, json};

fn lost(n: usize) -> Event {
    Event::NodeLost {
        node: NodeName::new(&format!("n{n}")).unwrap(),
    }
}

fn seqs(records: &Value) -> Vec<u64> {
    records
        .as_array()
        .unwrap()
        .iter()
        .map(|record| record["seq"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn pages_go_back_to_the_beginning_without_gaps() {
    let api = Api::start().await;
    let token = api.token("t", Role::Operator);
    api.puppet.append((0..1250).map(lost).collect());
    let (mut all, mut before) = (Vec::new(), u64::MAX >> 11);
    loop {
        let page = api
            .query(
                &token,
                &format!("{{ events(first: 100, before: {before}) {{ seq }} }}"),
            )
            .await;
        let page = seqs(&page.data()["events"]);
        let Some(last) = page.last() else { break };
        before = *last;
        all.extend(page);
    }
    assert_eq!(all, (1..=1251).rev().collect::<Vec<u64>>());
    let ahead = api
        .query(&token, "{ events(first: 3, after: 700) { seq } }")
        .await;
    assert_eq!(seqs(&ahead.data()["events"]), [701, 702, 703]);
    let between = api
        .query(&token, "{ events(first: 9, after: 700, before: 703) { seq } }")
        .await;
    assert_eq!(seqs(&between.data()["events"]), [701, 702]);
    for wrong in ["first: 0", "first: 101", "filter: {resource: \"nonsense\"}"] {
        assert_eq!(
            api.query(&token, &format!("{{ events({wrong}) {{ seq }} }}"))
                .await
                .code(),
            "INVALID",
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn filters_choose_by_resource_severity_and_name() {
    let api = Api::start().await;
    let token = api.token("t", Role::Operator);
    let issue = "VirtualMachine/web-01#guest-down"
        .parse::<jarvis_model::IssueKey>()
        .unwrap();
    api.puppet.append(vec![
        lost(1),
        Event::IssueOpened {
            issue: issue.clone(),
            summary: "stopped; manifest says running".into(),
        },
        Event::IssueHealthy { issue },
        Event::GuestsSeen {
            running: Vec::new(),
            stopped: Vec::new(),
        },
    ]);
    let ask = async |arguments: &str| {
        seqs(
            &api.query(&token, &format!("{{ events{arguments} {{ seq }} }}"))
                .await
                .data()["events"],
        )
    };
    assert_eq!(ask("").await, [4, 3, 2, 1], "bookkeeping is left out");
    assert_eq!(ask("(all: true)").await, [5, 4, 3, 2, 1]);
    assert_eq!(
        ask("(filter: {resource: \"VirtualMachine/web-01\"})").await,
        [4, 3]
    );
    assert_eq!(ask("(filter: {severity: WARNING})").await, [3, 2]);
    assert_eq!(ask("(filter: {severity: CRITICAL})").await, [2]);
    assert_eq!(ask("(filter: {name: \"issueHealthy\"})").await, [4]);
    let audit = api.query(&token, "{ audit { seq name hash data } }").await;
    assert_eq!(audit.data()["audit"][0]["name"], "tokenCreated");
    assert_eq!(audit.data()["audit"].as_array().unwrap().len(), 1);
    assert!(!audit.body.to_string().contains("secretHash"), "{}", audit.body);
}

#[tokio::test]
async fn following_starts_where_the_client_stopped_and_repeats_nothing() {
    let api = Api::start().await;
    let token = api.token("t", Role::Viewer);
    api.puppet.append((0..500).map(lost).collect());
    let mut socket = api.socket(&token).await;
    socket.subscribe("2", "subscription { events { seq } }").await;
    let mut fresh = Vec::new();
    while fresh.is_empty() {
        api.puppet.append(vec![lost(0)]);
        socket.send(json!({ "type": "ping" })).await;
        let message = socket.next().await;
        fresh.extend(message["payload"]["data"]["events"]["seq"].as_u64());
    }
    socket
        .subscribe("1", "subscription { events(afterSeq: 200) { seq } }")
        .await;
    // Written while the old ones are still being sent; more than the announcements can hold.
    for n in 0..400 {
        api.puppet.append(vec![lost(n)]);
    }
    let (mut resumed, head) = (Vec::new(), api.puppet.handle.head());
    while resumed.last() != Some(&head) || fresh.last() != Some(&head) {
        let message = socket.next().await;
        let Some(seq) = message["payload"]["data"]["events"]["seq"].as_u64() else {
            continue;
        };
        if message["id"] == "1" {
            resumed.push(seq);
        } else {
            fresh.push(seq);
        }
    }
    assert_eq!(resumed, (201..=head).collect::<Vec<u64>>());
    assert!(
        fresh.len() > 400 && fresh.windows(2).all(|pair| pair[1] == pair[0] + 1),
        "{fresh:?}"
    );
}

#[tokio::test]
async fn a_followed_record_is_in_words_that_name_what_it_speaks_of() {
    let api = Api::start().await;
    let mut socket = api.socket(&api.token("t", Role::Viewer)).await;
    socket
        .subscribe(
            "1",
            "subscription { events(afterSeq: 1) { seq title severity name } }",
        )
        .await;
    api.puppet.append(vec![lost(7)]);
    let record = socket.data("1").await["events"].clone();
    assert_eq!(
        record,
        json!({ "seq": 2, "title": "Node n7 has left the cluster", "severity": "CRITICAL", "name": "nodeLost" })
    );
}
