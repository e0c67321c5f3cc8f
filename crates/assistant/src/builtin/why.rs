//! Why something is as it is: from figures, from what stopped it, from the plan, from the journal.

use super::{
    Asked, Said, Topic, guest,
    intent::Whyness,
    node, past,
    saying::{Saying, fact, line, percent},
    target::{self, Target},
};
use crate::message::Fact;
use jarvis_guard::words;
use jarvis_model::{
    Event, GuestObserved, GuestStatus, NodeName, NodeStatus, Outcome, ResourceKey, Timestamp, Verdict, Vmid,
};
use std::time::Duration;

/// The share of a node's processors from which it is busy, as the ground for its being slow.
const BUSY: f64 = 0.7;
/// The share of waiting time, percent, from which something waits noticeably.
const PRESSED: f64 = 10.0;
/// How far back an act is looked for.
const FAR: Duration = Duration::from_hours(24 * 7);

/// The reason; none when nobody can be said to be meant.
pub(super) async fn why(asked: &Asked<'_>, why: Whyness, what: Option<&str>) -> Option<Said> {
    let phrase = what.unwrap_or("it");
    if matches!(phrase, "everything" | "the cluster" | "all") {
        return Some(super::cluster::status(asked));
    }
    if what.is_none() && !matches!(asked.earlier, Some(Topic::Guest { .. } | Topic::Node { .. })) {
        return None;
    }
    let say = match why {
        Whyness::Slow => "why is {} slow",
        Whyness::Down => "why is {} stopped",
        Whyness::Acted => "why was {} restarted",
        Whyness::Unwell => "why is {} red",
    };
    let target = match target::one(asked, phrase, None, say) {
        Ok(target) => target,
        Err(back) => return Some(back),
    };
    let topic = target.topic();
    let saying = match (why, target) {
        (Whyness::Slow, Target::Node(name)) => node_slow(asked, &name),
        (Whyness::Slow, Target::Guest(vmid)) => guest_slow(asked, vmid),
        (Whyness::Acted, target) => acted(asked, &target).await,
        (Whyness::Down | Whyness::Unwell, Target::Guest(vmid)) => guest_down(asked, vmid).await,
        (Whyness::Down | Whyness::Unwell, Target::Node(name)) => node_down(asked, &name),
    };
    Some(saying.about(topic).done())
}

fn node_slow(asked: &Asked<'_>, name: &NodeName) -> Saying {
    let observed = &asked.moment.view.observed;
    let Some(seen) = observed.nodes.get(name) else {
        return Saying::new(format!("There is no node {name}."));
    };
    if node::status(asked, seen) != Some(&NodeStatus::Online) {
        return node_down(asked, name);
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
    for (what, share) in pressed {
        let claim = format!("{share:.0} % of the time something waits for {what}");
        saying = saying
            .line(format!("- {claim}"))
            .fact(claim, format!("node/{name} pressure"), at);
    }
    if let Some(memory) = short_of_memory {
        let claim = format!("{} of its memory is used", percent(memory));
        saying = saying
            .line(format!("- {claim}"))
            .fact(claim, format!("node/{name} memory"), at);
    }
    if busy {
        saying = culprit(asked, name, cores, saying);
    }
    saying
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
        return saying
            .line(format!("No single guest is to blame; {claim}."))
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
    saying = match since(asked, seen) {
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
    };
    let own = asked.handle_of(seen);
    saying
        .suggest(format!("what happened to {own}"))
        .suggest(format!("restart {own}"))
}

enum Since {
    At(Timestamp),
    Before(Timestamp),
    NotKnown,
}

/// Since when a guest's processor use has been at least half of what it is now: from the figures in memory, and where they
/// do not reach, from the hourly ones.
fn since(asked: &Asked<'_>, seen: &GuestObserved) -> Since {
    let Some(cpu) = seen.usage.cpu else {
        return Since::NotKnown;
    };
    #[expect(clippy::cast_possible_truncation, reason = "a share")]
    let half = (cpu / 2.0) as f32;
    let series = format!("guest/{}/cpu", seen.vmid);
    let points = asked.desk.handle.points(&series);
    let Some(first) = points.first().copied() else {
        return Since::NotKnown;
    };
    if let Some(last_low) = points.iter().rposition(|point| point.value < half) {
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
    match earlier.iter().rposition(|hour| hour.mean < half) {
        Some(low) => match earlier.get(low + 1) {
            Some(hour) => Since::At(hour.began),
            None => Since::At(first.at),
        },
        None => Since::Before(earlier.first().map_or(first.at, |hour| hour.began)),
    }
}

fn guest_slow(asked: &Asked<'_>, vmid: Vmid) -> Saying {
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

/// Why a guest is down or unwell: what it does, what stopped it, what is planned about it, and what it waits for.
async fn guest_down(asked: &Asked<'_>, vmid: Vmid) -> Saying {
    let view = &asked.moment.view;
    let Some(seen) = view.observed.guests.get(&vmid) else {
        return Saying::new(format!("There is no guest {vmid}."));
    };
    let name = words::capitalised(&asked.guest(vmid));
    let at = seen.status.seen_at();
    let mut saying = match guest::status(asked, seen) {
        Some(status) => {
            let does = guest::words(status);
            Saying::new(format!("{name} {does}.")).fact(
                format!("{name} {does}"),
                format!("guest/{vmid} status"),
                at,
            )
        }
        None => {
            Saying::new(asked.not_known(&asked.guest(vmid), &seen.status, jarvis_model::limits::CRITICAL))
        }
    };
    let stopped = guest::status(asked, seen) == Some(&GuestStatus::Stopped);
    if stopped && let Some(cause) = seen.stop_cause.value() {
        let claim = line(&cause.words());
        let when = match cause {
            jarvis_model::StopCause::Person { at, .. }
            | jarvis_model::StopCause::Ourselves { at }
            | jarvis_model::StopCause::System { at, .. }
            | jarvis_model::StopCause::StartFailed { at, .. } => format!(", {}", asked.at(*at)),
            _ => String::new(),
        };
        saying = saying.line(format!("The cause: {claim}{when}.")).fact(
            claim,
            format!("guest/{vmid} stop cause"),
            seen.stop_cause.seen_at(),
        );
    }
    match view.desired.guest_by_vmid(vmid) {
        Some((key, manifest)) => {
            let wish = guest::strategy(manifest.spec.run_strategy);
            saying = saying
                .line(format!(
                    "Its manifest wants it {wish} ({:?}).",
                    manifest.spec.run_strategy
                ))
                .fact(
                    format!("wants it {wish}"),
                    format!("{key} spec.runStrategy"),
                    view.memory.revision.as_ref().map(|revision| revision.at),
                );
            pursued(asked, key, saying)
        }
        None => saying.line("It has no manifest, so I do nothing about it."),
    }
}

/// What is done about a resource: its issue, its most telling condition, its decision in the plan.
fn pursued(asked: &Asked<'_>, key: &ResourceKey, mut saying: Saying) -> Saying {
    let view = &asked.moment.view;
    for issue in view
        .memory
        .issues
        .values()
        .filter(|issue| issue.key.resource == *key)
    {
        let claim = line(&issue.summary);
        let ended = issue
            .last_outcome
            .as_ref()
            .map(|outcome| format!("; the last attempt: {}", line(&outcome.words())));
        saying = saying
            .line(format!(
                "An issue is open, found {}: {claim}{}.",
                asked.ago(issue.opened_at),
                ended.unwrap_or_default()
            ))
            .fact(claim, format!("issue {}", issue.key), Some(issue.opened_at));
    }
    let status = view.plan.statuses.get(key);
    if let Some(condition) = status.and_then(|status| status.headline()) {
        let claim = line(&condition.message);
        if !claim.is_empty() {
            saying = saying.line(format!("{:?}: {claim}.", condition.kind)).fact(
                claim,
                format!("{key} status"),
                status.and_then(|status| status.since),
            );
        }
    }
    let decided = view
        .plan
        .decisions
        .iter()
        .find(|decision| decision.request.resource.as_ref() == Some(key));
    if let Some(decision) = decided {
        let what = decision.request.action.verb();
        let then = match &decision.verdict {
            Verdict::Permit { .. } => format!("I am about to {what} it"),
            Verdict::Confirm { .. } => format!("I recommend to {what} it; a person decides"),
            Verdict::Wait { refusal, .. } => {
                format!("I would {what} it, but wait: {}", line(&refusal.reason))
            }
            Verdict::Refuse { refusal } => format!("I do not {what} it: {}", line(&refusal.reason)),
        };
        saying = saying
            .line(format!("{then}."))
            .fact(then, "plan", Some(view.plan.at));
    }
    saying
}

fn node_down(asked: &Asked<'_>, name: &NodeName) -> Saying {
    let view = &asked.moment.view;
    let Some(seen) = view.observed.nodes.get(name) else {
        return Saying::new(format!("There is no node {name}."));
    };
    let at = seen.status.seen_at();
    let mut saying = match node::status(asked, seen) {
        Some(status) => {
            let is = if *status == NodeStatus::Online {
                "is online"
            } else {
                "is offline"
            };
            Saying::new(format!("Node {name} {is}.")).fact(is, format!("node/{name} status"), at)
        }
        None => Saying::new(asked.not_known(
            &format!("node {name}"),
            &seen.status,
            jarvis_model::limits::CRITICAL,
        )),
    };
    if let Some(how) = view.memory.shut_down.get(name) {
        let claim = line(how);
        saying = saying
            .line(format!("It was shut down on purpose: {claim}."))
            .fact(claim, format!("node/{name} shutdown"), None);
    }
    let key = view
        .desired
        .nodes
        .iter()
        .find(|(_, manifest)| manifest.spec.node == *name)
        .map(|(key, _)| key);
    match key {
        Some(key) => pursued(asked, key, saying),
        None => saying,
    }
}

/// The latest act on a thing: when, by whom, why, and how it ended.
async fn acted(asked: &Asked<'_>, target: &Target) -> Saying {
    let now = asked.now();
    let name = match target {
        Target::Guest(vmid) => asked.guest(*vmid),
        Target::Node(node) => format!("node {node}"),
    };
    let read = match past::read(&asked.desk.handle, now - FAR, now).await {
        Ok(read) => read,
        Err(why) => return Saying::new(why),
    };
    let found = read
        .records
        .iter()
        .rev()
        .find_map(|stored| match &stored.record.event {
            Event::IntentLogged { intent } if past::is_at(intent, target) => Some((stored, intent)),
            _ => None,
        });
    let Some((stored, intent)) = found else {
        let mut saying = Saying::new(format!(
            "I have not acted on {name} in the last 7 days, by my records."
        ));
        if let Target::Guest(vmid) = target
            && let Some(cause) = asked
                .moment
                .view
                .observed
                .guests
                .get(vmid)
                .and_then(|seen| seen.stop_cause.value())
        {
            saying = saying.line(format!("What I know of its last stop: {}.", line(&cause.words())));
        }
        return saying;
    };
    let cite = |claim: &str, stored: &jarvis_ports::Stored| -> Fact {
        fact(
            claim,
            format!("event {}", stored.record.seq),
            Some(stored.record.at),
        )
    };
    let time = asked.at(stored.record.at);
    let by = match &intent.origin {
        jarvis_model::Origin::Reconciler => "of my own accord".to_owned(),
        jarvis_model::Origin::Runbook { name } => format!("by the runbook {}", line(name)),
        other => format!("asked by {}", line(&other.label())),
    };
    let attempt = if intent.attempt > 0 {
        format!(", attempt {}", intent.attempt)
    } else {
        String::new()
    };
    let did = format!("{} {name} {time}", intent.action.verb());
    let begun = cite(&did, stored);
    let mut saying =
        Saying::new(format!("To {did}: {by}{attempt}.")).fact(begun.claim, begun.source, begun.at);
    let decided = read.records.iter().rev().find(
        |stored| matches!(&stored.record.event, Event::Decided { digest, .. } if *digest == intent.digest),
    );
    if let Some(stored) = decided
        && let Event::Decided { evidence, .. } = &stored.record.event
    {
        let reasons: Vec<String> = evidence.iter().take(4).map(|text| line(text)).collect();
        if !reasons.is_empty() {
            let claim = reasons.join("; ");
            let cited = cite(&claim, stored);
            saying = saying
                .line(format!("The ground: {claim}."))
                .fact(cited.claim, cited.source, cited.at);
        }
    }
    let opened = read
        .records
        .iter()
        .rev()
        .find(|stored| match (&stored.record.event, &intent.cause) {
            (
                Event::IssueOpened { issue, .. } | Event::IssueRelapsed { issue, .. },
                jarvis_model::Cause::Issue { issue: own },
            ) => issue == own && stored.record.at <= intent.logged_at,
            _ => false,
        });
    if let Some(stored) = opened
        && let Event::IssueOpened { summary, .. } | Event::IssueRelapsed { summary, .. } =
            &stored.record.event
    {
        let claim = line(summary);
        let cited = cite(&claim, stored);
        saying = saying
            .line(format!(
                "What I had found, {}: {claim}.",
                asked.at(stored.record.at)
            ))
            .fact(cited.claim, cited.source, cited.at);
    }
    let closed = read.records.iter().find_map(|stored| match &stored.record.event {
        Event::IntentClosed { intent: id, outcome } if *id == intent.id => Some((stored, outcome)),
        _ => None,
    });
    match closed {
        Some((stored, outcome)) => {
            let how = match outcome {
                Outcome::Verified => "done and verified".to_owned(),
                other => line(&other.words()),
            };
            let cited = cite(&how, stored);
            saying
                .line(format!("It ended {}: {how}.", asked.at(stored.record.at)))
                .fact(cited.claim, cited.source, cited.at)
        }
        None => saying.line("It is not over yet."),
    }
}
