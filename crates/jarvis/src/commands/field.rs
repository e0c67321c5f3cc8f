//! Fields of GraphQL answers as the words of a table cell.

use jarvis_crds::text::duration;
use serde_json::Value;
use std::time::Duration;

/// Text, number or boolean as text; `-` when absent.
pub fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "-".to_owned(),
        Value::Array(items) if items.is_empty() => "-".to_owned(),
        Value::Array(items) => items.iter().map(cell).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// An enum word of the API (`OUT_OF_SYNC`) as people write it (`OutOfSync`).
pub fn word(value: &Value) -> String {
    let Some(text) = value.as_str() else {
        return "-".to_owned();
    };
    let part = |part: &str| {
        let mut letters = part.chars();
        letters.next().map_or_else(String::new, |first| {
            format!("{first}{}", letters.as_str().to_lowercase())
        })
    };
    text.split('_').map(part).collect()
}

/// Bytes in binary units.
pub fn bytes(value: &Value) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let Some(mut amount) = value.as_f64() else {
        return "-".to_owned();
    };
    let mut unit = 0;
    while amount >= 1024.0 && unit + 1 < UNITS.len() {
        amount /= 1024.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{amount:.0} {}", UNITS[unit])
    } else {
        format!("{amount:.1} {}", UNITS[unit])
    }
}

/// A fraction as percent.
pub fn percent(value: &Value) -> String {
    value
        .as_f64()
        .map_or_else(|| "-".to_owned(), |fraction| format!("{:.0} %", fraction * 100.0))
}

/// Degrees Celsius.
pub fn degrees(value: &Value) -> String {
    value
        .as_f64()
        .map_or_else(|| "-".to_owned(), |degrees| format!("{degrees:.0} °C"))
}

/// A figure with at most one decimal.
pub fn figure(value: &Value) -> String {
    let plain = |figure: f64| format!("{figure:.1}").trim_end_matches(".0").to_owned();
    value.as_f64().map_or_else(|| "-".to_owned(), plain)
}

/// Part of a whole as percent.
pub fn share(part: &Value, whole: &Value) -> String {
    match (part.as_f64(), whole.as_f64()) {
        (Some(part), Some(whole)) if whole > 0.0 => format!("{:.0} %", part / whole * 100.0),
        _ => "-".to_owned(),
    }
}

/// Seconds as the two largest units.
pub fn span(value: &Value) -> String {
    value.as_u64().map_or_else(|| "-".to_owned(), shortened)
}

/// A time of the journal, UTC, to the millisecond.
pub fn time(at: jarvis_model::Timestamp) -> String {
    let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    jiff::Timestamp::from_millisecond(millis).map_or_else(|_| "-".to_owned(), |at| format!("{at:.3}"))
}

/// How long ago a time was, seen from `now`.
pub fn age(at: &Value, now: jiff::Timestamp) -> String {
    let at = at.as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    at.map_or_else(
        || "-".to_owned(),
        |at| shortened(u64::try_from(now.as_second() - at.as_second()).unwrap_or(0)),
    )
}

fn shortened(secs: u64) -> String {
    let rounded = match secs {
        86_400.. => secs - secs % 3600,
        3600.. => secs - secs % 60,
        _ => secs,
    };
    duration::print(Duration::from_secs(rounded))
}

/// The first characters of a commit, digest or id.
pub fn short(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| "-".to_owned(), |text| text.chars().take(12).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_read_as_words() {
        assert_eq!(word(&json!("OUT_OF_SYNC")), "OutOfSync");
        assert_eq!(word(&json!("L3")), "L3");
        assert_eq!(word(&Value::Null), "-");
        assert_eq!(
            (bytes(&json!(512)), bytes(&json!(1_610_612_736_u64))),
            ("512 B".into(), "1.5 GiB".into())
        );
        assert_eq!(
            (percent(&json!(0.456)), share(&json!(1), &json!(0))),
            ("46 %".into(), "-".into())
        );
        assert_eq!(
            (span(&json!(93_784)), span(&json!(59))),
            ("1d2h".into(), "59s".into())
        );
        let now = "2026-11-25T10:00:00Z".parse().unwrap();
        assert_eq!(age(&json!("2026-11-25T08:58:59.5Z"), now), "1h1m");
        assert_eq!(cell(&json!(["a", "b"])), "a,b");
    }
}
