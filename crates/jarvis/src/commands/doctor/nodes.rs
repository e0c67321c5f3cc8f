//! The cluster as a whole: whether the entry points agree on who is there, which versions run, and whether clocks agree.

use super::{
    entry::{Reached, skew_secs},
    finding::{Finding, Report},
};
use jarvis_model::NodeName;
use jarvis_ports::{Clock as _, SystemClock};
use jarvis_proxmox::Proxmox;
use std::collections::{BTreeMap, BTreeSet};

/// A clock that is further off is worth a word; Jarvis judges what is fresh by times that nodes tell.
const WARN_SECS: i64 = 2;
/// A clock that is further off makes what nodes tell useless.
const FAIL_SECS: i64 = 10;

/// The main version of the cluster: the lowest that was told.
pub fn major(reached: &[Reached]) -> Option<u32> {
    let versions = reached.iter().filter_map(|entry| entry.version.as_ref().ok());
    versions.filter_map(|version| major_of(version)).min()
}

fn major_of(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

/// Looks at them.
pub async fn look_at(client: &Proxmox, reached: &[Reached], report: &mut Report) {
    let online = quorum(reached, report);
    let mut versions = BTreeMap::new();
    for node in &online {
        match client.node_version(node).await {
            Ok(version) => drop(versions.insert(node.clone(), version)),
            Err(error) => report.add(Finding::warn("nodes", error.to_string())),
        }
    }
    if let Some(finding) = tell_versions(&versions) {
        report.add(finding);
    }
    for node in &online {
        let before = SystemClock.now();
        match client.node_time(node).await {
            Ok(secs) => report.add(tell_skew(node, skew_secs(secs, before, SystemClock.now()))),
            Err(error) => report.add(Finding::warn("nodes", error.to_string())),
        }
    }
}

/// Tells what the entry points see; returns the nodes that are online.
fn quorum(reached: &[Reached], report: &mut Report) -> BTreeSet<NodeName> {
    let looks: Vec<_> = reached.iter().filter_map(|entry| entry.quorum.as_ref()).collect();
    let Some(first) = looks.first() else {
        report.add(Finding::warn(
            "nodes",
            "no entry point tells who is in the cluster",
        ));
        return BTreeSet::new();
    };
    for look in &looks {
        if !look.quorate {
            report.add(
                Finding::fail(
                    "nodes",
                    format!("{} is not quorate: nothing can be changed there", look.via),
                )
                .fixed_by(format!("pvecm status   (on {})", look.via)),
            );
        } else if look.online != first.online {
            report.add(
                Finding::warn(
                    "nodes",
                    format!("{} and {} see different nodes online", first.via, look.via),
                )
                .fixed_by("pvecm status   (on both)"),
            );
        }
    }
    let online: BTreeSet<NodeName> = looks
        .iter()
        .flat_map(|look| &look.online)
        .filter(|(_, online)| **online)
        .map(|(node, _)| node.clone())
        .collect();
    let away: Vec<String> = first
        .online
        .keys()
        .filter(|node| !online.contains(*node))
        .map(NodeName::to_string)
        .collect();
    let count = format!("{} of {} nodes online", online.len(), first.online.len());
    report.add(if away.is_empty() {
        let via: Vec<&str> = looks.iter().map(|look| look.via.as_str()).collect();
        Finding::ok("nodes", format!("{count}, quorate as seen by {}", via.join(", ")))
    } else {
        Finding::warn("nodes", format!("{count}: {} away", away.join(", ")))
    });
    online
}

fn tell_versions(versions: &BTreeMap<NodeName, String>) -> Option<Finding> {
    let distinct: BTreeSet<&String> = versions.values().collect();
    let lowest = versions.values().filter_map(|version| major_of(version)).min()?;
    let told: Vec<String> = versions
        .iter()
        .map(|(node, version)| format!("{node} {version}"))
        .collect();
    let told = told.join(", ");
    let all = distinct.first().map_or("", |version| version.as_str());
    Some(match (lowest, distinct.len()) {
        (0..=6, _) => Finding::fail("nodes", format!("Proxmox VE before 7 is not supported: {told}"))
            .fixed_by("upgrade: https://pve.proxmox.com/wiki/Category:Upgrade"),
        (7, _) => Finding::warn(
            "nodes",
            format!("Proxmox VE 7 has had no updates since July 2024: {told}"),
        )
        .fixed_by("pve7to8 --full   (on each node, then upgrade)"),
        (_, 2..) => Finding::warn("nodes", format!("different versions: {told}"))
            .fixed_by("apt update && apt full-upgrade   (on the older ones, one at a time)"),
        (8 | 9, _) => Finding::ok("nodes", format!("Proxmox VE {all} everywhere")),
        _ => Finding::warn(
            "nodes",
            format!("Proxmox VE {all} is newer than what Jarvis was tried with"),
        ),
    })
}

fn tell_skew(node: &NodeName, secs: i64) -> Finding {
    let what = match secs {
        0 => format!("{node}'s clock agrees with ours"),
        ahead @ 1.. => format!("{node}'s clock is {ahead} s ahead of ours"),
        behind => format!("{node}'s clock is {} s behind ours", -behind),
    };
    let fix = format!("chronyc makestep   (on {node}, or here, whichever is wrong)");
    match secs.abs() {
        off if off > FAIL_SECS => Finding::fail("nodes", what).fixed_by(fix),
        off if off > WARN_SECS => Finding::warn("nodes", what).fixed_by(fix),
        _ => Finding::ok("nodes", what),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::doctor::finding::State;

    fn node(name: &str) -> NodeName {
        NodeName::new(name).unwrap()
    }

    #[test]
    fn clocks_are_judged_by_how_far_they_are_off() {
        for (secs, state) in [
            (0, State::Ok),
            (2, State::Ok),
            (3, State::Warn),
            (-10, State::Warn),
            (11, State::Fail),
            (-3600, State::Fail),
        ] {
            assert_eq!(tell_skew(&node("atlas"), secs).state, state, "{secs}");
        }
        assert_eq!(
            tell_skew(&node("atlas"), 0).what,
            "atlas's clock agrees with ours"
        );
        assert_eq!(
            tell_skew(&node("atlas"), -11).what,
            "atlas's clock is 11 s behind ours"
        );
    }

    #[test]
    fn versions_are_judged() {
        let told = |pairs: &[(&str, &str)]| {
            let versions = pairs
                .iter()
                .map(|(name, version)| (node(name), (*version).to_owned()))
                .collect();
            tell_versions(&versions).map(|finding| finding.state)
        };
        assert_eq!(told(&[]), None);
        assert_eq!(told(&[("a", "9.2.11"), ("b", "9.2.11")]), Some(State::Ok));
        assert_eq!(told(&[("a", "8.4.1")]), Some(State::Ok));
        assert_eq!(told(&[("a", "9.2.11"), ("b", "9.1.0")]), Some(State::Warn));
        assert_eq!(told(&[("a", "7.4-3")]), Some(State::Warn));
        assert_eq!(told(&[("a", "6.4-3"), ("b", "9.0.0")]), Some(State::Fail));
        assert_eq!(told(&[("a", "10.0.1")]), Some(State::Warn));
    }
}
