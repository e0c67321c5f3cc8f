//! The limits in force: Threshold manifests, and built-in ones. A built-in limit steps back wherever a manifest of the same
//! figure watches the resource, and everywhere when a manifest bears its name.

use crate::{input::Input, subject};
use jarvis_crds::{Level, Metric, Subject};
use jarvis_model::{IssueKey, IssueKind, Passed, ResourceKey, ResourceKind, Severity};
use std::{collections::BTreeMap, time::Duration};

/// A limit that is in force with no manifest at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BuiltIn {
    /// Its name, as of a Threshold; a manifest of this name replaces it.
    pub name: &'static str,
    /// Whose figure.
    pub kinds: &'static [ResourceKind],
    /// Which figure.
    pub metric: Metric,
    /// Passed above this, percent.
    pub above: Level,
    /// Over again at this, percent.
    pub clear: Level,
    /// How long it must last.
    pub lasting: Duration,
}

/// The built-in limits; all of them are warnings. Disks and storages fill slowly, so two minutes only keep a blink of the
/// figures from being told; memory comes and goes, so it has five. A figure must go back by five points before it counts
/// as over.
pub const BUILT_IN: [BuiltIn; 5] = [
    BuiltIn {
        name: "default-node-disk",
        kinds: &[ResourceKind::Node],
        metric: Metric::Disk,
        above: Level::whole(90),
        clear: Level::whole(85),
        lasting: Duration::from_mins(2),
    },
    BuiltIn {
        name: "default-node-memory",
        kinds: &[ResourceKind::Node],
        metric: Metric::Memory,
        above: Level::whole(95),
        clear: Level::whole(90),
        lasting: Duration::from_mins(5),
    },
    BuiltIn {
        name: "default-storage",
        kinds: &[ResourceKind::Node],
        metric: Metric::Storage,
        above: Level::whole(90),
        clear: Level::whole(85),
        lasting: Duration::from_mins(2),
    },
    BuiltIn {
        name: "default-container-disk",
        kinds: &[ResourceKind::Container],
        metric: Metric::Disk,
        above: Level::whole(90),
        clear: Level::whole(85),
        lasting: Duration::from_mins(2),
    },
    BuiltIn {
        name: "default-guest-memory",
        kinds: &[ResourceKind::VirtualMachine, ResourceKind::Container],
        metric: Metric::Memory,
        above: Level::whole(95),
        clear: Level::whole(90),
        lasting: Duration::from_mins(5),
    },
];

/// One limit.
#[derive(Debug)]
pub struct Limit<'a> {
    /// Name of its Threshold.
    pub name: &'a str,
    /// Which figure.
    pub metric: Metric,
    /// Which storage; all when none.
    pub storage: Option<&'a str>,
    /// How long it must last.
    pub lasting: Duration,
    /// How grave it is.
    pub severity: Severity,
    above: Option<f64>,
    below: Option<f64>,
    clear: Option<f64>,
    on: On<'a>,
}

#[derive(Debug)]
enum On<'a> {
    Manifest(&'a Subject),
    Kinds(&'static [ResourceKind]),
}

impl Limit<'_> {
    /// Whether a figure is beyond it. No figure means beyond, one that is no number means within.
    pub fn is_passed(&self, value: Option<f64>) -> bool {
        match value {
            None => true,
            Some(value) => {
                self.above.is_some_and(|above| value > above) || self.below.is_some_and(|below| value < below)
            }
        }
    }

    /// Whether a figure that was beyond it is back.
    pub fn is_cleared(&self, value: Option<f64>) -> bool {
        let Some(value) = value else { return false };
        let above = self.above.map(|above| self.clear.unwrap_or(above));
        let below = self.below.map(|below| self.clear.unwrap_or(below));
        !above.is_some_and(|clear| value > clear) && !below.is_some_and(|clear| value < clear)
    }

    /// The issue that passing it makes.
    pub fn issue(&self, resource: &ResourceKey, storage: Option<&str>) -> IssueKey {
        let about = match storage {
            Some(storage) => format!("{}:{storage}", self.name),
            None => self.name.to_owned(),
        };
        IssueKey {
            resource: resource.clone(),
            kind: IssueKind::ThresholdPassed,
            about: Some(about),
        }
    }

    /// What is beyond what, one sentence.
    pub fn summary(&self, issue: &IssueKey, passed: &Passed) -> String {
        let storage = issue.about.as_deref().and_then(|about| about.split_once(':'));
        let figure = match (self.metric, storage) {
            (Metric::Cpu, _) => "processor use".to_owned(),
            (Metric::Memory, _) => "memory in use".to_owned(),
            (Metric::Disk, _) => "root disk in use".to_owned(),
            (Metric::Storage, Some((_, storage))) => format!("storage {storage} in use"),
            (Metric::Storage, None) => "storage in use".to_owned(),
            (Metric::Temperature, _) => "temperature".to_owned(),
            (Metric::Load, _) => "load per core".to_owned(),
            (Metric::Unreachable, _) => {
                return format!("{} does not answer (threshold {})", issue.resource, self.name);
            }
            (Metric::BackupAge, _) if passed.value.is_none() => {
                return format!("{} has no backup (threshold {})", issue.resource, self.name);
            }
            (Metric::BackupAge, _) => "age of the newest backup".to_owned(),
        };
        let unit = match self.metric {
            Metric::Temperature => " °C",
            Metric::BackupAge => " h",
            Metric::Load => "",
            _ => " %",
        };
        let (side, level) = match (self.above, self.below) {
            (Some(above), _) => ("above", above),
            (None, below) => ("below", below.unwrap_or_default()),
        };
        let value = passed
            .value
            .map_or("not known".to_owned(), |value| format!("{value:.1}{unit}"));
        format!(
            "{}: {figure} is {value}, {side} {level}{unit} (threshold {})",
            issue.resource, self.name
        )
    }

    fn fits(&self, key: &ResourceKey, labels: &BTreeMap<String, String>) -> bool {
        match &self.on {
            On::Manifest(subject) => subject.matches(key, labels),
            On::Kinds(kinds) => kinds.contains(&key.kind),
        }
    }

    fn may_watch(&self, kind: ResourceKind) -> bool {
        match &self.on {
            On::Manifest(subject) => subject.kind == kind,
            On::Kinds(kinds) => kinds.contains(&kind),
        }
    }
}

/// All limits in force; manifests first.
pub struct Limits<'a> {
    input: &'a Input<'a>,
    declared: Vec<Limit<'a>>,
    built_in: Vec<Limit<'a>>,
}

impl<'a> Limits<'a> {
    /// The limits in force.
    pub fn of(input: &'a Input<'a>) -> Self {
        let level = |level: Option<Level>| level.map(Level::get);
        let thresholds = input.desired.thresholds.values();
        let declared: Vec<Limit<'a>> = thresholds
            .map(|threshold| {
                let spec = &threshold.spec;
                Limit {
                    name: &threshold.metadata.name,
                    metric: spec.metric,
                    storage: spec.storage.as_deref(),
                    lasting: spec.lasting,
                    severity: severity(spec.severity),
                    above: level(spec.above),
                    below: level(spec.below),
                    clear: level(spec.clear),
                    on: On::Manifest(&spec.on),
                }
            })
            .collect();
        let built_in = BUILT_IN
            .iter()
            .filter(|one| declared.iter().all(|limit| limit.name != one.name));
        let built_in = built_in.map(|one| Limit {
            name: one.name,
            metric: one.metric,
            storage: None,
            lasting: one.lasting,
            severity: Severity::Warning,
            above: Some(one.above.get()),
            below: None,
            clear: Some(one.clear.get()),
            on: On::Kinds(one.kinds),
        });
        Self {
            input,
            built_in: built_in.collect(),
            declared,
        }
    }

    /// The limits on a resource.
    pub fn on<'l>(
        &'l self,
        key: &'l ResourceKey,
        labels: &'l BTreeMap<String, String>,
    ) -> impl Iterator<Item = &'l Limit<'a>> {
        let declared = self.declared.iter().filter(move |limit| limit.fits(key, labels));
        let covers = move |metric: Metric| {
            let mut all = self.declared.iter();
            all.any(|limit| limit.metric == metric && limit.fits(key, labels))
        };
        let built_in = self.built_in.iter();
        declared.chain(built_in.filter(move |limit| limit.fits(key, labels) && !covers(limit.metric)))
    }

    /// Whether any limit may be on resources of this kind.
    pub fn watches(&self, kind: ResourceKind) -> bool {
        let mut all = self.declared.iter().chain(&self.built_in);
        all.any(|limit| limit.may_watch(kind))
    }

    /// The limit behind an issue, if it is still on that resource.
    pub fn of_issue(&self, issue: &IssueKey) -> Option<&Limit<'a>> {
        let about = issue.about.as_deref()?;
        let (name, storage) = match about.split_once(':') {
            Some((name, storage)) => (name, Some(storage)),
            None => (about, None),
        };
        let labels = subject::labels(self.input, &issue.resource);
        let limit = self
            .declared
            .iter()
            .chain(&self.built_in)
            .find(|limit| limit.name == name && limit.fits(&issue.resource, labels))?;
        let covered = self.declared.iter().any(|other| {
            other.name != name && other.metric == limit.metric && other.fits(&issue.resource, labels)
        });
        let stepped_back = matches!(limit.on, On::Kinds(_)) && covered;
        let of_storage = limit.storage.is_none_or(|wanted| storage == Some(wanted));
        (of_storage && !stepped_back).then_some(limit)
    }
}

/// How many resources a manifest's subject chooses.
pub fn subjects(input: &Input<'_>, on: &Subject) -> usize {
    let desired = input.desired;
    match on.kind {
        ResourceKind::VirtualMachine | ResourceKind::Container => {
            let guests = desired.guests.iter();
            guests
                .filter(|(key, manifest)| on.matches(key, &manifest.metadata.labels))
                .count()
        }
        ResourceKind::Service => {
            let services = desired.services.iter();
            services
                .filter(|(key, manifest)| on.matches(key, &manifest.metadata.labels))
                .count()
        }
        ResourceKind::Node => {
            let declared = desired.nodes.iter();
            let declared = declared.filter(|(key, manifest)| on.matches(key, &manifest.metadata.labels));
            let others = input.observed.nodes.keys().filter(|name| {
                let known = desired.node_named(name).is_some();
                let key = subject::node_key(name).filter(|_| !known);
                key.is_some_and(|key| !desired.nodes.contains_key(&key) && on.matches(&key, &BTreeMap::new()))
            });
            declared.count() + others.count()
        }
        _ => 0,
    }
}

fn severity(word: jarvis_crds::Severity) -> Severity {
    match word {
        jarvis_crds::Severity::Info => Severity::Info,
        jarvis_crds::Severity::Warning => Severity::Warning,
        jarvis_crds::Severity::Critical => Severity::Critical,
    }
}
