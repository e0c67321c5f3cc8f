//! A user and a password, for clusters where no API token can be had; kept out of every text this crate writes, wiped
//! when dropped. Knows nothing of where they came from, nor of tickets.

use crate::{paths::escape, token::Token};
use std::fmt;
use zeroize::Zeroizing;

/// How Jarvis makes itself known to Proxmox.
#[derive(Debug, Clone)]
pub enum Credential {
    /// An API token: no expiry, no session, its own rights. To be preferred.
    Token(Token),
    /// A user's password, for which Proxmox gives tickets that last two hours.
    Login(Login),
}

impl From<Token> for Credential {
    fn from(token: Token) -> Self {
        Self::Token(token)
    }
}

impl From<Login> for Credential {
    fn from(login: Login) -> Self {
        Self::Login(login)
    }
}

impl Credential {
    /// `USER@REALM!ID` or `USER@REALM`, fit to be shown.
    pub fn public(&self) -> &str {
        match self {
            Self::Token(token) => token.public(),
            Self::Login(login) => login.user(),
        }
    }
}

/// A user with its realm, and the password. `Debug` shows the user only.
#[derive(Clone)]
pub struct Login {
    user: String,
    password: Zeroizing<String>,
}

/// Why user and password are no log-in. Never holds a part of the password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("`{field}`: {rule}")]
pub struct InvalidLogin {
    /// Which of the two is wrong: `user` or `password`.
    pub field: &'static str,
    rule: &'static str,
}

impl Login {
    /// Checks a user, `USER@REALM`, and a password.
    pub fn new(user: &str, password: &str) -> Result<Self, InvalidLogin> {
        let wrong = |field, rule| InvalidLogin { field, rule };
        let user = user.trim();
        let (name, realm) = user.rsplit_once('@').ok_or(wrong(
            "user",
            "it has no '@' with a realm; write USER@REALM, such as jarvis@pve",
        ))?;
        if name.is_empty() || realm.is_empty() {
            return Err(wrong(
                "user",
                "name or realm is empty; write USER@REALM, such as jarvis@pve",
            ));
        }
        if user.contains('!') {
            return Err(wrong(
                "user",
                "it names a token; a token goes to `token`, with its secret",
            ));
        }
        if user
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == ':' || c == '/')
        {
            return Err(wrong("user", "it holds a blank, ':' or '/'"));
        }
        if password.is_empty() {
            return Err(wrong("password", "it is empty"));
        }
        Ok(Self {
            user: user.to_owned(),
            password: Zeroizing::new(password.to_owned()),
        })
    }

    /// `USER@REALM`.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The form of a log-in.
    pub(crate) fn form(&self) -> Zeroizing<String> {
        self.form_with(&self.password)
    }

    /// The same with a ticket in place of the password: how a ticket is renewed.
    pub(crate) fn form_with(&self, password: &str) -> Zeroizing<String> {
        let password = Zeroizing::new(escape(password));
        Zeroizing::new(format!(
            "username={}&password={}",
            escape(&self.user),
            password.as_str()
        ))
    }
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Login({}, …)", self.user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: &str = "c4n;ary & %= ö+";

    #[test]
    fn a_password_is_sent_whole_and_never_shown() {
        let login = Login::new(" jarvis@pve\n", PASSWORD).unwrap();
        assert_eq!(login.user(), "jarvis@pve");
        assert_eq!(
            login.form().as_str(),
            "username=jarvis%40pve&password=c4n%3Bary%20%26%20%25%3D%20%C3%B6%2B"
        );
        assert_eq!(
            login.form_with("PVE:a").as_str(),
            "username=jarvis%40pve&password=PVE%3Aa"
        );
        let credential = Credential::from(login);
        assert_eq!(format!("{credential:?}"), "Login(Login(jarvis@pve, …))");
        assert_eq!(credential.public(), "jarvis@pve");
    }

    #[test]
    fn what_is_no_log_in_is_refused_without_repeating_it() {
        for (user, password, field) in [
            ("", PASSWORD, "user"),
            ("jarvis", PASSWORD, "user"),
            ("@pve", PASSWORD, "user"),
            ("jarvis@", PASSWORD, "user"),
            ("jarvis@pve!act", PASSWORD, "user"),
            ("jar vis@pve", PASSWORD, "user"),
            ("jarvis@pve", "", "password"),
        ] {
            let error = Login::new(user, password).unwrap_err();
            assert_eq!(error.field, field);
            assert!(!error.to_string().contains("c4n"), "{error}");
        }
    }
}
