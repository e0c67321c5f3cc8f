//! The upgrade: who gets a socket, and for which host. What a browser could not read from a refused upgrade is told over the
//! socket instead; who may not have one gets none.

use super::{
    socket::{self, Asked},
    wire::{PROTOCOL, Query},
};
use crate::{
    auth::{
        Caller,
        allow::{TERMINAL, allow},
        caller::authenticate,
        origin::{Source, source},
    },
    state::ApiState,
    web::problem::Problem,
};
use axum::{
    extract::{
        Path, Query as InQuery, State,
        rejection::QueryRejection,
        ws::{WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use jarvis_model::{Host, NodeName, Vmid};

type Upgrade = Result<WebSocketUpgrade, WebSocketUpgradeRejection>;
type Asking = Result<InQuery<Query>, QueryRejection>;

/// `GET /terminal/{cluster}/{node}`.
pub async fn node(
    State(state): State<ApiState>,
    Path((cluster, node)): Path<(String, String)>,
    query: Asking,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    let host = NodeName::new(&node).map(Host::Node).ok();
    answer(state, &cluster, host, query, &headers, upgrade)
}

/// `GET /terminal/{cluster}/guest/{vmid}`.
pub async fn guest(
    State(state): State<ApiState>,
    Path((cluster, vmid)): Path<(String, String)>,
    query: Asking,
    headers: HeaderMap,
    upgrade: Upgrade,
) -> Response {
    let vmid = vmid.parse().ok().and_then(|number| Vmid::new(number).ok());
    answer(state, &cluster, vmid.map(Host::Guest), query, &headers, upgrade)
}

fn answer(
    state: ApiState,
    cluster: &str,
    host: Option<Host>,
    query: Asking,
    headers: &HeaderMap,
    upgrade: Upgrade,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let message = format!("a terminal is a WebSocket that speaks {PROTOCOL}");
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "INVALID", message).into_response();
    };
    let asked = match allowed(&state, cluster, host, query, headers) {
        Ok(asked) => asked,
        Err(problem) => return problem.into_response(),
    };
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(socket::MESSAGE_LIMIT)
        .max_frame_size(socket::MESSAGE_LIMIT)
        .on_upgrade(move |stream| socket::serve(state, stream, asked))
}

fn allowed(
    state: &ApiState,
    cluster: &str,
    host: Option<Host>,
    query: Asking,
    headers: &HeaderMap,
) -> Result<Asked, Problem> {
    let caller = caller(state, headers)?;
    if !offers_protocol(headers) {
        return Err(Problem::invalid(format!(
            "offer the WebSocket subprotocol {PROTOCOL}"
        )));
    }
    let known = *state.handle.view().cluster == *cluster;
    let host = host.filter(|_| known).ok_or_else(|| {
        let message = format!(
            "there is no such host; write /terminal/{}/NODE",
            state.handle.view().cluster
        );
        Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", message)
    })?;
    let wrong = || {
        Problem::invalid("write ?cols=120&rows=32, both from 1 to 1000, and session=ID&after=BYTES to go on")
    };
    let InQuery(query) = query.map_err(|_| wrong())?;
    let size = query.size().ok_or_else(wrong)?;
    Ok(Asked {
        caller,
        host,
        size,
        resume: query.session.map(|session| (session, query.after)),
    })
}

/// Who asks. A cookie counts from our own page only: the upgrade is a GET that any page could make a browser send.
fn caller(state: &ApiState, headers: &HeaderMap) -> Result<Caller, Problem> {
    let from = source(&state.options, headers);
    if from == Source::Foreign {
        tracing::warn!("a page of another origin asked for a terminal and was refused");
        return Err(Problem::foreign_origin());
    }
    let found = authenticate(state, headers).ok_or_else(Problem::unauthenticated)?;
    let caller = found.caller;
    if caller.is_cookie() && from != Source::OwnPage {
        return Err(Problem::foreign_origin());
    }
    if let Err(denied) = allow(&caller, TERMINAL) {
        tracing::warn!(user = caller.user, "asked for a terminal and was refused by role");
        let message = format!("a terminal: {denied}. An admin can give it");
        return Err(Problem::new(StatusCode::FORBIDDEN, "FORBIDDEN", message));
    }
    Ok(caller)
}

fn offers_protocol(headers: &HeaderMap) -> bool {
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    offered
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|offer| offer.trim() == PROTOCOL)
}
