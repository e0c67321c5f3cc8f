//! What a token does not show is not taken for what is not there.

use crate::scenario::{vm, vmid};
use jarvis_controller::Ports;
use jarvis_model::Event;
use jarvis_simulator::Fault;
use jarvis_tests::{
    Rig, Setup,
    disturb::{Fate, FatefulCluster},
    wait,
};
use std::{sync::Arc, time::Duration};

const LIMIT: Duration = Duration::from_mins(1);

/// Without Sys.Audit on a node Proxmox lists the token's own tasks, so that a stop by a person looks like a crash.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_whose_task_is_hidden_is_no_crash() {
    let mut rig = Rig::prepare(Setup {
        manifests: vm("web-01", 101, "RerunOnFailure"),
        ..Setup::default()
    })
    .await;
    rig.resume(Some(Box::new(|ports| Ports {
        hypervisor: Arc::new(FatefulCluster {
            inner: ports.hypervisor,
            fate: Fate::OthersHidden,
            alarm: Arc::default(),
        }),
        ..ports
    })));
    wait::until(rig.jarvis(), "web-01 is seen running", LIMIT, |view| {
        view.memory.running.contains_key(&vmid(101)) && view.memory.revision.is_some()
    })
    .await;
    rig.inject(&Fault::UserStop {
        vmid: 101,
        user: "anna@pve".to_owned(),
    });
    wait::until(rig.jarvis(), "it is said what is missing", LIMIT, |view| {
        view.plan
            .statuses
            .values()
            .any(|status| format!("{status:?}").contains("Sys.Audit"))
    })
    .await;
    let started = wait::events(rig.jarvis())
        .iter()
        .any(|event| matches!(event, Event::IntentLogged { .. }));
    assert!(!started, "nothing is done about it");
}
