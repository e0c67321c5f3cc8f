//! Jarvis dies at each step of an action. After the restart exactly one start has happened, and everything is well.

use crate::scenario::vm;
use jarvis_controller::Ports;
use jarvis_simulator::Fault;
use jarvis_tests::{
    Rig, Setup,
    disturb::{Alarm, FailingJournal, Fate, FatefulCluster, Moment},
    rig::Disturb,
    wait,
};
use std::{sync::Arc, time::Duration};

const LIMIT: Duration = Duration::from_secs(40);

fn failing(moment: Moment, alarm: Arc<Alarm>) -> Disturb {
    Box::new(move |ports| Ports {
        journal: Arc::new(FailingJournal {
            inner: ports.journal,
            moment,
            alarm: alarm.clone(),
        }),
        ..ports
    })
}

fn fateful(fate: Fate, alarm: Arc<Alarm>) -> Disturb {
    Box::new(move |ports| Ports {
        hypervisor: Arc::new(FatefulCluster {
            inner: ports.hypervisor,
            fate,
            alarm: alarm.clone(),
        }),
        ..ports
    })
}

/// A crash is to be mended; Jarvis dies when `alarm` rings, and is started again.
async fn die_and_live(disturb: Disturb, alarm: Arc<Alarm>) -> Rig {
    let mut rig = Rig::prepare(Setup {
        manifests: vm("web-01", 101, "RerunOnFailure"),
        ..Setup::default()
    })
    .await;
    rig.resume(Some(disturb));
    wait::until(rig.jarvis(), "web-01 is seen running", LIMIT, |view| {
        view.memory.running.len() > 20 && view.memory.revision.is_some()
    })
    .await;
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    tokio::time::timeout(LIMIT, alarm.wait())
        .await
        .expect("the moment comes");
    rig.kill().await;
    rig.resume(None);
    wait::until(rig.jarvis(), "mended after the restart", LIMIT, |view| {
        let well = view
            .memory
            .issues
            .values()
            .any(|issue| issue.healthy_since.is_some());
        well && view.memory.open_intents().next().is_none()
    })
    .await;
    rig
}

async fn dies_at(moment: Moment) -> Rig {
    let alarm = Arc::new(Alarm::default());
    die_and_live(failing(moment, alarm.clone()), alarm).await
}

macro_rules! exactly_one_start_when_it_dies {
    ($($name:ident: $moment:ident),+ $(,)?) => {$(
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $name() {
            let rig = dies_at(Moment::$moment).await;
            assert_eq!((rig.calls("start", 101), rig.starts(101)), (1, 1));
        }
    )+};
}

exactly_one_start_when_it_dies! {
    before_the_intent: BeforeIntent,
    after_the_intent_before_sending: AfterIntent,
    before_the_acceptance_is_recorded: BeforeAccepted,
    before_the_end_of_the_task_is_recorded: BeforeFinished,
    before_the_outcome_is_recorded: BeforeClose,
    after_the_outcome_is_recorded: AfterClose,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_sending_before_the_reply() {
    let alarm = Arc::new(Alarm::default());
    let rig = die_and_live(fateful(Fate::NoReply, alarm.clone()), alarm).await;
    assert_eq!((rig.calls("start", 101), rig.starts(101)), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_the_task_runs() {
    let mut rig = Rig::start(Setup {
        manifests: vm("web-01", 101, "RerunOnFailure"),
        ..Setup::default()
    })
    .await;
    wait::until(rig.jarvis(), "web-01 is seen running", LIMIT, |view| {
        view.memory.running.len() > 20 && view.memory.revision.is_some()
    })
    .await;
    rig.inject(&Fault::SlowTasks { factor: 10 });
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    wait::until(rig.jarvis(), "the task runs", LIMIT, |view| {
        view.memory
            .open_intents()
            .any(|intent| matches!(intent.stage, jarvis_model::Stage::Accepted { .. }))
    })
    .await;
    rig.kill().await;
    rig.resume(None);
    wait::until(rig.jarvis(), "followed to its end", LIMIT, |view| {
        view.memory
            .issues
            .values()
            .any(|issue| issue.healthy_since.is_some())
    })
    .await;
    assert_eq!((rig.calls("start", 101), rig.starts(101)), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clean_stop_finishes_what_is_in_hand_and_a_frozen_state_survives() {
    let mut rig = Rig::start(Setup {
        manifests: vm("web-01", 101, "Always"),
        ..Setup::default()
    })
    .await;
    wait::until(rig.jarvis(), "a first picture", LIMIT, |view| {
        view.memory.revision.is_some()
    })
    .await;
    let by = jarvis_controller::Person {
        user: "op".into(),
        role: jarvis_model::Role::Operator,
        door: jarvis_model::Door::Cli,
    };
    rig.jarvis()
        .freeze(jarvis_model::FreezeScope::Autonomy, "night".into(), None, by)
        .await
        .unwrap();
    rig.stop().await;
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    rig.resume(None);
    wait::until(rig.jarvis(), "the crash is alerted", LIMIT, |view| {
        view.memory.issues.values().any(|issue| issue.alerted)
    })
    .await;
    assert_eq!(rig.calls("start", 101), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mirror_that_was_lost_does_not_get_around_the_shrink_guard() {
    let four = [("web-01", 101), ("media", 102), ("nas", 104), ("win-lab", 105)];
    let manifests: String = four.iter().map(|(name, id)| vm(name, *id, "Manual")).collect();
    let mut rig = Rig::start(Setup {
        manifests,
        ..Setup::default()
    })
    .await;
    wait::until(rig.jarvis(), "the revision is in force", LIMIT, |view| {
        view.desired.len() == 4
    })
    .await;
    rig.stop().await;
    rig.lose_mirror();
    rig.repository
        .git(&["checkout", "--quiet", "--orphan", "fresh"])
        .unwrap();
    rig.repository
        .commit(&[("all.yaml", &vm("web-01", 101, "Manual"))], "Begin again")
        .unwrap();
    rig.repository
        .git(&["branch", "--force", "main", "fresh"])
        .unwrap();
    rig.repository
        .git(&["reflog", "expire", "--expire=now", "--all"])
        .unwrap();
    rig.repository.git(&["gc", "--quiet", "--prune=now"]).unwrap();
    rig.resume(None);
    let view = wait::until(rig.jarvis(), "the shrink is withheld", LIMIT, |view| {
        matches!(
            view.memory.pending,
            Some(jarvis_model::memory::PendingRevision::Withheld { .. })
        )
    })
    .await;
    assert!(
        view.memory.source_failure.is_none() || view.desired.is_empty(),
        "nothing smaller came into force"
    );
    assert_eq!(
        view.memory
            .revision
            .as_ref()
            .map(|revision| revision.resources.len()),
        Some(4)
    );
}
