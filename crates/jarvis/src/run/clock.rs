//! A clock that runs faster than the wall clock, so that Jarvis keeps step with a simulated cluster that does.

use async_trait::async_trait;
use jarvis_model::Timestamp;
use jarvis_ports::{Clock, SystemClock};
use std::time::{Duration, Instant};

/// Starts at the wall clock's time and runs `factor` times as fast.
pub struct FastClock {
    began: Instant,
    origin: Timestamp,
    factor: u32,
}

impl FastClock {
    /// A factor of 0 counts as 1.
    pub fn new(factor: u32) -> Self {
        Self {
            began: Instant::now(),
            origin: SystemClock.now(),
            factor: factor.max(1),
        }
    }
}

#[async_trait]
impl Clock for FastClock {
    fn now(&self) -> Timestamp {
        self.origin + self.began.elapsed() * self.factor
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span / self.factor).await;
    }
}
