//! `jarvis get`: lists, one row a thing.

use super::field::{age, bytes, cell, percent, share, short, span, word};
use crate::{
    cli::{
        Output,
        show::{Get, Things},
    },
    client::Client,
    exit::{Exit, Failure, Outcome},
    out,
    table::Table,
};
use serde_json::{Value, json};

/// Guests asked for at a time.
const PAGE: i32 = 50;

/// Runs the command.
pub async fn run(arguments: &Get, client: &Client) -> Outcome {
    let rows = if arguments.things == Things::Guests {
        all_guests(client).await?
    } else {
        let (query, field) = query(arguments.things);
        let data = client.ask(query, json!({})).await?;
        let mut rows = data[field].as_array().cloned().unwrap_or_default();
        if arguments.things == Things::Clusters {
            for row in &mut rows {
                row["freeze"] = data["freeze"].clone();
                row["source"] = data["revision"].clone();
            }
        }
        rows
    };
    if arguments.output == Output::Json {
        out::print(&format!("{:#}\n", Value::Array(rows)));
        return Ok(Exit::Ok);
    }
    let now = jiff::Timestamp::now();
    let mut table = Table::new(heads(arguments.things));
    for row in &rows {
        table.row(cells(arguments.things, row, now));
    }
    if let Some(matching) = &arguments.matching {
        table.keep(matching);
    }
    if table.is_empty() {
        out::note("none");
    } else {
        out::print(&table.text());
    }
    Ok(Exit::Ok)
}

/// Every guest, page by page.
pub async fn all_guests(client: &Client) -> Result<Vec<Value>, Failure> {
    const QUERY: &str = "query($first: Int!, $after: String) { guests(first: $first, after: $after) { nodes { vmid name kind \
        node status statusWord uptimeSeconds lock haState template protected resource runStrategy \
        usage { cpu memBytes maxMemBytes } } pageInfo { hasNextPage endCursor } } }";
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let data = client
            .ask(QUERY, json!({ "first": PAGE, "after": after }))
            .await?;
        let page = &data["guests"];
        all.extend(page["nodes"].as_array().cloned().unwrap_or_default());
        if page["pageInfo"]["hasNextPage"] != json!(true) {
            return Ok(all);
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

fn query(things: Things) -> (&'static str, &'static str) {
    match things {
        Things::Clusters => (
            "{ clusters { name nodesOnline nodesTotal guestsRunning guestsTotal issuesOpen revision quorum { quorate unknownReason } \
             loop { ready lastLookAt lookFailure actingStopped lastPassMillis } } freeze { state scope reason until } revision { sourceFailure pendingErrors } }",
            "clusters",
        ),
        Things::Nodes => (
            "{ nodes { name status uptimeSeconds guests guestsRunning votes haState protected resource unknownReason \
             usage { cpu memBytes maxMemBytes } } }",
            "nodes",
        ),
        Things::Guests => ("", "guests"),
        Things::Resources => (
            "{ resources { key kind name hold { scope until } status { sync health since observedRevision headline { type reason message } } } }",
            "resources",
        ),
        Things::Issues => (
            "{ issues { key resource summary openedAt attempts attemptsLeft escalatedAt healthySince announcedAt lastOutcome } }",
            "issues",
        ),
        Things::Alerts => (
            "{ alerts { id severity resource title detail since issue } }",
            "alerts",
        ),
        Things::Decisions => (
            "{ decisions { id action { text } resource origin issue ticket verdict { word tier code rule reason until } attempt evidence } }",
            "decisions",
        ),
        Things::Events => (
            "{ events(first: 50) { seq at severity name title detail resource } }",
            "events",
        ),
        Things::Tickets => (
            "{ tickets { id action { text } origin createdAt state digest outcome refusal { code rule reason } } }",
            "tickets",
        ),
        Things::Intents => (
            "{ intents { id action { text } origin tier attempt loggedAt stage upid outcome closedAt undo } }",
            "intents",
        ),
        Things::Holds => ("{ holds { scope by reason since until } }", "holds"),
        Things::Storage => (
            "{ storage { id name node plugin active usedBytes totalBytes } }",
            "storage",
        ),
        Things::Tasks => (
            "{ tasks(first: 50) { upid node taskType vmid user startedAt endedAt exit } }",
            "tasks",
        ),
    }
}

fn heads(things: Things) -> &'static [&'static str] {
    match things {
        Things::Clusters => &[
            "NAME", "READY", "QUORATE", "NODES", "GUESTS", "ISSUES", "REVISION", "FREEZE", "TROUBLE",
        ],
        Things::Nodes => &[
            "NAME",
            "STATUS",
            "GUESTS",
            "CPU",
            "MEMORY",
            "UPTIME",
            "VOTES",
            "PROTECTED",
            "RESOURCE",
        ],
        Things::Guests => &[
            "VMID",
            "NAME",
            "KIND",
            "NODE",
            "STATUS",
            "CPU",
            "MEMORY",
            "UPTIME",
            "LOCK",
            "STRATEGY",
            "PROTECTED",
        ],
        Things::Resources => &[
            "RESOURCE",
            "SYNC",
            "HEALTH",
            "CONDITION",
            "REASON",
            "HOLD",
            "MESSAGE",
        ],
        Things::Issues => &["ISSUE", "AGE", "ATTEMPTS", "LEFT", "STATE", "SUMMARY"],
        Things::Alerts => &["SEVERITY", "SINCE", "RESOURCE", "TITLE", "DETAIL"],
        Things::Decisions => &["ID", "ACTION", "FOR", "TIER", "VERDICT", "RULE", "REASON"],
        Things::Events => &["SEQ", "AGE", "SEVERITY", "TITLE", "DETAIL"],
        Things::Tickets => &["TICKET", "AGE", "ACTION", "WHO", "STATE", "RESULT"],
        Things::Intents => &["INTENT", "AGE", "ACTION", "WHO", "TIER", "STAGE", "OUTCOME"],
        Things::Holds => &["SCOPE", "BY", "SINCE", "UNTIL", "REASON"],
        Things::Storage => &["STORAGE", "NODE", "TYPE", "ACTIVE", "USED", "TOTAL", "FULL"],
        Things::Tasks => &["STARTED", "NODE", "TASK", "VMID", "USER", "RESULT"],
    }
}

fn cells(things: Things, row: &Value, now: jiff::Timestamp) -> Vec<String> {
    let field = |name: &str| cell(&row[name]);
    match things {
        Things::Clusters => cluster(row),
        Things::Nodes => {
            let usage = &row["usage"];
            let guests = format!("{}/{}", field("guestsRunning"), field("guests"));
            let memory = share(&usage["memBytes"], &usage["maxMemBytes"]);
            vec![
                field("name"),
                word(&row["status"]),
                guests,
                percent(&usage["cpu"]),
                memory,
                span(&row["uptimeSeconds"]),
                field("votes"),
                yes(&row["protected"]),
                field("resource"),
            ]
        }
        Things::Guests => {
            let usage = &row["usage"];
            let status = if row["template"] == json!(true) {
                "template".to_owned()
            } else {
                field("statusWord")
            };
            let strategy = word(&row["runStrategy"]);
            vec![
                field("vmid"),
                field("name"),
                word(&row["kind"]).to_lowercase(),
                field("node"),
                status,
                percent(&usage["cpu"]),
                bytes(&usage["memBytes"]),
                span(&row["uptimeSeconds"]),
                field("lock"),
                strategy,
                yes(&row["protected"]),
            ]
        }
        Things::Resources => {
            let (status, headline) = (&row["status"], &row["status"]["headline"]);
            vec![
                field("key"),
                word(&status["sync"]),
                word(&status["health"]),
                word(&headline["type"]),
                cell(&headline["reason"]),
                cell(&row["hold"]["scope"]),
                cell(&headline["message"]),
            ]
        }
        Things::Issues => {
            vec![
                field("key"),
                age(&row["openedAt"], now),
                field("attempts"),
                field("attemptsLeft"),
                issue_state(row),
                field("summary"),
            ]
        }
        Things::Alerts => {
            vec![
                word(&row["severity"]),
                age(&row["since"], now),
                field("resource"),
                field("title"),
                field("detail"),
            ]
        }
        Things::Decisions => {
            let verdict = &row["verdict"];
            let cause = if row["issue"].is_null() {
                field("ticket")
            } else {
                field("issue")
            };
            vec![
                short(&row["id"]),
                cell(&row["action"]["text"]),
                cause,
                word(&verdict["tier"]).to_lowercase(),
                cell(&verdict["word"]),
                cell(&verdict["rule"]),
                cell(&verdict["reason"]),
            ]
        }
        Things::Events => vec![
            field("seq"),
            age(&row["at"], now),
            word(&row["severity"]),
            field("title"),
            field("detail"),
        ],
        Things::Tickets => {
            let result = if row["outcome"].is_null() {
                cell(&row["refusal"]["reason"])
            } else {
                field("outcome")
            };
            vec![
                field("id"),
                age(&row["createdAt"], now),
                cell(&row["action"]["text"]),
                field("origin"),
                word(&row["state"]),
                result,
            ]
        }
        Things::Intents => vec![
            field("id"),
            age(&row["loggedAt"], now),
            cell(&row["action"]["text"]),
            field("origin"),
            word(&row["tier"]).to_lowercase(),
            field("stage"),
            field("outcome"),
        ],
        Things::Holds => vec![
            field("scope"),
            field("by"),
            field("since"),
            field("until"),
            field("reason"),
        ],
        Things::Storage => vec![
            field("name"),
            field("node"),
            field("plugin"),
            yes(&row["active"]),
            bytes(&row["usedBytes"]),
            bytes(&row["totalBytes"]),
            share(&row["usedBytes"], &row["totalBytes"]),
        ],
        Things::Tasks => {
            let result = if row["endedAt"].is_null() {
                "running".to_owned()
            } else {
                field("exit")
            };
            vec![
                field("startedAt"),
                field("node"),
                field("taskType"),
                field("vmid"),
                field("user"),
                result,
            ]
        }
    }
}

fn cluster(row: &Value) -> Vec<String> {
    let of = |part: &str, whole: &str| format!("{}/{}", cell(&row[part]), cell(&row[whole]));
    let freeze = match row["freeze"]["state"].as_str() {
        Some("ON") => word(&row["freeze"]["scope"]).to_lowercase(),
        other => other.unwrap_or("-").to_lowercase(),
    };
    let (state, source) = (&row["loop"], &row["source"]);
    let troubles = [
        &state["actingStopped"],
        &state["lookFailure"],
        &source["sourceFailure"],
        &source["pendingErrors"][0],
    ];
    let trouble = troubles.into_iter().find(|trouble| !trouble.is_null());
    vec![
        cell(&row["name"]),
        yes(&state["ready"]),
        yes(&row["quorum"]["quorate"]),
        of("nodesOnline", "nodesTotal"),
        of("guestsRunning", "guestsTotal"),
        cell(&row["issuesOpen"]),
        short(&row["revision"]),
        freeze,
        trouble.map_or_else(|| "-".to_owned(), cell),
    ]
}

fn yes(value: &Value) -> String {
    match value {
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        _ => "-".to_owned(),
    }
}

fn issue_state(row: &Value) -> String {
    let state = [
        ("escalatedAt", "escalated"),
        ("healthySince", "healthy"),
        ("announcedAt", "announced"),
    ];
    state
        .iter()
        .find(|(field, _)| !row[*field].is_null())
        .map_or("open", |(_, state)| state)
        .to_owned()
}
