//! Whether a maintenance window is open at an instant, and when that changes next. Pure: `now` is an argument, and
//! the time zone rules are the ones compiled in, never the machine's.
//!
//! A window is open from each minute its schedule names, for its duration in elapsed time; overlapping runs join.
//! Over clock changes: a schedule with an open hour (`*`, `*/n`) follows elapsed time. One with named hours follows
//! the wall: a time that is skipped counts as much later as the clock jumped, a time that comes twice counts once.

pub mod cron;

use crate::kinds::window::MaintenanceWindowSpec;
use cron::Cron;
use jarvis_model::Timestamp;
use jiff::{
    Timestamp as Instant,
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase},
};
use std::{sync::LazyLock, time::Duration};

static ZONES: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// The longest a window may stay open.
pub const LONGEST: Duration = Duration::from_hours(31 * 24);

/// How far ahead an open window's end is looked for beyond its own duration.
const HORIZON: Duration = Duration::from_hours(8 * 24);

/// Days to look for the next opening: the leap day after next may be eight years away.
const LOOK_AHEAD_DAYS: i32 = 8 * 366 + 2;

/// Whether a time zone of this IANA name exists; spelling and letter case count.
pub fn is_time_zone(name: &str) -> bool {
    zone(name).is_some()
}

/// All names of time zones.
pub fn time_zones() -> Vec<String> {
    ZONES.available().map(|name| name.to_string()).collect()
}

fn zone(name: &str) -> Option<TimeZone> {
    let zone = ZONES.get(name).ok()?;
    (zone.iana_name() == Some(name)).then_some(zone)
}

/// Whether the window is open. A schedule or time zone that is not valid (which [`crate::load()`] refuses) is never
/// open.
pub fn is_open(spec: &MaintenanceWindowSpec, now: Timestamp) -> bool {
    Opening::of(spec)
        .is_some_and(|opening| instant(now).is_some_and(|now| opening.last_before(now).is_some()))
}

/// The next instant after `now` at which [`is_open`] gives the other answer. `None` when there is none within eight
/// years (closed), or none within eight days after the window's duration (open: runs that join without end).
pub fn next_change(spec: &MaintenanceWindowSpec, now: Timestamp) -> Option<Timestamp> {
    let opening = Opening::of(spec)?;
    let now = instant(now)?;
    let change = match opening.last_before(now) {
        None => opening.next_after(now)?,
        Some(start) => opening.end_of_joined(start, now)?,
    };
    u64::try_from(change.as_millisecond())
        .ok()
        .map(Timestamp::from_millis)
}

fn instant(time: Timestamp) -> Option<Instant> {
    Instant::from_millisecond(i64::try_from(time.as_millis()).ok()?).ok()
}

/// A window's schedule, read.
struct Opening {
    cron: Cron,
    zone: TimeZone,
    duration: Duration,
}

impl Opening {
    fn of(spec: &MaintenanceWindowSpec) -> Option<Self> {
        let cron = Cron::parse(&spec.schedule).ok()?;
        Some(Self {
            cron,
            zone: zone(&spec.time_zone)?,
            duration: spec.duration.min(LONGEST),
        })
    }

    /// The latest start at or before `now` whose run still lasts.
    fn last_before(&self, now: Instant) -> Option<Instant> {
        let earliest = now.checked_sub(self.duration).ok()?;
        let mut date = self.date(now).tomorrow().ok()?;
        let oldest = self.date(earliest).yesterday().ok()?;
        let mut found: Option<Instant> = None;
        // One more day than needed after the first find: a skipped day can push its starts past the next day's.
        let mut spare = 2;
        while date >= oldest && spare > 0 {
            let starts = self.starts(date);
            let latest = starts
                .into_iter()
                .filter(|start| *start <= now && *start > earliest)
                .max();
            found = found.max(latest);
            if found.is_some() {
                spare -= 1;
            }
            date = date.yesterday().ok()?;
        }
        found
    }

    /// The first start after `now`.
    fn next_after(&self, now: Instant) -> Option<Instant> {
        let mut date = self.date(now).yesterday().ok()?;
        let mut found: Option<Instant> = None;
        let mut spare = 2;
        for _ in 0..LOOK_AHEAD_DAYS {
            let first = self.starts(date).into_iter().filter(|start| *start > now).min();
            found = match (found, first) {
                (Some(known), Some(first)) => Some(known.min(first)),
                (known, first) => known.or(first),
            };
            if found.is_some() {
                spare -= 1;
            }
            if spare == 0 {
                break;
            }
            date = date.tomorrow().ok()?;
        }
        found
    }

    /// The end of the run that began at `start`, joined with the runs that begin before it ends.
    fn end_of_joined(&self, start: Instant, now: Instant) -> Option<Instant> {
        let limit = now.checked_add(self.duration + HORIZON).ok()?;
        let mut end = start.checked_add(self.duration).ok()?;
        while end <= limit {
            match self.last_before(end) {
                Some(later) => end = later.checked_add(self.duration).ok()?,
                None => return Some(end),
            }
        }
        None
    }

    fn date(&self, at: Instant) -> Date {
        self.zone.to_datetime(at).date()
    }

    /// The instants at which the schedule starts on a day of the wall calendar.
    fn starts(&self, date: Date) -> Vec<Instant> {
        if !self.cron.fits_day(date) {
            return Vec::new();
        }
        let times = self.cron.times();
        times
            .flat_map(|(hour, minute)| self.instants(date.at(hour, minute, 0, 0)))
            .collect()
    }

    fn instants(&self, wall: DateTime) -> Vec<Instant> {
        let follows_elapsed_time = self.cron.any_hour();
        let offsets = match self.zone.to_ambiguous_timestamp(wall).offset() {
            AmbiguousOffset::Unambiguous { offset } => vec![offset],
            AmbiguousOffset::Gap { .. } if follows_elapsed_time => vec![],
            AmbiguousOffset::Gap { before, .. } => vec![before],
            AmbiguousOffset::Fold { before, after } if follows_elapsed_time => vec![before, after],
            AmbiguousOffset::Fold { before, .. } => vec![before],
        };
        offsets
            .into_iter()
            .filter_map(|offset| offset.to_timestamp(wall).ok())
            .collect()
    }
}

#[cfg(test)]
mod tests;
