//! What the watchdog remembers, and what its limits make of it.

use super::{HOLD_OFF, MOST_ACTS, WINDOW};
use jarvis_model::Timestamp;
use serde::{Deserialize, Serialize};
use std::{collections::BTreeSet, time::Duration};

/// What Jarvis last said of its journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Its last record.
    pub head: u64,
    /// Its lease epoch.
    pub epoch: u64,
}

/// What people are told of once in a silence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Topic {
    /// What answers is not trusted.
    Untrusted,
    /// The loop does not come round.
    Stalled,
    /// The own network does not answer.
    NoNetwork,
    /// The machine cannot be looked at.
    Blind,
    /// It is no virtual machine, or a template.
    NoMachine,
    /// Another guest has its number.
    OtherGuest,
    /// The HA manager has it.
    Managed,
    /// Its configuration is locked.
    Locked,
    /// It was started a moment ago.
    JustStarted,
    /// Its guest agent answers.
    AgentAnswers,
    /// A witness reaches Jarvis.
    WitnessAnswers,
    /// No second vantage point finds it dead.
    NobodyAgrees,
    /// It is paused.
    Held,
    /// A person stopped it.
    StoppedByPerson,
    /// It was stopped with its node or by the cluster.
    StoppedWithNode,
    /// Why it stopped cannot be read.
    StopUnexplained,
    /// The limits are used up.
    GaveUp,
    /// The own state cannot be read.
    StateUnreadable,
    /// Jarvis could not be frozen.
    FreezeFailed,
}

impl Topic {
    /// Whether people are mailed; what passes by itself, or cannot be mailed anyway, is for the log.
    pub fn is_mailed(self) -> bool {
        !matches!(self, Self::NoNetwork | Self::JustStarted)
    }

    /// What an answer of Jarvis does not settle.
    fn outlives_an_answer(self) -> bool {
        matches!(self, Self::Stalled | Self::Untrusted | Self::FreezeFailed)
    }
}

/// What is remembered. What counts for the limits is kept on disk; a restart counts misses anew.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct State {
    /// When it acted, within the window.
    pub acts: Vec<Timestamp>,
    /// The journal as last seen.
    pub seen: Option<Seen>,
    /// Whether Jarvis is to be frozen when it answers.
    pub freeze_due: bool,
    /// What people were told of already.
    pub told: BTreeSet<Topic>,
    /// Misses in a row.
    #[serde(skip)]
    pub misses: u32,
    /// Since when.
    #[serde(skip)]
    pub silent_since: Option<Timestamp>,
    /// No look before this.
    #[serde(skip)]
    pub look_again_at: Option<Timestamp>,
    /// Whether the maintenance file was there.
    #[serde(skip)]
    pub maintenance: bool,
    /// Why what was kept cannot be read; then nothing is done.
    #[serde(skip)]
    pub unreadable: Option<String>,
}

/// Whether the limits give leave to act.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Leave {
    /// They do.
    Given,
    /// It acted a moment ago.
    HoldsOff,
    /// It acted often enough.
    UsedUp,
    /// Nobody knows how often it acted.
    Unreadable(String),
}

impl State {
    /// One of which nothing is known but that: it never gives leave.
    pub fn unreadable(why: String) -> Self {
        Self {
            unreadable: Some(why),
            ..Self::default()
        }
    }

    /// What the limits say. An act that lies ahead (a clock that was put back while the watchdog slept) holds off until then.
    pub fn leave(&self, now: Timestamp) -> Leave {
        if let Some(why) = &self.unreadable {
            return Leave::Unreadable(why.clone());
        }
        let within = |span: Duration| self.acts.iter().filter(|at| now.since(**at) < span).count();
        if within(HOLD_OFF) > 0 {
            Leave::HoldsOff
        } else if within(WINDOW) >= MOST_ACTS {
            Leave::UsedUp
        } else {
            Leave::Given
        }
    }

    /// Counts an act.
    pub fn act(&mut self, now: Timestamp) {
        self.acts.retain(|at| now.since(*at) < WINDOW);
        self.acts.push(now);
        self.told.clear();
        self.look_again_at = None;
    }

    /// The silence is over, or counts anew.
    pub fn hear(&mut self) {
        self.misses = 0;
        self.silent_since = None;
        self.look_again_at = None;
        self.told.retain(|topic| topic.outlives_an_answer());
    }

    /// Moves what was remembered along with the clock, so that it is as long ago as it was.
    pub fn redate(&mut self, millis: i64) {
        let span = Duration::from_millis(millis.unsigned_abs());
        for at in &mut self.acts {
            *at = if millis < 0 { *at - span } else { *at + span };
        }
    }
}
