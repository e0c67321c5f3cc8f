//! A document against the schema of its kind: every difference is recorded with path and position, and what is left
//! is the document as a JSON value of the right types.
//!
//! The schema is the one generated from the Rust types, so what passes here decodes. Knows nothing of other
//! documents.

pub mod formats;
pub mod suggest;
mod words;

use crate::yaml::{
    path::Path,
    tree::{Content, Entry, Node, Position},
};
use serde_json::{Map, Value};
use words::{found, listed};

/// One thing that is wrong in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Where in the file.
    pub at: Position,
    /// Where in the document.
    pub path: Path,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub hint: String,
}

/// Checks a value against a schema in normal form. The value returned is whole only if nothing was recorded.
pub fn check(schema: &Value, node: &Node, path: &Path, at: Position, faults: &mut Vec<Fault>) -> Value {
    Checker { faults }.value(schema, node, path, at)
}

struct Checker<'a> {
    faults: &'a mut Vec<Fault>,
}

impl Checker<'_> {
    fn fault(&mut self, at: Position, path: &Path, problem: impl Into<String>, hint: impl Into<String>) {
        self.faults.push(Fault {
            at,
            path: path.clone(),
            problem: problem.into(),
            hint: hint.into(),
        });
    }

    /// `at` is where a complaint about the value as a whole goes: its key, or itself in a list.
    fn value(&mut self, schema: &Value, node: &Node, path: &Path, at: Position) -> Value {
        if node.is_null() {
            let hint = format!("write {} or leave the key out", words::wanted(schema));
            self.fault(at, path, "has no value", hint);
            return Value::Null;
        }
        match schema["type"].as_str() {
            Some("object") => self.object(schema, node, path, at),
            Some("array") => self.array(schema, node, path, at),
            Some("string") => self.string(schema, node, path),
            Some("integer" | "number") => self.number(schema, node, path),
            Some("boolean") => self.boolean(schema, node, path),
            _ => Value::Null,
        }
    }

    fn object(&mut self, schema: &Value, node: &Node, path: &Path, at: Position) -> Value {
        let Content::Mapping(entries) = &node.content else {
            self.wrong_type(schema, node, path);
            return Value::Null;
        };
        let mut object = Map::new();
        match schema["properties"].as_object() {
            Some(properties) => {
                let mut meant = Vec::new();
                for entry in entries {
                    if let Some(inner) = properties.get(&entry.key) {
                        let inner = self.value(inner, &entry.value, &path.key(&entry.key), entry.at);
                        object.insert(entry.key.clone(), inner);
                    } else {
                        meant.extend(self.unknown(properties, entries, entry, path));
                    }
                }
                self.required(schema, node, &meant, path, at);
                self.exactly_one(schema, entries, &meant, path, at);
            }
            None => self.map(schema, entries, path, &mut object),
        }
        Value::Object(object)
    }

    /// A mapping with keys of the author's choice, such as labels.
    fn map(&mut self, schema: &Value, entries: &[Entry], path: &Path, object: &mut Map<String, Value>) {
        for entry in entries {
            let path = path.key(&entry.key);
            if let Some(wrong) = schema["x-jarvis-keys"]
                .as_str()
                .and_then(|rule| formats::check(rule, &entry.key))
            {
                self.fault(
                    entry.at,
                    &path,
                    format!("the key {:?} {}", entry.key, wrong.problem),
                    wrong.hint,
                );
            }
            let inner = self.value(&schema["additionalProperties"], &entry.value, &path, entry.at);
            object.insert(entry.key.clone(), inner);
        }
    }

    /// Reports an unknown key; the known one that was probably meant.
    fn unknown<'s>(
        &mut self,
        properties: &'s Map<String, Value>,
        entries: &[Entry],
        entry: &Entry,
        path: &Path,
    ) -> Option<&'s str> {
        let free = properties
            .keys()
            .map(String::as_str)
            .filter(|key| !entries.iter().any(|used| used.key == *key));
        let free: Vec<&str> = free.collect();
        let meant = suggest::nearest(&entry.key, &free);
        let hint = match meant {
            Some(near) => format!("did you mean {near}?"),
            None if path.segments().is_empty() && entry.key == "status" => {
                "status is written by Jarvis; remove it from the manifest".to_owned()
            }
            None if properties.is_empty() => "there are no settings here".to_owned(),
            None => format!("known here: {}", listed(properties.keys().map(String::as_str))),
        };
        self.fault(entry.at, &path.key(&entry.key), "is not a known field", hint);
        meant
    }

    /// A missing key that was probably only misspelled has been reported already.
    fn required(&mut self, schema: &Value, node: &Node, meant: &[&str], path: &Path, at: Position) {
        for key in schema["required"]
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
        {
            if node.get(key).is_none() && !meant.contains(&key) {
                let inner = &schema["properties"][key];
                self.fault(
                    at,
                    &path.key(key),
                    "is missing",
                    format!("add {key}: {}", words::wanted(inner)),
                );
            }
        }
    }

    fn exactly_one(&mut self, schema: &Value, entries: &[Entry], meant: &[&str], path: &Path, at: Position) {
        let branches = schema["oneOf"].as_array().into_iter().flatten();
        let keys: Vec<&str> = branches
            .filter_map(|branch| branch["required"][0].as_str())
            .collect();
        let mut present = entries.iter().filter(|entry| keys.contains(&entry.key.as_str()));
        match (present.next(), present.next()) {
            (None, _) if !keys.is_empty() && !keys.iter().any(|key| meant.contains(key)) => {
                let hint = format!("add one of {}", listed(keys.iter().copied()));
                self.fault(
                    at,
                    path,
                    format!("needs exactly one of {}", listed(keys.iter().copied())),
                    hint,
                );
            }
            (Some(first), Some(second)) => {
                let problem = format!("{} and {} exclude each other", first.key, second.key);
                let hint = format!("keep exactly one of {}", listed(keys.iter().copied()));
                self.fault(second.at, &path.key(&second.key), problem, hint);
            }
            _ => {}
        }
    }

    fn array(&mut self, schema: &Value, node: &Node, path: &Path, at: Position) -> Value {
        let Content::Sequence(items) = &node.content else {
            self.wrong_type(schema, node, path);
            return Value::Null;
        };
        let count = u64::try_from(items.len()).unwrap_or(u64::MAX);
        if schema["minItems"].as_u64().is_some_and(|least| count < least) {
            self.fault(
                at,
                path,
                "is an empty list",
                format!("add at least {}", schema["minItems"]),
            );
        }
        if schema["maxItems"].as_u64().is_some_and(|most| count > most) {
            self.fault(
                at,
                path,
                format!("has {count} entries"),
                format!("at most {} are taken", schema["maxItems"]),
            );
        }
        let checked = items.iter().enumerate();
        checked
            .map(|(index, item)| self.value(&schema["items"], item, &path.index(index), item.at))
            .collect()
    }

    fn string(&mut self, schema: &Value, node: &Node, path: &Path) -> Value {
        let Content::Scalar { text, plain } = &node.content else {
            self.wrong_type(schema, node, path);
            return Value::Null;
        };
        if let Some(words) = schema["enum"].as_array() {
            let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
            self.word(&words, text, node.at, path);
        } else if *plain && words::may_be_no_text(text) {
            let problem = format!("expected text, found {}", found(node));
            self.fault(node.at, path, problem, format!("put it in quotes: \"{text}\""));
        } else {
            self.text(schema, text, node.at, path);
        }
        Value::String(text.clone())
    }

    fn word(&mut self, words: &[&str], text: &str, at: Position, path: &Path) {
        if words.contains(&text) {
            return;
        }
        let hint = match suggest::nearest(text, words) {
            Some(near) if near.eq_ignore_ascii_case(text) => format!("write {near}; the letter case counts"),
            Some(near) => format!("did you mean {near}?"),
            None => format!("write {}", words::one_of(words)),
        };
        self.fault(at, path, format!("{text:?} is not a word known here"), hint);
    }

    fn text(&mut self, schema: &Value, text: &str, at: Position, path: &Path) {
        let length = u64::try_from(text.chars().count()).unwrap_or(u64::MAX);
        if schema["maxLength"].as_u64().is_some_and(|most| length > most) {
            let hint = format!("at most {} characters are taken", schema["maxLength"]);
            self.fault(at, path, format!("has {length} characters"), hint);
        } else if schema["minLength"].as_u64().is_some_and(|least| length < least) {
            self.fault(at, path, "is empty text", "write a value or leave the key out");
        } else if let Some(wrong) = schema["format"]
            .as_str()
            .and_then(|format| formats::check(format, text))
        {
            let shown = if wrong.secret {
                "the text".to_owned()
            } else {
                format!("{:?}", words::cut(text))
            };
            self.fault(at, path, format!("{shown} {}", wrong.problem), wrong.hint);
        }
    }

    fn number(&mut self, schema: &Value, node: &Node, path: &Path) -> Value {
        let whole = schema["type"] == "integer";
        let number = match &node.content {
            Content::Scalar { text, plain: true } => words::number(text),
            _ => None,
        };
        let Some(number) = number.filter(|number| !whole || number.is_i64() || number.is_u64()) else {
            self.wrong_type(schema, node, path);
            return Value::Null;
        };
        let value = number.as_f64().unwrap_or(f64::NAN);
        let low = schema["minimum"].as_f64().filter(|low| value < *low);
        let high = schema["maximum"].as_f64().filter(|high| value > *high);
        if high.is_some() && schema["x-jarvis-floor"] == true {
            let hint = format!("it can only tighten: at most {}", schema["maximum"]);
            self.fault(
                node.at,
                path,
                format!("{number} would loosen the floor that always holds"),
                hint,
            );
        } else if low.is_some() || high.is_some() {
            self.fault(
                node.at,
                path,
                format!("{number} is out of range"),
                format!("write {}", words::wanted(schema)),
            );
        } else if !whole && crate::text::level::Level::try_from(value).is_err() {
            self.fault(
                node.at,
                path,
                format!("{number} is too exact"),
                crate::text::level::RULE,
            );
        }
        Value::Number(number)
    }

    fn boolean(&mut self, schema: &Value, node: &Node, path: &Path) -> Value {
        match &node.content {
            Content::Scalar { text, plain: true } if text == "true" => Value::Bool(true),
            Content::Scalar { text, plain: true } if text == "false" => Value::Bool(false),
            Content::Scalar { text, plain: true } if words::is_other_boolean(text) => {
                let meant = matches!(text.to_ascii_lowercase().as_str(), "true" | "yes" | "on" | "y");
                self.fault(
                    node.at,
                    path,
                    format!("{text} is no boolean here"),
                    format!("write {meant}"),
                );
                Value::Null
            }
            _ => {
                self.wrong_type(schema, node, path);
                Value::Null
            }
        }
    }

    fn wrong_type(&mut self, schema: &Value, node: &Node, path: &Path) {
        let problem = format!("expected {}, found {}", words::type_name(schema), found(node));
        let hint = match (&node.content, schema["type"].as_str()) {
            (Content::Scalar { text, plain: false }, Some("integer" | "number"))
                if words::number(text).is_some() =>
            {
                "remove the quotes".to_owned()
            }
            (Content::Scalar { text, plain: false }, Some("boolean"))
                if text == "true" || text == "false" =>
            {
                "remove the quotes".to_owned()
            }
            (Content::Scalar { .. } | Content::Mapping(_), Some("array")) => {
                "write a list: [...] or lines with -".to_owned()
            }
            _ => format!("write {}", words::wanted(schema)),
        };
        self.fault(node.at, path, problem, hint);
    }
}

#[cfg(test)]
mod tests;
