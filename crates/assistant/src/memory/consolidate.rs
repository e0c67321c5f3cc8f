//! Once a day the days that are older than a week are summarised from the journal, each in one record, and days older than 400
//! days are added up to months. Code does it, no model; so it costs nothing and invents nothing.
//!
//! A day and the place up to which the journal was read are written together: begun again after a crash, it goes on with the
//! first day that has no summary, and a day that has one is not counted twice.

use super::{
    record::{Kind, Record, Source, Trust},
    shelf::{Memory, MemoryError, RECORD, SPACE, SUMMARY, delete},
};
use jarvis_controller::feed;
use jarvis_model::{Event, Memory as Known, Severity, Timestamp};
use jarvis_ports::{JournalError, Stored, Write};
use jarvis_tools::clean;
use jiff::civil::Date;
use std::{collections::BTreeMap, time::Duration};

/// Days stay in the journal's feed for so long before they are summarised.
const FRESH_DAYS: i64 = 7;
/// A summary of a day is kept for so long.
const DAYS: i64 = 400;
/// A summary of a month is kept for so long.
const MONTH: Duration = Duration::from_hours(10 * 366 * 24);
/// So much of the journal is read at once.
const CHUNK: usize = 1000;
/// So many counts of a day or a month are told apart; the rest is counted together.
const COUNTS: usize = 40;
const OTHERS: &str = "others";
/// So many lines of a day are repeated, each of so many characters.
const NOTABLE: usize = 8;
const LINE: usize = 120;
const CURSOR: &[u8] = b"c";

/// Reads records after a number, at most so many: the journal, and nothing else of it.
pub type ReadAfter<'a> = dyn Fn(u64, usize) -> Result<Vec<Stored>, JournalError> + 'a;

/// What was done.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Consolidated {
    /// Days that were summarised.
    pub days: usize,
    /// Records of the journal that were read for it.
    pub read: u64,
    /// What had expired and is forgotten.
    pub expired: usize,
}

/// Why it came to nothing; what was done until then stays, and the next time goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum ConsolidateError {
    /// The journal is not read.
    #[error("cannot summarise past days: {0}")]
    Journal(#[from] JournalError),
    /// The memory does not take it.
    #[error(transparent)]
    Memory(#[from] MemoryError),
}

/// A day while it is read.
struct Tally {
    date: Date,
    first: u64,
    last: u64,
    counts: BTreeMap<String, u64>,
    notable: Vec<(Severity, String)>,
}

impl Memory {
    /// Summarises what is due. Blocks; on tokio call it within `spawn_blocking`. Holds no lock while it reads, and reads in
    /// pieces, so that nobody waits for it.
    pub fn consolidate(
        &self,
        read: &ReadAfter<'_>,
        now: Timestamp,
    ) -> Result<Consolidated, ConsolidateError> {
        let today = self.calendar.date(now);
        let before = today.saturating_sub(jiff::Span::new().days(FRESH_DAYS));
        let mut done = Consolidated::default();
        let mut seq = self.cursor()?;
        let mut day: Option<Tally> = None;
        'reading: loop {
            let records = read(seq, CHUNK)?;
            if records.is_empty() {
                break;
            }
            for stored in records {
                let record = stored.record;
                let date = self.calendar.date(record.at);
                if date >= before {
                    break 'reading;
                }
                // A clock that was put back does not open a day again: what it dates too early counts for the day at hand.
                if day.as_ref().is_some_and(|tally| tally.date < date)
                    && let Some(tally) = day.take()
                {
                    self.summarise(tally, now)?;
                    done.days += 1;
                }
                day.get_or_insert_with(|| Tally::begin(date, record.seq))
                    .count(record.seq, &record.event);
                seq = record.seq;
                done.read += 1;
            }
        }
        if let Some(tally) = day {
            self.summarise(tally, now)?;
            done.days += 1;
        }
        self.to_months(today, now)?;
        done.expired = self.expire(now)?;
        Ok(done)
    }

    fn cursor(&self) -> Result<u64, MemoryError> {
        let value = self.store.get(SPACE, CURSOR)?;
        let bytes = value.and_then(|value| <[u8; 8]>::try_from(value).ok());
        Ok(bytes.map_or(0, u64::from_be_bytes))
    }

    fn summarise(&self, tally: Tally, now: Timestamp) -> Result<(), MemoryError> {
        let cursor = Write::Put {
            space: SPACE.to_owned(),
            key: CURSOR.to_vec(),
            value: tally.last.to_be_bytes().to_vec(),
        };
        let mut record = tally.record(now);
        let name = record.name.clone();
        let earlier = {
            let shelf = self.shelf();
            let mut days = shelf.records.values();
            days.find(|one| one.kind == Kind::Day && one.name == name)
                .cloned()
        };
        // A day that is there already was dated again by a clock that was put back: both count.
        if let Some(earlier) = earlier {
            for (what, count) in &earlier.counts {
                add(&mut record.counts, what, *count);
            }
            record.text = sentence(&record.counts);
            record.source = spanning(&earlier.source, &record.source);
        }
        self.keep(record, vec![cursor])?;
        Ok(())
    }

    /// Adds days that are old enough to their months. The day goes and its month grows in one write.
    fn to_months(&self, today: Date, now: Timestamp) -> Result<(), MemoryError> {
        let oldest = today.saturating_sub(jiff::Span::new().days(DAYS));
        let (old, mut months) = {
            let shelf = self.shelf();
            let of = |kind: Kind| {
                let records = shelf.records.values().filter(move |one| one.kind == kind);
                records.cloned().collect::<Vec<Record>>()
            };
            let mut old = of(Kind::Day);
            old.retain(|one| date(one).is_some_and(|date| date < oldest));
            (old, of(Kind::Month))
        };
        for day in old {
            let Some(name) = day.name.as_deref().and_then(|name| name.get(..7)) else {
                continue;
            };
            let position = months
                .iter()
                .position(|month| month.name.as_deref() == Some(name));
            let mut month =
                position.map_or_else(|| begin_month(name, &day, now), |at| months.swap_remove(at));
            month.source = spanning(&month.source, &day.source);
            for (what, count) in &day.counts {
                add(&mut month.counts, what, *count);
            }
            month.text = sentence(&month.counts);
            months.push(self.keep(month, vec![delete(RECORD, day.id)])?);
            self.shelf().records.remove(&day.id);
        }
        Ok(())
    }
}

fn begin_month(name: &str, day: &Record, now: Timestamp) -> Record {
    Record {
        kind: Kind::Month,
        name: Some(name.to_owned()),
        counts: BTreeMap::new(),
        made_at: now,
        expires_at: Some(now + MONTH),
        trust: Trust::Recorded,
        ..day.clone()
    }
}

/// Events from the first of both to the last of both; the later source where one is no events, since a person corrected it.
fn spanning(one: &Source, other: &Source) -> Source {
    match (one, other) {
        (
            Source::Events { first, last },
            Source::Events {
                first: from,
                last: to,
            },
        ) => Source::Events {
            first: *first.min(from),
            last: *last.max(to),
        },
        _ => other.clone(),
    }
}

fn date(day: &Record) -> Option<Date> {
    day.name.as_deref()?.parse().ok()
}

impl Tally {
    fn begin(date: Date, first: u64) -> Self {
        Self {
            date,
            first,
            last: first,
            counts: BTreeMap::new(),
            notable: Vec::new(),
        }
    }

    fn count(&mut self, seq: u64, event: &Event) {
        self.last = seq;
        let name = event.name();
        let what = match event.resource() {
            Some(resource) => format!("{name} {resource}"),
            None => name,
        };
        add(&mut self.counts, &what, 1);
        let severity = event.severity();
        if severity > Severity::Info {
            let title = clean::line(&feed::line(event, &Known::default()).title, LINE);
            let is_new = self.notable.iter().all(|(_, line)| *line != title);
            if is_new && self.notable.len() < NOTABLE {
                self.notable.push((severity, title));
            } else if is_new && let Some(place) = self.notable.iter().position(|(other, _)| *other < severity)
            {
                self.notable[place] = (severity, title);
            }
        }
    }

    fn record(mut self, now: Timestamp) -> Record {
        self.notable
            .sort_by_key(|(severity, _)| std::cmp::Reverse(*severity));
        let mut text = sentence(&self.counts);
        for (_, line) in &self.notable {
            text = format!("{text}\n- {line}");
        }
        Record {
            id: 0,
            kind: Kind::Day,
            name: Some(self.date.to_string()),
            text: clean::text(&text, SUMMARY),
            source: Source::Events {
                first: self.first,
                last: self.last,
            },
            made_at: now,
            // It becomes part of its month.
            expires_at: None,
            trust: Trust::Recorded,
            counts: self.counts,
        }
    }
}

fn add(counts: &mut BTreeMap<String, u64>, what: &str, count: u64) {
    let has_room = counts.contains_key(what) || counts.len() < COUNTS;
    let what = if has_room { what } else { OTHERS };
    *counts.entry(what.to_owned()).or_default() += count;
}

/// What happened, most often first.
fn sentence(counts: &BTreeMap<String, u64>) -> String {
    let mut most: Vec<(&String, &u64)> = counts.iter().collect();
    most.sort_by_key(|(what, count)| (std::cmp::Reverse(**count), *what));
    let total: u64 = counts.values().sum();
    let parts: Vec<String> = most
        .iter()
        .take(12)
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    format!("{total} events: {}", parts.join(", "))
}
