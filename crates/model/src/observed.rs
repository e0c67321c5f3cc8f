//! What is known of the live cluster. Every fact is `Known` with the time it was seen, or `Unknown` with a reason;
//! unknown never equals stopped or down.

use crate::{GuestKind, Host, IssueKey, NodeName, ResourceKey, Timestamp, Upid, Vmid};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// Why something is not known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum UnknownReason {
    /// Nobody has looked yet.
    NotYetSeen,
    /// Seen, but longer ago than its limit, or its source no longer moves.
    Stale,
    /// The node that would know is offline or does not answer.
    NodeAway,
    /// Proxmox did not let us look.
    NoRights,
    /// The answer could not be understood.
    Malformed,
    /// Two sources say different things.
    Contradictory,
}

impl UnknownReason {
    /// In words.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::NotYetSeen => "not looked at yet",
            Self::Stale => "last seen too long ago",
            Self::NodeAway => "its node does not answer",
            Self::NoRights => "the token may not look",
            Self::Malformed => "the answer could not be read",
            Self::Contradictory => "two sources disagree",
        }
    }
}

/// One fact and its age.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Observation<T> {
    /// Seen.
    Known {
        /// What.
        value: T,
        /// When the source was asked.
        seen_at: Timestamp,
    },
    /// Not known.
    Unknown {
        /// Why not.
        why: UnknownReason,
    },
}

impl<T> Observation<T> {
    /// A fact seen at `seen_at`.
    pub fn known(value: T, seen_at: Timestamp) -> Self {
        Self::Known { value, seen_at }
    }

    /// Nothing known, and why.
    pub fn unknown(why: UnknownReason) -> Self {
        Self::Unknown { why }
    }

    /// The value, however old.
    pub fn value(&self) -> Option<&T> {
        match self {
            Self::Known { value, .. } => Some(value),
            Self::Unknown { .. } => None,
        }
    }

    /// When it was seen.
    pub fn seen_at(&self) -> Option<Timestamp> {
        match self {
            Self::Known { seen_at, .. } => Some(*seen_at),
            Self::Unknown { .. } => None,
        }
    }

    /// The value if it is at most `limit` old at `now`. A time of seeing ahead of `now` (a clock that went
    /// back) counts as fresh only within `limit` too.
    pub fn fresh(&self, now: Timestamp, limit: Duration) -> Option<&T> {
        match self {
            Self::Known { value, seen_at } if now.since(*seen_at) <= limit && seen_at.since(now) <= limit => {
                Some(value)
            }
            _ => None,
        }
    }

    /// Why it is not known at `now`, if it is not.
    pub fn why_not(&self, now: Timestamp, limit: Duration) -> Option<UnknownReason> {
        match self {
            Self::Unknown { why } => Some(why.clone()),
            Self::Known { .. } if self.fresh(now, limit).is_none() => Some(UnknownReason::Stale),
            Self::Known { .. } => None,
        }
    }
}

impl<T> Default for Observation<T> {
    fn default() -> Self {
        Self::unknown(UnknownReason::NotYetSeen)
    }
}

/// What a guest is doing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum GuestStatus {
    /// Running.
    Running,
    /// Not running.
    Stopped,
    /// Running but halted by a person or by full storage (`paused`, `io-error`, ...): the word Proxmox used.
    Held(String),
}

impl GuestStatus {
    /// The word for the screen.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Running => "running",
            Self::Stopped => "stopped",
            Self::Held(word) => word,
        }
    }
}

/// A guest as read live from its node (`status/current`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LiveStatus {
    /// What it does.
    pub status: GuestStatus,
    /// Seconds since its start; 0 when stopped.
    pub uptime_secs: u64,
    /// Process id, when running.
    pub pid: Option<u64>,
    /// Config lock (`backup`, `migrate`, ...).
    pub lock: Option<String>,
    /// Whether the HA manager has it.
    pub ha_managed: bool,
}

/// What makes a guest this guest: the SMBIOS uuid of a VM or the first MAC of a container, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Identity(pub String);

/// Why a guest is not running, as far as the node's tasks tell.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum StopCause {
    /// A stop, shutdown or suspend task for this very guest.
    Person {
        /// Who, as in the task (`user@realm`, with `!token`).
        user: String,
        /// The task's type.
        task_type: String,
        /// When it started.
        at: Timestamp,
    },
    /// Jarvis itself stopped it (task of our own intent).
    Ourselves {
        /// When.
        at: Timestamp,
    },
    /// Stopped with its node or by the cluster: stopall, node shutdown, HA, migration.
    System {
        /// The task's type.
        task_type: String,
        /// When it started.
        at: Timestamp,
    },
    /// A start task failed most recently.
    StartFailed {
        /// The task's exit text.
        text: String,
        /// When it started.
        at: Timestamp,
    },
    /// No task explains it: a crash, or a power-off from inside.
    NoTask,
    /// The task list could not be read for lack of rights.
    Unreadable,
}

impl StopCause {
    /// In words.
    pub fn words(&self) -> String {
        match self {
            Self::Person { user, task_type, .. } => format!("{user} stopped it ({task_type})"),
            Self::Ourselves { .. } => "Jarvis stopped it".to_owned(),
            Self::System { task_type, .. } => {
                format!("its node or the cluster stopped it ({task_type})")
            }
            Self::StartFailed { text, .. } => format!("its last start failed: {text}"),
            Self::NoTask => "no task explains it: a crash, or powered off from inside".to_owned(),
            Self::Unreadable => "the token may not read the task list".to_owned(),
        }
    }
}

/// A guest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GuestObserved {
    /// Its number.
    pub vmid: Vmid,
    /// QEMU or LXC.
    pub kind: GuestKind,
    /// Where it lives; current in every answer.
    pub node: NodeName,
    /// Its name in Proxmox; missing while its node is silent.
    pub name: Option<String>,
    /// Status by the cluster list, already `Unknown` when its node or sample cannot be trusted.
    pub status: Observation<GuestStatus>,
    /// How many samples in a row, of different times, agreed on `status`.
    pub agreeing_samples: u32,
    /// Status read live, when somebody looked.
    pub live: Observation<LiveStatus>,
    /// Seconds since start by the list.
    pub uptime_secs: Option<u64>,
    /// Whether it is a template.
    pub template: bool,
    /// Config lock by the list; current in every answer.
    pub lock: Option<String>,
    /// State by the HA manager; present means managed.
    pub ha_state: Option<String>,
    /// Its identity.
    pub identity: Observation<Identity>,
    /// Why it stopped.
    pub stop_cause: Observation<StopCause>,
    /// Whether its `ready` probe answers.
    pub ready: Observation<bool>,
    /// A task that works on it now.
    pub running_task: Option<Upid>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Figures for the screen.
    pub usage: Usage,
}

/// Figures of a guest or node for the screen; never decided upon in this form.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// 0..1 of all its CPUs.
    pub cpu: Option<f64>,
    /// CPUs.
    pub max_cpu: Option<f64>,
    /// Bytes used.
    pub mem_bytes: Option<u64>,
    /// Bytes there.
    pub max_mem_bytes: Option<u64>,
    /// Bytes used of the root disk.
    pub disk_bytes: Option<u64>,
    /// Bytes there.
    pub max_disk_bytes: Option<u64>,
}

/// Whether a node is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NodeStatus {
    /// Member of the cluster and reporting.
    Online,
    /// Not a member, by two agreeing quorate entry points.
    Offline,
}

/// A node.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NodeObserved {
    /// Its name.
    pub name: NodeName,
    /// Whether it is there.
    pub status: Observation<NodeStatus>,
    /// Whether its own API answered the last poll.
    pub api: Observation<bool>,
    /// When it was last seen to come (back) online; None while it never left since Jarvis looks.
    pub returned_at: Option<Timestamp>,
    /// Seconds since boot.
    pub uptime_secs: Option<u64>,
    /// Its votes; 1 unless corosync says otherwise.
    pub votes: u32,
    /// The node's own HA state (`online`, `fence`, ...).
    pub ha_state: Option<String>,
    /// Its address.
    pub ip: Option<String>,
    /// A task list of this node showing nothing running that Jarvis started.
    pub idle: Observation<bool>,
    /// Figures for the screen.
    pub usage: Usage,
}

impl NodeObserved {
    /// Whether it booted after `at`, as its uptime shows: what ran there before runs no more. A node that was only out of
    /// sight, or that a minority did not see, goes on with what it was at.
    pub fn booted_after(&self, at: Timestamp) -> bool {
        let booted = |seen: Timestamp, secs| seen - Duration::from_secs(secs);
        let seen = self.status.value().and(self.status.seen_at());
        let booted_at = seen.zip(self.uptime_secs).map(|(seen, secs)| booted(seen, secs));
        self.returned_at.is_some_and(|returned| returned > at) && booted_at.is_some_and(|booted| booted > at)
    }
}

/// Quorum as one or more entry points tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Quorum {
    /// Whether the asked side may decide.
    pub quorate: bool,
    /// Sum of all votes, with a quorum device's.
    pub expected_votes: u32,
    /// Votes of an additional quorum device, 0 without.
    pub device_votes: u32,
    /// How many entry points agree on this and on the members.
    pub agreeing: u32,
}

impl Quorum {
    /// Votes that must be present to decide: floor(expected / 2) + 1.
    pub fn needed(&self) -> u32 {
        self.expected_votes / 2 + 1
    }
}

/// A storage on a node, or once when shared.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StorageObserved {
    /// Its name.
    pub storage: String,
    /// The node, when it is not shared.
    pub node: Option<NodeName>,
    /// `zfspool`, `rbd`, ...
    pub plugin: String,
    /// Whether it is there, and since when we know.
    pub active: Observation<bool>,
    /// Bytes used.
    pub used_bytes: Option<u64>,
    /// Bytes there.
    pub total_bytes: Option<u64>,
}

/// A task seen in the cluster's list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TaskObserved {
    /// Its id.
    pub upid: Upid,
    /// When it ended; none while it runs.
    pub ended_at: Option<Timestamp>,
    /// Exit text, once ended.
    pub exit: Option<String>,
}

impl TaskObserved {
    /// Whether it ended well: `OK` or `WARNINGS: N`.
    pub fn succeeded(&self) -> bool {
        self.exit.as_deref().is_some_and(exit_is_success)
    }
}

/// Whether a task's exit text means success: `OK` or `WARNINGS: N`.
pub fn exit_is_success(exit: &str) -> bool {
    exit == "OK" || exit.starts_with("WARNINGS:")
}

/// What a service does.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "service", content = "word", rename_all = "camelCase")]
pub enum ServiceStatus {
    /// It runs, or answers as it should.
    Up,
    /// It does not: the word of systemd or docker, or what the probe met (`failed`, `exited`, `HTTP 503`).
    Down(String),
    /// It is starting, stopping or reloading: the word.
    Changing(String),
    /// Its host knows no such unit or container.
    Missing,
}

impl ServiceStatus {
    /// The word for the screen.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Up => "up",
            Self::Down(word) | Self::Changing(word) => word,
            Self::Missing => "missing",
        }
    }
}

/// Figures read on a host itself.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HostFigures {
    /// Degrees Celsius by sensor, named `chip label` as `sensors -j` has them.
    pub temperatures: BTreeMap<String, f64>,
    /// Load average over one minute.
    pub load: Option<f64>,
    /// Processor cores.
    pub cores: Option<u32>,
    /// Seconds since boot.
    pub uptime_secs: Option<u64>,
    /// Share of time in which something waited, percent over ten seconds, by `cpu`, `io`, `memory`.
    pub pressure: BTreeMap<String, f64>,
}

impl HostFigures {
    /// The temperature that stands for the host: of the named sensor, or the hottest processor sensor, or the hottest at all.
    pub fn temperature(&self, sensor: Option<&str>) -> Option<f64> {
        if let Some(sensor) = sensor {
            return self.temperatures.get(sensor).copied();
        }
        let processor = |name: &str| {
            ["coretemp", "k10temp", "zenpower", "cpu_thermal"]
                .iter()
                .any(|chip| name.starts_with(chip))
        };
        let hottest = |only: &dyn Fn(&str) -> bool| {
            let chosen = self.temperatures.iter().filter(|(name, _)| only(name));
            chosen.map(|(_, degrees)| *degrees).max_by(f64::total_cmp)
        };
        hottest(&processor).or_else(|| hottest(&|_| true))
    }
}

/// A host as reached over SSH.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HostObserved {
    /// Its figures.
    pub figures: Observation<HostFigures>,
    /// Why the latest look failed, if it did.
    pub trouble: Option<String>,
}

/// A service, by its manifest.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServiceObserved {
    /// What it does.
    pub status: Observation<ServiceStatus>,
    /// When the first of the looks in a row was that found the same; none while it is not known.
    #[serde(default)]
    pub since: Option<Timestamp>,
    /// Why the latest look failed, if it did.
    pub trouble: Option<String>,
}

impl ServiceObserved {
    /// Takes a look in: what was found, or why nothing was.
    pub fn see(&mut self, status: Observation<ServiceStatus>) {
        use std::mem::discriminant;
        let same = self.status.value().map(discriminant) == status.value().map(discriminant);
        self.since = if same {
            self.since.or(status.seen_at())
        } else {
            status.seen_at()
        };
        self.status = status;
    }

    /// Whether at least two looks found it so, `apart` from each other.
    pub fn is_confirmed(&self, apart: Duration) -> bool {
        matches!((self.since, self.status.seen_at()), (Some(since), Some(seen)) if seen > since && seen >= since + apart)
    }
}

/// A figure beyond its limit, or not yet back beyond its clear level.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Passed {
    /// The figure, in its metric's unit, as last known; none where the metric has no figure.
    pub value: Option<f64>,
    /// Since when it has been beyond its limit.
    pub since: Timestamp,
    /// When it was last known to be.
    pub seen_at: Timestamp,
}

/// The cluster, as far as it is known.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Observed {
    /// Quorum.
    pub quorum: Observation<Quorum>,
    /// Nodes by name.
    pub nodes: BTreeMap<NodeName, NodeObserved>,
    /// Guests by number.
    pub guests: BTreeMap<Vmid, GuestObserved>,
    /// Storages by `storage/NODE/NAME` id.
    pub storages: BTreeMap<String, StorageObserved>,
    /// Recent tasks, newest first.
    pub tasks: Vec<TaskObserved>,
    /// Hosts reached over SSH.
    #[serde(default)]
    pub hosts: BTreeMap<Host, HostObserved>,
    /// Services by their manifests.
    #[serde(default)]
    pub services: BTreeMap<ResourceKey, ServiceObserved>,
    /// When each guest was last backed up; a guest that is not in a known list has no backup.
    #[serde(default)]
    pub backups: Observation<BTreeMap<Vmid, Timestamp>>,
    /// What the log of the last failed act says, or that of the service's host, by the issue that is about to be escalated;
    /// Unknown when it could not be read.
    #[serde(default)]
    pub logs: BTreeMap<IssueKey, Observation<Vec<String>>>,
    /// Figures beyond their limits, by the issue they make, and `ready` probes that fail. One that went back is no longer here.
    #[serde(default)]
    pub passed: BTreeMap<IssueKey, Passed>,
    /// Complete, consistent looks in a row since the start, at most counted to 1000.
    pub complete_passes: u32,
    /// When the last complete cluster-wide look was.
    pub looked_at: Option<Timestamp>,
}

impl Observed {
    /// Nodes that are Known online at `now`.
    pub fn node_online(&self, node: &NodeName, now: Timestamp) -> bool {
        self.nodes
            .get(node)
            .and_then(|node| node.status.fresh(now, limits::CRITICAL))
            == Some(&NodeStatus::Online)
    }
}

/// How old a fact may be before it is unknown.
pub mod limits {
    use std::time::Duration;

    /// Guest and node state by the 10 s cluster-wide call: three cycles.
    pub const CRITICAL: Duration = Duration::from_secs(35);
    /// A live read that stands behind an act.
    pub const LIVE: Duration = Duration::from_secs(15);
    /// Identity read before acting.
    pub const IDENTITY: Duration = Duration::from_mins(1);
    /// Cause of a stop, and readiness.
    pub const CAUSE: Duration = Duration::from_mins(1);
    /// Storage, services and figures of hosts, every 30 s.
    pub const IMPORTANT: Duration = Duration::from_secs(90);
    /// Backups, every 30 min.
    pub const BACKGROUND: Duration = Duration::from_mins(90);
}
