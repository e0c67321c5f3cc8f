//! JSON values as the simulated server writes them: objects whose key order is random, as Perl's hashes are.
//!
//! Knows nothing of Proxmox. Keys are kept in the order of writing until [`Json::render`] shuffles them.

use std::borrow::Cow;
use std::fmt::Write;

use crate::rng::Rng;

/// A value to be written.
#[derive(Clone, Debug, PartialEq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`; rare, Proxmox prefers 0 and 1.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A fraction; must be finite.
    Float(f64),
    /// A text.
    Text(Cow<'static, str>),
    /// A list.
    List(Vec<Json>),
    /// An object; no key twice.
    Object(Vec<(Cow<'static, str>, Json)>),
}

impl Json {
    /// An empty object.
    pub const fn object() -> Self {
        Self::Object(Vec::new())
    }

    /// 1 for true, 0 for false.
    pub fn flag(on: bool) -> Self {
        Self::Int(i64::from(on))
    }

    /// Adds a key to an object.
    pub fn put(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Self>) {
        if let Self::Object(fields) = self {
            fields.push((key.into(), value.into()));
        }
    }

    /// Adds a key when there is a value.
    pub fn put_some(&mut self, key: &'static str, value: Option<impl Into<Self>>) {
        if let Some(value) = value {
            self.put(key, value);
        }
    }

    /// Adds a key and returns the object.
    #[must_use]
    pub fn with(mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Self>) -> Self {
        self.put(key, value);
        self
    }

    /// The value of a key of an object.
    pub fn get(&self, wanted: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields
                .iter()
                .find(|(key, _)| key == wanted)
                .map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text, when it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The whole number, when it is one.
    pub const fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// Writes the value; the order of keys is drawn from `rng`.
    pub fn render(&self, rng: &mut Rng) -> String {
        let mut out = String::with_capacity(4096);
        self.write(&mut out, rng);
        out
    }

    fn write(&self, out: &mut String, rng: &mut Rng) {
        match self {
            Self::Null => out.push_str("null"),
            Self::Bool(true) => out.push_str("true"),
            Self::Bool(false) => out.push_str("false"),
            Self::Int(number) => write_int(out, *number),
            Self::Float(number) => {
                let _ = write!(out, "{number}");
            }
            Self::Text(text) => write_text(out, text),
            Self::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.write(out, rng);
                }
                out.push(']');
            }
            Self::Object(fields) => write_object(out, fields, rng),
        }
    }
}

/// Writes the fields beginning at a random one and going round with a random odd step: cheap, and no two
/// neighbouring objects need to agree on an order.
fn write_object(out: &mut String, fields: &[(Cow<'static, str>, Json)], rng: &mut Rng) {
    out.push('{');
    let count = fields.len();
    if count > 0 {
        let bits = rng.next_u64();
        let size = count as u64;
        let mut step = usize::try_from((bits >> 32) % size).unwrap_or(0).max(1);
        while gcd(step, count) != 1 {
            step += 1;
        }
        let mut index = usize::try_from((bits & 0xFFFF_FFFF) % size).unwrap_or(0);
        for written in 0..count {
            if written > 0 {
                out.push(',');
            }
            let (key, value) = &fields[index];
            write_text(out, key);
            out.push(':');
            value.write(out, rng);
            index = (index + step) % count;
        }
    }
    out.push('}');
}

const fn gcd(mut a: usize, mut b: usize) -> usize {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

fn write_int(out: &mut String, number: i64) {
    let _ = write!(out, "{number}");
}

fn write_text(out: &mut String, text: &str) {
    out.push('"');
    let mut plain_from = 0;
    for (index, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.push_str(&text[plain_from..index]);
        plain_from = index + 1;
        match byte {
            b'"' => out.push_str("\\\""),
            b'\\' => out.push_str("\\\\"),
            b'\n' => out.push_str("\\n"),
            b'\r' => out.push_str("\\r"),
            b'\t' => out.push_str("\\t"),
            other => {
                let _ = write!(out, "\\u{other:04x}");
            }
        }
    }
    out.push_str(&text[plain_from..]);
    out.push('"');
}

impl From<&'static str> for Json {
    fn from(text: &'static str) -> Self {
        Self::Text(Cow::Borrowed(text))
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::Text(Cow::Owned(text))
    }
}

impl From<&String> for Json {
    fn from(text: &String) -> Self {
        Self::Text(Cow::Owned(text.clone()))
    }
}

impl From<i64> for Json {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<u64> for Json {
    fn from(number: u64) -> Self {
        Self::Int(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<u32> for Json {
    fn from(number: u32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<i32> for Json {
    fn from(number: i32) -> Self {
        Self::Int(i64::from(number))
    }
}

impl From<f64> for Json {
    fn from(number: f64) -> Self {
        if number.is_finite() {
            Self::Float(number)
        } else {
            Self::Int(0)
        }
    }
}

impl From<Vec<Json>> for Json {
    fn from(items: Vec<Json>) -> Self {
        Self::List(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_in_changing_order_but_all_of_them() {
        let mut value = Json::object();
        for key in ["a", "b", "c", "d", "e", "f", "g", "h"] {
            value.put(key, 1_u64);
        }
        let mut rng = Rng::new(3);
        let (first, second) = (value.render(&mut rng), value.render(&mut rng));
        assert_ne!(first, second);
        let parse = |text: &str| serde_json::from_str::<serde_json::Value>(text).unwrap();
        assert_eq!(parse(&first), parse(&second));
        assert_eq!(parse(&first).as_object().unwrap().len(), 8);
    }

    #[test]
    fn texts_are_escaped() {
        let text = Json::from("a\"b\\c\nd\u{1}ü".to_owned()).render(&mut Rng::new(1));
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), "a\"b\\c\nd\u{1}ü");
    }
}
