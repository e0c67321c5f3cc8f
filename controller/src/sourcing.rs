//! Revisions: a good one comes into force, a broken one is reported and the last good one stays, one that removes
//! too much waits for a person.

use crate::core::Core;
use jarvis_crds::{Desired, load, shrink_from};
use jarvis_model::{Digest, Event, memory::PendingRevision};
use jarvis_ports::{Fetched, SourceError};
use std::sync::Arc;

/// Errors of a broken revision that are remembered.
const MOST_ERRORS: usize = 50;

impl Core {
    /// The newest commit that was looked at, good or not.
    pub(crate) fn newest_commit(&self) -> Option<String> {
        let pending = self.memory.pending.as_ref().map(|pending| match pending {
            PendingRevision::Rejected { commit, .. } | PendingRevision::Withheld { commit, .. } => {
                commit.clone()
            }
        });
        // A withheld revision must be read again after a restart, so it does not count as looked at then.
        let forgotten =
            matches!(self.memory.pending, Some(PendingRevision::Withheld { .. })) && self.withheld.is_none();
        let pending = pending.filter(|_| !forgotten);
        pending.or_else(|| {
            self.desired_known
                .then(|| self.desired.revision.commit.to_string())
        })
    }

    pub(crate) fn absorb_fetched(&mut self, fetched: Result<Option<Fetched>, SourceError>) {
        match fetched {
            Ok(newer) => {
                self.state.last_fetch_at = Some(self.now());
                if self.memory.source_failure.is_some() {
                    drop(self.remember(vec![Event::SourceRecovered]));
                }
                if let Some(newer) = newer {
                    self.absorb_revision(&newer);
                }
            }
            Err(error) => self.source_failed(error.to_string()),
        }
    }

    /// The last good revision after a restart.
    pub(crate) fn absorb_restored(&mut self, restored: Result<Fetched, SourceError>) {
        match restored {
            Ok(fetched) => match load(&fetched.files, &fetched.commit) {
                Ok(loaded) => {
                    self.desired = Arc::new(loaded.desired);
                    self.desired_known = true;
                }
                Err(errors) => {
                    let first = errors.first().map(ToString::to_string).unwrap_or_default();
                    self.source_failed(format!("the revision in force can no longer be read: {first}"));
                }
            },
            Err(error) => self.source_failed(error.to_string()),
        }
    }

    fn source_failed(&mut self, reason: String) {
        tracing::warn!(%reason, "manifests cannot be read; the last good revision stays in force");
        if self.memory.source_failure.as_ref() != Some(&reason) {
            drop(self.remember(vec![Event::SourceFailed { reason }]));
        }
    }

    fn absorb_revision(&mut self, fetched: &Fetched) {
        match load(&fetched.files, &fetched.commit) {
            Ok(loaded) => self.consider(loaded.desired),
            Err(errors) => {
                for error in &errors {
                    tracing::warn!(commit = %fetched.commit, "{error}");
                }
                let mut lines: Vec<String> =
                    errors.iter().take(MOST_ERRORS).map(ToString::to_string).collect();
                if errors.len() > MOST_ERRORS {
                    lines.push(format!("and {} more", errors.len() - MOST_ERRORS));
                }
                tracing::warn!(commit = %fetched.commit, errors = errors.len(), "a revision has errors; the last good one stays in force");
                self.withheld = None;
                drop(self.remember(vec![Event::RevisionRejected {
                    commit: fetched.commit.clone(),
                    errors: lines,
                }]));
            }
        }
    }

    fn consider(&mut self, newer: Desired) {
        if let Some(cluster) = foreign_cluster(&newer, &self.options.cluster) {
            let commit = newer.revision.commit.to_string();
            drop(self.remember(vec![Event::RevisionRejected {
                commit,
                errors: vec![cluster],
            }]));
            return;
        }
        // Memory knows the names of what was in force, also when that revision can no longer be read.
        let names = self
            .memory
            .revision
            .as_ref()
            .map(|revision| revision.resources.keys().cloned().collect());
        let in_force = names.and_then(|names| shrink_from(&names, &newer));
        match in_force {
            Some(shrunk) => {
                let digest = Digest::of(&("revision", &newer.revision.commit, &newer.revision.hash));
                let event = Event::RevisionWithheld {
                    commit: newer.revision.commit.to_string(),
                    digest: digest.clone(),
                    reason: shrunk.message,
                };
                self.withheld = Some((digest, Arc::new(newer)));
                drop(self.remember(vec![event]));
            }
            None => self.bring_into_force(Arc::new(newer)),
        }
    }

    /// Brings a revision into force.
    pub(crate) fn bring_into_force(&mut self, newer: Arc<Desired>) {
        let event = Event::RevisionApplied {
            commit: newer.revision.commit.to_string(),
            hash: newer.revision.hash.clone(),
            resources: newer.resources().collect(),
        };
        if self.remember(vec![event]).is_ok() {
            self.withheld = None;
            self.desired = newer;
            self.desired_known = true;
        }
    }
}

/// A manifest that names another cluster.
pub(crate) fn foreign_cluster(desired: &Desired, cluster: &str) -> Option<String> {
    let guests = desired.guests.iter();
    let guests = guests.map(|(key, guest)| (key, guest.spec.cluster.as_deref()));
    let nodes = desired.nodes.iter();
    let nodes = nodes.map(|(key, node)| (key, node.spec.cluster.as_deref()));
    guests.chain(nodes).find_map(|(key, named)| {
        let named = named.filter(|named| *named != cluster)?;
        Some(format!(
            "{key} spec.cluster: {named} is not configured; this Jarvis keeps {cluster}"
        ))
    })
}
