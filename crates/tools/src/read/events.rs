//! `list_events`: the activity feed.

use super::reads;
use crate::{
    answer::{Answer, Trouble},
    arguments, schema,
    tool::{Call, Desk, Running, Tool},
};
use jarvis_controller::feed;
use jarvis_guard::words;
use jarvis_model::{ResourceKey, Severity};
use jarvis_ports::Stored;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Lines in one answer.
const PAGE: u32 = 30;
const LONGEST_PAGE: u32 = 200;
/// Records looked through at most, newest first.
const LOOKED_AT: u64 = 20_000;
/// Records read at a time.
const CHUNK: u64 = 500;

pub(crate) const TOOL: Tool = Tool {
    narrow: "narrow with resource or severity, or go on with `before`",
    example: r#"{"limit":20,"severity":"warning"}"#,
    input: schema::input::<Filter>,
    output: schema::output::<Events>,
    ..reads(
        "list_events",
        "Events",
        "What happened, newest first: what was found, decided, done, refused, and by whom.",
        list,
    )
};

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Filter {
    /// Only of this manifest resource, Kind/name.
    resource: Option<String>,
    /// Only at least info, warning or critical.
    severity: Option<String>,
    /// Only older than this seq.
    before: Option<u64>,
    #[schemars(range(min = 1, max = 200))]
    limit: Option<u32>,
}

/// Lines of the feed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Events {
    events: Vec<EventLine>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

/// A line of the feed.
#[derive(Debug, Serialize, JsonSchema)]
pub struct EventLine {
    seq: u64,
    at: String,
    severity: String,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<String>,
}

struct Wanted {
    resource: Option<ResourceKey>,
    severity: Option<Severity>,
    before: Option<u64>,
    limit: usize,
}

impl Wanted {
    fn of(filter: &Filter) -> Result<Self, Trouble> {
        let limit = arguments::within("limit", filter.limit.unwrap_or(PAGE), 1, LONGEST_PAGE)?;
        let resource = filter.resource.as_ref().map(|key| key.parse::<ResourceKey>());
        let severity = filter.severity.as_deref().map(|word| match word {
            "info" => Ok(Severity::Info),
            "warning" => Ok(Severity::Warning),
            "critical" => Ok(Severity::Critical),
            _ => Err(Trouble(
                "wrong arguments: severity: give info, warning or critical".to_owned(),
            )),
        });
        Ok(Self {
            resource: resource
                .transpose()
                .map_err(|error| Trouble(format!("wrong arguments: resource: {error}")))?,
            severity: severity.transpose()?,
            before: filter.before,
            limit: limit as usize,
        })
    }
}

fn list(call: Call) -> Running {
    Box::pin(async move {
        let filter: Filter = arguments::read(call.arguments)?;
        let wanted = Wanted::of(&filter)?;
        let desk = call.desk;
        // The journal is read from a file.
        let read = tokio::task::spawn_blocking(move || backwards(&desk, &wanted));
        let events = read
            .await
            .map_err(|_| Trouble("reading the journal was cut short; try again".to_owned()))??;
        Answer::of(&events)
    })
}

fn backwards(desk: &Desk, wanted: &Wanted) -> Result<Events, Trouble> {
    let memory = desk.handle.view().memory.clone();
    let end = wanted
        .before
        .map_or(u64::MAX, |before| before.saturating_sub(1))
        .min(desk.handle.head());
    let (mut events, mut until) = (Vec::new(), end);
    while events.len() < wanted.limit && until > end.saturating_sub(LOOKED_AT) {
        let from = until.saturating_sub(CHUNK);
        let count = usize::try_from(until - from).unwrap_or(usize::MAX);
        let chunk = desk
            .handle
            .records_after(from, count)
            .map_err(|error| Trouble(error.to_string()))?;
        let newest_first = chunk.iter().rev().filter(|stored| stored.record.seq <= until);
        events.extend(newest_first.filter_map(|stored| line(stored, &memory, wanted)));
        until = from;
    }
    let more = events.len() > wanted.limit;
    events.truncate(wanted.limit);
    let note = events
        .last()
        .filter(|_| more)
        .map(|last| format!("more before seq {}", last.seq));
    Ok(Events { events, note })
}

fn line(stored: &Stored, memory: &jarvis_model::Memory, wanted: &Wanted) -> Option<EventLine> {
    let event = &stored.record.event;
    if !event.is_told(memory) {
        return None;
    }
    let line = feed::line(event, memory);
    let fits = wanted.severity.is_none_or(|least| line.severity >= least)
        && (wanted.resource.is_none() || wanted.resource == line.resource);
    fits.then(|| EventLine {
        seq: stored.record.seq,
        at: words::time(stored.record.at),
        severity: format!("{:?}", line.severity).to_lowercase(),
        title: line.title,
        detail: line.detail,
        resource: line.resource.map(|key| key.to_string()),
    })
}
