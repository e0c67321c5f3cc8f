//! An answer as it is put together: lines, the facts behind them, and how names, times and shares are written.

use super::{Asked, Said, Topic};
use crate::message::Fact;
use jarvis_guard::words;
use jarvis_model::{GuestObserved, NodeName, Observation, ResourceKey, Timestamp, Vmid, limits};
use jarvis_tools::clean;
use std::time::Duration;

/// Entries of a list in an answer.
pub(super) const MOST_ENTRIES: usize = 8;
/// Longest text of the infrastructure in a line, characters.
const LINE: usize = 160;

/// An answer that grows.
#[derive(Debug, Default)]
pub(super) struct Saying {
    lines: Vec<String>,
    facts: Vec<Fact>,
    suggestions: Vec<String>,
    topic: Option<Topic>,
}

impl Saying {
    /// Whether a line of it says this already.
    pub fn says(&self, text: &str) -> bool {
        self.lines.iter().any(|line| line.contains(text))
    }

    /// A sentence to begin with.
    pub fn new(line: impl Into<String>) -> Self {
        Self::default().line(line)
    }

    /// One more line.
    #[must_use]
    pub fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    /// The same, when there is one.
    #[must_use]
    pub fn maybe(self, line: Option<String>) -> Self {
        match line {
            Some(line) => self.line(line),
            None => self,
        }
    }

    /// Entries of a list, each with its fact; those that are too many are counted.
    #[must_use]
    pub fn entries(mut self, all: Vec<(String, Option<Fact>)>) -> Self {
        let more = all.len().saturating_sub(MOST_ENTRIES);
        for (line, fact) in all.into_iter().take(MOST_ENTRIES) {
            self.lines.push(format!("- {line}"));
            self.facts.extend(fact);
        }
        if more > 0 {
            self.lines.push(format!("- and {more} more"));
        }
        self
    }

    /// Says how many more there are when the entries were only the first of so many.
    #[must_use]
    pub fn recount(mut self, all: usize) -> Self {
        if all > MOST_ENTRIES
            && let Some(last) = self.lines.last_mut()
        {
            *last = format!("- and {} more", all - MOST_ENTRIES);
        }
        self
    }

    /// What a claim rests on.
    #[must_use]
    pub fn fact(
        mut self,
        claim: impl Into<String>,
        source: impl Into<String>,
        at: Option<Timestamp>,
    ) -> Self {
        self.facts.push(fact(claim, source, at));
        self
    }

    /// What one may want to say next, once.
    #[must_use]
    pub fn suggest(mut self, say: impl Into<String>) -> Self {
        let say = spoken(&say.into());
        if !self.suggestions.contains(&say) {
            self.suggestions.push(say);
        }
        self
    }

    /// What it is about.
    #[must_use]
    pub fn about(mut self, topic: Topic) -> Self {
        self.topic = Some(topic);
        self
    }

    /// The answer.
    pub fn done(self) -> Said {
        Said {
            text: self.lines.join("\n"),
            facts: self.facts,
            suggestions: self.suggestions,
            topic: self.topic,
        }
    }
}

/// Words that begin a question.
const ASKS: &[&str] = &[
    "what", "why", "how", "who", "which", "where", "when", "is", "are", "does", "do", "did", "has", "have",
];

/// What a person would say, as a sentence: a question with its mark.
fn spoken(say: &str) -> String {
    let first = say.split(' ').next().unwrap_or_default().to_lowercase();
    let mark = if ASKS.contains(&first.as_str()) && !say.ends_with('?') {
        "?"
    } else {
        ""
    };
    format!("{}{mark}", words::capitalised(say))
}

/// A claim and its source.
pub(super) fn fact(claim: impl Into<String>, source: impl Into<String>, at: Option<Timestamp>) -> Fact {
    Fact {
        claim: claim.into(),
        source: source.into(),
        at,
    }
}

/// Text of the infrastructure, harmless and in one line.
pub(super) fn line(text: &str) -> String {
    clean::line(text.trim().trim_end_matches('.'), LINE)
}

/// `a`, `a and b`, `a, b and c`.
pub(super) fn list(items: &[String]) -> String {
    words::list(items)
}

/// `1 guest`, `3 guests`.
pub(super) fn count(number: usize, one: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ if one.ends_with('y') && !one.ends_with("ay") => {
            format!("{number} {}ies", one.trim_end_matches('y'))
        }
        _ => format!("{number} {one}s"),
    }
}

/// `81 %`.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// The share, when both are known and make sense.
pub(super) fn share(used: Option<u64>, whole: Option<u64>) -> Option<f64> {
    let (used, whole) = used.zip(whole)?;
    (whole > 0).then(|| used as f64 / whole as f64)
}

/// `7.5 GiB`.
pub(super) fn bytes(number: u64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut value = number as f64;
    let mut unit = 0;
    while value >= 1024.0 && unit + 1 < units.len() {
        value /= 1024.0;
        unit += 1;
    }
    if value < 10.0 && unit > 0 {
        format!("{value:.1} {}", units[unit])
    } else {
        format!("{value:.0} {}", units[unit])
    }
}

/// `12 seconds`, `4 minutes`, `3 hours`, `2 days`.
pub(super) fn span(span: Duration) -> String {
    let secs = span.as_secs();
    let (number, unit) = match secs {
        0..=89 => (secs, "second"),
        90..=5399 => (secs / 60, "minute"),
        5400..=172_799 => (secs / 3600, "hour"),
        _ => (secs / 86_400, "day"),
    };
    count(usize::try_from(number).unwrap_or(usize::MAX), unit)
}

/// The first letters of a commit.
pub(super) fn short(commit: &str) -> &str {
    commit.get(..8).unwrap_or(commit)
}

impl Asked<'_> {
    /// Now.
    pub(super) fn now(&self) -> Timestamp {
        self.moment.now
    }

    /// How long ago something was.
    pub(super) fn ago(&self, at: Timestamp) -> String {
        format!("{} ago", span(self.now().since(at)))
    }

    /// An instant in the zone of who asks.
    pub(super) fn zoned(&self, at: Timestamp) -> Option<jiff::ZonedDateTime> {
        let millis = i64::try_from(at.as_millis()).ok()?;
        let instant = jiff::Timestamp::from_millisecond(millis).ok()?;
        Some(instant.to_zoned_datetime(self.zone.clone()))
    }

    /// `14:02`, `yesterday at 14:02`, `on 24 November at 14:02`.
    pub(super) fn time(&self, at: Timestamp) -> String {
        let (Some(then), Some(now)) = (self.zoned(at), self.zoned(self.now())) else {
            return words::time(at);
        };
        let clock = then.strftime("%H:%M");
        if then.date() == now.date() {
            return clock.to_string();
        }
        if now
            .date()
            .yesterday()
            .is_ok_and(|yesterday| yesterday == then.date())
        {
            return format!("yesterday at {clock}");
        }
        if now
            .date()
            .tomorrow()
            .is_ok_and(|tomorrow| tomorrow == then.date())
        {
            return format!("tomorrow at {clock}");
        }
        format!("on {} at {clock}", then.strftime("%-d %B"))
    }

    /// `at 14:02`, `yesterday at 14:02`.
    pub(super) fn at(&self, at: Timestamp) -> String {
        let time = self.time(at);
        if time.starts_with(|c: char| c.is_ascii_digit()) {
            format!("at {time}")
        } else {
            time
        }
    }

    /// `guest 101 (web-01)`.
    pub(super) fn guest(&self, vmid: Vmid) -> String {
        line(&words::guest(vmid, &self.moment.view.observed))
    }

    /// A resource by what it is: `guest 101 (web-01)`, `node forge`, `service nginx`.
    pub(super) fn resource(&self, key: &ResourceKey) -> String {
        let desired = &self.moment.view.desired;
        if let Some(manifest) = desired.guests.get(key) {
            return self.guest(manifest.spec.vmid);
        }
        if let Some(manifest) = desired.nodes.get(key) {
            return format!("node {}", manifest.spec.node);
        }
        format!("{} {}", key.kind.as_str().to_lowercase(), key.name)
    }

    /// Why the picture cannot be answered from, if so: nothing was seen yet, or too long ago.
    pub(super) fn blind(&self) -> Option<String> {
        let observed = &self.moment.view.observed;
        let Some(looked_at) = observed.looked_at else {
            return Some("I have not had a complete look at the cluster yet, so I cannot say.".to_owned());
        };
        (self.now().since(looked_at) > limits::CRITICAL).then(|| {
            let why = self.moment.view.state.look_failure.as_deref();
            let why = why.map(|why| format!(" The last look failed: {}.", line(why)));
            format!(
                "I last saw the cluster {}, so I cannot say how it is now.{}",
                self.ago(looked_at),
                why.unwrap_or_default()
            )
        })
    }

    /// Why a fact about something cannot be told: `I last saw node forge 4 minutes ago, so I cannot say.`
    pub(super) fn not_known<T>(&self, what: &str, seen: &Observation<T>, limit: Duration) -> String {
        match (seen.seen_at(), seen.why_not(self.now(), limit)) {
            (Some(at), _) => format!(
                "I last saw {what} {}, so I cannot say how it is now.",
                self.ago(at)
            ),
            (None, Some(why)) => format!("I cannot say how {what} is: {}.", why.as_str()),
            (None, None) => format!("I cannot say how {what} is."),
        }
    }

    /// When a node or guest's own facts were seen.
    pub(super) fn node_of(&self, vmid: Vmid) -> Option<&NodeName> {
        let guest = self.moment.view.observed.guests.get(&vmid)?;
        Some(&guest.node)
    }
}

/// The name by which a person may say which guest: its own when it is plain, else its number.
pub(super) fn handle_of(guest: &GuestObserved) -> String {
    match guest.name.as_deref() {
        Some(name) if is_plain_name(name) => name.to_owned(),
        _ => guest.vmid.to_string(),
    }
}

/// Whether a name can be said back as one word.
pub(super) fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 64
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}
