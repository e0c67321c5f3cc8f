//! Tools that misbehave, for tests of what stands above. They are in no catalogue.

use crate::{
    answer::Answer,
    read::{Nothing, reads},
    registry::Registry,
    schema,
    tool::{Desk, Tool},
};
use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};
use tokio::sync::Notify;

/// How often `waits` was cancelled, in this process.
pub static CANCELLED: AtomicU32 = AtomicU32::new(0);
/// Told when it is.
pub static CANCELLED_NOW: Notify = Notify::const_new();

/// `waits` answers when it is cancelled or its 30 s are over, `hangs` never answers and has 1 s, `panics` does.
pub static MISBEHAVING: [Tool; 3] = [
    Tool {
        budget: Duration::from_secs(30),
        ..reads("waits", "Waits", "Waits until it is cancelled.", |call| {
            Box::pin(async move {
                call.step(1, "waiting");
                call.cancel.cancelled().await;
                CANCELLED.fetch_add(1, Ordering::SeqCst);
                CANCELLED_NOW.notify_one();
                Answer::of(&serde_json::json!({}))
            })
        })
    },
    Tool {
        budget: Duration::from_secs(1),
        input: schema::input::<Nothing>,
        ..reads("hangs", "Hangs", "Never answers.", |_| {
            Box::pin(std::future::pending())
        })
    },
    reads("panics", "Panics", "Breaks down.", |_| {
        Box::pin(async { std::panic::panic_any("the secret is hunter2".to_owned()) })
    }),
];

/// A registry with these alone.
pub fn registry(desk: Desk) -> Registry {
    Registry::of(desk, &MISBEHAVING)
}
