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
use serde_json::{Value, json};

/// Guests asked for at a time.
const PAGE: i32 = 50;

/// Runs the command.
pub async fn run(arguments: &Get, client: &Client) -> Outcome {
    let list = columns::list(arguments.things);
    let rows = match arguments.things {
        Things::Guests => all_guests(client).await?,
        Things::Clusters => with_surroundings(client.ask(list.query, json!({})).await?),
        _ => rows(&client.ask(list.query, json!({})).await?[list.field]),
    };
    if arguments.output == Output::Json {
        out::print(&format!("{:#}\n", Value::Array(rows)));
        return Ok(Exit::Ok);
    }
    let mut table = table(list.columns, &rows);
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

/// A table of these columns.
pub fn table(columns: &[Column], rows: &[Value]) -> Table {
    let heads: Vec<&'static str> = columns.iter().map(|(head, _)| *head).collect();
    let mut table = Table::new(&heads);
    for value in rows {
        let row = Row {
            value,
            now: jiff::Timestamp::now(),
        };
        table.row(columns.iter().map(|(_, cell)| cell(&row)));
    }
    table
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
