//! The `ssh` section: which hosts are reached over SSH, and with what key. Opens no connection and no key file.

use super::{Checker, place};
use crate::config::{error::Place, file};
use jarvis_model::{Host, NodeName, Vmid};
use jarvis_ssh::{Credential, Endpoint, FirstUse, JournalUse, Options, Passphrase};
use serde_saphyr::Spanned;
use std::path::Path;

/// What a host does not say for itself.
struct Common {
    user: Option<String>,
    credential: Option<Credential>,
    port: u16,
    passphrase: Option<Passphrase>,
}

impl Checker<'_> {
    /// None when it is not written, or wrong.
    pub(super) fn ssh(&mut self, ssh: Option<Spanned<file::SshAccess>>, state: &Path) -> Option<Options> {
        let ssh = ssh?;
        let (at, ssh) = (place(&ssh), ssh.value);
        let before = self.errors.len();
        let known_hosts = ssh.known_hosts_file.as_ref();
        let mut options =
            Options::new(known_hosts.map_or_else(|| state.join("known_hosts"), |path| self.path(path)));
        if ssh.trust_on_first_use {
            options.first_use = FirstUse::Trust;
        }
        if ssh.follow_journal {
            options.journal = JournalUse::Follow;
        }
        let common = self.common(&ssh, at);
        for (name, given) in &ssh.nodes {
            let host = NodeName::new(name)
                .map(Host::Node)
                .map_err(|error| error.to_string());
            self.host(&mut options, "ssh.nodes", host, name, given, &common);
        }
        for (number, given) in &ssh.guests {
            let host = Vmid::new(*number)
                .map(Host::Guest)
                .map_err(|error| error.to_string());
            self.host(&mut options, "ssh.guests", host, "", given, &common);
        }
        for (name, given) in &ssh.hosts {
            let fine = !name.is_empty()
                && !name
                    .chars()
                    .any(|c| c.is_control() || c.is_whitespace() || c == '/');
            let host = if fine {
                Ok(Host::Named(name.clone()))
            } else {
                Err(format!("{name:?} is no name of a host"))
            };
            self.host(&mut options, "ssh.hosts", host, name, given, &common);
        }
        if options.hosts.is_empty() && self.errors.len() == before {
            self.wrong(
                at,
                "ssh",
                "names no host",
                "write nodes: {NODE: {address: 10.0.0.11}}, guests: {VMID: {address: …}} or hosts: {NAME: {address: …}}",
            );
        }
        (self.errors.len() == before).then_some(options)
    }

    fn common(&mut self, ssh: &file::SshAccess, at: Place) -> Common {
        let passphrase = ssh.passphrase.as_ref();
        let passphrase = passphrase
            .and_then(|secret| self.secret("ssh.passphrase", secret))
            .map(|text| Passphrase::new(&text));
        if let Some(user) = ssh.user.as_ref().filter(|user| !is_user(&user.value)) {
            self.no_user(place(user), "ssh.user", &user.value);
        }
        let socket = self.around.environment.get("SSH_AUTH_SOCK").map(str::to_owned);
        let credential = match (&ssh.key_file, ssh.agent, socket) {
            (Some(path), false, _) => Some(self.key_file(path, passphrase.clone())),
            (None, true, Some(socket)) => Some(Credential::Agent {
                socket: socket.into(),
            }),
            (None, true, None) => {
                let hint = "start Jarvis where an agent runs, or write keyFile: PATH";
                self.wrong(
                    at,
                    "ssh.agent",
                    "SSH_AUTH_SOCK is not set: no agent is known",
                    hint,
                );
                None
            }
            (Some(_), true, _) => {
                let hint = "write keyFile: PATH or agent: true";
                self.wrong(at, "ssh", "exactly one of `keyFile` and `agent` is wanted", hint);
                None
            }
            (None, false, _) => None,
        };
        Common {
            user: ssh.user.as_ref().map(|user| user.value.clone()),
            credential,
            port: self.port("ssh.port", ssh.port.as_ref(), 22),
            passphrase,
        }
    }

    pub(super) fn key_file(&self, path: &str, passphrase: Option<Passphrase>) -> Credential {
        Credential::KeyFile {
            path: self.path(path),
            passphrase,
        }
    }

    fn host(
        &mut self,
        options: &mut Options,
        field: &str,
        host: Result<Host, String>,
        name: &str,
        given: &Spanned<file::SshHost>,
        common: &Common,
    ) {
        let (at, given) = (place(given), &given.value);
        let host = match host {
            Ok(host) => host,
            Err(why) => return self.wrong(at, field, why, ""),
        };
        let address = given.address.as_deref().unwrap_or(name);
        if !is_address(address) {
            let problem = format!("{address:?} is no address of {host}");
            return self.wrong(
                at,
                field,
                problem,
                "write address: with a name or an IP address, without user and port",
            );
        }
        let Some(user) = given.user.as_ref().or(common.user.as_ref()) else {
            let problem = format!("it is not said as which user {host} is entered");
            return self.wrong(
                at,
                field,
                problem,
                "write user: jarvis in `ssh`, or beside its address",
            );
        };
        if !is_user(user) {
            return self.no_user(at, field, user);
        }
        let own = given.key_file.as_ref();
        let own = own.map(|path| self.key_file(path, common.passphrase.clone()));
        let Some(credential) = own.or_else(|| common.credential.clone()) else {
            let problem = format!("it is not said what lets into {host}");
            return self.wrong(at, field, problem, "write keyFile: PATH or agent: true in `ssh`");
        };
        let endpoint = Endpoint {
            address: address.to_owned(),
            port: self.port(field, given.port.as_ref(), common.port),
            user: user.clone(),
            credential,
        };
        options.hosts.insert(host, endpoint);
    }

    pub(super) fn no_user(&mut self, at: Place, field: &str, user: &str) {
        let hint = "write a name such as jarvis: small letters, digits, '-', '_' and '.'";
        self.wrong(at, field, format!("{user:?} is no user"), hint);
    }

    fn port(&mut self, field: &str, given: Option<&Spanned<u16>>, default: u16) -> u16 {
        match given {
            Some(given) if given.value == 0 => {
                self.wrong(
                    place(given),
                    field,
                    "0 is no port",
                    "write a number from 1 to 65535",
                );
                default
            }
            Some(given) => given.value,
            None => default,
        }
    }
}

pub(super) fn is_user(text: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    (1..=32).contains(&text.len()) && !text.starts_with('-') && text.chars().all(fine)
}

fn is_address(text: &str) -> bool {
    let fine = |c: char| c.is_ascii_alphanumeric() || "-_.:%".contains(c);
    let port = text.matches(':').count() == 1;
    (1..=253).contains(&text.len()) && !text.starts_with('-') && !port && text.chars().all(fine)
}
