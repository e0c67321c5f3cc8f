//! Log-in by an OpenID Connect provider: authorization code with PKCE, state and nonce. Optional, beside passwords.
//!
//! | module | what |
//! | --- | --- |
//! | [`routes`] | `/auth/oidc/login`, `/auth/oidc/callback` |
//! | [`pending`] | log-ins under way: single use, five minutes, bound to the browser |
//! | [`provider`] | what the provider says about itself, its keys, its token endpoint |
//! | [`id_token`] | whether an ID token is to be believed, pure |
//! | [`claims`] | claims to user and role, pure |
//!
//! Sends nothing itself: [`Web`] does, and the binary says how. Knows no redirect but those to the provider and to our own
//! page. Sources: OpenID Connect Core 1.0, RFC 7636 (PKCE), RFC 9207 (issuer in the answer), RFC 9700 (best practice).

pub mod claims;
pub mod id_token;
pub mod pending;
pub mod provider;
pub mod routes;

use async_trait::async_trait;
use pending::Pending;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use provider::Provider;
use std::{fmt, sync::Arc};
use zeroize::Zeroizing;

/// Where the provider sends the browser back to.
pub const CALLBACK: &str = "/auth/oidc/callback";

/// How the provider is asked. One request, no redirects, within seconds; the caller checks what comes back.
#[async_trait]
pub trait Web: Send + Sync {
    /// Sends a request; the error says in words why there is no answer.
    async fn send(&self, call: Call<'_>) -> Result<Answer, String>;
}

/// A request to the provider.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// Where to.
    pub url: &'a str,
    /// Value of `Authorization`.
    pub authorization: Option<&'a str>,
    /// A body of `application/x-www-form-urlencoded`, which makes it a POST.
    pub form: Option<&'a str>,
}

/// An answer of the provider; at most [`Answer::LIMIT`] bytes of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// Body.
    pub body: Zeroizing<Vec<u8>>,
}

impl Answer {
    /// Longest body that is read.
    pub const LIMIT: usize = 256 * 1024;
}

/// How the provider is used.
#[derive(Clone)]
pub struct OidcOptions {
    /// The issuer, exactly as the provider spells it.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Our secret there; none for a public client.
    pub client_secret: Option<Zeroizing<String>>,
    /// Scopes asked for; `openid` is always one.
    pub scopes: Vec<String>,
    /// Which claim names the user.
    pub user_claim: String,
    /// Which claim tells the roles; dots go into objects (`realm_access.roles`).
    pub role_claim: String,
    /// Values of that claim, by role.
    pub roles: claims::RoleMap,
    /// What the button says.
    pub display_name: String,
}

impl fmt::Debug for OidcOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcOptions")
            .field("issuer", &self.issuer)
            .field("client_id", &self.client_id)
            .field("secret", &self.client_secret.is_some())
            .field("scopes", &self.scopes)
            .field("user_claim", &self.user_claim)
            .field("role_claim", &self.role_claim)
            .field("roles", &self.roles)
            .finish_non_exhaustive()
    }
}

/// Log-in by a provider.
pub struct Oidc {
    options: OidcOptions,
    provider: Provider,
    pending: Pending,
}

impl Oidc {
    /// Puts it together; nothing is asked before somebody signs in.
    pub fn new(options: OidcOptions, web: Arc<dyn Web>) -> Self {
        Self {
            provider: Provider::new(&options, web),
            pending: Pending::default(),
            options,
        }
    }

    /// What the button says.
    pub fn display_name(&self) -> &str {
        &self.options.display_name
    }
}

/// Why nobody was signed in.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OidcError {
    /// No answer, or one that is none.
    #[error("the provider cannot be used: {0}")]
    Unavailable(String),
    /// The answer belongs to no log-in that began here, in this browser, within five minutes.
    #[error("this sign-in did not begin here, was used already, or took longer than five minutes")]
    Unknown,
    /// The provider said no.
    #[error("the provider refused: {0}")]
    Refused(String),
    /// What the provider said cannot be believed.
    #[error("the provider's answer cannot be trusted: {0}")]
    Untrusted(String),
    /// Known there, but nothing here.
    #[error("{0} has no role here")]
    NoRole(String),
    /// Too many log-ins under way.
    #[error("too many sign-ins are under way; try again in five minutes")]
    Busy,
}

impl OidcError {
    fn unavailable(what: &str, why: impl fmt::Display) -> Self {
        Self::Unavailable(format!("{what}: {why}"))
    }

    fn untrusted(why: impl Into<String>) -> Self {
        Self::Untrusted(why.into())
    }
}

/// Whether a user name is one of those whom the provider vouches for.
pub fn is_name(user: &str) -> bool {
    user.starts_with(claims::PREFIX)
}

/// All but what RFC 3986 leaves as it is.
const STRICT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A value for a query or a form.
fn encoded(text: &str) -> String {
    utf8_percent_encode(text, STRICT).to_string()
}

/// Names and values as a query or a form.
fn form(pairs: &[(&str, &str)]) -> Zeroizing<String> {
    let parts: Vec<String> = pairs
        .iter()
        .map(|(name, value)| format!("{name}={}", encoded(value)))
        .collect();
    Zeroizing::new(parts.join("&"))
}
