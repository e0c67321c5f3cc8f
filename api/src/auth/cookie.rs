//! The session cookie: a short JWT (HS256) naming a session and the turn it is of: each renewal is the next turn. Stolen,
//! it dies within its life, or sooner when a later turn is in use; the session behind it is checked on every use.

use crate::options::{ApiOptions, COOKIE_LIFE, SigningKey};
use http::{HeaderMap, header};
use jarvis_model::Timestamp;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use std::fmt;

const ISSUER: &str = "jarvis";

/// What the cookie says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claims {
    /// Always `jarvis`.
    pub iss: String,
    /// User.
    pub sub: String,
    /// Session id.
    pub sid: String,
    /// How many times it was renewed.
    #[serde(default)]
    pub turn: u64,
    /// Made at, seconds since the epoch.
    pub iat: u64,
    /// Void from, seconds since the epoch.
    pub exp: u64,
}

impl fmt::Debug for Claims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Claims")
            .field("sub", &self.sub)
            .field("turn", &self.turn)
            .finish_non_exhaustive()
    }
}

/// What a cookie names.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// User.
    pub user: &'a str,
    /// Session id.
    pub session: &'a str,
    /// How many times it was renewed.
    pub turn: u64,
}

/// A `Set-Cookie` value for a session; None if signing failed.
pub fn issue(options: &ApiOptions, names: &Names, now: Timestamp) -> Option<String> {
    let claims = Claims {
        iss: ISSUER.to_owned(),
        sub: names.user.to_owned(),
        sid: names.session.to_owned(),
        turn: names.turn,
        iat: now.as_secs(),
        exp: (now + COOKIE_LIFE).as_secs(),
    };
    let key = EncodingKey::from_secret(options.key.as_bytes());
    let jwt = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).ok()?;
    Some(attributes(options, &jwt, COOKIE_LIFE.as_secs()))
}

/// A `Set-Cookie` value that removes the cookie.
pub fn clear(options: &ApiOptions) -> String {
    attributes(options, "", 0)
}

fn attributes(options: &ApiOptions, value: &str, max_age_secs: u64) -> String {
    let secure = if options.is_secure() { "; Secure" } else { "" };
    format!(
        "{}={value}; Path=/; Max-Age={max_age_secs}; HttpOnly; SameSite=Strict{secure}",
        options.cookie_name()
    )
}

/// The cookie of this name, if exactly one is there (two would mean somebody else planted one).
pub fn in_headers<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(key, _)| *key == name)
        .map(|(_, value)| value);
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The claims of a cookie that is ours and not past its life.
pub fn verify(key: &SigningKey, jwt: &str, now: Timestamp) -> Option<Claims> {
    let mut validation = Validation::new(Algorithm::HS256);
    validation.set_issuer(&[ISSUER]);
    validation.set_required_spec_claims(&["exp", "iss", "sub"]);
    validation.validate_exp = false; // against our own clock, below
    let data =
        jsonwebtoken::decode::<Claims>(jwt, &DecodingKey::from_secret(key.as_bytes()), &validation).ok()?;
    (data.claims.exp > now.as_secs()).then_some(data.claims)
}

/// Whether half of its life is over, so that use renews it.
pub fn is_past_half(claims: &Claims, now: Timestamp) -> bool {
    now.as_secs() >= claims.iat + (claims.exp - claims.iat) / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use std::time::Duration;

    fn options(key: u8) -> ApiOptions {
        ApiOptions::new(
            "127.0.0.1:1".parse().unwrap(),
            SigningKey::new(vec![key; 32]).unwrap(),
        )
    }

    fn jwt_of(set_cookie: &str) -> String {
        set_cookie
            .split_once('=')
            .unwrap()
            .1
            .split(';')
            .next()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn a_cookie_is_good_for_a_quarter_of_an_hour_and_only_with_our_key() {
        let made = Timestamp::from_secs(1_000_000);
        let names = Names {
            user: "anna",
            session: "sid",
            turn: 3,
        };
        let set = issue(&options(1), &names, made).unwrap();
        assert!(
            set.contains("; HttpOnly; SameSite=Strict") && !set.contains("Secure"),
            "{set}"
        );
        let jwt = jwt_of(&set);
        let claims = verify(&options(1).key, &jwt, made).unwrap();
        assert_eq!(
            (claims.sub.as_str(), claims.sid.as_str(), claims.turn),
            ("anna", "sid", 3)
        );
        assert_eq!(verify(&options(2).key, &jwt, made), None);
        assert!(verify(&options(1).key, &jwt, made + Duration::from_secs(899)).is_some());
        assert_eq!(
            verify(&options(1).key, &jwt, made + Duration::from_mins(15)),
            None
        );
        assert!(!is_past_half(&claims, made + Duration::from_secs(449)));
        assert!(is_past_half(&claims, made + Duration::from_secs(450)));
    }

    #[test]
    fn an_unsigned_cookie_is_refused() {
        let made = Timestamp::from_secs(1_000_000);
        let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        let claims = r#"{"iss":"jarvis","sub":"anna","sid":"s","iat":1000000,"exp":9000000}"#;
        let forged = format!("{}.{}.", part(r#"{"alg":"none","typ":"JWT"}"#), part(claims));
        assert_eq!(verify(&options(1).key, &forged, made), None);
    }

    #[test]
    fn a_planted_second_cookie_makes_both_void() {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, "a=1; jarvis_session=x; b=2".parse().unwrap());
        assert_eq!(in_headers(&headers, "jarvis_session"), Some("x"));
        headers.append(header::COOKIE, "jarvis_session=y".parse().unwrap());
        assert_eq!(in_headers(&headers, "jarvis_session"), None);
    }
}
