//! Tools for other assistants: the Model Context Protocol over streamable HTTP at `/mcp`, both its eras at one address.
//!
//! What a tool does, who may call it and how its answer is cleaned is the registry's ([`jarvis_tools`]); here is only
//! the way to it.
//!
//! | module | what |
//! | --- | --- |
//! | [`door`] | who gets in: host, origin, bearer token, always, on loopback too |
//! | [`sessions`] | a session of the older era belongs to the token that began it |
//! | [`server`] | the protocol's requests, answered out of the registry |

pub mod door;
pub mod server;
pub mod sessions;

pub use server::McpServer;

use crate::state::ApiState;
use axum::{Router, middleware};
use rmcp::{
    ServerHandler,
    transport::streamable_http_server::{
        StreamableHttpServerConfig, StreamableHttpService, session::local::LocalSessionManager,
    },
};
use std::{sync::Arc, time::Duration};

/// Where it is.
pub const PATH: &str = "/mcp";
/// Largest request, bytes: a proposal carries whole files.
pub const BODY_LIMIT: usize = 256 * 1024;
/// How often a silent stream shows that it lives.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The route, over the tools of a registry.
pub fn router(state: &ApiState) -> Router {
    let tools = state.tools.clone();
    serving(state, move || McpServer::new(tools.clone()))
}

/// The route, over any server of the protocol: the same door, the same transport. The conformance suite's fixtures are one.
pub fn serving<S: ServerHandler + Send + Sync + 'static>(
    state: &ApiState,
    server: impl Fn() -> S + Send + Sync + 'static,
) -> Router {
    // Hosts and origins are checked at the door, by the names the rest of the API knows; the transport's own list would be
    // a second one to keep.
    let config = StreamableHttpServerConfig::default()
        .disable_allowed_hosts()
        .disable_allowed_origins()
        .with_sse_keep_alive(Some(KEEP_ALIVE))
        .with_max_request_body_bytes(BODY_LIMIT)
        .with_cancellation_token(state.stopping());
    let service = StreamableHttpService::new(
        move || Ok(server()),
        Arc::new(LocalSessionManager::default()),
        config,
    );
    Router::new()
        .route_service(PATH, service)
        .layer(middleware::from_fn_with_state(state.clone(), sessions::owned))
        .layer(middleware::from_fn_with_state(state.clone(), door::guarded))
}
