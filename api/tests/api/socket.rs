//! The WebSocket: who gets one, and what ends it.

use crate::support::{Api, socket::Socket};
use jarvis_model::{Event, Role};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio_tungstenite::tungstenite::Message;

const FREEZE: &str = "subscription { freezeUpdates { state } }";

#[tokio::test]
async fn only_our_page_or_a_bearer_token_gets_in() {
    let api = Api::start().await;
    api.user("anna", Role::Viewer).await;
    let cookie = api.log_in("anna").await;
    let mut own = api
        .upgrade(&[("origin", &api.origin), ("cookie", &cookie)])
        .await
        .unwrap();
    own.init(json!({})).await;
    for origin in ["https://evil.example", "null", "http://localhost:1"] {
        let refused = api.upgrade(&[("origin", origin), ("cookie", &cookie)]).await;
        assert_eq!(refused.err(), Some(403), "{origin}");
    }
    let bearer = format!("Bearer {}", api.token("t", Role::Viewer));
    assert_eq!(
        api.upgrade(&[("authorization", "Bearer jrv_x_y")]).await.err(),
        Some(401)
    );
    assert_eq!(
        api.upgrade(&[("origin", "https://evil.example"), ("authorization", &bearer)])
            .await
            .err(),
        Some(403)
    );
    // Without a page the cookie does not count: neither at the upgrade nor afterwards.
    let mut no_page = api.upgrade(&[("cookie", &cookie)]).await.unwrap();
    no_page.send(json!({ "type": "connection_init" })).await;
    assert_eq!(no_page.closed().await, 4403);
    let mut late = api.upgrade(&[]).await.unwrap();
    late.init(json!({ "authorization": bearer })).await;
    let mut wrong = api.upgrade(&[]).await.unwrap();
    wrong
        .send(json!({ "type": "connection_init", "payload": { "authorization": "Bearer jrv_x_y" } }))
        .await;
    assert_eq!(wrong.closed().await, 4403);
}

#[tokio::test]
async fn the_legacy_protocol_is_not_spoken() {
    let api = Api::start().await;
    let bearer = format!("Bearer {}", api.token("t", Role::Viewer));
    for protocol in ["graphql-ws", "mqtt", "graphql-transport-ws2"] {
        assert_eq!(
            api.upgrade_as(protocol, &[("authorization", &bearer)])
                .await
                .err(),
            Some(400),
            "{protocol}"
        );
    }
    let mut both = api
        .upgrade_as("graphql-ws, graphql-transport-ws", &[("authorization", &bearer)])
        .await
        .unwrap();
    both.init(json!({})).await;
    both.send(json!({ "type": "start", "id": "1", "payload": { "query": FREEZE } }))
        .await;
    assert_eq!(
        both.closed().await,
        4400,
        "`start` is a word of the legacy protocol"
    );
}

#[tokio::test]
async fn whoever_says_nothing_is_sent_away_within_seconds() {
    let api = Api::start().await;
    let began = Instant::now();
    let mut silent = api.upgrade(&[]).await.unwrap();
    assert_eq!(silent.closed().await, 4408);
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn what_breaks_the_protocol_ends_the_socket() {
    let api = Api::start().await;
    let token = api.token("t", Role::Viewer);
    let mut early = api
        .upgrade(&[("authorization", &format!("Bearer {token}"))])
        .await
        .unwrap();
    early.subscribe("1", FREEZE).await;
    assert_eq!(early.closed().await, 4401, "an operation before the beginning");
    let cases: [(Message, u16); 6] = [
        (Message::text(r#"{"type":"connection_init"}"#), 4429),
        (Message::text("{"), 4400),
        (Message::text("[]"), 4400),
        (Message::text(r#"{"type":"connection_terminate"}"#), 4400),
        (Message::binary(vec![1, 2, 3]), 4400),
        (
            Message::text(format!(
                r#"{{"type":"ping","payload":{{"x":"{}"}}}}"#,
                "x".repeat(1 << 20)
            )),
            1009,
        ),
    ];
    for (message, code) in cases {
        let mut socket = api.socket(&token).await;
        let told = format!("{message:.60?}");
        socket.send_raw(message).await;
        let closed = socket.closed().await;
        assert!(
            closed == code || (code == 1009 && closed == 1006),
            "{told}: {closed}"
        );
    }
    let mut twice = api.socket(&token).await;
    twice.subscribe("1", FREEZE).await;
    twice.subscribe("1", FREEZE).await;
    assert_eq!(twice.closed().await, 4409);
}

#[tokio::test]
async fn a_socket_carries_twenty_operations() {
    let api = Api::start().await;
    let mut socket = api.socket(&api.token("t", Role::Viewer)).await;
    for n in 0..1000 {
        socket.subscribe(&n.to_string(), FREEZE).await;
    }
    let (mut taken, mut refused) = (0, 0);
    while taken + refused < 1000 {
        match socket.next().await["type"].as_str().unwrap() {
            "next" => taken += 1,
            "error" => refused += 1,
            other => panic!("{other}"),
        }
    }
    assert_eq!((taken, refused), (20, 980));
    socket.send(json!({ "type": "complete", "id": "0" })).await;
    socket.subscribe("again", FREEZE).await;
    assert_eq!(socket.data("again").await["freezeUpdates"]["state"], "OFF");
}

#[tokio::test]
async fn queries_end_and_make_room() {
    let api = Api::start().await;
    let mut socket = api.socket(&api.token("t", Role::Viewer)).await;
    for n in 0..50 {
        let id = n.to_string();
        socket.subscribe(&id, "{ me { user } }").await;
        assert_eq!(socket.data(&id).await["me"]["user"], "token:t");
    }
    socket.send(json!({ "type": "ping" })).await;
    while socket.next().await["type"] != "pong" {}
}

#[tokio::test]
async fn a_user_has_eight_sockets() {
    let api = Api::start().await;
    let token = api.token("t", Role::Viewer);
    let mut open: Vec<Socket> = Vec::new();
    for _ in 0..8 {
        open.push(api.socket(&token).await);
    }
    let mut ninth = api
        .upgrade(&[("authorization", &format!("Bearer {token}"))])
        .await
        .unwrap();
    ninth.send(json!({ "type": "connection_init" })).await;
    assert_eq!(ninth.closed().await, 4429);
    let _other_user = api.socket(&api.token("u", Role::Viewer)).await;
}

#[tokio::test]
async fn roles_hold_on_sockets_too() {
    let api = Api::start().await;
    let mut socket = api.socket(&api.token("t", Role::Viewer)).await;
    socket.subscribe("1", "mutation { thaw }").await;
    let answer = socket.next().await;
    assert_eq!(
        answer["payload"]["errors"][0]["extensions"]["code"], "FORBIDDEN",
        "{answer}"
    );
    assert_eq!(api.puppet.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn what_the_library_refuses_has_a_code_on_sockets_too() {
    let api = Api::start().await;
    let mut socket = api.socket(&api.token("t", Role::Viewer)).await;
    for (id, query) in [
        ("garbage", "{ me { user }"),
        ("a wrong type", "{ guest(vmid: \"x\") { name } }"),
        ("one left out", "subscription { ticketUpdates { state } }"),
    ] {
        socket.subscribe(id, query).await;
        let answer = socket.next().await;
        assert_eq!(
            answer["payload"]["errors"][0]["extensions"]["code"], "INVALID",
            "{answer}"
        );
        assert_eq!(socket.next().await, json!({ "type": "complete", "id": id }));
    }
}

#[tokio::test]
async fn a_socket_dies_within_seconds_of_its_token() {
    let api = Api::start().await;
    let token = api.token("t", Role::Viewer);
    let mut socket = api.socket(&token).await;
    socket.subscribe("1", FREEZE).await;
    socket.data("1").await;
    api.puppet.append(vec![Event::TokenRevoked {
        name: "t".into(),
        by: "root".into(),
    }]);
    let began = Instant::now();
    assert_eq!(socket.closed().await, 4401);
    assert!(began.elapsed() < Duration::from_secs(30));
}

#[tokio::test]
async fn a_socket_dies_when_its_session_ends_or_its_role_changes() {
    let api = Api::start().await;
    for (name, end) in [
        ("anna", "logout"),
        ("berta", "role"),
        ("dora", "everywhere"),
        ("carla", "life"),
    ] {
        api.user(name, Role::Operator).await;
        let cookie = api.log_in(name).await;
        let mut socket = api
            .upgrade(&[("origin", &api.origin), ("cookie", &cookie)])
            .await
            .unwrap();
        socket.init(json!({})).await;
        match end {
            "logout" => {
                let out = api
                    .post("/auth/logout")
                    .header("cookie", &cookie)
                    .header("origin", &api.origin);
                assert_eq!(out.send().await.unwrap().status(), 204);
            }
            "role" => api.user(name, Role::Viewer).await,
            "everywhere" => {
                let elsewhere = api.log_in(name).await;
                api.clock.advance(Duration::from_secs(1));
                let out = api
                    .post("/auth/logout")
                    .header("cookie", &elsewhere)
                    .header("origin", &api.origin)
                    .json(&json!({ "everywhere": true }));
                assert_eq!(out.send().await.unwrap().status(), 204);
            }
            _ => api.clock.advance(Duration::from_hours(12)),
        }
        let began = Instant::now();
        assert_eq!(socket.closed().await, 4401, "{end}");
        assert!(began.elapsed() < Duration::from_secs(30), "{end}");
    }
}

#[tokio::test]
async fn an_open_socket_keeps_its_session_in_use() {
    let api = Api::start().await;
    api.user("anna", Role::Viewer).await;
    let cookie = api.log_in("anna").await;
    let mut socket = api
        .upgrade(&[("origin", &api.origin), ("cookie", &cookie)])
        .await
        .unwrap();
    socket.init(json!({})).await;
    for _ in 0..2 {
        api.clock.advance(Duration::from_mins(20));
        // Two checks of the socket lie between two of its pongs at the latest.
        let mut pings = 0;
        let began = Instant::now();
        while began.elapsed() < Duration::from_millis(2500) {
            socket.send(json!({ "type": "ping" })).await;
            assert_eq!(socket.next().await["type"], "pong");
            pings += 1;
        }
        assert!(pings > 0);
    }
}

#[tokio::test]
async fn a_stopping_server_says_so() {
    let api = Api::start().await;
    let mut socket = api.socket(&api.token("t", Role::Viewer)).await;
    api.cancel.cancel();
    assert_eq!(socket.closed().await, 1001);
    crate::support::soon("the end of serving", api.served)
        .await
        .unwrap()
        .unwrap();
}
