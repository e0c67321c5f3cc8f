//! Which events people are told, and as what. The one place that decides it.
//!
//! Told are: alerts and escalations of issues, issues that Jarvis mended by itself (at L3 and below; L4 acts silently), the
//! end of an issue that people were told of, loss of quorum, a full disk, the kill switch, revisions that are not in force, and
//! a source that cannot be read. Nodes are told by their issues only. Pure: knows nothing of channels and of what was told before.

mod whole;

use crate::text;
use jarvis_model::{Cause, Closed, Event, Intent, IntentId, IssueKey, Memory, Outcome, Record, Severity};
use jarvis_model::{Timestamp, issue::ATTEMPTS_PER_HOUR};
use serde::{Deserialize, Serialize};
use std::fmt;
use whole::Words;

/// What kind of news it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Kind {
    /// An issue that people should know of.
    Alert,
    /// An issue that is given to people.
    Escalation,
    /// An issue that Jarvis mended by itself.
    Mended,
    /// An issue that people were told of is over.
    Resolved,
    /// The cluster may not decide.
    QuorumLost,
    /// It may again.
    QuorumRegained,
    /// A host shows another SSH key than the pinned one.
    HostDistrusted,
    /// It shows the pinned one.
    HostTrusted,
    /// The disk of the state folder is full: nothing is begun.
    RoomLacking,
    /// It has room again.
    RoomRegained,
    /// The kill switch was pulled.
    Frozen,
    /// It was released.
    Thawed,
    /// A revision has errors.
    RevisionRejected,
    /// A revision waits for a person.
    RevisionWithheld,
    /// The manifests cannot be read.
    SourceFailed,
    /// They can again.
    SourceRecovered,
}

impl Kind {
    /// Whether it ends what was told before. Such news never break quiet hours.
    pub fn is_end(self) -> bool {
        matches!(
            self,
            Self::Resolved
                | Self::QuorumRegained
                | Self::HostTrusted
                | Self::RoomRegained
                | Self::Thawed
                | Self::SourceRecovered
        )
    }

    /// Whether it is good news.
    pub fn is_good(self) -> bool {
        self.is_end() || self == Self::Mended
    }
}

/// Something people are told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct News {
    /// The journal record it comes from.
    pub seq: u64,
    /// When that was written.
    pub at: Timestamp,
    /// What kind of news.
    pub kind: Kind,
    /// How grave; of an end: how grave it was.
    pub severity: Severity,
    /// The issue, `Kind/name#issue-kind`.
    pub issue: Option<String>,
    /// The resource, `Kind/name`.
    pub resource: Option<String>,
    /// One short sentence without a full stop.
    pub title: String,
    /// What was seen, and what it means.
    pub text: String,
    /// The facts behind it.
    pub evidence: Vec<String>,
    /// What Jarvis tried.
    pub tried: Vec<Tried>,
    /// What a person may do, commands among it.
    pub next: Vec<String>,
}

/// An act that was tried.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tried {
    /// When.
    pub at: Timestamp,
    /// What, and how it ended.
    pub text: String,
}

impl News {
    /// Whether it is sent at once, in quiet hours too.
    pub fn is_urgent(&self) -> bool {
        self.severity == Severity::Critical && !self.kind.is_good()
    }
}

/// News before it is known whether it was told already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Telling {
    /// The news.
    pub news: News,
    /// What it is about: an end belongs to the beginning with the same topic.
    pub topic: Topic,
    /// Within a topic the same mark is told once.
    pub mark: String,
    /// The issue it is about.
    pub about: Option<IssueKey>,
}

/// What news are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Topic(String);

impl Topic {
    /// An issue, from its opening to its end.
    pub fn issue(key: &IssueKey) -> Self {
        Self(format!("issue {key}"))
    }

    fn named(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The revision that is not in force.
    pub fn revision() -> Self {
        Self::named("revision")
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What is told of a record, if anything. `before` is memory without it.
pub fn of(record: &Record, before: &Memory) -> Option<Telling> {
    let teller = Teller { record, before };
    match &record.event {
        Event::IssueAlerted {
            issue,
            severity,
            text,
        } => Some(teller.alert(issue, *severity, text)),
        Event::IssueEscalated {
            issue,
            text,
            evidence,
            ..
        } => Some(teller.escalation(issue, text, evidence)),
        Event::IssueClosed { issue, because } => Some(teller.resolved(issue, because)),
        Event::IntentClosed {
            intent,
            outcome: Outcome::Verified,
        } => teller.mended(intent),
        _ => teller.of_whole(),
    }
}

struct Teller<'a> {
    record: &'a Record,
    before: &'a Memory,
}

impl Teller<'_> {
    fn news(&self, kind: Kind, severity: Severity, title: &str, body: &str) -> News {
        News {
            seq: self.record.seq,
            at: self.record.at,
            kind,
            severity,
            issue: None,
            resource: None,
            title: text::line(title, text::LINE),
            text: text::line(body, text::PARAGRAPH),
            evidence: Vec::new(),
            tried: Vec::new(),
            next: Vec::new(),
        }
    }

    fn alert(&self, issue: &IssueKey, severity: Severity, told: &str) -> Telling {
        let title = format!("{} needs attention", issue.resource.name);
        let mut news = self.news(Kind::Alert, severity, &title, told);
        news.next = vec![
            format!("jarvis describe {}", issue.resource),
            "jarvis plan".to_owned(),
        ];
        of_issue(issue, "alert", news)
    }

    fn escalation(&self, issue: &IssueKey, told: &str, evidence: &[String]) -> Telling {
        let title = format!("{} is beyond Jarvis: a person is needed", issue.resource.name);
        let mut news = self.news(Kind::Escalation, Severity::Critical, &title, told);
        news.evidence = text::lines(evidence);
        news.tried = self.tried(issue);
        news.next = vec![
            format!("jarvis describe {}", issue.resource),
            format!("jarvis ack {issue}"),
            "or commit a change of its manifest: both let Jarvis try again".to_owned(),
        ];
        of_issue(issue, "escalation", news)
    }

    /// What was done for an issue since it is open.
    fn tried(&self, issue: &IssueKey) -> Vec<Tried> {
        let opened = self.before.issues.get(issue).map(|open| open.opened_at);
        let tries = self
            .before
            .intents
            .values()
            .filter(|intent| for_issue(intent) == Some(issue) && Some(intent.logged_at) >= opened);
        let mut tries: Vec<Tried> = tries
            .map(|intent| {
                let ended = intent
                    .outcome
                    .as_ref()
                    .map_or("no outcome yet".to_owned(), Outcome::words);
                Tried {
                    at: intent.logged_at,
                    text: text::line(&format!("{}: {ended}", intent.action), text::LINE),
                }
            })
            .collect();
        let first = tries.len().saturating_sub(text::LINES);
        tries.split_off(first)
    }

    /// At L4 an act is silent.
    fn mended(&self, intent: &IntentId) -> Option<Telling> {
        let intent = self.before.intents.get(intent)?;
        let issue = for_issue(intent).filter(|_| intent.origin.is_autonomous() && !intent.silent)?;
        let summary = self
            .before
            .issues
            .get(issue)
            .map_or("", |open| open.summary.as_str());
        let told = format!(
            "{summary}. Done and verified: {}, attempt {} of {ATTEMPTS_PER_HOUR} within an hour",
            intent.action, intent.attempt
        );
        let title = format!("{} is mended", issue.resource.name);
        let mut news = self.news(Kind::Mended, Severity::Warning, &title, &told);
        news.tried = self.tried(issue);
        // The record that is told of closes the last of them.
        if let Some(last) = news.tried.last_mut() {
            last.text = text::line(
                &format!("{}: {}", intent.action, Outcome::Verified.words()),
                text::LINE,
            );
        }
        news.next = vec![
            format!("jarvis explain {}", intent.id),
            format!("to undo: {}", text::line(&intent.undo, text::LINE)),
        ];
        Some(of_issue(issue, "mended", news))
    }

    fn resolved(&self, issue: &IssueKey, because: &Closed) -> Telling {
        let (title, why) = match because {
            Closed::SustainedHealth => (
                "is well again",
                "It has been well for ten minutes without a break",
            ),
            Closed::NoLongerDeclared => (
                "is no longer looked after",
                "The manifests no longer ask for it; how it is now is not judged",
            ),
        };
        let title = format!("{} {title}", issue.resource.name);
        let was = self.before.issues.get(issue).map(|open| open.summary.as_str());
        let told = was.map_or_else(|| why.to_owned(), |was| format!("{why}. It was: {was}"));
        let news = self.news(Kind::Resolved, Severity::Warning, &title, &told);
        of_issue(issue, "resolved", news)
    }

    /// News of no resource.
    fn of_whole(&self) -> Option<Telling> {
        let Words {
            kind,
            severity,
            topic,
            title,
            told,
            next,
        } = whole::words(&self.record.event)?;
        let mut news = self.news(kind, severity, &title, &told);
        if let Event::RevisionRejected { errors, .. } = &self.record.event {
            news.evidence = text::lines(errors);
        }
        news.next = text::lines(next.as_slice());
        let mark = match &self.record.event {
            // The same revision may be found again after a restart; a failing source changes its reasons.
            Event::RevisionRejected { commit, .. } | Event::RevisionWithheld { commit, .. } => {
                format!("{kind:?} {commit}")
            }
            Event::SourceFailed { .. } => format!("{kind:?}"),
            // What a person did is told each time.
            _ => format!("{kind:?} {}", self.record.seq),
        };
        Some(Telling {
            news,
            topic: Topic::named(&topic),
            mark,
            about: None,
        })
    }
}

fn of_issue(issue: &IssueKey, mark: &str, news: News) -> Telling {
    Telling {
        topic: Topic::issue(issue),
        mark: mark.to_owned(),
        about: Some(issue.clone()),
        news: News {
            issue: Some(issue.to_string()),
            resource: Some(issue.resource.to_string()),
            ..news
        },
    }
}

fn for_issue(intent: &Intent) -> Option<&IssueKey> {
    match &intent.cause {
        Cause::Issue { issue } => Some(issue),
        Cause::Ticket { .. } => None,
    }
}

#[cfg(test)]
#[path = "news/tests.rs"]
mod tests;
