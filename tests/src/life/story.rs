//! A story: a life in which what happens is written down by a test instead of drawn. Hours and days go by in moments, and
//! the oracle checks every promise all the while.

use super::{
    bug::Bug,
    deeds::Deed,
    doing::Doing,
    place::{Place, Spec, Strategy},
    process::Jarvis,
    rows::{node_name, vmid},
    source::LifeSource,
    stage::Scene,
};
use jarvis_controller::{Handle, View};
use jarvis_guard::Floor;
use jarvis_model::{Autonomy, Event, Record};
use jarvis_simulator::{
    Scenario,
    world::{World, guest::Guest},
};
use std::{sync::Arc, time::Duration};

/// Everything in a story follows from this; nothing in it is left to chance but delays.
const SEED: u64 = 20_261_128;
/// A picture is waited for in steps of this.
const STEP: Duration = Duration::from_secs(1);

/// A story under way.
pub struct Story {
    doing: Doing,
}

/// A cluster of three nodes with six guests; the last guest and its node are protected, and nothing is declared yet.
pub fn place() -> Place {
    let world = Scenario::generated(3, 6).build(SEED);
    let own = world.guests.values().next_back().expect("it has guests");
    let floor = Floor {
        nodes: [node_name(&own.node)].into(),
        guests: [vmid(own.vmid)].into(),
        autonomy: Autonomy::L3,
        ..Floor::default()
    };
    Place {
        floor,
        specs: Vec::new(),
        beside: String::new(),
        world,
    }
}

/// What is declared of a guest with nothing special about it.
pub fn spec(guest: &Guest, strategy: Strategy) -> Spec {
    Spec {
        vmid: guest.vmid,
        kind: guest.kind,
        name: format!("guest-{}", guest.vmid),
        strategy,
        autonomy: None,
        needs: None,
        ready: false,
        stop_timeout_secs: 60,
    }
}

/// Tells a story about a place.
///
/// # Panics
/// When a promise is broken, or tokio gives no runtime.
pub fn tell(place: Place, story: impl AsyncFnOnce(&mut Story)) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime without threads or sockets can be had");
    runtime.block_on(async move {
        let scene = Scene::new(SEED, &place, Bug::None);
        let source = Arc::new(LifeSource::default());
        let mut jarvis = Jarvis::new(scene.clone(), place.floor.clone(), source.clone());
        jarvis.reaches_hosts = true;
        let doing = Doing {
            jarvis,
            specs: place.specs.clone(),
            scene: scene.clone(),
            place,
            source,
        };
        let mut telling = Story { doing };
        telling.doing.declare(&telling.doing.specs, "Begin");
        telling.doing.jarvis.start();
        telling
            .until("the first picture", |view| view.observed.complete_passes >= 3)
            .await;
        story(&mut telling).await;
        let broken = scene.with(|stage| (stage.oracle.violation.clone(), stage.trace.last(40).to_vec()));
        assert_eq!(broken.0, None, "{:#?}", broken.1);
    });
}

impl Story {
    /// Time goes by.
    pub async fn pass(&mut self, span: Duration) {
        let due = self.doing.scene.watch.run_ms() + u64::try_from(span.as_millis()).unwrap_or(u64::MAX);
        tokio::time::sleep_until(self.doing.scene.watch.instant(due)).await;
        // What fell due along the way happens in the world even when nobody looks.
        self.doing.scene.with(|_| {});
    }

    /// Something happens.
    pub fn happens(&mut self, deed: Deed) {
        self.doing.act(deed);
    }

    /// What is declared changes by a commit.
    pub fn commit(&mut self, change: impl FnOnce(&mut Vec<Spec>), summary: &str) {
        change(&mut self.doing.specs);
        self.doing.declare(&self.doing.specs, summary);
    }

    /// The running Jarvis.
    ///
    /// # Panics
    /// When none runs.
    pub fn jarvis(&self) -> Handle {
        self.doing.jarvis.handle().expect("Jarvis runs")
    }

    /// Waits for a picture, at most an hour.
    ///
    /// # Panics
    /// When it does not come.
    pub async fn until(&mut self, what: &str, fits: impl Fn(&View) -> bool) -> Arc<View> {
        for _ in 0..3600 {
            let view = self.jarvis().view();
            if fits(&view) {
                return view;
            }
            self.pass(STEP).await;
        }
        let trace = self.doing.scene.with(|stage| stage.trace.last(40).to_vec());
        let state = &self.jarvis().view().state;
        panic!("{what} did not come within an hour: {state:?}, {trace:#?}");
    }

    /// Everything that is on record.
    ///
    /// # Panics
    /// When it cannot be read.
    pub fn records(&self) -> Vec<Record> {
        let stored = self
            .jarvis()
            .records_after(0, usize::MAX)
            .expect("the journal reads");
        stored.into_iter().map(|stored| stored.record).collect()
    }

    /// How many events of this kind are on record.
    pub fn count(&self, of: impl Fn(&Event) -> bool) -> usize {
        self.records().iter().filter(|record| of(&record.event)).count()
    }

    /// Looks at the cluster as it really is.
    pub fn world<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        self.doing.scene.with(|stage| look(&stage.world))
    }

    /// How many attempts to act on a guest are on record.
    pub fn attempts(&self, number: u32) -> usize {
        self.count(|event| match event {
            Event::IntentLogged { intent } => intent.action.vmid() == Some(vmid(number)),
            _ => false,
        })
    }

    /// How many start tasks the cluster has run for a guest.
    pub fn starts(&self, number: u32) -> usize {
        self.world(|world| {
            let tasks = world.tasks.values();
            tasks
                .filter(|task| task.id == number.to_string() && task.kind.ends_with("start"))
                .count()
        })
    }

    /// The reason under which a guest's manifest shows.
    ///
    /// # Panics
    /// When it is not declared.
    pub fn reason(&self, number: u32) -> String {
        let spec = self
            .doing
            .specs
            .iter()
            .find(|spec| spec.vmid == number)
            .expect("it is declared");
        let key = spec.key().parse().expect("a plain name");
        let view = self.jarvis().view();
        let headline = view.plan.statuses.get(&key).and_then(|status| status.headline());
        headline
            .map(|condition| condition.reason.to_string())
            .unwrap_or_default()
    }

    /// What is done with the wire to the cluster.
    pub fn wire(&mut self, change: impl FnOnce(&mut super::wire::Wire)) {
        self.doing.scene.with(|stage| change(&mut stage.wire));
    }
}
