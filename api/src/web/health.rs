//! `/livez`, `/readyz`, `/api/health`: for orchestrators and the outside watchdog. No names, no secrets.

use crate::state::ApiState;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use jarvis_model::FreezeScope;
use serde::Serialize;

/// What `/api/health` tells.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    /// `ok`, `starting`, `degraded`.
    status: &'static str,
    version: &'static str,
    cluster: String,
    /// Sequence number of the last journal record; a lower one after a restart means a roll-back.
    journal_head: u64,
    /// Lease epoch; 0 while only observing.
    epoch: u64,
    passes: u64,
    last_pass_age_secs: Option<u64>,
    last_look_age_secs: Option<u64>,
    frozen: Option<&'static str>,
    acting_stopped: bool,
}

/// `GET /livez`: 200 while the process answers and its loop comes round, else 503: it is better begun again.
pub async fn live(State(state): State<ApiState>) -> Response {
    match state.stuck.as_ref().and_then(|stuck| stuck()) {
        None => "ok\n".into_response(),
        Some(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response(),
    }
}

/// `GET /readyz`: 200 once a complete pass was made over a cluster that answered, else 503.
pub async fn ready(State(state): State<ApiState>) -> Response {
    if state.handle.view().state.is_ready() {
        "ready\n".into_response()
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "no complete look at the cluster yet\n",
        )
            .into_response()
    }
}

/// `GET /api/health`: 200 always while the process answers; the figures say how it is.
pub async fn health(State(state): State<ApiState>) -> Response {
    let view = state.handle.view();
    let now = state.now();
    let age = |at: Option<jarvis_model::Timestamp>| at.map(|at| now.since(at).as_secs());
    let troubled = view.state.acting_stopped.is_some() || view.state.look_failure.is_some();
    let status = match (view.state.is_ready(), troubled) {
        (false, _) => "starting",
        (true, true) => "degraded",
        (true, false) => "ok",
    };
    let frozen = view
        .memory
        .kill_switch(now)
        .scope_at(now)
        .map(|scope| match scope {
            FreezeScope::Autonomy => "autonomy",
            FreezeScope::All => "all",
        });
    Json(Health {
        status,
        version: env!("CARGO_PKG_VERSION"),
        cluster: view.cluster.to_string(),
        journal_head: state.handle.head(),
        epoch: view.state.epoch,
        passes: view.state.passes,
        last_pass_age_secs: age(view.state.last_pass_at),
        last_look_age_secs: age(view.state.last_look_at),
        frozen,
        acting_stopped: view.state.acting_stopped.is_some(),
    })
    .into_response()
}
