//! A decision of the past as it stood when it was made: the guard's verdict on it, everything else that stood in its way,
//! and what would have changed it. From the recorded pass, and memory folded up to it.

use crate::{
    document::Document,
    recording::{Item, Recording},
    replay::{Past, ReplayError},
    what_if::{Otherwise, otherwise},
};
use jarvis_guard::objections;
use jarvis_model::{Timestamp, Verdict};
use jarvis_planner::Decision;
use jarvis_ports::Journal;
use serde::Serialize;
use serde_json::Value;

/// Decisions told at most; the latest are kept.
const TOLD: usize = 20;

/// A decision and its pass.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Story {
    /// The last pass that held it.
    pub at: Timestamp,
    /// The last record memory held then.
    pub seq: u64,
    /// The decision, with its verdict and its facts.
    pub decision: Decision,
    /// Everything that stood in its way, the verdict first; empty when it was permitted.
    pub objections: Vec<Verdict>,
    /// Each single fact that would have brought another verdict.
    pub otherwise: Vec<Otherwise>,
}

/// The latest decisions whose digest, issue or ticket begins with one of `beginnings`, each as in the last pass that held
/// it, oldest first.
pub fn stories(
    recording: Recording,
    journal: &dyn Journal,
    beginnings: &[String],
) -> Result<Vec<Story>, ReplayError> {
    let mut found: Vec<(Decision, Box<Document>)> = Vec::new();
    recording.each::<ReplayError>(&mut |item| {
        let Item::Pass { document, .. } = item else {
            return Ok(());
        };
        let decisions = document.plan["decisions"].as_array().into_iter().flatten();
        for decision in decisions {
            if beginnings.iter().any(|beginning| fits(decision, beginning)) {
                let decision: Decision = serde_json::from_value(decision.clone())?;
                found.retain(|(earlier, _)| earlier.id() != decision.id());
                found.push((decision, document.clone()));
                if found.len() > TOLD {
                    found.remove(0);
                }
            }
        }
        Ok(())
    })?;
    let mut past = Past::new(journal);
    found
        .into_iter()
        .map(|(decision, document)| told(&mut past, decision, &document))
        .collect()
}

/// Whether a decision's digest, issue or ticket begins so.
fn fits(decision: &Value, beginning: &str) -> bool {
    let request = &decision["request"];
    let names = [
        &request["digest"],
        &request["cause"]["issue"],
        &request["cause"]["ticket"],
    ];
    let mut names = names.into_iter().filter_map(Value::as_str);
    names.any(|name| name.starts_with(beginning))
}

fn told(past: &mut Past<'_>, decision: Decision, document: &Document) -> Result<Story, ReplayError> {
    past.to(document.seq)?;
    let input = document.input(&past.memory);
    Ok(Story {
        at: document.now,
        seq: document.seq,
        objections: objections(&decision.request, &input.facts()),
        otherwise: otherwise(&decision.request, &input),
        decision,
    })
}

#[cfg(test)]
mod tests;
