//! The journals of the nodes, followed over SSH, wake the loop: it would not look by itself for an hour.

use crate::scenario::{vm, vmid};
use jarvis_controller::{Person, View};
use jarvis_model::{Action, Door, Event, Role};
use jarvis_simulator::Fault;
use jarvis_ssh::JournalUse;
use jarvis_tests::{Rig, Setup, wait};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(20);
/// The nodes of the simulated home that SSH reaches.
const FOLLOWED: usize = 4;

/// Blind for an hour after the first looks.
async fn blind_rig(ssh: Option<JournalUse>) -> Rig {
    let rig = Rig::start(Setup {
        manifests: vm("web-01", 101, "Always"),
        factor: 4,
        look_every: Duration::from_hours(1),
        ssh,
        ..Setup::default()
    })
    .await;
    let operator = || Person {
        user: "op".into(),
        role: Role::Operator,
        door: Door::Cli,
    };
    let settled = |view: &View| {
        view.memory.revision.is_some() && view.observed.complete_passes >= 2 && view.plan.report.is_empty()
    };
    let deadline = Instant::now() + LIMIT;
    while !settled(&rig.jarvis().view()) {
        assert!(Instant::now() < deadline, "all is in order");
        let before = rig.jarvis().view().state.last_look_at;
        rig.jarvis().reconcile_now(operator()).await.expect("it is asked");
        wait::until(rig.jarvis(), "a look", LIMIT, |view| {
            view.state.last_look_at > before
        })
        .await;
    }
    rig
}

fn started(rig: &Rig) -> bool {
    wait::events(rig.jarvis()).iter().any(
        |event| matches!(event, Event::IntentLogged { intent } if intent.action == Action::StartGuest { vmid: vmid(101) }),
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_in_a_journal_wakes_the_loop() {
    let rig = blind_rig(Some(JournalUse::Follow)).await;
    let deadline = Instant::now() + LIMIT;
    while rig.simulator.handle().journal_followers() < FOLLOWED {
        assert!(Instant::now() < deadline, "the journals are followed");
        tokio::task::yield_now().await;
    }
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    wait::until(rig.jarvis(), "the start is decided", LIMIT, |_| started(&rig)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_the_journal_it_is_found_when_the_cluster_is_looked_at() {
    let rig = blind_rig(Some(JournalUse::Leave)).await;
    rig.inject(&Fault::CrashGuest { vmid: 101 });
    let crashed_at = rig.now();
    wait::until(rig.jarvis(), "twenty seconds more", LIMIT, |view| {
        view.at.since(crashed_at) >= Duration::from_secs(20)
    })
    .await;
    assert_eq!(rig.simulator.handle().journal_followers(), 0);
    assert!(!started(&rig), "nobody told it, and nothing was looked at");
}
