//! The first place at which two JSON documents differ, as a path an operator can read. Knows nothing of plans.

use serde_json::Value;

/// A difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// `decisions[0].evidence[1]`.
    pub path: String,
    /// What the first document says there; none when it says nothing.
    pub first: Option<String>,
    /// What the second says there.
    pub second: Option<String>,
}

/// Longest value shown.
const SHOWN: usize = 300;

/// The first difference in the order of the first document; none when they are the same.
pub fn first(one: &Value, other: &Value) -> Option<Place> {
    find("", Some(one), Some(other))
}

fn find(path: &str, one: Option<&Value>, other: Option<&Value>) -> Option<Place> {
    if one == other {
        return None;
    }
    match (one, other) {
        (Some(Value::Object(a)), Some(Value::Object(b))) => {
            let added = b.keys().filter(|name| !a.contains_key(*name));
            a.keys().chain(added).find_map(|name| {
                let below = if path.is_empty() {
                    name.clone()
                } else {
                    format!("{path}.{name}")
                };
                find(&below, a.get(name), b.get(name))
            })
        }
        (Some(Value::Array(a)), Some(Value::Array(b))) => {
            (0..a.len().max(b.len())).find_map(|at| find(&format!("{path}[{at}]"), a.get(at), b.get(at)))
        }
        _ => Some(Place {
            path: path.to_owned(),
            first: one.map(shown),
            second: other.map(shown),
        }),
    }
}

fn shown(value: &Value) -> String {
    let text = value.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_difference_is_named_with_both_values() {
        let one = json!({"decisions": [{"evidence": ["a", "b"]}], "looks": []});
        let other = json!({"decisions": [{"evidence": ["a"]}], "looks": [1]});
        let place = first(&one, &other).unwrap();
        assert_eq!(place.path, "decisions[0].evidence[1]");
        assert_eq!((place.first.as_deref(), place.second), (Some("\"b\""), None));
        assert_eq!(first(&one, &one), None);
        let added = first(&json!({"a": 1}), &json!({"a": 1, "b": 2})).unwrap();
        assert_eq!((added.path.as_str(), added.second.as_deref()), ("b", Some("2")));
    }
}
