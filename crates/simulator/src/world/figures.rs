//! Figures that vary gently: pure functions of seed, object and time, so no state has to be kept.
//!
//! Knows nothing of guests and nodes beyond a number that tells them apart.

use crate::rng::{hash, to_unit};
use crate::time::SimTime;

/// A figure around `mean`, moving by up to `swing` of it, never outside 0 to 1.
///
/// `key` tells objects and kinds of figure apart.
pub fn wave(seed: u64, key: u64, mean: f64, swing: f64, now: SimTime) -> f64 {
    let phase = |index: u64| to_unit(hash(&[seed, key, index])) * std::f64::consts::TAU;
    let secs = now.as_millis() as f64 / 1000.0;
    let slow = (secs / 610.0 + phase(1)).sin() * 0.5;
    let middle = (secs / 97.0 + phase(2)).sin() * 0.3;
    let quick = (to_unit(hash(&[seed, key, 3, now.as_secs() / 10])) - 0.5) * 0.4;
    (mean * (1.0 + swing * (slow + middle + quick))).clamp(0.0, 1.0)
}

/// A counter of bytes that grows with uptime at a steady rate of its own.
pub fn counter(seed: u64, key: u64, bytes_per_sec: f64, uptime_secs: u64) -> u64 {
    let rate = bytes_per_sec * (0.5 + to_unit(hash(&[seed, key, 4])));
    to_whole(rate * uptime_secs as f64)
}

/// A part of a whole, in bytes.
pub fn part_of(total: u64, part: f64) -> u64 {
    to_whole(total as f64 * part) / 4096 * 4096
}

/// A not negative number without its fraction.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to the range of u64 first"
)]
pub fn to_whole(number: f64) -> u64 {
    number.clamp(0.0, 9.0e18) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_a_function_of_seed_key_and_time() {
        let at = SimTime::from_secs(1234);
        let same = |a: f64, b: f64| (a - b).abs() < f64::EPSILON;
        assert!(same(wave(1, 2, 0.5, 0.2, at), wave(1, 2, 0.5, 0.2, at)));
        assert!(!same(wave(1, 2, 0.5, 0.2, at), wave(1, 3, 0.5, 0.2, at)));
    }

    #[test]
    fn figures_stay_near_their_mean() {
        for secs in 0..5000 {
            let x = wave(9, 1, 0.4, 0.3, SimTime::from_secs(secs));
            assert!((0.25..=0.55).contains(&x), "{x} at {secs} s");
        }
    }
}
