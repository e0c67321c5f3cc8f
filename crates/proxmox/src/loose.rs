//! Tolerant reading of Proxmox's JSON: numbers that come as text, flags that come as numbers or text, empty words,
//! missing fields. Total: any value gives an answer or None, never a panic. Knows no endpoint.

use serde_json::Value;

/// A whole number that is not negative: a number, a fraction (cut), numeric text, or a flag.
pub fn whole(value: Option<&Value>) -> Option<u64> {
    match value? {
        Value::Number(number) => number.as_u64().or_else(|| number.as_f64().and_then(cut)),
        Value::String(text) => {
            let text = text.trim();
            text.parse()
                .ok()
                .or_else(|| text.parse::<f64>().ok().and_then(cut))
        }
        Value::Bool(flag) => Some(u64::from(*flag)),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be in range just before"
)]
fn cut(number: f64) -> Option<u64> {
    (0.0..1.8e19).contains(&number).then_some(number as u64)
}

/// A finite number.
pub fn fraction(value: Option<&Value>) -> Option<f64> {
    let number = match value? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(flag) => Some(f64::from(u8::from(*flag))),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }?;
    number.is_finite().then_some(number)
}

/// A share, at least 0 (Proxmox computes slightly negative ones) and left above 1 as it came.
pub fn share(value: Option<&Value>) -> Option<f64> {
    fraction(value).map(|number| number.max(0.0))
}

/// A flag: 0 or 1 as number or text, true or false; missing, null and empty text are false.
pub fn flag(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::Number(number)) => number.as_f64().is_some_and(|number| number != 0.0),
        Some(Value::String(text)) => !matches!(
            text.trim().to_ascii_lowercase().as_str(),
            "" | "0" | "no" | "off" | "false"
        ),
        Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => false,
    }
}

/// A word: text as it came, or a number as text; None when missing or empty.
pub fn word(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Tags out of one text (`;`, `,` or blanks between them): lower case, sorted, each once.
pub fn tags(value: Option<&Value>) -> Vec<String> {
    let text = value.and_then(Value::as_str).unwrap_or_default();
    let mut tags: Vec<String> = text
        .split([';', ',', ' '])
        .map(|tag| tag.trim().to_lowercase())
        .filter(|tag| !tag.is_empty())
        .collect();
    tags.sort();
    tags.dedup();
    tags
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn numbers_come_in_many_dresses() {
        for (value, wanted) in [
            (json!(100), Some(100)),
            (json!("100"), Some(100)),
            (json!(" 100 "), Some(100)),
            (json!(100.9), Some(100)),
            (json!("1.5e3"), Some(1500)),
            (json!(true), Some(1)),
            (
                json!(9_223_372_036_854_775_807_u64),
                Some(9_223_372_036_854_775_807),
            ),
            (json!(-1), None),
            (json!("-0.5"), None),
            (json!(1e300), None),
            (json!("NaN"), None),
            (json!(""), None),
            (json!(null), None),
            (json!([1]), None),
        ] {
            assert_eq!(whole(Some(&value)), wanted, "{value}");
        }
        assert_eq!(whole(None), None);
        assert_eq!(fraction(Some(&json!("0.46"))), Some(0.46));
        assert_eq!(fraction(Some(&json!("inf"))), None);
        assert_eq!(share(Some(&json!(-5.8e-05))), Some(0.0));
        assert_eq!(share(Some(&json!(1.7))), Some(1.7));
    }

    #[test]
    fn flags_words_and_tags() {
        for yes in [json!(1), json!("1"), json!(true), json!("yes"), json!(2.0)] {
            assert!(flag(Some(&yes)), "{yes}");
        }
        for no in [
            json!(0),
            json!("0"),
            json!(false),
            json!(""),
            json!("no"),
            json!(null),
            json!([]),
            json!({}),
        ] {
            assert!(!flag(Some(&no)), "{no}");
        }
        assert!(!flag(None));
        assert_eq!(word(Some(&json!(""))), None);
        assert_eq!(word(Some(&json!(7))), Some("7".to_owned()));
        assert_eq!(tags(Some(&json!("Prod, Web;db;prod"))), ["db", "prod", "web"]);
        assert_eq!(tags(Some(&json!(5))), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in ".{0,40}") {
            let value = Value::String(text);
            let _ = (whole(Some(&value)), fraction(Some(&value)), flag(Some(&value)), word(Some(&value)));
            let tags = tags(Some(&value));
            prop_assert!(tags.is_sorted());
        }
    }
}
