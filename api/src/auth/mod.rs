//! Who is asking: log-in, session cookies, bearer tokens, and what protects them from guessing and from other sites.
//!
//! | module | what |
//! | --- | --- |
//! | [`caller`] | the outcome: who asks, with what role and scopes, by which credential |
//! | [`allow`] | what a role and scopes allow, for every door |
//! | [`password`] | argon2id, two at a time |
//! | [`sessions`] | sessions in the store: idle and absolute limits, revocation |
//! | [`cookie`] | the signed cookie that names a session |
//! | [`bearer`] | bearer tokens |
//! | [`throttle`] | ten failures in ten minutes |
//! | [`origin`] | other sites |
//! | [`oidc`] | log-in by an OpenID Connect provider |
//! | [`routes`] | `/auth/login`, `/auth/logout`, `/auth/password`, `/auth/options` |
//! | [`bootstrap`] | the first user |

pub mod allow;
pub mod bearer;
pub mod bootstrap;
pub mod caller;
pub mod cookie;
pub mod oidc;
pub mod origin;
pub mod password;
pub mod routes;
pub mod sessions;
pub mod throttle;

pub use allow::{Denied, Need, allow};
pub use caller::{Caller, Credential};
pub use sessions::Sessions;

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// Why no randomness could be had; nothing secret is made without it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gave no random bytes; nothing secret can be made")]
pub struct NoRandomness;

/// 256 random bits as 43 characters of base64url.
pub(crate) fn random_secret() -> Result<Zeroizing<String>, NoRandomness> {
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|_| NoRandomness)?;
    Ok(Zeroizing::new(BASE64_URL_SAFE_NO_PAD.encode(bytes.as_slice())))
}

/// SHA-256 of a secret of full entropy, lower-case hex: what is kept of it.
pub(crate) fn secret_hash(secret: &str) -> String {
    hex::encode(Sha256::digest(secret.as_bytes()))
}
