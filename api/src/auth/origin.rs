//! Other sites: a browser sends cookies with requests of any page it shows. What a cookie authenticates must come
//! from our own page; the `Origin` header, which pages cannot set, tells.

use crate::options::ApiOptions;
use http::{HeaderMap, header};

/// Where a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// One of our own pages.
    OwnPage,
    /// Another page (or a hidden one: `null`).
    Foreign,
    /// No page: a program.
    NoPage,
}

/// Reads the `Origin` header; more than one is foreign.
pub fn source(options: &ApiOptions, headers: &HeaderMap) -> Source {
    let mut origins = headers.get_all(header::ORIGIN).iter();
    match (origins.next(), origins.next()) {
        (None, _) => Source::NoPage,
        (Some(one), None) if one.to_str().is_ok_and(|origin| options.allows_origin(origin)) => {
            Source::OwnPage
        }
        _ => Source::Foreign,
    }
}

/// Whether a body is declared as JSON (parameters such as a charset allowed). Forms cannot do that.
pub fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}
