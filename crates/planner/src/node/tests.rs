//! Nodes that leave: told at once, given time, woken where that may be, left alone where somebody shut them down.

use super::TIME_TO_RETURN;
use crate::scene::{Scene, manifest, node_name, vm};
use jarvis_model::{
    Action, Autonomy, ConditionType, Event, FreezeScope, GuestStatus, Health, Hold, HoldScope, Outcome, Rule,
    Severity, Sync, TaskObserved,
};

const KEY: &str = "Node/c";

fn wakeable(more: &str) -> String {
    manifest(
        "Node",
        "c",
        &format!("{{node: c, wakeOnLan: {{mac: 'aa:bb:cc:dd:ee:ff'}}{more}}}"),
    )
}

/// Node c was there, and is Known offline now.
fn lost(yaml: &str) -> Scene {
    let mut scene = Scene::new();
    scene.declare(yaml);
    scene.settle();
    scene.pass_time(60);
    scene.offline("c");
    scene
}

fn wake() -> Action {
    Action::WakeNode { node: node_name("c") }
}

fn stopall(scene: &Scene, node: &str, secs_ago: u64) -> TaskObserved {
    let began = scene.now.as_secs() - secs_ago;
    let upid = format!("UPID:{node}:00000001:00000001:{began:08X}:stopall::root@pam:");
    TaskObserved {
        upid: upid.parse().unwrap(),
        ended_at: None,
        exit: None,
    }
}

#[test]
fn a_lost_node_is_told_at_once_given_two_minutes_and_woken() {
    let mut scene = lost(&wakeable(""));
    let (plan, names) = scene.settle();
    assert_eq!(names, ["nodeLost", "issueOpened", "issueAlerted"]);
    assert!(plan.decisions.is_empty(), "it may only be rebooting");
    assert_eq!(plan.wake_at, Some(scene.now + TIME_TO_RETURN));
    let text = scene.events.iter().find_map(|event| match event {
        Event::IssueAlerted { text, severity, .. } => Some((text.clone(), *severity)),
        _ => None,
    });
    let (text, severity) = text.unwrap();
    assert!(text.contains("Jarvis wakes it over the network"), "{text}");
    assert_eq!(severity, Severity::Critical);
    scene.pass_time(119);
    assert!(scene.settle().0.decisions.is_empty());
    scene.pass_time(1);
    let (plan, _) = scene.settle();
    assert_eq!(plan.decisions[0].request.action, wake());
    assert!(
        plan.decisions[0].verdict.is_permit(),
        "{:?}",
        plan.decisions[0].verdict
    );
}

#[test]
fn a_woken_node_is_well_by_two_looks_and_its_issue_closes() {
    let mut scene = lost(&wakeable(""));
    scene.settle();
    scene.pass_time(120);
    scene.begin();
    scene.settle();
    assert_eq!(scene.says(KEY).1, "InFlight");
    scene.pass_time(60);
    scene.back("c");
    let intent = scene.memory.open_intents().next().unwrap().id.clone();
    let outcome = Outcome::Verified;
    scene.remember(Event::IntentClosed { intent, outcome });
    let (_, names) = scene.settle();
    assert_eq!(names, ["nodeReturned"]);
    scene.pass_time(10);
    assert_eq!(scene.settle().1, ["issueHealthy"]);
    scene.pass_time(600);
    assert_eq!(scene.settle().1, ["issueClosed"]);
}

#[test]
fn three_wakes_in_vain_then_people_are_asked() {
    let mut scene = lost(&wakeable(""));
    scene.settle();
    scene.pass_time(120);
    for attempt in 1..=3 {
        let (plan, _) = scene.settle();
        assert_eq!(plan.decisions[0].attempt, attempt);
        scene.act(Outcome::NotVerified);
        scene.pass_time(300);
    }
    assert!(scene.settle().0.decisions.is_empty());
    assert_eq!(scene.count("issueEscalated"), 1);
    scene.pass_time(7200);
    assert!(scene.settle().0.decisions.is_empty());
}

#[test]
fn what_cannot_be_woken_is_told_and_watched() {
    for yaml in [
        manifest("Node", "c", "{node: c}"),
        manifest("Node", "c", "{node: c, wakeOnLan: {}}"),
    ] {
        let mut scene = lost(&yaml);
        scene.settle();
        scene.pass_time(600);
        assert!(scene.settle().0.decisions.is_empty());
        assert_eq!(scene.count("issueAlerted"), 1);
        assert_eq!(scene.says(KEY), (ConditionType::Blocked, "NodeOffline".into()));
    }
}

#[test]
fn an_address_that_was_seen_while_the_node_was_up_wakes_it() {
    let mut scene = lost(&manifest("Node", "c", "{node: c, wakeOnLan: {}}"));
    scene.remember(Event::MacSeen {
        node: node_name("c"),
        mac: "00:11:22:33:44:55".into(),
    });
    scene.settle();
    scene.pass_time(120);
    assert_eq!(scene.settle().0.decisions[0].request.action, wake());
}

#[test]
fn a_node_that_is_fenced_is_woken_only_afterwards() {
    let mut scene = lost(&wakeable(""));
    scene.node("c").ha_state = Some("fence".into());
    scene.settle();
    scene.pass_time(600);
    assert!(scene.settle().0.decisions.is_empty());
    assert_eq!(scene.says(KEY).1, "TimeToReturn");
    scene.node("c").ha_state = Some("unknown".into());
    assert!(scene.settle().0.decisions[0].verdict.is_permit());
}

#[test]
fn with_two_nodes_away_nothing_is_woken_and_both_are_told() {
    let mut scene = lost(&(wakeable("") + &manifest("Node", "b", "{node: b}")));
    scene.offline("b");
    scene.settle();
    scene.pass_time(600);
    let (plan, _) = scene.settle();
    assert!(
        plan.decisions
            .iter()
            .all(|decision| !decision.verdict.is_permit())
    );
    assert_eq!(plan.decisions[0].verdict.rule(), Some(Rule::MassFailure));
    assert_eq!(scene.count("issueAlerted"), 2);
}

#[test]
fn a_node_that_ended_its_guests_in_order_was_shut_down_and_is_left_alone() {
    let mut scene = lost(&wakeable(""));
    let task = stopall(&scene, "c", 90);
    scene.observed.tasks = vec![task];
    let (_, names) = scene.settle();
    assert_eq!(names, ["nodeLost", "nodeShutDown"]);
    assert_eq!(scene.says(KEY), (ConditionType::Suspended, "ShutDown".into()));
    scene.observed.tasks.clear();
    scene.pass_time(100_000);
    let (plan, names) = scene.settle();
    assert!(
        plan.decisions.is_empty() && names.is_empty(),
        "the task list forgets, Jarvis does not"
    );
    scene.back("c");
    assert_eq!(scene.settle().1, ["nodeReturned"]);
    scene.pass_time(600);
    scene.offline("c");
    let (_, names) = scene.settle();
    assert_eq!(names, ["nodeLost", "issueOpened", "issueAlerted"]);
}

#[test]
fn tasks_of_before_or_of_another_node_explain_nothing() {
    for (node, secs_ago) in [("c", 601), ("b", 90)] {
        let mut scene = lost(&wakeable(""));
        let task = stopall(&scene, node, secs_ago);
        scene.observed.tasks = vec![task];
        assert!(
            scene.settle().1.contains(&"issueOpened".to_owned()),
            "{node} {secs_ago}"
        );
    }
}

#[test]
fn a_shutdown_through_jarvis_is_no_issue() {
    use jarvis_model::{Cause, Effect, Intent, NodeVerb, Origin, Role, TicketId, Tier};
    let mut scene = lost(&wakeable(""));
    let template = {
        let mut other = lost(&wakeable(""));
        other.settle();
        other.pass_time(120);
        other.begin()
    };
    let intent = Intent {
        cause: Cause::Ticket {
            ticket: TicketId("t".into()),
        },
        action: Action::ShutdownNode { node: node_name("c") },
        effect: Effect::Node {
            node: node_name("c"),
            request: NodeVerb::Shutdown,
        },
        origin: Origin::Person {
            user: "anna".into(),
            role: Role::Admin,
            door: jarvis_model::Door::Cli,
        },
        tier: Tier::Red,
        logged_at: scene.now,
        ..template
    };
    let id = intent.id.clone();
    scene.remember(Event::IntentLogged {
        intent: Box::new(intent),
    });
    scene.remember(Event::IntentClosed {
        intent: id,
        outcome: Outcome::Verified,
    });
    assert_eq!(scene.settle().1, ["nodeLost"]);
    scene.pass_time(7200);
    let (plan, names) = scene.settle();
    assert!(plan.decisions.is_empty() && names.is_empty());
    assert_eq!(scene.says(KEY).1, "ShutDown");
}

#[test]
fn guests_on_a_lost_node_have_no_alerts_of_their_own_and_their_recovery_is_seen() {
    let mut scene = Scene::new();
    let mut yaml = wakeable("");
    for number in 101..113 {
        scene.guest(number, "c", GuestStatus::Running);
        yaml += &vm(&format!("vm-{number}"), number, "Always", "");
    }
    scene.declare(&yaml);
    scene.settle();
    scene.pass_time(60);
    scene.offline("c");
    for number in 101..113 {
        scene.edit(number, |guest| {
            guest.status = jarvis_model::Observation::unknown(jarvis_model::UnknownReason::NodeAway);
            guest.live = jarvis_model::Observation::default();
        });
    }
    scene.settle();
    scene.pass_time(300);
    scene.settle();
    assert_eq!(scene.count("issueAlerted"), 1, "the node's");
    assert_eq!(scene.memory.issues.len(), 1);
    assert_eq!(scene.says("VirtualMachine/vm-101").1, "NodeAway");
    scene.back("c");
    for number in 101..113 {
        scene.guest(number, "c", GuestStatus::Running);
    }
    scene.settle();
    assert_eq!(scene.says("VirtualMachine/vm-101").1, "Running");
}

#[test]
fn a_frozen_jarvis_wakes_nothing_and_still_tells() {
    let mut scene = lost(&wakeable(""));
    scene.remember(Event::FreezeSet {
        scope: FreezeScope::Autonomy,
        by: "op".into(),
        reason: String::new(),
        until: None,
    });
    scene.settle();
    assert_eq!(scene.count("issueAlerted"), 1);
    scene.pass_time(300);
    let (plan, _) = scene.settle();
    assert_eq!(plan.decisions[0].verdict.rule(), Some(Rule::Frozen));
}

#[test]
fn the_levels_of_autonomy_for_a_node_that_is_unreachable() {
    let rows = [
        (Autonomy::L0, "refused", 0, true),
        (Autonomy::L1, "refused", 1, true),
        (Autonomy::L2, "needs confirmation", 1, true),
        (Autonomy::L3, "permitted", 1, true),
        (Autonomy::L4, "permitted", 0, false),
    ];
    let mut texts = Vec::new();
    for (level, word, alerts, told) in rows {
        let mut scene = lost(&wakeable(&format!(", autonomy: {level:?}")));
        scene.floor.autonomy = Autonomy::L4;
        scene.settle();
        scene.pass_time(120);
        let (plan, _) = scene.settle();
        assert_eq!(plan.decisions[0].verdict.word(), word, "{level}");
        assert_eq!(scene.count("issueAlerted"), alerts, "{level}");
        if word == "permitted" {
            scene.act(Outcome::Verified);
        }
        let mine = |event: &&Event| {
            event.name() != "nodeLost" && event.name() != "revisionApplied" && event.is_feed()
        };
        let seen = scene
            .events
            .iter()
            .filter(mine)
            .any(|event| event.is_told(&scene.memory));
        assert_eq!(seen, told, "{level}");
        let alert = scene.events.iter().find_map(|event| match event {
            Event::IssueAlerted { text, .. } => Some(text.clone()),
            _ => None,
        });
        texts.extend(alert);
    }
    texts.sort();
    texts.dedup();
    assert_eq!(
        texts.len(),
        3,
        "each level that tells says what it will do: {texts:#?}"
    );
}

#[test]
fn a_held_node_is_shown_so_told_of_and_left_alone() {
    let mut scene = lost(&wakeable(""));
    let hold = Hold {
        by: "op".into(),
        reason: "changing its fan".into(),
        since: scene.now,
        until: None,
    };
    let scope = HoldScope::Node(node_name("c"));
    scene.remember(Event::HoldSet {
        scope: scope.clone(),
        hold,
    });
    let (_, names) = scene.settle();
    assert!(
        names.contains(&"issueAlerted".to_owned()),
        "a hold hides nothing: {names:?}"
    );
    scene.pass_time(180);
    let (plan, _) = scene.settle();
    assert!(plan.decisions.is_empty(), "{:?}", plan.decisions);
    let status = plan.statuses.values().next().unwrap();
    assert_eq!(
        (status.sync, status.health),
        (Sync::OutOfSync, Health::Suspended),
        "{status:?}"
    );
    scene.remember(Event::HoldReleased {
        scope,
        by: "op".into(),
    });
    let decisions = scene.settle().0.decisions;
    assert_eq!(decisions.len(), 1, "{decisions:?}");
    assert_eq!(decisions[0].request.action, wake());
}
