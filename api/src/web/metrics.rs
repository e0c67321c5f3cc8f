//! `/metrics` in Prometheus text form, out of the latest picture. Not public: a bearer token, or a caller on this
//! machine that did not come through a proxy.

use super::problem::Problem;
use crate::{
    auth::{Need, allow, caller::authenticate, routes::peer_of},
    options::is_loopback,
    state::ApiState,
};
use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{Extensions, HeaderMap, HeaderValue, header};
use jarvis_controller::View;
use jarvis_model::{FreezeScope, GuestStatus, NodeStatus, Observed, Timestamp, limits};
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
    local || authenticate(state, headers).is_some_and(|found| allow(&found.caller, Need::Figures).is_ok())
}

/// The figures of a picture.
pub fn own(view: &View, head: u64, now: Timestamp, sockets: usize) -> String {
    let mut figures = Figures(Registry::with_prefix("jarvis"));
    of_the_loop(&mut figures, view, now);
    of_the_cluster(&mut figures, &view.observed, now);
    of_the_work(&mut figures, view, now);
    figures.put("journal_head", "Sequence number of the last record", head as f64);
    figures.put("sockets", "Open GraphQL sockets", count(sockets));
    let mut text = String::new();
    // Writing into a String cannot fail.
    let _ = encode(&mut text, &figures.0);
    text
}

struct Figures(Registry);

impl Figures {
    fn put(&mut self, name: &str, help: &str, value: f64) {
        let gauge: Gauge<f64, AtomicU64> = Gauge::default();
        gauge.set(value);
        self.0.register(name, help, gauge);
    }
}

fn count(n: usize) -> f64 {
    f64::from(u32::try_from(n).unwrap_or(u32::MAX))
}

fn flag(on: bool) -> f64 {
    f64::from(u8::from(on))
}

fn of_the_loop(figures: &mut Figures, view: &View, now: Timestamp) {
    let state = &view.state;
    let age = |at: Option<Timestamp>| at.map_or(f64::NAN, |at| now.since(at).as_secs_f64());
    let micros = state.last_pass_micros as f64;
    figures.put("passes", "Passes since the start", state.passes as f64);
    figures.put(
        "pass_duration_seconds",
        "How long the last pass took",
        micros / 1e6,
    );
    figures.put(
        "pass_age_seconds",
        "Time since the last pass ended",
        age(state.last_pass_at),
    );
    figures.put(
        "look_age_seconds",
        "Time since the cluster last answered",
        age(state.last_look_at),
    );
    figures.put(
        "fetch_age_seconds",
        "Time since the source was last read",
        age(state.last_fetch_at),
    );
    figures.put(
        "acting_stopped",
        "1 when nothing can be done at all",
        flag(state.acting_stopped.is_some()),
    );
    figures.put(
        "lease_epoch",
        "Lease epoch; 0 while only observing",
        state.epoch as f64,
    );
}

fn of_the_cluster(figures: &mut Figures, observed: &Observed, now: Timestamp) {
    let nodes = |status| {
        let fresh = observed
            .nodes
            .values()
            .map(|node| node.status.fresh(now, limits::CRITICAL));
        count(fresh.filter(|seen| *seen == Some(&status)).count())
    };
    let guests = |status: Option<&GuestStatus>| {
        let fresh = observed
            .guests
            .values()
            .map(|guest| guest.status.fresh(now, limits::CRITICAL));
        count(fresh.filter(|seen| *seen == status).count())
    };
    let quorum = observed.quorum.fresh(now, limits::CRITICAL);
    let quorate = quorum.map_or(f64::NAN, |quorum| flag(quorum.quorate));
    figures.put(
        "quorate",
        "1 when the cluster may decide; NaN when not known",
        quorate,
    );
    figures.put("nodes_online", "Nodes known online", nodes(NodeStatus::Online));
    figures.put("nodes_offline", "Nodes known offline", nodes(NodeStatus::Offline));
    figures.put(
        "guests_running",
        "Guests known running",
        guests(Some(&GuestStatus::Running)),
    );
    figures.put(
        "guests_stopped",
        "Guests known stopped",
        guests(Some(&GuestStatus::Stopped)),
    );
    figures.put(
        "guests_unknown",
        "Guests of which the state is not known",
        guests(None),
    );
}

fn of_the_work(figures: &mut Figures, view: &View, now: Timestamp) {
    let memory = &view.memory;
    let frozen = match memory.kill_switch(now).scope_at(now) {
        None => 0.0,
        Some(FreezeScope::Autonomy) => 1.0,
        Some(FreezeScope::All) => 2.0,
    };
    let escalated = memory
        .issues
        .values()
        .filter(|issue| issue.escalated_at.is_some());
    figures.put("frozen", "Kill switch: 0 off, 1 autonomy, 2 everything", frozen);
    figures.put("issues_open", "Open issues", count(memory.issues.len()));
    figures.put(
        "issues_escalated",
        "Issues given to people",
        count(escalated.count()),
    );
    figures.put(
        "intents_open",
        "Effects in flight",
        count(memory.open_intents().count()),
    );
    figures.put(
        "plan_decisions",
        "Decisions of the latest plan",
        count(view.plan.decisions.len()),
    );
    figures.put(
        "resources_declared",
        "Manifest resources in force",
        count(view.desired.len()),
    );
}
