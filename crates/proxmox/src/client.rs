//! The client: which entry point is asked, in what order, for how long, and what is remembered of the answer.
//! Knows paths only as texts; what the answers mean is in `decode` and `answer`.

use crate::{
    answer::{Answer, Envelope},
    entry::{Entry, NoAnswer, NoAnswerKind, SMALL_BODY, is_insecure},
    gate::{Gate, Pass},
    health::Class,
    options::{EntryPoint, Options, OptionsError},
    paths::Post,
};
use futures::stream::{FuturesUnordered, StreamExt as _};
use jarvis_model::NodeName;
use jarvis_ports::{LookError, Priority};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::time::{Instant, timeout_at};
use tracing::{debug, info, warn};

/// A Proxmox cluster over its REST API.
pub struct Proxmox {
    pub(crate) options: Options,
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

/// One read, as every entry point may be asked it.
#[derive(Debug, Clone)]
pub(crate) struct Look {
    pub what: String,
    pub request: Read,
    /// The node that does the work; none for cluster-wide calls.
    pub node: Option<NodeName>,
    pub priority: Priority,
    pub largest: usize,
}

/// How a read is spelled.
#[derive(Debug, Clone)]
pub(crate) enum Read {
    Get(String),
    /// A POST that changes nothing.
    Post(Post),
}

impl Look {
    pub fn cluster(what: &str, path: &str) -> Self {
        Self {
            what: what.to_owned(),
            request: Read::Get(path.to_owned()),
            node: None,
            priority: Priority::Poll,
            largest: SMALL_BODY,
        }
    }

    pub fn node(what: String, path: String, node: &NodeName, priority: Priority) -> Self {
        Self {
            what,
            request: Read::Get(path),
            node: Some(node.clone()),
            priority,
            largest: SMALL_BODY,
        }
    }
}

impl Proxmox {
    /// Builds the clients. Opens no connection.
    pub fn new(options: Options) -> Result<Self, OptionsError> {
        let entries = options
            .entry_points
            .iter()
            .map(|point| Entry::new(point.clone(), &options).map(Arc::new))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            options,
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

    /// Asks entry points until one answers usefully: the next at once after a failure, or after the hedge delay when
    /// the asked one is silent. Rights and absence are the same everywhere and end it.
    pub(crate) async fn ask_any(&self, look: &Look) -> Result<(Arc<Entry>, Envelope), LookError> {
        let mut candidates = self.order(None).into_iter();
        let mut running = FuturesUnordered::new();
        let mut failures = Vec::new();
        running.extend(candidates.next().map(|entry| self.ask_and_name(entry, look)));
        loop {
            let hedge = tokio::time::sleep(self.options.timeouts.hedge);
            tokio::select! {
                biased;
                answered = running.next() => match answered {
                    Some((entry, Ok(envelope))) => return Ok((entry, envelope)),
                    Some((_, Err(error @ (LookError::NoRights { .. } | LookError::Missing { .. })))) => return Err(error),
                    Some((_, Err(error))) => failures.push(error),
                    None => return Err(most_telling(&look.what, failures)),
                },
                () = hedge, if candidates.len() > 0 => {}
            }
            running.extend(candidates.next().map(|entry| self.ask_and_name(entry, look)));
        }
    }

    pub(crate) async fn ask_and_name(
        &self,
        entry: Arc<Entry>,
        look: &Look,
    ) -> (Arc<Entry>, Result<Envelope, LookError>) {
        let result = self.ask(&entry, look).await;
        (entry, result)
    }

    /// Asks about a node: its own entry point when known and in good standing, else another, which forwards. One more
    /// is asked when the first could not be connected to (or does not take the token).
    pub(crate) async fn ask_about(&self, node: &NodeName, look: &Look) -> Result<Envelope, LookError> {
        let deadline = Instant::now() + self.options.timeouts.look;
        let mut failures = Vec::new();
        for entry in self.order(Some(node)).into_iter().take(2) {
            match self.try_ask(&entry, look, deadline).await {
                Ok(envelope) => return Ok(envelope),
                Err((error, true)) => failures.push(error),
                Err((error, false)) => return Err(error),
            }
        }
        Err(most_telling(&look.what, failures))
    }

    /// Asks one entry point.
    pub(crate) async fn ask(&self, entry: &Arc<Entry>, look: &Look) -> Result<Envelope, LookError> {
        let deadline = Instant::now() + self.options.timeouts.look;
        self.try_ask(entry, look, deadline)
            .await
            .map_err(|(error, _)| error)
    }

    /// The flag of an error says that another entry point may do better at once.
    async fn try_ask(
        &self,
        entry: &Arc<Entry>,
        look: &Look,
        deadline: Instant,
    ) -> Result<Envelope, (LookError, bool)> {
        let what = &look.what;
        if let Some(why) = entry.health.token_refused() {
            let why = format!(
                "{why} (said {}; it is asked again a minute after that)",
                entry.name()
            );
            return Err((
                LookError::NotAuthenticated {
                    what: what.clone(),
                    why,
                },
                true,
            ));
        }
        let unreachable = |why: String| LookError::Unreachable {
            what: what.clone(),
            whom: entry.name(),
            why,
        };
        let work_at = look
            .node
            .as_ref()
            .map_or_else(|| entry.name(), NodeName::to_string);
        let Ok(_pass) = timeout_at(deadline, self.enter(&work_at, look.priority)).await else {
            return Err((
                unreachable(format!(
                    "no free slot for {work_at} in time; others wait for its answers"
                )),
                false,
            ));
        };
        let silence = Silence::watch(self, entry);
        let exchange = async {
            match &look.request {
                Read::Get(path) => entry.get(path, look.largest).await,
                Read::Post(post) => entry.post(post).await,
            }
        };
        let result = timeout_at(deadline, exchange).await;
        silence.over();
        let answer = match result {
            Ok(Ok(answer)) => answer,
            Ok(Err(failure)) => {
                self.note_failure(entry, &failure);
                let quick = failure.kind == NoAnswerKind::NotConnected;
                let error = match failure.kind {
                    NoAnswerKind::Nonsense => LookError::Malformed {
                        what: what.clone(),
                        why: failure.why,
                    },
                    _ => unreachable(failure.why),
                };
                return Err((error, quick));
            }
            Err(_) => {
                let why = format!("no answer within {:?}", self.options.timeouts.look);
                self.note_failure(
                    entry,
                    &NoAnswer {
                        kind: NoAnswerKind::TimedOut,
                        why: why.clone(),
                    },
                );
                return Err((unreachable(why), false));
            }
        };
        self.note_answer(entry, &answer);
        answer.envelope(what, &work_at).map_err(|error| {
            let elsewhere = matches!(error, LookError::NotAuthenticated { .. });
            (error, elsewhere)
        })
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

    /// Remembers that the entry point answered and what that says of the token.
    pub(crate) fn note_answer(&self, entry: &Entry, answer: &Answer) {
        entry.health.answered();
        match answer.status {
            401 => {
                let why = answer.text();
                if entry.health.token_refused().is_none() {
                    warn!(cluster = %self.options.cluster, entry = %entry.name(), %why, "token not accepted");
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

    /// Remembers that the entry point did not answer.
    pub(crate) fn note_failure(&self, entry: &Entry, failure: &NoAnswer) {
        if failure.kind == NoAnswerKind::Nonsense {
            return;
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
        match Entry::new(point, &self.options) {
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

/// Puts an entry point aside when a request to it is given up, unanswered, after the hedge delay: another one was
/// faster, and the next call should not wait for this one again.
struct Silence<'a> {
    client: &'a Proxmox,
    entry: Option<&'a Entry>,
    since: Instant,
}

impl<'a> Silence<'a> {
    fn watch(client: &'a Proxmox, entry: &'a Entry) -> Self {
        Self {
            client,
            entry: Some(entry),
            since: Instant::now(),
        }
    }

    fn over(mut self) {
        self.entry = None;
    }
}

impl Drop for Silence<'_> {
    fn drop(&mut self) {
        let silent = self.since.elapsed();
        if let Some(entry) = self
            .entry
            .take()
            .filter(|_| silent >= self.client.options.timeouts.hedge)
        {
            let why = format!("silent for {silent:.1?}");
            self.client.note_failure(
                entry,
                &NoAnswer {
                    kind: NoAnswerKind::TimedOut,
                    why,
                },
            );
        }
    }
}

/// Of several failures the one that says most; if nobody could be reached, all of them in one.
fn most_telling(what: &str, failures: Vec<LookError>) -> LookError {
    let rank = |error: &LookError| match error {
        LookError::NoRights { .. } => 0,
        LookError::NotAuthenticated { .. } => 1,
        LookError::Missing { .. } => 2,
        LookError::Refused { .. } => 3,
        LookError::Malformed { .. } => 4,
        LookError::Unreachable { .. } => 5,
    };
    let mut silent = Vec::new();
    for failure in &failures {
        if let LookError::Unreachable { whom, why, .. } = failure {
            silent.push((whom.clone(), why.clone()));
        }
    }
    match failures.into_iter().min_by_key(rank) {
        Some(LookError::Unreachable { .. }) if silent.len() > 1 => LookError::Unreachable {
            what: what.to_owned(),
            whom: "any entry point".to_owned(),
            why: silent
                .iter()
                .map(|(whom, why)| format!("{whom}: {why}"))
                .collect::<Vec<_>>()
                .join("; "),
        },
        Some(failure) => failure,
        None => LookError::Unreachable {
            what: what.to_owned(),
            whom: "any entry point".to_owned(),
            why: "none is configured".to_owned(),
        },
    }
}
