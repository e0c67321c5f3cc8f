//! `POST /graphql`: one JSON object in, one out. No GET, no batch, no form, no upload.

use crate::{
    auth::{
        caller::{Authenticated, authenticate},
        origin::{Source, is_json, source},
    },
    state::ApiState,
    web::problem::Problem,
};
use axum::{
    Json,
    body::Bytes,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::time::Duration;

/// Longest time one operation may take.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// Executes one operation.
pub async fn execute(State(state): State<ApiState>, headers: HeaderMap, body: Bytes) -> Response {
    match admitted(&state, &headers, &body) {
        Ok((found, request)) => run(&state, found, request).await,
        Err(problem) => problem.into_response(),
    }
}

fn admitted(
    state: &ApiState,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<(Authenticated, async_graphql::Request), Problem> {
    if !is_json(headers) {
        return Err(Problem::not_json());
    }
    let from = source(&state.options, headers);
    if from == Source::Foreign {
        return Err(Problem::foreign_origin());
    }
    let found = authenticate(state, headers).ok_or_else(Problem::unauthenticated)?;
    if found.caller.is_cookie() && from != Source::OwnPage {
        return Err(Problem::foreign_origin());
    }
    let first = body.iter().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(&b'[') {
        return Err(Problem::invalid(
            "batches are not taken; send one operation a request",
        ));
    }
    let request = serde_json::from_slice::<async_graphql::Request>(body);
    let request =
        request.map_err(|error| Problem::invalid(format!("this is no GraphQL request: {error}")))?;
    Ok((found, request))
}

async fn run(state: &ApiState, found: Authenticated, request: async_graphql::Request) -> Response {
    let executed = tokio::time::timeout(TIME_LIMIT, state.schema.execute(request.data(found.caller))).await;
    let Ok(answer) = executed else {
        let message = "this took longer than 30 s and was given up; what was recorded is in the feed";
        return Problem::new(StatusCode::GATEWAY_TIMEOUT, "UNAVAILABLE", message).into_response();
    };
    let mut response = Json(&answer).into_response();
    if let Some(cookie) = found
        .renewed
        .and_then(|cookie| HeaderValue::from_str(&cookie).ok())
    {
        response.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    response
}
