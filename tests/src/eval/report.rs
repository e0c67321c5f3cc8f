//! Rates with their bounds, tokens, cost, time.

use super::{Tally, request::KINDS};
use std::{fmt::Write as _, time::Duration};

/// Of a normal distribution, two-sided, 95 %.
const Z: f64 = 1.96;

/// The bounds within which the true rate lies with 95 % confidence (Wilson's score interval).
pub fn bounds(passed: usize, all: usize) -> (f64, f64) {
    if all == 0 {
        return (0.0, 1.0);
    }
    #[expect(clippy::cast_precision_loss, reason = "there are fewer requests than that")]
    let (passed, all) = (passed as f64, all as f64);
    let (rate, z2) = (passed / all, Z * Z);
    let middle = (rate + z2 / (2.0 * all)) / (1.0 + z2 / all);
    let half = Z / (1.0 + z2 / all) * (rate * (1.0 - rate) / all + z2 / (4.0 * all * all)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

/// The table, and what failed.
pub fn text(who: &str, all: &[Tally]) -> String {
    let mut text = format!(
        "{who}\n\n{:<10} {:>7}  {:>6}  95 % bounds\n",
        "kind", "passed", "rate"
    );
    let mut row = |name: &str, of: &[&Tally]| {
        let passed = of.iter().filter(|tally| tally.flaws.is_empty()).count();
        let (low, high) = bounds(passed, of.len());
        let rate = percent(passed, of.len());
        let _ = writeln!(
            text,
            "{name:<10} {:>7}  {rate:>5.1} %  {:.1} to {:.1} %",
            format!("{passed}/{}", of.len()),
            low * 100.0,
            high * 100.0
        );
    };
    for kind in KINDS {
        let of: Vec<&Tally> = all.iter().filter(|tally| tally.kind == kind).collect();
        if !of.is_empty() {
            row(&format!("{kind:?}").to_lowercase(), &of);
        }
    }
    row("all", &all.iter().collect::<Vec<_>>());
    let sum = |of: fn(&Tally) -> u64| all.iter().map(of).sum::<u64>();
    let mut times: Vec<Duration> = all.iter().map(|tally| tally.took).collect();
    times.sort_unstable();
    let at = |percent: usize| {
        let place = (times.len() * percent / 100).min(times.len().saturating_sub(1));
        times.get(place).map_or(0.0, Duration::as_secs_f64)
    };
    let micro = sum(|tally| tally.micro_dollars);
    let _ = write!(
        text,
        "\ntokens     {} read, {} written\ncost       ${}.{:06} at the price table\ntime       half within {:.2} s, 95 % within {:.2} s\n",
        sum(|tally| tally.prompt_tokens),
        sum(|tally| tally.output_tokens),
        micro / 1_000_000,
        micro % 1_000_000,
        at(50),
        at(95)
    );
    let failed: Vec<&Tally> = all.iter().filter(|tally| !tally.flaws.is_empty()).collect();
    if !failed.is_empty() {
        text.push_str("\nfailed\n");
    }
    for tally in failed {
        let flaws: Vec<String> = tally.flaws.iter().map(ToString::to_string).collect();
        let said: String = tally.text.replace('\n', " ").chars().take(200).collect();
        let _ = writeln!(text, "  {}: {}\n    said: {said}", tally.name, flaws.join("; "));
    }
    text
}

/// The rate, percent.
fn percent(passed: usize, all: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "there are fewer requests than that")]
    let rate = passed as f64 / all.max(1) as f64;
    rate * 100.0
}

#[cfg(test)]
mod tests {
    use super::bounds;

    #[test]
    fn bounds_are_those_of_the_textbook() {
        // 81 of 263: 0.255 to 0.366.
        let (low, high) = bounds(81, 263);
        assert!(
            (low - 0.2553).abs() < 0.001 && (high - 0.3662).abs() < 0.001,
            "{low} {high}"
        );
        let (low, high) = bounds(10, 10);
        assert!(
            low > 0.72 && low < 0.73 && (high - 1.0).abs() < 1e-9,
            "{low} {high}"
        );
        assert_eq!(bounds(0, 0), (0.0, 1.0));
    }
}
