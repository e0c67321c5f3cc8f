//! What machines use: webhook, health, metrics.

use crate::support::{Api, START, soon};
use hmac::{Hmac, KeyInit, Mac};
use jarvis_api::ApiOptions;
use jarvis_model::{Event, Role, Scope};
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

const BODY: &str = r#"{"ref":"refs/heads/main"}"#;

fn signature(secret: &str, body: &str) -> String {
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

async fn hook(api: &Api, header: Option<(&str, &str)>) -> u16 {
    hook_with(api, header, BODY).await
}

async fn hook_with(api: &Api, header: Option<(&str, &str)>, body: &str) -> u16 {
    let mut request = api.post("/hooks/git").body(body.to_owned());
    if let Some((name, value)) = header {
        request = request.header(name, value);
    }
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn a_signed_webhook_fetches_and_nothing_else_does() {
    let api = Api::with(|options| ApiOptions {
        webhook_secret: Some("hush".to_owned().into()),
        ..options
    })
    .await;
    let right = signature("hush", BODY);
    let wrong = [
        None,
        Some(signature("other", BODY)),
        Some(signature("hush", "{}")),
        Some(right.replace("sha256=", "sha1=")),
        Some(right[..20].to_owned()),
        Some("sha256=".to_owned()),
        Some("sha256=zz".to_owned()),
    ];
    for signature in &wrong {
        let header = signature.as_deref().map(|value| ("x-hub-signature-256", value));
        assert_eq!(hook(&api, header).await, 401, "{signature:?}");
    }
    assert_eq!(hook(&api, Some(("x-hub-signature-256", &right))).await, 202);
    soon("the fetch", api.puppet.fetches.notified()).await;
}

/// What others write into it asks models for things; nothing of it is kept, so nobody comes to read it.
#[tokio::test]
async fn what_a_webhook_says_is_kept_nowhere_and_does_no_more_than_fetch() {
    let api = Api::with(|options| ApiOptions {
        webhook_secret: Some("hush".to_owned().into()),
        ..options
    })
    .await;
    let strings = include_str!("../../../tests/fixtures/injections/strings.json");
    let strings: Vec<serde_json::Value> = serde_json::from_str(strings).unwrap();
    assert!(strings.len() >= 150, "{}", strings.len());
    let (asked, seq) = (api.puppet.asked(), api.puppet.handle.view().memory.seq);
    for text in strings.iter().map(|one| &one["text"]) {
        let body = serde_json::json!({
            "ref": text, "pusher": {"name": text},
            "commits": [{"message": text, "author": {"name": text}, "added": [text]}],
        })
        .to_string();
        let signed = signature("hush", &body);
        let header = Some(("x-hub-signature-256", signed.as_str()));
        assert_eq!(hook_with(&api, header, &body).await, 202, "{text}");
        soon("the fetch", api.puppet.fetches.notified()).await;
    }
    assert_eq!(
        api.puppet.asked(),
        asked,
        "nothing else is asked of the controller"
    );
    assert_eq!(api.puppet.handle.view().memory.seq, seq, "nothing is on record");
}

#[tokio::test]
async fn without_a_secret_only_tokens_may_knock() {
    let api = Api::start().await;
    assert_eq!(
        hook(&api, Some(("x-hub-signature-256", &signature("", BODY)))).await,
        401
    );
    let viewer = format!("Bearer {}", api.token("viewer", Role::Viewer));
    assert_eq!(hook(&api, Some(("authorization", &viewer))).await, 401);
    let operator = format!("Bearer {}", api.token("operator", Role::Operator));
    assert_eq!(hook(&api, Some(("authorization", &operator))).await, 202);
    soon("the fetch", api.puppet.fetches.notified()).await;
    let forge = api.token("forge", Role::Viewer);
    let secret_hash = api.puppet.handle.view().memory.tokens["forge"]
        .secret_hash
        .clone();
    let (name, by, scopes) = ("forge".to_owned(), "root".to_owned(), vec![Scope::Propose]);
    api.puppet.append(vec![Event::TokenCreated {
        name,
        secret_hash,
        role: Role::Viewer,
        scopes,
        by,
        expires_at: None,
    }]);
    assert_eq!(
        hook(&api, Some(("authorization", &format!("Bearer {forge}")))).await,
        202
    );
}

#[tokio::test]
async fn health_tells_how_it_is_and_readiness_waits_for_the_first_look() {
    let api = Api::start().await;
    let get = async |path: &str| {
        let answer = reqwest::get(format!("{}{path}", api.url)).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    assert_eq!(get("/livez").await, (200, "ok\n".to_owned()));
    assert_eq!(get("/readyz").await.0, 200);
    api.clock.advance(Duration::from_secs(3));
    let health: serde_json::Value = serde_json::from_str(&get("/api/health").await.1).unwrap();
    assert_eq!(
        (&health["status"], &health["lastPassAgeSecs"], &health["epoch"]),
        (&"ok".into(), &3.into(), &1.into())
    );
    api.puppet
        .publish(|view| view.state.look_failure = Some("no route to host".to_owned()));
    let health: serde_json::Value = serde_json::from_str(&get("/api/health").await.1).unwrap();
    assert_eq!(health["status"], "degraded");
    assert!(
        !health.to_string().contains("no route"),
        "reasons are for those signed in"
    );
    api.puppet
        .publish(|view| view.state = jarvis_controller::LoopState::default());
    assert_eq!(get("/readyz").await.0, 503);
    assert_eq!(get("/livez").await.0, 200);
}

#[tokio::test]
async fn what_the_outside_watchdog_reads_is_there_for_anybody() {
    let api = Api::start().await;
    let ask = async || -> serde_json::Value {
        let answer = reqwest::get(format!("{}/api/health", api.url)).await.unwrap();
        serde_json::from_str(&answer.text().await.unwrap()).unwrap()
    };
    let before = ask().await;
    for figure in ["journalHead", "epoch", "lastPassAgeSecs"] {
        assert!(before[figure].is_u64(), "{figure}: {before}");
    }
    assert_eq!(before["frozen"], serde_json::Value::Null);
    api.puppet.append(vec![Event::FreezeFileFound {
        scope: jarvis_model::FreezeScope::All,
        reason: "smoke".to_owned(),
    }]);
    let after = ask().await;
    assert_eq!(
        after["journalHead"].as_u64(),
        before["journalHead"].as_u64().map(|head| head + 1),
        "every record raises the head"
    );
    assert_eq!(
        after["frozen"], "all",
        "the freeze file's freeze is told like any other"
    );
    assert!(!after.to_string().contains("smoke"));
}

#[tokio::test]
async fn liveness_says_no_while_the_loop_does_not_come_round_and_health_still_answers() {
    let stuck = Arc::new(AtomicBool::new(false));
    let asked = stuck.clone();
    let api = Api::with_state(
        |options| options,
        |state| {
            state.with_liveness(Arc::new(move || {
                asked
                    .load(Ordering::SeqCst)
                    .then(|| "the loop has not come round for 45 s".to_owned())
            }))
        },
    )
    .await;
    let status = async |path: &str| {
        let answer = reqwest::get(format!("{}{path}", api.url)).await.unwrap();
        answer.status().as_u16()
    };
    assert_eq!((status("/livez").await, status("/api/health").await), (200, 200));
    stuck.store(true, Ordering::SeqCst);
    assert_eq!((status("/livez").await, status("/api/health").await), (503, 200));
    stuck.store(false, Ordering::SeqCst);
    assert_eq!(status("/livez").await, 200);
}

#[tokio::test]
async fn metrics_are_for_this_machine_and_for_tokens() {
    let api = Api::start().await;
    let text = reqwest::get(format!("{}/metrics", api.url))
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for line in [
        "jarvis_nodes_online 2.0",
        "jarvis_guests_running 2.0",
        "jarvis_guests_unknown 1.0",
        "jarvis_frozen 0.0",
        "jarvis_quorate 1.0",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
    let client = reqwest::Client::new();
    let page = client
        .get(format!("{}/metrics", api.url))
        .header("origin", &api.origin)
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), 401, "a page is no scraper");
    let proxied = Api::with(|options| ApiOptions {
        trusted_proxy: true,
        ..options
    })
    .await;
    assert_eq!(
        reqwest::get(format!("{}/metrics", proxied.url))
            .await
            .unwrap()
            .status(),
        401
    );
    let token = proxied.token("prometheus", Role::Viewer);
    let scraped = client
        .get(format!("{}/metrics", proxied.url))
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    assert_eq!(scraped.status(), 200);
    assert_eq!(api.puppet.handle.view().at, START);
}
