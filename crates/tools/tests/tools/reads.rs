//! The nine that read, over the small world; every answer fits the schema it was announced with.

use crate::support::*;
use jarvis_model::{Event, FreezeScope, IssueKey};
use jarvis_tools::{CATALOGUE, Kind, Registry};
use serde_json::{Value, json};
use std::time::Duration;

/// Calls as a reader and checks the answer against the tool's schema.
async fn read(registry: &Registry, name: &str, arguments: Value) -> Value {
    let result = call(registry, &reader(), name, arguments).await;
    let value = data(&result).clone();
    let schema = registry.find(name).unwrap().output_schema();
    let fields = schema["properties"].as_object().unwrap();
    for field in value.as_object().unwrap().keys() {
        assert!(fields.contains_key(field), "{name}: {field} is in no schema");
    }
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&value)
        .map(|error| error.to_string())
        .collect();
    assert!(errors.is_empty(), "{name}: {errors:?}");
    assert!(
        result.text.contains(&value.to_string()),
        "text and structure differ: {}",
        result.text
    );
    value
}

#[tokio::test]
async fn status_tells_the_whole() {
    let puppet = Puppet::start();
    let issue: IssueKey = "VirtualMachine/db-01#guest-down".parse().unwrap();
    puppet.append(vec![
        Event::IssueOpened {
            issue,
            summary: "db-01 is stopped".to_owned(),
        },
        Event::FreezeSet {
            scope: FreezeScope::Autonomy,
            by: "anna".to_owned(),
            reason: "move".to_owned(),
            until: None,
        },
    ]);
    let status = read(&puppet.registry(), "get_cluster_status", json!({})).await;
    assert_eq!(status["quorate"], true);
    assert_eq!(status["votes"], "3 of 3 present, 2 needed");
    assert_eq!(
        (&status["nodesOnline"], &status["guestsRunning"]),
        (&json!(3), &json!(2))
    );
    assert_eq!(status["issues"][0]["issue"], "VirtualMachine/db-01#guest-down");
    assert_eq!(status["frozen"], "by anna, until released: move");
}

#[tokio::test]
async fn nodes_guests_storage_and_temperatures() {
    let puppet = Puppet::start();
    let registry = puppet.registry();
    let nodes = read(&registry, "list_nodes", Value::Null).await;
    assert_eq!(nodes["nodes"][0]["node"], "agent1");
    assert_eq!(nodes["nodes"][0]["protected"], true);
    assert_eq!(nodes["nodes"][1]["celsius"], 51.0);
    let node = read(&registry, "get_node", json!({ "node": "atlas" })).await;
    assert_eq!(node["onIt"], json!(["101 web-01 running", "102 db-01 stopped"]));
    assert_eq!(node["memoryPercent"], 25.0);
    let guests = read(&registry, "list_guests", json!({ "status": "unknown" })).await;
    assert_eq!(
        (&guests["guests"][0]["vmid"], &guests["total"]),
        (&json!(104), &json!(1))
    );
    assert_eq!(guests["guests"][0]["why"], "its node does not answer");
    let guests = read(&registry, "list_guests", json!({ "limit": 1, "after": 101 })).await;
    assert_eq!(guests["guests"][0]["vmid"], 102);
    assert_eq!(guests["note"], "2 more; go on with after=102");
    let guests = read(
        &registry,
        "list_guests",
        json!({ "text": "WEB", "node": "atlas" }),
    )
    .await;
    assert_eq!(guests["total"], 1);
    let guest = read(&registry, "get_guest", json!({ "vmid": 101 })).await;
    assert_eq!(guest["runStrategy"], "Always");
    let storage = read(&registry, "get_storage", json!({ "node": "atlas" })).await;
    assert_eq!(storage["storages"][0]["storage"], "tank", "fullest first");
    assert_eq!(storage["storages"][0]["usedPercent"], 95.0);
    let warm = read(&registry, "get_temperatures", json!({ "node": "atlas" })).await;
    assert_eq!(
        warm["nodes"][0]["sensors"][1],
        json!({ "sensor": "nvme Composite", "celsius": 60.5 })
    );
    assert_eq!(warm["nodes"][0].get("week"), None, "nothing is kept yet");
    let ago = |hours: u64| START - Duration::from_hours(hours);
    for (at, degrees) in [
        (ago(24 * 8), 99.0),
        (ago(30), 71.3),
        (ago(29), 40.0),
        (ago(1), 52.0),
    ] {
        puppet.look(at, degrees);
    }
    let warm = read(&registry, "get_temperatures", json!({ "node": "atlas" })).await;
    let week = warm["nodes"][0]["week"].as_str().unwrap();
    let said = "40.0 to 71.3 °C, mean 54.4, hottest in the hour from ";
    assert!(week.starts_with(said) && !week.contains("99"), "{week}");
    let cold = read(&registry, "get_temperatures", json!({ "node": "nova" })).await;
    assert!(cold["nodes"][0]["why"].as_str().unwrap().contains("SSH"));
}

#[tokio::test]
async fn events_come_newest_first_and_in_pages() {
    let puppet = Puppet::start();
    let freeze = |reason: &str| Event::FreezeSet {
        scope: FreezeScope::Autonomy,
        by: "anna".to_owned(),
        reason: reason.to_owned(),
        until: None,
    };
    puppet.append((0..5).map(|n| freeze(&format!("reason {n}"))).collect());
    puppet.append(vec![Event::Thawed {
        by: "anna".to_owned(),
    }]);
    let registry = puppet.registry();
    let first = read(&registry, "list_events", json!({ "limit": 2 })).await;
    assert_eq!(first["events"][0]["title"], "anna released the freeze");
    assert_eq!(first["events"][1]["detail"], "reason 4");
    assert_eq!(first["note"], "more before seq 5");
    let next = read(
        &registry,
        "list_events",
        json!({ "before": 5, "severity": "warning" }),
    )
    .await;
    assert_eq!(next["events"].as_array().unwrap().len(), 4);
    assert_eq!(next["events"][0]["detail"], "reason 3");
}

#[tokio::test]
async fn the_plan_shows_requests() {
    let puppet = Puppet::start();
    let registry = puppet.registry();
    let stopped = call(&registry, &operator(), "stop_guest", json!({ "vmid": 101 })).await;
    assert_eq!(data(&stopped)["state"], "awaiting-confirmation");
    let plan = read(&registry, "get_plan", json!({})).await;
    assert_eq!(plan["inSync"], true);
    assert_eq!(plan["tickets"][0]["action"], "stop guest 101");
    assert_eq!(plan["tickets"][0]["by"], "token desk (mcp)");
    let one = read(&registry, "get_plan", json!({ "ticket": "t1" })).await;
    assert!(
        one["tickets"][0]["state"]
            .as_str()
            .unwrap()
            .starts_with("awaits confirmation")
    );
    let none = call(&registry, &reader(), "get_plan", json!({ "ticket": "t9" })).await;
    assert!(
        none.is_error && none.text.contains("no such ticket"),
        "{}",
        none.text
    );
}

#[tokio::test]
async fn what_is_not_there_is_said_with_what_is() {
    let registry = Puppet::start().registry();
    for (name, arguments, said) in [
        (
            "get_node",
            json!({ "node": "forge" }),
            "there are agent1, atlas, nova",
        ),
        ("get_guest", json!({ "vmid": 999 }), "list_guests shows them"),
        (
            "get_temperatures",
            json!({ "node": "forge" }),
            "list_nodes shows them",
        ),
    ] {
        let result = call(&registry, &reader(), name, arguments).await;
        assert!(result.is_error && result.text.contains(said), "{}", result.text);
    }
}

/// Wrong arguments of every tool: unknown fields, wrong types, out of range. None of them gets as far as the controller.
#[tokio::test]
async fn wrong_arguments_are_sentences() {
    let puppet = Puppet::start();
    let registry = puppet.registry();
    let mut wrong: Vec<(&str, Value)> = vec![
        ("get_node", json!({})),
        ("get_node", json!({ "node": 5 })),
        ("get_node", json!({ "node": "../etc" })),
        ("get_guest", json!({ "vmid": "101" })),
        ("get_guest", json!({ "vmid": 99 })),
        ("get_guest", json!({ "vmid": -101 })),
        ("get_guest", json!({ "vmid": 101.5 })),
        ("list_guests", json!({ "limit": 0 })),
        ("list_guests", json!({ "limit": 201 })),
        ("list_events", json!({ "severity": "loud" })),
        ("list_events", json!({ "resource": "web" })),
        ("shutdown_guest", json!({ "vmid": 101, "timeoutSecs": 0 })),
        ("shutdown_guest", json!({ "vmid": 101, "timeoutSecs": 3601 })),
        ("stop_guest", json!({ "vmid": 101, "digest": "abc" })),
        ("restart_service", json!({ "host": "101", "service": "nginx" })),
        ("restart_service", json!({ "host": "guest/101", "service": "" })),
        (
            "restart_service",
            json!({ "host": "guest/101", "service": "a\nb" }),
        ),
        ("create_snapshot", json!({ "vmid": 101, "snapshot": "1st" })),
        ("create_snapshot", json!({ "vmid": 101, "snapshot": "a;b" })),
        ("run_command", json!({ "host": "node/atlas", "argv": [] })),
        ("run_command", json!({ "host": "node/atlas", "argv": "uptime" })),
        ("run_command", json!({ "host": "node/atlas", "argv": ["a\nb"] })),
        ("wake_node", json!({ "node": "" })),
    ];
    for tool in &CATALOGUE {
        let mut unknown: Value = serde_json::from_str(tool.example).unwrap();
        unknown["forceStop"] = json!(true);
        wrong.push((tool.name, unknown));
        wrong.push((tool.name, json!([1])));
        if tool.kind != Kind::Read {
            wrong.push((tool.name, json!({})));
        }
    }
    for (name, arguments) in wrong {
        let result = call(&registry, &operator(), name, arguments.clone()).await;
        assert!(
            result.is_error && result.structured.is_none(),
            "{name} {arguments}"
        );
        assert!(
            result.text.starts_with(&format!("{name}: wrong arguments: ")),
            "{name} {arguments}: {}",
            result.text
        );
    }
    assert_eq!(puppet.asked(), Vec::<String>::new());
}
