//! What every answer carries, and answers to requests that fit no route.

use super::problem::Problem;
use crate::{options::ApiOptions, state::ApiState};
use axum::{
    body::Body,
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header};
use std::any::Any;
use tracing::Instrument;
use uuid::Uuid;

/// What a page may do: scripts, styles, fonts and connections of our own origin (sockets of the same host and port
/// count as that), nothing inline or evaluated, never in a frame. Rules that the terminal and the editor need are made by
/// script, as constructed sheets.
const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
                    font-src 'self'; connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; \
                    object-src 'none'; frame-ancestors 'none'";
/// What anything else may do that a browser is led to show: nothing.
const NO_PAGE: &str = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Where the id of a request is told.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives each request an id and each answer its security headers.
pub async fn on_every_answer(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let id = Uuid::now_v7().simple().to_string();
    let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
    let mut response = next.run(request).instrument(span).await;
    secure(&state.options, &mut response);
    if let Ok(value) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, value);
    }
    response
}

fn secure(options: &ApiOptions, response: &mut Response) {
    let headers = response.headers_mut();
    let is_page = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    let always = [
        (
            header::CONTENT_SECURITY_POLICY,
            if is_page { PAGE } else { NO_PAGE },
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("cross-origin-resource-policy"),
            "same-origin",
        ),
        (
            HeaderName::from_static("permissions-policy"),
            "camera=(), microphone=(), geolocation=()",
        ),
    ];
    for (name, value) in always {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers
        .entry(header::CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    // A proxy in front says this for itself.
    if options.tls {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000"),
        );
    }
}

/// Refuses a `Host` that is none of ours (a name rebound to this machine), unless a bearer token speaks for the caller.
pub async fn known_host(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let named = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let host = named
        .or_else(|| request.uri().authority().map(http::uri::Authority::as_str))
        .unwrap_or("");
    let fine = state.options.allows_host(host) || request.headers().contains_key(header::AUTHORIZATION);
    if fine {
        return next.run(request).await;
    }
    Problem::new(
        StatusCode::MISDIRECTED_REQUEST,
        "FOREIGN_HOST",
        "Jarvis is not known by this host name; use its address, or configure this name as the public URL",
    )
    .into_response()
}

/// 404.
pub fn no_such_page() -> Response {
    Problem::new(
        StatusCode::NOT_FOUND,
        "NOT_FOUND",
        "there is nothing here; GraphQL is at /graphql",
    )
    .into_response()
}

/// 405.
pub async fn wrong_method() -> Response {
    Problem::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "INVALID",
        "this address does not take that method",
    )
    .into_response()
}

/// 500 instead of a cut connection. What panicked is in the log, not in the answer.
pub fn panicked(reason: Box<dyn Any + Send + 'static>) -> http::Response<Body> {
    let words = reason
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| reason.downcast_ref::<&str>().copied());
    tracing::error!(reason = words.unwrap_or("unknown"), "a request panicked");
    let problem = Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "INTERNAL",
        "Jarvis failed to answer this; nothing was done on its account. The log has the reason under the request id",
    );
    problem.into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::{Router, body::to_bytes, routing::get};
    use tower::ServiceExt;
    use tower_http::catch_panic::CatchPanicLayer;

    async fn fails() -> &'static str {
        let list: [u8; 0] = [];
        if list.iter().count() == 0 {
            std::panic::panic_any("the secret is hunter2".to_owned());
        }
        "fine"
    }

    #[tokio::test]
    async fn a_panic_is_an_answer_without_its_words() {
        let app: Router = Router::new()
            .route("/", get(fails))
            .layer(CatchPanicLayer::custom(panicked));
        let request = Request::get("/").body(Body::empty()).unwrap();
        let answer = app.oneshot(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = to_bytes(answer.into_body(), 10_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["errors"][0]["extensions"]["code"], "INTERNAL");
        assert!(!body.to_string().contains("hunter2"));
    }
}
