//! Waiting for something to become true, with a deadline, driven by published pictures instead of sleeps.

use jarvis_controller::{Handle, View};
use jarvis_model::{Event, Record};
use std::{sync::Arc, time::Duration};

/// Waits until a published picture satisfies `wanted`.
///
/// # Panics
/// When `limit` (wall time) passes first; the message holds the last picture's plan report and events.
pub async fn until(
    handle: &Handle,
    what: &str,
    limit: Duration,
    wanted: impl Fn(&View) -> bool,
) -> Arc<View> {
    let mut views = handle.watch();
    let deadline = tokio::time::Instant::now() + limit;
    loop {
        let view = views.borrow_and_update().clone();
        if wanted(&view) {
            return view;
        }
        if tokio::time::timeout_at(deadline, views.changed()).await.is_err() {
            let records = handle.records_after(0, 10_000).unwrap_or_default();
            let tail: Vec<String> = records
                .iter()
                .rev()
                .take(12)
                .map(|stored| format!("{:?}", stored.record.event))
                .collect();
            panic!(
                "not within {limit:?}: {what}\nreport: {:#?}\nstate: {:?}\nlooks: {:?}\nlatest events: {tail:#?}",
                view.plan.report, view.state, view.plan.looks
            );
        }
    }
}

/// All records so far.
pub fn records(handle: &Handle) -> Vec<Record> {
    handle
        .records_after(0, 100_000)
        .unwrap_or_default()
        .into_iter()
        .map(|stored| stored.record)
        .collect()
}

/// All events so far.
pub fn events(handle: &Handle) -> Vec<Event> {
    records(handle).into_iter().map(|record| record.event).collect()
}
