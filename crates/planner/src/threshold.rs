//! Figures against their limits: which are beyond one ([`passed`]), and what follows once that has lasted. Limits are the
//! Threshold manifests in force, and the built-in ones of [`limit`] for whatever no manifest of the same figure covers.

mod figure;
mod limit;

pub use limit::BUILT_IN;

use crate::{guest::NOT_READY_AFTER, input::Input, mend::Mending, outcome::Outcome, status::status, subject};
use figure::{Figure, Subject};
use jarvis_crds::Metric;
use jarvis_model::{
    Autonomy, ConditionType, Event, GuestStatus, Health, Issue, IssueKey, IssueKind, Passed, ResourceKey,
    ResourceKind, ResourceStatus, Sync, limits,
};
use limit::{Limit, Limits};
use std::{collections::BTreeMap, time::Duration};

/// Figures beyond their limits now: what `input.observed.passed` becomes before the next plan. A figure that is not known
/// keeps its entry and moves nothing; nor does one of a guest that is being backed up, snapshotted or moved.
pub fn passed(input: &Input<'_>) -> BTreeMap<IssueKey, Passed> {
    let limits = Limits::of(input);
    let mut now = Passing {
        input,
        passed: BTreeMap::new(),
    };
    for (name, node) in &input.observed.nodes {
        let key = match input.desired.node_named(name) {
            Some((key, _)) => Some(key.clone()),
            // A manifest of this name may declare another node.
            None => subject::node_key(name).filter(|key| !input.desired.nodes.contains_key(key)),
        };
        if let Some(key) = key {
            let subject = Subject::Node(node, input.desired.temperature_sensor(name));
            now.subject(&key, &subject, limits.on(&key, subject::labels(input, &key)));
        }
    }
    let watched = [ResourceKind::VirtualMachine, ResourceKind::Container].map(|kind| limits.watches(kind));
    for (key, manifest) in &input.desired.guests {
        let Some(guest) = input.observed.guests.get(&manifest.spec.vmid) else {
            continue;
        };
        if watched[usize::from(key.kind == ResourceKind::Container)] {
            let subject = Subject::Guest(guest);
            now.subject(key, &subject, limits.on(key, &manifest.metadata.labels));
        }
        if manifest.spec.ready.is_some() {
            now.readiness(key, guest);
        }
    }
    for (key, manifest) in &input.desired.services {
        let on = limits.on(key, &manifest.metadata.labels);
        now.subject(key, &Subject::Service(key, &manifest.spec), on);
    }
    now.passed
}

struct Passing<'a> {
    input: &'a Input<'a>,
    passed: BTreeMap<IssueKey, Passed>,
}

impl Passing<'_> {
    fn subject<'l>(
        &mut self,
        key: &ResourceKey,
        subject: &Subject<'_>,
        limits: impl Iterator<Item = &'l Limit<'l>>,
    ) {
        for limit in limits {
            if limit.metric == Metric::Storage {
                self.storages(key, subject, limit);
            } else {
                let figure = figure::of(self.input, subject, limit.metric);
                self.one(key, limit, None, figure);
            }
        }
    }

    /// Every storage of a node is a figure of its own.
    fn storages(&mut self, key: &ResourceKey, subject: &Subject<'_>, limit: &Limit<'_>) {
        let Subject::Node(node, _) = subject else { return };
        for (storage, figure) in figure::storages(self.input, &node.name) {
            if limit.storage.is_none_or(|wanted| *wanted == *storage) {
                self.one(key, limit, Some(storage), figure);
            }
        }
    }

    fn one(&mut self, key: &ResourceKey, limit: &Limit<'_>, storage: Option<&str>, figure: Figure) {
        // Most figures are well within, and nothing was beyond before: no name need be made.
        if figure.is_within(limit) && !self.may_have_been(key) {
            return;
        }
        let issue = limit.issue(key, storage);
        let before = self.before(&issue);
        match figure {
            Figure::Unknown => self.keep(issue, before),
            Figure::Known(value) => {
                let beyond = match &before {
                    Some(_) => !limit.is_cleared(value),
                    None => limit.is_passed(value),
                };
                self.take(issue, before, value, beyond);
            }
        }
    }

    /// A `ready` probe that fails is told like a figure beyond its limit.
    fn readiness(&mut self, key: &ResourceKey, guest: &jarvis_model::GuestObserved) {
        let failing = guest.ready.value() == Some(&false);
        if !failing && !self.may_have_been(key) {
            return;
        }
        let issue = IssueKey::new(key.clone(), IssueKind::GuestNotReady);
        let before = self.before(&issue);
        let now = self.input.now;
        let runs = guest.status.fresh(now, limits::CRITICAL);
        let asked = guest.ready.fresh(now, NOT_READY_AFTER);
        match (runs, asked) {
            (None, _) | (Some(GuestStatus::Running), None) => self.keep(issue, before),
            (Some(GuestStatus::Running), Some(ready)) => self.take(issue, before, None, !ready),
            (Some(_), _) => {}
        }
    }

    /// Whether anything of this resource was beyond a limit before.
    fn may_have_been(&self, key: &ResourceKey) -> bool {
        let of = |issue: &IssueKey| issue.resource == *key;
        let (passed, issues) = (&self.input.observed.passed, &self.input.memory.issues);
        (!passed.is_empty() && passed.keys().any(of)) || (!issues.is_empty() && issues.keys().any(of))
    }

    /// What was known before; after a restart that is what the open issue says.
    fn before(&self, issue: &IssueKey) -> Option<Passed> {
        let known = self.input.observed.passed.get(issue).cloned();
        known.or_else(|| {
            let open = self.input.memory.issues.get(issue)?;
            open.healthy_since.is_none().then_some(Passed {
                value: None,
                since: open.opened_at,
                seen_at: open.opened_at,
            })
        })
    }

    fn keep(&mut self, issue: IssueKey, before: Option<Passed>) {
        if let Some(before) = before {
            self.passed.insert(issue, before);
        }
    }

    fn take(&mut self, issue: IssueKey, before: Option<Passed>, value: Option<f64>, beyond: bool) {
        if beyond {
            let seen_at = self.input.now;
            let since = before.map_or(seen_at, |before| before.since);
            self.passed.insert(
                issue,
                Passed {
                    value,
                    since,
                    seen_at,
                },
            );
        }
    }
}

/// What is beyond its limit now, each with a sentence that says what is beyond what, whether or not it has lasted long enough
/// to count.
pub fn beyond_now(input: &Input<'_>) -> Vec<(IssueKey, Passed, String)> {
    let limits = Limits::of(input);
    let all = passed(input).into_iter().filter_map(|(issue, passed)| {
        let summary = limits.of_issue(&issue)?.summary(&issue, &passed);
        Some((issue, passed, summary))
    });
    all.collect()
}

/// What follows for one passed limit.
pub(crate) struct Following {
    /// Whose figure it is.
    pub resource: ResourceKey,
    /// What to remember, to look at, and what is wanted.
    pub outcome: Outcome,
}

/// What follows from the figures that are beyond their limits, and from those that are back.
pub(crate) fn follow(input: &Input<'_>) -> Vec<Following> {
    let limits = Limits::of(input);
    let of_threshold = |issue: &&IssueKey| issue.kind == IssueKind::ThresholdPassed;
    let mut issues: Vec<&IssueKey> = input.observed.passed.keys().filter(of_threshold).collect();
    issues.extend(input.memory.issues.keys().filter(of_threshold));
    issues.sort();
    issues.dedup();
    let mut all = Vec::new();
    for issue in issues {
        let Some(limit) = limits.of_issue(issue) else {
            continue;
        };
        let mending = Mending::of(input, issue.clone());
        let outcome = if let Some(passed) = input.observed.passed.get(issue) {
            beyond(input, limit, &mending, passed)
        } else {
            let text = "within its limit again".to_owned();
            let (events, wake_at) = mending.well(|| None);
            let mut outcome = Outcome::only(told(input, ConditionType::Ready, text)).remembering(events);
            outcome.wake_at = wake_at;
            outcome
        };
        all.push(Following {
            resource: issue.resource.clone(),
            outcome,
        });
    }
    all
}

fn told(input: &Input<'_>, kind: ConditionType, text: String) -> ResourceStatus {
    let revision = &input.desired.revision.commit;
    status(
        revision,
        Sync::Synced,
        Health::Degraded,
        kind,
        "ThresholdPassed",
        text,
    )
}

fn beyond(input: &Input<'_>, limit: &Limit<'_>, mending: &Mending<'_>, passed: &Passed) -> Outcome {
    let summary = limit.summary(mending.key(), passed);
    let outcome = Outcome::only(told(input, ConditionType::Reconciling, summary.clone()));
    let due = passed.since + limit.lasting;
    if passed.seen_at < due {
        return outcome.at(due.max(input.now + Duration::from_secs(1)));
    }
    let events = mending.ill(summary);
    let Some(open) = mending.open().filter(|_| events.is_empty()) else {
        return outcome.remembering(events);
    };
    let alert = alert(input, limit, mending, open);
    if alert.is_some() {
        return outcome.remembering(alert);
    }
    if crate::runbook::answering(input, mending.key()).is_none() {
        return outcome;
    }
    let seen = || vec![limit.summary(mending.key(), passed)];
    let hindered = mending.hindered(open, seen);
    hindered.unwrap_or_else(|| mending.answer(open, outcome, None))
}

/// People are told once; at L4 only of what no runbook answers.
fn alert(input: &Input<'_>, limit: &Limit<'_>, mending: &Mending<'_>, open: &Issue) -> Option<Event> {
    let book = crate::runbook::answering(input, mending.key());
    if book.is_some() && mending.level() == Autonomy::L4 {
        return None;
    }
    mending.alert(limit.severity, || match book {
        Some(book) => format!("{}. The runbook {} answers.", open.summary, book.metadata.name),
        None => format!(
            "{}. See what uses it up; nothing answers it by itself.",
            open.summary
        ),
    })
}

/// The runbook that the threshold of an issue names.
pub(crate) fn runbook_of(input: &Input<'_>, issue: &IssueKey) -> Option<String> {
    let about = issue.about.as_deref()?;
    let name = about.split(':').next()?;
    let mut all = input.desired.thresholds.values();
    let threshold = all.find(|threshold| threshold.metadata.name == *name)?;
    threshold.spec.runbook.clone()
}

/// Whether the limit behind an issue is still in force for its resource.
pub(crate) fn is_in_force(input: &Input<'_>, issue: &IssueKey) -> bool {
    let declared = subject::host(input, &issue.resource).is_some();
    declared && Limits::of(input).of_issue(issue).is_some()
}

/// Statuses of the Threshold manifests: how many resources each watches, and which are beyond it.
pub(crate) fn statuses(input: &Input<'_>) -> Vec<(ResourceKey, ResourceStatus)> {
    let revision = &input.desired.revision.commit;
    let thresholds = input.desired.thresholds.iter();
    thresholds
        .map(|(key, threshold)| {
            let watched = limit::subjects(input, &threshold.spec.on);
            let mut beyond = Vec::new();
            for issue in input.observed.passed.keys() {
                let name = issue.about.as_deref().and_then(|about| about.split(':').next());
                if name == Some(&threshold.metadata.name) {
                    beyond.push(issue.resource.to_string());
                }
            }
            let unseen = threshold.spec.metric == Metric::Disk
                && threshold.spec.on.kind == ResourceKind::VirtualMachine;
            let text = match beyond.len() {
                _ if unseen => format!(
                    "watches {watched} resources, and is silent: Proxmox does not tell how full the disks of virtual machines are"
                ),
                0 => format!("watches {watched} resources; none is beyond the limit"),
                n => format!(
                    "watches {watched} resources; {n} beyond the limit: {}",
                    beyond.join(", ")
                ),
            };
            let (kind, reason) = (ConditionType::Ready, "InForce");
            let status = status(revision, Sync::Synced, Health::Healthy, kind, reason, text);
            (key.clone(), status)
        })
        .collect()
}

#[cfg(test)]
mod tests;
