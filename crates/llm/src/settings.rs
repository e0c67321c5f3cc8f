//! Which model is asked, where, how, and for how long one waits. Values only; where they are written down is not known here.

use crate::{anthropic, secret::Secret, wire::Wire};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// How much a model is to think.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effort {
    /// Least.
    Low,
    /// Between.
    Medium,
    /// More.
    High,
    /// Still more.
    Xhigh,
    /// Most.
    Max,
}

/// In which way it thinks. Nothing is sent unless configured: which of these a model takes differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Thinking {
    /// As it sees fit; what it thinks is told in summary.
    Adaptive,
    /// Up to so many tokens, at least 1024; older models.
    Budget(u32),
    /// Between calls of tools only.
    BetweenTools,
    /// Not at all, where it can be switched off.
    Off,
}

/// What a server is asked for beyond the conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Style {
    /// Anthropic's version header.
    pub version: String,
    /// Whether the model takes notes of the controller in a role of their own amid the conversation; as marked text otherwise.
    pub system_notes: bool,
    /// Thought, how much.
    pub effort: Option<Effort>,
    /// Thought, how.
    pub thinking: Option<Thinking>,
    /// Whether caches live an hour, at twice the price of writing, and not five minutes.
    pub long_cache: bool,
    /// Whether an OpenAI-compatible server is asked for several calls at once.
    pub parallel_calls: bool,
}

impl Default for Style {
    fn default() -> Self {
        Self {
            version: anthropic::VERSION.to_owned(),
            system_notes: false,
            effort: None,
            thinking: None,
            long_cache: false,
            parallel_calls: false,
        }
    }
}

/// How long one waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// For a connection.
    pub connect: Duration,
    /// For the first byte of the answer, from sending on.
    pub first_byte: Duration,
    /// For the next byte; a ping or a comment is one.
    pub idle: Duration,
    /// For the whole answer, with all attempts and pauses.
    pub total: Duration,
}

impl Limits {
    /// For a server far away.
    pub const FAR: Self = Self {
        connect: Duration::from_secs(3),
        first_byte: Duration::from_secs(20),
        idle: Duration::from_secs(30),
        total: Duration::from_mins(3),
    };
    /// For one in the house, whose processor may read a prompt for long. Its server pings every 30 s, so that one more
    /// half of that must pass before it counts as silent.
    pub const NEAR: Self = Self {
        connect: Duration::from_secs(3),
        first_byte: Duration::from_mins(1),
        idle: Duration::from_secs(45),
        total: Duration::from_mins(10),
    };
}

/// A model on a server.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How its server is spoken to.
    pub wire: Wire,
    /// Where: for Anthropic without, for the others with the `/v1` at the end. Never holds a key.
    pub base_url: String,
    /// The key, where one is needed.
    pub key: Option<Secret>,
    /// The model's id there.
    pub model: String,
    /// Whether it runs in the house.
    pub local: bool,
    /// How long one waits.
    pub limits: Limits,
    /// What else it is asked for.
    pub style: Style,
}

impl Settings {
    /// A model of Anthropic.
    pub fn anthropic(model: &str, key: Secret) -> Self {
        Self {
            wire: Wire::Anthropic,
            base_url: "https://api.anthropic.com".to_owned(),
            key: Some(key),
            model: model.to_owned(),
            local: false,
            limits: Limits::FAR,
            style: Style::default(),
        }
    }

    /// A model in the house. There is no usual address: the ports of such servers differ and change.
    pub fn local(base_url: &str, model: &str) -> Self {
        Self {
            wire: Wire::OpenaiCompatible,
            base_url: base_url.trim_end_matches('/').to_owned(),
            key: None,
            model: model.to_owned(),
            local: true,
            limits: Limits::NEAR,
            style: Style::default(),
        }
    }
}
