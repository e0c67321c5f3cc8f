//! Queries of the journal: feed, audit, intents, tickets.

#![expect(
    clippy::unused_async,
    reason = "resolvers are async by the contract of the macro"
)]

use super::cluster::{page_complexity, page_size};
use crate::{
    graphql::{
        Shared, errors, shared,
        types::{
            issue::Intent,
            record::Record,
            scalar::{Counter, Time},
            ticket::Ticket,
            word::Severity,
        },
    },
    search,
};
use async_graphql::{Context, InputObject, Object, Result};
use jarvis_model::{ResourceKey, TicketId};
use jarvis_ports::Stored;

/// Which records; every part that is given must fit.
#[derive(Debug, Clone, Default, InputObject)]
pub struct EventFilter {
    /// Only of this resource, `Kind/name`.
    pub resource: Option<String>,
    /// Only at least this serious.
    pub severity: Option<Severity>,
    /// Only of this kind: `issueOpened` ...
    pub name: Option<String>,
    /// Only whose words or severity contain this, whatever the letter case; a number only as a whole.
    pub text: Option<String>,
    /// Only what this user asked for, decided or changed; `token:NAME` for a token.
    pub user: Option<String>,
    /// Only at or after this.
    pub since: Option<Time>,
    /// Only before this.
    pub until: Option<Time>,
}

/// Checked form of an [`EventFilter`].
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    resource: Option<ResourceKey>,
    severity: Option<jarvis_model::Severity>,
    name: Option<String>,
    text: Option<String>,
    user: Option<String>,
    since: Option<Time>,
    until: Option<Time>,
}

impl Wanted {
    /// Checks a filter.
    pub fn of(filter: EventFilter) -> Result<Self> {
        let resource = filter.resource.map(|key| key.parse::<ResourceKey>()).transpose();
        let resource = resource.map_err(|error| errors::invalid(error.to_string()))?;
        Ok(Self {
            resource,
            severity: filter.severity.map(Into::into),
            name: filter.name,
            text: filter.text,
            user: filter.user,
            since: filter.since,
            until: filter.until,
        })
    }

    /// Whether a record's line fits.
    pub fn fits(&self, record: &Record) -> bool {
        let key = self.resource.as_ref().map(ToString::to_string);
        let severity = jarvis_model::Severity::from(record.severity);
        (key.is_none() || key == record.resource)
            && self.severity.is_none_or(|least| severity >= least)
            && self.name.as_ref().is_none_or(|name| *name == record.name)
            && self.since.is_none_or(|since| record.at >= since)
            && self.until.is_none_or(|until| record.at < until)
            && self.text.as_ref().is_none_or(|text| says(record, text))
            && self
                .user
                .as_ref()
                .is_none_or(|user| concerns(&record.data.0, user))
    }
}

/// Whether a record's words contain a text.
fn says(record: &Record, text: &str) -> bool {
    let severity = format!("{:?}", record.severity);
    let words = [
        Some(&*severity),
        Some(&*record.title),
        record.detail.as_deref(),
        record.resource.as_deref(),
    ];
    words
        .into_iter()
        .flatten()
        .any(|words| search::found(words, text))
}

/// Whether a record names a user as the one who asked, decided or changed something.
fn concerns(data: &serde_json::Value, user: &str) -> bool {
    let token = user.strip_prefix("token:").unwrap_or(user);
    match data {
        serde_json::Value::Object(fields) => fields.iter().any(|(key, value)| match (key.as_str(), value) {
            ("by" | "user", serde_json::Value::String(who)) => who == user,
            ("token", serde_json::Value::String(who)) => who == token,
            (_, serde_json::Value::Object(_)) => concerns(value, user),
            _ => false,
        }),
        _ => false,
    }
}

/// Records looked through at most for one page, newest first.
const LOOKED_AT: u64 = 20_000;
/// Records read at a time.
const CHUNK: u64 = 500;

/// Queries of the journal.
#[derive(Default)]
pub struct HistoryQuery;

#[Object]
impl HistoryQuery {
    /// The activity feed, newest first; with `after`, oldest first from there on.
    #[graphql(complexity = "page_complexity(first, child_complexity)")]
    async fn events(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most so many.", default = 50)] first: i32,
        #[graphql(desc = "Only records before this one.")] before: Option<Counter>,
        #[graphql(desc = "Only records after this one, oldest first.")] after: Option<Counter>,
        #[graphql(desc = "Which.", default)] filter: EventFilter,
        #[graphql(desc = "Also bookkeeping that is no line of the feed.", default = false)] all: bool,
    ) -> Result<Vec<Record>> {
        let wanted = Wanted::of(filter)?;
        let fits = move |record: &Record| (all || record.feed) && wanted.fits(record);
        records(shared(context)?, page_size(first)?, before, after, fits).await
    }

    /// The audit trail, newest first; with `after`, oldest first from there on.
    #[graphql(complexity = "page_complexity(first, child_complexity)")]
    async fn audit(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "At most so many.", default = 50)] first: i32,
        #[graphql(desc = "Only records before this one.")] before: Option<Counter>,
        #[graphql(desc = "Only records after this one, oldest first.")] after: Option<Counter>,
        #[graphql(desc = "Which.", default)] filter: EventFilter,
    ) -> Result<Vec<Record>> {
        let wanted = Wanted::of(filter)?;
        let fits = move |record: &Record| record.audit && wanted.fits(record);
        records(shared(context)?, page_size(first)?, before, after, fits).await
    }

    /// Effects in flight, and the latest that ended, newest first.
    #[graphql(complexity = "10 * child_complexity")]
    async fn intents(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only those that wait for their outcome.", default = false)] open: bool,
    ) -> Result<Vec<Intent>> {
        let view = shared(context)?.handle.view();
        let all = view
            .memory
            .intents
            .values()
            .rev()
            .filter(|intent| !open || intent.is_open());
        Ok(all.map(Intent::from).collect())
    }

    /// Requests: open ones and the latest that ended, newest first.
    #[graphql(complexity = "10 * child_complexity")]
    async fn tickets(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Only those of which more will come.", default = false)] open: bool,
    ) -> Result<Vec<Ticket>> {
        let view = shared(context)?.handle.view();
        let all = view
            .memory
            .tickets
            .values()
            .filter(|ticket| !open || !ticket.state.is_final());
        let mut all: Vec<Ticket> = all.map(Ticket::from).collect();
        all.sort_by(|a, b| b.created_at.cmp(&a.created_at).then_with(|| b.id.cmp(&a.id)));
        Ok(all)
    }

    /// One request; null when there is none (any more).
    async fn ticket(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "Its name.")] id: String,
    ) -> Result<Option<Ticket>> {
        Ok(shared(context)?
            .handle
            .view()
            .memory
            .tickets
            .get(&TicketId(id))
            .map(Ticket::from))
    }
}

async fn records(
    shared: &Shared,
    first: usize,
    before: Option<Counter>,
    after: Option<Counter>,
    fits: impl Fn(&Record) -> bool + Send + 'static,
) -> Result<Vec<Record>> {
    let shared = shared.clone();
    let read = tokio::task::spawn_blocking(move || match after {
        Some(after) => forwards(&shared, first, after.0, before.map(|before| before.0), &fits),
        None => backwards(&shared, first, before.map(|before| before.0), &fits),
    });
    read.await
        .map_err(|_| errors::unavailable("reading the journal was cut short; try again"))?
}

fn read(shared: &Shared, after: u64, limit: u64) -> Result<Vec<Stored>> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    shared
        .handle
        .records_after(after, limit)
        .map_err(|error| errors::unavailable(error.to_string()))
}

fn forwards(
    shared: &Shared,
    first: usize,
    after: u64,
    before: Option<u64>,
    fits: &dyn Fn(&Record) -> bool,
) -> Result<Vec<Record>> {
    let memory = shared.handle.view().memory.clone();
    let (mut found, mut at) = (Vec::new(), after);
    while found.len() < first && at < after.saturating_add(LOOKED_AT) {
        let chunk = read(shared, at, CHUNK)?;
        let Some(last) = chunk.last() else { break };
        at = last.record.seq;
        let wanted = chunk
            .iter()
            .filter(|stored| before.is_none_or(|before| stored.record.seq < before));
        found.extend(
            wanted
                .map(|stored| Record::of(stored, &memory))
                .filter(|record| fits(record)),
        );
    }
    found.truncate(first);
    Ok(found)
}

fn backwards(
    shared: &Shared,
    first: usize,
    before: Option<u64>,
    fits: &dyn Fn(&Record) -> bool,
) -> Result<Vec<Record>> {
    let memory = shared.handle.view().memory.clone();
    let end = before
        .map_or(u64::MAX, |before| before.saturating_sub(1))
        .min(shared.handle.head());
    let (mut found, mut until) = (Vec::new(), end);
    while found.len() < first && until > end.saturating_sub(LOOKED_AT) {
        let from = until.saturating_sub(CHUNK);
        let chunk = read(shared, from, until - from)?;
        let newest_first = chunk.iter().rev().filter(|stored| stored.record.seq <= until);
        found.extend(
            newest_first
                .map(|stored| Record::of(stored, &memory))
                .filter(|record| fits(record)),
        );
        until = from;
    }
    found.truncate(first);
    Ok(found)
}
