//! Figures of the release program as an operator would see them: time to serve, memory, requests, disk writes, latency
//! under load. Everything but the deaths is asked from outside, of real processes over loopback; nothing here is a test.
//!
//! | module | what |
//! | --- | --- |
//! | [`program`] | starts the program, reads its figures from the kernel |
//! | [`site`] | a simulated cluster with a Jarvis over it, manifests included |
//! | [`deaths`] | from a guest's death to the decision, with the journals followed and without |
//! | [`pages`] | many clients asking for pages of guests |
//! | [`subscribers`] | many subscribers waiting for one change |

pub mod deaths;
pub mod pages;
pub mod program;
pub mod site;
pub mod subscribers;

use std::time::Duration;

/// The value below which `share` (0 to 1) of the samples lie; zero when there is none.
pub fn percentile(samples: &mut [Duration], share: f64) -> Duration {
    samples.sort_unstable();
    let last = samples.len().saturating_sub(1);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an index within the samples"
    )]
    let at = (last as f64 * share).round() as usize;
    samples.get(at).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::percentile;
    use std::time::Duration;

    #[test]
    fn a_percentile_is_one_of_the_samples() {
        let mut samples: Vec<Duration> = (1..=100).rev().map(Duration::from_millis).collect();
        assert_eq!(percentile(&mut samples, 0.0), Duration::from_millis(1));
        assert_eq!(percentile(&mut samples, 0.95), Duration::from_millis(95));
        assert_eq!(percentile(&mut samples, 1.0), Duration::from_millis(100));
        assert_eq!(percentile(&mut [], 0.5), Duration::ZERO);
    }
}
