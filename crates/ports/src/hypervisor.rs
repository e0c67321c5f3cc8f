//! The Proxmox cluster as the controller needs it: looks (reads) and one way to act.
//!
//! Guarantees of an implementation: a look never changes anything; `perform` sends at most one request for one
//! permit and never repeats a write; time-outs exist for every call; what is returned is what the cluster said,
//! without judgement (staleness and trust are decided above).

use crate::{HostAnswer, HostRead, hostread::Output};
use async_trait::async_trait;
use jarvis_guard::Permit;
use jarvis_model::{
    Effect, GuestKind, HostVerb, Identity, LiveStatus, NodeName, TaskObserved, Timestamp, Upid, Usage, Vmid,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, time::Duration};

/// Which requests go first when a node's two request slots are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Periodic looks.
    Poll,
    /// Looks behind an act, and acts.
    Act,
    /// A person waits.
    Operator,
}

/// A node row of the cluster list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeRow {
    /// Its name.
    pub node: NodeName,
    /// `online`, `offline`, `unknown` as Proxmox says.
    pub status: String,
    /// Seconds since boot; missing when not online or not allowed to see.
    pub uptime_secs: Option<u64>,
    /// The node's HA state.
    pub ha_state: Option<String>,
    /// Figures.
    pub usage: Usage,
}

/// A guest row of the cluster list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GuestRow {
    /// Its number.
    pub vmid: Vmid,
    /// QEMU or LXC.
    pub kind: GuestKind,
    /// Where it lives (current).
    pub node: NodeName,
    /// Its name (sampled; may be missing).
    pub name: Option<String>,
    /// `running`, `stopped`, `paused`, `unknown`, ... (sampled; may be stale).
    pub status: String,
    /// Seconds since start (sampled).
    pub uptime_secs: Option<u64>,
    /// Whether it is a template.
    pub template: bool,
    /// Config lock (current).
    pub lock: Option<String>,
    /// HA state; present means managed.
    pub ha_state: Option<String>,
    /// Tags, sorted.
    pub tags: Vec<String>,
    /// Figures.
    pub usage: Usage,
}

/// A storage row of the cluster list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StorageRow {
    /// Id as in the list, `storage/NODE/NAME`.
    pub id: String,
    /// Name.
    pub storage: String,
    /// Node of this row.
    pub node: NodeName,
    /// Plug-in type.
    pub plugin: String,
    /// Whether all nodes share it.
    pub shared: bool,
    /// Whether it is available.
    pub available: bool,
    /// Bytes used.
    pub used_bytes: Option<u64>,
    /// Bytes there.
    pub total_bytes: Option<u64>,
}

/// One cluster-wide look: the one call of a 10 s cycle.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct ClusterLook {
    /// The entry point that answered, e.g. `atlas`.
    pub via: String,
    /// What its own clock said when it answered, in whole seconds.
    #[serde(default)]
    pub told_at: Option<Timestamp>,
    /// Node rows.
    pub nodes: Vec<NodeRow>,
    /// Guest rows.
    pub guests: Vec<GuestRow>,
    /// Storage rows.
    pub storages: Vec<StorageRow>,
}

/// Membership as one entry point sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuorumLook {
    /// The entry point that answered.
    pub via: String,
    /// Whether its side may decide. A stand-alone node is always quorate.
    pub quorate: bool,
    /// Cluster name, if it is a cluster.
    pub cluster: Option<String>,
    /// Members and whether it sees them online.
    pub online: BTreeMap<NodeName, bool>,
    /// Addresses of members, where known.
    pub ips: BTreeMap<NodeName, String>,
    /// Votes by node from the corosync configuration; empty when it could not be read (each counts 1 then).
    pub votes: BTreeMap<NodeName, u32>,
}

/// What became of a task.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum TaskState {
    /// It runs.
    Running,
    /// It ended with this exit text (`OK`, `WARNINGS: 1`, or an error).
    Ended(String),
    /// The node does not know it (any more).
    Gone,
}

/// Why a look failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LookError {
    /// No entry point, or the node concerned, could be reached in time.
    #[error("{what}: cannot reach {whom}: {why}")]
    Unreachable {
        /// What was attempted.
        what: String,
        /// Node or entry point.
        whom: String,
        /// Reason.
        why: String,
    },
    /// 401: the token is wrong, expired or disabled.
    #[error("{what}: Proxmox does not accept the token: {why}; check `token` of this cluster in jarvis.yaml")]
    NotAuthenticated {
        /// What was attempted.
        what: String,
        /// Reason phrase.
        why: String,
    },
    /// 403: the privilege is missing.
    #[error("{what}: the token may not: {why}")]
    NoRights {
        /// What was attempted.
        what: String,
        /// Proxmox's text, naming path and privilege.
        why: String,
    },
    /// The thing does not exist (there).
    #[error("{what}: {why}")]
    Missing {
        /// What was attempted.
        what: String,
        /// Proxmox's text.
        why: String,
    },
    /// Any other refusal by Proxmox.
    #[error("{what}: Proxmox answered {status}: {why}")]
    Refused {
        /// What was attempted.
        what: String,
        /// HTTP status.
        status: u16,
        /// Its text.
        why: String,
    },
    /// A host does not let Jarvis in: the login, not the host, is at fault.
    #[error("{what}: {whom} does not let Jarvis in: {why}")]
    NoLogin {
        /// What was attempted.
        what: String,
        /// Host, address and user.
        whom: String,
        /// What was offered and refused, and what to do.
        why: String,
    },
    /// No key of a host is pinned, or the pins cannot be used; it was not spoken to.
    #[error("{what}: {whom} is not spoken to: {why}")]
    HostKeyUnknown {
        /// What was attempted.
        what: String,
        /// Host and address.
        whom: String,
        /// Its fingerprint, how to check, and how to pin it.
        why: String,
    },
    /// A host shows another key than the pinned one, or a revoked one: somebody may stand between. It was not spoken to.
    #[error("{what}: {whom} is not spoken to: {why}")]
    HostKeyChanged {
        /// What was attempted.
        what: String,
        /// Host and address.
        whom: String,
        /// Both fingerprints, how to check, and how to pin the new one.
        why: String,
    },
    /// The answer could not be understood.
    #[error("{what}: the answer cannot be understood: {why}")]
    Malformed {
        /// What was attempted.
        what: String,
        /// Where it broke.
        why: String,
    },
}

/// An accepted effect.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accepted {
    /// The task to follow; only guests have one.
    pub upid: Option<Upid>,
    /// What a command wrote, when the effect was to run one: text of the infrastructure.
    pub output: Option<Output>,
}

impl Accepted {
    /// Of an effect on a host whose program ended well.
    pub fn by_program(effect: &Effect, output: Output) -> Self {
        let is_command = matches!(
            effect,
            Effect::Host {
                request: HostVerb::Command { .. },
                ..
            }
        );
        Self {
            upid: None,
            output: is_command.then_some(output),
        }
    }
}

/// Why an effect was not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PerformError {
    /// Nothing was begun: the connection could not be made, the permit had lapsed, or Proxmox refused before doing anything.
    #[error("{text}")]
    Rejected {
        /// Text of Proxmox or of the transport.
        text: String,
        /// Whether later may be better (lock time-out, refused connection).
        retryable: bool,
    },
    /// It was carried out and failed, as the host said at once.
    #[error("{text}")]
    Failed {
        /// What it said.
        text: String,
    },
    /// It may have been begun: reply lost, 595 to 599 after sending, time-out, unreadable answer.
    #[error("{text}")]
    Unknown {
        /// What went wrong.
        text: String,
    },
}

/// The newest backup of each guest, in every storage that could be read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct BackupLook {
    /// When.
    pub newest: BTreeMap<Vmid, Timestamp>,
    /// Storages that should hold backups and could not be read, each with the reason; then nothing is known of a guest that is not in `newest`.
    pub unread: Vec<String>,
}

/// A snapshot of a guest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotSeen {
    /// Its name.
    pub name: String,
    /// What somebody wrote about it.
    pub description: String,
    /// When it was taken, where that is said.
    pub taken_at: Option<Timestamp>,
    /// Whether it holds the memory too.
    pub memory: bool,
    /// The one it was taken on.
    pub parent: Option<String>,
}

/// Figures of a node or guest over a time that is past, averaged by Proxmox; shares, 0 to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PastUsage {
    /// When the time began.
    pub at: Timestamp,
    /// How long it was.
    pub long: Duration,
    /// Processor.
    pub cpu: Option<f64>,
    /// Memory.
    pub mem: Option<f64>,
    /// Disk; of a node its root file system.
    pub disk: Option<f64>,
}

/// What a cluster that cannot be asked for it answers.
fn untold(what: String) -> LookError {
    LookError::Missing {
        what,
        why: "this cluster does not tell it".to_owned(),
    }
}

/// A Proxmox cluster.
#[async_trait]
pub trait Hypervisor: Send + Sync {
    /// `GET /cluster/resources` at the first entry point that answers.
    async fn look_cluster(&self) -> Result<ClusterLook, LookError>;
    /// `GET /cluster/status` (and votes) at up to `ask` different entry points that answer, in parallel; empty when none does.
    async fn look_quorum(&self, ask: usize) -> Vec<Result<QuorumLook, LookError>>;
    /// Whether the node's own API answers (`GET /nodes/{node}/status` at the node itself where its entry point is known, else by proxy).
    async fn look_node(&self, node: &NodeName) -> Result<u64, LookError>;
    /// `GET /nodes/{node}/{kind}/{vmid}/status/current`.
    async fn look_guest(
        &self,
        node: &NodeName,
        kind: GuestKind,
        vmid: Vmid,
        priority: Priority,
    ) -> Result<LiveStatus, LookError>;
    /// SMBIOS uuid or first MAC out of the guest's config; None when the config has neither.
    async fn look_identity(
        &self,
        node: &NodeName,
        kind: GuestKind,
        vmid: Vmid,
    ) -> Result<Option<Identity>, LookError>;
    /// Whether the guest agent answers (QEMU), `POST agent/ping`; it reads only.
    async fn ping_agent(&self, node: &NodeName, vmid: Vmid) -> Result<bool, LookError>;
    /// Whether everybody's tasks at a node can be seen, `NoRights` where not: without `Sys.Audit` on the node Proxmox lists the
    /// token's own ones only, and says nothing of it.
    async fn may_see_tasks(&self, _node: &NodeName) -> Result<(), LookError> {
        Ok(())
    }
    /// Tasks of a guest at a node, running and ended, newest first, started at or after `since`.
    async fn look_guest_tasks(
        &self,
        node: &NodeName,
        vmid: Vmid,
        since: Timestamp,
    ) -> Result<Vec<TaskObserved>, LookError>;
    /// Recent tasks of the node that concern the node as a whole or any guest, newest first, since then.
    async fn look_node_tasks(
        &self,
        node: &NodeName,
        since: Timestamp,
    ) -> Result<Vec<TaskObserved>, LookError>;
    /// Recent tasks of the cluster.
    async fn look_cluster_tasks(&self) -> Result<Vec<TaskObserved>, LookError>;
    /// Status of a task, asked at the node in its id.
    async fn look_task(&self, upid: &Upid) -> Result<TaskState, LookError>;
    /// The last lines of a task's log, at most `lines`.
    async fn look_task_log(&self, upid: &Upid, lines: usize) -> Result<Vec<String>, LookError>;
    /// The snapshots of a guest, oldest first, without the one that stands for now: `GET /nodes/{node}/{kind}/{vmid}/snapshot`.
    /// A person waits for it.
    async fn look_snapshots(
        &self,
        node: &NodeName,
        _kind: GuestKind,
        vmid: Vmid,
    ) -> Result<Vec<SnapshotSeen>, LookError> {
        Err(untold(format!("list the snapshots of guest {vmid} on {node}")))
    }
    /// The last week of a node, or of a guest on it, as Proxmox averaged it, oldest first; times without figures are left out:
    /// `GET /nodes/{node}/rrddata?timeframe=week`, or below `/nodes/{node}/{kind}/{vmid}`. A person waits for it.
    async fn look_week(
        &self,
        node: &NodeName,
        _guest: Option<(GuestKind, Vmid)>,
    ) -> Result<Vec<PastUsage>, LookError> {
        Err(untold(format!("read the past figures on node {node}")))
    }
    /// How many packages of a node have a newer version: `GET /nodes/{node}/apt/update`, for which `Sys.Modify` is needed.
    async fn look_updates(&self, node: &NodeName) -> Result<usize, LookError> {
        Err(untold(format!("list the updates of node {node}")))
    }
    /// The newest backup of each guest: `GET /nodes/{node}/storage` and `…/storage/{storage}/content?content=backup`.
    async fn look_backups(&self) -> Result<BackupLook, LookError>;
    /// Reads inside a QEMU guest through its agent (`POST agent/exec`, `GET agent/exec-status`); the programs only read.
    async fn read_by_agent(
        &self,
        node: &NodeName,
        vmid: Vmid,
        read: &HostRead,
    ) -> Result<HostAnswer, LookError>;
    /// Sends the permitted effect, once: on a guest, a node, or through a guest's agent.
    async fn perform(&self, permit: Permit) -> Result<Accepted, PerformError>;
}
