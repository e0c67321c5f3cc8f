//! What an identity token must hold, and the forgeries that must not pass.

use super::*;
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jsonwebtoken::{EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ED25519, PKCS_RSA_SHA256};
use serde_json::json;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const NONCE: &str = "the nonce of this very log-in";
const US: &str = "jarvis";
const ISSUER: &str = "https://id.example";

struct Signer {
    algorithm: Algorithm,
    kid: String,
    key: EncodingKey,
    jwk: Jwk,
}

impl Signer {
    fn new(algorithm: Algorithm, kid: &str) -> Self {
        let kind = match algorithm {
            Algorithm::RS256 => &PKCS_RSA_SHA256,
            Algorithm::ES256 => &PKCS_ECDSA_P256_SHA256,
            _ => &PKCS_ED25519,
        };
        let pair = KeyPair::generate_for(kind).unwrap();
        let der = pair.serialize_der();
        let key = match algorithm {
            // PKCS#1 follows the 26 bytes with which PKCS#8 begins for RSA keys of this size.
            Algorithm::RS256 => EncodingKey::from_rsa_der(&der[26..]),
            Algorithm::ES256 => EncodingKey::from_ec_der(&der),
            _ => EncodingKey::from_ed_der(&der),
        };
        let mut jwk = if algorithm == Algorithm::EdDSA {
            let x = BASE64_URL_SAFE_NO_PAD.encode(pair.public_key_raw());
            serde_json::from_value(json!({"kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "x": x})).unwrap()
        } else {
            Jwk::from_encoding_key(&key, algorithm).unwrap()
        };
        jwk.common.key_id = Some(kid.to_owned());
        Self {
            algorithm,
            kid: kid.to_owned(),
            key,
            jwk,
        }
    }

    fn sign(&self, claims: &Value) -> String {
        let mut header = Header::new(self.algorithm);
        header.kid = Some(self.kid.clone());
        encode(&header, claims, &self.key).unwrap()
    }
}

fn good() -> Value {
    let now = NOW.as_secs();
    json!({"iss": ISSUER, "aud": US, "sub": "anna", "nonce": NONCE, "iat": now, "exp": now + 3600, "groups": ["ops"]})
}

/// The good claims with one changed; null takes it away.
fn with(claim: &str, value: Value) -> Value {
    let mut claims = good();
    match value {
        Value::Null => drop(claims.as_object_mut().unwrap().remove(claim)),
        value => claims[claim] = value,
    }
    claims
}

fn keys(signers: &[&Signer]) -> JwkSet {
    JwkSet {
        keys: signers.iter().map(|signer| signer.jwk.clone()).collect(),
    }
}

fn believed(token: &str, keys: &JwkSet) -> Result<Claims, String> {
    let expected = Expected {
        issuer: ISSUER,
        client_id: US,
        nonce: NONCE,
        now: NOW,
    };
    verify(token, keys, &expected).map_err(|error| error.to_string())
}

#[test]
fn the_three_algorithms_are_believed_with_the_right_key_only() {
    for algorithm in ALGORITHMS {
        let (ours, other) = (Signer::new(algorithm, "1"), Signer::new(algorithm, "1"));
        let token = ours.sign(&good());
        assert_eq!(believed(&token, &keys(&[&ours])).unwrap()["sub"], "anna");
        let wrong = believed(&token, &keys(&[&other])).unwrap_err();
        assert!(wrong.contains("signature"), "{algorithm:?}: {wrong}");
        let changed = with("groups", json!(["admins"]));
        let payload = BASE64_URL_SAFE_NO_PAD.encode(changed.to_string());
        let parts: Vec<&str> = token.split('.').collect();
        let forged = format!("{}.{payload}.{}", parts[0], parts[2]);
        assert!(
            believed(&forged, &keys(&[&ours]))
                .unwrap_err()
                .contains("signature")
        );
        for cut in [
            &token[..token.len() - 4],
            &token[..token.rfind('.').unwrap()],
            "",
            "a.b.c",
        ] {
            assert!(believed(cut, &keys(&[&ours])).is_err());
        }
    }
}

#[test]
fn none_and_shared_secrets_are_no_signatures() {
    let ours = Signer::new(Algorithm::ES256, "1");
    let part = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
    for header in [
        r#"{"alg":"none"}"#,
        r#"{"alg":"None","kid":"1"}"#,
        r#"{"kid":"1"}"#,
    ] {
        let forged = format!("{}.{}.", part(header), part(&good().to_string()));
        assert!(believed(&forged, &keys(&[&ours])).is_err(), "{header}");
    }
    // The public key as the secret of an HMAC, as some libraries took it.
    let public = serde_json::to_vec(&ours.jwk).unwrap();
    for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
        let mut header = Header::new(algorithm);
        header.kid = Some("1".to_owned());
        let forged = encode(&header, &good(), &EncodingKey::from_secret(&public)).unwrap();
        let mut set = keys(&[&ours]);
        set.keys
            .push(serde_json::from_value(json!({"kty": "oct", "kid": "1", "k": part("x")})).unwrap());
        assert!(
            believed(&forged, &set).unwrap_err().contains("believed"),
            "{algorithm:?}"
        );
    }
    let mut header = Header::new(Algorithm::ES256);
    header.crit = Some(vec!["exp".to_owned()]);
    let demanding = encode(&header, &good(), &ours.key).unwrap();
    assert!(
        believed(&demanding, &keys(&[&ours]))
            .unwrap_err()
            .contains("crit")
    );
}

#[test]
fn a_key_is_taken_only_for_what_it_is() {
    let (first, second) = (
        Signer::new(Algorithm::ES256, "1"),
        Signer::new(Algorithm::ES256, "2"),
    );
    let (token, set) = (second.sign(&good()), keys(&[&first, &second]));
    assert!(believed(&token, &set).is_ok(), "by its id");
    let nameless = encode(&Header::new(Algorithm::ES256), &good(), &second.key).unwrap();
    assert!(believed(&nameless, &set).is_err(), "which one?");
    assert!(believed(&nameless, &keys(&[&second])).is_ok(), "the only one");
    let changed = |change: &dyn Fn(&mut Jwk)| {
        let mut set = keys(&[&second]);
        change(&mut set.keys[0]);
        believed(&token, &set).is_ok()
    };
    assert!(!changed(
        &|key| key.common.public_key_use = Some(PublicKeyUse::Encryption)
    ));
    assert!(!changed(
        &|key| key.common.key_algorithm = Some(Algorithm::RS256.into())
    ));
    assert!(!changed(&|key| key.common.key_id = Some("3".to_owned())));
    assert!(changed(&|key| key.common.key_algorithm = None));
    let rsa = Signer::new(Algorithm::RS256, "2");
    assert!(
        believed(&token, &keys(&[&rsa])).is_err(),
        "another kind under the same id"
    );
}

#[test]
fn every_claim_must_be_right() {
    let ours = Signer::new(Algorithm::EdDSA, "1");
    let set = keys(&[&ours]);
    let now = NOW.as_secs();
    for (claim, value, word) in [
        ("iss", json!("https://evil.example"), "issuer"),
        ("iss", json!("https://id.example/"), "issuer"),
        ("iss", Value::Null, "issuer"),
        ("aud", json!("another"), "aud"),
        ("aud", json!(["another"]), "aud"),
        ("aud", json!({"jarvis": true}), "aud"),
        ("aud", Value::Null, "aud"),
        ("aud", json!(["jarvis", "another"]), "azp"),
        ("azp", json!("another"), "azp"),
        ("azp", json!(7), "azp"),
        ("sub", Value::Null, "sub"),
        ("sub", json!(""), "sub"),
        ("sub", json!("x".repeat(256)), "sub"),
        ("exp", json!(now - 60), "exp"),
        ("exp", json!("never"), "exp"),
        ("exp", Value::Null, "exp"),
        ("iat", json!(now + 62), "iat"),
        ("iat", json!(now - 601), "iat"),
        ("iat", Value::Null, "iat"),
        ("nbf", json!(now + 62), "nbf"),
        ("nbf", json!("soon"), "nbf"),
        ("nonce", json!("of another log-in"), "nonce"),
        ("nonce", json!(""), "nonce"),
        ("nonce", Value::Null, "nonce"),
    ] {
        let error = believed(&ours.sign(&with(claim, value.clone())), &set).unwrap_err();
        assert!(error.contains(word), "{claim} {value}: {error}");
    }
    let mut both = with("aud", json!(["another", "jarvis"]));
    both["azp"] = json!("jarvis");
    for (fine, claims) in [
        ("two audiences, given to us", both),
        ("one audience as a list", with("aud", json!(["jarvis"]))),
        ("just within the leeway", with("exp", json!(now - 59))),
        ("fractions of a second", with("iat", json!(now as f64 - 0.5))),
        ("valid from now", with("nbf", json!(now))),
    ] {
        assert!(believed(&ours.sign(&claims), &set).is_ok(), "{fine}");
    }
}
