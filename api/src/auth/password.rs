//! Password hashing: argon2id with 19 MiB, two passes, one lane; two at a time, so that a flood of log-ins costs at
//! most 38 MiB.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use std::sync::{Arc, LazyLock};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// Shortest password a person may set, characters.
pub const MIN_PASSWORD_CHARS: usize = 10;
/// Longest password that is hashed, bytes.
pub const MAX_PASSWORD_BYTES: usize = 256;

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
const AT_ONCE: usize = 2;

/// Why a password was not hashed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PasswordError {
    /// Too short or too long.
    #[error("a password has {MIN_PASSWORD_CHARS} characters or more and at most {MAX_PASSWORD_BYTES} bytes")]
    Length,
    /// The algorithm or the system failed.
    #[error("cannot hash the password: {0}")]
    Hash(String),
}

/// Hashes and checks passwords off the async threads.
#[derive(Clone)]
pub struct Hasher {
    turns: Arc<Semaphore>,
}

/// A hash of nothing anybody knows: checked when there is no such user, so that both take as long.
static NOBODY: LazyLock<Option<String>> = LazyLock::new(|| {
    let secret = super::random_secret().ok()?;
    hash_now(secret.as_bytes()).ok()
});

impl Default for Hasher {
    fn default() -> Self {
        Self::new()
    }
}

impl Hasher {
    /// A hasher with its own two turns.
    pub fn new() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }

    /// PHC string of a password a person chose.
    pub async fn hash(&self, password: &str) -> Result<String, PasswordError> {
        let fits = password.chars().count() >= MIN_PASSWORD_CHARS && password.len() <= MAX_PASSWORD_BYTES;
        if !fits {
            return Err(PasswordError::Length);
        }
        let password = Zeroizing::new(password.to_owned());
        self.in_turn(move || hash_now(password.as_bytes()))
            .await
            .unwrap_or_else(|| Err(PasswordError::Hash("the worker stopped".to_owned())))
    }

    /// Whether `password` is the one behind `phc`; with no hash the same work is done and the answer is no.
    pub async fn verify(&self, phc: Option<&str>, password: &str) -> bool {
        if password.len() > MAX_PASSWORD_BYTES {
            return false;
        }
        let (phc, password) = (phc.map(str::to_owned), Zeroizing::new(password.to_owned()));
        self.in_turn(move || {
            let kept = phc.as_deref().or(NOBODY.as_deref()).unwrap_or_default();
            verify_now(kept, password.as_bytes()) && phc.is_some()
        })
        .await
        .unwrap_or(false)
    }

    async fn in_turn<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
        let turn = self.turns.clone().acquire_owned().await.ok()?;
        tokio::task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        })
        .await
        .ok()
    }
}

fn argon2() -> Result<Argon2<'static>, PasswordError> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .map_err(|error| PasswordError::Hash(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn hash_now(password: &[u8]) -> Result<String, PasswordError> {
    let hash: PasswordHash = argon2()?
        .hash_password(password)
        .map_err(|error| PasswordError::Hash(error.to_string()))?;
    Ok(hash.to_string())
}

fn verify_now(phc: &str, password: &[u8]) -> bool {
    let Ok(hash) = PasswordHash::new(phc) else {
        return false;
    };
    argon2().is_ok_and(|argon2| argon2.verify_password(password, &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_hashed_with_the_stated_costs_and_recognised() {
        let hasher = Hasher::new();
        let phc = hasher.hash("correct horse battery").await.unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert!(hasher.verify(Some(&phc), "correct horse battery").await);
        assert!(!hasher.verify(Some(&phc), "correct horse batterz").await);
        assert!(!hasher.verify(None, "correct horse battery").await);
        assert!(!hasher.verify(Some("garbage"), "correct horse battery").await);
    }

    #[tokio::test]
    async fn bad_lengths_are_refused() {
        let hasher = Hasher::new();
        assert_eq!(hasher.hash("short").await, Err(PasswordError::Length));
        assert_eq!(hasher.hash(&"x".repeat(257)).await, Err(PasswordError::Length));
    }
}
