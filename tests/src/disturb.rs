//! Ports that misbehave at one chosen moment: the journal before or after it wrote, the cluster before or after it
//! carried out. A moment that came is told, so that a test can kill Jarvis right there.

use async_trait::async_trait;
use jarvis_guard::Permit;
use jarvis_model::{Event, GuestKind, Identity, LiveStatus, NodeName, TaskObserved, Timestamp, Upid, Vmid};
use jarvis_ports::{
    Accepted, BackupLook, ClusterLook, HostAnswer, HostRead, Hypervisor, Journal, JournalError, LookError,
    PerformError, Priority, QuorumLook, Stored, TaskState,
};
use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};
use tokio::sync::Notify;

/// A moment in the life of an effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The intent is about to be written.
    BeforeIntent,
    /// The intent is durable, nothing was sent.
    AfterIntent,
    /// The request was carried out, the reply has not been seen.
    AfterSend,
    /// The acceptance is about to be written.
    BeforeAccepted,
    /// The end of the task is about to be written.
    BeforeFinished,
    /// The outcome is about to be written.
    BeforeClose,
    /// The outcome is durable.
    AfterClose,
}

/// Tells when the moment came, once.
#[derive(Debug, Default)]
pub struct Alarm {
    rung: AtomicBool,
    bell: Notify,
}

impl Alarm {
    fn ring(&self) -> bool {
        let first = !self.rung.swap(true, Ordering::SeqCst);
        self.bell.notify_one();
        first
    }

    /// Waits for the moment.
    pub async fn wait(&self) {
        while !self.rung.load(Ordering::SeqCst) {
            self.bell.notified().await;
        }
    }

    /// Whether it came.
    pub fn has_rung(&self) -> bool {
        self.rung.load(Ordering::SeqCst)
    }
}

/// A journal that fails from its moment on, as a process that died there would leave it.
pub struct FailingJournal {
    /// The real one.
    pub inner: Arc<dyn Journal>,
    /// When it fails.
    pub moment: Moment,
    /// Who is told.
    pub alarm: Arc<Alarm>,
}

impl FailingJournal {
    fn dead(&self) -> JournalError {
        JournalError::Write {
            path: "journal".to_owned(),
            why: format!("the process died {:?}", self.moment),
        }
    }

    fn hits(&self, events: &[Event]) -> bool {
        events.iter().any(|event| {
            matches!(
                (self.moment, event),
                (
                    Moment::BeforeIntent | Moment::AfterIntent,
                    Event::IntentLogged { .. }
                ) | (Moment::BeforeAccepted, Event::EffectAccepted { .. })
                    | (Moment::BeforeFinished, Event::TaskFinished { .. })
                    | (
                        Moment::BeforeClose | Moment::AfterClose,
                        Event::IntentClosed { .. }
                    )
            )
        })
    }
}

impl Journal for FailingJournal {
    fn head(&self) -> u64 {
        self.inner.head()
    }

    fn append(
        &self,
        head: u64,
        epoch: u64,
        at: Timestamp,
        events: Vec<Event>,
    ) -> Result<Vec<Stored>, JournalError> {
        if self.alarm.has_rung() {
            return Err(self.dead());
        }
        if !self.hits(&events) {
            return self.inner.append(head, epoch, at, events);
        }
        if matches!(self.moment, Moment::AfterIntent | Moment::AfterClose) {
            self.inner.append(head, epoch, at, events)?;
        }
        self.alarm.ring();
        Err(self.dead())
    }

    fn read_after(&self, seq: u64, limit: usize) -> Result<Vec<Stored>, JournalError> {
        self.inner.read_after(seq, limit)
    }

    fn acquire_lease(&self) -> Result<u64, JournalError> {
        self.inner.acquire_lease()
    }
}

/// What becomes of the next effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is carried out, and the reply never comes.
    NoReply,
    /// It is carried out, and the reply is lost.
    ReplyLost,
    /// It is not carried out, and the reply is lost all the same.
    RequestLost,
    /// It is refused before anything happens.
    FailsBefore,
    /// Effects are treated well, but tasks of others are hidden, as from a token without the right to see them.
    OthersHidden,
}

/// A cluster that treats the first effect as its fate says, and all others well.
pub struct FatefulCluster {
    /// The real one.
    pub inner: Arc<dyn Hypervisor>,
    /// What becomes of the first effect.
    pub fate: Fate,
    /// Who is told.
    pub alarm: Arc<Alarm>,
}

impl FatefulCluster {
    fn shown(&self, mut tasks: Vec<TaskObserved>) -> Vec<TaskObserved> {
        if self.fate == Fate::OthersHidden {
            tasks.retain(|task| task.upid.user().contains('!'));
        }
        tasks
    }
}

#[async_trait]
impl Hypervisor for FatefulCluster {
    async fn look_cluster(&self) -> Result<ClusterLook, LookError> {
        self.inner.look_cluster().await
    }
    async fn look_quorum(&self, ask: usize) -> Vec<Result<QuorumLook, LookError>> {
        self.inner.look_quorum(ask).await
    }
    async fn look_node(&self, node: &NodeName) -> Result<u64, LookError> {
        self.inner.look_node(node).await
    }
    async fn look_guest(
        &self,
        node: &NodeName,
        kind: GuestKind,
        vmid: Vmid,
        priority: Priority,
    ) -> Result<LiveStatus, LookError> {
        self.inner.look_guest(node, kind, vmid, priority).await
    }
    async fn look_identity(
        &self,
        node: &NodeName,
        kind: GuestKind,
        vmid: Vmid,
    ) -> Result<Option<Identity>, LookError> {
        self.inner.look_identity(node, kind, vmid).await
    }
    async fn ping_agent(&self, node: &NodeName, vmid: Vmid) -> Result<bool, LookError> {
        self.inner.ping_agent(node, vmid).await
    }
    async fn may_see_tasks(&self, node: &NodeName) -> Result<(), LookError> {
        if self.fate != Fate::OthersHidden {
            return self.inner.may_see_tasks(node).await;
        }
        Err(LookError::NoRights {
            what: format!("list the tasks of node {node}"),
            why: "Sys.Audit is not granted".to_owned(),
        })
    }
    async fn look_guest_tasks(
        &self,
        node: &NodeName,
        vmid: Vmid,
        since: Timestamp,
    ) -> Result<Vec<TaskObserved>, LookError> {
        let tasks = self.inner.look_guest_tasks(node, vmid, since).await;
        Ok(self.shown(tasks?))
    }
    async fn look_node_tasks(
        &self,
        node: &NodeName,
        since: Timestamp,
    ) -> Result<Vec<TaskObserved>, LookError> {
        let tasks = self.inner.look_node_tasks(node, since).await;
        Ok(self.shown(tasks?))
    }
    async fn look_backups(&self) -> Result<BackupLook, LookError> {
        self.inner.look_backups().await
    }
    async fn read_by_agent(
        &self,
        node: &NodeName,
        vmid: Vmid,
        read: &HostRead,
    ) -> Result<HostAnswer, LookError> {
        self.inner.read_by_agent(node, vmid, read).await
    }
    async fn look_cluster_tasks(&self) -> Result<Vec<TaskObserved>, LookError> {
        Ok(self.shown(self.inner.look_cluster_tasks().await?))
    }
    async fn look_task(&self, upid: &Upid) -> Result<TaskState, LookError> {
        self.inner.look_task(upid).await
    }
    async fn look_task_log(&self, upid: &Upid, lines: usize) -> Result<Vec<String>, LookError> {
        self.inner.look_task_log(upid, lines).await
    }

    async fn perform(&self, permit: Permit) -> Result<Accepted, PerformError> {
        if self.alarm.has_rung() || self.fate == Fate::OthersHidden {
            return self.inner.perform(permit).await;
        }
        let lost = PerformError::Unknown {
            text: "the reply was lost".to_owned(),
        };
        match self.fate {
            Fate::RequestLost | Fate::OthersHidden => {
                self.alarm.ring();
                Err(lost)
            }
            Fate::FailsBefore => {
                self.alarm.ring();
                Err(PerformError::Rejected {
                    text: "connection refused".to_owned(),
                    retryable: true,
                })
            }
            Fate::ReplyLost => {
                let done = self.inner.perform(permit).await;
                self.alarm.ring();
                done.and(Err(lost))
            }
            Fate::NoReply => {
                let done = self.inner.perform(permit).await;
                self.alarm.ring();
                drop(done);
                std::future::pending().await
            }
        }
    }
}
