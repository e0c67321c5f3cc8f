//! Keys that follow from the seed: the same simulated cluster has the same host keys. Not for anything real.

use russh::keys::ssh_key::LineEnding;
use russh::keys::ssh_key::private::Ed25519Keypair;
use russh::keys::{PrivateKey, PublicKey};
use sha2::{Digest, Sha256};

/// An ed25519 key pair.
pub struct Key(PrivateKey);

impl Key {
    /// The key of this name in the cluster of this seed.
    pub fn made(seed: u64, name: &str) -> Self {
        let bytes: [u8; 32] = Sha256::new()
            .chain_update(seed.to_be_bytes())
            .chain_update(name.as_bytes())
            .finalize()
            .into();
        Self(PrivateKey::from(Ed25519Keypair::from_seed(&bytes)))
    }

    /// The private half.
    pub const fn private_key(&self) -> &PrivateKey {
        &self.0
    }

    /// The public half.
    pub fn public_key(&self) -> &PublicKey {
        self.0.public_key()
    }

    /// The public half as OpenSSH writes it, without a comment.
    pub fn public_line(&self) -> String {
        // Encoding a key that was just made cannot fail.
        self.public_key().to_openssh().unwrap_or_default()
    }

    /// The private half as OpenSSH writes it.
    pub fn private_pem(&self) -> String {
        self.0
            .to_openssh(LineEnding::LF)
            .map(|text| text.to_string())
            .unwrap_or_default()
    }
}
