//! The list itself: how many, how large, how true.

use jarvis_model::{Scope, Tier};
use jarvis_tools::{
    CATALOGUE, Kind,
    registry::{described, fingerprint},
};
use serde_json::Value;
use std::collections::BTreeSet;

/// Changes when any tool's name, text, schema, hint, tier, scope or time does: look at the difference in docs/TOOLS.md,
/// then write the new one here.
const FINGERPRINT: &str = "e583f7a5a8a170e99d4a4ac5d529d07e85a4a10b1daeaee9bdec6d99bb673de2";

#[test]
fn the_list_is_pinned() {
    assert_eq!(fingerprint(&CATALOGUE), FINGERPRINT);
}

#[test]
fn nine_read_six_act_three_reach_further() {
    let count = |kind| CATALOGUE.iter().filter(|tool| tool.kind == kind).count();
    assert_eq!([Kind::Read, Kind::Lifecycle, Kind::System].map(count), [9, 6, 3]);
    let names: BTreeSet<&str> = CATALOGUE.iter().map(|tool| tool.name).collect();
    assert_eq!(names.len(), 18);
    for name in names {
        assert!(
            name.len() <= 64 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'),
            "{name}"
        );
    }
}

/// What a model has to read before every request: under 4,000 tokens of four bytes.
#[test]
fn all_schemas_together_are_small() {
    let listed: Vec<Value> = CATALOGUE.iter().map(described).collect();
    let bytes = serde_json::json!({ "tools": listed }).to_string().len();
    assert!(bytes < 16_000, "{bytes} bytes");
}

#[test]
fn hints_tiers_and_scopes_are_true() {
    for tool in &CATALOGUE {
        let (name, hints) = (tool.name, tool.hints);
        assert_eq!(hints.read_only, tool.kind == Kind::Read, "{name}");
        assert_eq!(hints.read_only, tool.tier == Tier::Green, "{name}");
        assert_eq!(hints.read_only, tool.scope == Scope::Read, "{name}");
        assert!(!(hints.read_only && hints.destructive), "{name}");
        assert_eq!(hints.open_world, name == "run_command", "{name}");
    }
    let named = |holds: fn(&jarvis_tools::Tool) -> bool| -> Vec<&str> {
        CATALOGUE
            .iter()
            .filter(|tool| holds(tool))
            .map(|tool| tool.name)
            .collect()
    };
    assert_eq!(
        named(|tool| tool.hints.destructive),
        [
            "shutdown_guest",
            "reboot_guest",
            "stop_guest",
            "restart_service",
            "run_command"
        ]
    );
    assert_eq!(
        named(|tool| tool.tier == Tier::Red),
        ["stop_guest", "run_command"]
    );
    assert_eq!(
        named(|tool| !tool.hints.idempotent),
        [
            "reboot_guest",
            "restart_service",
            "create_snapshot",
            "run_command",
            "propose_manifest_change"
        ]
    );
}

#[test]
fn schemas_are_valid_closed_and_fit_the_examples() {
    for tool in &CATALOGUE {
        let (input, output) = (tool.input_schema(), tool.output_schema());
        for schema in [&input, &output] {
            assert_eq!(schema["type"], "object", "{}", tool.name);
            assert!(jsonschema::meta::is_valid(schema), "{}: {schema}", tool.name);
            let text = schema.to_string();
            assert!(
                !text.contains("$ref") && !text.contains("null"),
                "{}: {text}",
                tool.name
            );
        }
        assert_eq!(input["additionalProperties"], false, "{}", tool.name);
        let example: Value = serde_json::from_str(tool.example).unwrap();
        let validator = jsonschema::validator_for(&input).unwrap();
        assert!(validator.is_valid(&example), "{}: {example}", tool.name);
    }
}

#[test]
fn the_page_has_every_tool() {
    let page = jarvis_tools::page::page(&CATALOGUE);
    for tool in &CATALOGUE {
        assert!(page.contains(&format!("\n## {}\n", tool.name)), "{}", tool.name);
    }
}
