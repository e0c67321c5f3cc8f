//! Which remotes are accepted: a local path, HTTPS, SSH. Pure; knows nothing of git's own URL rules beyond refusing
//! whatever could make git run another program or carry a password.

use std::fmt;
use std::path::{Path, PathBuf};

/// An accepted remote. Its `Display` is safe to show: it cannot hold credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remote {
    /// A repository in this machine's file system; absolute.
    Local(PathBuf),
    /// `https://host[:port]/path`.
    Https(String),
    /// `ssh://[user@]host[:port]/path` or `[user@]host:path`.
    Ssh(String),
}

/// Why a remote was refused, and what to write instead. Both are safe to show.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}; {hint}")]
pub struct RefusedRemote {
    /// What is wrong with it.
    pub why: String,
    /// What would be right.
    pub hint: String,
}

const FORMS: &str = "write /absolute/path, https://host/path, ssh://user@host/path or user@host:path";

fn refused(why: impl Into<String>, hint: impl Into<String>) -> RefusedRemote {
    RefusedRemote {
        why: why.into(),
        hint: hint.into(),
    }
}

impl Remote {
    /// Parses and judges a remote as written in the config file.
    pub fn parse(text: &str) -> Result<Self, RefusedRemote> {
        if text.is_empty() {
            return Err(refused("the remote is empty", FORMS));
        }
        if text.starts_with('-') {
            return Err(refused(
                "the remote starts with '-' and would be read as an option",
                FORMS,
            ));
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(refused("the remote contains a blank or control character", FORMS));
        }
        if let Some(path) = text.strip_prefix("file://") {
            return local(path);
        }
        if text.starts_with('/') {
            return local(text);
        }
        if let Some((scheme, rest)) = text.split_once("://") {
            return with_scheme(text, scheme, rest);
        }
        if text.contains("::") {
            return Err(refused(
                "the remote names a transport program (`NAME::`), which could run anything",
                FORMS,
            ));
        }
        match text.split_once(':') {
            Some((host, path)) if !host.contains('/') => scp_like(text, host, path),
            _ => Err(refused("the remote is neither an absolute path nor a URL", FORMS)),
        }
    }

    /// The argument given to git.
    pub(crate) fn argument(&self) -> String {
        match self {
            Self::Local(path) => path.to_string_lossy().into_owned(),
            Self::Https(url) | Self::Ssh(url) => url.clone(),
        }
    }

    /// The one transport that git may use for this remote.
    pub(crate) fn protocol(&self) -> &'static str {
        match self {
            Self::Local(_) => "file",
            Self::Https(_) => "https",
            Self::Ssh(_) => "ssh",
        }
    }

    /// `https://host[:port]/`, to which headers are bound.
    pub(crate) fn https_origin(&self) -> Option<String> {
        let Self::Https(url) = self else { return None };
        let rest = url.strip_prefix("https://")?;
        let host = rest.split('/').next()?;
        Some(format!("https://{host}/"))
    }
}

impl fmt::Display for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.argument())
    }
}

/// The text of a remote with whatever stands before an `@` in its host part hidden; for errors about refused ones.
pub(crate) fn redacted(text: &str) -> String {
    let (scheme, rest) = match text.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), text),
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let host = match host.rsplit_once('@') {
        Some((user, host)) if user.contains(':') || !scheme.starts_with("ssh") => format!("***@{host}"),
        _ => host.to_owned(),
    };
    format!("{scheme}{host}{path}")
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect()
}

fn local(path: &str) -> Result<Remote, RefusedRemote> {
    if !path.starts_with('/') {
        return Err(refused(
            "a local repository needs an absolute path",
            "write /absolute/path",
        ));
    }
    if Path::new(path).components().any(|part| part.as_os_str() == "..") {
        return Err(refused("the path contains '..'", "write the path without '..'"));
    }
    Ok(Remote::Local(PathBuf::from(path)))
}

fn with_scheme(text: &str, scheme: &str, rest: &str) -> Result<Remote, RefusedRemote> {
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    match scheme {
        "https" => {
            if host.contains('@') {
                return Err(refused(
                    "the URL contains credentials",
                    "remove them and put the token in a secret file that the config refers to",
                ));
            }
            check_host(host)?;
            check_path(path)?;
            Ok(Remote::Https(text.to_owned()))
        }
        "ssh" => {
            check_user_and_host(host)?;
            check_path(path)?;
            Ok(Remote::Ssh(text.to_owned()))
        }
        "http" => Err(refused(
            "http:// would send the token and the manifests in the clear",
            "use https://",
        )),
        "git" => Err(refused(
            "git:// is neither encrypted nor authenticated",
            "use https:// or ssh://",
        )),
        _ => Err(refused(
            format!("the scheme {:?} is not supported", clip(scheme)),
            FORMS,
        )),
    }
}

fn scp_like(text: &str, host: &str, path: &str) -> Result<Remote, RefusedRemote> {
    if path.contains('@') {
        return Err(refused(
            "the remote seems to contain credentials",
            "write user@host:path and put the private key in a file",
        ));
    }
    check_user_and_host(host)?;
    check_path(path)?;
    Ok(Remote::Ssh(text.to_owned()))
}

fn check_user_and_host(host: &str) -> Result<(), RefusedRemote> {
    let Some((user, host)) = host.rsplit_once('@') else {
        return check_host(host);
    };
    if user.contains(':') {
        return Err(refused(
            "the URL contains a password",
            "remove it and use a private key file",
        ));
    }
    if user.is_empty() || user.starts_with('-') || !user.chars().all(is_plain) {
        return Err(refused(
            "the user name in the remote is not plain letters, digits, '.', '_' or '-'",
            FORMS,
        ));
    }
    check_host(host)
}

/// Host with optional port; `[v6]` in brackets.
fn check_host(host: &str) -> Result<(), RefusedRemote> {
    let (name, port) = match host.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((name, port)) => (name, port.strip_prefix(':')),
        None => host
            .split_once(':')
            .map_or((host, None), |(name, port)| (name, Some(port))),
    };
    let plain = name
        .chars()
        .all(|c| is_plain(c) || (host.starts_with('[') && c == ':'));
    if name.is_empty() || name.starts_with('-') || !plain {
        return Err(refused(format!("{:?} is not a host name", clip(host)), FORMS));
    }
    match port {
        Some(port) if port.parse::<u16>().is_err() => Err(refused(
            format!("{:?} is not a port", clip(port)),
            "write a port from 1 to 65535, or none",
        )),
        _ => Ok(()),
    }
}

fn check_path(path: &str) -> Result<(), RefusedRemote> {
    if path.is_empty() {
        return Err(refused("the remote has no repository path", FORMS));
    }
    if path.starts_with('-') {
        return Err(refused("the repository path starts with '-'", FORMS));
    }
    if path.contains(['?', '#']) {
        return Err(refused(
            "the URL has a query or fragment",
            "remove everything from '?' or '#' on",
        ));
    }
    Ok(())
}

fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-')
}

fn clip(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepted_forms() {
        for (text, protocol) in [
            ("/srv/git/home.git", "file"),
            ("file:///srv/git/home.git", "file"),
            ("https://git.example.org/me/home.git", "https"),
            ("https://git.example.org:8443/me/home.git", "https"),
            ("ssh://git@git.example.org:2222/me/home.git", "ssh"),
            ("ssh://[fd00::1]:2222/me/home.git", "ssh"),
            ("git@git.example.org:me/home.git", "ssh"),
        ] {
            assert_eq!(Remote::parse(text).unwrap().protocol(), protocol, "{text}");
        }
    }

    #[test]
    fn refused_forms_say_why() {
        for (text, why) in [
            ("", "empty"),
            ("-upload-pack=touch", "option"),
            ("--help", "option"),
            ("ext::sh -c id", "blank"),
            ("ext::sh", "transport program"),
            ("fd::7", "transport program"),
            ("ext::https://h/x", "not supported"),
            ("file://srv/x", "absolute"),
            ("file://../x", "absolute"),
            ("/srv/../etc", ".."),
            ("relative/path", "neither"),
            ("./x:y", "neither"),
            ("http://h/x", "clear"),
            ("git://h/x", "authenticated"),
            ("ftp://h/x", "not supported"),
            ("https://me:s3cret@h/x", "credentials"),
            ("https://s3cret@h/x", "credentials"),
            ("ssh://me:s3cret@h/x", "password"),
            ("ssh://-oProxyCommand=id/x", "host name"),
            ("-oProxyCommand=id:x", "option"),
            ("me@-oProxyCommand:x", "host name"),
            ("ssh://-o@h/x", "user name"),
            ("ssh://h:99999/x", "port"),
            ("h:-x", "starts with '-'"),
            ("https://h", "no repository path"),
            ("https://h/x?token=s3cret", "query"),
            ("https://h/x\ny", "control"),
        ] {
            let refusal = Remote::parse(text).unwrap_err().to_string();
            assert!(refusal.contains(why), "{text}: {refusal}");
            assert!(!refusal.contains("s3cret"), "{text}: {refusal}");
        }
    }

    #[test]
    fn redaction_hides_what_stands_before_the_host() {
        assert_eq!(redacted("https://me:s3cret@h/x"), "https://***@h/x");
        assert_eq!(redacted("https://s3cret@h/x"), "https://***@h/x");
        assert_eq!(redacted("ssh://me:s3cret@h/x"), "ssh://***@h/x");
        assert_eq!(redacted("ssh://git@h/x"), "ssh://git@h/x");
        assert_eq!(redacted("https://h/x?token=secret"), "https://h/x");
        assert_eq!(redacted("me:s3cret@h:x"), "***@h:x");
    }

    #[test]
    fn headers_are_bound_to_the_origin() {
        let remote = Remote::parse("https://h:8443/a/b.git").unwrap();
        assert_eq!(remote.https_origin().as_deref(), Some("https://h:8443/"));
        assert_eq!(Remote::parse("/x").unwrap().https_origin(), None);
    }
}
