//! Time in a life: how late it really is, and what Jarvis's own clock says, which may jump or stand still.

use async_trait::async_trait;
use jarvis_model::Timestamp;
use jarvis_ports::Clock;
use std::{
    sync::atomic::{AtomicI64, AtomicU64, Ordering},
    time::Duration,
};
use tokio::time::Instant;

/// Unix time at the beginning of every life, milliseconds; that of the simulated world.
pub const EPOCH_MS: u64 = 1_795_000_000_000;

/// The time of a life.
#[derive(Debug)]
pub struct Watch {
    began: Instant,
    leap_ms: AtomicU64,
    skew_ms: AtomicI64,
    stands_at: AtomicU64,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            began: Instant::now(),
            leap_ms: AtomicU64::new(0),
            skew_ms: AtomicI64::new(0),
            stands_at: AtomicU64::new(0),
        }
    }
}

impl Watch {
    /// How long the life really lasts by now, milliseconds.
    pub fn elapsed_ms(&self) -> u64 {
        let run = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        run + self.leap_ms.load(Ordering::Relaxed)
    }

    /// The instant of tokio's clock at which the life will have run this long, suspended spans left out.
    pub fn instant(&self, run_ms: u64) -> Instant {
        self.began + Duration::from_millis(run_ms)
    }

    /// How long the life has run, suspended spans left out, milliseconds.
    pub fn run_ms(&self) -> u64 {
        self.elapsed_ms() - self.leap_ms.load(Ordering::Relaxed)
    }

    /// What Jarvis's clock says.
    pub fn told(&self) -> Timestamp {
        let stands_at = self.stands_at.load(Ordering::Relaxed);
        if stands_at > 0 {
            return Timestamp::from_millis(stands_at);
        }
        let skew = self.skew_ms.load(Ordering::Relaxed);
        Timestamp::from_millis((EPOCH_MS + self.elapsed_ms()).saturating_add_signed(skew))
    }

    /// Time passes at once for everybody: the machine Jarvis runs on was suspended, or its disk held it up.
    pub fn leap(&self, span: Duration) {
        let millis = u64::try_from(span.as_millis()).unwrap_or(0);
        self.leap_ms.fetch_add(millis, Ordering::Relaxed);
    }

    /// Jarvis's clock jumps.
    pub fn jump(&self, millis: i64) {
        self.skew_ms.fetch_add(millis, Ordering::Relaxed);
    }

    /// Jarvis's clock stands still.
    pub fn stand(&self) {
        self.stands_at.store(self.told().as_millis(), Ordering::Relaxed);
    }

    /// Jarvis's clock goes on, right again.
    pub fn correct(&self) {
        self.stands_at.store(0, Ordering::Relaxed);
        self.skew_ms.store(0, Ordering::Relaxed);
    }
}

#[async_trait]
impl Clock for Watch {
    fn now(&self) -> Timestamp {
        self.told()
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}
