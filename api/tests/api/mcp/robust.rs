//! Tools that misbehave, callers who leave.

use super::{call, messages, request, result};
use crate::support::{Api, soon};
use futures::StreamExt as _;
use jarvis_model::Scope;
use jarvis_tools::{Desk, testing};
use serde_json::json;
use std::sync::{Arc, atomic::Ordering};

/// An API whose tools misbehave.
async fn misbehaving() -> (Api, String) {
    let api = Api::with_state(
        |options| options,
        |state| {
            let desk: Desk = state.tools().desk().clone();
            state.with_tools(testing::registry(desk))
        },
    )
    .await;
    let token = api.assistant("desk", &[Scope::Read]);
    (api, token)
}

#[tokio::test]
async fn a_panic_and_a_hang_are_results_and_the_server_goes_on() {
    let (api, token) = misbehaving().await;
    for (name, said) in [
        ("panics", "broke down"),
        ("hangs", "within 1 s"),
        ("panics", "broke down"),
    ] {
        let result = soon(name, result(call(&api, &token, name, json!({})))).await;
        assert_eq!(result["isError"], true, "{result}");
        let text = result["content"][0]["text"].as_str().unwrap();
        assert!(text.contains(said) && !text.contains("hunter2"), "{text}");
    }
    result(request(&api, &token, "tools/list", None, json!({}))).await;
}

#[tokio::test]
async fn a_caller_who_leaves_cancels() {
    let (api, token) = misbehaving().await;
    let before = testing::CANCELLED.load(Ordering::SeqCst);
    let response = call(&api, &token, "waits", json!({})).send().await.unwrap();
    let mut stream = response.bytes_stream();
    let first = soon("progress", stream.next()).await.unwrap().unwrap();
    let text = String::from_utf8_lossy(&first).into_owned();
    assert!(
        text.contains("notifications/progress") && text.contains("waiting"),
        "{text}"
    );
    drop(stream);
    let cancelled = async {
        while testing::CANCELLED.load(Ordering::SeqCst) == before {
            testing::CANCELLED_NOW.notified().await;
        }
    };
    soon("the cancellation", cancelled).await;
}

#[tokio::test]
async fn many_calls_at_once_are_all_answered() {
    let api = Arc::new(Api::start().await);
    let token = api.assistant("desk", &[Scope::Read]);
    let calls = (0..40).map(|n| {
        let (api, token) = (api.clone(), token.clone());
        async move {
            let name = if n % 2 == 0 { "list_guests" } else { "list_events" };
            messages(call(&api, &token, name, json!({})).send().await.unwrap()).await
        }
    });
    for answer in futures::future::join_all(calls).await {
        assert!(
            answer.last().unwrap()["result"]["structuredContent"].is_object(),
            "{answer:?}"
        );
    }
}
