//! The daily report: how the cluster stands, what is open, what was done and what went wrong since the last one. Pure: a
//! fold over the records of the day and one picture at its end.

use crate::{hours, picture::Picture, text};
use jarvis_model::{
    Event, Freeze, GuestStatus, Intent, IntentId, Memory, Outcome, Record, Severity, Timestamp,
    memory::PendingRevision, observed::limits,
};
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Lines of a section that are told.
const MOST: usize = 30;

/// A report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The day it is sent on, in the channel's zone.
    pub day: String,
    /// Since when it tells.
    pub from: Timestamp,
    /// Until when: the time of day it was due.
    pub to: Timestamp,
    /// The gravest of what is open.
    pub severity: Severity,
    /// How the cluster stands, a sentence each.
    pub standing: Vec<String>,
    /// Issues that are open.
    pub open: Vec<Entry>,
    /// Figures beyond their limits that are no open issue, or not yet.
    #[serde(default)]
    pub beyond: Vec<Entry>,
    /// Whether something else keeps the cluster from being well: no quorum, a freeze, a revision or a source that is not in force.
    #[serde(default)]
    pub hindered: bool,
    /// What was done and verified.
    pub done: Vec<Entry>,
    /// What was tried and failed, refused or given to people.
    pub failed: Vec<Entry>,
    /// The head of the journal, `SEQ:HASH`: kept elsewhere, it shows whether the journal was cut or rolled back.
    pub anchor: Option<String>,
}

/// A line of a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    /// When; for what is open, since when.
    pub at: Timestamp,
    /// What.
    pub text: String,
}

/// An act, as far as its end is told.
#[derive(Debug, Clone)]
struct Act {
    words: String,
    /// Nobody is told of it.
    silent: bool,
}

impl Act {
    fn of(intent: &Intent) -> Self {
        Self {
            words: format!("{}, for {}", intent.action, intent.origin.label()),
            silent: intent.silent,
        }
    }
}

/// What happened in a day, as it is read from the journal.
#[derive(Debug, Clone, Default)]
pub struct Day {
    begun: BTreeMap<IntentId, Act>,
    done: Vec<Entry>,
    failed: Vec<Entry>,
    anchor: Option<String>,
}

impl Day {
    /// Takes in the next record and its hash; `memory` knows acts that began before the day.
    pub fn hear(&mut self, record: &Record, hash: &str, memory: &Memory) {
        self.note_anchor(record.seq, hash);
        let entry = |words: &str| Entry {
            at: record.at,
            text: text::line(words, text::LINE),
        };
        match &record.event {
            Event::IntentLogged { intent } => drop(self.begun.insert(intent.id.clone(), Act::of(intent))),
            Event::IntentClosed { intent, outcome } => {
                let earlier = || memory.intents.get(intent).map(Act::of);
                let Some(Act { words, silent }) = self.begun.remove(intent).or_else(earlier) else {
                    return;
                };
                if *outcome != Outcome::Verified {
                    self.failed.push(entry(&format!("{words}: {}", outcome.words())));
                } else if !silent {
                    self.done.push(entry(&words));
                }
            }
            Event::IssueEscalated { issue, .. } => {
                self.failed.push(entry(&format!("{issue} was given to people")));
            }
            Event::ActionRefused {
                action,
                origin,
                refusal,
            } => {
                let who = origin.label();
                let words = format!("{action}, asked by {who}: refused ({})", refusal.rule.code());
                self.failed.push(entry(&words));
            }
            _ => {}
        }
    }

    /// Notes the newest record.
    pub fn note_anchor(&mut self, seq: u64, hash: &str) {
        self.anchor = Some(format!("{seq}:{hash}"));
    }

    /// The report of the day.
    pub fn report(
        self,
        memory: &Memory,
        picture: &Picture,
        zone: &TimeZone,
        from: Timestamp,
        to: Timestamp,
    ) -> Report {
        let open: Vec<Entry> = memory
            .issues
            .values()
            .filter(|issue| issue.healthy_since.is_none())
            .map(|issue| {
                let state = if issue.escalated_at.is_some() {
                    "escalated"
                } else {
                    "open"
                };
                Entry {
                    at: issue.opened_at,
                    text: text::line(&format!("{}, {state}: {}", issue.key, issue.summary), text::LINE),
                }
            })
            .collect();
        let escalated = memory.issues.values().any(|issue| issue.escalated_at.is_some());
        let severity = match (escalated || memory.quorum_lost, open.is_empty()) {
            (true, _) => Severity::Critical,
            (false, false) => Severity::Warning,
            (false, true) => Severity::Info,
        };
        let hindered = memory.quorum_lost
            || memory.freeze != Freeze::Off
            || memory.freeze_file != Freeze::Off
            || memory.pending.is_some()
            || memory.source_failure.is_some();
        Report {
            beyond: capped(beyond(memory, picture)),
            hindered,
            day: hours::day(to, zone),
            from,
            to,
            severity,
            standing: standing(memory, picture, zone),
            open: capped(open),
            done: capped(self.done),
            failed: capped(self.failed),
            anchor: self.anchor,
        }
    }
}

/// A limit that is passed is told before it has lasted long enough to be an issue.
fn beyond(memory: &Memory, picture: &Picture) -> Vec<Entry> {
    let is_open = |issue: &jarvis_model::IssueKey| {
        let known = memory.issues.get(issue);
        known.is_some_and(|issue| issue.healthy_since.is_none())
    };
    let passed = picture
        .observed
        .passed
        .iter()
        .filter(|(issue, _)| !is_open(issue));
    passed
        .map(|(issue, passed)| {
            let limit = issue.about.as_deref().unwrap_or(issue.kind.as_str());
            let value = passed
                .value
                .map_or_else(String::new, |value| format!(" at {value:.1}"));
            Entry {
                at: passed.since,
                text: text::line(
                    &format!("{} is beyond {limit}{value}", issue.resource),
                    text::LINE,
                ),
            }
        })
        .collect()
}

/// The latest of them; what is left out is counted.
fn capped(mut entries: Vec<Entry>) -> Vec<Entry> {
    let more = entries.len().saturating_sub(MOST);
    if more > 0 {
        let at = entries.get(more).map_or(Timestamp::default(), |entry| entry.at);
        entries.drain(..more);
        let text = format!("and {more} before: jarvis get events");
        entries.insert(0, Entry { at, text });
    }
    entries
}

fn standing(memory: &Memory, picture: &Picture, zone: &TimeZone) -> Vec<String> {
    let mut lines = vec![cluster(picture)];
    if memory.quorum_lost {
        lines.push("The cluster has no quorum: nothing is done.".to_owned());
    }
    for freeze in [&memory.freeze, &memory.freeze_file] {
        match freeze {
            Freeze::Off => {}
            Freeze::On {
                by, since, reason, ..
            } => {
                let since = hours::stamp(*since, zone);
                lines.push(format!("Frozen by {by} since {since}: {reason}"));
            }
            Freeze::Unreadable { reason } => lines.push(format!("The kill switch cannot be read: {reason}")),
        }
    }
    let holds = memory
        .holds
        .values()
        .filter(|hold| hold.until.is_none_or(|until| until > picture.at))
        .count();
    if holds > 0 {
        lines.push(format!("{holds} holds are in force: jarvis get holds"));
    }
    if let Some(revision) = &memory.revision {
        let (commit, count) = (
            revision.commit.get(..8).unwrap_or(&revision.commit),
            revision.resources.len(),
        );
        lines.push(format!("Revision {commit} is in force, with {count} resources."));
    }
    match &memory.pending {
        Some(PendingRevision::Rejected { commit, errors, .. }) => {
            lines.push(format!(
                "Revision {commit} has {} errors and is not in force.",
                errors.len()
            ));
        }
        Some(PendingRevision::Withheld { commit, .. }) => {
            lines.push(format!("Revision {commit} waits for a person."));
        }
        None => {}
    }
    lines.extend(
        memory
            .source_failure
            .iter()
            .map(|why| format!("The manifests cannot be read: {why}")),
    );
    lines.iter().map(|line| text::line(line, text::LINE)).collect()
}

fn cluster(picture: &Picture) -> String {
    let (observed, now) = (&picture.observed, picture.at);
    let online = observed
        .nodes
        .keys()
        .filter(|node| observed.node_online(node, now))
        .count();
    let guests = observed.guests.values().filter(|guest| !guest.template);
    let (mut all, mut running, mut unknown) = (0, 0, 0);
    for guest in guests {
        all += 1;
        match guest.status.fresh(now, limits::CRITICAL) {
            Some(GuestStatus::Running) => running += 1,
            Some(_) => {}
            None => unknown += 1,
        }
    }
    let unknown = if unknown > 0 {
        format!(", {unknown} not known")
    } else {
        String::new()
    };
    format!(
        "{online} of {} nodes online; {running} of {all} guests running{unknown}.",
        observed.nodes.len()
    )
}
