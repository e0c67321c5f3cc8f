//! What can be asked of the controller. Every command is answered after its record is durable.

use jarvis_model::{
    Action, Autonomy, Digest, Door, Event, FreezeScope, HoldScope, Identity, IssueKey, Origin, Proposal,
    ProposalId, Refusal, Role, Ticket, TicketId, Vmid,
};
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// A signed-in person and the door used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// User name.
    pub user: String,
    /// Role.
    pub role: Role,
    /// Door.
    pub door: Door,
}

/// A request for an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRequest {
    /// What.
    pub action: Action,
    /// Who asks.
    pub origin: Origin,
    /// How long it can be recalled before it begins; None takes the door's default (the dashboard's for what
    /// interrupts something, none otherwise).
    pub recall: Option<Duration>,
    /// Put a hold of this length on the target with it.
    pub hold: Option<Duration>,
}

/// A confirmation by a person: of a ticket, of a recommendation, of a whole plan, or of a withheld revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirm {
    /// The ticket, when it is one.
    pub ticket: Option<TicketId>,
    /// Digest of what the person saw.
    pub digest: Digest,
    /// The target's name as typed, where that is asked for.
    pub typed: Option<String>,
    /// Who confirms.
    pub by: Person,
}

/// A call to act that came to nothing before it was a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedCall {
    /// Who called, with the door: `token desk (mcp)`.
    pub by: String,
    /// The tool or the mutation.
    pub call: String,
    /// Why.
    pub reason: String,
}

/// Why a command was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The guard refuses.
    #[error("{0}")]
    Refused(Refusal),
    /// The role does not allow it.
    #[error("{what} needs the role {needs}; you have {has}")]
    NotAllowed {
        /// What was attempted.
        what: String,
        /// Needed role.
        needs: String,
        /// Role held.
        has: String,
    },
    /// There is no such thing (any more).
    #[error("there is no {what} {name}: {hint}")]
    NotFound {
        /// ticket, issue, hold ...
        what: &'static str,
        /// Its name.
        name: String,
        /// What to do.
        hint: String,
    },
    /// The thing is in no state for it.
    #[error("cannot {what}: {why}")]
    WrongState {
        /// What was attempted.
        what: String,
        /// Why not.
        why: String,
    },
    /// The input does not make sense.
    #[error("{what}: {why}")]
    Invalid {
        /// Which input.
        what: String,
        /// What is wrong and what would be right.
        why: String,
    },
    /// The record could not be written, so nothing was done.
    #[error("nothing was done: {0}")]
    NoRecord(String),
    /// The loop is shutting down.
    #[error("Jarvis is shutting down; try again when it runs")]
    Stopping,
}

/// A command with the way to answer it.
#[derive(Debug)]
pub enum Command {
    /// Ask for an action.
    Request(NewRequest, Reply<Ticket>),
    /// Confirm.
    Confirm(Confirm, Reply<()>),
    /// Say no to a confirmation.
    Reject(TicketId, Person, Reply<()>),
    /// Take a request back.
    Recall(TicketId, Person, Reply<()>),
    /// Pull the kill switch.
    Freeze {
        /// Whom it stops.
        scope: FreezeScope,
        /// Why.
        reason: String,
        /// For how long.
        ttl: Option<Duration>,
        /// Who.
        by: Person,
        /// Answer.
        reply: Reply<()>,
    },
    /// Release it.
    Thaw(Person, Reply<()>),
    /// Put a hold.
    Hold {
        /// On what.
        scope: HoldScope,
        /// Why.
        reason: String,
        /// For how long.
        ttl: Option<Duration>,
        /// Who.
        by: Person,
        /// Answer.
        reply: Reply<()>,
    },
    /// Release a hold.
    Release(HoldScope, Person, Reply<()>),
    /// Accept a new guest under a known number.
    AcceptIdentity(Vmid, Identity, Person, Reply<()>),
    /// Set or lift the ceiling.
    SetCeiling(Option<Autonomy>, Person, Reply<()>),
    /// Look and plan now.
    ReconcileNow(Person, Reply<()>),
    /// Acknowledge an issue.
    Acknowledge(IssueKey, Person, Reply<()>),
    /// Remember a change of users or tokens, or a terminal that was opened or closed.
    Access(Event, Reply<()>),
    /// Remember a call that was refused before it was a request.
    CallRefused(RefusedCall, Reply<()>),
    /// Record a proposal that was previewed.
    Propose(Box<Proposal>, Reply<Arc<Proposal>>),
    /// Approve a proposal by the digest of what was seen; answered once it is pushed or cannot be.
    ApproveProposal(ProposalId, Digest, Person, Reply<Arc<Proposal>>),
    /// Say no to a proposal.
    RejectProposal(ProposalId, String, Person, Reply<Arc<Proposal>>),
}

/// Where the answer goes.
pub type Reply<T> = oneshot::Sender<Result<T, CommandError>>;
