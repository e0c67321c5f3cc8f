//! Figures against their limits.

use crate::input::Input;
use jarvis_model::{IssueKey, Passed};
use std::collections::BTreeMap;

/// Figures beyond their limits now: what `input.observed.passed` becomes before the next plan.
pub fn passed(input: &Input<'_>) -> BTreeMap<IssueKey, Passed> {
    input.observed.passed.clone()
}
