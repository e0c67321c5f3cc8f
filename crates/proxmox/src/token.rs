//! The API token: read from one line, kept out of every text this crate writes, wiped when dropped.
//! Knows nothing of where the line came from.

use http::HeaderValue;
use std::fmt;
use zeroize::Zeroizing;

/// A Proxmox API token, `USER@REALM!ID=SECRET`. `Debug` shows the public part only.
#[derive(Clone)]
pub struct Token {
    public: String,
    secret: Zeroizing<String>,
}

/// Why a text is no token. Never holds a part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`token`: {rule}; it is written USER@REALM!ID=SECRET, as `pveum user token add` prints it")]
pub struct InvalidToken {
    rule: &'static str,
}

impl Token {
    /// Reads a token; blanks around it and a leading `PVEAPIToken=` are tolerated. User and secret part at the last `=`.
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        let wrong = |rule| InvalidToken { rule };
        let text = text.trim();
        let text = text.strip_prefix("PVEAPIToken=").unwrap_or(text);
        let (public, secret) = text.rsplit_once('=').ok_or(wrong("it has no '='"))?;
        let (user, id) = public
            .split_once('!')
            .ok_or(wrong("it has no '!' between user and token id"))?;
        let (name, realm) = user
            .rsplit_once('@')
            .ok_or(wrong("its user has no '@' with a realm"))?;
        if name.is_empty() || realm.is_empty() || id.is_empty() {
            return Err(wrong("user, realm or token id is empty"));
        }
        if secret.is_empty() {
            return Err(wrong("the secret is empty"));
        }
        if !text.bytes().all(|b| b.is_ascii_graphic() && b != b';') {
            return Err(wrong("it holds a blank, a ';' or a character outside ASCII"));
        }
        Ok(Self {
            public: public.to_owned(),
            secret: Zeroizing::new(secret.to_owned()),
        })
    }

    /// `USER@REALM!ID`, fit to be shown.
    pub fn public(&self) -> &str {
        &self.public
    }

    /// The `Authorization` value, marked sensitive so that no layer below prints it. None is impossible for a parsed
    /// token and treated as an authentication failure by the caller.
    pub(crate) fn header(&self) -> Option<HeaderValue> {
        let line = Zeroizing::new(format!("PVEAPIToken={}={}", self.public, self.secret.as_str()));
        let mut value = HeaderValue::from_str(&line).ok()?;
        value.set_sensitive(true);
        Some(value)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Token({}=…)", self.public)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "3b1a9d0e-aaaa-bbbb-cccc-1234567890ab";

    #[test]
    fn a_token_is_sent_whole_and_shown_in_part() {
        for text in [
            format!("jarvis@pve!reads={SECRET}"),
            format!("PVEAPIToken=jarvis@pve!reads={SECRET}"),
            format!(" jarvis@pve!reads={SECRET}\n"),
        ] {
            let token = Token::parse(&text).unwrap();
            assert_eq!(token.public(), "jarvis@pve!reads");
            assert_eq!(format!("{token:?}"), "Token(jarvis@pve!reads=…)");
            let header = token.header().unwrap();
            assert!(header.is_sensitive());
            assert_eq!(
                header.to_str().unwrap(),
                format!("PVEAPIToken=jarvis@pve!reads={SECRET}")
            );
            assert!(!format!("{header:?}").contains(SECRET));
        }
    }

    #[test]
    fn malformed_tokens_are_refused_without_being_repeated() {
        for bad in [
            "",
            SECRET,
            &format!("jarvis@pve={SECRET}"),
            &format!("jarvis!reads={SECRET}"),
            &format!("@pve!reads={SECRET}"),
            &format!("jarvis@pve!={SECRET}"),
            "jarvis@pve!reads=",
            &format!("jarvis@pve!reads={SECRET};x"),
            &format!("jarvis@pve!reads=a b{SECRET}"),
        ] {
            let error = Token::parse(bad).unwrap_err().to_string();
            assert!(
                error.starts_with("`token`: ") && !error.contains(SECRET),
                "{error}"
            );
        }
    }
}
