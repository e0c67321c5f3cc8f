//! `/auth/oidc/login` sends the browser to the provider, `/auth/oidc/callback` takes it back in. What goes wrong is a page
//! with a sentence, since a person looks at it.

use super::{
    CALLBACK, Oidc, OidcError,
    claims::{self, Claims},
    pending::LIFE,
    provider::{Returned, printable},
};
use crate::{
    auth::{cookie, routes},
    options::ApiOptions,
    state::ApiState,
    web::problem::Problem,
};
use axum::{
    extract::{Query, State},
    response::{AppendHeaders, Html, IntoResponse, Redirect, Response},
};
use http::{Extensions, HeaderMap, StatusCode, header};
use jarvis_model::{Event, Role};
use serde::Deserialize;

/// What the provider sends along with the browser.
#[derive(Deserialize)]
pub struct Sent {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

/// `GET /auth/oidc/login`: 303 to the provider. Not for other pages to begin.
pub async fn login(State(state): State<ApiState>, extensions: Extensions, headers: HeaderMap) -> Response {
    let outcome = async {
        let oidc = state.oidc.as_deref().ok_or(Failure::Absent)?;
        if headers
            .get("sec-fetch-site")
            .is_some_and(|site| site == "cross-site")
        {
            return Err(Failure::Foreign);
        }
        let redirect_uri = redirect_uri(&state.options, &headers).ok_or(Failure::Foreign)?;
        let address = routes::address_of(&state, &extensions, &headers);
        let now = state.now();
        let begun = oidc.pending.begin(&redirect_uri, address, now)?;
        let url = oidc.provider.sign_in_url(&begun, &redirect_uri, now).await?;
        let set = binding(&state.options, &begun.binding, LIFE.as_secs());
        Ok((AppendHeaders([(header::SET_COOKIE, set)]), Redirect::to(&url)).into_response())
    };
    outcome.await.unwrap_or_else(Failure::into_response)
}

/// `GET /auth/oidc/callback`: 303 to our page with a session, or a page that says why not.
pub async fn callback(
    State(state): State<ApiState>,
    extensions: Extensions,
    headers: HeaderMap,
    Query(sent): Query<Sent>,
) -> Response {
    let outcome = async {
        let oidc = state.oidc.as_deref().ok_or(Failure::Absent)?;
        let claims = returned(&state, oidc, &headers, &sent).await?;
        let user = claims::user(&claims, &oidc.options)?;
        let role = claims::role(&claims, &oidc.options);
        let role = admitted(&state, &user, role).await?;
        let session = routes::session_cookie(&state, &user).map_err(|_| Failure::NoRecord)?;
        let address = routes::address_of(&state, &extensions, &headers);
        routes::record_sign_in(&state, &user, address, true).await;
        tracing::info!(user, ?role, "the provider vouches for somebody");
        let cookies = [session, binding(&state.options, "", 0)].map(|set| (header::SET_COOKIE, set));
        Ok((AppendHeaders(cookies), Redirect::to("/")).into_response())
    };
    outcome.await.unwrap_or_else(Failure::into_response)
}

/// The claims about who came back, if the log-in began here.
async fn returned(
    state: &ApiState,
    oidc: &Oidc,
    headers: &HeaderMap,
    sent: &Sent,
) -> Result<Claims, OidcError> {
    let now = state.now();
    let binding = cookie::in_headers(headers, binding_name(&state.options));
    let begun = oidc
        .pending
        .take(sent.state.as_deref().unwrap_or_default(), binding, now)?;
    if let Some(error) = &sent.error {
        return Err(OidcError::Refused(printable(error)));
    }
    let code = sent.code.as_deref().ok_or(OidcError::Unknown)?;
    let returned = Returned {
        code,
        issuer: sent.iss.as_deref(),
        begun: &begun,
    };
    oidc.provider.claims(&returned, now).await
}

/// Makes the user known under this role. A role that changed ends the sessions of the one before; none left ends them all.
async fn admitted(state: &ApiState, user: &str, role: Option<Role>) -> Result<Role, Failure> {
    let known = state.handle.view().memory.users.get(user).map(|known| known.role);
    let (event, role) = match (known, role) {
        (None, None) => return Err(OidcError::NoRole(user.to_owned()).into()),
        (Some(_), None) => (
            Event::SessionsRevoked {
                user: user.to_owned(),
                by: "the provider".to_owned(),
            },
            None,
        ),
        (Some(known), Some(role)) if known == role => return Ok(role),
        (_, Some(role)) => (
            Event::UserSet {
                user: user.to_owned(),
                password_hash: String::new(),
                role,
                one_time: false,
            },
            Some(role),
        ),
    };
    state
        .handle
        .record_access(event)
        .await
        .map_err(|_| Failure::NoRecord)?;
    role.ok_or_else(|| OidcError::NoRole(user.to_owned()).into())
}

/// Our callback under the name the browser knows us by, which is one of ours.
fn redirect_uri(options: &ApiOptions, headers: &HeaderMap) -> Option<String> {
    let host = headers.get(header::HOST)?.to_str().ok()?.to_ascii_lowercase();
    let origin = options.origins.iter().find(|origin| {
        origin
            .split_once("://")
            .is_some_and(|(_, authority)| authority == host)
    })?;
    Some(format!("{origin}{CALLBACK}"))
}

fn binding_name(options: &ApiOptions) -> &'static str {
    if options.is_secure() {
        "__Host-jarvis_oidc"
    } else {
        "jarvis_oidc"
    }
}

/// The cookie that binds a log-in to its browser. Lax: it must come along when the provider sends the browser back.
fn binding(options: &ApiOptions, value: &str, max_age_secs: u64) -> String {
    let secure = if options.is_secure() { "; Secure" } else { "" };
    let name = binding_name(options);
    format!("{name}={value}; Path=/; Max-Age={max_age_secs}; HttpOnly; SameSite=Lax{secure}")
}

/// Why there is a page instead of a session.
enum Failure {
    /// No provider is configured.
    Absent,
    /// Another page began it, or under a name that is not ours.
    Foreign,
    /// It could not be written down.
    NoRecord,
    /// The log-in itself.
    Oidc(OidcError),
}

impl From<OidcError> for Failure {
    fn from(error: OidcError) -> Self {
        Self::Oidc(error)
    }
}

impl Failure {
    fn into_response(self) -> Response {
        let (status, words) = match self {
            Self::Absent => {
                return Problem::new(StatusCode::NOT_FOUND, "NOT_FOUND", "no provider is configured here")
                    .into_response();
            }
            Self::Foreign => return Problem::foreign_origin().into_response(),
            Self::NoRecord => (
                StatusCode::SERVICE_UNAVAILABLE,
                "Jarvis cannot write anything down at the moment, so nobody can be signed in. Its log says why.".to_owned(),
            ),
            Self::Oidc(error) => {
                tracing::warn!(%error, "a sign-in by the provider failed");
                told(&error)
            }
        };
        (status, Html(page(&words))).into_response()
    }
}

/// What a person is told; what the provider said in detail is in the log.
fn told(error: &OidcError) -> (StatusCode, String) {
    match error {
        OidcError::Unavailable(_) => (
            StatusCode::BAD_GATEWAY,
            "The sign-in provider cannot be reached or does not answer as it should. Jarvis's log says what happened; a \
             password still works."
                .to_owned(),
        ),
        OidcError::Unknown => (
            StatusCode::BAD_REQUEST,
            "This sign-in did not begin in this browser, was used already, or took longer than five minutes. Begin again."
                .to_owned(),
        ),
        OidcError::Refused(why) => (
            StatusCode::FORBIDDEN,
            format!("The sign-in provider refused ({why})."),
        ),
        OidcError::Untrusted(_) => (
            StatusCode::FORBIDDEN,
            "What the sign-in provider answered cannot be trusted, so nobody was signed in. Jarvis's log says why.".to_owned(),
        ),
        OidcError::NoRole(user) => (
            StatusCode::FORBIDDEN,
            format!(
                "The sign-in provider knows you as {}, but gives you no role here. Ask whoever keeps auth.oidc.roles in \
                 jarvis.yaml, or your groups.",
                user.trim_start_matches(claims::PREFIX)
            ),
        ),
        OidcError::Busy => (
            StatusCode::TOO_MANY_REQUESTS,
            "Too many sign-ins are under way from your address. Try again in five minutes.".to_owned(),
        ),
    }
}

fn page(words: &str) -> String {
    let words = words
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<title>Not signed in</title>\n<h1>Not signed in</h1>\n<p>{words}</p>\n<p><a \
         href=\"/\">Back to Jarvis</a></p>\n</html>\n"
    )
}
