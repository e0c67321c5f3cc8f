//! A controller without a loop: it records what is asked, keeps users, tokens, freeze and holds, and publishes what the
//! test tells it to.

use super::{HandClock, journal::ListJournal, store::MapStore, world};
use jarvis_controller::{
    CommandError, Handle, NewRequest, Person, RefusedCall, View,
    command::Command,
    testing::{TestSide, handle},
};
use jarvis_model::{
    Action, Event, Hold, Proposal, ProposalId, Refusal, Rule, Ticket, TicketId, TicketState, Tier,
};
use jarvis_ports::{Clock, Fetched, Journal, ManifestSource, SourceError, Stored};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{Notify, broadcast, oneshot, watch};

#[derive(Clone)]
pub struct Puppet {
    pub handle: Handle,
    pub fetches: Arc<Notify>,
    inner: Arc<Inner>,
}

struct Inner {
    clock: Arc<HandClock>,
    journal: Arc<ListJournal>,
    views: watch::Sender<Arc<View>>,
    records: broadcast::Sender<Arc<Stored>>,
    asked: Mutex<Vec<String>>,
}

/// The head of the repository.
pub const COMMIT: &str = "feedfacefeedfacefeedfacefeedfacefeedface";

/// A repository with one branch, `main`, and one commit.
struct OneCommit;

#[async_trait::async_trait]
impl ManifestSource for OneCommit {
    async fn fetch(&self, known: Option<&str>) -> Result<Option<Fetched>, SourceError> {
        if known == Some(COMMIT) {
            return Ok(None);
        }
        self.read("main").await.map(Some)
    }

    async fn read(&self, revision: &str) -> Result<Fetched, SourceError> {
        if revision != "main" && revision != COMMIT {
            let remote = "file:///repo".to_owned();
            let (why, hint) = (
                "no such revision".to_owned(),
                "name a branch or commit".to_owned(),
            );
            return Err(SourceError {
                what: "read",
                remote,
                why,
                hint,
            });
        }
        let files = BTreeMap::from([("all.yaml".to_owned(), world::MANIFESTS.as_bytes().to_vec())]);
        Ok(Fetched {
            commit: COMMIT.to_owned(),
            summary: String::new(),
            files,
        })
    }
}

impl Puppet {
    pub fn start(clock: Arc<HandClock>) -> Self {
        let journal = Arc::new(ListJournal::default());
        let store = Arc::new(MapStore::default());
        let (handle, side) = handle(world::view(), journal.clone(), store, Some(Arc::new(OneCommit)));
        let TestSide {
            mut commands,
            views,
            records,
            wake_source,
            ..
        } = side;
        let inner = Arc::new(Inner {
            clock,
            journal,
            views,
            records,
            asked: Mutex::default(),
        });
        let puppet = Self {
            handle,
            fetches: wake_source,
            inner,
        };
        let served = Puppet {
            handle: puppet.handle.clone(),
            fetches: puppet.fetches.clone(),
            inner: puppet.inner.clone(),
        };
        tokio::spawn(async move {
            while let Some(command) = commands.recv().await {
                served.answer(command);
            }
        });
        puppet
    }

    /// What was asked so far, in `Debug` form.
    pub fn asked(&self) -> Vec<String> {
        self.inner.asked.lock().unwrap().clone()
    }

    /// Publishes a changed picture.
    pub fn publish(&self, change: impl FnOnce(&mut View)) {
        self.inner.views.send_modify(|view| {
            let mut next = View::clone(view);
            next.version += 1;
            next.at = self.inner.clock.now();
            change(&mut next);
            *view = Arc::new(next);
        });
    }

    /// Writes records, folds them, publishes and announces them.
    pub fn append(&self, events: Vec<Event>) {
        let head = self.inner.journal.head();
        let stored = self
            .inner
            .journal
            .append(head, 1, self.inner.clock.now(), events)
            .unwrap();
        self.publish(|view| {
            for record in &stored {
                Arc::make_mut(&mut view.memory).apply(&record.record);
            }
        });
        for record in stored {
            let _ = self.inner.records.send(Arc::new(record));
        }
    }

    #[expect(clippy::too_many_lines, reason = "an arm a command")]
    fn answer(&self, command: Command) {
        // Nothing is asked by a call that was refused; it is on record.
        if let Command::CallRefused(refused, reply) = command {
            let RefusedCall { by, call, reason } = refused;
            self.append(vec![Event::CallRefused {
                by,
                call,
                reason,
                more: 0,
            }]);
            drop(reply.send(Ok(())));
            return;
        }
        // Nor by who signs in.
        if let Command::Access(signed_in @ Event::SignedIn { .. }, reply) = command {
            self.append(vec![signed_in]);
            drop(reply.send(Ok(())));
            return;
        }
        self.inner.asked.lock().unwrap().push(format!("{command:?}"));
        let now = self.inner.clock.now();
        let remember = |event, reply: oneshot::Sender<Result<(), CommandError>>| {
            self.append(vec![event]);
            let _ = reply.send(Ok(()));
        };
        match command {
            Command::Request(request, reply) => {
                let ticket = self.ticket(request);
                self.append(vec![Event::TicketOpened {
                    ticket: Box::new(ticket.clone()),
                }]);
                let _ = reply.send(Ok(ticket));
            }
            Command::Freeze {
                scope,
                reason,
                ttl,
                by: Person { user: by, .. },
                reply,
            } => {
                let until = ttl.map(|ttl| now + ttl);
                let event = Event::FreezeSet {
                    scope,
                    by,
                    reason,
                    until,
                };
                remember(event, reply);
            }
            Command::Thaw(by, reply) => remember(Event::Thawed { by: by.user }, reply),
            Command::Hold {
                scope,
                reason,
                ttl,
                by: Person { user: by, .. },
                reply,
            } => {
                let until = ttl.map(|ttl| now + ttl);
                let hold = Hold {
                    by,
                    reason,
                    since: now,
                    until,
                };
                remember(Event::HoldSet { scope, hold }, reply);
            }
            Command::Release(scope, by, reply) => remember(Event::HoldReleased { scope, by: by.user }, reply),
            Command::Access(event, reply) => remember(event, reply),
            Command::Confirm(confirm, reply) => {
                let refused = confirm.typed.as_deref() == Some("wrong");
                let _ = reply.send(if refused {
                    Err(CommandError::Refused(protected()))
                } else {
                    Ok(())
                });
            }
            Command::Propose(proposal, reply) => {
                let mut proposal = *proposal;
                proposal.id = ProposalId(format!("p{}", self.inner.journal.head() + 1));
                proposal.made_at = now;
                proposal.expires_at = now + Duration::from_hours(1);
                let proposal = Arc::new(proposal);
                self.append(vec![Event::ProposalMade {
                    proposal: proposal.clone(),
                }]);
                drop(reply.send(Ok(proposal)));
            }
            Command::ApproveProposal(id, digest, by, reply) => {
                let pushed = Event::ProposalPushed {
                    proposal: id.clone(),
                    commit: "c0ffeec0ffee".to_owned(),
                    branch: "main".to_owned(),
                    request: None,
                };
                let by = by.user;
                self.append(vec![
                    Event::ProposalApproved {
                        proposal: id.clone(),
                        digest,
                        by,
                    },
                    pushed,
                ]);
                drop(reply.send(Ok(self.proposal(&id))));
            }
            Command::RejectProposal(id, reason, by, reply) => {
                self.append(vec![Event::ProposalRejected {
                    proposal: id.clone(),
                    by: by.user,
                    reason,
                }]);
                drop(reply.send(Ok(self.proposal(&id))));
            }
            Command::Recall(ticket, _, reply) | Command::Reject(ticket, _, reply) => {
                let (what, name, hint) = ("ticket", ticket.0, "it may be over".to_owned());
                let _ = reply.send(Err(CommandError::NotFound { what, name, hint }));
            }
            Command::AcceptIdentity(_, _, _, reply)
            | Command::SetCeiling(_, _, reply)
            | Command::ReconcileNow(_, reply)
            | Command::Acknowledge(_, _, reply) => drop(reply.send(Ok(()))),
            Command::CallRefused(..) => unreachable!("answered above"),
        }
    }

    fn proposal(&self, id: &ProposalId) -> Arc<Proposal> {
        self.handle.view().memory.proposals[id].clone()
    }

    fn ticket(&self, request: NewRequest) -> Ticket {
        let now = self.inner.clock.now();
        let state = match &request.action {
            Action::Unknown { name } => TicketState::Refused {
                refusal: unknown(name),
            },
            _ => TicketState::Queued,
        };
        Ticket {
            id: TicketId(format!("t{}", self.inner.journal.head() + 1)),
            action: request.action,
            origin: request.origin,
            created_at: now,
            not_before: now + request.recall.unwrap_or_default(),
            hold_secs: request.hold.map(|hold| hold.as_secs()),
            confirmed: None,
            state,
        }
    }
}

fn unknown(name: &str) -> Refusal {
    Refusal {
        rule: Rule::BlackAction,
        tier: Tier::Black,
        resource: format!("{name:?}"),
        reason: "nobody knows this action".to_owned(),
        unblock: "nothing; it is never done".to_owned(),
    }
}

pub fn protected() -> Refusal {
    Refusal {
        rule: Rule::Protected,
        tier: Tier::Black,
        resource: "guest 103".to_owned(),
        reason: "guest 103 is protected".to_owned(),
        unblock: "nothing; take it off the protected list in jarvis.yaml if that is truly meant".to_owned(),
    }
}
