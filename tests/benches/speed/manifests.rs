//! Manifests: reading and validating them, hashing them, comparing two sets.

use crate::fleet;
use criterion::Criterion;
use jarvis_crds::{Desired, load, shrink};
use std::hint::black_box;

/// Loading a thousand files; hash and comparison of the set.
pub fn measure(criterion: &mut Criterion) {
    let files = fleet::files(1000);
    let desired = load(&files, "commit").expect("sound manifests").desired;
    assert_eq!(desired.len(), 1000);
    criterion.bench_function("manifests/load 1000 files", |bencher| {
        bencher.iter(|| load(black_box(&files), "commit"));
    });
    let manifests = desired.manifests();
    criterion.bench_function("manifests/hash 1000 resources", |bencher| {
        bencher.iter(|| Desired::new("commit", black_box(&manifests).iter().cloned()));
    });
    let fewer = Desired::new("next", manifests.iter().take(900).cloned());
    criterion.bench_function("manifests/compare 1000 with 900", |bencher| {
        bencher.iter(|| shrink(black_box(&desired), black_box(&fewer)));
    });
}
