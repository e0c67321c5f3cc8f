//! `/api/audit.jsonl` and `/api/audit.csv`: the whole audit trail as a file, for operators.

use super::problem::Problem;
use crate::{
    auth::{
        allow::{AUDIT, allow},
        caller::authenticate,
    },
    outside::AuditFormat,
    state::ApiState,
};
use axum::{
    body::Body,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Pieces that wait to be sent; the disk is not read further ahead.
const AHEAD: usize = 64;

/// `GET /api/audit.jsonl`.
pub async fn json_lines(State(state): State<ApiState>, headers: HeaderMap) -> Response {
    export(&state, &headers, AuditFormat::JsonLines)
}

/// `GET /api/audit.csv`.
pub async fn csv(State(state): State<ApiState>, headers: HeaderMap) -> Response {
    export(&state, &headers, AuditFormat::Csv)
}

fn export(state: &ApiState, headers: &HeaderMap, format: AuditFormat) -> Response {
    let Some(found) = authenticate(state, headers) else {
        return Problem::unauthenticated().into_response();
    };
    if let Err(denied) = allow(&found.caller, AUDIT) {
        let message = format!("exporting the audit trail: {denied}");
        return Problem::new(StatusCode::FORBIDDEN, "FORBIDDEN", message).into_response();
    }
    let Some(trail) = state.outside.audit.clone() else {
        let message = "there is no audit trail on disk here";
        return Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", message).into_response();
    };
    tracing::info!(user = found.caller.user, "the audit trail is exported");
    let (sender, pieces) = mpsc::channel(AHEAD);
    tokio::task::spawn_blocking(move || {
        let mut take = |piece: String| sender.blocking_send(Ok(piece)).is_ok();
        if let Err(why) = trail.export(format, &mut take) {
            // Cut short: a reader must not take a part for the whole.
            drop(sender.blocking_send(Err(std::io::Error::other(why))));
        }
    });
    let (kind, name) = match format {
        AuditFormat::JsonLines => ("application/x-ndjson", "attachment; filename=\"audit.jsonl\""),
        AuditFormat::Csv => ("text/csv; charset=utf-8", "attachment; filename=\"audit.csv\""),
    };
    let body = Body::from_stream(ReceiverStream::new(pieces));
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static(name)),
    ];
    (headers, body).into_response()
}
