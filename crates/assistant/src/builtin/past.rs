//! The past, from the journal and nothing else. Each claim names the record it stands in.

use super::{
    Asked, Said, Topic,
    intent::{Deeds, Past, Span},
    saying::{MOST_ENTRIES, Saying, count, fact, line},
    target::{self, Target},
};
use crate::message::Fact;
use jarvis_controller::{Handle, feed};
use jarvis_guard::words;
use jarvis_model::{Event, Intent, Memory, NodeName, Origin, Outcome, ResourceKey, Timestamp, Vmid};
use jarvis_ports::Stored;
use std::{collections::BTreeMap, time::Duration};

/// Records read for one answer.
const MOST: usize = 5000;
/// How far before a span its intents are looked for: an effect may end after midnight.
const BEFORE: Duration = Duration::from_hours(1);

/// From when, to when, and in words.
pub(super) struct Bounds {
    pub from: Timestamp,
    pub to: Timestamp,
    pub words: String,
}

/// The bounds of a span in the zone of who asks.
pub(super) fn bounds(asked: &Asked<'_>, span: Span) -> Bounds {
    let now = asked.now();
    let fallback = |hours: u64, words: &str| Bounds {
        from: now - Duration::from_hours(hours),
        to: now,
        words: words.to_owned(),
    };
    let zoned = match span {
        Span::Lately => return fallback(24, "in the last 24 hours"),
        Span::Hours(1) => return fallback(1, "in the last hour"),
        Span::Hours(hours) if hours > 48 && hours % 24 == 0 => {
            return fallback(hours.into(), &format!("in the last {} days", hours / 24));
        }
        Span::Hours(hours) => return fallback(hours.into(), &format!("in the last {hours} hours")),
        _ => asked.zoned(now),
    };
    let found = zoned.and_then(|zoned| days(asked, span, &zoned));
    found.unwrap_or_else(|| fallback(24, "in the last 24 hours"))
}

fn days(asked: &Asked<'_>, span: Span, now: &jiff::ZonedDateTime) -> Option<Bounds> {
    let today = now.date();
    let at = |date: jiff::civil::Date, hour: i8| {
        let zoned = date
            .at(hour, 0, 0, 0)
            .to_zoned_datetime(asked.zone.clone())
            .ok()?;
        Some(Timestamp::from_millis(
            u64::try_from(zoned.timestamp().as_millisecond()).ok()?,
        ))
    };
    let back = |days: i64| today.checked_sub(jiff::Span::new().try_days(days).ok()?).ok();
    let weekday = i64::from(now.weekday().to_monday_one_offset());
    let bounds = |from: Timestamp, to: Timestamp, words: String| {
        Some(Bounds {
            from,
            to: to.min(asked.now()),
            words,
        })
    };
    match span {
        Span::Today => bounds(at(today, 0)?, asked.now(), "today".to_owned()),
        Span::Yesterday => bounds(at(back(1)?, 0)?, at(today, 0)?, "yesterday".to_owned()),
        Span::LastNight => bounds(at(back(1)?, 18)?, at(today, 8)?, "last night".to_owned()),
        Span::ThisWeek => bounds(at(back(weekday - 1)?, 0)?, asked.now(), "this week".to_owned()),
        Span::LastWeek => bounds(
            at(back(weekday + 6)?, 0)?,
            at(back(weekday - 1)?, 0)?,
            "last week".to_owned(),
        ),
        Span::Since(day) | Span::On(day) => {
            let ago = (weekday - i64::from(day)).rem_euclid(7);
            let ago = if ago == 0 && matches!(span, Span::On(_)) {
                7
            } else {
                ago
            };
            let date = back(ago)?;
            let name = date.strftime("%A").to_string();
            match span {
                Span::Since(_) => bounds(at(date, 0)?, asked.now(), format!("since {name}")),
                _ => bounds(at(date, 0)?, at(back(ago - 1)?, 0)?, format!("on {name}")),
            }
        }
        Span::Lately | Span::Hours(_) => None,
    }
}

/// Records of a time, oldest first, and whether there are more than were read.
pub(super) struct Read {
    pub records: Vec<Stored>,
    pub more: bool,
}

/// Reads the journal from `from` to `to`, beside the runtime. Where there are too many, the newest are read.
pub(super) async fn read(handle: &Handle, from: Timestamp, to: Timestamp) -> Result<Read, String> {
    let handle = handle.clone();
    let reading = tokio::task::spawn_blocking(move || {
        let first = first_from(&handle, from)?;
        let end = first_from(&handle, to + Duration::from_millis(1))?;
        let all = end.saturating_sub(first);
        let skipped = all.saturating_sub(MOST as u64);
        let wanted = usize::try_from(all - skipped).unwrap_or(MOST);
        let records = if wanted == 0 {
            Vec::new()
        } else {
            handle.records_after(first + skipped, wanted)?
        };
        Ok::<_, jarvis_ports::JournalError>(Read {
            records,
            more: skipped > 0,
        })
    });
    match reading.await {
        Ok(Ok(read)) => Ok(read),
        Ok(Err(error)) => Err(format!(
            "The journal cannot be read: {}.",
            line(&error.to_string())
        )),
        Err(_) => Err("The journal could not be read in time.".to_owned()),
    }
}

/// The number before the first record at or after an instant; records are in the order of their times.
fn first_from(handle: &Handle, at: Timestamp) -> Result<u64, jarvis_ports::JournalError> {
    let (mut low, mut high) = (0, handle.head());
    while low < high {
        let middle = low + (high - low) / 2;
        let earlier = match handle.records_after(middle, 1)?.first() {
            Some(next) => next.record.at < at,
            None => false,
        };
        if earlier {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// What happened.
pub(super) async fn past(asked: &Asked<'_>, past: &Past) -> Said {
    let target = match past.about.as_deref() {
        None | Some("the cluster" | "cluster" | "everything") => None,
        Some(phrase) => match target::one(asked, phrase, None, "what happened to {}") {
            Ok(target) => Some(target),
            Err(back) => return back,
        },
    };
    let span = match (&target, past.span) {
        (Some(_), Span::Lately) => Span::Hours(24 * 7),
        (_, span) => span,
    };
    let bounds = bounds(asked, span);
    let read = match read(&asked.desk.handle, bounds.from - BEFORE, bounds.to).await {
        Ok(read) => read,
        Err(why) => return Saying::new(why).done(),
    };
    let story = Story::of(asked, &read, &bounds);
    match &past.what {
        Deeds::Mended => story.mended(target.as_ref()),
        Deeds::All => story.all(target.as_ref()),
        Deeds::By(who) => story.by(who),
    }
}

/// The records of a span, with the intents they speak of.
struct Story<'a> {
    asked: &'a Asked<'a>,
    within: Vec<&'a Stored>,
    intents: BTreeMap<&'a str, &'a Intent>,
    bounds: &'a Bounds,
    more: bool,
}

impl<'a> Story<'a> {
    fn of(asked: &'a Asked<'a>, read: &'a Read, bounds: &'a Bounds) -> Self {
        let remembered = asked.moment.view.memory.intents.values();
        let mut intents: BTreeMap<&str, &Intent> =
            remembered.map(|intent| (intent.id.0.as_str(), intent)).collect();
        for stored in &read.records {
            if let Event::IntentLogged { intent } = &stored.record.event {
                intents.insert(&intent.id.0, intent);
            }
        }
        let within = |stored: &&Stored| stored.record.at >= bounds.from && stored.record.at < bounds.to;
        Self {
            asked,
            within: read.records.iter().filter(within).collect(),
            intents,
            bounds,
            more: read.more,
        }
    }

    /// Acts of Jarvis' own that ended in the span: how, and what they were.
    fn ended(&self) -> impl Iterator<Item = (&'a Stored, &'a Intent, &'a Outcome)> {
        self.within
            .iter()
            .filter_map(|stored| match &stored.record.event {
                Event::IntentClosed { intent, outcome } => {
                    Some((*stored, *self.intents.get(intent.0.as_str())?, outcome))
                }
                _ => None,
            })
    }

    fn mended(&self, target: Option<&Target>) -> Said {
        let own = |intent: &Intent| matches!(intent.origin, Origin::Reconciler | Origin::Runbook { .. });
        let wanted = |intent: &Intent| own(intent) && target.is_none_or(|target| is_at(intent, target));
        let ended: Vec<_> = self.ended().filter(|(_, intent, _)| wanted(intent)).collect();
        let (good, bad): (Vec<_>, Vec<_>) = ended
            .into_iter()
            .partition(|(_, _, outcome)| **outcome == Outcome::Verified);
        let escalated: Vec<_> = self
            .within
            .iter()
            .filter(|stored| matches!(stored.record.event, Event::IssueEscalated { .. }))
            .filter(|stored| target.is_none_or(|target| self.concerns(stored, target)))
            .collect();
        let when = &self.bounds.words;
        let mut saying = match good.len() {
            0 if bad.is_empty() => Saying::new(format!("I mended nothing {when}.")),
            0 => Saying::new(format!("Nothing I tried {when} succeeded.")),
            number => {
                let claim = count(number, "thing");
                Saying::new(format!("I mended {claim} {when}:"))
            }
        };
        saying = saying.entries(
            good.iter()
                .map(|(stored, intent, _)| self.act(stored, intent, "done and verified"))
                .collect(),
        );
        if !bad.is_empty() {
            saying = saying.line(format!("{} came to nothing:", count(bad.len(), "attempt")));
            let failed = bad
                .iter()
                .map(|(stored, intent, outcome)| self.act(stored, intent, &line(&outcome.words())));
            saying = saying.entries(failed.collect());
        }
        if !escalated.is_empty() {
            saying = saying.line(format!("{} left to you:", count(escalated.len(), "matter")));
            saying = saying.entries(escalated.iter().map(|stored| self.told(stored)).collect());
        }
        self.end(saying, target)
    }

    fn act(&self, stored: &Stored, intent: &Intent, how: &str) -> (String, Option<Fact>) {
        let target = line(&words::target(&intent.action, &self.asked.moment.view.observed));
        let time = self.asked.time(stored.record.at);
        let claim = format!("{} {target}: {how}", intent.action.verb());
        let why = match &intent.cause {
            jarvis_model::Cause::Issue { issue } => format!(" ({})", issue.kind.as_str().replace('-', " ")),
            jarvis_model::Cause::Ticket { .. } => String::new(),
        };
        (format!("{time}, {claim}{why}"), Some(Self::cited(claim, stored)))
    }

    fn told(&self, stored: &Stored) -> (String, Option<Fact>) {
        let memory: &Memory = &self.asked.moment.view.memory;
        let title = line(&feed::line(&stored.record.event, memory).title);
        let time = self.asked.time(stored.record.at);
        (format!("{time}, {title}"), Some(Self::cited(title, stored)))
    }

    fn cited(claim: String, stored: &Stored) -> Fact {
        fact(
            claim,
            format!("event {}", stored.record.seq),
            Some(stored.record.at),
        )
    }

    fn all(&self, target: Option<&Target>) -> Said {
        let told = |stored: &&&Stored| {
            let event = &stored.record.event;
            match target {
                Some(target) => event.is_feed() && self.concerns(stored, target),
                None => event.is_told(&self.asked.moment.view.memory),
            }
        };
        let mut found: Vec<&&Stored> = self.within.iter().filter(told).collect();
        let what = target
            .map(|target| format!(" to {}", self.name(target)))
            .unwrap_or_default();
        let when = &self.bounds.words;
        if found.is_empty() {
            return self.end(
                Saying::new(format!("Nothing happened{what} {when} that I have on record.")),
                target,
            );
        }
        let number = found.len();
        let claim = count(number, "event");
        let begin = if number > MOST_ENTRIES {
            found.drain(..number - MOST_ENTRIES);
            format!("{claim}{what} {when}; the latest:")
        } else {
            format!("{claim}{what} {when}:")
        };
        let entries = found.iter().map(|stored| self.told(stored)).collect();
        self.end(Saying::new(begin).entries(entries), target)
    }

    fn by(&self, who: &str) -> Said {
        let who = who.trim_start_matches("the user ").trim_start_matches("user ");
        let who = if who == "i" { self.asked.user } else { who };
        let own = |stored: &&&Stored| {
            let name = person(&stored.record.event);
            name.is_some_and(|name| name.eq_ignore_ascii_case(who))
        };
        let found: Vec<_> = self.within.iter().filter(own).collect();
        let when = &self.bounds.words;
        let users = &self.asked.moment.view.memory.users;
        let known = who.eq_ignore_ascii_case(self.asked.user)
            || users.keys().any(|user| user.eq_ignore_ascii_case(who));
        if found.is_empty() {
            let text = if known {
                format!("{} asked for nothing {when}.", line(who))
            } else {
                format!(
                    "I know nobody called {}, and nothing of theirs {when}.",
                    line(who)
                )
            };
            return Saying::new(text).done();
        }
        let claim = count(found.len(), "thing");
        let entries = found.iter().map(|stored| self.told(stored)).collect();
        self.end(Saying::new(format!("{claim} {when}:")).entries(entries), None)
    }

    fn end(&self, saying: Saying, target: Option<&Target>) -> Said {
        let more = self
            .more
            .then(|| format!("There is more on record than the {MOST} latest records I looked through."));
        let saying = self.since(saying).maybe(more);
        match target {
            Some(target) => saying.about(target.topic()).done(),
            None => saying.about(Topic::Cluster).done(),
        }
    }

    /// Says where the records begin, when that is within the time that was asked for: what was before is not known.
    fn since(&self, saying: Saying) -> Saying {
        let begins = self.asked.desk.handle.records_after(0, 1).unwrap_or_default();
        let Some(first) = begins
            .first()
            .map(|stored| &stored.record)
            .filter(|first| first.at > self.bounds.from)
        else {
            return saying;
        };
        let at = self.asked.at(first.at);
        saying
            .line(format!("My records begin {at}; what was before I do not know."))
            .fact(
                format!("records begin {at}"),
                format!("event {}", first.seq),
                Some(first.at),
            )
    }

    fn name(&self, target: &Target) -> String {
        match target {
            Target::Guest(vmid) => self.asked.guest(*vmid),
            Target::Node(node) => format!("node {node}"),
        }
    }

    /// Whether a record speaks of a thing.
    fn concerns(&self, stored: &Stored, target: &Target) -> bool {
        let event = &stored.record.event;
        let desired = &self.asked.moment.view.desired;
        let of_key = |key: &ResourceKey| match target {
            Target::Guest(vmid) => desired
                .guests
                .get(key)
                .is_some_and(|manifest| manifest.spec.vmid == *vmid),
            Target::Node(node) => desired
                .nodes
                .get(key)
                .is_some_and(|manifest| manifest.spec.node == *node),
        };
        if event.resource().is_some_and(of_key) {
            return true;
        }
        let act = match event {
            Event::IntentLogged { intent } => Some(&intent.action),
            Event::EffectAccepted { intent, .. }
            | Event::ReplyUnknown { intent, .. }
            | Event::TaskFinished { intent }
            | Event::IntentClosed { intent, .. } => {
                self.intents.get(intent.0.as_str()).map(|intent| &intent.action)
            }
            Event::ActionRefused { action, .. } => Some(action),
            Event::TicketOpened { ticket } => Some(&ticket.action),
            Event::TicketConfirmed { ticket, .. } | Event::TicketChanged { ticket, .. } => {
                let known = &self.asked.moment.view.memory.tickets;
                known.get(ticket).map(|ticket| &ticket.action)
            }
            _ => None,
        };
        match target {
            Target::Guest(vmid) => {
                act.and_then(jarvis_model::Action::vmid) == Some(*vmid) || seen_guest(event) == Some(*vmid)
            }
            Target::Node(node) => {
                act.and_then(|action| action.node()) == Some(node) || seen_node(event) == Some(node)
            }
        }
    }
}

fn seen_guest(event: &Event) -> Option<Vmid> {
    match event {
        Event::IdentityAccepted { vmid, .. } => Some(*vmid),
        _ => None,
    }
}

fn seen_node(event: &Event) -> Option<&NodeName> {
    match event {
        Event::NodeLost { node } | Event::NodeShutDown { node, .. } | Event::NodeReturned { node } => {
            Some(node)
        }
        _ => None,
    }
}

/// Whether an intent is aimed at a thing.
pub(super) fn is_at(intent: &Intent, target: &Target) -> bool {
    match target {
        Target::Guest(vmid) => intent.action.vmid() == Some(*vmid),
        Target::Node(node) => intent.action.node() == Some(node),
    }
}

/// The person whose deed a record is.
fn person(event: &Event) -> Option<&str> {
    let of = |origin: &'_ Origin| matches!(origin, Origin::Person { .. } | Origin::Chat { .. });
    let user = |origin: &'_ Origin| of(origin);
    match event {
        Event::TicketOpened { ticket } if user(&ticket.origin) => name_of(&ticket.origin),
        Event::ActionRefused { origin, .. } if user(origin) => name_of(origin),
        Event::ProposalMade { proposal } => name_of(&proposal.origin),
        Event::TicketConfirmed { confirmed, .. } => Some(&confirmed.user),
        Event::Approved { by, .. }
        | Event::ProposalApproved { by, .. }
        | Event::ProposalRejected { by, .. }
        | Event::FreezeSet { by, .. }
        | Event::Thawed { by }
        | Event::HoldReleased { by, .. }
        | Event::CeilingSet { by, .. }
        | Event::IdentityAccepted { by, .. }
        | Event::TokenCreated { by, .. }
        | Event::TokenRevoked { by, .. } => Some(bare(by)),
        Event::HoldSet { hold, .. } => Some(bare(&hold.by)),
        Event::TerminalOpened { user, .. } | Event::TerminalClosed { user, .. } => Some(user),
        _ => None,
    }
}

fn name_of(origin: &Origin) -> Option<&str> {
    match origin {
        Origin::Person { user, .. } | Origin::Chat { user, .. } => Some(user),
        Origin::Mcp { token, .. } => Some(token),
        Origin::Reconciler | Origin::Runbook { .. } => None,
    }
}

/// `anna` of `anna (dashboard)`.
fn bare(by: &str) -> &str {
    by.split(" (").next().unwrap_or(by)
}
