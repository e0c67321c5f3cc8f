//! Work that takes time, done beside the loop: looks, effects, fetches. Each ends as one message.

use crate::{
    core::Core,
    hosts::{self, Way},
    observe,
    ports::Ports,
    proposals::{
        Proposing,
        publish::{Published, publish},
    },
    timekeeping::looked_back,
};
use jarvis_crds::Probe as ReadyProbe;
use jarvis_guard::Permit;
use jarvis_model::{
    GuestObserved, Host, HostFigures, Identity, IntentId, IssueKey, LiveStatus, NodeName, Observed, Proposal,
    ProposalId, Reach, ResourceKey, ServiceStatus, StopCause, TaskObserved, Timestamp, Upid, Vmid,
};
use jarvis_planner::{Look, Step};
use jarvis_ports::{
    Accepted, BackupLook, ClusterLook, Fetched, HostNews, LookError, PerformError, Priority, QuorumLook,
    SourceError, TaskState,
};
use std::{collections::BTreeSet, pin::Pin, sync::Arc, time::Duration};
use tokio::sync::mpsc;

/// What the loop hears.
#[derive(Debug)]
pub enum Message {
    /// The cluster-wide look came back: when it was asked, when it was heard.
    Cluster(Result<ClusterLook, LookError>, Timestamp, Timestamp),
    /// Quorum came back, from those that answered.
    Quorum(Vec<Result<QuorumLook, LookError>>, Timestamp),
    /// The task list came back.
    Tasks(Result<Vec<TaskObserved>, LookError>),
    /// A look that the planner asked for came back.
    Looked(Look, Found, Timestamp),
    /// A look for an effect in flight came back.
    Pursued(IntentId, Found, Timestamp),
    /// An effect was sent.
    Performed(IntentId, Result<Accepted, PerformError>),
    /// A node's journal said something.
    News(HostNews),
    /// How many packages of a node have a newer version came back.
    Updates(NodeName, Result<usize, LookError>, Timestamp),
    /// The push of a proposal came to its end.
    Published(ProposalId, Published),
    /// The source came back.
    Fetched(Result<Option<Fetched>, SourceError>),
    /// The last good revision came back after a start.
    Restored(Result<Fetched, SourceError>),
}

/// What a look found.
#[derive(Debug, Clone)]
pub enum Found {
    /// A guest's live status.
    Live(Vmid, Result<LiveStatus, LookError>),
    /// A guest's identity.
    Identity(Vmid, Result<Option<Identity>, LookError>),
    /// A guest's tasks, and why it stopped.
    Cause(Vmid, Result<(StopCause, Vec<TaskObserved>), LookError>),
    /// Whether a guest is ready.
    Ready(Vmid, Option<bool>),
    /// A node's uptime.
    Node(NodeName, Result<u64, LookError>),
    /// Whether a node has nothing of ours running.
    NodeIdle(NodeName, Result<bool, LookError>),
    /// Tasks of the guest of an effect in flight.
    Tasks(Result<Vec<TaskObserved>, LookError>),
    /// A followed task.
    Task(Result<TaskState, LookError>),
    /// What a service does.
    Service(ResourceKey, Result<ServiceStatus, LookError>),
    /// What the service of an effect in flight does.
    Unit(Result<ServiceStatus, LookError>),
    /// A host's figures.
    Figures(Host, Result<HostFigures, LookError>),
    /// The address of a node's network card.
    Mac(NodeName, Result<String, LookError>),
    /// The log behind an escalation.
    Log(IssueKey, Result<Vec<String>, LookError>),
    /// Backups.
    Backups(Result<BackupLook, LookError>),
    /// Quorum was asked for and is reported by itself.
    Nothing,
}

/// Hands out work.
#[derive(Clone)]
pub struct Worker {
    /// Through what.
    pub ports: Ports,
    /// Where results go.
    pub messages: mpsc::UnboundedSender<Message>,
    /// What keeps track of work under way.
    pub tasks: tokio_util::task::TaskTracker,
}

impl Worker {
    /// A worker with nothing to do yet.
    pub fn new(ports: Ports, messages: mpsc::UnboundedSender<Message>) -> Self {
        Self {
            ports,
            messages,
            tasks: tokio_util::task::TaskTracker::new(),
        }
    }

    fn spawn(&self, work: impl Future<Output = Message> + Send + 'static) {
        let messages = self.messages.clone();
        self.tasks.spawn(async move {
            // What is in flight dies with the loop, as it does with the process; what was sent stays sent.
            tokio::select! {
                biased;
                () = messages.closed() => {}
                message = work => drop(messages.send(message)),
            }
        });
    }

    /// The cluster-wide look.
    pub fn cluster(&self) {
        let ports = self.ports.clone();
        self.spawn(async move {
            let asked = ports.clock.now();
            let look = ports.hypervisor.look_cluster().await;
            Message::Cluster(look, asked, ports.clock.now())
        });
    }

    /// Quorum, by up to `ask` entry points.
    pub fn quorum(&self, ask: usize) {
        let ports = self.ports.clone();
        self.spawn(async move {
            let looks = ports.hypervisor.look_quorum(ask).await;
            Message::Quorum(looks, ports.clock.now())
        });
    }

    /// The cluster's task list.
    pub fn tasks(&self) {
        let ports = self.ports.clone();
        self.spawn(async move { Message::Tasks(ports.hypervisor.look_cluster_tasks().await) });
    }

    /// The source.
    pub fn fetch(&self, known: Option<String>) {
        let Some(source) = self.ports.source.clone() else {
            return;
        };
        self.spawn(async move { Message::Fetched(source.fetch(known.as_deref()).await) });
    }

    /// The last good revision.
    pub fn restore(&self, commit: String) {
        let Some(source) = self.ports.source.clone() else {
            return;
        };
        self.spawn(async move { Message::Restored(source.read(&commit).await) });
    }

    /// How many packages of a node have a newer version.
    pub fn updates(&self, node: NodeName) {
        let ports = self.ports.clone();
        self.spawn(async move {
            let found = ports.hypervisor.look_updates(&node).await;
            Message::Updates(node, found, ports.clock.now())
        });
    }

    /// Pushes an approved proposal.
    pub fn publish(&self, proposal: Arc<Proposal>, by: String, proposing: Proposing) {
        let Some(source) = self.ports.source.clone() else {
            return;
        };
        self.spawn(async move {
            let id = proposal.id.clone();
            Message::Published(id, publish(source, proposal, by, proposing).await)
        });
    }

    /// Sends the permitted effect.
    pub fn perform(&self, permit: Permit) {
        let ports = self.ports.clone();
        let intent = permit.intent().clone();
        self.spawn(async move { Message::Performed(intent, hosts::perform(&ports, permit).await) });
    }

    /// A look that the planner asked for.
    pub(crate) fn look(&self, look: Look, core: &Core) {
        let (observed, desired) = (&core.observed, &core.desired);
        if self.look_at_host(&look, core) {
            return;
        }
        let (ports, own) = (self.ports.clone(), core.own_tasks());
        let ended = look_vmid(&look).and_then(|vmid| core.memory.run_ended(vmid, ports.clock.now()));
        let guest = look_vmid(&look)
            .and_then(|vmid| observed.guests.get(&vmid))
            .cloned();
        let probe = guest
            .as_ref()
            .and_then(|guest| desired.guest_by_vmid(guest.vmid))
            .and_then(|(_, manifest)| manifest.spec.ready.clone());
        self.spawn(async move {
            let found = match (&look, guest) {
                (Look::Guest { vmid }, Some(guest)) => {
                    let live = ports
                        .hypervisor
                        .look_guest(&guest.node, guest.kind, *vmid, Priority::Act)
                        .await;
                    Found::Live(*vmid, live)
                }
                (Look::Identity { vmid }, Some(guest)) => Found::Identity(
                    *vmid,
                    ports
                        .hypervisor
                        .look_identity(&guest.node, guest.kind, *vmid)
                        .await,
                ),
                (Look::StopCause { vmid, since }, Some(guest)) => {
                    let since = looked_back(*since, ports.clock.now());
                    Found::Cause(*vmid, cause(&ports, &guest, since, &own, ended).await)
                }
                (Look::Ready { vmid }, Some(guest)) => Found::Ready(
                    *vmid,
                    ready(&ports, &guest.node, *vmid, probe.map(|ready| ready.probe)).await,
                ),
                (Look::Node { node }, _) => Found::Node(node.clone(), ports.hypervisor.look_node(node).await),
                (Look::NodeIdle { node }, _) => Found::NodeIdle(node.clone(), idle(&ports, node, &own).await),
                _ => Found::Nothing,
            };
            Message::Looked(look, found, ports.clock.now())
        });
    }

    /// A look at a host; says whether it was one.
    fn look_at_host(&self, look: &Look, core: &Core) -> bool {
        let (ports, asked) = (self.ports.clone(), look.clone());
        let found: Pin<Box<dyn Future<Output = Found> + Send>> = match look.clone() {
            Look::Service { service } => {
                let Some(manifest) = core.desired.services.get(&service) else {
                    return true;
                };
                let spec = manifest.spec.clone();
                let way = Way::to(spec.target.host(), spec.target.reach(), &core.observed);
                Box::pin(async move { Found::Service(service, hosts::service(&ports, spec, way).await) })
            }
            Look::Figures { host } => {
                let way = Way::to(host.clone(), Reach::Ssh, &core.observed);
                Box::pin(async move { Found::Figures(host, way.figures(&ports).await) })
            }
            Look::Mac { node } => {
                let way = Way::to(Host::Node(node.clone()), Reach::Ssh, &core.observed);
                Box::pin(async move { Found::Mac(node, way.mac(&ports).await) })
            }
            Look::Log { issue } => {
                let place = core.log_place(&issue);
                Box::pin(async move { Found::Log(issue, hosts::log(&ports, place).await) })
            }
            Look::Backups => Box::pin(async move { Found::Backups(ports.hypervisor.look_backups().await) }),
            _ => return false,
        };
        let clock = self.ports.clock.clone();
        self.spawn(async move { Message::Looked(asked, found.await, clock.now()) });
        true
    }

    /// A look for an effect in flight.
    pub fn pursue(&self, intent: IntentId, step: Step, observed: &Observed) {
        let ports = self.ports.clone();
        let guest = match &step {
            Step::LookGuest { vmid } => observed.guests.get(vmid).cloned(),
            _ => None,
        };
        let way = match &step {
            Step::LookService { host, reach, .. } => Some(Way::to(host.clone(), *reach, observed)),
            _ => None,
        };
        self.spawn(async move {
            let found = match step {
                Step::LookTasks { node, vmid, since } => {
                    Found::Tasks(ports.hypervisor.look_guest_tasks(&node, vmid, since).await)
                }
                Step::FollowTask { upid } => Found::Task(ports.hypervisor.look_task(&upid).await),
                Step::LookGuest { vmid } => match guest {
                    Some(guest) => {
                        let live = ports
                            .hypervisor
                            .look_guest(&guest.node, guest.kind, vmid, Priority::Act)
                            .await;
                        Found::Live(vmid, live)
                    }
                    None => Found::Nothing,
                },
                Step::LookNode { node } => {
                    let uptime = ports.hypervisor.look_node(&node).await;
                    Found::Node(node, uptime)
                }
                Step::LookService { unit, .. } => match way {
                    Some(way) => Found::Unit(way.service(&ports, unit).await),
                    None => Found::Nothing,
                },
                Step::Wait { .. } | Step::Record { .. } => Found::Nothing,
            };
            Message::Pursued(intent, found, ports.clock.now())
        });
    }
}

fn look_vmid(look: &Look) -> Option<Vmid> {
    match look {
        Look::Guest { vmid }
        | Look::Identity { vmid }
        | Look::StopCause { vmid, .. }
        | Look::Ready { vmid } => Some(*vmid),
        _ => None,
    }
}

/// `ended` is when it was seen to run no longer.
async fn cause(
    ports: &Ports,
    guest: &GuestObserved,
    since: Timestamp,
    own: &BTreeSet<Upid>,
    ended: Option<Timestamp>,
) -> Result<(StopCause, Vec<TaskObserved>), LookError> {
    let (node, vmid) = (&guest.node, guest.vmid);
    match ports.hypervisor.may_see_tasks(node).await {
        Err(LookError::NoRights { .. }) => return Ok((StopCause::Unreadable, Vec::new())),
        other => other?,
    }
    let mut tasks = match ports.hypervisor.look_guest_tasks(node, vmid, since).await {
        Err(LookError::NoRights { .. }) => return Ok((StopCause::Unreadable, Vec::new())),
        other => other?,
    };
    // A guest that was stopped and then moved has left its stop behind in the list of the node it came from.
    for task in ports.hypervisor.look_cluster_tasks().await? {
        let of_this = task.upid.vmid() == Some(vmid) && task.upid.started_at() >= since;
        if of_this && !tasks.iter().any(|known| known.upid == task.upid) {
            tasks.push(task);
        }
    }
    let node_tasks = match ports.hypervisor.look_node_tasks(node, since).await {
        Err(LookError::NoRights { .. }) => return Ok((StopCause::Unreadable, tasks)),
        other => other?,
    };
    let node_wide = ended.map(observe::node_wide_from);
    Ok((observe::stop_cause(&tasks, &node_tasks, own, node_wide), tasks))
}

async fn idle(ports: &Ports, node: &NodeName, own: &BTreeSet<Upid>) -> Result<bool, LookError> {
    let since = ports.clock.now() - Duration::from_hours(24);
    let tasks = ports.hypervisor.look_node_tasks(node, since).await?;
    Ok(tasks
        .iter()
        .all(|task| task.ended_at.is_some() || !own.contains(&task.upid)))
}

const PROBE_WITHIN: Duration = Duration::from_secs(5);

async fn ready(ports: &Ports, node: &NodeName, vmid: Vmid, probe: Option<ReadyProbe>) -> Option<bool> {
    match probe? {
        ReadyProbe::GuestAgent(_) => ports.hypervisor.ping_agent(node, vmid).await.ok(),
        ReadyProbe::Tcp(tcp) => Some(ports.probe.tcp(&tcp.address, PROBE_WITHIN).await),
        ReadyProbe::Http(http) => Some(ports.probe.http(&http.url, Some(http.status), PROBE_WITHIN).await),
    }
}
