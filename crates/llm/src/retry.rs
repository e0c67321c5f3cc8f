//! Whether a question is asked once more, and when: a function of the failure, of how often it was tried, and of whether
//! anybody saw a part of an answer.

use crate::failure::Failure;
use jarvis_ports::model::{ErrorClass, Waiting};
use std::time::Duration;

/// How often at most after the first time.
pub const MOST_RETRIES: u32 = 2;
/// A server that asks for a longer pause is left alone; whoever asked chooses another model.
pub const LONGEST_PAUSE: Duration = Duration::from_mins(1);
const FIRST_MS: u64 = 500;
const LAST_MS: u64 = 8000;

/// The pause before the next attempt; none when there is none. `tried` counts attempts so far, `seed` spreads those of several
/// askers.
pub fn pause(failure: &Failure, tried: u32, shown: bool, seed: u64) -> Option<Duration> {
    if shown || tried > MOST_RETRIES {
        return None;
    }
    let by_class = match failure.error.class {
        ErrorClass::RateLimited | ErrorClass::Overloaded | ErrorClass::Network => true,
        ErrorClass::Timeout(waiting) => waiting == Waiting::Connect,
        ErrorClass::Auth
        | ErrorClass::Quota
        | ErrorClass::ContextTooLong { .. }
        | ErrorClass::BadRequest
        | ErrorClass::Malformed => false,
    };
    // A used-up quota stays used up, whatever the server hopes.
    let wanted = failure.should_retry.unwrap_or(by_class) && failure.error.class != ErrorClass::Quota;
    if !wanted {
        return None;
    }
    match failure.error.retry_after {
        Some(after) if after > LONGEST_PAUSE => None,
        Some(after) if !after.is_zero() => Some(after),
        _ => Some(backoff(tried, seed)),
    }
}

/// Doubles from half a second to eight, less up to a quarter of it.
fn backoff(tried: u32, seed: u64) -> Duration {
    let full = FIRST_MS
        .saturating_mul(1 << tried.saturating_sub(1).min(10))
        .min(LAST_MS);
    let spread = seed
        .wrapping_add(u64::from(tried))
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        >> 32;
    Duration::from_millis(full - spread % (full / 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(class: ErrorClass, after: Option<u64>, should_retry: Option<bool>) -> Failure {
        let mut failure = Failure::new("m", class, "x");
        failure.error.retry_after = after.map(Duration::from_secs);
        failure.should_retry = should_retry;
        failure
    }

    #[test]
    fn only_what_may_pass_is_tried_again_and_never_after_something_was_shown() {
        let long = ErrorClass::ContextTooLong {
            prompt_tokens: None,
            window_tokens: None,
        };
        for (class, again) in [
            (ErrorClass::Auth, false),
            (ErrorClass::Quota, false),
            (ErrorClass::RateLimited, true),
            (ErrorClass::Overloaded, true),
            (long, false),
            (ErrorClass::BadRequest, false),
            (ErrorClass::Network, true),
            (ErrorClass::Timeout(Waiting::Connect), true),
            (ErrorClass::Timeout(Waiting::FirstByte), false),
            (ErrorClass::Timeout(Waiting::Idle), false),
            (ErrorClass::Timeout(Waiting::Total), false),
            (ErrorClass::Malformed, false),
        ] {
            let plain = failure(class, None, None);
            assert_eq!(pause(&plain, 1, false, 0).is_some(), again, "{class:?}");
            assert_eq!(pause(&plain, 1, true, 0), None, "{class:?} shown");
            assert_eq!(
                pause(&plain, MOST_RETRIES + 1, false, 0),
                None,
                "{class:?} too often"
            );
            assert_eq!(
                pause(&failure(class, None, Some(false)), 1, false, 0),
                None,
                "{class:?} told not to"
            );
        }
        let told_to = |class| pause(&failure(class, None, Some(true)), 1, false, 0);
        assert!(told_to(ErrorClass::BadRequest).is_some() && told_to(ErrorClass::Quota).is_none());
    }

    #[test]
    fn the_servers_time_is_kept_and_pauses_grow_within_bounds() {
        let limited = |after| failure(ErrorClass::RateLimited, Some(after), None);
        assert_eq!(pause(&limited(12), 1, false, 0), Some(Duration::from_secs(12)));
        assert_eq!(pause(&limited(60), 2, false, 0), Some(Duration::from_mins(1)));
        assert_eq!(pause(&limited(61), 1, false, 0), None);
        for seed in 0..500 {
            for (tried, full) in [(1, 500), (2, 1000), (5, 8000), (40, 8000)] {
                let millis = u64::try_from(backoff(tried, seed).as_millis()).unwrap();
                assert!(
                    millis <= full && millis > full * 3 / 4 - 1,
                    "{tried} {seed}: {millis}"
                );
            }
        }
        assert_ne!(backoff(1, 1), backoff(1, 2));
    }
}
