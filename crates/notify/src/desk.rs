//! The desk: what of the journal was told already, and what waits to be told. Records go in, letters come out. Pure; it is
//! kept on disk as one value with the cursor in it, so that the two never disagree.
//!
//! News of a short time become one letter. In quiet hours only what is urgent goes out; the rest becomes one letter at their
//! end. The same issue is told once per state, and what is over before it was told at all may be dropped.

use crate::{
    audience, hours,
    letter::{Content, Letter, letters},
    news::{self, Kind, News, Telling, Topic},
    picture::Picture,
    report::Report,
};
use jarvis_crds::NotificationChannelSpec;
use jarvis_model::{Event, Memory, Record, Severity, Timestamp};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// News within this time become one letter.
pub const GROUP: Duration = Duration::from_secs(10);
/// A source must have failed for so long: a server that restarts is no news.
const SOURCE_PATIENCE: Duration = Duration::from_mins(5);
/// News that wait for a channel; of more only the count is told.
const MOST_WAITING: usize = 100;
/// A daily report that is later than this is left out; the next one tells of both days.
const TOO_LATE: Duration = Duration::from_hours(12);
/// A report that was made further ahead than this was made by a wrong clock.
const AHEAD: Duration = Duration::from_hours(26);
/// Records after which the cursor is worth a write of its own.
const CURSOR_BEHIND: u64 = 500;

/// What was told, and what waits.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Desk {
    /// The last record that was taken in.
    pub seq: u64,
    told: BTreeMap<Topic, Told>,
    waiting: BTreeMap<String, Waiting>,
    reports: BTreeMap<String, Reported>,
}

/// What was told of a topic.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Told {
    marks: BTreeSet<String>,
    /// Who was told; they are told of the end.
    channels: BTreeSet<String>,
    /// How grave it is, while its end is still to be told.
    worst: Option<Severity>,
}

/// What waits for a channel.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Waiting {
    items: Vec<Held>,
    more: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Held {
    since: Timestamp,
    news: News,
}

/// The last daily report of a channel.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Reported {
    /// The time of day it was due.
    slot: Timestamp,
    /// Until when it told.
    until: Timestamp,
    /// The last record it told of.
    seq: u64,
}

/// A daily report that is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueReport {
    /// For this channel.
    pub channel: String,
    /// The time of day it was due.
    pub slot: Timestamp,
    /// It tells since then,
    pub from: Timestamp,
    /// of the records after this one.
    pub after: u64,
}

impl Desk {
    /// A desk that begins behind this record: what was before is not told.
    pub fn behind(seq: u64) -> Self {
        Self {
            seq,
            ..Self::default()
        }
    }

    /// Whether this differs from what was saved by more than a few records passed.
    pub fn is_worth_saving(&self, saved: &Self) -> bool {
        let same =
            (&self.told, &self.waiting, &self.reports) == (&saved.told, &saved.waiting, &saved.reports);
        !same || self.seq >= saved.seq + CURSOR_BEHIND
    }

    /// Takes in the next record; `before` is memory without it.
    pub fn take(&mut self, record: &Record, before: &Memory, picture: &Picture) {
        self.seq = record.seq;
        if let Some(telling) = news::of(record, before) {
            self.tell(telling, picture);
        }
        match &record.event {
            Event::IssueRearmed { issue, .. } => {
                if let Some(told) = self.told.get_mut(&Topic::issue(issue)) {
                    told.marks.clear();
                }
            }
            Event::IssueClosed { issue, .. } => drop(self.told.remove(&Topic::issue(issue))),
            Event::RevisionApplied { .. } => drop(self.told.remove(&Topic::revision())),
            _ => {}
        }
    }

    fn tell(&mut self, telling: Telling, picture: &Picture) {
        let Telling {
            mut news,
            topic,
            mark,
            about,
        } = telling;
        if news.kind.is_end() {
            let ended = self.told.remove(&topic);
            let Some((told, worst)) = ended.and_then(|told| told.worst.map(|worst| (told, worst))) else {
                return;
            };
            news.severity = worst;
            for channel in told.channels {
                if !self.drop_untold(&channel, news.kind) {
                    self.hold(&channel, news.clone(), picture.at);
                }
            }
            return;
        }
        let told = self.told.entry(topic).or_default();
        if !told.marks.insert(mark) {
            return;
        }
        let mut channels = audience::of(&news, about.as_ref(), &picture.desired);
        if news.kind == Kind::Mended {
            channels.extend(told.channels.iter().cloned());
            told.worst = None;
        } else {
            told.worst = told.worst.max(Some(news.severity));
        }
        told.channels.extend(channels.iter().cloned());
        for channel in channels {
            self.hold(&channel, news.clone(), picture.at);
        }
    }

    /// Drops what this ends, if it still waits and is of the kind that may be dropped.
    fn drop_untold(&mut self, channel: &str, end: Kind) -> bool {
        let Some(waiting) = self
            .waiting
            .get_mut(channel)
            .filter(|_| end == Kind::SourceRecovered)
        else {
            return false;
        };
        let before = waiting.items.len();
        waiting.items.retain(|held| held.news.kind != Kind::SourceFailed);
        waiting.items.len() < before
    }

    fn hold(&mut self, channel: &str, news: News, now: Timestamp) {
        let waiting = self.waiting.entry(channel.to_owned()).or_default();
        waiting.items.push(Held { since: now, news });
        if waiting.items.len() > MOST_WAITING {
            let least = waiting.items.iter().enumerate();
            let least = least
                .min_by_key(|(at, held)| (held.news.severity, *at))
                .map(|(at, _)| at);
            drop(least.map(|at| waiting.items.remove(at)));
            waiting.more += 1;
        }
    }

    /// The letters that are due. Channels in `full` wait: their server does not take what there is.
    pub fn close(&mut self, picture: &Picture, full: &BTreeSet<String>) -> Vec<Letter> {
        let mut closed = Vec::new();
        let now = picture.at;
        // Nobody receives what waits for a channel that is gone.
        self.waiting
            .retain(|name, _| audience::channel(&picture.desired, name).is_some());
        for (name, waiting) in &mut self.waiting {
            let Some(spec) = audience::channel(&picture.desired, name).filter(|_| !full.contains(name))
            else {
                continue;
            };
            let quiet = is_quiet(spec, now);
            let may_go = |held: &Held| !quiet || held.news.is_urgent();
            if !waiting.items.iter().any(|held| may_go(held) && held.is_due(now)) {
                continue;
            }
            let all = std::mem::take(&mut waiting.items).into_iter();
            let (go, stay): (Vec<Held>, Vec<Held>) =
                all.partition(|held| may_go(held) && (held.is_due(now) || held.patience() == GROUP));
            waiting.items = stay;
            let content = Content::News {
                items: go.into_iter().map(|held| held.news).collect(),
                more: std::mem::take(&mut waiting.more),
            };
            closed.extend(letters(&picture.cluster, (name, spec), &content, now));
        }
        self.waiting.retain(|_, waiting| !waiting.items.is_empty());
        closed
    }

    /// The daily reports that are due. A channel's first one comes a day after it is first seen.
    pub fn reports_due(&mut self, picture: &Picture) -> Vec<DueReport> {
        let now = picture.at;
        let slots: BTreeMap<String, Timestamp> = audience::channels(&picture.desired)
            .filter_map(|(name, spec)| Some((name.to_owned(), slot(spec, now)?)))
            .collect();
        self.reports.retain(|name, _| slots.contains_key(name));
        let mut due = Vec::new();
        for (channel, slot) in slots {
            let seq = self.seq;
            let last = self.reports.entry(channel.clone()).or_insert(Reported {
                slot,
                until: slot,
                seq,
            });
            if last.slot > now + AHEAD {
                *last = Reported {
                    slot,
                    until: slot,
                    seq,
                };
            } else if slot > last.slot && now.since(slot) < TOO_LATE {
                due.push(DueReport {
                    channel,
                    slot,
                    from: last.until,
                    after: last.seq,
                });
            } else if slot > last.slot {
                last.slot = slot;
            }
        }
        due
    }

    /// A report was made: its letters. It tells of the records up to the last one taken in.
    pub fn reported(&mut self, due: &DueReport, report: Report, picture: &Picture) -> Vec<Letter> {
        let done = Reported {
            slot: due.slot,
            until: due.slot,
            seq: self.seq,
        };
        self.reports.insert(due.channel.clone(), done);
        let content = Content::Report {
            report: Box::new(report),
        };
        audience::channel(&picture.desired, &due.channel).map_or_else(Vec::new, |spec| {
            letters(&picture.cluster, (&due.channel, spec), &content, picture.at)
        })
    }

    /// When something becomes due by time alone.
    pub fn wake_at(&self, picture: &Picture) -> Option<Timestamp> {
        let now = picture.at;
        let of_waiting = self.waiting.iter().filter_map(|(name, waiting)| {
            let spec = audience::channel(&picture.desired, name)?;
            let quiet = spec.quiet_hours.as_ref().filter(|_| is_quiet(spec, now));
            let due = |held: &Held| match quiet {
                Some(quiet) if !held.news.is_urgent() => {
                    hours::quiet_ends(quiet, &hours::zone(&spec.time_zone), now)
                }
                _ => Some(held.since.min(now) + held.patience()),
            };
            waiting.items.iter().filter_map(due).min()
        });
        let of_reports = audience::channels(&picture.desired).filter_map(|(_, spec)| {
            hours::next(spec.daily_report.as_deref()?, &hours::zone(&spec.time_zone), now)
        });
        of_waiting.chain(of_reports).min()
    }

    /// How many news wait for each channel.
    pub fn counts(&self) -> impl Iterator<Item = (&str, usize)> {
        self.waiting
            .iter()
            .map(|(name, waiting)| (name.as_str(), waiting.items.len()))
    }
}

impl Held {
    fn patience(&self) -> Duration {
        match self.news.kind {
            Kind::SourceFailed => SOURCE_PATIENCE,
            _ => GROUP,
        }
    }

    /// A clock that went back makes nothing wait longer.
    fn is_due(&self, now: Timestamp) -> bool {
        self.since > now || now.since(self.since) >= self.patience()
    }
}

fn is_quiet(spec: &NotificationChannelSpec, now: Timestamp) -> bool {
    let zone = hours::zone(&spec.time_zone);
    spec.quiet_hours
        .as_ref()
        .is_some_and(|quiet| hours::is_quiet(quiet, &zone, now))
}

fn slot(spec: &NotificationChannelSpec, now: Timestamp) -> Option<Timestamp> {
    hours::latest(spec.daily_report.as_deref()?, &hours::zone(&spec.time_zone), now)
}

#[cfg(test)]
#[path = "desk/tests.rs"]
mod tests;
