//! The environment in which git runs: what it may do, and with which credentials. Built from nothing; the process's own
//! environment, the system's and the user's git configuration are out of reach.
//!
//! Configuration is passed in `GIT_CONFIG_KEY_n`, which outranks the mirror's own configuration and, unlike an argument,
//! cannot be read by other users. Git drops these for the serving side of a local remote, so what must hold there stands
//! in [`config_file`] too.

use crate::options::{HttpsToken, Options, SshOptions};
use crate::remote::Remote;
use base64::Engine;
use std::ffi::OsString;
use std::fmt::Write;
use std::path::Path;
use zeroize::Zeroizing;

/// Name of the configuration file in the state folder.
pub const CONFIG_FILE: &str = "git.config";
/// Name of the one for pushes: there the hooks of a local remote run, as its owner wishes.
pub const PUSH_CONFIG_FILE: &str = "push.config";

/// The variables of git's whole environment, in order.
pub type Environment = Vec<(OsString, OsString)>;

/// Why options cannot be turned into an environment: (why, hint).
pub type Refused = (String, String);

/// The environment for `remote`, with `state` as home.
pub fn environment(options: &Options, remote: &Remote, state: &Path) -> Result<Environment, Refused> {
    let mut variables: Environment = [
        ("PATH", options.program_path.as_str()),
        ("LC_ALL", "C"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_ATTR_NOSYSTEM", "1"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_ASKPASS", ""),
        ("GIT_NO_REPLACE_OBJECTS", "1"),
        ("GIT_NO_LAZY_FETCH", "1"),
        ("GIT_OPTIONAL_LOCKS", "0"),
        ("GIT_LITERAL_PATHSPECS", "1"),
        ("GIT_PROTOCOL_FROM_USER", "0"),
    ]
    .map(|(name, value)| (name.into(), value.into()))
    .into();
    variables.push(("HOME".into(), state.into()));
    variables.push(("XDG_CONFIG_HOME".into(), state.into()));
    variables.push(("GIT_CONFIG_GLOBAL".into(), state.join(CONFIG_FILE).into()));
    if let Remote::Ssh(_) = remote {
        let ssh = options.ssh.as_ref().ok_or_else(|| {
            refused(
                "an SSH remote needs a private key and known hosts",
                "set the key file and the known hosts file",
            )
        })?;
        variables.push(("GIT_SSH_COMMAND".into(), ssh_command(ssh)?.into()));
        variables.push(("GIT_SSH_VARIANT".into(), "ssh".into()));
    }
    let settings = settings(options, remote)?;
    variables.push(("GIT_CONFIG_COUNT".into(), settings.len().to_string().into()));
    for (n, (key, value)) in settings.into_iter().enumerate() {
        variables.push((format!("GIT_CONFIG_KEY_{n}").into(), key.into()));
        variables.push((format!("GIT_CONFIG_VALUE_{n}").into(), value.into()));
    }
    Ok(variables)
}

/// Git configuration that outranks every file.
fn settings(options: &Options, remote: &Remote) -> Result<Vec<(String, String)>, Refused> {
    let mut settings: Vec<(String, String)> = [
        ("protocol.allow", "never"),
        ("core.hooksPath", "/dev/null"),
        ("core.fsmonitor", "false"),
        ("core.symlinks", "false"),
        ("core.askPass", ""),
        ("credential.helper", ""),
        ("http.followRedirects", "false"),
        ("http.sslVerify", "true"),
        ("fetch.fsckObjects", "false"),
        ("fetch.recurseSubmodules", "false"),
        ("fetch.writeCommitGraph", "false"),
        ("submodule.recurse", "false"),
        ("gc.auto", "0"),
        ("maintenance.auto", "false"),
        ("log.showSignature", "false"),
        ("log.mailmap", "false"),
        ("core.packedGitLimit", "256m"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    settings.push((
        format!("protocol.{}.allow", remote.protocol()),
        "always".to_owned(),
    ));
    if let Some(ca_file) = &options.https.ca_file {
        let path = ca_file.to_str().filter(|_| ca_file.is_absolute());
        let path = path.ok_or_else(|| {
            refused(
                "the authority file is not an absolute path",
                "write it from '/' on",
            )
        })?;
        settings.push(("http.sslCAInfo".to_owned(), path.to_owned()));
    }
    if let Some(token) = &options.https.token {
        let origin = remote.https_origin().ok_or_else(|| {
            refused(
                "a token is set, but the remote is not https://",
                "remove the token or use an https:// remote",
            )
        })?;
        let value = authorization(token)?;
        settings.push((format!("http.{origin}.extraHeader"), value.to_string()));
    }
    Ok(settings)
}

/// The text of the configuration file, which the serving side of a local remote reads as well.
pub fn config_file(remote: &Remote) -> String {
    let text = String::from("[core]\n\thooksPath = /dev/null\n\tfsmonitor = false\n");
    trusting(remote, text)
}

/// The text of the configuration file for pushes.
pub fn push_config_file(remote: &Remote) -> String {
    trusting(remote, String::from("[core]\n\tfsmonitor = false\n"))
}

fn trusting(remote: &Remote, mut text: String) -> String {
    if let Remote::Local(path) = remote {
        text.push_str("[safe]\n");
        for folder in [path.clone(), path.join(".git")] {
            let quoted = folder
                .to_string_lossy()
                .replace('\\', "\\\\")
                .replace('"', "\\\"");
            let _ = writeln!(text, "\tdirectory = \"{quoted}\"");
        }
    }
    text
}

/// `Authorization` header: git servers take tokens as the password of basic authentication.
fn authorization(token: &HttpsToken) -> Result<Zeroizing<String>, Refused> {
    let plain = credentials(token);
    if token.expose().is_empty() || !plain.chars().all(|c| c.is_ascii_graphic()) {
        return Err(refused(
            "the token file is empty, or holds more than one line of visible characters",
            "write one line, TOKEN or USER:TOKEN",
        ));
    }
    let encoded = Zeroizing::new(base64::engine::general_purpose::STANDARD.encode(plain.as_bytes()));
    Ok(Zeroizing::new(format!("Authorization: Basic {}", *encoded)))
}

fn credentials(token: &HttpsToken) -> Zeroizing<String> {
    let token = token.expose();
    let user = if token.contains(':') {
        ""
    } else {
        "x-access-token:"
    };
    Zeroizing::new(format!("{user}{token}"))
}

/// The texts that must never be shown: the token as given, its secret part, and the header's value.
pub fn secrets(options: &Options) -> Vec<Zeroizing<String>> {
    let Some(token) = &options.https.token else {
        return Vec::new();
    };
    let plain = credentials(token);
    let encoded = base64::engine::general_purpose::STANDARD.encode(plain.as_bytes());
    let secret = plain.split_once(':').map_or("", |(_, secret)| secret).to_owned();
    [token.expose().to_owned(), secret, encoded]
        .into_iter()
        .filter(|text| text.len() >= 4)
        .map(Zeroizing::new)
        .collect()
}

/// The command git hands to a shell; every changing part is one of two checked paths.
fn ssh_command(ssh: &SshOptions) -> Result<String, Refused> {
    let key = ssh_path(&ssh.key_file, "private key file")?;
    let hosts = ssh_path(&ssh.known_hosts_file, "known hosts file")?;
    let mut command = format!("ssh -F /dev/null -a -x -T -i '{key}' -o 'UserKnownHostsFile={hosts}'");
    for option in [
        "GlobalKnownHostsFile=/dev/null",
        "StrictHostKeyChecking=yes",
        "UpdateHostKeys=no",
        "BatchMode=yes",
        "IdentitiesOnly=yes",
        "IdentityAgent=none",
        "PreferredAuthentications=publickey",
        "PermitLocalCommand=no",
        "ClearAllForwardings=yes",
        "ControlMaster=no",
        "ControlPath=none",
        "ConnectTimeout=15",
        "ServerAliveInterval=15",
        "ServerAliveCountMax=2",
    ] {
        let _ = write!(command, " -o {option}");
    }
    Ok(command)
}

/// A path that means itself to the shell and to ssh, which expands `%`, `~` and `$` in its options.
fn ssh_path<'a>(path: &'a Path, what: &str) -> Result<&'a str, Refused> {
    let plain = |c: char| c.is_alphanumeric() || "/._-+=@:,".contains(c);
    match path.to_str() {
        Some(text) if path.is_absolute() && text.chars().all(plain) => Ok(text),
        _ => Err(refused(
            format!("the {what} is not an absolute path of letters, digits and ._-+=@:,"),
            "move or link it to such a path",
        )),
    }
}

fn refused(why: impl Into<String>, hint: impl Into<String>) -> Refused {
    (why.into(), hint.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::HttpsOptions;

    fn find<'a>(variables: &'a Environment, name: &str) -> Option<&'a str> {
        variables
            .iter()
            .find(|(key, _)| key == name)
            .and_then(|(_, value)| value.to_str())
    }

    fn setting(variables: &Environment, key: &str) -> Option<String> {
        let count: usize = find(variables, "GIT_CONFIG_COUNT")?.parse().ok()?;
        (0..count)
            .filter(|n| find(variables, &format!("GIT_CONFIG_KEY_{n}")) == Some(key))
            .find_map(|n| find(variables, &format!("GIT_CONFIG_VALUE_{n}")).map(str::to_owned))
    }

    fn of(options: &Options) -> Result<Environment, Refused> {
        environment(
            options,
            &Remote::parse(&options.remote).unwrap(),
            Path::new("/state"),
        )
    }

    #[test]
    fn only_the_needed_transport_is_allowed() {
        let variables = of(&Options::new("/srv/x.git", "main", "/state")).unwrap();
        assert_eq!(setting(&variables, "protocol.allow").as_deref(), Some("never"));
        assert_eq!(
            setting(&variables, "protocol.file.allow").as_deref(),
            Some("always")
        );
        assert_eq!(setting(&variables, "protocol.https.allow"), None);
        assert_eq!(
            setting(&variables, "core.hooksPath").as_deref(),
            Some("/dev/null")
        );
        assert_eq!(find(&variables, "GIT_TERMINAL_PROMPT"), Some("0"));
    }

    #[test]
    fn token_is_bound_to_its_server_and_needs_https() {
        let mut options = Options::new("https://h:8443/x.git", "main", "/state");
        options.https = HttpsOptions {
            token: Some(HttpsToken::new("s3cret\n")),
            ca_file: None,
        };
        let variables = of(&options).unwrap();
        let header = setting(&variables, "http.https://h:8443/.extraHeader").unwrap();
        assert_eq!(header, "Authorization: Basic eC1hY2Nlc3MtdG9rZW46czNjcmV0");
        options.remote = "/srv/x.git".to_owned();
        assert!(of(&options).unwrap_err().0.contains("not https://"));
        for bad in ["", "a\nb", "a b", "ä"] {
            options.remote = "https://h/x.git".to_owned();
            options.https.token = Some(HttpsToken::new(bad));
            assert!(of(&options).unwrap_err().0.contains("token file"), "{bad:?}");
        }
    }

    #[test]
    fn secrets_cover_every_spelling_and_debug_shows_none() {
        let mut options = Options::new("https://h/x.git", "main", "/state");
        options.https.token = Some(HttpsToken::new("me:s3cret"));
        let secrets: Vec<String> = secrets(&options).iter().map(|s| s.to_string()).collect();
        assert_eq!(secrets, ["me:s3cret", "s3cret", "bWU6czNjcmV0"]);
        assert!(!format!("{options:?}").contains("s3cret"));
    }

    #[test]
    fn ssh_is_strict_and_its_paths_are_plain() {
        let mut options = Options::new("git@h:x.git", "main", "/state");
        assert!(of(&options).unwrap_err().0.contains("private key"));
        options.ssh = Some(SshOptions {
            key_file: "/keys/id".into(),
            known_hosts_file: "/keys/hosts".into(),
        });
        let command = find(&of(&options).unwrap(), "GIT_SSH_COMMAND")
            .unwrap()
            .to_owned();
        assert!(
            command
                .starts_with("ssh -F /dev/null -a -x -T -i '/keys/id' -o 'UserKnownHostsFile=/keys/hosts'")
        );
        assert!(command.contains("StrictHostKeyChecking=yes") && command.contains("BatchMode=yes"));
        for bad in [
            "relative", "/a b", "/a'b", "/%d", "/$HOME", "/a\\b", "/a\nb", "/`id`",
        ] {
            options.ssh = Some(SshOptions {
                key_file: bad.into(),
                known_hosts_file: "/keys/hosts".into(),
            });
            assert!(
                of(&options).unwrap_err().0.contains("private key file"),
                "{bad:?}"
            );
        }
    }

    #[test]
    fn local_remotes_are_trusted_by_path_only() {
        let text = config_file(&Remote::parse("/srv/a\"b.git").unwrap());
        assert!(text.contains("directory = \"/srv/a\\\"b.git\"\n"), "{text}");
        assert!(!config_file(&Remote::parse("https://h/x").unwrap()).contains("safe"));
    }
}
