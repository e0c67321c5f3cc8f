//! What a poller sees of one field: its values in order, each with the second at which it was first seen.
//!
//! The same reader reads the recording and the simulation. It knows the endpoints, not where their answers come from.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

/// One value of a field, from `at` on.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    pub at_secs: f64,
    pub value: String,
}

/// Fields by name. The first step of a field is what it was when the polling began.
pub type Tracks = BTreeMap<String, Vec<Step>>;

/// An uptime that has not grown for this long stands still.
const STANDS_SECS: f64 = 20.0;

/// Reads answers into tracks.
#[derive(Default)]
pub struct Reader {
    guests: BTreeSet<u32>,
    tracks: Tracks,
    uptimes: BTreeMap<String, Uptime>,
    tasks: BTreeMap<String, bool>,
    tasks_begun: bool,
    lists: BTreeMap<String, BTreeSet<String>>,
}

struct Uptime {
    secs: i64,
    since: f64,
    before_gap: Option<i64>,
}

impl Reader {
    /// Only these guests, and all nodes.
    pub fn of(guests: &[u32]) -> Self {
        Self {
            guests: guests.iter().copied().collect(),
            ..Self::default()
        }
    }

    pub fn finish(self) -> Tracks {
        self.tracks
    }

    pub fn put(&mut self, track: String, at_secs: f64, value: impl Into<String>) {
        let steps = self.tracks.entry(track).or_default();
        let value = value.into();
        if steps.last().is_none_or(|last| last.value != value) {
            steps.push(Step { at_secs, value });
        }
    }

    /// An answer that is an event by itself: equal ones are not folded.
    pub fn note(&mut self, track: String, at_secs: f64, value: impl Into<String>) {
        let value = value.into();
        self.tracks
            .entry(track)
            .or_default()
            .push(Step { at_secs, value });
    }

    /// An answer to a poll. `rows` are those of a list, or the one object.
    pub fn answer(&mut self, path: &str, at_secs: f64, status: u16, reason: &str, rows: &[Value]) {
        if path == "/cluster/tasks" {
            self.tasks(at_secs, rows);
            return;
        }
        let alone = !matches!(path, "/cluster/resources" | "/cluster/status" | "/nodes")
            && !path.starts_with("/cluster/ha");
        if alone && !path.ends_with("/config") {
            let word = if status == 200 {
                "answers".to_owned()
            } else {
                format!("{status} {reason}")
            };
            self.put(format!("{path} answer"), at_secs, word);
        }
        if status != 200 {
            return;
        }
        match path {
            "/cluster/resources" => self.resources(at_secs, rows),
            "/cluster/status" => self.membership(at_secs, rows),
            "/nodes" => self.fields(path, at_secs, rows, "node", &["status"]),
            "/cluster/ha/status/current" => self.high_availability(at_secs, rows),
            "/cluster/ha/resources" => self.fields(path, at_secs, rows, "sid", &["state"]),
            _ if path.ends_with("/status/current") => self.live(path, at_secs, &rows[0]),
            _ if path.ends_with("/state") => {
                self.put(format!("{path} state"), at_secs, text(&rows[0]["state"]));
            }
            _ if path.ends_with("/qemu") || path.ends_with("/lxc") => self.guest_list(path, at_secs, rows),
            _ => {}
        }
    }

    fn fields(&mut self, path: &str, at_secs: f64, rows: &[Value], key: &str, fields: &[&str]) {
        for row in rows {
            for field in fields {
                self.put(
                    format!("{path} {} {field}", text(&row[key])),
                    at_secs,
                    text(&row[field]),
                );
            }
        }
    }

    fn resources(&mut self, at_secs: f64, rows: &[Value]) {
        for row in rows {
            let id = text(&row["id"]);
            let fields: &[&str] = match row["type"].as_str() {
                Some("node") => &["status", "hastate"],
                Some("qemu" | "lxc") if self.wants(&row["vmid"]) => {
                    &["status", "hastate", "node", "lock", "name"]
                }
                _ => continue,
            };
            for field in fields {
                self.put(
                    format!("/cluster/resources {id} {field}"),
                    at_secs,
                    text(&row[field]),
                );
            }
            let word = self.uptime(&id, at_secs, row);
            if let Some(word) = word {
                self.put(format!("/cluster/resources {id} uptime"), at_secs, word);
            }
        }
    }

    fn wants(&self, vmid: &Value) -> bool {
        let vmid = vmid.as_u64().and_then(|vmid| u32::try_from(vmid).ok());
        vmid.is_some_and(|vmid| self.guests.contains(&vmid))
    }

    /// How an uptime goes on: `grows`, `0`, `fell`, `stands`; of a node also `gone`, `old` (as before the gap).
    fn uptime(&mut self, id: &str, at_secs: f64, row: &Value) -> Option<&'static str> {
        let of_node = row["type"] == "node";
        let stopped = row["status"] == "stopped";
        let Some(secs) = row["uptime"].as_i64() else {
            if let Some(known) = self.uptimes.get_mut(id) {
                known.before_gap = Some(known.secs);
            }
            return of_node.then_some("gone");
        };
        let fresh = Uptime {
            secs,
            since: at_secs,
            before_gap: None,
        };
        let Some(known) = self.uptimes.get_mut(id) else {
            self.uptimes.insert(id.to_owned(), fresh);
            return Some(if stopped { "0" } else { "grows" });
        };
        if known.secs == secs {
            let stands = at_secs - known.since > STANDS_SECS;
            return match (stopped, known.before_gap) {
                (true, _) => Some("0"),
                (_, Some(_)) => Some("old"),
                _ if stands => Some("stands"),
                _ => None,
            };
        }
        let fell = secs < known.secs && !of_node;
        *known = fresh;
        Some(if stopped {
            "0"
        } else if fell {
            "fell"
        } else {
            "grows"
        })
    }

    fn membership(&mut self, at_secs: f64, rows: &[Value]) {
        for row in rows {
            if row["type"] == "cluster" {
                self.put(
                    "/cluster/status quorate".to_owned(),
                    at_secs,
                    text(&row["quorate"]),
                );
            } else {
                let name = format!("/cluster/status {} online", text(&row["name"]));
                self.put(name, at_secs, text(&row["online"]));
            }
        }
    }

    fn high_availability(&mut self, at_secs: f64, rows: &[Value]) {
        const HA: &str = "/cluster/ha/status/current";
        for row in rows {
            let id = text(&row["id"]);
            // "pve (old timestamp - dead?, watchdog standby, Mon Nov 23 ...)"
            let status = text(&row["status"]);
            let word = status
                .split(['(', ','])
                .nth(1)
                .unwrap_or_default()
                .trim_end_matches(')')
                .to_owned();
            match row["type"].as_str() {
                Some("quorum") => self.put(format!("{HA} quorum"), at_secs, text(&row["quorate"])),
                Some("master" | "lrm" | "fencing") => self.put(format!("{HA} {id}"), at_secs, word),
                Some("service") => {
                    if !self.guests.iter().any(|vmid| id.ends_with(&format!(":{vmid}"))) {
                        continue;
                    }
                    for field in ["state", "crm_state", "request_state", "node"] {
                        self.put(format!("{HA} {id} {field}"), at_secs, text(&row[field]));
                    }
                }
                _ => {}
            }
        }
    }

    fn live(&mut self, path: &str, at_secs: f64, row: &Value) {
        for field in ["status", "qmpstatus", "lock"] {
            self.put(format!("{path} {field}"), at_secs, text(&row[field]));
        }
        let ha = &row["ha"];
        self.put(
            format!("{path} ha"),
            at_secs,
            format!("managed {} {}", text(&ha["managed"]), text(&ha["state"])),
        );
        self.process(path, at_secs, row);
    }

    /// Whether there is a process, and whether it is another one.
    fn process(&mut self, path: &str, at_secs: f64, row: &Value) {
        let pid = text(&row["pid"]);
        let known = self.lists.entry(format!("{path} pid")).or_default();
        if pid != "-" {
            known.insert(pid.clone());
        }
        let word = if pid == "-" {
            "none".to_owned()
        } else {
            format!("process {}", known.len())
        };
        self.put(format!("{path} pid"), at_secs, word);
    }

    fn guest_list(&mut self, path: &str, at_secs: f64, rows: &[Value]) {
        let mut present = BTreeSet::new();
        for row in rows
            .iter()
            .filter(|row| self.wants(&row["vmid"]))
            .cloned()
            .collect::<Vec<_>>()
        {
            let vmid = text(&row["vmid"]);
            self.put(format!("{path} {vmid} status"), at_secs, text(&row["status"]));
            self.put(format!("{path} {vmid} lock"), at_secs, text(&row["lock"]));
            self.process(&format!("{path} {vmid}"), at_secs, &row);
            present.insert(vmid);
        }
        let gone: Vec<String> = self.lists.get(path).into_iter().flatten().cloned().collect();
        for vmid in gone.iter().filter(|vmid| !present.contains(*vmid)) {
            self.put(format!("{path} {vmid} status"), at_secs, "gone");
        }
        self.lists.insert(path.to_owned(), present);
    }

    /// Tasks of one kind about one guest by one sort of user are one track: appearances and ends in their order.
    fn tasks(&mut self, at_secs: f64, rows: &[Value]) {
        let begun = std::mem::replace(&mut self.tasks_begun, true);
        let mut rows: Vec<&Value> = rows.iter().collect();
        rows.sort_by_key(|row| text(&row["upid"]));
        for row in rows {
            let upid = text(&row["upid"]);
            let ended = row.get("endtime").is_some();
            let known = self.tasks.insert(upid.clone(), ended);
            if !begun || known == Some(ended) {
                continue;
            }
            let parts: Vec<&str> = upid.split(':').collect();
            let (node, kind, id, user) = (parts[1], parts[5], parts[6], parts[7]);
            let about_guest = id.parse().is_ok_and(|vmid: u32| self.guests.contains(&vmid));
            if !about_guest && kind != "startall" && !kind.starts_with("srv") {
                continue;
            }
            let user = if user.contains('!') { "token" } else { "root" };
            let track = format!("task {node} {kind} {id} by {user}");
            if known.is_none() {
                self.note(track.clone(), at_secs, "appears");
            }
            if ended {
                self.note(track, at_secs, format!("ends: {}", text(&row["status"])));
            }
        }
    }
}

/// A field as text; `-` when it is missing.
fn text(value: &Value) -> String {
    match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
