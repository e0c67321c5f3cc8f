//! Following an effect: replies never close it, looking does, and lost replies are never sent again.

use super::*;
use crate::scene::{Scene, node_name, vmid};
use jarvis_model::{Action, Cause, Digest, GuestKind, IntentId, Origin, TicketId, Tier};

const T0: u64 = 1_000;

fn at(secs: u64) -> Timestamp {
    Timestamp::from_secs(secs)
}

fn intent(request: GuestVerb, stage: Stage) -> Intent {
    let effect = Effect::Guest {
        node: node_name("a"),
        kind: GuestKind::Qemu,
        vmid: vmid(101),
        request,
    };
    Intent {
        id: IntentId("i".into()),
        resource: None,
        cause: Cause::Ticket {
            ticket: TicketId("t".into()),
        },
        action: Action::StartGuest { vmid: vmid(101) },
        deadline: effect.deadline(at(T0)),
        effect,
        origin: Origin::Reconciler,
        tier: Tier::Yellow,
        digest: Digest::of(&1),
        revision: String::new(),
        epoch: 1,
        attempt: 1,
        logged_at: at(T0),
        uptime_before_secs: Some(5_000),
        identity: None,
        undo: String::new(),
        silent: false,
        stage,
        outcome: None,
        closed_at: None,
    }
}

fn upid(kind: &str, start: u64) -> Upid {
    format!("UPID:a:00000001:00000001:{start:08X}:{kind}:101:jarvis@pve!act:")
        .parse()
        .unwrap()
}

fn task(kind: &str, start: u64) -> TaskObserved {
    TaskObserved {
        upid: upid(kind, start),
        ended_at: None,
        exit: None,
    }
}

fn live(status: GuestStatus, uptime_secs: u64) -> LiveStatus {
    LiveStatus {
        status,
        uptime_secs,
        pid: None,
        lock: None,
        ha_managed: false,
    }
}

fn run(intent: &Intent, evidence: &Evidence, secs: u64) -> Step {
    pursue(intent, evidence, &Scene::new().observed, at(secs))
}

fn outcome(step: Step) -> Option<Outcome> {
    match step {
        Step::Record {
            event: Event::IntentClosed { outcome, .. },
        } => Some(outcome),
        _ => None,
    }
}

#[test]
fn an_effect_in_hand_is_left_to_its_sender() {
    let evidence = Evidence {
        in_hand: true,
        ..Evidence::default()
    };
    let waiting = run(&intent(GuestVerb::Start, Stage::Logged), &evidence, T0 + 9_999);
    assert!(matches!(waiting, Step::Wait { .. }));
}

#[test]
fn after_a_crash_the_task_list_tells_whether_it_was_sent() {
    let logged = intent(GuestVerb::Start, Stage::Logged);
    let look = run(&logged, &Evidence::default(), T0 + 1);
    assert!(matches!(look, Step::LookTasks { .. }), "{look:?}");
    let found = Evidence {
        tasks: Some((vec![task("qmstart", T0 + 1)], at(T0 + 2))),
        ..Evidence::default()
    };
    let step = run(&logged, &found, T0 + 2);
    assert!(
        matches!(
            step,
            Step::Record {
                event: Event::EffectAccepted { upid: Some(_), .. }
            }
        ),
        "{step:?}"
    );
}

#[test]
fn a_task_is_dated_by_the_clock_of_its_cluster() {
    let logged = intent(GuestVerb::Start, Stage::Logged);
    for (ahead_secs, started, ours) in [(20, T0 + 21, true), (-20, T0 - 19, true), (20, T0 + 1, false)] {
        let evidence = Evidence {
            tasks: Some((vec![task("qmstart", started)], at(T0 + 2))),
            cluster_ahead_millis: ahead_secs * 1_000,
            ..Evidence::default()
        };
        let step = run(&logged, &evidence, T0 + 2);
        let taken = matches!(step, Step::Record { .. });
        assert_eq!(taken, ours, "{ahead_secs} s ahead, task at {started}: {step:?}");
    }
}

#[test]
fn nothing_found_is_believed_only_after_the_request_had_time_to_turn_up() {
    let nothing = |secs| Evidence {
        tasks: Some((Vec::new(), at(secs))),
        ..Evidence::default()
    };
    let logged = intent(GuestVerb::Start, Stage::Logged);
    assert_eq!(outcome(run(&logged, &nothing(T0 + 9), T0 + 11)), None);
    assert_eq!(
        outcome(run(&logged, &nothing(T0 + 10), T0 + 11)),
        Some(Outcome::NotSent)
    );
    let lost = intent(GuestVerb::Start, Stage::ReplyUnknown { text: "596".into() });
    assert_eq!(outcome(run(&lost, &nothing(T0 + 39), T0 + 41)), None);
    assert_eq!(
        outcome(run(&lost, &nothing(T0 + 40), T0 + 41)),
        Some(Outcome::NotSent)
    );
}

#[test]
fn tasks_of_before_or_of_another_kind_are_not_ours() {
    let logged = intent(GuestVerb::Start, Stage::Logged);
    for other in [task("qmstart", T0 - 6), task("qmstop", T0 + 1)] {
        let evidence = Evidence {
            tasks: Some((vec![other], at(T0 + 2))),
            ..Evidence::default()
        };
        assert!(matches!(run(&logged, &evidence, T0 + 5), Step::LookTasks { .. }));
    }
}

#[test]
fn a_finished_task_is_not_a_finished_state() {
    let accepted = intent(
        GuestVerb::Start,
        Stage::Accepted {
            upid: Some(upid("qmstart", T0)),
            at: at(T0),
        },
    );
    let ended = |exit: &str| Evidence {
        task: Some((TaskSeen::Ended(exit.into()), at(T0 + 3))),
        ..Evidence::default()
    };
    let step = run(&accepted, &ended("OK"), T0 + 3);
    assert!(matches!(
        step,
        Step::Record {
            event: Event::TaskFinished { .. }
        }
    ));
    let finished = intent(GuestVerb::Start, Stage::Finished { at: at(T0 + 3) });
    assert_eq!(
        run(&finished, &Evidence::default(), T0 + 4),
        Step::LookGuest { vmid: vmid(101) }
    );
    let early = Evidence {
        live: Some((live(GuestStatus::Running, 1), at(T0 + 2))),
        ..Evidence::default()
    };
    assert_eq!(
        outcome(run(&finished, &early, T0 + 4)),
        None,
        "a look of before the task's end proves nothing"
    );
    let seen = Evidence {
        live: Some((live(GuestStatus::Running, 1), at(T0 + 4))),
        ..Evidence::default()
    };
    assert_eq!(outcome(run(&finished, &seen, T0 + 4)), Some(Outcome::Verified));
    let stopped = Evidence {
        live: Some((live(GuestStatus::Stopped, 0), at(T0 + 4))),
        ..Evidence::default()
    };
    assert_eq!(outcome(run(&finished, &stopped, T0 + 4)), None);
    assert_eq!(
        outcome(run(&finished, &stopped, T0 + 48)),
        Some(Outcome::NotVerified)
    );
}

#[test]
fn exit_texts_are_understood() {
    let accepted = intent(
        GuestVerb::Start,
        Stage::Accepted {
            upid: Some(upid("qmstart", T0)),
            at: at(T0),
        },
    );
    let ended = |exit: &str| {
        let evidence = Evidence {
            task: Some((TaskSeen::Ended(exit.into()), at(T0 + 3))),
            ..Evidence::default()
        };
        run(&accepted, &evidence, T0 + 3)
    };
    for fine in ["OK", "WARNINGS: 1", "VM 101 already running"] {
        assert!(
            matches!(
                ended(fine),
                Step::Record {
                    event: Event::TaskFinished { .. }
                }
            ),
            "{fine}"
        );
    }
    let lock = "can't lock file '/var/lock/qemu-server/lock-101.conf' - got timeout";
    assert!(matches!(
        outcome(ended(lock)),
        Some(Outcome::Rejected { retryable: true, .. })
    ));
    assert!(matches!(
        outcome(ended("start failed: QEMU exited with code 1")),
        Some(Outcome::Failed { .. })
    ));
}

#[test]
fn a_reboot_is_verified_by_an_uptime_that_fell() {
    let finished = intent(
        GuestVerb::Reboot { timeout_secs: 60 },
        Stage::Finished { at: at(T0 + 5) },
    );
    let seen = |uptime| Evidence {
        live: Some((live(GuestStatus::Running, uptime), at(T0 + 9))),
        ..Evidence::default()
    };
    assert_eq!(outcome(run(&finished, &seen(5_009), T0 + 9)), None);
    assert_eq!(outcome(run(&finished, &seen(3), T0 + 9)), Some(Outcome::Verified));
}

#[test]
fn at_its_deadline_an_unanswered_effect_is_unresolved_never_repeated() {
    for stage in [
        Stage::Logged,
        Stage::ReplyUnknown { text: String::new() },
        Stage::Accepted {
            upid: Some(upid("qmstart", T0)),
            at: at(T0),
        },
    ] {
        let step = run(&intent(GuestVerb::Start, stage), &Evidence::default(), T0 + 180);
        assert_eq!(outcome(step), Some(Outcome::Unresolved));
    }
}

#[test]
fn looks_are_at_least_a_second_apart() {
    let logged = intent(GuestVerb::Start, Stage::Logged);
    let evidence = Evidence {
        tried_at: Some(at(T0 + 1)),
        ..Evidence::default()
    };
    assert_eq!(run(&logged, &evidence, T0 + 1), Step::Wait { until: at(T0 + 2) });
}

#[test]
fn a_node_reboot_is_verified_by_the_nodes_own_uptime() {
    let mut rebooting = intent(
        GuestVerb::Start,
        Stage::Accepted {
            upid: None,
            at: at(T0 + 1),
        },
    );
    rebooting.effect = Effect::Node {
        node: node_name("b"),
        request: NodeVerb::Reboot,
    };
    rebooting.deadline = rebooting.effect.deadline(at(T0));
    assert!(matches!(
        run(&rebooting, &Evidence::default(), T0 + 2),
        Step::LookNode { .. }
    ));
    let uptime = |uptime, secs| Evidence {
        node_uptime: Some((uptime, at(secs))),
        ..Evidence::default()
    };
    assert_eq!(
        outcome(run(&rebooting, &uptime(5_010, T0 + 10), T0 + 10)),
        None,
        "it has not gone down yet"
    );
    assert_eq!(
        outcome(run(&rebooting, &uptime(20, T0 + 80), T0 + 80)),
        Some(Outcome::Verified)
    );
}
