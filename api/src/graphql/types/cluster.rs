//! Nodes, guests, storages, quorum and the loop, each fact with its age.

use super::{
    Moment,
    host::HostFigures,
    scalar::{Counter, Time, int},
    word::{GuestKind, GuestStatus, NodeStatus, RunStrategy},
};
use crate::graphql::Shared;
use async_graphql::{ComplexObject, Context, SimpleObject};
use jarvis_controller::LoopState;
use jarvis_model::{GuestObserved, NodeObserved, Observation, StopCause, StorageObserved, Vmid, limits};
use std::time::Duration;

/// A cluster.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Cluster {
    /// Its name.
    pub name: String,
    /// When the picture was published.
    pub at: Time,
    /// Number of the picture; grows with each.
    pub version: Counter,
    /// Quorum.
    pub quorum: Quorum,
    /// How Jarvis's own loop is doing.
    #[graphql(name = "loop")]
    pub loop_state: Loop,
    /// Git commit of the manifests in force; absent while there are none.
    pub revision: Option<String>,
    /// How many nodes are known online.
    pub nodes_online: i32,
    /// How many nodes there are.
    pub nodes_total: i32,
    /// How many guests are known running.
    pub guests_running: i32,
    /// How many guests there are.
    pub guests_total: i32,
    /// How many issues are open.
    pub issues_open: i32,
}

impl Cluster {
    /// The cluster at a moment.
    pub fn of(moment: &Moment) -> Self {
        let view = &moment.view;
        Self {
            name: view.cluster.to_string(),
            at: view.at.into(),
            version: view.version.into(),
            quorum: Quorum::of(moment),
            loop_state: Loop::of(&view.state),
            revision: view
                .memory
                .revision
                .as_ref()
                .map(|revision| revision.commit.clone()),
            nodes_online: int(view
                .observed
                .nodes
                .keys()
                .filter(|node| view.observed.node_online(node, moment.now))
                .count()),
            nodes_total: int(view.observed.nodes.len()),
            guests_running: int(view
                .observed
                .guests
                .values()
                .filter(|guest| is_running(guest, moment))
                .count()),
            guests_total: int(view.observed.guests.len()),
            issues_open: int(view.memory.issues.len()),
        }
    }
}

/// Whether the cluster may decide.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
#[graphql(complex)]
pub struct Quorum {
    /// Whether the asked side may decide; absent when not known.
    pub quorate: Option<bool>,
    /// Sum of all votes.
    pub expected_votes: Option<i32>,
    /// Votes that must be present.
    pub needed_votes: Option<i32>,
    /// Votes of nodes known online, and of a quorum device.
    pub online_votes: Option<i32>,
    /// How many entry points agree on this.
    pub agreeing: Option<i32>,
    /// When it was seen.
    pub seen_at: Option<Time>,
    /// Why it is not known, if it is not.
    pub unknown_reason: Option<String>,
}

impl Quorum {
    /// Quorum at a moment.
    pub fn of(moment: &Moment) -> Self {
        let observed = &moment.view.observed;
        let known = observed.quorum.fresh(moment.now, limits::CRITICAL);
        let vote = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
        let online: u32 = observed
            .nodes
            .values()
            .filter(|node| observed.node_online(&node.name, moment.now))
            .map(|node| node.votes)
            .sum();
        Self {
            quorate: known.map(|quorum| quorum.quorate),
            expected_votes: known.map(|quorum| vote(quorum.expected_votes)),
            needed_votes: known.map(|quorum| vote(quorum.needed())),
            online_votes: known.map(|quorum| vote(online + quorum.device_votes)),
            agreeing: known.map(|quorum| vote(quorum.agreeing)),
            seen_at: observed.quorum.seen_at().map(Time),
            unknown_reason: reason(&observed.quorum, moment, limits::CRITICAL),
        }
    }
}

/// How Jarvis's own loop is doing.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Loop {
    /// Whether one complete pass was made over a cluster that answered.
    pub ready: bool,
    /// Lease epoch; 0 while it only observes.
    pub epoch: Counter,
    /// When the cluster was last looked at with success.
    pub last_look_at: Option<Time>,
    /// Why the last look failed, if it did.
    pub look_failure: Option<String>,
    /// When the manifests were last read with success.
    pub last_fetch_at: Option<Time>,
    /// Why acting is impossible altogether, if so.
    pub acting_stopped: Option<String>,
    /// How long the last pass took, milliseconds.
    pub last_pass_millis: f64,
    /// When the last pass ended.
    pub last_pass_at: Option<Time>,
}

impl Loop {
    /// The loop's state.
    pub fn of(state: &LoopState) -> Self {
        Self {
            ready: state.is_ready(),
            epoch: state.epoch.into(),
            last_look_at: state.last_look_at.map(Time),
            look_failure: state.look_failure.clone(),
            last_fetch_at: state.last_fetch_at.map(Time),
            acting_stopped: state.acting_stopped.clone(),
            last_pass_millis: state.last_pass_micros as f64 / 1000.0,
            last_pass_at: state.last_pass_at.map(Time),
        }
    }
}

/// Figures of a node or guest.
#[derive(Debug, Clone, Copy, PartialEq, SimpleObject)]
pub struct Usage {
    /// Share of all its CPUs, 0 to 1, to a hundredth of a percent.
    pub cpu: Option<f64>,
    /// CPUs.
    pub max_cpu: Option<f64>,
    /// Memory used, bytes.
    pub mem_bytes: Option<Counter>,
    /// Memory there, bytes.
    pub max_mem_bytes: Option<Counter>,
    /// Root disk used, bytes.
    pub disk_bytes: Option<Counter>,
    /// Root disk there, bytes.
    pub max_disk_bytes: Option<Counter>,
}

impl From<jarvis_model::Usage> for Usage {
    fn from(usage: jarvis_model::Usage) -> Self {
        let finite = |figure: Option<f64>| figure.filter(|figure| figure.is_finite());
        Self {
            cpu: finite(usage.cpu).map(|share| (share * 10_000.0).round() / 10_000.0),
            max_cpu: finite(usage.max_cpu),
            mem_bytes: usage.mem_bytes.map(Counter),
            max_mem_bytes: usage.max_mem_bytes.map(Counter),
            disk_bytes: usage.disk_bytes.map(Counter),
            max_disk_bytes: usage.max_disk_bytes.map(Counter),
        }
    }
}

/// A node.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
#[graphql(complex)]
pub struct Node {
    /// Its name.
    pub name: String,
    /// Whether it is there.
    pub status: NodeStatus,
    /// When that was seen.
    pub seen_at: Option<Time>,
    /// Why it is not known, if it is not.
    pub unknown_reason: Option<String>,
    /// Why it is away on purpose, if it may be: `expected` of its manifest, or how it was shut down.
    pub meant_away: Option<String>,
    /// Whether its own API answered the last poll; absent when not known.
    pub api_answers: Option<bool>,
    /// When it was last seen to come back.
    pub returned_at: Option<Time>,
    /// Seconds since boot.
    pub uptime_seconds: Option<Counter>,
    /// Its votes.
    pub votes: i32,
    /// Its own HA state.
    pub ha_state: Option<String>,
    /// Its address.
    pub ip: Option<String>,
    /// Figures.
    pub usage: Usage,
    /// Figures read on it over SSH; absent where SSH does not reach.
    pub host: Option<HostFigures>,
    /// Guests on it.
    pub guests: i32,
    /// Guests on it known running.
    pub guests_running: i32,
    /// Whether it is protected.
    pub protected: bool,
    /// The manifest resource that declares it, `Node/name`.
    pub resource: Option<String>,
    /// Packages with a newer version; absent while not known, or where the token may not see it (`Sys.Modify`).
    pub pending_updates: Option<i32>,
    /// When somebody looked; every 30 min.
    pub pending_updates_at: Option<Time>,
}

impl Node {
    /// All nodes by name.
    pub fn all(moment: &Moment) -> Vec<Self> {
        let protected = moment.protected_nodes();
        let nodes = moment.view.observed.nodes.values();
        nodes
            .map(|node| Self::of(node, protected.contains(&node.name), moment))
            .collect()
    }

    fn of(node: &NodeObserved, protected: bool, moment: &Moment) -> Self {
        let status = match node.status.fresh(moment.now, limits::CRITICAL) {
            Some(jarvis_model::NodeStatus::Online) => NodeStatus::Online,
            Some(jarvis_model::NodeStatus::Offline) => NodeStatus::Offline,
            None => NodeStatus::Unknown,
        };
        let here = || {
            moment
                .view
                .observed
                .guests
                .values()
                .filter(|guest| guest.node == node.name)
        };
        let desired = &moment.view.desired;
        let updates = moment.view.state.updates.get(&node.name);
        Self {
            name: node.name.to_string(),
            status,
            seen_at: node.status.seen_at().map(Time),
            unknown_reason: reason(&node.status, moment, limits::CRITICAL),
            meant_away: moment.view.meant_away(&node.name),
            api_answers: node.api.fresh(moment.now, limits::CRITICAL).copied(),
            returned_at: node.returned_at.map(Time),
            uptime_seconds: node.uptime_secs.map(Counter),
            votes: i32::try_from(node.votes).unwrap_or(i32::MAX),
            ha_state: node.ha_state.clone(),
            ip: node.ip.clone(),
            usage: node.usage.into(),
            host: HostFigures::of(&node.name, desired.temperature_sensor(&node.name), moment),
            guests: int(here().count()),
            guests_running: int(here().filter(|guest| is_running(guest, moment)).count()),
            protected,
            resource: desired.node_named(&node.name).map(|(key, _)| key.to_string()),
            pending_updates: updates.and_then(|updates| updates.pending).map(int),
            pending_updates_at: updates.map(|updates| updates.at.into()),
        }
    }
}

/// A guest.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
#[graphql(complex)]
pub struct Guest {
    /// Its number.
    pub vmid: i32,
    /// Virtual machine or container.
    pub kind: GuestKind,
    /// Where it lives.
    pub node: String,
    /// Its name; absent while its node is silent.
    pub name: Option<String>,
    /// What it does.
    pub status: GuestStatus,
    /// The word for the screen, with Proxmox's own word when it is held.
    pub status_word: String,
    /// When the status was seen.
    pub seen_at: Option<Time>,
    /// Why it is not known, if it is not.
    pub unknown_reason: Option<String>,
    /// Seconds since its start.
    pub uptime_seconds: Option<Counter>,
    /// Whether it is a template.
    pub template: bool,
    /// Config lock (`backup`, `migrate`, ...).
    pub lock: Option<String>,
    /// State by the HA manager; present means managed.
    pub ha_state: Option<String>,
    /// SMBIOS uuid or first MAC.
    pub identity: Option<String>,
    /// Why it is not running, in words, when somebody looked.
    pub stop_cause: Option<String>,
    /// Whether its `ready` probe answers; absent when there is none or it is not known.
    pub ready: Option<bool>,
    /// A task that works on it now.
    pub running_task: Option<String>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Figures.
    pub usage: Usage,
    /// The manifest resource that declares it, `Kind/name`.
    pub resource: Option<String>,
    /// When it should run, by its manifest.
    pub run_strategy: Option<RunStrategy>,
    /// Whether it is protected.
    pub protected: bool,
}

impl Guest {
    /// All guests by number.
    pub fn all(moment: &Moment) -> Vec<Self> {
        let protected = moment.protected_guests();
        let guests = moment.view.observed.guests.values();
        guests
            .map(|guest| Self::of(guest, protected.contains(&guest.vmid), moment))
            .collect()
    }

    fn of(guest: &GuestObserved, protected: bool, moment: &Moment) -> Self {
        use jarvis_model::GuestStatus as Seen;
        let fresh = guest.status.fresh(moment.now, limits::CRITICAL);
        let status = match fresh {
            Some(Seen::Running) => GuestStatus::Running,
            Some(Seen::Stopped) => GuestStatus::Stopped,
            Some(Seen::Held(_)) => GuestStatus::Held,
            None => GuestStatus::Unknown,
        };
        let declared = moment.view.desired.guest_by_vmid(guest.vmid);
        Self {
            vmid: i32::try_from(guest.vmid.get()).unwrap_or(i32::MAX),
            kind: guest.kind.into(),
            node: guest.node.to_string(),
            name: guest.name.clone(),
            status,
            status_word: fresh.map_or("unknown", Seen::as_str).to_owned(),
            seen_at: guest.status.seen_at().map(Time),
            unknown_reason: reason(&guest.status, moment, limits::CRITICAL),
            uptime_seconds: guest.uptime_secs.map(Counter),
            template: guest.template,
            lock: guest.lock.clone(),
            ha_state: guest.ha_state.clone(),
            identity: guest.identity.value().map(|identity| identity.0.clone()),
            stop_cause: guest.stop_cause.value().map(StopCause::words),
            ready: guest.ready.fresh(moment.now, limits::CAUSE).copied(),
            running_task: guest.running_task.as_ref().map(|task| task.as_str().to_owned()),
            tags: guest.tags.clone(),
            usage: guest.usage.into(),
            resource: declared.map(|(key, _)| key.to_string()),
            run_strategy: declared.map(|(_, manifest)| manifest.spec.run_strategy.into()),
            protected,
        }
    }
}

fn is_running(guest: &GuestObserved, moment: &Moment) -> bool {
    guest.status.fresh(moment.now, limits::CRITICAL) == Some(&jarvis_model::GuestStatus::Running)
}

/// A storage.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
#[graphql(complex)]
pub struct Storage {
    /// Unique name: `storage/NODE/NAME`.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The node, when it is not shared.
    pub node: Option<String>,
    /// `zfspool`, `rbd`, ...
    pub plugin: String,
    /// Whether it is there; absent when not known.
    pub active: Option<bool>,
    /// When that was seen.
    pub seen_at: Option<Time>,
    /// Why it is not known, if it is not.
    pub unknown_reason: Option<String>,
    /// Bytes used.
    pub used_bytes: Option<Counter>,
    /// Bytes there.
    pub total_bytes: Option<Counter>,
}

impl Storage {
    /// All storages by id.
    pub fn all(moment: &Moment) -> Vec<Self> {
        moment
            .view
            .observed
            .storages
            .iter()
            .map(|(id, storage)| Self::of(id, storage, moment))
            .collect()
    }

    fn of(id: &str, storage: &StorageObserved, moment: &Moment) -> Self {
        Self {
            id: id.to_owned(),
            name: storage.storage.clone(),
            node: storage.node.as_ref().map(ToString::to_string),
            plugin: storage.plugin.clone(),
            active: storage.active.fresh(moment.now, limits::IMPORTANT).copied(),
            seen_at: storage.active.seen_at().map(Time),
            unknown_reason: reason(&storage.active, moment, limits::IMPORTANT),
            used_bytes: storage.used_bytes.map(Counter),
            total_bytes: storage.total_bytes.map(Counter),
        }
    }
}

/// A task of the cluster.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct Task {
    /// Its id.
    pub upid: String,
    /// The node that runs it.
    pub node: String,
    /// `qmstart`, `vzdump`, ...
    pub task_type: String,
    /// The guest it works on.
    pub vmid: Option<i32>,
    /// Who started it.
    pub user: String,
    /// When.
    pub started_at: Time,
    /// When it ended; absent while it runs.
    pub ended_at: Option<Time>,
    /// Exit text.
    pub exit: Option<String>,
    /// Whether it ended well; absent while it runs.
    pub succeeded: Option<bool>,
}

impl From<&jarvis_model::TaskObserved> for Task {
    fn from(task: &jarvis_model::TaskObserved) -> Self {
        Self {
            upid: task.upid.as_str().to_owned(),
            node: task.upid.node().to_string(),
            task_type: task.upid.task_type().to_owned(),
            vmid: task.upid.vmid().and_then(|vmid| i32::try_from(vmid.get()).ok()),
            user: task.upid.user().to_owned(),
            started_at: task.upid.started_at().into(),
            ended_at: task.ended_at.map(Time),
            exit: task.exit.clone(),
            succeeded: task.exit.is_some().then(|| task.succeeded()),
        }
    }
}

/// When a guest was last backed up, as the storages list their backups; read every 30 minutes.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct LastBackup {
    /// When the newest was made; absent where there is none, or it is not known.
    pub at: Option<Time>,
    /// When that was read.
    pub seen_at: Option<Time>,
    /// Why it is not known, if it is not.
    pub unknown_reason: Option<String>,
}

impl LastBackup {
    /// Of one guest.
    pub fn of(vmid: Vmid, moment: &Moment) -> Self {
        let backups = &moment.view.observed.backups;
        let newest = backups.fresh(moment.now, limits::BACKGROUND);
        Self {
            at: newest.and_then(|newest| newest.get(&vmid)).copied().map(Time),
            seen_at: backups.seen_at().map(Time),
            unknown_reason: reason(backups, moment, limits::BACKGROUND),
        }
    }
}

pub(super) fn reason<T>(fact: &Observation<T>, moment: &Moment, limit: Duration) -> Option<String> {
    fact.why_not(moment.now, limit).map(|why| why.as_str().to_owned())
}

fn age(seen_at: Option<Time>, context: &Context<'_>) -> Option<f64> {
    let now = context.data_opt::<Shared>()?.clock.now();
    seen_at.map(|seen_at| now.since(seen_at.0).as_secs_f64())
}

#[ComplexObject]
impl Quorum {
    /// Seconds since it was seen, when this answer was made.
    async fn age_seconds(&self, context: &Context<'_>) -> Option<f64> {
        age(self.seen_at, context)
    }
}

#[ComplexObject]
impl Node {
    /// Cores.
    async fn cpu_count(&self) -> Option<f64> {
        self.usage.max_cpu
    }

    /// Bytes used of its root file system.
    async fn root_disk_used(&self) -> Option<Counter> {
        self.usage.disk_bytes
    }

    /// Bytes there.
    async fn root_disk_total(&self) -> Option<Counter> {
        self.usage.max_disk_bytes
    }

    /// Load average over one minute; absent where SSH does not reach.
    async fn load(&self) -> Option<f64> {
        self.host.as_ref()?.load
    }

    /// Seconds since its status was seen, when this answer was made.
    async fn age_seconds(&self, context: &Context<'_>) -> Option<f64> {
        age(self.seen_at, context)
    }
}

#[ComplexObject]
impl Guest {
    /// Seconds since its status was seen, when this answer was made.
    async fn age_seconds(&self, context: &Context<'_>) -> Option<f64> {
        age(self.seen_at, context)
    }
}

#[ComplexObject]
impl Storage {
    /// Seconds since its state was seen, when this answer was made.
    async fn age_seconds(&self, context: &Context<'_>) -> Option<f64> {
        age(self.seen_at, context)
    }
}
