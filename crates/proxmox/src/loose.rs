//! Tolerant reading of Proxmox's JSON: numbers that come as text, flags that come as numbers or text, empty words,
//! missing fields. Total: any value gives an answer or None, never a panic. Knows no endpoint.

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};
use std::{borrow::Cow, fmt};

/// One value in whatever dress it came; read straight from the wire or out of a parsed tree.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Scalar<'a> {
    /// Missing, null, a list or an object: nothing a field could mean.
    #[default]
    Nothing,
    /// True or false.
    Flag(bool),
    /// A whole number from 0.
    Whole(u64),
    /// A whole number below 0.
    Negative(i64),
    /// A number with a point or an exponent.
    Fraction(f64),
    /// Text.
    Text(Cow<'a, str>),
}

impl Scalar<'_> {
    /// The text, where it is text.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl<'a> From<Option<&'a Value>> for Scalar<'a> {
    fn from(value: Option<&'a Value>) -> Self {
        match value {
            Some(Value::Bool(flag)) => Self::Flag(*flag),
            Some(Value::String(text)) => Self::Text(Cow::Borrowed(text)),
            Some(Value::Number(number)) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(whole), _, _) => Self::Whole(whole),
                (None, Some(negative), _) => Self::Negative(negative),
                (None, None, Some(fraction)) => Self::Fraction(fraction),
                (None, None, None) => Self::Nothing,
            },
            Some(Value::Null | Value::Array(_) | Value::Object(_)) | None => Self::Nothing,
        }
    }
}

impl<'de> Deserialize<'de> for Scalar<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl<'de> Visitor<'de> for ScalarVisitor {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Flag(flag))
    }

    fn visit_u64<E>(self, whole: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Whole(whole))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Self::Value, E> {
        Ok(u64::try_from(number).map_or(Scalar::Negative(number), Scalar::Whole))
    }

    fn visit_f64<E>(self, fraction: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Fraction(fraction))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Nothing)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nothing)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Scalar::Nothing)
    }
}

/// A whole number that is not negative: a number, a fraction (cut), numeric text, or a flag.
pub fn whole<'a>(value: impl Into<Scalar<'a>>) -> Option<u64> {
    match value.into() {
        Scalar::Whole(number) => Some(number),
        Scalar::Fraction(number) => cut(number),
        Scalar::Text(text) => {
            let text = text.trim();
            text.parse()
                .ok()
                .or_else(|| text.parse::<f64>().ok().and_then(cut))
        }
        Scalar::Flag(flag) => Some(u64::from(flag)),
        Scalar::Negative(_) | Scalar::Nothing => None,
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
pub fn fraction<'a>(value: impl Into<Scalar<'a>>) -> Option<f64> {
    let number = match value.into() {
        Scalar::Whole(number) => Some(number as f64),
        Scalar::Negative(number) => Some(number as f64),
        Scalar::Fraction(number) => Some(number),
        Scalar::Text(text) => text.trim().parse().ok(),
        Scalar::Flag(flag) => Some(f64::from(u8::from(flag))),
        Scalar::Nothing => None,
    }?;
    number.is_finite().then_some(number)
}

/// A share, at least 0 (Proxmox computes slightly negative ones) and left above 1 as it came.
pub fn share<'a>(value: impl Into<Scalar<'a>>) -> Option<f64> {
    fraction(value).map(|number| number.max(0.0))
}

/// A flag: 0 or 1 as number or text, true or false; missing, null and empty text are false.
pub fn flag<'a>(value: impl Into<Scalar<'a>>) -> bool {
    match value.into() {
        Scalar::Flag(flag) => flag,
        Scalar::Whole(number) => number != 0,
        Scalar::Negative(_) => true,
        Scalar::Fraction(number) => number != 0.0,
        Scalar::Text(text) => !matches!(
            text.trim().to_ascii_lowercase().as_str(),
            "" | "0" | "no" | "off" | "false"
        ),
        Scalar::Nothing => false,
    }
}

/// A word: text as it came, or a number as text; None when missing or empty.
pub fn word<'a>(value: impl Into<Scalar<'a>>) -> Option<String> {
    match value.into() {
        Scalar::Text(text) if !text.is_empty() => Some(text.into_owned()),
        Scalar::Whole(number) => Some(number.to_string()),
        Scalar::Negative(number) => Some(number.to_string()),
        Scalar::Fraction(number) => Number::from_f64(number).map(|number| number.to_string()),
        Scalar::Text(_) | Scalar::Flag(_) | Scalar::Nothing => None,
    }
}

/// Tags out of one text (`;`, `,` or blanks between them): lower case, sorted, each once.
pub fn tags<'a>(value: impl Into<Scalar<'a>>) -> Vec<String> {
    let value = value.into();
    let mut tags: Vec<String> = value
        .text()
        .unwrap_or_default()
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
