//! Caps, and the words with which they refuse.

use crate::calendar::Calendar;
use jarvis_model::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The most that may be spent, millionths of a dollar. None: no such cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Caps {
    /// On one request.
    pub per_request: Option<u64>,
    /// On one day.
    pub per_day: Option<u64>,
    /// In one month.
    pub per_month: Option<u64>,
    /// From which part of a cap on people are warned.
    pub warn_percent: u32,
}

impl Default for Caps {
    fn default() -> Self {
        Self {
            per_request: None,
            per_day: None,
            per_month: None,
            warn_percent: 80,
        }
    }
}

/// A cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Cap {
    /// That of one request.
    Request,
    /// That of the day.
    Day,
    /// That of the month.
    Month,
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Request => "one question",
            Self::Day => "the day",
            Self::Month => "the month",
        })
    }
}

/// A cap forbids a request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{words}")]
pub struct OverBudget {
    /// Which.
    pub cap: Cap,
    /// Until when; none when waiting does not help.
    pub until: Option<Timestamp>,
    /// In words: what is reached, and until when.
    pub words: String,
}

/// What a cap says to a request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Claim {
    pub(super) cap: Cap,
    pub(super) limit: u64,
    pub(super) used: u64,
    pub(super) ceiling: u64,
}

impl Claim {
    pub(super) fn fits(&self) -> bool {
        self.used
            .checked_add(self.ceiling)
            .is_some_and(|sum| sum <= self.limit)
    }

    /// The refusal of a request that does not fit, at `now`.
    pub(super) fn refuse(&self, calendar: &Calendar, now: Timestamp) -> OverBudget {
        let until = match self.cap {
            Cap::Request => None,
            Cap::Day => Some(calendar.begins(calendar.day(now).to)),
            Cap::Month => Some(calendar.begins(calendar.month(now).to)),
        };
        let Self {
            cap,
            limit,
            used,
            ceiling,
        } = self;
        let (limit, ceiling) = (*limit, *ceiling);
        let left = limit.saturating_sub(*used);
        let when = until.map_or_else(String::new, |at| calendar.clock(at, now));
        let words = match cap {
            Cap::Request => format!(
                "this may cost up to {}, and {cap} may cost {} at most; only local models are asked",
                dollars(ceiling),
                dollars(limit)
            ),
            _ if left == 0 => format!(
                "the budget of {cap} ({}) is spent until {when}; only local models are asked",
                dollars(limit)
            ),
            _ => format!(
                "the budget of {cap} has {} of {} left, and this may cost up to {}; until {when} only local models are asked \
                 such things",
                dollars(left),
                dollars(limit),
                dollars(ceiling)
            ),
        };
        OverBudget {
            cap: *cap,
            until,
            words,
        }
    }
}

/// Millionths of a dollar as people write them: `$1.50`, and small sums to the ten-thousandth.
pub fn dollars(micro: u64) -> String {
    if micro == 0 || micro >= 1_000_000 || micro.is_multiple_of(10_000) {
        let cents = micro.div_ceil(10_000);
        format!("${}.{:02}", cents / 100, cents % 100)
    } else {
        let parts = micro.div_ceil(100);
        format!("${}.{:04}", parts / 10_000, parts % 10_000)
    }
}
