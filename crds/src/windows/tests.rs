//! Windows over plain days, joined runs, clock changes and skipped days.

use super::*;
use crate::kinds::{
    selector::Selector,
    window::{AppliesTo, WindowEffect},
};
use proptest::prelude::*;

fn window(schedule: &str, hours: u64, zone: &str) -> MaintenanceWindowSpec {
    spec(schedule, Duration::from_hours(hours), zone)
}

fn spec(schedule: &str, duration: Duration, zone: &str) -> MaintenanceWindowSpec {
    MaintenanceWindowSpec {
        effect: WindowEffect::Allow,
        schedule: schedule.to_owned(),
        duration,
        time_zone: zone.to_owned(),
        selector: Selector::default(),
        applies_to: AppliesTo::Changes,
        overrun: false,
    }
}

fn at(text: &str) -> Timestamp {
    let instant: Instant = text.parse().unwrap();
    Timestamp::from_millis(u64::try_from(instant.as_millisecond()).unwrap())
}

#[track_caller]
fn changes(spec: &MaintenanceWindowSpec, from: &str, expected: &[&str]) {
    let mut now = at(from);
    let mut open = is_open(spec, now);
    for (index, expected) in expected.iter().enumerate() {
        let next = next_change(spec, now).unwrap();
        assert_eq!(next, at(expected), "change {index} after {from}");
        assert_ne!(is_open(spec, next), open, "at change {index} the answer flips");
        open = !open;
        now = next;
    }
}

#[test]
fn a_nightly_window_opens_and_closes() {
    let nightly = window("0 2 * * *", 3, "UTC");
    assert!(!is_open(&nightly, at("2026-03-10T01:59:59Z")));
    assert!(is_open(&nightly, at("2026-03-10T02:00:00Z")));
    assert!(is_open(&nightly, at("2026-03-10T04:59:59Z")));
    assert!(!is_open(&nightly, at("2026-03-10T05:00:00Z")));
    changes(
        &nightly,
        "2026-03-10T00:00:00Z",
        &[
            "2026-03-10T02:00:00Z",
            "2026-03-10T05:00:00Z",
            "2026-03-11T02:00:00Z",
        ],
    );
}

#[test]
fn a_weekend_window_runs_over_midnight_and_months() {
    let weekend = window("0 22 * * fri", 50, "Europe/Berlin");
    changes(
        &weekend,
        "2026-01-30T12:00:00Z",
        &[
            "2026-01-30T21:00:00Z",
            "2026-02-01T23:00:00Z",
            "2026-02-06T21:00:00Z",
        ],
    );
}

#[test]
fn runs_that_touch_are_one() {
    let joined = window("0 1,2,3 * * *", 1, "UTC");
    changes(
        &joined,
        "2026-03-10T00:00:00Z",
        &["2026-03-10T01:00:00Z", "2026-03-10T04:00:00Z"],
    );
    let always = window("0 * * * *", 1, "UTC");
    assert!(is_open(&always, at("2026-03-10T00:17:00Z")));
    assert_eq!(next_change(&always, at("2026-03-10T00:17:00Z")), None);
}

#[test]
fn a_skipped_time_counts_as_much_later_as_the_clock_jumped() {
    // Berlin, 2026-03-29: 02:00 CET becomes 03:00 CEST.
    let nightly = window("30 2 * * *", 1, "Europe/Berlin");
    changes(
        &nightly,
        "2026-03-29T00:00:00Z",
        &[
            "2026-03-29T01:30:00Z",
            "2026-03-29T02:30:00Z",
            "2026-03-30T00:30:00Z",
        ],
    );
}

#[test]
fn a_time_that_comes_twice_counts_once() {
    // Berlin, 2026-10-25: 03:00 CEST becomes 02:00 CET.
    let nightly = window("30 2 * * *", 1, "Europe/Berlin");
    changes(
        &nightly,
        "2026-10-24T23:00:00Z",
        &[
            "2026-10-25T00:30:00Z",
            "2026-10-25T01:30:00Z",
            "2026-10-26T01:30:00Z",
        ],
    );
}

#[test]
fn an_open_hour_follows_elapsed_time_over_both_clock_changes() {
    let always = window("0 * * * *", 1, "Europe/Berlin");
    for day in ["2026-03-29", "2026-10-25"] {
        for minute in (0..6 * 60).step_by(7) {
            let now = at(&format!("{day}T00:00:00Z")) + Duration::from_mins(minute);
            assert!(is_open(&always, now), "{day} + {minute} min");
        }
    }
}

#[test]
fn a_day_that_was_skipped_is_made_up_for() {
    // Samoa had no 2011-12-30; its 10:00 counts a day later, together with the 31st's.
    let daily = window("0 10 * * *", 1, "Pacific/Apia");
    changes(
        &daily,
        "2011-12-29T21:00:00Z",
        &[
            "2011-12-30T20:00:00Z",
            "2011-12-30T21:00:00Z",
            "2011-12-31T20:00:00Z",
        ],
    );
}

#[test]
fn leap_days_are_found_over_the_gap_of_eight_years() {
    let leap = window("0 0 29 2 *", 1, "UTC");
    changes(&leap, "2096-03-01T00:00:00Z", &["2104-02-29T00:00:00Z"]);
}

#[test]
fn what_is_not_valid_is_never_open() {
    for spec in [
        window("nonsense", 1, "UTC"),
        window("* * * * *", 1, "Mars/Olympus"),
    ] {
        assert!(!is_open(&spec, at("2026-03-10T00:00:00Z")));
        assert_eq!(next_change(&spec, at("2026-03-10T00:00:00Z")), None);
    }
    assert!(!is_open(
        &window("* * * * *", 1, "UTC"),
        Timestamp::from_millis(u64::MAX)
    ));
}

#[test]
fn time_zones_are_known_by_their_exact_name() {
    assert!(is_time_zone("UTC") && is_time_zone("Europe/Berlin") && is_time_zone("America/New_York"));
    for bad in [
        "",
        "utc ",
        "europe/berlin",
        "Europe/Atlantis",
        "+02:00",
        "CEST",
        "../etc/passwd",
    ] {
        assert!(!is_time_zone(bad), "{bad:?}");
    }
}

/// The definition, minute by minute, for zones whose clock changes are by the hour: open if one of the past minutes
/// within the duration is a start. Only for schedules with an open hour, where no rule for changes interferes.
fn open_by_definition(spec: &MaintenanceWindowSpec, now: Timestamp) -> bool {
    let cron = Cron::parse(&spec.schedule).unwrap();
    let zone = zone(&spec.time_zone).unwrap();
    let minutes = spec.duration.as_secs() / 60;
    let this_minute = now.as_secs() / 60 * 60;
    (0..=minutes).any(|back| {
        let start = Timestamp::from_secs(this_minute - back * 60);
        let wall = zone.to_datetime(instant(start).unwrap());
        let named =
            cron.fits_day(wall.date()) && cron.times().any(|time| time == (wall.hour(), wall.minute()));
        named && now.as_millis() < (start + spec.duration).as_millis()
    })
}

fn any_schedule() -> impl Strategy<Value = MaintenanceWindowSpec> {
    let minute = prop_oneof![
        Just("0".to_owned()),
        Just("30".to_owned()),
        Just("*/20".to_owned()),
        (0_u8..60).prop_map(|m| m.to_string())
    ];
    let hour = prop_oneof![
        Just("*".to_owned()),
        Just("*/3".to_owned()),
        (0_u8..24).prop_map(|h| h.to_string())
    ];
    let days = prop_oneof![
        Just("* * *"),
        Just("* * 1-5"),
        Just("1,15 * *"),
        Just("* 3,10 sun"),
        Just("25-31 3,10 0")
    ];
    let zone = prop_oneof![
        Just("UTC"),
        Just("Europe/Berlin"),
        Just("America/New_York"),
        Just("Australia/Lord_Howe"),
        Just("Asia/Kathmandu")
    ];
    (minute, hour, days, 1_u64..3000, zone).prop_map(|(minute, hour, days, minutes, zone)| {
        spec(
            &format!("{minute} {hour} {days}"),
            Duration::from_mins(minutes),
            zone,
        )
    })
}

/// Instants around the clock changes of 2026, and any others of that year.
fn any_instant() -> impl Strategy<Value = Timestamp> {
    let around = |centre: &'static str| {
        (0_u64..4 * 86_400).prop_map(move |secs| at(centre) + Duration::from_secs(secs))
    };
    prop_oneof![
        around("2026-03-07T00:00:00Z"),
        around("2026-03-27T00:00:00Z"),
        around("2026-10-23T00:00:00Z"),
        around("2026-10-31T00:00:00Z"),
        (0_u64..365 * 86_400).prop_map(|secs| at("2026-01-01T00:00:00Z") + Duration::from_secs(secs)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    /// Between now and the next change the answer stays; at the change it flips.
    #[test]
    fn next_change_is_the_next_change(spec in any_schedule(), now in any_instant(), share in 0.0..1.0_f64) {
        let open = is_open(&spec, now);
        let next = next_change(&spec, now);
        let until = next.unwrap_or(now + HORIZON);
        prop_assert!(until > now);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a positive span")]
        let between = Timestamp::from_millis(now.as_millis() + (((until.as_millis() - now.as_millis() - 1) as f64) * share) as u64);
        prop_assert_eq!(is_open(&spec, between), open, "at {:?}", between);
        if let Some(next) = next {
            prop_assert_ne!(is_open(&spec, next), open);
        }
    }

    /// With an open hour, the answer is the definition's.
    #[test]
    fn open_hours_agree_with_the_definition(spec in any_schedule(), now in any_instant()) {
        let named_hour = !Cron::parse(&spec.schedule).unwrap().any_hour();
        let zone_without_change = matches!(spec.time_zone.as_str(), "UTC" | "Asia/Kathmandu");
        prop_assume!(!named_hour || zone_without_change);
        prop_assert_eq!(is_open(&spec, now), open_by_definition(&spec, now));
    }
}
