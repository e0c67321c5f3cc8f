//! What everybody in a life shares: the world, the wire, the dice, the trace, the oracle. One lock, never held over a wait.

use super::{bug::Bug, journal::Trap, oracle::Oracle, place::Place, trace::Trace, watch::Watch, wire::Wire};
use jarvis_simulator::{SimTime, rng::Rng, world::World};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Notify;

/// The shared state.
pub struct Stage {
    /// The cluster, as it really is.
    pub world: World,
    /// What the wire does just now.
    pub wire: Wire,
    /// Chance, for delays and the like.
    pub dice: Rng,
    /// What is written down.
    pub trace: Trace,
    /// Who checks.
    pub oracle: Oracle,
    /// Where the process dies next.
    pub trap: Option<Trap>,
    /// The deliberate fault, or none.
    pub bug: Bug,
}

/// The stage, with time. Clones are the same.
#[derive(Clone)]
pub struct Scene {
    stage: Arc<Mutex<Stage>>,
    /// Time.
    pub watch: Arc<Watch>,
    /// Rung when a process fell into a trap.
    pub died: Arc<Notify>,
}

impl Scene {
    /// A stage for a life of this seed.
    pub fn new(seed: u64, place: &Place, bug: Bug) -> Self {
        let stage = Stage {
            world: place.world.clone(),
            wire: Wire::default(),
            dice: Rng::new(seed ^ 0x0077_6972_6500),
            trace: Trace::default(),
            oracle: Oracle::new(place),
            trap: None,
            bug,
        };
        Self {
            stage: Arc::new(Mutex::new(stage)),
            watch: Arc::new(Watch::default()),
            died: Arc::new(Notify::new()),
        }
    }

    /// Brings the world up to now and does something on the stage.
    pub fn with<T>(&self, deed: impl FnOnce(&mut Stage) -> T) -> T {
        let elapsed = self.watch.elapsed_ms();
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        stage.world.advance(SimTime::from_millis(elapsed));
        let Stage { world, oracle, .. } = &mut *stage;
        oracle.watch(world, elapsed);
        deed(&mut stage)
    }

    /// Writes a line.
    pub fn note(&self, kind: &str, text: &str) {
        let elapsed = self.watch.elapsed_ms();
        self.with(|stage| stage.trace.line(elapsed, kind, text));
    }
}

impl Stage {
    /// Writes a line at the world's time.
    pub fn note(&mut self, kind: &str, text: &str) {
        self.trace.line(self.world.now().as_millis(), kind, text);
    }

    /// True in this many cases of a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.dice.below(100) < percent
    }

    /// A number from `low` to `high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        low + self.dice.below(high - low + 1)
    }
}
