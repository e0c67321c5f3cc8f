//! Memory: everything Jarvis remembers, as the fold of journal events. The same events always give the same
//! memory; nothing else may change it.

use crate::{
    Autonomy, Digest, Event, Freeze, Hold, HoldScope, Host, Identity, Intent, IntentId, Issue, IssueKey,
    NodeName, Origin, Outcome, Proposal, ProposalId, Rearmed, Record, ResourceKey, Role, Scope, Stage,
    Ticket, TicketId, TicketState, Timestamp, Vmid,
    issue::{Cause, Run},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

mod proposals;

/// Closed intents and finished tickets kept for the screen; older ones are in the journal.
const KEPT: usize = 200;

/// The revision in force.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppliedRevision {
    /// Git commit.
    pub commit: String,
    /// Hash over all manifests.
    pub hash: String,
    /// Since when.
    pub at: Timestamp,
    /// Content hash of each resource.
    pub resources: BTreeMap<ResourceKey, String>,
}

/// A revision that is not in force, and why.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "why", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum PendingRevision {
    /// It has errors.
    Rejected {
        /// Git commit.
        commit: String,
        /// One line each.
        errors: Vec<String>,
        /// When.
        at: Timestamp,
    },
    /// It removes too much.
    Withheld {
        /// Git commit.
        commit: String,
        /// What to confirm.
        digest: Digest,
        /// What it would remove.
        reason: String,
        /// When.
        at: Timestamp,
    },
}

/// An approval by a person, usable once per digest until it lapses.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// Who.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// Until when it may be used.
    pub expires_at: Timestamp,
}

/// A user who may sign in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    /// Argon2id hash, PHC form.
    pub password_hash: String,
    /// Role.
    pub role: Role,
    /// Whether the password works only to set another.
    pub one_time: bool,
    /// Sessions made before this are void.
    pub sessions_from: Timestamp,
}

/// A bearer token.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    /// SHA-256 of the secret, hex.
    pub secret_hash: String,
    /// Role over GraphQL.
    pub role: Role,
    /// Scopes for assistants.
    pub scopes: Vec<Scope>,
    /// Who made it.
    pub by: String,
    /// When.
    pub created_at: Timestamp,
    /// When it lapses.
    pub expires_at: Option<Timestamp>,
}

/// The fold.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Memory {
    /// Sequence number of the last event folded in.
    pub seq: u64,
    /// The kill switch, as people set it.
    pub freeze: Freeze,
    /// The kill switch, as the freeze file sets it.
    #[serde(default)]
    pub freeze_file: Freeze,
    /// Holds by scope.
    pub holds: BTreeMap<HoldScope, Hold>,
    /// Open issues.
    pub issues: BTreeMap<IssueKey, Issue>,
    /// Open intents, and the latest closed ones.
    pub intents: BTreeMap<IntentId, Intent>,
    /// When autonomous acts were logged within the last hour.
    pub autonomous_acts: Vec<Timestamp>,
    /// Known identities.
    pub identities: BTreeMap<Vmid, Identity>,
    /// Guests seen running, and since when that is known.
    pub running: BTreeMap<Vmid, Timestamp>,
    /// Guests confirmed stopped after they were seen running: when the running phase began and ended.
    pub stopped_after_running: BTreeMap<Vmid, (Timestamp, Timestamp)>,
    /// When each resource's manifest last changed.
    pub resource_changed: BTreeMap<ResourceKey, Timestamp>,
    /// Hosts that show another SSH key than the pinned one, and what to do about it.
    #[serde(default)]
    pub distrusted: BTreeMap<Host, String>,
    /// Addresses by which nodes can be woken, as last seen.
    #[serde(default)]
    pub macs: BTreeMap<NodeName, String>,
    /// Nodes that left and are not back.
    pub lost_nodes: BTreeSet<NodeName>,
    /// Nodes that were shut down on purpose and are not back, and how that is known.
    #[serde(default)]
    pub shut_down: BTreeMap<NodeName, String>,
    /// Issues that closed without anybody having been told of them, until they open again.
    #[serde(default)]
    pub closed_silently: BTreeSet<IssueKey>,
    /// Whether quorum is lost.
    pub quorum_lost: bool,
    /// Whether the disk of the state folder is full.
    #[serde(default)]
    pub room_lacking: bool,
    /// When Jarvis last stopped or shut a guest down.
    pub stopped_at: BTreeMap<Vmid, Timestamp>,
    /// Requests: open ones, and the latest finished ones.
    pub tickets: BTreeMap<TicketId, Ticket>,
    /// Approvals that may still be used.
    pub approvals: BTreeMap<Digest, Approval>,
    /// Proposals: those that wait, and the latest that ended.
    #[serde(default)]
    pub proposals: BTreeMap<ProposalId, Arc<Proposal>>,
    /// The revision in force.
    pub revision: Option<AppliedRevision>,
    /// A newer one that is not in force.
    pub pending: Option<PendingRevision>,
    /// Why the source cannot be read, if so.
    pub source_failure: Option<String>,
    /// Ceiling over all autonomy, set by a person.
    pub ceiling: Option<Autonomy>,
    /// Users.
    pub users: BTreeMap<String, User>,
    /// Bearer tokens by name.
    pub tokens: BTreeMap<String, Token>,
}

impl Default for Memory {
    fn default() -> Self {
        Self {
            seq: 0,
            freeze: Freeze::Off,
            freeze_file: Freeze::Off,
            holds: BTreeMap::new(),
            issues: BTreeMap::new(),
            intents: BTreeMap::new(),
            autonomous_acts: Vec::new(),
            identities: BTreeMap::new(),
            running: BTreeMap::new(),
            stopped_after_running: BTreeMap::new(),
            resource_changed: BTreeMap::new(),
            distrusted: BTreeMap::new(),
            macs: BTreeMap::new(),
            lost_nodes: BTreeSet::new(),
            shut_down: BTreeMap::new(),
            closed_silently: BTreeSet::new(),
            quorum_lost: false,
            room_lacking: false,
            stopped_at: BTreeMap::new(),
            tickets: BTreeMap::new(),
            approvals: BTreeMap::new(),
            proposals: BTreeMap::new(),
            revision: None,
            pending: None,
            source_failure: None,
            ceiling: None,
            users: BTreeMap::new(),
            tokens: BTreeMap::new(),
        }
    }
}

impl Memory {
    /// Whether this user is an admin and no other one is.
    pub fn is_last_admin(&self, user: &str) -> bool {
        let mut admins = self.users.iter().filter(|(_, known)| known.role == Role::Admin);
        admins.next().is_some_and(|(name, _)| name == user) && admins.next().is_none()
    }

    /// The fold of `records`, in their order.
    pub fn fold<'a>(records: impl IntoIterator<Item = &'a Record>) -> Self {
        let mut memory = Self::default();
        for record in records {
            memory.apply(record);
        }
        memory
    }

    /// The kill switch in force at `now`: of a person's and the file's the one that stops more; when they stop alike the
    /// file's, which `thaw` does not release. An unreadable record goes before both.
    pub fn kill_switch(&self, now: Timestamp) -> &Freeze {
        let unreadable = matches!(self.freeze, Freeze::Unreadable { .. });
        let (people, file) = (self.freeze.scope_at(now), self.freeze_file.scope_at(now));
        if unreadable || file.is_none() || people > file {
            &self.freeze
        } else {
            &self.freeze_file
        }
    }

    /// Intents that wait for their outcome.
    pub fn open_intents(&self) -> impl Iterator<Item = &Intent> {
        self.intents.values().filter(|intent| intent.is_open())
    }

    /// The hold that covers a resource on a node at `now`, if any.
    pub fn hold_on(&self, scopes: &[HoldScope], now: Timestamp) -> Option<(&HoldScope, &Hold)> {
        let alive = |hold: &Hold| hold.until.is_none_or(|until| until > now);
        scopes
            .iter()
            .find_map(|scope| self.holds.get_key_value(scope).filter(|(_, hold)| alive(hold)))
    }

    /// Whether a person approved this digest and the approval still stands at `now`.
    pub fn approval(&self, digest: &Digest, now: Timestamp) -> Option<&Approval> {
        self.approvals
            .get(digest)
            .filter(|approval| approval.expires_at > now)
    }

    /// Autonomous acts logged in the hour before `now`.
    pub fn acts_in_last_hour(&self, now: Timestamp) -> u32 {
        let counted = self
            .autonomous_acts
            .iter()
            .filter(|at| now.since(**at) < Duration::from_hours(1))
            .count();
        u32::try_from(counted).unwrap_or(u32::MAX)
    }

    /// When a guest that is down ended its run: when that was seen, or now where it is only being seen; none if it was never
    /// seen to run.
    pub fn run_ended(&self, vmid: Vmid, now: Timestamp) -> Option<Timestamp> {
        let ended = self.stopped_after_running.get(&vmid).map(|(_, ended)| *ended);
        ended.or_else(|| self.running.contains_key(&vmid).then_some(now))
    }

    /// Folds one record in. Records at or below [`Memory::seq`] are ignored, so that folding twice is harmless.
    pub fn apply(&mut self, record: &Record) {
        if record.seq <= self.seq {
            return;
        }
        self.seq = record.seq;
        let at = record.at;
        match &record.event {
            Event::RevisionApplied { .. }
            | Event::RevisionRejected { .. }
            | Event::RevisionWithheld { .. }
            | Event::SourceFailed { .. }
            | Event::SourceRecovered => self.apply_source(at, &record.event),
            Event::IssueOpened { .. }
            | Event::IssueAnnounced { .. }
            | Event::IssueAlerted { .. }
            | Event::IssueSilenced { .. }
            | Event::IssueHealthy { .. }
            | Event::IssueRelapsed { .. }
            | Event::IssueEscalated { .. }
            | Event::IssueRearmed { .. }
            | Event::RunbookStepped { .. }
            | Event::RunbookEnded { .. }
            | Event::IssueClosed { .. } => self.apply_issue(at, &record.event),
            Event::IntentLogged { .. }
            | Event::EffectAccepted { .. }
            | Event::ReplyUnknown { .. }
            | Event::TaskFinished { .. }
            | Event::IntentClosed { .. } => self.apply_intent(at, &record.event),
            Event::TicketOpened { .. } | Event::TicketConfirmed { .. } | Event::TicketChanged { .. } => {
                self.apply_ticket(&record.event);
            }
            Event::ProposalMade { .. }
            | Event::ProposalApproved { .. }
            | Event::ProposalRejected { .. }
            | Event::ProposalExpired { .. }
            | Event::ProposalPushed { .. }
            | Event::ProposalFailed { .. } => self.apply_proposal(at, &record.event),
            Event::UserSet { .. }
            | Event::UserRemoved { .. }
            | Event::TokenCreated { .. }
            | Event::TokenRevoked { .. }
            | Event::SessionsRevoked { .. } => self.apply_access(at, &record.event),
            _ => self.apply_person(at, &record.event),
        }
    }

    fn apply_source(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::RevisionApplied {
                commit,
                hash,
                resources,
            } => {
                let before = self
                    .revision
                    .take()
                    .map(|revision| revision.resources)
                    .unwrap_or_default();
                self.resource_changed.retain(|key, _| resources.contains_key(key));
                for (key, content) in resources {
                    if before.get(key) != Some(content) {
                        self.resource_changed.insert(key.clone(), at);
                    }
                }
                self.revision = Some(AppliedRevision {
                    commit: commit.clone(),
                    hash: hash.clone(),
                    at,
                    resources: resources.clone(),
                });
                self.pending = None;
                self.notice_applied(at, commit, resources);
            }
            Event::RevisionRejected { commit, errors } => {
                self.pending = Some(PendingRevision::Rejected {
                    commit: commit.clone(),
                    errors: errors.clone(),
                    at,
                });
            }
            Event::RevisionWithheld {
                commit,
                digest,
                reason,
            } => {
                self.pending = Some(PendingRevision::Withheld {
                    commit: commit.clone(),
                    digest: digest.clone(),
                    reason: reason.clone(),
                    at,
                });
            }
            Event::SourceFailed { reason } => self.source_failure = Some(reason.clone()),
            _ => self.source_failure = None,
        }
    }

    fn apply_issue(&mut self, at: Timestamp, event: &Event) {
        if let Event::IssueOpened { issue, summary } = event {
            let opened = Issue {
                key: issue.clone(),
                opened_at: at,
                summary: summary.clone(),
                attempts: Vec::new(),
                healthy_since: None,
                announced_at: None,
                escalated_at: None,
                escalated_hash: None,
                alerted: false,
                acknowledged: false,
                silent: false,
                last_outcome: None,
                run: None,
            };
            self.closed_silently.remove(issue);
            self.issues.insert(issue.clone(), opened);
        } else if let Event::IssueClosed { issue, .. } = event {
            let closed = self.issues.remove(issue);
            if closed.is_some_and(|closed| closed.silent) {
                self.closed_silently.insert(issue.clone());
            }
        } else {
            self.change_issue(at, event);
        }
    }

    fn change_issue(&mut self, at: Timestamp, event: &Event) {
        let (Event::IssueAnnounced { issue: key, .. }
        | Event::IssueAlerted { issue: key, .. }
        | Event::IssueSilenced { issue: key }
        | Event::IssueHealthy { issue: key }
        | Event::IssueRelapsed { issue: key, .. }
        | Event::IssueEscalated { issue: key, .. }
        | Event::RunbookStepped { issue: key, .. }
        | Event::RunbookEnded { issue: key, .. }
        | Event::IssueRearmed { issue: key, .. }) = event
        else {
            return;
        };
        let Some(issue) = self.issues.get_mut(key) else {
            return;
        };
        match event {
            Event::IssueAnnounced { .. } => issue.announced_at = Some(at),
            Event::IssueAlerted { .. } => {
                issue.alerted = true;
                issue.silent = false;
            }
            Event::IssueSilenced { .. } => issue.silent = true,
            Event::IssueHealthy { .. } => issue.healthy_since = Some(at),
            Event::IssueRelapsed { summary, .. } => {
                issue.healthy_since = None;
                issue.acknowledged = false;
                issue.announced_at = None;
                issue.summary.clone_from(summary);
            }
            Event::IssueEscalated { resource_hash, .. } => {
                issue.escalated_at = Some(at);
                issue.acknowledged = false;
                issue.silent = false;
                issue.run = None;
                issue.escalated_hash = Some(resource_hash.clone());
            }
            Event::RunbookStepped { runbook, step, .. } => {
                if *step == 0 {
                    issue.count_attempt(at);
                }
                issue.run = Some(Run {
                    runbook: runbook.clone(),
                    step: *step,
                    since: at,
                });
            }
            Event::RunbookEnded { .. } => issue.run = None,
            Event::IssueRearmed { because, .. } => {
                issue.escalated_at = None;
                issue.escalated_hash = None;
                issue.acknowledged = matches!(because, Rearmed::Acknowledged { .. });
                // Who acknowledged it was told; where nothing can be tried, the same would be told again at once.
                issue.alerted &= issue.acknowledged;
                if matches!(because, Rearmed::Acknowledged { .. } | Rearmed::Commit { .. }) {
                    issue.attempts.clear();
                    // What became of the last attempt was why it was given to people; now it may be tried again.
                    issue.last_outcome = None;
                }
            }
            _ => {}
        }
    }

    fn apply_intent(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::IntentLogged { intent } => self.log_intent(at, intent),
            Event::EffectAccepted { intent, upid } => {
                self.set_stage(
                    intent,
                    Stage::Accepted {
                        upid: upid.clone(),
                        at,
                    },
                );
            }
            Event::ReplyUnknown { intent, text } => {
                self.set_stage(intent, Stage::ReplyUnknown { text: text.clone() });
            }
            Event::TaskFinished { intent } => self.set_stage(intent, Stage::Finished { at }),
            Event::IntentClosed { intent, outcome } => self.close_intent(at, intent, outcome),
            _ => {}
        }
    }

    fn log_intent(&mut self, at: Timestamp, intent: &Intent) {
        if let Cause::Issue { issue } = &intent.cause
            && let Some(issue) = self.issues.get_mut(issue)
        {
            // A run that waited for a person for more than an hour counts anew.
            let counted_already = issue.run.is_some()
                && matches!(intent.origin, Origin::Runbook { .. })
                && issue.attempts_in_window(at) > 0;
            if !counted_already {
                issue.count_attempt(at);
            }
            issue.silent = intent.silent && !issue.alerted;
        }
        if intent.origin.is_autonomous() {
            self.autonomous_acts
                .retain(|earlier| at.since(*earlier) < Duration::from_hours(1));
            self.autonomous_acts.push(at);
        }
        self.approvals.remove(&intent.digest);
        self.intents.insert(intent.id.clone(), intent.clone());
        self.drop_old_intents();
    }

    fn close_intent(&mut self, at: Timestamp, id: &IntentId, outcome: &Outcome) {
        let Some(intent) = self.intents.get_mut(id) else {
            return;
        };
        intent.outcome = Some(outcome.clone());
        intent.closed_at = Some(at);
        if let crate::Effect::Guest { vmid, request, .. } = &intent.effect
            && matches!(
                request,
                crate::GuestVerb::Stop | crate::GuestVerb::Shutdown { .. }
            )
        {
            self.stopped_at.insert(*vmid, at);
        }
        if let crate::Effect::Node {
            node,
            request: crate::NodeVerb::Shutdown,
        } = &intent.effect
            && *outcome == Outcome::Verified
        {
            let text = format!("shut down through Jarvis for {}", intent.origin.label());
            self.shut_down.insert(node.clone(), text);
        }
        if let Cause::Issue { issue } = &intent.cause
            && let Some(issue) = self.issues.get_mut(issue)
        {
            issue.last_outcome = Some(outcome.clone());
        }
    }

    fn set_stage(&mut self, id: &IntentId, stage: Stage) {
        if let Some(intent) = self.intents.get_mut(id) {
            intent.stage = stage;
        }
    }

    fn drop_old_intents(&mut self) {
        while self.intents.len() > KEPT {
            let Some(oldest) = self
                .intents
                .values()
                .find(|intent| !intent.is_open())
                .map(|i| i.id.clone())
            else {
                return;
            };
            self.intents.remove(&oldest);
        }
    }

    fn apply_ticket(&mut self, event: &Event) {
        match event {
            Event::TicketOpened { ticket } => {
                self.tickets.insert(ticket.id.clone(), (**ticket).clone());
                while self.tickets.len() > KEPT {
                    let done = |ticket: &&Ticket| ticket.state.is_final();
                    let Some(oldest) = self.tickets.values().find(done).map(|ticket| ticket.id.clone())
                    else {
                        return;
                    };
                    self.tickets.remove(&oldest);
                }
            }
            Event::TicketConfirmed { ticket, confirmed } => {
                if let Some(ticket) = self.tickets.get_mut(ticket) {
                    ticket.confirmed = Some(confirmed.clone());
                    ticket.state = TicketState::Queued;
                }
            }
            Event::TicketChanged { ticket, state } => {
                if let Some(ticket) = self.tickets.get_mut(ticket) {
                    ticket.state = state.clone();
                }
            }
            _ => {}
        }
    }

    fn apply_access(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::UserSet {
                user,
                password_hash,
                role,
                one_time,
            } => {
                let set = User {
                    password_hash: password_hash.clone(),
                    role: *role,
                    one_time: *one_time,
                    sessions_from: at,
                };
                self.users.insert(user.clone(), set);
            }
            Event::UserRemoved { user, .. } => {
                self.users.remove(user);
                self.forget_tokens_of(user);
            }
            Event::TokenCreated {
                name,
                secret_hash,
                role,
                scopes,
                by,
                expires_at,
            } => {
                let token = Token {
                    secret_hash: secret_hash.clone(),
                    role: *role,
                    scopes: scopes.clone(),
                    by: by.clone(),
                    created_at: at,
                    expires_at: *expires_at,
                };
                self.tokens.insert(name.clone(), token);
            }
            Event::TokenRevoked { name, .. } => {
                self.tokens.remove(name);
            }
            Event::SessionsRevoked { user, .. } => {
                if let Some(user) = self.users.get_mut(user) {
                    user.sessions_from = at;
                }
            }
            _ => {}
        }
    }

    /// Tokens that somebody made, and those that were made with them.
    fn forget_tokens_of(&mut self, maker: &str) {
        let mut makers = vec![maker.to_owned()];
        while let Some(maker) = makers.pop() {
            let of_it = self.tokens.iter().filter(|(_, token)| token.by == maker);
            let names: Vec<String> = of_it.map(|(name, _)| name.clone()).collect();
            for name in names {
                self.tokens.remove(&name);
                makers.push(format!("token:{name}"));
            }
        }
    }

    fn apply_person(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::IdentitySeen { vmid, identity } => {
                self.identities.entry(*vmid).or_insert_with(|| identity.clone());
            }
            Event::IdentityAccepted { vmid, identity, .. } => {
                self.identities.insert(*vmid, identity.clone());
            }
            Event::Approved {
                digests,
                by,
                expires_at,
            } => {
                self.approvals.retain(|_, approval| approval.expires_at > at);
                for digest in digests {
                    let approval = Approval {
                        by: by.clone(),
                        at,
                        expires_at: *expires_at,
                    };
                    self.approvals.insert(digest.clone(), approval);
                }
            }
            Event::FreezeSet {
                scope,
                by,
                reason,
                until,
            } => {
                self.freeze = Freeze::On {
                    scope: *scope,
                    by: by.clone(),
                    reason: reason.clone(),
                    since: at,
                    until: *until,
                };
            }
            Event::Thawed { .. } => self.freeze = Freeze::Off,
            Event::FreezeFileFound { scope, reason } => {
                self.freeze_file = Freeze::On {
                    scope: *scope,
                    by: Freeze::FILE.to_owned(),
                    reason: reason.clone(),
                    since: at,
                    until: None,
                };
            }
            Event::FreezeFileGone => self.freeze_file = Freeze::Off,
            Event::HoldSet { scope, hold } => {
                self.holds
                    .retain(|_, hold| hold.until.is_none_or(|until| until > at));
                self.holds.insert(scope.clone(), hold.clone());
            }
            Event::HoldReleased { scope, .. } => {
                self.holds.remove(scope);
            }
            Event::CeilingSet { ceiling, .. } => self.ceiling = *ceiling,
            _ => self.apply_cluster(at, event),
        }
    }

    fn apply_cluster(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::GuestsSeen { running, stopped } => {
                for vmid in stopped {
                    let since = self.running.remove(vmid).unwrap_or(at);
                    self.stopped_after_running.insert(*vmid, (since, at));
                }
                for vmid in running {
                    self.running.insert(*vmid, at);
                    self.stopped_after_running.remove(vmid);
                }
            }
            Event::HostDistrusted { host, text } => {
                self.distrusted.insert(host.clone(), text.clone());
            }
            Event::HostTrusted { host } => {
                self.distrusted.remove(host);
            }
            Event::MacSeen { node, mac } => {
                self.macs.insert(node.clone(), mac.clone());
            }
            Event::NodeLost { node } => {
                self.lost_nodes.insert(node.clone());
            }
            Event::NodeShutDown { node, text } => {
                self.shut_down.insert(node.clone(), text.clone());
            }
            Event::NodeReturned { node } => {
                self.shut_down.remove(node);
                self.lost_nodes.remove(node);
            }
            Event::QuorumLost => self.quorum_lost = true,
            Event::QuorumRegained => self.quorum_lost = false,
            Event::RoomLacking { .. } => self.room_lacking = true,
            Event::RoomRegained => self.room_lacking = false,
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "memory/tests.rs"]
mod tests;
