//! A breaker for each provider: one that fails is left alone for a time, then tried with one request. Pure over the time that
//! is handed in; knows no provider.
//!
//! | state | what it lets through | leaves it |
//! | --- | --- | --- |
//! | closed | everything | three failures in a row, or one that waiting does not mend |
//! | open | nothing | its time is over |
//! | trying | one request | that one's end, or ten minutes without one |

use crate::calendar::Calendar;
use jarvis_model::Timestamp;
use jarvis_ports::model::ErrorClass;
use std::time::Duration;

/// So many failures in a row open it.
const FAILURES: u32 = 3;
/// The first pause; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(15);
/// The longest of these.
const LONGEST_PAUSE: Duration = Duration::from_mins(5);
/// After a refused key.
const AUTH_PAUSE: Duration = Duration::from_mins(15);
/// After a quota that is used up.
const QUOTA_PAUSE: Duration = Duration::from_hours(1);
/// A server may ask for so long a pause.
const LONGEST_ASKED: Duration = Duration::from_hours(1);
/// A trial whose end is not reported counts as given up after this time.
const TRIAL: Duration = Duration::from_mins(10);

/// How a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It lets everything through.
    Closed,
    /// It lets nothing through.
    Open {
        /// Until when.
        until: Timestamp,
        /// What opened it.
        class: ErrorClass,
    },
    /// Its time is over: one request may try.
    Ready {
        /// What opened it.
        class: ErrorClass,
    },
    /// One request tries.
    Trying {
        /// What opened it.
        class: ErrorClass,
    },
}

impl Standing {
    /// Whether a request may be sent.
    pub fn admits(&self) -> bool {
        matches!(self, Self::Closed | Self::Ready { .. })
    }

    /// Why nothing is let through, of `model`; none when something is.
    pub fn words(&self, model: &str, calendar: &Calendar, now: Timestamp) -> Option<String> {
        match self {
            Self::Closed | Self::Ready { .. } => None,
            Self::Open { until, class } => Some(format!(
                "{model}: {class} (breaker open until {}; {})",
                calendar.seconds(*until, now),
                class.remedy()
            )),
            Self::Trying { class } => Some(format!("{model}: {class}; one request tries whether it is back")),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum State {
    Closed,
    Open { until: Timestamp, class: ErrorClass },
    Trying { since: Timestamp, class: ErrorClass },
}

/// A breaker. Each request that it admitted ends with exactly one of [`Breaker::answered`], [`Breaker::failed`] and
/// [`Breaker::abandoned`].
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Breaker {
    state: State,
    /// Failures in a row while closed.
    failures: u32,
    /// Pauses in a row, which make the next one longer.
    pauses: u32,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            state: State::Closed,
            failures: 0,
            pauses: 0,
        }
    }
}

impl Breaker {
    /// How it stands.
    pub fn standing(&self, now: Timestamp) -> Standing {
        match self.state {
            State::Closed => Standing::Closed,
            State::Open { until, class } if now < until => Standing::Open { until, class },
            State::Trying { since, class } if now < since + TRIAL => Standing::Trying { class },
            State::Open { class, .. } | State::Trying { class, .. } => Standing::Ready { class },
        }
    }

    /// Asks for one request to be let through. One that is let through while it is ready is the trial.
    pub fn admit(&mut self, now: Timestamp) -> Result<(), Standing> {
        match self.standing(now) {
            Standing::Closed => Ok(()),
            Standing::Ready { class } => {
                self.state = State::Trying { since: now, class };
                Ok(())
            }
            refused => Err(refused),
        }
    }

    /// It answered. What was sent before it opened does not close it.
    pub fn answered(&mut self) {
        if !matches!(self.state, State::Open { .. }) {
            *self = Self::default();
        }
    }

    /// It failed.
    pub fn failed(&mut self, now: Timestamp, class: ErrorClass, retry_after: Option<Duration>) {
        match class {
            // The server works; it is the request that does not fit.
            ErrorClass::BadRequest | ErrorClass::ContextTooLong { .. } => return self.answered(),
            ErrorClass::Auth => return self.open(now, AUTH_PAUSE, class),
            ErrorClass::Quota => {
                let pause = retry_after.unwrap_or(QUOTA_PAUSE).min(LONGEST_ASKED);
                return self.open(now, pause, class);
            }
            _ => {}
        }
        if let Some(asked) = retry_after {
            return self.open(now, asked.clamp(Duration::from_secs(1), LONGEST_ASKED), class);
        }
        match self.state {
            State::Open { .. } => {}
            State::Trying { .. } => self.pause(now, class),
            State::Closed => {
                self.failures = self.failures.saturating_add(1);
                if self.failures >= FAILURES {
                    self.pause(now, class);
                }
            }
        }
    }

    /// It was stopped before it ended, by a person above all. A trial that was stopped may be made again at once.
    pub fn abandoned(&mut self, now: Timestamp) {
        if let State::Trying { class, .. } = self.state {
            self.state = State::Open { until: now, class };
        }
    }

    fn pause(&mut self, now: Timestamp, class: ErrorClass) {
        let longer = 1u32.checked_shl(self.pauses).unwrap_or(u32::MAX);
        let pause = FIRST_PAUSE.saturating_mul(longer).min(LONGEST_PAUSE);
        self.pauses = (self.pauses + 1).min(16);
        self.open(now, pause, class);
    }

    /// Opens it; one that is open for longer stays so.
    fn open(&mut self, now: Timestamp, pause: Duration, class: ErrorClass) {
        self.failures = 0;
        let until = now + pause;
        if matches!(self.state, State::Open { until: later, .. } if later > until) {
            return;
        }
        self.state = State::Open { until, class };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn it_opens_after_three_failures_in_a_row_and_pauses_grow() {
        let mut breaker = Breaker::default();
        for _ in 0..2 {
            breaker.failed(at(0), ErrorClass::Overloaded, None);
        }
        breaker.answered();
        for _ in 0..2 {
            breaker.failed(at(0), ErrorClass::Overloaded, None);
            assert!(breaker.standing(at(0)).admits());
        }
        breaker.failed(at(0), ErrorClass::Network, None);
        let mut now = 0;
        for pause in [15, 30, 60, 120, 240, 300, 300] {
            assert_eq!(
                breaker.standing(at(now + pause - 1)),
                Standing::Open {
                    until: at(now + pause),
                    class: ErrorClass::Network
                }
            );
            now += pause;
            assert_eq!(breaker.admit(at(now)), Ok(()));
            assert!(breaker.admit(at(now)).is_err(), "one request tries");
            breaker.failed(at(now), ErrorClass::Network, None);
        }
        breaker.admit(at(now + 300)).unwrap();
        breaker.answered();
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn what_waiting_does_not_mend_opens_it_for_long_and_a_server_that_names_a_time_is_obeyed() {
        for (class, asked, secs) in [
            (ErrorClass::Auth, None, 900),
            (ErrorClass::Quota, None, 3600),
            (ErrorClass::RateLimited, Some(7), 7),
            (ErrorClass::Overloaded, Some(90), 90),
            (ErrorClass::RateLimited, Some(1_000_000), 3600),
        ] {
            let mut breaker = Breaker::default();
            breaker.failed(at(0), class, asked.map(Duration::from_secs));
            assert!(!breaker.standing(at(secs - 1)).admits(), "{class:?}");
            assert!(breaker.standing(at(secs)).admits(), "{class:?}");
        }
        let calendar = Calendar::new(jiff::tz::TimeZone::UTC);
        let mut breaker = Breaker::default();
        breaker.failed(
            at(12 * 3600),
            ErrorClass::Overloaded,
            Some(Duration::from_secs(270)),
        );
        let words = breaker
            .standing(at(12 * 3600))
            .words("m", &calendar, at(12 * 3600))
            .unwrap();
        assert!(words.contains("breaker open until 12:04:30"), "{words}");
    }

    /// Everything that can happen to a breaker within a few steps.
    #[test]
    fn in_every_short_history_it_tries_one_at_a_time_and_comes_back() {
        let classes = [
            ErrorClass::Auth,
            ErrorClass::Quota,
            ErrorClass::Overloaded,
            ErrorClass::BadRequest,
        ];
        let mut seen: BTreeSet<(Breaker, u64)> = BTreeSet::from([(Breaker::default(), 0)]);
        let mut edge: Vec<(Breaker, u64)> = seen.iter().cloned().collect();
        for _ in 0..7 {
            let mut further = Vec::new();
            for (breaker, now) in edge {
                let mut step = |change: &dyn Fn(&mut Breaker), later: u64| {
                    let mut next = breaker.clone();
                    change(&mut next);
                    assert_sound(&next, at(later));
                    if seen.insert((next.clone(), later)) {
                        further.push((next, later));
                    }
                };
                for class in classes {
                    step(&|one| one.failed(at(now), class, None), now);
                }
                step(
                    &|one| one.failed(at(now), ErrorClass::RateLimited, Some(Duration::from_secs(20))),
                    now,
                );
                step(&Breaker::answered, now);
                step(&|one| one.abandoned(at(now)), now);
                step(
                    &|one| {
                        let _ = one.admit(at(now));
                    },
                    now,
                );
                for wait in [15, 600, 3600] {
                    step(&|_| {}, now + wait);
                }
            }
            edge = further;
        }
        assert!(seen.len() > 1000, "{}", seen.len());
    }

    fn assert_sound(breaker: &Breaker, now: Timestamp) {
        let mut tried = breaker.clone();
        let could = tried.standing(now).admits();
        let was_closed = breaker.state == State::Closed;
        assert_eq!(tried.admit(now).is_ok(), could);
        if could && !was_closed {
            assert!(tried.admit(now).is_err(), "a second trial: {breaker:?}");
        }
        // It never stays shut for longer than the longest pause, whatever happened.
        let mut later = breaker.clone();
        assert!(later.admit(now + LONGEST_ASKED).is_ok(), "{breaker:?}");
        later.answered();
        assert!(later.standing(now + LONGEST_ASKED).admits());
        assert!(
            breaker.failures < FAILURES,
            "failures are counted past the limit: {breaker:?}"
        );
    }
}
