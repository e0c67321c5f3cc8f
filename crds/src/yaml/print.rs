//! Values to YAML text, in one stable way.
//!
//! Keys keep their order; lists are indented; strings are quoted whenever another reading is possible, also under
//! YAML 1.1 (`"on"`, `"1:30"`), so that every parser agrees.

use serde_json::Value;

/// Prints a value as a YAML document without a leading `---`.
pub fn to_yaml(value: &Value) -> String {
    let mut text = String::new();
    block(value, 0, &mut text);
    text
}

/// Appends a value at the beginning of a line.
fn block(value: &Value, indent: usize, text: &mut String) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (key, inner) in fields {
                pad(indent, text);
                after_key(key, inner, indent, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                pad(indent, text);
                after_dash(item, indent, text);
            }
        }
        plain => {
            pad(indent, text);
            text.push_str(&scalar(plain));
            text.push('\n');
        }
    }
}

fn after_key(key: &str, value: &Value, indent: usize, text: &mut String) {
    text.push_str(&quoted(key));
    text.push(':');
    if is_block(value) {
        text.push('\n');
        block(value, indent + 1, text);
    } else {
        text.push(' ');
        text.push_str(&scalar(value));
        text.push('\n');
    }
}

/// `- key: value` with the further keys below the first.
fn after_dash(item: &Value, indent: usize, text: &mut String) {
    text.push_str("- ");
    match item {
        Value::Object(fields) if !fields.is_empty() => {
            for (position, (key, inner)) in fields.iter().enumerate() {
                if position > 0 {
                    pad(indent + 1, text);
                }
                after_key(key, inner, indent + 1, text);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for (position, inner) in items.iter().enumerate() {
                if position > 0 {
                    pad(indent + 1, text);
                }
                after_dash(inner, indent + 1, text);
            }
        }
        plain => {
            text.push_str(&scalar(plain));
            text.push('\n');
        }
    }
}

fn is_block(value: &Value) -> bool {
    match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => false,
    }
}

fn pad(indent: usize, text: &mut String) {
    text.extend(std::iter::repeat_n("  ", indent));
}

fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Object(_) => "{}".to_owned(),
        Value::Array(_) => "[]".to_owned(),
        other => other.to_string(),
    }
}

/// The text without quotes where it can only be that text, else as a JSON string, which is YAML too.
pub(super) fn quoted(text: &str) -> String {
    if is_unmistakable(text) {
        text.to_owned()
    } else {
        escaped(text)
    }
}

/// JSON escapes are YAML's; what YAML does not take unescaped is escaped on top.
pub(super) fn escaped(text: &str) -> String {
    let json = Value::String(text.to_owned()).to_string();
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let code = u32::from(c);
        if matches!(code, 0x7f..=0x9f | 0x2028 | 0x2029 | 0xfeff | 0xfffe | 0xffff) {
            out.extend(format!("\\u{code:04x}").chars());
        } else {
            out.push(c);
        }
    }
    out
}

fn is_unmistakable(text: &str) -> bool {
    let reads_as_word = matches!(
        text.to_ascii_lowercase().as_str(),
        "null" | "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | "nan" | "inf" | "infinity"
    );
    let first_is_letter_or_slash = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/');
    let inner = |c: char| c.is_ascii_alphanumeric() || " _./-()+=@'$^;".contains(c);
    let letters = first_is_letter_or_slash && text.chars().all(|c| inner(c) || c == ',' || c == ':');
    let ends_a_key = text.ends_with(':') || text.contains(": ") || text.contains(" #");
    let outer_blank = text.ends_with(' ');
    let duration = text.len() > 1
        && text.starts_with(|c: char| c.is_ascii_digit())
        && text.ends_with(['d', 'h', 'm', 's'])
        && crate::text::duration::parse(text).is_ok();
    duration || (letters && !reads_as_word && !ends_a_key && !outer_blank)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::tree::{Content, Node, read};
    use proptest::prelude::*;
    use serde_json::{Map, json};

    #[test]
    fn the_layout_is_the_usual_one() {
        let value = json!({
            "kind": "Node", "empty": {}, "none": [], "m": 3, "yes": true, "on": "on",
            "list": ["plain text", "1:30", {"a": 1, "b": [["x"], "z"]}], "nested": {"deep": {"er": "5m"}},
        });
        let text = "kind: Node\nempty: {}\nnone: []\nm: 3\n\"yes\": true\n\"on\": \"on\"\nlist:\n  - plain text\n  - \"1:30\"\n  \
                    - a: 1\n    b:\n      - - x\n      - z\nnested:\n  deep:\n    er: 5m\n";
        assert_eq!(to_yaml(&value), text);
    }

    /// Text and shape as read; numbers and booleans as their text.
    fn shape(node: &Node) -> Value {
        match &node.content {
            Content::Scalar { text, .. } => Value::String(text.clone()),
            Content::Sequence(items) => items.iter().map(shape).collect(),
            Content::Mapping(entries) => Value::Object(
                entries
                    .iter()
                    .map(|entry| (entry.key.clone(), shape(&entry.value)))
                    .collect(),
            ),
        }
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let text = prop_oneof![
            any::<String>(),
            "[a-z0-9:#\\- ,'\"{}\\[\\]&*!|>%@`\\\\\n\t]{0,12}",
            "(on|null|~|1e3|0x1f|1_000|2026-01-01|=|<<)"
        ];
        let leaf = text.prop_map(Value::String);
        leaf.prop_recursive(4, 30, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::Array),
                proptest::collection::btree_map("[a-z0-9 :#\\-]{1,6}|.{1,4}", inner, 0..4)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect::<Map<_, _>>())),
            ]
        })
    }

    fn has_plain_string(node: &Node) -> bool {
        match &node.content {
            Content::Scalar { text, plain } => *plain && (text.is_empty() || text == "on" || text == "1e3"),
            Content::Sequence(items) => items.iter().any(has_plain_string),
            Content::Mapping(entries) => entries.iter().any(|entry| has_plain_string(&entry.value)),
        }
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(value in any_value()) {
            let text = to_yaml(&json!({"value": value}));
            let stream = read(text.as_bytes());
            prop_assert!(stream.faults.is_empty(), "{text}\n{:?}", stream.faults);
            let node = stream.documents[0].node.get("value").unwrap();
            prop_assert_eq!(shape(node), value, "{}", text);
            prop_assert!(!has_plain_string(node), "{text}");
        }
    }
}
