//! Whether a model is asked at all after it failed: a fold over its failures, a function of time alone.

use jarvis_model::Timestamp;
use jarvis_ports::model::ErrorClass;
use std::time::Duration;

/// Failures in a row after which a model rests.
const PATIENCE: u32 = 3;
/// The first rest; each one after it is twice as long.
const FIRST_REST: Duration = Duration::from_secs(15);
/// The longest rest.
const LONGEST_REST: Duration = Duration::from_mins(10);
/// The rest after what time alone does not mend: a key, a quota.
const LONG_REST: Duration = Duration::from_mins(30);

/// What is known of a model's failures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Breaker {
    failures: u32,
    rests: u32,
    until: Option<Timestamp>,
    probing: bool,
    why: String,
}

impl Breaker {
    /// Whether it may be asked now; why not otherwise. After a rest one question goes through, to see.
    pub fn ask(&mut self, now: Timestamp) -> Result<(), String> {
        match self.until {
            None => Ok(()),
            Some(until) if now < until => Err(self.resting(until)),
            Some(_) if self.probing => {
                Err("another question is just finding out whether it is back".to_owned())
            }
            Some(_) => {
                self.probing = true;
                Ok(())
            }
        }
    }

    /// Until when it rests, and why, if it does.
    pub fn state(&self, now: Timestamp) -> Option<String> {
        self.until
            .filter(|until| now < *until)
            .map(|until| self.resting(until))
    }

    fn resting(&self, until: Timestamp) -> String {
        format!(
            "it rests until {} ({})",
            jarvis_guard::words::time(until),
            self.why
        )
    }

    /// It answered.
    pub fn answered(&mut self) {
        *self = Self::default();
    }

    /// The question was not sent after all.
    pub fn not_sent(&mut self) {
        self.probing = false;
    }

    /// It failed.
    pub fn failed(&mut self, class: ErrorClass, retry_after: Option<Duration>, now: Timestamp) {
        let rest = match class {
            ErrorClass::Auth | ErrorClass::Quota => Some(LONG_REST),
            ErrorClass::RateLimited => Some(retry_after.unwrap_or(FIRST_REST)),
            // The question was at fault, not the model.
            ErrorClass::ContextTooLong { .. } | ErrorClass::BadRequest => return self.not_sent(),
            ErrorClass::Overloaded | ErrorClass::Network | ErrorClass::Timeout(_) | ErrorClass::Malformed => {
                self.failures += 1;
                let doubled = FIRST_REST
                    .saturating_mul(1 << self.rests.min(10))
                    .min(LONGEST_REST);
                let rest = retry_after.map_or(doubled, |asked| asked.max(doubled));
                (self.probing || self.failures >= PATIENCE).then_some(rest)
            }
        };
        self.probing = false;
        if let Some(rest) = rest {
            self.rests += 1;
            self.until = Some(now + rest);
            self.why = class.to_string();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ErrorClass::{Auth, BadRequest, Network, RateLimited};

    fn at(secs: u64) -> Timestamp {
        Timestamp::from_secs(secs)
    }

    #[test]
    fn three_failures_are_a_rest_and_one_question_ends_it() {
        let mut breaker = Breaker::default();
        for _ in 0..2 {
            breaker.failed(Network, None, at(0));
            assert!(breaker.ask(at(0)).is_ok());
        }
        breaker.failed(Network, None, at(0));
        assert!(breaker.ask(at(14)).is_err() && breaker.state(at(14)).is_some());
        assert!(breaker.ask(at(15)).is_ok(), "one goes through");
        assert!(breaker.ask(at(15)).is_err(), "and no second one");
        breaker.failed(Network, None, at(15));
        assert!(
            breaker.ask(at(44)).is_err() && breaker.ask(at(45)).is_ok(),
            "twice as long"
        );
        breaker.answered();
        assert_eq!(breaker, Breaker::default());
    }

    #[test]
    fn what_time_does_not_mend_rests_long_and_a_wait_is_heeded() {
        let mut breaker = Breaker::default();
        breaker.failed(Auth, None, at(0));
        assert!(breaker.ask(at(1799)).is_err() && breaker.ask(at(1800)).is_ok());
        let mut breaker = Breaker::default();
        breaker.failed(RateLimited, Some(Duration::from_secs(42)), at(0));
        assert!(breaker.ask(at(41)).is_err() && breaker.ask(at(42)).is_ok());
        let mut breaker = Breaker::default();
        for _ in 0..9 {
            breaker.failed(BadRequest, None, at(0));
        }
        assert!(breaker.ask(at(0)).is_ok(), "the question was at fault");
    }

    #[test]
    fn rests_are_never_longer_than_they_should_be() {
        let mut breaker = Breaker::default();
        let mut now = 0;
        for _ in 0..50 {
            breaker.failed(Network, None, at(now));
            let mut waited = 0;
            while breaker.ask(at(now)).is_err() {
                now += 1;
                waited += 1;
            }
            assert!(waited <= LONGEST_REST.as_secs());
        }
    }
}
