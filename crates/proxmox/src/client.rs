//! The client: its entry points, in what order they are asked, what is remembered of their answers, and the slots of
//! the nodes. How one asks is in `ask`; knows no paths.

use crate::{
    admission::Access,
    answer::Answer,
    entry::{Entry, NoAnswer, NoAnswerKind, is_insecure},
    gate::{Gate, Pass},
    health::Class,
    options::{EntryPoint, Options, OptionsError},
};
use jarvis_model::NodeName;
use jarvis_ports::Priority;
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::time::Instant;
use tracing::{debug, info, warn};

/// A Proxmox cluster over its REST API.
pub struct Proxmox {
    pub(crate) options: Options,
    access: Access,
    entries: Mutex<Vec<Arc<Entry>>>,
    gates: Mutex<BTreeMap<String, Arc<Gate>>>,
    pub(crate) votes: Mutex<Option<(Instant, BTreeMap<NodeName, u32>)>>,
    notes: Mutex<BTreeSet<String>>,
}

/// Requests of one entry point so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EntryStats {
    /// Node name, or address while the name is not known.
    pub entry: String,
    /// Requests by class of answer.
    pub requests: BTreeMap<Class, u64>,
    /// Why it is asked last at the moment.
    pub aside: Option<String>,
}

impl Proxmox {
    /// Builds the clients. Opens no connection.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        let access = Access::new(&options.credential, options.timeouts);
        let entries = options
            .entry_points
            .iter()
            .map(|point| Entry::new(point.clone(), &options, access.clone()).map(Arc::new))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            options,
            access,
            entries: Mutex::new(entries),
            gates: Mutex::default(),
            votes: Mutex::default(),
            notes: Mutex::default(),
        })
    }

    /// What the operator should know at every start: certificates not looked at, wrong node names.
    pub fn warnings(&self) -> Vec<String> {
        let open: Vec<String> = self
            .entries()
            .iter()
            .filter(|entry| is_insecure(&entry.point, &self.options.tls))
            .map(|entry| entry.point.url().to_owned())
            .collect();
        let mut warnings = Vec::new();
        if !open.is_empty() {
            warnings.push(format!(
                "cluster {}: certificates of {} are not checked (`tls: insecure`): whoever is in between can take the \
                 token; use `ca_file` or `fingerprints`",
                self.options.cluster,
                open.join(", ")
            ));
        }
        warnings.extend(lock(&self.notes).iter().cloned());
        warnings
    }

    /// Request counters by entry point.
    pub fn stats(&self) -> Vec<EntryStats> {
        self.entries()
            .iter()
            .map(|entry| EntryStats {
                entry: entry.name(),
                requests: entry.health.counts(),
                aside: entry.health.aside(),
            })
            .collect()
    }

    pub(crate) fn entries(&self) -> Vec<Arc<Entry>> {
        lock(&self.entries).clone()
    }

    /// The entry point that is this node's own.
    pub(crate) fn own_entry(&self, node: &NodeName) -> Option<Arc<Entry>> {
        self.entries()
            .into_iter()
            .find(|entry| entry.health.node().as_ref() == Some(node))
    }

    /// Entry points in the order to ask them: in good standing first, otherwise as configured; `first` goes before its
    /// equals.
    pub(crate) fn order(&self, first: Option<&NodeName>) -> Vec<Arc<Entry>> {
        let mut entries = self.entries();
        entries.sort_by_key(|entry| {
            let own = first.is_some() && entry.health.node().as_ref() == first;
            (
                entry.health.token_refused().is_some(),
                entry.health.aside().is_some(),
                !own,
            )
        });
        entries
    }

    /// Waits for one of the slots of the node that does the work.
    pub(crate) async fn enter(&self, node: &str, priority: Priority) -> Pass {
        let gate = {
            let mut gates = lock(&self.gates);
            let gate = gates
                .entry(node.to_owned())
                .or_insert_with(|| Gate::new(self.options.in_flight_per_node));
            Arc::clone(gate)
        };
        gate.enter(priority).await
    }

    /// Remembers that the entry point answered and what that says of the credential.
    pub(crate) fn note_answer(&self, entry: &Entry, answer: &Answer) {
        entry.health.answered();
        match answer.status {
            401 => {
                let why = answer.text();
                if entry.health.token_refused().is_none() {
                    warn!(cluster = %self.options.cluster, entry = %entry.name(), %why, "credential not accepted");
                }
                entry
                    .health
                    .refuse_token(self.options.timeouts.auth_backoff, &why);
            }
            200..=499 => entry.health.accept_token(),
            _ => {}
        }
        debug!(cluster = %self.options.cluster, entry = %entry.name(), status = answer.status, "answered");
    }

    /// Remembers that the entry point did not answer. It is not blamed for silence that may be that of another node, to
    /// which it forwards: `about` is the node the request was about, none for cluster-wide ones.
    pub(crate) fn note_failure(&self, entry: &Entry, about: Option<&NodeName>, failure: &NoAnswer) {
        let own = about.is_none_or(|node| entry.health.node().as_ref() == Some(node));
        match failure.kind {
            NoAnswerKind::Nonsense | NoAnswerKind::NotAdmitted => return,
            NoAnswerKind::TimedOut if !own => return,
            NoAnswerKind::TimedOut
            | NoAnswerKind::NotConnected
            | NoAnswerKind::Lost
            | NoAnswerKind::BrokeOff => {}
        }
        if entry.health.put_aside(self.options.timeouts.aside, &failure.why) {
            let (cluster, entry, why) = (&self.options.cluster, entry.name(), &failure.why);
            warn!(%cluster, %entry, %why, "entry point does not answer; asked last for a while");
        }
    }

    /// Learns whose node an entry point is.
    pub(crate) fn learn(&self, entry: &Entry, node: &NodeName) {
        if let Some(before) = entry.health.learn(node) {
            let note = format!(
                "cluster {}: the entry point {} is node {node}, not {before}; correct `entry_points`",
                self.options.cluster,
                entry.point.url()
            );
            warn!("{note}");
            lock(&self.notes).insert(note);
        }
    }

    /// Makes members' addresses further entry points, where the configuration says so.
    pub(crate) fn learn_addresses(&self, like: &Entry, ips: &BTreeMap<NodeName, String>) {
        if !self.options.use_member_addresses {
            return;
        }
        for (node, ip) in ips {
            let Ok(ip) = ip.parse::<IpAddr>() else { continue };
            let Some(point) = like.point.at(node.clone(), ip) else {
                continue;
            };
            let known = self
                .entries()
                .iter()
                .any(|entry| entry.health.node().as_ref() == Some(node) || entry.point.url() == point.url());
            if !known {
                self.add(point);
            }
        }
    }

    fn add(&self, point: EntryPoint) {
        let url = point.url().to_owned();
        match Entry::new(point, &self.options, self.access.clone()) {
            Ok(entry) => {
                info!(cluster = %self.options.cluster, %url, "entry point learnt from the cluster");
                lock(&self.entries).push(Arc::new(entry));
            }
            Err(error) => warn!(cluster = %self.options.cluster, %url, %error, "entry point cannot be used"),
        }
    }
}

impl fmt::Debug for Proxmox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Proxmox")
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
