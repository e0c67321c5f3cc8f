//! Recordings on disk to exchanges: single ones, sequences, timelines that tell changes only, and collections of answers
//! of other versions. Knows the forms of the files, not the API.

use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// One request and its answer.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// Where in the file.
    pub at: String,
    /// `GET` and so on.
    pub method: String,
    /// Below `/api2/json`, with the query.
    pub path: String,
    /// None when there was no answer.
    pub answer: Option<Answer>,
}

/// An answer as recorded.
#[derive(Debug, Clone)]
pub struct Answer {
    pub status: u16,
    pub reason: String,
    /// Recorded headers that do not speak of lengths or connections.
    pub headers: Vec<(String, String)>,
    /// Empty, JSON or anything else.
    pub body: String,
}

/// What a file holds.
pub enum Content {
    Exchanges(Vec<Exchange>),
    /// No answers of the API, and why it is here all the same.
    NoApi(&'static str),
    Unknown(String),
}

/// All JSON files below a folder, in order.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "json") {
            found.push(path);
        }
    }
    found
}

/// Reads a file by its form.
pub fn content(file: &Path) -> Content {
    let text = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let Ok(value) = serde_json::from_str::<Value>(&text) else {
        return Content::Unknown("no JSON".to_owned());
    };
    let has = |field: &str| value.get(field).is_some();
    let exchanges = if has("response") {
        single(&value).map(|exchange| vec![exchange])
    } else if has("transport_error") && has("request") {
        request(&value["request"]).map(|(method, path)| vec![exchange("", method, path, None)])
    } else if has("steps") {
        steps(&value["steps"])
    } else if has("samples") {
        samples(&value["samples"])
    } else if has("timeline") {
        Some(told_in_words(&value["timeline"]))
    } else if has("cmdlist") && has("hardware_status") {
        return Content::NoApi("expected log of the HA simulator, no answer of the API");
    } else if value["method"] == "SSH" {
        return Content::NoApi("output of a program, no answer of the API");
    } else if has("method") && has("path") {
        flat(&value).map(|exchange| vec![exchange])
    } else {
        None
    };
    match exchanges {
        Some(exchanges) if !exchanges.is_empty() => Content::Exchanges(exchanges),
        _ => Content::Unknown("the form is new".to_owned()),
    }
}

fn exchange(at: &str, method: &str, path: &str, answer: Option<Answer>) -> Exchange {
    let path = path.strip_prefix("/api2/json").unwrap_or(path);
    Exchange {
        at: at.to_owned(),
        method: method.to_owned(),
        path: path.to_owned(),
        answer,
    }
}

fn request(value: &Value) -> Option<(&str, &str)> {
    Some((value["method"].as_str()?, value["path"].as_str()?))
}

/// `{request, response: {status, reason, headers, body_json | body_text}}`.
fn single(value: &Value) -> Option<Exchange> {
    let (method, path) = request(&value["request"])?;
    let response = &value["response"];
    if response.get("transport_error").is_some() {
        return Some(exchange("", method, path, None));
    }
    let body = match response.get("body_json") {
        Some(json) => json.to_string(),
        None => response["body_text"].as_str()?.to_owned(),
    };
    let headers = response["headers"].as_array()?.iter();
    let headers =
        headers.filter_map(|pair| Some((pair[0].as_str()?.to_owned(), pair[1].as_str()?.to_owned())));
    let answer = answer(&response["status"], &response["reason"], headers, body)?;
    Some(exchange("", method, path, Some(answer)))
}

fn answer(
    status: &Value,
    reason: &Value,
    headers: impl Iterator<Item = (String, String)>,
    body: String,
) -> Option<Answer> {
    let told = |name: &str| {
        matches!(
            name,
            "content-length" | "content-encoding" | "connection" | "transfer-encoding"
        )
    };
    Some(Answer {
        status: u16::try_from(status.as_u64()?).ok()?,
        reason: reason.as_str().unwrap_or_default().to_owned(),
        headers: headers.filter(|(name, _)| !told(&name.to_lowercase())).collect(),
        body,
    })
}

/// Steps of two forms: `request: "GET /path"`, or `method` and `path`.
fn steps(steps: &Value) -> Option<Vec<Exchange>> {
    let each = steps.as_array()?.iter().enumerate();
    each.map(|(number, step)| {
        let (method, path) = match step["request"].as_str() {
            Some(line) => line.split_once(' ')?,
            None => request(step)?,
        };
        let body = body_of(step);
        let answer = answer(&step["status"], &step["reason"], std::iter::empty(), body)?;
        Some(exchange(
            &format!("step {}", number + 1),
            method,
            path,
            Some(answer),
        ))
    })
    .collect()
}

fn body_of(value: &Value) -> String {
    match (value.get("body"), value["body_raw"].as_str()) {
        (_, Some(raw)) => raw.to_owned(),
        (None | Some(Value::Null), None) => String::new(),
        (Some(Value::String(text)), None) => text.clone(),
        (Some(json), None) => json.to_string(),
    }
}

/// `{method, path, query?, status, reason, headers?, body | body_raw}`.
fn flat(value: &Value) -> Option<Exchange> {
    let (method, path) = request(value)?;
    let query: Vec<String> = match &value["query"] {
        Value::String(text) => vec![text.trim_start_matches('?').to_owned()],
        Value::Object(pairs) => pairs
            .iter()
            .map(|(name, value)| format!("{name}={}", plain(value)))
            .collect(),
        _ => Vec::new(),
    };
    let query = query.join("&");
    let path = if query.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{query}")
    };
    let headers = value["headers"].as_object().into_iter().flatten();
    let headers = headers.filter_map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned())));
    let answer = answer(&value["status"], &value["reason"], headers, body_of(value))?;
    Some(exchange("", method, &path, Some(answer)))
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Samples of a poller: lists are told once, then by what changed in them; equal answers are not repeated.
fn samples(samples: &Value) -> Option<Vec<Exchange>> {
    let mut lists: BTreeMap<(String, String), Vec<Value>> = BTreeMap::new();
    let mut before: BTreeMap<(String, String), String> = BTreeMap::new();
    let mut exchanges = Vec::new();
    for sample in samples.as_array()? {
        let line = sample["endpoint"].as_str()?;
        let (method, path) = line.split_once(' ')?;
        let voice = (
            line.to_owned(),
            sample["via"].as_str().unwrap_or_default().to_owned(),
        );
        let at = format!("t={}", sample["t"]);
        if sample["status"].is_null() {
            exchanges.push(exchange(&at, method, path, None));
            continue;
        }
        let body = if let Some(delta) = sample.get("delta") {
            let list = lists.get_mut(&voice)?;
            apply(list, delta, key(path))?;
            json!({ "data": list }).to_string()
        } else if sample["body"] == "unchanged" {
            before.get(&voice)?.clone()
        } else {
            if let Some(rows) = sample["body"]["data"].as_array() {
                lists.insert(voice.clone(), rows.clone());
            }
            body_of(sample)
        };
        before.insert(voice, body.clone());
        let answer = answer(&sample["status"], &sample["reason"], std::iter::empty(), body)?;
        exchanges.push(exchange(&at, method, path, Some(answer)));
    }
    Some(exchanges)
}

/// What tells rows of a list apart.
fn key(path: &str) -> &'static str {
    match path {
        "/nodes" => "node",
        "/cluster/ha/resources" => "sid",
        _ if path.ends_with("/tasks") => "upid",
        _ if path.ends_with("/qemu") || path.ends_with("/lxc") => "vmid",
        _ => "id",
    }
}

fn apply(rows: &mut Vec<Value>, delta: &Value, key: &str) -> Option<()> {
    let gone = delta["gone"].as_array().cloned().unwrap_or_default();
    rows.retain(|row| !gone.contains(&row[key]));
    for changed in delta["changed"].as_array().into_iter().flatten() {
        changed.get(key)?;
        match rows.iter_mut().find(|row| row[key] == changed[key]) {
            Some(row) => row.clone_from(changed),
            None => rows.push(changed.clone()),
        }
    }
    Some(())
}

/// `[[seconds, {name: "595 Connection refused", ...}], ...]`: of answers without success the whole is known.
fn told_in_words(timeline: &Value) -> Vec<Exchange> {
    let mut exchanges = Vec::new();
    for entry in timeline.as_array().into_iter().flatten() {
        for (name, text) in entry[1].as_object().into_iter().flatten() {
            let Some((status, reason)) = text.as_str().and_then(|text| text.split_once(' ')) else {
                continue;
            };
            let Some(status) = status.parse::<u16>().ok().filter(|status| *status != 200) else {
                continue;
            };
            let path = if name == "guest" {
                "/nodes/agent1/qemu/103/status/current"
            } else {
                "/nodes/agent1/status"
            };
            let answer = Answer {
                status,
                reason: reason.to_owned(),
                headers: Vec::new(),
                body: String::new(),
            };
            exchanges.push(exchange(&format!("t={}", entry[0]), "GET", path, Some(answer)));
        }
    }
    exchanges
}

/// What an exchange is about, as far as the client has a use for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Topic {
    Resources,
    Quorum,
    Votes,
    ClusterTasks,
    NodeTasks {
        node: String,
    },
    TaskStatus {
        upid: String,
    },
    TaskLog {
        upid: String,
    },
    NodeStatus {
        node: String,
    },
    Guest {
        node: String,
        kind: String,
        vmid: u32,
    },
    Config {
        node: String,
        kind: String,
        vmid: u32,
    },
    /// Past figures of a node, or of a guest on it.
    Past {
        node: String,
        guest: Option<(String, u32)>,
    },
    Version,
    Rights,
    Ping {
        node: String,
        vmid: u32,
    },
    Ticket,
    /// The client never asks this.
    Other,
}

impl Exchange {
    /// What it is about.
    pub fn topic(&self) -> Topic {
        let path = self.path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let text = |text: &str| text.to_owned();
        let is_kind = |kind: &str| kind == "qemu" || kind == "lxc";
        let number = |text: &str| text.parse::<u32>().ok().filter(|vmid| *vmid >= 100);
        match (self.method.as_str(), &parts[..]) {
            ("GET", ["cluster", "resources"]) => Topic::Resources,
            ("GET", ["cluster", "status"]) => Topic::Quorum,
            ("GET", ["cluster", "config", "nodes"]) => Topic::Votes,
            ("GET", ["cluster", "tasks"]) => Topic::ClusterTasks,
            ("GET", ["nodes", node, "tasks"]) => Topic::NodeTasks { node: text(node) },
            ("GET", ["nodes", _, "tasks", upid, "status"]) if upid.starts_with("UPID") => Topic::TaskStatus {
                upid: unescaped(upid),
            },
            ("GET", ["nodes", _, "tasks", upid, "log"]) if upid.starts_with("UPID") => Topic::TaskLog {
                upid: unescaped(upid),
            },
            ("GET", ["nodes", node, "status"]) => Topic::NodeStatus { node: text(node) },
            ("GET", ["nodes", node, kind, vmid, "status", "current"]) if is_kind(kind) => {
                match number(vmid) {
                    Some(vmid) => Topic::Guest {
                        node: text(node),
                        kind: text(kind),
                        vmid,
                    },
                    None => Topic::Other,
                }
            }
            ("GET", ["nodes", node, kind, vmid, "config"]) if is_kind(kind) => match number(vmid) {
                Some(vmid) => Topic::Config {
                    node: text(node),
                    kind: text(kind),
                    vmid,
                },
                None => Topic::Other,
            },
            ("GET", ["nodes", node, "rrddata"]) => Topic::Past {
                node: text(node),
                guest: None,
            },
            ("GET", ["nodes", node, kind, vmid, "rrddata"]) if is_kind(kind) => match number(vmid) {
                Some(vmid) => Topic::Past {
                    node: text(node),
                    guest: Some((text(kind), vmid)),
                },
                None => Topic::Other,
            },
            ("GET", ["version"]) => Topic::Version,
            ("GET", ["access", "permissions"]) => Topic::Rights,
            ("POST", ["nodes", node, "qemu", vmid, "agent", "ping"]) => match number(vmid) {
                Some(vmid) => Topic::Ping {
                    node: text(node),
                    vmid,
                },
                None => Topic::Other,
            },
            ("POST", ["access", "ticket"]) => Topic::Ticket,
            _ => Topic::Other,
        }
    }

    /// Method and path with names and numbers left out.
    pub fn endpoint(&self) -> String {
        let path = self.path.split('?').next().unwrap_or_default();
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        let mut shown = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let before = at.checked_sub(1).map(|before| parts[before]);
            shown.push(match before {
                Some("nodes") if parts[0] == "nodes" => "{node}",
                Some("qemu" | "lxc") => "{vmid}",
                Some("tasks") => "{upid}",
                Some("users") => "{user}",
                _ => part,
            });
        }
        format!("{} /{}", self.method, shown.join("/"))
    }
}

/// `%3A` to `:` and so on.
pub fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let code = after
            .get(..2)
            .and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        if let (b'%', Some(code)) = (first, code) {
            bytes.push(code);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
