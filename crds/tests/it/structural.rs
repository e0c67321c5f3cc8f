//! The rules of a Kubernetes API server for a CustomResourceDefinition's schema ("Specifying a structural schema" in
//! its documentation, and the checks of `apiextensions.k8s.io/v1`), as far as our schemas can break them.

use serde_json::Value;

/// Everything that breaks a rule, as `path: rule`.
pub fn violations(crd: &Value) -> Vec<String> {
    let mut found = Vec::new();
    envelope(crd, &mut found);
    for version in crd["spec"]["versions"].as_array().into_iter().flatten() {
        let root = &version["schema"]["openAPIV3Schema"];
        if root["type"] != "object" {
            found.push("the root is an object".to_owned());
        }
        for key in root["properties"]["metadata"]
            .as_object()
            .into_iter()
            .flat_map(serde_json::Map::keys)
        {
            if key != "type" {
                found.push(format!("metadata: only its type may be said, not {key}"));
            }
        }
        structural(root, "", &mut found);
    }
    found
}

fn envelope(crd: &Value, found: &mut Vec<String>) {
    let mut rule = |holds: bool, text: &str| {
        if !holds {
            found.push(text.to_owned());
        }
    };
    let names = &crd["spec"]["names"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (plural, group) = (text(&names["plural"]), text(&crd["spec"]["group"]));
    rule(
        crd["apiVersion"] == "apiextensions.k8s.io/v1",
        "apiVersion is apiextensions.k8s.io/v1",
    );
    rule(
        crd["kind"] == "CustomResourceDefinition",
        "kind is CustomResourceDefinition",
    );
    rule(
        crd["metadata"]["name"] == format!("{plural}.{group}"),
        "the name is plural.group",
    );
    rule(group.contains('.'), "the group is a domain");
    rule(
        !plural.is_empty() && plural.bytes().all(|b| b.is_ascii_lowercase()),
        "the plural is lower case",
    );
    rule(
        text(&names["singular"]) == text(&names["kind"]).to_lowercase(),
        "the singular is the kind in lower case",
    );
    rule(
        names["listKind"] == format!("{}List", text(&names["kind"])),
        "the list kind is the kind and List",
    );
    rule(
        matches!(text(&crd["spec"]["scope"]).as_str(), "Cluster" | "Namespaced"),
        "the scope is known",
    );
    let versions = crd["spec"]["versions"].as_array().cloned().unwrap_or_default();
    rule(
        versions
            .iter()
            .filter(|version| version["storage"] == true)
            .count()
            == 1,
        "exactly one version is stored",
    );
}

/// Keywords that a schema of a CRD may have at all.
const KNOWN: [&str; 26] = [
    "type",
    "description",
    "title",
    "default",
    "enum",
    "format",
    "pattern",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "required",
    "properties",
    "additionalProperties",
    "items",
    "oneOf",
    "anyOf",
    "allOf",
    "not",
];

/// Keywords that belong into the structure and not into a condition below `oneOf` and its like.
const STRUCTURE: [&str; 5] = ["type", "description", "default", "additionalProperties", "title"];

fn structural(node: &Value, path: &str, found: &mut Vec<String>) {
    let mut rule = |holds: bool, text: String| {
        if !holds {
            found.push(format!("{path}: {text}"));
        }
    };
    let Some(fields) = node.as_object() else {
        rule(false, "a schema is an object".to_owned());
        return;
    };
    for key in fields.keys().filter(|key| !key.starts_with("x-kubernetes-")) {
        rule(
            KNOWN.contains(&key.as_str()),
            format!("{key} is not a keyword there"),
        );
    }
    let untyped = [
        "x-kubernetes-int-or-string",
        "x-kubernetes-preserve-unknown-fields",
    ]
    .iter()
    .any(|key| node[key] == true);
    let kind = node["type"].as_str();
    let known = matches!(
        kind,
        Some("object" | "array" | "string" | "integer" | "number" | "boolean")
    );
    rule(
        known || (untyped && !fields.contains_key("type")),
        "exactly one type".to_owned(),
    );
    let both = fields.contains_key("properties") && fields.contains_key("additionalProperties");
    rule(
        !both,
        "properties and additionalProperties exclude each other".to_owned(),
    );
    rule(
        kind != Some("array") || node["items"].is_object(),
        "a list has one schema of items".to_owned(),
    );
    rule(
        fields.get("uniqueItems") != Some(&Value::Bool(true)),
        "uniqueItems is forbidden".to_owned(),
    );
    let required = node["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str);
    for key in required {
        rule(
            !node["properties"][key].is_null(),
            format!("{key} is required and not specified"),
        );
    }
    if let Some(default) = fields.get("default") {
        let fits = jsonschema::validator_for(node).is_ok_and(|schema| schema.is_valid(default));
        rule(fits, format!("the default {default} is not valid itself"));
    }
    below(node, path, found);
}

/// The same for everything inside.
fn below(node: &Value, path: &str, found: &mut Vec<String>) {
    for key in ["oneOf", "anyOf", "allOf"] {
        for condition in node[key].as_array().into_iter().flatten() {
            value_condition(condition, node, &format!("{path}.{key}"), found);
        }
    }
    if node["not"].is_object() {
        value_condition(&node["not"], node, &format!("{path}.not"), found);
    }
    for (key, inner) in node["properties"].as_object().into_iter().flatten() {
        structural(inner, &format!("{path}.{key}"), found);
    }
    for key in ["items", "additionalProperties"] {
        if node[key].is_object() {
            structural(&node[key], &format!("{path}.{key}"), found);
        }
    }
}

/// Below `oneOf` and its like: no structure, and nothing that the structure beside it does not have.
fn value_condition(condition: &Value, structure: &Value, path: &str, found: &mut Vec<String>) {
    for key in condition.as_object().into_iter().flat_map(serde_json::Map::keys) {
        if STRUCTURE.contains(&key.as_str()) || !KNOWN.contains(&key.as_str()) {
            found.push(format!("{path}: {key} is forbidden in a condition"));
        }
    }
    for key in condition["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        if structure["properties"][key].is_null() {
            found.push(format!("{path}: {key} is not specified in the structure"));
        }
    }
    for (key, inner) in condition["properties"].as_object().into_iter().flatten() {
        if structure["properties"][key].is_null() {
            found.push(format!("{path}: {key} is not specified in the structure"));
        }
        value_condition(
            inner,
            &structure["properties"][key],
            &format!("{path}.{key}"),
            found,
        );
    }
}
