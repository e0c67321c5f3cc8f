//! Whether an ID token is to be believed: signed by a key of the provider with an algorithm that is one, made for us,
//! now, and for this very log-in. Pure. Source: OpenID Connect Core 1.0, section 3.1.3.7.

use super::{OidcError, claims::Claims};
use jarvis_model::Timestamp;
use jsonwebtoken::{
    Algorithm, DecodingKey, Validation,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, PublicKeyUse},
};
use serde_json::Value;
use std::time::Duration;
use subtle::ConstantTimeEq;

/// Signatures that are believed. Nothing symmetric, and `none` is no algorithm.
pub const ALGORITHMS: [Algorithm; 3] = [Algorithm::RS256, Algorithm::ES256, Algorithm::EdDSA];
/// How far clocks may differ.
pub const LEEWAY: Duration = Duration::from_mins(1);
/// How old a token may be that answers a log-in of now.
pub const OLDEST: Duration = Duration::from_mins(10);

/// What a token must say.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// Its issuer.
    pub issuer: &'a str,
    /// For whom it is.
    pub client_id: &'a str,
    /// The nonce of the log-in.
    pub nonce: &'a str,
    /// The time.
    pub now: Timestamp,
}

/// The id of the key that a token says it is signed with.
///
/// # Errors
/// When it is no token with a believable algorithm.
pub fn key_id(token: &str) -> Result<Option<String>, OidcError> {
    header(token).map(|header| header.kid)
}

fn header(token: &str) -> Result<jsonwebtoken::Header, OidcError> {
    let header = jsonwebtoken::decode_header(token).map_err(|error| {
        OidcError::untrusted(format!("the ID token has no header that is known: {error}"))
    })?;
    if !ALGORITHMS.contains(&header.alg) {
        return Err(OidcError::untrusted(format!(
            "the ID token is signed with {:?}; RS256, ES256 and EdDSA are believed",
            header.alg
        )));
    }
    if header.crit.is_some() {
        return Err(OidcError::untrusted(
            "the ID token demands what is not known here (crit)",
        ));
    }
    Ok(header)
}

/// The key for a token, if the set has exactly one.
pub fn key_for<'a>(keys: &'a JwkSet, kid: Option<&str>, algorithm: Algorithm) -> Option<&'a Jwk> {
    let mut fitting = keys.keys.iter().filter(|key| {
        let named = kid.is_none_or(|kid| key.common.key_id.as_deref() == Some(kid));
        named && fits(key, algorithm)
    });
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first)
}

fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let kind = match &key.algorithm {
        AlgorithmParameters::RSA(_) => algorithm == Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(ec) => {
            algorithm == Algorithm::ES256 && ec.curve == EllipticCurve::P256
        }
        AlgorithmParameters::OctetKeyPair(ed) => {
            algorithm == Algorithm::EdDSA && ed.curve == EllipticCurve::Ed25519
        }
        _ => false,
    };
    let for_signing = matches!(key.common.public_key_use, None | Some(PublicKeyUse::Signature));
    let declared = key
        .common
        .key_algorithm
        .is_none_or(|declared| declared == algorithm.into());
    kind && for_signing && declared
}

/// The claims of a token that is to be believed.
///
/// # Errors
/// [`OidcError::Untrusted`], with the first reason why not.
pub fn verify(token: &str, keys: &JwkSet, expected: &Expected) -> Result<Claims, OidcError> {
    let header = header(token)?;
    let key = key_for(keys, header.kid.as_deref(), header.alg)
        .ok_or_else(|| OidcError::untrusted("no key of the provider fits the ID token"))?;
    let key = DecodingKey::from_jwk(key)
        .map_err(|error| OidcError::untrusted(format!("the provider's key cannot be used: {error}")))?;
    // Only the signature is the library's to check; every claim is checked below, against our own clock.
    let mut validation = Validation::new(header.alg);
    validation.algorithms = vec![header.alg];
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.set_required_spec_claims::<&str>(&[]);
    let claims = jsonwebtoken::decode::<Claims>(token, &key, &validation)
        .map_err(|error| OidcError::untrusted(format!("the ID token's signature does not hold: {error}")))?
        .claims;
    for_us(&claims, expected)?;
    now(&claims, expected.now)?;
    for_this(&claims, expected.nonce)?;
    Ok(claims)
}

fn for_us(claims: &Claims, expected: &Expected) -> Result<(), OidcError> {
    if claims.get("iss").and_then(Value::as_str) != Some(expected.issuer) {
        return Err(OidcError::untrusted("the ID token is of another issuer"));
    }
    let audience: Vec<&str> = match claims.get("aud") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    };
    if !audience.contains(&expected.client_id) {
        return Err(OidcError::untrusted("the ID token is for somebody else (aud)"));
    }
    let party = claims.get("azp");
    let ours = party.and_then(Value::as_str) == Some(expected.client_id);
    if (party.is_some() || audience.len() > 1) && !ours {
        return Err(OidcError::untrusted(
            "the ID token was given to somebody else (azp)",
        ));
    }
    match claims.get("sub").and_then(Value::as_str) {
        Some(subject) if !subject.is_empty() && subject.len() <= 255 => Ok(()),
        _ => Err(OidcError::untrusted("the ID token is about nobody (sub)")),
    }
}

fn now(claims: &Claims, now: Timestamp) -> Result<(), OidcError> {
    // Seconds since the epoch may have a fraction.
    let secs = |claim: &str| claims.get(claim).and_then(Value::as_f64);
    let late = (now + LEEWAY).as_secs() as f64;
    let (Some(until), Some(made)) = (secs("exp"), secs("iat")) else {
        return Err(OidcError::untrusted("the ID token lacks exp or iat"));
    };
    if until + LEEWAY.as_secs_f64() <= now.as_secs() as f64 {
        return Err(OidcError::untrusted("the ID token has lapsed (exp)"));
    }
    if made > late {
        return Err(OidcError::untrusted(
            "the ID token is from the future (iat): compare the clocks",
        ));
    }
    if made + OLDEST.as_secs_f64() < now.as_secs() as f64 {
        return Err(OidcError::untrusted(
            "the ID token is old (iat): compare the clocks",
        ));
    }
    match claims
        .get("nbf")
        .map(|from| from.as_f64().is_some_and(|from| from <= late))
    {
        None | Some(true) => Ok(()),
        Some(false) => Err(OidcError::untrusted("the ID token is not valid yet (nbf)")),
    }
}

fn for_this(claims: &Claims, nonce: &str) -> Result<(), OidcError> {
    let told = claims.get("nonce").and_then(Value::as_str).unwrap_or_default();
    if bool::from(told.as_bytes().ct_eq(nonce.as_bytes())) {
        Ok(())
    } else {
        Err(OidcError::untrusted(
            "the ID token answers another sign-in (nonce)",
        ))
    }
}

#[cfg(test)]
mod tests;
