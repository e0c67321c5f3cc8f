//! Bearer tokens: `jrv_NAME_SECRET`, the secret 43 characters of base64url (256 bits). Only its SHA-256 is kept.

use super::{Caller, Credential, NoRandomness, random_secret, secret_hash};
use jarvis_model::{Door, Memory, Timestamp};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

const PREFIX: &str = "jrv_";
const SECRET_CHARS: usize = 43;

/// A token just made; the text is shown once.
pub struct NewToken {
    /// What the client sends.
    pub text: Zeroizing<String>,
    /// What is kept.
    pub secret_hash: String,
}

/// Makes a token of this name.
pub fn make(name: &str) -> Result<NewToken, NoRandomness> {
    let secret = random_secret()?;
    Ok(NewToken {
        text: Zeroizing::new(format!("{PREFIX}{name}_{}", secret.as_str())),
        secret_hash: secret_hash(&secret),
    })
}

/// Whether a text may name a token: 1 to 40 lower-case letters, digits and `-`.
pub fn is_name(text: &str) -> bool {
    (1..=40).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// Who sent this `Authorization` value, if its token is known and not lapsed.
pub fn caller(memory: &Memory, authorization: &str, now: Timestamp, door: Door) -> Option<Caller> {
    let (scheme, text) = authorization.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    let (name, secret) = parse(text.trim())?;
    let offered = secret_hash(secret);
    let token = memory.tokens.get(name);
    let kept = token.map_or("", |token| token.secret_hash.as_str());
    let same = bool::from(offered.as_bytes().ct_eq(kept.as_bytes()));
    let token = token.filter(|token| same && token.expires_at.is_none_or(|expires_at| expires_at > now))?;
    Some(Caller {
        user: format!("token:{name}"),
        role: token.role,
        scopes: token.scopes.clone(),
        door,
        credential: Credential::Token {
            name: name.to_owned(),
            secret_hash: offered,
        },
    })
}

fn parse(text: &str) -> Option<(&str, &str)> {
    let rest = text
        .strip_prefix(PREFIX)
        .filter(|rest| rest.is_ascii() && rest.len() > SECRET_CHARS + 1)?;
    let (name, secret) = rest.split_at(rest.len() - SECRET_CHARS);
    let name = name.strip_suffix('_').filter(|name| is_name(name))?;
    Some((name, secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use jarvis_model::{Event, Record, Role};

    fn memory_with(name: &str, secret_hash: &str, expires_at: Option<Timestamp>) -> Memory {
        let event = Event::TokenCreated {
            name: name.to_owned(),
            secret_hash: secret_hash.to_owned(),
            role: Role::Operator,
            scopes: Vec::new(),
            by: "anna".to_owned(),
            expires_at,
        };
        Memory::fold(&[Record {
            seq: 1,
            at: Timestamp::from_secs(1),
            epoch: 1,
            event,
        }])
    }

    #[test]
    fn a_token_opens_its_own_door_only() {
        let now = Timestamp::from_secs(100);
        let token = make("ci-1").unwrap();
        let memory = memory_with("ci-1", &token.secret_hash, Some(Timestamp::from_secs(200)));
        let ask = |text: &str, now| caller(&memory, text, now, Door::Graphql);
        let caller = ask(&format!("Bearer {}", token.text.as_str()), now).unwrap();
        assert_eq!(
            (caller.user.as_str(), caller.role),
            ("token:ci-1", Role::Operator)
        );
        assert_eq!(
            ask(
                &format!("Bearer {}", token.text.as_str()),
                Timestamp::from_secs(200)
            ),
            None
        );
        assert_eq!(ask(&format!("Basic {}", token.text.as_str()), now), None);
        assert_eq!(
            ask(&format!("Bearer {}", make("ci-1").unwrap().text.as_str()), now),
            None
        );
        assert_eq!(
            ask(&format!("Bearer {}", token.text.replace("ci-1", "ci-2")), now),
            None
        );
        for broken in [
            "",
            "Bearer",
            "Bearer jrv_",
            "Bearer jrv_ci-1_",
            "Bearer jrv__aaa",
            "Bearer jrv_ci-1_ä",
        ] {
            assert_eq!(ask(broken, now), None, "{broken}");
        }
    }

    #[test]
    fn a_secret_may_hold_underscores() {
        let secret = "_".repeat(SECRET_CHARS);
        assert_eq!(parse(&format!("jrv_a_{secret}")), Some(("a", secret.as_str())));
    }
}
