//! Days, weeks and months as people who pay count them: in a zone. Pure; the zone's rules are the ones compiled in.

use jarvis_model::Timestamp;
use jiff::{
    Timestamp as Instant,
    civil::{Date, Weekday},
    tz::TimeZone,
};

/// A zone, asked for its days.
#[derive(Debug, Clone)]
pub struct Calendar {
    zone: TimeZone,
}

/// Days from the first to before the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first day.
    pub from: Date,
    /// The first day after it.
    pub to: Date,
}

impl Span {
    /// Whether the day is one of them.
    pub fn holds(&self, day: Date) -> bool {
        self.from <= day && day < self.to
    }
}

impl Calendar {
    /// Days of this zone.
    pub fn new(zone: TimeZone) -> Self {
        Self { zone }
    }

    /// The day of an instant.
    pub fn date(&self, at: Timestamp) -> Date {
        let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
        let moment = Instant::from_millisecond(millis).unwrap_or(Instant::MAX);
        self.zone.to_datetime(moment).date()
    }

    /// The day, alone.
    pub fn day(&self, at: Timestamp) -> Span {
        let from = self.date(at);
        Span { from, to: next(from) }
    }

    /// Its week, from Monday.
    pub fn week(&self, at: Timestamp) -> Span {
        let mut from = self.date(at);
        while from.weekday() != Weekday::Monday {
            match from.yesterday() {
                Ok(before) => from = before,
                Err(_) => break,
            }
        }
        let to = (0..7).fold(from, |day, _| next(day));
        Span { from, to }
    }

    /// Its month.
    pub fn month(&self, at: Timestamp) -> Span {
        let day = self.date(at);
        Span {
            from: day.first_of_month(),
            to: next(day.last_of_month()),
        }
    }

    /// When a day begins.
    pub fn begins(&self, day: Date) -> Timestamp {
        let start = self
            .zone
            .to_ambiguous_timestamp(day.at(0, 0, 0, 0))
            .compatible()
            .map_or(i64::MAX, Instant::as_millisecond);
        Timestamp::from_millis(u64::try_from(start).unwrap_or(0))
    }

    /// How people write the instant when it is `now`: `12:04`, or `2026-12-01 00:00` when that is later than the end of the day.
    pub fn clock(&self, at: Timestamp, now: Timestamp) -> String {
        self.written(at, now, "%H:%M")
    }

    /// The same to the second.
    pub fn seconds(&self, at: Timestamp, now: Timestamp) -> String {
        self.written(at, now, "%H:%M:%S")
    }

    fn written(&self, at: Timestamp, now: Timestamp, form: &str) -> String {
        let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
        let moment = Instant::from_millisecond(millis).unwrap_or(Instant::MAX);
        let wall = self.zone.to_datetime(moment);
        let time = wall.strftime(form);
        if at <= self.begins(next(self.date(now))) {
            time.to_string()
        } else {
            format!("{} {time}", wall.date())
        }
    }
}

/// The day after; the same at the end of time.
pub fn next(day: Date) -> Date {
    day.tomorrow().unwrap_or(day)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZoneDatabase;

    fn berlin() -> Calendar {
        Calendar::new(TimeZoneDatabase::bundled().get("Europe/Berlin").unwrap())
    }

    fn at(text: &str) -> Timestamp {
        let instant: Instant = text.parse().unwrap();
        Timestamp::from_millis(u64::try_from(instant.as_millisecond()).unwrap())
    }

    #[test]
    fn days_begin_at_the_midnight_of_the_zone_over_clock_changes_too() {
        let calendar = berlin();
        let late = at("2026-11-29T23:30:00Z");
        assert_eq!(calendar.date(late).to_string(), "2026-11-30");
        assert_eq!(calendar.begins(calendar.date(late)), at("2026-11-29T23:00:00Z"));
        // The day of 25 hours.
        let day = calendar.day(at("2026-10-25T12:00:00Z"));
        assert_eq!(
            calendar.begins(day.to).since(calendar.begins(day.from)).as_secs(),
            25 * 3600
        );
    }

    #[test]
    fn weeks_begin_on_monday_and_months_on_the_first() {
        let calendar = berlin();
        let sunday = at("2026-11-29T12:00:00Z");
        let week = calendar.week(sunday);
        assert_eq!(
            (week.from.to_string(), week.to.to_string()),
            ("2026-11-23".to_owned(), "2026-11-30".to_owned())
        );
        let month = calendar.month(sunday);
        assert_eq!(
            (month.from.to_string(), month.to.to_string()),
            ("2026-11-01".to_owned(), "2026-12-01".to_owned())
        );
    }

    #[test]
    fn an_instant_of_another_day_is_written_with_its_day() {
        let calendar = berlin();
        let now = at("2026-11-29T12:00:00Z");
        assert_eq!(calendar.seconds(at("2026-11-29T12:04:30Z"), now), "13:04:30");
        assert_eq!(
            calendar.clock(calendar.begins(calendar.day(now).to), now),
            "00:00"
        );
        assert_eq!(
            calendar.clock(at("2026-12-01T05:00:00Z"), now),
            "2026-12-01 06:00"
        );
    }
}
