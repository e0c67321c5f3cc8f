//! Why something is slow, from figures.

use super::{
    Asked, guest, node,
    saying::{Saying, percent, span},
};
use jarvis_guard::words;
use jarvis_model::{GuestObserved, GuestStatus, NodeName, NodeStatus, Timestamp, Vmid};
use std::time::Duration;

/// The share of a node's processors from which it is busy, as the ground for its being slow.
const BUSY: f64 = 0.7;
/// The share of waiting time, percent, from which something waits noticeably.
const PRESSED: f64 = 10.0;
/// Figures over so long are enough to say that no guest is to blame: right after a start they are not.
const ENOUGH: Duration = Duration::from_mins(3);
/// How far back hourly figures are looked at.
const FAR: Duration = Duration::from_hours(24 * 7);

/// Why a node is slow: its load, the guest that causes it, and since when.
pub(super) fn node_slow(asked: &Asked<'_>, name: &NodeName) -> Saying {
    let observed = &asked.moment.view.observed;
    let Some(seen) = observed.nodes.get(name) else {
        return Saying::new(format!("There is no node {name}."));
    };
    if node::status(asked, seen) != Some(&NodeStatus::Online) {
        return super::why::node_down(asked, name);
    }
    let at = seen.status.seen_at();
    let Some(cpu) = seen.usage.cpu else {
        return Saying::new(format!(
            "The processor use of node {name} is not known, so I cannot say."
        ));
    };
    let cores = seen.usage.max_cpu.unwrap_or(1.0);
    let figures = node::host_figures(asked, name);
    let load = figures.and_then(|figures| Some((figures.load?, figures.cores?)));
    let load_claim = load.map(|(load, cores)| format!("load {load:.1} on {cores} cores"));
    let pressed: Vec<(&str, f64)> = figures
        .into_iter()
        .flat_map(|figures| {
            figures
                .pressure
                .iter()
                .map(|(what, share)| (what.as_str(), *share))
        })
        .filter(|(_, share)| *share >= PRESSED)
        .collect();
    let overloaded = load.is_some_and(|(load, cores)| load > f64::from(cores));
    let memory = super::saying::share(seen.usage.mem_bytes, seen.usage.max_mem_bytes);
    let short_of_memory = memory.filter(|memory| *memory >= 0.9);
    let part = format!("{} of its processor", percent(cpu));
    let with = load_claim
        .as_ref()
        .map(|claim| format!(", {claim}"))
        .unwrap_or_default();
    let busy = cpu >= BUSY || overloaded;
    let begin = match (busy, pressed.is_empty() && short_of_memory.is_none()) {
        (true, _) => format!("Node {name} is busy: it uses {part}{with}."),
        (false, false) => format!("Node {name} waits for something else: it uses {part}{with}."),
        (false, true) => {
            format!("Node {name} is not busy: it uses {part}{with}. I see no reason in its figures.")
        }
    };
    let mut saying = Saying::new(begin).fact(part, format!("node/{name} cpu"), at);
    if let Some(claim) = load_claim {
        let host = observed.hosts.get(&jarvis_model::Host::Node(name.clone()));
        saying = saying.fact(
            claim,
            format!("node/{name} load"),
            host.and_then(|host| host.figures.seen_at()),
        );
    }
    let waits = pressed.into_iter().map(|(what, share)| {
        let claim = format!(
            "{share:.0} % of the time something waits for {}",
            waited_for(what)
        );
        (claim, "pressure")
    });
    let memory =
        short_of_memory.map(|memory| (format!("{} of its memory is used", percent(memory)), "memory"));
    for (claim, figure) in waits.chain(memory) {
        saying = saying
            .line(format!("{claim}."))
            .fact(claim, format!("node/{name} {figure}"), at);
    }
    if busy {
        saying = culprit(asked, name, cores, saying);
    }
    saying
}

/// What is waited for, as it is written.
fn waited_for(what: &str) -> &str {
    match what {
        "cpu" => "the CPU",
        "io" => "disks",
        other => other,
    }
}

/// The guest that takes most of a node, its share, and since when.
fn culprit(asked: &Asked<'_>, name: &NodeName, cores: f64, mut saying: Saying) -> Saying {
    let guests = asked.moment.view.observed.guests.values();
    let on =
        guests.filter(|seen| seen.node == *name && guest::status(asked, seen) == Some(&GuestStatus::Running));
    let used = |seen: &GuestObserved| Some(seen.usage.cpu? * seen.usage.max_cpu.unwrap_or(1.0));
    let mut ranked: Vec<_> = on.filter_map(|seen| Some((used(seen)?, seen))).collect();
    ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
    let Some((most, seen)) = ranked.first() else {
        return saying.line("No guest on it shows a figure, so it may be the node itself.");
    };
    let total: f64 = ranked.iter().map(|(used, _)| used).sum();
    let guest = asked.guest(seen.vmid);
    if *most < cores * 0.2 {
        let claim = format!(
            "{} guests together use {total:.1} of {cores:.0} cores",
            ranked.len()
        );
        let line = nobody_stands_out(asked, name, &claim);
        return saying
            .line(line)
            .fact(claim, format!("node/{name} guests"), seen.status.seen_at());
    }
    let claim = format!("{most:.1} of {cores:.0} cores");
    let own = seen
        .usage
        .cpu
        .map(|cpu| format!(", {} of its own", percent(cpu)))
        .unwrap_or_default();
    saying = saying
        .line(format!(
            "{} takes most of it: {claim}{own}.",
            words::capitalised(&guest)
        ))
        .fact(claim, format!("guest/{} cpu", seen.vmid), seen.status.seen_at());
    saying = since_when(asked, seen, saying);
    let own = super::saying::handle_of(seen);
    saying
        .suggest(format!("what happened to {own}"))
        .suggest(format!("restart {own}"))
}

/// That no guest is to blame, once it was watched for long enough to say so.
fn nobody_stands_out(asked: &Asked<'_>, name: &NodeName, claim: &str) -> String {
    let watched = format!("node/{name}/cpu");
    let since = asked.desk.handle.points(&watched).first().map(|point| point.at);
    if since.is_some_and(|at| asked.now().since(at) >= ENOUGH) {
        return format!("No single guest is to blame; {claim}.");
    }
    let since = since.map_or_else(
        || "I have no figures over time yet".to_owned(),
        |at| format!("I have watched for {} only", span(asked.now().since(at))),
    );
    format!(
        "{}; no guest stands out so far, and {since}.",
        words::capitalised(claim)
    )
}

/// Since when it takes that much, where that is known.
fn since_when(asked: &Asked<'_>, seen: &GuestObserved, saying: Saying) -> Saying {
    match since(asked, seen) {
        Since::At(at) => {
            let time = asked.time(at);
            saying.line(format!("It has done so since {time}.")).fact(
                format!("since {time}"),
                format!("guest/{} cpu history", seen.vmid),
                Some(at),
            )
        }
        Since::Before(at) => {
            let time = asked.time(at);
            saying
                .line(format!(
                    "It has done so for as long as my figures reach, since before {time}."
                ))
                .fact(
                    format!("since before {time}"),
                    format!("guest/{} cpu history", seen.vmid),
                    Some(at),
                )
        }
        Since::NotKnown => saying,
    }
}

enum Since {
    At(Timestamp),
    Before(Timestamp),
    NotKnown,
}

/// The share of what a guest uses now from which it counts as busy the same way before.
const ALIKE: f64 = 0.7;

/// Since when a guest's processor use has been much as it is now: from the figures in memory, and where they do not reach, from
/// the hourly ones. One low figure between high ones is a breath, not an end.
fn since(asked: &Asked<'_>, seen: &GuestObserved) -> Since {
    let Some(cpu) = seen.usage.cpu else {
        return Since::NotKnown;
    };
    #[expect(clippy::cast_possible_truncation, reason = "a share")]
    let alike = (cpu * ALIKE) as f32;
    let series = format!("guest/{}/cpu", seen.vmid);
    let points = asked.desk.handle.points(&series);
    let Some(first) = points.first().copied() else {
        return Since::NotKnown;
    };
    let low = |at: usize| points.get(at).is_some_and(|point| point.value < alike);
    let over = |at: &usize| low(*at) && (*at == 0 || low(*at - 1));
    if let Some(last_low) = (0..points.len()).rev().find(over) {
        return points
            .get(last_low + 1)
            .map_or(Since::NotKnown, |point| Since::At(point.at));
    }
    let hours = asked
        .desk
        .handle
        .hours(&series, first.at - FAR)
        .unwrap_or_default();
    let earlier: Vec<_> = hours.iter().filter(|hour| hour.began < first.at).collect();
    match earlier.iter().rposition(|hour| hour.mean < alike) {
        Some(low) => match earlier.get(low + 1) {
            Some(hour) => Since::At(hour.began),
            None => Since::At(first.at),
        },
        None => Since::Before(earlier.first().map_or(first.at, |hour| hour.began)),
    }
}

/// Why a guest is slow: what it is short of, and how its node is.
pub(super) fn guest_slow(asked: &Asked<'_>, vmid: Vmid) -> Saying {
    let Some(seen) = asked.moment.view.observed.guests.get(&vmid) else {
        return Saying::new(format!("There is no guest {vmid}."));
    };
    let name = words::capitalised(&asked.guest(vmid));
    let at = seen.status.seen_at();
    match guest::status(asked, seen) {
        None => {
            let told = asked.not_known(&asked.guest(vmid), &seen.status, jarvis_model::limits::CRITICAL);
            return Saying::new(told);
        }
        Some(GuestStatus::Running) => {}
        Some(other) => {
            let does = guest::words(other);
            return Saying::new(format!("{name} {does}, so it does nothing at all.")).fact(
                does,
                format!("guest/{vmid} status"),
                at,
            );
        }
    }
    let cpu = seen
        .usage
        .cpu
        .map(|cpu| (format!("{} of its processor", percent(cpu)), cpu >= BUSY, "cpu"));
    let memory = super::saying::share(seen.usage.mem_bytes, seen.usage.max_mem_bytes);
    let memory = memory.map(|part| (format!("{} of its memory", percent(part)), part >= 0.9, "memory"));
    let known: Vec<(String, bool, &str)> = cpu.into_iter().chain(memory).collect();
    if known.is_empty() {
        return Saying::new(format!(
            "I know no figure of {}, so I cannot say.",
            asked.guest(vmid)
        ));
    }
    let short = known.iter().any(|(_, short, _)| *short);
    let claims: Vec<String> = known.iter().map(|(claim, ..)| claim.clone()).collect();
    let uses = super::saying::list(&claims);
    let mut saying = Saying::new(if short {
        format!("{name} is short of something: it uses {uses}.")
    } else {
        format!("{name} uses {uses}; that is no reason to be slow.")
    });
    for (claim, _, figure) in known {
        saying = saying.fact(claim, format!("guest/{vmid} {figure}"), at);
    }
    if let Since::At(at) = since(asked, seen)
        && short
    {
        let time = asked.time(at);
        saying = saying
            .line(format!("Its processor has been that busy since {time}."))
            .fact(
                format!("since {time}"),
                format!("guest/{vmid} cpu history"),
                Some(at),
            );
    }
    let on = asked.moment.view.observed.nodes.get(&seen.node);
    if let Some(Ok((said, claim, source))) = on.map(|on| node::figure(asked, on, super::intent::Aspect::Cpu))
    {
        saying = saying
            .line(format!("Its node {} {said}.", seen.node))
            .fact(claim, source, at);
    }
    saying.suggest(format!("why is {} slow", seen.node))
}
