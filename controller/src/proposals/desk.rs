//! The commands of proposals, and their life in the loop: recorded, approved, handed out to be pushed, lapsed.

use super::{PushMode, publish::Published};
use crate::{
    command::{CommandError, Person, Reply},
    commands::{needs, wrong_state},
    core::Core,
    work::Worker,
};
use jarvis_model::{
    Digest, Event, FreezeScope, Origin, Proposal, ProposalId, ProposalState, Refusal, Role, Rule, Scope,
    Tier, Timestamp,
};
use std::sync::Arc;

/// Proposals that may wait at a time.
const MOST_OPEN: usize = 50;

/// Who waits to hear what became of a proposal.
pub type Waiting = Option<Reply<Arc<Proposal>>>;

impl Core {
    /// Records a proposal that was previewed; its name and times are given here.
    pub(crate) fn propose(&mut self, mut proposal: Proposal) -> Result<Arc<Proposal>, CommandError> {
        may_propose(&proposal.origin)?;
        let now = self.now();
        let same = |open: &&Arc<Proposal>| open.digest == proposal.digest && open.origin == proposal.origin;
        if let Some(open) = self.memory.open_proposals(now).find(same) {
            return Ok(open.clone());
        }
        if self.memory.open_proposals(now).count() >= MOST_OPEN {
            let why = format!("{MOST_OPEN} proposals wait already; approve or reject some of them first");
            return Err(wrong_state("take a proposal", &why));
        }
        proposal.id = ProposalId(self.name_of("proposal", &proposal.digest, now));
        proposal.made_at = now;
        proposal.expires_at = now + self.options.proposing.expires_after;
        proposal.state = ProposalState::Waiting;
        let proposal = Arc::new(proposal);
        self.remember(vec![Event::ProposalMade {
            proposal: proposal.clone(),
        }])?;
        Ok(proposal)
    }

    /// Approves a proposal; it is pushed from the next pass on.
    pub(crate) fn approve_proposal(
        &mut self,
        id: &ProposalId,
        digest: Digest,
        by: &Person,
    ) -> Result<(), CommandError> {
        const WHAT: &str = "approve this proposal";
        needs(by, Role::Operator, WHAT)?;
        self.is_person(by)?;
        self.by_a_good_clock(WHAT)?;
        let now = self.now();
        if self.memory.kill_switch(now).scope_at(now) == Some(FreezeScope::All) {
            return Err(CommandError::Refused(frozen(id)));
        }
        let proposal = self.open_proposal(id, WHAT, now)?.clone();
        if proposal.digest != digest {
            let why = "it carries another digest; look at it again and approve what you see";
            return Err(wrong_state(WHAT, why));
        }
        needs(by, proposal.needs, WHAT)?;
        if self.options.proposing.push == PushMode::Off {
            let why =
                "`source.propose.push` is off in jarvis.yaml; commit the change in the repository yourself";
            return Err(wrong_state(WHAT, why));
        }
        self.remember(vec![Event::ProposalApproved {
            proposal: id.clone(),
            digest,
            by: by.user.clone(),
        }])
    }

    /// Says no to a proposal.
    pub(crate) fn reject_proposal(
        &mut self,
        id: &ProposalId,
        reason: String,
        by: &Person,
    ) -> Result<Arc<Proposal>, CommandError> {
        const WHAT: &str = "reject this proposal";
        needs(by, Role::Operator, WHAT)?;
        self.is_person(by)?;
        self.open_proposal(id, WHAT, self.now())?;
        self.remember(vec![Event::ProposalRejected {
            proposal: id.clone(),
            by: by.user.clone(),
            reason: crate::commands::short(&reason)?,
        }])?;
        self.proposal(id)
    }

    /// Tokens of assistants are no persons, whatever role they have.
    fn is_person(&self, by: &Person) -> Result<(), CommandError> {
        let token = by
            .user
            .strip_prefix("token:")
            .and_then(|name| self.memory.tokens.get(name));
        let assistant = token.is_some_and(|token| token.scopes.iter().any(|scope| *scope != Scope::Read));
        if !assistant {
            return Ok(());
        }
        Err(CommandError::NotAllowed {
            what: "to answer a proposal".to_owned(),
            needs: "of a person".to_owned(),
            has: "a token of an assistant".to_owned(),
        })
    }

    fn open_proposal(
        &self,
        id: &ProposalId,
        what: &str,
        now: Timestamp,
    ) -> Result<&Arc<Proposal>, CommandError> {
        let proposal = self.memory.proposals.get(id).ok_or_else(|| unknown(id))?;
        if !proposal.state.is_open() {
            let why = format!("it is {} already", proposal.state.word());
            return Err(wrong_state(what, &why));
        }
        if proposal.expires_at <= now {
            return Err(wrong_state(what, "it has expired; propose it anew"));
        }
        Ok(proposal)
    }

    fn proposal(&self, id: &ProposalId) -> Result<Arc<Proposal>, CommandError> {
        self.memory.proposals.get(id).cloned().ok_or_else(|| unknown(id))
    }

    /// Hands out what is approved and not pushed, also what an earlier process left.
    pub(crate) fn publish_approved(&mut self, worker: &Worker) {
        if self.state.acting_stopped.is_some() {
            return;
        }
        let memory = self.memory.clone();
        for (id, proposal) in &memory.proposals {
            let ProposalState::Approved { by, .. } = &proposal.state else {
                continue;
            };
            let waiting = self.publishing.entry(id.clone()).or_default();
            if !waiting.handed_out {
                waiting.handed_out = true;
                worker.publish(proposal.clone(), by.clone(), self.options.proposing.clone());
            }
        }
    }

    /// Remembers what became of a push and tells who waits.
    pub(crate) fn absorb_published(&mut self, id: &ProposalId, end: Published) {
        let event = match end {
            Published::Pushed {
                commit,
                branch,
                request,
            } => Event::ProposalPushed {
                proposal: id.clone(),
                commit,
                branch,
                request,
            },
            Published::Conflict(reason) => failed(id, true, reason),
            Published::Failed(reason) => failed(id, false, reason),
        };
        let remembered = self.remember(vec![event]);
        if remembered.is_err() {
            // It stays approved; the next process looks whether the remote has it.
            tracing::warn!(proposal = %id, "what became of a proposal's push could not be recorded");
        }
        let Some(publishing) = self.publishing.remove(id) else {
            return;
        };
        if let Some(reply) = publishing.reply {
            let answer = remembered.and_then(|()| self.proposal(id));
            self.publish();
            // Who asked may be gone.
            drop(reply.send(answer));
        }
    }

    /// Ends what nobody answered in time.
    pub(crate) fn lapse_proposals(&mut self, now: Timestamp) {
        let lapsed: Vec<Event> = self
            .memory
            .proposals
            .values()
            .filter(|proposal| proposal.state.is_open() && proposal.expires_at <= now)
            .map(|proposal| Event::ProposalExpired {
                proposal: proposal.id.clone(),
            })
            .collect();
        drop(self.remember(lapsed));
    }
}

/// A push under way.
#[derive(Debug, Default)]
pub struct Publishing {
    /// Whether the worker has it.
    pub handed_out: bool,
    /// Who waits.
    pub reply: Waiting,
}

fn failed(id: &ProposalId, conflict: bool, reason: String) -> Event {
    Event::ProposalFailed {
        proposal: id.clone(),
        conflict,
        reason,
    }
}

/// Operators, by whatever door, and tokens with the scope for it.
pub(super) fn may_propose(origin: &Origin) -> Result<(), CommandError> {
    let refused = |needs: &str, has: String| {
        Err(CommandError::NotAllowed {
            what: "propose a change".to_owned(),
            needs: needs.to_owned(),
            has,
        })
    };
    match origin {
        Origin::Person { role, .. } | Origin::Chat { role, .. } if *role < Role::Operator => {
            refused("operator", format!("{role:?}").to_lowercase())
        }
        Origin::Mcp { scopes, .. } if !scopes.contains(&Scope::Propose) => {
            refused("or scope propose", "a token without it".to_owned())
        }
        _ => Ok(()),
    }
}

fn frozen(id: &ProposalId) -> Refusal {
    Refusal {
        rule: Rule::Frozen,
        tier: Tier::Yellow,
        resource: format!("proposal {id}"),
        reason: "everything is frozen, persons too, so no proposal is approved".to_owned(),
        unblock: "thaw, then approve it".to_owned(),
    }
}

fn unknown(id: &ProposalId) -> CommandError {
    CommandError::NotFound {
        what: "proposal",
        name: id.to_string(),
        hint: "`jarvis proposals` lists them; those that ended long ago are in the journal only".to_owned(),
    }
}
