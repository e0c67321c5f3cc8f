//! Whether two answers are alike: status, reason phrase, keys and types all the way down, words of state, error texts.
//!
//! Figures, times, names of workers and the order of keys and rows are not compared.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::exchange::Recorded;
use crate::common::{Got, kind};

/// Keys whose values are compared too.
const WORDS: &[&str] = &[
    "armed-state",
    "content",
    "crm_state",
    "exitstatus",
    "format",
    "level",
    "local",
    "lock",
    "managed",
    "message",
    "online",
    "qmpstatus",
    "quorate",
    "request_state",
    "shared",
    "state",
    "status",
    "template",
    "type",
    "unit-state",
    "active-state",
];

/// Keys that tell the rows of a list apart, where their values do.
const NAMES: &[&str] = &[
    "id", "vmid", "sid", "service", "name", "subdir", "poolid", "realm", "storage", "iface", "filename",
];

/// Keys of rows that come and go with what happened before: only their forms are compared.
const PASSING: &[&str] = &["upid", "uid", "n", "time", "volid", "tokenid"];

/// All differences; none when the answers are alike.
pub fn answers(got: Option<&Got>, recorded: &Recorded) -> Vec<String> {
    let mut found = Vec::new();
    let (got, status) = match (got, recorded.status) {
        (None, None) => return found,
        (Some(got), Some(status)) => (got, status),
        (got, status) => return vec![format!("recorded {status:?}, got {got:?}")],
    };
    if got.status != status {
        found.push(format!("status {} instead of {status}: {}", got.status, got.text));
    }
    if got.reason != recorded.reason {
        found.push(format!(
            "reason '{}' instead of '{}'",
            got.reason, recorded.reason
        ));
    }
    if recorded.answer.is_null() {
        if !got.text.is_empty() {
            found.push(format!("a body where there was none: {}", got.text));
        }
        return found;
    }
    match serde_json::from_str::<Value>(&got.text) {
        Ok(ours) => values("", &ours, &recorded.answer, &mut found),
        Err(error) => found.push(format!("no JSON: {error} in '{}'", got.text)),
    }
    found
}

fn values(at: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    if kind(ours) != kind(theirs) {
        found.push(format!("{at} is {} instead of {}", kind(ours), kind(theirs)));
        return;
    }
    match (ours, theirs) {
        (Value::Object(ours), Value::Object(theirs)) => objects(at, ours, theirs, found),
        (Value::Array(ours), Value::Array(theirs)) => lists(at, ours, theirs, found),
        _ => {
            let key = at.rsplit('.').next().unwrap_or(at);
            let is_word = WORDS.contains(&key) || at.starts_with(".errors.");
            if is_word && words(key, ours) != words(key, theirs) {
                found.push(format!("{at} is {ours} instead of {theirs}"));
            }
        }
    }
}

/// The words of a value that mean something: kinds of content have no order, and what HA says is told by other keys.
fn words(key: &str, value: &Value) -> BTreeSet<String> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match key {
        "content" => text.split(',').map(str::to_owned).collect(),
        "status" if text.contains('(') && !text.contains("failed") && !text.contains("locked") => {
            BTreeSet::new()
        }
        _ => BTreeSet::from([text]),
    }
}

fn objects(at: &str, ours: &Map<String, Value>, theirs: &Map<String, Value>, found: &mut Vec<String>) {
    for key in theirs.keys().filter(|key| !ours.contains_key(*key)) {
        found.push(format!("{at}.{key} is missing"));
    }
    for key in ours.keys().filter(|key| !theirs.contains_key(*key)) {
        found.push(format!("{at}.{key} is more than was recorded"));
    }
    for (key, theirs) in theirs {
        if let Some(ours) = ours.get(key) {
            values(&format!("{at}.{key}"), ours, theirs, found);
        }
    }
}

fn lists(at: &str, ours: &[Value], theirs: &[Value], found: &mut Vec<String>) {
    let passing = theirs
        .iter()
        .any(|row| PASSING.iter().any(|key| row.get(key).is_some()));
    let name = NAMES.iter().find(|key| {
        let names: BTreeSet<String> = theirs
            .iter()
            .filter_map(|row| row.get(**key))
            .map(Value::to_string)
            .collect();
        !passing && !theirs.is_empty() && names.len() == theirs.len()
    });
    let Some(name) = name else {
        return forms(at, ours, theirs, found);
    };
    let of = |rows: &[Value], wanted: &Value| rows.iter().find(|row| row[name] == *wanted).cloned();
    for row in theirs {
        match of(ours, &row[name]) {
            Some(own) => values(&format!("{at}[{}]", row[name]), &own, row, found),
            None => found.push(format!("{at} has no row {name}={}", row[name])),
        }
    }
    for row in ours.iter().filter(|row| of(theirs, &row[name]).is_none()) {
        found.push(format!("{at} has a row more: {name}={}", row[name]));
    }
}

fn forms(at: &str, ours: &[Value], theirs: &[Value], found: &mut Vec<String>) {
    let all = |rows: &[Value]| rows.iter().map(form).collect::<BTreeSet<String>>();
    let (own, recorded) = (all(ours), all(theirs));
    for form in recorded.difference(&own) {
        found.push(format!("{at} has no row like {form}"));
    }
    for form in own.difference(&recorded) {
        found.push(format!("{at} has a row that was not recorded: {form}"));
    }
}

/// Keys and types of a value, and the last line of a task's log.
fn form(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let parts: BTreeSet<String> = fields
                .iter()
                .map(|(key, value)| match (key.as_str(), value.as_str()) {
                    ("t", Some(line)) if line.starts_with("TASK ") => format!("{key}: '{line}'"),
                    _ => format!("{key}: {}", form(value)),
                })
                .collect();
            format!("{{{}}}", parts.into_iter().collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            let parts: BTreeSet<String> = items.iter().map(form).collect();
            format!("[{}]", parts.into_iter().collect::<Vec<_>>().join(" or "))
        }
        other => kind(other).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn differ(ours: &Value, theirs: &Value) -> Vec<String> {
        let mut found = Vec::new();
        values("", ours, theirs, &mut found);
        found
    }

    #[test]
    fn keys_types_words_and_rows_are_compared() {
        let theirs = json!({ "data": [{ "id": "qemu/1", "vmid": 1, "status": "running", "cpu": 0.5 }] });
        let row = |row: Value| json!({ "data": [row] });
        let good = row(json!({ "id": "qemu/1", "vmid": 1, "status": "running", "cpu": 0 }));
        assert_eq!(differ(&good, &theirs), Vec::<String>::new());
        for bad in [
            row(json!({ "id": "qemu/1", "vmid": 1, "status": "running" })),
            row(json!({ "id": "qemu/1", "vmid": "1", "status": "running", "cpu": 0 })),
            row(json!({ "id": "qemu/1", "vmid": 1, "status": "stopped", "cpu": 0 })),
            row(json!({ "id": "qemu/1", "vmid": 1, "status": "running", "cpu": 0, "pool": "x" })),
            row(json!({ "id": "qemu/2", "vmid": 2, "status": "running", "cpu": 0 })),
            json!({ "data": [] }),
            json!({ "data": null }),
        ] {
            assert!(!differ(&bad, &theirs).is_empty(), "{bad}");
        }
    }

    #[test]
    fn passing_rows_are_compared_by_form_and_the_end_of_a_log_by_text() {
        let log = |end: &str| json!({ "data": [{ "n": 1, "t": "text" }, { "n": 2, "t": end }], "total": 2 });
        assert!(differ(&log("TASK OK"), &log("TASK OK")).is_empty());
        assert!(!differ(&log("TASK ERROR: x"), &log("TASK OK")).is_empty());
        let errors = |text: &str| json!({ "errors": { "vmid": text } });
        assert!(!differ(&errors("a"), &errors("b")).is_empty());
    }
}
