//! `jarvis explain`: a decision, request or intent with the facts it stood on.

use super::field::{cell, word};
use crate::{
    cli::{Output, show::Explain},
    client::Client,
    exit::{Exit, Failure, Outcome},
    out,
    table::clean,
    text::add,
};
use serde_json::{Value, json};

const QUERY: &str = "{ decisions { id action { text } origin resource issue ticket attempt evidence verdict { word tier code rule reason \
    until refusal { unblock } } } tickets { id action { text } origin createdAt notBefore confirmedBy state digest intent outcome \
    refusal { code rule resource reason unblock } } intents { id action { text } origin resource tier digest attempt loggedAt deadline \
    stage upid outcome closedAt undo } }";
/// Shorter beginnings fit too much.
const SHORTEST: usize = 6;

/// Runs the command.
pub async fn run(arguments: &Explain, client: &Client) -> Outcome {
    if arguments.id.len() < SHORTEST {
        return Err(Failure::error(format!(
            "cannot explain {:?}: give at least the first {SHORTEST} characters of the id",
            arguments.id
        )));
    }
    let data = client.ask(QUERY, json!({})).await?;
    let mut found = Vec::new();
    for (list, kind) in [
        ("decisions", "decision"),
        ("tickets", "ticket"),
        ("intents", "intent"),
    ] {
        for entry in data[list].as_array().into_iter().flatten() {
            let fits = ["id", "digest"].iter().any(|field| {
                entry[*field]
                    .as_str()
                    .is_some_and(|id| id.starts_with(&arguments.id))
            });
            if fits {
                found.push((kind, entry));
            }
        }
    }
    if found.is_empty() {
        return Err(Failure::error(format!(
            "there is no decision, ticket or intent {}: `jarvis get decisions`, `tickets` and `intents` list them; older ones are in \
             `jarvis audit log`",
            arguments.id
        )));
    }
    match arguments.output {
        Output::Json => {
            let all: Vec<Value> = found
                .iter()
                .map(|(kind, entry)| json!({ "kind": kind, "value": entry }))
                .collect();
            out::print(&format!("{:#}\n", Value::Array(all)));
        }
        Output::Table => {
            let texts: Vec<String> = found.iter().map(|(kind, entry)| shown(kind, entry)).collect();
            out::print(&texts.join("\n"));
        }
    }
    Ok(Exit::Ok)
}

fn shown(kind: &str, entry: &Value) -> String {
    let mut pairs: Vec<(&str, String)> = vec![
        (kind, cell(&entry["id"])),
        ("action", cell(&entry["action"]["text"])),
    ];
    let mut add = |name, value: &Value| {
        if !value.is_null() && value.as_str() != Some("") {
            pairs.push((name, cell(value)));
        }
    };
    let (verdict, refusal) = (&entry["verdict"], &entry["refusal"]);
    add("asked by", &entry["origin"]);
    for (name, field) in [
        ("resource", "resource"),
        ("issue", "issue"),
        ("ticket", "ticket"),
        ("attempt", "attempt"),
        ("asked at", "createdAt"),
        ("logged at", "loggedAt"),
        ("deadline", "deadline"),
        ("confirmed by", "confirmedBy"),
        ("stage", "stage"),
        ("task", "upid"),
        ("intent", "intent"),
        ("outcome", "outcome"),
        ("closed at", "closedAt"),
        ("undo", "undo"),
        ("digest", "digest"),
    ] {
        add(name, &entry[field]);
    }
    add("verdict", &verdict["word"]);
    add("until", &verdict["until"]);
    for about in [verdict, refusal] {
        add("rule", &about["rule"]);
        add("code", &about["code"]);
        add("reason", &about["reason"]);
    }
    add("unblock", &verdict["refusal"]["unblock"]);
    add("unblock", &refusal["unblock"]);
    for (name, value) in [
        ("state", &entry["state"]),
        ("tier", &entry["tier"]),
        ("tier", &verdict["tier"]),
    ] {
        if !value.is_null() {
            pairs.push((name, word(value)));
        }
    }
    let mut text = String::new();
    for (name, value) in pairs {
        add!(text, "{:<13} {}\n", format!("{name}:"), clean(&value));
    }
    let evidence = entry["evidence"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    if !evidence.is_empty() {
        text += "because:\n";
        for fact in evidence {
            add!(text, "  - {}\n", clean(&cell(fact)));
        }
    }
    text
}
