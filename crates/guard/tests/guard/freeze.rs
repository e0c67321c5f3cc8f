//! The kill switch, both kinds, against every origin.

use crate::world::*;
use jarvis_guard::Request;
use jarvis_model::{Digest, Event, Freeze, FreezeScope, Role, Rule, Scope, Verdict};
use std::time::Duration;

/// Requests of everybody for the same act, each permitted when nothing is frozen.
fn everybody(world: &mut World) -> Vec<(&'static str, Request)> {
    let in_chat = ticket_request(start(101), chat(Role::Operator));
    world.confirm(&in_chat, "anna");
    vec![
        ("reconciler", start_by_reconciler()),
        (
            "runbook",
            Request {
                origin: runbook(),
                ..start_by_reconciler()
            },
        ),
        (
            "person",
            Request {
                cause: start_by_reconciler().cause,
                ..person_request(start(101))
            },
        ),
        ("confirmed chat", in_chat),
        (
            "token",
            Request {
                cause: start_by_reconciler().cause,
                ..ticket_request(start(101), mcp(&[Scope::Operate]))
            },
        ),
    ]
}

fn stopped(world: &mut World, rule: Rule) -> Vec<&'static str> {
    let everybody = everybody(world);
    let stopped = everybody
        .iter()
        .filter(|(_, request)| world.judge(request).rule() == Some(rule));
    stopped.map(|(who, _)| *who).collect()
}

#[test]
fn unfrozen_everybody_passes() {
    let mut world = world();
    for (who, request) in everybody(&mut world) {
        assert!(world.judge(&request).is_permit(), "{who}");
    }
}

#[test]
fn freeze_stops_what_no_signed_in_person_confirmed() {
    let mut world = world();
    world.freeze(FreezeScope::Autonomy);
    assert_eq!(
        stopped(&mut world, Rule::Frozen),
        ["reconciler", "runbook", "token"]
    );
}

#[test]
fn freeze_all_stops_everybody() {
    let mut world = world();
    world.freeze(FreezeScope::All);
    assert_eq!(stopped(&mut world, Rule::Frozen).len(), 5);
}

#[test]
fn an_unreadable_state_stops_everybody() {
    let mut world = world();
    world.memory.freeze = Freeze::Unreadable {
        reason: "no such file".to_owned(),
    };
    assert_eq!(stopped(&mut world, Rule::FreezeUnreadable).len(), 5);
}

#[test]
fn an_approval_does_not_spare_jarvis() {
    let mut world = world();
    let request = start_by_reconciler();
    world.approve(&request);
    world.freeze(FreezeScope::Autonomy);
    assert_eq!(world.judge(&request).rule(), Some(Rule::Frozen));
}

#[test]
fn a_token_confirmed_by_a_person_passes_and_one_that_confirmed_itself_does_not() {
    let request = ticket_request(reboot_node("forge"), mcp(&[Scope::OperateRed]));
    let mut world = world();
    world.freeze(FreezeScope::Autonomy);
    world.confirm(&request, "anna");
    assert!(world.judge(&request).is_permit());
    for itself in ["desk".to_owned(), request.origin.label()] {
        world.confirm(&request, &itself);
        assert_eq!(world.judge(&request).rule(), Some(Rule::Frozen), "{itself}");
    }
    world.memory.freeze = Freeze::Off;
    assert!(
        world.judge(&request).is_permit(),
        "unfrozen, its second call is enough"
    );
}

#[test]
fn a_confirmation_of_something_else_spares_nobody() {
    let mut world = world();
    let request = ticket_request(start(101), chat(Role::Admin));
    world.confirm(&request, "anna");
    world.freeze(FreezeScope::Autonomy);
    assert!(world.judge(&request).is_permit());
    let other = Request {
        digest: Digest::of(&"something else"),
        ..request
    };
    assert_eq!(world.judge(&other).rule(), Some(Rule::Frozen));
}

#[test]
fn a_freeze_with_an_end_ends_then_and_not_before() {
    let mut world = world();
    let until = Some(NOW + Duration::from_mins(1));
    let (by, reason) = ("anna".to_owned(), String::new());
    world.happened(
        secs_ago(1),
        Event::FreezeSet {
            scope: FreezeScope::All,
            by,
            reason,
            until,
        },
    );
    let request = person_request(start(101));
    assert_eq!(world.judge(&request).rule(), Some(Rule::Frozen));
    world.now = NOW + Duration::from_millis(59_999);
    assert_eq!(world.judge(&request).rule(), Some(Rule::Frozen));
    world.now = NOW + Duration::from_mins(1);
    assert_ne!(world.judge(&request).rule(), Some(Rule::Frozen));
}

#[test]
fn the_freeze_file_stops_whom_it_says_and_names_itself() {
    let found = |scope| Event::FreezeFileFound {
        scope,
        reason: "smoke".to_owned(),
    };
    let mut world = world();
    world.happened(secs_ago(1), found(FreezeScope::Autonomy));
    assert_eq!(
        stopped(&mut world, Rule::Frozen),
        ["reconciler", "runbook", "token"]
    );
    world.happened(secs_ago(1), found(FreezeScope::All));
    assert_eq!(stopped(&mut world, Rule::Frozen).len(), 5);
    let Verdict::Refuse { refusal } = world.judge(&start_by_reconciler()) else {
        panic!("not refused");
    };
    let text = refusal.to_string();
    assert!(
        text.contains("The file `freeze`") && text.contains("smoke"),
        "{text}"
    );
    assert!(text.contains("Remove that file"), "{text}");
    let by = "anna".to_owned();
    world.happened(secs_ago(1), Event::Thawed { by });
    assert_eq!(stopped(&mut world, Rule::Frozen).len(), 5, "a thaw does not help");
    world.happened(secs_ago(1), Event::FreezeFileGone);
    assert_eq!(stopped(&mut world, Rule::Frozen).len(), 0);
}

#[test]
fn black_is_explained_as_black_even_when_frozen() {
    let mut world = world();
    world.freeze(FreezeScope::All);
    assert_eq!(
        world.judge(&person_request(shutdown(103))).rule(),
        Some(Rule::Protected)
    );
}
