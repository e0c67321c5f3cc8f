//! The control endpoint: faults in, ledger and truth out. Loopback only, with a bearer secret.
//!
//! | call | what |
//! | --- | --- |
//! | `POST /control/faults` | a fault or mischief, as JSON |
//! | `GET /control/ledger` | accepted calls, starts and stops, faults |
//! | `GET /control/state` | the truth about nodes, guests, tasks |
//! | `POST /control/advance` | `{"secs": 300}`: let simulated time pass |
//! | `POST /control/reset` | begin the scenario again |

use std::sync::Arc;

use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::answer::{Body, Reply};
use super::http::{self, Request};
use crate::handle::SimulatorHandle;

/// Serves the control port until cancelled.
pub async fn run(
    handle: SimulatorHandle,
    listener: TcpListener,
    secret: Arc<str>,
    tracker: TaskTracker,
    cancel: CancellationToken,
) {
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            accepted = listener.accept() => if let Ok((stream, _)) = accepted {
                let (handle, secret, cancel) = (handle.clone(), Arc::clone(&secret), cancel.clone());
                tracker.spawn(async move {
                    tokio::select! {
                        () = cancel.cancelled() => {}
                        _ = converse(&handle, &secret, stream) => {}
                    }
                });
            }
        }
    }
}

async fn converse(handle: &SimulatorHandle, secret: &str, mut stream: TcpStream) -> std::io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(request) = http::read(&mut stream, &mut buffer).await? {
        let (status, value) = answer(handle, secret, &request);
        let reason = if status == 200 { "OK" } else { "Refused" };
        let reply = Reply::plain(status, reason, Body::Json(value.to_string()));
        let wants_close = request
            .header("connection")
            .is_some_and(|value| value.eq_ignore_ascii_case("close"));
        let keep = !reply.closes() && !wants_close;
        http::send(&mut stream, &http::render(&reply, handle.unix_now(), keep)).await?;
        if !keep {
            break;
        }
    }
    stream.shutdown().await
}

fn answer(handle: &SimulatorHandle, secret: &str, request: &Request) -> (u16, Value) {
    let given = request
        .header("authorization")
        .and_then(|value| value.strip_prefix("Bearer "))
        .unwrap_or_default();
    if !bool::from(given.as_bytes().ct_eq(secret.as_bytes())) {
        return (
            401,
            json!({ "error": "send 'Authorization: Bearer SECRET' with the secret printed at the start" }),
        );
    }
    match (request.method.as_str(), request.path.as_str()) {
        ("POST", "/control/faults") => {
            let text = String::from_utf8_lossy(&request.body);
            match handle.inject_json(&text) {
                Ok(()) => (200, json!({ "ok": true, "at_ms": handle.now().as_millis() })),
                Err(error) => (400, json!({ "error": error })),
            }
        }
        ("GET", "/control/ledger") => (200, serde_json::to_value(handle.ledger()).unwrap_or_default()),
        ("GET", "/control/state") => (200, handle.state()),
        ("POST", "/control/reset") => {
            handle.reset();
            (200, json!({ "ok": true }))
        }
        ("POST", "/control/advance") => advance(handle, &request.body),
        (method, path) => (404, json!({ "error": format!("there is no {method} {path}") })),
    }
}

fn advance(handle: &SimulatorHandle, body: &[u8]) -> (u16, Value) {
    let secs = serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|value| value["secs"].as_u64());
    match secs {
        Some(secs) if secs <= 86_400 => {
            handle.advance(std::time::Duration::from_secs(secs));
            (200, json!({ "ok": true, "at_ms": handle.now().as_millis() }))
        }
        _ => (400, json!({ "error": "send {\"secs\": N} with N at most 86400" })),
    }
}
