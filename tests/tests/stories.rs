//! What an operator fears, told as stories over hours and days of simulated time: the real controller, guard and planner
//! over the simulated cluster, with every promise checked by the oracle meanwhile.

use jarvis_controller::Person;
use jarvis_model::{Door, Effect, Event, FreezeScope, HoldScope, IssueKind, Outcome, Role, Severity};
use jarvis_simulator::{Fault, Place as NodePlace, world::guest::Kind};
use jarvis_store::faulty::Crash;
use jarvis_tests::life::{
    deeds::Deed,
    place::{Place, Spec, Strategy},
    story::{Story, place, spec, tell},
    wire::Spoilt,
};
use std::time::Duration;

const fn minutes(count: u64) -> Duration {
    Duration::from_secs(60 * count)
}

const fn hours(count: u64) -> Duration {
    minutes(60 * count)
}

/// Two guests that run and are not protected, on different nodes where there are any, and a place that declares them.
fn two_declared(strategy: Strategy) -> (Place, u32, u32) {
    let mut place = place();
    let free: Vec<Spec> = place
        .world
        .guests
        .values()
        .filter(|guest| guest.kind == Kind::Qemu && guest.is_running())
        .filter(|guest| place.floor.guests.iter().all(|own| own.get() != guest.vmid))
        .map(|guest| spec(guest, strategy))
        .collect();
    let (first, second) = (free[0].vmid, free[1].vmid);
    place.specs = free.into_iter().take(2).collect();
    (place, first, second)
}

fn operator() -> Person {
    Person {
        user: "robin".to_owned(),
        role: Role::Operator,
        door: Door::Dashboard,
    }
}

fn is_escalation(event: &Event) -> bool {
    matches!(event, Event::IssueEscalated { .. })
}

async fn restart(story: &mut Story) {
    story.happens(Deed::Die(Crash::Process));
    story.pass(minutes(1)).await;
    story.happens(Deed::Start);
    story.pass(minutes(1)).await;
}

#[test]
fn a_guest_that_crashes_on_every_start_gets_three_attempts_one_word_and_silence() {
    let (place, sick, well) = two_declared(Strategy::RerunOnFailure);
    tell(place, async |story| {
        story.happens(Deed::Cluster(Fault::FailsToStart { vmid: sick, on: true }));
        story.happens(Deed::Cluster(Fault::CrashGuest { vmid: sick }));
        story
            .until("the escalation", |view| {
                view.memory
                    .issues
                    .values()
                    .any(|issue| issue.escalated_at.is_some())
            })
            .await;
        assert_eq!((story.attempts(sick), story.count(is_escalation)), (3, 1));
        for _ in 0..3 {
            story.pass(hours(8)).await;
            restart(story).await;
        }
        assert_eq!(
            story.attempts(sick),
            3,
            "not one more in a day and over three restarts"
        );
        assert_eq!(story.count(is_escalation), 1, "nobody is told twice");
        assert_eq!(story.reason(sick), "AttemptsSpent");

        story.commit(|specs| change(specs, well), "Change another guest");
        story.pass(hours(2)).await;
        assert_eq!(
            story.attempts(sick),
            3,
            "a commit that changes another guest re-arms nothing"
        );

        story.commit(|specs| change(specs, sick), "Change this very guest");
        story.pass(hours(2)).await;
        assert_eq!(story.attempts(sick), 6, "a commit that changes this guest does");
        assert_eq!(story.count(is_escalation), 2);

        story.happens(Deed::Cluster(Fault::FailsToStart {
            vmid: sick,
            on: false,
        }));
        story.commit(|specs| change(specs, sick), "Mended");
        story
            .until("resolved", |view| view.memory.issues.is_empty())
            .await;
        assert_eq!(story.attempts(sick), 7);
    });
}

fn change(specs: &mut [Spec], vmid: u32) {
    for spec in specs.iter_mut().filter(|spec| spec.vmid == vmid) {
        spec.stop_timeout_secs += 1;
    }
}

#[test]
fn what_a_user_stopped_is_respected_or_announced_a_minute_ahead_and_hold_stops_that() {
    let (mut place, respected, announced) = two_declared(Strategy::RerunOnFailure);
    place.specs[1].strategy = Strategy::Always;
    let key = place.specs[1].key();
    tell(place, async |story| {
        let user = "alex@pam".to_owned();
        story.happens(Deed::Cluster(Fault::UserStop {
            vmid: respected,
            user: user.clone(),
        }));
        story.pass(hours(1)).await;
        assert_eq!(
            (story.attempts(respected), story.reason(respected).as_str()),
            (0, "StoppedOnPurpose")
        );

        story.happens(Deed::Cluster(Fault::UserStop {
            vmid: announced,
            user: user.clone(),
        }));
        story
            .until("the announcement", |view| {
                view.memory
                    .issues
                    .values()
                    .any(|issue| issue.announced_at.is_some())
            })
            .await;
        let scope = HoldScope::Resource(key.parse().unwrap());
        story
            .jarvis()
            .hold(scope.clone(), "not now".to_owned(), None, operator())
            .await
            .unwrap();
        story.pass(hours(1)).await;
        assert_eq!(story.attempts(announced), 0, "held");
        story.jarvis().release(scope, operator()).await.unwrap();
        story.until("started", |view| view.memory.issues.is_empty()).await;
        assert_eq!(story.attempts(announced), 1);

        story.happens(Deed::Cluster(Fault::UserStop {
            vmid: announced,
            user,
        }));
        let told = story
            .until("the next announcement", |view| {
                view.memory
                    .issues
                    .values()
                    .any(|issue| issue.announced_at.is_some())
            })
            .await;
        story.pass(Duration::from_secs(45)).await;
        assert_eq!(story.attempts(announced), 1, "a minute is a minute");
        let mended = story
            .until("started again", |view| {
                view.memory.open_intents().next().is_some()
            })
            .await;
        assert!(
            mended.at.since(told.at) >= Duration::from_secs(55),
            "{:?}",
            mended.at.since(told.at)
        );
    });
}

#[test]
fn what_others_are_at_is_left_alone_each_with_its_own_reason() {
    let (place, first, second) = two_declared(Strategy::Always);
    tell(place, async |story| {
        let lock = "backup".to_owned();
        story.happens(Deed::Cluster(Fault::Lock { vmid: first, lock }));
        story.happens(Deed::Cluster(Fault::CrashGuest { vmid: first }));
        story.pass(minutes(20)).await;
        assert_eq!(
            (story.attempts(first), story.reason(first).as_str()),
            (0, "Locked")
        );
        story.happens(Deed::Cluster(Fault::Unlock { vmid: first }));
        story
            .until("started after the backup", |view| {
                view.memory
                    .issues
                    .values()
                    .any(|issue| !issue.attempts.is_empty())
            })
            .await;

        story.happens(Deed::Cluster(Fault::ReuseVmid {
            vmid: second,
            name: None,
            node: None,
        }));
        story.pass(minutes(20)).await;
        assert_eq!(
            (story.attempts(second), story.reason(second).as_str()),
            (0, "IdentityChanged")
        );
    });
}

#[test]
fn two_dead_nodes_and_lost_quorum_mean_observe_and_alert_only() {
    let (place, first, _) = two_declared(Strategy::Always);
    tell(place, async |story| {
        story.happens(Deed::Cluster(Fault::LoseQuorum { keep: None }));
        story.pass(minutes(3)).await;
        story.happens(Deed::Cluster(Fault::CrashGuest { vmid: first }));
        story.pass(hours(2)).await;
        assert_eq!(
            story.count(|event| matches!(event, Event::IntentLogged { .. })),
            0
        );
        assert!(story.count(|event| matches!(event, Event::QuorumLost)) >= 1);
        story.happens(Deed::Cluster(Fault::RestorePower));
        story
            .until("all is well", |view| {
                view.memory.issues.is_empty() && !view.memory.quorum_lost
            })
            .await;
    });
}

#[test]
fn a_freeze_in_the_middle_stops_what_waits_and_alerts_go_on() {
    let (place, first, second) = two_declared(Strategy::RerunOnFailure);
    tell(place, async |story| {
        story.happens(Deed::Cluster(Fault::FailsToStart {
            vmid: first,
            on: true,
        }));
        story.happens(Deed::Cluster(Fault::CrashGuest { vmid: first }));
        story
            .until("a first attempt", |view| {
                view.memory
                    .issues
                    .values()
                    .any(|issue| !issue.attempts.is_empty())
            })
            .await;
        story
            .jarvis()
            .freeze(FreezeScope::Autonomy, "hands off".to_owned(), None, operator())
            .await
            .unwrap();
        let before = story.attempts(first);
        story.happens(Deed::Cluster(Fault::CrashGuest { vmid: second }));
        restart(story).await;
        story.pass(hours(3)).await;
        assert_eq!(
            story.attempts(first),
            before,
            "what was waiting is not done, also after a restart"
        );
        assert_eq!(story.attempts(second), 0);
        let alerts = story.count(|event| match event {
            Event::IssueAlerted { issue, severity, .. } => {
                issue.kind == IssueKind::GuestDown && *severity >= Severity::Warning
            }
            _ => false,
        });
        assert!(alerts >= 1, "people are told while frozen");
        story.happens(Deed::Cluster(Fault::FailsToStart {
            vmid: first,
            on: false,
        }));
        story.jarvis().thaw(operator()).await.unwrap();
        story
            .until("all is well", |view| view.memory.issues.is_empty())
            .await;
    });
}

#[test]
fn an_hour_forward_and_back_costs_neither_attempts_nor_sense() {
    let (place, sick, _) = two_declared(Strategy::RerunOnFailure);
    tell(place, async |story| {
        story.happens(Deed::Cluster(Fault::FailsToStart { vmid: sick, on: true }));
        story.happens(Deed::Cluster(Fault::CrashGuest { vmid: sick }));
        story
            .until("a first attempt that is over", |view| {
                let tried = view
                    .memory
                    .issues
                    .values()
                    .any(|issue| !issue.attempts.is_empty());
                tried && view.memory.open_intents().next().is_none()
            })
            .await;
        let before = story.attempts(sick);
        story.happens(Deed::Jump(3600));
        story.pass(minutes(10)).await;
        assert_eq!(
            story.attempts(sick),
            before,
            "nothing is done while the clock differs from the cluster's"
        );
        story.happens(Deed::Jump(-3600));
        story
            .until("the escalation", |view| {
                view.memory
                    .issues
                    .values()
                    .any(|issue| issue.escalated_at.is_some())
            })
            .await;
        assert_eq!(story.attempts(sick), 3);
        story.happens(Deed::Jump(-3600));
        story.pass(hours(2)).await;
        story.happens(Deed::ClockRight);
        story.pass(hours(2)).await;
        assert_eq!(story.attempts(sick), 3);
    });
}

#[test]
fn with_a_full_disk_nothing_is_done_reading_goes_on_and_the_reason_shows() {
    let (place, first, _) = two_declared(Strategy::RerunOnFailure);
    tell(place, async |story| {
        story.happens(Deed::Room(Some(0)));
        story.happens(Deed::Cluster(Fault::CrashGuest { vmid: first }));
        let full = story
            .until("the reason", |view| view.state.acting_stopped.is_some())
            .await;
        let why = full.state.acting_stopped.clone().unwrap_or_default();
        assert!(why.contains("space") || why.contains("full"), "{why}");
        story.pass(minutes(30)).await;
        assert_eq!(story.starts(first), 0, "no record, no act");
        let view = story.jarvis().view();
        assert!(
            view.observed
                .looked_at
                .is_some_and(|at| view.at.since(at) < minutes(1)),
            "reading goes on"
        );
        story.happens(Deed::Room(None));
        story
            .until("mended once there is room", |view| {
                view.state.acting_stopped.is_none() && !view.memory.issues.is_empty()
            })
            .await;
        story
            .until("resolved", |view| view.memory.issues.is_empty())
            .await;
        assert_eq!(story.starts(first), 1);
    });
}

/// What the cluster's API does wrong.
#[derive(Debug, Clone, Copy)]
enum Trouble {
    Status(u16),
    Hangs,
    Lies(Spoilt),
}

#[test]
fn an_api_that_fails_hangs_or_lies_at_any_step_causes_one_start_and_no_more() {
    let troubles = [
        Trouble::Status(500),
        Trouble::Status(596),
        Trouble::Hangs,
        Trouble::Lies(Spoilt::Nonsense),
        Trouble::Lies(Spoilt::Partial),
    ];
    for trouble in troubles {
        for step in 0..4_u32 {
            let (place, first, _) = two_declared(Strategy::RerunOnFailure);
            tell(place, async |story| {
                story.happens(Deed::Cluster(Fault::CrashGuest { vmid: first }));
                reached(story, step).await;
                story.wire(|wire| match trouble {
                    Trouble::Status(status) => wire.status = Some(status),
                    Trouble::Hangs => wire.slow = Some((20_000, 40_000)),
                    Trouble::Lies(spoilt) => wire.spoilt = Some(spoilt),
                });
                story.pass(minutes(5)).await;
                story.wire(|wire| {
                    wire.status = None;
                    wire.slow = None;
                    wire.spoilt = None;
                });
                story
                    .until("well again", |view| {
                        !view.memory.issues.is_empty()
                            && view
                                .memory
                                .issues
                                .values()
                                .all(|issue| issue.healthy_since.is_some())
                    })
                    .await;
                story.pass(hours(1)).await;
                let process = story.world(|world| world.ledger.starts(first));
                assert_eq!(process, 1, "{trouble:?} at step {step}");
            });
        }
    }
}

/// Waits for a step: the issue, its intent, the request taken, the task ended.
async fn reached(story: &mut Story, step: u32) {
    let wanted = |event: &Event| match step {
        0 => matches!(event, Event::IssueOpened { .. }),
        1 => matches!(event, Event::IntentLogged { .. }),
        2 => matches!(event, Event::EffectAccepted { .. }),
        _ => matches!(event, Event::TaskFinished { .. }),
    };
    for _ in 0..6_000 {
        if story.count(wanted) > 0 {
            return;
        }
        story.pass(Duration::from_millis(100)).await;
    }
    panic!("step {step} was not reached");
}

#[test]
fn a_death_at_every_step_of_mending_causes_one_start() {
    for step in 0..4_u32 {
        let (place, first, _) = two_declared(Strategy::RerunOnFailure);
        tell(place, async |story| {
            story.happens(Deed::Cluster(Fault::CrashGuest { vmid: first }));
            reached(story, step).await;
            restart(story).await;
            story
                .until("resolved", |view| view.memory.issues.is_empty())
                .await;
            let verified = story.count(|event| match event {
                Event::IntentClosed { outcome, .. } => *outcome == Outcome::Verified,
                _ => false,
            });
            assert_eq!(
                (story.world(|world| world.ledger.starts(first)), verified),
                (1, 1),
                "step {step}"
            );
        });
    }
}

/// The node of the first declared guest, which is not protected, and manifests that wake it and keep a service up on it.
fn with_a_node_and_a_service(place: &mut Place) -> String {
    let own: Vec<String> = place.floor.nodes.iter().map(ToString::to_string).collect();
    let nodes = place.world.nodes.values();
    let node = nodes
        .into_iter()
        .find(|node| !own.contains(&node.name))
        .expect("one that is not protected");
    let (name, mac) = (node.name.clone(), node.mac.to_lowercase());
    place.beside = format!(
        "---\napiVersion: jarvis.dev/v1alpha1\nkind: Node\nmetadata: {{name: {name}}}\nspec: {{node: {name}, wakeOnLan: {{mac: \
         \"{mac}\"}}}}\n---\napiVersion: jarvis.dev/v1alpha1\nkind: Service\nmetadata: {{name: post}}\nspec: {{target: {{node: \
         {name}}}, systemd: {{unit: postfix.service}}, restart: Allowed}}\n"
    );
    name
}

fn wakes(story: &Story) -> usize {
    story.world(|world| world.ledger.wakes.len())
}

fn service_starts(story: &Story, node: &str) -> u32 {
    story.world(|world| {
        let id = world
            .find_service(&NodePlace::node(node), None, "postfix.service")
            .expect("every node has it");
        world.services[&id].starts
    })
}

fn fail_service(node: &str, forever: bool) -> Deed {
    Deed::Cluster(Fault::FailService {
        node: Some(node.to_owned()),
        vmid: None,
        service: "postfix.service".to_owned(),
        forever,
    })
}

#[test]
fn a_dead_node_is_woken_once_and_comes_back_with_its_guests() {
    let (mut place, _, _) = two_declared(Strategy::Always);
    let node = with_a_node_and_a_service(&mut place);
    tell(place, async |story| {
        story.pass(minutes(5)).await;
        story.happens(Deed::Cluster(Fault::PowerLoss { node: node.clone() }));
        story
            .until("the wake", |view| {
                view.memory
                    .intents
                    .values()
                    .any(|intent| matches!(intent.effect, Effect::Wake { .. }))
            })
            .await;
        story
            .until("all is well", |view| {
                view.memory
                    .issues
                    .values()
                    .all(|issue| issue.healthy_since.is_some())
                    && view.memory.open_intents().next().is_none()
            })
            .await;
        assert_eq!(wakes(story), 1);
        let touched = story.count(|event| match event {
            Event::IntentLogged { intent } => intent
                .effect
                .node()
                .is_some_and(|touched| touched.as_str() != node),
            _ => false,
        });
        assert_eq!(touched, 0, "no other node was touched");
        story
            .until("resolved", |view| view.memory.issues.is_empty())
            .await;
    });
}

#[test]
fn a_node_whose_card_ignores_the_wake_is_tried_three_times_and_left_to_people() {
    let (mut place, _, _) = two_declared(Strategy::Manual);
    let node = with_a_node_and_a_service(&mut place);
    tell(place, async |story| {
        story.pass(minutes(5)).await;
        story.happens(Deed::Cluster(Fault::IgnoresWake {
            node: node.clone(),
            on: true,
        }));
        story.happens(Deed::Cluster(Fault::PowerLoss { node: node.clone() }));
        story
            .until("the escalation", |view| {
                view.memory
                    .issues
                    .values()
                    .any(|issue| issue.escalated_at.is_some())
            })
            .await;
        story.pass(hours(6)).await;
        assert_eq!((wakes(story), story.count(is_escalation)), (3, 1));
        story.happens(Deed::Cluster(Fault::PowerOn { node }));
        story
            .until("resolved", |view| view.memory.issues.is_empty())
            .await;
    });
}

#[test]
fn two_dead_nodes_are_not_woken() {
    let (mut place, _, _) = two_declared(Strategy::Manual);
    let node = with_a_node_and_a_service(&mut place);
    tell(place, async |story| {
        story.pass(minutes(5)).await;
        let other = story
            .world(|world| world.nodes.keys().find(|name| **name != node).cloned())
            .expect("another node");
        for node in [node, other] {
            story.happens(Deed::Cluster(Fault::PowerLoss { node }));
        }
        story.pass(hours(2)).await;
        assert_eq!(wakes(story), 0);
    });
}

#[test]
fn a_service_that_dies_is_restarted_once_and_verified() {
    let (mut place, _, _) = two_declared(Strategy::Manual);
    let node = with_a_node_and_a_service(&mut place);
    tell(place, async |story| {
        story.pass(minutes(5)).await;
        let before = service_starts(story, &node);
        story.happens(fail_service(&node, false));
        story
            .until("verified", |view| {
                view.memory
                    .intents
                    .values()
                    .any(|intent| intent.outcome == Some(Outcome::Verified))
            })
            .await;
        story
            .until("resolved", |view| view.memory.issues.is_empty())
            .await;
        story.pass(hours(2)).await;
        assert_eq!(service_starts(story, &node) - before, 1);
    });
}

#[test]
fn a_service_that_fails_for_ever_is_tried_three_times_and_left_to_people_with_its_log() {
    let (mut place, _, _) = two_declared(Strategy::Manual);
    let node = with_a_node_and_a_service(&mut place);
    tell(place, async |story| {
        story.pass(minutes(5)).await;
        story.happens(fail_service(&node, true));
        story
            .until("the escalation", |view| {
                view.memory
                    .issues
                    .values()
                    .any(|issue| issue.escalated_at.is_some())
            })
            .await;
        story.pass(hours(8)).await;
        let attempts = story.count(|event| matches!(event, Event::IntentLogged { .. }));
        assert_eq!((attempts, story.count(is_escalation)), (3, 1));
        let told: Vec<String> = story
            .records()
            .into_iter()
            .filter_map(|record| match record.event {
                Event::IssueEscalated { evidence, .. } => Some(evidence.join("\n")),
                _ => None,
            })
            .collect();
        assert!(told[0].contains("postfix"), "{told:?}");
    });
}

#[test]
fn a_death_or_freeze_at_every_step_of_a_wake_or_a_restart_repeats_nothing() {
    for step in 0..4_u32 {
        for frozen in [false, true] {
            let (mut place, _, _) = two_declared(Strategy::Manual);
            let node = with_a_node_and_a_service(&mut place);
            tell(place, async |story| {
                story.pass(minutes(5)).await;
                let before = service_starts(story, &node);
                story.happens(fail_service(&node, false));
                reached(story, step.min(2)).await;
                if frozen {
                    let why = "hands off".to_owned();
                    story
                        .jarvis()
                        .freeze(FreezeScope::Autonomy, why, None, operator())
                        .await
                        .unwrap();
                }
                restart(story).await;
                if frozen {
                    story.pass(hours(2)).await;
                    assert!(
                        service_starts(story, &node) - before <= 1,
                        "at most what was under way"
                    );
                    story.jarvis().thaw(operator()).await.unwrap();
                }
                story
                    .until("resolved", |view| view.memory.issues.is_empty())
                    .await;
                let starts = service_starts(story, &node) - before;
                assert!(
                    (1..=2).contains(&starts),
                    "{starts} starts at step {step}, frozen: {frozen}"
                );
            });
        }
    }
}
