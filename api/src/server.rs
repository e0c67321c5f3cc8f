//! The routes, and serving them until told to stop. Control flow only; what each route does is in its module.

use crate::{
    auth, graphql,
    listen::{self, Serving},
    mcp,
    state::ApiState,
    terminal, web,
};
use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{get, post},
};
use http::StatusCode;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::{catch_panic::CatchPanicLayer, limit::RequestBodyLimitLayer, timeout::TimeoutLayer};

/// Largest body of any request, bytes.
pub const BODY_LIMIT: usize = 64 * 1024;
/// Largest body of a webhook, bytes: forges send whole commit lists.
pub const HOOK_BODY_LIMIT: usize = 1024 * 1024;

/// Longest time a request may take, its slowly sent body included. Sockets are answered at once and live on.
pub const REQUEST_LIMIT: Duration = Duration::from_secs(45);

/// All routes.
pub fn router(state: ApiState) -> Router {
    let tools = mcp::router(&state);
    router_with(state, tools)
}

/// All routes, with another server of tools.
pub fn router_with(state: ApiState, tools: Router) -> Router {
    let limited = Router::new()
        .route("/", get(web::page::index))
        .route("/assets/{name}", get(web::page::asset))
        .route("/metrics", get(web::metrics::metrics))
        .route(
            "/graphql",
            post(graphql::http::execute).get(graphql::socket::upgrade),
        )
        .route("/terminal/{cluster}/{node}", get(terminal::route::node))
        .route("/terminal/{cluster}/guest/{vmid}", get(terminal::route::guest))
        .route("/api/audit.jsonl", get(web::audit::json_lines))
        .route("/api/audit.csv", get(web::audit::csv))
        .route("/auth/login", post(auth::routes::login))
        .route("/auth/logout", post(auth::routes::logout))
        .route("/auth/password", post(auth::routes::set_password))
        .route("/auth/options", get(auth::routes::options))
        .route("/auth/oidc/login", get(auth::oidc::routes::login))
        .route(auth::oidc::CALLBACK, get(auth::oidc::routes::callback))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            web::headers::known_host,
        ))
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT));
    let open = Router::new()
        .route("/api/health", get(web::health::health))
        .route("/livez", get(web::health::live))
        .route("/readyz", get(web::health::ready))
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT));
    let hooks = Router::new()
        .route("/hooks/git", post(web::hooks::git))
        .layer(RequestBodyLimitLayer::new(HOOK_BODY_LIMIT));
    let tools: Router<ApiState> = tools
        .layer(RequestBodyLimitLayer::new(mcp::BODY_LIMIT))
        .with_state(());
    limited
        .merge(open)
        .merge(hooks)
        .merge(tools)
        .fallback(web::page::elsewhere)
        .method_not_allowed_fallback(web::headers::wrong_method)
        .layer(DefaultBodyLimit::disable())
        .layer(TimeoutLayer::with_status_code(
            StatusCode::REQUEST_TIMEOUT,
            REQUEST_LIMIT,
        ))
        .layer(CatchPanicLayer::custom(web::headers::panicked))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            web::headers::on_every_answer,
        ))
        .with_state(state)
}

/// Serves in the clear until `cancel`: then no new connections, sockets are closed with a reason, answers in hand are
/// finished.
pub async fn serve(listener: TcpListener, state: ApiState, cancel: CancellationToken) -> std::io::Result<()> {
    serve_as(listener, state, Serving::default(), cancel).await
}

/// As [`serve`], with a certificate or other limits.
pub async fn serve_as(
    listener: TcpListener,
    state: ApiState,
    serving: Serving,
    cancel: CancellationToken,
) -> std::io::Result<()> {
    let (stopping, stop) = (state.stopping(), CancellationToken::new());
    let accepting = listen::accept(listener, router(state), serving, stop.clone());
    let asked = async {
        cancel.cancelled().await;
        stopping.cancel();
        stop.cancel();
    };
    let (ended, ()) = tokio::join!(accepting, asked);
    ended
}
