//! The hash chain: what the hash of a record covers, and the keyed root the first record hangs on. Knows nothing of
//! files.
//!
//! The root is an HMAC over a constant with a key that belongs to one installation, so a journal that was made with
//! another key does not fit. It does not stop somebody who reads the whole folder from writing a new chain, nor does any
//! chain notice a missing end by itself: both are found against an [`Anchor`] that was kept elsewhere.

use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// A link of the chain: SHA-256.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Hash(pub(crate) [u8; 32]);

impl Hash {
    /// Lower-case hex, 64 digits.
    pub fn to_hex(self) -> String {
        hex::encode(self.0)
    }

    /// Reads 64 hex digits.
    pub fn from_hex(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes)
            .ok()
            .map(|()| Self(bytes))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_hex())
    }
}

/// A place in a journal, to be kept outside of it: whoever has it can later tell whether the journal still contains it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Anchor {
    /// Sequence number of a record; 0 is the root.
    pub seq: u64,
    /// Hash of that record, lower-case hex.
    pub hash: String,
}

/// The secret of the root. Never printed; wiped when dropped.
pub(crate) struct RootKey(Zeroizing<[u8; 32]>);

impl RootKey {
    /// A new random key.
    pub(crate) fn generate() -> std::io::Result<Self> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(key.as_mut()).map_err(|error| std::io::Error::other(error.to_string()))?;
        Ok(Self(key))
    }

    /// Reads the content of a key file.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut key = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim(), key.as_mut())
            .ok()
            .map(|()| Self(key))
    }

    /// The content of a key file.
    pub(crate) fn to_text(&self) -> Zeroizing<String> {
        let mut text = hex::encode(self.0.as_ref());
        text.push('\n');
        Zeroizing::new(text)
    }

    /// The hash that stands before the first record.
    pub(crate) fn root(&self) -> Hash {
        genesis(self.0.as_ref())
    }
}

/// The root hash of a key.
pub(crate) fn genesis(key: &[u8]) -> Hash {
    let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(b"jarvis journal root, version 1");
    Hash(mac.finalize().into_bytes().into())
}

/// The hash of a record: over its head (length, place in its append, sequence, epoch, previous hash) and its payload.
pub(crate) fn link(head: &[u8], payload: &[u8]) -> Hash {
    Hash(
        Sha256::new()
            .chain_update(b"jarvis journal record, version 1\0")
            .chain_update(head)
            .chain_update(payload)
            .finalize()
            .into(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_root_depends_on_the_key_and_the_key_survives_its_file() {
        let key = RootKey::generate().unwrap();
        let again = RootKey::parse(&key.to_text()).unwrap();
        assert_eq!(key.root(), again.root());
        assert_ne!(key.root(), RootKey::generate().unwrap().root());
        assert!(RootKey::parse("abc").is_none());
        assert_eq!(Hash::from_hex(&key.root().to_hex()), Some(key.root()));
    }

    #[test]
    fn every_part_changes_the_hash() {
        assert_ne!(link(b"a", b"b"), link(b"a", b"c"));
        assert_ne!(link(b"a", b"b"), link(b"c", b"b"));
    }
}
