//! How values, types and choices are called in errors, and how plain YAML text is read.

use crate::yaml::tree::{Content, Node};
use serde_json::{Number, Value};

/// What is there, in words.
pub fn found(node: &Node) -> String {
    match &node.content {
        Content::Sequence(_) => "a list".to_owned(),
        Content::Mapping(_) => "a mapping".to_owned(),
        Content::Scalar { text, plain: true } if number(text).is_some() => {
            format!("the number {}", cut(text))
        }
        Content::Scalar { text, plain: true } if is_boolean(text) => format!("the boolean {text}"),
        Content::Scalar { text, plain: true } if may_be_no_text(text) => {
            format!("{}, which not every reader of YAML reads alike", cut(text))
        }
        Content::Scalar { text, .. } => format!("the text {:?}", cut(text)),
    }
}

/// The type a schema wants, in words.
pub fn type_name(schema: &Value) -> &'static str {
    match schema["type"].as_str() {
        Some("object") => "a mapping",
        Some("array") => "a list",
        Some("integer") => "a whole number",
        Some("number") => "a number",
        Some("boolean") => "true or false",
        _ => "text",
    }
}

/// What a schema wants, as precisely as it can be said in a few words.
pub fn wanted(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
        return one_of(&words);
    }
    if let Some(example) = schema["format"].as_str().and_then(super::formats::example) {
        return format!("{} such as {example}", type_name(schema));
    }
    match (&schema["minimum"], &schema["maximum"]) {
        (Value::Null, _) | (_, Value::Null) => type_name(schema).to_owned(),
        (low, high) if low == high => format!("{low}"),
        (low, high) => format!("{} from {low} to {high}", type_name(schema)),
    }
}

/// `a, b or c`.
pub fn one_of(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// `a, b, c`.
pub fn listed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.collect::<Vec<_>>().join(", ")
}

/// Long text cut to what fits a line.
pub fn cut(text: &str) -> String {
    const MOST: usize = 60;
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

/// A number as YAML 1.2 and 1.1 read alike: no leading zeros, no `0x`, no `_`, no infinity.
pub fn number(text: &str) -> Option<Number> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let shape = digits.starts_with(|c: char| c.is_ascii_digit())
        && digits
            .bytes()
            .all(|b| b.is_ascii_digit() || b".eE+-".contains(&b))
        && !(digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0."));
    if !shape {
        return None;
    }
    let whole = text
        .parse::<i64>()
        .map(Number::from)
        .or_else(|_| text.parse::<u64>().map(Number::from));
    whole
        .ok()
        .or_else(|| text.parse::<f64>().ok().and_then(Number::from_f64))
}

fn is_boolean(text: &str) -> bool {
    text == "true" || text == "false"
}

/// A boolean to YAML 1.1 or by another letter case, and so a trap.
pub fn is_other_boolean(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    matches!(
        lower.as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n"
    ) && !is_boolean(text)
}

/// Whether text without quotes may be read as something else than text by some YAML reader: a number in any
/// notation, a boolean.
pub fn may_be_no_text(text: &str) -> bool {
    let number_like = {
        let digits = text.trim_start_matches(['-', '+']);
        let based = digits.starts_with("0x") || digits.starts_with("0o") || digits.starts_with("0b");
        let special = matches!(digits.to_ascii_lowercase().as_str(), ".inf" | ".nan");
        let plain = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
            && digits.bytes().any(|b| b.is_ascii_digit())
            && digits.replace('_', "").parse::<f64>().is_ok();
        based || special || plain
    };
    number_like || is_boolean(text) || is_other_boolean(text) || is_sexagesimal(text)
}

/// `22:30` is 1350 to YAML 1.1.
fn is_sexagesimal(text: &str) -> bool {
    let mut parts = text.split(':');
    let first = parts.next().unwrap_or("");
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    let rest: Vec<&str> = parts.collect();
    !rest.is_empty() && digits(first) && rest.iter().all(|part| part.len() <= 2 && digits(part))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_all_readers_agree_on() {
        for text in ["0", "100", "-5", "90.5", "0.5", "1e3"] {
            assert!(number(text).is_some(), "{text}");
        }
        for text in [
            "", "-", "0103", "0x67", "1_000", ".5", "+1", "1.2.3", ".inf", "nan", "１", "1e999", "--1",
        ] {
            assert!(number(text).is_none(), "{text}");
        }
    }

    #[test]
    fn text_that_may_be_something_else_wants_quotes() {
        for text in [
            "yes", "On", "n", "true", "False", "12", "1_000", "0x1f", "1e3", ".inf", "22:30", "1:2:3",
        ] {
            assert!(may_be_no_text(text), "{text}");
        }
        for text in [
            "web-01",
            "10.0.0.5",
            "10.0.0.5:22",
            "5m",
            "L2",
            "aa:bb",
            "e3",
            "-",
            "3c:ec:ef:00:00:01",
            "0 2 * * *",
        ] {
            assert!(!may_be_no_text(text), "{text}");
        }
    }
}
