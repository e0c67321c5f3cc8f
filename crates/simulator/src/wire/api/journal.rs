//! `/nodes/{node}/journal` and `/nodes/{node}/syslog`: what a node's programs said, from the cluster log.

use crate::date::syslog_date;
use crate::json::Json;
use crate::wire::params::{Shape, may};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::{LogLine, Refusal};

const SYSLOG: Guard = Guard::Need("/nodes/{node}", &["Sys.Syslog"]);

pub(super) static ROUTES: &[Route] = &[
    Route::there("GET", "/nodes/{node}/journal", SYSLOG, journal)
        .with(&[
            may("since", Shape::Int(0)),
            may("until", Shape::Int(0)),
            may("lastentries", Shape::Int(0)),
            may("startcursor", Shape::Text),
            may("endcursor", Shape::Text),
        ])
        .protected(),
    Route::there("GET", "/nodes/{node}/syslog", SYSLOG, syslog)
        .with(&[
            may("start", Shape::Int(0)),
            may("limit", Shape::Int(0)),
            may("since", Shape::Text),
            may("until", Shape::Text),
            may("service", Shape::Text),
        ])
        .protected(),
];

fn text(line: &LogLine) -> String {
    format!(
        "{} {} {}[{}]: {}",
        syslog_date(line.at_secs),
        line.node,
        line.tag,
        line.pid,
        line.text
    )
}

fn cursor(node: &str, uid: u64) -> String {
    format!("s={node};i={uid:x}")
}

fn uid_of(cursor: &str) -> Option<u64> {
    u64::from_str_radix(cursor.rsplit_once("i=")?.1, 16).ok()
}

/// Lines between two cursors. Comes packed, whether or not that was asked for.
fn journal(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let node = ctx.node();
    let after = ctx.param("startcursor").and_then(uid_of);
    let before = ctx.param("endcursor").and_then(uid_of);
    let mut lines: Vec<&LogLine> = ctx
        .world
        .log
        .iter()
        .filter(|line| line.node == node)
        .filter(|line| after.is_none_or(|uid| line.uid > uid) && before.is_none_or(|uid| line.uid < uid))
        .filter(|line| ctx.number("since").is_none_or(|since| line.at_secs >= since))
        .filter(|line| ctx.number("until").is_none_or(|until| line.at_secs <= until))
        .collect();
    if let Some(last) = ctx.number("lastentries") {
        let last = usize::try_from(last).unwrap_or(usize::MAX);
        lines.drain(..lines.len().saturating_sub(last));
    }
    let ends = [lines.first(), lines.last()].map(|line| line.map_or(after.unwrap_or(0), |line| line.uid));
    let mut rows = vec![Json::from(cursor(node, ends[0]))];
    rows.extend(lines.iter().map(|line| Json::from(text(line))));
    rows.push(Json::from(cursor(node, ends[1])));
    let total = rows.len() as u64;
    Ok(Done::Packed(Json::List(rows), total))
}

/// The same as numbered lines, with a total.
fn syslog(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let node = ctx.node();
    let lines: Vec<&LogLine> = ctx
        .world
        .log
        .iter()
        .filter(|line| line.node == node)
        .filter(|line| ctx.param("service").is_none_or(|service| line.tag == service))
        .collect();
    let total = lines.len() as u64;
    let start = usize::try_from(ctx.number("start").unwrap_or(0)).unwrap_or(usize::MAX);
    let limit = usize::try_from(ctx.number("limit").unwrap_or(50)).unwrap_or(usize::MAX);
    let rows = lines
        .iter()
        .enumerate()
        .skip(start)
        .take(limit)
        .map(|(at, line)| Json::object().with("n", at as u64 + 1).with("t", text(line)));
    Ok(Done::Page(Json::List(rows.collect()), total))
}
