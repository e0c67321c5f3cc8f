//! The Hypervisor port: what is asked for each look, and how the answer is read.

use crate::{
    answer::Envelope,
    ask::{Look, Read},
    client::Proxmox,
    decode::{self, Misfit},
    entry::{Entry, LARGE_BODY},
    list::ClusterList,
    paths,
    privileges::Privileges,
};
use async_trait::async_trait;
use jarvis_guard::Permit;
use jarvis_model::{GuestKind, Identity, LiveStatus, NodeName, TaskObserved, Timestamp, Upid, Vmid};
use jarvis_ports::{
    Accepted, BackupLook, ClusterLook, HostAnswer, HostRead, Hypervisor, LookError, PastUsage, PerformError,
    Priority, QuorumLook, SnapshotSeen, TaskState,
};
use std::sync::Arc;

/// Rows asked for of a guest's task list.
const GUEST_TASKS: u32 = 50;
/// Rows asked for of a node's task list: the stop and the start of every guest of a large node, and what was before.
const NODE_TASKS: u32 = 1000;

/// A misfit as the error of a look.
pub(crate) fn read<T>(what: &str, result: Result<T, Misfit>) -> Result<T, LookError> {
    result.map_err(|why| LookError::Malformed {
        what: what.to_owned(),
        why,
    })
}

/// How the guest agent of a virtual machine stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentStanding {
    /// It answers.
    Answers,
    /// It should answer and does not.
    Silent,
    /// None is configured, or the machine does not run: nothing is learnt.
    Absent,
}

impl Proxmox {
    /// How the guest agent stands, `POST agent/ping`; it reads only.
    pub async fn agent_standing(&self, node: &NodeName, vmid: Vmid) -> Result<AgentStanding, LookError> {
        let what = format!("ping the agent of guest {vmid} on {node}");
        let look = |at: &NodeName| Look {
            request: Read::Post(paths::agent_ping(at, vmid)),
            ..Look::node(what.clone(), String::new(), at, Priority::Act)
        };
        match self.ask_about_guest(node, GuestKind::Qemu, vmid, look).await {
            Ok(envelope) if decode::agent_answered(&envelope.data) => Ok(AgentStanding::Answers),
            Ok(_) => Ok(AgentStanding::Silent),
            Err(LookError::Refused { status: 500, why, .. })
                if why.contains("guest agent is not running") =>
            {
                Ok(AgentStanding::Silent)
            }
            Err(LookError::Refused { status: 500, why, .. })
                if why.contains("guest agent") || why.contains("not running") =>
            {
                Ok(AgentStanding::Absent)
            }
            Err(error) => Err(error),
        }
    }

    /// `GET /version`: the version text, e.g. `9.2.11`.
    pub async fn version(&self) -> Result<String, LookError> {
        let look = Look::cluster("ask for the version", paths::VERSION);
        let (_, envelope) = self.ask_any::<Envelope>(&look).await?;
        read(
            &look.what,
            crate::loose::word(envelope.data.get("version")).ok_or_else(|| "no version in it".to_owned()),
        )
    }

    /// Rights of the token on `/`, `/vms`, `/nodes`, `/storage` and on the named nodes and guests
    /// (`GET /access/permissions?path=…`, inheritance resolved by Proxmox).
    pub async fn preflight(&self, nodes: &[NodeName], guests: &[Vmid]) -> Result<Privileges, LookError> {
        let mut privileges = Privileges::default();
        for path in Privileges::paths_for(nodes, guests) {
            let mut look = rights_on(&path);
            look.priority = Priority::Operator;
            let (_, envelope) = self.ask_any::<Envelope>(&look).await?;
            let held = decode::privileges(&envelope.data, &path);
            privileges.paths.insert(path, held);
        }
        Ok(privileges)
    }

    /// An empty guest list is believed only when the token may see guests.
    async fn check_rights_to_see_guests(&self, entry: &Arc<Entry>, what: &str) -> Result<(), LookError> {
        let envelope: Envelope = self.ask(entry, &rights_on("/vms")).await?;
        let held = decode::privileges(&envelope.data, "/vms");
        if held.get("VM.Audit").copied().unwrap_or(false) {
            return Ok(());
        }
        let why = "no guest is listed, and VM.Audit on /vms is not granted: guests may be there but hidden; grant \
                   VM.Audit on /vms to the token (and, with privilege separation, to its user)";
        Err(LookError::NoRights {
            what: what.to_owned(),
            why: why.to_owned(),
        })
    }

    /// Asks about a guest; once more at another node when it has moved there since the caller knew its place. A guest of
    /// the other kind under the same number is another guest.
    pub(crate) async fn ask_about_guest(
        &self,
        node: &NodeName,
        kind: GuestKind,
        vmid: Vmid,
        look: impl Fn(&NodeName) -> Look,
    ) -> Result<Envelope, LookError> {
        let gone = match self.ask_about(node, &look(node)).await {
            Err(error @ LookError::Missing { .. }) => error,
            told => return told,
        };
        match self.place_of(kind, vmid).await {
            Some(place) if place != *node => self.ask_about(&place, &look(&place)).await,
            _ => Err(gone),
        }
    }

    async fn place_of(&self, kind: GuestKind, vmid: Vmid) -> Option<NodeName> {
        let mut look = Look::cluster("look for a guest that has moved", paths::CLUSTER_RESOURCES);
        look.largest = LARGE_BODY;
        look.priority = Priority::Act;
        let (_, ClusterList(seen)) = self.ask_any(&look).await.ok()?;
        let mut guests = seen.guests.into_iter();
        guests
            .find(|guest| guest.vmid == vmid && guest.kind == kind)
            .map(|guest| guest.node)
    }

    async fn tasks(
        &self,
        look: Look,
        node: &NodeName,
        since: Timestamp,
    ) -> Result<Vec<TaskObserved>, LookError> {
        let envelope: Envelope = self.ask_about(node, &look).await?;
        read(&look.what, decode::tasks(&envelope.data, since))
    }
}

pub(crate) fn rights_on(path: &str) -> Look {
    Look::cluster(
        &format!("ask for the token's rights on {path}"),
        &paths::permissions(path),
    )
}

#[async_trait]
impl Hypervisor for Proxmox {
    async fn look_cluster(&self) -> Result<ClusterLook, LookError> {
        let mut look = Look::cluster("look at the cluster", paths::CLUSTER_RESOURCES);
        look.largest = LARGE_BODY;
        let (entry, ClusterList(mut seen)) = self.ask_any(&look).await?;
        seen.via = entry.name();
        if seen.guests.is_empty() {
            self.check_rights_to_see_guests(&entry, &look.what).await?;
        }
        Ok(seen)
    }

    async fn look_quorum(&self, ask: usize) -> Vec<Result<QuorumLook, LookError>> {
        self.ask_for_quorum(ask).await
    }

    async fn look_node(&self, node: &NodeName) -> Result<u64, LookError> {
        let what = format!("look at node {node}");
        let look = Look::node(what, paths::node_status(node), node, Priority::Poll);
        let envelope: Envelope = match self.own_entry(node) {
            Some(entry) => self.ask(&entry, &look).await?,
            None => self.ask_about(node, &look).await?,
        };
        read(&look.what, decode::node_uptime(&envelope.data))
    }

    async fn look_guest(
        &self,
        node: &NodeName,
        kind: GuestKind,
        vmid: Vmid,
        priority: Priority,
    ) -> Result<LiveStatus, LookError> {
        let what = format!("look at guest {vmid} on {node}");
        let look =
            |at: &NodeName| Look::node(what.clone(), paths::guest_status(at, kind, vmid), at, priority);
        let envelope = self.ask_about_guest(node, kind, vmid, look).await?;
        read(&what, decode::live(&envelope.data))
    }

    async fn look_identity(
        &self,
        node: &NodeName,
        kind: GuestKind,
        vmid: Vmid,
    ) -> Result<Option<Identity>, LookError> {
        let what = format!("look at the config of guest {vmid} on {node}");
        let look = |at: &NodeName| {
            let path = paths::guest_config(at, kind, vmid);
            Look::node(what.clone(), path, at, Priority::Act)
        };
        let envelope = self.ask_about_guest(node, kind, vmid, look).await?;
        read(&what, decode::identity(&envelope.data, kind))
    }

    async fn ping_agent(&self, node: &NodeName, vmid: Vmid) -> Result<bool, LookError> {
        let standing = self.agent_standing(node, vmid).await?;
        Ok(standing == AgentStanding::Answers)
    }

    async fn may_see_tasks(&self, node: &NodeName) -> Result<(), LookError> {
        let path = format!("/nodes/{node}");
        let mut look = rights_on(&path);
        look.priority = Priority::Act;
        let (_, envelope) = self.ask_any::<Envelope>(&look).await?;
        let held = decode::privileges(&envelope.data, &path);
        if held.contains_key("Sys.Audit") {
            return Ok(());
        }
        Err(LookError::NoRights {
            what: format!("list the tasks of node {node}"),
            why: format!(
                "Sys.Audit on {path} is not granted, so only the token's own tasks would be listed; grant it to the token (and, \
                 with privilege separation, to its user)"
            ),
        })
    }

    async fn look_guest_tasks(
        &self,
        node: &NodeName,
        vmid: Vmid,
        since: Timestamp,
    ) -> Result<Vec<TaskObserved>, LookError> {
        let path = paths::node_tasks(node, Some(vmid), since, GUEST_TASKS);
        let look = Look::node(
            format!("list tasks of guest {vmid} on {node}"),
            path,
            node,
            Priority::Act,
        );
        self.tasks(look, node, since).await
    }

    async fn look_node_tasks(
        &self,
        node: &NodeName,
        since: Timestamp,
    ) -> Result<Vec<TaskObserved>, LookError> {
        let path = paths::node_tasks(node, None, since, NODE_TASKS);
        let look = Look::node(format!("list tasks of node {node}"), path, node, Priority::Act);
        self.tasks(look, node, since).await
    }

    async fn look_cluster_tasks(&self) -> Result<Vec<TaskObserved>, LookError> {
        let look = Look::cluster("list tasks of the cluster", paths::CLUSTER_TASKS);
        let (_, envelope) = self.ask_any::<Envelope>(&look).await?;
        read(&look.what, decode::tasks(&envelope.data, Timestamp::default()))
    }

    async fn look_task(&self, upid: &Upid) -> Result<TaskState, LookError> {
        let look = Look::node(
            format!("look at task {upid}"),
            paths::task_status(upid),
            upid.node(),
            Priority::Act,
        );
        match self.ask_about::<Envelope>(upid.node(), &look).await {
            Ok(envelope) => read(&look.what, decode::task_state(&envelope.data)),
            Err(LookError::Missing { .. }) => Ok(TaskState::Gone),
            Err(error) => Err(error),
        }
    }

    async fn look_snapshots(
        &self,
        node: &NodeName,
        kind: GuestKind,
        vmid: Vmid,
    ) -> Result<Vec<SnapshotSeen>, LookError> {
        let what = format!("list the snapshots of guest {vmid} on {node}");
        let look = Look::node(what, paths::snapshots(node, kind, vmid), node, Priority::Operator);
        let envelope: Envelope = self.ask_about(node, &look).await?;
        read(&look.what, decode::snapshots(&envelope.data))
    }

    async fn look_week(
        &self,
        node: &NodeName,
        guest: Option<(GuestKind, Vmid)>,
    ) -> Result<Vec<PastUsage>, LookError> {
        let what = match guest {
            Some((_, vmid)) => format!("read the past figures of guest {vmid} on {node}"),
            None => format!("read the past figures of node {node}"),
        };
        let look = Look::node(what, paths::week(node, guest), node, Priority::Operator);
        let envelope: Envelope = self.ask_about(node, &look).await?;
        read(&look.what, decode::week(&envelope.data))
    }

    async fn look_updates(&self, node: &NodeName) -> Result<usize, LookError> {
        let what = format!("list the updates of node {node}");
        let look = Look::node(what, paths::updates(node), node, Priority::Poll);
        let envelope: Envelope = self.ask_about(node, &look).await?;
        read(&look.what, decode::updates(&envelope.data))
    }

    async fn look_task_log(&self, upid: &Upid, lines: usize) -> Result<Vec<String>, LookError> {
        if lines == 0 {
            return Ok(Vec::new());
        }
        let what = format!("read the log of task {upid}");
        let page = |start, limit| {
            Look::node(
                what.clone(),
                paths::task_log(upid, start, limit),
                upid.node(),
                Priority::Act,
            )
        };
        let mut envelope: Envelope = self.ask_about(upid.node(), &page(0, lines)).await?;
        let wanted = u64::try_from(lines).unwrap_or(u64::MAX);
        if let Some(total) = envelope.total.filter(|total| *total > wanted) {
            envelope = self.ask_about(upid.node(), &page(total - wanted, lines)).await?;
        }
        let mut log = read(&what, decode::log(&envelope.data))?;
        if let [only] = &log[..]
            && only.starts_with("unable to open file")
        {
            return Err(LookError::Missing {
                what,
                why: only.clone(),
            });
        }
        log.drain(..log.len().saturating_sub(lines));
        Ok(log)
    }

    async fn look_backups(&self) -> Result<BackupLook, LookError> {
        self.newest_backups().await
    }

    async fn read_by_agent(
        &self,
        node: &NodeName,
        vmid: Vmid,
        read: &HostRead,
    ) -> Result<HostAnswer, LookError> {
        self.read_inside(node, vmid, read).await
    }

    async fn perform(&self, permit: Permit) -> Result<Accepted, PerformError> {
        self.send(permit.effect(), permit.send_before()).await
    }
}
