//! Each way in which a value can differ from a schema.

use super::*;
use crate::yaml::tree::read;
use serde_json::json;

/// `line:col path: problem; hint` of every fault.
fn faults(schema: &Value, yaml: &str) -> Vec<String> {
    let mut faults = Vec::new();
    let stream = read(yaml.as_bytes());
    check(
        schema,
        &stream.documents[0].node,
        &Path::root(),
        Position::START,
        &mut faults,
    );
    let line = |fault: &Fault| {
        format!(
            "{}:{} {}: {}; {}",
            fault.at.line, fault.at.column, fault.path, fault.problem, fault.hint
        )
    };
    faults.iter().map(line).collect()
}

#[track_caller]
fn one(field: Value, yaml: &str, expected: &str) {
    let schema = json!({"type": "object", "properties": {"a": field}});
    assert_eq!(faults(&schema, yaml), [expected]);
}

#[test]
fn wrong_types_say_what_was_found() {
    let integer = json!({"type": "integer", "minimum": 100, "maximum": 999});
    one(
        integer.clone(),
        "a: \"101\"",
        "1:4 a: expected a whole number, found the text \"101\"; remove the quotes",
    );
    one(
        integer.clone(),
        "a: [1]",
        "1:4 a: expected a whole number, found a list; write a whole number from 100 to 999",
    );
    one(
        integer.clone(),
        "a: 0101",
        "1:4 a: expected a whole number, found 0101, which not every reader of YAML reads alike; write a whole number from 100 to 999",
    );
    one(
        integer.clone(),
        "a: -1",
        "1:4 a: -1 is out of range; write a whole number from 100 to 999",
    );
    one(
        integer,
        "a: 1.5",
        "1:4 a: expected a whole number, found the number 1.5; write a whole number from 100 to 999",
    );
    one(
        json!({"type": "string"}),
        "a: 12",
        "1:4 a: expected text, found the number 12; put it in quotes: \"12\"",
    );
    one(
        json!({"type": "string"}),
        "a: {b: 1}",
        "1:4 a: expected text, found a mapping; write text",
    );
    one(
        json!({"type": "array"}),
        "a: x",
        "1:4 a: expected a list, found the text \"x\"; write a list: [...] or lines with -",
    );
    one(
        json!({"type": "object", "properties": {}}),
        "a: x",
        "1:4 a: expected a mapping, found the text \"x\"; write a mapping",
    );
}

#[test]
fn booleans_are_true_and_false() {
    let boolean = json!({"type": "boolean"});
    one(
        boolean.clone(),
        "a: yes",
        "1:4 a: yes is no boolean here; write true",
    );
    one(
        boolean.clone(),
        "a: Off",
        "1:4 a: Off is no boolean here; write false",
    );
    one(
        boolean.clone(),
        "a: \"true\"",
        "1:4 a: expected true or false, found the text \"true\"; remove the quotes",
    );
    one(
        boolean,
        "a: 1",
        "1:4 a: expected true or false, found the number 1; write true or false",
    );
    one(
        json!({"type": "string"}),
        "a: on",
        "1:4 a: expected text, found on, which not every reader of YAML reads alike; put it in quotes: \"on\"",
    );
}

#[test]
fn nothing_is_not_a_value() {
    one(
        json!({"type": "string", "enum": ["x", "y"]}),
        "a:",
        "1:1 a: has no value; write x or y or leave the key out",
    );
    one(
        json!({"type": "string"}),
        "a: ~",
        "1:1 a: has no value; write text or leave the key out",
    );
}

#[test]
fn words_and_fields_are_guessed() {
    let words = json!({"type": "string", "enum": ["Always", "Halted"]});
    one(
        words.clone(),
        "a: always",
        "1:4 a: \"always\" is not a word known here; write Always; the letter case counts",
    );
    one(
        words.clone(),
        "a: Haltet",
        "1:4 a: \"Haltet\" is not a word known here; did you mean Halted?",
    );
    one(
        words,
        "a: Off",
        "1:4 a: \"Off\" is not a word known here; write Always or Halted",
    );
    let schema = json!({"type": "object", "properties": {"runStrategy": {"type": "string"}, "vmid": {"type": "integer"}}});
    assert_eq!(
        faults(&schema, "vmid: 1\nrunstrategy: x"),
        ["2:1 runstrategy: is not a known field; did you mean runStrategy?"]
    );
    assert_eq!(
        faults(&schema, "colour: x"),
        ["1:1 colour: is not a known field; known here: runStrategy, vmid"]
    );
    assert_eq!(
        faults(&schema, "vmid: 1\nvmidd: 2"),
        ["2:1 vmidd: is not a known field; known here: runStrategy, vmid"]
    );
}

#[test]
fn everything_wrong_is_reported_at_once() {
    let schema = json!({
        "type": "object",
        "properties": {
            "list": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "integer"}},
            "name": {"type": "string", "maxLength": 3, "minLength": 1},
        },
        "required": ["name", "list"],
    });
    assert_eq!(
        faults(&schema, "x: 1\nlist: [a, 2, b]"),
        [
            "1:1 x: is not a known field; known here: list, name",
            "2:1 list: has 3 entries; at most 2 are taken",
            "2:8 list[0]: expected a whole number, found the text \"a\"; write a whole number",
            "2:14 list[2]: expected a whole number, found the text \"b\"; write a whole number",
            "1:1 name: is missing; add name: text",
        ]
    );
    assert_eq!(
        faults(&schema, "name: abcd\nlist: []"),
        [
            "1:7 name: has 4 characters; at most 3 characters are taken",
            "2:1 list: is an empty list; add at least 1",
        ]
    );
}

#[test]
fn exactly_one_means_one() {
    let schema = json!({
        "type": "object",
        "properties": {"tcp": {"type": "string"}, "http": {"type": "string"}, "other": {"type": "string"}},
        "oneOf": [{"required": ["tcp"]}, {"required": ["http"]}],
    });
    assert_eq!(
        faults(&schema, "other: x"),
        ["1:1 : needs exactly one of tcp, http; add one of tcp, http"]
    );
    assert_eq!(
        faults(&schema, "tcp: x\nhttp: z"),
        ["2:1 http: tcp and http exclude each other; keep exactly one of tcp, http"]
    );
    assert!(faults(&schema, "tcp: x").is_empty());
}

#[test]
fn limits_of_the_floor_are_named() {
    let limit = json!({"type": "integer", "minimum": 1, "maximum": 3, "x-jarvis-floor": true});
    one(
        limit,
        "a: 4",
        "1:4 a: 4 would loosen the floor that always holds; it can only tighten: at most 3",
    );
}
