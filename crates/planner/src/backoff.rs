//! How long to wait between attempts of one issue: 10 s times the square of the attempts made, plus up to a quarter
//! of it as jitter from a hash of issue and attempt, so that replays are exact and many issues spread out.

use jarvis_model::{Digest, IssueKey};
use std::time::Duration;

/// Longest wait.
const CAP: Duration = Duration::from_mins(15);

/// The wait after `attempts` attempts (none before the first).
pub fn delay(issue: &IssueKey, attempts: u32) -> Duration {
    if attempts == 0 {
        return Duration::ZERO;
    }
    let base = Duration::from_secs(10)
        .saturating_mul(attempts.saturating_mul(attempts))
        .min(CAP);
    let digest = Digest::of(&(issue, attempts));
    let byte = u32::from_str_radix(digest.as_str().get(..2).unwrap_or("0"), 16).unwrap_or(0);
    (base + base * byte / 1024).min(CAP)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn issue(name: &str) -> IssueKey {
        format!("VirtualMachine/{name}#guest-down").parse().unwrap()
    }

    #[test]
    fn the_curve_is_ten_forty_ninety_with_at_most_a_quarter_more() {
        assert_eq!(delay(&issue("a"), 0), Duration::ZERO);
        for (attempts, secs) in [(1, 10), (2, 40), (3, 90)] {
            let wait = delay(&issue("a"), attempts);
            let base = Duration::from_secs(secs);
            assert!(wait >= base && wait <= base + base / 4, "{attempts}: {wait:?}");
        }
        assert_eq!(delay(&issue("a"), u32::MAX), CAP);
    }

    proptest! {
        #[test]
        fn waits_grow_and_are_the_same_every_time(name in "[a-z]{1,10}", attempts in 1u32..20) {
            let issue = issue(&name);
            prop_assert_eq!(delay(&issue, attempts), delay(&issue, attempts));
            prop_assert!(delay(&issue, attempts + 1) >= delay(&issue, attempts));
        }
    }
}
