//! What was spent and what may be, as it is shown.

use super::{
    book::Book,
    over::{Cap, Caps, dollars},
    sums::{DaySum, Sum},
};
use crate::{
    calendar::{Calendar, Span, next},
    spend::Kind,
};
use jarvis_model::Timestamp;
use serde::Serialize;
use std::collections::BTreeSet;

/// So many days are shown singly.
const DAYS: usize = 31;

/// What one model used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ModelSpend {
    /// Its id.
    pub model: String,
    /// Whether it is in the house.
    pub local: bool,
    /// Millionths of a dollar.
    pub micro_dollars: u64,
    /// How often it was asked.
    pub requests: u64,
    /// Tokens it read.
    pub prompt_tokens: u64,
    /// Tokens it wrote.
    pub output_tokens: u64,
}

/// What one kind of request used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct KindSpend {
    /// Which.
    pub kind: Kind,
    /// Millionths of a dollar.
    pub micro_dollars: u64,
    /// How many there were.
    pub requests: u64,
}

/// A day, a week or a month up to now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Period {
    /// When it began.
    pub from: Timestamp,
    /// When it ends.
    pub to: Timestamp,
    /// Spent, millionths of a dollar.
    pub micro_dollars: u64,
    /// Set aside at this moment.
    pub reserved_micro_dollars: u64,
    /// The cap; none when there is none.
    pub cap_micro_dollars: Option<u64>,
    /// How much of the cap is spent or set aside, of a hundred, rounded down.
    pub percent: Option<u64>,
    /// Requests that are over.
    pub requests: u64,
    /// By model, dearest first.
    pub models: Vec<ModelSpend>,
    /// By kind.
    pub kinds: Vec<KindSpend>,
}

/// One day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct DaySpend {
    /// Which: `2026-11-29`.
    pub date: String,
    /// Millionths of a dollar.
    pub micro_dollars: u64,
    /// Requests.
    pub requests: u64,
}

/// Everything about money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Spend {
    /// Today.
    pub day: Period,
    /// This week, from Monday.
    pub week: Period,
    /// This month.
    pub month: Period,
    /// The last 31 days, today last.
    pub days: Vec<DaySpend>,
    /// The most one request may cost.
    pub per_request_micro_dollars: Option<u64>,
    /// Requests whose end nobody saw, counted at their ceilings.
    pub lost: u64,
    /// Sentences for people: a cap is near, or reached.
    pub warnings: Vec<String>,
    /// When the prices were looked up.
    pub prices_as_of: String,
    /// Models of this month that have no price, so that the dearest stands in.
    pub assumed: Vec<String>,
}

pub(super) fn of(book: &Book, caps: &Caps, calendar: &Calendar, as_of: &str, now: Timestamp) -> Spend {
    let (day, month) = (calendar.day(now), calendar.month(now));
    let (day, cap_day) = (period(book, calendar, day, caps.per_day), Cap::Day);
    let (month, cap_month) = (period(book, calendar, month, caps.per_month), Cap::Month);
    let mut warnings: Vec<String> = [(&day, cap_day), (&month, cap_month)]
        .into_iter()
        .filter_map(|(period, cap)| warning(period, cap, caps, calendar, now))
        .collect();
    let lost = u64::try_from(book.lost.len()).unwrap_or(u64::MAX);
    let sum = sum_of(book, calendar.month(now));
    let assumed: BTreeSet<&String> = sum
        .models
        .iter()
        .filter(|(_, of)| of.assumed)
        .map(|(name, _)| name)
        .collect();
    let assumed: Vec<String> = assumed.into_iter().cloned().collect();
    if !assumed.is_empty() {
        warnings.push(format!(
            "no price is known for {}, so the dearest is counted; add it to the table of prices",
            assumed.join(", ")
        ));
    }
    Spend {
        week: period(book, calendar, calendar.week(now), None),
        day,
        month,
        days: days(book, calendar, now),
        per_request_micro_dollars: caps.per_request,
        lost,
        warnings,
        prices_as_of: as_of.to_owned(),
        assumed,
    }
}

fn sum_of(book: &Book, span: Span) -> DaySum {
    let mut sum = DaySum::default();
    for (_, day) in book.days.range(span.from..span.to) {
        sum.add(day);
    }
    sum
}

fn period(book: &Book, calendar: &Calendar, span: Span, cap: Option<u64>) -> Period {
    let sum = sum_of(book, span);
    let reserved = book.reserved(span);
    let used = sum.total.micro_dollars.saturating_add(reserved);
    let mut models: Vec<ModelSpend> = sum
        .models
        .iter()
        .map(|(name, of)| ModelSpend {
            model: name.clone(),
            local: of.local,
            micro_dollars: of.sum.micro_dollars,
            requests: of.sum.requests,
            prompt_tokens: of.sum.prompt_tokens,
            output_tokens: of.sum.output_tokens,
        })
        .collect();
    models.sort_by_key(|model| std::cmp::Reverse(model.micro_dollars));
    let kind = |(kind, sum): (&Kind, &Sum)| KindSpend {
        kind: *kind,
        micro_dollars: sum.micro_dollars,
        requests: sum.requests,
    };
    Period {
        from: calendar.begins(span.from),
        to: calendar.begins(span.to),
        micro_dollars: sum.total.micro_dollars,
        reserved_micro_dollars: reserved,
        cap_micro_dollars: cap,
        percent: cap.map(|cap| used.saturating_mul(100).checked_div(cap).unwrap_or(100)),
        requests: sum.total.requests,
        models,
        kinds: sum.kinds.iter().map(kind).collect(),
    }
}

fn warning(period: &Period, cap: Cap, caps: &Caps, calendar: &Calendar, now: Timestamp) -> Option<String> {
    let limit = dollars(period.cap_micro_dollars?);
    let until = calendar.clock(period.to, now);
    match period.percent? {
        100.. => Some(format!(
            "the budget of {cap} ({limit}) is spent until {until}; only local models are asked"
        )),
        percent if percent >= u64::from(caps.warn_percent) => {
            Some(format!("{percent} % of the budget of {cap} ({limit}) is spent"))
        }
        _ => None,
    }
}

fn days(book: &Book, calendar: &Calendar, now: Timestamp) -> Vec<DaySpend> {
    let today = calendar.date(now);
    let days = i64::try_from(DAYS).unwrap_or(0) - 1;
    let first = today.saturating_sub(jiff::Span::new().days(days));
    std::iter::successors(Some(first), |day| Some(next(*day)))
        .take(DAYS)
        .map(|day| {
            let total = book.days.get(&day).map_or_else(Sum::default, |sum| sum.total);
            DaySpend {
                date: day.to_string(),
                micro_dollars: total.micro_dollars,
                requests: total.requests,
            }
        })
        .collect()
}
