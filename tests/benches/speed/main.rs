//! Benchmarks of what must stay quick on a large cluster. `cargo xtask bench` runs them; docs/BENCHMARKS.md holds what was
//! measured and what is aimed at. Each measures production code; what is set up beforehand is not counted.

mod fleet;
mod journal;
mod manifests;
mod observe;
mod plan;
mod stored;

use criterion::Criterion;
use std::time::Duration;

/// That of the program.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

fn main() {
    let mut criterion = Criterion::default()
        .sample_size(20)
        .warm_up_time(Duration::from_millis(500))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    plan::measure(&mut criterion);
    observe::measure(&mut criterion);
    manifests::measure(&mut criterion);
    journal::measure(&mut criterion);
    criterion.final_summary();
}
