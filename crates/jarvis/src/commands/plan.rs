//! `jarvis plan`: what would be done now, or if other manifests were in force. Nothing is done.

use super::{
    field::{cell, short, word},
    get,
};
use crate::{
    cli::{Output, show::Plan},
    client::Client,
    exit::{Exit, Failure, Outcome},
    manifests, out,
    table::Table,
    text::add,
};
use serde_json::{Value, json};

const FIELDS: &str = "revision at digest decisions { id action { text } resource origin issue ticket attempt evidence verdict \
    { word kind tier code rule reason typed until } } report { subject text } statuses { resource status { sync health headline \
    { type reason message } } }";

/// Runs the command.
pub async fn run(arguments: &Plan, client: &Client) -> Outcome {
    let data = if arguments.paths.is_empty() {
        client
            .ask(&format!("{{ plan {{ {FIELDS} }} }}"), json!({}))
            .await?
    } else {
        let query = format!("query($files: [ManifestFile!]) {{ plan(files: $files) {{ {FIELDS} }} }}");
        client.ask(&query, json!({ "files": files(arguments)? })).await?
    };
    let plan = &data["plan"];
    match arguments.output {
        Output::Json => out::print(&format!("{plan:#}\n")),
        Output::Table => out::print(&shown(plan)),
    }
    Ok(if is_drift(plan) { Exit::Drift } else { Exit::Ok })
}

fn files(arguments: &Plan) -> Result<Vec<Value>, Failure> {
    let read = manifests::read(&arguments.paths)?;
    // Checked here first: then every error names the file as the person named it.
    jarvis_crds::load(&read, "unsaved").map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        Failure::error(format!(
            "cannot plan with these manifests: they have errors\n{}",
            lines.join("\n")
        ))
    })?;
    let as_file = |(path, bytes): (String, Vec<u8>)| json!({ "path": tail(&path), "content": String::from_utf8_lossy(&bytes) });
    Ok(read.into_iter().map(as_file).collect())
}

/// The server takes paths of at most 200 bytes.
fn tail(path: &str) -> &str {
    let mut start = path.len().saturating_sub(190);
    while !path.is_char_boundary(start) {
        start += 1;
    }
    &path[start..]
}

/// Something would be done, waits for a person, or is not as declared.
fn is_drift(plan: &Value) -> bool {
    let any = |list: &Value, test: &dyn Fn(&Value) -> bool| {
        list.as_array().is_some_and(|items| items.iter().any(test))
    };
    any(&plan["decisions"], &|_| true)
        || any(&plan["statuses"], &|entry| {
            entry["status"]["sync"] == "OUT_OF_SYNC"
        })
}

fn shown(plan: &Value) -> String {
    let decisions = plan["decisions"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let mut text = format!(
        "revision {}   plan {}   changes {}\n",
        short(&plan["revision"]),
        short(&plan["digest"]),
        decisions.len()
    );
    if !decisions.is_empty() {
        add!(text, "\n{}", get::table(get::DECISION, decisions).text());
    }
    let mut table = Table::new(&["RESOURCE", "SYNC", "HEALTH", "CONDITION", "REASON", "MESSAGE"]);
    for entry in plan["statuses"].as_array().into_iter().flatten() {
        let (status, headline) = (&entry["status"], &entry["status"]["headline"]);
        if status["sync"] != "SYNCED" {
            table.row([
                cell(&entry["resource"]),
                word(&status["sync"]),
                word(&status["health"]),
                word(&headline["type"]),
                cell(&headline["reason"]),
                cell(&headline["message"]),
            ]);
        }
    }
    if !table.is_empty() {
        add!(text, "\nnot in sync:\n{}", table.text());
    }
    let report = plan["report"].as_array().map(Vec::as_slice).unwrap_or_default();
    if !report.is_empty() {
        text += "\nreport:\n";
        for line in report {
            add!(text, "  {}: {}\n", cell(&line["subject"]), cell(&line["text"]));
        }
    }
    if !is_drift(plan) {
        let statuses = plan["statuses"].as_array().map(Vec::as_slice).unwrap_or_default();
        let unknown = statuses
            .iter()
            .filter(|entry| entry["status"]["sync"] == "UNKNOWN")
            .count();
        if unknown == 0 {
            text += "in sync: nothing to do\n";
        } else {
            let note = "resources are not known (yet), and nothing is decided from that";
            add!(text, "\nnothing to do; {unknown} {note}\n");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_is_a_decision_or_something_not_as_declared() {
        let plan = |decisions: Value, sync: &str| json!({"decisions": decisions, "statuses": [{"status": {"sync": sync}}]});
        assert!(!is_drift(&plan(json!([]), "SYNCED")));
        assert!(!is_drift(&plan(json!([]), "UNKNOWN")));
        assert!(is_drift(&plan(json!([]), "OUT_OF_SYNC")));
        assert!(is_drift(&plan(json!([{}]), "SYNCED")));
    }

    #[test]
    fn long_paths_keep_their_end() {
        assert_eq!(tail("a/b.yaml"), "a/b.yaml");
        let long = format!("{}/ü.yaml", "ä".repeat(150));
        assert!(tail(&long).len() <= 190 && tail(&long).ends_with("/ü.yaml"));
    }
}
