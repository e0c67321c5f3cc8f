//! Arguments, checked: types and names of fields first, then ranges and the forms of names. What is wrong is said in a
//! sentence that a model can act on.

use crate::answer::Trouble;
use jarvis_model::{Digest, Host, NodeName, Vmid};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Longest name of a service, characters.
pub const LONGEST_SERVICE: usize = 200;

/// Reads the arguments; no arguments at all count as an empty object.
pub fn read<T: DeserializeOwned>(arguments: Value) -> Result<T, Trouble> {
    let arguments = match arguments {
        Value::Null => Value::Object(Map::new()),
        other => other,
    };
    if !arguments.is_object() {
        return wrong("the arguments must be one JSON object");
    }
    serde_json::from_value(arguments).map_err(|error| Trouble(format!("wrong arguments: {error}")))
}

fn wrong<T>(why: impl std::fmt::Display) -> Result<T, Trouble> {
    Err(Trouble(format!("wrong arguments: {why}")))
}

/// A guest's number.
pub fn vmid(number: u32) -> Result<Vmid, Trouble> {
    Vmid::new(number).or_else(|error| wrong(format!("vmid: {error}")))
}

/// A node's name.
pub fn node(name: &str) -> Result<NodeName, Trouble> {
    NodeName::new(name).or_else(|error| wrong(format!("node: {error}")))
}

/// A host, `node/NAME` or `guest/VMID`.
pub fn host(text: &str) -> Result<Host, Trouble> {
    Host::try_from(text.to_owned()).or_else(|error| wrong(format!("host: {error}")))
}

/// A digest.
pub fn digest(text: Option<&str>) -> Result<Option<Digest>, Trouble> {
    let parsed = text.map(|text| {
        Digest::parse(text).map_or_else(
            || wrong("digest: give all 64 hex digits of the first answer, or leave it out"),
            Ok,
        )
    });
    parsed.transpose()
}

/// A whole number within bounds.
pub fn within(what: &str, number: u32, least: u32, most: u32) -> Result<u32, Trouble> {
    if (least..=most).contains(&number) {
        Ok(number)
    } else {
        wrong(format!("{what}: give {least} to {most}, not {number}"))
    }
}

/// A text within bounds, without control characters.
pub fn words(what: &str, text: &str, most: usize) -> Result<String, Trouble> {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > most {
        return wrong(format!("{what}: give 1 to {most} characters"));
    }
    if text.chars().any(char::is_control) {
        return wrong(format!("{what}: give one line without control characters"));
    }
    Ok(text.to_owned())
}

/// A snapshot's name as Proxmox takes it.
pub fn snapshot(name: &str) -> Result<String, Trouble> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    let fine = (2..=40).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.bytes().all(plain);
    if fine {
        Ok(name.to_owned())
    } else {
        wrong("snapshot: a name starts with a letter and has 2 to 40 letters, digits, '_' or '-'")
    }
}

/// A program with its arguments.
pub fn argv(argv: &[String]) -> Result<Vec<String>, Trouble> {
    let fine = |word: &String| word.chars().count() <= 500 && !word.chars().any(char::is_control);
    if argv.is_empty() || argv.len() > 20 || argv.first().is_none_or(String::is_empty) {
        return wrong("argv: give the program and its arguments as 1 to 20 separate texts");
    }
    if !argv.iter().all(fine) {
        return wrong("argv: each text has at most 500 characters and no control characters");
    }
    Ok(argv.to_vec())
}
