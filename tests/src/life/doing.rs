//! How what happens is done.

use super::{
    deeds::{Change, Deed, Reach},
    people,
    place::{Place, Spec, Strategy, strategy, yaml},
    process::Jarvis,
    source::LifeSource,
    stage::Scene,
};
use jarvis_simulator::{Fault, world::guest::Kind};
use std::{sync::Arc, time::Duration};

/// Everything that deeds are done to.
pub struct Doing {
    /// What is shared.
    pub scene: Scene,
    /// Where it takes place.
    pub place: Place,
    /// Jarvis.
    pub jarvis: Jarvis,
    /// The manifests' remote.
    pub source: Arc<LifeSource>,
    /// What the newest good commit declares.
    pub specs: Vec<Spec>,
}

impl Doing {
    /// Does it.
    pub fn act(&mut self, deed: Deed) {
        self.scene.note("happens", &short(&deed));
        match deed {
            Deed::Cluster(fault) => self.to_cluster(&fault),
            Deed::TasksLost(node) => self.scene.with(|stage| {
                let lost = |end: &jarvis_simulator::world::task::End| end.status == "unexpected status";
                stage
                    .world
                    .tasks
                    .retain(|_, task| task.node != node || !task.end.as_ref().is_some_and(lost));
            }),
            Deed::Slow(slow) => self.scene.with(|stage| stage.wire.slow = slow),
            Deed::Status(status) => self.scene.with(|stage| stage.wire.status = status),
            Deed::Spoilt(spoilt) => self.scene.with(|stage| stage.wire.spoilt = spoilt),
            Deed::Cut(nodes) => self
                .scene
                .with(|stage| stage.wire.cut = nodes.into_iter().collect()),
            Deed::Write(fate) => self.scene.with(|stage| stage.wire.fates.push_back(fate)),
            Deed::Jump(secs) => self.scene.watch.jump(secs * 1000),
            Deed::ClockStops => self.scene.watch.stand(),
            Deed::ClockRight => self.scene.watch.correct(),
            Deed::Suspend(secs) => self.scene.watch.leap(Duration::from_secs(secs)),
            Deed::Commit(change) => self.commit(change),
            Deed::Remote(reach) => self.source.set_reachable(reach == Reach::Open),
            Deed::Person(wish) => match self.jarvis.handle() {
                Some(handle) => people::wish(&self.scene, handle, &self.place, wish),
                None => self.scene.note("person", "nobody answers"),
            },
            other => self.befall_process(other),
        }
    }

    fn befall_process(&mut self, deed: Deed) {
        match deed {
            Deed::Die(crash) => self.jarvis.die(crash),
            Deed::Trap(trap) => self.scene.with(|stage| stage.trap = Some(trap)),
            Deed::Start if !self.jarvis.runs() => self.jarvis.start(),
            Deed::Second if self.jarvis.runs() => self.jarvis.start(),
            Deed::StopFirst => self.jarvis.stop_first(),
            Deed::SyncFails => self.jarvis.disk().fail_next_sync(),
            Deed::Room(room) => self.jarvis.disk().leave_room(room),
            Deed::SlowDisk(millis) => self.jarvis.set_slow_disk(millis),
            _ => {}
        }
    }

    fn to_cluster(&self, fault: &Fault) {
        let elapsed = self.scene.watch.elapsed_ms();
        self.scene.with(|stage| {
            if let Fault::ReuseVmid { vmid, .. } = fault {
                stage.oracle.reused(*vmid, elapsed);
            }
            if let Err(why) = stage.world.inject(fault) {
                stage.note("happens", &format!("  in vain: {why}"));
            }
        });
    }

    /// Commits what is declared now, and tells the oracle.
    pub fn declare(&self, specs: &[Spec], summary: &str) {
        let beside = &self.place.beside;
        let commit = self.source.commit(format!("{}{beside}", yaml(specs)), summary);
        self.scene.with(|stage| stage.oracle.declares(&commit, specs));
    }

    fn commit(&mut self, change: Change) {
        match change {
            Change::One | Change::ForcePush => {
                let count = self.specs.len() as u64;
                let (index, fresh) = self.scene.with(|stage| {
                    let index = usize::try_from(stage.dice.below(count.max(1))).unwrap_or(0);
                    (index, strategy(&mut stage.dice))
                });
                if let Some(spec) = self.specs.get_mut(index) {
                    spec.strategy = fresh;
                    spec.stop_timeout_secs += 1;
                }
                self.declare(&self.specs, "Change one");
                if change == Change::ForcePush {
                    self.source.rewrite_history();
                }
            }
            Change::Broken => {
                self.source
                    .commit("apiVersion: [\nkind: nonsense".to_owned(), "Break");
            }
            Change::Shrink => {
                let few: Vec<Spec> = self.specs.iter().take(1).cloned().collect();
                self.declare(&few, "Remove most");
            }
            Change::Thousand => {
                let mut many = self.specs.clone();
                many.extend((0..1000).map(absent));
                self.declare(&many, "Add a thousand");
            }
            Change::Restore => {
                self.specs.clone_from(&self.place.specs);
                self.declare(&self.specs, "Restore");
            }
        }
    }
}

/// A guest that does not exist.
fn absent(index: u32) -> Spec {
    Spec {
        vmid: 10_000 + index,
        kind: Kind::Qemu,
        name: format!("absent-{index}"),
        strategy: Strategy::Manual,
        autonomy: None,
        needs: None,
        ready: false,
        stop_timeout_secs: 60,
    }
}

fn short(deed: &Deed) -> String {
    match deed {
        Deed::Cluster(fault) => format!("{fault:?}"),
        other => format!("{other:?}"),
    }
}
