//! Cycles among what needs what: `dependsOn` of guests and `dependencies` of all policies, taken together, because a
//! cycle over both is one too. Each cycle is reported once, as a path.

use super::{document::Document, report::Report};
use crate::{
    kinds::policy::DependencyEnd,
    manifest::AnyManifest,
    yaml::path::{Path, field},
};
use jarvis_model::{ResourceKey, Vmid};
use std::collections::{BTreeMap, BTreeSet};

/// Something that needs or is needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Thing {
    Guest(ResourceKey),
    Other(String),
}

impl Thing {
    fn name(&self) -> String {
        match self {
            Self::Guest(key) => key.to_string(),
            Self::Other(name) => name.clone(),
        }
    }
}

/// Where an edge is written.
type Written<'a> = (&'a Document, Path);
type Graph<'a> = BTreeMap<Thing, BTreeMap<Thing, Written<'a>>>;

/// Reports every cycle that a walk in order of names meets.
pub fn check(documents: &[Document], report: &mut Report) {
    let graph = graph(documents);
    let mut done = BTreeSet::new();
    for start in graph.keys() {
        walk(&graph, start, &mut done, report);
    }
}

fn graph(documents: &[Document]) -> Graph<'_> {
    let mut numbers: BTreeMap<Vmid, ResourceKey> = BTreeMap::new();
    for document in documents {
        if let Some(any @ (AnyManifest::VirtualMachine(guest) | AnyManifest::Container(guest))) =
            &document.manifest
        {
            numbers.entry(guest.spec.vmid).or_insert_with(|| any.key());
        }
    }
    let mut graph = Graph::new();
    for document in documents {
        match &document.manifest {
            Some(any @ (AnyManifest::VirtualMachine(guest) | AnyManifest::Container(guest))) => {
                for (index, needed) in guest.spec.depends_on.iter().enumerate() {
                    let written = (document, field!("spec", "dependsOn", index));
                    add(
                        &mut graph,
                        Thing::Guest(any.key()),
                        Thing::Guest(needed.clone()),
                        written,
                    );
                }
            }
            Some(AnyManifest::SafetyPolicy(policy)) => {
                for (index, edge) in policy.spec.dependencies.iter().enumerate() {
                    // A thing that needs itself is reported where the policy alone is checked.
                    if edge.who != edge.needs {
                        let written = (document, field!("spec", "dependencies", index));
                        add(
                            &mut graph,
                            thing(&edge.who, &numbers),
                            thing(&edge.needs, &numbers),
                            written,
                        );
                    }
                }
            }
            _ => {}
        }
    }
    graph
}

fn thing(end: &DependencyEnd, numbers: &BTreeMap<Vmid, ResourceKey>) -> Thing {
    match end {
        DependencyEnd::Guest(vmid) => match numbers.get(vmid) {
            Some(key) => Thing::Guest(key.clone()),
            None => Thing::Other(end.to_string()),
        },
        _ => Thing::Other(end.to_string()),
    }
}

fn add<'a>(graph: &mut Graph<'a>, who: Thing, needs: Thing, written: Written<'a>) {
    graph.entry(who).or_default().entry(needs).or_insert(written);
}

/// Depth first with an own stack: a chain may be as long as the set. `trail` is the path from the start; an edge
/// back into it closes a cycle. What is done is not entered again, so every edge is looked at once.
fn walk<'g>(graph: &'g Graph<'_>, start: &'g Thing, done: &mut BTreeSet<&'g Thing>, report: &mut Report) {
    if !done.insert(start) {
        return;
    }
    let edges = |thing: &Thing| graph.get(thing).map(BTreeMap::iter);
    let mut trail: Vec<&'g Thing> = vec![start];
    let mut stack = vec![edges(start)];
    while let Some(next) = stack.last_mut() {
        match next.as_mut().and_then(Iterator::next) {
            None => {
                stack.pop();
                trail.pop();
            }
            Some((needed, written)) => {
                if let Some(from) = trail.iter().position(|thing| *thing == needed) {
                    cycle(&trail[from..], written, report);
                } else if done.insert(needed) {
                    trail.push(needed);
                    stack.push(edges(needed));
                }
            }
        }
    }
}

/// The path begins at its least name, so that it reads the same wherever the walk met it.
fn cycle(trail: &[&Thing], written: &Written<'_>, report: &mut Report) {
    let least = (0..trail.len()).min_by_key(|index| trail[*index]).unwrap_or(0);
    let names = trail
        .iter()
        .cycle()
        .skip(least)
        .take(trail.len() + 1)
        .map(|thing| thing.name());
    let path = names.collect::<Vec<_>>().join(" -> ");
    let (document, at) = written;
    report.error(
        document,
        at.clone(),
        format!("needs go in a circle: {path}"),
        "remove one of these needs",
    );
}
