//! Asking: one look at one entry point, at a node, or at whichever entry point answers first. Writes are not here.

use crate::{
    answer::{Answer, Body},
    client::Proxmox,
    entry::{Entry, NoAnswer, NoAnswerKind, SMALL_BODY},
    paths::Post,
};
use futures::stream::{FuturesUnordered, StreamExt as _};
use jarvis_model::NodeName;
use jarvis_ports::{LookError, Priority};
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// One read, as every entry point may be asked it.
#[derive(Debug, Clone)]
pub struct Look {
    /// What is attempted, for errors.
    pub what: String,
    /// How it is spelled.
    pub request: Read,
    /// The node that does the work; none for cluster-wide calls.
    pub node: Option<NodeName>,
    /// Who goes first.
    pub priority: Priority,
    /// Bytes an answer may have.
    pub largest: usize,
}

/// How a read is spelled.
#[derive(Debug, Clone)]
pub enum Read {
    /// A GET of this path.
    Get(String),
    /// A POST that changes nothing.
    Post(Post),
}

/// Why an entry point had no use, and whether another one may do better at once.
struct Miss {
    error: LookError,
    elsewhere: bool,
}

impl Look {
    /// A cluster-wide one.
    pub fn cluster(what: &str, path: &str) -> Self {
        let request = Read::Get(path.to_owned());
        Self {
            what: what.to_owned(),
            request,
            node: None,
            priority: Priority::Poll,
            largest: SMALL_BODY,
        }
    }

    /// One that a node answers.
    pub fn node(what: String, path: String, node: &NodeName, priority: Priority) -> Self {
        Self {
            what,
            request: Read::Get(path),
            node: Some(node.clone()),
            priority,
            largest: SMALL_BODY,
        }
    }

    fn unreachable(&self, entry: &Entry, why: String) -> LookError {
        LookError::Unreachable {
            what: self.what.clone(),
            whom: entry.name(),
            why,
        }
    }
}

impl Proxmox {
    /// Asks entry points until one answers usefully: the next at once after a failure, or after the hedge delay when
    /// the asked one is silent. Rights and absence are the same everywhere and end it.
    pub(crate) async fn ask_any<T: Body>(&self, look: &Look) -> Result<(Arc<Entry>, T), LookError> {
        let mut candidates = self.order(None).into_iter();
        let mut running = FuturesUnordered::new();
        let mut failures = Vec::new();
        running.extend(candidates.next().map(|entry| self.ask_and_name(entry, look)));
        loop {
            let hedge = tokio::time::sleep(self.options.timeouts.hedge);
            tokio::select! {
                biased;
                answered = running.next() => match answered {
                    Some((entry, Ok(told))) => return Ok((entry, told)),
                    Some((_, Err(error @ (LookError::NoRights { .. } | LookError::Missing { .. })))) => return Err(error),
                    Some((_, Err(error))) => failures.push(error),
                    None => return Err(most_telling(&look.what, failures)),
                },
                () = hedge, if candidates.len() > 0 => {}
            }
            running.extend(candidates.next().map(|entry| self.ask_and_name(entry, look)));
        }
    }

    /// Asks one entry point, and says which.
    pub(crate) async fn ask_and_name<T: Body>(
        &self,
        entry: Arc<Entry>,
        look: &Look,
    ) -> (Arc<Entry>, Result<T, LookError>) {
        let result = self.ask(&entry, look).await;
        (entry, result)
    }

    /// Asks about a node: its own entry point when known and in good standing, else another, which forwards. One more
    /// is asked when the first could not be connected to or does not take the token.
    pub(crate) async fn ask_about<T: Body>(&self, node: &NodeName, look: &Look) -> Result<T, LookError> {
        let deadline = Instant::now() + self.options.timeouts.look;
        let mut failures = Vec::new();
        for entry in self.order(Some(node)).into_iter().take(2) {
            match self.try_ask(&entry, look, deadline).await {
                Ok(told) => return Ok(told),
                Err(Miss {
                    error,
                    elsewhere: true,
                }) => failures.push(error),
                Err(Miss {
                    error,
                    elsewhere: false,
                }) => return Err(error),
            }
        }
        Err(most_telling(&look.what, failures))
    }

    /// Asks one entry point.
    pub(crate) async fn ask<T: Body>(&self, entry: &Entry, look: &Look) -> Result<T, LookError> {
        let deadline = Instant::now() + self.options.timeouts.look;
        self.try_ask(entry, look, deadline)
            .await
            .map_err(|miss| miss.error)
    }

    async fn try_ask<T: Body>(&self, entry: &Entry, look: &Look, deadline: Instant) -> Result<T, Miss> {
        if let Some(why) = entry.health.token_refused() {
            let pause = self.options.timeouts.auth_backoff;
            let why = format!(
                "{why} (said {}; it is asked again {pause:?} after that)",
                entry.name()
            );
            let error = LookError::NotAuthenticated {
                what: look.what.clone(),
                why,
            };
            return Err(Miss {
                error,
                elsewhere: true,
            });
        }
        let work_at = look
            .node
            .as_ref()
            .map_or_else(|| entry.name(), NodeName::to_string);
        let Ok(_pass) = timeout_at(deadline, self.enter(&work_at, look.priority)).await else {
            let why = format!("no free slot for {work_at} in time; others wait for its answers");
            return Err(Miss {
                error: look.unreachable(entry, why),
                elsewhere: false,
            });
        };
        let answer = self.exchange(entry, look, deadline).await.map_err(|failure| {
            self.note_failure(entry, look.node.as_ref(), &failure);
            let elsewhere = failure.kind == NoAnswerKind::NotConnected;
            let error = match failure.kind {
                NoAnswerKind::Nonsense => LookError::Malformed {
                    what: look.what.clone(),
                    why: failure.why,
                },
                NoAnswerKind::NotAdmitted => LookError::NotAuthenticated {
                    what: look.what.clone(),
                    why: failure.why,
                },
                _ => look.unreachable(entry, failure.why),
            };
            Miss { error, elsewhere }
        })?;
        self.note_answer(entry, &answer);
        answer.read(&look.what, &work_at).map_err(|error| {
            let elsewhere = matches!(error, LookError::NotAuthenticated { .. });
            Miss { error, elsewhere }
        })
    }

    async fn exchange(&self, entry: &Entry, look: &Look, deadline: Instant) -> Result<Answer, NoAnswer> {
        let silence = Silence::watch(self, entry, look);
        let exchange = async {
            match &look.request {
                Read::Get(path) => entry.get(path, look.largest).await,
                Read::Post(post) => entry.look_by_post(post).await,
            }
        };
        let result = timeout_at(deadline, exchange).await;
        silence.over();
        result.unwrap_or_else(|_| {
            let why = format!("no answer within {:?}", self.options.timeouts.look);
            Err(NoAnswer {
                kind: NoAnswerKind::TimedOut,
                why,
            })
        })
    }
}

/// Puts an entry point aside when a request to it is given up, unanswered, after the hedge delay: another one was
/// faster, and the next call should not wait for this one again.
struct Silence<'a> {
    client: &'a Proxmox,
    entry: Option<&'a Entry>,
    look: &'a Look,
    since: Instant,
}

impl<'a> Silence<'a> {
    fn watch(client: &'a Proxmox, entry: &'a Entry, look: &'a Look) -> Self {
        Self {
            client,
            entry: Some(entry),
            look,
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
            let failure = NoAnswer {
                kind: NoAnswerKind::TimedOut,
                why,
            };
            self.client.note_failure(entry, self.look.node.as_ref(), &failure);
        }
    }
}

/// Of several failures the one that says most; if nobody could be reached, all of them in one.
fn most_telling(what: &str, failures: Vec<LookError>) -> LookError {
    let rank = |error: &LookError| match error {
        LookError::NoRights { .. }
        | LookError::NoLogin { .. }
        | LookError::HostKeyUnknown { .. }
        | LookError::HostKeyChanged { .. } => 0,
        LookError::NotAuthenticated { .. } => 1,
        LookError::Missing { .. } => 2,
        LookError::Refused { .. } => 3,
        LookError::Malformed { .. } => 4,
        LookError::Unreachable { .. } => 5,
    };
    let silent: Vec<String> = failures
        .iter()
        .filter_map(|failure| match failure {
            LookError::Unreachable { whom, why, .. } => Some(format!("{whom}: {why}")),
            _ => None,
        })
        .collect();
    let nobody = |why: String| LookError::Unreachable {
        what: what.to_owned(),
        whom: "any entry point".to_owned(),
        why,
    };
    match failures.into_iter().min_by_key(rank) {
        Some(LookError::Unreachable { .. }) if silent.len() > 1 => nobody(silent.join("; ")),
        Some(failure) => failure,
        None => nobody("none is configured".to_owned()),
    }
}
