//! Nodes: one of them, or a figure of all.

use super::{
    Asked, Said, Topic,
    intent::Aspect,
    lists,
    saying::{Saying, bytes, count, fact, line, percent, share, span},
    storage,
};
use crate::message::Fact;
use jarvis_model::{Host, HostFigures, NodeName, NodeObserved, NodeStatus, limits};
use std::time::Duration;

/// Degrees from which a node is said to be hot.
pub(super) const HOT: f64 = 80.0;

/// One aspect of a node.
pub(super) fn look(asked: &Asked<'_>, aspect: Aspect, name: &NodeName) -> Said {
    let topic = Topic::Node { node: name.clone() };
    let Some(node) = asked.moment.view.observed.nodes.get(name) else {
        return Saying::new(format!("There is no node {name}.")).done();
    };
    let saying = match aspect {
        Aspect::State | Aspect::Place => state(asked, node),
        Aspect::Protection => protection(asked, node),
        Aspect::Temperature => temperature(asked, node),
        Aspect::Services => return lists::services(asked, Some(&Host::Node(name.clone()))),
        Aspect::Updates => return updates(asked, Some(name)),
        Aspect::Disk => return storage::all(asked, Some(name)),
        Aspect::Cpu | Aspect::Memory | Aspect::Uptime => match figure(asked, node, aspect) {
            Ok((said, claim, source)) => {
                Saying::new(format!("Node {name} {said}.")).fact(claim, source, node.status.seen_at())
            }
            Err(why) => Saying::new(why),
        },
        Aspect::Backup => Saying::new("Backups are of guests; I know of none of nodes."),
    };
    saying.about(topic).done()
}

/// Whether the node is there, if that is known now.
pub(super) fn status<'a>(asked: &Asked<'a>, node: &'a NodeObserved) -> Option<&'a NodeStatus> {
    node.status.fresh(asked.now(), limits::CRITICAL)
}

fn unknown(asked: &Asked<'_>, node: &NodeObserved) -> String {
    asked.not_known(&format!("node {}", node.name), &node.status, limits::CRITICAL)
}

fn state(asked: &Asked<'_>, node: &NodeObserved) -> Saying {
    let name = &node.name;
    let source = format!("node/{name} status");
    let seen = node.status.seen_at();
    match status(asked, node) {
        None => Saying::new(unknown(asked, node)),
        Some(NodeStatus::Offline) => {
            let shut = asked.moment.view.memory.shut_down.get(name);
            let shut = shut.map(|how| format!("It was shut down on purpose: {}.", line(how)));
            Saying::new(format!("Node {name} is offline."))
                .fact("is offline", source, seen)
                .maybe(shut)
                .suggest(format!("wake {name}"))
        }
        Some(NodeStatus::Online) => {
            let all = &asked.moment.view.observed.guests;
            let on: Vec<_> = all.values().filter(|guest| guest.node == *name).collect();
            let running = on.iter().filter(|guest| {
                super::guest::status(asked, guest) == Some(&jarvis_model::GuestStatus::Running)
            });
            let running = running.count();
            let guests = format!("{running} of {} running", count(on.len(), "guest"));
            let up = node
                .uptime_secs
                .map(|secs| format!(", up {}", span(Duration::from_secs(secs))));
            let mut saying = Saying::new(format!(
                "Node {name} is online{}, with {guests}.",
                up.unwrap_or_default()
            ))
            .fact("is online", source, seen)
            .fact(
                guests,
                format!("node/{name} guests"),
                asked.moment.view.observed.looked_at,
            );
            let figures = [Aspect::Cpu, Aspect::Memory].map(|aspect| figure(asked, node, aspect));
            let known: Vec<_> = figures.into_iter().flatten().collect();
            if !known.is_empty() {
                let said: Vec<String> = known.iter().map(|(_, claim, _)| claim.clone()).collect();
                saying = saying.line(format!("It uses {}.", super::saying::list(&said)));
                for (_, claim, source) in known {
                    saying = saying.fact(claim, source, seen);
                }
            }
            if node.api.value() == Some(&false) {
                saying = saying.line("Its own API did not answer the last time.");
            }
            saying
                .suggest(format!("which guests are on {name}"))
                .suggest(format!("why is {name} slow"))
        }
    }
}

fn protection(asked: &Asked<'_>, node: &NodeObserved) -> Saying {
    let is = if asked.moment.view.protected_nodes().contains(&node.name) {
        "is protected"
    } else {
        "is not protected"
    };
    Saying::new(format!("Node {} {is}.", node.name)).fact(is, "floor and SafetyPolicy", None)
}

/// A figure of a node: the clause, the claim in it, its source; or why it is not known.
pub(super) fn figure(
    asked: &Asked<'_>,
    node: &NodeObserved,
    aspect: Aspect,
) -> Result<(String, String, String), String> {
    let name = &node.name;
    if status(asked, node) != Some(&NodeStatus::Online) {
        return Err(match status(asked, node) {
            Some(_) => format!("Node {name} is offline."),
            None => unknown(asked, node),
        });
    }
    let usage = &node.usage;
    let missing = |what: &str| format!("The {what} of node {name} is not known.");
    match aspect {
        Aspect::Cpu => {
            let part = usage.cpu.map(|cpu| format!("{} of its processor", percent(cpu)));
            let part = part.ok_or_else(|| missing("processor use"))?;
            let load = host_figures(asked, name).and_then(|figures| Some((figures.load?, figures.cores?)));
            let load = load.map(|(load, cores)| format!(", load {load:.1} on {cores} cores"));
            Ok((
                format!("uses {part}{}", load.unwrap_or_default()),
                part,
                format!("node/{name} cpu"),
            ))
        }
        Aspect::Uptime => {
            let secs = node.uptime_secs.ok_or_else(|| missing("uptime"))?;
            let up = format!("up for {}", span(Duration::from_secs(secs)));
            Ok((format!("has been {up}"), up, format!("node/{name} uptime")))
        }
        _ => {
            let part = share(usage.mem_bytes, usage.max_mem_bytes).ok_or_else(|| missing("memory use"))?;
            let part = format!("{} of its memory", percent(part));
            let used = usage.mem_bytes.zip(usage.max_mem_bytes);
            let used = used.map(|(used, whole)| format!(": {} of {}", bytes(used), bytes(whole)));
            Ok((
                format!("uses {part}{}", used.unwrap_or_default()),
                part,
                format!("node/{name} memory"),
            ))
        }
    }
}

/// What was read on the node itself, if that is recent.
pub(super) fn host_figures<'a>(asked: &Asked<'a>, node: &NodeName) -> Option<&'a HostFigures> {
    let host = asked.moment.view.observed.hosts.get(&Host::Node(node.clone()))?;
    host.figures.fresh(asked.now(), limits::IMPORTANT)
}

/// A figure of all nodes.
pub(super) fn all(asked: &Asked<'_>, aspect: Aspect) -> Said {
    if let Some(blind) = asked.blind() {
        return Saying::new(blind).about(Topic::Cluster).done();
    }
    let begin = match aspect {
        Aspect::Cpu => "Processor use of the nodes:",
        Aspect::Uptime => "Uptime of the nodes:",
        _ => "Memory in use on the nodes:",
    };
    let nodes = asked.moment.view.observed.nodes.values();
    let entries = nodes.map(|node| match figure(asked, node, aspect) {
        Ok((said, claim, source)) => (
            format!("{} {said}", node.name),
            Some(fact(claim, source, node.status.seen_at())),
        ),
        Err(why) => (why.trim_end_matches('.').to_owned(), None),
    });
    Saying::new(begin)
        .entries(entries.collect())
        .about(Topic::Cluster)
        .done()
}

fn degrees(asked: &Asked<'_>, node: &NodeObserved) -> Result<(f64, Fact), String> {
    let name = &node.name;
    let sensor = asked.moment.view.desired.temperature_sensor(name);
    let host = asked.moment.view.observed.hosts.get(&Host::Node(name.clone()));
    let seen = host.and_then(|host| host.figures.seen_at());
    let figures = host_figures(asked, name);
    let value = figures.and_then(|figures| figures.temperature(sensor));
    match value {
        Some(value) => Ok((
            value,
            fact(format!("{value:.0} °C"), format!("node/{name} temperature"), seen),
        )),
        None => Err(match host {
            Some(host) if figures.is_none() => {
                let trouble = host.trouble.as_deref().map(|why| format!(" ({})", line(why)));
                let told = asked.not_known(
                    &format!("the sensors of {name}"),
                    &host.figures,
                    limits::IMPORTANT,
                );
                format!("{}{}", told.trim_end_matches('.'), trouble.unwrap_or_default())
            }
            _ => format!("{name} shows no temperature to me"),
        }),
    }
}

fn temperature(asked: &Asked<'_>, node: &NodeObserved) -> Saying {
    match degrees(asked, node) {
        Ok((value, fact)) => {
            let hot = if value >= HOT { ", which is hot" } else { "" };
            Saying::new(format!("Node {} is at {value:.0} °C{hot}.", node.name)).fact(
                fact.claim,
                fact.source,
                fact.at,
            )
        }
        Err(why) => Saying::new(format!("{why}.")),
    }
}

/// Temperatures, hottest first; nodes without one last.
pub(super) fn temperatures(asked: &Asked<'_>) -> Said {
    let nodes = asked.moment.view.observed.nodes.values();
    let mut known = Vec::new();
    let mut unknown = Vec::new();
    for node in nodes {
        match degrees(asked, node) {
            Ok((value, fact)) => known.push((value, format!("{}: {value:.0} °C", node.name), fact)),
            Err(why) => unknown.push((why, None)),
        }
    }
    if known.is_empty() && unknown.is_empty() {
        return Saying::new("I have not seen any node yet.").done();
    }
    known.sort_by(|a, b| b.0.total_cmp(&a.0));
    let begin = match known.first() {
        Some((value, ..)) if *value >= HOT => "It is hot:",
        Some(_) if unknown.is_empty() => "No node is hot:",
        Some(_) => "Of those I can tell, no node is hot:",
        None => "I know no temperature:",
    };
    let mut entries: Vec<_> = known
        .into_iter()
        .map(|(_, said, fact)| (said, Some(fact)))
        .collect();
    entries.extend(unknown);
    Saying::new(begin).entries(entries).about(Topic::Cluster).done()
}

/// Packages that have a newer version, of one node or of all.
pub(super) fn updates(asked: &Asked<'_>, only: Option<&NodeName>) -> Said {
    let known = &asked.moment.view.state.updates;
    let nodes = asked
        .moment
        .view
        .observed
        .nodes
        .keys()
        .filter(|name| only.is_none_or(|only| only == *name));
    let entry = |name: &NodeName| {
        let Some(updates) = known.get(name) else {
            return (format!("{name}: not looked at yet"), None);
        };
        let Some(pending) = updates.pending else {
            let why = updates.trouble.as_deref().map_or("not known".to_owned(), line);
            return (format!("{name}: {why}"), None);
        };
        let claim = format!("{name}: {}", count(pending, "package"));
        let said = format!("{claim}, looked at {}", asked.ago(updates.at));
        (
            said,
            Some(fact(claim, format!("node/{name} updates"), Some(updates.at))),
        )
    };
    let entries: Vec<_> = nodes.map(entry).collect();
    if entries.is_empty() {
        return Saying::new("I have not seen any node yet.").done();
    }
    Saying::new("Packages with a newer version; I do not install them:")
        .entries(entries)
        .done()
}
