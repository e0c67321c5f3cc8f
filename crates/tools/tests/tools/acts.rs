//! Acts: who may, what is refused, two steps for red, waiting, taking back.

use crate::support::*;
use jarvis_model::{IntentId, Outcome, Scope, TicketState};
use jarvis_tools::{Caller, Side, ToolResult};
use serde_json::{Value, json};
use tokio::sync::mpsc;

fn red() -> Caller {
    Caller::token("root", vec![Scope::Read, Scope::OperateRed])
}

/// Carries a ticket through as the loop would, once it is queued.
async fn carry_through(puppet: &Puppet, ticket: &str, outcome: Outcome) {
    let mut views = puppet.handle.watch();
    let queued = |view: &std::sync::Arc<jarvis_controller::View>| {
        let tickets = &view.memory.tickets;
        tickets
            .values()
            .any(|found| found.id.0 == ticket && found.state == TicketState::Queued)
    };
    views.wait_for(queued).await.unwrap();
    let intent = IntentId("i1".to_owned());
    puppet.move_on(ticket, TicketState::Running { intent });
    puppet.move_on(ticket, TicketState::Done { outcome });
}

async fn ask(puppet: &Puppet, caller: &Caller, name: &str, arguments: Value) -> ToolResult {
    call(&puppet.registry(), caller, name, arguments).await
}

#[tokio::test]
async fn yellow_runs_with_operate_and_the_end_is_told() {
    let puppet = Puppet::start();
    let (steps, mut told) = mpsc::unbounded_channel();
    let side = Side {
        steps: Some(steps),
        ..Side::default()
    };
    let registry = puppet.registry();
    let caller = operator();
    let (result, ()) = tokio::join!(
        registry.call(&caller, "start_guest", json!({ "vmid": 102 }), side),
        carry_through(&puppet, "t1", Outcome::Verified)
    );
    let outcome = data(&result);
    assert_eq!(
        (&outcome["state"], &outcome["ticket"]),
        (&json!("done"), &json!("t1"))
    );
    assert!(
        result.text.starts_with("Start guest 102: done and verified."),
        "{}",
        result.text
    );
    let first = told.recv().await.unwrap();
    assert_eq!(
        (first.done, first.text.as_str()),
        (1, "asked to start guest 102: ticket t1")
    );
    let asked = puppet.asked();
    assert!(asked[0].contains("Mcp { token: \"desk\""), "{asked:?}");
}

#[tokio::test]
async fn a_failure_is_an_error_with_its_reason() {
    let puppet = Puppet::start();
    let text = "got timeout\u{202e}".to_owned();
    let failed = Outcome::Failed { text };
    let caller = operator();
    let (result, ()) = tokio::join!(
        ask(&puppet, &caller, "start_guest", json!({ "vmid": 102 })),
        carry_through(&puppet, "t1", failed)
    );
    assert!(result.is_error);
    assert!(
        result.text.contains("did not succeed: failed: got timeout."),
        "{}",
        result.text
    );
}

#[tokio::test]
async fn a_scope_that_is_missing_stops_it_before_the_controller() {
    let puppet = Puppet::start();
    for (name, arguments, scope) in [
        ("start_guest", json!({ "vmid": 102 }), "operate"),
        ("stop_guest", json!({ "vmid": 101 }), "operate"),
        (
            "run_command",
            json!({ "host": "node/atlas", "argv": ["uptime"] }),
            "operate",
        ),
        ("propose_manifest_change", json!({}), "propose"),
    ] {
        let result = ask(&puppet, &reader(), name, arguments).await;
        let said = format!("the token eyes lacks the scope `{scope}`");
        assert!(result.is_error && result.text.contains(&said), "{}", result.text);
    }
    let nothing = Caller::token("nothing", Vec::new());
    let result = ask(&puppet, &nothing, "list_nodes", json!({})).await;
    assert!(
        result.is_error && result.text.contains("lacks the scope `read`"),
        "{}",
        result.text
    );
    assert_eq!(puppet.asked(), Vec::<String>::new());
}

#[tokio::test]
async fn black_names_rule_resource_and_what_would_unblock_it() {
    let puppet = Puppet::start();
    for (name, arguments) in [
        ("shutdown_guest", json!({ "vmid": 103 })),
        ("stop_guest", json!({ "vmid": 103 })),
        (
            "run_command",
            json!({ "host": "node/atlas", "argv": ["rm", "-rf", "/"] }),
        ),
    ] {
        let result = ask(&puppet, &red(), name, arguments).await;
        assert!(result.is_error, "{}", result.text);
        let outcome = result.structured.as_ref().unwrap();
        assert_eq!(
            (&outcome["state"], &outcome["tier"]),
            (&json!("refused"), &json!("black"))
        );
        let of = |field: &str| outcome[field].as_str().unwrap();
        assert!(of("rule").starts_with("JV10"), "{outcome}");
        for part in [of("resource"), of("unblock")] {
            assert!(!part.is_empty() && result.text.contains(part), "{}", result.text);
        }
        assert!(outcome.get("digest").is_none());
    }
    let protected = ask(&puppet, &red(), "shutdown_guest", json!({ "vmid": 103 })).await;
    assert!(protected.text.contains("JV1002 protected"), "{}", protected.text);
}

#[tokio::test]
async fn red_takes_a_second_call_with_operate_red() {
    let puppet = Puppet::start();
    let first = ask(&puppet, &red(), "stop_guest", json!({ "vmid": 101 })).await;
    let shown = data(&first).clone();
    assert_eq!(
        (&shown["state"], &shown["tier"]),
        (&json!("awaiting-confirmation"), &json!("red"))
    );
    assert!(first.text.contains("call stop_guest again"), "{}", first.text);
    assert!(shown["notes"].to_string().contains("interrupts"), "{shown}");
    assert!(shown["notes"].to_string().contains("Always"), "{shown}");
    let digest = shown["digest"].as_str().unwrap();

    for (what, caller, arguments) in [
        ("another guest", red(), json!({ "vmid": 104, "digest": digest })),
        (
            "another token",
            Caller::token("other", vec![Scope::OperateRed]),
            json!({ "vmid": 101, "digest": digest }),
        ),
        (
            "another digest",
            red(),
            json!({ "vmid": 101, "digest": "0".repeat(64) }),
        ),
    ] {
        let result = ask(&puppet, &caller, "stop_guest", arguments).await;
        assert!(
            result.is_error && result.text.contains("Call without `digest` first"),
            "{what}: {}",
            result.text
        );
    }
    assert!(!puppet.asked().iter().any(|asked| asked.starts_with("Confirm")));

    let caller = red();
    let (second, ()) = tokio::join!(
        ask(
            &puppet,
            &caller,
            "stop_guest",
            json!({ "vmid": 101, "digest": digest })
        ),
        carry_through(&puppet, "t1", Outcome::Verified)
    );
    assert_eq!(data(&second)["state"], "done");
    let asked = puppet.asked();
    let confirm = asked.iter().find(|asked| asked.starts_with("Confirm")).unwrap();
    assert!(
        confirm.contains("user: \"token root (mcp)\"") && confirm.contains("door: Mcp"),
        "{confirm}"
    );
}

#[tokio::test]
async fn without_operate_red_a_person_confirms() {
    let puppet = Puppet::start();
    let first = ask(&puppet, &operator(), "stop_guest", json!({ "vmid": 101 })).await;
    assert!(
        first
            .text
            .contains("A person confirms ticket t1 on the dashboard; you cannot"),
        "{}",
        first.text
    );
    let digest = data(&first)["digest"].as_str().unwrap().to_owned();
    let second = ask(
        &puppet,
        &operator(),
        "stop_guest",
        json!({ "vmid": 101, "digest": digest }),
    )
    .await;
    assert!(
        second.is_error && second.text.contains("operate-red"),
        "{}",
        second.text
    );
    assert_eq!(puppet.asked().len(), 1, "nothing was confirmed");
}

#[tokio::test]
async fn the_conversation_asks_and_never_confirms() {
    let puppet = Puppet::start();
    let anna = Caller::in_conversation("anna", jarvis_model::Role::Admin);
    let first = ask(&puppet, &anna, "stop_guest", json!({ "vmid": 101 })).await;
    let digest = data(&first)["digest"].as_str().unwrap().to_owned();
    let second = ask(
        &puppet,
        &anna,
        "stop_guest",
        json!({ "vmid": 101, "digest": digest }),
    )
    .await;
    assert!(
        second.is_error && second.text.contains("operate-red"),
        "{}",
        second.text
    );
    let yellow = ask(&puppet, &anna, "start_guest", json!({ "vmid": 102 })).await;
    assert_eq!(data(&yellow)["state"], "awaiting-confirmation");
}

#[tokio::test(start_paused = true)]
async fn what_takes_longer_goes_on_under_its_ticket() {
    let puppet = Puppet::start();
    let result = ask(&puppet, &operator(), "start_guest", json!({ "vmid": 102 })).await;
    assert_eq!(data(&result)["state"], "queued");
    assert!(result.text.contains("still queued, ticket t1"), "{}", result.text);
    assert!(result.text.contains("do not ask for it again"), "{}", result.text);
}

#[tokio::test]
async fn a_cancelled_request_is_taken_back() {
    let puppet = Puppet::start();
    let side = Side::default();
    let cancel = side.cancel.clone();
    let registry = puppet.registry();
    let caller = operator();
    let opened = async {
        let mut views = puppet.handle.watch();
        views
            .wait_for(|view| !view.memory.tickets.is_empty())
            .await
            .unwrap();
        cancel.cancel();
    };
    let (result, ()) = tokio::join!(
        registry.call(&caller, "start_guest", json!({ "vmid": 102 }), side),
        opened
    );
    assert!(
        result.is_error && result.text.contains("taken back before it began"),
        "{}",
        result.text
    );
    let view = puppet.handle.view();
    assert_eq!(
        view.memory.tickets.values().next().unwrap().state,
        TicketState::Recalled
    );
}

#[tokio::test]
async fn a_caller_who_goes_away_takes_the_request_back_too() {
    let puppet = Puppet::start();
    let registry = puppet.registry();
    let caller = operator();
    let mut views = puppet.handle.watch();
    let opened = async {
        views
            .wait_for(|view| !view.memory.tickets.is_empty())
            .await
            .map(drop)
    };
    tokio::select! {
        result = registry.call(&caller, "start_guest", json!({ "vmid": 102 }), Side::default()) => panic!("{result:?}"),
        opened = opened => opened.unwrap(),
    }
    let recalled = |view: &std::sync::Arc<jarvis_controller::View>| {
        view.memory
            .tickets
            .values()
            .all(|ticket| ticket.state == TicketState::Recalled)
    };
    let mut views = puppet.handle.watch();
    views.wait_for(recalled).await.unwrap();
}
