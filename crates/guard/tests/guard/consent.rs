//! The table of origins and tiers, and what counts as a person's word.

use crate::world::*;
use jarvis_crds::Budgets;
use jarvis_guard::{PlanSize, Request};
use jarvis_model::{
    Autonomy, Cause, Digest, Door, Event, GuestStatus, IntentId, Origin, Outcome, Role, Rule, Scope, Tier,
    Verdict,
};
use std::time::Duration;

/// The shortest form of a verdict.
fn word(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Permit { tier } => format!("runs ({tier})"),
        Verdict::Confirm {
            typed: true, rule, ..
        } => format!("confirm and type ({rule})"),
        Verdict::Confirm { rule, .. } => format!("confirm ({rule})"),
        Verdict::Wait { refusal, .. } => format!("waits ({})", refusal.rule),
        Verdict::Refuse { refusal } => format!("refused ({})", refusal.rule),
    }
}

#[test]
fn the_table_of_origins_and_tiers() {
    let person = |role, door| Origin::Person {
        user: "anna".to_owned(),
        role,
        door,
    };
    let origins: Vec<(String, Origin)> = [
        ("reconciler", Origin::Reconciler),
        ("runbook", runbook()),
        ("viewer, dashboard", person(Role::Viewer, Door::Dashboard)),
        ("operator, dashboard", person(Role::Operator, Door::Dashboard)),
        ("operator, command line", person(Role::Operator, Door::Cli)),
        ("admin, graphql", person(Role::Admin, Door::Graphql)),
        ("viewer, chat", chat(Role::Viewer)),
        ("operator, chat", chat(Role::Operator)),
        ("admin, chat", chat(Role::Admin)),
        ("token: none", mcp(&[])),
        ("token: read", mcp(&[Scope::Read])),
        ("token: read, propose", mcp(&[Scope::Read, Scope::Propose])),
        ("token: operate", mcp(&[Scope::Read, Scope::Operate])),
        ("token: operate-red", mcp(&[Scope::OperateRed])),
    ]
    .into_iter()
    .map(|(name, origin)| (name.to_owned(), origin))
    .collect();
    let mut table = String::new();
    for level in [
        Autonomy::L0,
        Autonomy::L1,
        Autonomy::L2,
        Autonomy::L3,
        Autonomy::L4,
    ] {
        for (name, origin) in origins.iter().take(2) {
            table.push_str(&row(&format!("{name} at {level}"), origin, level));
        }
    }
    for (name, origin) in origins.iter().skip(2) {
        table.push_str(&row(name, origin, Autonomy::L0));
    }
    insta::assert_snapshot!(table);
}

fn row(name: &str, origin: &Origin, level: Autonomy) -> String {
    let mut world = world();
    world.floor.autonomy = level;
    let verdicts = [reboot(104), stop(104), shutdown(103)].map(|action| {
        let base = if origin.is_autonomous() {
            reconciler_request(action)
        } else {
            person_request(action)
        };
        word(&world.judge(&Request {
            origin: origin.clone(),
            ..base
        }))
    });
    format!(
        "{name:24} yellow: {:30} red: {:34} black: {}\n",
        verdicts[0], verdicts[1], verdicts[2]
    )
}

#[test]
fn a_confirmation_lets_red_pass_for_everybody_who_may_ask() {
    for origin in [
        anna(Role::Operator),
        chat(Role::Operator),
        mcp(&[Scope::Operate]),
        mcp(&[Scope::OperateRed]),
    ] {
        let mut world = world();
        let request = ticket_request(stop(104), origin);
        assert_eq!(world.judge(&request).rule(), Some(Rule::Confirmation));
        world.open_ticket(&request);
        assert_eq!(
            world.judge(&request).rule(),
            Some(Rule::Confirmation),
            "opening a ticket confirms nothing"
        );
        world.confirm(&request, "bert");
        assert_eq!(world.judge(&request), permitted(Tier::Red));
    }
}

#[test]
fn a_confirmation_lets_nobody_do_what_is_not_theirs() {
    for origin in [
        anna(Role::Viewer),
        chat(Role::Viewer),
        mcp(&[Scope::Read]),
        mcp(&[Scope::Propose]),
    ] {
        let mut world = world();
        let request = ticket_request(stop(104), origin);
        world.confirm(&request, "anna");
        assert_eq!(world.judge(&request).rule(), Some(Rule::NotAllowed));
    }
}

#[test]
fn a_confirmation_of_black_changes_nothing() {
    let mut world = world();
    let request = ticket_request(stop(103), anna(Role::Admin));
    world.confirm(&request, "anna");
    world.approve(&request);
    assert_eq!(world.judge(&request).rule(), Some(Rule::Protected));
}

#[test]
fn a_tokens_second_call_counts_with_operate_red_alone() {
    for (scopes, expected) in [
        (vec![Scope::OperateRed], None),
        (vec![Scope::Operate, Scope::OperateRed], None),
        (vec![Scope::Operate], Some(Rule::ConfirmationInvalid)),
    ] {
        let request = ticket_request(stop(104), mcp(&scopes));
        for itself in ["desk", "token desk (mcp)", "token:desk"] {
            let mut world = world();
            world.confirm(&request, itself);
            assert_eq!(world.judge(&request).rule(), expected, "{scopes:?} as {itself}");
        }
    }
}

#[test]
fn a_tokens_second_call_is_no_persons_word_about_a_mass_failure() {
    let request = ticket_request(stop(104), mcp(&[Scope::OperateRed]));
    let mut world = world();
    world.add(
        104,
        "db",
        "agent1",
        jarvis_model::GuestKind::Qemu,
        GuestStatus::Running,
    );
    world.set_offline("forge");
    world.set_offline("nova");
    world.confirm(&request, "desk");
    assert_eq!(world.judge(&request).rule(), Some(Rule::MassFailure));
    world.confirm(&request, "anna");
    assert!(world.judge(&request).is_permit());
}

#[test]
fn a_confirmation_is_for_one_digest() {
    let mut world = world();
    let request = person_request(stop(104));
    world.confirm(&request, "anna");
    assert!(world.judge(&request).is_permit());
    let changed = Request {
        digest: Digest::of(&"a newer revision"),
        ..request
    };
    assert_eq!(world.judge(&changed).rule(), Some(Rule::ConfirmationInvalid));
}

#[test]
fn a_confirmation_is_for_its_own_ticket() {
    let mut world = world();
    let request = person_request(stop(104));
    world.confirm(&request, "anna");
    let other = Request {
        cause: Cause::Ticket {
            ticket: jarvis_model::TicketId("ticket-2".into()),
        },
        ..request.clone()
    };
    assert_eq!(world.judge(&other).rule(), Some(Rule::Confirmation));
    let by_another = Request {
        origin: anna(Role::Admin),
        ..request
    };
    assert_eq!(
        world.judge(&by_another).rule(),
        Some(Rule::ConfirmationInvalid),
        "the ticket was opened by an operator"
    );
}

#[test]
fn a_confirmation_is_used_by_an_effect_that_may_have_begun() {
    let unused = [
        Outcome::NotSent,
        Outcome::Rejected {
            text: "got timeout".to_owned(),
            retryable: true,
        },
    ];
    let used = [
        Outcome::Verified,
        Outcome::NotVerified,
        Outcome::Failed {
            text: "no".to_owned(),
        },
    ];
    let after = |outcome: Outcome| {
        let mut world = world();
        let request = person_request(stop(104));
        world.confirm(&request, "anna");
        let intent = world.intent_for(&request);
        world.happened(
            mins_ago(3),
            Event::IntentLogged {
                intent: Box::new(intent),
            },
        );
        world.happened(
            mins_ago(2),
            Event::IntentClosed {
                intent: IntentId("intent-1".into()),
                outcome,
            },
        );
        world.judge(&request).rule()
    };
    for outcome in unused {
        assert_eq!(after(outcome.clone()), None, "{outcome:?}");
    }
    for outcome in used {
        assert_eq!(
            after(outcome.clone()),
            Some(Rule::ConfirmationInvalid),
            "{outcome:?}"
        );
    }
}

#[test]
fn yellow_needs_no_confirmation_and_none_hurts() {
    let mut world = world();
    let request = person_request(reboot(104));
    assert_eq!(world.judge(&request), permitted(Tier::Yellow));
    world.confirm(&request, "anna");
    assert_eq!(world.judge(&request), permitted(Tier::Yellow));
}

#[test]
fn an_approved_recommendation_is_permitted_until_the_approval_lapses() {
    let mut world = world();
    world.floor.autonomy = Autonomy::L2;
    let request = start_by_reconciler();
    assert_eq!(world.judge(&request).rule(), Some(Rule::Autonomy));
    world.approve(&request);
    assert_eq!(world.judge(&request), permitted(Tier::Yellow));
    let other = Request {
        digest: Digest::of(&"redigested"),
        ..request.clone()
    };
    assert_eq!(
        world.judge(&other).rule(),
        Some(Rule::Autonomy),
        "an approval is for one digest"
    );
    let mut late = world.clone();
    late.memory.approvals.get_mut(&request.digest).unwrap().expires_at = NOW;
    assert_eq!(late.judge(&request).rule(), Some(Rule::Autonomy));
}

#[test]
fn red_is_recommended_and_done_when_approved() {
    let mut world = world();
    let request = reconciler_request(stop(104));
    assert_eq!(world.judge(&request).rule(), Some(Rule::Autonomy));
    world.approve(&request);
    assert_eq!(world.judge(&request), permitted(Tier::Red));
}

#[test]
fn an_approval_does_not_lift_the_other_limits() {
    let request = start_by_reconciler();
    let spoil: [(Rule, fn(&mut World)); 6] = [
        (Rule::Autonomy, |world| world.memory.ceiling = Some(Autonomy::L1)),
        (Rule::Held, |world| {
            world.hold(jarvis_model::HoldScope::Cluster, None);
        }),
        (Rule::HaManaged, |world| {
            world.guest(101).ha_state = Some("started".to_owned());
        }),
        (Rule::MassFailure, |world| {
            world.set_offline("forge");
            world.set_offline("nova");
        }),
        (Rule::HourlyBudget, |world| world.floor.actions_per_hour = 0),
        (Rule::Attempts, |world| {
            world.open_issue(mins_ago(50));
            for minutes in [40, 30, 20] {
                world.failed_attempt(mins_ago(minutes));
            }
        }),
    ];
    for (rule, spoil) in spoil {
        let mut world = world();
        world.approve(&request);
        assert!(world.judge(&request).is_permit());
        spoil(&mut world);
        // A logged attempt uses the approval of the same digest up; give it anew.
        world.approve(&request);
        assert_eq!(world.judge(&request).rule(), Some(rule));
    }
}

#[test]
fn plans_that_are_large_wait_for_a_person() {
    let rows = [
        // (changes, declared, asks)
        (1, 1, false),
        (3, 3, false),
        (3, 0, false),
        (4, 20, false),
        (4, 19, true),
        (10, 50, false),
        (10, 49, true),
        (10, 1000, false),
        (11, 1000, true),
        (u32::MAX, u32::MAX, true),
    ];
    for (changes, declared, asks) in rows {
        let request = Request {
            plan_size: PlanSize { changes, declared },
            ..start_by_reconciler()
        };
        let expected = asks.then_some(Rule::PlanSize);
        assert_eq!(
            world().judge(&request).rule(),
            expected,
            "{changes} of {declared}"
        );
        let mut world = world();
        world.approve(&request);
        assert!(
            world.judge(&request).is_permit(),
            "{changes} of {declared}, approved"
        );
    }
}

#[test]
fn a_policy_makes_the_largest_plan_smaller_and_never_larger() {
    let ask = |limit: u32, changes: u32| {
        let mut world = world();
        world.budgets(Budgets {
            largest_plan: Some(limit),
            ..Budgets::default()
        });
        let request = Request {
            plan_size: PlanSize {
                changes,
                declared: 1000,
            },
            ..start_by_reconciler()
        };
        world.judge(&request).rule()
    };
    assert_eq!(ask(2, 2), None);
    assert_eq!(ask(2, 3), Some(Rule::PlanSize));
    assert_eq!(ask(500, 11), Some(Rule::PlanSize));
}

#[test]
fn a_confirmed_chat_card_is_typed_for_red_alone() {
    let world = world();
    let typed = |action, origin| match world.judge(&ticket_request(action, origin)) {
        Verdict::Confirm { typed, .. } => typed,
        other => panic!("{other:?}"),
    };
    assert!(!typed(reboot(104), chat(Role::Operator)));
    assert!(typed(stop(104), chat(Role::Operator)));
    assert!(!typed(stop(104), anna(Role::Operator)));
    assert!(!typed(stop(104), mcp(&[Scope::OperateRed])));
}

#[test]
fn an_approval_runs_until_its_very_end() {
    let mut world = world();
    world.floor.autonomy = Autonomy::L2;
    let request = start_by_reconciler();
    world.approve(&request);
    let approval = world.memory.approvals.get_mut(&request.digest).unwrap();
    approval.expires_at = NOW + Duration::from_millis(1);
    assert!(world.judge(&request).is_permit());
}
