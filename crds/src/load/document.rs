//! One document: which kind it is, whether it fits that kind, and the typed manifest. Knows nothing of the others.

use super::{report::Report, rules};
use crate::{
    check::{self, Fault, suggest},
    manifest::{API_VERSION, AnyManifest, GROUP},
    schema,
    yaml::{
        path::{Path, field},
        tree::{Content, Node, Position},
    },
};
use jarvis_model::{ResourceKey, ResourceKind};
use serde_json::Value;

/// A document of a file.
#[derive(Debug)]
pub struct Document {
    /// The file it is in.
    pub file: String,
    /// Its tree, for positions.
    pub node: Node,
    /// Kind and name, if both are known, even when the rest is wrong.
    pub key: Option<ResourceKey>,
    /// The typed manifest, if nothing is wrong with its form.
    pub manifest: Option<AnyManifest>,
}

impl Document {
    /// Reads a document and reports whatever is wrong with it.
    pub fn read(file: &str, node: Node, report: &mut Report) -> Self {
        let mut document = Self {
            file: file.to_owned(),
            node,
            key: None,
            manifest: None,
        };
        let mut faults = Vec::new();
        document.read_into(&mut faults);
        if faults.is_empty() {
            rules::check(&document, report);
        }
        let label = document.label();
        for fault in faults {
            report.fault(file, label.clone(), fault);
        }
        document
    }

    /// `Kind/name` as far as known, for messages.
    pub fn label(&self) -> Option<String> {
        match &self.key {
            Some(key) => Some(key.to_string()),
            None => label(&self.node),
        }
    }

    fn read_into(&mut self, faults: &mut Vec<Fault>) {
        if !matches!(self.node.content, Content::Mapping(_)) {
            let hint = "a manifest begins with apiVersion, kind, metadata and spec";
            faults.push(fault(
                self.node.at,
                field!(),
                "the document is not a mapping",
                hint,
            ));
            return;
        }
        let ours = self.api_version(faults);
        let Some(kind) = self.kind(ours, faults) else {
            return;
        };
        let schema = schema::document(kind);
        let from = faults.len();
        let value = check::check(schema, &self.node, &Path::root(), self.node.at, faults);
        // Said already, in better words.
        faults_after(faults, from, |fault| {
            let path = fault.path.to_string();
            path != "apiVersion" && path != "kind"
        });
        let name = self
            .node
            .get("metadata")
            .and_then(|metadata| metadata.get("name"))
            .and_then(Node::text);
        self.key = name.and_then(|name| ResourceKey::new(kind, name).ok());
        if faults.is_empty() {
            self.decode(value, faults);
        }
    }

    /// Checks `apiVersion`; whether the document is meant for Jarvis at all.
    fn api_version(&self, faults: &mut Vec<Fault>) -> bool {
        let path = field!("apiVersion");
        let hint = format!("write apiVersion: {API_VERSION}");
        let Some(version) = self.node.get("apiVersion") else {
            let hint = match self.misspelled("apiVersion") {
                Some(near) => format!("did you mean apiVersion instead of {near}?"),
                None => format!("add apiVersion: {API_VERSION}"),
            };
            faults.push(fault(self.node.at, path, "is missing", &hint));
            return true;
        };
        match version.text() {
            Some(API_VERSION) => true,
            Some(text) => {
                let near = text.to_ascii_lowercase().starts_with(GROUP) || !text.contains('/');
                let problem = format!("{:?} is not a version known here", printable(text));
                let hint = if near {
                    hint
                } else {
                    format!("only manifests of Jarvis belong here; move it, or {hint}")
                };
                faults.push(fault(version.at, path, &problem, &hint));
                near
            }
            None => {
                faults.push(fault(version.at, path, "is not text", &hint));
                true
            }
        }
    }

    fn kind(&self, ours: bool, faults: &mut Vec<Fault>) -> Option<ResourceKind> {
        let path = field!("kind");
        let words = ResourceKind::ALL.map(ResourceKind::as_str);
        let all = format!("write {}", words.join(", "));
        let Some(kind) = self.node.get("kind") else {
            if ours {
                let hint = match self.misspelled("kind") {
                    Some(near) => format!("did you mean kind instead of {near}?"),
                    None => all,
                };
                faults.push(fault(self.node.at, path, "is missing", &hint));
            }
            return None;
        };
        let text = kind.text().unwrap_or_default();
        let known = text.parse().ok();
        if known.is_none() && ours {
            let hint = match other_name(text).or_else(|| suggest::nearest(text, &words)) {
                Some(near) if near.eq_ignore_ascii_case(text) => {
                    format!("write {near}; the letter case counts")
                }
                Some(near) => format!("did you mean {near}?"),
                None => all,
            };
            faults.push(fault(
                kind.at,
                path,
                &format!("{:?} is not a kind known here", printable(text)),
                &hint,
            ));
        }
        known.filter(|_| ours)
    }

    /// A key of the document that was probably meant to be `wanted`.
    fn misspelled(&self, wanted: &str) -> Option<&str> {
        let Content::Mapping(entries) = &self.node.content else {
            return None;
        };
        let near = |key: &&str| suggest::nearest(key, &[wanted]).is_some();
        entries.iter().map(|entry| entry.key.as_str()).find(near)
    }

    /// What the checker lets pass decodes; should that ever not hold, it is an error of this document, not a panic.
    fn decode(&mut self, mut value: Value, faults: &mut Vec<Fault>) {
        if let Value::Object(fields) = &mut value {
            fields.shift_remove("apiVersion");
        }
        match serde_json::from_value(value) {
            Ok(manifest) => self.manifest = Some(manifest),
            Err(error) => {
                let at = self.node.locate(&field!("spec"));
                faults.push(fault(
                    at,
                    field!("spec"),
                    &error.to_string(),
                    "compare it with the reference of this kind",
                ));
            }
        }
    }
}

/// What people and Proxmox also call the guests.
fn other_name(kind: &str) -> Option<&'static str> {
    match kind.to_ascii_lowercase().as_str() {
        "vm" | "qemu" | "kvm" => Some("VirtualMachine"),
        "ct" | "lxc" => Some("Container"),
        _ => None,
    }
}

/// `Kind/name` as they are written, for messages; nothing without a kind.
pub fn label(node: &Node) -> Option<String> {
    let kind = node.get("kind").and_then(Node::text)?;
    let name = node
        .get("metadata")
        .and_then(|metadata| metadata.get("name"))
        .and_then(Node::text);
    Some(format!("{}/{}", printable(kind), printable(name.unwrap_or("?"))))
}

fn faults_after(faults: &mut Vec<Fault>, from: usize, keep: impl Fn(&Fault) -> bool) {
    let checked = faults.split_off(from);
    faults.extend(checked.into_iter().filter(keep));
}

fn fault(at: Position, path: Path, problem: &str, hint: &str) -> Fault {
    Fault {
        at,
        path,
        problem: problem.to_owned(),
        hint: hint.to_owned(),
    }
}

/// At most 60 characters of a text, without control characters: it goes into a line for a terminal.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(60).collect()
}
