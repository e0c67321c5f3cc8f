//! The plain live page: three static files in the binary. It signs in, subscribes and shows what is there.

use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};

const INDEX: &str = include_str!("../../page/index.html");
const SCRIPT: &str = include_str!("../../page/live.js");
const STYLE: &str = include_str!("../../page/live.css");
const ICON: &str = include_str!("../../page/icon.svg");

/// `GET /`.
pub async fn index() -> Response {
    file("text/html; charset=utf-8", INDEX)
}

/// `GET /assets/{name}`.
pub async fn asset(Path(name): Path<String>) -> Response {
    match name.as_str() {
        "live.js" => file("text/javascript; charset=utf-8", SCRIPT),
        "live.css" => file("text/css; charset=utf-8", STYLE),
        "icon.svg" => file("image/svg+xml", ICON),
        _ => (StatusCode::NOT_FOUND, "no such file\n").into_response(),
    }
}

fn file(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text).into_response()
}
