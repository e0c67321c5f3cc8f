//! A clock that runs faster than the wall clock, so that Jarvis keeps step with a simulated cluster that does: in the demo,
//! and in builds with debug assertions when `JARVIS_TEST_CLOCK` says so, for tests of the whole program. What is shipped
//! knows no such variable.

use crate::{config::Config, environment::Environment, exit::Failure};
use async_trait::async_trait;
use jarvis_model::Timestamp;
use jarvis_ports::{Clock, SystemClock};
use std::{
    sync::Arc,
    time::{Duration, Instant},
};

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

/// This machine's clock, as it is told elsewhere; when it jumps, so does this.
#[cfg(debug_assertions)]
struct ClockElsewhere {
    there: Timestamp,
    here: Timestamp,
    factor: u32,
}

#[cfg(debug_assertions)]
impl ClockElsewhere {
    /// As [`TEST_CLOCK`] says it.
    fn wanted(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        let mut millis = || words.next()?.parse().ok().map(Timestamp::from_millis);
        Some(Self {
            there: millis()?,
            here: millis()?,
            factor: words.next()?.parse().ok().filter(|factor| *factor > 0)?,
        })
    }
}

#[cfg(debug_assertions)]
#[async_trait]
impl Clock for ClockElsewhere {
    fn now(&self) -> Timestamp {
        let now = SystemClock.now();
        if now >= self.here {
            self.there + now.since(self.here) * self.factor
        } else {
            self.there - self.here.since(now) * self.factor
        }
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span / self.factor).await;
    }
}

/// The clock of `jarvis run`: this machine's, or the one that a test wants. A fast one makes time limits shorter too.
pub fn of_run(environment: &Environment, config: &mut Config) -> Result<Arc<dyn Clock>, Failure> {
    #[cfg(debug_assertions)]
    if let Some(wanted) = environment.get(TEST_CLOCK) {
        let clock = ClockElsewhere::wanted(wanted).ok_or_else(|| {
            let form = "UNIX_MILLIS_THERE UNIX_MILLIS_HERE FACTOR";
            Failure::error(format!("{TEST_CLOCK}={wanted:?}: write {form}"))
        })?;
        tracing::warn!(
            factor = clock.factor,
            "{TEST_CLOCK} is set: time is not this machine's; for tests only"
        );
        config.cluster.timeouts = Some(shortened(clock.factor));
        return Ok(Arc::new(clock));
    }
    let _ = (environment, config);
    Ok(Arc::new(SystemClock))
}

/// Which time it is there and here at the same moment (Unix milliseconds), and how many times as fast it goes there.
#[cfg(debug_assertions)]
const TEST_CLOCK: &str = "JARVIS_TEST_CLOCK";

/// Time limits for a clock that is so fast, but never so short that a busy machine misses them.
#[cfg(debug_assertions)]
fn shortened(factor: u32) -> jarvis_proxmox::Timeouts {
    let usual = jarvis_proxmox::Timeouts::default();
    let short = |span: Duration, least: u64| (span / factor).max(Duration::from_millis(least));
    jarvis_proxmox::Timeouts {
        look: short(usual.look, 2_000),
        write: short(usual.write, 4_000),
        hedge: short(usual.hedge, 700),
        aside: short(usual.aside, 2_000),
        ..usual
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
