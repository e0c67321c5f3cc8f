//! Terminals: a person's own shell on a node or in a guest. No permit guards what is typed there, so this port is given to the
//! API's terminal part alone: nothing that plans, answers a chat or serves a tool may hold it.
//!
//! Guarantees of an implementation: it opens only what its configuration names; a host whose key is not the pinned one is never
//! spoken to; both directions are bounded, and who does not take the output stops the program behind it; a terminal takes no
//! place from the programs of [`crate::HostShell`]; dropping the two ends closes it; bytes pass as they are.

use async_trait::async_trait;
use jarvis_model::Host;
use std::fmt;
use tokio::sync::mpsc;

/// The kind of terminal that is announced to programs.
pub const TERM: &str = "xterm-256color";
/// The longest piece of output, bytes.
pub const PIECE: usize = 16 * 1024;

/// Columns and rows, at least one of each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    cols: u16,
    rows: u16,
}

impl Size {
    /// The most of either.
    pub const MOST: u16 = 1000;

    /// None beyond what a screen may have.
    pub fn new(cols: u16, rows: u16) -> Option<Self> {
        let fits = |count| (1..=Self::MOST).contains(&count);
        (fits(cols) && fits(rows)).then_some(Self { cols, rows })
    }

    /// Characters in a line.
    pub fn cols(self) -> u16 {
        self.cols
    }

    /// Lines.
    pub fn rows(self) -> u16 {
        self.rows
    }

    /// One line less, or one more where there is a single one: what makes a program paint anew.
    #[must_use]
    pub fn nudged(self) -> Self {
        let rows = if self.rows > 1 { self.rows - 1 } else { 2 };
        Self { rows, ..self }
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.cols, self.rows)
    }
}

/// What goes in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Typed bytes.
    Bytes(Vec<u8>),
    /// The screen has another size now.
    Resize(Size),
}

/// What comes out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// At most [`PIECE`] bytes.
    Bytes(Vec<u8>),
    /// It is over; nothing follows.
    Ended(Ended),
}

/// How a terminal ended.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Ended {
    /// Exit status of the shell.
    pub status: Option<u32>,
    /// The signal that ended it, without `SIG`.
    pub signal: Option<String>,
    /// Why it ended, where neither tells.
    pub why: Option<String>,
}

/// An open terminal. Dropping both channels closes it.
#[derive(Debug)]
pub struct Opened {
    /// As whom the far side was entered.
    pub user: String,
    /// What goes in.
    pub input: mpsc::Sender<Input>,
    /// What comes out.
    pub output: mpsc::Receiver<Output>,
}

/// Why a terminal was not opened, by what a person does about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TerminalError {
    /// No way to that host is configured.
    #[error("no way to {host} is configured")]
    NoWay {
        /// Which.
        host: Host,
    },
    /// It does not answer, or not as it should.
    #[error("{host} is not reached: {why}")]
    Unreachable {
        /// Which.
        host: Host,
        /// What happened.
        why: String,
    },
    /// It does not let in.
    #[error("{host} does not let in: {why}")]
    NoLogin {
        /// Which.
        host: Host,
        /// What it said.
        why: String,
    },
    /// Its key is not the pinned one, or none is pinned.
    #[error("the key of {host} is not trusted: {why}")]
    HostKey {
        /// Which.
        host: Host,
        /// Both fingerprints, and how to pin.
        why: String,
    },
    /// It lets in and gives no terminal.
    #[error("{host} gives no terminal: {why}")]
    NoTerminal {
        /// Which.
        host: Host,
        /// What it said.
        why: String,
    },
}

/// Opens terminals.
#[async_trait]
pub trait Terminal: Send + Sync {
    /// Whether any way to this host is configured.
    fn reaches(&self, host: &Host) -> bool;
    /// Opens one, within the implementation's time limits.
    async fn open(&self, host: &Host, size: Size) -> Result<Opened, TerminalError>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_limits_and_a_nudge_changes_the_rows() {
        assert!(Size::new(0, 24).is_none() && Size::new(80, 1001).is_none());
        for rows in [1, 2, 1000] {
            let size = Size::new(80, rows).unwrap();
            let nudged = size.nudged();
            assert!(nudged != size && Size::new(nudged.cols(), nudged.rows()) == Some(nudged));
        }
        assert_eq!(Size::new(120, 32).unwrap().to_string(), "120x32");
    }
}
