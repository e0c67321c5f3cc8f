//! A clock that jumps or stands still. Facts and due times are kept by the wall clock, because the journal must be
//! readable by people; so whatever was seen by a clock that was wrong is forgotten, and looked at anew.
//!
//! A jump by more than a year is no suspension and no summer time: nothing is planned, done or given up by such a clock.
//! Nor by one that disagrees with the cluster's: the two are compared with every cluster-wide look, and after a jump nothing
//! is planned before they were. What tasks, records and time limits say is understood only while they agree.

use crate::{command::CommandError, core::Core, observe::Tracker};
use jarvis_model::Timestamp;
use jarvis_planner::Evidence;
use jarvis_ports::ClusterLook;
use std::time::Duration;

/// Less than this back is an ordinary correction.
const CORRECTION: Duration = Duration::from_secs(1);
/// Nobody suspends a machine for longer.
const ABSURD: Duration = Duration::from_hours(366 * 24);

/// A pass that comes later than this after the one before was held up, or the clock jumped.
const HELD_UP: Duration = Duration::from_mins(1);
/// A look that took longer says nothing of what the clocks say.
const SWIFT: Duration = Duration::from_mins(1);
/// Clocks that are kept differ by less.
const DIFFER: Duration = Duration::from_secs(30);

/// How a message on an absurd clock begins.
const ABSURDLY_AHEAD: &str = "the clock is more than a year ahead of the last record";

/// How Jarvis's clock and the cluster's agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Clocks {
    /// They were not compared yet.
    NotCompared,
    /// They were not compared since Jarvis's clock jumped; or Jarvis was held up, which looks the same.
    Jumped,
    /// They agree; the cluster's is ahead by this, milliseconds.
    Agree {
        /// Milliseconds; 0 when no difference can be told.
        ahead_millis: i64,
    },
    /// They do not.
    Differ {
        /// In words, with what to do.
        why: String,
    },
}

impl Clocks {
    /// The clock jumped: what is known of it is known no more.
    pub(crate) fn jumped(&mut self) {
        if *self != Self::NotCompared {
            *self = Self::Jumped;
        }
    }

    /// How far the cluster's clock is ahead, milliseconds.
    pub(crate) fn ahead_millis(&self) -> i64 {
        match self {
            Self::Agree { ahead_millis } => *ahead_millis,
            Self::NotCompared | Self::Jumped | Self::Differ { .. } => 0,
        }
    }
}

/// How far a clock that said `told` (whole seconds) between two readings of ours is ahead of ours, milliseconds; None when
/// the readings lie too far apart to say.
fn ahead_millis(asked: Timestamp, told: Timestamp, heard: Timestamp) -> Option<i64> {
    if asked > heard || heard.since(asked) > SWIFT {
        return None;
    }
    let millis = |span: Duration| i64::try_from(span.as_millis()).unwrap_or(i64::MAX);
    let told_until = told + Duration::from_secs(1);
    Some(if told > heard {
        millis(told.since(heard))
    } else {
        -millis(asked.since(told_until))
    })
}

/// How the loop's last rest ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rest {
    /// After its full length.
    Full(Duration),
    /// Earlier, because something was to be heard.
    Broken,
}

/// What the clock did since it was read last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moved {
    /// It went on.
    On,
    /// It went back, or stood still: what was seen by it cannot be dated.
    Back,
    /// It went on by more than it should have.
    Ahead,
    /// It went on by more than can be.
    Absurdly,
}

/// Judges the clock by its last reading and how the rest since then ended.
pub(crate) fn moved(before: Timestamp, now: Timestamp, rest: Rest) -> Moved {
    let stood = matches!(rest, Rest::Full(span) if span >= CORRECTION && now.since(before) < span / 2);
    if before.since(now) > CORRECTION || stood {
        Moved::Back
    } else if before > Timestamp::default() && now.since(before) > ABSURD {
        Moved::Absurdly
    } else if before > Timestamp::default() && now.since(before) > HELD_UP {
        Moved::Ahead
    } else {
        Moved::On
    }
}

/// From when on tasks may explain a stop. A time that lies ahead was written by a clock that was wrong; nothing is known then.
pub(crate) fn looked_back(since: Timestamp, now: Timestamp) -> Timestamp {
    if since > now {
        now - Duration::from_hours(168)
    } else {
        since
    }
}

impl Core {
    /// Compares the clocks by a cluster-wide look, and stops acting while they differ.
    pub(crate) fn compare_clocks(&mut self, look: &ClusterLook, asked: Timestamp, heard: Timestamp) {
        const WHY: &str = "the clocks of Jarvis and of";
        let ahead = match look.told_at {
            Some(told) => ahead_millis(asked, told, heard),
            None => Some(0),
        };
        let Some(ahead_millis) = ahead else { return };
        let differ = u128::from(ahead_millis.unsigned_abs()) > DIFFER.as_millis();
        let stopped = self.state.acting_stopped.as_ref();
        let ours = stopped.is_some_and(|why| why.starts_with(WHY));
        if differ {
            let (secs, side) = (
                ahead_millis.unsigned_abs() / 1000,
                if ahead_millis > 0 { "behind" } else { "ahead" },
            );
            let why = format!(
                "{WHY} {} differ: Jarvis's is {secs} s {side}; nothing is planned or done until they agree. Let both be kept by NTP",
                look.via
            );
            if stopped.is_none() || ours {
                if !ours {
                    tracing::error!(reason = %why, "acting stops");
                }
                self.state.acting_stopped = Some(why.clone());
            }
            self.clocks = Clocks::Differ { why };
            return;
        }
        if ours {
            self.state.acting_stopped = None;
        }
        self.clocks = Clocks::Agree { ahead_millis };
    }

    /// Requests and confirmations have time limits; by a clock that may be wrong none is taken.
    pub(crate) fn by_a_good_clock(&self, what: &str) -> Result<(), CommandError> {
        let stopped = self.state.acting_stopped.as_ref();
        let why = match &self.clocks {
            Clocks::Jumped => {
                "Jarvis's clock has just jumped and is compared with the cluster's; try again in a few seconds"
            }
            Clocks::Differ { why } => why,
            Clocks::NotCompared | Clocks::Agree { .. } => {
                match stopped.filter(|why| why.starts_with(ABSURDLY_AHEAD)) {
                    Some(why) => why,
                    None => return Ok(()),
                }
            }
        };
        Err(CommandError::WrongState {
            what: what.to_owned(),
            why: why.to_owned(),
        })
    }

    /// Forgets what was seen: it cannot be dated any more. Like a fresh start, but for what is under way.
    pub(crate) fn distrust(&mut self) {
        tracing::warn!("the clock went back or stood still; everything is looked at anew");
        self.observed = std::sync::Arc::default();
        self.tracker = Tracker::default();
        self.looking.clear();
        for evidence in self.evidence.values_mut() {
            *evidence = Evidence {
                in_hand: evidence.in_hand,
                looking: evidence.looking,
                ..Evidence::default()
            };
        }
    }

    /// Stops acting by a clock that cannot be right, and goes on when it is. Says whether it goes on just now.
    pub(crate) fn heed_absurd_clock(&mut self, absurd: bool) -> bool {
        let stopped = self.state.acting_stopped.as_ref();
        let ours = stopped.is_some_and(|why| why.starts_with(ABSURDLY_AHEAD));
        if absurd && stopped.is_none() {
            let text = format!(
                "{ABSURDLY_AHEAD}; nothing is planned or done by it. Correct it; if it is right, restart Jarvis, twice if it says so again"
            );
            tracing::error!(reason = %text, "acting stops");
            self.state.acting_stopped = Some(text);
        }
        let goes_on = ours && !absurd;
        if goes_on {
            self.state.acting_stopped = None;
        }
        goes_on
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jumps_stops_and_suspensions_are_told_apart() {
        let at = Timestamp::from_secs;
        let full = Rest::Full(Duration::from_secs(10));
        assert_eq!(moved(at(1000), at(1010), full), Moved::On);
        assert_eq!(moved(at(1000), at(1000), Rest::Broken), Moved::On);
        assert_eq!(moved(at(1000), at(2800), full), Moved::Ahead);
        assert_eq!(moved(at(5000), at(1400), Rest::Broken), Moved::Back);
        assert_eq!(moved(at(1000), at(1000), full), Moved::Back);
        assert_eq!(
            moved(at(1000), at(1000 + 10 * 365 * 86_400), Rest::Broken),
            Moved::Absurdly
        );
        assert_eq!(moved(Timestamp::default(), at(1_795_000_000), full), Moved::On);
    }

    #[test]
    fn clocks_are_compared_by_what_lies_between_two_readings() {
        let at = Timestamp::from_millis;
        let told = |secs| Timestamp::from_secs(secs);
        assert_eq!(ahead_millis(at(10_400), told(10), at(10_450)), Some(0));
        assert_eq!(ahead_millis(at(10_400), told(16), at(22_000)), Some(0));
        assert_eq!(ahead_millis(at(10_400), told(60), at(10_500)), Some(49_500));
        assert_eq!(ahead_millis(at(60_000), told(10), at(60_100)), Some(-49_000));
        assert_eq!(ahead_millis(at(60_000), told(10), at(59_000)), None);
        assert_eq!(ahead_millis(at(60_000), told(90), at(180_000)), None);
    }

    #[test]
    fn a_jump_is_forgiven_only_after_a_comparison() {
        let mut clocks = Clocks::Agree { ahead_millis: 7 };
        assert_eq!(clocks.ahead_millis(), 7);
        clocks.jumped();
        assert_eq!((clocks.clone(), clocks.ahead_millis()), (Clocks::Jumped, 0));
        let mut never = Clocks::NotCompared;
        never.jumped();
        assert_eq!(never, Clocks::NotCompared);
    }

    #[test]
    fn a_time_ahead_bounds_no_look_at_tasks() {
        let at = Timestamp::from_secs;
        assert_eq!(looked_back(at(900_000), at(1_000_000)), at(900_000));
        assert!(looked_back(at(1_000_001), at(1_000_000)) < at(500_000));
    }
}
