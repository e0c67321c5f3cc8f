//! Why there is no answer. Whoever chooses the next model decides on the class alone; the rest is for people.

use std::{fmt, time::Duration};

/// What a wait was for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Waiting {
    /// The connection.
    Connect,
    /// The first byte of the answer.
    FirstByte,
    /// The next byte.
    Idle,
    /// The whole answer.
    Total,
}

/// Kinds of failure, by what one does about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ErrorClass {
    /// The key is missing, wrong or not entitled.
    Auth,
    /// Money or a cap is used up; waiting does not help.
    Quota,
    /// Too much in too short a time; waiting helps.
    RateLimited,
    /// The server cannot now: overloaded, loading, failing.
    Overloaded,
    /// The conversation is longer than the model can read.
    ContextTooLong {
        /// Tokens of the prompt, where told.
        prompt_tokens: Option<u32>,
        /// Tokens it can read, where told.
        window_tokens: Option<u32>,
    },
    /// The request is not what the server takes.
    BadRequest,
    /// No connection, or it broke off.
    Network,
    /// A time limit was reached.
    Timeout(Waiting),
    /// What came is not what was agreed.
    Malformed,
}

impl ErrorClass {
    /// One word for metrics and logs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Auth => "auth",
            Self::Quota => "quota",
            Self::RateLimited => "rate_limited",
            Self::Overloaded => "overloaded",
            Self::ContextTooLong { .. } => "context_too_long",
            Self::BadRequest => "bad_request",
            Self::Network => "network",
            Self::Timeout(Waiting::Connect) => "timeout_connect",
            Self::Timeout(Waiting::FirstByte) => "timeout_first_byte",
            Self::Timeout(Waiting::Idle) => "timeout_idle",
            Self::Timeout(Waiting::Total) => "timeout_total",
            Self::Malformed => "malformed",
        }
    }

    /// What to do about it.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Auth => "check the key and what it is entitled to",
            Self::Quota => "raise the spending limit or top up; another model answers until then",
            Self::RateLimited => "wait, or ask for a higher rate limit",
            Self::Overloaded => "wait; another model answers until then",
            Self::ContextTooLong { .. } => "begin a new conversation, or give the model a larger context",
            Self::BadRequest => "check the model's id and options against what its server takes",
            Self::Network => "check the address and the network",
            Self::Timeout(_) => "see what its server is doing, or raise the time limit",
            Self::Malformed => "ask again; if it stays, use another model or another version of its server",
        }
    }
}

impl fmt::Display for ErrorClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auth => "not let in",
            Self::Quota => "the quota is used up",
            Self::RateLimited => "asked too often",
            Self::Overloaded => "its server cannot answer now",
            Self::ContextTooLong { .. } => "the conversation is too long for it",
            Self::BadRequest => "its server refuses the request",
            Self::Network => "its server is not reached",
            Self::Timeout(Waiting::Connect) => "no connection in time",
            Self::Timeout(Waiting::FirstByte) => "no first word in time",
            Self::Timeout(Waiting::Idle) => "it fell silent",
            Self::Timeout(Waiting::Total) => "it did not finish in time",
            Self::Malformed => "what it sent is not understood",
        })
    }
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no answer from {model}: {class}: {why}; {}", .class.remedy())]
pub struct ModelError {
    /// The model that was asked.
    pub model: String,
    /// What kind of failure.
    pub class: ErrorClass,
    /// What its server said or what happened, cleaned and cut; holds no secret.
    pub why: String,
    /// When it may be asked again, where told.
    pub retry_after: Option<Duration>,
    /// How its server names the request.
    pub request_id: Option<String>,
}
