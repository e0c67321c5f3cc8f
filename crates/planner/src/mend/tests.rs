//! The life of an issue: escalations with what was seen and tried, a whole day, and how far each level goes with a guest.

use crate::{
    plan::Look,
    scene::{Scene, vm, vmid},
};
use jarvis_model::{Autonomy, Event, GuestStatus, IssueKey, Observation, Outcome, StopCause, UnknownReason};

fn crashed() -> Scene {
    let mut scene = Scene::new();
    scene.guest(101, "a", GuestStatus::Running);
    scene.declare_vm("Always");
    scene.settle();
    scene.pass_time(60);
    scene.guest(101, "a", GuestStatus::Stopped);
    scene.cause(101, StopCause::NoTask);
    scene
}

fn failed() -> Outcome {
    Outcome::Failed {
        text: "no space left on device".into(),
    }
}

/// Two attempts in vain, and the third ended a moment ago.
fn spent() -> Scene {
    let mut scene = crashed();
    for attempt in 1..=3 {
        scene.settle();
        scene.act(failed());
        if attempt < 3 {
            scene.pass_time(120);
        }
    }
    scene
}

fn issue() -> IssueKey {
    "VirtualMachine/web#guest-down".parse().unwrap()
}

fn escalation(scene: &Scene) -> (String, Vec<String>) {
    let told = scene.events.iter().find_map(|event| match event {
        Event::IssueEscalated { text, evidence, .. } => Some((text.clone(), evidence.clone())),
        _ => None,
    });
    told.expect("an escalation")
}

#[test]
fn an_escalation_waits_for_the_log_and_tells_what_was_seen_tried_and_may_be_tried() {
    let mut scene = spent();
    let (plan, names) = scene.settle();
    assert!(names.is_empty(), "{names:?}");
    let look = Look::Log { issue: issue() };
    assert_eq!(plan.looks, [look]);
    assert_eq!(plan.wake_at, Some(scene.now + std::time::Duration::from_secs(20)));
    let lines = vec!["kvm: cannot allocate memory".to_owned()];
    scene
        .observed
        .logs
        .insert(issue(), Observation::known(lines, scene.now));
    assert_eq!(scene.settle().1, ["issueEscalated"]);
    let (text, evidence) = escalation(&scene);
    assert!(
        text.starts_with("guest-101 (101) is stopped, declared Always: it stopped and no task explains it.")
    );
    assert_eq!(
        text.matches("start guest 101, failed: no space left on device")
            .count(),
        3,
        "{text}"
    );
    assert!(
        text.contains("1970-01-12 13:") && text.contains("start it by hand"),
        "{text}"
    );
    assert!(evidence[0].starts_with("list seen"), "{evidence:?}");
    assert_eq!(evidence[1], "log: kvm: cannot allocate memory");
}

#[test]
fn a_log_that_cannot_be_read_is_said_and_not_waited_for() {
    let mut scene = spent();
    let unknown = Observation::unknown(UnknownReason::NoRights);
    scene.observed.logs.insert(issue(), unknown);
    assert_eq!(scene.settle().1, ["issueEscalated"]);
    assert_eq!(
        escalation(&scene).1[1],
        "log: could not be read, the token may not look"
    );
}

#[test]
fn a_log_that_does_not_come_holds_nothing_up() {
    let mut scene = spent();
    scene.pass_time(19);
    assert!(scene.settle().1.is_empty());
    scene.pass_time(1);
    assert_eq!(scene.settle().1, ["issueEscalated"]);
}

#[test]
fn a_log_of_an_earlier_escalation_is_not_taken_for_this_one() {
    let mut scene = spent();
    let old = Observation::known(
        vec!["old".to_owned()],
        scene.now - std::time::Duration::from_hours(2),
    );
    scene.observed.logs.insert(issue(), old);
    assert!(scene.settle().1.is_empty());
}

/// A day with looks every ten seconds or oftener: a guest that starts, runs for some seconds and dies, each time.
#[test]
fn a_guest_that_fails_to_start_gets_three_attempts_one_escalation_and_silence() {
    let mut scene = crashed();
    for _ in 0..(24 * 360) {
        scene.settle();
        if scene.plan().decisions.iter().any(|one| one.verdict.is_permit()) {
            scene.act(Outcome::Verified);
            scene.guest(101, "a", GuestStatus::Running);
            scene.settle();
            scene.pass_time(6);
            scene.settle();
            scene.guest(101, "a", GuestStatus::Stopped);
            scene.cause(101, StopCause::NoTask);
            scene.settle();
        }
        scene.pass_time(10);
    }
    assert_eq!(scene.count("intentLogged"), 3);
    assert_eq!(scene.count("issueEscalated"), 1);
    assert_eq!(scene.count("issueHealthy"), 0, "it was never well in between");
    assert_eq!(scene.count("issueOpened"), 1);
    assert_eq!(scene.count("issueAlerted"), 0);
    let (begun, events) = (scene.count("guestsSeen"), scene.events.len());
    assert!(begun <= 8 && events < 30, "{events} records in a day");
    // A commit of another manifest gives no new attempts; one of its own does.
    scene.guest(102, "b", GuestStatus::Running);
    scene.declare(&(vm("web", 101, "Always", "") + &vm("db", 102, "Always", "")));
    assert!(scene.settle().0.decisions.is_empty());
    scene.declare(&(vm("web", 101, "Always", "  stopTimeout: 61s\n") + &vm("db", 102, "Always", "")));
    let plan = scene.settle().0;
    assert_eq!(plan.decisions[0].request.action.vmid(), Some(vmid(101)));
}

#[test]
fn the_levels_of_autonomy_for_a_guest_that_crashed() {
    let rows = [
        (Autonomy::L0, "refused", false, false),
        (Autonomy::L1, "refused", true, false),
        (Autonomy::L2, "needs confirmation", true, false),
        (Autonomy::L3, "permitted", false, false),
        (Autonomy::L4, "permitted", false, true),
    ];
    for (level, word, alerted, silent) in rows {
        let mut scene = crashed();
        scene.floor.autonomy = level;
        let (plan, names) = scene.settle();
        assert_eq!(plan.decisions[0].verdict.word(), word, "{level}");
        assert_eq!(names.contains(&"issueAlerted".to_owned()), alerted, "{level}");
        if word == "permitted" {
            scene.act(Outcome::Verified);
            scene.guest(101, "a", GuestStatus::Running);
            scene.settle();
            scene.pass_time(10);
            scene.settle();
            scene.pass_time(600);
            scene.settle();
        }
        let about = |event: &&Event| {
            let name = event.name();
            (name.starts_with("issue") || name.starts_with("intent")) && event.is_feed()
        };
        let mine: Vec<&Event> = scene.events.iter().filter(about).collect();
        for event in mine {
            assert_eq!(event.is_told(&scene.memory), !silent, "{level}: {}", event.name());
        }
    }
}

#[test]
fn what_is_mended_silently_is_told_once_it_cannot_be_mended() {
    let mut scene = crashed();
    scene.floor.autonomy = Autonomy::L4;
    for _ in 1..=3 {
        scene.settle();
        scene.act(failed());
        scene.pass_time(120);
    }
    scene.settle();
    let told = scene.events.iter().find(|event| event.name() == "issueEscalated");
    assert!(told.unwrap().is_told(&scene.memory));
    assert!(!scene.memory.issues[&issue()].silent);
}
