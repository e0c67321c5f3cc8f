//! The tracker: folds looks into [`Observed`] and decides what may be believed.
//!
//! The cluster list lags by up to 10 s, shows guests of a dead node as running for minutes, and the same again for
//! seconds after the node's return. So a guest's status is Known only while its node is Known online, its node's uptime
//! grows, and the node has settled after a return; a node is Known offline only when two quorate entry points say so.

use jarvis_model::{
    GuestObserved, GuestStatus, NodeName, NodeObserved, NodeStatus, Observation, Observed, Quorum,
    StorageObserved, TaskObserved, Timestamp, UnknownReason,
};
use jarvis_ports::{ClusterLook, GuestRow, NodeRow, QuorumLook, StorageRow};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

/// A node whose uptime has not grown for this long tells nothing any more.
const UPTIME_STALLED: Duration = Duration::from_secs(25);
/// How long after a node's return the list still shows what was before its death.
const SETTLE: Duration = Duration::from_secs(15);
/// Quorate entry points that must see a node offline.
const OFFLINE_WITNESSES: u32 = 2;
/// Passes are counted up to here.
const MOST_PASSES: u32 = 1000;
/// Complete looks that must follow each other after a start.
const CONSECUTIVE: u32 = 2;

#[derive(Debug, Clone, Default)]
struct NodeTrack {
    uptime_secs: Option<u64>,
    moved_at: Timestamp,
    away: bool,
    returned_at: Option<Timestamp>,
    settled: bool,
}

/// Folds looks into [`Observed`].
#[derive(Debug, Clone, Default)]
pub struct Tracker {
    nodes: BTreeMap<NodeName, NodeTrack>,
    offline_witnesses: BTreeMap<NodeName, u32>,
    votes: BTreeMap<NodeName, u32>,
    ips: BTreeMap<NodeName, String>,
}

impl Tracker {
    /// Takes one cluster-wide look in.
    pub fn absorb_cluster(&mut self, observed: &mut Observed, look: &ClusterLook, now: Timestamp) {
        let mut nodes = BTreeMap::new();
        for row in &look.nodes {
            let before = observed.nodes.remove(&row.node);
            nodes.insert(row.node.clone(), self.node(row, before, now));
        }
        for (name, mut gone) in std::mem::take(&mut observed.nodes) {
            gone.status = Observation::unknown(UnknownReason::Contradictory);
            nodes.insert(name, gone);
        }
        observed.nodes = nodes;
        let mut guests = std::mem::take(&mut observed.guests);
        let rows = look.guests.iter().map(|row| {
            let before = guests.remove(&row.vmid);
            (row.vmid, self.guest(row, before, &observed.nodes, now))
        });
        // Made at once its nodes are full; filled in order they would be half empty.
        observed.guests = rows.collect();
        observed.storages = storages(&look.storages, &observed.nodes, now);
        observed.looked_at = Some(now);
        let complete = !observed.nodes.is_empty()
            && observed.quorum.value().is_some()
            && observed.nodes.values().all(|node| node.status.value().is_some());
        if complete {
            observed.complete_passes = (observed.complete_passes + 1).min(MOST_PASSES);
        } else if observed.complete_passes < CONSECUTIVE {
            // The first ones count only one right after the other.
            observed.complete_passes = 0;
        }
    }

    fn node(&mut self, row: &NodeRow, before: Option<NodeObserved>, now: Timestamp) -> NodeObserved {
        let track = self.nodes.entry(row.node.clone()).or_insert_with(|| NodeTrack {
            moved_at: now,
            settled: true,
            ..NodeTrack::default()
        });
        let witnesses = self.offline_witnesses.get(&row.node).copied().unwrap_or(0);
        let status = match row.status.as_str() {
            "online" => track.online(row.uptime_secs, now),
            "offline" => {
                track.away = true;
                if witnesses >= OFFLINE_WITNESSES {
                    Observation::known(NodeStatus::Offline, now)
                } else {
                    Observation::unknown(UnknownReason::NodeAway)
                }
            }
            _ => Observation::unknown(UnknownReason::Stale),
        };
        NodeObserved {
            name: row.node.clone(),
            status,
            api: before.as_ref().map(|node| node.api.clone()).unwrap_or_default(),
            returned_at: track.returned_at,
            uptime_secs: row.uptime_secs,
            votes: self.votes.get(&row.node).copied().unwrap_or(1),
            ha_state: row.ha_state.clone(),
            ip: self.ips.get(&row.node).cloned(),
            idle: before.map(|node| node.idle).unwrap_or_default(),
            usage: row.usage,
        }
    }

    fn guest(
        &self,
        row: &GuestRow,
        before: Option<GuestObserved>,
        nodes: &BTreeMap<NodeName, NodeObserved>,
        now: Timestamp,
    ) -> GuestObserved {
        let status = self.guest_status(row, nodes, now);
        let moved = before.as_ref().is_some_and(|guest| guest.node != row.node);
        let agreeing = before
            .as_ref()
            .filter(|guest| guest.status.value() == status.value() && status.value().is_some())
            .map_or(1, |guest| (guest.agreeing_samples + 1).min(MOST_PASSES));
        let runs = status.value() == Some(&GuestStatus::Running);
        let keep = before.filter(|guest| !moved && guest.kind == row.kind);
        GuestObserved {
            vmid: row.vmid,
            kind: row.kind,
            // The one name that all guests of the node share.
            node: nodes
                .get_key_value(&row.node)
                .map_or_else(|| row.node.clone(), |(name, _)| name.clone()),
            name: row
                .name
                .clone()
                .or_else(|| keep.as_ref().and_then(|guest| guest.name.clone())),
            status,
            agreeing_samples: agreeing,
            live: keep.as_ref().map(|guest| guest.live.clone()).unwrap_or_default(),
            uptime_secs: row.uptime_secs,
            template: row.template,
            lock: row.lock.clone(),
            ha_state: row.ha_state.clone(),
            identity: keep
                .as_ref()
                .map(|guest| guest.identity.clone())
                .unwrap_or_default(),
            stop_cause: keep
                .as_ref()
                .filter(|_| !runs)
                .map(|guest| guest.stop_cause.clone())
                .unwrap_or_default(),
            ready: keep
                .as_ref()
                .filter(|_| runs)
                .map(|guest| guest.ready.clone())
                .unwrap_or_default(),
            running_task: keep.and_then(|guest| guest.running_task),
            tags: row.tags.clone(),
            usage: row.usage,
        }
    }

    fn guest_status(
        &self,
        row: &GuestRow,
        nodes: &BTreeMap<NodeName, NodeObserved>,
        now: Timestamp,
    ) -> Observation<GuestStatus> {
        let node = nodes.get(&row.node);
        if node.and_then(|node| node.status.value()) != Some(&NodeStatus::Online) {
            return Observation::unknown(UnknownReason::NodeAway);
        }
        if !self.nodes.get(&row.node).is_some_and(|track| track.settled) {
            return Observation::unknown(UnknownReason::Stale);
        }
        match row.status.as_str() {
            "running" => Observation::known(GuestStatus::Running, now),
            "stopped" => Observation::known(GuestStatus::Stopped, now),
            "unknown" | "" => Observation::unknown(UnknownReason::Stale),
            word => Observation::known(GuestStatus::Held(word.to_owned()), now),
        }
    }

    /// Takes what one or more entry points say of quorum and membership.
    pub fn absorb_quorum(&mut self, observed: &mut Observed, looks: &[QuorumLook], now: Timestamp) {
        let quorate: Vec<&QuorumLook> = looks.iter().filter(|look| look.quorate).collect();
        for look in looks {
            self.votes.extend(look.votes.clone());
            self.ips.extend(look.ips.clone());
        }
        self.offline_witnesses.clear();
        for look in &quorate {
            for (node, online) in &look.online {
                if !online {
                    *self.offline_witnesses.entry(node.clone()).or_default() += 1;
                }
            }
        }
        let members: BTreeSet<&NodeName> = looks.iter().flat_map(|look| look.online.keys()).collect();
        let expected = members
            .iter()
            .map(|node| self.votes.get(*node).copied().unwrap_or(1))
            .sum();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let disagree = quorate.len() != looks.len() && quorate.len() < 2 && !quorate.is_empty();
        observed.quorum = match looks {
            [] => return,
            _ if disagree => Observation::unknown(UnknownReason::Contradictory),
            _ => {
                let agreed = if quorate.is_empty() {
                    looks.len()
                } else {
                    same_membership(&quorate)
                };
                let quorum = Quorum {
                    quorate: !quorate.is_empty(),
                    expected_votes: expected,
                    device_votes: 0,
                    agreeing: count(agreed),
                };
                Observation::known(quorum, now)
            }
        };
    }

    /// Takes the cluster's task list in.
    pub fn absorb_tasks(observed: &mut Observed, tasks: Vec<TaskObserved>) {
        let running: Vec<&TaskObserved> = tasks
            .iter()
            .filter(|task| task.ended_at.is_none() && occupies(task))
            .collect();
        for guest in observed.guests.values_mut() {
            let of_this = |task: &&&TaskObserved| task.upid.vmid() == Some(guest.vmid);
            guest.running_task = running.iter().find(of_this).map(|task| task.upid.clone());
        }
        observed.tasks = tasks;
    }
}

/// Whether a task works on its guest; an open console does not.
pub fn occupies(task: &TaskObserved) -> bool {
    !matches!(
        task.upid.task_type(),
        "vncproxy" | "vncshell" | "spiceproxy" | "spiceshell" | "termproxy"
    )
}

/// How many of the quorate looks see the same members online as the first.
fn same_membership(looks: &[&QuorumLook]) -> usize {
    looks.iter().filter(|look| look.online == looks[0].online).count()
}

impl NodeTrack {
    fn online(&mut self, uptime_secs: Option<u64>, now: Timestamp) -> Observation<NodeStatus> {
        let fell =
            matches!((self.uptime_secs, uptime_secs), (Some(before), Some(after)) if after + 5 < before);
        if self.uptime_secs != uptime_secs {
            self.moved_at = now;
        }
        if self.away {
            self.away = false;
            self.returned_at = Some(now);
            self.settled = false;
        }
        if fell {
            self.returned_at = Some(now);
            self.settled = true;
        } else if self.returned_at.is_none_or(|returned| now >= returned + SETTLE) {
            self.settled = true;
        }
        self.uptime_secs = uptime_secs;
        if uptime_secs.is_some() && now.since(self.moved_at) > UPTIME_STALLED {
            return Observation::unknown(UnknownReason::Stale);
        }
        Observation::known(NodeStatus::Online, now)
    }
}

/// Storages; what a node that is not Known online last said of its own is not believed.
fn storages(
    rows: &[StorageRow],
    nodes: &BTreeMap<NodeName, NodeObserved>,
    now: Timestamp,
) -> BTreeMap<String, StorageObserved> {
    let online = |name| {
        nodes
            .get(name)
            .and_then(|node: &NodeObserved| node.status.value())
            == Some(&NodeStatus::Online)
    };
    let mut storages = BTreeMap::new();
    for row in rows {
        let id = if row.shared {
            format!("storage/{}", row.storage)
        } else {
            row.id.clone()
        };
        let storage = StorageObserved {
            storage: row.storage.clone(),
            node: (!row.shared).then(|| row.node.clone()),
            plugin: row.plugin.clone(),
            active: if online(&row.node) {
                Observation::known(row.available, now)
            } else {
                Observation::unknown(UnknownReason::NodeAway)
            },
            used_bytes: row.used_bytes,
            total_bytes: row.total_bytes,
        };
        let better = |known: &StorageObserved| known.active.value() == Some(&true);
        if !storages.get(&id).is_some_and(better) {
            storages.insert(id, storage);
        }
    }
    storages
}

#[cfg(test)]
mod tests;
