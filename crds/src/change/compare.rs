//! What differs between two sets of files: files, documents, fields; as a unified diff and in words.

use crate::yaml::{
    layout::{Document, lay_out},
    path::Path,
};
use jarvis_model::{ChangedFile, ManifestChange, ResourceKey};
use serde_json::{Map, Value};
use similar::TextDiff;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

/// Fields named in a sentence.
const MOST_NAMED: usize = 4;

/// A document that differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Touched {
    /// Whose.
    pub key: ResourceKey,
    /// As it was; none when it is new.
    pub before: Option<Value>,
    /// As it would be; none when it goes.
    pub after: Option<Value>,
}

/// The files that differ, by path. What is no text is shown with its odd bytes replaced.
pub fn difference(before: &BTreeMap<String, Vec<u8>>, after: &BTreeMap<String, Vec<u8>>) -> Vec<ChangedFile> {
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
    let paths: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    paths
        .into_iter()
        .filter(|path| before.get(*path) != after.get(*path))
        .map(|path| ChangedFile {
            path: path.clone(),
            before: before.get(path).map(text),
            after: after.get(path).map(text),
        })
        .collect()
}

/// All files as one unified diff, as git shows it.
pub fn unified(files: &[ChangedFile]) -> String {
    let mut all = String::new();
    for file in files {
        let (before, after) = (file.before.as_deref(), file.after.as_deref());
        let side = |text: Option<&str>, side: &str| match text {
            Some(_) => format!("{side}/{}", file.path),
            None => "/dev/null".to_owned(),
        };
        let diff = TextDiff::from_lines(before.unwrap_or(""), after.unwrap_or(""));
        let mut shown = diff.unified_diff();
        let shown = shown
            .context_radius(3)
            .header(&side(before, "a"), &side(after, "b"));
        all.push_str(&shown.to_string());
    }
    all
}

/// The documents that differ, by key. A file that cannot be read counts as one without documents.
pub fn touched(files: &[ChangedFile]) -> Vec<Touched> {
    let mut found: BTreeMap<ResourceKey, Touched> = BTreeMap::new();
    for file in files {
        for (key, value) in documents(file.before.as_deref()) {
            touch(&mut found, key).before = Some(value);
        }
        for (key, value) in documents(file.after.as_deref()) {
            touch(&mut found, key).after = Some(value);
        }
    }
    found
        .into_values()
        .filter(|touched| touched.before != touched.after)
        .collect()
}

fn touch(found: &mut BTreeMap<ResourceKey, Touched>, key: ResourceKey) -> &mut Touched {
    found.entry(key.clone()).or_insert(Touched {
        key,
        before: None,
        after: None,
    })
}

fn documents(text: Option<&str>) -> Vec<(ResourceKey, Value)> {
    let documents = text.and_then(lay_out).unwrap_or_default();
    let keyed = |document: &Document| Some((document_key(document)?, document.root.value()));
    documents.iter().filter_map(keyed).collect()
}

/// Kind and name of a document, if it says them.
pub(super) fn document_key(document: &Document) -> Option<ResourceKey> {
    let root = document.root.value();
    let kind = root.get("kind")?.as_str()?.parse().ok()?;
    ResourceKey::new(kind, root.get("metadata")?.get("name")?.as_str()?).ok()
}

/// What changes, in words: `Changes VirtualMachine/web: spec.runStrategy from Always to Manual.`
pub fn sentence(touched: &[Touched]) -> String {
    let mut parts = Vec::new();
    for Touched { key, before, after } in touched {
        parts.push(match (before, after) {
            (None, Some(_)) => format!("Adds {key}."),
            (Some(_), None) => {
                format!("Removes {key}: Jarvis no longer looks after it, nothing is destroyed.")
            }
            (Some(before), Some(after)) => format!("Changes {key}: {}.", fields_in_words(before, after)),
            (None, None) => continue,
        });
    }
    match parts.len() {
        0 => "Changes comments or layout only.".to_owned(),
        1..=5 => parts.join(" "),
        more => format!("{} And {} more resources.", parts[..5].join(" "), more - 5),
    }
}

fn fields_in_words(before: &Value, after: &Value) -> String {
    let mut fields = Vec::new();
    differing(&Path::root(), before, after, &mut fields);
    let mut text = String::new();
    for (position, (path, old, new)) in fields.iter().take(MOST_NAMED).enumerate() {
        let comma = if position > 0 { ", " } else { "" };
        let _ = match (old, new) {
            (Value::Null, new) => write!(text, "{comma}{path} becomes {}", word(new)),
            (old, Value::Null) => write!(text, "{comma}{path} goes (it was {})", word(old)),
            (old, new) => write!(text, "{comma}{path} from {} to {}", word(old), word(new)),
        };
    }
    if fields.len() > MOST_NAMED {
        let _ = write!(text, " and {} more fields", fields.len() - MOST_NAMED);
    }
    text
}

fn differing(path: &Path, before: &Value, after: &Value, found: &mut Vec<(String, Value, Value)>) {
    match (before, after) {
        (Value::Object(old), Value::Object(new)) => {
            let keys: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for key in keys {
                let side = |fields: &Map<String, Value>| fields.get(key).cloned().unwrap_or(Value::Null);
                differing(&path.key(key), &side(old), &side(new), found);
            }
        }
        (old, new) if old != new => found.push((path.to_string(), old.clone(), new.clone())),
        _ => {}
    }
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => shown(text),
        other => shown(&other.to_string()),
    }
}

/// What others changed between two revisions of the files in what a change touches; none when it can be made again on the
/// newer one. `files` is what differed where the change was made, `newer` the files now.
pub fn conflict(
    files: &[ChangedFile],
    changes: &[ManifestChange],
    newer: &BTreeMap<String, Vec<u8>>,
) -> Option<String> {
    for change in changes {
        let (ManifestChange::Write { path, .. } | ManifestChange::Remove { path }) = change else {
            continue;
        };
        let was = files.iter().find(|file| file.path == *path)?.before.as_deref();
        let now = newer
            .get(path)
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned());
        if was != now.as_deref() {
            return Some(format!("{path} holds something else now"));
        }
    }
    let now: BTreeMap<ResourceKey, Value> = newer
        .values()
        .flat_map(|bytes| documents(std::str::from_utf8(bytes).ok()))
        .collect();
    touched(files)
        .into_iter()
        .find_map(|Touched { key, before, .. }| match (before, now.get(&key)) {
            (None, None) => None,
            (None, Some(_)) => Some(format!("{key} was added")),
            (Some(_), None) => Some(format!("{key} was removed")),
            (Some(before), Some(now)) if before != *now => {
                Some(format!("{key} was changed: {}", fields_in_words(&before, now)))
            }
            _ => None,
        })
}

/// At most 80 characters, without control characters: it goes into a line for a terminal.
pub(super) fn shown(text: &str) -> String {
    let plain: String = text.chars().filter(|c| !c.is_control()).take(81).collect();
    if plain.chars().count() > 80 {
        plain.chars().take(79).chain(['…']).collect()
    } else {
        plain
    }
}
