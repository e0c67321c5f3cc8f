//! `jarvis describe`: one thing with everything known about it.

use super::{
    act,
    field::{age, bytes, cell, percent, span, word},
};
use crate::{
    cli::{Output, show::Describe},
    client::Client,
    exit::{Exit, Failure, Outcome},
    out,
    table::{Table, clean},
    text::add,
};
use serde_json::{Value, json};

const RESOURCE: &str = "query($key: String!) { resource(key: $key) { key labels { name value } spec hold { scope by reason since until } \
    status { observedRevision sync health since conditions { type status reason message } } } \
    events(first: 10, filter: { resource: $key }) { seq at severity title detail } }";
const GUEST: &str = "query($vmid: Int!) { guest(vmid: $vmid) { vmid name kind node statusWord seenAt unknownReason uptimeSeconds \
    template lock haState identity stopCause ready runningTask tags protected resource runStrategy \
    usage { cpu maxCpu memBytes maxMemBytes diskBytes maxDiskBytes } } tasks(first: 10, vmid: $vmid) { startedAt taskType user exit endedAt } }";
const NODE: &str = "query($name: String!) { node(name: $name) { name status seenAt unknownReason apiAnswers returnedAt uptimeSeconds votes \
    haState ip guests guestsRunning protected resource usage { cpu maxCpu memBytes maxMemBytes diskBytes maxDiskBytes } } }";

/// Runs the command.
pub async fn run(arguments: &Describe, client: &Client) -> Outcome {
    let (kind, name) = arguments.what.split_once('/').ok_or_else(|| {
        Failure::error(format!(
            "cannot describe {:?}: write KIND/NAME, such as VirtualMachine/web-01, node/forge or guest/101",
            arguments.what
        ))
    })?;
    let (data, part) = match kind {
        "node" => (client.ask(NODE, json!({ "name": name })).await?, "node"),
        "guest" => {
            let vmid = act::vmid_of(name, client).await?;
            (client.ask(GUEST, json!({ "vmid": vmid })).await?, "guest")
        }
        _ => (
            client.ask(RESOURCE, json!({ "key": arguments.what })).await?,
            "resource",
        ),
    };
    if data[part].is_null() {
        let hint = if part == "resource" {
            "`jarvis get resources` lists what the manifests declare"
        } else {
            "`jarvis get nodes` and `jarvis get guests` list what there is"
        };
        return Err(Failure::error(format!("there is no {}: {hint}", arguments.what)));
    }
    match arguments.output {
        Output::Json => out::print(&format!("{data:#}\n")),
        Output::Table => {
            let now = jiff::Timestamp::now();
            out::print(&match part {
                "resource" => resource(&data, now),
                "guest" => guest(&data, now),
                _ => thing(&data["node"]),
            });
        }
    }
    Ok(Exit::Ok)
}

/// `Name: value` lines.
fn lines(pairs: &[(&str, String)]) -> String {
    let mut text = String::new();
    for (name, value) in pairs {
        add!(text, "{:<14} {}\n", format!("{name}:"), clean(value));
    }
    text
}

fn resource(data: &Value, now: jiff::Timestamp) -> String {
    let resource = &data["resource"];
    let status = &resource["status"];
    let labels: Vec<String> = resource["labels"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|label| format!("{}={}", cell(&label["name"]), cell(&label["value"])))
        .collect();
    let mut text = lines(&[
        ("Resource", cell(&resource["key"])),
        (
            "Labels",
            if labels.is_empty() {
                "-".to_owned()
            } else {
                labels.join(", ")
            },
        ),
        ("Sync", word(&status["sync"])),
        ("Health", word(&status["health"])),
        ("Revision", cell(&status["observedRevision"])),
    ]);
    if !resource["hold"].is_null() {
        let hold = &resource["hold"];
        text += &lines(&[(
            "Hold",
            format!(
                "{} by {} until {}: {}",
                cell(&hold["scope"]),
                cell(&hold["by"]),
                cell(&hold["until"]),
                cell(&hold["reason"])
            ),
        )]);
    }
    let mut table = Table::new(&["CONDITION", "STATUS", "REASON", "MESSAGE"]);
    for condition in status["conditions"].as_array().into_iter().flatten() {
        table.row([
            word(&condition["type"]),
            cell(&condition["status"]),
            cell(&condition["reason"]),
            cell(&condition["message"]),
        ]);
    }
    if !table.is_empty() {
        add!(text, "\n{}", table.text());
    }
    add!(text, "\nSpec:\n{:#}\n", resource["spec"]);
    text + &events(&data["events"], now)
}

fn events(list: &Value, now: jiff::Timestamp) -> String {
    let mut table = Table::new(&["SEQ", "AGE", "SEVERITY", "TITLE", "DETAIL"]);
    for event in list.as_array().into_iter().flatten() {
        table.row([
            cell(&event["seq"]),
            age(&event["at"], now),
            word(&event["severity"]),
            cell(&event["title"]),
            cell(&event["detail"]),
        ]);
    }
    if table.is_empty() {
        String::new()
    } else {
        format!("\nEvents:\n{}", table.text())
    }
}

fn guest(data: &Value, now: jiff::Timestamp) -> String {
    let mut table = Table::new(&["AGE", "TASK", "USER", "RESULT"]);
    for task in data["tasks"].as_array().into_iter().flatten() {
        let result = if task["endedAt"].is_null() {
            "running".to_owned()
        } else {
            cell(&task["exit"])
        };
        table.row([
            age(&task["startedAt"], now),
            cell(&task["taskType"]),
            cell(&task["user"]),
            result,
        ]);
    }
    let tasks = if table.is_empty() {
        String::new()
    } else {
        format!("\nTasks:\n{}", table.text())
    };
    thing(&data["guest"]) + &tasks
}

/// A node or a guest: every field that has a value.
fn thing(value: &Value) -> String {
    let mut text = String::new();
    for (name, field) in value.as_object().into_iter().flatten() {
        let shown = match name.as_str() {
            "usage" | "template" => continue,
            "uptimeSeconds" => span(field),
            "status" | "kind" | "runStrategy" => word(field),
            _ => cell(field),
        };
        if shown != "-" {
            text += &lines(&[(&title(name), shown)]);
        }
    }
    let usage = &value["usage"];
    let of = |part: &str, whole: &str| format!("{} of {}", bytes(&usage[part]), bytes(&usage[whole]));
    text + &lines(&[
        (
            "CPU",
            format!(
                "{} of {} processors",
                percent(&usage["cpu"]),
                cell(&usage["maxCpu"])
            ),
        ),
        ("Memory", of("memBytes", "maxMemBytes")),
        ("Disk", of("diskBytes", "maxDiskBytes")),
    ])
}

/// `uptimeSeconds` as `Uptime`, `statusWord` as `Status`, `seenAt` as `Seen at`.
fn title(name: &str) -> String {
    let name = name.trim_end_matches("Seconds").trim_end_matches("Word");
    let mut text = String::new();
    for (at, letter) in name.chars().enumerate() {
        match (at, letter.is_ascii_uppercase()) {
            (0, _) => text.push(letter.to_ascii_uppercase()),
            (_, true) => text.extend([' ', letter.to_ascii_lowercase()]),
            (_, false) => text.push(letter),
        }
    }
    text
}
