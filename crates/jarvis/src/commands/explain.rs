//! `jarvis explain`: a decision, request or intent with the facts it stood on, what became of it, and what would change it.
//! What is at hand now is asked of the running Jarvis, what is past is read from the state folder of this machine.

mod past;

use super::field::{cell, word};
use crate::{
    cli::{Output, show::Explain},
    client::Client,
    context::Context,
    environment::Environment,
    exit::{Exit, Failure, Outcome},
    out,
    table::clean,
    text::add,
};
use serde_json::{Value, json};
use std::path::PathBuf;

const QUERY: &str = "{ decisions { id action { text } origin resource issue ticket attempt evidence verdict { word tier code rule reason \
    until refusal { unblock } } } tickets { id action { text } origin createdAt notBefore confirmedBy state digest intent outcome \
    refusal { code rule resource reason unblock } } intents { id action { text } origin resource tier digest attempt loggedAt deadline \
    stage upid outcome closedAt undo } proposals { id title by needs needsReason madeAt expiresAt state outcome effect digest base \
    decidedBy commit appliedRevision } }";
/// Shorter beginnings fit too much.
const SHORTEST: usize = 6;

/// Runs the command. `client` is why there is none, when there is none.
pub async fn run(arguments: &Explain, client: Result<Client, Failure>, environment: &Environment) -> Outcome {
    if arguments.id.len() < SHORTEST {
        return Err(Failure::error(format!(
            "cannot explain {:?}: give at least the first {SHORTEST} characters of the id",
            arguments.id
        )));
    }
    let id = arguments.id.as_str();
    let told = match &arguments.state {
        Some(_) => Ok(Value::Null),
        None => match client {
            Ok(client) => client.ask(QUERY, json!({})).await,
            Err(failure) => Err(failure),
        },
    };
    let state = state_folder(arguments, environment);
    let past = state.map_or_else(|| Ok(Vec::new()), |state| past::find(&state, id))?;
    let now = match &told {
        Ok(data) => found(data, id),
        Err(_) => Vec::new(),
    };
    if now.is_empty() && past.is_empty() {
        told?;
        return Err(Failure::error(format!(
            "there is no decision, ticket or intent {id}: `jarvis get decisions`, `tickets` and `intents` list them; all that was \
             done is in `jarvis audit log`"
        )));
    }
    if let Err(failure) = &told {
        out::note(&format!("from the state folder alone: {failure}"));
    }
    match arguments.output {
        Output::Json => {
            let now = now
                .iter()
                .map(|(kind, entry)| json!({ "kind": kind, "value": entry }));
            let past = past
                .iter()
                .map(|entry| json!({ "kind": "past decision", "value": entry }));
            out::print(&format!("{:#}\n", now.chain(past).collect::<Value>()));
        }
        Output::Table => {
            let now = now.iter().map(|(kind, entry)| shown(kind, entry));
            let texts: Vec<String> = now.chain(past.iter().map(past::shown)).collect();
            out::print(&texts.join("\n"));
        }
    }
    Ok(Exit::Ok)
}

/// The state folder of this machine, if it holds a journal.
fn state_folder(arguments: &Explain, environment: &Environment) -> Option<PathBuf> {
    let known = || Context::find(environment).map(|context| context.state);
    let folder = arguments.state.clone().or_else(known)?;
    (arguments.state.is_some() || folder.join("journal").is_dir()).then_some(folder)
}

/// What the running Jarvis has under this id.
fn found<'a>(data: &'a Value, id: &str) -> Vec<(&'static str, &'a Value)> {
    let lists = [
        ("decisions", "decision"),
        ("tickets", "ticket"),
        ("intents", "intent"),
        ("proposals", "proposal"),
    ];
    let mut found = Vec::new();
    for (list, kind) in lists {
        for entry in data[list].as_array().into_iter().flatten() {
            let fits = ["id", "digest"]
                .iter()
                .any(|field| entry[*field].as_str().is_some_and(|text| text.starts_with(id)));
            if fits {
                found.push((kind, entry));
            }
        }
    }
    found
}

/// What is shown of an entry as it is: a name, and the field it is in.
const FIELDS: [(&str, &str); 25] = [
    ("asked by", "by"),
    ("asked at", "madeAt"),
    ("effect", "effect"),
    ("needs", "needs"),
    ("because", "needsReason"),
    ("base", "base"),
    ("expires at", "expiresAt"),
    ("answered by", "decidedBy"),
    ("commit", "commit"),
    ("in force", "appliedRevision"),
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
];

fn shown(kind: &str, entry: &Value) -> String {
    let mut pairs: Vec<(&str, String)> = vec![
        (kind, cell(&entry["id"])),
        match &entry["title"] {
            Value::Null => ("action", cell(&entry["action"]["text"])),
            title => ("title", cell(title)),
        },
    ];
    let mut add = |name, value: &Value| {
        if !value.is_null() && value.as_str() != Some("") {
            pairs.push((name, cell(value)));
        }
    };
    let (verdict, refusal) = (&entry["verdict"], &entry["refusal"]);
    add("asked by", &entry["origin"]);
    for (name, field) in FIELDS {
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
