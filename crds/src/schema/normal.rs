//! From what schemars makes of a Rust type to the plain, self-contained form that the checker reads and from which
//! JSON Schema and CRD are written.
//!
//! The normal form has one `type` at every node; no references; no null; words of an enumeration as `enum`; a choice
//! among keys as `properties` with a `oneOf` of `required`; own rules as `format` and `x-jarvis-*`.

use serde_json::{Map, Value, json};

/// Brings a schema into the normal form.
pub fn normalise(schema: Value) -> Value {
    let Value::Object(fields) = schema else {
        return schema;
    };
    let fields = without_null(fields);
    let fields = words_as_enum(fields);
    let fields = choice_as_properties(fields);
    let mut normal = Map::new();
    for (key, value) in fields {
        match key.as_str() {
            "$schema" | "title" => {}
            "description" => drop(normal.insert(key, one_line(&value))),
            "default" if value.is_null() => {}
            "additionalProperties" if value.is_boolean() => {}
            "format" if is_rust_format(&value) => {}
            "properties" => drop(normal.insert(key, each(value))),
            "items" | "additionalProperties" => drop(normal.insert(key, normalise(value))),
            _ => drop(normal.insert(key, value)),
        }
    }
    if normal.contains_key("enum") || normal.contains_key("const") {
        normal.entry("type").or_insert_with(|| json!("string"));
    }
    let is_object = normal.get("type") == Some(&json!("object"));
    if is_object && !normal.contains_key("properties") && !normal.contains_key("additionalProperties") {
        normal.insert("properties".to_owned(), json!({}));
    }
    Value::Object(normal)
}

fn each(properties: Value) -> Value {
    match properties {
        Value::Object(fields) => Value::Object(
            fields
                .into_iter()
                .map(|(key, value)| (key, normalise(value)))
                .collect(),
        ),
        other => other,
    }
}

/// Doc comments are wrapped; schemas are not.
fn one_line(text: &Value) -> Value {
    let text = text.as_str().unwrap_or_default();
    Value::String(text.split_whitespace().collect::<Vec<_>>().join(" "))
}

fn is_rust_format(format: &Value) -> bool {
    format
        .as_str()
        .is_some_and(|word| word.starts_with("uint") || word.starts_with("int") || word == "double")
}

/// `Option<T>`: a key is left out, never null.
fn without_null(mut fields: Map<String, Value>) -> Map<String, Value> {
    if let Some(Value::Array(types)) = fields.get("type") {
        let rest = types.iter().find(|word| *word != "null").cloned();
        fields.insert("type".to_owned(), rest.unwrap_or(Value::Null));
    }
    if let Some(Value::Array(branches)) = fields.remove("anyOf") {
        let rest = branches
            .into_iter()
            .find(|branch| branch.get("type") != Some(&json!("null")));
        if let Some(Value::Object(inner)) = rest {
            for (key, value) in inner {
                fields.entry(key).or_insert(value);
            }
        }
    }
    if let Some(Value::Array(words)) = fields.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    fields
}

/// `oneOf: [{const: A, description: ...}, ...]` becomes `enum: [A, ...]` with the meanings in the description.
fn words_as_enum(mut fields: Map<String, Value>) -> Map<String, Value> {
    let Some(Value::Array(branches)) = fields.get("oneOf") else {
        return fields;
    };
    let words: Option<Vec<(Value, String)>> = branches.iter().map(word).collect();
    let Some(words) = words else { return fields };
    fields.remove("oneOf");
    let meanings = words
        .iter()
        .map(|(word, meaning)| format!("{}: {meaning}", word.as_str().unwrap_or_default()));
    let meanings = meanings.collect::<Vec<_>>().join(" ");
    let description = fields
        .get("description")
        .and_then(Value::as_str)
        .unwrap_or_default();
    let description = format!("{description} {meanings}").trim().to_owned();
    fields.insert("description".to_owned(), Value::String(description));
    fields.insert(
        "enum".to_owned(),
        words.into_iter().map(|(word, _)| word).collect(),
    );
    fields.insert("type".to_owned(), json!("string"));
    fields
}

fn word(branch: &Value) -> Option<(Value, String)> {
    let word = branch.get("const")?.clone();
    let meaning = branch.get("description").map(one_line)?;
    Some((word, meaning.as_str().unwrap_or_default().to_owned()))
}

/// A choice of objects with one key each becomes one object with all those keys, of which exactly one is required.
fn choice_as_properties(mut fields: Map<String, Value>) -> Map<String, Value> {
    let Some(Value::Array(branches)) = fields.get("oneOf").cloned() else {
        return fields;
    };
    let choices: Option<Vec<(String, Value)>> = branches.iter().map(choice).collect();
    let Some(choices) = choices else { return fields };
    let required: Vec<Value> = choices
        .iter()
        .map(|(key, _)| json!({"required": [key]}))
        .collect();
    let properties = fields.entry("properties").or_insert_with(|| json!({}));
    if let Value::Object(properties) = properties {
        properties.extend(choices);
    }
    fields.insert("oneOf".to_owned(), Value::Array(required));
    fields.insert("type".to_owned(), json!("object"));
    fields
}

fn choice(branch: &Value) -> Option<(String, Value)> {
    let properties = branch.get("properties")?.as_object()?;
    let (key, value) = properties.iter().next().filter(|_| properties.len() == 1)?;
    let mut value = value.clone();
    if let (Value::Object(inner), Some(description)) = (&mut value, branch.get("description")) {
        inner.insert("description".to_owned(), description.clone());
    }
    Some((key.clone(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_lose_null() {
        assert_eq!(
            normalise(json!({"type": ["string", "null"]})),
            json!({"type": "string"})
        );
        let option = json!({"anyOf": [{"type": "object"}, {"type": "null"}], "description": "A\n b."});
        assert_eq!(
            normalise(option),
            json!({"description": "A b.", "type": "object", "properties": {}})
        );
    }

    #[test]
    fn described_words_become_an_enum() {
        let words = json!({"oneOf": [{"const": "a", "description": "First."}, {"const": "b", "description": "Second."}]});
        assert_eq!(
            normalise(words),
            json!({"description": "a: First. b: Second.", "enum": ["a", "b"], "type": "string"})
        );
    }

    #[test]
    fn a_choice_becomes_one_object() {
        let choice = json!({"oneOf": [
            {"type": "object", "description": "By number.", "properties": {"vmid": {"type": "integer"}}, "required": ["vmid"]},
            {"type": "object", "properties": {"node": {"type": "string"}}, "required": ["node"]},
        ]});
        let normal = json!({
            "oneOf": [{"required": ["vmid"]}, {"required": ["node"]}],
            "properties": {"vmid": {"type": "integer", "description": "By number."}, "node": {"type": "string"}},
            "type": "object",
        });
        assert_eq!(normalise(choice), normal);
    }
}
