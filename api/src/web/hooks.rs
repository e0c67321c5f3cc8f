//! `/hooks/git`: a forge says that the repository changed. It can only make Jarvis look sooner.

use super::problem::Problem;
use crate::{
    auth::{Need, allow, caller::authenticate},
    state::ApiState,
};
use axum::{
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, StatusCode, header};
use sha2::Sha256;

/// `POST /hooks/git`: 202 with `X-Hub-Signature-256: sha256=HEX` over the body, or with a bearer token of an operator or
/// of scope `propose` or `operate`; else 401.
pub async fn git(State(state): State<ApiState>, headers: HeaderMap, body: Bytes) -> Response {
    let bearer = headers.contains_key(header::AUTHORIZATION);
    let signed = state
        .options
        .webhook_secret
        .as_ref()
        .is_some_and(|secret| is_signed(secret, &headers, &body));
    let allowed = if bearer {
        authenticate(&state, &headers).is_some_and(|found| allow(&found.caller, Need::Fetch).is_ok())
    } else {
        signed
    };
    if !allowed {
        tracing::warn!("a webhook without a valid signature or token was refused");
        return refusal(state.options.webhook_secret.is_some()).into_response();
    }
    state.handle.fetch_now();
    (StatusCode::ACCEPTED, "fetching\n").into_response()
}

fn refusal(configured: bool) -> Problem {
    let message = if configured {
        "sign the body with the configured webhook secret (header X-Hub-Signature-256), or send a bearer token"
    } else {
        "no webhook secret is configured; configure one, or send a bearer token of an operator"
    };
    Problem::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message)
}

fn is_signed(secret: &str, headers: &HeaderMap, body: &[u8]) -> bool {
    let offered = headers
        .get("x-hub-signature-256")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("sha256="))
        .and_then(|digits| hex::decode(digits).ok());
    let (Some(offered), false) = (offered, secret.is_empty()) else {
        return false;
    };
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return false;
    };
    mac.update(body);
    mac.verify_slice(&offered).is_ok()
}
