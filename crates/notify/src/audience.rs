//! Which channels news go to: those that a Threshold or Runbook names, else all by their own minimum severity. Pure.
//!
//! Who is named is told whatever the channel's minimum severity says: naming it is the more particular word.

use crate::news::{Kind, News};
use jarvis_crds::{Desired, IssueWord, NotificationChannelSpec, RunbookSpec, ThresholdSpec};
use jarvis_model::{IssueKey, IssueKind, ResourceKey, Severity};
use std::collections::{BTreeMap, BTreeSet};

/// The channels in force, by name.
pub fn channels(desired: &Desired) -> impl Iterator<Item = (&str, &NotificationChannelSpec)> {
    desired
        .channels
        .iter()
        .map(|(key, channel)| (&*key.name, &channel.spec))
}

/// The channel of this name.
pub fn channel<'a>(desired: &'a Desired, name: &str) -> Option<&'a NotificationChannelSpec> {
    channels(desired)
        .find(|(known, _)| *known == name)
        .map(|(_, spec)| spec)
}

/// The names of the channels that get these news.
pub fn of(news: &News, about: Option<&IssueKey>, desired: &Desired) -> BTreeSet<String> {
    let named = about.and_then(|issue| named(news.kind, issue, desired));
    let takes = |name: &str, spec: &NotificationChannelSpec| match &named {
        Some(named) => named.contains(name),
        None => news.severity >= severity(spec.minimum_severity),
    };
    channels(desired)
        .filter(|(name, spec)| takes(name, spec))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// The channels that manifests name for this issue; none when they name nobody.
fn named(kind: Kind, issue: &IssueKey, desired: &Desired) -> Option<BTreeSet<String>> {
    let mut names = BTreeSet::new();
    let threshold = threshold_of(issue, desired);
    if kind == Kind::Escalation {
        let own = threshold.and_then(|threshold| threshold.runbook.as_deref());
        let runbooks = desired
            .runbooks
            .iter()
            .filter(|(key, runbook)| own == Some(&*key.name) || answers(&runbook.spec, issue, desired));
        names.extend(runbooks.flat_map(|(_, runbook)| runbook.spec.escalate_to.iter().cloned()));
    }
    names.extend(
        threshold
            .into_iter()
            .flat_map(|threshold| threshold.notify.iter().cloned()),
    );
    (!names.is_empty()).then_some(names)
}

/// The Threshold that raised an issue: what an issue is about begins with its name, which has no colon.
fn threshold_of<'a>(issue: &IssueKey, desired: &'a Desired) -> Option<&'a ThresholdSpec> {
    let about = issue.about.as_deref();
    let about = about.filter(|_| issue.kind == IssueKind::ThresholdPassed)?;
    let name = about.split(':').next()?;
    let mut all = desired.thresholds.iter();
    all.find(|(key, _)| &*key.name == name)
        .map(|(_, threshold)| &threshold.spec)
}

/// Whether a runbook is the answer to an issue.
fn answers(runbook: &RunbookSpec, issue: &IssueKey, desired: &Desired) -> bool {
    let trigger = &runbook.trigger;
    word(trigger.issue) == issue.kind.as_str()
        && trigger
            .selector
            .matches(&issue.resource, &labels(&issue.resource, desired))
}

fn word(issue: IssueWord) -> &'static str {
    match issue {
        IssueWord::GuestDown => "guest-down",
        IssueWord::GuestNotReady => "guest-not-ready",
        IssueWord::NodeUnreachable => "node-unreachable",
        IssueWord::ServiceDown => "service-down",
        IssueWord::ThresholdPassed => "threshold-passed",
    }
}

fn labels(key: &ResourceKey, desired: &Desired) -> BTreeMap<String, String> {
    let guest = desired.guests.get(key).map(|manifest| &manifest.metadata);
    let node = || desired.nodes.get(key).map(|manifest| &manifest.metadata);
    let service = || desired.services.get(key).map(|manifest| &manifest.metadata);
    let metadata = guest.or_else(node).or_else(service);
    metadata.map_or_else(BTreeMap::new, |metadata| metadata.labels.clone())
}

fn severity(word: jarvis_crds::Severity) -> Severity {
    match word {
        jarvis_crds::Severity::Info => Severity::Info,
        jarvis_crds::Severity::Warning => Severity::Warning,
        jarvis_crds::Severity::Critical => Severity::Critical,
    }
}
