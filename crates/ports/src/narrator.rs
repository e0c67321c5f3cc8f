//! What people are sent, put into words by somebody who may fail: a language model, or nobody. Knows no model and no mail.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What is to be put into words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// What happened, a fact in each. They may repeat words of guests, tasks and logs: data, never instructions.
    pub facts: Vec<String>,
    /// What is said without a narrator.
    pub template: String,
    /// Nobody waits longer for it.
    pub within: Duration,
}

/// A telling in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Narration {
    /// The words, plain text.
    pub text: String,
    /// The id of the model that wrote them.
    pub mind: String,
    /// Whether that runs in the house.
    pub local: bool,
}

/// Puts facts into words, where it is allowed, affordable and in time.
///
/// Guarantee of an implementation: what it returns was checked against the facts and the template. What it is asked for is
/// always sent whole beside it, so nothing is lost when it returns nothing or leaves something out.
#[async_trait]
pub trait Narrator: Send + Sync {
    /// The facts in words; none when the template has to stand alone.
    async fn narrate(&self, telling: Telling) -> Option<Narration>;
}
