//! The measure: what an exchange says, read plainly out of its raw JSON. Shares no code with the client.

use crate::collect::{Answer, Exchange, Topic};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// What is said, and by which fields.
#[derive(Debug, Default)]
pub struct Reading {
    /// Name of a fact to its value.
    pub facts: BTreeMap<String, String>,
    /// Fields that are there.
    pub present: BTreeSet<String>,
    /// Fields that a fact came from.
    pub used: BTreeSet<String>,
}

/// Reads an exchange.
pub fn read(exchange: &Exchange) -> Reading {
    let mut reading = Reading::default();
    let Some(answer) = &exchange.answer else {
        reading.fact("answer", "none");
        return reading;
    };
    let body = serde_json::from_str::<Value>(&answer.body).unwrap_or(Value::Null);
    let text = text(answer, &body);
    reading.envelope(answer, &body, &text);
    let topic = exchange.topic();
    if topic == Topic::Ticket {
        reading.ticket(answer, &body["data"], &text);
    } else if (200..300).contains(&answer.status) {
        reading.fields(&topic, &body["data"]);
        reading.success(&topic, &body);
    } else if topic != Topic::Other {
        reading.failure(&topic, answer.status, &text);
    }
    reading
}

/// The text of an error: `errors`, then `message`, then the reason phrase.
fn text(answer: &Answer, body: &Value) -> String {
    let mut parameters = Vec::new();
    for (name, text) in body["errors"].as_object().into_iter().flatten() {
        parameters.push(format!("{name}: {}", text.as_str().unwrap_or("?").trim()));
    }
    let message = body["message"].as_str().unwrap_or_default().trim();
    let text = if !parameters.is_empty() {
        parameters.join("; ")
    } else if !message.is_empty() {
        message.to_owned()
    } else if !answer.reason.trim().is_empty() {
        answer.reason.trim().to_owned()
    } else {
        "no reason given".to_owned()
    };
    text.replace(['\n', '\r', '\t'], " ")
}

fn whole(value: &Value) -> Option<String> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().to_owned(),
        _ => return None,
    };
    if let Ok(number) = text.parse::<u64>() {
        return Some(number.to_string());
    }
    let number = text.parse::<f64>().ok()?;
    (number >= 0.0).then(|| format!("{:.0}", number.floor()))
}

fn real(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    }
}

fn yes(value: &Value) -> bool {
    value == &Value::Bool(true) || whole(value).is_some_and(|number| number != "0")
}

fn words(value: &Value) -> Option<&str> {
    value.as_str().filter(|text| !text.is_empty())
}

impl Reading {
    fn fact(&mut self, name: &str, value: impl ToString) {
        self.facts.insert(name.to_owned(), value.to_string());
    }

    fn maybe(&mut self, name: String, value: Option<impl ToString>) {
        if let Some(value) = value {
            self.facts.insert(name, value.to_string());
        }
    }

    /// A field of a row or an object; that it was looked at is remembered.
    fn get<'a>(&mut self, row: &'a Value, field: &str) -> &'a Value {
        if row.get(field).is_some() {
            self.used.insert(field.to_owned());
        }
        &row[field]
    }

    fn envelope(&mut self, answer: &Answer, body: &Value, text: &str) {
        self.fact("answer/status", answer.status);
        self.fact("answer/reason", answer.reason.trim());
        let good = (200..300).contains(&answer.status) && body.get("data").is_some();
        if good {
            self.fact("answer/data", &body["data"]);
            self.maybe("answer/total".to_owned(), whole(&body["total"]));
        } else {
            self.fact("answer/text", text);
        }
        for field in body.as_object().into_iter().flat_map(|body| body.keys()) {
            let name = format!("(envelope) {field}");
            if ["data", "total", "errors", "message"].contains(&field.as_str()) {
                self.used.insert(name.clone());
            }
            self.present.insert(name);
        }
        let passing =
            (text.contains("can't lock file") && text.contains("got timeout")) || text.contains("cfs-lock");
        let write = match answer.status {
            200..=299 if !good => "unknown".to_owned(),
            200..=299 => match body["data"].as_str().filter(|text| text.starts_with("UPID:")) {
                Some(upid) => format!("accepted {upid}"),
                None => "accepted".to_owned(),
            },
            502..=504 | 595..=999 => "unknown".to_owned(),
            _ if passing => "rejected for now".to_owned(),
            _ => "rejected".to_owned(),
        };
        self.fact("answer/write", write);
    }

    fn fields(&mut self, topic: &Topic, data: &Value) {
        let rows = match data {
            Value::Array(rows) => rows.iter().collect(),
            other => vec![other],
        };
        for (field, value) in rows.into_iter().filter_map(Value::as_object).flatten() {
            match (topic, value) {
                (Topic::Rights, Value::Object(held)) => {
                    self.present
                        .extend(held.keys().map(|held| format!("{field} {held}")));
                }
                (Topic::Guest { .. }, Value::Object(inner)) if field == "ha" => {
                    self.present
                        .extend(inner.keys().map(|inner| format!("{field}.{inner}")));
                }
                _ => {
                    self.present.insert(field.clone());
                }
            }
        }
    }

    fn failure(&mut self, topic: &Topic, status: u16, text: &str) {
        let missing = (text.contains("Configuration file") && text.contains("does not exist"))
            || text.contains("no such task");
        let asleep = text.contains("not running") || text.contains("guest agent");
        let told = match (status, topic) {
            (401, _) => format!("not authenticated: {text}"),
            (403, Topic::Votes) => return,
            (403, _) => format!("no rights: {text}"),
            (595..=599, Topic::Quorum) => "nobody".to_owned(),
            (595..=599, _) => format!("unreachable: {status} {text}"),
            (_, Topic::TaskStatus { .. }) if missing => {
                self.fact("task", "gone");
                return;
            }
            (500, Topic::Ping { .. }) if asleep => {
                self.fact("answered", false);
                return;
            }
            _ if missing => format!("missing: {text}"),
            _ => format!("refused: {status} {text}"),
        };
        self.fact("look", told);
    }

    fn success(&mut self, topic: &Topic, body: &Value) {
        let data = &body["data"];
        match topic {
            Topic::Resources => self.resources(data),
            Topic::Quorum => self.quorum(data),
            Topic::Votes => {
                for row in data.as_array().into_iter().flatten() {
                    let name = words(self.get(row, "name")).unwrap_or_default().to_owned();
                    let votes = whole(self.get(row, "quorum_votes"));
                    self.maybe(format!("votes/{name}"), votes);
                }
            }
            Topic::ClusterTasks | Topic::NodeTasks { .. } => self.tasks(data),
            Topic::TaskStatus { .. } => {
                let status = words(self.get(data, "status")).unwrap_or_default().to_owned();
                match words(self.get(data, "exitstatus")) {
                    Some(exit) => self.fact("task", format!("ended: {exit}")),
                    None => self.fact("task", status),
                }
            }
            Topic::TaskLog { .. } => self.log(data),
            Topic::NodeStatus { .. } => {
                let uptime = whole(self.get(data, "uptime"));
                self.maybe("uptime".to_owned(), uptime);
            }
            Topic::Guest { .. } => self.guest(data),
            Topic::Config { kind, .. } => self.identity(data, kind),
            Topic::Past { guest, .. } => self.past(data, guest.is_some()),
            Topic::Version => {
                let version = words(self.get(data, "version")).map(str::to_owned);
                self.maybe("version".to_owned(), version);
            }
            Topic::Rights => {
                for path in ["/", "/vms", "/nodes", "/storage"] {
                    for (held, below) in data[path].as_object().into_iter().flatten() {
                        self.fact(&format!("{path} {held}"), yes(below));
                        self.used.insert(format!("{path} {held}"));
                    }
                }
            }
            Topic::Ping { .. } => self.fact("answered", data["result"].get("error").is_none()),
            Topic::Ticket | Topic::Other => {}
        }
    }

    fn resources(&mut self, data: &Value) {
        for row in data.as_array().into_iter().flatten() {
            let kind = self.get(row, "type").as_str().unwrap_or_default();
            let node = self.get(row, "node").as_str().unwrap_or_default();
            let at = match kind {
                "node" => format!("node {node}"),
                "storage" => format!("storage {}", self.get(row, "id").as_str().unwrap_or_default()),
                "qemu" | "lxc" => format!("{kind} {}", whole(self.get(row, "vmid")).unwrap_or_default()),
                _ => continue,
            };
            self.fact(&format!("{at}/node"), node);
            let status = words(self.get(row, "status")).unwrap_or("unknown").to_owned();
            for field in if kind == "storage" {
                &["disk", "maxdisk"][..]
            } else {
                &["uptime", "mem", "maxmem", "disk", "maxdisk"]
            } {
                let value = whole(self.get(row, field));
                self.maybe(format!("{at}/{field}"), value);
            }
            if kind == "storage" {
                self.fact(&format!("{at}/available"), status == "available");
                for field in ["storage", "plugintype"] {
                    let value = words(self.get(row, field)).unwrap_or_default().to_owned();
                    self.fact(&format!("{at}/{field}"), value);
                }
                let shared = yes(self.get(row, "shared"));
                self.fact(&format!("{at}/shared"), shared);
                continue;
            }
            self.fact(&format!("{at}/status"), status);
            let cpu = real(self.get(row, "cpu")).map(|cpu| format!("{:?}", cpu.max(0.0)));
            self.maybe(format!("{at}/cpu"), cpu);
            let cpus = real(self.get(row, "maxcpu")).map(|cpus| format!("{cpus:?}"));
            self.maybe(format!("{at}/maxcpu"), cpus);
            let state = words(self.get(row, "hastate")).map(str::to_owned);
            self.maybe(format!("{at}/hastate"), state);
            if kind != "node" {
                for field in ["name", "lock"] {
                    let value = words(self.get(row, field)).map(str::to_owned);
                    self.maybe(format!("{at}/{field}"), value);
                }
                let template = yes(self.get(row, "template"));
                self.fact(&format!("{at}/template"), template);
                let text = self.get(row, "tags").as_str().unwrap_or_default().to_lowercase();
                let tags: BTreeSet<&str> = text
                    .split([';', ',', ' '])
                    .filter(|tag| !tag.is_empty())
                    .collect();
                self.fact(
                    &format!("{at}/tags"),
                    tags.into_iter().collect::<Vec<_>>().join(" "),
                );
            }
        }
    }

    fn quorum(&mut self, data: &Value) {
        let rows = data.as_array().cloned().unwrap_or_default();
        let mut quorate = true;
        for row in &rows {
            let name = self.get(row, "name").as_str().unwrap_or_default().to_owned();
            if self.get(row, "type") == "cluster" {
                quorate = yes(self.get(row, "quorate"));
                self.fact("cluster", name);
                continue;
            }
            let online = yes(self.get(row, "online"));
            self.fact(&format!("online/{name}"), online);
            let ip = words(self.get(row, "ip")).map(str::to_owned);
            self.maybe(format!("ip/{name}"), ip);
            if yes(self.get(row, "local")) {
                self.fact("via", name);
            }
        }
        self.fact("quorate", quorate);
    }

    fn tasks(&mut self, data: &Value) {
        for row in data.as_array().into_iter().flatten() {
            let upid = self.get(row, "upid").as_str().unwrap_or("?").to_owned();
            let exit =
                words(self.get(row, "status")).filter(|status| !status.eq_ignore_ascii_case("running"));
            let end = whole(self.get(row, "endtime")).filter(|end| end != "0");
            // A row with an exit but without an end: it ended at some time from its start on.
            let end = end.or_else(|| exit.and_then(|_| whole(&row["starttime"])));
            self.fact(&format!("{upid}/ended"), end.as_deref().unwrap_or("no"));
            self.maybe(format!("{upid}/exit"), exit.filter(|_| end.is_some()));
        }
    }

    fn log(&mut self, data: &Value) {
        let rows = data.as_array().cloned().unwrap_or_default();
        for row in &rows {
            let number = whole(self.get(row, "n")).unwrap_or_default();
            let line = self.get(row, "t").as_str().unwrap_or_default().to_owned();
            if rows.len() == 1 && line == "no content" {
                return;
            }
            if rows.len() == 1 && line.starts_with("unable to open file") {
                self.fact("look", format!("missing: {line}"));
                return;
            }
            self.fact(&format!("line {number}"), line);
        }
    }

    fn guest(&mut self, data: &Value) {
        let status = self.get(data, "status").as_str().unwrap_or_default();
        let fine = words(self.get(data, "qmpstatus"));
        let shown = match (status, fine) {
            ("stopped", _) => "stopped".to_owned(),
            ("running", None | Some("running")) => "running".to_owned(),
            ("running", Some(fine)) => format!("held: {fine}"),
            (other, _) => format!("held: {other}"),
        };
        let pid = whole(self.get(data, "pid")).filter(|pid| pid != "0" && status != "stopped");
        let uptime = whole(self.get(data, "uptime")).unwrap_or_else(|| "0".to_owned());
        let lock = words(self.get(data, "lock")).map(str::to_owned);
        let managed = yes(&data["ha"]["managed"]);
        if data["ha"].get("managed").is_some() {
            self.used.insert("ha.managed".to_owned());
        }
        self.fact("status", shown);
        self.maybe("pid".to_owned(), pid);
        self.fact("uptime", uptime);
        self.maybe("lock".to_owned(), lock);
        self.fact("managed", managed);
    }

    fn past(&mut self, data: &Value, is_guest: bool) {
        let names = if is_guest {
            [("mem", "mem", "maxmem"), ("disk", "disk", "maxdisk")]
        } else {
            [("mem", "memused", "memtotal"), ("disk", "rootused", "roottotal")]
        };
        for row in data.as_array().into_iter().flatten() {
            let at = whole(self.get(row, "time")).unwrap_or_default();
            let cpu = real(self.get(row, "cpu")).map(|cpu| cpu.max(0.0));
            self.maybe(format!("{at} cpu"), cpu.map(|cpu| format!("{cpu:.6}")));
            for (figure, used, of) in names {
                let used = real(self.get(row, used));
                let share = used.zip(real(self.get(row, of))).map(|(used, of)| used / of);
                self.maybe(format!("{at} {figure}"), share.map(|share| format!("{share:.6}")));
            }
        }
    }

    fn identity(&mut self, data: &Value, kind: &str) {
        let uuid = self
            .get(data, "smbios1")
            .as_str()
            .unwrap_or_default()
            .to_lowercase();
        let uuid = uuid.split("uuid=").nth(1).and_then(|rest| rest.split(',').next());
        if let Some(uuid) = uuid.filter(|uuid| !uuid.is_empty() && kind == "qemu") {
            self.fact("identity", uuid);
            return;
        }
        for number in 0..32 {
            let text = self
                .get(data, &format!("net{number}"))
                .as_str()
                .unwrap_or_default()
                .to_lowercase();
            let mac = text
                .split([',', '='])
                .find(|part| part.len() == 17 && part.split(':').count() == 6);
            if let Some(mac) = mac {
                self.fact("identity", mac);
                return;
            }
        }
    }

    fn ticket(&mut self, answer: &Answer, data: &Value, text: &str) {
        for field in data.as_object().into_iter().flat_map(|data| data.keys()) {
            self.present.insert(field.clone());
        }
        if answer.status != 200 {
            self.fact("log-in", format!("refused: {text}"));
            return;
        }
        let ticket = words(self.get(data, "ticket")).map(str::to_owned);
        let csrf = words(self.get(data, "CSRFPreventionToken")).map(str::to_owned);
        match (ticket, csrf) {
            (Some(ticket), Some(csrf)) => {
                self.fact("ticket", ticket);
                self.fact("csrf", csrf);
            }
            _ => self.fact("log-in", "no ticket"),
        }
    }
}
