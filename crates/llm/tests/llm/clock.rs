//! A clock that runs faster than the machine's, so that limits of half a minute are reached in a test.

use async_trait::async_trait;
use jarvis_model::Timestamp;
use jarvis_ports::Clock;
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

/// A hundred seconds of it are one.
const FASTER: u32 = 100;

/// The clock; notes what was waited for.
#[derive(Debug, Default)]
pub struct Fast {
    waits: Mutex<Vec<Duration>>,
}

impl Fast {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    /// Whether somebody began to wait so long.
    pub fn waited(&self, span: Duration) -> bool {
        self.waits.lock().unwrap().contains(&span)
    }

    /// How many waits between these.
    pub fn waits_between(&self, least: Duration, most: Duration) -> usize {
        let waits = self.waits.lock().unwrap();
        waits.iter().filter(|span| (least..=most).contains(*span)).count()
    }
}

#[async_trait]
impl Clock for Fast {
    fn now(&self) -> Timestamp {
        Timestamp::from_secs(1_790_000_000)
    }

    async fn sleep(&self, span: Duration) {
        self.waits.lock().unwrap().push(span);
        tokio::time::sleep(span / FASTER).await;
    }
}
