//! Words for times: `yesterday`, `since Monday`, `for two hours`.

use super::{intent::Span, words::Word};
use std::time::Duration;

const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];

/// A time in the past.
pub(super) fn read(words: &[Word]) -> Option<Span> {
    let low: Vec<&str> = words.iter().map(|word| word.low.as_str()).collect();
    let day = |name: &str| {
        let at = DAYS.iter().position(|day| *day == name)?;
        i8::try_from(at + 1).ok()
    };
    match low.as_slice() {
        ["lately" | "recently"] => Some(Span::Lately),
        ["today" | "this"]
        | ["so", "far", "today"]
        | ["this", "morning" | "afternoon" | "evening"]
        | ["since", "midnight"] => Some(Span::Today),
        ["yesterday"] | ["during", "yesterday"] => Some(Span::Yesterday),
        ["last" | "this", "night"]
        | ["overnight" | "tonight"]
        | ["during" | "in" | "over", "the", "night"] => Some(Span::LastNight),
        ["this", "week"] => Some(Span::ThisWeek),
        ["last", "week"] => Some(Span::LastWeek),
        ["since", "yesterday"] => Some(Span::Hours(48)),
        ["since" | "from", name] => day(name).map(Span::Since),
        ["on" | "last", name] | ["on", "last", name] => day(name).map(Span::On),
        [name] if day(name).is_some() => day(name).map(Span::On),
        ["in" | "during" | "over" | "within", rest @ ..] => hours(rest),
        rest => hours(rest),
    }
}

/// `the last 24 hours`, `the past week`, `the last hour`.
fn hours(words: &[&str]) -> Option<Span> {
    let rest = match words {
        ["the", rest @ ..] | rest => rest,
    };
    let ["last" | "past", rest @ ..] = rest else {
        return None;
    };
    let secs = span_of(rest)?.as_secs();
    let hours = u32::try_from(secs.div_ceil(3600)).ok()?;
    (1..=24 * 90).contains(&hours).then_some(Span::Hours(hours))
}

/// How long something lasts: `2 hours`, `half an hour`, `1h30m`.
pub(super) fn duration(words: &[Word]) -> Option<Duration> {
    let low: Vec<&str> = words.iter().map(|word| word.low.as_str()).collect();
    let span = match low.as_slice() {
        ["half", "an", "hour"] => Some(Duration::from_mins(30)),
        ["an" | "one" | "a", "hour", "and", "a", "half"] => Some(Duration::from_mins(90)),
        [short] if short.starts_with(|c: char| c.is_ascii_digit()) => {
            jarvis_crds::text::duration::parse(short).ok()
        }
        other => span_of(other),
    }?;
    let sensible = Duration::from_mins(1)..=Duration::from_hours(24 * 31);
    sensible.contains(&span).then_some(span)
}

fn span_of(words: &[&str]) -> Option<Duration> {
    let (number, unit) = match words {
        [unit] => ("1", *unit),
        ["a" | "an", unit] => ("1", *unit),
        [number, unit] => (*number, *unit),
        _ => return None,
    };
    let number: u64 = match number {
        "one" => 1,
        "two" => 2,
        "three" => 3,
        "four" => 4,
        "five" => 5,
        "six" => 6,
        "eight" => 8,
        "ten" => 10,
        "twelve" => 12,
        digits => digits.parse().ok()?,
    };
    let secs = match unit.strip_suffix('s').unwrap_or(unit) {
        "minute" | "min" => 60,
        "hour" | "h" => 3600,
        "day" => 86_400,
        "week" => 7 * 86_400,
        "month" => 30 * 86_400,
        _ => return None,
    };
    Some(Duration::from_secs(number.checked_mul(secs)?))
}
