//! `jarvis get`: lists, one row a thing.

mod columns;

pub use columns::{Column, DECISION, Row};

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
use jarvis_api::search::found;
use serde_json::{Value, json};

/// Guests asked for at a time.
const PAGE: i32 = 50;

/// Runs the command.
pub async fn run(arguments: &Get, client: &Client) -> Outcome {
    let list = columns::list(arguments.things);
    let matching = arguments.matching.as_deref();
    let mut rows = match arguments.things {
        Things::Guests => all_guests(client).await?,
        Things::Clusters => with_surroundings(client.ask(list.query, json!({})).await?),
        Things::Events => rows(&client.ask(list.query, json!({ "text": matching })).await?[list.field]),
        _ => rows(&client.ask(list.query, json!({})).await?[list.field]),
    };
    if let Some(matching) = matching.filter(|_| !matches!(arguments.things, Things::Events)) {
        rows.retain(|row| cells(list.columns, row).any(|cell| found(&cell, matching)));
    }
    if arguments.output == Output::Json {
        out::print(&format!("{:#}\n", Value::Array(rows)));
        return Ok(Exit::Ok);
    }
    let table = table(list.columns, &rows);
    if table.is_empty() {
        out::note("none");
    } else {
        out::print(&table.text());
    }
    Ok(Exit::Ok)
}

/// A table of these columns.
pub fn table(columns: &[Column], rows: &[Value]) -> Table {
    let heads: Vec<&'static str> = columns.iter().map(|(head, _)| *head).collect();
    let mut table = Table::new(&heads);
    for row in rows {
        table.row(cells(columns, row));
    }
    table
}

fn cells(columns: &[Column], value: &Value) -> impl Iterator<Item = String> {
    let row = Row {
        value,
        now: jiff::Timestamp::now(),
    };
    columns.iter().map(move |(_, cell)| cell(&row))
}

fn rows(value: &Value) -> Vec<Value> {
    value.as_array().cloned().unwrap_or_default()
}

/// The kill switch and the source belong to the row of the cluster.
fn with_surroundings(data: Value) -> Vec<Value> {
    let mut clusters = rows(&data["clusters"]);
    for cluster in &mut clusters {
        cluster["freeze"] = data["freeze"].clone();
        cluster["source"] = data["revision"].clone();
    }
    clusters
}

/// Every guest, page by page.
pub async fn all_guests(client: &Client) -> Result<Vec<Value>, Failure> {
    let list = columns::list(Things::Guests);
    let (mut all, mut after) = (Vec::new(), Value::Null);
    loop {
        let data = client
            .ask(list.query, json!({ "first": PAGE, "after": after }))
            .await?;
        let page = &data[list.field];
        all.extend(rows(&page["nodes"]));
        if page["pageInfo"]["hasNextPage"] != json!(true) {
            return Ok(all);
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}
