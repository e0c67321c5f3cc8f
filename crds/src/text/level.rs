//! A figure of a threshold as a fixed-point number, so that manifests compare and hash exactly.
//! Knows nothing of what the figure measures.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A number with at most three decimals, between -1 and 1 billion.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Level {
    thousandths: i64,
}

/// How a figure is to be written.
pub const RULE: &str = "write a number with at most three decimals, between -1000000000 and 1000000000";

impl Level {
    /// A whole figure.
    pub const fn whole(number: i32) -> Self {
        Self {
            thousandths: number as i64 * 1000,
        }
    }

    /// A figure given in thousandths.
    pub const fn from_thousandths(thousandths: i64) -> Self {
        Self { thousandths }
    }

    /// The figure, for comparing with a measurement.
    pub fn get(self) -> f64 {
        self.thousandths as f64 / 1000.0
    }
}

impl TryFrom<f64> for Level {
    type Error = &'static str;

    fn try_from(number: f64) -> Result<Self, &'static str> {
        let scaled = (number * 1000.0).round();
        if !number.is_finite() || number.abs() > 1e9 || (scaled / 1000.0 - number).abs() > 1e-7 {
            return Err(RULE);
        }
        #[expect(
            clippy::cast_possible_truncation,
            reason = "the range was checked one line above"
        )]
        Ok(Self {
            thousandths: scaled as i64,
        })
    }
}

impl From<Level> for f64 {
    fn from(level: Level) -> Self {
        level.get()
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.get())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_decimals_survive_and_a_fourth_is_refused() {
        assert_eq!(Level::try_from(90.5).unwrap().get().to_string(), "90.5");
        assert_eq!(Level::try_from(0.125).unwrap(), Level::from_thousandths(125));
        for bad in [0.0001, f64::NAN, f64::INFINITY, 1e12] {
            assert!(Level::try_from(bad).is_err(), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn figures_round_trip(thousandths in -1_000_000_000_000_i64..=1_000_000_000_000) {
            let level = Level::from_thousandths(thousandths);
            proptest::prop_assert_eq!(Level::try_from(level.get()), Ok(level));
        }
    }
}
