//! Who sees whom: membership, quorum, and each node's own picture of the others.
//!
//! Every node has a [`View`]. A view changes only when corosync has noticed, so two nodes may disagree, and a node
//! whose corosync is stopped goes on listing everybody while it has no quorum.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::World;
use super::sampling::Report;
use crate::time::SimTime;

/// What one node knows of the cluster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct View {
    /// Members it counts as online.
    pub members: BTreeSet<String>,
    /// It has quorum.
    pub quorate: bool,
    /// The last report of each node that reached it.
    pub reports: BTreeMap<String, Arc<Report>>,
    /// Since when a node is gone from it.
    pub gone_since: BTreeMap<String, SimTime>,
}

impl World {
    /// Votes needed for quorum.
    pub fn quorum_votes(&self) -> u32 {
        self.nodes.values().map(|node| node.votes).sum::<u32>() / 2 + 1
    }

    /// Whether `a` and `b` hear each other now (before anybody has noticed).
    pub(super) fn connected(&self, a: &str, b: &str) -> bool {
        if a == b {
            return self.nodes.get(a).is_some_and(super::node::Node::is_on);
        }
        match (self.nodes.get(a), self.nodes.get(b)) {
            (Some(a), Some(b)) => a.talks() && b.talks() && a.side == b.side,
            _ => false,
        }
    }

    /// Whether `viewer` has quorum.
    pub fn is_quorate(&self, viewer: &str) -> bool {
        self.views.get(viewer).is_some_and(|view| view.quorate)
    }

    /// Whether `viewer` counts `node` as online.
    pub fn sees_online(&self, viewer: &str, node: &str) -> bool {
        self.views
            .get(viewer)
            .is_some_and(|view| view.members.contains(node))
    }

    /// The first working node that has quorum: what the majority believes.
    pub fn majority_viewer(&self) -> Option<&str> {
        self.nodes
            .values()
            .filter(|node| node.works() && self.is_quorate(&node.name))
            .min_by_key(|node| node.nodeid)
            .map(|node| node.name.as_str())
    }

    /// Members look who is there; called when corosync has noticed a change.
    pub(super) fn settle(&mut self) {
        let names: Vec<String> = self.nodes.keys().cloned().collect();
        for viewer in &names {
            let node = &self.nodes[viewer];
            if !node.works() {
                continue;
            }
            if node.daemons.corosync {
                let members: BTreeSet<String> = names
                    .iter()
                    .filter(|other| self.connected(viewer, other))
                    .cloned()
                    .collect();
                let votes: u32 = members.iter().map(|name| self.nodes[name].votes).sum();
                let quorate = votes >= self.quorum_votes();
                self.change_view(viewer, members, quorate);
            } else {
                self.views.entry(viewer.clone()).or_default().quorate = false;
            }
            let quorate = self.is_quorate(viewer);
            let now = self.now;
            if let Some(node) = self.nodes.get_mut(viewer) {
                node.inquorate_since = if quorate {
                    None
                } else {
                    node.inquorate_since.or(Some(now))
                };
            }
        }
    }

    fn change_view(&mut self, viewer: &str, members: BTreeSet<String>, quorate: bool) {
        let now = self.now;
        // A newcomer is told what the others know.
        let known_by_peer = members
            .iter()
            .filter(|peer| *peer != viewer)
            .find_map(|peer| self.views.get(peer).map(|view| view.reports.clone()));
        let view = self.views.entry(viewer.to_owned()).or_default();
        for lost in view.members.difference(&members) {
            view.gone_since.insert(lost.clone(), now);
        }
        for found in &members {
            view.gone_since.remove(found);
        }
        for (name, report) in known_by_peer.into_iter().flatten() {
            let newer = view.reports.get(&name).is_none_or(|own| own.at < report.at);
            if newer {
                view.reports.insert(name, report);
            }
        }
        view.members = members;
        view.quorate = quorate;
    }
}
