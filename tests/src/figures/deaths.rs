//! From the death of a guest to the decision to start it: the controller over the simulated cluster's sockets, in step with
//! its time, with the nodes' journals followed and without.

use crate::{Rig, Setup, wait};
use jarvis_controller::Handle;
use jarvis_model::{Action, Vmid};
use jarvis_simulator::{Fault, Scenario};
use jarvis_ssh::JournalUse;
use std::time::{Duration, Instant};

/// Virtual machines that die one after another; each dies once.
const DEATHS: u32 = 12;
/// Between two deaths, so that they meet the ten seconds' beat of looks at different moments.
const BETWEEN: Duration = Duration::from_millis(4300);
const PATIENCE: Duration = Duration::from_mins(1);

/// How long each decision took.
pub async fn measure(journals: JournalUse) -> anyhow::Result<Vec<Duration>> {
    let rig = Rig::start(Setup {
        factor: 1,
        scenario: Scenario::Generated { nodes: 4, guests: 50 },
        ssh: Some(journals),
        ..Setup::default()
    })
    .await;
    let guests = running_machines(&rig);
    anyhow::ensure!(
        guests.len() >= DEATHS as usize,
        "the cluster has too few machines"
    );
    let manifests: String = guests.iter().map(|vmid| declared(*vmid)).collect();
    rig.repository
        .commit(&[("all.yaml", &manifests)], "Declare the machines")?;
    wait::until(rig.jarvis(), "all in order", PATIENCE, |view| {
        view.plan.statuses.len() == guests.len() && view.plan.report.is_empty()
    })
    .await;
    let mut took = Vec::new();
    for vmid in guests {
        tokio::time::sleep(BETWEEN).await;
        rig.inject(&Fault::CrashGuest { vmid });
        let began = Instant::now();
        decided(rig.jarvis(), Vmid::new(vmid)?).await;
        took.push(began.elapsed());
    }
    Ok(took)
}

async fn decided(jarvis: &Handle, vmid: Vmid) {
    let wanted = Action::StartGuest { vmid };
    wait::until(jarvis, "the start is decided", PATIENCE, |view| {
        let mut intents = view.memory.intents.values();
        intents.any(|intent| intent.action == wanted)
    })
    .await;
}

fn running_machines(rig: &Rig) -> Vec<u32> {
    rig.simulator.handle().with_world(|world| {
        let machines = world.guests.values();
        machines
            .filter(|guest| guest.kind.word() == "qemu" && guest.process.is_some())
            .map(|guest| guest.vmid)
            .take(DEATHS as usize)
            .collect()
    })
}

fn declared(vmid: u32) -> String {
    format!(
        "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {{name: vm-{vmid}}}\nspec: {{vmid: {vmid}, \
         runStrategy: Always}}\n---\n"
    )
}
