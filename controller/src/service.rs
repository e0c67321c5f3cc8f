//! The loop: hear, plan, remember, look, act, publish. One task owns everything; work that takes time is done beside
//! it and reports by message.

use crate::{
    command::Command,
    core::Core,
    handle::Handle,
    history::History,
    index,
    news::Following,
    observe::Tracker,
    options::Options,
    outputs::Outputs,
    ports::Ports,
    reads::Reads,
    refused::Refusals,
    timekeeping::{Clocks, Moved, Rest, moved},
    view::{LoopState, View},
    work::{Message, Worker},
};
use jarvis_model::{Event, Freeze, Memory, Timestamp};
use jarvis_planner::{Look, Plan, passed, plan};
use jarvis_ports::JournalError;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{Notify, broadcast, mpsc, watch};
use tokio_util::sync::CancellationToken;

/// Planning rounds within a pass: each remembers what the one before found.
const MOST_ROUNDS: usize = 8;
/// The longest the loop rests.
const LONGEST_REST: Duration = Duration::from_secs(10);
/// After a pass that took a while messages are gathered for so many times as long, so that one pass serves many.
const GATHERS: u32 = 4;
/// The longest that messages are gathered.
const LONGEST_GATHERING: Duration = Duration::from_secs(1);
/// Records a slow subscriber may be behind.
const RECORDS_KEPT: usize = 4096;
/// However often a webhook calls, the source is fetched at most this often.
const BETWEEN_FETCHES: Duration = Duration::from_secs(2);
/// Commands that may wait to be heard.
const COMMANDS_WAITING: usize = 256;
/// Records read at a time when memory is folded.
const FOLD_CHUNK: usize = 10_000;

/// The controller, ready to run.
pub struct Service {
    core: Core,
    inbox: mpsc::UnboundedReceiver<Message>,
    commands: mpsc::Receiver<Command>,
    wake_source: Arc<Notify>,
    worker: Worker,
    due: Due,
    following: Following,
    /// The last believable reading of the clock.
    clock_read: Timestamp,
}

/// When the periodic looks are due.
#[derive(Debug, Default)]
struct Due {
    cluster: Timestamp,
    quorum: Timestamp,
    tasks: Timestamp,
    updates: Timestamp,
    fetch: Timestamp,
    fetched: Timestamp,
    cluster_busy: bool,
    quorum_busy: bool,
    tasks_busy: bool,
    fetch_busy: bool,
}

/// Folds the whole journal.
fn fold(ports: &Ports) -> Result<Memory, JournalError> {
    let mut memory = Memory::default();
    loop {
        let chunk = ports.journal.read_after(memory.seq, FOLD_CHUNK)?;
        if chunk.is_empty() {
            return Ok(memory);
        }
        for stored in &chunk {
            memory.apply(&stored.record);
        }
    }
}

/// Builds the controller: folds the journal, takes the lease. A journal that cannot be read or written leaves it
/// observing, frozen, and saying so.
pub fn controller(options: Options, ports: Ports) -> (Service, Handle) {
    let mut state = LoopState::default();
    let memory = Arc::new(begin(&ports, &mut state));
    let clock_read = last_written(&ports, &memory);
    catch_up(&ports);
    let (messages, inbox) = mpsc::unbounded_channel();
    let (command_sender, commands) = mpsc::channel(COMMANDS_WAITING);
    let (records, _) = broadcast::channel(RECORDS_KEPT);
    let empty = Arc::new(empty_plan(&ports));
    let first = first_view(&options, &ports, memory.clone(), empty.clone(), state.clone());
    let (views, watcher) = watch::channel(Arc::new(first));
    let wake_source = Arc::new(Notify::new());
    let (history, outputs): (Arc<Mutex<History>>, Arc<Mutex<Outputs>>) = Default::default();
    let handle = Handle {
        views: watcher,
        records: records.clone(),
        commands: command_sender,
        wake_source: wake_source.clone(),
        journal: ports.journal.clone(),
        store: ports.store.clone(),
        source: ports.source.clone(),
        history: history.clone(),
        outputs: outputs.clone(),
        proposing: options.proposing.clone(),
        reads: Some(Arc::new(Reads::new(
            ports.hypervisor.clone(),
            ports.clock.clone(),
        ))),
    };
    let worker = Worker::new(ports.clone(), messages);
    let core = Core {
        desired_known: ports.source.is_none(),
        epoch: state.epoch,
        options,
        ports,
        tracker: Tracker::default(),
        observed: Arc::default(),
        desired: Arc::default(),
        withheld: None,
        memory,
        plan: empty,
        recorded: None,
        evidence: BTreeMap::new(),
        own_tasks: BTreeSet::new(),
        looking: BTreeMap::new(),
        room_tried: None,
        urgent: BTreeSet::new(),
        macs_read: BTreeMap::new(),
        publishing: BTreeMap::new(),
        refused_calls: Refusals::default(),
        clocks: Clocks::NotCompared,
        state,
        version: 0,
        views,
        records,
        history,
        outputs,
    };
    (
        Service {
            core,
            inbox,
            commands,
            wake_source,
            worker,
            due: Due::default(),
            following: Following::default(),
            clock_read,
        },
        handle,
    )
}

fn catch_up(ports: &Ports) {
    if let Err(error) = index::catch_up(ports.journal.as_ref(), ports.store.as_ref()) {
        tracing::warn!(%error, "the index of records cannot be brought up to date; lists by resource may be short");
    }
}

/// The picture before anything was looked at.
fn first_view(
    options: &Options,
    ports: &Ports,
    memory: Arc<Memory>,
    plan: Arc<Plan>,
    state: LoopState,
) -> View {
    View {
        version: 0,
        at: ports.clock.now(),
        cluster: options.cluster.clone().into(),
        observed: Arc::default(),
        desired: Arc::default(),
        memory,
        plan,
        floor: Arc::new(options.floor.clone()),
        state,
    }
}

/// When the newest record was written: the clock cannot have been behind that.
fn last_written(ports: &Ports, memory: &Memory) -> Timestamp {
    let last = ports.journal.read_after(memory.seq.saturating_sub(1), 1);
    let last = last.ok().and_then(|records| Some(records.first()?.record.at));
    last.unwrap_or_default()
}

/// Folds the journal and takes the lease.
fn begin(ports: &Ports, state: &mut LoopState) -> Memory {
    let mut memory = fold(ports).unwrap_or_else(|error| {
        let reason = error.to_string();
        state.acting_stopped = Some(reason.clone());
        Memory {
            freeze: Freeze::Unreadable { reason },
            ..Memory::default()
        }
    });
    match ports.journal.acquire_lease() {
        Ok(epoch) => state.epoch = epoch,
        Err(error) => {
            let reason = error.to_string();
            state.acting_stopped = Some(reason.clone());
            if matches!(error, JournalError::Damaged { .. }) {
                memory.freeze = Freeze::Unreadable { reason };
            }
        }
    }
    memory
}

fn empty_plan(ports: &Ports) -> Plan {
    Plan {
        revision: String::new(),
        at: ports.clock.now(),
        digest: jarvis_model::Digest::of(&()),
        decisions: Vec::new(),
        statuses: BTreeMap::new(),
        events: Vec::new(),
        looks: Vec::new(),
        report: Vec::new(),
        wake_at: None,
    }
}

impl Service {
    /// Runs until cancelled: then no key is taken any more, the effect in hand reaches a recorded state, and it ends.
    pub async fn run(mut self, cancel: CancellationToken) {
        let version = self.core.options.version.clone();
        drop(self.core.remember(vec![Event::Started { version }]));
        match self.core.memory.revision.clone() {
            Some(revision) if self.core.ports.source.is_some() => {
                self.due.fetch_busy = true;
                self.worker.restore(revision.commit);
            }
            _ => {}
        }
        let clock = self.core.ports.clock.clone();
        let mut rested = Rest::Broken;
        loop {
            let rest = self.pass(rested);
            rested = Rest::Broken;
            tokio::select! {
                biased;
                () = cancel.cancelled() => break,
                Some(command) = self.commands.recv() => self.hear(command),
                Some(message) = self.inbox.recv() => {
                    self.take(message);
                    self.gather(&cancel).await;
                }
                () = self.wake_source.notified() => self.due.fetch = self.due.fetch.min(self.due.fetched + BETWEEN_FETCHES),
                () = clock.sleep(rest) => rested = Rest::Full(rest),
            }
            self.drain();
            if cancel.is_cancelled() {
                break;
            }
        }
        self.settle().await;
    }

    /// Takes in what comes for a while. A pass over ten thousand guests takes a moment, and a cluster that is seen for the
    /// first time answers for each of them: with a pass for each answer the loop would do nothing else. A command is heard
    /// at once.
    async fn gather(&mut self, cancel: &CancellationToken) {
        let took = Duration::from_micros(self.core.state.last_pass_micros);
        let pause = took.saturating_mul(GATHERS).min(LONGEST_GATHERING);
        if pause.is_zero() {
            return;
        }
        let clock = self.core.ports.clock.clone();
        let mut over = clock.sleep(pause);
        loop {
            tokio::select! {
                biased;
                () = cancel.cancelled() => return,
                Some(command) = self.commands.recv() => return self.hear(command),
                // Before the messages: a stream of them that never ends must not hold up the next pass.
                () = &mut over => return,
                Some(message) = self.inbox.recv() => self.take(message),
            }
        }
    }

    /// Takes in whatever else has come, so that one pass serves many messages.
    fn drain(&mut self) {
        for _ in 0..1024 {
            let Ok(message) = self.inbox.try_recv() else { break };
            self.take(message);
        }
    }

    fn hear(&mut self, command: Command) {
        let now = self.core.now();
        self.believes_clock(now, Rest::Broken);
        if self.core.command(command) {
            self.look_at_once();
        }
    }

    /// Makes everything due that is looked at now and then.
    fn look_at_once(&mut self) {
        self.due = Due {
            cluster: Timestamp::default(),
            quorum: Timestamp::default(),
            tasks: Timestamp::default(),
            fetch: Timestamp::default(),
            ..std::mem::take(&mut self.due)
        };
    }

    /// Whether anything may be done by what the clock says; what it cannot date any more is looked at anew.
    fn believes_clock(&mut self, now: Timestamp, rested: Rest) -> bool {
        let moved = moved(self.clock_read, now, rested);
        let absurd = moved == Moved::Absurdly;
        let goes_on = self.core.heed_absurd_clock(absurd);
        if absurd {
            return false;
        }
        if moved == Moved::Back || goes_on {
            self.core.distrust();
        }
        if moved != Moved::On {
            self.core.clocks.jumped();
            self.look_at_once();
        }
        self.clock_read = now;
        true
    }

    fn take(&mut self, message: Message) {
        match &message {
            Message::Cluster(..) => self.due.cluster_busy = false,
            Message::Quorum(..) => self.due.quorum_busy = false,
            Message::Tasks(_) => self.due.tasks_busy = false,
            Message::Fetched(_) | Message::Restored(_) => self.due.fetch_busy = false,
            _ => {}
        }
        if let Message::News(_) = &message {
            self.due.cluster = Timestamp::default();
        }
        if let Message::Published(..) = &message {
            self.due.fetch = Timestamp::default();
        }
        self.core.absorb(message);
    }

    /// One pass; returns how long to rest when nothing happens.
    fn pass(&mut self, rested: Rest) -> Duration {
        let began = std::time::Duration::from_millis(self.core.now().as_millis());
        let now = self.core.now();
        if !self.believes_clock(now, rested) {
            self.core.publish();
            return LONGEST_REST;
        }
        let pursued = self.go_through(now);
        self.core.publish_approved(&self.worker);
        self.core.tell_refused(now);
        let now = self.core.now();
        self.core.state.passes += 1;
        self.core.state.last_pass_at = Some(now);
        let took = Duration::from_millis(now.as_millis()).saturating_sub(began);
        self.core.state.last_pass_micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.core.publish();
        self.rest(now, pursued)
    }

    /// Looks, plans, pursues and acts; by a clock that may be wrong it only looks until it can be compared.
    fn go_through(&mut self, now: Timestamp) -> Option<Timestamp> {
        self.core.heed_freeze_file();
        self.poll(now);
        self.core.is_out_of_room();
        match self.core.clocks {
            Clocks::Jumped | Clocks::Differ { .. } => None,
            Clocks::NotCompared => {
                self.core.replan();
                self.dispatch_looks();
                None
            }
            Clocks::Agree { .. } => {
                self.core.lapse_freeze(now);
                self.core.lapse_proposals(now);
                self.core.replan();
                self.dispatch_looks();
                let pursued = self.core.pursue_all(&self.worker);
                self.core.replan();
                self.core.act(&self.worker);
                pursued
            }
        }
    }

    fn rest(&self, now: Timestamp, pursued: Option<Timestamp>) -> Duration {
        let again = self.core.looking.values().copied().filter(|at| *at > now).min();
        let due = [self.due.cluster, self.due.quorum, self.due.tasks, self.due.fetch];
        let periodic = due.into_iter().filter(|at| *at > now).min();
        let next = [self.core.plan.wake_at, pursued, again, periodic]
            .into_iter()
            .flatten()
            .min();
        next.map_or(LONGEST_REST, |next| next.since(now))
            .clamp(Duration::from_millis(20), LONGEST_REST)
    }

    /// Begins the periodic looks that are due and not under way.
    fn poll(&mut self, now: Timestamp) {
        let options = &self.core.options;
        if now >= self.due.cluster && !self.due.cluster_busy {
            self.due.cluster = now + options.look_every;
            self.due.cluster_busy = true;
            self.worker.cluster();
        }
        if now >= self.due.quorum && !self.due.quorum_busy {
            let calm = self.core.observed.complete_passes > 0
                && self
                    .core
                    .observed
                    .nodes
                    .keys()
                    .all(|node| self.core.observed.node_online(node, now));
            self.due.quorum = now
                + if calm {
                    options.quorum_every
                } else {
                    options.look_every
                };
            self.due.quorum_busy = true;
            self.worker.quorum(if calm { 2 } else { 3 });
        }
        if now >= self.due.tasks && !self.due.tasks_busy {
            self.due.tasks = now + options.tasks_every;
            self.due.tasks_busy = true;
            self.worker.tasks();
        }
        if now >= self.due.updates && self.core.observed.complete_passes > 0 {
            self.due.updates = now + options.updates_every;
            for node in self.core.observed.nodes.keys() {
                if self.core.observed.node_online(node, now) {
                    self.worker.updates(node.clone());
                }
            }
        }
        if now >= self.due.fetch && !self.due.fetch_busy && self.core.ports.source.is_some() {
            self.due.fetch = now + options.fetch_every;
            self.due.fetched = now;
            self.due.fetch_busy = true;
            self.worker.fetch(self.core.newest_commit());
        }
    }

    fn dispatch_looks(&mut self) {
        let now = self.core.now();
        self.core.looking.retain(|_, until| *until > now);
        self.following.keep_up(&self.core, &self.worker.messages);
        let wanted: Vec<Look> = self
            .core
            .plan
            .looks
            .iter()
            .cloned()
            .chain(self.core.host_looks(now))
            .chain(std::mem::take(&mut self.core.urgent))
            .filter(|look| !self.core.looking.contains_key(look))
            .collect();
        for look in wanted {
            if look == Look::Quorum {
                if !self.due.quorum_busy {
                    self.due.quorum_busy = true;
                    self.due.quorum = now + self.core.options.quorum_every;
                    self.core.looking.insert(look, now + Duration::from_secs(2));
                    self.worker.quorum(3);
                }
                continue;
            }
            self.core
                .looking
                .insert(look.clone(), now + Duration::from_secs(40));
            self.worker.look(look, &self.core);
        }
    }

    /// Lets the effect in hand reach a recorded state, at most 10 s.
    async fn settle(mut self) {
        let clock = self.core.ports.clock.clone();
        let until = clock.now() + Duration::from_secs(10);
        while self.core.evidence.values().any(|evidence| evidence.in_hand) && clock.now() < until {
            tokio::select! {
                biased;
                Some(message) = self.inbox.recv() => self.core.absorb(message),
                () = clock.sleep(Duration::from_secs(1)) => {}
            }
        }
        self.core.keep_figures();
        self.core.publish();
        self.worker.tasks.close();
    }
}

impl Core {
    /// Plans until there is nothing new to remember.
    pub(crate) fn replan(&mut self) {
        self.forget_hosts();
        let passed = passed(&self.input(self.now()));
        if passed != self.observed.passed {
            self.observed_mut().passed = passed;
        }
        for _ in 0..MOST_ROUNDS {
            let now = self.now();
            let next = plan(&self.input(now));
            let events = next.events.clone();
            self.plan = Arc::new(next);
            self.record_pass();
            if events.is_empty() || self.state.acting_stopped.is_some() || self.remember(events).is_err() {
                return;
            }
        }
        tracing::error!(
            "the planner found something new to remember in every round; the rest waits for the next pass"
        );
    }
}

#[cfg(test)]
mod tests;
