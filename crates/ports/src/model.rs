//! Language models: what is asked, what comes back, and why nothing does. Knows no wire format, no price and no cluster.
//!
//! Guarantees of an implementation: a stream of events ends with exactly one [`Event::Stop`] or [`Event::Error`] and nothing
//! follows; it ends within the implementation's time limits; dropping it cancels the request; nothing that was shown is asked
//! for a second time unasked; no secret is in any event, error or `Debug`.

mod answer;
mod cost;
mod error;
mod history;

pub use answer::{Answer, Arguments, Block, Call, Flaw, StopReason, Timings, Usage};
pub use cost::{Cost, Tariff};
pub use error::{ErrorClass, ModelError, Waiting};
pub use history::{CallResult, History, OutOfTurn, Turn};

use async_trait::async_trait;
use futures::stream::BoxStream;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A tool that is offered to a model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolOffer {
    /// Its name: letters, digits, `_` and `-`, at most 64.
    pub name: String,
    /// What it does and when to use it.
    pub description: String,
    /// JSON Schema of its arguments; the top level is an object.
    pub schema: Value,
}

/// What a model is asked. System text and tools come first on every wire and stay the same as long as the conversation lasts:
/// caches and the check of thinking blocks rest on that. What changes belongs into the history.
#[derive(Debug, Clone, PartialEq)]
pub struct Prompt {
    /// Who the model is and what it must keep to.
    pub system: String,
    /// In the order in which they are sent.
    pub tools: Vec<ToolOffer>,
    /// What was said so far; it waits for an answer.
    pub history: History,
    /// The most the model may write.
    pub max_output_tokens: u32,
}

/// What comes back, in the order in which it comes.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// What was shown so far is void: the far side began anew.
    Restarted,
    /// A piece of the answer.
    Text(String),
    /// A piece of thought; to be shown as such or not at all.
    Reasoning(String),
    /// The model begins to call a tool. To be shown, never to be run: only [`Answer::runnable`] is.
    ToolStart {
        /// Which call of this answer.
        index: usize,
        /// The call's id.
        id: String,
        /// The tool.
        name: String,
    },
    /// A piece of its arguments.
    ToolArgs {
        /// Which call.
        index: usize,
        /// JSON text, cut anywhere.
        text: String,
    },
    /// Nothing more comes for this call.
    ToolEnd {
        /// Which call.
        index: usize,
    },
    /// What it has used so far.
    Usage(Usage),
    /// It is over, and this is all of it.
    Stop(Box<Answer>),
    /// It is over, and there is no answer.
    Error(ModelError),
}

impl Event {
    /// Whether a person saw something by it, after which the question may not be asked again unasked.
    pub fn is_visible(&self) -> bool {
        matches!(
            self,
            Self::Text(_) | Self::Reasoning(_) | Self::ToolStart { .. } | Self::ToolArgs { .. }
        )
    }

    /// Whether nothing follows.
    pub fn is_last(&self) -> bool {
        matches!(self, Self::Stop(_) | Self::Error(_))
    }
}

/// How a model takes to tools, as tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolSupport {
    /// It calls them.
    Calls,
    /// It answers in words although asked for a call.
    Words,
    /// Its calls come as text or broken.
    Broken,
    /// Its server refuses requests with tools.
    Refused,
}

/// What a model was found able to do.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capabilities {
    /// Tools.
    pub tools: ToolSupport,
    /// Context window, where its server tells.
    pub window_tokens: Option<u64>,
    /// Whether its server lists it; none where there is no list.
    pub listed: Option<bool>,
    /// When it is retired, as its server writes it.
    pub retires_at: Option<String>,
    /// Words for the operator: the model is not listed, is retired soon ...
    pub warnings: Vec<String>,
}

/// A language model.
#[async_trait]
pub trait Model: Send + Sync {
    /// The id it is asked for by.
    fn id(&self) -> &str;
    /// Whether what it is asked stays in the house.
    fn is_local(&self) -> bool;
    /// Asks. Nothing is sent before the stream is polled; dropping it cancels.
    fn answer(&self, prompt: Prompt) -> BoxStream<'static, Event>;
    /// Tries what it can: one tiny call of a tool, and what its server says of it.
    async fn probe(&self) -> Result<Capabilities, ModelError>;
}
