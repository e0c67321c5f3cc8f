//! Sessions of the older era of the protocol. A session belongs to the token that began it; to any other it is as if
//! there were none. Every request is judged by its own token all the same, so a session lends no rights.

use super::door::TokenOf;
use crate::{state::ApiState, web::problem::Problem};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName, Method, StatusCode};
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

const SESSION: HeaderName = HeaderName::from_static("mcp-session-id");
/// Sessions whose owner is known; of more than these the oldest must begin anew.
const MOST: usize = 256;

/// Which token began which session.
#[derive(Debug, Default)]
pub struct Owners(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// Sessions by id: when it began, as a count, and whose it is.
    owners: BTreeMap<String, (u64, TokenOf)>,
    begun: u64,
}

impl Owners {
    fn begin(&self, session: &str, token: &TokenOf) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.begun += 1;
        let at = known.begun;
        known.owners.insert(session.to_owned(), (at, token.clone()));
        if known.owners.len() > MOST {
            let oldest = known.owners.iter().min_by_key(|(_, (at, _))| *at);
            if let Some(oldest) = oldest.map(|(session, _)| session.clone()) {
                known.owners.remove(&oldest);
            }
        }
    }

    fn end(&self, session: &str) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.owners.remove(session);
    }

    fn owns(&self, session: &str, token: &TokenOf) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.owners.get(session).is_some_and(|(_, owner)| owner == token)
    }
}

/// Lets a request into a session only with the token that began it.
pub async fn owned(State(state): State<ApiState>, request: Request, next: Next) -> Response {
    let owners = state.mcp_sessions.clone();
    let token = request.extensions().get::<TokenOf>().cloned();
    let named = session_in(request.headers());
    let Some(token) = token else {
        return Problem::unauthenticated().into_response();
    };
    if let Some(named) = &named
        && !owners.owns(named, &token)
    {
        return Problem::new(
            StatusCode::NOT_FOUND,
            "NOT_FOUND",
            "there is no such session (any more); begin another",
        )
        .into_response();
    }
    let ends = request.method() == Method::DELETE;
    let response = next.run(request).await;
    match named {
        Some(named) if ends => owners.end(&named),
        Some(_) => {}
        None => {
            if let Some(begun) = session_in(response.headers()) {
                owners.begin(&begun, &token);
            }
        }
    }
    response
}

fn session_in(headers: &HeaderMap) -> Option<String> {
    Some(headers.get(SESSION)?.to_str().unwrap_or("").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_of_one_token_and_the_oldest_are_forgotten() {
        let token = |hash: &str| TokenOf {
            name: "desk".to_owned(),
            secret_hash: hash.to_owned(),
        };
        let owners = Owners::default();
        owners.begin("s", &token("a"));
        assert!(
            owners.owns("s", &token("a")) && !owners.owns("s", &token("b")) && !owners.owns("t", &token("a"))
        );
        for n in 0..MOST {
            owners.begin(&format!("n{n}"), &token("a"));
        }
        assert!(!owners.owns("s", &token("a")) && owners.owns("n0", &token("a")));
        owners.end("n0");
        assert!(!owners.owns("n0", &token("a")));
    }
}
