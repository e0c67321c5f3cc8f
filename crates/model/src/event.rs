//! Everything that is remembered: one enum of journal events. Memory is their fold, the feed and the audit are
//! projections of them.

use crate::{
    Action, Autonomy, Confirmed, Digest, Door, FreezeScope, Hold, HoldScope, Host, Identity, Intent,
    IntentId, IssueKey, Memory, NodeName, Origin, Outcome, Proposal, ProposalId, Refusal, ResourceKey, Role,
    Scope, Ticket, TicketId, TicketState, Tier, Timestamp, Upid, Vmid,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, sync::Arc};

/// One journal record, once written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Record {
    /// Place in the journal, from 1, without gaps.
    pub seq: u64,
    /// When it was written.
    pub at: Timestamp,
    /// Lease epoch of its writer.
    pub epoch: u64,
    /// What happened.
    pub event: Event,
}

/// Why an escalated issue may be tried again.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "camelCase")]
pub enum Rearmed {
    /// A person acknowledged it.
    Acknowledged {
        /// Who.
        by: String,
    },
    /// A commit changed that very resource.
    Commit {
        /// Which.
        commit: String,
    },
}

/// Why an issue closed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "camelCase")]
pub enum Closed {
    /// Well for long enough.
    SustainedHealth,
    /// The manifest no longer asks for it, or is gone.
    NoLongerDeclared,
}

/// How serious a line of the feed is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Routine.
    Info,
    /// Needs attention some time.
    Warning,
    /// Needs attention now.
    Critical,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Event {
    /// Jarvis started.
    Started {
        /// Its version.
        version: String,
    },
    /// A revision is in force.
    RevisionApplied {
        /// Git commit.
        commit: String,
        /// Hash over all manifests.
        hash: String,
        /// Content hash of each resource.
        resources: BTreeMap<ResourceKey, String>,
    },
    /// A revision has errors; the last good one stays in force.
    RevisionRejected {
        /// Git commit.
        commit: String,
        /// Every error, one line each (at most 50, then a count).
        errors: Vec<String>,
    },
    /// A revision removes too much; a person must confirm.
    RevisionWithheld {
        /// Git commit.
        commit: String,
        /// What to confirm.
        digest: Digest,
        /// What it would remove.
        reason: String,
    },
    /// The source cannot be reached or read; the last good revision stays in force.
    SourceFailed {
        /// What and why.
        reason: String,
    },
    /// The source works again.
    SourceRecovered,
    /// A guest's identity was seen for the first time.
    IdentitySeen {
        /// Its number.
        vmid: Vmid,
        /// What it is.
        identity: Identity,
    },
    /// A person accepted a new guest under a known number.
    IdentityAccepted {
        /// Its number.
        vmid: Vmid,
        /// The accepted identity.
        identity: Identity,
        /// Who.
        by: String,
    },
    /// An issue was found.
    IssueOpened {
        /// Which.
        issue: IssueKey,
        /// What was seen.
        summary: String,
    },
    /// A person's stop will be reverted unless held.
    IssueAnnounced {
        /// Which.
        issue: IssueKey,
        /// When.
        act_at: Timestamp,
        /// What will happen.
        text: String,
    },
    /// People are to be told.
    IssueAlerted {
        /// Which.
        issue: IssueKey,
        /// How serious.
        severity: Severity,
        /// What.
        text: String,
    },
    /// Jarvis mends it and tells nobody (autonomy L4), unless it is alerted or escalated later.
    IssueSilenced {
        /// Which.
        issue: IssueKey,
    },
    /// It is well at the moment.
    IssueHealthy {
        /// Which.
        issue: IssueKey,
    },
    /// It fell ill again before it closed.
    IssueRelapsed {
        /// Which.
        issue: IssueKey,
        /// What was seen.
        summary: String,
    },
    /// All attempts are spent: given to people.
    IssueEscalated {
        /// Which.
        issue: IssueKey,
        /// Content hash of its resource at this time.
        resource_hash: String,
        /// What was tried and what a person may do next.
        text: String,
        /// What was seen: the last observations and what a failed task said, a line each.
        #[serde(default)]
        evidence: Vec<String>,
    },
    /// A step of a runbook began.
    RunbookStepped {
        /// For which issue.
        issue: IssueKey,
        /// Its name.
        runbook: String,
        /// Which step, from 0.
        step: u32,
        /// What it does.
        text: String,
    },
    /// A runbook ended for this time.
    RunbookEnded {
        /// For which issue.
        issue: IssueKey,
        /// Its name.
        runbook: String,
        /// Why it did not reach its end; none when it did.
        failed: Option<String>,
    },
    /// An escalated issue may be tried again.
    IssueRearmed {
        /// Which.
        issue: IssueKey,
        /// Why.
        because: Rearmed,
    },
    /// It is over.
    IssueClosed {
        /// Which.
        issue: IssueKey,
        /// Why.
        because: Closed,
    },
    /// An action was decided upon, with the facts it stands on; its intent follows.
    Decided {
        /// Names the decision.
        digest: Digest,
        /// What is to be done.
        action: Action,
        /// Who wants it.
        origin: Origin,
        /// The managed resource it is about.
        resource: Option<ResourceKey>,
        /// Its tier in this context.
        tier: Tier,
        /// The facts it stands on, a line each.
        evidence: Vec<String>,
    },
    /// An effect is about to be sent. The attempt counts from here.
    IntentLogged {
        /// The whole intent.
        intent: Box<Intent>,
    },
    /// Proxmox accepted the request.
    EffectAccepted {
        /// Which.
        intent: IntentId,
        /// The task; node power has none.
        upid: Option<Upid>,
    },
    /// The request was sent, the reply is unknown.
    ReplyUnknown {
        /// Which.
        intent: IntentId,
        /// What went wrong with the reply.
        text: String,
    },
    /// The task ended well; its effect is being verified.
    TaskFinished {
        /// Which.
        intent: IntentId,
    },
    /// An intent ended.
    IntentClosed {
        /// Which.
        intent: IntentId,
        /// How.
        outcome: Outcome,
    },
    /// Somebody asked for something that is not done.
    ActionRefused {
        /// What.
        action: Action,
        /// Who.
        origin: Origin,
        /// Why not.
        refusal: Refusal,
    },
    /// A request was taken.
    TicketOpened {
        /// The whole ticket.
        ticket: Box<Ticket>,
    },
    /// A person confirmed a request.
    TicketConfirmed {
        /// Which.
        ticket: TicketId,
        /// What and by whom.
        confirmed: Confirmed,
    },
    /// A request moved on.
    TicketChanged {
        /// Which.
        ticket: TicketId,
        /// Where it stands.
        state: TicketState,
    },
    /// A person approved recommendations, a whole plan, or a withheld revision.
    Approved {
        /// What was approved.
        digests: Vec<Digest>,
        /// Who.
        by: String,
        /// Until when it may be used.
        expires_at: Timestamp,
    },
    /// A change of the manifests was proposed.
    ProposalMade {
        /// The whole proposal.
        proposal: Arc<Proposal>,
    },
    /// A person approved a proposal: it is committed and pushed now.
    ProposalApproved {
        /// Which.
        proposal: ProposalId,
        /// Digest of what the person saw.
        digest: Digest,
        /// Who.
        by: String,
    },
    /// A person said no to a proposal.
    ProposalRejected {
        /// Which.
        proposal: ProposalId,
        /// Who.
        by: String,
        /// Why.
        reason: String,
    },
    /// Nobody answered a proposal in time.
    ProposalExpired {
        /// Which.
        proposal: ProposalId,
    },
    /// An approved proposal is committed and pushed.
    ProposalPushed {
        /// Which.
        proposal: ProposalId,
        /// The commit.
        commit: String,
        /// The branch.
        branch: String,
        /// Why it was pushed to a branch of its own, and what to do with it; none when it went to the branch in force.
        request: Option<String>,
    },
    /// An approved proposal could not be pushed.
    ProposalFailed {
        /// Which.
        proposal: ProposalId,
        /// Whether others changed the same in the meantime: it cannot be approved again.
        conflict: bool,
        /// What went wrong and what to do.
        reason: String,
    },
    /// The kill switch was pulled.
    FreezeSet {
        /// Whom it stops.
        scope: FreezeScope,
        /// Who.
        by: String,
        /// Why.
        reason: String,
        /// Until; none means until thawed.
        until: Option<Timestamp>,
    },
    /// The kill switch was released.
    Thawed {
        /// Who.
        by: String,
    },
    /// The freeze file was found, or says something else than before. It ends with the file alone.
    FreezeFileFound {
        /// Whom it stops; everybody when it cannot be read.
        scope: FreezeScope,
        /// What the file says, or why it cannot be read.
        reason: String,
    },
    /// The freeze file is gone.
    FreezeFileGone,
    /// A hold was put.
    HoldSet {
        /// On what.
        scope: HoldScope,
        /// The hold.
        hold: Hold,
    },
    /// A hold was released.
    HoldReleased {
        /// From what.
        scope: HoldScope,
        /// Who.
        by: String,
    },
    /// The ceiling over all autonomy was set.
    CeilingSet {
        /// None lifts the ceiling set before.
        ceiling: Option<Autonomy>,
        /// Who.
        by: String,
    },
    /// Guests that were seen to run, or to have stopped, since the last such record. A guest that never ran
    /// under our eyes is not "crashed" when it is found stopped.
    GuestsSeen {
        /// Now running.
        running: Vec<Vmid>,
        /// Confirmed stopped.
        stopped: Vec<Vmid>,
    },
    /// The address by which a node can be woken was seen, or has changed.
    MacSeen {
        /// Which.
        node: NodeName,
        /// `aa:bb:cc:dd:ee:ff`.
        mac: String,
    },
    /// A host shows another SSH key than the pinned one: nothing is read or done there any more.
    HostDistrusted {
        /// Which.
        host: Host,
        /// Both fingerprints, how to check, and how to pin the new key.
        text: String,
    },
    /// It shows the pinned key.
    HostTrusted {
        /// Which.
        host: Host,
    },
    /// A node left.
    NodeLost {
        /// Which.
        node: NodeName,
    },
    /// A node was shut down on purpose, as its last tasks tell; it is left alone until it is back.
    NodeShutDown {
        /// Which.
        node: NodeName,
        /// How that is known.
        text: String,
    },
    /// A node is back.
    NodeReturned {
        /// Which.
        node: NodeName,
    },
    /// The cluster may not decide.
    QuorumLost,
    /// The cluster may decide again.
    QuorumRegained,
    /// The disk of the state folder is full: nothing is begun.
    RoomLacking {
        /// What is left out, and what to do.
        text: String,
    },
    /// There is room again.
    RoomRegained,
    /// A user was created or changed.
    UserSet {
        /// Name.
        user: String,
        /// Argon2id hash, PHC form.
        password_hash: String,
        /// Role.
        role: Role,
        /// Whether the password may be used once only, to set another.
        one_time: bool,
    },
    /// A user was removed; sessions and the tokens that user made are void with it.
    UserRemoved {
        /// Name.
        user: String,
        /// Who did it.
        by: String,
    },
    /// A person signed in.
    SignedIn {
        /// Who.
        user: String,
        /// From which address, as far as it is known.
        address: String,
        /// Whether a provider vouched for that person, in place of a password.
        by_provider: bool,
    },
    /// A bearer token was created.
    TokenCreated {
        /// Name.
        name: String,
        /// SHA-256 of the secret, hex.
        secret_hash: String,
        /// Role over GraphQL.
        role: Role,
        /// Scopes for assistants.
        scopes: Vec<Scope>,
        /// Who made it.
        by: String,
        /// When it lapses.
        expires_at: Option<Timestamp>,
    },
    /// A bearer token was revoked.
    TokenRevoked {
        /// Name.
        name: String,
        /// Who.
        by: String,
    },
    /// All sessions of a user before this are void.
    SessionsRevoked {
        /// Whose.
        user: String,
        /// Who did it.
        by: String,
    },
    /// A person opened a terminal.
    TerminalOpened {
        /// Names the terminal.
        session: String,
        /// Who.
        user: String,
        /// The door used.
        door: Door,
        /// Where.
        host: Host,
        /// As whom the host was entered.
        login: String,
        /// Name of the file that records its output, where that is wanted.
        recording: Option<String>,
    },
    /// A terminal ended.
    TerminalClosed {
        /// Names the terminal.
        session: String,
        /// Who had opened it.
        user: String,
        /// The door used.
        door: Door,
        /// Where.
        host: Host,
        /// Bytes typed.
        bytes_in: u64,
        /// Bytes shown.
        bytes_out: u64,
        /// How long it was open.
        secs: u64,
        /// Why it ended.
        reason: String,
    },
    /// A call to act came to nothing before it was a request: unknown, malformed, not allowed, or a confirmation that
    /// fits nothing. What the guard refuses is an [`Event::ActionRefused`].
    CallRefused {
        /// Who called, with the door: `token desk (mcp)`.
        by: String,
        /// The tool or the mutation.
        call: String,
        /// Why.
        reason: String,
        /// So many more of the same caller were refused since the record before, and are only counted.
        more: u32,
    },
}

impl Event {
    /// The event's name, as in JSON: `issueOpened`.
    pub fn name(&self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|value| {
                value
                    .get("event")
                    .and_then(|name| name.as_str())
                    .map(str::to_owned)
            })
            .unwrap_or_default()
    }

    /// Whether it belongs to the audit trail: acts, refusals, and what people changed.
    pub fn is_audit(&self) -> bool {
        matches!(
            self,
            Self::Started { .. }
                | Self::IdentityAccepted { .. }
                | Self::Decided { .. }
                | Self::IntentLogged { .. }
                | Self::EffectAccepted { .. }
                | Self::ReplyUnknown { .. }
                | Self::IntentClosed { .. }
                | Self::ActionRefused { .. }
                | Self::CallRefused { .. }
                | Self::TicketOpened { .. }
                | Self::TicketConfirmed { .. }
                | Self::TicketChanged { .. }
                | Self::Approved { .. }
                | Self::ProposalMade { .. }
                | Self::ProposalApproved { .. }
                | Self::ProposalRejected { .. }
                | Self::ProposalExpired { .. }
                | Self::ProposalPushed { .. }
                | Self::ProposalFailed { .. }
                | Self::FreezeSet { .. }
                | Self::Thawed { .. }
                | Self::FreezeFileFound { .. }
                | Self::FreezeFileGone
                | Self::HoldSet { .. }
                | Self::HoldReleased { .. }
                | Self::CeilingSet { .. }
                | Self::UserSet { .. }
                | Self::UserRemoved { .. }
                | Self::SignedIn { .. }
                | Self::TokenCreated { .. }
                | Self::TokenRevoked { .. }
                | Self::SessionsRevoked { .. }
                | Self::TerminalOpened { .. }
                | Self::TerminalClosed { .. }
                | Self::RevisionApplied { .. }
                | Self::RevisionRejected { .. }
                | Self::RevisionWithheld { .. }
        )
    }

    /// Whether it is a line of the activity feed; bookkeeping is not. Of a request that was asked for, the end without a deed is;
    /// deeds have lines of their own.
    pub fn is_feed(&self) -> bool {
        !matches!(
            self,
            Self::GuestsSeen { .. }
                | Self::Decided { .. }
                | Self::MacSeen { .. }
                | Self::IssueSilenced { .. }
                | Self::IdentitySeen { .. }
                | Self::TaskFinished { .. }
                | Self::UserSet { .. }
                | Self::SignedIn { .. }
                | Self::TicketConfirmed { .. }
                | Self::CallRefused { .. }
        ) && !matches!(self, Self::TicketChanged { state, .. } if !state.ends_undone())
    }

    /// Whether people are told of it: bookkeeping is not told, and neither is what Jarvis mends silently (L4), from the finding
    /// of the issue to its end. `memory` is the fold with this event in it.
    pub fn is_told(&self, memory: &Memory) -> bool {
        let silent = |issue: &IssueKey| match memory.issues.get(issue) {
            Some(open) => open.silent,
            None => memory.closed_silently.contains(issue),
        };
        let unseen = match self {
            Self::IntentLogged { intent } => intent.silent,
            Self::EffectAccepted { intent, .. }
            | Self::ReplyUnknown { intent, .. }
            | Self::TaskFinished { intent }
            | Self::IntentClosed { intent, .. } => {
                memory.intents.get(intent).is_some_and(|intent| intent.silent)
            }
            Self::IssueOpened { issue, .. }
            | Self::IssueHealthy { issue }
            | Self::IssueRelapsed { issue, .. }
            | Self::RunbookStepped { issue, .. }
            | Self::RunbookEnded { issue, .. }
            | Self::IssueClosed { issue, .. } => silent(issue),
            _ => false,
        };
        self.is_feed() && !unseen
    }

    /// How serious it is for the feed.
    pub fn severity(&self) -> Severity {
        match self {
            Self::IssueEscalated { .. }
            | Self::QuorumLost
            | Self::NodeLost { .. }
            | Self::RoomLacking { .. }
            | Self::HostDistrusted { .. } => Severity::Critical,
            Self::IssueAlerted { severity, .. } => *severity,
            Self::IssueOpened { .. }
            | Self::IssueRelapsed { .. }
            | Self::IssueAnnounced { .. }
            | Self::RevisionRejected { .. }
            | Self::RevisionWithheld { .. }
            | Self::SourceFailed { .. }
            | Self::ActionRefused { .. }
            | Self::ReplyUnknown { .. }
            | Self::NodeShutDown { .. }
            | Self::RunbookEnded { failed: Some(_), .. }
            | Self::ProposalFailed { .. }
            | Self::FreezeSet { .. }
            | Self::FreezeFileFound { .. } => Severity::Warning,
            Self::IntentClosed { outcome, .. } if *outcome != Outcome::Verified => Severity::Warning,
            _ => Severity::Info,
        }
    }

    /// The manifest resource it speaks of, if any.
    pub fn resource(&self) -> Option<&ResourceKey> {
        match self {
            Self::IssueOpened { issue, .. }
            | Self::IssueAnnounced { issue, .. }
            | Self::IssueAlerted { issue, .. }
            | Self::IssueSilenced { issue }
            | Self::IssueHealthy { issue }
            | Self::IssueRelapsed { issue, .. }
            | Self::IssueEscalated { issue, .. }
            | Self::IssueRearmed { issue, .. }
            | Self::RunbookStepped { issue, .. }
            | Self::RunbookEnded { issue, .. }
            | Self::IssueClosed { issue, .. } => Some(&issue.resource),
            Self::Decided { resource, .. } => resource.as_ref(),
            Self::ProposalMade { proposal } => proposal.resources.keys().next(),
            Self::IntentLogged { intent } => intent.resource.as_ref(),
            Self::HoldSet {
                scope: HoldScope::Resource(key),
                ..
            }
            | Self::HoldReleased {
                scope: HoldScope::Resource(key),
                ..
            } => Some(key),
            _ => None,
        }
    }
}
