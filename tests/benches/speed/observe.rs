//! Taking a cluster-wide look in, and the look itself through the production client: from a stored answer, so that only our
//! part of the work is counted, and from a simulated cluster.

use crate::{fleet, stored};
use criterion::{BatchSize, Criterion};
use jarvis_controller::{history::History, observe::Tracker};
use jarvis_crds::Desired;
use jarvis_model::{Observed, Timestamp};
use jarvis_ports::Hypervisor;
use jarvis_proxmox::{EntryPoint, Options, Proxmox, Tls, Token, replay::cluster_list};
use jarvis_simulator::Scenario;
use jarvis_store::MemoryStore;
use jarvis_tests::rig::{Rig, Setup};
use std::{hint::black_box, sync::Arc, time::Duration};

/// The parts of one observe cycle.
pub fn measure(criterion: &mut Criterion) {
    decode(criterion);
    absorb(criterion);
    cycle(criterion);
    ask(criterion);
}

/// The client's decoding alone, of a body as Proxmox 9 spells it.
fn decode(criterion: &mut Criterion) {
    let body = body();
    let look = cluster_list(&body).expect("a list");
    assert_eq!(look.guests.len(), fleet::GUESTS as usize);
    criterion.bench_function("observe/decode_cluster_10k", |bencher| {
        bencher.iter(|| cluster_list(black_box(&body)).expect("a list"));
    });
    let at = |round: u64| Timestamp::from_secs(1_800_000_000) + Duration::from_secs(10 * round);
    let mut tracker = Tracker::default();
    let mut observed = Observed::default();
    tracker.absorb_cluster(&mut observed, &look, at(0));
    criterion.bench_function("observe/decode and absorb 10000 guests", |bencher| {
        bencher.iter_batched(
            || (tracker.clone(), observed.clone()),
            |(mut tracker, mut observed)| {
                let look = cluster_list(black_box(&body)).expect("a list");
                tracker.absorb_cluster(&mut observed, &look, at(1));
                (tracker, observed, look)
            },
            BatchSize::LargeInput,
        );
    });
}

fn body() -> Vec<u8> {
    let mut rows = Vec::new();
    for number in 1..=fleet::NODES {
        rows.push(format!(
            r#"{{"type":"node","id":"node/node{number:02}","node":"node{number:02}","status":"online","uptime":{uptime},"cpu":0.0425714285714286,"maxcpu":64,"mem":270532608000,"maxmem":540532608000,"disk":4446089216,"maxdisk":100861726720,"level":"","cgroup-mode":2}}"#,
            uptime = 1_000_000 + number
        ));
    }
    for index in 0..fleet::GUESTS {
        let (kind, vmid) = (if index % 3 == 0 { "lxc" } else { "qemu" }, 100 + index);
        rows.push(format!(
            r#"{{"id":"{kind}/{vmid}","type":"{kind}","vmid":{vmid},"node":"node{node:02}","name":"guest-{index:05}","status":"running","uptime":{uptime},"template":0,"tags":"prod;web","cpu":0.0264960009703125,"maxcpu":4,"mem":2147483648,"maxmem":4294967296,"memhost":2260898816,"disk":0,"maxdisk":34359738368,"diskread":294548066,"diskwrite":176828928,"netin":1222635,"netout":107945}}"#,
            node = index % fleet::NODES + 1,
            uptime = 500_000 + index
        ));
    }
    format!(r#"{{"data":[{}]}}"#, rows.join(",")).into_bytes()
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

/// A whole cycle of observing, ours alone: the production client asks, over a socket, for an answer that another thread
/// has at hand; the picture and the figures of history are brought up to date. Everything of ours runs on this one thread,
/// and what is measured is the time that thread was on a processor, work of the kernel for it included.
fn cycle(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime");
    let url = stored::serve("/api2/json/cluster/resources", body());
    let token = Token::parse(&format!("jarvis@pve!bench={}", "0".repeat(36))).expect("a token");
    let entry = EntryPoint::new(None, &url).expect("a loopback URL");
    let options = Options::new("fleet", vec![entry], token, Tls::WebRoots).expect("fine options");
    let client = Proxmox::new(options).expect("a client");
    let (store, mut history) = (MemoryStore::default(), History::default());
    let mut tracker = Tracker::default();
    let mut observed = Arc::new(Observed::default());
    let mut now = Timestamp::from_secs(1_800_000_000);
    let mut once = || {
        let began = stored::on_processor();
        let look = runtime.block_on(client.look_cluster()).expect("an answer");
        // A reader of the picture before holds it, as in the program.
        let published = observed.clone();
        tracker.absorb_cluster(Arc::make_mut(&mut observed), &look, now);
        history
            .take(&observed, &Desired::default(), now, &store)
            .expect("a store");
        assert_eq!(look.guests.len(), fleet::GUESTS as usize);
        drop((look, published));
        let took = stored::on_processor().saturating_sub(began);
        now = now + Duration::from_secs(10);
        took
    };
    once();
    criterion.bench_function("observe/cycle of 10000 guests, our processor time", |bencher| {
        bencher.iter_custom(|iterations| (0..iterations).map(|_| once()).sum());
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
