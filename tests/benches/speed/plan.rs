//! A whole pass of the planner, the guard's verdicts included. Cold: nothing is kept from one pass to the next.

use crate::fleet::{Fleet, GUESTS};
use criterion::Criterion;
use jarvis_model::Health;
use std::hint::black_box;

/// Passes over the large cluster: all well, and with ten crashes at once.
pub fn measure(criterion: &mut Criterion) {
    let fleet = Fleet::in_sync();
    let plan = fleet.plan();
    let healthy = plan
        .statuses
        .values()
        .filter(|status| status.health == Health::Healthy);
    assert_eq!(healthy.count(), GUESTS as usize, "all are well");
    assert!(plan.decisions.is_empty() && plan.looks.is_empty());
    criterion.bench_function("plan/10000 guests in sync", |bencher| {
        bencher.iter(|| black_box(&fleet).plan());
    });

    // Before each plan: which of all figures are beyond their limits.
    criterion.bench_function("passed/10000 guests", |bencher| {
        bencher.iter(|| jarvis_planner::passed(&black_box(&fleet).input()));
    });

    let fleet = Fleet::with_crashes();
    assert_eq!(fleet.plan().decisions.len(), 10, "every crash is judged");
    criterion.bench_function("plan/10000 guests, 10 crashed", |bencher| {
        bencher.iter(|| black_box(&fleet).plan());
    });
}
