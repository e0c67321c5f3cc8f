//! `jarvis propose` and `jarvis proposals`: changes of manifests that a person approves before they are committed.

use super::field::{age, cell, short, word};
use crate::{
    cli::{
        Output,
        propose::{Proposals, ProposalsCommand, Propose},
    },
    client::Client,
    exit::{Exit, Failure, Outcome},
    manifests, out,
    table::Table,
    text::add,
};
use serde_json::{Value, json};
use std::path::Path;

const FOUND: &str = "effect needs needsReason diff decisions { text verdict reason new }";
const PROPOSAL: &str =
    "id title reason by madeAt expiresAt state outcome digest base commit branch pullRequest";
/// The beginning of an id must be this long.
const SHORTEST: usize = 6;

/// `jarvis propose`.
pub async fn propose(arguments: &Propose, client: &Client) -> Outcome {
    let mut variables = json!({ "files": files(arguments)?, "patches": patches(arguments)? });
    if arguments.preview {
        let query = format!(
            "query($files: [FileEdit!], $patches: [PatchInput!]) {{ previewChange(files: $files, patches: $patches) \
             {{ {FOUND} base errors {{ text }} warnings {{ text }} }} }}"
        );
        let data = client.ask(&query, variables).await?;
        return Ok(previewed(&data["previewChange"], arguments.output));
    }
    let query = format!(
        "mutation($title: String!, $reason: String!, $files: [FileEdit!], $patches: [PatchInput!]) {{ proposeChange(title: \
         $title, reason: $reason, files: $files, patches: $patches) {{ {PROPOSAL} {FOUND} }} }}"
    );
    variables["title"] = json!(arguments.title.clone().unwrap_or_default());
    variables["reason"] = json!(arguments.reason);
    let data = client.ask(&query, variables).await?;
    let proposal = &data["proposeChange"];
    match arguments.output {
        Output::Json => out::print(&format!("{proposal:#}\n")),
        Output::Table => {
            out::print(&shown(proposal));
            out::note(&format!(
                "waits for a person: `jarvis proposals approve {}`",
                short(&proposal["id"])
            ));
        }
    }
    Ok(Exit::Ok)
}

fn previewed(preview: &Value, output: Output) -> Exit {
    let errors = preview["errors"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    match output {
        Output::Json => out::print(&format!("{preview:#}\n")),
        Output::Table => {
            out::print(&effects(preview));
            for finding in errors
                .iter()
                .chain(preview["warnings"].as_array().into_iter().flatten())
            {
                out::note(&cell(&finding["text"]));
            }
        }
    }
    if errors.is_empty() { Exit::Ok } else { Exit::Error }
}

fn files(arguments: &Propose) -> Result<Vec<Value>, Failure> {
    let root = arguments.root.as_deref();
    manifests::read(&arguments.files)?
        .into_iter()
        .map(|(path, bytes)| {
            let inside = in_repository(&path, root)?;
            let content = String::from_utf8(bytes).map_err(|_| {
                Failure::error(format!(
                    "cannot propose {path}: it is not UTF-8 text; save it as UTF-8"
                ))
            })?;
            Ok(json!({ "path": inside, "content": content }))
        })
        .collect()
}

/// A file's path as the repository knows it.
fn in_repository(path: &str, root: Option<&Path>) -> Result<String, Failure> {
    let inside = match root {
        Some(root) => Path::new(path).strip_prefix(root).map_err(|_| {
            Failure::error(format!(
                "cannot propose {path}: it is not below {}; name the repository's folder with --root",
                root.display()
            ))
        })?,
        None => Path::new(path).strip_prefix("./").unwrap_or(Path::new(path)),
    };
    if inside.is_absolute() {
        return Err(Failure::error(format!(
            "cannot propose {path}: say with --root which folder is the repository's"
        )));
    }
    Ok(inside.display().to_string())
}

fn patches(arguments: &Propose) -> Result<Vec<Value>, Failure> {
    let wrong = |text: &str, form: &str| Failure::error(format!("cannot read {text:?}: write it as {form}"));
    let mut patches = Vec::new();
    for text in &arguments.set {
        const FORM: &str = "Kind/name:spec.field=value";
        let (whose, value) = text.split_once('=').ok_or_else(|| wrong(text, FORM))?;
        let (resource, field) = whose.split_once(':').ok_or_else(|| wrong(text, FORM))?;
        // What is JSON is meant as such; all else is text.
        let new: Value = serde_json::from_str(value).unwrap_or_else(|_| json!(value));
        patches.push(json!({ "op": "SET", "resource": resource, "field": field, "new": new }));
    }
    for text in &arguments.unset {
        let (resource, field) = text
            .split_once(':')
            .ok_or_else(|| wrong(text, "Kind/name:spec.field"))?;
        patches.push(json!({ "op": "UNSET", "resource": resource, "field": field }));
    }
    for resource in &arguments.delete {
        patches.push(json!({ "op": "DELETE", "resource": resource }));
    }
    Ok(patches)
}

/// `jarvis proposals`.
pub async fn proposals(arguments: &Proposals, client: &Client) -> Outcome {
    match &arguments.command {
        None => list(arguments, client).await,
        Some(ProposalsCommand::Show { id, output }) => {
            let proposal = find(id, client).await?;
            match output {
                Output::Json => out::print(&format!("{proposal:#}\n")),
                Output::Table => out::print(&shown(&proposal)),
            }
            Ok(Exit::Ok)
        }
        Some(ProposalsCommand::Approve { id, digest, yes }) => {
            approve(&find(id, client).await?, digest.as_deref(), *yes, client).await
        }
        Some(ProposalsCommand::Reject { id, reason }) => {
            let proposal = find(id, client).await?;
            client
                .ask(
                    "mutation($id: String!, $reason: String!) { rejectProposal(id: $id, reason: $reason) { id } }",
                    json!({ "id": proposal["id"], "reason": reason }),
                )
                .await?;
            out::print(&format!("rejected: {}", cell(&proposal["title"])));
            Ok(Exit::Ok)
        }
    }
}

async fn list(arguments: &Proposals, client: &Client) -> Outcome {
    let query = format!("query($open: Boolean!) {{ proposals(open: $open) {{ {PROPOSAL} needs }} }}");
    let data = client.ask(&query, json!({ "open": arguments.open })).await?;
    if arguments.output == Output::Json {
        out::print(&format!("{:#}\n", data["proposals"]));
        return Ok(Exit::Ok);
    }
    let mut table = Table::new(&["ID", "STATE", "AGE", "NEEDS", "BY", "TITLE"]);
    for proposal in data["proposals"].as_array().into_iter().flatten() {
        table.row([
            short(&proposal["id"]),
            word(&proposal["state"]).to_lowercase(),
            age(&proposal["madeAt"], jiff::Timestamp::now()),
            word(&proposal["needs"]).to_lowercase(),
            cell(&proposal["by"]),
            cell(&proposal["title"]),
        ]);
    }
    if table.is_empty() {
        out::note("there are no proposals");
    } else {
        out::print(&table.text());
    }
    Ok(Exit::Ok)
}

async fn find(id: &str, client: &Client) -> Result<Value, Failure> {
    if id.len() < SHORTEST {
        return Err(Failure::error(format!(
            "cannot look for {id:?}: give at least {SHORTEST} characters of the proposal's name"
        )));
    }
    let data = client.ask("{ proposals { id } }", json!({})).await?;
    let names: Vec<&str> = data["proposals"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|proposal| proposal["id"].as_str())
        .filter(|name| name.starts_with(id))
        .collect();
    let name = match names.as_slice() {
        [one] => *one,
        [] => {
            return Err(Failure::error(format!(
                "there is no proposal {id}; `jarvis proposals` lists them"
            )));
        }
        _ => {
            return Err(Failure::error(format!(
                "{id} is the beginning of {} proposals; give more of it",
                names.len()
            )));
        }
    };
    let query = format!("query($id: String!) {{ proposal(id: $id) {{ {PROPOSAL} {FOUND} }} }}");
    let data = client.ask(&query, json!({ "id": name })).await?;
    Ok(data["proposal"].clone())
}

async fn approve(proposal: &Value, digest: Option<&str>, yes: bool, client: &Client) -> Outcome {
    let is = cell(&proposal["digest"]);
    let agreed = match digest {
        Some(given) if given.len() >= SHORTEST && is.starts_with(given) => true,
        Some(given) => {
            return Err(Failure::with(
                Exit::Refused,
                format!(
                    "not approved: it has the digest {is}, not {given}; look at it again and approve what you see"
                ),
            ));
        }
        None if yes => true,
        None if out::is_interactive() => {
            out::print(&shown(proposal));
            out::ask("Approve, commit and push it? [y/N] ");
            out::read_line().is_some_and(|line| matches!(line.trim(), "y" | "Y" | "yes"))
        }
        None => false,
    };
    if !agreed {
        return Err(Failure::with(
            Exit::Refused,
            format!(
                "not approved: look at it with `jarvis proposals show {0}`, then `jarvis proposals approve {0} --digest {1}`",
                short(&proposal["id"]),
                short(&proposal["digest"])
            ),
        ));
    }
    let query = format!(
        "mutation($id: String!, $digest: String!) {{ approveProposal(id: $id, digest: $digest) {{ {PROPOSAL} }} }}"
    );
    let data = client
        .ask(&query, json!({ "id": proposal["id"], "digest": is }))
        .await?;
    let approved = &data["approveProposal"];
    let outcome = cell(&approved["outcome"]);
    if !matches!(approved["state"].as_str(), Some("PUSHED" | "APPLIED")) {
        return Err(Failure::with(Exit::Refused, outcome));
    }
    out::print(&outcome);
    if let Some(request) = approved["pullRequest"].as_str() {
        out::print(&format!("\n{request}"));
    }
    Ok(Exit::Ok)
}

fn shown(proposal: &Value) -> String {
    let mut text = format!(
        "proposal {}   {}   digest {}\n{}\n",
        short(&proposal["id"]),
        word(&proposal["state"]).to_lowercase(),
        short(&proposal["digest"]),
        cell(&proposal["title"])
    );
    for (head, field) in [("by", "by"), ("why", "reason"), ("stands", "outcome")] {
        let value = cell(&proposal[field]);
        if !value.is_empty() {
            add!(text, "{head:<8}{value}\n");
        }
    }
    add!(text, "\n{}", effects(proposal));
    if let Some(request) = proposal["pullRequest"].as_str() {
        add!(text, "\n{request}\n");
    }
    text
}

/// What would come of it, who may approve it, and the difference.
fn effects(found: &Value) -> String {
    let mut text = format!("{}\n", cell(&found["effect"]));
    if let Some(why) = found["needsReason"].as_str() {
        add!(text, "Needs an admin: {why}.\n");
    }
    for decision in found["decisions"].as_array().into_iter().flatten() {
        if decision["new"] == json!(true) && decision["reason"].is_string() {
            add!(
                text,
                "{}: {} ({})\n",
                cell(&decision["text"]),
                cell(&decision["reason"]),
                word(&decision["verdict"]).to_lowercase()
            );
        }
    }
    // Manifests are text of others: nothing in them moves the cursor.
    let diff = cell(&found["diff"]);
    let plain = diff
        .chars()
        .filter(|c| matches!(c, '\n' | '\t') || !c.is_control());
    add!(text, "\n{}", plain.collect::<String>());
    text
}
