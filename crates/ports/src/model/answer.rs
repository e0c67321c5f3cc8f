//! A whole answer: its blocks, why it ended, what it cost in tokens, and what is wrong with it.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Tokens of one answer. A prompt has [`Usage::prompt_tokens`], in parts of different price.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Read from no cache and written to none.
    pub input_tokens: u64,
    /// Written to a cache of five minutes.
    pub cache_write_tokens: u64,
    /// Written to a cache of one hour.
    pub cache_write_long_tokens: u64,
    /// Read from a cache.
    pub cache_read_tokens: u64,
    /// Written by the model, thought included.
    pub output_tokens: u64,
    /// Of these, thought.
    pub thinking_tokens: u64,
    /// Served where a surcharge is taken.
    pub surcharge: bool,
}

impl Usage {
    /// Tokens of the prompt.
    pub fn prompt_tokens(&self) -> u64 {
        [
            self.input_tokens,
            self.cache_write_tokens,
            self.cache_write_long_tokens,
            self.cache_read_tokens,
        ]
        .iter()
        .fold(0, |sum, tokens| sum.saturating_add(*tokens))
    }
}

/// How fast a local server was.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Timings {
    /// Tokens of the prompt that were still in its cache.
    pub cached_tokens: u64,
    /// Tokens of the prompt that were read.
    pub prompt_tokens: u64,
    /// In this time.
    pub prompt_ms: f64,
    /// Tokens that were written.
    pub predicted_tokens: u64,
    /// In this time.
    pub predicted_ms: f64,
}

/// Why an answer ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReason {
    /// It is finished.
    EndTurn,
    /// It wants tools to be run.
    ToolUse,
    /// It may not write more.
    MaxTokens,
    /// It wrote a word at which it should stop.
    StopSequence,
    /// It goes on when its answer is sent back.
    Paused,
    /// It will not.
    Refusal {
        /// Of what kind.
        category: Option<String>,
        /// In words.
        explanation: Option<String>,
    },
    /// Its window is full.
    ContextFull,
    /// Something else; nothing is run.
    Other(String),
}

/// Arguments of a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arguments {
    /// The text of a JSON object, as it came.
    Whole(String),
    /// None that could be used.
    Broken {
        /// As it came.
        text: String,
        /// What is wrong, for the model.
        why: String,
    },
}

/// A call of a tool.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    /// Names it within the conversation; never empty.
    pub id: String,
    /// The tool.
    pub name: String,
    /// Its arguments.
    pub arguments: Arguments,
    /// Members of its block that only its own wire knows; they go back as they came.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub members: Map<String, Value>,
}

impl Call {
    /// The arguments as an object.
    pub fn object(&self) -> Option<Map<String, Value>> {
        match &self.arguments {
            Arguments::Whole(text) => serde_json::from_str(text).ok(),
            Arguments::Broken { .. } => None,
        }
    }
}

/// A part of an answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Block {
    /// Words for the person.
    Text(String),
    /// Thought that its wire does not want back.
    Reasoning(String),
    /// A call.
    Call(Call),
    /// A block that only its own wire understands, thought with a signature above all. It goes back there as it came.
    Kept {
        /// What its wire calls it.
        kind: String,
        /// Its JSON text.
        json: String,
        /// What of it are words for the person.
        words: String,
        /// What of it may be shown as thought.
        thought: String,
    },
}

/// What is wrong with an answer although it came whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flaw {
    /// A call whose arguments cannot be used.
    BrokenCall {
        /// Its id.
        id: String,
        /// The tool.
        name: String,
        /// What is wrong.
        why: String,
    },
    /// A call was written as text. It is never read out of there and run.
    LeakedCall,
}

/// A whole answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// The wire it came over; kept blocks go back over the same one only.
    pub wire: String,
    /// The model as its server named it.
    pub model: String,
    /// How its server names the answer.
    pub response_id: String,
    /// Its parts.
    pub blocks: Vec<Block>,
    /// Why it ended.
    pub stop: StopReason,
    /// What it used, where told.
    pub usage: Option<Usage>,
    /// How fast its server was, where told.
    pub timings: Option<Timings>,
    /// What is wrong with it.
    pub flaws: Vec<Flaw>,
}

impl Answer {
    /// Its words.
    pub fn text(&self) -> String {
        let texts = self.blocks.iter().filter_map(|block| match block {
            Block::Text(text) | Block::Kept { words: text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// Its thought, as far as it may be shown.
    pub fn reasoning(&self) -> String {
        let texts = self.blocks.iter().filter_map(|block| match block {
            Block::Reasoning(text) | Block::Kept { thought: text, .. } => Some(text.as_str()),
            _ => None,
        });
        texts.collect()
    }

    /// All its calls, fit to be run or not; each needs a result before the conversation goes on.
    pub fn calls(&self) -> impl Iterator<Item = &Call> {
        self.blocks.iter().filter_map(|block| match block {
            Block::Call(call) => Some(call),
            _ => None,
        })
    }

    /// The calls that came whole in an answer that ended in order to have them run. Whether their arguments fit the tool's
    /// schema, and whether they may be run, is not known here.
    pub fn runnable(&self) -> impl Iterator<Item = &Call> {
        let ended = self.stop == StopReason::ToolUse;
        self.calls()
            .filter(move |call| ended && matches!(call.arguments, Arguments::Whole(_)))
    }

    /// Whether a call in it came to nothing: asked again once, and then of another model.
    pub fn is_malformed(&self) -> bool {
        !self.flaws.is_empty()
    }
}
