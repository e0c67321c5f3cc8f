//! Why a node is slow, after ten minutes of watching: its load, the guest that causes it, and since when, each with its fact.

use jarvis_model::{NodeName, Timestamp, Vmid};
use jarvis_simulator::Fault;
use jarvis_store::MemoryStore;
use jarvis_tests::stage::{PATIENCE, Stage};
use jarvis_tests::{Rig, Setup, wait};
use std::{sync::Arc, time::Duration};

const BUSY: u32 = 106;

async fn waits(stage: &Stage, until: Timestamp) {
    wait::until(stage.rig.jarvis(), "time passes", PATIENCE, |view| {
        view.at >= until
    })
    .await;
}

/// A guest works hard, and its node shows it.
fn overload(stage: &Stage) {
    stage.rig.inject(&Fault::GuestLoad {
        vmid: BUSY,
        cpu: Some(97.0),
        memory: None,
    });
    stage.rig.inject(&Fault::NodeLoad {
        node: "forge".to_owned(),
        cpu: Some(94.0),
        memory: None,
        celsius: None,
    });
}

#[tokio::test]
async fn the_load_the_guest_and_the_time_are_told_with_their_facts() {
    let rig = Rig::start(Setup {
        factor: 60,
        ..Setup::default()
    })
    .await;
    wait::until(rig.jarvis(), "the cluster is seen", PATIENCE, |view| {
        view.observed.guests.len() > 5
    })
    .await;
    let mut stage = Stage::over(
        rig,
        &[],
        jarvis_assistant::spend::Caps::default(),
        Arc::new(MemoryStore::default()),
    );
    stage.rig.inject(&Fault::GuestLoad {
        vmid: BUSY,
        cpu: Some(8.0),
        memory: None,
    });
    let begun = stage.rig.now();
    waits(&stage, begun + Duration::from_mins(4)).await;
    let busy_from = stage.rig.now();
    overload(&stage);
    waits(&stage, busy_from + Duration::from_mins(6)).await;
    let (node, guest) = (NodeName::new("forge").unwrap(), Vmid::new(BUSY).unwrap());
    wait::until(stage.rig.jarvis(), "its load is seen", PATIENCE, |view| {
        let node = view.observed.nodes.get(&node).and_then(|node| node.usage.cpu);
        let guest = view.observed.guests.get(&guest).and_then(|guest| guest.usage.cpu);
        node.is_some_and(|cpu| cpu > 0.9) && guest.is_some_and(|cpu| cpu > 0.9)
    })
    .await;
    let said = stage.ask("Why is forge slow?").await;
    for part in [
        "Node forge is busy",
        "94 % of its processor",
        "Guest 106 (ci-runner) takes most of it",
        "since ",
    ] {
        assert!(said.text.contains(part), "{part}: {}", said.text);
    }
    let fact = |source: &str| {
        let found = said.facts.iter().find(|fact| fact.source == source);
        found
            .unwrap_or_else(|| panic!("{source}: {:#?}", said.facts))
            .clone()
    };
    assert_eq!(fact("node/forge cpu").claim, "94 % of its processor");
    assert!(fact("guest/106 cpu").claim.ends_with("of 24 cores"));
    let since = fact("guest/106 cpu history").at.unwrap();
    let late = since.since(busy_from);
    assert!(
        since >= busy_from && late <= Duration::from_mins(2),
        "{late:?} after it began: {}",
        said.text
    );
}
