//! Looking at quorum: membership from several entry points that are different nodes, and votes. Judges nothing.

use crate::{
    answer::Envelope,
    ask::Look,
    client::{Proxmox, lock},
    decode,
    entry::Entry,
    looks::read,
    paths,
};
use futures::stream::{FuturesUnordered, StreamExt as _};
use jarvis_model::NodeName;
use jarvis_ports::{LookError, QuorumLook};
use std::{collections::BTreeMap, sync::Arc};
use tokio::time::Instant;

impl Proxmox {
    /// Asks until `ask` different nodes have told, the next entry point after each failure or hedge delay. A node that
    /// answers at two entry points counts once. Silent ones are waited for only so long once one has answered; those
    /// put aside are not asked while others are in good standing.
    pub(crate) async fn ask_for_quorum(&self, ask: usize) -> Vec<Result<QuorumLook, LookError>> {
        let look = Look::cluster("look at quorum", paths::CLUSTER_STATUS);
        let (good, aside): (Vec<_>, Vec<_>) = self
            .order(None)
            .into_iter()
            .partition(|entry| entry.health.aside().is_none());
        let mut candidates = if good.is_empty() { aside } else { good }.into_iter();
        let mut running: FuturesUnordered<_> = candidates
            .by_ref()
            .take(ask)
            .map(|entry| self.ask_and_name(entry, &look))
            .collect();
        let (mut told, mut refused) = (BTreeMap::new(), Vec::new());
        let hedge = self.options.timeouts.hedge;
        let mut patience = Instant::now() + self.options.timeouts.look * 2;
        while told.len() < ask {
            tokio::select! {
                biased;
                answered = running.next() => match answered {
                    Some((entry, Ok(envelope))) => match self.read_quorum(&entry, &look.what, &envelope) {
                        Ok(seen) => {
                            patience = patience.min(Instant::now() + hedge * 2);
                            if told.insert(seen.via.clone(), (entry, seen)).is_none() {
                                continue;
                            }
                        }
                        Err(error) => refused.push(error),
                    },
                    Some((_, Err(LookError::Unreachable { .. }))) => {}
                    Some((_, Err(error))) => refused.push(error),
                    None => break,
                },
                () = tokio::time::sleep(hedge), if candidates.len() > 0 => {}
                () = tokio::time::sleep_until(patience) => break,
            }
            running.extend(candidates.next().map(|entry| self.ask_and_name(entry, &look)));
        }
        drop(running);
        let votes = match told.values().next() {
            Some((entry, _)) => self.votes(entry).await,
            None => BTreeMap::new(),
        };
        let told = told.into_values().map(|(_, seen)| {
            Ok(QuorumLook {
                votes: votes.clone(),
                ..seen
            })
        });
        told.chain(refused.into_iter().map(Err)).collect()
    }

    fn read_quorum(&self, entry: &Entry, what: &str, envelope: &Envelope) -> Result<QuorumLook, LookError> {
        let (mut look, local) = read(what, decode::quorum(&envelope.data, String::new()))?;
        if let Some(local) = local {
            self.learn(entry, &local);
        }
        if look.quorate {
            self.learn_addresses(entry, &look.ips);
        }
        look.via = entry.name();
        Ok(look)
    }

    /// Votes, asked for once in a few minutes; empty when they may not be read, the last known when there is no answer.
    async fn votes(&self, entry: &Arc<Entry>) -> BTreeMap<NodeName, u32> {
        let known = lock(&self.votes).clone();
        if let Some((read_at, votes)) = &known
            && read_at.elapsed() < self.options.timeouts.votes
        {
            return votes.clone();
        }
        let fresh = match self
            .ask::<Envelope>(entry, &Look::cluster("ask for votes", paths::CONFIG_NODES))
            .await
        {
            Ok(envelope) => decode::votes(&envelope.data),
            Err(LookError::NoRights { .. }) => BTreeMap::new(),
            // No corosync configuration, or a passing trouble: what was known holds.
            Err(LookError::Refused { .. } | LookError::Missing { .. }) => {
                known.map(|(_, votes)| votes).unwrap_or_default()
            }
            Err(_) => return known.map(|(_, votes)| votes).unwrap_or_default(),
        };
        *lock(&self.votes) = Some((Instant::now(), fresh.clone()));
        fresh
    }
}
