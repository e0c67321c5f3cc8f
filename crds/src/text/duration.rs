//! Spans of time as people write them: `90s`, `5m`, `1h30m`, `2d`. Whole seconds only. Knows no clock.

use std::time::Duration;

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];

/// How a duration is to be written.
pub const RULE: &str = "write whole numbers with units from large to small, such as 90s, 5m, 1h30m or 2d";

/// Reads `1h30m`. Units must fall from `d` over `h` and `m` to `s`, each at most once.
pub fn parse(text: &str) -> Result<Duration, &'static str> {
    let mut secs: u64 = 0;
    let mut rest = text;
    let mut units = UNITS.iter();
    if rest.is_empty() {
        return Err(RULE);
    }
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: u64 = rest[..digits].parse().map_err(|_| RULE)?;
        let unit = rest[digits..].chars().next().ok_or(RULE)?;
        let (_, size) = units.find(|(name, _)| *name == unit).ok_or(RULE)?;
        secs = number
            .checked_mul(*size)
            .and_then(|part| secs.checked_add(part))
            .ok_or(RULE)?;
        rest = &rest[digits + 1..];
    }
    if secs > 100 * 366 * 86_400 {
        Err("a duration is at most 100 years")
    } else {
        Ok(Duration::from_secs(secs))
    }
}

/// Writes a span in the one way [`parse`] reads back to the same value; parts of a second are dropped.
pub fn print(span: Duration) -> String {
    let mut rest = span.as_secs();
    let mut text = String::new();
    for (unit, size) in UNITS {
        let count = rest / size;
        rest %= size;
        if count > 0 {
            text.push_str(&count.to_string());
            text.push(unit);
        }
    }
    if text.is_empty() { "0s".to_owned() } else { text }
}

/// For `#[serde(with = "...")]` on a `Duration`.
pub mod required {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::time::Duration;

    /// Writes the text form.
    pub fn serialize<S: Serializer>(span: &Duration, out: S) -> Result<S::Ok, S::Error> {
        out.serialize_str(&super::print(*span))
    }

    /// Reads the text form.
    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Duration, D::Error> {
        super::parse(&String::deserialize(input)?).map_err(D::Error::custom)
    }
}

/// For `#[serde(with = "...")]` on an `Option<Duration>`.
pub mod optional {
    use serde::{Deserialize, Deserializer, Serializer, de::Error};
    use std::time::Duration;

    /// Writes the text form, or nothing.
    pub fn serialize<S: Serializer>(span: &Option<Duration>, out: S) -> Result<S::Ok, S::Error> {
        match span {
            Some(span) => out.serialize_str(&super::print(*span)),
            None => out.serialize_none(),
        }
    }

    /// Reads the text form, if there is one.
    pub fn deserialize<'de, D: Deserializer<'de>>(input: D) -> Result<Option<Duration>, D::Error> {
        let text = Option::<String>::deserialize(input)?;
        text.map(|text| super::parse(&text).map_err(D::Error::custom))
            .transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_fall_and_numbers_are_whole() {
        for (text, secs) in [
            ("90s", 90),
            ("5m", 300),
            ("1h30m", 5400),
            ("2d", 172_800),
            ("0s", 0),
            ("1d2h3m4s", 93_784),
        ] {
            assert_eq!(parse(text), Ok(Duration::from_secs(secs)), "{text}");
        }
        let bad = [
            "",
            "5",
            "m",
            "5 m",
            "-5m",
            "1.5h",
            "5m1h",
            "5m5m",
            "5M",
            "10ms",
            "99999999999999999999s",
            "200000d",
            "５m",
        ];
        for text in bad {
            assert!(parse(text).is_err(), "{text:?} must be refused");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_printed_is_read_back(secs in 0_u64..3_000_000_000) {
            let span = Duration::from_secs(secs);
            proptest::prop_assert_eq!(parse(&print(span)), Ok(span));
        }
    }
}
