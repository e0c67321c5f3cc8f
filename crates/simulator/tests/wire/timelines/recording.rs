//! A recorded timeline: polls, calls and events, with the folding undone. Reads files, judges nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use serde_json::Value;

use super::list::Timeline;
use super::tracks::{Reader, Tracks};

/// A file of `tests/fixtures/pve/timelines`.
pub struct Recording {
    file: Value,
}

/// A call that was made once.
pub struct Act {
    pub at_secs: f64,
    pub method: String,
    pub path: String,
    pub via: String,
    pub form: String,
}

impl Recording {
    pub fn read(name: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
            .join("../../tests/fixtures/pve/timelines")
            .join(format!("{name}.json"));
        let text =
            std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self {
            file: serde_json::from_str(&text).unwrap(),
        }
    }

    fn samples(&self) -> impl Iterator<Item = &Value> {
        self.file["samples"].as_array().unwrap().iter()
    }

    /// The polled endpoints: path and the node that was asked. Tasks are followed in the list of tasks.
    pub fn polls(&self) -> BTreeSet<(String, String)> {
        self.samples()
            .filter(|sample| !is_act(sample) && !endpoint(sample).1.contains("/tasks/"))
            .map(|sample| (endpoint(sample).1.to_owned(), word(sample, "via").to_owned()))
            .collect()
    }

    /// The first whole answer of an endpoint.
    pub fn first(&self, path: &str) -> Vec<Value> {
        let sample = self
            .samples()
            .find(|sample| !is_act(sample) && endpoint(sample).1 == path)
            .unwrap();
        rows_of(&sample["body"]["data"])
    }

    pub fn end_secs(&self) -> f64 {
        let events = self.file["what_was_done"].as_array().unwrap();
        events.last().unwrap()["t"].as_f64().unwrap()
    }

    pub fn acts(&self) -> Vec<Act> {
        let act = |sample: &Value| Act {
            at_secs: sample["t"].as_f64().unwrap(),
            method: endpoint(sample).0.to_owned(),
            path: endpoint(sample).1.to_owned(),
            via: word(sample, "via").to_owned(),
            form: form(&sample["request_body"]),
        };
        self.samples().filter(|sample| is_act(sample)).map(act).collect()
    }

    /// When something was done: the calls and the timeline's faults.
    pub fn causes(&self, timeline: &Timeline) -> Vec<f64> {
        let calls = self.acts().into_iter().map(|act| act.at_secs);
        let mut causes: Vec<f64> = calls.chain(timeline.faults.iter().map(|(at, _)| *at)).collect();
        causes.sort_by(f64::total_cmp);
        causes
    }

    /// When a node's figures were first seen to change: the phase of its reports, within a second.
    pub fn first_report_secs(&self, node: &str) -> Option<f64> {
        let mut first = None;
        let id = format!("node/{node}");
        let mut lists = Lists::default();
        for sample in self.samples().filter(|sample| !is_act(sample)) {
            let (_, path) = endpoint(sample);
            if path != "/cluster/resources" || sample["status"] != 200 {
                continue;
            }
            let Some(rows) = lists.rows(path, sample) else {
                continue;
            };
            let uptime = rows
                .iter()
                .find(|row| row["id"] == id)
                .map(|row| row["uptime"].clone());
            match &first {
                None => first = Some(uptime),
                Some(before) if *before != uptime => return sample["t"].as_f64().map(|t| t - 0.5),
                Some(_) => {}
            }
        }
        None
    }

    pub fn tracks(&self, timeline: &Timeline) -> Tracks {
        let mut reader = Reader::of(timeline.guests);
        let (mut lists, mut asked) = (Lists::default(), BTreeSet::new());
        for sample in self.samples() {
            let (method, path) = endpoint(sample);
            let sent_secs = sample["t"].as_f64().unwrap();
            // What the first answer says was so before, however long it took.
            let is_first = !is_act(sample) && asked.insert(path);
            let latency_ms = if is_first {
                0.0
            } else {
                sample["latency_ms"].as_f64().unwrap()
            };
            let at_secs = sent_secs + latency_ms / 1000.0;
            let status = sample["status"]
                .as_u64()
                .and_then(|code| u16::try_from(code).ok());
            let (status, reason) = (status.unwrap_or(0), sample["reason"].as_str().unwrap_or_default());
            if is_act(sample) {
                reader.note(
                    format!("{method} {path} via {}", word(sample, "via")),
                    at_secs,
                    told(status, reason),
                );
                continue;
            }
            // An overloaded proxy dropped these calls; nothing had happened to what was asked for.
            if path.contains("/tasks/") || reason == "Broken pipe" {
                continue;
            }
            let rows = if status == 200 {
                lists.rows(path, sample)
            } else {
                Some(Vec::new())
            };
            if let Some(rows) = rows {
                reader.answer(path, at_secs, status, reason, &rows);
            }
        }
        let mut tracks = reader.finish();
        for (until_secs, from, to) in timeline.either {
            for step in tracks.values_mut().flatten() {
                if step.at_secs < *until_secs && step.value == *from {
                    (*to).clone_into(&mut step.value);
                }
            }
        }
        tracks
    }
}

/// An answer in short; the number in the name of a temporary file is chance.
pub fn told(status: u16, reason: &str) -> String {
    let reason = reason
        .split(".tmp.")
        .enumerate()
        .map(|(index, part)| match index {
            0 => part.to_owned(),
            _ => format!(
                ".tmp{}",
                part.trim_start_matches(|letter: char| letter.is_ascii_digit())
            ),
        });
    format!("{status} {}", reason.collect::<String>())
}

/// Lists as they stand after the deltas so far.
#[derive(Default)]
struct Lists {
    rows: BTreeMap<String, BTreeMap<String, Value>>,
}

impl Lists {
    /// The rows after this sample; nothing when it only says that nothing has changed.
    fn rows(&mut self, path: &str, sample: &Value) -> Option<Vec<Value>> {
        let list = self.rows.entry(path.to_owned()).or_default();
        let body = &sample["body"];
        if let Some(data) = body.get("data") {
            if !data.is_array() {
                return Some(rows_of(data));
            }
            *list = rows_of(data)
                .into_iter()
                .map(|row| (key(path, &row), row))
                .collect();
        } else if let Some(delta) = sample.get("delta") {
            for row in delta["changed"].as_array().into_iter().flatten() {
                list.insert(key(path, row), row.clone());
            }
            for gone in delta["gone"].as_array().into_iter().flatten() {
                list.remove(&gone.as_str().map_or_else(|| gone.to_string(), str::to_owned));
            }
        } else {
            return None;
        }
        Some(list.values().cloned().collect())
    }
}

fn key(path: &str, row: &Value) -> String {
    let field = match path {
        "/cluster/tasks" => "upid",
        "/cluster/ha/resources" => "sid",
        "/nodes" => "node",
        _ if path.ends_with("/qemu") || path.ends_with("/lxc") => "vmid",
        _ => "id",
    };
    row[field]
        .as_str()
        .map_or_else(|| row[field].to_string(), str::to_owned)
}

/// The rows of a list, or the one object.
pub fn rows_of(data: &Value) -> Vec<Value> {
    data.as_array().cloned().unwrap_or_else(|| vec![data.clone()])
}

fn is_act(sample: &Value) -> bool {
    sample["action"] == true
}

fn word<'a>(sample: &'a Value, field: &str) -> &'a str {
    sample[field].as_str().unwrap()
}

fn endpoint(sample: &Value) -> (&str, &str) {
    word(sample, "endpoint").split_once(' ').unwrap()
}

fn form(body: &Value) -> String {
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let fields = body.as_object().into_iter().flatten();
    let parts: Vec<String> = fields
        .map(|(name, value)| format!("{name}={}", plain(value).replace(',', "%2C").replace('=', "%3D")))
        .collect();
    parts.join("&")
}
