//! The oracle: checks the promises of docs/SAFETY.md on what really happened, not on what Jarvis believes. It sees the world
//! as it is, every record that became durable, and every request that left.
//!
//! What Jarvis can only learn after a while it is given that while: the lags below are the product's own limits of
//! freshness, and a little for the way.

mod sending;

use super::{
    place::{Place, Spec},
    rows,
};
use jarvis_model::{
    Autonomy, Digest, Effect, Event, GuestStatus, Intent, IntentId, IssueKey, Memory, Record, TicketState,
    Timestamp, Vmid,
};
use jarvis_simulator::world::World;
use std::collections::{BTreeMap, BTreeSet};

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    /// It is on its way.
    Travelling,
    /// It never arrives, or was refused.
    Nothing,
    /// It was taken in, as this task (node power has none).
    Accepted(Option<String>),
}

/// A request that left.
#[derive(Debug, Clone)]
struct Request {
    intent: IntentId,
    effect: Effect,
    fate: Fate,
}

/// An intent as it was recorded.
#[derive(Debug, Clone)]
struct Known {
    intent: Intent,
    sent: u32,
}

/// Who checks.
#[derive(Debug, Clone)]
pub struct Oracle {
    /// The first broken promise.
    pub violation: Option<String>,
    /// The lease in force.
    pub epoch: u64,
    /// Effects that were taken in so far.
    pub accepted: usize,
    protected_nodes: BTreeSet<String>,
    protected_guests: BTreeSet<Vmid>,
    declared: BTreeMap<String, BTreeMap<u32, Spec>>,
    records: Vec<Record>,
    memory: Memory,
    approved: BTreeMap<Digest, Timestamp>,
    intents: BTreeMap<IntentId, Known>,
    requests: Vec<Request>,
    attempts: BTreeMap<IssueKey, Vec<Timestamp>>,
    looked: BTreeMap<Vmid, (u64, GuestStatus)>,
    no_quorum_since: Option<u64>,
    away_since: BTreeMap<String, u64>,
    reused_at: BTreeMap<u32, u64>,
}

impl Oracle {
    /// Knows the place and nothing else.
    pub fn new(place: &Place) -> Self {
        Self {
            violation: None,
            epoch: 0,
            accepted: 0,
            protected_nodes: place.floor.nodes.iter().map(ToString::to_string).collect(),
            protected_guests: place.floor.guests.clone(),
            declared: BTreeMap::new(),
            records: Vec::new(),
            memory: Memory::default(),
            approved: BTreeMap::new(),
            intents: BTreeMap::new(),
            requests: Vec::new(),
            attempts: BTreeMap::new(),
            looked: BTreeMap::new(),
            no_quorum_since: None,
            away_since: BTreeMap::new(),
            reused_at: BTreeMap::new(),
        }
    }

    /// A promise is broken; the first one counts.
    pub fn breaks(&mut self, promise: String) {
        self.violation.get_or_insert(promise);
    }

    /// What a commit declares.
    pub fn declares(&mut self, commit: &str, specs: &[Spec]) {
        let by_number = specs.iter().map(|spec| (spec.vmid, spec.clone())).collect();
        self.declared.insert(commit.to_owned(), by_number);
    }

    /// What the revision in force declares.
    pub fn in_force(&self) -> Option<&BTreeMap<u32, Spec>> {
        self.declared.get(&self.memory.revision.as_ref()?.commit)
    }

    /// Sees the world at this moment.
    pub fn watch(&mut self, world: &World, elapsed: u64) {
        self.no_quorum_since = match world.majority_viewer() {
            Some(_) => None,
            None => self.no_quorum_since.or(Some(elapsed)),
        };
        for node in world.nodes.values() {
            if node.works() {
                self.away_since.remove(&node.name);
            } else if !self.away_since.contains_key(&node.name) {
                self.away_since.insert(node.name.clone(), elapsed);
            }
        }
    }

    /// Jarvis was told this of a guest, by a live look.
    pub fn looked(&mut self, vmid: Vmid, status: GuestStatus, elapsed: u64) {
        self.looked.insert(vmid, (elapsed, status));
    }

    /// Another guest has this number from now on.
    pub fn reused(&mut self, vmid: u32, elapsed: u64) {
        self.reused_at.insert(vmid, elapsed);
    }

    /// A request that left will not arrive, or was refused.
    pub fn never_arrives(&mut self, intent: &IntentId) {
        self.settle(intent, Fate::Nothing);
    }

    /// A request arrived and was taken in, or refused.
    pub fn arrived(&mut self, intent: &IntentId, accepted: Option<Option<String>>) {
        match accepted {
            Some(upid) => {
                self.accepted += 1;
                self.settle(intent, Fate::Accepted(upid));
            }
            None => self.settle(intent, Fate::Nothing),
        }
    }

    fn settle(&mut self, intent: &IntentId, fate: Fate) {
        if let Some(request) = self
            .requests
            .iter_mut()
            .rev()
            .find(|request| request.intent == *intent)
        {
            request.fate = fate;
        }
    }

    /// A record became durable.
    pub fn durable(&mut self, record: &Record, elapsed: u64) {
        let last = self.records.last().map_or(0, |record| record.seq);
        if record.seq != last + 1 {
            self.breaks(format!("J: record {} follows record {last}", record.seq));
        }
        self.judge_record(record, elapsed);
        self.memory.apply(record);
        self.records.push(record.clone());
        if self.memory.open_intents().count() > 1 {
            self.breaks("S8: more than one intent is open".to_owned());
        }
    }

    fn judge_record(&mut self, record: &Record, elapsed: u64) {
        match &record.event {
            Event::Approved {
                digests, expires_at, ..
            } => {
                for digest in digests {
                    self.approved.insert(digest.clone(), *expires_at);
                }
            }
            Event::TicketConfirmed { ticket, .. } => {
                let state = self.memory.tickets.get(ticket).map(|ticket| &ticket.state);
                let in_time = matches!(
                    state,
                    Some(TicketState::AwaitingConfirmation { expires_at, .. }) if *expires_at > record.at
                );
                if !in_time {
                    self.breaks(format!(
                        "S7: a confirmation was taken that came too late: {state:?}"
                    ));
                }
            }
            Event::IssueOpened { issue, .. }
            | Event::IssueClosed { issue, .. }
            | Event::IssueRearmed { issue, .. } => {
                self.attempts.remove(issue);
            }
            Event::IntentLogged { intent } => self.judge_intent(intent, elapsed),
            _ => {}
        }
    }

    fn judge_intent(&mut self, intent: &Intent, _elapsed: u64) {
        if intent.epoch != self.epoch {
            self.breaks(format!(
                "S8: an intent of lease {} under lease {}",
                intent.epoch, self.epoch
            ));
        }
        let approved = self.approved.remove(&intent.digest);
        if intent.origin.is_autonomous() {
            let spec = intent
                .action
                .vmid()
                .and_then(|vmid| self.declared.get(&intent.revision)?.get(&vmid.get()));
            let own = spec.and_then(|spec| spec.autonomy).unwrap_or(Autonomy::L3);
            let level = self.memory.ceiling.map_or(own, |ceiling| own.min(ceiling));
            let consented = approved.is_some_and(|expires_at| expires_at > intent.logged_at);
            if level < Autonomy::L3 && !consented {
                self.breaks(format!("S7: {} at {level} without an approval", intent.action));
            }
        }
        self.intents.insert(
            intent.id.clone(),
            Known {
                intent: intent.clone(),
                sent: 0,
            },
        );
    }

    /// What a new process finds on the disk: everything that was answered must be there, as it was. What was written and
    /// not answered may be there as well.
    pub fn reopened(&mut self, found: &[Record], elapsed: u64) {
        for (answered, stored) in self.records.iter().zip(found) {
            if answered != stored {
                let text = format!("J: record {} is not what was answered", answered.seq);
                self.violation.get_or_insert(text);
                return;
            }
        }
        if found.len() < self.records.len() {
            self.breaks(format!(
                "J: {} records were answered and {} are left",
                self.records.len(),
                found.len()
            ));
            return;
        }
        for record in &found[self.records.len()..] {
            self.durable(record, elapsed);
        }
    }

    /// Whether a guest now is the one that the journal knows under its number; true when it knows none.
    fn is_known_guest(&self, world: &World, vmid: Vmid) -> bool {
        let truth = world.guests.get(&vmid.get()).map(rows::identity);
        match (self.memory.identities.get(&vmid), truth) {
            (Some(known), Some(truth)) => *known == truth,
            _ => true,
        }
    }
}
