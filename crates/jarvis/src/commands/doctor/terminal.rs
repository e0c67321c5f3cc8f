//! Terminals over SSH, where they are switched on: one is opened on each host and closed at once. Learns no key.

use super::finding::{Finding, Report};
use crate::config::Config;
use futures::future::join_all;
use jarvis_model::Host;
use jarvis_ports::{Terminal as _, TerminalError, terminal::Size};
use jarvis_ssh::{FirstUse, Options, Terminals};

/// Looks at all of them, some at once.
pub async fn look_at(config: &Config, report: &mut Report) {
    let (Some(terminal), Some(size)) = (&config.terminal, Size::new(80, 24)) else {
        return;
    };
    let Some(ssh) = &terminal.ssh else {
        if terminal.console {
            return;
        }
        report.add(
            Finding::warn(
                "terminal",
                "terminals are on, no host is named under `ssh`, and `terminal.console` is off: none can be opened",
            )
            .fixed_by("name nodes or guests under `ssh` in jarvis.yaml   (docs/SSH.md)")
            .fixed_by("or `terminal: {console: true}` for guests   (docs/TERMINAL.md)"),
        );
        return;
    };
    let terminals = Terminals::new(&Options {
        first_use: FirstUse::Refuse,
        ..ssh.clone()
    });
    // What the cluster knows nothing of has no address on the API.
    let hosts = ssh.hosts.keys().filter(|host| !matches!(host, Host::Named(_)));
    let terminals = &terminals;
    let tried = hosts.map(|host| async move {
        let opened = terminals.open(host, size).await;
        (host, opened.map(|opened| opened.user))
    });
    for (host, opened) in join_all(tried).await {
        report.add(tell(host, &opened));
    }
}

fn tell(host: &Host, opened: &Result<String, TerminalError>) -> Finding {
    match opened {
        Ok(user) => Finding::ok("terminal", format!("{host}: opens as {user}")),
        Err(error @ TerminalError::NoTerminal { .. }) => Finding::fail("terminal", error.to_string())
            .fixed_by("docs/TERMINAL.md: `restrict,pty` before the key"),
        Err(error) => Finding::fail("terminal", error.to_string()).fixed_by(
            "see the findings about ssh; `terminal.user` and `terminal.keyFile` may differ from those",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_is_told_with_what_mends_it() {
        let host = Host::Named("nas".to_owned());
        let ok = tell(&host, &Ok("ops".to_owned()));
        assert!(ok.what.contains("opens as ops") && ok.fix.is_empty());
        let why = "it refuses a terminal to this user".to_owned();
        let none = tell(
            &host,
            &Err(TerminalError::NoTerminal {
                host: host.clone(),
                why: why.clone(),
            }),
        );
        assert!(none.fix[0].contains("restrict,pty"), "{:?}", none.fix);
        let away = tell(
            &host,
            &Err(TerminalError::Unreachable {
                host: host.clone(),
                why,
            }),
        );
        assert!(away.what.contains("is not reached") && away.fix[0].contains("findings about ssh"));
    }
}
