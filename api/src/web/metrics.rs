//! `/metrics` in Prometheus text form, out of the latest picture. Not public: a bearer token, or a caller on this
//! machine that did not come through a proxy.

use super::problem::Problem;
use crate::{
    auth::{caller::authenticate, routes::peer_of},
    options::is_loopback,
    state::ApiState,
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{Extensions, HeaderMap, HeaderValue, header};
use jarvis_controller::View;
use jarvis_model::{FreezeScope, GuestStatus, NodeStatus, Timestamp, limits};
use prometheus_client::{encoding::text::encode, metrics::gauge::Gauge, registry::Registry};
use std::sync::atomic::AtomicU64;

const TEXT: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// `GET /metrics`.
pub async fn metrics(State(state): State<ApiState>, extensions: Extensions, headers: HeaderMap) -> Response {
    if !may_read(&state, &extensions, &headers) {
        return Problem::unauthenticated().into_response();
    }
    let mut text = own(
        &state.handle.view(),
        state.handle.head(),
        state.now(),
        state.seats.taken(),
    );
    if let Some(more) = &state.more_metrics {
        let end = text.rfind("# EOF").unwrap_or(text.len());
        text.truncate(end);
        text.push_str(&more());
        if !text.trim_end().ends_with("# EOF") {
            text.push_str("# EOF\n");
        }
    }
    ([(header::CONTENT_TYPE, TEXT)], text).into_response()
}

fn may_read(state: &ApiState, extensions: &Extensions, headers: &HeaderMap) -> bool {
    let local = !state.options.trusted_proxy
        && !headers.contains_key(header::ORIGIN)
        && peer_of(extensions).is_some_and(is_loopback);
    local || authenticate(state, headers).is_some_and(|found| !found.caller.is_cookie())
}

/// The figures of a picture.
pub fn own(view: &View, head: u64, now: Timestamp, sockets: usize) -> String {
    let mut registry = Registry::with_prefix("jarvis");
    let count = |n: usize| f64::from(u32::try_from(n).unwrap_or(u32::MAX));
    let age = |at: Option<Timestamp>| at.map_or(f64::NAN, |at| now.since(at).as_secs_f64());
    let observed = &view.observed;
    let online = |status| {
        observed
            .nodes
            .values()
            .filter(|n| n.status.fresh(now, limits::CRITICAL) == Some(&status))
            .count()
    };
    let guests = |status| {
        observed
            .guests
            .values()
            .filter(|g| g.status.fresh(now, limits::CRITICAL) == Some(&status))
            .count()
    };
    let unknown = observed
        .guests
        .values()
        .filter(|g| g.status.fresh(now, limits::CRITICAL).is_none())
        .count();
    let quorate = observed
        .quorum
        .fresh(now, limits::CRITICAL)
        .map_or(f64::NAN, |quorum| f64::from(u8::from(quorum.quorate)));
    let frozen = match view.memory.freeze.scope_at(now) {
        None => 0.0,
        Some(FreezeScope::Autonomy) => 1.0,
        Some(FreezeScope::All) => 2.0,
    };
    let escalated = view
        .memory
        .issues
        .values()
        .filter(|issue| issue.escalated_at.is_some())
        .count();
    let rows = [
        ("passes", "Passes since the start.", view.state.passes as f64),
        (
            "pass_duration_seconds",
            "How long the last pass took.",
            view.state.last_pass_micros as f64 / 1e6,
        ),
        (
            "pass_age_seconds",
            "Time since the last pass ended.",
            age(view.state.last_pass_at),
        ),
        (
            "look_age_seconds",
            "Time since the cluster last answered.",
            age(view.state.last_look_at),
        ),
        (
            "fetch_age_seconds",
            "Time since the source was last read.",
            age(view.state.last_fetch_at),
        ),
        (
            "acting_stopped",
            "1 when acting is impossible altogether.",
            f64::from(u8::from(view.state.acting_stopped.is_some())),
        ),
        ("frozen", "Kill switch: 0 off, 1 autonomy, 2 everything.", frozen),
        ("journal_head", "Sequence number of the last record.", head as f64),
        (
            "lease_epoch",
            "Lease epoch; 0 while only observing.",
            view.state.epoch as f64,
        ),
        (
            "quorate",
            "1 when the cluster may decide; NaN when not known.",
            quorate,
        ),
        (
            "nodes_online",
            "Nodes known online.",
            count(online(NodeStatus::Online)),
        ),
        (
            "nodes_offline",
            "Nodes known offline.",
            count(online(NodeStatus::Offline)),
        ),
        (
            "guests_running",
            "Guests known running.",
            count(guests(GuestStatus::Running)),
        ),
        (
            "guests_stopped",
            "Guests known stopped.",
            count(guests(GuestStatus::Stopped)),
        ),
        (
            "guests_unknown",
            "Guests of which the state is not known.",
            count(unknown),
        ),
        ("issues_open", "Open issues.", count(view.memory.issues.len())),
        ("issues_escalated", "Issues given to people.", count(escalated)),
        (
            "intents_open",
            "Effects in flight.",
            count(view.memory.open_intents().count()),
        ),
        (
            "plan_decisions",
            "Decisions of the latest plan.",
            count(view.plan.decisions.len()),
        ),
        (
            "resources_declared",
            "Manifest resources in force.",
            count(view.desired.len()),
        ),
        ("sockets", "Open GraphQL sockets.", count(sockets)),
    ];
    for (name, help, value) in rows {
        let gauge: Gauge<f64, AtomicU64> = Gauge::default();
        gauge.set(value);
        registry.register(name, help.trim_end_matches('.'), gauge);
    }
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ = encode(&mut text, &registry);
    text
}
