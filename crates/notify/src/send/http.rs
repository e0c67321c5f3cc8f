//! Webhooks and ntfy: one POST each, redirects not followed, so that no secret goes elsewhere.

use super::Outcome;
use crate::{letter::Letter, render::wire, text};
use reqwest::{Client, Response, StatusCode, header};
use std::{error::Error as _, time::Duration};

/// The longest part of an answer that is read.
const ANSWER_BYTES: usize = 2_048;

/// A client for both.
pub fn client() -> Result<Client, String> {
    Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(15))
        .timeout(Duration::from_secs(45))
        .user_agent(concat!("jarvis/", env!("CARGO_PKG_VERSION")))
        .no_proxy()
        .build()
        .map_err(|error| format!("cannot build an HTTP client: {}", causes(&error)))
}

/// Posts a letter as JSON, signed when there is a secret: the time in seconds is signed with the body.
pub async fn webhook(
    client: &Client,
    letter: &Letter,
    url: &str,
    signing: Option<(&str, u64)>,
    dashboard: Option<&str>,
) -> Outcome {
    let body = wire::webhook(letter, dashboard);
    let mut request = client
        .post(url)
        .header(header::CONTENT_TYPE, "application/json")
        .header("X-Jarvis-Id", &letter.id);
    if let Some((secret, at_secs)) = signing {
        let signature = format!("sha256={}", wire::signature(secret, at_secs, &body));
        request = request
            .header("X-Jarvis-Timestamp", at_secs.to_string())
            .header("X-Jarvis-Signature-256", signature);
    }
    outcome(request.body(body).send().await).await
}

/// Publishes a letter to a topic.
pub async fn ntfy(
    client: &Client,
    letter: &Letter,
    to: (&str, &str),
    token: Option<&str>,
    dashboard: Option<&str>,
) -> Outcome {
    let (server, topic) = to;
    let mut request = client.post(server).json(&wire::ntfy(letter, topic, dashboard));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    outcome(request.send().await).await
}

async fn outcome(sent: Result<Response, reqwest::Error>) -> Outcome {
    let response = match sent {
        Ok(response) => response,
        // What cannot be sent at all will not be sendable later.
        Err(error) if error.is_builder() => return Outcome::refused(&causes(&error.without_url())),
        Err(error) => return Outcome::later(&causes(&error.without_url())),
    };
    let status = response.status();
    let words = format!("{status} {}", beginning(response).await);
    if status.is_success() {
        Outcome::accepted(&words)
    } else if may_change(status) {
        Outcome::later(&words)
    } else {
        Outcome::refused(&words)
    }
}

/// Whether the same request may be taken later: the server is busy or broken, or the credential is to be corrected.
fn may_change(status: StatusCode) -> bool {
    status.is_server_error()
        || matches!(
            status,
            StatusCode::UNAUTHORIZED
                | StatusCode::FORBIDDEN
                | StatusCode::REQUEST_TIMEOUT
                | StatusCode::TOO_EARLY
                | StatusCode::TOO_MANY_REQUESTS
        )
}

async fn beginning(mut response: Response) -> String {
    let mut bytes = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        bytes.extend_from_slice(&chunk);
        if bytes.len() >= ANSWER_BYTES {
            break;
        }
    }
    bytes.truncate(ANSWER_BYTES);
    text::line(&String::from_utf8_lossy(&bytes), super::ANSWER)
}

/// The library's text says little; its causes say what happened. The URL may hold a secret and is left out.
fn causes(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}
