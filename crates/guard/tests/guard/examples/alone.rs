//! Examples of what Jarvis may not do alone, or not yet.

use super::{Example, confirmed, example, plain};
use crate::world::*;
use jarvis_crds::{AppliesTo, AutonomyRule, Budgets, SafetyPolicySpec, WindowEffect};
use jarvis_guard::{Nature, PlanSize};
use jarvis_model::{
    Autonomy, Digest, Event, GuestKind, GuestStatus, HoldScope, IntentId, Observation, Outcome, Role, Rule,
    Scope,
};
use std::time::Duration;

pub fn unattended() -> Vec<Example> {
    vec![
        plain(
            Rule::HaManaged,
            "listed as managed by HA",
            start_by_reconciler(),
            |world, _| {
                world.guest(101).ha_state = Some("stopped".to_owned());
            },
        ),
        plain(
            Rule::HaManaged,
            "seen live as managed by HA",
            start_by_reconciler(),
            |world, _| {
                world.live(101).ha_managed = true;
            },
        ),
        plain(
            Rule::Held,
            "a hold on the guest",
            start_by_reconciler(),
            |world, _| {
                world.hold(HoldScope::Resource(key(101)), Some(NOW + Duration::from_mins(30)));
            },
        ),
        plain(
            Rule::Held,
            "a hold on its node",
            start_by_reconciler(),
            |world, _| {
                world.hold(HoldScope::Node(node("atlas")), None);
            },
        ),
        plain(
            Rule::Held,
            "a hold on the cluster",
            start_by_reconciler(),
            |world, _| {
                world.hold(HoldScope::Cluster, None);
            },
        ),
        plain(
            Rule::MassFailure,
            "two nodes away, Jarvis alone",
            start_by_reconciler(),
            |world, _| {
                world.set_offline("forge");
                world.set_offline("nova");
            },
        ),
        plain(Rule::Autonomy, "L0", start_by_reconciler(), |_, request| {
            request.autonomy = Some(Autonomy::L0);
        }),
        plain(
            Rule::Autonomy,
            "L1 by a policy's ceiling",
            start_by_reconciler(),
            |world, _| {
                let autonomy = AutonomyRule {
                    default: None,
                    ceiling: Some(Autonomy::L1),
                };
                world.policy(
                    "careful",
                    SafetyPolicySpec {
                        autonomy,
                        ..SafetyPolicySpec::default()
                    },
                );
            },
        ),
        plain(
            Rule::Autonomy,
            "L1 by the ceiling set on the dashboard",
            start_by_reconciler(),
            |world, _| {
                world.memory.ceiling = Some(Autonomy::L1);
            },
        ),
        plain(
            Rule::Autonomy,
            "L2 recommends",
            start_by_reconciler(),
            |world, _| world.floor.autonomy = Autonomy::L2,
        ),
        example(
            Rule::Autonomy,
            "red is recommended at every level",
            start_by_reconciler(),
            |world, _| world.set_status(101, GuestStatus::Stopped),
            |world, request| {
                world.set_status(101, GuestStatus::Running);
                request.action = stop(101);
            },
        ),
        plain(
            Rule::Window,
            "a deny window",
            start_by_reconciler(),
            |world, _| {
                world.window("lunch", WindowEffect::Deny, "0 11 * * *", 3, AppliesTo::Both);
            },
        ),
        plain(
            Rule::Window,
            "outside every allow window",
            start_by_reconciler(),
            |world, request| {
                request.nature = Nature::Change;
                world.window("night", WindowEffect::Allow, "0 2 * * *", 2, AppliesTo::Changes);
            },
        ),
    ]
}

pub fn budgets() -> Vec<Example> {
    vec![
        example(
            Rule::Attempts,
            "three attempts within the hour",
            start_by_reconciler(),
            |world, _| {
                world.open_issue(mins_ago(50));
                world.failed_attempt(mins_ago(40));
                world.failed_attempt(mins_ago(30));
            },
            |world, _| world.failed_attempt(mins_ago(20)),
        ),
        example(
            Rule::Escalated,
            "given to people",
            start_by_reconciler(),
            |world, _| world.open_issue(mins_ago(50)),
            |world, _| {
                let event = Event::IssueEscalated {
                    issue: issue(),
                    resource_hash: String::new(),
                    text: String::new(),
                    evidence: Vec::new(),
                };
                world.happened(mins_ago(10), event);
            },
        ),
        example(
            Rule::Unresolved,
            "an earlier attempt without an answer",
            start_by_reconciler(),
            |world, _| {
                world.open_issue(mins_ago(50));
                world.failed_attempt(mins_ago(40));
                world.node("atlas").idle = Observation::known(true, secs_ago(5));
            },
            |world, _| {
                let id = world.memory.intents.keys().next().unwrap().clone();
                let event = Event::IntentClosed {
                    intent: id,
                    outcome: Outcome::Unresolved,
                };
                world.happened(mins_ago(35), event);
            },
        ),
        example(
            Rule::HourlyBudget,
            "the hour is spent",
            start_by_reconciler(),
            |world, _| {
                world.budgets(Budgets {
                    actions_per_hour: Some(5),
                    ..Budgets::default()
                });
                world.memory.autonomous_acts = (1..5).map(|n| mins_ago(n * 10)).collect();
            },
            |world, _| world.memory.autonomous_acts.push(mins_ago(1)),
        ),
        plain(
            Rule::PlanSize,
            "a plan over the limit",
            start_by_reconciler(),
            |_, request| {
                request.plan_size = PlanSize {
                    changes: 11,
                    declared: 100,
                };
            },
        ),
        plain(
            Rule::PlanSize,
            "a plan over a fifth",
            start_by_reconciler(),
            |_, request| {
                request.plan_size = PlanSize {
                    changes: 4,
                    declared: 19,
                };
            },
        ),
    ]
}

pub fn consent() -> Vec<Example> {
    vec![
        plain(
            Rule::Confirmation,
            "red by a person",
            person_request(start(101)),
            |world, request| {
                world.set_status(101, GuestStatus::Running);
                request.action = stop(101);
            },
        ),
        plain(
            Rule::Confirmation,
            "red by a token",
            ticket_request(start(101), mcp(&[Scope::OperateRed])),
            |world, request| {
                world.set_status(101, GuestStatus::Running);
                request.action = stop(101);
            },
        ),
        example(
            Rule::Confirmation,
            "anything in the conversation",
            ticket_request(start(101), chat(Role::Operator)),
            |world, request| world.confirm(request, "anna"),
            |world, _| world.memory.tickets.clear(),
        ),
        example(
            Rule::MassFailure,
            "two nodes away, a person",
            person_request(start(101)),
            |_, _| {},
            |world, _| {
                world.set_offline("forge");
                world.set_offline("nova");
            },
        ),
        example(
            Rule::ConfirmationInvalid,
            "another decision was confirmed",
            person_request(reboot_node("forge")),
            confirmed,
            |_, request| request.digest = Digest::of(&"another base revision"),
        ),
        example(
            Rule::ConfirmationInvalid,
            "the confirmation was used",
            person_request(reboot_node("forge")),
            confirmed,
            |world, request| {
                let intent = world.intent_for(request);
                world.happened(
                    mins_ago(2),
                    Event::IntentLogged {
                        intent: Box::new(intent),
                    },
                );
                let event = Event::IntentClosed {
                    intent: IntentId("intent-1".into()),
                    outcome: Outcome::NotVerified,
                };
                world.happened(mins_ago(1), event);
            },
        ),
        example(
            Rule::ConfirmationInvalid,
            "a token confirmed itself without the scope",
            ticket_request(reboot_node("forge"), mcp(&[Scope::Operate])),
            |world, request| world.confirm(request, "anna"),
            |world, request| world.confirm(request, "desk"),
        ),
        example(
            Rule::ConfirmationInvalid,
            "a ticket for something else",
            person_request(start(101)),
            |world, request| world.open_ticket(request),
            |world, request| {
                world.set_status(101, GuestStatus::Running);
                request.action = shutdown(101);
            },
        ),
    ]
}

pub fn slots() -> Vec<Example> {
    vec![
        plain(
            Rule::InFlight,
            "an effect on another node",
            start_by_reconciler(),
            |world, _| {
                world.in_flight(shutdown(104));
            },
        ),
        plain(
            Rule::InFlight,
            "an effect on the same node",
            person_request(start(101)),
            |world, _| {
                world.add(106, "mail", "atlas", GuestKind::Qemu, GuestStatus::Stopped);
                world.in_flight(start(106));
            },
        ),
        plain(
            Rule::InFlight,
            "an effect on the same guest",
            start_by_reconciler(),
            |world, _| {
                world.in_flight(start(101));
            },
        ),
        plain(
            Rule::Pacing,
            "a start right after a stop",
            start_by_reconciler(),
            |world, _| {
                world.memory.stopped_at.insert(vmid(101), secs_ago(3));
            },
        ),
        example(
            Rule::Unresolved,
            "an effect that may still be at work",
            person_request(start(101)),
            |_, _| {},
            |world, _| {
                world.in_flight(shutdown(104));
                let event = Event::IntentClosed {
                    intent: IntentId("other".into()),
                    outcome: Outcome::Unresolved,
                };
                world.happened(secs_ago(1), event);
            },
        ),
    ]
}
