//! One guest.

use super::{
    Asked, Said, Topic,
    intent::Aspect,
    lists,
    saying::{Saying, bytes, count, fact, line, percent, share, span},
};
use jarvis_crds::RunStrategy;
use jarvis_model::{GuestKind, GuestObserved, GuestStatus, Vmid, limits};
use std::time::Duration;

/// A backup older than that is said to be old.
const OLD: Duration = Duration::from_hours(48);

/// One aspect of a guest.
pub(super) fn look(asked: &Asked<'_>, aspect: Aspect, vmid: Vmid) -> Said {
    let topic = Topic::Guest { vmid };
    let Some(guest) = asked.moment.view.observed.guests.get(&vmid) else {
        return Saying::new(format!("There is no guest {vmid}.")).done();
    };
    let saying = match aspect {
        Aspect::State => state(asked, guest),
        Aspect::Place => place(asked, guest),
        Aspect::Protection => protection(asked, guest),
        Aspect::Backup => backup(asked, guest),
        Aspect::Services => return lists::services(asked, Some(&jarvis_model::Host::Guest(vmid))),
        Aspect::Uptime => uptime(asked, guest),
        Aspect::Cpu | Aspect::Memory | Aspect::Disk => usage(asked, guest, aspect),
        Aspect::Temperature | Aspect::Updates => {
            Saying::new(format!("I have no such figure of {}.", asked.guest(vmid)))
        }
    };
    saying.about(topic).done()
}

/// What the guest is known to do, if that is known now.
pub(super) fn status<'a>(asked: &Asked<'a>, guest: &'a GuestObserved) -> Option<&'a GuestStatus> {
    guest.status.fresh(asked.now(), limits::CRITICAL)
}

fn unknown(asked: &Asked<'_>, guest: &GuestObserved) -> Saying {
    Saying::new(asked.not_known(&asked.guest(guest.vmid), &guest.status, limits::CRITICAL))
}

fn state(asked: &Asked<'_>, guest: &GuestObserved) -> Saying {
    let name = asked.guest(guest.vmid);
    let view = &asked.moment.view;
    let Some(status) = status(asked, guest) else {
        return unknown(asked, guest).maybe(trouble(asked, guest));
    };
    let does = words(status);
    let since = guest.uptime_secs.filter(|_| *status == GuestStatus::Running);
    let since = since.map(|secs| format!(", up {}", span(Duration::from_secs(secs))));
    let seen = guest.status.seen_at();
    let capital = jarvis_guard::words::capitalised(&name);
    let mut saying = Saying::new(format!(
        "{capital} {does} on {}{}.",
        guest.node,
        since.unwrap_or_default()
    ))
    .fact(
        format!("{name} {does}"),
        format!("guest/{} status", guest.vmid),
        seen,
    );
    if *status == GuestStatus::Running {
        saying = saying.maybe(load(guest));
    } else if let Some(cause) = guest.stop_cause.value() {
        let words = line(&cause.words());
        saying = saying.line(format!("Why: {words}.")).fact(
            words,
            format!("guest/{} stop cause", guest.vmid),
            guest.stop_cause.seen_at(),
        );
    }
    match view.desired.guest_by_vmid(guest.vmid) {
        Some((key, manifest)) => {
            let wish = strategy(manifest.spec.run_strategy);
            saying = saying.line(format!(
                "Its manifest wants it {wish} ({:?}).",
                manifest.spec.run_strategy
            ));
            saying = saying.fact(
                format!("wants it {wish}"),
                format!("{key} spec.runStrategy"),
                view.memory.revision.as_ref().map(|revision| revision.at),
            );
        }
        None => saying = saying.line("It has no manifest, so I only watch it."),
    }
    saying = saying.maybe(trouble(asked, guest));
    let own = super::saying::handle_of(guest);
    match status {
        GuestStatus::Stopped => saying
            .suggest(format!("start {own}"))
            .suggest(format!("why is {own} stopped")),
        _ => saying
            .suggest(format!("restart {own}"))
            .suggest(format!("what happened to {own}")),
    }
}

/// `runs`, `is stopped`, `is paused`.
pub(super) fn words(status: &GuestStatus) -> String {
    match status {
        GuestStatus::Running => "runs".to_owned(),
        GuestStatus::Stopped => "is stopped".to_owned(),
        GuestStatus::Held(word) => format!("is {}", line(word)),
    }
}

/// What a run strategy wants, in words.
pub(super) fn strategy(strategy: RunStrategy) -> &'static str {
    match strategy {
        RunStrategy::Always => "running always",
        RunStrategy::RerunOnFailure => "running unless a person stops it",
        RunStrategy::Halted => "stopped",
        RunStrategy::Manual => "left to people",
    }
}

fn load(guest: &GuestObserved) -> Option<String> {
    let cpu = guest
        .usage
        .cpu
        .map(|cpu| format!("{} of its processor", percent(cpu)));
    let mem = share(guest.usage.mem_bytes, guest.usage.max_mem_bytes);
    let mem = mem.map(|mem| format!("{} of its memory", percent(mem)));
    let both: Vec<String> = cpu.into_iter().chain(mem).collect();
    (!both.is_empty()).then(|| format!("It uses {}.", super::saying::list(&both)))
}

fn trouble(asked: &Asked<'_>, guest: &GuestObserved) -> Option<String> {
    let view = &asked.moment.view;
    let (key, _) = view.desired.guest_by_vmid(guest.vmid)?;
    let open = view
        .memory
        .issues
        .values()
        .find(|issue| issue.key.resource == *key)?;
    Some(format!(
        "An issue is open, found {}: {}.",
        asked.ago(open.opened_at),
        line(&open.summary)
    ))
}

fn place(asked: &Asked<'_>, guest: &GuestObserved) -> Saying {
    let name = jarvis_guard::words::capitalised(&asked.guest(guest.vmid));
    let view = &asked.moment.view;
    let wanted = view
        .desired
        .guest_by_vmid(guest.vmid)
        .and_then(|(_, manifest)| manifest.spec.node.clone());
    let drift = wanted.filter(|wanted| *wanted != guest.node);
    Saying::new(format!("{name} is on node {}.", guest.node))
        .fact(
            format!("is on node {}", guest.node),
            format!("guest/{} node", guest.vmid),
            view.observed.looked_at,
        )
        .maybe(
            drift.map(|wanted| format!("Its manifest expects it on {wanted}; I do not migrate by myself.")),
        )
}

fn protection(asked: &Asked<'_>, guest: &GuestObserved) -> Saying {
    let name = jarvis_guard::words::capitalised(&asked.guest(guest.vmid));
    let view = &asked.moment.view;
    let (is, claim) = if view.protected_guests().contains(&guest.vmid) {
        ("is protected: nobody interrupts it through me", "is protected")
    } else {
        ("is not protected", "is not protected")
    };
    Saying::new(format!("{name} {is}."))
        .fact(claim, "floor and SafetyPolicy", None)
        .suggest(format!(
            "what happens if I restart {}",
            super::saying::handle_of(guest)
        ))
}

fn uptime(asked: &Asked<'_>, guest: &GuestObserved) -> Saying {
    let name = jarvis_guard::words::capitalised(&asked.guest(guest.vmid));
    match (status(asked, guest), guest.uptime_secs) {
        (None, _) => unknown(asked, guest),
        (Some(GuestStatus::Stopped), _) => Saying::new(format!("{name} is stopped.")).fact(
            "is stopped",
            format!("guest/{} status", guest.vmid),
            guest.status.seen_at(),
        ),
        (Some(_), Some(secs)) => {
            let long = span(Duration::from_secs(secs));
            let seen = guest.status.seen_at().unwrap_or(asked.now());
            let since = asked.time(seen - Duration::from_secs(secs));
            Saying::new(format!("{name} has been up for {long}, since {since}.")).fact(
                format!("up for {long}"),
                format!("guest/{} uptime", guest.vmid),
                Some(seen),
            )
        }
        (Some(_), None) => Saying::new(format!("{name} runs; for how long is not known.")),
    }
}

fn usage(asked: &Asked<'_>, guest: &GuestObserved, aspect: Aspect) -> Saying {
    let name = jarvis_guard::words::capitalised(&asked.guest(guest.vmid));
    if status(asked, guest).is_none() {
        return unknown(asked, guest);
    }
    if aspect == Aspect::Disk && guest.kind == GuestKind::Qemu {
        // What the list says of it is 0.
        return Saying::new(format!(
            "Proxmox does not look into the disks of virtual machines, so how full that of {} is I cannot say.",
            asked.guest(guest.vmid)
        ));
    }
    let usage = &guest.usage;
    let of = |used: Option<u64>, whole: Option<u64>, what: &str| {
        let part = percent(share(used, whole)?);
        let (used, whole) = (bytes(used?), bytes(whole?));
        Some((
            format!("uses {part} of its {what}: {used} of {whole}"),
            format!("{part} of its {what}"),
        ))
    };
    let (said, figure) = match aspect {
        Aspect::Cpu => {
            let said = usage.cpu.map(|cpu| {
                let cores = usage.max_cpu.map(|cores| format!(" ({cores:.0} cores)"));
                let part = format!("{} of its processor", percent(cpu));
                (format!("uses {part}{}", cores.unwrap_or_default()), part)
            });
            (said, "cpu")
        }
        Aspect::Memory => (of(usage.mem_bytes, usage.max_mem_bytes, "memory"), "memory"),
        _ => (of(usage.disk_bytes, usage.max_disk_bytes, "disk"), "disk"),
    };
    match said {
        Some((said, claim)) => Saying::new(format!("{name} {said}.")).fact(
            claim,
            format!("guest/{} {figure}", guest.vmid),
            guest.status.seen_at(),
        ),
        None => Saying::new(format!(
            "How much {figure} {} uses is not known.",
            asked.guest(guest.vmid)
        )),
    }
}

fn backup(asked: &Asked<'_>, guest: &GuestObserved) -> Saying {
    let name = jarvis_guard::words::capitalised(&asked.guest(guest.vmid));
    let backups = &asked.moment.view.observed.backups;
    let Some(known) = backups.fresh(asked.now(), limits::BACKGROUND) else {
        return Saying::new(asked.not_known("the backups", backups, limits::BACKGROUND));
    };
    let (text, claim) = match known.get(&guest.vmid) {
        Some(at) => {
            let ago = asked.ago(*at);
            (
                format!("{name} was last backed up {ago}, {}.", asked.at(*at)),
                format!("last backed up {ago}"),
            )
        }
        None => (
            format!("{name} has no backup that I know of."),
            "has no backup".to_owned(),
        ),
    };
    Saying::new(text).fact(claim, format!("guest/{} backup", guest.vmid), backups.seen_at())
}

/// The backups of all guests: those without, and the oldest.
pub(super) fn backups(asked: &Asked<'_>) -> Said {
    let observed = &asked.moment.view.observed;
    let Some(known) = observed.backups.fresh(asked.now(), limits::BACKGROUND) else {
        return Saying::new(asked.not_known("the backups", &observed.backups, limits::BACKGROUND)).done();
    };
    let guests: Vec<&GuestObserved> = observed.guests.values().filter(|guest| !guest.template).collect();
    let all = guests.len();
    let (with, without): (Vec<&GuestObserved>, Vec<&GuestObserved>) = guests
        .into_iter()
        .partition(|guest| known.contains_key(&guest.vmid));
    let mut old: Vec<_> = with
        .iter()
        .filter_map(|guest| known.get(&guest.vmid).map(|at| (*at, guest)))
        .filter(|(at, _)| asked.now().since(*at) > OLD)
        .collect();
    old.sort_by_key(|(at, _)| *at);
    let seen = observed.backups.seen_at();
    let text = format!(
        "{} of {} have a backup; {} older than {}.",
        with.len(),
        count(all, "guest"),
        if old.len() == 1 {
            "1 is".to_owned()
        } else {
            format!("{} are", old.len())
        },
        span(OLD)
    );
    let mut entries: Vec<_> = without
        .iter()
        .map(|guest| {
            let name = asked.guest(guest.vmid);
            let source = format!("guest/{} backup", guest.vmid);
            (
                format!("{name}: none"),
                Some(fact(format!("{name}: none"), source, seen)),
            )
        })
        .collect();
    entries.extend(old.iter().map(|(at, guest)| {
        let said = format!("{}: {}", asked.guest(guest.vmid), asked.ago(*at));
        (
            said.clone(),
            Some(fact(said, format!("guest/{} backup", guest.vmid), Some(*at))),
        )
    }));
    Saying::new(text)
        .fact(
            format!("{} of {} have a backup", with.len(), count(all, "guest")),
            "backups",
            seen,
        )
        .entries(entries)
        .about(Topic::Cluster)
        .done()
}
