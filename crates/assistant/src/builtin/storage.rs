//! Storages.

use super::{
    Asked, Said, Topic,
    saying::{Saying, bytes, fact, line, percent, share},
};
use crate::message::Fact;
use jarvis_model::{NodeName, StorageObserved, limits};

/// The share from which a storage is said to be full.
const FULL: f64 = 0.85;

fn entry(asked: &Asked<'_>, id: &str, storage: &StorageObserved) -> (String, Option<Fact>) {
    let place = match &storage.node {
        Some(node) => format!("{} on {node}", line(&storage.storage)),
        None => format!("{} (shared)", line(&storage.storage)),
    };
    let seen = storage.active.seen_at();
    let part = share(storage.used_bytes, storage.total_bytes);
    match (storage.active.fresh(asked.now(), limits::IMPORTANT), part) {
        (Some(true), Some(part)) => {
            let free = storage.total_bytes.zip(storage.used_bytes);
            let free = free.map(|(total, used)| format!(", {} free", bytes(total.saturating_sub(used))));
            let claim = format!("{place}: {} full", percent(part));
            (
                format!("{claim}{}", free.unwrap_or_default()),
                Some(fact(claim, id, seen)),
            )
        }
        (Some(true), None) => (format!("{place}: how full is not known"), None),
        (Some(false), _) => {
            let claim = format!("{place}: not active");
            (claim.clone(), Some(fact(claim, id, seen)))
        }
        (None, _) => {
            let told = asked.not_known(&place, &storage.active, limits::IMPORTANT);
            (told.trim_end_matches('.').to_owned(), None)
        }
    }
}

/// All storages, fullest first; those of a node, and its root disk, when one is named.
pub(super) fn all(asked: &Asked<'_>, node: Option<&NodeName>) -> Said {
    let observed = &asked.moment.view.observed;
    let wanted =
        |storage: &StorageObserved| node.is_none() || storage.node.is_none() || storage.node.as_ref() == node;
    let mut storages: Vec<_> = observed
        .storages
        .iter()
        .filter(|(_, storage)| wanted(storage))
        .collect();
    let part = |storage: &StorageObserved| share(storage.used_bytes, storage.total_bytes).unwrap_or(-1.0);
    storages.sort_by(|a, b| part(b.1).total_cmp(&part(a.1)));
    let root = node.and_then(|name| {
        let seen = observed.nodes.get(name)?;
        let online = super::node::status(asked, seen)?;
        (*online == jarvis_model::NodeStatus::Online).then_some(())?;
        let part = percent(share(seen.usage.disk_bytes, seen.usage.max_disk_bytes)?);
        let claim = format!("root disk of {name}: {part} full");
        Some((
            claim.clone(),
            Some(fact(claim, format!("node/{name} disk"), seen.status.seen_at())),
        ))
    });
    let mut entries: Vec<_> = root.into_iter().collect();
    let fullest = storages.first().map(|(_, storage)| part(storage));
    entries.extend(storages.iter().map(|(id, storage)| entry(asked, id, storage)));
    if entries.is_empty() {
        return Saying::new("I know of no storage there.").done();
    }
    let begin = match fullest {
        Some(part) if part >= FULL => "Space is short, fullest first:",
        _ => "Storages, fullest first:",
    };
    let saying = Saying::new(begin).entries(entries);
    match node {
        Some(name) => saying.about(Topic::Node { node: name.clone() }).done(),
        None => saying.about(Topic::Cluster).done(),
    }
}

/// One storage by its name, wherever it is.
pub(super) fn named(asked: &Asked<'_>, phrase: &str) -> Option<Said> {
    let name = phrase
        .trim_start_matches("the ")
        .trim_start_matches("storage ")
        .trim_end_matches(" storage");
    let observed = &asked.moment.view.observed;
    let fits = |storage: &StorageObserved| storage.storage.eq_ignore_ascii_case(name);
    let found: Vec<_> = observed
        .storages
        .iter()
        .filter(|(_, storage)| fits(storage))
        .collect();
    let mut entries: Vec<_> = found
        .iter()
        .map(|(id, storage)| entry(asked, id, storage))
        .collect();
    match entries.len() {
        0 => None,
        1 => {
            let (said, fact) = entries.pop()?;
            let mut saying = Saying::new(format!("Storage {said}."));
            if let Some(fact) = fact {
                saying = saying.fact(fact.claim, fact.source, fact.at);
            }
            Some(saying.done())
        }
        number => Some(
            Saying::new(format!("There are {number} storages called {}:", line(name)))
                .entries(entries)
                .done(),
        ),
    }
}
