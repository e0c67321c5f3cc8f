//! Properties of a whole pass: silence when all is well, the same plan twice, order never matters, autonomy levels,
//! large plans, requests, and a start gate.

use crate::scene::{Scene, node_name, vm, vmid};
use jarvis_model::{
    Action, Autonomy, ConditionType, Door, Event, FreezeScope, GuestStatus, NodeStatus, Observation, Origin,
    Role, Rule, StopCause, Ticket, TicketId, TicketState, Timestamp, Verdict,
};
use proptest::prelude::*;

fn stopped_scene(guests: u32) -> Scene {
    let mut scene = Scene::new();
    let mut yaml = String::new();
    for number in 101..101 + guests {
        scene.guest(number, "a", GuestStatus::Stopped);
        scene.cause(number, StopCause::NoTask);
        yaml += &vm(&format!("vm-{number}"), number, "Always", "");
    }
    scene.declare(&yaml);
    scene
}

fn person(role: Role) -> Origin {
    Origin::Person {
        user: "op".into(),
        role,
        door: Door::Graphql,
    }
}

fn ticket(scene: &Scene, action: Action, origin: Origin) -> Event {
    let ticket = Ticket {
        id: TicketId("t1".into()),
        action,
        origin,
        created_at: scene.now,
        not_before: scene.now,
        hold_secs: None,
        confirmed: None,
        state: TicketState::Queued,
    };
    Event::TicketOpened {
        ticket: Box::new(ticket),
    }
}

#[test]
fn nothing_is_judged_before_the_start_gate() {
    let mut scene = stopped_scene(1);
    scene.observed.complete_passes = 1;
    let plan = scene.plan();
    assert!(plan.events.is_empty() && plan.decisions.is_empty() && plan.looks.is_empty());
    assert!(plan.report[0].text.contains("1 of 2 complete looks"));
    scene.observed.complete_passes = 2;
    assert_eq!(scene.settle().0.decisions.len(), 1);
}

#[test]
fn autonomy_levels_behave_differently() {
    let rows = [
        (Autonomy::L0, "refused", false),
        (Autonomy::L1, "refused", true),
        (Autonomy::L2, "needs confirmation", true),
        (Autonomy::L3, "permitted", false),
        (Autonomy::L4, "permitted", false),
    ];
    for (level, word, alerted) in rows {
        let mut scene = stopped_scene(1);
        scene.floor.autonomy = level;
        let (plan, names) = scene.settle();
        assert_eq!(plan.decisions[0].verdict.word(), word, "{level}");
        assert_eq!(names.contains(&"issueAlerted".to_owned()), alerted, "{level}");
    }
}

#[test]
fn a_recommendation_is_mailed_once_and_runs_once_approved() {
    let mut scene = stopped_scene(1);
    scene.floor.autonomy = Autonomy::L2;
    let (plan, _) = scene.settle();
    scene.pass_time(60);
    assert!(scene.settle().1.is_empty(), "told once");
    let digests = vec![plan.decisions[0].id().clone()];
    let expires_at = scene.now + std::time::Duration::from_mins(5);
    scene.remember(Event::Approved {
        digests,
        by: "op".into(),
        expires_at,
    });
    assert!(scene.plan().decisions[0].verdict.is_permit());
    scene.pass_time(301);
    assert!(
        !scene.plan().decisions[0].verdict.is_permit(),
        "an approval lapses"
    );
}

#[test]
fn a_large_plan_waits_for_a_person_and_its_digest_stands() {
    for (guests, waits) in [(3, false), (4, true), (11, true)] {
        let mut scene = stopped_scene(guests);
        let (plan, _) = scene.settle();
        assert_eq!(plan.decisions.len(), guests as usize);
        let asks = |verdict: &Verdict| verdict.rule() == Some(Rule::PlanSize);
        assert_eq!(
            plan.decisions.iter().any(|decision| asks(&decision.verdict)),
            waits,
            "{guests}"
        );
        assert_eq!(scene.plan().digest, plan.digest);
    }
}

#[test]
fn freeze_stops_the_loop_alerts_people_and_lets_a_person_act() {
    let mut scene = stopped_scene(1);
    let reason = "upgrade".to_owned();
    scene.remember(Event::FreezeSet {
        scope: FreezeScope::Autonomy,
        by: "op".into(),
        reason,
        until: None,
    });
    let (plan, names) = scene.settle();
    assert_eq!(plan.decisions[0].verdict.rule(), Some(Rule::Frozen));
    assert!(
        names.contains(&"issueAlerted".to_owned()),
        "a frozen Jarvis still tells: {names:?}"
    );
    let opened = ticket(
        &scene,
        Action::StartGuest { vmid: vmid(101) },
        person(Role::Operator),
    );
    scene.remember(opened);
    let plan = scene.settle().0;
    let permitted: Vec<_> = plan
        .decisions
        .iter()
        .filter(|decision| decision.verdict.is_permit())
        .collect();
    assert_eq!(permitted.len(), 1);
    assert!(!permitted[0].request.origin.is_autonomous());
    scene.remember(Event::FreezeSet {
        scope: FreezeScope::All,
        by: "op".into(),
        reason: String::new(),
        until: None,
    });
    let plan = scene.settle().0;
    assert!(
        plan.decisions
            .iter()
            .all(|decision| !decision.verdict.is_permit())
    );
}

#[test]
fn a_refused_request_says_so_and_is_over() {
    let mut scene = stopped_scene(1);
    scene.floor.nodes.insert(node_name("a"));
    let opened = ticket(
        &scene,
        Action::RebootNode { node: node_name("a") },
        person(Role::Admin),
    );
    scene.remember(opened);
    scene.settle();
    let state = &scene.memory.tickets[&TicketId("t1".into())].state;
    assert!(
        matches!(state, TicketState::Refused { refusal } if refusal.rule == Rule::Protected),
        "{state:?}"
    );
}

#[test]
fn a_red_request_waits_for_its_confirmation_and_lapses() {
    let mut scene = stopped_scene(1);
    let opened = ticket(
        &scene,
        Action::RebootNode { node: node_name("b") },
        person(Role::Admin),
    );
    scene.remember(opened);
    scene.settle();
    let id = TicketId("t1".into());
    assert!(matches!(
        scene.memory.tickets[&id].state,
        TicketState::AwaitingConfirmation { .. }
    ));
    scene.pass_time(301);
    scene.settle();
    assert_eq!(scene.memory.tickets[&id].state, TicketState::Expired);
}

#[test]
fn a_node_that_is_known_offline_is_an_issue_and_others_are_still_mended() {
    let mut scene = stopped_scene(1);
    scene.declare(
        &(vm("vm-101", 101, "Always", "")
            + "apiVersion: jarvis.dev/v1alpha1\nkind: Node\nmetadata:\n  name: c\nspec:\n  node: c\n"),
    );
    let now = scene.now;
    scene.observed.nodes.get_mut(&node_name("c")).unwrap().status =
        Observation::known(NodeStatus::Offline, now);
    let (plan, names) = scene.settle();
    assert!(
        names.contains(&"nodeLost".to_owned()) && names.contains(&"issueAlerted".to_owned()),
        "{names:?}"
    );
    assert!(
        plan.decisions[0].verdict.is_permit(),
        "{:?}",
        plan.decisions[0].verdict
    );
    let key = "Node/c".parse().unwrap();
    assert_eq!(
        plan.statuses[&key].headline().unwrap().kind,
        ConditionType::Blocked
    );
}

#[test]
fn a_node_that_goes_down_because_it_was_asked_to_is_no_issue() {
    use jarvis_model::{Cause, Digest, Effect, Intent, IntentId, NodeVerb, Stage, Tier};
    let mut scene = Scene::new();
    scene.declare("apiVersion: jarvis.dev/v1alpha1\nkind: Node\nmetadata:\n  name: c\nspec:\n  node: c\n");
    let effect = Effect::Node {
        node: node_name("c"),
        request: NodeVerb::Reboot,
    };
    let intent = Intent {
        id: IntentId("i".into()),
        resource: None,
        cause: Cause::Ticket {
            ticket: TicketId("t".into()),
        },
        action: Action::RebootNode { node: node_name("c") },
        deadline: effect.deadline(scene.now),
        effect,
        origin: person(Role::Admin),
        tier: Tier::Red,
        digest: Digest::of(&1),
        revision: String::new(),
        epoch: 1,
        attempt: 0,
        logged_at: scene.now,
        uptime_before_secs: None,
        identity: None,
        undo: String::new(),
        silent: false,
        stage: Stage::Accepted {
            upid: None,
            at: scene.now,
        },
        outcome: None,
        closed_at: None,
    };
    scene.remember(Event::IntentLogged {
        intent: Box::new(intent),
    });
    let now = scene.now;
    scene.observed.nodes.get_mut(&node_name("c")).unwrap().status =
        Observation::known(NodeStatus::Offline, now);
    scene.settle();
    assert!(scene.memory.issues.is_empty(), "{:?}", scene.memory.issues);
    let outcome = jarvis_model::Outcome::NotVerified;
    scene.remember(Event::IntentClosed {
        intent: IntentId("i".into()),
        outcome,
    });
    scene.settle();
    assert_eq!(
        scene.memory.issues.len(),
        1,
        "once the reboot is over its absence is an issue"
    );
}

#[test]
fn two_nodes_away_stop_all_acting() {
    let mut scene = stopped_scene(1);
    let now = scene.now;
    for node in ["b", "c"] {
        scene.observed.nodes.get_mut(&node_name(node)).unwrap().status =
            Observation::known(NodeStatus::Offline, now);
    }
    let plan = scene.settle().0;
    assert!(
        !plan.decisions[0].verdict.is_permit(),
        "{:?}",
        plan.decisions[0].verdict
    );
}

#[test]
fn a_blocked_condition_always_says_what_would_unblock_it() {
    let mut scene = stopped_scene(4);
    scene.floor.autonomy = Autonomy::L2;
    for status in scene.settle().0.statuses.values() {
        for condition in &status.conditions {
            assert!(condition.message.len() > 20, "{condition:?}");
        }
    }
}

fn arbitrary_scene(spec: &[(u8, u8, u8)]) -> Scene {
    let mut scene = Scene::new();
    let mut yaml = String::new();
    for (index, (strategy, status, cause)) in spec.iter().enumerate() {
        let number = 101 + u32::try_from(index).unwrap();
        let status = match status % 3 {
            0 => GuestStatus::Running,
            1 => GuestStatus::Stopped,
            _ => GuestStatus::Held("paused".into()),
        };
        scene.guest(number, ["a", "b", "c"][index % 3], status);
        scene.cause(
            number,
            match cause % 4 {
                0 => StopCause::NoTask,
                1 => StopCause::Unreadable,
                2 => StopCause::System {
                    task_type: "stopall".into(),
                    at: Timestamp::from_secs(1),
                },
                _ => StopCause::Person {
                    user: "u@pam".into(),
                    task_type: "qmstop".into(),
                    at: Timestamp::from_secs(1),
                },
            },
        );
        let strategy = ["Always", "RerunOnFailure", "Halted", "Manual"][usize::from(strategy % 4)];
        yaml += &vm(&format!("vm-{number}"), number, strategy, "");
    }
    scene.declare(&yaml);
    scene
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn planning_twice_without_new_facts_gives_the_same_plan(spec in prop::collection::vec(any::<(u8, u8, u8)>(), 0..8)) {
        let mut scene = arbitrary_scene(&spec);
        let (settled, _) = scene.settle();
        prop_assert_eq!(scene.plan(), settled);
    }

    #[test]
    fn a_matched_healthy_cluster_wants_nothing(count in 0usize..8) {
        let spec: Vec<(u8, u8, u8)> = (0..count).map(|n| (u8::try_from(n % 2).unwrap(), 0, 0)).collect();
        let mut scene = arbitrary_scene(&spec);
        let (plan, _) = scene.settle();
        prop_assert!(plan.decisions.is_empty() && plan.looks.is_empty());
    }

    #[test]
    fn every_resource_has_a_condition_that_holds(spec in prop::collection::vec(any::<(u8, u8, u8)>(), 0..8)) {
        let mut scene = arbitrary_scene(&spec);
        let (plan, _) = scene.settle();
        for key in scene.desired.guests.keys() {
            prop_assert!(plan.statuses[key].headline().is_some());
        }
    }

    #[test]
    fn a_paused_or_manual_or_person_stopped_guest_is_never_acted_upon(spec in prop::collection::vec(any::<(u8, u8, u8)>(), 1..8)) {
        let mut scene = arbitrary_scene(&spec);
        let (plan, _) = scene.settle();
        for decision in &plan.decisions {
            let index = usize::try_from(decision.request.action.vmid().unwrap().get() - 101).unwrap();
            let (strategy, status, cause) = spec[index];
            let manual = strategy % 4 == 3;
            let paused = status % 3 == 2 && strategy % 4 != 2;
            let respected = strategy % 4 == 1 && cause % 4 == 3 && status % 3 == 1;
            prop_assert!(!manual && !paused && !respected, "{:?}", decision);
        }
    }
}
