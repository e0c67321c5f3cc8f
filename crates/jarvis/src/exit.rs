//! How a command ends: its exit code, and the text that goes with it. The codes are documented and stable.
//!
//! Knows nothing of what the commands do.

use std::{fmt, process::ExitCode};

/// Exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// Done; for `plan`: in sync.
    Ok,
    /// Something is wrong: input, connection, files.
    Error,
    /// The cluster differs from what is declared.
    Drift,
    /// The request was refused, rejected, or not confirmed.
    Refused,
    /// The role or the token does not allow it.
    NotAllowed,
    /// The kill switch is pulled.
    Frozen,
}

impl Exit {
    /// Every code with its meaning, for the reference.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Ok, "done; for `plan`: in sync"),
        (
            Self::Error,
            "an error: bad input, unreachable server, unreadable file",
        ),
        (Self::Drift, "`plan`: the cluster differs from the manifests"),
        (
            Self::Refused,
            "the request was refused, rejected, failed, or not confirmed",
        ),
        (Self::NotAllowed, "the token or the role does not allow it"),
        (Self::Frozen, "the kill switch is pulled"),
    ];

    /// The number.
    pub fn code(self) -> u8 {
        match self {
            Self::Ok => 0,
            Self::Error => 1,
            Self::Drift => 2,
            Self::Refused => 3,
            Self::NotAllowed => 4,
            Self::Frozen => 8,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

/// A command that did not do what was asked: a text that says what, why and what to do, and the exit code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The code.
    pub exit: Exit,
    /// What is printed to standard error, without `error: `.
    pub text: String,
}

impl Failure {
    /// An ordinary error.
    pub fn error(text: impl Into<String>) -> Self {
        Self {
            exit: Exit::Error,
            text: text.into(),
        }
    }

    /// With another code.
    pub fn with(exit: Exit, text: impl Into<String>) -> Self {
        Self {
            exit,
            text: text.into(),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// What commands return.
pub type Outcome = Result<Exit, Failure>;
