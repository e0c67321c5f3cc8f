//! Lasting wishes as changes of manifests. All of one sentence are one proposal; if one of them cannot be, none is.

use super::{
    Asked, Said, Topic, Understood,
    intent::Wish,
    saying::{Saying, line, list, short},
    target::{self, Kind, Target},
};
use jarvis_crds::{
    AnyManifest, Manifest, Metric, RunStrategy,
    kinds::{
        guest::GuestSpec,
        threshold::{Severity, Subject, ThresholdSpec},
    },
    text::level::Level,
};
use jarvis_model::{GuestKind, ManifestChange, ResourceKey, ResourceKind, Vmid};
use std::time::Duration;

/// How long a figure must stay beyond a limit that was asked for.
const LASTING: Duration = Duration::from_mins(5);

/// The changes so far, and what they are in words.
#[derive(Default)]
struct Proposal {
    changes: Vec<ManifestChange>,
    /// Imperatives: `keep web-01 running`.
    titles: Vec<String>,
    /// What the difference does not say by itself.
    notes: Vec<String>,
    /// What is so already.
    already: Vec<String>,
    /// Guests whose manifests are created in this very proposal.
    created: Vec<(Vmid, ResourceKey)>,
    topic: Option<Topic>,
    /// Whether one of them watches what Proxmox does not show.
    unseen: bool,
}

/// A proposal for these wishes, or the question back.
pub(super) fn propose(asked: &Asked<'_>, wishes: &[Wish]) -> Understood {
    let mut proposal = Proposal::default();
    for wish in wishes {
        if let Err(said) = proposal.take(asked, wish) {
            return Understood::Said(said);
        }
    }
    proposal.done(asked)
}

impl Proposal {
    fn take(&mut self, asked: &Asked<'_>, wish: &Wish) -> Result<(), Said> {
        match wish {
            Wish::Keep(what) => self.run(asked, what, RunStrategy::Always, "keep {} running"),
            Wish::Leave(what) => self.run(asked, what, RunStrategy::Halted, "keep {} off"),
            Wish::Release(what) => self.run(asked, what, RunStrategy::Manual, "leave {} alone"),
            Wish::Warn { what, metric, above } => self.warn(asked, what, *metric, *above),
        }
    }

    fn run(&mut self, asked: &Asked<'_>, what: &str, strategy: RunStrategy, say: &str) -> Result<(), Said> {
        let vmid = match target::one(asked, what, None, say)? {
            Target::Guest(vmid) => vmid,
            Target::Node(node) => {
                let text =
                    format!("{node} is a node; what is expected of nodes is for their manifests to say.");
                return Err(Saying::new(text).done());
            }
        };
        self.topic = Some(Topic::Guest { vmid });
        let title = say.replace("{}", &asked_name(asked, vmid));
        match asked.moment.view.desired.guest_by_vmid(vmid) {
            Some((key, manifest)) if manifest.spec.run_strategy == strategy => {
                self.already
                    .push(format!("{key} says runStrategy {strategy:?} already"));
            }
            Some((key, manifest)) => {
                let old = manifest.spec.run_strategy;
                self.changes.push(ManifestChange::Set {
                    resource: key.clone(),
                    field: "spec.runStrategy".to_owned(),
                    old: Some(format!("{old:?}").into()),
                    new: format!("{strategy:?}").into(),
                });
                self.titles.push(title);
            }
            None => {
                self.create(asked, vmid, strategy)?;
                self.titles.push(title);
            }
        }
        Ok(())
    }

    /// A manifest for a guest that has none.
    fn create(&mut self, asked: &Asked<'_>, vmid: Vmid, strategy: RunStrategy) -> Result<ResourceKey, Said> {
        let view = &asked.moment.view;
        let Some(guest) = view.observed.guests.get(&vmid) else {
            return Err(Saying::new(format!("There is no guest {vmid}.")).done());
        };
        let kind = match guest.kind {
            GuestKind::Qemu => ResourceKind::VirtualMachine,
            GuestKind::Lxc => ResourceKind::Container,
        };
        let own = guest
            .name
            .as_deref()
            .map(str::to_ascii_lowercase)
            .unwrap_or_default();
        let taken = |key: &ResourceKey| view.desired.guests.contains_key(key);
        let free = |name: &str| ResourceKey::new(kind, name).ok().filter(|key| !taken(key));
        let key = free(&own).or_else(|| free(&format!("guest-{vmid}")));
        let key = key.ok_or_else(|| {
            Saying::new(format!(
                "I find no free name for a manifest of {}.",
                asked.guest(vmid)
            ))
            .done()
        })?;
        let manifest = Manifest::named(&key.name, GuestSpec::new(vmid, strategy));
        let manifest = match kind {
            ResourceKind::Container => AnyManifest::Container(manifest),
            _ => AnyManifest::VirtualMachine(manifest),
        };
        self.changes.push(Self::creation(asked, &manifest));
        self.created.push((vmid, key.clone()));
        Ok(key)
    }

    /// A new document; where there is no file yet, one is named.
    fn creation(asked: &Asked<'_>, manifest: &AnyManifest) -> ManifestChange {
        let none_yet = asked.moment.view.desired.is_empty();
        ManifestChange::Create {
            path: none_yet.then(|| format!("{}.yaml", manifest.key().name)),
            content: manifest.to_yaml(),
        }
    }

    fn warn(&mut self, asked: &Asked<'_>, what: &str, metric: Metric, above: u32) -> Result<(), Said> {
        let figure = format!("{metric:?}").to_lowercase();
        let say = format!("warn me when {{}}'s {figure} passes {above} %");
        let kind = (metric == Metric::Temperature).then_some(Kind::Node);
        let earlier = self.topic.clone();
        let asked = &Asked {
            earlier: earlier.as_ref().or(asked.earlier),
            ..*asked
        };
        let (subject, name) = match target::one(asked, what, kind, &say)? {
            Target::Guest(vmid) => (self.manifest_of(asked, vmid)?, asked_name(asked, vmid)),
            Target::Node(node) => (node_key(asked, &node)?, node.to_string()),
        };
        let level = i32::try_from(above).unwrap_or(i32::MAX);
        let unit = if metric == Metric::Temperature { "°C" } else { "%" };
        let title = format!("warn when the {figure} of {name} passes {above} {unit}");
        if let Some((key, old)) = present(asked, &subject, metric) {
            if old == Some(f64::from(level)) {
                self.already
                    .push(format!("{key} warns above {above} {unit} already"));
                return Ok(());
            }
            self.changes.push(ManifestChange::Set {
                resource: key.clone(),
                field: "spec.above".to_owned(),
                old: old.map(number),
                new: above.into(),
            });
        } else {
            let key = free_threshold(asked, &subject, &figure)?;
            let manifest = Manifest::named(&key.name, threshold(&subject, metric, level));
            let change = Self::creation(asked, &AnyManifest::Threshold(manifest));
            self.changes.push(change);
        }
        self.unseen |= metric == Metric::Disk && subject.kind == ResourceKind::VirtualMachine;
        self.titles.push(title);
        Ok(())
    }

    /// The manifest a threshold can name; a guest without one gets one that leaves it to people.
    fn manifest_of(&mut self, asked: &Asked<'_>, vmid: Vmid) -> Result<ResourceKey, Said> {
        self.topic.get_or_insert(Topic::Guest { vmid });
        let created = self
            .created
            .iter()
            .find(|(known, _)| *known == vmid)
            .map(|(_, key)| key.clone());
        let declared = asked
            .moment
            .view
            .desired
            .guest_by_vmid(vmid)
            .map(|(key, _)| key.clone());
        if let Some(key) = created.or(declared) {
            return Ok(key);
        }
        let key = self.create(asked, vmid, RunStrategy::Manual)?;
        self.notes.push(format!(
            "{key} is new, since only a guest with a manifest can be watched; Manual leaves it to people."
        ));
        Ok(key)
    }

    fn done(self, asked: &Asked<'_>) -> Understood {
        let so_far = asked.moment.view.memory.revision.as_ref();
        let revision = so_far.map(|revision| format!("revision {}", short(&revision.commit)));
        let revision = revision.unwrap_or_else(|| "manifests".to_owned());
        let at = so_far.map(|revision| revision.at);
        let mut saying = if self.changes.is_empty() {
            Saying::new(format!("That is so already: {}.", list(&self.already)))
        } else {
            let what = match self.changes.len() {
                1 => "One change".to_owned(),
                count => format!("{count} changes"),
            };
            let saying = Saying::new(format!(
                "{what} of the manifests, as one proposal; nothing changes before a person approves it."
            ));
            match self.already.as_slice() {
                [] => saying,
                already => saying.line(format!("So already: {}.", list(already))),
            }
        };
        for note in &self.notes {
            saying = saying.line(line(note) + ".");
        }
        if self.unseen {
            saying = saying.line("Proxmox does not look into the disks of virtual machines; until it does, that warning is silent.");
        }
        for claim in &self.already {
            saying = saying.fact(claim.clone(), revision.clone(), at);
        }
        if let Some(topic) = self.topic {
            saying = saying.about(topic);
        }
        let said = saying.done();
        if self.changes.is_empty() {
            return Understood::Said(said);
        }
        let title = jarvis_guard::words::capitalised(&list(&self.titles));
        Understood::Propose {
            title: title.chars().take(100).collect(),
            reason: format!(
                "{} asked for it in the conversation: {}",
                asked.user,
                line(asked.text)
            ),
            changes: self.changes,
            said,
        }
    }
}

fn asked_name(asked: &Asked<'_>, vmid: Vmid) -> String {
    let guest = asked.moment.view.observed.guests.get(&vmid);
    guest.map_or_else(|| vmid.to_string(), super::saying::handle_of)
}

fn node_key(asked: &Asked<'_>, node: &jarvis_model::NodeName) -> Result<ResourceKey, Said> {
    let declared = asked.moment.view.desired.node_named(node);
    // A node without a manifest is watched under its own name.
    let key = declared.map(|(key, _)| key.clone());
    key.map_or_else(
        || {
            ResourceKey::new(ResourceKind::Node, &node.as_str().to_ascii_lowercase()).map_err(|_| {
                Saying::new(format!("Node {node} needs a manifest before it can be watched.")).done()
            })
        },
        Ok,
    )
}

/// The threshold that watches this very figure of this very resource, and its limit.
fn present<'a>(
    asked: &Asked<'a>,
    subject: &ResourceKey,
    metric: Metric,
) -> Option<(&'a ResourceKey, Option<f64>)> {
    let thresholds = &asked.moment.view.desired.thresholds;
    let own = thresholds.iter().find(|(_, manifest)| {
        let spec = &manifest.spec;
        spec.metric == metric && spec.on.kind == subject.kind && spec.on.names == [subject.name.to_string()]
    });
    own.map(|(key, manifest)| (key, manifest.spec.above.map(Level::get)))
}

fn free_threshold(asked: &Asked<'_>, subject: &ResourceKey, figure: &str) -> Result<ResourceKey, Said> {
    let taken = &asked.moment.view.desired.thresholds;
    let names = (1..10).map(|number| match number {
        1 => format!("{}-{figure}", subject.name),
        _ => format!("{}-{figure}-{number}", subject.name),
    });
    let keys = names.filter_map(|name| ResourceKey::new(ResourceKind::Threshold, &name).ok());
    let mut free = keys.filter(|key| !taken.contains_key(key));
    free.next()
        .ok_or_else(|| Saying::new(format!("There are thresholds enough for {}.", subject.name)).done())
}

fn threshold(subject: &ResourceKey, metric: Metric, above: i32) -> ThresholdSpec {
    ThresholdSpec {
        on: Subject {
            kind: subject.kind,
            names: vec![subject.name.to_string()],
            labels: std::collections::BTreeMap::new(),
        },
        metric,
        storage: None,
        above: Some(Level::whole(above)),
        below: None,
        lasting: LASTING,
        clear: None,
        severity: Severity::Warning,
        notify: Vec::new(),
        runbook: None,
    }
}

/// A limit as the manifest has it: whole where it is whole.
fn number(level: f64) -> serde_json::Value {
    #[expect(clippy::cast_possible_truncation, reason = "levels are below a billion")]
    if level.fract() == 0.0 {
        (level as i64).into()
    } else {
        level.into()
    }
}
