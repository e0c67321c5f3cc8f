//! Every recorded exchange, put to a simulator in the same state over a real socket, and the answers compared.
//!
//! The result is the table in `docs/SIMULATOR.md`; `JARVIS_WRITE_SIMULATOR_DOC=1` writes it anew. A difference that
//! [`explained::EXPLAINED`] does not name fails the test.

#[path = "recorded/compare.rs"]
mod compare;
#[path = "recorded/document.rs"]
mod document;
#[path = "recorded/exchange.rs"]
mod exchange;
#[path = "recorded/explained.rs"]
mod explained;
#[path = "recorded/places.rs"]
mod places;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::PathBuf;

use serde_json::Value;

use crate::common::Lab;
use exchange::{Recorded, Replay};
use explained::EXPLAINED;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/pve/recorded-real")
}

fn recordings() -> BTreeMap<String, Value> {
    std::fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .map(|path| {
            let text = std::fs::read_to_string(&path).unwrap();
            let value: Value = serde_json::from_str(&text).unwrap();
            (value["id"].as_str().unwrap().to_owned(), value)
        })
        .collect()
}

/// The differences of one recording, each with the request it was seen in.
async fn replay(id: &str, value: &Value) -> Vec<String> {
    let steps = Recorded::steps_of(value);
    let lab = Lab::with(places::options(id, &steps)).await;
    let mut run = Replay::new(&lab, value);
    places::prepare(id, &lab, &mut run).await;
    let mut found = Vec::new();
    for step in &steps {
        let got = run.send(step).await;
        for difference in compare::answers(got.as_ref(), step) {
            found.push(format!("{} {}: {difference}", step.method, step.shown_path()));
        }
    }
    lab.simulator.stop().await;
    found
}

struct Line {
    id: String,
    request: String,
    differences: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_recorded_exchange_is_answered_alike() {
    let only = std::env::var_os("JARVIS_ONLY_RECORDING");
    let mut lines = Vec::new();
    for (id, value) in recordings() {
        if only.as_ref().is_some_and(|only| *only != *id) {
            continue;
        }
        let differences = if value["timeline"].is_null() {
            replay(&id, &value).await
        } else {
            vec!["no single exchange".to_owned()]
        };
        lines.push(Line {
            request: Recorded::title(&value),
            id,
            differences,
        });
    }
    let unexplained: Vec<String> = lines
        .iter()
        .filter(|line| !line.differences.is_empty() && reason(&line.id).is_none())
        .map(|line| format!("{}\n    {}", line.id, line.differences.join("\n    ")))
        .collect();
    assert!(
        unexplained.is_empty(),
        "{} of {} recordings differ:\n{}",
        unexplained.len(),
        lines.len(),
        unexplained.join("\n")
    );
    if only.is_some() {
        return;
    }
    let stale: Vec<&str> = EXPLAINED
        .iter()
        .map(|(id, _)| *id)
        .filter(|id| {
            !lines
                .iter()
                .any(|line| line.id == *id && !line.differences.is_empty())
        })
        .collect();
    assert!(stale.is_empty(), "explained, but without a difference: {stale:?}");
    assert!(
        EXPLAINED.len() * 10 < lines.len(),
        "{} of {} recordings are only explained",
        EXPLAINED.len(),
        lines.len()
    );
    document::section("recorded", &table(&lines));
}

fn reason(id: &str) -> Option<&'static str> {
    EXPLAINED
        .iter()
        .find(|(explained, _)| *explained == id)
        .map(|(_, reason)| *reason)
}

fn table(lines: &[Line]) -> String {
    let same = lines.iter().filter(|line| line.differences.is_empty()).count();
    let mut text = format!(
        "{} recordings, {same} answered alike, {} with an explained difference.\n\n| recording | request | answer |\n| --- | --- | --- |\n",
        lines.len(),
        lines.len() - same
    );
    for line in lines {
        let verdict = match reason(&line.id) {
            Some(reason) if !line.differences.is_empty() => format!("differs: {reason}"),
            _ => "same".to_owned(),
        };
        let _ = writeln!(text, "| {} | `{}` | {verdict} |", line.id, line.request);
    }
    text
}
