//! Replies that are lost, answers that are garbage, tasks that fail: at most three attempts, no double start, and
//! nothing done from what cannot be understood.

use crate::scenario::{vm, vmid};
use jarvis_controller::Ports;
use jarvis_model::{Event, IssueKind, Outcome};
use jarvis_simulator::{Fault, Mischief, Which};
use jarvis_tests::{
    Rig, Setup,
    disturb::{Alarm, Fate, FatefulCluster},
    wait,
};
use std::{sync::Arc, time::Duration};

const LIMIT: Duration = Duration::from_mins(1);

async fn with_fate(fate: Fate) -> Rig {
    let mut rig = Rig::prepare(Setup {
        manifests: vm("web-01", 101, "RerunOnFailure"),
        ..Setup::default()
    })
    .await;
    let alarm = Arc::new(Alarm::default());
    rig.resume(Some(Box::new(move |ports| Ports {
        hypervisor: Arc::new(FatefulCluster {
            inner: ports.hypervisor,
            fate,
            alarm: alarm.clone(),
        }),
        ..ports
    })));
    ready(&rig).await;
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    healed(&rig).await;
    rig
}

async fn ready(rig: &Rig) {
    wait::until(rig.jarvis(), "web-01 is seen running", LIMIT, |view| {
        view.memory.running.len() > 20 && view.memory.revision.is_some()
    })
    .await;
}

async fn healed(rig: &Rig) {
    wait::until(rig.jarvis(), "mended", LIMIT, |view| {
        let well = view
            .memory
            .issues
            .values()
            .any(|issue| issue.healthy_since.is_some());
        well && view.memory.open_intents().next().is_none()
    })
    .await;
}

fn outcomes(rig: &Rig) -> Vec<Outcome> {
    let events = wait::events(rig.jarvis()).into_iter();
    events
        .filter_map(|event| match event {
            Event::IntentClosed { outcome, .. } => Some(outcome),
            _ => None,
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_reply_is_resolved_by_looking_not_by_repeating() {
    let rig = with_fate(Fate::ReplyLost).await;
    assert_eq!((rig.calls("start", 101), rig.starts(101)), (1, 1));
    assert_eq!(outcomes(&rig), [Outcome::Verified]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_request_is_found_out_and_tried_again_as_a_second_attempt() {
    let rig = with_fate(Fate::RequestLost).await;
    assert_eq!(rig.starts(101), 1);
    assert_eq!(outcomes(&rig), [Outcome::NotSent, Outcome::Verified]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_connection_costs_one_attempt() {
    let rig = with_fate(Fate::FailsBefore).await;
    assert_eq!(rig.starts(101), 1);
    assert!(matches!(
        outcomes(&rig)[..],
        [Outcome::Rejected { retryable: true, .. }, Outcome::Verified]
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reply_lost_on_the_wire_starts_nothing_twice() {
    let rig = Rig::start(Setup {
        manifests: vm("web-01", 101, "RerunOnFailure"),
        ..Setup::default()
    })
    .await;
    ready(&rig).await;
    rig.simulator
        .handle()
        .mischief(Mischief::ReplyLostNext(Which::next(
            "/nodes/atlas/qemu/101/status/start",
        )));
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    healed(&rig).await;
    assert_eq!((rig.calls("start", 101), rig.starts(101)), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_guest_that_cannot_start_gets_three_attempts_and_one_escalation() {
    let rig = Rig::start(Setup {
        manifests: vm("web-01", 101, "RerunOnFailure"),
        ..Setup::default()
    })
    .await;
    ready(&rig).await;
    rig.inject(&Fault::FailsToStart { vmid: 101, on: true });
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    let view = wait::until(rig.jarvis(), "escalated", LIMIT, |view| {
        view.memory
            .issues
            .values()
            .any(|issue| issue.escalated_at.is_some())
    })
    .await;
    let at = view.at;
    wait::until(rig.jarvis(), "five minutes later", LIMIT, |view| {
        view.at.since(at) > Duration::from_mins(5)
    })
    .await;
    let events = wait::events(rig.jarvis());
    let count = |wanted: fn(&Event) -> bool| events.iter().filter(|event| wanted(event)).count();
    let attempts = count(|event| matches!(event, Event::IntentLogged { .. }));
    assert_eq!(attempts, 3, "three attempts, not four");
    assert_eq!(rig.calls("start", 101), 3, "each of them was asked for");
    assert_eq!(count(|event| matches!(event, Event::IssueEscalated { .. })), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn garbage_and_slow_answers_cause_no_act() {
    let rig = Rig::start(Setup {
        manifests: vm("web-01", 101, "Always"),
        ..Setup::default()
    })
    .await;
    ready(&rig).await;
    let which = || Which {
        prefix: "/cluster/resources".to_owned(),
        method: None,
        count: 4,
    };
    let spoilt = [
        Mischief::TruncatedNext(which()),
        Mischief::HtmlNext(which()),
        Mischief::WrongTypesNext(which()),
        Mischief::SlowLorisNext(which()),
        Mischief::HalfCloseNext(which()),
    ];
    for mischief in spoilt {
        rig.simulator.handle().mischief(mischief);
    }
    wait::until(rig.jarvis(), "looks fail", LIMIT, |view| {
        view.state.look_failure.is_some()
    })
    .await;
    let view = wait::until(rig.jarvis(), "looks work again", LIMIT, |view| {
        view.state.look_failure.is_none() && view.observed.guests.contains_key(&vmid(101))
    })
    .await;
    // The household's own figures beyond a limit are no garbage.
    let mut issues = view.memory.issues.keys();
    assert!(
        issues.all(|issue| issue.kind == IssueKind::ThresholdPassed),
        "{:?}",
        view.memory.issues
    );
    assert!(rig.simulator.handle().ledger().calls.is_empty());
}
