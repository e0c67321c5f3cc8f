//! The one owner of everything that changes: desired, observed, memory, plan. Single-threaded; what it cannot do at
//! once it hands out as work and hears of by message.

use crate::{
    command::CommandError,
    history::History,
    index,
    observe::Tracker,
    options::Options,
    outputs::Outputs,
    ports::Ports,
    proposals::desk::Publishing,
    refused::Refusals,
    timekeeping::Clocks,
    view::{LoopState, View},
};
use jarvis_crds::Desired;
use jarvis_model::{Digest, Event, IntentId, Memory, NodeName, Observed, ProposalId, Timestamp, Upid};
use jarvis_planner::{Decision, Evidence, Input, Look, Plan};
use jarvis_ports::{JournalError, Pass, Stored};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
};
use tokio::sync::{broadcast, watch};

/// Everything that changes.
pub struct Core {
    pub(crate) options: Options,
    pub(crate) ports: Ports,
    pub(crate) tracker: Tracker,
    /// Shared with the published picture; whoever changes it makes it their own first (`Arc::make_mut`).
    pub(crate) observed: Arc<Observed>,
    pub(crate) desired: Arc<Desired>,
    /// Whether `desired` was read; before that nothing is released.
    pub(crate) desired_known: bool,
    /// A revision that removes too much and waits for a person.
    pub(crate) withheld: Option<(Digest, Arc<Desired>)>,
    pub(crate) memory: Arc<Memory>,
    pub(crate) plan: Arc<Plan>,
    /// The plan of the last pass that was recorded.
    pub(crate) recorded: Option<Arc<Plan>>,
    pub(crate) evidence: BTreeMap<IntentId, Evidence>,
    /// Task ids of our own effects, for as long as this process lives.
    pub(crate) own_tasks: BTreeSet<Upid>,
    /// Looks under way or tried a moment ago, with the time from which they may be tried again.
    pub(crate) looking: BTreeMap<Look, Timestamp>,
    /// When room on the disk was last looked for, while there is none.
    pub(crate) room_tried: Option<Timestamp>,
    /// Looks that news asks for, taken at the next pass.
    pub(crate) urgent: BTreeSet<Look>,
    /// When the address of each node's network card was last read.
    pub(crate) macs_read: BTreeMap<NodeName, Timestamp>,
    /// Approved proposals on their way to the remote.
    pub(crate) publishing: BTreeMap<ProposalId, Publishing>,
    /// Callers whose calls were refused a moment ago.
    pub(crate) refused_calls: Refusals,
    /// How Jarvis's clock and the cluster's agree.
    pub(crate) clocks: Clocks,
    pub(crate) epoch: u64,
    pub(crate) state: LoopState,
    pub(crate) version: u64,
    pub(crate) views: watch::Sender<Arc<View>>,
    pub(crate) records: broadcast::Sender<Arc<Stored>>,
    pub(crate) history: Arc<Mutex<History>>,
    pub(crate) outputs: Arc<Mutex<Outputs>>,
}

impl Core {
    /// The time now.
    pub(crate) fn now(&self) -> Timestamp {
        self.ports.clock.now()
    }

    /// The picture, to be changed: the published one stays as it was.
    pub(crate) fn observed_mut(&mut self) -> &mut Observed {
        Arc::make_mut(&mut self.observed)
    }

    /// What the planner looks at.
    pub(crate) fn input(&self, now: Timestamp) -> Input<'_> {
        Input {
            floor: &self.options.floor,
            desired: &self.desired,
            desired_known: self.desired_known,
            observed: &self.observed,
            memory: &self.memory,
            now,
        }
    }

    /// Makes `events` durable and folds them in. After a failure nothing may be done that they would have announced.
    pub(crate) fn remember(&mut self, events: Vec<Event>) -> Result<(), CommandError> {
        if events.is_empty() {
            return Ok(());
        }
        let appended = self
            .ports
            .journal
            .append(self.memory.seq, self.epoch, self.now(), events);
        match appended {
            Ok(stored) => {
                if let Err(error) = index::add(&stored, self.ports.store.as_ref()) {
                    tracing::warn!(%error, "the index of records falls behind; it is caught up at the next start");
                }
                let memory = Arc::make_mut(&mut self.memory);
                for record in stored {
                    memory.apply(&record.record);
                    // No reader is fine: subscribers come and go.
                    drop(self.records.send(Arc::new(record)));
                }
                Ok(())
            }
            Err(error) => {
                let text = error.to_string();
                // What lacks only room goes on by itself once there is some.
                if matches!(error, JournalError::Write { .. }) && self.is_out_of_room() {
                    return Err(CommandError::NoRecord(text));
                }
                if self.state.acting_stopped.is_none() {
                    tracing::error!(%error, "the journal refused; nothing is done until it takes records again");
                }
                if !matches!(error, JournalError::Conflict { .. }) || self.state.acting_stopped.is_none() {
                    self.state.acting_stopped = Some(text.clone());
                }
                Err(CommandError::NoRecord(text))
            }
        }
    }

    /// Hands the pass to the recorder when it found something to remember, or decides other than the last one recorded.
    /// A calm cluster costs a comparison of two empty lists, and what stands refused is recorded once.
    pub(crate) fn record_pass(&mut self) {
        let Some(recorder) = &self.ports.recorder else {
            return;
        };
        let before = self.recorded.as_ref().map_or(&[][..], |plan| &plan.decisions);
        let same = self.plan.events.is_empty() && decide_the_same(&self.plan.decisions, before);
        if same || self.state.acting_stopped.is_some() {
            return;
        }
        let pass = Pass {
            floor: self.options.floor.clone(),
            desired: self.desired.clone(),
            desired_known: self.desired_known,
            observed: self.observed.clone(),
            seq: self.memory.seq,
            now: self.plan.at,
            plan: self.plan.clone(),
        };
        // What was not taken is offered again with the next pass.
        self.recorded = recorder.record(pass).then(|| self.plan.clone());
    }

    /// Publishes the picture.
    pub(crate) fn publish(&mut self) {
        self.version += 1;
        let view = View {
            version: self.version,
            at: self.now(),
            cluster: self.options.cluster.clone().into(),
            observed: self.observed.clone(),
            desired: self.desired.clone(),
            memory: self.memory.clone(),
            plan: self.plan.clone(),
            floor: Arc::new(self.options.floor.clone()),
            state: self.state.clone(),
        };
        self.views.send_replace(Arc::new(view));
    }
}

/// Whether two plans decide the same. The facts of a permit count, for they go on record with the act; those of what is not
/// done now say how old they are, and grow older in every pass.
fn decide_the_same(now: &[Decision], before: &[Decision]) -> bool {
    let same = |(a, b): (&Decision, &Decision)| {
        let facts = !a.verdict.is_permit() || a.evidence == b.evidence;
        facts && (&a.request, &a.verdict, a.attempt) == (&b.request, &b.verdict, b.attempt)
    };
    now.len() == before.len() && now.iter().zip(before).all(same)
}
