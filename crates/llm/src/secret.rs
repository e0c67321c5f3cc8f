//! A key: kept out of every text this crate writes, wiped when dropped.

use http::HeaderValue;
use std::fmt;
use zeroize::Zeroizing;

/// A key of a model server.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

/// Why a text is no key. Never holds a part of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the key is empty, or holds a blank or a character outside ASCII; write it as the server printed it")]
pub struct InvalidSecret;

impl Secret {
    /// Reads a key; blanks around it are tolerated.
    pub fn parse(text: &str) -> Result<Self, InvalidSecret> {
        let text = text.trim();
        if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
            Ok(Self(Zeroizing::new(text.to_owned())))
        } else {
            Err(InvalidSecret)
        }
    }

    /// The key itself, for taking it out of texts.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }

    /// The value of a header, marked so that no layer below prints it.
    pub(crate) fn header(&self, scheme: &str) -> Option<HeaderValue> {
        let line = Zeroizing::new(format!("{scheme}{}", self.0.as_str()));
        let mut value = HeaderValue::from_str(&line).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_sent_whole_and_never_shown() {
        let secret = Secret::parse(" sk-ant-123\n").unwrap();
        let header = secret.header("Bearer ").unwrap();
        assert_eq!(header.to_str().unwrap(), "Bearer sk-ant-123");
        assert!(!format!("{secret:?} {header:?}").contains("123"));
        for bad in ["", " ", "key of mine", "schlüssel", "mine\nyours"] {
            let error = Secret::parse(bad).unwrap_err().to_string();
            assert!(bad.trim().is_empty() || !error.contains(bad), "{error}");
        }
    }
}
