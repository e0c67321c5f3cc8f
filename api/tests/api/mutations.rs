//! Mutations: each becomes one command with the right words; refusals carry code, rule, resource and remedy.

use crate::support::Api;
use jarvis_model::Role;
use serde_json::json;

const DIGEST: &str = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

#[tokio::test]
async fn each_mutation_becomes_one_command() {
    let api = Api::start().await;
    let token = api.token("t", Role::Admin);
    let cases = [
        (
            "requestAction(action: {name: \"startGuest\", vmid: 101}) { state }",
            "StartGuest { vmid: Vmid(101) }",
        ),
        (
            "requestAction(action: {name: \"shutdownGuest\", vmid: 101, timeoutSeconds: 90}, recallSeconds: 7, holdSeconds: 60) { notBefore holdSeconds }",
            "recall: Some(7s), hold: Some(60s)",
        ),
        (
            "requestAction(action: {name: \"rebootNode\", node: \"atlas\"}) { state }",
            "RebootNode { node: NodeName(\"atlas\") }",
        ),
        (
            "requestAction(action: {name: \"restartService\", node: \"atlas\", service: \"nginx\"}) { state }",
            "RestartService { host: Node",
        ),
        (
            "requestAction(action: {name: \"runCommand\", vmid: 101, argv: [\"uptime\"]}) { state }",
            "argv: [\"uptime\"]",
        ),
        (
            "requestAction(action: {name: \"migrateGuest\", vmid: 101, targetNode: \"forge\"}) { state }",
            "target: NodeName(\"forge\")",
        ),
        (
            "requestAction(action: {name: \"createSnapshot\", vmid: 101, snapshot: \"before-upgrade\"}) { state }",
            "before-upgrade",
        ),
        (
            "requestAction(action: {name: \"formatDisk\"}) { state refusal { code tier } }",
            "Unknown { name: \"formatDisk\" }",
        ),
        (
            &format!("confirm(digest: \"{DIGEST}\", ticket: \"t1\", typed: \"web-01\")"),
            "typed: Some(\"web-01\")",
        ),
        (
            "freeze(reason: \"storm\", scope: ALL, ttlSeconds: 60) { state until }",
            "scope: All, reason: \"storm\", ttl: Some(60s)",
        ),
        ("thaw", "Thaw("),
        (
            "hold(scope: \"VirtualMachine/web-01\", reason: \"mine\")",
            "reason: \"mine\", ttl: None",
        ),
        ("release(scope: \"node:atlas\")", "Node(NodeName(\"atlas\"))"),
        (
            "acceptIdentity(vmid: 101, identity: \"ABC\")",
            "Identity(\"abc\")",
        ),
        ("setAutonomyCeiling(ceiling: L1)", "SetCeiling(Some(L1)"),
        ("setAutonomyCeiling", "SetCeiling(None"),
        ("reconcileNow", "ReconcileNow("),
        (
            "acknowledge(issue: \"VirtualMachine/web-01#guest-down\")",
            "GuestDown",
        ),
    ];
    for (n, (mutation, command)) in cases.iter().enumerate() {
        let answer = api.query(&token, &format!("mutation {{ {mutation} }}")).await;
        answer.data();
        let asked = api.puppet.asked();
        assert_eq!(asked.len(), n + 1, "{mutation}");
        assert!(asked[n].contains(command), "{mutation}: {}", asked[n]);
        assert!(asked[n].contains("token:t"), "{}", asked[n]);
    }
}

#[tokio::test]
async fn nonsense_is_refused_before_it_becomes_a_command() {
    let api = Api::start().await;
    let token = api.token("t", Role::Admin);
    let cases = [
        "requestAction(action: {name: \"startGuest\"}) { id }",
        "requestAction(action: {name: \"startGuest\", vmid: 99}) { id }",
        "requestAction(action: {name: \"startGuest\", vmid: -101}) { id }",
        "requestAction(action: {name: \"rebootNode\", node: \"../x\"}) { id }",
        "requestAction(action: {name: \"restartService\", node: \"a\", vmid: 101, service: \"x\"}) { id }",
        "requestAction(action: {name: \"runCommand\", node: \"a\", argv: []}) { id }",
        "requestAction(action: {name: \"createSnapshot\", vmid: 101, snapshot: \"1 bad; name\"}) { id }",
        "requestAction(action: {name: \"shutdownGuest\", vmid: 101, timeoutSeconds: 0}) { id }",
        "requestAction(action: {name: \"startGuest\", vmid: 101}, recallSeconds: -1) { id }",
        "confirm(digest: \"abc\")",
        "freeze(reason: \"  \") { state }",
        "hold(scope: \"forge\", reason: \"x\")",
        "release(scope: \"\")",
        "acknowledge(issue: \"web-01\")",
        "createToken(name: \"Bad Name\") { name }",
        "createUser(name: \"a b\", password: \"long enough password\", role: VIEWER)",
        "createUser(name: \"berta\", password: \"short\", role: VIEWER)",
    ];
    for mutation in cases {
        let answer = api.query(&token, &format!("mutation {{ {mutation} }}")).await;
        assert_eq!(answer.code(), "INVALID", "{mutation}: {}", answer.body);
    }
    assert_eq!(api.puppet.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_service_is_on_exactly_one_of_guest_node_and_host() {
    let api = Api::start().await;
    let token = api.token("t", Role::Operator);
    let restart = |places: &str| {
        format!(
            "mutation {{ requestAction(action: {{name: \"restartService\", service: \"x\", {places}}}) \
             {{ action {{ vmid node host }} }} }}"
        )
    };
    for (places, why) in [
        ("", "restartService needs exactly one of vmid, node and host"),
        ("vmid: 101, node: \"atlas\"", "exactly one of"),
        ("vmid: 101, host: \"backup\"", "exactly one of"),
        ("node: \"atlas\", host: \"backup\"", "exactly one of"),
        ("vmid: 101, node: \"atlas\", host: \"backup\"", "exactly one of"),
        ("host: \"\"", "host: give the name"),
        ("host: \"node/atlas\"", "host: give the name"),
        ("host: \"back up\"", "host: give the name"),
    ] {
        let answer = api.query(&token, &restart(places)).await;
        assert_eq!(answer.code(), "INVALID", "{places}: {}", answer.body);
        let message = answer.body["errors"][0]["message"].as_str().unwrap();
        assert!(message.contains(why), "{places}: {message}");
    }
    assert_eq!(api.puppet.asked(), Vec::<String>::new());
    for (place, told, host) in [
        (
            "vmid: 101",
            json!({ "vmid": 101, "node": null, "host": null }),
            "Guest(Vmid(101))",
        ),
        (
            "node: \"atlas\"",
            json!({ "vmid": null, "node": "atlas", "host": null }),
            "Node(NodeName(\"atlas\"))",
        ),
        (
            "host: \"backup\"",
            json!({ "vmid": null, "node": null, "host": "backup" }),
            "Named(\"backup\")",
        ),
    ] {
        let answer = api.query(&token, &restart(place)).await;
        assert_eq!(answer.data()["requestAction"]["action"], told, "{place}");
        let asked = api.puppet.asked().pop().unwrap();
        let command = format!("RestartService {{ host: {host}, service: \"x\" }}");
        assert!(asked.contains(&command), "{place}: {asked}");
    }
}

#[tokio::test]
async fn a_refusal_names_rule_resource_and_remedy() {
    let api = Api::start().await;
    let token = api.token("t", Role::Operator);
    let answer = api
        .query(
            &token,
            &format!("mutation {{ confirm(digest: \"{DIGEST}\", typed: \"wrong\") }}"),
        )
        .await;
    let extensions = &answer.body["errors"][0]["extensions"];
    assert_eq!(extensions["code"], "JV1002");
    assert_eq!(extensions["rule"], "protected");
    assert_eq!(extensions["tier"], "black");
    assert_eq!(extensions["resource"], "guest 103");
    assert!(extensions["unblock"].as_str().unwrap().contains("protected list"));
    let gone = api.query(&token, "mutation { recall(ticket: \"t9\") }").await;
    assert_eq!(gone.code(), "NOT_FOUND");
}

#[tokio::test]
async fn the_door_is_the_one_that_was_used() {
    let api = Api::start().await;
    let token = api.token("t", Role::Operator);
    api.user("anna", Role::Operator).await;
    let cookie = api.log_in("anna").await;
    api.query_as(&cookie, "mutation { thaw }").await.data();
    api.query(&token, "mutation { thaw }").await.data();
    let cli = api
        .post("/graphql")
        .bearer_auth(&token)
        .header("x-jarvis-client", "cli");
    cli.json(&json!({ "query": "mutation { thaw }" }))
        .send()
        .await
        .unwrap();
    let asked = api.puppet.asked();
    for (asked, door) in asked.iter().zip(["Dashboard", "Graphql", "Cli"]) {
        assert!(asked.contains(&format!("door: {door}")), "{asked}");
    }
}
