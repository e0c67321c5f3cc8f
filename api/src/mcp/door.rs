//! Who gets in. A page of another site or a rebound host name never does; everybody else shows a bearer token, on
//! loopback too: what listens there is not only ours. Cookies count for nothing here.

use crate::{
    auth::{
        bearer,
        origin::{self, Source},
    },
    state::ApiState,
    web::problem::Problem,
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use jarvis_model::Door;
use jarvis_tools::Caller;

/// Whose token it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenOf {
    /// Its name.
    pub name: String,
    /// Hash of its secret: a token made anew under the same name is another one.
    pub secret_hash: String,
}

/// Checks host, origin and token, in this order; puts who calls into the request.
pub async fn guarded(State(state): State<ApiState>, mut request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !known_host(&state, &request) {
        return refused(
            "FOREIGN_HOST",
            "Jarvis is not known by this host name; use its address, or configure this name as the public URL",
        );
    }
    if origin::source(&state.options, headers) == Source::Foreign {
        return refused("FOREIGN_ORIGIN", "pages of other sites may not use /mcp");
    }
    let Some((caller, token)) = caller(&state, headers) else {
        return unauthenticated(headers);
    };
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(token);
    let mut response = next.run(request).await;
    // A proxy that gathers a stream before it passes it on would hold progress back.
    response.headers_mut().insert(
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    response
}

fn known_host(state: &ApiState, request: &Request) -> bool {
    let named = request
        .headers()
        .get(header::HOST)
        .map(|host| host.to_str().unwrap_or(""));
    let host = named.or_else(|| request.uri().authority().map(http::uri::Authority::as_str));
    host.is_some_and(|host| state.options.allows_host(host))
}

/// The assistant behind a token, with the scopes the token has now.
fn caller(state: &ApiState, headers: &HeaderMap) -> Option<(Caller, TokenOf)> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else {
        return None;
    };
    let view = state.handle.view();
    let known = bearer::caller(&view.memory, value.to_str().ok()?, state.now(), Door::Mcp)?;
    let crate::auth::Credential::Token { name, secret_hash } = known.credential else {
        return None;
    };
    Some((
        Caller::token(name.clone(), known.scopes),
        TokenOf { name, secret_hash },
    ))
}

fn refused(code: &str, message: &str) -> Response {
    tracing::warn!(code, "refused a request for tools");
    Problem::new(StatusCode::FORBIDDEN, code, message).into_response()
}

fn unauthenticated(headers: &HeaderMap) -> Response {
    let challenge = if headers.contains_key(header::AUTHORIZATION) {
        r#"Bearer realm="jarvis", error="invalid_token", error_description="unknown, revoked or lapsed""#
    } else {
        r#"Bearer realm="jarvis""#
    };
    let problem = Problem::new(
        StatusCode::UNAUTHORIZED,
        "UNAUTHENTICATED",
        "send a valid token as `Authorization: Bearer jrv_…`; `jarvis token create` makes one",
    );
    let mut response = problem.into_response();
    response
        .headers_mut()
        .insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    response
}
