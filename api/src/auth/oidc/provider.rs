//! The provider: what it says about itself, its keys, and the exchange of a code for claims. Kept for an hour; keys are
//! asked for again when a token is signed with one that is not known.

use super::{
    Answer, Call, OidcError, OidcOptions, Web,
    claims::{self, Claims},
    encoded, form,
    id_token::{self, Expected},
    pending::{Begun, Kept},
};
use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jarvis_model::Timestamp;
use jsonwebtoken::jwk::JwkSet;
use serde::{Deserialize, Deserializer};
use sha2::{Digest, Sha256};
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;
use zeroize::Zeroizing;

/// How long it is believed what the provider said about itself.
const KEPT_FOR: Duration = Duration::from_hours(1);
/// How often its keys are asked for at most, whatever tokens say.
const KEYS_EVERY: Duration = Duration::from_secs(10);

/// What the provider says about itself.
#[derive(Debug, Clone, Deserialize)]
struct About {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    userinfo_endpoint: Option<String>,
    #[serde(default)]
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

/// What the token endpoint gives for a code.
#[derive(Deserialize)]
struct Tokens {
    #[serde(deserialize_with = "secret")]
    id_token: Zeroizing<String>,
    #[serde(default, deserialize_with = "secret")]
    access_token: Zeroizing<String>,
}

fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Zeroizing<String>, D::Error> {
    String::deserialize(deserializer).map(Zeroizing::new)
}

struct Known {
    about: Arc<About>,
    keys: Arc<JwkSet>,
    at: Timestamp,
    keys_at: Timestamp,
}

/// What came back with the browser.
pub(super) struct Returned<'a> {
    /// The code.
    pub code: &'a str,
    /// Who says to have sent it.
    pub issuer: Option<&'a str>,
    /// The log-in it belongs to.
    pub begun: &'a Kept,
}

/// The provider.
pub(super) struct Provider {
    options: OidcOptions,
    web: Arc<dyn Web>,
    known: Mutex<Option<Known>>,
}

impl Provider {
    pub fn new(options: &OidcOptions, web: Arc<dyn Web>) -> Self {
        Self {
            options: options.clone(),
            web,
            known: Mutex::new(None),
        }
    }

    /// Where the browser goes to sign in.
    pub async fn sign_in_url(
        &self,
        begun: &Begun,
        redirect_uri: &str,
        now: Timestamp,
    ) -> Result<Zeroizing<String>, OidcError> {
        let (about, _) = self.known(now).await?;
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(begun.verifier.as_bytes()));
        let query = form(&[
            ("response_type", "code"),
            ("client_id", &self.options.client_id),
            ("redirect_uri", redirect_uri),
            ("scope", &self.options.scopes.join(" ")),
            ("state", &begun.state),
            ("nonce", &begun.nonce),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ]);
        let endpoint = &about.authorization_endpoint;
        let joint = if endpoint.contains('?') { '&' } else { '?' };
        Ok(Zeroizing::new(format!("{endpoint}{joint}{}", query.as_str())))
    }

    /// The claims about who came back.
    pub async fn claims(&self, returned: &Returned<'_>, now: Timestamp) -> Result<Claims, OidcError> {
        let (about, _) = self.known(now).await?;
        self.check_sender(&about, returned.issuer)?;
        let tokens = self.exchange(&about, returned).await?;
        let keys = self.keys_for(&tokens.id_token, now).await?;
        let expected = Expected {
            issuer: &self.options.issuer,
            client_id: &self.options.client_id,
            nonce: &returned.begun.nonce,
            now,
        };
        let claims = id_token::verify(&tokens.id_token, &keys, &expected)?;
        self.completed(claims, &about, &tokens).await
    }

    /// RFC 9207: an answer of another provider is not taken for one of this.
    fn check_sender(&self, about: &About, issuer: Option<&str>) -> Result<(), OidcError> {
        let fine = match issuer {
            Some(issuer) => issuer == self.options.issuer,
            None => !about.authorization_response_iss_parameter_supported,
        };
        if fine {
            Ok(())
        } else {
            Err(OidcError::untrusted(
                "the browser comes back from another provider (iss)",
            ))
        }
    }

    async fn exchange(&self, about: &About, returned: &Returned<'_>) -> Result<Tokens, OidcError> {
        let id = self.options.client_id.as_str();
        let mut fields = vec![
            ("grant_type", "authorization_code"),
            ("code", returned.code),
            ("redirect_uri", &returned.begun.redirect_uri),
            ("code_verifier", &returned.begun.verifier),
        ];
        let secret = self.options.client_secret.as_deref().map(String::as_str);
        let basic = secret.filter(|_| about.takes_basic()).map(|secret| {
            let pair = Zeroizing::new(format!("{}:{}", encoded(id), encoded(secret)));
            Zeroizing::new(format!("Basic {}", BASE64_STANDARD.encode(pair.as_bytes())))
        });
        if basic.is_none() {
            fields.push(("client_id", id));
            fields.extend(secret.map(|secret| ("client_secret", secret)));
        }
        let body = form(&fields);
        let answer = self
            .send(Call {
                url: &about.token_endpoint,
                authorization: basic.as_ref().map(|value| value.as_str()),
                form: Some(&body),
            })
            .await?;
        if answer.status != 200 {
            return Err(OidcError::Refused(reason(&answer)));
        }
        serde_json::from_slice(&answer.body)
            .map_err(|_| OidcError::unavailable(&about.token_endpoint, "its answer has no ID token"))
    }

    /// Adds what only the user information endpoint tells, where the ID token does not tell enough.
    async fn completed(
        &self,
        mut claims: Claims,
        about: &About,
        tokens: &Tokens,
    ) -> Result<Claims, OidcError> {
        let Some(url) = about.userinfo_endpoint.as_deref() else {
            return Ok(claims);
        };
        if claims::complete(&claims, &self.options) || tokens.access_token.is_empty() {
            return Ok(claims);
        }
        let bearer = Zeroizing::new(format!("Bearer {}", tokens.access_token.as_str()));
        let more: Claims = self.json(url, Some(&bearer)).await?;
        if more.get("sub") != claims.get("sub") {
            return Err(OidcError::untrusted(
                "the user information is about somebody else (sub)",
            ));
        }
        for (claim, value) in more {
            claims.entry(claim).or_insert(value);
        }
        Ok(claims)
    }

    /// What the provider says about itself, and its keys.
    async fn known(&self, now: Timestamp) -> Result<(Arc<About>, Arc<JwkSet>), OidcError> {
        let mut known = self.known.lock().await;
        if let Some(known) = known.as_ref().filter(|known| now.since(known.at) < KEPT_FOR) {
            return Ok((known.about.clone(), known.keys.clone()));
        }
        let about = Arc::new(self.discover().await?);
        let keys = Arc::new(self.json(&about.jwks_uri, None).await?);
        *known = Some(Known {
            about: Arc::clone(&about),
            keys: Arc::clone(&keys),
            at: now,
            keys_at: now,
        });
        Ok((about, keys))
    }

    /// The keys, asked for again when none of them is the token's.
    async fn keys_for(&self, id_token: &str, now: Timestamp) -> Result<Arc<JwkSet>, OidcError> {
        let kid = id_token::key_id(id_token)?;
        let (about, keys) = self.known(now).await?;
        let known = kid.as_deref().is_none_or(|kid| keys.find(kid).is_some());
        if known {
            return Ok(keys);
        }
        let mut state = self.known.lock().await;
        match state.as_mut() {
            Some(state) if now.since(state.keys_at) >= KEYS_EVERY => {
                state.keys = Arc::new(self.json(&about.jwks_uri, None).await?);
                state.keys_at = now;
                Ok(state.keys.clone())
            }
            _ => Ok(keys),
        }
    }

    async fn discover(&self) -> Result<About, OidcError> {
        let issuer = self.options.issuer.as_str();
        let url = format!(
            "{}/.well-known/openid-configuration",
            issuer.trim_end_matches('/')
        );
        let about: About = self.json(&url, None).await?;
        if about.issuer != issuer {
            return Err(OidcError::untrusted(format!(
                "{url} says its issuer is {:.200}; write exactly that as auth.oidc.issuer, if it is the right one",
                about.issuer
            )));
        }
        let endpoints = [
            &about.authorization_endpoint,
            &about.token_endpoint,
            &about.jwks_uri,
        ];
        for endpoint in endpoints.into_iter().chain(&about.userinfo_endpoint) {
            if issuer.starts_with("https://") && !endpoint.starts_with("https://") {
                return Err(OidcError::untrusted(format!("{endpoint:.200} is not https")));
            }
        }
        Ok(about)
    }

    async fn json<T: for<'de> Deserialize<'de>>(
        &self,
        url: &str,
        authorization: Option<&str>,
    ) -> Result<T, OidcError> {
        let answer = self
            .send(Call {
                url,
                authorization,
                form: None,
            })
            .await?;
        if answer.status != 200 {
            return Err(OidcError::unavailable(
                url,
                format!("it answered {}", answer.status),
            ));
        }
        serde_json::from_slice(&answer.body).map_err(|error| {
            OidcError::unavailable(url, format!("its answer is not what is expected: {error}"))
        })
    }

    async fn send(&self, call: Call<'_>) -> Result<Answer, OidcError> {
        let sent = self.web.send(call).await;
        sent.map_err(|why| OidcError::unavailable(call.url, why))
    }
}

impl About {
    /// Basic is what a provider takes that does not say.
    fn takes_basic(&self) -> bool {
        let listed = self.token_endpoint_auth_methods_supported.as_deref();
        listed.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic"))
    }
}

/// The provider's own words for a refusal, which are an error code of OAuth at best.
fn reason(answer: &Answer) -> String {
    let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    match body["error"].as_str() {
        Some(code) => format!("its token endpoint says {}", printable(code)),
        None => format!("its token endpoint answered {}", answer.status),
    }
}

/// A word of somebody else, fit for a page and a log line.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .take(100)
        .map(|c| {
            if c.is_ascii_alphanumeric() || " ._-".contains(c) {
                c
            } else {
                '?'
            }
        })
        .collect()
}
