//! Dates as texts, from Unix seconds, in UTC.

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];

/// `Mon Nov 23 15:34:48 2026`
pub fn long_date(unix_secs: u64) -> String {
    let (days, clock) = (unix_secs / 86_400, clock(unix_secs));
    let (year, month, day) = civil(days);
    format!("{} {} {day:2} {clock} {year}", weekday(days), MONTHS[month])
}

/// `Mon, 23 Nov 2026 15:34:48 GMT`
pub fn http_date(unix_secs: u64) -> String {
    let (days, clock) = (unix_secs / 86_400, clock(unix_secs));
    let (year, month, day) = civil(days);
    format!("{}, {day:02} {} {year} {clock} GMT", weekday(days), MONTHS[month])
}

/// `Nov 23 15:34:48`
pub fn syslog_date(unix_secs: u64) -> String {
    let (_, month, day) = civil(unix_secs / 86_400);
    format!("{} {day:02} {}", MONTHS[month], clock(unix_secs))
}

/// `2026-11-23T15:34:48`; append the zone.
pub fn iso_date(unix_secs: u64) -> String {
    let (year, month, day) = civil(unix_secs / 86_400);
    format!("{year}-{:02}-{day:02}T{}", month + 1, clock(unix_secs))
}

/// `2026_11_23-15_34_48`, as in the names of backups.
pub fn file_date(unix_secs: u64) -> String {
    iso_date(unix_secs).replace(['-', ':'], "_").replace('T', "-")
}

fn weekday(days: u64) -> &'static str {
    DAYS[usize::try_from(days % 7).unwrap_or(0)]
}

fn clock(unix_secs: u64) -> String {
    let secs = unix_secs % 86_400;
    format!("{:02}:{:02}:{:02}", secs / 3600, secs / 60 % 60, secs % 60)
}

/// Year, month from 0, day from 1, of a count of days since 1970.
fn civil(days: u64) -> (u64, usize, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let of_era = shifted % 146_097;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = (from_march + 2) % 12;
    let year = era * 400 + year_of_era + u64::from(month < 2);
    (year, usize::try_from(month).unwrap_or(0), day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_as_recorded() {
        assert_eq!(long_date(1_795_448_088), "Mon Nov 23 15:34:48 2026");
        assert_eq!(http_date(1_795_449_459), "Mon, 23 Nov 2026 15:57:39 GMT");
        assert_eq!(syslog_date(1_795_448_088), "Nov 23 15:34:48");
        assert_eq!(iso_date(1_795_448_088), "2026-11-23T15:34:48");
        assert_eq!(file_date(1_795_448_088), "2026_11_23-15_34_48");
        assert_eq!(long_date(0), "Thu Jan  1 00:00:00 1970");
        assert_eq!(http_date(951_782_400), "Tue, 29 Feb 2000 00:00:00 GMT");
    }
}
