//! Taking a cluster-wide look in, and the look itself through the production client from a simulated cluster.

use crate::fleet;
use criterion::{BatchSize, Criterion};
use jarvis_controller::observe::Tracker;
use jarvis_model::{Observed, Timestamp};
use jarvis_ports::Hypervisor;
use jarvis_simulator::Scenario;
use jarvis_tests::rig::{Rig, Setup};
use std::{hint::black_box, time::Duration};

/// The parts of one observe cycle.
pub fn measure(criterion: &mut Criterion) {
    absorb(criterion);
    ask(criterion);
}

fn absorb(criterion: &mut Criterion) {
    let at = |round: u64| Timestamp::from_secs(1_800_000_000) + Duration::from_secs(10 * round);
    let mut tracker = Tracker::default();
    let mut observed = Observed::default();
    tracker.absorb_cluster(&mut observed, &fleet::look(0), at(0));
    let look = fleet::look(1);
    criterion.bench_function("observe/absorb a look at 10000 guests", |bencher| {
        bencher.iter_batched(
            || (tracker.clone(), observed.clone()),
            |(mut tracker, mut observed)| {
                tracker.absorb_cluster(&mut observed, black_box(&look), at(1));
                (tracker, observed)
            },
            BatchSize::LargeInput,
        );
    });
}

/// The simulated cluster makes its answer in this process, so its time is counted too.
fn ask(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let setup = Setup {
        factor: 1,
        scenario: Scenario::generated(fleet::NODES, fleet::GUESTS),
        ..Setup::default()
    };
    let (rig, client) = runtime.block_on(async {
        let rig = Rig::prepare(setup).await;
        let client = rig.client();
        let look = client.look_cluster().await.expect("an answer");
        assert_eq!(look.guests.len(), fleet::GUESTS as usize);
        (rig, client)
    });
    criterion.bench_function("observe/ask a simulated cluster for 10000 guests", |bencher| {
        bencher.iter(|| runtime.block_on(client.look_cluster()).expect("an answer"));
    });
    runtime.block_on(async move { drop((rig, client)) });
}
