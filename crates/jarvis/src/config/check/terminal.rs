//! The `terminal` section: whether there are terminals, as whom, and within which limits. Opens no connection.

use super::{Checker, place, ssh::is_user};
use crate::config::{TerminalConfig, file};
use jarvis_api::TerminalOptions;
use jarvis_ssh::{Credential, Options, Passphrase};
use serde_saphyr::Spanned;
use std::time::Duration;

/// A day; a terminal lives no longer than the session behind it anyhow.
const LONGEST_IDLE_MINUTES: u64 = 24 * 60;
const MOST_TERMINALS: u64 = 256;

impl Checker<'_> {
    /// None when it is not written: then there are no terminals.
    pub(super) fn terminal(
        &mut self,
        terminal: Option<Spanned<file::Terminal>>,
        ssh: Option<&Options>,
    ) -> Option<TerminalConfig> {
        let terminal = terminal?;
        let (at, given) = (place(&terminal), terminal.value);
        let options = self.limits(&given);
        if let Some(user) = given.user.as_ref().filter(|user| !is_user(&user.value)) {
            self.no_user(place(user), "terminal.user", &user.value);
        }
        let passphrase = given.passphrase.as_ref();
        let passphrase = passphrase
            .and_then(|secret| self.secret("terminal.passphrase", secret))
            .map(|text| Passphrase::new(&text));
        if passphrase.is_some() && given.key_file.is_none() {
            self.wrong(
                at,
                "terminal.passphrase",
                "there is no key it could belong to",
                "write keyFile: PATH beside it",
            );
        }
        let key = given
            .key_file
            .as_ref()
            .map(|path| self.key_file(path, passphrase));
        let user = given.user.map(|user| user.value);
        Some(TerminalConfig {
            options,
            console: given.console,
            ssh: ssh.map(|ssh| entered(ssh, user.as_deref(), key.as_ref())),
        })
    }

    fn limits(&mut self, given: &file::Terminal) -> TerminalOptions {
        let default = TerminalOptions::default();
        let minutes = default.idle.as_secs() / 60;
        let idle = self.whole(
            "terminal.idleMinutes",
            given.idle_minutes.as_ref(),
            minutes,
            LONGEST_IDLE_MINUTES,
        );
        let per_user = self.whole(
            "terminal.perUser",
            given.per_user.as_ref(),
            default.per_user as u64,
            MOST_TERMINALS,
        );
        let in_all = self.whole(
            "terminal.inAll",
            given.in_all.as_ref(),
            default.in_all as u64,
            MOST_TERMINALS,
        );
        let count = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        TerminalOptions {
            idle: Duration::from_mins(idle),
            per_user: count(per_user),
            in_all: count(in_all),
            recordings: given.recordings.as_ref().map(|folder| self.path(folder)),
        }
    }

    fn whole(&mut self, field: &str, given: Option<&Spanned<u64>>, default: u64, most: u64) -> u64 {
        let Some(given) = given else { return default };
        if !(1..=most).contains(&given.value) {
            let problem = format!("{} is out of range", given.value);
            self.wrong(
                place(given),
                field,
                problem,
                format!("write a number from 1 to {most}"),
            );
        }
        given.value
    }
}

/// The hosts of `ssh`, entered as another user or with another key where that is said.
fn entered(ssh: &Options, user: Option<&str>, key: Option<&Credential>) -> Options {
    let mut options = ssh.clone();
    for endpoint in options.hosts.values_mut() {
        if let Some(user) = user {
            user.clone_into(&mut endpoint.user);
        }
        if let Some(key) = key {
            endpoint.credential = key.clone();
        }
    }
    options
}
