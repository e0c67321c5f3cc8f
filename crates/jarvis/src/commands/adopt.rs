//! `jarvis adopt`: manifests for what runs now and no manifest declares yet. The same cluster gives the same bytes.
//!
//! | module | what |
//! | --- | --- |
//! | [`compose`] | what was seen, as manifests |
//! | [`names`] | names for them |
//! | [`folder`] | the files they go into |

mod compose;
mod folder;
mod names;

use crate::{
    cli::adopt::Adopt,
    client::Client,
    commands::get,
    exit::{Exit, Failure, Outcome},
    out,
    text::add,
};
use compose::{Adopted, Seen};
use jarvis_crds::ManifestError;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const QUERY: &str = "{ clusters { loop { ready lookFailure } } revision { sourceFailure pendingErrors } \
    resources { key } nodes { name status resource } }";
/// More problems than this are counted, not listed.
const MOST_SHOWN: usize = 20;

/// Runs the command.
pub async fn run(arguments: &Adopt, client: &Client) -> Outcome {
    let data = client.ask(QUERY, json!({})).await?;
    is_looked_at(&data["clusters"][0]["loop"])?;
    source_is_whole(&data["revision"]);
    let guests = get::all_guests(client).await?;
    let adopted = compose::compose(&seen(&data, guests)?);
    for note in &adopted.notes {
        out::note(note);
    }
    if adopted.files.is_empty() {
        out::note("nothing to adopt");
        return Ok(Exit::Ok);
    }
    if let Some(to) = &arguments.output {
        return folder::write(to, &adopted.files, arguments.force);
    }
    loads(&as_bytes(&adopted))?;
    out::print(&stream(&adopted));
    Ok(Exit::Ok)
}

fn is_looked_at(looks: &Value) -> Result<(), Failure> {
    if looks["ready"] == json!(true) {
        return Ok(());
    }
    let why = looks["lookFailure"].as_str().unwrap_or("it has just started");
    Err(Failure::error(format!(
        "cannot adopt: Jarvis has not seen the whole cluster yet ({why}); try again when `jarvis healthcheck --ready` \
         succeeds"
    )))
}

/// What is declared is known from the manifests in force; when newer ones cannot be had, that is said.
fn source_is_whole(revision: &Value) {
    let errors = revision["pendingErrors"].as_array().map_or(0, Vec::len);
    if let Some(why) = revision["sourceFailure"].as_str() {
        out::note(&format!(
            "warning: the source of manifests cannot be read ({why}), so something declared there may be adopted again"
        ));
    } else if errors > 0 {
        out::note(
            "warning: a newer revision is not in force because of its errors (`jarvis get clusters`), so something \
             declared there may be adopted again",
        );
    }
}

fn seen(data: &Value, guests: Vec<Value>) -> Result<Seen, Failure> {
    let mut keys = Vec::new();
    for resource in data["resources"].as_array().into_iter().flatten() {
        keys.push(read(resource["key"].clone())?);
    }
    Ok(Seen {
        nodes: read(data["nodes"].clone())?,
        guests: read(Value::Array(guests))?,
        declared: keys.into_iter().collect(),
    })
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Failure> {
    serde_json::from_value(value).map_err(|error| {
        Failure::error(format!(
            "cannot adopt: the answer of Jarvis is not understood ({error}); use a `jarvis` of the same version"
        ))
    })
}

/// Files as one stream of documents, each file's name as a comment before it.
fn stream(adopted: &Adopted) -> String {
    let files: Vec<String> = adopted
        .files
        .iter()
        .map(|(path, text)| format!("# {path}\n{text}"))
        .collect();
    files.join("---\n")
}

fn as_bytes(adopted: &Adopted) -> BTreeMap<String, Vec<u8>> {
    let files = adopted.files.iter();
    files
        .map(|(path, text)| (path.clone(), text.clone().into_bytes()))
        .collect()
}

/// Whether a set loads; else why not.
fn loads(files: &BTreeMap<String, Vec<u8>>) -> Result<(), Failure> {
    let Err(errors) = jarvis_crds::load(files, "adopted") else {
        return Ok(());
    };
    Err(Failure::error(format!(
        "cannot adopt: with the new manifests the set would not load, so nothing was written:{}\ncorrect what is there \
         already, or adopt into another folder",
        listed(&errors)
    )))
}

fn listed(errors: &[ManifestError]) -> String {
    let mut text = String::new();
    for error in errors.iter().take(MOST_SHOWN) {
        add!(text, "\n{error}");
    }
    if errors.len() > MOST_SHOWN {
        add!(text, "\nand {} more", errors.len() - MOST_SHOWN);
    }
    text
}
