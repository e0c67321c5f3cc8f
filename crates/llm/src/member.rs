//! Reading members of JSON objects that may be missing, null or of another kind: such a member is none.

use serde_json::{Map, Value};

/// A text; empty when it is none.
pub fn text<'a>(object: &'a Map<String, Value>, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}

/// A text that says something.
pub fn said(object: &Map<String, Value>, name: &str) -> Option<String> {
    Some(text(object, name))
        .filter(|text| !text.is_empty())
        .map(str::to_owned)
}

/// A count.
pub fn count(object: &Map<String, Value>, name: &str) -> Option<u64> {
    object.get(name).and_then(Value::as_u64)
}

/// An object.
pub fn object<'a>(object: &'a Map<String, Value>, name: &str) -> Option<&'a Map<String, Value>> {
    object.get(name).and_then(Value::as_object)
}

/// A count inside an object inside.
pub fn inner_count(outer: &Map<String, Value>, name: &str, inner: &str) -> Option<u64> {
    object(outer, name).and_then(|inside| count(inside, inner))
}

/// Arguments of a call: the text of an object as it came, `{}` when nothing came.
pub fn arguments(text: String) -> jarvis_ports::model::Arguments {
    use jarvis_ports::model::Arguments;
    if text.trim().is_empty() {
        return Arguments::Whole("{}".to_owned());
    }
    match serde_json::from_str::<Map<String, Value>>(&text) {
        Ok(_) => Arguments::Whole(text),
        Err(error) => Arguments::Broken {
            why: format!("its arguments are no JSON object ({error})"),
            text,
        },
    }
}
