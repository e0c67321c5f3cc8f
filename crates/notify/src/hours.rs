//! Times of day in a channel's zone: quiet hours, the daily report, and how instants are written. Pure; the rules of the
//! zones are the ones compiled in, never the machine's.
//!
//! Over clock changes the wall counts: a time that is skipped counts as much later as the clock jumped, one that comes
//! twice counts at its first.

use jarvis_crds::QuietHours;
use jarvis_model::Timestamp;
use jiff::{
    Timestamp as Instant,
    civil::{Date, DateTime, Time},
    tz::{TimeZone, TimeZoneDatabase},
};
use std::sync::LazyLock;

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The zone of this name; UTC for one that is not valid, which the manifests' checks refuse.
pub fn zone(name: &str) -> TimeZone {
    ZONES.get(name).unwrap_or(TimeZone::UTC)
}

/// Whether only what is critical is sent now.
pub fn is_quiet(quiet: &QuietHours, zone: &TimeZone, now: Timestamp) -> bool {
    let (Some(from), Some(to), Some(now)) = (time(&quiet.from), time(&quiet.to), wall(zone, now)) else {
        return false;
    };
    let now = now.time();
    if from <= to {
        from <= now && now < to
    } else {
        from <= now || now < to
    }
}

/// When quiet hours end next after `now`.
pub fn quiet_ends(quiet: &QuietHours, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    next(&quiet.to, zone, now)
}

/// The latest time at or before `now` at which the wall showed this time of day.
pub fn latest(clock: &str, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let (time, today) = (time(clock)?, wall(zone, now)?.date());
    let days = [today.tomorrow().ok(), Some(today), today.yesterday().ok()];
    days.into_iter()
        .flatten()
        .filter_map(|day| instant(day, time, zone))
        .find(|at| *at <= now)
}

/// The first time after `now` at which the wall shows this time of day.
pub fn next(clock: &str, zone: &TimeZone, now: Timestamp) -> Option<Timestamp> {
    let (time, today) = (time(clock)?, wall(zone, now)?.date());
    let days = [today.yesterday().ok(), Some(today), today.tomorrow().ok()];
    days.into_iter()
        .flatten()
        .filter_map(|day| instant(day, time, zone))
        .find(|at| *at > now)
}

/// `2026-11-28 21:35:12 CET`.
pub fn stamp(at: Timestamp, zone: &TimeZone) -> String {
    let Some(moment) = moment(at) else {
        return "an unknown time".to_owned();
    };
    let wall = zone.to_datetime(moment).strftime("%Y-%m-%d %H:%M:%S").to_string();
    format!("{wall} {}", zone.to_offset_info(moment).abbreviation())
}

/// `21:35:12`.
pub fn clock(at: Timestamp, zone: &TimeZone) -> String {
    wall(zone, at).map_or_else(String::new, |at| at.strftime("%H:%M:%S").to_string())
}

/// `2026-11-28`.
pub fn day(at: Timestamp, zone: &TimeZone) -> String {
    wall(zone, at).map_or_else(String::new, |at| at.date().to_string())
}

/// `2026-11-28T20:35:12Z`, for programs.
pub fn rfc3339(at: Timestamp) -> String {
    moment(at).map_or_else(String::new, |at| at.to_string())
}

fn time(clock: &str) -> Option<Time> {
    let (hour, minute) = clock.split_once(':')?;
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

fn moment(at: Timestamp) -> Option<Instant> {
    Instant::from_millisecond(i64::try_from(at.as_millis()).ok()?).ok()
}

/// What the wall shows.
fn wall(zone: &TimeZone, at: Timestamp) -> Option<DateTime> {
    Some(zone.to_datetime(moment(at)?))
}

fn instant(day: Date, time: Time, zone: &TimeZone) -> Option<Timestamp> {
    let at = zone
        .to_ambiguous_timestamp(day.to_datetime(time))
        .compatible()
        .ok()?;
    u64::try_from(at.as_millisecond())
        .ok()
        .map(Timestamp::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(text: &str) -> Timestamp {
        let at: Instant = text.parse().unwrap();
        Timestamp::from_millis(u64::try_from(at.as_millisecond()).unwrap())
    }

    fn quiet(from: &str, to: &str) -> QuietHours {
        QuietHours {
            from: from.to_owned(),
            to: to.to_owned(),
        }
    }

    #[test]
    fn quiet_hours_run_over_midnight_and_end_with_the_wall() {
        let berlin = zone("Europe/Berlin");
        let night = quiet("22:30", "07:00");
        for (now, expected) in [
            ("2026-11-28T21:29:59Z", false),
            ("2026-11-28T21:30:00Z", true),
            ("2026-11-29T05:59:59Z", true),
            ("2026-11-29T06:00:00Z", false),
            ("2026-07-01T20:30:00Z", true),
            ("2026-07-01T05:00:00Z", false),
        ] {
            assert_eq!(is_quiet(&night, &berlin, at(now)), expected, "{now}");
        }
        assert!(is_quiet(
            &quiet("12:00", "13:00"),
            &zone("UTC"),
            at("2026-01-01T12:30:00Z")
        ));
        assert!(!is_quiet(
            &quiet("12:00", "13:00"),
            &zone("UTC"),
            at("2026-01-01T13:00:00Z")
        ));
        assert_eq!(
            quiet_ends(&night, &berlin, at("2026-11-28T21:30:00Z")),
            Some(at("2026-11-29T06:00:00Z"))
        );
    }

    #[test]
    fn a_time_of_day_that_is_skipped_or_doubled_comes_once() {
        let berlin = zone("Europe/Berlin");
        // 2026-03-29: 02:00 becomes 03:00. 2026-10-25: 03:00 becomes 02:00.
        assert_eq!(
            latest("02:30", &berlin, at("2026-03-29T12:00:00Z")),
            Some(at("2026-03-29T01:30:00Z"))
        );
        assert_eq!(
            latest("02:30", &berlin, at("2026-10-25T12:00:00Z")),
            Some(at("2026-10-25T00:30:00Z"))
        );
        assert_eq!(
            next("07:30", &berlin, at("2026-03-28T06:30:00Z")),
            Some(at("2026-03-29T05:30:00Z"))
        );
    }

    #[test]
    fn instants_are_written_in_the_zone() {
        let then = at("2026-11-28T20:35:12Z");
        assert_eq!(stamp(then, &zone("Europe/Berlin")), "2026-11-28 21:35:12 CET");
        assert_eq!(clock(then, &zone("Mars/Olympus")), "20:35:12");
        assert_eq!(rfc3339(then), "2026-11-28T20:35:12Z");
    }

    proptest! {
        #[test]
        fn the_latest_is_past_the_next_is_ahead_and_a_day_lies_between(
            secs in 1_700_000_000u64..2_000_000_000, hour in 0u8..24, minute in 0u8..60,
            name in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
        ) {
            let (now, zone, clock) = (Timestamp::from_secs(secs), zone(name), format!("{hour:02}:{minute:02}"));
            let (latest, next) = (latest(&clock, &zone, now).unwrap(), next(&clock, &zone, now).unwrap());
            prop_assert!(latest <= now && now < next);
            let hours = next.since(latest).as_secs() / 3600;
            prop_assert!((22..=26).contains(&hours), "{hours}");
        }
    }
}
