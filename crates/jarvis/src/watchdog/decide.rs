//! What the watchdog does about what it saw: a state and an observation in, a state and acts out. No clock, no I/O.
//!
//! It acts on a machine only when Jarvis was silent several times in a row, the watchdog's own network answers, a second
//! vantage point finds the machine dead as well, and the machine is what it should be and left to itself. What is not
//! known is never taken for dead. At most [`MOST_ACTS`] acts within [`WINDOW`], [`HOLD_OFF`] apart; the caller makes the
//! state durable before it carries an act out.

mod dead;
mod state;

pub use dead::{Agent, Found, Guest, Witness};
pub use state::{Seen, State, Topic};

use jarvis_model::{NodeName, Timestamp};
use jarvis_proxmox::watchdog::Deed;
use serde::Serialize;
use state::Leave;
use std::time::Duration;

/// After an act nothing more is done for this long.
pub const HOLD_OFF: Duration = Duration::from_mins(10);
/// Acts are counted within this.
pub const WINDOW: Duration = Duration::from_hours(6);
/// So many acts within [`WINDOW`], then people are told and nothing is done.
pub const MOST_ACTS: usize = 2;
/// A look that led to nothing is not repeated before this.
const LOOK_AGAIN: Duration = Duration::from_mins(1);
/// A loop that has not come round for this long is told of.
const STALLED: Duration = Duration::from_mins(2);

/// What is configured.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Misses in a row before anything is looked at.
    pub misses: u32,
    /// Whether Jarvis can be frozen from here.
    pub may_freeze: bool,
    /// The machine, as people know it: `VM 103`.
    pub machine: String,
}

/// What Jarvis says of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Sequence number of its journal's last record.
    pub head: u64,
    /// Its lease epoch.
    pub epoch: u64,
    /// How long ago its loop came round.
    pub pass_age: Option<Duration>,
}

/// How Jarvis answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Health {
    /// As it should.
    Answered(Answer),
    /// Something answers there and is not trusted: no silence, and nothing to be learnt from.
    Untrusted(String),
    /// Not, and why.
    Missed(String),
}

/// What was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Observation {
    /// Jarvis was asked.
    Asked {
        /// What it said.
        health: Health,
        /// Whether the maintenance file is there.
        maintenance: bool,
    },
    /// The clock was moved by so much (back when negative) while the watchdog watched.
    ClockMoved {
        /// Milliseconds.
        millis: i64,
    },
    /// What a [`Act::Look`] found.
    Found(Box<Found>),
    /// What became of an [`Act::Send`].
    Sent {
        /// What was sent.
        deed: Deed,
        /// The task, or why there is none.
        result: Result<String, String>,
    },
    /// What became of an [`Act::Freeze`].
    Frozen(Result<(), String>),
}

/// What is to be done, in this order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    /// Look at network, machine and other vantage points.
    Look,
    /// Start or reset the machine. The state must be durable first.
    Send {
        /// Which.
        deed: Deed,
        /// Where it lives.
        node: NodeName,
    },
    /// Freeze what Jarvis does alone.
    Freeze {
        /// Why.
        reason: String,
    },
    /// Write down, and mail perhaps.
    Tell(Note),
}

/// A line of the watchdog's log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Note {
    /// What kind.
    pub kind: Kind,
    /// In words.
    pub text: String,
    /// Whether people are mailed.
    pub mail: bool,
}

/// Kinds of notes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The watchdog began.
    Began,
    /// Jarvis does not answer.
    Silent,
    /// Jarvis answers again.
    Answers,
    /// Something is wrong, and the machine is left alone.
    LeftAlone,
    /// The limits are used up.
    GaveUp,
    /// About to act.
    Acting,
    /// Acted.
    Acted,
    /// Wanted to act, and it was not done.
    NotDone,
    /// The journal of Jarvis is shorter than it was.
    RolledBack,
    /// Jarvis was frozen.
    Froze,
    /// The loop of Jarvis does not come round.
    Stalled,
    /// Maintenance began or ended.
    Maintenance,
    /// The clock was moved.
    Clock,
    /// A mail could not be sent.
    MailFailed,
}

impl Note {
    /// One for the log alone.
    pub fn quiet(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            mail: false,
        }
    }

    /// One that is mailed too.
    pub fn mailed(kind: Kind, text: impl Into<String>) -> Self {
        Self {
            kind,
            text: text.into(),
            mail: true,
        }
    }
}

/// The one decision.
pub fn decide(state: &State, limits: &Limits, observation: Observation, now: Timestamp) -> (State, Vec<Act>) {
    let mut turn = Turn {
        state: state.clone(),
        limits,
        now,
        acts: Vec::new(),
    };
    match observation {
        Observation::Asked { health, maintenance } => turn.asked(health, maintenance),
        Observation::ClockMoved { millis } => turn.clock_moved(millis),
        Observation::Found(found) => turn.found(*found),
        Observation::Sent { deed, result } => turn.sent(deed, result),
        Observation::Frozen(result) => turn.frozen(result),
    }
    (turn.state, turn.acts)
}

/// One decision in the making.
struct Turn<'a> {
    state: State,
    limits: &'a Limits,
    now: Timestamp,
    acts: Vec<Act>,
}

impl Turn<'_> {
    fn tell(&mut self, note: Note) {
        // In maintenance nobody is mailed.
        let mail = note.mail && !self.state.maintenance;
        self.acts.push(Act::Tell(Note { mail, ..note }));
    }

    /// Tells of a topic once, until it is cleared.
    fn tell_once(&mut self, topic: Topic, note: Note) {
        if self.state.told.insert(topic) {
            self.tell(note);
        }
    }

    fn asked(&mut self, health: Health, maintenance: bool) {
        if maintenance != self.state.maintenance {
            self.state.maintenance = maintenance;
            let text = if maintenance {
                "the maintenance file is there: nothing is done and nobody is mailed"
            } else {
                "the maintenance file is gone: watching again"
            };
            self.tell(Note::quiet(Kind::Maintenance, text));
        }
        match health {
            Health::Answered(answer) => self.answered(&answer),
            Health::Untrusted(why) => self.untrusted(&why),
            Health::Missed(_) if maintenance => self.state.hear(),
            Health::Missed(why) => self.missed(&why),
        }
    }

    fn untrusted(&mut self, why: &str) {
        self.state.hear();
        let text = format!(
            "what answers in the place of Jarvis is not trusted ({why}): it is not silent, so nothing is done, and nothing is \
             known of it; compare its certificate and correct `jarvis.tls`"
        );
        self.tell_once(Topic::Untrusted, Note::mailed(Kind::LeftAlone, text));
    }

    fn answered(&mut self, answer: &Answer) {
        self.state.told.remove(&Topic::Untrusted);
        if let Some(since) = self.state.silent_since
            && self.state.misses >= self.limits.misses
        {
            let secs = self.now.since(since).as_secs();
            let acted = self.state.acts.iter().any(|at| *at >= since);
            let by = if acted { ", after the watchdog acted" } else { "" };
            let text = format!("Jarvis answers again after {secs} s{by}");
            let worth_a_mail = self.state.told.iter().any(|topic| topic.is_mailed()) || acted;
            let note = Note {
                kind: Kind::Answers,
                text,
                mail: worth_a_mail,
            };
            self.tell(note);
        }
        self.compare(answer);
        self.state.hear();
        match answer.pass_age.filter(|age| *age > STALLED) {
            Some(age) => {
                let secs = age.as_secs();
                let text = format!(
                    "Jarvis answers, but its loop has not come round for {secs} s; its machine lives, so it is left alone; look \
                     at its log and restart the service"
                );
                self.tell_once(Topic::Stalled, Note::mailed(Kind::Stalled, text));
            }
            None => drop(self.state.told.remove(&Topic::Stalled)),
        }
        if self.state.freeze_due && self.limits.may_freeze && !self.state.maintenance {
            let reason = "the watchdog saw the journal rolled back".to_owned();
            self.acts.push(Act::Freeze { reason });
        }
    }

    /// A journal only grows: one that is shorter than it was is an older one.
    fn compare(&mut self, answer: &Answer) {
        let before = self.state.seen.map_or(0, |seen| seen.head);
        self.state.seen = Some(Seen {
            head: answer.head,
            epoch: answer.epoch,
        });
        if answer.head >= before {
            return;
        }
        let mut text = format!(
            "the journal of Jarvis ends at record {}, and it ended at {before} before: its machine was rolled back, or an old \
             state put back. What it did since is not in its memory",
            answer.head
        );
        if self.state.maintenance {
            text += "; in maintenance this is taken as meant";
        } else {
            self.state.freeze_due = true;
            text += if self.limits.may_freeze {
                "; it is being frozen"
            } else {
                "; freeze it before it acts (`jarvis freeze`, or `touch freeze` in its state folder), compare, then thaw it"
            };
        }
        self.tell(Note::mailed(Kind::RolledBack, text));
    }

    fn missed(&mut self, why: &str) {
        self.state.misses = self.state.misses.saturating_add(1);
        let since = *self.state.silent_since.get_or_insert(self.now);
        if self.state.misses < self.limits.misses {
            return;
        }
        if self.state.misses == self.limits.misses {
            let text = format!(
                "Jarvis has not answered {} times in a row, for {} s: {why}",
                self.state.misses,
                self.now.since(since).as_secs()
            );
            self.tell(Note::quiet(Kind::Silent, text));
        }
        if self.may_act() && self.state.look_again_at.is_none_or(|at| at <= self.now) {
            self.state.look_again_at = Some(self.now + LOOK_AGAIN);
            self.acts.push(Act::Look);
        }
    }

    /// Whether the limits leave room for an act; says so once when they do not.
    fn may_act(&mut self) -> bool {
        match self.state.leave(self.now) {
            Leave::Given => true,
            Leave::HoldsOff => false,
            Leave::Unreadable(why) => {
                let text = format!(
                    "Jarvis is silent, and nothing is done: what was done before cannot be read ({why}). Look at the machine \
                     yourself; then mend or remove the state file, and restart the watchdog"
                );
                self.tell_once(Topic::StateUnreadable, Note::mailed(Kind::GaveUp, text));
                false
            }
            Leave::UsedUp => {
                let text = format!(
                    "giving up: {} was started or reset {MOST_ACTS} times within {} hours, and Jarvis is silent still. Look at the \
                     machine yourself",
                    self.limits.machine,
                    WINDOW.as_secs() / 3600
                );
                self.tell_once(Topic::GaveUp, Note::mailed(Kind::GaveUp, text));
                false
            }
        }
    }

    fn found(&mut self, found: Found) {
        self.state.maintenance |= found.maintenance;
        match &found.health {
            Health::Answered(answer) => return self.answered(answer),
            Health::Untrusted(why) => return self.untrusted(why),
            Health::Missed(_) => {}
        }
        let silent = self.state.misses >= self.limits.misses;
        if self.state.maintenance || !silent || !self.may_act() {
            return;
        }
        match dead::judge(&found) {
            Err((topic, why)) => {
                let text = format!(
                    "Jarvis is silent, and {} is left alone: {why}",
                    self.limits.machine
                );
                let note = Note {
                    kind: Kind::LeftAlone,
                    text,
                    mail: topic.is_mailed(),
                };
                self.tell_once(topic, note);
            }
            Ok((deed, node, why)) => {
                self.state.act(self.now);
                let text = format!("about to {deed} {} on {node}: {why}", self.limits.machine);
                self.tell(Note::quiet(Kind::Acting, text));
                self.acts.push(Act::Send { deed, node });
            }
        }
    }

    fn sent(&mut self, deed: Deed, result: Result<String, String>) {
        let machine = &self.limits.machine;
        let silent = self
            .state
            .silent_since
            .map_or(0, |since| self.now.since(since).as_secs());
        let left = MOST_ACTS.saturating_sub(self.state.acts.len());
        let note = match result {
            Ok(task) => Note::mailed(
                Kind::Acted,
                format!(
                    "{machine} was told to {deed}: Jarvis had been silent for {silent} s. The task is {task}. Nothing more is done \
                     for {} min; {left} more within {} hours",
                    HOLD_OFF.as_secs() / 60,
                    WINDOW.as_secs() / 3600
                ),
            ),
            Err(why) => Note::mailed(
                Kind::NotDone,
                format!(
                    "{machine} should {deed}, for Jarvis had been silent for {silent} s, and it is not known to: {why}"
                ),
            ),
        };
        self.tell(note);
    }

    fn frozen(&mut self, result: Result<(), String>) {
        match result {
            Ok(()) => {
                self.state.freeze_due = false;
                self.state.told.remove(&Topic::FreezeFailed);
                let text = "Jarvis does nothing alone until it is thawed: compare what it believes with the cluster first";
                self.tell(Note::mailed(Kind::Froze, text));
            }
            Err(why) => {
                let text =
                    format!("Jarvis was rolled back and could not be frozen: {why}; it is tried again");
                self.tell_once(Topic::FreezeFailed, Note::mailed(Kind::NotDone, text));
            }
        }
    }

    fn clock_moved(&mut self, millis: i64) {
        self.state.redate(millis);
        self.state.hear();
        let text = format!("the clock was moved by {} s: counting begins anew", millis / 1000);
        self.tell(Note::quiet(Kind::Clock, text));
    }
}

#[cfg(test)]
mod tests;
