//! Five-field cron expressions: which minutes of the calendar they name. Knows no time zone and no clock.
//!
//! Fields: minute, hour, day of month, month, day of week (0 and 7 are Sunday; three-letter English names for
//! months and days). `*`, lists, ranges and steps. As in the scheduler Argo CD uses: when both day fields are
//! restricted, a day fits if either fits.

use jiff::civil::Date;

/// A checked cron expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    either_day: bool,
    any_hour: bool,
}

struct Field {
    name: &'static str,
    low: u32,
    high: u32,
    words: &'static [&'static str],
}

const MONTHS: [&str; 12] = [
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec",
];
const WEEKDAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

const FIELDS: [Field; 5] = [
    Field {
        name: "minute",
        low: 0,
        high: 59,
        words: &[],
    },
    Field {
        name: "hour",
        low: 0,
        high: 23,
        words: &[],
    },
    Field {
        name: "day of month",
        low: 1,
        high: 31,
        words: &[],
    },
    Field {
        name: "month",
        low: 1,
        high: 12,
        words: &MONTHS,
    },
    Field {
        name: "day of week",
        low: 0,
        high: 7,
        words: &WEEKDAYS,
    },
];

impl Cron {
    /// Reads an expression; the error says in words which field is wrong and why.
    pub fn parse(text: &str) -> Result<Self, String> {
        let parts: Vec<&str> = text.split_ascii_whitespace().collect();
        let [minute, hour, day, month, weekday] = parts[..] else {
            let found = parts.len();
            return Err(format!(
                "a schedule has five fields (minute hour day month weekday), this has {found}"
            ));
        };
        let [minute_field, hour_field, day_field, month_field, weekday_field] = &FIELDS;
        let weekdays = weekday_field.parse(weekday)?;
        let cron = Self {
            minutes: minute_field.parse(minute)?,
            hours: hour_field.parse(hour)?,
            days: day_field.parse(day)?,
            months: month_field.parse(month)?,
            weekdays: (weekdays | weekdays >> 7) & 0x7f,
            either_day: !is_any(day) && !is_any(weekday),
            any_hour: hour.starts_with('*'),
        };
        if cron.can_happen() {
            Ok(cron)
        } else {
            Err(format!("no month named has such a day: {day} {month}"))
        }
    }

    /// Whether some day of some year fits.
    fn can_happen(&self) -> bool {
        const LONGEST: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let fits = |(month, longest): (u32, u32)| {
            self.months & (1 << month) != 0
                && (self.either_day || (1..=longest).any(|day| self.days & (1 << day) != 0))
        };
        (1..=12).zip(LONGEST).any(fits)
    }

    /// Whether a day of the calendar fits.
    pub fn fits_day(&self, date: Date) -> bool {
        let bit = |number: i8| 1_u64 << u32::try_from(number).unwrap_or(63);
        let day = self.days & bit(date.day()) != 0;
        let weekday = self.weekdays & bit(date.weekday().to_sunday_zero_offset()) != 0;
        let both = if self.either_day {
            day || weekday
        } else {
            day && weekday
        };
        both && self.months & bit(date.month()) != 0
    }

    /// The times of a fitting day as (hour, minute), in order.
    pub fn times(&self) -> impl Iterator<Item = (i8, i8)> {
        let (hours, minutes) = (self.hours, self.minutes);
        (0_i8..24)
            .filter(move |hour| hours & (1 << hour) != 0)
            .flat_map(move |hour| {
                (0_i8..60)
                    .filter(move |minute| minutes & (1 << minute) != 0)
                    .map(move |minute| (hour, minute))
            })
    }

    /// Whether the hour is left open (`*` or `*/n`): such a schedule follows elapsed time over a clock change,
    /// any other the clock on the wall.
    pub fn any_hour(&self) -> bool {
        self.any_hour
    }
}

fn is_any(field: &str) -> bool {
    field == "*" || field == "*/1"
}

impl Field {
    /// A bit for every number named.
    fn parse(&self, text: &str) -> Result<u64, String> {
        text.split(',')
            .try_fold(0, |bits, part| Ok(bits | self.part(part)?))
    }

    fn part(&self, text: &str) -> Result<u64, String> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step)?)),
            None => (text, None),
        };
        let (low, high) = match range.split_once('-') {
            _ if range == "*" => (self.low, if self.high == 7 { 6 } else { self.high }),
            Some((low, high)) => (self.number(low)?, self.number(high)?),
            None if step.is_some() => {
                return Err(format!(
                    "{}: a step needs * or a range before it, not {range:?}",
                    self.name
                ));
            }
            None => (self.number(range)?, self.number(range)?),
        };
        if low > high {
            return Err(format!("{}: the range {range} runs backwards", self.name));
        }
        Ok((low..=high)
            .step_by(step.unwrap_or(1))
            .fold(0, |bits, number| bits | 1 << number))
    }

    fn step(&self, text: &str) -> Result<usize, String> {
        let largest = usize::try_from(self.high - self.low).unwrap_or(0);
        digits(text)
            .and_then(|step| usize::try_from(step).ok())
            .filter(|step| (1..=largest).contains(step))
            .ok_or_else(|| {
                format!(
                    "{}: a step is a number from 1 to {largest}, not {text:?}",
                    self.name
                )
            })
    }

    fn number(&self, text: &str) -> Result<u32, String> {
        let word = self.words.iter().position(|word| text.eq_ignore_ascii_case(word));
        let number = match word {
            Some(index) => u32::try_from(index).ok().map(|index| index + self.low),
            None => digits(text),
        };
        number
            .filter(|number| (self.low..=self.high).contains(number))
            .ok_or_else(|| {
                format!(
                    "{}: {text:?} is not a number from {} to {}",
                    self.name, self.low, self.high
                )
            })
    }
}

fn digits(text: &str) -> Option<u32> {
    let plain = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn fields_take_lists_ranges_steps_and_names() {
        let cron = Cron::parse("*/20 2-4,22 * jan-mar Mon,WED").unwrap();
        assert_eq!(
            cron.times().take(4).collect::<Vec<_>>(),
            [(2, 0), (2, 20), (2, 40), (3, 0)]
        );
        assert!(cron.fits_day(date(2026, 3, 2)), "a Monday in March");
        assert!(!cron.fits_day(date(2026, 3, 3)), "a Tuesday");
        assert!(!cron.fits_day(date(2026, 4, 1)), "a Wednesday in April");
    }

    #[test]
    fn two_restricted_day_fields_mean_either() {
        let cron = Cron::parse("0 0 13 * 5").unwrap();
        assert!(cron.fits_day(date(2026, 3, 13)));
        assert!(cron.fits_day(date(2026, 3, 20)), "a Friday that is no 13th");
        assert!(cron.fits_day(date(2026, 4, 13)), "a 13th that is no Friday");
        assert!(!cron.fits_day(date(2026, 4, 14)));
    }

    #[test]
    fn seven_is_sunday_too() {
        for sunday in ["0", "7", "sun"] {
            let cron = Cron::parse(&format!("0 0 * * {sunday}")).unwrap();
            assert!(
                cron.fits_day(date(2026, 3, 1)) && !cron.fits_day(date(2026, 3, 2)),
                "{sunday}"
            );
        }
        assert!(Cron::parse("0 0 * * 5-7").unwrap().fits_day(date(2026, 3, 1)));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, words) in [
            ("", "five fields"),
            ("0 3 * *", "this has 4"),
            ("0 3 * * * *", "this has 6"),
            ("@daily", "five fields"),
            ("60 3 * * *", "minute"),
            ("0 24 * * *", "hour"),
            ("0 3 0 * *", "day of month"),
            ("0 3 * 13 *", "month"),
            ("0 3 * * 8", "day of week"),
            ("0 3 * * fun", "day of week"),
            ("*/0 3 * * *", "step"),
            ("*/90 3 * * *", "step"),
            ("5/10 3 * * *", "step needs"),
            ("10-5 3 * * *", "backwards"),
            ("1,,2 3 * * *", "minute"),
            ("-1 3 * * *", "minute"),
            ("０ 3 * * *", "minute"),
            ("0 0 30 2 *", "no month"),
            ("0 0 31 4,6,9,11 *", "no month"),
        ] {
            let error = Cron::parse(text).unwrap_err();
            assert!(error.contains(words), "{text:?}: {error}");
        }
        assert!(Cron::parse("0 0 29 2 *").is_ok(), "leap days happen");
        assert!(Cron::parse("0 0 30 2 1").is_ok(), "Mondays in February happen");
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[0-9*/,\\- a-zA-Z]{0,40}") {
            let _ = Cron::parse(&text);
        }
    }
}
