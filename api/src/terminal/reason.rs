//! Why there is no terminal, or none any more: each with its code, a page in `docs/errors/`, and what to do.

use jarvis_ports::TerminalError;
use std::{fmt, time::Duration};

/// A reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Terminals are not switched on.
    Off,
    /// The cluster, node or guest is not known, or no way to it is configured.
    NoWay {
        /// What was asked for.
        target: String,
    },
    /// The host was not reached.
    Unreachable(String),
    /// The host did not let in.
    NoLogin(String),
    /// Its key is not trusted.
    HostKey(String),
    /// It lets in and gives no terminal.
    NoTerminal(String),
    /// There are as many as there may be.
    TooMany {
        /// Of one user, or in all.
        whose: String,
        /// How many there may be.
        most: usize,
    },
    /// There is no such terminal of this user to take up again.
    Gone,
    /// Nothing was typed for too long.
    Idle {
        /// The limit.
        minutes: u64,
    },
    /// The kill switch stops everybody.
    Frozen,
    /// The session or token has ended, or the role is another one.
    AccessEnded,
    /// Output was lost while the browser was away.
    OutputLost,
    /// It cannot be put on record.
    NotRecorded(String),
    /// The browser broke the rules of the socket.
    BrokenRules(String),
    /// Jarvis stops.
    Stopping,
    /// The same terminal was taken up by another socket.
    TakenUp,
}

/// Every code, with its name.
pub const CODES: [(&str, &str); 16] = [
    ("JV4001", "terminals-off"),
    ("JV4002", "no-way-to-host"),
    ("JV4003", "host-unreachable"),
    ("JV4004", "host-refuses-login"),
    ("JV4005", "host-key-not-trusted"),
    ("JV4006", "host-gives-no-terminal"),
    ("JV4007", "too-many-terminals"),
    ("JV4008", "terminal-gone"),
    ("JV4009", "terminal-idle"),
    ("JV4010", "terminals-frozen"),
    ("JV4011", "access-ended"),
    ("JV4012", "output-lost"),
    ("JV4013", "terminal-not-recorded"),
    ("JV4014", "terminal-rules-broken"),
    ("JV4015", "jarvis-stops"),
    ("JV4016", "terminal-taken-up"),
];

impl Reason {
    fn place(&self) -> usize {
        match self {
            Self::Off => 0,
            Self::NoWay { .. } => 1,
            Self::Unreachable(_) => 2,
            Self::NoLogin(_) => 3,
            Self::HostKey(_) => 4,
            Self::NoTerminal(_) => 5,
            Self::TooMany { .. } => 6,
            Self::Gone => 7,
            Self::Idle { .. } => 8,
            Self::Frozen => 9,
            Self::AccessEnded => 10,
            Self::OutputLost => 11,
            Self::NotRecorded(_) => 12,
            Self::BrokenRules(_) => 13,
            Self::Stopping => 14,
            Self::TakenUp => 15,
        }
    }

    /// Its code.
    pub fn code(&self) -> &'static str {
        CODES[self.place()].0
    }

    /// What to do.
    pub fn hint(&self) -> String {
        match self {
            Self::Off => "write a `terminal` section into jarvis.yaml and restart Jarvis (docs/TERMINAL.md)",
            Self::NoWay { .. } => {
                "name it under `ssh.nodes` or `ssh.guests` of jarvis.yaml (docs/SSH.md), or let guests show their consoles by \
                 `terminal: {console: true}` (docs/TERMINAL.md)"
            }
            Self::Unreachable(_) => "see whether it is up; `jarvis doctor` tries the way step by step",
            Self::NoLogin(_) => "`jarvis doctor` tells which key or right is refused, and what to do there",
            Self::HostKey(_) => "compare the fingerprint on its console, then pin the key (docs/SSH.md)",
            Self::NoTerminal(_) => {
                "over SSH, give its user a shell, and `restrict,pty` in authorized_keys; a console needs a guest that runs and, in \
                 a virtual machine, a serial port (docs/TERMINAL.md)"
            }
            Self::TooMany { .. } => {
                "close one that is not needed; one whose browser is gone ends within a minute"
            }
            Self::Gone => "open a new one",
            Self::Idle { .. } => "open a new one; `terminal.idleMinutes` in jarvis.yaml sets the limit",
            Self::Frozen => "`jarvis thaw`, then open a new one",
            Self::AccessEnded => "sign in again",
            Self::OutputLost => "nothing; the program is asked to paint its screen anew",
            Self::NotRecorded(_) => {
                "make room for the journal and for `terminal.recordings`, then open a new one"
            }
            Self::BrokenRules(_) => "reload the page; if it comes again, tell the makers of this client",
            Self::Stopping => "open a new one when Jarvis runs again",
            Self::TakenUp => "go on there",
        }
        .to_owned()
    }

    /// The code with which the socket closes.
    pub fn close_code(&self) -> u16 {
        match self {
            Self::Stopping => 1001,
            Self::AccessEnded => 4401,
            Self::Frozen => 4403,
            Self::Gone => 4404,
            Self::Idle { .. } => 4408,
            Self::TakenUp => 4409,
            Self::TooMany { .. } => 4429,
            Self::BrokenRules(_) => 4400,
            _ => 4500,
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Off => f.write_str("terminals are switched off here"),
            Self::NoWay { target } => write!(f, "no way to {target} is configured"),
            Self::Unreachable(why) | Self::NoLogin(why) | Self::HostKey(why) | Self::NoTerminal(why) => {
                f.write_str(why)
            }
            Self::TooMany { whose, most } => write!(
                f,
                "{whose}: there are {most} terminals already, and may be no more"
            ),
            Self::Gone => f.write_str("this terminal is not there any more, or is not yours"),
            Self::Idle { minutes } => write!(f, "nothing was typed for {minutes} minutes"),
            Self::Frozen => f.write_str("Jarvis is frozen for everybody, and terminals with it"),
            Self::AccessEnded => f.write_str("your session or token has ended, or your role has changed"),
            Self::OutputLost => f.write_str("some output was lost while this page was away"),
            Self::NotRecorded(why) => write!(f, "this terminal cannot be put on record: {why}"),
            Self::BrokenRules(why) => f.write_str(why),
            Self::Stopping => f.write_str("Jarvis is shutting down"),
            Self::TakenUp => f.write_str("this terminal was taken up in another page"),
        }
    }
}

impl From<TerminalError> for Reason {
    fn from(error: TerminalError) -> Self {
        let said = error.to_string();
        match error {
            TerminalError::NoWay { host } => Self::NoWay {
                target: host.to_string(),
            },
            TerminalError::Unreachable { .. } => Self::Unreachable(said),
            TerminalError::NoLogin { .. } => Self::NoLogin(said),
            TerminalError::HostKey { .. } => Self::HostKey(said),
            TerminalError::NoTerminal { .. } => Self::NoTerminal(said),
        }
    }
}

/// One of each, in the order of [`CODES`]; the pages of `docs/errors/` show them.
pub fn samples() -> Vec<Reason> {
    vec![
        Reason::Off,
        Reason::NoWay {
            target: "guest 102".to_owned(),
        },
        Reason::Unreachable("node atlas is not reached: Connection refused (os error 111)".to_owned()),
        Reason::NoLogin(
            "node atlas does not let in: it refused the key /etc/jarvis/terminal-key for user ops".to_owned(),
        ),
        Reason::HostKey("the key of node atlas is not trusted: no key of 10.0.0.11 is pinned".to_owned()),
        Reason::NoTerminal("node atlas gives no terminal: it refuses a terminal to this user".to_owned()),
        Reason::TooMany {
            whose: "anna".to_owned(),
            most: 8,
        },
        Reason::Gone,
        Reason::Idle { minutes: 30 },
        Reason::Frozen,
        Reason::AccessEnded,
        Reason::OutputLost,
        Reason::NotRecorded("nothing was done: no room on the disk".to_owned()),
        Reason::BrokenRules("columns and rows are from 1 to 1000".to_owned()),
        Reason::Stopping,
        Reason::TakenUp,
    ]
}

/// Whole minutes, at least one.
pub fn minutes(span: Duration) -> u64 {
    span.as_secs().div_ceil(60).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_reason_has_its_own_code_and_says_what_to_do() {
        let all = samples();
        let codes: BTreeSet<&str> = all.iter().map(Reason::code).collect();
        assert_eq!(codes, CODES.iter().map(|(code, _)| *code).collect());
        assert!(
            all.iter()
                .map(Reason::code)
                .eq(CODES.iter().map(|(code, _)| *code)),
            "in order"
        );
        assert!(
            all.iter()
                .all(|reason| !reason.hint().is_empty() && !reason.to_string().is_empty())
        );
    }
}
