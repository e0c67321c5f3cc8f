//! The simulated cluster as a value: nodes, guests, tasks, quorum, HA, storages, access.
//!
//! Pure: time is an argument of [`World::advance`], randomness comes from a seed held inside, nothing is read from
//! outside. Two worlds of the same scenario that get the same calls at the same times are equal. It knows nothing
//! of HTTP; `wire` turns requests into calls and views into JSON.
//!
//! Everything that happens by itself is an event in a queue ordered by time; [`World::advance`] carries out what is
//! due. Questions are answered from the state as of the last `advance`.

pub mod access;
pub mod actions;
mod agent;
pub mod change;
pub mod consoles;
pub mod faults;
pub mod figures;
pub mod flavour;
pub mod guest;
pub mod ha;
mod ha_rounds;
pub mod ha_rules;
pub mod journal;
pub mod ledger;
pub mod lifecycle;
pub mod load;
pub mod membership;
pub mod node;
pub mod place;
mod power;
pub mod sampling;
pub mod service;
pub mod storage;
pub mod task;
mod tasks;
pub mod timing;
mod waking;
mod work;
mod work_guest;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use access::Access;
use guest::{Guest, Kind};
use ha::Ha;
use ledger::{Ledger, Transition};
use membership::View;
use node::Node;
use place::Place;
use service::{Service, ServiceId};
use storage::Storage;
use task::Task;

use crate::rng::Rng;
use crate::time::SimTime;

/// A refusal or failure that a call gets at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// HTTP status: 400, 403, 500, 595, 596.
    pub status: u16,
    /// The text; its first line is the reason phrase.
    pub text: String,
    /// Texts by parameter (status 400).
    pub errors: Vec<(String, String)>,
}

impl Refusal {
    /// The plain error of a handler.
    pub fn failed(text: impl Into<String>) -> Self {
        Self {
            status: 500,
            text: text.into(),
            errors: Vec::new(),
        }
    }

    /// A parameter that is wrong.
    pub fn parameter(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            status: 400,
            text: "Parameter verification failed.".to_owned(),
            errors: vec![(name.into(), text.into())],
        }
    }

    /// A missing privilege.
    pub fn forbidden(text: impl Into<String>) -> Self {
        Self {
            status: 403,
            text: text.into(),
            errors: Vec::new(),
        }
    }
}

/// What will happen by itself.
#[derive(Clone, Debug, PartialEq)]
enum Event {
    /// A status daemon reports.
    Sample { node: String, life: u32 },
    /// Members look who is there.
    Settle,
    /// A task goes on.
    Task(u64),
    /// A node reaches the next stage of its power cycle.
    Stage {
        node: String,
        life: u32,
        stage: power::Stage,
    },
    /// The event daemon starts a guest again after a reboot.
    Restart { vmid: u32, node: String },
    /// The event daemon's cleanup lets go of a guest's lock.
    CleanupDone { vmid: u32 },
    /// A start or stop of a service is over.
    Service { id: ServiceId, life: u32 },
    /// The HA manager's round.
    CrmRound,
    /// The local HA managers' rounds.
    LrmRound,
}

/// A line of the cluster log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Number on its node.
    pub uid: u64,
    /// Unix seconds.
    pub at_secs: u64,
    /// Node.
    pub node: String,
    /// Program.
    pub tag: &'static str,
    /// Syslog priority: 6 information, 3 error.
    pub priority: u32,
    /// Process.
    pub pid: u32,
    /// Who.
    pub user: String,
    /// Text.
    pub text: String,
}

/// The simulated cluster.
#[derive(Clone, Debug, PartialEq)]
pub struct World {
    /// Name of the cluster.
    pub cluster: String,
    /// Seed of everything random.
    pub seed: u64,
    /// Unix seconds at the beginning of simulated time.
    pub epoch_secs: u64,
    /// Nodes by name.
    pub nodes: BTreeMap<String, Node>,
    /// Guests by number.
    pub guests: BTreeMap<u32, Guest>,
    /// Storages by name.
    pub storages: BTreeMap<String, Storage>,
    /// Pools: name and comment.
    pub pools: BTreeMap<String, String>,
    /// Tasks by number.
    pub tasks: BTreeMap<u64, Task>,
    /// Users and rights.
    pub access: Access,
    /// High availability.
    pub ha: Ha,
    /// What happened.
    pub ledger: Ledger,
    /// What each node knows of the others.
    pub views: BTreeMap<String, View>,
    /// The cluster log, newest last.
    pub log: VecDeque<LogLine>,
    /// Everything a task does takes this many times as long.
    pub slowness: u32,
    /// A node with active HA services resets itself when it has had no quorum for a minute.
    pub watchdog: bool,
    /// Services whose units are not as on an ordinary node, and how they are (`not-found`, `masked`, `disabled`).
    pub unit_states: BTreeMap<String, &'static str>,
    /// Guests whose starts end with a warning.
    pub warns: std::collections::BTreeSet<u32>,
    /// Rules of high availability, by name.
    pub ha_rules: BTreeMap<String, ha_rules::HaRule>,
    /// Services on nodes and in guests.
    pub services: BTreeMap<ServiceId, Service>,
    /// Guests with an SSH server inside.
    pub ssh_guests: std::collections::BTreeSet<u32>,
    /// Release and emulator.
    pub flavour: flavour::Flavour,
    agent_jobs: BTreeMap<(u32, u64), crate::programs::Ran>,
    /// Consoles by node and port.
    consoles: BTreeMap<(String, u16), consoles::Console>,
    journals: BTreeMap<Place, VecDeque<journal::Entry>>,
    journal_lines: u64,
    upids: BTreeMap<String, u64>,
    queue: BTreeMap<(SimTime, u64), Event>,
    now: SimTime,
    next_seq: u64,
    rng: Rng,
}

impl World {
    /// An empty cluster at the beginning of time.
    pub fn empty(cluster: &str, seed: u64) -> Self {
        Self {
            cluster: cluster.to_owned(),
            seed,
            epoch_secs: 1_795_000_000,
            nodes: BTreeMap::new(),
            guests: BTreeMap::new(),
            storages: BTreeMap::new(),
            pools: BTreeMap::new(),
            tasks: BTreeMap::new(),
            access: Access::default(),
            ha: Ha::default(),
            ledger: Ledger::default(),
            views: BTreeMap::new(),
            log: VecDeque::new(),
            slowness: 1,
            watchdog: true,
            unit_states: BTreeMap::new(),
            warns: std::collections::BTreeSet::new(),
            ha_rules: BTreeMap::new(),
            services: BTreeMap::new(),
            ssh_guests: std::collections::BTreeSet::new(),
            flavour: flavour::Flavour::default(),
            agent_jobs: BTreeMap::new(),
            consoles: BTreeMap::new(),
            journals: BTreeMap::new(),
            journal_lines: 0,
            upids: BTreeMap::new(),
            queue: BTreeMap::new(),
            now: SimTime::ZERO,
            next_seq: 0,
            rng: Rng::new(seed),
        }
    }

    /// Call once when nodes and guests are in place: everyone knows everyone, all daemons have reported.
    pub fn begin(&mut self) {
        let names: Vec<String> = self.nodes.keys().cloned().collect();
        self.settle();
        for (name, index) in names.iter().zip(0_u64..) {
            let life = self.nodes[name].reports;
            let chance = Duration::from_millis(crate::rng::hash(&[self.seed, 77, index]) % 10_000);
            let phase = self.nodes[name].first_report.unwrap_or(chance);
            self.report(name);
            self.at(
                phase,
                Event::Sample {
                    node: name.clone(),
                    life,
                },
            );
        }
        self.at(self.ha.rounds.cluster, Event::CrmRound);
        self.at(self.ha.rounds.nodes, Event::LrmRound);
    }

    /// Says which day the beginning is. Backups keep their age.
    pub fn begin_at(&mut self, epoch_secs: u64) {
        let before = std::mem::replace(&mut self.epoch_secs, epoch_secs);
        for volume in self
            .storages
            .values_mut()
            .flat_map(|storage| storage.volumes.iter_mut())
        {
            volume.shift_backup(before, epoch_secs);
        }
    }

    /// The time of the last `advance`.
    pub const fn now(&self) -> SimTime {
        self.now
    }

    /// Unix seconds now.
    pub const fn unix_now(&self) -> u64 {
        self.epoch_secs + self.now.as_secs()
    }

    /// When the next thing will happen by itself.
    pub fn next_event_at(&self) -> Option<SimTime> {
        self.queue.keys().next().map(|(at, _)| *at)
    }

    /// Lets time pass until `to`; everything due by then happens, in order. Earlier times change nothing.
    pub fn advance(&mut self, to: SimTime) {
        while let Some(entry) = self.queue.first_entry() {
            let at = entry.key().0;
            if at > to {
                break;
            }
            let event = entry.remove();
            self.now = self.now.max(at);
            self.happen(event);
        }
        self.now = self.now.max(to);
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Sample { node, life } => self.sample(&node, life),
            Event::Settle => self.settle(),
            Event::Task(seq) => self.run_task(seq),
            Event::Stage { node, life, stage } => self.stage(&node, life, stage),
            Event::Restart { vmid, node } => self.restart_after_reboot(vmid, &node),
            Event::CleanupDone { vmid } => {
                if let Some(guest) = self.guests.get_mut(&vmid)
                    && guest.holder == Some(guest::Holder::Cleanup)
                {
                    guest.holder = None;
                }
            }
            Event::Service { id, life } => self.service_settles(&id, life),
            Event::CrmRound => self.crm_round(),
            Event::LrmRound => self.lrm_round(),
        }
    }

    fn at(&mut self, delay: Duration, event: Event) {
        self.next_seq += 1;
        self.queue.insert((self.now + delay, self.next_seq), event);
    }

    /// The guest of this number and kind on this node, or the text that it is missing there.
    pub fn guest_on(&self, node: &str, kind: Kind, vmid: u32) -> Result<&Guest, Refusal> {
        self.guests
            .get(&vmid)
            .filter(|guest| guest.node == node && guest.kind == kind)
            .ok_or_else(|| Refusal::failed(Guest::missing_text(kind, node, vmid)))
    }

    /// The smallest free number from 100 on.
    pub fn next_free_vmid(&self) -> u32 {
        (100..=1_000_000)
            .find(|vmid| !self.guests.contains_key(vmid))
            .unwrap_or(100)
    }

    /// Random numbers of the world (for key order and names).
    pub fn rng_mut(&mut self) -> &mut Rng {
        &mut self.rng
    }

    fn note_transition(&mut self, vmid: u32, node: &str, what: &'static str, cause: &str) {
        self.ledger.transitions.push(Transition {
            at_ms: self.now.as_millis(),
            vmid,
            node: node.to_owned(),
            what,
            cause: cause.to_owned(),
        });
        self.journal_guest(vmid, node, what == "started", cause);
    }

    /// Adds a line to the cluster log.
    pub fn log_line(&mut self, node: &str, user: &str, priority: u32, text: String) {
        let uid = self
            .log
            .iter()
            .filter(|line| line.node == node)
            .map(|line| line.uid)
            .max()
            .unwrap_or(0)
            + 1;
        let saying = journal::Saying {
            program: "pvedaemon",
            pid: 2300,
            unit: Some("pvedaemon.service"),
            priority: if priority == 3 { 3 } else { 6 },
            text: format!("<{user}> {text}"),
        };
        self.say(&Place::node(node), saying);
        self.log.push_back(LogLine {
            uid,
            at_secs: self.unix_now(),
            node: node.to_owned(),
            tag: "pvedaemon",
            priority,
            pid: 2300,
            user: user.to_owned(),
            text,
        });
        if self.log.len() > 500 {
            self.log.pop_front();
        }
    }
}
