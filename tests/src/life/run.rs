//! One life, from the seed to what came of it.

use super::{
    bug::Bug,
    deeds::{self, Agenda, Deed, Hardship},
    doing::Doing,
    place::Place,
    process::Jarvis,
    source::LifeSource,
    stage::Scene,
    trace::Trace,
};
use jarvis_simulator::rng::Rng;
use jarvis_store::faulty::Crash;
use std::{fmt, sync::Arc, time::Duration};

/// Lives differ in length by up to this, beyond two hours.
const SPREAD_MINUTES: u64 = 150;

/// Which life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Life {
    /// Everything follows from it.
    pub seed: u64,
    /// A deliberate fault, or none.
    pub bug: Bug,
    /// How hard it is.
    pub hardship: Hardship,
}

/// What came of a life.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Its seed.
    pub seed: u64,
    /// The first broken promise.
    pub violation: Option<String>,
    /// What happened.
    pub trace: Trace,
    /// Effects that the cluster took in.
    pub effects: usize,
    /// Things that happened of themselves.
    pub deeds: usize,
    /// How long it was, suspended spans included.
    pub lasted: Duration,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let promise = self.violation.as_deref().unwrap_or("every promise was kept");
        writeln!(f, "seed {}: {promise}", self.seed)?;
        for line in self.trace.last(40) {
            writeln!(f, "  {line}")?;
        }
        write!(f, "again: cargo xtask life --seed {} --trace", self.seed)
    }
}

/// Lives it.
///
/// # Panics
/// When tokio gives no runtime.
pub fn live(life: Life) -> Outcome {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without threads or sockets can be had");
    runtime.block_on(whole(life))
}

async fn whole(life: Life) -> Outcome {
    let place = Place::draw(life.seed);
    let scene = Scene::new(life.seed, &place, life.bug);
    let source = Arc::new(LifeSource::default());
    let mut doing = Doing {
        jarvis: Jarvis::new(scene.clone(), place.floor.clone(), source.clone()),
        specs: place.specs.clone(),
        scene: scene.clone(),
        place,
        source,
    };
    doing.declare(&doing.specs, "Begin");
    doing.jarvis.start();
    let mut dice = Rng::new(life.seed ^ 0x006C_656E_6774);
    let length_ms = (120 + dice.below(SPREAD_MINUTES)) * 60_000;
    let agenda = deeds::draw(life.seed, &doing.place, length_ms, life.hardship);
    let count = agenda.len();
    through(&mut doing, agenda, &mut dice).await;
    if scene.with(|stage| stage.oracle.violation.is_none()) {
        doing.mend();
        doing.come_to_rest().await;
    }
    let lasted = Duration::from_millis(scene.watch.elapsed_ms());
    doing.jarvis.die(Crash::Process);
    scene.with(|stage| Outcome {
        seed: life.seed,
        violation: stage.oracle.violation.clone(),
        trace: std::mem::take(&mut stage.trace),
        effects: stage.oracle.accepted,
        deeds: count,
        lasted,
    })
}

/// Goes through the agenda; a process that fell into a trap is started again after a while.
async fn through(doing: &mut Doing, mut agenda: Agenda, dice: &mut Rng) {
    let scene = doing.scene.clone();
    let mut restarts = u32::MAX / 2;
    while let Some(((at, number), deed)) = agenda.pop_first() {
        let due = scene.watch.instant(at);
        let died = tokio::select! {
            biased;
            () = scene.died.notified() => true,
            () = tokio::time::sleep_until(due) => false,
        };
        if scene.with(|stage| stage.oracle.violation.is_some()) {
            return;
        }
        if died {
            agenda.insert((at, number), deed);
            restarts += 1;
            let seed = dice.next_u64();
            let crash = match dice.below(3) {
                0 => Crash::Process,
                1 => Crash::Power,
                _ => Crash::Torn(seed),
            };
            doing.jarvis.die(crash);
            let back = scene.watch.run_ms() + 1_000 + dice.below(60_000);
            agenda.insert((back, restarts), Deed::Start);
            continue;
        }
        doing.act(deed);
    }
}
