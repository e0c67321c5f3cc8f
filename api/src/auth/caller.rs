//! The outcome of authentication, and how a request is authenticated. Roles are read from memory every time, so a
//! change bites at once.

use super::{
    bearer,
    cookie::{self, Claims},
};
use crate::state::ApiState;
use http::{HeaderMap, header};
use jarvis_controller::Person;
use jarvis_model::{Door, Role, Scope};

/// By what somebody is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Credential {
    /// A browser session, by the hash under which it is kept.
    Session {
        /// Hash of the session id.
        key: String,
    },
    /// A bearer token, by name and the hash of its secret (a token made anew under the same name is another one).
    Token {
        /// Its name.
        name: String,
        /// Hash of its secret.
        secret_hash: String,
    },
}

/// Somebody who is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// User name; for a token `token:NAME`.
    pub user: String,
    /// Role now.
    pub role: Role,
    /// Scopes of a token, for assistants; a person in a browser has none.
    pub scopes: Vec<Scope>,
    /// The door.
    pub door: Door,
    /// By what.
    pub credential: Credential,
}

impl Caller {
    /// As the controller wants it.
    pub fn person(&self) -> Person {
        Person {
            user: self.user.clone(),
            role: self.role,
            door: self.door,
        }
    }

    /// Whether the credential is a cookie, which browsers send unasked.
    pub fn is_cookie(&self) -> bool {
        matches!(self.credential, Credential::Session { .. })
    }
}

/// An authenticated request, with the renewed cookie to set if it is due.
#[derive(Clone)]
pub struct Authenticated {
    /// Who.
    pub caller: Caller,
    /// `Set-Cookie` value.
    pub renewed: Option<String>,
}

/// Authenticates by `Authorization: Bearer`, else by cookie. A wrong bearer never falls back to the cookie.
pub fn authenticate(state: &ApiState, headers: &HeaderMap) -> Option<Authenticated> {
    if let Some(value) = headers.get(header::AUTHORIZATION) {
        let text = value.to_str().ok()?;
        let caller = bearer::caller(&state.handle.view().memory, text, state.now(), door_of(headers))?;
        return Some(Authenticated {
            caller,
            renewed: None,
        });
    }
    let jwt = cookie::in_headers(headers, state.options.cookie_name())?;
    let claims = cookie::verify(&state.options.key, jwt, state.now())?;
    let caller = state.sessions.present(&claims, state.now())?;
    let renewed = cookie::is_past_half(&claims, state.now())
        .then(|| renewed(state, &claims))
        .flatten();
    Some(Authenticated { caller, renewed })
}

fn renewed(state: &ApiState, claims: &Claims) -> Option<String> {
    let turn = state.sessions.turn(claims)?;
    let next = cookie::Names {
        user: &claims.sub,
        session: &claims.sid,
        turn,
    };
    cookie::issue(&state.options, &next, state.now())
}

/// Whether a caller is still who it was: same user, same role, credential alive. Sockets ask this while they are open.
pub fn still_valid(state: &ApiState, caller: &Caller) -> bool {
    let now = state.now();
    match &caller.credential {
        Credential::Session { key } => state
            .sessions
            .caller_by_key(key, &caller.user, now)
            .is_some_and(|current| current.role == caller.role),
        Credential::Token { name, secret_hash } => {
            state.handle.view().memory.tokens.get(name).is_some_and(|token| {
                token.secret_hash == *secret_hash
                    && token.role == caller.role
                    && token.scopes == caller.scopes
                    && token.expires_at.is_none_or(|expires_at| expires_at > now)
            })
        }
    }
}

/// The command line says so in `x-jarvis-client: cli`; every other bearer is a GraphQL client.
fn door_of(headers: &HeaderMap) -> Door {
    match headers
        .get("x-jarvis-client")
        .and_then(|value| value.to_str().ok())
    {
        Some("cli") => Door::Cli,
        _ => Door::Graphql,
    }
}
