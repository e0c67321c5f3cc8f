//! The end of a life: nothing goes wrong any more. Then everything declared comes to rest within a bounded time, and nothing
//! more is done.

use super::{doing::Doing, place::Strategy, wire::Wire};
use jarvis_controller::View;
use jarvis_model::{Condition, ConditionType, Health, Sync, Verdict};
use jarvis_simulator::Fault;
use jarvis_store::faulty::Crash;
use std::time::Duration;
use tokio::time::sleep;

/// How long rest may take once faults have stopped: an hour's budget, an attempt's longest wait, and sustained health.
const REST_WITHIN: Duration = Duration::from_mins(100);
/// How often it is looked whether all is at rest.
const LOOK_EVERY: Duration = Duration::from_secs(20);
/// Looks in a row that must find rest and no new effect.
const QUIET_LOOKS: u32 = 6;

impl Doing {
    /// Mends everything.
    pub fn mend(&mut self) {
        self.scene.note("happens", "everything is mended");
        self.scene.watch.correct();
        self.source.set_reachable(true);
        self.jarvis.disk().leave_room(None);
        self.jarvis.set_slow_disk(0);
        self.scene.with(|stage| {
            stage.wire = Wire::default();
            stage.trap = None;
            let world = &mut stage.world;
            let mut faults = vec![Fault::Heal, Fault::RestorePower, Fault::SlowTasks { factor: 1 }];
            for node in world.nodes.keys().cloned() {
                faults.push(Fault::Thaw { node: node.clone() });
                faults.push(Fault::StartProxy { node: node.clone() });
                faults.push(Fault::StartApiDaemon { node: node.clone() });
                faults.push(Fault::StartStatusDaemon { node: node.clone() });
                faults.push(Fault::StartCorosync { node });
            }
            for vmid in world.guests.keys().copied() {
                faults.push(Fault::Unlock { vmid });
                faults.push(Fault::FailsToStart { vmid, on: false });
                faults.push(Fault::IgnoresAcpi { vmid, on: false });
                faults.push(Fault::SilentAgent { vmid, on: false });
            }
            for fault in &faults {
                if let Err(why) = world.inject(fault) {
                    stage.oracle.breaks(format!("the life itself: {why}"));
                    break;
                }
            }
        });
        self.jarvis.stop_first();
        self.restart();
    }

    fn restart(&mut self) {
        self.jarvis.die(Crash::Process);
        self.jarvis.start();
    }

    /// Waits for rest; breaks L1 or Q2 when it does not come.
    pub async fn come_to_rest(&mut self) {
        let until = self.scene.watch.run_ms() + u64::try_from(REST_WITHIN.as_millis()).unwrap_or(0);
        let (mut quiet, mut accepted) = (0, 0);
        let mut last = "nothing was looked at".to_owned();
        while self.scene.watch.run_ms() < until {
            sleep(LOOK_EVERY).await;
            if self.scene.with(|stage| stage.oracle.violation.is_some()) {
                return;
            }
            let effects = self.scene.with(|stage| stage.oracle.accepted);
            match self.unrest() {
                None if effects == accepted => quiet += 1,
                None => quiet = 0,
                Some(why) => {
                    quiet = 0;
                    last = why;
                }
            }
            accepted = effects;
            if quiet >= QUIET_LOOKS {
                self.scene.note("rest", "all is at rest");
                return;
            }
        }
        self.scene
            .with(|stage| stage.oracle.breaks(format!("L1: no rest: {last}")));
    }

    /// Why not everything is at rest.
    fn unrest(&mut self) -> Option<String> {
        let handle = self.jarvis.handle()?;
        let view = handle.view();
        if let Some(why) = &view.state.acting_stopped {
            return Some(format!("it does not act: {why}"));
        }
        if view.memory.freeze != jarvis_model::Freeze::Off {
            super::people::wish(&self.scene, handle, &self.place, super::deeds::Wish::Thaw);
            return Some("it is frozen".to_owned());
        }
        if let Some(intent) = view.memory.open_intents().next() {
            return Some(format!("the intent to {} is open", intent.action));
        }
        if view.plan.statuses.is_empty() {
            // The revision that was in force cannot be read any more, and the new one waits for a person.
            super::people::wish(
                &self.scene,
                handle,
                &self.place,
                super::deeds::Wish::ApproveRevision,
            );
            return Some("nothing is planned yet".to_owned());
        }
        self.unsettled(&view)
    }

    fn unsettled(&self, view: &View) -> Option<String> {
        for (key, status) in &view.plan.statuses {
            let waits = view.plan.decisions.iter().any(|decision| {
                decision.request.resource.as_ref() == Some(key)
                    && matches!(decision.verdict, Verdict::Confirm { .. })
            });
            let headline = status.headline();
            let at_goal = headline.is_some_and(settled);
            if status.sync != Sync::Synced && !waits && !at_goal {
                let reason = headline.map_or("", |condition| &*condition.reason);
                return Some(format!("{key} is {:?}, {reason}", status.sync));
            }
            if let Some(headline) = headline
                && headline.kind == ConditionType::Blocked
                && headline.message.is_empty()
            {
                return Some(format!("L4: {key} is blocked without a remedy"));
            }
        }
        self.deceived(view)
    }

    /// Something is said to be well and is not.
    fn deceived(&self, view: &View) -> Option<String> {
        self.scene.with(|stage| {
            let declared = stage.oracle.in_force()?;
            declared.values().find_map(|spec| {
                let key = spec.key().parse().ok()?;
                let status = view.plan.statuses.get(&key)?;
                let runs = stage.world.guests.get(&spec.vmid)?.is_running();
                let should = matches!(spec.strategy, Strategy::Always | Strategy::RerunOnFailure);
                let well = status.sync == Sync::Synced && status.health == Health::Healthy;
                (well && should && !runs).then(|| format!("{key} is called well and is stopped"))
            })
        })
    }
}

fn settled(condition: &Condition) -> bool {
    matches!(
        condition.kind,
        ConditionType::Escalated | ConditionType::Blocked | ConditionType::Suspended
    )
}
