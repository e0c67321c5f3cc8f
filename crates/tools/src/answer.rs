//! What comes back from a tool.

use serde::Serialize;
use serde_json::Value;

/// What a caller gets: a sentence or framed data, and the same data in structure.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolResult {
    /// Whether what was asked for did not happen.
    pub is_error: bool,
    /// For the model: framed data, or a sentence it can act on.
    pub text: String,
    /// The data, by the tool's output schema; absent when there is only a sentence.
    pub structured: Option<Value>,
}

impl ToolResult {
    /// A failure in one sentence.
    pub fn failure(text: impl Into<String>) -> Self {
        Self {
            is_error: true,
            text: text.into(),
            structured: None,
        }
    }
}

/// What a tool made, before it is cleaned and framed.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub(crate) value: Value,
    /// The sentence that comes before the data.
    pub(crate) words: Option<String>,
    pub(crate) is_error: bool,
}

/// Why a tool has no answer: one sentence that says what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble(pub String);

impl Answer {
    /// Data.
    pub(crate) fn of(data: &impl Serialize) -> Result<Self, Trouble> {
        let value = serde_json::to_value(data)
            .map_err(|error| Trouble(format!("the answer cannot be written as JSON: {error}")))?;
        Ok(Self {
            value,
            words: None,
            is_error: false,
        })
    }

    /// The same, with a sentence before it.
    pub(crate) fn saying(mut self, words: impl Into<String>) -> Self {
        self.words = Some(words.into());
        self
    }
}
