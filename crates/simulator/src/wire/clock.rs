//! The clock that drives a served world: wall time times a factor, plus what was advanced by hand.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::time::SimTime;

/// Simulated time for sockets.
pub struct Clock {
    started: Instant,
    factor: u32,
    added_ms: AtomicU64,
    moved: Notify,
}

impl Clock {
    /// A clock that runs `factor` times as fast as the wall clock; 0: it stands still until it is advanced.
    pub fn new(factor: u32) -> Self {
        Self {
            started: Instant::now(),
            factor,
            added_ms: AtomicU64::new(0),
            moved: Notify::new(),
        }
    }

    /// Simulated time now.
    pub fn now(&self) -> SimTime {
        let wall = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let run = wall.saturating_mul(u64::from(self.factor));
        SimTime::from_millis(run.saturating_add(self.added_ms.load(Ordering::SeqCst)))
    }

    /// Lets this much simulated time pass at once.
    pub fn advance(&self, span: Duration) {
        self.added_ms
            .fetch_add(u64::try_from(span.as_millis()).unwrap_or(0), Ordering::SeqCst);
        self.moved.notify_waiters();
    }

    /// Waits for this much simulated time.
    pub async fn sleep(&self, span: Duration) {
        let until = self.now() + span;
        loop {
            let moved = self.moved.notified();
            let left = until.since(self.now());
            if left.is_zero() {
                return;
            }
            let wall = if self.factor == 0 {
                Duration::from_millis(20)
            } else {
                left / self.factor
            };
            tokio::select! {
                () = tokio::time::sleep(wall.max(Duration::from_millis(1))) => {}
                () = moved => {}
            }
        }
    }
}
