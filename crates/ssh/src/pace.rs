//! How long to rest after failures, and how much news is too much. Functions of values: time is an argument.

use std::time::Duration;

/// The rest after so many failures in a row: doubled each time from the shortest to the longest, less up to a quarter that
/// differs from host to host, so that hosts that vanished together are not asked together for ever.
pub fn rest(failures: u32, (least, most): (Duration, Duration), host: &str) -> Duration {
    let doubled = least.saturating_mul(1 << failures.saturating_sub(1).min(16));
    let whole = doubled.min(most);
    // FNV-1a: even enough for this, and the same in every run.
    let hash = host
        .bytes()
        .chain(failures.to_le_bytes())
        .fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
    whole.saturating_sub(whole * (hash % 256) / 1024)
}

/// A token bucket: how much news of one node is passed on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bucket {
    tokens: f64,
    at: Duration,
}

/// Pieces of news at once.
const BURST: f64 = 20.0;
/// Pieces of news a second in the long run.
const A_SECOND: f64 = 2.0;

impl Bucket {
    /// A full one.
    pub fn full(at: Duration) -> Self {
        Self { tokens: BURST, at }
    }

    /// Whether one more may pass now; `now` is the time since any fixed moment.
    pub fn take(&mut self, now: Duration) -> bool {
        let since = now.saturating_sub(self.at).as_secs_f64();
        self.tokens = (self.tokens + since * A_SECOND).min(BURST);
        self.at = self.at.max(now);
        let passes = self.tokens >= 1.0;
        if passes {
            self.tokens -= 1.0;
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_mins(1));

    #[test]
    fn rests_grow_to_the_longest_and_differ() {
        for failures in 1..200 {
            let rest = rest(failures, LIMITS, "forge");
            let whole = Duration::from_secs(1 << (failures - 1).min(6)).min(LIMITS.1);
            assert!(rest <= whole && rest >= whole * 3 / 4, "{failures}: {rest:?}");
        }
        assert!(rest(u32::MAX, LIMITS, "forge") <= LIMITS.1);
        assert_eq!(rest(5, LIMITS, "forge"), rest(5, LIMITS, "forge"));
        assert_ne!(rest(5, LIMITS, "forge"), rest(5, LIMITS, "atlas"));
    }

    #[test]
    fn a_bucket_lets_a_burst_through_and_then_a_trickle() {
        let mut bucket = Bucket::full(Duration::ZERO);
        let passed = (0..1000).filter(|_| bucket.take(Duration::ZERO)).count();
        assert_eq!(passed, 20);
        assert!(!bucket.take(Duration::from_millis(400)));
        assert!(bucket.take(Duration::from_millis(600)));
        let passed = (0..1000).filter(|_| bucket.take(Duration::from_hours(1))).count();
        assert_eq!(passed, 20);
        // A clock that goes back gives nothing.
        assert!(!bucket.take(Duration::ZERO));
    }
}
