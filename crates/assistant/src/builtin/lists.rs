//! Which ones there are, and how many.

use super::{
    Asked, Said, Topic, cluster, guest,
    intent::{Aspect, Listed},
    node, plan,
    saying::{Saying, count as number_of, fact, line, percent, share},
    storage,
    target::{self, Kind, Target},
};
use crate::message::Fact;
use jarvis_crds::{Manifest, kinds::service::ServiceSpec};
use jarvis_model::{GuestObserved, GuestStatus, Host, NodeStatus, ResourceKey, limits};

type Entry = (String, Option<Fact>);

/// Which ones there are.
pub(super) fn list(asked: &Asked<'_>, what: &Listed) -> Said {
    match what {
        Listed::Guests | Listed::Running | Listed::Stopped | Listed::Undeclared | Listed::On(_) => {
            guests(asked, what)
        }
        Listed::Most(aspect) => most(asked, *aspect),
        Listed::Protected => protected(asked),
        Listed::Nodes => nodes(asked),
        Listed::Storages => storage::all(asked, None),
        Listed::Services => services(asked, None),
        Listed::Issues => issues(asked),
        Listed::Proposals | Listed::Tickets => plan::waiting(asked),
        Listed::Runbooks => named(asked, "runbook", asked.moment.view.desired.runbooks.keys()),
        Listed::Thresholds => named(asked, "threshold", asked.moment.view.desired.thresholds.keys()),
    }
}

/// How many there are.
pub(super) fn count(asked: &Asked<'_>, what: &Listed) -> Said {
    let said = list(asked, what);
    let first = said.text.lines().next().unwrap_or_default();
    let text = first.trim_end_matches(':').trim_end_matches('.').to_owned();
    Said {
        facts: said
            .facts
            .into_iter()
            .filter(|fact| text.contains(&fact.claim))
            .collect(),
        text: format!("{text}."),
        suggestions: vec!["list guests".to_owned()],
        topic: said.topic,
    }
}

fn entry(asked: &Asked<'_>, seen: &GuestObserved) -> Entry {
    let name = asked.guest(seen.vmid);
    match guest::status(asked, seen) {
        Some(status) => {
            let does = guest::words(status);
            let claim = format!("{name} {does}");
            let source = format!("guest/{} status", seen.vmid);
            (
                format!("{claim} on {}", seen.node),
                Some(fact(claim, source, seen.status.seen_at())),
            )
        }
        None => (format!("{name} on {}: not known now", seen.node), None),
    }
}

fn guests(asked: &Asked<'_>, what: &Listed) -> Said {
    if let Some(blind) = asked.blind() {
        return Saying::new(blind).about(Topic::Cluster).done();
    }
    let view = &asked.moment.view;
    let mut topic = Topic::Cluster;
    let mut on = None;
    if let Listed::On(phrase) = what {
        match target::one(asked, phrase, Some(Kind::Node), "which guests are on {}") {
            Ok(Target::Node(name)) => {
                topic = Topic::Node { node: name.clone() };
                on = Some(name);
            }
            Ok(Target::Guest(_)) => return Saying::new("That is a guest; guests are on nodes.").done(),
            Err(back) => return back,
        }
    }
    let declared: std::collections::BTreeSet<_> = match what {
        Listed::Undeclared => view
            .desired
            .guests
            .values()
            .map(|manifest| manifest.spec.vmid)
            .collect(),
        _ => std::collections::BTreeSet::new(),
    };
    let wanted = |seen: &&GuestObserved| match what {
        Listed::Running => guest::status(asked, seen) == Some(&GuestStatus::Running),
        Listed::Stopped => guest::status(asked, seen) == Some(&GuestStatus::Stopped),
        Listed::Undeclared => !declared.contains(&seen.vmid),
        _ => on.as_ref().is_none_or(|node| seen.node == *node),
    };
    let found: Vec<&GuestObserved> = view.observed.guests.values().filter(wanted).collect();
    let how = match (what, &on) {
        (Listed::Running, _) => " running".to_owned(),
        (Listed::Stopped, _) => " stopped".to_owned(),
        (Listed::Undeclared, _) => " without a manifest".to_owned(),
        (_, Some(node)) => format!(" on {node}"),
        _ => String::new(),
    };
    let unknown = view
        .observed
        .guests
        .values()
        .filter(|seen| guest::status(asked, seen).is_none());
    let unknown = unknown.count();
    let claim = format!("{}{how}", number_of(found.len(), "guest"));
    let dot = if found.is_empty() { "." } else { ":" };
    let doubt = matches!(what, Listed::Running | Listed::Stopped) && unknown > 0;
    Saying::new(format!("{claim}{dot}"))
        .fact(claim, "guests status", view.observed.looked_at)
        .entries(
            found
                .iter()
                .take(200)
                .map(|seen| entry(asked, seen))
                .collect::<Vec<_>>(),
        )
        .recount(found.len())
        .maybe(doubt.then(|| {
            format!(
                "How {} is or are doing is not known now.",
                number_of(unknown, "guest")
            )
        }))
        .about(topic)
        .done()
}

fn most(asked: &Asked<'_>, aspect: Aspect) -> Said {
    if let Some(blind) = asked.blind() {
        return Saying::new(blind).done();
    }
    let figure = |seen: &GuestObserved| {
        if guest::status(asked, seen) != Some(&GuestStatus::Running) {
            return None;
        }
        let usage = &seen.usage;
        match aspect {
            Aspect::Memory => Some((
                usage.mem_bytes? as f64,
                share(usage.mem_bytes, usage.max_mem_bytes)?,
            )),
            _ => Some((usage.cpu? * usage.max_cpu.unwrap_or(1.0), usage.cpu?)),
        }
    };
    let all = asked.moment.view.observed.guests.values();
    let mut ranked: Vec<_> = all.filter_map(|seen| Some((figure(seen)?, seen))).collect();
    ranked.sort_by(|a, b| b.0.0.total_cmp(&a.0.0));
    if ranked.is_empty() {
        return Saying::new("I know no such figure of any guest that runs.").done();
    }
    let (what, key) = match aspect {
        Aspect::Memory => ("memory", "memory"),
        _ => ("processor", "cpu"),
    };
    let entries = ranked.iter().take(5).map(|((whole, part), seen)| {
        let amount = match aspect {
            Aspect::Memory => format!("{:.1} GiB", whole / 1_073_741_824.0),
            _ => format!("{whole:.1} cores"),
        };
        let claim = format!("{}: {amount}", asked.guest(seen.vmid));
        let said = format!("{claim}, {} of its own, on {}", percent(*part), seen.node);
        (
            said,
            Some(fact(
                claim,
                format!("guest/{} {key}", seen.vmid),
                seen.status.seen_at(),
            )),
        )
    });
    let first = ranked.first().map(|(_, seen)| Topic::Guest { vmid: seen.vmid });
    let saying = Saying::new(format!("Most {what} is used by:")).entries(entries.collect());
    match first {
        Some(topic) => saying.about(topic).done(),
        None => saying.done(),
    }
}

fn protected(asked: &Asked<'_>) -> Said {
    let view = &asked.moment.view;
    let source = "floor and SafetyPolicy";
    let nodes = view
        .protected_nodes()
        .into_iter()
        .map(|name| format!("node {name}"));
    let guests = view.protected_guests().into_iter().map(|vmid| asked.guest(vmid));
    let entries: Vec<Entry> = nodes
        .chain(guests)
        .map(|name| (name.clone(), Some(fact(name, source, None))))
        .collect();
    if entries.is_empty() {
        return Saying::new("Nothing is protected by name; the floor still forbids what is never done.")
            .done();
    }
    Saying::new("Nobody interrupts these through me:")
        .entries(entries)
        .done()
}

fn nodes(asked: &Asked<'_>) -> Said {
    if let Some(blind) = asked.blind() {
        return Saying::new(blind).about(Topic::Cluster).done();
    }
    let observed = &asked.moment.view.observed;
    let entries = observed.nodes.values().map(|seen| {
        let name = &seen.name;
        match node::status(asked, seen) {
            Some(status) => {
                let is = if *status == NodeStatus::Online {
                    "online"
                } else {
                    "offline"
                };
                let cpu = node::figure(asked, seen, Aspect::Cpu).map(|(_, claim, _)| format!(", {claim}"));
                let claim = format!("{name}: {is}");
                let said = format!("{claim}{}", cpu.unwrap_or_default());
                (
                    said,
                    Some(fact(claim, format!("node/{name} status"), seen.status.seen_at())),
                )
            }
            None => (format!("{name}: not known now"), None),
        }
    });
    let claim = number_of(observed.nodes.len(), "node");
    Saying::new(format!("{claim}:"))
        .fact(claim, "nodes status", observed.looked_at)
        .entries(entries.collect())
        .about(Topic::Cluster)
        .done()
}

fn issues(asked: &Asked<'_>) -> Said {
    let all: Vec<_> = asked.moment.view.memory.issues.values().collect();
    let claim = number_of(all.len(), "open issue");
    let dot = if all.is_empty() { "." } else { ":" };
    Saying::new(format!("{claim}{dot}"))
        .fact(claim, "issues", Some(asked.moment.view.at))
        .entries(cluster::issues(asked, &all))
        .about(Topic::Cluster)
        .done()
}

fn named<'k>(asked: &Asked<'_>, what: &str, keys: impl Iterator<Item = &'k ResourceKey>) -> Said {
    let keys: Vec<_> = keys.collect();
    let claim = number_of(keys.len(), what);
    let dot = if keys.is_empty() { "." } else { ":" };
    let at = asked
        .moment
        .view
        .memory
        .revision
        .as_ref()
        .map(|revision| revision.at);
    let entries = keys.iter().map(|key| (key.name.to_string(), None));
    Saying::new(format!("{claim}{dot}"))
        .fact(claim, "revision in force", at)
        .entries(entries.collect())
        .done()
}

type Declared<'a> = (&'a ResourceKey, &'a Manifest<ServiceSpec>);

fn service_entry(asked: &Asked<'_>, (key, manifest): Declared<'_>) -> Entry {
    let view = &asked.moment.view;
    let host = jarvis_guard::words::host(&manifest.spec.target.host(), &view.observed);
    let name = format!("{} on {}", key.name, line(&host));
    let Some(seen) = view.observed.services.get(key) else {
        return (format!("{name}: not looked at yet"), None);
    };
    if let Some(status) = seen.status.fresh(asked.now(), limits::IMPORTANT) {
        let claim = format!("{name}: {}", line(status.as_str()));
        return (
            claim.clone(),
            Some(fact(claim, key.to_string(), seen.status.seen_at())),
        );
    }
    let trouble = seen.trouble.as_deref().map(|why| format!(" ({})", line(why)));
    (
        format!("{name}: not known now{}", trouble.unwrap_or_default()),
        None,
    )
}

/// All services, or those of a host; those that are not up first.
pub(super) fn services(asked: &Asked<'_>, host: Option<&Host>) -> Said {
    let view = &asked.moment.view;
    let all = view.desired.services.iter();
    let mut wanted: Vec<Declared<'_>> = all
        .filter(|(_, manifest)| host.is_none_or(|host| manifest.spec.target.host() == *host))
        .collect();
    let up = |key: &ResourceKey| {
        let seen = view.observed.services.get(key);
        seen.and_then(|seen| seen.status.fresh(asked.now(), limits::IMPORTANT))
            == Some(&jarvis_model::ServiceStatus::Up)
    };
    wanted.sort_by_key(|(key, _)| up(key));
    let ups = wanted.iter().filter(|(key, _)| up(key)).count();
    if wanted.is_empty() {
        return Saying::new("I look after no services there.").done();
    }
    let claim = format!("{ups} of {} up", number_of(wanted.len(), "service"));
    Saying::new(format!("{claim}:"))
        .fact(claim, "services", Some(view.at))
        .entries(wanted.into_iter().map(|row| service_entry(asked, row)).collect())
        .done()
}

/// A service by its name, wherever it is.
pub(super) fn service_named(asked: &Asked<'_>, phrase: &str) -> Option<Said> {
    let found = called(asked, phrase);
    if found.is_empty() {
        return None;
    }
    let entries = found.into_iter().map(|row| service_entry(asked, row)).collect();
    Some(
        Saying::new(format!("{}:", jarvis_guard::words::capitalised(&line(phrase))))
            .entries(entries)
            .done(),
    )
}

fn called<'a>(asked: &Asked<'a>, phrase: &str) -> Vec<Declared<'a>> {
    let name = phrase
        .trim_start_matches("the ")
        .trim_start_matches("service ")
        .trim_end_matches(" service");
    let all = asked.moment.view.desired.services.iter();
    all.filter(|(key, manifest)| {
        let unit = manifest
            .spec
            .reference()
            .is_some_and(|reference| reference.name.is(name));
        unit || key.name.eq_ignore_ascii_case(name)
    })
    .collect()
}

/// Services of that name that can be acted on, by host and unit.
pub(super) fn services_called(asked: &Asked<'_>, phrase: &str) -> Option<Vec<(Host, String)>> {
    let found: Vec<_> = called(asked, phrase)
        .into_iter()
        .filter_map(|(_, manifest)| {
            let unit = manifest.spec.reference()?.name.unit();
            Some((manifest.spec.target.host(), unit.name().to_owned()))
        })
        .collect();
    (!found.is_empty()).then_some(found)
}

/// The unit or container by which a declared service of a host is called.
pub(super) fn declared(asked: &Asked<'_>, host: &Host, name: &str) -> Option<String> {
    let found = called(asked, name)
        .into_iter()
        .find(|(_, manifest)| manifest.spec.target.host() == *host)?;
    Some(found.1.spec.reference()?.name.unit().name().to_owned())
}

/// Names of the services of a host.
pub(super) fn services_on(asked: &Asked<'_>, host: &Host) -> Vec<String> {
    let all = asked.moment.view.desired.services.values();
    all.filter(|manifest| manifest.spec.target.host() == *host)
        .filter_map(|manifest| Some(manifest.spec.reference()?.name.unit().name().to_owned()))
        .collect()
}
