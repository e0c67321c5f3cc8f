//! The dashboard in the binary: the built files of `ui/dist`, ready compressed. Without them, when `ui` was not built,
//! the plain live page of `api/page` stands in its place. `cargo build` never needs node.

use super::headers;
use axum::{
    extract::Path,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header};
use rust_embed::{EmbeddedFile, RustEmbed};

const INDEX: &str = include_str!("../../page/index.html");
const SCRIPT: &str = include_str!("../../page/live.js");
const STYLE: &str = include_str!("../../page/live.css");
const ICON: &str = include_str!("../../page/icon.svg");

/// What other parts of Jarvis answer, or will: a page of the dashboard never stands there.
const TAKEN: [&str; 10] = [
    "api", "assets", "auth", "graphql", "hooks", "livez", "mcp", "metrics", "readyz", "terminal",
];
/// The build puts a hash into the name of each file, so that it never changes.
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// In release builds the files are in the binary; in development builds they are read from the folder.
#[derive(RustEmbed)]
#[folder = "../ui/dist"]
#[allow_missing = true]
struct Dashboard;

/// `GET /`.
pub async fn index(headers: HeaderMap) -> Response {
    start(&headers)
}

/// `GET /assets/{name}`.
pub async fn asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    match name.as_str() {
        "live.js" => return plain("text/javascript; charset=utf-8", SCRIPT),
        "live.css" => return plain("text/css; charset=utf-8", STYLE),
        "icon.svg" => return plain("image/svg+xml", ICON),
        _ => {}
    }
    let fits = name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
    let built = fits
        .then(|| built(&format!("assets/{name}"), &headers, FOR_EVER))
        .flatten();
    built.unwrap_or_else(|| (StatusCode::NOT_FOUND, "no such file\n").into_response())
}

/// What fits no route: the icon, an address inside the dashboard that a browser opens, or nothing.
pub async fn elsewhere(method: Method, uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path();
    if method != Method::GET && method != Method::HEAD {
        return headers::no_such_page();
    }
    if path == "/icon.svg" {
        return plain("image/svg+xml", ICON);
    }
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    if TAKEN.contains(&first) || !wants_page(&headers) {
        return headers::no_such_page();
    }
    start(&headers)
}

/// A browser that opens an address says that it wants a page; scripts and clients do not.
fn wants_page(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    accepted
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("text/html"))
}

fn start(headers: &HeaderMap) -> Response {
    built("index.html", headers, "no-cache").unwrap_or_else(|| plain("text/html; charset=utf-8", INDEX))
}

fn plain(kind: &'static str, text: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, text).into_response()
}

/// A built file in the smallest form that the client takes.
fn built(path: &str, asked: &HeaderMap, keep: &'static str) -> Option<Response> {
    let kind = kind_of(path)?;
    let (file, coding) = smallest(path, asked)?;
    let mut response = file.data.into_owned().into_response();
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(keep));
    headers.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(coding) = coding {
        headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
    }
    Some(response)
}

fn smallest(path: &str, asked: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
    let taken = asked
        .get(header::ACCEPT_ENCODING)
        .and_then(|value| value.to_str().ok())
        .unwrap_or_default();
    let takes = |coding: &str| taken.split(',').any(|one| one.trim() == coding);
    let packed = [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .find_map(|(coding, end)| {
            let file = takes(coding)
                .then(|| Dashboard::get(&format!("{path}.{end}")))
                .flatten()?;
            Some((file, Some(coding)))
        });
    packed.or_else(|| Some((Dashboard::get(path)?, None)))
}

/// Only what the build makes is served.
fn kind_of(path: &str) -> Option<&'static str> {
    let (_, end) = path.rsplit_once('.')?;
    Some(match end {
        "html" => "text/html; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        "woff2" => "font/woff2",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn browser() -> HeaderMap {
        let accept = HeaderValue::from_static("text/html,application/xhtml+xml,*/*;q=0.8");
        HeaderMap::from_iter([(header::ACCEPT, accept)])
    }

    async fn status(method: Method, path: &'static str, headers: HeaderMap) -> u16 {
        elsewhere(method, Uri::from_static(path), headers)
            .await
            .status()
            .as_u16()
    }

    #[tokio::test]
    async fn a_browser_gets_the_dashboard_at_its_own_addresses_only() {
        for path in [
            "/guests",
            "/guests/101",
            "/manifests/guests/web.yaml",
            "/shell/node/atlas",
        ] {
            assert_eq!(status(Method::GET, path, browser()).await, 200, "{path}");
            assert_eq!(status(Method::POST, path, browser()).await, 404, "{path}");
            assert_eq!(status(Method::GET, path, HeaderMap::new()).await, 404, "{path}");
        }
        for taken in TAKEN {
            let path = Uri::try_from(format!("/{taken}/x")).unwrap();
            let answer = elsewhere(Method::GET, path, browser()).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{taken}");
        }
    }

    #[tokio::test]
    async fn only_files_of_the_build_are_served() {
        for name in ["../index.html", "..%2findex.html", "x.map", "x", ""] {
            let answer = asset(Path(name.to_owned()), HeaderMap::new()).await;
            assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{name}");
        }
    }

    #[test]
    fn a_built_file_comes_packed_and_is_kept_for_ever() {
        // Only where the dashboard was built; `make test` builds it first.
        let Some(script) =
            Dashboard::iter().find(|name| name.starts_with("assets/index") && name.ends_with(".js"))
        else {
            return;
        };
        let taken = HeaderValue::from_static("gzip, deflate, br");
        let headers = HeaderMap::from_iter([(header::ACCEPT_ENCODING, taken)]);
        let answer = built(&script, &headers, FOR_EVER).unwrap();
        assert_eq!(answer.headers()[header::CONTENT_ENCODING], "br");
        assert_eq!(answer.headers()[header::CACHE_CONTROL], FOR_EVER);
        let answer = built(&script, &HeaderMap::new(), FOR_EVER).unwrap();
        assert!(!answer.headers().contains_key(header::CONTENT_ENCODING));
    }
}
