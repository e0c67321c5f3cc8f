//! Plans every recorded pass again and compares, bit for bit; and looks for every decision of the journal in the recording.
//!
//! The journal is the truth: memory is folded from it up to the record each pass stood on. A decision of the journal
//! must stand in the last pass recorded before it, with the same action and the same facts. It may be missing without
//! blame only where the recording says that it has nothing: before its first line, where passes were lost, and
//! behind the last line of a process that was killed (or still runs).

use crate::{
    difference::{self, Place},
    document::{Document, plan_value},
    recording::{At, Item, ReadError, Recording},
};
use jarvis_model::{Action, Digest, Event, Memory, Record, Timestamp};
use jarvis_planner::{Input, Plan};
use jarvis_ports::{Journal, JournalError};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::{BTreeSet, VecDeque};

/// Records read at a time.
const CHUNK: usize = 4096;
/// Differences that are told in full; all are counted.
const TOLD: usize = 10;

/// The planner to replay with.
pub type Planner<'a> = &'a dyn Fn(&Input<'_>) -> Plan;

/// Which passes are planned again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Span {
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Up to this time.
    pub to: Option<Timestamp>,
}

impl Span {
    fn holds(self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && self.to.is_none_or(|to| at <= to)
    }
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The recording.
    #[error(transparent)]
    Recording(#[from] ReadError),
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// A pass stands on records that are not there.
    #[error(
        "line {line} of {file} stands on record {seq}, and the journal ends before it: the journal was cut, or belongs to \
         another recording"
    )]
    Ahead {
        /// The file.
        file: String,
        /// Its line.
        line: u64,
        /// The record.
        seq: u64,
    },
    /// A plan cannot be written as JSON.
    #[error("a plan cannot be compared: {0}")]
    Form(#[from] serde_json::Error),
}

/// A pass that came out otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// File name.
    pub file: String,
    /// Its line, from 1.
    pub line: u64,
    /// The last record memory held.
    pub seq: u64,
    /// The time of the pass.
    pub at: Timestamp,
    /// The version that recorded it.
    pub version: String,
    /// The decision it is in: its digest and action.
    pub decision: Option<String>,
    /// The first field that differs: `decisions[0].evidence[1]`.
    pub path: String,
    /// What was recorded there.
    pub recorded: Option<String>,
    /// What came out now.
    pub replayed: Option<String>,
}

/// Passes that were not recorded though they should have been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Gap {
    /// After this record of the journal.
    pub after_seq: u64,
    /// How many.
    pub passes: u64,
}

/// A decision of the journal that the recording should hold and does not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Missing {
    /// Its record.
    pub seq: u64,
    /// When.
    pub at: Timestamp,
    /// The decision.
    pub digest: Digest,
    /// What was decided.
    pub action: String,
    /// What is wrong.
    pub why: String,
}

/// The decisions of the journal, by how they stand in the recording.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    /// They stand there.
    pub recorded: u64,
    /// They are older than its first line.
    pub older: u64,
    /// The recording says that it lost passes there, or its process was killed there.
    pub lost: u64,
    /// They should stand there.
    pub missing: Vec<Missing>,
}

/// What came of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// Files read.
    pub files: usize,
    /// Passes planned again.
    pub passes: u64,
    /// Decisions in them.
    pub decisions: u64,
    /// The first of these passes.
    pub first_at: Option<Timestamp>,
    /// The last of these passes.
    pub last_at: Option<Timestamp>,
    /// Versions that recorded.
    pub versions: BTreeSet<String>,
    /// Passes that came out otherwise.
    pub different: u64,
    /// The first of them.
    pub differences: Vec<Difference>,
    /// Where passes were lost.
    pub gaps: Vec<Gap>,
    /// Files without a closing line: their process was killed, or still runs.
    pub unclosed: Vec<String>,
    /// The decisions of the journal.
    pub decided: Decided,
}

impl Report {
    /// Whether everything came out the same, and every decision stands in the recording.
    pub fn is_clean(&self) -> bool {
        self.different == 0 && self.decided.missing.is_empty()
    }
}

/// Plans every pass of `span` again with `planner`. The recording must have been opened before the journal, so that the
/// journal holds every record that it speaks of.
pub fn replay(
    recording: Recording,
    journal: &dyn Journal,
    span: Span,
    planner: Planner<'_>,
) -> Result<Report, ReplayError> {
    let mut run = Run {
        past: Past::new(journal),
        span,
        planner,
        report: Report {
            files: recording.files(),
            ..Report::default()
        },
        version: String::new(),
        last: None,
        unsure: true,
    };
    recording.each(&mut |item| run.take(item))?;
    run.finish()
}

/// The decisions of the last line.
type Standing = Vec<(Digest, Action, Vec<String>)>;

struct Run<'a> {
    past: Past<'a>,
    span: Span,
    planner: Planner<'a>,
    report: Report,
    version: String,
    last: Option<Standing>,
    /// Whether passes may have been lost since the last line.
    unsure: bool,
}

impl Run<'_> {
    fn take(&mut self, item: Item) -> Result<(), ReplayError> {
        match item {
            Item::Begin { version, .. } => {
                self.report.versions.insert(version.clone());
                self.version = version;
            }
            Item::End { missed } => {
                self.gap(missed);
                self.unsure = missed > 0;
            }
            Item::Torn { file } => {
                self.report.unclosed.push(file);
                self.unsure = true;
            }
            Item::Pass {
                at,
                missed,
                plan_digest,
                document,
            } => {
                self.gap(missed);
                self.unsure |= missed > 0;
                self.forward(document.seq, &at)?;
                self.pass(&at, &plan_digest, &document)?;
                self.unsure = false;
            }
        }
        Ok(())
    }

    fn gap(&mut self, passes: u64) {
        if passes > 0 {
            let after_seq = self.past.memory.seq;
            self.report.gaps.push(Gap { after_seq, passes });
        }
    }

    /// Folds memory up to `seq`, and looks for the decisions on the way in the last line.
    fn forward(&mut self, seq: u64, at: &At) -> Result<(), ReplayError> {
        while self.past.memory.seq < seq {
            let Some(record) = self.past.next()? else {
                return Err(ReplayError::Ahead {
                    file: at.file.clone(),
                    line: at.line,
                    seq,
                });
            };
            self.decided(&record);
        }
        if self.past.memory.seq > seq {
            self.past.restart_to(seq)?;
        }
        Ok(())
    }

    fn decided(&mut self, record: &Record) {
        let Event::Decided {
            digest,
            action,
            evidence,
            ..
        } = &record.event
        else {
            return;
        };
        if !self.span.holds(record.at) {
            return;
        }
        let Some(last) = &self.last else {
            self.report.decided.older += 1;
            return;
        };
        let named = last.iter().find(|(named, ..)| named == digest);
        let why = match named {
            Some((_, done, facts)) if (done, facts) == (action, evidence) => {
                self.report.decided.recorded += 1;
                return;
            }
            _ if self.unsure => {
                self.report.decided.lost += 1;
                return;
            }
            Some(_) => "the recorded pass before it decides the same with other facts",
            None => "the recorded pass before it does not decide this",
        };
        self.report.decided.missing.push(Missing {
            seq: record.seq,
            at: record.at,
            digest: digest.clone(),
            action: action.to_string(),
            why: why.to_owned(),
        });
    }

    fn pass(&mut self, at: &At, plan_digest: &Digest, document: &Document) -> Result<(), ReplayError> {
        self.last = Some(standing(document));
        if !self.span.holds(document.now) {
            return Ok(());
        }
        let plan = (self.planner)(&document.input(&self.past.memory));
        let (value, digest) = (plan_value(&plan)?, Digest::of(&plan));
        self.report.passes += 1;
        let decisions = document.plan["decisions"].as_array().map_or(0, Vec::len);
        self.report.decisions += decisions as u64;
        self.report.first_at = self.report.first_at.or(Some(document.now));
        self.report.last_at = Some(document.now);
        if digest == *plan_digest && value == document.plan {
            return Ok(());
        }
        self.report.different += 1;
        if self.report.differences.len() < TOLD {
            let place = difference::first(&document.plan, &value).unwrap_or_else(|| Place {
                path: "digest of the plan".to_owned(),
                first: Some(plan_digest.to_string()),
                second: Some(digest.to_string()),
            });
            let decision = decision_at(&document.plan, &place.path);
            self.report.differences.push(Difference {
                file: at.file.clone(),
                line: at.line,
                seq: document.seq,
                at: document.now,
                version: self.version.clone(),
                decision,
                path: place.path,
                recorded: place.first,
                replayed: place.second,
            });
        }
        Ok(())
    }

    /// The rest of the journal has decisions too.
    fn finish(mut self) -> Result<Report, ReplayError> {
        // What comes behind the last line belongs to a process that has not written its passes yet, or was killed first.
        self.unsure = true;
        while let Some(record) = self.past.next()? {
            self.decided(&record);
        }
        Ok(self.report)
    }
}

fn standing(document: &Document) -> Standing {
    let decisions = document.plan["decisions"].as_array().into_iter().flatten();
    let read = decisions.map(|decision| {
        let request = &decision["request"];
        let facts = decision.get("evidence").cloned().unwrap_or_else(|| json!([]));
        serde_json::from_value(json!([request["digest"], request["action"], facts]))
    });
    read.filter_map(Result::ok).collect()
}

/// The decision a path leads into, by digest and action.
fn decision_at(plan: &Value, path: &str) -> Option<String> {
    let rest = path.strip_prefix("decisions[")?;
    let at: usize = rest.split(']').next()?.parse().ok()?;
    let request = &plan["decisions"].get(at)?["request"];
    let action: Option<Action> = serde_json::from_value(request["action"].clone()).ok();
    let action = action.map(|action| action.to_string()).unwrap_or_default();
    Some(format!("{} ({action})", request["digest"].as_str()?))
}

/// Memory, folded forward.
pub(crate) struct Past<'a> {
    journal: &'a dyn Journal,
    pub(crate) memory: Memory,
    ahead: VecDeque<Record>,
}

impl<'a> Past<'a> {
    pub(crate) fn new(journal: &'a dyn Journal) -> Self {
        Self {
            journal,
            memory: Memory::default(),
            ahead: VecDeque::new(),
        }
    }

    /// Folds the next record in and gives it; none at the end of the journal.
    fn next(&mut self) -> Result<Option<Record>, JournalError> {
        if self.ahead.is_empty() {
            let chunk = self.journal.read_after(self.memory.seq, CHUNK)?;
            self.ahead = chunk.into_iter().map(|stored| stored.record).collect();
        }
        let next = self.ahead.pop_front();
        if let Some(record) = &next {
            self.memory.apply(record);
        }
        Ok(next)
    }

    /// Folds up to a record, forward or anew.
    pub(crate) fn to(&mut self, seq: u64) -> Result<(), JournalError> {
        if self.memory.seq > seq {
            return self.restart_to(seq);
        }
        while self.memory.seq < seq && self.next()?.is_some() {}
        Ok(())
    }

    /// Folds anew up to an earlier record.
    fn restart_to(&mut self, seq: u64) -> Result<(), JournalError> {
        self.memory = Memory::default();
        self.ahead.clear();
        while self.memory.seq < seq && self.next()?.is_some() {}
        Ok(())
    }
}

#[cfg(test)]
mod tests;
