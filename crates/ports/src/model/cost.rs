//! What answers cost, for whoever keeps a budget. Where the prices stand is not known here.

use super::Usage;
use serde::{Deserialize, Serialize};

/// A sum of money, and whether a price had to be guessed high for it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cost {
    /// Millionths of a dollar, rounded up.
    pub micro_dollars: u64,
    /// Whether the model is in no table, so that the dearest price stands in.
    pub assumed: bool,
}

/// Prices of models that take money. Guarantee: no answer costs more than its ceiling.
pub trait Tariff: Send + Sync {
    /// What an answer has cost.
    fn cost(&self, model: &str, usage: &Usage) -> Cost;
    /// What an answer cannot cost more than. This is what a budget sets aside before asking.
    fn ceiling(&self, model: &str, request_bytes: usize, max_output_tokens: u32) -> Cost;
    /// The day on which the prices were looked up.
    fn as_of(&self) -> &str;
}
