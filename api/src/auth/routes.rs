//! `/auth/login`, `/auth/logout`, `/auth/password`: JSON in, JSON out, one cookie. `/auth/options`: which ways in there are.

use super::{
    caller::authenticate,
    cookie,
    origin::{Source, is_json, source},
};
use crate::{auth::Credential, state::ApiState, web::problem::Problem};
use axum::{
    Json,
    body::Bytes,
    extract::State,
    response::{AppendHeaders, IntoResponse, Response},
};
use http::{Extensions, HeaderMap, StatusCode, header};
use jarvis_controller::RefusedCall;
use jarvis_model::{Event, Role, Timestamp, memory::User};
use serde::{Deserialize, Deserializer, Serialize, de::DeserializeOwned};
use std::net::IpAddr;
use zeroize::Zeroizing;

/// What a log-in answers.
#[derive(Debug, Serialize)]
struct SignedIn<'a> {
    user: &'a str,
    role: Role,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LogIn {
    user: String,
    #[serde(deserialize_with = "secret")]
    password: Zeroizing<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct SetPassword {
    user: String,
    #[serde(deserialize_with = "secret")]
    password: Zeroizing<String>,
    #[serde(deserialize_with = "secret")]
    new_password: Zeroizing<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct LogOut {
    everywhere: bool,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

/// `POST /auth/login {user, password}`: 200 and a cookie; 401; 403 with `PASSWORD_CHANGE_REQUIRED` for a one-time
/// password; 429.
pub async fn login(
    State(state): State<ApiState>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let outcome = async {
        let form: LogIn = form(&state, &headers, &body)?;
        let address = address_of(&state, &extensions, &headers);
        let known = check(&state, &form.user, &form.password, address).await?;
        if known.one_time {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "PASSWORD_CHANGE_REQUIRED",
                "this password works once, to set another: POST /auth/password with user, password and newPassword",
            ));
        }
        sign_in(&state, &form.user, known.role, address).await
    };
    outcome.await.unwrap_or_else(IntoResponse::into_response)
}

/// `POST /auth/password {user, password, newPassword}`: sets a new password, ends all other sessions of the user,
/// and signs in.
pub async fn set_password(
    State(state): State<ApiState>,
    extensions: Extensions,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let outcome = async {
        let form: SetPassword = form(&state, &headers, &body)?;
        let address = address_of(&state, &extensions, &headers);
        let known = check(&state, &form.user, &form.password, address).await?;
        if form.new_password == form.password {
            return Err(Problem::invalid(
                "the new password is the old one; choose another",
            ));
        }
        let hashed = state.hasher.hash(&form.new_password).await;
        let password_hash = hashed.map_err(|error| Problem::invalid(error.to_string()))?;
        let event = Event::UserSet {
            user: form.user.clone(),
            password_hash,
            role: known.role,
            one_time: false,
        };
        state
            .handle
            .record_access(event)
            .await
            .map_err(|error| Problem::of_command(&error))?;
        sign_in(&state, &form.user, known.role, address).await
    };
    outcome.await.unwrap_or_else(IntoResponse::into_response)
}

/// `POST /auth/logout`: ends this session, with `{"everywhere": true}` all sessions of the user. Answers 204 whether
/// there was one or not.
pub async fn logout(State(state): State<ApiState>, headers: HeaderMap, body: Bytes) -> Response {
    let outcome = async {
        let wish: LogOut = if body.is_empty() {
            own_page_or_program(&state, &headers).map(|()| LogOut::default())?
        } else {
            form(&state, &headers, &body)?
        };
        if let Some(found) = authenticate(&state, &headers)
            && let Credential::Session { key } = &found.caller.credential
        {
            end(&state, &found.caller.user, key, &wish).await?;
        }
        Ok::<_, Problem>(
            (
                StatusCode::NO_CONTENT,
                AppendHeaders([(header::SET_COOKIE, cookie::clear(&state.options))]),
            )
                .into_response(),
        )
    };
    outcome.await.unwrap_or_else(IntoResponse::into_response)
}

async fn end(state: &ApiState, user: &str, key: &str, wish: &LogOut) -> Result<(), Problem> {
    if wish.everywhere {
        let event = Event::SessionsRevoked {
            user: user.to_owned(),
            by: user.to_owned(),
        };
        state
            .handle
            .record_access(event)
            .await
            .map_err(|error| Problem::of_command(&error))?;
    }
    state.sessions.end(key);
    tracing::info!(user, everywhere = wish.everywhere, "signed out");
    Ok(())
}

/// Which ways in there are.
#[derive(Debug, Serialize)]
struct Ways<'a> {
    /// User and password, by `POST /auth/login`.
    password: bool,
    /// A provider, by `GET /auth/oidc/login`.
    oidc: Option<Provider<'a>>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Provider<'a> {
    display_name: &'a str,
}

/// `GET /auth/options`: what a page offers before anybody is known.
pub async fn options(State(state): State<ApiState>) -> Response {
    let oidc = state.oidc.as_deref().map(|oidc| Provider {
        display_name: oidc.display_name(),
    });
    let ways = Ways { password: true, oidc };
    Json(&ways).into_response()
}

/// The hash of a user who has a password; who comes by the provider has none.
fn password_hash(user: &User) -> Option<&str> {
    Some(user.password_hash.as_str()).filter(|hash| !hash.is_empty())
}

struct Known {
    role: Role,
    one_time: bool,
}

async fn check(state: &ApiState, user: &str, password: &str, address: IpAddr) -> Result<Known, Problem> {
    if let Err(throttled) = state.throttle.begin(user, address, state.now()) {
        tracing::warn!(user = printable(user), %address, "log-in throttled");
        record_failure(state, user, address, "too many failed ones").await;
        return Err(Problem::throttled(&throttled));
    }
    let view = state.handle.view();
    let known = view.memory.users.get(user);
    let fits = state.hasher.verify(known.and_then(password_hash), password).await;
    let Some(known) = known.filter(|_| fits) else {
        tracing::warn!(user = printable(user), %address, "log-in failed");
        record_failure(state, user, address, "user or password is wrong").await;
        return Err(Problem::new(
            StatusCode::UNAUTHORIZED,
            "UNAUTHENTICATED",
            "user or password is wrong; after ten wrong ones within ten minutes you will have to wait",
        ));
    };
    state.throttle.succeeded(user, address);
    Ok(Known {
        role: known.role,
        one_time: known.one_time,
    })
}

/// Puts a failed log-in on record. What was typed as a name is told only where somebody has that name: it may have been a
/// password.
async fn record_failure(state: &ApiState, user: &str, address: IpAddr, why: &str) {
    let known = state.handle.view().memory.users.contains_key(user);
    let whose = if known { user } else { "a name nobody has" };
    let refused = RefusedCall {
        by: format!("{address} (log-in)"),
        call: "log-in".to_owned(),
        reason: format!("{why}, for {whose}"),
    };
    state.handle.record_refused(refused).await;
}

async fn sign_in(state: &ApiState, user: &str, role: Role, address: IpAddr) -> Result<Response, Problem> {
    let set = session_cookie(state, user)?;
    record_sign_in(state, user, address, false).await;
    Ok((
        AppendHeaders([(header::SET_COOKIE, set)]),
        Json(SignedIn { user, role }),
    )
        .into_response())
}

/// Puts a sign-in on record. While nothing can be written people must get in all the same, to see why.
pub(super) async fn record_sign_in(state: &ApiState, user: &str, address: IpAddr, by_provider: bool) {
    let event = Event::SignedIn {
        user: user.to_owned(),
        address: address.to_string(),
        by_provider,
    };
    if let Err(error) = state.handle.record_access(event).await {
        tracing::warn!(user, %error, "a sign-in is not on record");
    }
}

/// Begins a session for a user who has proven to be it; returns the `Set-Cookie` value.
pub(super) fn session_cookie(state: &ApiState, user: &str) -> Result<String, Problem> {
    // `UserSet` voids sessions made before it: one made in the same instant must count as after.
    let now = session_start(state, user);
    let begun = state.sessions.begin(user, now);
    let id = begun
        .map_err(|error| Problem::new(StatusCode::SERVICE_UNAVAILABLE, "NO_RECORD", error.to_string()))?;
    let names = cookie::Names {
        user,
        session: &id,
        turn: 0,
    };
    let set = cookie::issue(&state.options, &names, now).ok_or_else(|| {
        Problem::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL",
            "the cookie could not be signed",
        )
    })?;
    tracing::info!(user, "signed in");
    Ok(set)
}

fn session_start(state: &ApiState, user: &str) -> Timestamp {
    let from = state
        .handle
        .view()
        .memory
        .users
        .get(user)
        .map(|known| known.sessions_from)
        .unwrap_or_default();
    state.now().max(from)
}

fn form<T: DeserializeOwned>(state: &ApiState, headers: &HeaderMap, body: &[u8]) -> Result<T, Problem> {
    own_page_or_program(state, headers)?;
    if !is_json(headers) {
        return Err(Problem::not_json());
    }
    serde_json::from_slice(body)
        .map_err(|error| Problem::invalid(format!("the body is not what is asked for: {error}")))
}

fn own_page_or_program(state: &ApiState, headers: &HeaderMap) -> Result<(), Problem> {
    match source(&state.options, headers) {
        Source::Foreign => Err(Problem::foreign_origin()),
        Source::OwnPage | Source::NoPage => Ok(()),
    }
}

/// The caller's address: the peer's, or what the trusted proxy says about it in the last place.
pub(crate) fn address_of(state: &ApiState, extensions: &Extensions, headers: &HeaderMap) -> IpAddr {
    let forwarded = state
        .options
        .trusted_proxy
        .then(|| forwarded_for(headers))
        .flatten();
    forwarded
        .or_else(|| peer_of(extensions))
        .unwrap_or(IpAddr::from([0, 0, 0, 0]))
}

/// The peer's address as the listener saw it.
pub(crate) fn peer_of(extensions: &Extensions) -> Option<IpAddr> {
    use axum::extract::ConnectInfo;
    extensions
        .get::<ConnectInfo<std::net::SocketAddr>>()
        .map(|info| info.0.ip())
}

fn forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers
        .get_all("x-forwarded-for")
        .iter()
        .next_back()?
        .to_str()
        .ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}

/// A name somebody typed, fit for a log line.
fn printable(text: &str) -> String {
    text.chars()
        .take(64)
        .map(|c| if c.is_control() { '?' } else { c })
        .collect()
}
