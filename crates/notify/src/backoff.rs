//! How long a letter waits until it is tried again: half a minute, doubled with each attempt up to half an hour, plus up to
//! a quarter of it as jitter from a hash of letter and attempt, so that many letters spread out and tests are exact. Pure.

use jarvis_model::Digest;
use std::time::Duration;

/// The first wait.
const FIRST: Duration = Duration::from_secs(30);
/// The longest wait, without jitter.
const LONGEST: Duration = Duration::from_mins(30);
/// A letter that could not be sent for so long is parked.
pub const GIVE_UP: Duration = Duration::from_hours(5 * 24);

/// The wait after this many attempts of a letter.
pub fn delay(letter: &str, attempts: u32) -> Duration {
    let doubled = 1u32.checked_shl(attempts.saturating_sub(1)).unwrap_or(u32::MAX);
    let base = FIRST.saturating_mul(doubled).min(LONGEST);
    let digest = Digest::of(&(letter, attempts));
    let byte = u32::from_str_radix(digest.as_str().get(..2).unwrap_or("0"), 16).unwrap_or(0);
    base + base * byte / 1024
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn waits_double_up_to_half_an_hour() {
        for (attempts, secs) in [
            (1, 30),
            (2, 60),
            (3, 120),
            (6, 960),
            (7, 1800),
            (40, 1800),
            (u32::MAX, 1800),
        ] {
            let (wait, base) = (delay("a", attempts), Duration::from_secs(secs));
            assert!(wait >= base && wait <= base + base / 4, "{attempts}: {wait:?}");
        }
    }

    proptest! {
        #[test]
        fn the_same_attempt_always_waits_the_same(letter in "[0-9a-f]{8}", attempts in 1u32..50) {
            prop_assert_eq!(delay(&letter, attempts), delay(&letter, attempts));
        }
    }
}
