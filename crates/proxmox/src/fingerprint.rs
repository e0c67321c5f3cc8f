//! SHA-256 fingerprints of certificates, in Proxmox's spelling (`AA:BB:…`). Knows no TLS.

use sha2::{Digest as _, Sha256};
use std::{fmt, str::FromStr};

/// SHA-256 of a certificate's DER form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint([u8; 32]);

/// Why a text is no fingerprint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`fingerprints`: {text:?} is not a SHA-256 fingerprint; it has 32 hex pairs like AA:BB:…, shown by Proxmox under \
     node > System > Certificates, or by `pvenode cert info`"
)]
pub struct InvalidFingerprint {
    /// The offered text, cut to 100 characters.
    pub text: String,
}

impl Fingerprint {
    /// Of a certificate.
    pub fn of(der: &[u8]) -> Self {
        Self(Sha256::digest(der).into())
    }
}

impl FromStr for Fingerprint {
    type Err = InvalidFingerprint;

    fn from_str(text: &str) -> Result<Self, InvalidFingerprint> {
        let wrong = || InvalidFingerprint {
            text: text.chars().take(100).collect(),
        };
        let plain: String = text.trim().chars().filter(|c| *c != ':').collect();
        let bytes = hex::decode(plain).map_err(|_| wrong())?;
        bytes.try_into().map(Self).map_err(|_| wrong())
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, byte) in self.0.iter().enumerate() {
            let colon = if at == 0 { "" } else { ":" };
            write!(f, "{colon}{byte:02X}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_usual_spelling_is_read_and_one_is_written() {
        let print = Fingerprint::of(b"jarvis");
        let text = print.to_string();
        assert_eq!(text.len(), 95);
        for spelling in [
            text.clone(),
            text.to_lowercase(),
            text.replace(':', ""),
            format!(" {text}\n"),
        ] {
            assert_eq!(spelling.parse::<Fingerprint>().unwrap(), print);
        }
        for bad in ["", "AA:BB", "sha256:xyz", &"AA:".repeat(31), &"AA:".repeat(33)] {
            let error = bad.parse::<Fingerprint>().unwrap_err().to_string();
            assert!(error.starts_with("`fingerprints`: "), "{error}");
        }
    }
}
