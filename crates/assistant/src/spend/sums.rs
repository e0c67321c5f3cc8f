//! Sums of a day: what was spent, by model and by kind.

use super::entry::{Entry, Kind};
use jarvis_ports::model::Usage;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// So many models are told apart on one day.
const MODELS_A_DAY: usize = 32;
/// What the others are called together.
const OTHERS: &str = "others";

/// What was used. Money is in millionths of a dollar.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Sum {
    pub(super) micro_dollars: u64,
    pub(super) requests: u64,
    pub(super) prompt_tokens: u64,
    pub(super) output_tokens: u64,
}

impl Sum {
    pub(super) fn add(&mut self, other: &Self) {
        self.micro_dollars = self.micro_dollars.saturating_add(other.micro_dollars);
        self.requests = self.requests.saturating_add(other.requests);
        self.prompt_tokens = self.prompt_tokens.saturating_add(other.prompt_tokens);
        self.output_tokens = self.output_tokens.saturating_add(other.output_tokens);
    }
}

/// What one model used.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OfModel {
    pub(super) sum: Sum,
    pub(super) local: bool,
    pub(super) assumed: bool,
}

/// A day: all of it, twice over.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DaySum {
    pub(super) total: Sum,
    pub(super) models: BTreeMap<String, OfModel>,
    pub(super) kinds: BTreeMap<Kind, Sum>,
}

impl DaySum {
    /// Counts a request that is over.
    pub(super) fn count(&mut self, entry: &Entry, usage: &Usage) {
        let sum = Sum {
            micro_dollars: entry.cost,
            requests: 1,
            prompt_tokens: usage.prompt_tokens(),
            output_tokens: usage.output_tokens,
        };
        self.total.add(&sum);
        self.kinds.entry(entry.kind).or_default().add(&sum);
        let model = self.model(&entry.model);
        model.sum.add(&sum);
        model.local = entry.local;
        model.assumed |= entry.assumed && !entry.local;
    }

    /// Puts right what a request was counted at: it had cost `was`, and costs what `entry` says.
    pub(super) fn correct(&mut self, entry: &Entry, was: u64) {
        let right = |sum: &mut Sum| {
            sum.micro_dollars = sum.micro_dollars.saturating_sub(was).saturating_add(entry.cost);
        };
        right(&mut self.total);
        right(self.kinds.entry(entry.kind).or_default());
        right(&mut self.model(&entry.model).sum);
    }

    /// Adds another day, for a longer period.
    pub(super) fn add(&mut self, other: &Self) {
        self.total.add(&other.total);
        for (kind, sum) in &other.kinds {
            self.kinds.entry(*kind).or_default().add(sum);
        }
        for (name, of) in &other.models {
            let model = self.models.entry(name.clone()).or_default();
            model.sum.add(&of.sum);
            model.local = of.local;
            model.assumed |= of.assumed;
        }
    }

    fn model(&mut self, name: &str) -> &mut OfModel {
        let has_room = self.models.contains_key(name) || self.models.len() < MODELS_A_DAY;
        let name = if has_room { name } else { OTHERS };
        self.models.entry(name.to_owned()).or_default()
    }
}
