//! Whether what a model says stands in what it read: its figures and the names of things.
//!
//! A model may work a figure out, and it may make one up; from its words nobody can tell. So what it did not read is named beside
//! its answer. Times and spans of time are not looked at, since they are counted from other times, nor are small whole numbers,
//! which count what was read. A figure may be rounded, a share may be told in percent, bytes in any unit.

use std::collections::BTreeSet;

/// Whole numbers below this, without a unit, count things.
const COUNTS_BELOW: f64 = 100.0;
/// At most so many are told.
const MOST: usize = 8;

/// One figure or name, as it was written.
#[derive(Debug, Clone, PartialEq)]
enum Piece<'t> {
    /// A number with what stands behind it, and how many decimals it has.
    Number {
        value: f64,
        decimals: u32,
        unit: &'t str,
        written: &'t str,
    },
    /// A word of letters and digits: `web-01`, `vmbr0`.
    Name(&'t str),
}

/// Figures and names of a text that stand in nothing that was read, in their order, each once.
pub fn unfounded<'s>(text: &str, read: impl IntoIterator<Item = &'s str>) -> Vec<String> {
    let (mut numbers, mut names) = (Vec::new(), BTreeSet::new());
    for source in read {
        for piece in pieces(source) {
            match piece {
                Piece::Number { value, unit, .. } => numbers.push(value * bytes_of(unit).unwrap_or(1.0)),
                Piece::Name(name) => drop(names.insert(name.to_lowercase())),
            }
        }
    }
    numbers.sort_by(f64::total_cmp);
    let mut found = Vec::new();
    for piece in pieces(text) {
        let (written, is_read) = match piece {
            Piece::Name(name) => (name, names.contains(&name.to_lowercase())),
            Piece::Number {
                value,
                decimals,
                unit,
                written,
            } => (written, is_read(value, decimals, unit, &numbers)),
        };
        if !is_read && !found.iter().any(|before| before == written) {
            found.push(written.to_owned());
        }
    }
    found.truncate(MOST);
    found
}

fn is_read(value: f64, decimals: u32, unit: &str, numbers: &[f64]) -> bool {
    let is_measured = matches!(unit, "%" | "°C") || bytes_of(unit).is_some();
    if is_time(unit) || (!is_measured && value < COUNTS_BELOW) {
        return true;
    }
    let half = 0.5 * 10_f64.powi(-i32::try_from(decimals).unwrap_or(i32::MAX));
    // What was read is kept in floating point too.
    let among = |scale: f64| {
        let (from, to) = ((value - half) * scale, (value + half) * scale);
        let slack = to.abs() * 1e-9;
        let at = numbers.partition_point(|number| *number < from - slack);
        numbers.get(at).is_some_and(|number| *number <= to + slack)
    };
    match unit {
        "%" => among(1.0) || among(0.01),
        unit => among(bytes_of(unit).unwrap_or(1.0)),
    }
}

fn is_time(unit: &str) -> bool {
    const UNITS: &[&str] = &[
        "ms", "s", "sec", "second", "min", "minute", "h", "hour", "d", "day", "week", "month", "year",
    ];
    let one = unit.to_lowercase();
    let one = if one.len() > 2 {
        one.trim_end_matches('s')
    } else {
        &one
    };
    UNITS.contains(&one)
}

fn bytes_of(unit: &str) -> Option<f64> {
    let (prefix, base) = match unit.strip_suffix("iB") {
        Some(prefix) => (prefix, 1024_f64),
        None => (unit.strip_suffix('B')?, 1000_f64),
    };
    let power = ["", "K", "M", "G", "T", "P"]
        .iter()
        .position(|known| known.eq_ignore_ascii_case(prefix))?;
    Some(base.powi(i32::try_from(power).ok()?))
}

/// The figures and names in a text. Times (`14:02`), dates and the marks of lists are none.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let inner = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ':' | ',');
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(begin) = rest.find(char::is_alphanumeric) {
        let from = &rest[begin..];
        let end = from.find(|c| !inner(c)).unwrap_or(from.len());
        let word = from[..end].trim_end_matches(|c: char| !c.is_alphanumeric());
        let after = &from[word.len()..];
        let taken = push(word, after, from, &mut pieces);
        rest = &from[taken.max(word.len())..];
    }
    pieces
}

/// Takes a word in; how many bytes it and its unit take.
fn push<'t>(word: &'t str, after: &'t str, from: &'t str, pieces: &mut Vec<Piece<'t>>) -> usize {
    let is_digit = |c: char| c.is_ascii_digit();
    if !word.contains(is_digit) {
        return word.len();
    }
    let digits = word.len()
        - word
            .trim_start_matches(|c: char| is_digit(c) || c == '.' || c == ',')
            .len();
    let (number, tail) = word.split_at(digits);
    let number = number.trim_end_matches(['.', ',']);
    let plain = number.replace(',', "");
    let Some(value) = plain.parse::<f64>().ok().filter(|_| is_figure(number)) else {
        // `10:02`, `2026-11-30`, `192.0.2.1` and the like begin with digits and are no figures; names begin with letters.
        let is_name = word.starts_with(|c: char| c.is_alphabetic());
        if is_name {
            word.split([':', ',', '='])
                .filter(|part| part.contains(is_digit) && part.contains(char::is_alphabetic))
                .for_each(|part| pieces.push(Piece::Name(part)));
            // `guest:101`, `cpu:0.4`: what stands behind is a figure of its own.
            for part in word.split([':', ',']).skip(1) {
                push(part, "", part, pieces);
            }
        }
        return word.len();
    };
    let (unit, taken) = unit_behind(tail, after, word.len());
    let Some(unit) = unit else { return word.len() };
    let decimals = number.split_once('.').map_or(0, |(_, behind)| behind.len());
    pieces.push(Piece::Number {
        value,
        decimals: u32::try_from(decimals).unwrap_or(u32::MAX),
        unit,
        written: from[..taken].trim_end(),
    });
    taken
}

/// Digits with at most one point, and commas between thousands only.
fn is_figure(number: &str) -> bool {
    let (whole, behind) = number.split_once('.').unwrap_or((number, "0"));
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let grouped = groups.all(|group| group.len() == 3);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits(first) && grouped && digits(behind)
}

/// The unit of a number, joined to it or behind a blank, and where it ends; none where it is no number but a part of something
/// else, such as `10:02` or `2026-11-30`.
fn unit_behind<'t>(tail: &'t str, after: &'t str, end: usize) -> (Option<&'t str>, usize) {
    if let Some(rest) = tail.strip_prefix(|c: char| c == '-' || c == ':' || c == '_' || c == '.') {
        // `31-day` is a number with a word; `10:02` and `2026-11-30` are not.
        let joined = rest.chars().all(char::is_alphabetic) && tail.starts_with('-');
        return (joined.then_some(rest), end);
    }
    if !tail.is_empty() {
        return (tail.chars().all(char::is_alphabetic).then_some(tail), end);
    }
    let blank = after.len()
        - after
            .trim_start_matches([' ', '\u{a0}', '\u{2009}', '\u{202f}'])
            .len();
    let behind = &after[blank..];
    for sign in ["%", "°C"] {
        if behind.starts_with(sign) {
            return (Some(&behind[..sign.len()]), end + blank + sign.len());
        }
    }
    let word = behind.find(|c: char| !c.is_alphabetic()).unwrap_or(behind.len());
    let word = &behind[..word];
    if blank > 0 && (bytes_of(word).is_some() || is_time(word)) {
        return (Some(word), end + blank + word.len());
    }
    (Some(""), end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: &str = r#"{"nodes":[{"node":"forge","cpuPercent":76.4,"celsius":73.2,"vmid":105,"memory":16858411008,
        "share":0.834,"name":"web-01","load":18.13,"disk":"5.6 TB","seen":"2026-11-30T14:02:11Z","guests":31}]}"#;

    fn check(text: &str) -> Vec<String> {
        unfounded(text, [READ, "Why is forge slow? It took 4,200 requests."])
    }

    #[test]
    fn what_was_read_may_be_rounded_and_told_in_other_units() {
        for said in [
            "Forge is at 76 %, 73 °C and a load of 18.1.",
            "It is at 76.4% and 73.2°C.",
            "Memory: 15.7 GiB, that is 16.9 GB or 83 % of it.",
            "Guest 105 (web-01) runs there with 30 others; 4,200 requests, 4200.",
            "The disk holds 5.6 TB.",
            "- 1. forge\n- 2. WEB-01",
            "Since 14:02 on 2026-11-30, 4 minutes ago, for 500 s.",
            "A 300-day span, 192.0.2.7, the 1st of 2, and version 9.2.11.",
        ] {
            assert_eq!(check(said), Vec::<String>::new(), "{said}");
        }
    }

    #[test]
    fn what_was_not_read_is_named() {
        for (said, named) in [
            ("Forge is at 77 %.", &["77 %"][..]),
            ("Forge is at 76.5 %.", &["76.5 %"]),
            ("It is 74 °C there, 74 °C!", &["74 °C"]),
            ("Guest 106 (web-02) did it.", &["106", "web-02"]),
            ("Memory: 15.8 GiB.", &["15.8 GiB"]),
            ("It holds 5.7 TB, up 12%.", &["5.7 TB", "12%"]),
            ("Load 18.2.", &[]),
            ("Load 118.2.", &["118.2"]),
        ] {
            assert_eq!(check(said), named, "{said}");
        }
    }

    #[test]
    fn it_is_total_and_bounded() {
        for text in [
            "",
            "9",
            "9.",
            ".9",
            "9,",
            "1,2,3",
            "9e99 9999999999999999999999",
            "°C %",
            "1-",
            "ünï1 1ü",
            "a:1:b,2",
        ] {
            let _ = check(text);
        }
        let many: Vec<String> = (200..400).map(|number: u32| number.to_string()).collect();
        assert_eq!(check(&many.join(", ")).len(), MOST);
    }
}
