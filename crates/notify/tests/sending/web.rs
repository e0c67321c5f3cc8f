//! Webhooks and ntfy against a real HTTP server, with the signature checked as `docs/NOTIFICATIONS.md` says.

use crate::rig::{World, until};
use axum::{
    Router,
    body::Bytes,
    extract::State,
    http::{HeaderMap, StatusCode},
};
use hmac::{Hmac, KeyInit as _, Mac as _};
use jarvis_notify::Settings;
use sha2::Sha256;
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};
use zeroize::Zeroizing;

const SECRET: &str = "canary-hook-2c71";

type Seen = Arc<Mutex<Vec<(HeaderMap, Vec<u8>)>>>;

/// A server that answers with these, one after another, and then with the last again.
async fn server(answers: &'static [u16]) -> (String, Seen) {
    let seen = Seen::default();
    let handler = move |State(seen): State<Seen>, headers: HeaderMap, body: Bytes| async move {
        let mut seen = seen.lock().unwrap();
        let answer = answers.get(seen.len()).or(answers.last()).copied().unwrap();
        seen.push((headers, body.to_vec()));
        let location = [("location", "http://127.0.0.1:1/elsewhere")];
        (
            StatusCode::from_u16(answer).unwrap(),
            location,
            "said \u{1b}[31mso",
        )
    };
    let router = Router::new().fallback(handler).with_state(seen.clone());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    (url, seen)
}

fn credentials() -> Settings {
    Settings {
        smtp: None,
        credentials: BTreeMap::from([("key".to_owned(), Zeroizing::new(SECRET.to_owned()))]),
    }
}

fn hook(url: &str) -> World {
    World::with(&[&format!(
        "metadata: {{name: hook}}\nspec: {{webhook: {{url: '{url}/in?x=1', credential: key}}}}"
    )])
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// As a receiver does it.
fn is_genuine(headers: &HeaderMap, body: &[u8]) -> bool {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(text(headers, "x-jarvis-timestamp").as_bytes());
    mac.update(b".");
    mac.update(body);
    let offered = text(headers, "x-jarvis-signature-256")
        .strip_prefix("sha256=")
        .unwrap();
    mac.verify_slice(&hex::decode(offered).unwrap()).is_ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_is_signed_and_the_same_on_every_attempt() {
    let (url, seen) = server(&[503, 429, 401, 204]).await;
    let world = hook(&url);
    let running = world.run(&credentials());
    world.freeze("anna");
    until("it is taken", || (world.sent() == 1).then_some(())).await;
    running.stop().await;
    let seen = seen.lock().unwrap().clone();
    assert_eq!(seen.len(), 4);
    for (headers, body) in &seen {
        assert!(is_genuine(headers, body));
        let mut other = body.clone();
        other[10] ^= 1;
        assert!(!is_genuine(headers, &other), "a changed body is found");
        assert_eq!(body, &seen[0].1, "each attempt tells the same");
        assert_eq!(text(headers, "x-jarvis-id"), text(&seen[0].0, "x-jarvis-id"));
    }
    let body: serde_json::Value = serde_json::from_slice(&seen[0].1).unwrap();
    assert_eq!(
        (&body["kind"], &body["cluster"]),
        (&"news".into(), &"home".into())
    );
    assert_eq!(body["id"], text(&seen[0].0, "x-jarvis-id"));
    assert_eq!(body["items"][0]["kind"], "frozen");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_receiver_refuses_for_good_is_parked_and_no_redirect_is_followed() {
    for answer in [&[410_u16][..], &[302], &[400]] {
        let (url, seen) = server(answer).await;
        let world = hook(&url);
        let running = world.run(&credentials());
        world.freeze("anna");
        let parked = until("it is parked", || {
            world.letters().first().and_then(|letter| letter.parked.clone())
        })
        .await;
        running.stop().await;
        assert!(
            parked.contains(&answer[0].to_string()) && parked.ends_with("said so"),
            "{parked}"
        );
        assert_eq!(seen.lock().unwrap().len(), 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_credential_it_waits_and_says_what_is_missing() {
    let (url, seen) = server(&[204]).await;
    let world = hook(&url);
    let running = world.run(&Settings::default());
    world.freeze("anna");
    let trouble = until("the trouble is told", || {
        world.letters().first().and_then(|letter| letter.trouble.clone())
    })
    .await;
    assert!(trouble.contains("credential key is not configured"), "{trouble}");
    running.stop().await;
    let running = world.run(&credentials());
    until("it is taken", || (world.sent() == 1).then_some(())).await;
    running.stop().await;
    assert_eq!(seen.lock().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn ntfy_gets_title_priority_tags_and_its_token() {
    let (url, seen) = server(&[200]).await;
    let channel = format!(
        "metadata: {{name: phone}}\nspec: {{ntfy: {{server: '{url}', topic: jarvis, credential: key}}}}"
    );
    let world = World::with(&[&channel]);
    let running = world.run(&credentials());
    world.freeze("änna\u{202e}");
    until("it is taken", || (world.sent() == 1).then_some(())).await;
    running.stop().await;
    let (headers, body) = seen.lock().unwrap()[0].clone();
    assert_eq!(text(&headers, "authorization"), format!("Bearer {SECRET}"));
    let message: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(
        (&message["topic"], &message["priority"]),
        (&"jarvis".into(), &4.into())
    );
    assert_eq!(
        message["title"],
        "[jarvis home] warning: änna froze all that Jarvis does unasked"
    );
    assert_eq!(message["tags"][0], "warning");
}
