//! Turns git's and ssh's messages into one clear sentence and a hint, and removes secrets from them.
//! Knows the messages of the C locale only; what it does not recognise is passed on, cleaned.

use crate::program::RunError;
use zeroize::Zeroizing;

/// What went wrong, as far as it can be told, and what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// One sentence without a final stop.
    pub why: String,
    /// What to do.
    pub hint: String,
    /// The mirror itself seems broken: making a new one may cure it.
    pub damaged: bool,
}

impl Trouble {
    /// Trouble that no new mirror would cure.
    pub fn new(why: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            hint: hint.into(),
            damaged: false,
        }
    }

    /// The mirror does not hold what it must hold.
    pub fn damage(why: impl Into<String>) -> Self {
        Self {
            why: why.into(),
            hint: "the mirror is made anew".to_owned(),
            damaged: true,
        }
    }

    /// The state folder could not be used.
    pub fn state_folder(attempt: &str, error: &std::io::Error) -> Self {
        Self::new(
            format!("the state folder cannot be used ({attempt}: {error})"),
            "check its rights and free space",
        )
    }
}

impl From<RunError> for Trouble {
    fn from(error: RunError) -> Self {
        let hint = match &error {
            RunError::Io(io) if io.kind() == std::io::ErrorKind::NotFound => {
                "install git, and ssh for SSH remotes"
            }
            RunError::Io(_) => "check that git is installed and that processes can be started",
            RunError::TimedOut(_) => "check the network and the repository's size; it is tried again",
            RunError::TooMuch(_) => "split the repository or make its manifest folder smaller",
        };
        Self::new(error.to_string(), hint)
    }
}

/// Signs in the messages (lower case), and what they mean. The first row with a match is taken.
const TABLE: &[(&[&str], &str, &str)] = &[
    (
        &["remote host identification has changed"],
        "the host key of the server changed, which may be an attack",
        "compare the new key's fingerprint at the server itself; if it is right, replace the line in the known hosts file",
    ),
    (
        &["host key verification failed", "host key is known for"],
        "the host key of the server is not in the known hosts file",
        "compare the fingerprint at the server and add the host's line to the known hosts file",
    ),
    (
        &["unprotected private key file", "bad permissions"],
        "the private key file can be read by others, so ssh refuses it",
        "set its permissions to 0600",
    ),
    (
        &["load key", "identity file"],
        "the private key file cannot be used",
        "check that it exists, is readable, is a private key in OpenSSH form, and has no passphrase",
    ),
    (
        &["permission denied (", "too many authentication failures"],
        "the server refused the private key",
        "add the public key to the server as a read-only deploy key, and check the user in the remote",
    ),
    (
        &[
            "authentication failed",
            "could not read username",
            "could not read password",
            "error: 401",
            "error: 403",
        ],
        "the server refused the token, or wants one",
        "check that the token is current and may read this repository",
    ),
    (
        &["certificate", "ssl ", "gnutls", "tls "],
        "the server's certificate is not trusted",
        "set the authority file to the PEM of the authority that signed it, and check the host name",
    ),
    (
        &["error: 301", "error: 302", "error: 307", "error: 308", "redirect"],
        "the server answers with a redirect, which is not followed",
        "write the repository's present address",
    ),
    (
        &["dubious ownership"],
        "the repository's files belong to another user",
        "run as the owner of the repository or give it to this user",
    ),
    (
        &["no space left", "disk quota"],
        "the disk of the state folder is full",
        "make room; the last good revision stays in force",
    ),
    (
        &[
            "could not resolve host",
            "name or service not known",
            "temporary failure in name resolution",
        ],
        "the server's name cannot be resolved",
        "check the host name and the name service; it is tried again",
    ),
    (
        &[
            "connection refused",
            "connection timed out",
            "no route to host",
            "network is unreachable",
            "failed to connect",
            "couldn't connect",
            "could not connect",
            "connection reset",
            "connection closed",
            "operation timed out",
            "hung up unexpectedly",
            "early eof",
            "unexpected disconnect",
        ],
        "the server cannot be reached",
        "check that the server runs and that this host may reach it; it is tried again",
    ),
    (
        &[
            "mismatched algorithms",
            "unknown object format",
            "wrong object format",
        ],
        "the repository uses an object format that this git program does not read",
        "use a SHA-1 repository or a newer git program",
    ),
    (
        &["not allowed", "transport '"],
        "this way of reaching a repository is not permitted",
        "write /absolute/path, https://host/path or ssh://user@host/path",
    ),
];

/// Signs of a damaged mirror. Looked at last: a remote may be damaged as well, and a new mirror is tried only once.
const DAMAGE: &[&str] = &[
    "corrupt",
    "bad object",
    "invalid object",
    "missing blob",
    "missing tree",
    "missing object",
    "unable to read",
    "is empty",
    "did not send all necessary objects",
    ".lock",
    "bad config",
    "not a git repository: ",
    "inflate",
    "broken",
    "unable to parse",
    "bad tree",
    "cannot read",
    "packfile",
    "unresolved delta",
    "bad ref",
    "unknown repository",
    "invalid gitfile",
    "invalid index-pack",
    "unable to resolve reference",
    "not a valid object",
    "invalid sha1",
];

const ABSENT: &[&str] = &[
    "does not appear to be a git repository",
    "repository not found",
    "project not found",
    "no such file or directory",
    "error: 404",
    "not found",
    "does not exist",
];

/// Explains the messages of a failed run.
pub fn explain(stderr: &str, secrets: &[Zeroizing<String>]) -> Trouble {
    let lower = stderr.to_lowercase();
    let has = |signs: &[&str]| signs.iter().any(|sign| lower.contains(sign));
    if let Some((_, why, hint)) = TABLE.iter().find(|(signs, _, _)| has(signs)) {
        return Trouble::new(*why, *hint);
    }
    let damaged = has(DAMAGE);
    if has(ABSENT) && !damaged {
        return Trouble::new(
            "there is no git repository at that address, or it may not be seen with these credentials",
            "check the path in the remote and the rights of the key or token",
        );
    }
    let why = format!("git says: {}", clean(stderr, secrets));
    if damaged {
        Trouble::damage(why)
    } else {
        Trouble::new(why, "try the same with git by hand; it is tried again")
    }
}

/// One line without secrets, credentials in URLs, and control characters; at most 300 characters.
pub fn clean(text: &str, secrets: &[Zeroizing<String>]) -> String {
    let mut text = text.to_owned();
    for secret in secrets {
        text = text.replace(secret.as_str(), "***");
    }
    let words: Vec<String> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .map(without_credentials)
        .collect();
    let line = words.join(" ");
    if line.chars().count() <= 300 {
        line
    } else {
        line.chars().take(299).chain(['…']).collect()
    }
}

fn without_credentials(word: &str) -> String {
    let Some((before, rest)) = word.split_once("://") else {
        return word.to_owned();
    };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest[..end].rfind('@') {
        Some(at) => format!("{before}://***{}", &rest[at..]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_and_what_they_mean() {
        for (stderr, why) in [
            (
                "@@@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @@@\nHost key verification failed.",
                "changed",
            ),
            (
                "No ED25519 host key is known for h and you have requested strict checking.",
                "not in the known hosts",
            ),
            (
                "git@h: Permission denied (publickey).\nfatal: Could not read from remote",
                "refused the private key",
            ),
            (
                "fatal: could not read Username for 'https://h': terminal prompts disabled",
                "token",
            ),
            (
                "fatal: unable to access 'https://h/x/': The requested URL returned error: 403",
                "token",
            ),
            (
                "fatal: unable to access 'https://h/': SSL certificate problem: self-signed certificate",
                "certificate",
            ),
            (
                "fatal: unable to access 'https://h/': Could not resolve host: h",
                "resolved",
            ),
            (
                "ssh: connect to host 127.0.0.1 port 9: Connection refused",
                "reached",
            ),
            (
                "fatal: '/x' does not appear to be a git repository",
                "no git repository",
            ),
            ("fatal: unable to write: No space left on device", "full"),
            ("fatal: something new", "git says: fatal: something new"),
        ] {
            let trouble = explain(stderr, &[]);
            assert!(trouble.why.contains(why), "{stderr}: {trouble:?}");
            assert!(!trouble.damaged, "{stderr}");
        }
    }

    #[test]
    fn damage_is_recognised() {
        for stderr in [
            "error: object file ./objects/12/34 is empty\nfatal: loose object 1234 is corrupt",
            "fatal: not a git repository: '/state/mirror.git'",
            "error: cannot lock ref: Unable to create '/state/refs/jarvis/heads/main.lock': File exists.",
            "fatal: bad config line 1 in file ./config",
        ] {
            assert!(explain(stderr, &[]).damaged, "{stderr}");
        }
    }

    #[test]
    fn secrets_and_credentials_are_removed() {
        let secrets = [Zeroizing::new("s3cret".to_owned())];
        let text = clean("fatal: a s3cret\u{1b}[31m 'https://me:pw@h/x'\n", &secrets);
        assert_eq!(text, "fatal: a *** [31m 'https://***@h/x'");
        assert_eq!(clean(&"x".repeat(400), &[]).chars().count(), 300);
    }
}
