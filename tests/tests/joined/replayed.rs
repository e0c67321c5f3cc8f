//! A run is recorded and planned again: the production planner reproduces every decision bit for bit, over a kill and
//! under faults; a planner that was changed on purpose is caught, and the first place is named.

use crate::scenario::{vm, vmid};
use jarvis_controller::{NewRequest, Person, Ports};
use jarvis_model::{Action, Door, FreezeScope, NodeName, Observation, Origin, Role, UnknownReason};
use jarvis_planner::{Input, Plan, plan};
use jarvis_ports::{Pass, Recorder};
use jarvis_replay::{Limits, PassRecorder, Recording, Report, Span, replay};
use jarvis_simulator::Fault;
use jarvis_store::FileJournal;
use jarvis_tests::{
    Rig, Setup,
    disturb::{Alarm, FailingJournal, Fate, FatefulCluster, Moment},
    wait,
};
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tempfile::TempDir;

const LIMIT: Duration = Duration::from_mins(1);

/// What is recorded, and by whom at the moment.
struct Tape {
    folder: TempDir,
    recorder: Option<Arc<PassRecorder>>,
}

impl Tape {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        Self {
            folder,
            recorder: None,
        }
    }

    /// Starts Jarvis with a recorder of its own, and with ports disturbed.
    fn resume(&mut self, rig: &mut Rig, disturb: impl Fn(Ports) -> Ports + Send + 'static) {
        let begun = PassRecorder::begin(self.folder.path(), "0.0.0-test", Limits::default());
        let recorder = Arc::new(begun.expect("a thread"));
        self.recorder = Some(recorder.clone());
        rig.resume(Some(Box::new(move |ports| {
            disturb(Ports {
                recorder: Some(recorder.clone()),
                ..ports
            })
        })));
    }

    fn close(&mut self) {
        self.recorder.take().expect("it records").close();
    }

    fn replay(&self, rig: &Rig, planner: impl Fn(&Input<'_>) -> Plan) -> Report {
        let recording = Recording::open(self.folder.path()).expect("a recording");
        let opened = FileJournal::open_read_only(&rig.journal_folder()).expect("a journal");
        replay(recording, &opened.journal, Span::default(), &planner).expect("it can be replayed")
    }
}

async fn ready(rig: &Rig) {
    wait::until(rig.jarvis(), "web-01 is seen running", LIMIT, |view| {
        view.memory.running.len() > 20 && view.memory.revision.is_some()
    })
    .await;
}

async fn healed(rig: &Rig) {
    wait::until(rig.jarvis(), "mended", LIMIT, |view| {
        let mut issues = view.memory.issues.values();
        issues.any(|issue| issue.healthy_since.is_some()) && view.memory.open_intents().next().is_none()
    })
    .await;
}

async fn rig() -> Rig {
    Rig::prepare(Setup {
        manifests: vm("web-01", 101, "RerunOnFailure"),
        ..Setup::default()
    })
    .await
}

#[track_caller]
fn is_reproduced(report: &Report, decisions: u64) {
    assert!(report.is_clean(), "{report:#?}");
    assert!(report.passes > 3 && report.decisions >= decisions, "{report:#?}");
    assert!(report.decided.recorded >= decisions, "{report:#?}");
    assert_eq!((report.decided.older, report.gaps.len()), (0, 0), "{report:#?}");
}

/// A crash mended and a person's request in one life, a crash mended in the next.
async fn two_lives(tape: &mut Tape) -> Rig {
    let mut rig = rig().await;
    tape.resume(&mut rig, |ports| ports);
    ready(&rig).await;
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    healed(&rig).await;
    let origin = Origin::Person {
        user: "op".into(),
        role: Role::Operator,
        door: Door::Cli,
    };
    let asked = NewRequest {
        action: Action::StartGuest { vmid: vmid(105) },
        origin,
        recall: None,
        hold: None,
    };
    let ticket = rig.jarvis().request(asked).await.expect("it is taken");
    wait::until(rig.jarvis(), "the request is done", LIMIT, |view| {
        view.memory.tickets[&ticket.id].state.is_final()
    })
    .await;
    rig.kill().await;
    tape.close();
    tape.resume(&mut rig, |ports| ports);
    ready(&rig).await;
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    wait::until(rig.jarvis(), "mended a second time", LIMIT, |view| {
        let starts = view.memory.intents.values();
        let starts = starts.filter(|intent| intent.action.vmid() == Some(vmid(101)));
        starts.count() == 2 && view.memory.open_intents().next().is_none()
    })
    .await;
    rig.stop().await;
    tape.close();
    rig
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_decision_of_two_lives_comes_out_the_same_and_a_changed_planner_is_caught() {
    let mut tape = Tape::new();
    let rig = two_lives(&mut tape).await;
    let report = tape.replay(&rig, plan);
    is_reproduced(&report, 3);
    assert_eq!((report.files, report.decided.lost), (2, 0), "{report:#?}");
    assert!(report.unclosed.is_empty(), "{report:#?}");

    let other_words = tape.replay(&rig, |input| {
        let mut plan = plan(input);
        for decision in &mut plan.decisions {
            for fact in &mut decision.evidence {
                fact.push('.');
            }
        }
        plan
    });
    caught(&other_words, "decisions[0].evidence[0]");
    assert!(
        other_words.differences[0]
            .decision
            .as_deref()
            .is_some_and(|decision| decision.contains("guest 101")),
        "{other_words:#?}"
    );

    let other_limit = tape.replay(&rig, |input| {
        let mut floor = input.floor.clone();
        floor.actions_per_hour = 0;
        plan(&Input {
            floor: &floor,
            ..*input
        })
    });
    caught(&other_limit, "decisions[0].verdict");

    let fact_dropped = tape.replay(&rig, |input| {
        let mut observed = input.observed.clone();
        for guest in observed.guests.values_mut() {
            guest.stop_cause = Observation::unknown(UnknownReason::NotYetSeen);
        }
        plan(&Input {
            observed: &observed,
            ..*input
        })
    });
    assert!(
        !fact_dropped.is_clean() && fact_dropped.different > 0,
        "{fact_dropped:#?}"
    );

    let forgetful = tape.replay(&rig, |input| {
        let mut memory = input.memory.clone();
        for issue in memory.issues.values_mut() {
            issue.attempts.clear();
        }
        plan(&Input {
            memory: &memory,
            ..*input
        })
    });
    assert!(forgetful.different > 0, "{forgetful:#?}");

    let later = tape.replay(&rig, |input| {
        plan(&Input {
            now: input.now + Duration::from_millis(1),
            ..*input
        })
    });
    assert_eq!(later.different, later.passes, "not a single bit may differ");
}

#[track_caller]
fn caught(report: &Report, path: &str) {
    assert!(!report.is_clean(), "{report:#?}");
    let named = report
        .differences
        .iter()
        .any(|found| found.path.starts_with(path));
    assert!(named, "{path}: {report:#?}");
    let first = &report.differences[0];
    assert!(first.line > 1 && first.recorded != first.replayed, "{first:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_under_faults_is_reproduced() {
    let mut tape = Tape::new();
    let mut rig = rig().await;
    let alarm = Arc::new(Alarm::default());
    tape.resume(&mut rig, move |ports| Ports {
        hypervisor: Arc::new(FatefulCluster {
            inner: ports.hypervisor,
            fate: Fate::RequestLost,
            alarm: alarm.clone(),
        }),
        ..ports
    });
    ready(&rig).await;
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    healed(&rig).await;
    rig.inject(&Fault::PowerLoss { node: "forge".into() });
    let forge = NodeName::new("forge").expect("a name");
    wait::until(rig.jarvis(), "forge is lost", LIMIT, |view| {
        view.memory.lost_nodes.contains(&forge)
    })
    .await;
    rig.inject(&Fault::LoseQuorum {
        keep: Some("atlas".into()),
    });
    wait::until(rig.jarvis(), "quorum is lost", LIMIT, |view| {
        view.memory.quorum_lost
    })
    .await;
    rig.stop().await;
    tape.close();
    let report = tape.replay(&rig, plan);
    is_reproduced(&report, 2);
    assert_eq!(report.decided.lost, 0, "{report:#?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_death_behind_the_intent_leaves_a_run_that_is_reproduced() {
    let mut tape = Tape::new();
    let mut rig = rig().await;
    let alarm = Arc::new(Alarm::default());
    let rung = alarm.clone();
    tape.resume(&mut rig, move |ports| Ports {
        journal: Arc::new(FailingJournal {
            inner: ports.journal,
            moment: Moment::AfterIntent,
            alarm: rung.clone(),
        }),
        ..ports
    });
    ready(&rig).await;
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    tokio::time::timeout(LIMIT, alarm.wait())
        .await
        .expect("the moment comes");
    rig.kill().await;
    tape.close();
    tape.resume(&mut rig, |ports| ports);
    healed(&rig).await;
    rig.stop().await;
    tape.close();
    is_reproduced(&tape.replay(&rig, plan), 2);
}

/// Counts passes.
#[derive(Default)]
struct Counter(AtomicU64);

impl Recorder for Counter {
    fn record(&self, _: Pass) -> bool {
        self.0.fetch_add(1, Ordering::SeqCst);
        true
    }
}

/// Passes recorded in two minutes of simulated time, and passes made.
async fn in_two_minutes(rig: &Rig, counter: &Counter) -> (u64, u64) {
    let (before, view) = (counter.0.load(Ordering::SeqCst), rig.jarvis().view());
    let later = wait::until(rig.jarvis(), "two minutes later", LIMIT, |now| {
        now.at.since(view.at) > Duration::from_mins(2)
    })
    .await;
    let recorded = counter.0.load(Ordering::SeqCst) - before;
    (recorded, later.state.passes - view.state.passes)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_calm_cluster_records_nothing_and_a_standing_refusal_not_in_every_pass() {
    let mut rig = rig().await;
    let counter = Arc::new(Counter::default());
    let recorder = counter.clone();
    rig.resume(Some(Box::new(move |ports| Ports {
        recorder: Some(recorder.clone()),
        ..ports
    })));
    ready(&rig).await;
    // The household has a disk beyond a limit, which is told and then stands.
    wait::until(rig.jarvis(), "it is calm", LIMIT, |view| {
        let told = view.memory.issues.values().any(|issue| issue.alerted);
        told && view.plan.report.is_empty() && view.plan.looks.is_empty() && view.plan.events.is_empty()
    })
    .await;
    assert!(counter.0.load(Ordering::SeqCst) > 0);
    let (recorded, made) = in_two_minutes(&rig, &counter).await;
    assert!(
        recorded == 0 && made > 10,
        "{recorded} of {made} passes of a calm cluster"
    );
    let by = Person {
        user: "op".into(),
        role: Role::Operator,
        door: Door::Cli,
    };
    let frozen = rig
        .jarvis()
        .freeze(FreezeScope::Autonomy, "night".into(), None, by);
    frozen.await.expect("it freezes");
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    wait::until(rig.jarvis(), "the crash is alerted", LIMIT, |view| {
        view.memory.issues.values().any(|issue| issue.alerted)
    })
    .await;
    // Its stop is looked into again every minute, and is not decided upon meanwhile.
    let (recorded, made) = in_two_minutes(&rig, &counter).await;
    assert!(
        recorded <= 6 && made > 12,
        "{recorded} of {made} passes of a refusal that only grows older"
    );
    wait::until(rig.jarvis(), "it stands", LIMIT, |view| {
        !view.plan.decisions.is_empty()
    })
    .await;
}
