//! The handle: a cheap clone by which everything above reads and asks.

use crate::{
    command::{Command, CommandError, Confirm, NewRequest, Person, RefusedCall, Reply},
    history::{self, History, Hour, Point, Subject},
    index::{self, IndexError},
    outputs::{Outputs, Written},
    proposals::Proposing,
    reads::Reads,
    view::View,
};
use jarvis_crds::Desired;
use jarvis_model::{
    Autonomy, Cause, Event, FreezeScope, GuestKind, HoldScope, Identity, Intent, IssueKey, ResourceKey,
    Ticket, TicketId, Timestamp, Vmid,
};
use jarvis_planner::Plan;
use jarvis_ports::{Journal, JournalError, ManifestSource, Store, StoreError, Stored};
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::sync::{broadcast, mpsc, oneshot, watch};

/// How far back Proxmox's averages are fine enough to be told by the hour.
const PROXMOX_KEEPS: Duration = Duration::from_hours(168);

/// Reads and asks. Reading never blocks the loop; asking is answered once the record is durable.
#[derive(Clone)]
pub struct Handle {
    pub(crate) views: watch::Receiver<Arc<View>>,
    pub(crate) records: broadcast::Sender<Arc<Stored>>,
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) wake_source: Arc<tokio::sync::Notify>,
    pub(crate) journal: Arc<dyn Journal>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) source: Option<Arc<dyn ManifestSource>>,
    pub(crate) history: Arc<Mutex<History>>,
    pub(crate) outputs: Arc<Mutex<Outputs>>,
    pub(crate) proposing: Proposing,
    pub(crate) reads: Option<Arc<Reads>>,
}

impl Handle {
    /// The latest picture.
    pub fn view(&self) -> Arc<View> {
        self.views.borrow().clone()
    }

    /// Pictures as they are published; a slow reader sees the newest one only.
    pub fn watch(&self) -> watch::Receiver<Arc<View>> {
        self.views.clone()
    }

    /// Records as they are written, from now on; a slow reader is told how many it missed.
    pub fn records(&self) -> broadcast::Receiver<Arc<Stored>> {
        self.records.subscribe()
    }

    /// Records after `seq`, at most `limit`, from the journal.
    pub fn records_after(&self, seq: u64, limit: usize) -> Result<Vec<Stored>, JournalError> {
        self.journal.read_after(seq, limit)
    }

    /// Sequence number of the last record.
    pub fn head(&self) -> u64 {
        self.journal.head()
    }

    /// The store, for what expires (sessions).
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// Where manifests come from, if a source is configured.
    pub fn source(&self) -> Option<&Arc<dyn ManifestSource>> {
        self.source.as_ref()
    }

    /// What is read only when a person looks at it; none where no cluster is behind.
    pub fn reads(&self) -> Option<&Arc<Reads>> {
        self.reads.as_ref()
    }

    /// Fetch the source now (a webhook came).
    pub fn fetch_now(&self) {
        self.wake_source.notify_one();
    }

    /// Records about a resource below `before`, newest first, at most `limit`.
    pub fn records_of(
        &self,
        resource: &ResourceKey,
        before: u64,
        limit: usize,
    ) -> Result<Vec<Stored>, IndexError> {
        let numbers = index::records_of(self.store.as_ref(), resource, before, limit)?;
        let mut found = Vec::with_capacity(numbers.len());
        for seq in numbers {
            found.extend(self.journal.read_after(seq.saturating_sub(1), 1)?);
        }
        Ok(found)
    }

    /// Figures in memory of a series (`node/atlas/cpu`, `guest/101/mem`, `node/atlas/temperature`), oldest first.
    pub fn points(&self, series: &str) -> Vec<Point> {
        self.history
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .points(series)
    }

    /// What the command of a request wrote, if it was run by this process and not long ago. It is text of the infrastructure.
    pub fn written(&self, ticket: &TicketId) -> Option<Arc<Written>> {
        let view = self.view();
        let of_it = |intent: &&Intent| matches!(&intent.cause, Cause::Ticket { ticket: of } if of == ticket);
        let intent = view.memory.intents.values().find(of_it)?;
        self.outputs
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .of(&intent.id)
    }

    /// Hourly figures of a series since then, oldest first, with the hour that is not over.
    pub fn hours(&self, series: &str, since: Timestamp) -> Result<Vec<Hour>, StoreError> {
        self.history
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .hours(self.store.as_ref(), series, since)
    }

    /// The same, and for hours of the last week in which Jarvis did not look what Proxmox itself averaged, where that can be had:
    /// the cluster is asked, at most once in 30 s for a node or guest.
    pub async fn hours_with_averages(&self, series: &str, since: Timestamp) -> Result<Vec<Hour>, StoreError> {
        let (handle, name) = (self.clone(), series.to_owned());
        let own = tokio::task::spawn_blocking(move || handle.hours(&name, since));
        let own = own.await.map_err(|error| StoreError::Engine {
            what: "read",
            why: error.to_string(),
        })??;
        let now = self.view().at;
        let since = since.max(now - PROXMOX_KEEPS);
        if !history::is_missing(&own, since, now) {
            return Ok(own);
        }
        Ok(history::filled(own, self.averages(series, since).await))
    }

    async fn averages(&self, series: &str, since: Timestamp) -> Vec<Hour> {
        let observed = &self.view().observed;
        let place = match history::kept_by_proxmox(series) {
            Some(Subject::Node(name)) if observed.nodes.contains_key(&name) => Some((name, None)),
            Some(Subject::Guest(vmid)) => observed
                .guests
                .get(&vmid)
                // It does not look into the disks of virtual machines and says 0.
                .filter(|guest| guest.kind != GuestKind::Qemu || !series.ends_with("/disk"))
                .map(|guest| (guest.node.clone(), Some((guest.kind, vmid)))),
            _ => None,
        };
        let (Some((node, guest)), Some(reads)) = (place, &self.reads) else {
            return Vec::new();
        };
        match reads.week(&node, guest).await {
            Ok(past) => history::averaged(series, &past, since),
            Err(error) => {
                tracing::debug!(%error, "past figures are told without those of Proxmox");
                Vec::new()
            }
        }
    }

    /// The plan the loop would make if `desired` were in force now. Nothing is remembered or done.
    pub fn plan_for(&self, desired: &Desired) -> Plan {
        let view = self.view();
        jarvis_planner::plan(&jarvis_planner::Input {
            floor: &view.floor,
            desired,
            desired_known: true,
            observed: &view.observed,
            memory: &view.memory,
            now: view.at,
        })
    }

    pub(crate) async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, CommandError> {
        let (reply, answer) = oneshot::channel();
        self.commands
            .send(command(reply))
            .await
            .map_err(|_| CommandError::Stopping)?;
        answer.await.map_err(|_| CommandError::Stopping)?
    }

    /// Asks for an action. The ticket's state tells what became of it at once (refused, awaiting confirmation, queued).
    pub async fn request(&self, request: NewRequest) -> Result<Ticket, CommandError> {
        self.ask(|reply| Command::Request(request, reply)).await
    }

    /// Confirms what has this digest.
    pub async fn confirm(&self, confirm: Confirm) -> Result<(), CommandError> {
        self.ask(|reply| Command::Confirm(confirm, reply)).await
    }

    /// Says no to a confirmation.
    pub async fn reject(&self, ticket: TicketId, by: Person) -> Result<(), CommandError> {
        self.ask(|reply| Command::Reject(ticket, by, reply)).await
    }

    /// Takes a request back before it begins.
    pub async fn recall(&self, ticket: TicketId, by: Person) -> Result<(), CommandError> {
        self.ask(|reply| Command::Recall(ticket, by, reply)).await
    }

    /// Pulls the kill switch.
    pub async fn freeze(
        &self,
        scope: FreezeScope,
        reason: String,
        ttl: Option<Duration>,
        by: Person,
    ) -> Result<(), CommandError> {
        self.ask(|reply| Command::Freeze {
            scope,
            reason,
            ttl,
            by,
            reply,
        })
        .await
    }

    /// Releases the kill switch.
    pub async fn thaw(&self, by: Person) -> Result<(), CommandError> {
        self.ask(|reply| Command::Thaw(by, reply)).await
    }

    /// Puts a hold.
    pub async fn hold(
        &self,
        scope: HoldScope,
        reason: String,
        ttl: Option<Duration>,
        by: Person,
    ) -> Result<(), CommandError> {
        self.ask(|reply| Command::Hold {
            scope,
            reason,
            ttl,
            by,
            reply,
        })
        .await
    }

    /// Releases a hold.
    pub async fn release(&self, scope: HoldScope, by: Person) -> Result<(), CommandError> {
        self.ask(|reply| Command::Release(scope, by, reply)).await
    }

    /// Accepts a new guest under a known number; `identity` must be the one observed.
    pub async fn accept_identity(
        &self,
        vmid: Vmid,
        identity: Identity,
        by: Person,
    ) -> Result<(), CommandError> {
        self.ask(|reply| Command::AcceptIdentity(vmid, identity, by, reply))
            .await
    }

    /// Sets or lifts the ceiling over all autonomy (admins).
    pub async fn set_ceiling(&self, ceiling: Option<Autonomy>, by: Person) -> Result<(), CommandError> {
        self.ask(|reply| Command::SetCeiling(ceiling, by, reply)).await
    }

    /// Looks, fetches and plans now.
    pub async fn reconcile_now(&self, by: Person) -> Result<(), CommandError> {
        self.ask(|reply| Command::ReconcileNow(by, reply)).await
    }

    /// Acknowledges an issue: an escalation ends, attempts count anew.
    pub async fn acknowledge(&self, issue: IssueKey, by: Person) -> Result<(), CommandError> {
        self.ask(|reply| Command::Acknowledge(issue, by, reply)).await
    }

    /// Remembers a change of users or tokens (`UserSet`, `UserRemoved`, `TokenCreated`, `TokenRevoked`, `SessionsRevoked`), that
    /// somebody signed in (`SignedIn`), or the opening and closing of a terminal (`TerminalOpened`, `TerminalClosed`); nothing
    /// else.
    pub async fn record_access(&self, event: Event) -> Result<(), CommandError> {
        self.ask(|reply| Command::Access(event, reply)).await
    }

    /// Puts a call on record that was refused before it was a request. A flood of them is counted instead. The refusal
    /// stands whether or not it could be recorded.
    pub async fn record_refused(&self, call: RefusedCall) {
        let (by, name) = (call.by.clone(), call.call.clone());
        if let Err(error) = self.ask(|reply| Command::CallRefused(call, reply)).await {
            tracing::warn!(%error, by, call = name, "a refused call is not on record");
        }
    }
}
