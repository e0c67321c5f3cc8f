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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Digest, Origin, Record, Role};

    fn proposal(id: &str) -> Arc<Proposal> {
        let web: ResourceKey = "VirtualMachine/web".parse().unwrap();
        Arc::new(Proposal {
            id: ProposalId(id.to_owned()),
            title: "t".to_owned(),
            reason: String::new(),
            origin: Origin::Reconciler,
            conversation: None,
            base: "b".to_owned(),
            changes: Vec::new(),
            files: Vec::new(),
            resources: BTreeMap::from([(web, Some("wanted".to_owned()))]),
            effect: String::new(),
            foreseen: Vec::new(),
            needs: Role::Operator,
            needs_reason: None,
            digest: Digest::of(&id),
            made_at: Timestamp::default(),
            expires_at: Timestamp::from_secs(100),
            state: ProposalState::Waiting,
        })
    }

    fn fold(events: Vec<Event>) -> Memory {
        let records = (1..).zip(events).map(|(seq, event)| Record {
            seq,
            at: Timestamp::from_secs(seq),
            epoch: 1,
            event,
        });
        Memory::fold(&records.collect::<Vec<_>>())
    }

    fn made(id: &str) -> Event {
        Event::ProposalMade {
            proposal: proposal(id),
        }
    }

    fn pushed(id: &str) -> Vec<Event> {
        let proposal = ProposalId(id.to_owned());
        vec![
            Event::ProposalApproved {
                proposal: proposal.clone(),
                digest: Digest::of(&id),
                by: "anna".to_owned(),
            },
            Event::ProposalPushed {
                proposal,
                commit: "c1".to_owned(),
                branch: "main".to_owned(),
                request: None,
            },
        ]
    }

    fn applied(commit: &str, hash: &str) -> Event {
        let web: ResourceKey = "VirtualMachine/web".parse().unwrap();
        Event::RevisionApplied {
            commit: commit.to_owned(),
            hash: "h".to_owned(),
            resources: BTreeMap::from([(web, hash.to_owned())]),
        }
    }

    fn word(memory: &Memory, id: &str) -> &'static str {
        memory.proposals[&ProposalId(id.to_owned())].state.word()
    }

    #[test]
    fn a_pushed_proposal_is_in_force_with_its_commit_or_with_one_that_holds_the_same() {
        let until = |last: Event| {
            let mut events = vec![made("p")];
            events.extend(pushed("p"));
            events.push(last);
            fold(events)
        };
        assert_eq!(
            word(&until(applied("c1", "other")), "p"),
            "applied",
            "its own commit"
        );
        assert_eq!(
            word(&until(applied("c2", "wanted")), "p"),
            "applied",
            "merged by another"
        );
        assert_eq!(word(&until(applied("c2", "other")), "p"), "pushed");
        let mut events = vec![made("p"), applied("c1", "wanted")];
        events.extend(pushed("p"));
        assert_eq!(
            word(&fold(events), "p"),
            "applied",
            "fetched before the push was recorded"
        );
        assert_eq!(
            word(&fold(vec![made("p"), applied("c1", "wanted")]), "p"),
            "waiting",
            "what nobody approved is not done, whatever holds"
        );
    }

    #[test]
    fn open_ones_are_kept_whatever_ended_and_ended_ones_by_number() {
        let mut events = vec![made("open")];
        for n in 0..KEPT + 20 {
            let id = format!("p{n:03}");
            events.push(made(&id));
            events.push(Event::ProposalExpired {
                proposal: ProposalId(id),
            });
        }
        let memory = fold(events);
        assert_eq!(word(&memory, "open"), "waiting");
        assert!(memory.proposals.len() <= KEPT + 2, "{}", memory.proposals.len());
        assert_eq!(memory.open_proposals(Timestamp::from_secs(99)).count(), 1);
        assert_eq!(
            memory.open_proposals(Timestamp::from_secs(100)).count(),
            0,
            "it has lapsed"
        );
    }
}
