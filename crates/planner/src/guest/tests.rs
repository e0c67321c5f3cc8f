//! One guest against its manifest, rule by rule.

use crate::{
    plan::Look,
    scene::{START, Scene, node_name, vm, vmid},
};
use jarvis_model::{
    Action, Autonomy, Cause, ConditionType, Event, GuestStatus, Health, Hold, HoldScope, Identity,
    Observation, ResourceKey, StopCause, Sync, TaskObserved, Timestamp, UnknownReason,
};

fn web() -> ResourceKey {
    "VirtualMachine/web".parse().unwrap()
}

fn headline(scene: &Scene) -> (Sync, Health, ConditionType, String) {
    let plan = scene.plan();
    let status = &plan.statuses[&web()];
    let condition = status
        .headline()
        .expect("every status has a condition that holds");
    (
        status.sync,
        status.health,
        condition.kind,
        condition.reason.to_string(),
    )
}

fn person() -> StopCause {
    StopCause::Person {
        user: "root@pam".into(),
        task_type: "qmstop".into(),
        at: Timestamp::from_secs(START),
    }
}

fn actions(scene: &Scene) -> Vec<String> {
    scene
        .plan()
        .decisions
        .iter()
        .map(|decision| format!("{} {}", decision.request.action, decision.verdict.word()))
        .collect()
}

/// A VM that ran under our eyes and is found stopped for no known reason.
fn crashed() -> Scene {
    let mut scene = Scene::new();
    scene.guest(101, "a", GuestStatus::Running);
    scene.declare_vm("RerunOnFailure");
    scene.settle();
    scene.pass_time(60);
    scene.guest(101, "a", GuestStatus::Stopped);
    scene.cause(101, StopCause::NoTask);
    scene
}

#[test]
fn a_running_guest_is_synced_and_wants_nothing() {
    for strategy in ["Always", "RerunOnFailure"] {
        let mut scene = Scene::new();
        scene.guest(101, "a", GuestStatus::Running);
        scene.declare_vm(strategy);
        scene.settle();
        assert_eq!(
            headline(&scene),
            (
                Sync::Synced,
                Health::Healthy,
                ConditionType::Ready,
                "Running".into()
            )
        );
        assert!(actions(&scene).is_empty());
        assert!(
            scene.plan().looks.is_empty(),
            "a matched guest is not looked at one by one"
        );
    }
}

#[test]
fn a_crash_is_detected_then_started_for_the_issue() {
    let mut scene = crashed();
    let (plan, names) = scene.settle();
    assert!(names.contains(&"issueOpened".to_owned()), "{names:?}");
    let decision = &plan.decisions[0];
    assert_eq!(decision.request.action, Action::StartGuest { vmid: vmid(101) });
    assert!(decision.verdict.is_permit(), "{:?}", decision.verdict);
    assert_eq!(decision.attempt, 1);
    assert!(
        matches!(&decision.request.cause, Cause::Issue { issue } if issue.to_string() == "VirtualMachine/web#guest-down")
    );
}

#[test]
fn the_list_alone_opens_no_issue_it_asks_for_a_live_read() {
    let mut scene = crashed();
    scene.edit(101, |guest| {
        guest.live = Observation::default();
        guest.stop_cause = Observation::default();
    });
    let (plan, names) = scene.settle();
    assert!(!names.contains(&"issueOpened".to_owned()));
    assert!(plan.looks.contains(&Look::Guest { vmid: vmid(101) }));
    assert!(
        plan.looks
            .iter()
            .any(|look| matches!(look, Look::StopCause { .. }))
    );
    assert!(plan.decisions.is_empty());
}

#[test]
fn a_live_read_that_says_running_beats_the_list() {
    let mut scene = crashed();
    let now = scene.now;
    scene.edit(101, |guest| {
        guest.status = Observation::known(GuestStatus::Stopped, now);
        let mut live = guest.live.value().unwrap().clone();
        live.status = GuestStatus::Running;
        live.uptime_secs = 3;
        guest.live = Observation::known(live, now);
    });
    assert!(scene.settle().0.decisions.is_empty());
    assert_eq!(headline(&scene).0, Sync::Synced);
}

#[test]
fn a_persons_stop_is_left_alone_under_rerun_on_failure() {
    let mut scene = crashed();
    scene.cause(101, person());
    let (plan, names) = scene.settle();
    assert!(plan.decisions.is_empty());
    assert!(!names.contains(&"issueOpened".to_owned()));
    let expected = (
        Sync::Synced,
        Health::Suspended,
        ConditionType::Suspended,
        "StoppedOnPurpose".to_owned(),
    );
    assert_eq!(headline(&scene), expected);
}

#[test]
fn a_persons_stop_is_announced_under_always_and_reverted_after_a_minute() {
    let mut scene = Scene::new();
    scene.guest(101, "a", GuestStatus::Running);
    scene.declare_vm("Always");
    scene.settle();
    scene.pass_time(100);
    scene.guest(101, "a", GuestStatus::Stopped);
    let at = scene.now;
    scene.cause(
        101,
        StopCause::Person {
            user: "op@pve".into(),
            task_type: "qmshutdown".into(),
            at,
        },
    );
    let (plan, names) = scene.settle();
    assert!(names.contains(&"issueAnnounced".to_owned()), "{names:?}");
    assert!(plan.decisions.is_empty(), "not within the announced minute");
    assert_eq!(plan.wake_at, Some(at + std::time::Duration::from_mins(1)));
    scene.pass_time(59);
    assert!(scene.settle().0.decisions.is_empty());
    scene.pass_time(1);
    assert_eq!(scene.settle().0.decisions.len(), 1);
}

#[test]
fn nothing_is_announced_that_will_not_be_done_without_a_yes() {
    for level in [Autonomy::L0, Autonomy::L1, Autonomy::L2, Autonomy::L3] {
        let mut scene = Scene::new();
        scene.floor.autonomy = level;
        scene.guest(101, "a", GuestStatus::Running);
        scene.declare_vm("Always");
        scene.settle();
        scene.pass_time(100);
        scene.guest(101, "a", GuestStatus::Stopped);
        let (user, task_type, at) = ("op@pve".into(), "qmshutdown".into(), scene.now);
        scene.cause(101, StopCause::Person { user, task_type, at });
        let (_, names) = scene.settle();
        let announced = names.contains(&"issueAnnounced".to_owned());
        assert_eq!(announced, level == Autonomy::L3, "{level}: {names:?}");
    }
}

#[test]
fn nothing_starts_on_a_node_that_is_stopping_its_guests() {
    let mut scene = crashed();
    let began = scene.now;
    scene.cause(
        101,
        StopCause::System {
            task_type: "stopall".into(),
            at: began,
        },
    );
    let upid = format!(
        "UPID:a:00000001:00000001:{:08X}:stopall::root@pam:",
        began.as_secs()
    );
    scene.observed.tasks = vec![TaskObserved {
        upid: upid.parse().unwrap(),
        ended_at: None,
        exit: None,
    }];
    scene.pass_time(1200);
    scene.guest(101, "a", GuestStatus::Stopped);
    let cause = StopCause::System {
        task_type: "stopall".into(),
        at: began,
    };
    scene.cause(101, cause.clone());
    assert!(scene.settle().0.decisions.is_empty(), "it still stops them");
    assert_eq!(headline(&scene).3, "Waiting");
    // Once that is over and the node stayed up it is somebody's wish, and no crash.
    scene.observed.tasks.clear();
    scene.guest(101, "a", GuestStatus::Stopped);
    scene.cause(101, cause);
    assert!(scene.settle().0.decisions.is_empty());
    assert_eq!(headline(&scene).3, "StoppedOnPurpose");
}

#[test]
fn a_hold_within_the_minute_stops_the_revert() {
    let mut scene = crashed();
    scene.settle();
    let hold = Hold {
        by: "op".into(),
        reason: "working on it".into(),
        since: scene.now,
        until: None,
    };
    scene.remember(Event::HoldSet {
        scope: HoldScope::Resource(web()),
        hold,
    });
    assert!(scene.settle().0.decisions.is_empty());
    assert_eq!(headline(&scene).2, ConditionType::Suspended);
    assert_eq!(headline(&scene).0, Sync::OutOfSync, "a hold hides nothing");
    scene.remember(Event::HoldReleased {
        scope: HoldScope::Resource(web()),
        by: "op".into(),
    });
    assert_eq!(scene.settle().0.decisions.len(), 1);
}

#[test]
fn a_guest_never_seen_running_has_not_crashed() {
    let mut scene = Scene::new();
    scene.guest(101, "a", GuestStatus::Stopped);
    scene.cause(101, StopCause::NoTask);
    scene.declare_vm("RerunOnFailure");
    assert!(scene.settle().0.decisions.is_empty());
    scene.declare_vm("Always");
    assert_eq!(
        scene.settle().0.decisions.len(),
        1,
        "the neighbour that is started"
    );
}

#[test]
fn unknown_is_not_stopped() {
    let mut scene = crashed();
    scene.edit(101, |guest| {
        guest.status = Observation::unknown(UnknownReason::NodeAway);
        guest.live = Observation::default();
    });
    let (plan, names) = scene.settle();
    assert!(plan.decisions.is_empty() && !names.contains(&"issueOpened".to_owned()));
    assert_eq!(headline(&scene).0, Sync::Unknown);
}

#[test]
fn locks_templates_ha_and_pauses_each_wait_with_their_own_reason() {
    type Change = fn(&mut jarvis_model::GuestObserved);
    let rows: [(Change, &str); 5] = [
        (|guest| guest.lock = Some("backup".into()), "Locked"),
        (|guest| guest.template = true, "Template"),
        (|guest| guest.ha_state = Some("started".into()), "HaManaged"),
        (|guest| held(guest, "paused"), "Paused"),
        (|guest| held(guest, "io-error"), "Paused"),
    ];
    for (change, reason) in rows {
        let mut scene = crashed();
        scene.edit(101, change);
        assert!(scene.settle().0.decisions.is_empty(), "{reason}");
        assert_eq!(headline(&scene).3, reason);
    }
}

fn held(guest: &mut jarvis_model::GuestObserved, word: &str) {
    let at = guest.status.seen_at().unwrap();
    guest.status = Observation::known(GuestStatus::Held(word.into()), at);
    let mut live = guest.live.value().unwrap().clone();
    live.status = GuestStatus::Held(word.into());
    guest.live = Observation::known(live, at);
}

#[test]
fn another_guest_under_the_same_number_blocks_until_it_is_accepted() {
    let mut scene = crashed();
    scene.settle();
    let now = scene.now;
    scene.edit(101, |guest| {
        guest.identity = Observation::known(Identity("uuid-new".into()), now);
    });
    let (plan, names) = scene.settle();
    assert!(plan.decisions.is_empty());
    assert!(names.contains(&"issueOpened".to_owned()), "{names:?}");
    assert_eq!(headline(&scene).3, "IdentityChanged");
    scene.remember(Event::IdentityAccepted {
        vmid: vmid(101),
        identity: Identity("uuid-new".into()),
        by: "op".into(),
    });
    assert_eq!(scene.settle().0.decisions.len(), 1);
}

#[test]
fn the_manifest_may_accept_a_new_identity() {
    let mut scene = crashed();
    scene.settle();
    let now = scene.now;
    scene.edit(101, |guest| {
        guest.identity = Observation::known(Identity("uuid-new".into()), now);
    });
    scene.declare(&vm("web", 101, "RerunOnFailure", "  acceptIdentity: UUID-NEW\n"));
    let (_, names) = scene.settle();
    assert!(names.contains(&"identityAccepted".to_owned()), "{names:?}");
}

#[test]
fn halted_guests_are_shut_down_gracefully_with_their_own_timeout() {
    let mut scene = Scene::new();
    scene.guest(101, "a", GuestStatus::Running);
    scene.declare(&vm("web", 101, "Halted", "  stopTimeout: 90s\n"));
    let (plan, _) = scene.settle();
    assert_eq!(
        plan.decisions[0].request.action,
        Action::ShutdownGuest {
            vmid: vmid(101),
            timeout_secs: 90
        }
    );
    scene.guest(101, "a", GuestStatus::Stopped);
    let (plan, names) = scene.settle();
    assert!(plan.decisions.is_empty());
    assert!(names.contains(&"issueHealthy".to_owned()), "{names:?}");
}

#[test]
fn manual_guests_are_observed_only() {
    for status in [GuestStatus::Running, GuestStatus::Stopped] {
        let mut scene = Scene::new();
        scene.guest(101, "a", status);
        scene.declare_vm("Manual");
        let (plan, _) = scene.settle();
        assert!(plan.decisions.is_empty() && plan.looks.is_empty());
        assert_eq!(headline(&scene).3, "ObservedOnly");
    }
}

#[test]
fn dependencies_start_first_and_dependents_stop_first() {
    let web_needs_db = "  dependsOn: [VirtualMachine/db]\n";
    let mut scene = Scene::new();
    for number in [101, 102] {
        scene.guest(number, "a", GuestStatus::Stopped);
        scene.cause(number, StopCause::NoTask);
    }
    scene.declare(&(vm("web", 101, "Always", web_needs_db) + &vm("db", 102, "Always", "")));
    scene.settle();
    assert_eq!(actions(&scene), ["start guest 102 permitted"]);
    assert_eq!(headline(&scene).3, "WaitingForDependency");
    for number in [101, 102] {
        scene.guest(number, "a", GuestStatus::Running);
    }
    scene.declare(&(vm("web", 101, "Halted", web_needs_db) + &vm("db", 102, "Halted", "")));
    scene.settle();
    assert_eq!(actions(&scene), ["shut down guest 101 permitted"]);
}

#[test]
fn waiting_for_what_stays_down_is_being_blocked_by_it() {
    let needs = |name: &str| format!("  dependsOn: [VirtualMachine/{name}]\n");
    let mut scene = Scene::new();
    for number in [101, 102, 103] {
        scene.guest(number, "a", GuestStatus::Stopped);
        scene.cause(number, StopCause::NoTask);
    }
    scene.declare(
        &(vm("web", 101, "Always", &needs("app"))
            + &vm("app", 102, "Always", &needs("db"))
            + &vm("db", 103, "Halted", "")),
    );
    scene.settle();
    assert!(actions(&scene).is_empty());
    for name in ["web", "app"] {
        let key = format!("VirtualMachine/{name}").parse().unwrap();
        let status = &scene.plan().statuses[&key];
        let headline = status.headline().unwrap();
        assert_eq!(
            (headline.kind, &*headline.reason),
            (ConditionType::Blocked, "DependencyStaysDown")
        );
        assert!(
            headline.message.contains("out of dependsOn"),
            "{}",
            headline.message
        );
    }
}

#[test]
fn three_attempts_then_people_are_asked_and_a_commit_rearms() {
    let mut scene = crashed();
    for attempt in 1..=3 {
        let (plan, _) = scene.settle();
        assert_eq!(plan.decisions.len(), 1, "attempt {attempt}");
        assert_eq!(plan.decisions[0].attempt, attempt);
        scene.try_and_fail();
        let (plan, _) = scene.settle();
        assert!(
            plan.decisions.is_empty(),
            "waits before the next attempt, or is spent"
        );
        scene.pass_time(120);
    }
    let (plan, _) = scene.settle();
    assert!(plan.decisions.is_empty());
    assert_eq!(
        scene
            .events
            .iter()
            .filter(|event| matches!(event, Event::IssueEscalated { .. }))
            .count(),
        1
    );
    assert_eq!(headline(&scene).2, ConditionType::Escalated);
    scene.pass_time(2 * 3600);
    assert!(
        scene.settle().0.decisions.is_empty(),
        "time alone does not re-arm"
    );
    scene.declare(&vm("web", 101, "RerunOnFailure", "  stopTimeout: 61s\n"));
    let (plan, names) = scene.settle();
    assert!(names.contains(&"issueRearmed".to_owned()), "{names:?}");
    assert_eq!(plan.decisions.len(), 1);
}

#[test]
fn a_guest_dying_every_five_minutes_stays_one_issue() {
    let mut scene = crashed();
    for _ in 0..3 {
        scene.settle();
        scene.try_and_fail();
        scene.guest(101, "a", GuestStatus::Running);
        scene.settle();
        scene.pass_time(300);
        scene.settle();
        scene.guest(101, "a", GuestStatus::Stopped);
        scene.cause(101, StopCause::NoTask);
    }
    scene.settle();
    assert_eq!(scene.memory.issues.len(), 1);
    assert_eq!(
        headline(&scene).2,
        ConditionType::Escalated,
        "three attempts within the hour are spent"
    );
}

#[test]
fn ten_minutes_of_health_close_an_issue() {
    let mut scene = crashed();
    scene.settle();
    scene.guest(101, "a", GuestStatus::Running);
    let (plan, names) = scene.settle();
    assert!(
        !names.contains(&"issueHealthy".to_owned()),
        "one look is not enough"
    );
    assert_eq!(plan.wake_at, Some(scene.now + std::time::Duration::from_secs(10)));
    scene.pass_time(10);
    let (plan, names) = scene.settle();
    assert_eq!(names, ["issueHealthy"]);
    assert_eq!(plan.wake_at, Some(scene.now + std::time::Duration::from_mins(10)));
    scene.pass_time(599);
    assert!(scene.settle().1.is_empty());
    scene.pass_time(1);
    assert_eq!(scene.settle().1, ["issueClosed"]);
}

#[test]
fn a_returned_node_gives_its_guests_two_minutes() {
    let mut scene = crashed();
    let now = scene.now;
    scene.observed.nodes.get_mut(&node_name("a")).unwrap().returned_at = Some(now);
    assert!(scene.settle().0.decisions.is_empty());
    scene.pass_time(119);
    assert!(scene.settle().0.decisions.is_empty());
    scene.pass_time(1);
    assert_eq!(scene.settle().0.decisions.len(), 1);
}

#[test]
fn a_guest_elsewhere_than_declared_is_reported_and_never_moved() {
    let mut scene = Scene::new();
    scene.guest(101, "a", GuestStatus::Running);
    scene.declare(&vm("web", 101, "Always", "  node: b\n"));
    assert!(scene.settle().0.decisions.is_empty());
    assert_eq!(
        headline(&scene),
        (
            Sync::OutOfSync,
            Health::Healthy,
            ConditionType::Blocked,
            "Misplaced".into()
        )
    );
}

#[test]
fn a_missing_guest_and_a_wrong_kind_are_blocked_with_a_remedy() {
    let mut scene = Scene::new();
    scene.declare_vm("Always");
    scene.settle();
    assert_eq!(headline(&scene).3, "GuestMissing");
    scene.guest(101, "a", GuestStatus::Stopped);
    scene.edit(101, |guest| guest.kind = jarvis_model::GuestKind::Lxc);
    scene.settle();
    assert_eq!(headline(&scene).3, "WrongKind");
}

#[test]
fn unreadable_tasks_block_instead_of_guessing() {
    let mut scene = crashed();
    scene.cause(101, StopCause::Unreadable);
    assert!(scene.settle().0.decisions.is_empty());
    assert_eq!(headline(&scene).3, "CauseUnreadable");
}

#[test]
fn a_removed_manifest_releases_its_issue_and_does_nothing() {
    let mut scene = crashed();
    scene.settle();
    scene.declare("");
    let (plan, names) = scene.settle();
    assert!(plan.decisions.is_empty());
    assert_eq!(names, ["issueClosed"]);
}

impl Scene {
    /// The planned start is logged and fails.
    fn try_and_fail(&mut self) {
        self.act(jarvis_model::Outcome::Failed {
            text: "start failed".into(),
        });
    }
}
