//! A clock that jumps or stands still. Facts and due times are kept by the wall clock, because the journal must be
//! readable by people; so whatever was seen by a clock that was wrong is forgotten, and looked at anew.
//!
//! A jump by more than a year is no suspension and no summer time: nothing is planned, done or given up by such a clock.

use crate::{core::Core, observe::Tracker};
use jarvis_model::{Observed, Timestamp};
use jarvis_planner::Evidence;
use std::time::Duration;

/// Less than this back is an ordinary correction.
const CORRECTION: Duration = Duration::from_secs(1);
/// Nobody suspends a machine for longer.
const ABSURD: Duration = Duration::from_hours(366 * 24);

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
    /// Forgets what was seen: it cannot be dated any more. Like a fresh start, but for what is under way.
    pub(crate) fn distrust(&mut self) {
        tracing::warn!("the clock went back or stood still; everything is looked at anew");
        self.observed = Observed::default();
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
        const WHY: &str = "the clock is more than a year ahead of the last record";
        let stopped = self.state.acting_stopped.as_ref();
        let ours = stopped.is_some_and(|why| why.starts_with(WHY));
        if absurd && stopped.is_none() {
            let text = format!(
                "{WHY}; nothing is planned or done by it. Correct it; if it is right, restart Jarvis, twice if it says so again"
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
        assert_eq!(moved(at(1000), at(2800), full), Moved::On);
        assert_eq!(moved(at(5000), at(1400), Rest::Broken), Moved::Back);
        assert_eq!(moved(at(1000), at(1000), full), Moved::Back);
        assert_eq!(
            moved(at(1000), at(1000 + 10 * 365 * 86_400), Rest::Broken),
            Moved::Absurdly
        );
        assert_eq!(moved(Timestamp::default(), at(1_795_000_000), full), Moved::On);
    }

    #[test]
    fn a_time_ahead_bounds_no_look_at_tasks() {
        let at = Timestamp::from_secs;
        assert_eq!(looked_back(at(900_000), at(1_000_000)), at(900_000));
        assert!(looked_back(at(1_000_001), at(1_000_000)) < at(500_000));
    }
}
