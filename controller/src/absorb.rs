//! Taking in what the work beside the loop found.

use crate::{
    core::Core,
    observe::{Tracker, tracker::occupies},
    reads::Updates,
    work::{Found, Message},
};
use jarvis_model::{Event, Identity, IntentId, Observation, Outcome, Timestamp, UnknownReason, Vmid};
use jarvis_planner::{Look, pursue::TaskSeen};
use jarvis_ports::{LookError, PerformError, TaskState};
use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};

/// A look that failed is not repeated before this.
const AGAIN_AFTER_FAILURE: Duration = Duration::from_secs(5);
/// A host that cannot be reached is not asked again before this.
const AGAIN_AFTER_UNREACHED: Duration = Duration::from_secs(30);
/// A look that succeeded is not repeated before this.
const AGAIN_AFTER_SUCCESS: Duration = Duration::from_secs(2);

impl Core {
    /// Takes one message in.
    pub(crate) fn absorb(&mut self, message: Message) {
        match message {
            Message::Cluster(Ok(look), asked, at) => {
                self.compare_clocks(&look, asked, at);
                self.tracker
                    .absorb_cluster(Arc::make_mut(&mut self.observed), &look, at);
                self.note_figures(at);
                self.state.last_look_at = Some(at);
                self.state.look_failure = None;
            }
            Message::Cluster(Err(error), ..) => {
                tracing::warn!(%error, "the cluster cannot be looked at");
                self.state.look_failure = Some(error.to_string());
            }
            Message::Quorum(looks, at) => {
                let answered: Vec<_> = looks.into_iter().filter_map(Result::ok).collect();
                self.tracker
                    .absorb_quorum(Arc::make_mut(&mut self.observed), &answered, at);
            }
            Message::Tasks(Ok(tasks)) => Tracker::absorb_tasks(Arc::make_mut(&mut self.observed), tasks),
            Message::Tasks(Err(error)) => tracing::debug!(%error, "the task list cannot be read"),
            Message::Looked(look, found, at) => self.absorb_look(look, found, at),
            Message::Pursued(intent, found, at) => self.absorb_evidence(&intent, found, at),
            Message::Performed(intent, result) => self.absorb_performed(&intent, result),
            Message::News(news) => self.absorb_news(&news),
            Message::Updates(node, found, at) => {
                let (pending, trouble) = match found {
                    Ok(pending) => (Some(pending), None),
                    Err(error) => (None, Some(error.to_string())),
                };
                let updates = Updates { at, pending, trouble };
                self.state.updates.insert(node, updates);
            }
            Message::Published(proposal, end) => self.absorb_published(&proposal, end),
            Message::Fetched(fetched) => self.absorb_fetched(fetched),
            Message::Restored(restored) => self.absorb_restored(restored),
        }
    }

    fn note_figures(&mut self, at: Timestamp) {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = history.take(&self.observed, &self.desired, at, self.ports.store.as_ref()) {
            tracing::warn!(%error, "an hour of figures could not be kept");
        }
    }

    /// Keeps the hour so far, at the end.
    pub(crate) fn keep_figures(&self) {
        let mut history = self.history.lock().unwrap_or_else(PoisonError::into_inner);
        if let Err(error) = history.write(self.ports.store.as_ref()) {
            tracing::warn!(%error, "the figures of this hour could not be kept");
        }
    }

    fn absorb_look(&mut self, look: Look, found: Found, at: Timestamp) {
        let failed = self.absorb_found(found, at);
        let periodic = matches!(
            look,
            Look::Figures { .. } | Look::Service { .. } | Look::Mac { .. } | Look::Backups | Look::Log { .. }
        );
        let again = if failed && periodic {
            AGAIN_AFTER_UNREACHED
        } else if failed {
            AGAIN_AFTER_FAILURE
        } else {
            AGAIN_AFTER_SUCCESS
        };
        self.looking.insert(look, at + again);
    }

    /// Takes one finding in; says whether the look failed.
    fn absorb_found(&mut self, found: Found, at: Timestamp) -> bool {
        match found {
            Found::Live(vmid, live) => self.guest(vmid, |guest| set(&mut guest.live, live, at)),
            Found::Identity(vmid, Ok(Some(identity))) => {
                self.guest(vmid, |guest| set(&mut guest.identity, Ok(identity), at))
            }
            Found::Identity(vmid, Ok(None)) => {
                // A guest without uuid and network card has nothing to be told by; that, too, can change.
                self.guest(vmid, |guest| {
                    set(&mut guest.identity, Ok(Identity("none".to_owned())), at)
                })
            }
            Found::Identity(vmid, Err(error)) => {
                self.guest(vmid, |guest| set(&mut guest.identity, Err(error), at))
            }
            Found::Cause(vmid, Ok((cause, tasks))) => self.guest(vmid, |guest| {
                let running = tasks
                    .iter()
                    .find(|task| task.ended_at.is_none() && occupies(task));
                guest.running_task = running.map(|task| task.upid.clone());
                set(&mut guest.stop_cause, Ok(cause), at)
            }),
            Found::Cause(vmid, Err(error)) => {
                self.guest(vmid, |guest| set(&mut guest.stop_cause, Err(error), at))
            }
            Found::Ready(vmid, Some(ready)) => self.guest(vmid, |guest| set(&mut guest.ready, Ok(ready), at)),
            Found::Ready(..) => true,
            Found::Node(name, result) => {
                let up = result.is_ok();
                if let Some(node) = Arc::make_mut(&mut self.observed).nodes.get_mut(&name) {
                    node.api = Observation::known(up, at);
                }
                !up
            }
            Found::NodeIdle(name, result) => {
                let nodes = &mut Arc::make_mut(&mut self.observed).nodes;
                if let (Some(node), Ok(idle)) = (nodes.get_mut(&name), &result) {
                    node.idle = Observation::known(*idle, at);
                }
                result.is_err()
            }
            Found::Service(service, result) => self.absorb_service(service, result, at),
            Found::Figures(host, result) => self.absorb_figures(host, result, at),
            Found::Mac(node, result) => self.absorb_mac(node, result, at),
            Found::Log(issue, result) => self.absorb_log(issue, result, at),
            Found::Backups(result) => {
                let complete = result.map(|look| look.newest);
                set(&mut self.observed_mut().backups, complete, at)
            }
            Found::Tasks(_) | Found::Task(_) | Found::Unit(_) | Found::Nothing => false,
        }
    }

    fn guest(&mut self, vmid: Vmid, change: impl FnOnce(&mut jarvis_model::GuestObserved) -> bool) -> bool {
        Arc::make_mut(&mut self.observed)
            .guests
            .get_mut(&vmid)
            .is_none_or(change)
    }

    fn absorb_evidence(&mut self, intent: &IntentId, found: Found, at: Timestamp) {
        if let Found::Live(vmid, Ok(live)) = &found {
            let live = live.clone();
            self.guest(*vmid, |guest| set(&mut guest.live, Ok(live), at));
        }
        let Some(evidence) = self.evidence.get_mut(intent) else {
            return;
        };
        match found {
            Found::Tasks(Ok(tasks)) => evidence.tasks = Some((tasks, at)),
            Found::Task(Ok(state)) => {
                let seen = match state {
                    TaskState::Running => TaskSeen::Running,
                    TaskState::Ended(exit) => TaskSeen::Ended(exit),
                    TaskState::Gone => TaskSeen::Gone,
                };
                evidence.task = Some((seen, at));
            }
            Found::Live(_, Ok(live)) => evidence.live = Some((live, at)),
            Found::Unit(Ok(status)) => evidence.service = Some((status, at)),
            Found::Node(_, Ok(uptime)) => evidence.node_uptime = Some((uptime, at)),
            _ => {}
        }
        evidence.tried_at = Some(at);
        evidence.looking = false;
    }

    fn absorb_performed(&mut self, intent: &IntentId, result: Result<jarvis_ports::Accepted, PerformError>) {
        let event = match result {
            Ok(accepted) => {
                if let Some(output) = &accepted.output {
                    let mut outputs = self.outputs.lock().unwrap_or_else(PoisonError::into_inner);
                    outputs.keep(intent.clone(), output);
                }
                Event::EffectAccepted {
                    intent: intent.clone(),
                    upid: accepted.upid,
                }
            }
            Err(PerformError::Unknown { text }) => Event::ReplyUnknown {
                intent: intent.clone(),
                text,
            },
            Err(PerformError::Failed { text }) => Event::IntentClosed {
                intent: intent.clone(),
                outcome: Outcome::Failed { text },
            },
            Err(PerformError::Rejected { text, retryable }) => {
                let already = text.contains("already running") && self.wants_running(intent);
                if already {
                    Event::TaskFinished {
                        intent: intent.clone(),
                    }
                } else {
                    let outcome = Outcome::Rejected { text, retryable };
                    Event::IntentClosed {
                        intent: intent.clone(),
                        outcome,
                    }
                }
            }
        };
        if let Some(evidence) = self.evidence.get_mut(intent) {
            evidence.in_hand = false;
        }
        // When this cannot be remembered the intent stays Logged and is resolved by looking.
        drop(self.remember(vec![event]));
    }

    fn wants_running(&self, intent: &IntentId) -> bool {
        self.memory
            .intents
            .get(intent)
            .is_some_and(|intent| matches!(intent.action, jarvis_model::Action::StartGuest { .. }))
    }
}

/// Sets a fact from a look; a failed look makes it Unknown, with the reason. Says whether it failed.
pub(crate) fn set<T>(fact: &mut Observation<T>, result: Result<T, LookError>, at: Timestamp) -> bool {
    match result {
        Ok(value) => {
            *fact = Observation::known(value, at);
            false
        }
        Err(error) => {
            let why = match error {
                LookError::Unreachable { .. } => UnknownReason::NodeAway,
                LookError::NotAuthenticated { .. }
                | LookError::NoRights { .. }
                | LookError::NoLogin { .. }
                | LookError::HostKeyUnknown { .. }
                | LookError::HostKeyChanged { .. } => UnknownReason::NoRights,
                LookError::Missing { .. } | LookError::Refused { .. } => UnknownReason::Contradictory,
                LookError::Malformed { .. } => UnknownReason::Malformed,
            };
            tracing::debug!(%error, "a look failed");
            *fact = Observation::unknown(why);
            true
        }
    }
}
