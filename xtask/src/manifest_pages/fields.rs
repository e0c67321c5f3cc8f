//! The fields of a schema in its normal form, as rows: path, what is taken, default, whether it must be there, meaning.

use serde_json::Value;

/// One field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// Such as `ready.tcp.address` or `steps[].action`.
    pub path: String,
    /// What is taken, in words.
    pub takes: String,
    /// The default, when there is one.
    pub default: Option<String>,
    /// `yes`, which fields exclude each other, or nothing.
    pub required: String,
    /// What it means; ends with a stop.
    pub meaning: String,
}

/// All fields below a schema, each followed by its own.
pub fn fields(schema: &Value) -> Vec<Field> {
    let mut all = Vec::new();
    collect(schema, "", &mut all);
    all
}

fn collect(schema: &Value, above: &str, all: &mut Vec<Field>) {
    let names = |list: &Value| -> Vec<String> {
        let names = list.as_array().into_iter().flatten().filter_map(Value::as_str);
        names.map(str::to_owned).collect()
    };
    let required = names(&schema["required"]);
    let choices = schema["oneOf"].as_array().into_iter().flatten();
    let exclusive: Vec<String> = choices.flat_map(|choice| names(&choice["required"])).collect();
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = if above.is_empty() {
            key.clone()
        } else {
            format!("{above}.{key}")
        };
        let required = if required.contains(key) {
            "yes".to_owned()
        } else if exclusive.contains(key) {
            let list: Vec<String> = exclusive.iter().map(|name| format!("`{name}`")).collect();
            format!("one of {}", list.join(", "))
        } else {
            String::new()
        };
        all.push(Field {
            takes: takes(inner),
            default: inner
                .get("default")
                .map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)),
            required,
            meaning: meaning(inner),
            path: path.clone(),
        });
        collect(inner, &path, all);
        collect(&inner["items"], &format!("{path}[]"), all);
    }
}

/// The description; the words of an enumeration, which it explains one by one, are marked as such.
fn meaning(schema: &Value) -> String {
    let mut text = schema["description"].as_str().unwrap_or_default().to_owned();
    let words = if schema["enum"].is_array() {
        &schema["enum"]
    } else {
        &schema["items"]["enum"]
    };
    for word in words.as_array().into_iter().flatten().filter_map(Value::as_str) {
        text = text.replace(&format!(" {word}: "), &format!(" `{word}`: "));
    }
    text
}

fn takes(schema: &Value) -> String {
    if let Some(words) = schema["enum"].as_array() {
        let words = words
            .iter()
            .filter_map(Value::as_str)
            .map(|word| format!("`{word}`"));
        return words.collect::<Vec<_>>().join(", ");
    }
    if schema["x-jarvis-keys"].is_string() {
        return "labels".to_owned();
    }
    match schema["type"].as_str().unwrap_or_default() {
        "boolean" => "`true`, `false`".to_owned(),
        "integer" => format!("whole number{}", range(schema)),
        "number" => "number".to_owned(),
        "object" => "mapping".to_owned(),
        "array" => list(schema),
        _ => text(schema["format"].as_str().unwrap_or_default()).to_owned(),
    }
}

fn range(schema: &Value) -> String {
    match (schema["minimum"].as_i64(), schema["maximum"].as_i64()) {
        (Some(least), Some(most)) if least == most => format!(", always {most}"),
        (Some(least), Some(most)) => format!(", {least} to {most}"),
        _ => String::new(),
    }
}

fn list(schema: &Value) -> String {
    let items = &schema["items"];
    let most = schema["maxItems"]
        .as_u64()
        .map(|most| format!(", at most {most}"))
        .unwrap_or_default();
    if items["enum"].is_array() {
        return format!("list of {}", takes(items));
    }
    let one = takes(items);
    let many = match one.as_str() {
        "key of a guest" => "keys of guests".to_owned(),
        "name with `*`" => "names with `*`".to_owned(),
        "mail address" => "mail addresses".to_owned(),
        other => format!("{other}s"),
    };
    format!("list of {many}{most}")
}

fn text(format: &str) -> &'static str {
    match format {
        "resource-name" => "resource name",
        "node-name" => "node name",
        "plain-name" => "plain name",
        "guest-key" => "key of a guest",
        "name-pattern" => "name with `*`",
        "duration-text" => "duration",
        "mac-address" => "MAC address",
        "ipv4" => "IPv4 address",
        "cron" => "cron expression",
        "time-zone" => "time zone",
        "clock-time" => "time of day",
        "web-address" => "web address",
        "host-port" => "host:port",
        "mail-address" => "mail address",
        "host-name" => "host name",
        _ => "text",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_schema_becomes_rows() {
        let schema = json!({
            "type": "object",
            "properties": {
                "mode": {"type": "string", "enum": ["a", "b"], "description": "How. a: Once. b: Twice.", "default": "a"},
                "steps": {"type": "array", "maxItems": 5, "description": "What.", "items": {
                    "type": "object", "properties": {"wait": {"type": "string", "format": "duration-text", "description": "Long."}}}},
                "one": {"type": "integer", "minimum": 1, "maximum": 3, "description": "One."},
                "two": {"type": "boolean", "description": "Two."},
            },
            "required": ["steps"],
            "oneOf": [{"required": ["one"]}, {"required": ["two"]}],
        });
        let rows: Vec<String> = fields(&schema)
            .iter()
            .map(|field| {
                format!(
                    "{}|{}|{:?}|{}|{}",
                    field.path, field.takes, field.default, field.required, field.meaning
                )
            })
            .collect();
        assert_eq!(
            rows,
            [
                "mode|`a`, `b`|Some(\"a\")||How. `a`: Once. `b`: Twice.",
                "steps|list of mappings, at most 5|None|yes|What.",
                "steps[].wait|duration|None||Long.",
                "one|whole number, 1 to 3|None|one of `one`, `two`|One.",
                "two|`true`, `false`|None|one of `one`, `two`|Two.",
            ]
        );
    }
}
