//! Snapshots and deltas of the cluster: pure. Applying every delta in order to the first snapshot gives the latest one.

use super::{
    figures::Figures,
    types::{
        Moment,
        cluster::{Guest, Loop, Node, Quorum, Storage},
        resource::Resource,
        ticket::Freeze,
    },
};
use async_graphql::{Object, SimpleObject};
use std::collections::BTreeMap;

/// The cluster as one value.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    nodes: BTreeMap<String, Node>,
    guests: BTreeMap<i32, Guest>,
    storages: BTreeMap<String, Storage>,
    resources: BTreeMap<String, Resource>,
    quorum: Quorum,
    freeze: Freeze,
    loop_state: Loop,
}

/// What changed from one picture to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Delta {
    nodes: Changes<String, Node>,
    guests: Changes<i32, Guest>,
    figures: Vec<Figures>,
    storages: Changes<String, Storage>,
    resources: Changes<String, Resource>,
    quorum: Option<Quorum>,
    freeze: Option<Freeze>,
    loop_state: Option<Loop>,
}

/// Changes of a keyed list.
#[derive(Debug, Clone, PartialEq)]
struct Changes<K, T> {
    upserted: Vec<T>,
    removed: Vec<K>,
}

impl Picture {
    /// The picture at a moment.
    pub fn of(moment: &Moment) -> Self {
        Self {
            nodes: keyed(Node::all(moment), |node| node.name.clone()),
            guests: keyed(Guest::all(moment), |guest| guest.vmid),
            storages: keyed(Storage::all(moment), |storage| storage.id.clone()),
            resources: keyed(Resource::all(moment), |resource| resource.key.clone()),
            quorum: Quorum::of(moment),
            freeze: Freeze::of(moment.view.memory.kill_switch(moment.now), moment.now),
            loop_state: Loop::of(&moment.view.state),
        }
    }

    /// What changed from `self` to `next`; None when nothing did.
    pub fn delta(&self, next: &Self) -> Option<Delta> {
        if self == next {
            return None;
        }
        Some(Delta {
            nodes: changes(&self.nodes, &next.nodes),
            guests: changes(&self.guests, &next.guests),
            figures: Vec::new(),
            storages: changes(&self.storages, &next.storages),
            resources: changes(&self.resources, &next.resources),
            quorum: (self.quorum != next.quorum).then(|| next.quorum.clone()),
            freeze: (self.freeze != next.freeze).then(|| next.freeze.clone()),
            loop_state: (self.loop_state != next.loop_state).then(|| next.loop_state.clone()),
        })
    }

    /// The same, with guests of which nothing but figures changed as columns.
    pub fn delta_in_columns(&self, next: &Self) -> Option<Delta> {
        let mut delta = self.delta(next)?;
        delta.figures = Figures::take_from(&mut delta.guests.upserted, &self.guests);
        Some(delta)
    }

    /// What a client does with a delta.
    pub fn apply(&mut self, delta: Delta) {
        for figures in &delta.figures {
            figures.apply(&mut self.guests);
        }
        apply(&mut self.nodes, delta.nodes, |node| node.name.clone());
        apply(&mut self.guests, delta.guests, |guest| guest.vmid);
        apply(&mut self.storages, delta.storages, |storage| storage.id.clone());
        apply(&mut self.resources, delta.resources, |resource| {
            resource.key.clone()
        });
        self.quorum = delta.quorum.unwrap_or_else(|| self.quorum.clone());
        self.freeze = delta.freeze.unwrap_or_else(|| self.freeze.clone());
        self.loop_state = delta.loop_state.unwrap_or_else(|| self.loop_state.clone());
    }
}

fn keyed<K: Ord, T>(items: Vec<T>, key: impl Fn(&T) -> K) -> BTreeMap<K, T> {
    items.into_iter().map(|item| (key(&item), item)).collect()
}

fn changes<K: Ord + Clone, T: PartialEq + Clone>(
    old: &BTreeMap<K, T>,
    new: &BTreeMap<K, T>,
) -> Changes<K, T> {
    let upserted = new
        .iter()
        .filter(|(key, item)| old.get(key) != Some(item))
        .map(|(_, item)| item.clone());
    let removed = old.keys().filter(|key| !new.contains_key(key)).cloned();
    Changes {
        upserted: upserted.collect(),
        removed: removed.collect(),
    }
}

fn apply<K: Ord, T>(items: &mut BTreeMap<K, T>, changes: Changes<K, T>, key: impl Fn(&T) -> K) {
    for gone in &changes.removed {
        items.remove(gone);
    }
    items.extend(changes.upserted.into_iter().map(|item| (key(&item), item)));
}

/// An item of `clusterUpdates`: first a snapshot, then deltas.
#[derive(Debug, Clone, PartialEq, SimpleObject)]
pub struct ClusterUpdate {
    /// Grows by one with every item of this subscription; a gap means an item was lost.
    pub seq: super::types::scalar::Counter,
    /// Number of the picture it leads to.
    pub version: super::types::scalar::Counter,
    /// When the item was made.
    pub at: super::types::scalar::Time,
    /// The client fell behind: drop what was applied, the next item is a new snapshot.
    pub resync: bool,
    /// Everything; in the first item and after a resync.
    pub snapshot: Option<Picture>,
    /// What changed since the item before.
    pub delta: Option<Delta>,
}

/// The whole cluster.
#[Object(name = "Snapshot")]
impl Picture {
    /// All nodes, by name.
    #[graphql(complexity = "10 * child_complexity")]
    async fn nodes(&self) -> Vec<&Node> {
        self.nodes.values().collect()
    }

    /// All guests, by number.
    #[graphql(complexity = "10 * child_complexity")]
    async fn guests(&self) -> Vec<&Guest> {
        self.guests.values().collect()
    }

    /// All storages, by id.
    #[graphql(complexity = "10 * child_complexity")]
    async fn storages(&self) -> Vec<&Storage> {
        self.storages.values().collect()
    }

    /// All resources of the manifests in force, by key.
    #[graphql(complexity = "10 * child_complexity")]
    async fn resources(&self) -> Vec<&Resource> {
        self.resources.values().collect()
    }

    /// Quorum.
    async fn quorum(&self) -> &Quorum {
        &self.quorum
    }

    /// The kill switch.
    async fn freeze(&self) -> &Freeze {
        &self.freeze
    }

    /// How Jarvis's own loop is doing.
    #[graphql(name = "loop")]
    async fn loop_state(&self) -> &Loop {
        &self.loop_state
    }
}

/// What changed. Upserted ones replace those of the same key; what is absent did not change.
#[Object(name = "Delta")]
impl Delta {
    /// New or changed nodes.
    #[graphql(complexity = "10 * child_complexity")]
    async fn nodes(&self) -> &[Node] {
        &self.nodes.upserted
    }

    /// Names of nodes that are gone.
    async fn removed_nodes(&self) -> &[String] {
        &self.nodes.removed
    }

    /// New or changed guests.
    #[graphql(complexity = "10 * child_complexity")]
    async fn guests(&self) -> &[Guest] {
        &self.guests.upserted
    }

    /// Guests of which nothing but figures changed, where the subscription asked for columns: one item for each time at
    /// which guests were seen. They are not in `guests`.
    async fn figures(&self) -> &[Figures] {
        &self.figures
    }

    /// Numbers of guests that are gone.
    async fn removed_guests(&self) -> &[i32] {
        &self.guests.removed
    }

    /// New or changed storages.
    #[graphql(complexity = "10 * child_complexity")]
    async fn storages(&self) -> &[Storage] {
        &self.storages.upserted
    }

    /// Ids of storages that are gone.
    async fn removed_storages(&self) -> &[String] {
        &self.storages.removed
    }

    /// New or changed resources.
    #[graphql(complexity = "10 * child_complexity")]
    async fn resources(&self) -> &[Resource] {
        &self.resources.upserted
    }

    /// Keys of resources that are gone.
    async fn removed_resources(&self) -> &[String] {
        &self.resources.removed
    }

    /// Quorum, if it changed.
    async fn quorum(&self) -> Option<&Quorum> {
        self.quorum.as_ref()
    }

    /// The kill switch, if it changed.
    async fn freeze(&self) -> Option<&Freeze> {
        self.freeze.as_ref()
    }

    /// The loop, if it changed.
    #[graphql(name = "loop")]
    async fn loop_state(&self) -> Option<&Loop> {
        self.loop_state.as_ref()
    }
}
