//! Attempts of an issue, acts in an hour, holds, escalation, and what counts against them.

use crate::world::*;
use jarvis_crds::{AnyManifest, Budgets, Manifest, RunbookBudget, RunbookSpec};
use jarvis_guard::{Request, warnings};
use jarvis_model::{
    Closed, Event, HoldScope, IntentId, IssueKey, IssueKind, Outcome, Rearmed, ResourceKey, ResourceKind,
    Rule, Verdict,
};
use std::time::Duration;

fn with_attempts(minutes_ago: &[u64]) -> World {
    let mut world = world();
    world.open_issue(mins_ago(120));
    for minutes in minutes_ago {
        world.failed_attempt(mins_ago(*minutes));
    }
    world
}

fn rule(world: &World) -> Option<Rule> {
    world.judge(&start_by_reconciler()).rule()
}

#[test]
fn three_attempts_in_a_rolling_hour_and_no_fourth() {
    assert_eq!(rule(&with_attempts(&[])), None);
    assert_eq!(rule(&with_attempts(&[50, 40])), None);
    assert_eq!(rule(&with_attempts(&[50, 40, 30])), Some(Rule::Attempts));
    assert_eq!(
        rule(&with_attempts(&[61, 40, 30])),
        None,
        "the first is past the hour"
    );
    assert_eq!(
        rule(&with_attempts(&[60, 40, 30])),
        None,
        "the hour is over to the second"
    );
    assert_eq!(rule(&with_attempts(&[59, 40, 30])), Some(Rule::Attempts));
}

#[test]
fn attempts_count_whatever_their_outcome() {
    let outcomes = [
        Outcome::Verified,
        Outcome::NotSent,
        Outcome::NotVerified,
        Outcome::Failed {
            text: "no".to_owned(),
        },
        Outcome::Rejected {
            text: "locked".to_owned(),
            retryable: true,
        },
    ];
    for outcome in outcomes {
        let mut world = with_attempts(&[50, 40, 30]);
        let ids: Vec<IntentId> = world.memory.intents.keys().cloned().collect();
        for intent in ids {
            world.happened(
                mins_ago(20),
                Event::IntentClosed {
                    intent,
                    outcome: outcome.clone(),
                },
            );
        }
        assert_eq!(rule(&world), Some(Rule::Attempts), "{outcome:?}");
    }
}

#[test]
fn a_policy_gives_fewer_attempts_and_never_more() {
    let with_limit = |limit: u32, attempts: &[u64]| {
        let mut world = with_attempts(attempts);
        world.budgets(Budgets {
            attempts_per_issue: Some(limit),
            ..Budgets::default()
        });
        rule(&world)
    };
    assert_eq!(with_limit(1, &[]), None);
    assert_eq!(with_limit(1, &[30]), Some(Rule::Attempts));
    assert_eq!(with_limit(2, &[40]), None);
    assert_eq!(
        with_limit(9, &[50, 40, 30]),
        Some(Rule::Attempts),
        "three is the floor's"
    );
}

#[test]
fn a_runbooks_own_budget_counts_for_it_alone() {
    let mut world = with_attempts(&[30]);
    let text = serde_json::json!({
        "trigger": { "issue": "guestDown" },
        "steps": [{ "action": "startGuest" }],
    });
    let Ok(mut spec) = serde_json::from_value::<RunbookSpec>(text.clone()) else {
        panic!(
            "the runbook's form has changed: {:?}",
            serde_json::from_value::<RunbookSpec>(text)
        );
    };
    spec.budget = RunbookBudget {
        attempts: 1,
        ..RunbookBudget::default()
    };
    world.declare(AnyManifest::Runbook(Manifest::named("restart-web", spec)));
    let by_runbook = Request {
        origin: runbook(),
        ..start_by_reconciler()
    };
    assert_eq!(world.judge(&by_runbook).rule(), Some(Rule::Attempts));
    assert_eq!(rule(&world), None, "the reconciler has three");
}

#[test]
fn attempts_are_counted_issue_by_issue() {
    let world = with_attempts(&[50, 40, 30]);
    let resource = ResourceKey::new(ResourceKind::VirtualMachine, "db").unwrap();
    let other = IssueKey {
        resource,
        kind: IssueKind::GuestUp,
        about: None,
    };
    let request = Request {
        cause: jarvis_model::Cause::Issue { issue: other },
        ..reconciler_request(shutdown(104))
    };
    assert!(world.judge(&request).is_permit());
}

#[test]
fn acknowledging_gives_the_attempts_back() {
    let mut world = with_attempts(&[50, 40, 30]);
    let because = Rearmed::Acknowledged {
        by: "anna".to_owned(),
    };
    world.happened(
        mins_ago(1),
        Event::IssueRearmed {
            issue: issue(),
            because,
        },
    );
    assert_eq!(rule(&world), None);
}

#[test]
fn an_escalated_issue_is_left_to_people_until_rearmed() {
    let mut world = with_attempts(&[]);
    let escalated = Event::IssueEscalated {
        issue: issue(),
        resource_hash: String::new(),
        text: String::new(),
        evidence: Vec::new(),
    };
    world.happened(mins_ago(5), escalated);
    assert_eq!(rule(&world), Some(Rule::Escalated));
    assert!(
        world.judge(&person_request(start(101))).is_permit(),
        "people may act"
    );
    let because = Rearmed::Commit {
        commit: "beef".to_owned(),
    };
    world.happened(
        mins_ago(1),
        Event::IssueRearmed {
            issue: issue(),
            because,
        },
    );
    assert_eq!(rule(&world), None);
}

#[test]
fn attempts_do_not_bind_persons() {
    let world = with_attempts(&[50, 40, 30]);
    assert!(world.judge(&person_request(start(101))).is_permit());
}

#[test]
fn the_hour_is_spent_at_its_limit_and_rolls_on() {
    let mut world = world();
    world.floor.actions_per_hour = 2;
    world.memory.autonomous_acts = vec![mins_ago(59)];
    assert_eq!(rule(&world), None);
    world.memory.autonomous_acts = vec![mins_ago(59), mins_ago(10)];
    let Verdict::Wait { refusal, until, .. } = world.judge(&start_by_reconciler()) else {
        panic!("it does not wait")
    };
    assert_eq!(refusal.rule, Rule::HourlyBudget);
    assert_eq!(
        until,
        Some(NOW + Duration::from_mins(1)),
        "when the oldest is an hour old"
    );
    world.now = NOW + Duration::from_mins(1);
    world.memory.autonomous_acts = vec![mins_ago(59), mins_ago(10)];
    assert_ne!(rule(&world), Some(Rule::HourlyBudget));
}

#[test]
fn a_policy_makes_the_hour_smaller_and_never_larger() {
    for (floor, policy, made, spent) in [
        (5, 2, 1, false),
        (5, 2, 2, true),
        (2, 9, 2, true),
        (2, 9, 1, false),
    ] {
        let mut world = world();
        world.floor.actions_per_hour = floor;
        world.budgets(Budgets {
            actions_per_hour: Some(policy),
            ..Budgets::default()
        });
        world.memory.autonomous_acts = (0..made).map(|_| mins_ago(5)).collect();
        let expected = spent.then_some(Rule::HourlyBudget);
        assert_eq!(
            rule(&world),
            expected,
            "floor {floor}, policy {policy}, made {made}"
        );
        assert!(
            world.judge(&person_request(start(101))).is_permit(),
            "persons are not counted"
        );
    }
}

#[test]
fn holds_bind_jarvis_where_they_lie() {
    let scopes = [
        (HoldScope::Resource(key(101)), true),
        (HoldScope::Node(node("atlas")), true),
        (HoldScope::Cluster, true),
        (HoldScope::Resource(key(104)), false),
        (HoldScope::Node(node("forge")), false),
    ];
    for (scope, binds) in scopes {
        let mut world = world();
        world.hold(scope.clone(), None);
        assert_eq!(rule(&world), binds.then_some(Rule::Held), "{scope}");
        let person = person_request(start(101));
        assert!(
            world.judge(&person).is_permit(),
            "{scope}: persons are warned, not stopped"
        );
        assert_eq!(
            warnings(&person, &world.facts()).len(),
            usize::from(binds),
            "{scope}"
        );
    }
}

#[test]
fn a_hold_ends_at_its_time() {
    let mut world = world();
    world.hold(HoldScope::Cluster, Some(NOW + Duration::from_millis(1)));
    assert_eq!(rule(&world), Some(Rule::Held));
    world.hold(HoldScope::Cluster, Some(NOW));
    assert_eq!(rule(&world), None);
}

#[test]
fn a_hold_on_where_a_guest_would_go_binds_too() {
    let mut world = world();
    world.hold(HoldScope::Node(node("nova")), None);
    let request = reconciler_request(migrate(102, "nova"));
    world.approve(&request);
    assert_eq!(world.judge(&request).rule(), Some(Rule::Held));
    let elsewhere = reconciler_request(migrate(102, "atlas"));
    world.approve(&elsewhere);
    assert!(world.judge(&elsewhere).is_permit());
}

#[test]
fn a_hold_on_a_guest_counts_whatever_resource_the_request_names() {
    let mut world = world();
    world.hold(HoldScope::Resource(key(101)), None);
    for resource in [None, Some(key(104))] {
        let request = Request {
            resource,
            ..start_by_reconciler()
        };
        assert_eq!(world.judge(&request).rule(), Some(Rule::Held));
    }
    world.hold(HoldScope::Resource(key(104)), None);
    world.memory.holds.remove(&HoldScope::Resource(key(101)));
    assert_eq!(rule(&world), None);
    let request = Request {
        resource: Some(key(104)),
        ..start_by_reconciler()
    };
    assert_eq!(
        world.judge(&request).rule(),
        Some(Rule::Held),
        "and so does one on what it names"
    );
}

/// An attempt that nobody knows the end of, on a node that was seen idle since.
fn unanswered() -> World {
    let mut world = with_attempts(&[30]);
    let intent = world.memory.intents.keys().next().unwrap().clone();
    world.happened(
        mins_ago(25),
        Event::IntentClosed {
            intent,
            outcome: Outcome::Unresolved,
        },
    );
    world.node("atlas").idle = jarvis_model::Observation::known(true, secs_ago(1));
    world
}

#[test]
fn an_attempt_without_an_answer_is_not_repeated_until_rearmed() {
    let mut world = unanswered();
    assert_eq!(rule(&world), Some(Rule::Unresolved));
    assert!(
        world.judge(&person_request(start(101))).is_permit(),
        "a person may decide"
    );
    let because = Rearmed::Acknowledged {
        by: "anna".to_owned(),
    };
    world.happened(
        mins_ago(1),
        Event::IssueRearmed {
            issue: issue(),
            because,
        },
    );
    assert_eq!(rule(&world), None);
}

#[test]
fn an_attempt_without_an_answer_blocks_beyond_its_hour() {
    let mut world = unanswered();
    let later = Duration::from_hours(3);
    world.now = NOW + later;
    // The same facts, three hours later.
    let shift = |at: jarvis_model::Timestamp| at + later;
    for guest in world.observed.guests.values_mut() {
        guest.live =
            jarvis_model::Observation::known(guest.live.value().unwrap().clone(), shift(secs_ago(1)));
        guest.identity =
            jarvis_model::Observation::known(guest.identity.value().unwrap().clone(), shift(secs_ago(1)));
    }
    for node in world.observed.nodes.values_mut() {
        node.status = jarvis_model::Observation::known(jarvis_model::NodeStatus::Online, shift(secs_ago(1)));
    }
    let quorum = *world.quorum();
    world.observed.quorum = jarvis_model::Observation::known(quorum, shift(secs_ago(1)));
    world.observed.looked_at = Some(shift(secs_ago(1)));
    assert_eq!(rule(&world), Some(Rule::Unresolved));
}

#[test]
fn an_attempt_without_an_answer_ends_with_its_issue() {
    let mut world = unanswered();
    world.happened(
        mins_ago(10),
        Event::IssueClosed {
            issue: issue(),
            because: Closed::SustainedHealth,
        },
    );
    assert_eq!(rule(&world), None);
    world.open_issue(mins_ago(5));
    assert_eq!(rule(&world), None, "a new issue is a new question");
}

#[test]
fn an_attempt_without_an_answer_blocks_its_own_guest_alone() {
    let world = unanswered();
    assert!(world.judge(&reconciler_request(reboot(104))).is_permit());
}
