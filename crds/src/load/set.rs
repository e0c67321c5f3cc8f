//! Documents against each other: duplicates, references, cycles, and selectors that choose nothing.

use super::{cycles, document::Document, report::Report};
use crate::{
    check::suggest,
    kinds::{
        policy::{AllowedCommand, is_placeholder},
        selector::Selector,
        service::ServiceSpec,
        target::{GuestAccess, Target},
    },
    manifest::{AnyManifest, Manifest},
    yaml::path::{Path, field},
};
use jarvis_model::{NodeName, ResourceKey, ResourceKind, Vmid};
use std::collections::{BTreeMap, BTreeSet};

/// Checks all documents together. When not every document could be read (`complete` is false), a reference to
/// something unseen is no error: it may be in what could not be read.
pub fn check(documents: &[Document], complete: bool, report: &mut Report) {
    let known = documents
        .iter()
        .filter_map(|document| document.key.clone())
        .collect();
    let mut set = Set {
        documents,
        known,
        complete,
        report,
    };
    set.duplicate_names();
    set.duplicate_guests();
    set.duplicate_nodes();
    set.duplicate_services();
    set.duplicate_commands();
    set.references();
    set.empty_selectors();
    cycles::check(documents, set.report);
}

struct Set<'a> {
    documents: &'a [Document],
    known: BTreeSet<ResourceKey>,
    complete: bool,
    report: &'a mut Report,
}

/// A cluster's name (none when it is not said) with what is unique in it.
type InCluster<T> = (Option<String>, T);

impl<'a> Set<'a> {
    fn duplicate_names(&mut self) {
        let mut first: BTreeMap<&ResourceKey, &Document> = BTreeMap::new();
        for document in self.documents {
            let Some(key) = &document.key else { continue };
            match first.get(key) {
                Some(other) => {
                    let problem = format!("{key} is there twice; the first is in {}", place(other));
                    self.report.error(
                        document,
                        field!("metadata", "name"),
                        problem,
                        "rename or remove one",
                    );
                }
                None => drop(first.insert(key, document)),
            }
        }
    }

    fn duplicate_guests(&mut self) {
        let entries = self
            .guests()
            .map(|(document, _, guest)| (document, (guest.spec.cluster.clone(), guest.spec.vmid)));
        let entries: Vec<(&Document, InCluster<Vmid>)> = entries.collect();
        self.duplicates(
            &entries,
            &field!("spec", "vmid"),
            "each guest has one manifest; correct one of the numbers",
        );
    }

    fn duplicate_nodes(&mut self) {
        let entries = self
            .documents
            .iter()
            .filter_map(|document| match &document.manifest {
                Some(AnyManifest::Node(node)) => {
                    Some((document, (node.spec.cluster.clone(), node.spec.node.clone())))
                }
                _ => None,
            });
        let entries: Vec<(&Document, InCluster<NodeName>)> = entries.collect();
        self.duplicates(
            &entries,
            &field!("spec", "node"),
            "each node has one manifest; remove one",
        );
    }

    /// Two entries collide when they are equal and not said to be in different clusters.
    fn duplicates<T: Ord + std::fmt::Display>(
        &mut self,
        entries: &[(&Document, InCluster<T>)],
        path: &Path,
        hint: &str,
    ) {
        for (index, (document, (cluster, what))) in entries.iter().enumerate() {
            let earlier = entries[..index].iter().find(|(_, (other_cluster, other))| {
                other == what && (cluster == other_cluster || cluster.is_none() || other_cluster.is_none())
            });
            if let Some((other, _)) = earlier {
                let name = other.label().unwrap_or_default();
                let problem = format!("{what} is also that of {name} in {}", place(other));
                self.report.error(document, path.clone(), problem, hint);
            }
        }
    }

    fn duplicate_services(&mut self) {
        let mut first = BTreeMap::new();
        for (document, service) in self.services() {
            let Some(reference) = service.spec.reference() else {
                continue;
            };
            match first.get(&reference) {
                None => drop(first.insert(reference, document)),
                Some(other) => {
                    let problem = format!(
                        "{reference} is also that of {}",
                        other.label().unwrap_or_default()
                    );
                    let hint = "each service has one manifest; remove one";
                    self.report.error(document, field!("spec"), problem, hint);
                }
            }
        }
    }

    fn duplicate_commands(&mut self) {
        let mut first: BTreeMap<&str, &Document> = BTreeMap::new();
        for (document, index, command) in self.commands() {
            let name = command.name.as_str();
            match first.get(name) {
                None => drop(first.insert(name, document)),
                Some(other) => {
                    let problem = format!(
                        "the command {name} is already allowed by {}",
                        other.label().unwrap_or_default()
                    );
                    let path = field!("spec", "commandAllowlist", index, "name");
                    self.report.error(document, path, problem, "rename or remove one");
                }
            }
        }
    }

    fn references(&mut self) {
        for document in self.documents {
            match &document.manifest {
                Some(AnyManifest::VirtualMachine(guest) | AnyManifest::Container(guest)) => {
                    self.guest_references(document, &guest.spec.depends_on);
                }
                Some(AnyManifest::Threshold(threshold)) => {
                    self.channels(document, &threshold.spec.notify, "notify");
                    if let Some(runbook) = &threshold.spec.runbook {
                        self.reference(
                            document,
                            field!("spec", "runbook"),
                            ResourceKind::Runbook,
                            runbook,
                        );
                    }
                }
                Some(AnyManifest::Runbook(runbook)) => {
                    self.channels(document, &runbook.spec.escalate_to, "escalateTo");
                    for (index, step) in runbook.spec.steps.iter().enumerate() {
                        if let Some(command) = &step.command {
                            self.command_reference(document, index, command);
                        }
                    }
                }
                Some(AnyManifest::Service(service)) => self.agent_of_container(document, &service.spec),
                _ => {}
            }
        }
    }

    fn guest_references(&mut self, document: &Document, depends_on: &[ResourceKey]) {
        for (index, key) in depends_on.iter().enumerate() {
            let path = field!("spec", "dependsOn", index);
            if depends_on[..index].contains(key) {
                self.report.error(
                    document,
                    path,
                    format!("{key} is there twice"),
                    "keep one of the two",
                );
            } else {
                self.reference(document, path, key.kind, &key.name);
            }
        }
    }

    fn channels(&mut self, document: &Document, names: &[String], field: &str) {
        for (index, name) in names.iter().enumerate() {
            self.reference(
                document,
                field!("spec", field, index),
                ResourceKind::NotificationChannel,
                name,
            );
        }
    }

    fn reference(&mut self, document: &Document, path: Path, kind: ResourceKind, name: &str) {
        let wanted = ResourceKey {
            kind,
            name: name.into(),
        };
        if self.complete && !self.known.contains(&wanted) {
            let names: Vec<&str> = self
                .known
                .iter()
                .filter(|key| key.kind == kind)
                .map(|key| &*key.name)
                .collect();
            let elsewhere = self
                .known
                .iter()
                .find(|key| *key.name == *name && is_guest(key.kind) && is_guest(kind));
            let hint = match (elsewhere, suggest::nearest(name, &names)) {
                (Some(other), _) => format!("did you mean {other}?"),
                (None, Some(near)) => format!("did you mean {near}?"),
                (None, None) => {
                    format!("add a manifest of kind {kind} with this name, or remove the reference")
                }
            };
            self.report
                .error(document, path, format!("there is no {wanted}"), hint);
        }
    }

    fn command_reference(&mut self, document: &Document, index: usize, command: &str) {
        let policies_unread = self.documents.iter().any(|document| document.manifest.is_none());
        let commands: Vec<_> = self.commands().collect();
        let (problem, hint) = match commands.iter().find(|(_, _, known)| known.name == command) {
            Some((_, _, known)) => match known.argv.iter().find(|argument| is_placeholder(argument)) {
                Some(placeholder) => (
                    format!(
                        "the command {command} has {placeholder} in it, and nobody is there to fill it in"
                    ),
                    "list one with its arguments written out, and name that".to_owned(),
                ),
                None => return,
            },
            None if !self.complete || policies_unread => return,
            None => {
                let names: Vec<&str> = commands.iter().map(|(_, _, known)| known.name.as_str()).collect();
                let hint = match suggest::nearest(command, &names) {
                    Some(near) => format!("did you mean {near}?"),
                    None => "add it to a SafetyPolicy's commandAllowlist".to_owned(),
                };
                (format!("no SafetyPolicy allows a command named {command}"), hint)
            }
        };
        let path = field!("spec", "steps", index, "command");
        self.report.error(document, path, problem, hint);
    }

    fn agent_of_container(&mut self, document: &Document, spec: &ServiceSpec) {
        let Target::Guest(target) = &spec.target else {
            return;
        };
        let container = self.guests().find(|(_, key, guest)| {
            key.kind == ResourceKind::Container
                && guest.spec.vmid == target.vmid
                && target.via == GuestAccess::GuestAgent
        });
        if let Some((_, key, _)) = container {
            let problem = format!("{key} is a container and has no guest agent");
            self.report.error(
                document,
                field!("spec", "target", "guest", "via"),
                problem,
                "write via: ssh",
            );
        }
    }

    /// A window or threshold for nothing protects and watches nothing, silently.
    fn empty_selectors(&mut self) {
        for document in self.documents {
            let (selector, path) = match &document.manifest {
                Some(AnyManifest::MaintenanceWindow(window)) => {
                    (window.spec.selector.clone(), field!("spec", "selector"))
                }
                Some(AnyManifest::Runbook(runbook)) => (
                    runbook.spec.trigger.selector.clone(),
                    field!("spec", "trigger", "selector"),
                ),
                Some(AnyManifest::Threshold(threshold)) => {
                    let on = threshold.spec.on.clone();
                    (
                        Selector {
                            kinds: vec![on.kind],
                            names: on.names,
                            labels: on.labels,
                        },
                        field!("spec", "on"),
                    )
                }
                _ => continue,
            };
            let narrow = !selector.names.is_empty() || !selector.labels.is_empty();
            let chosen = |other: &Document| {
                other
                    .manifest
                    .as_ref()
                    .is_some_and(|manifest| selector.matches(&manifest.key(), &manifest.metadata().labels))
            };
            if narrow && self.complete && !self.documents.iter().any(chosen) {
                let hint = "compare names and labels with those of the manifests";
                self.report
                    .warning(document, path, "chooses none of the resources", hint);
            }
        }
    }

    fn guests(
        &self,
    ) -> impl Iterator<Item = (&'a Document, ResourceKey, &'a Manifest<crate::GuestSpec>)> + use<'a> {
        self.documents
            .iter()
            .filter_map(|document| match &document.manifest {
                Some(any @ (AnyManifest::VirtualMachine(guest) | AnyManifest::Container(guest))) => {
                    Some((document, any.key(), guest))
                }
                _ => None,
            })
    }

    fn services(&self) -> impl Iterator<Item = (&'a Document, &'a Manifest<ServiceSpec>)> + use<'a> {
        self.documents
            .iter()
            .filter_map(|document| match &document.manifest {
                Some(AnyManifest::Service(service)) => Some((document, service)),
                _ => None,
            })
    }

    /// Every allowed command: where, at which place of the list, and its name.
    fn commands(&self) -> impl Iterator<Item = (&'a Document, usize, &'a AllowedCommand)> + use<'a> {
        self.documents.iter().flat_map(|document| {
            let list = match &document.manifest {
                Some(AnyManifest::SafetyPolicy(policy)) => policy.spec.command_allowlist.as_slice(),
                _ => &[],
            };
            list.iter()
                .enumerate()
                .map(move |(index, command)| (document, index, command))
        })
    }
}

fn is_guest(kind: ResourceKind) -> bool {
    matches!(kind, ResourceKind::VirtualMachine | ResourceKind::Container)
}

fn place(document: &Document) -> String {
    format!("{}:{}", document.file, document.node.at.line)
}
