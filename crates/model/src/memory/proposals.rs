//! The fold of proposals.

use super::Memory;
use crate::{Event, Proposal, ProposalId, ProposalState, ResourceKey, Timestamp};
use std::{collections::BTreeMap, sync::Arc};

/// Ended proposals kept for the screen; older ones are in the journal.
const KEPT: usize = 50;

impl Memory {
    /// Proposals that wait for a person at `now`, oldest first.
    pub fn open_proposals(&self, now: Timestamp) -> impl Iterator<Item = &Arc<Proposal>> {
        self.proposals
            .values()
            .filter(move |proposal| proposal.state.is_open() && proposal.expires_at > now)
    }

    pub(super) fn apply_proposal(&mut self, at: Timestamp, event: &Event) {
        match event {
            Event::ProposalMade { proposal } => {
                self.proposals.insert(proposal.id.clone(), proposal.clone());
                self.drop_old_proposals();
            }
            Event::ProposalApproved { proposal, by, .. } => {
                let by = by.clone();
                self.set_proposal(proposal, ProposalState::Approved { by, at });
            }
            Event::ProposalRejected { proposal, by, reason } => {
                let (by, reason) = (by.clone(), reason.clone());
                self.set_proposal(proposal, ProposalState::Rejected { by, reason, at });
            }
            Event::ProposalExpired { proposal } => self.set_proposal(proposal, ProposalState::Expired { at }),
            Event::ProposalPushed {
                proposal,
                commit,
                branch,
                request,
            } => {
                let state = ProposalState::Pushed {
                    by: self.approver_of(proposal),
                    at,
                    commit: commit.clone(),
                    branch: branch.clone(),
                    request: request.clone(),
                };
                self.set_proposal(proposal, state);
                // It may be in force already: the branch was fetched before this record was written.
                if let Some(revision) = &self.revision {
                    let (commit, resources) = (revision.commit.clone(), revision.resources.clone());
                    self.notice_applied(at, &commit, &resources);
                }
            }
            Event::ProposalFailed {
                proposal,
                conflict,
                reason,
            } => {
                let reason = reason.clone();
                let state = if *conflict {
                    ProposalState::Conflict { reason, at }
                } else {
                    ProposalState::Failed { reason, at }
                };
                self.set_proposal(proposal, state);
            }
            _ => {}
        }
    }

    /// A revision came into force: a pushed proposal whose resources all are in it as it wanted them is in force with it.
    pub(super) fn notice_applied(
        &mut self,
        at: Timestamp,
        revision: &str,
        resources: &BTreeMap<ResourceKey, String>,
    ) {
        for proposal in self.proposals.values_mut() {
            let ProposalState::Pushed { by, commit, .. } = &proposal.state else {
                continue;
            };
            let as_wanted =
                |(key, hash): (&ResourceKey, &Option<String>)| resources.get(key) == hash.as_ref();
            let in_it = commit == revision
                || (!proposal.resources.is_empty() && proposal.resources.iter().all(as_wanted));
            if in_it {
                let state = ProposalState::Applied {
                    by: by.clone(),
                    at,
                    commit: commit.clone(),
                    revision: revision.to_owned(),
                };
                Arc::make_mut(proposal).state = state;
            }
        }
    }

    fn approver_of(&self, id: &ProposalId) -> String {
        match self.proposals.get(id).map(|proposal| &proposal.state) {
            Some(ProposalState::Approved { by, .. }) => by.clone(),
            _ => String::new(),
        }
    }

    fn set_proposal(&mut self, id: &ProposalId, state: ProposalState) {
        if let Some(proposal) = self.proposals.get_mut(id) {
            Arc::make_mut(proposal).state = state;
        }
    }

    fn drop_old_proposals(&mut self) {
        let ended = |proposal: &&Arc<Proposal>| {
            proposal.state.is_final() || matches!(proposal.state, ProposalState::Pushed { .. })
        };
        while self.proposals.values().filter(ended).count() > KEPT {
            let Some(oldest) = self
                .proposals
                .values()
                .find(ended)
                .map(|proposal| proposal.id.clone())
            else {
                return;
            };
            self.proposals.remove(&oldest);
        }
    }
}
