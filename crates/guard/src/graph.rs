//! What is protected, what needs what, and what an action interrupts. Protection comes from the floor and the
//! policies, need from declared dependencies and live placement. A guest manifest's `dependsOn` orders starts; it
//! protects nothing. Knows nothing of who asks.

mod end;
mod touch;

pub use end::{End, Source, Spot};
pub use touch::{interrupts, mutates};

use crate::Facts;
use jarvis_crds::{Protected, ServiceName, ServiceRef};
use jarvis_model::{Action, GuestObserved, NodeName, Observed, Timestamp, Vmid, limits};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Protection and dependencies at one instant.
#[derive(Debug, Clone)]
pub struct Graph<'a> {
    protected: BTreeMap<End, BTreeSet<Source>>,
    needs: BTreeMap<End, BTreeSet<End>>,
    places: Places<'a>,
}

/// Where guests live, of those whose place is known: listed freshly and not on the move. Looked up and not copied: most
/// judgements ask for no place, and a cluster may hold thousands.
#[derive(Debug, Clone, Copy)]
struct Places<'a>(Option<&'a Observed>);

/// Why an action would reach something protected that it is not aimed at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Danger {
    /// What is protected.
    pub protected: End,
    /// What lies between it and what is interrupted, nearest to the protected one first.
    pub through: Vec<End>,
    /// What is interrupted.
    pub interrupted: End,
    /// The guest whose place is not known, when that is why every node counts.
    pub unplaced: Option<Vmid>,
}

/// Everything that something protected needs, each with the one that needs it.
#[derive(Debug, Default)]
struct Needed {
    by: BTreeMap<End, End>,
    unplaced: Option<Vmid>,
}

impl<'a> Graph<'a> {
    /// The graph as the facts give it.
    pub fn of(facts: &Facts<'a>) -> Self {
        let mut graph = Self {
            protected: BTreeMap::new(),
            needs: BTreeMap::new(),
            places: Places::of(facts.observed, facts.now),
        };
        graph.protect_floor(facts);
        for (key, policy) in &facts.desired.policies {
            for protected in &policy.spec.protected {
                graph.protect(graph_end(protected), Source::Policy(key.clone()));
                if let Protected::Service(service) = protected {
                    graph.note_container(service);
                }
            }
            for dependency in &policy.spec.dependencies {
                graph.declare(End::from(&dependency.who), End::from(&dependency.needs));
                for end in [&dependency.who, &dependency.needs] {
                    if let jarvis_crds::DependencyEnd::Service(service) = end {
                        graph.note_container(service);
                    }
                }
            }
        }
        graph
    }

    /// Why a thing is protected; empty when it is not.
    pub fn sources(&self, end: &End) -> BTreeSet<Source> {
        self.protected.get(end).cloned().unwrap_or_default()
    }

    /// Everything protected, with the reasons.
    pub fn protected(&self) -> &BTreeMap<End, BTreeSet<Source>> {
        &self.protected
    }

    /// The protected thing that an action would change, if any.
    pub fn aimed_at(&self, action: &Action, facts: &Facts<'_>) -> Option<End> {
        mutates(action, facts.desired)
            .into_iter()
            .find(|end| self.protected.contains_key(end))
    }

    /// The protected thing that an action would take something from, if any: something protected needs what the
    /// action interrupts, directly or through others.
    pub fn danger(&self, action: &Action, facts: &Facts<'_>) -> Option<Danger> {
        let interrupted = interrupts(action, facts.desired);
        if interrupted.is_empty() {
            return None;
        }
        let needed = self.needed();
        for interrupted in interrupted {
            if needed.by.contains_key(&interrupted) {
                let mut chain = self.chain(&needed, &interrupted);
                let protected = chain.pop().unwrap_or_else(|| interrupted.clone());
                chain.reverse();
                return Some(Danger {
                    protected,
                    through: chain,
                    interrupted,
                    unplaced: None,
                });
            }
            if let (End::Node(_), Some(vmid)) = (&interrupted, needed.unplaced) {
                let guest = End::Guest(vmid);
                let mut chain = self.chain(&needed, &guest);
                let protected = chain.pop().unwrap_or(guest);
                chain.reverse();
                return Some(Danger {
                    protected,
                    through: chain,
                    interrupted,
                    unplaced: Some(vmid),
                });
            }
        }
        None
    }

    /// What needs `end`, directly or through others, whether protected or not; without `end` itself.
    pub fn dependents(&self, end: &End) -> BTreeSet<End> {
        let mut found = BTreeSet::new();
        let mut queue = VecDeque::from([end.clone()]);
        while let Some(next) = queue.pop_front() {
            let declared = self
                .needs
                .iter()
                .filter(|(_, needs)| needs.contains(&next))
                .map(|(who, _)| who);
            let placed = self
                .places
                .iter()
                .filter(|(_, node)| matches!(&next, End::Node(name) if name == *node));
            let known = self
                .needs
                .keys()
                .chain(self.protected.keys())
                .filter(|who| who.host().as_ref() == Some(&next));
            let above: BTreeSet<End> = declared
                .cloned()
                .chain(placed.map(|(vmid, _)| End::Guest(vmid)))
                .chain(known.cloned())
                .collect();
            queue.extend(
                above
                    .into_iter()
                    .filter(|who| who != end && found.insert(who.clone())),
            );
        }
        found
    }

    /// From what needs `end` up to the protected thing, which is last; empty when `end` is itself the start.
    fn chain(&self, needed: &Needed, end: &End) -> Vec<End> {
        let mut chain = Vec::new();
        let mut at = end;
        // A walk visits each end once, so it is never longer than the map.
        while let Some(by) = needed.by.get(at).filter(|_| chain.len() <= needed.by.len()) {
            chain.push(by.clone());
            if self.protected.contains_key(by) {
                break;
            }
            at = by;
        }
        chain
    }

    fn needed(&self) -> Needed {
        let mut needed = Needed::default();
        let mut queue: VecDeque<End> = self.protected.keys().cloned().collect();
        let mut visited: BTreeSet<End> = self.protected.keys().cloned().collect();
        while let Some(who) = queue.pop_front() {
            if let End::Guest(vmid) = &who
                && self.places.get(*vmid).is_none()
            {
                needed.unplaced.get_or_insert(*vmid);
            }
            for what in self.needs_of(&who) {
                needed.by.entry(what.clone()).or_insert_with(|| who.clone());
                if visited.insert(what.clone()) {
                    queue.push_back(what);
                }
            }
        }
        needed
    }

    fn needs_of(&self, who: &End) -> BTreeSet<End> {
        let mut all = self.needs.get(who).cloned().unwrap_or_default();
        all.extend(who.host());
        if let End::Guest(vmid) = who {
            all.extend(self.places.get(*vmid).cloned().map(End::Node));
        }
        all.remove(who);
        all
    }

    fn protect_floor(&mut self, facts: &Facts<'_>) {
        let floor = facts.floor;
        for node in &floor.nodes {
            self.protect(End::Node(node.clone()), Source::Floor);
        }
        for vmid in &floor.guests {
            self.protect(End::Guest(*vmid), Source::Floor);
        }
        if let Some(node) = &floor.own_node {
            self.protect(End::Node(node.clone()), Source::Own);
        }
        if let Some(vmid) = floor.own_guest {
            self.protect(End::Guest(vmid), Source::Own);
            if let Some(node) = self.places.get(vmid).cloned() {
                self.protect(End::Node(node), Source::Own);
            }
        }
    }

    fn protect(&mut self, end: End, source: Source) {
        self.protected.entry(end).or_default().insert(source);
    }

    fn declare(&mut self, who: End, needs: End) {
        self.needs.entry(who).or_default().insert(needs);
    }

    /// A container lives with the docker daemon of its host.
    fn note_container(&mut self, service: &ServiceRef) {
        if let ServiceName::Container(_) = service.name {
            self.declare(End::service(service), End::Docker(Spot::from(&service.target)));
        }
    }
}

fn graph_end(protected: &Protected) -> End {
    match protected {
        Protected::Node(node) => End::Node(node.clone()),
        Protected::Guest(vmid) => End::Guest(*vmid),
        Protected::Service(service) => End::service(service),
        Protected::DockerDaemon(place) => End::Docker(Spot::from(place)),
    }
}

/// Whether the cluster list is fresh enough to be believed about places.
pub fn list_is_fresh(observed: &Observed, now: Timestamp) -> bool {
    observed
        .looked_at
        .is_some_and(|at| now.since(at) <= limits::CRITICAL && at.since(now) <= limits::CRITICAL)
}

impl<'a> Places<'a> {
    fn of(observed: &'a Observed, now: Timestamp) -> Self {
        Self(list_is_fresh(observed, now).then_some(observed))
    }

    fn get(self, vmid: Vmid) -> Option<&'a NodeName> {
        self.0?.guests.get(&vmid).and_then(place)
    }

    fn iter(self) -> impl Iterator<Item = (Vmid, &'a NodeName)> {
        let guests = self.0.into_iter().flat_map(|observed| &observed.guests);
        guests.filter_map(|(vmid, guest)| Some((*vmid, place(guest)?)))
    }
}

fn place(guest: &GuestObserved) -> Option<&NodeName> {
    (guest.lock.as_deref() != Some("migrate")).then_some(&guest.node)
}
