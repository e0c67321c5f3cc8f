//! What was seen, as manifests: a running guest is to be restarted after a crash, everything else is only observed.
//! Pure; knows nothing of the server or of files on disk.

use super::names::{self, Wanted};
use jarvis_crds::{AnyManifest, Expected, GuestSpec, Manifest, NodeSpec, RunStrategy};
use jarvis_model::{NodeName, ResourceKey, ResourceKind, Vmid};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A node as the server shows it.
#[derive(Debug, Clone, Deserialize)]
pub struct NodeSeen {
    /// Its name.
    pub name: NodeName,
    /// `ONLINE`, `OFFLINE` or `UNKNOWN`.
    pub status: String,
    /// The manifest that declares it.
    pub resource: Option<String>,
}

/// Machine or container, by the server's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Kind {
    /// A virtual machine.
    Qemu,
    /// A container.
    Lxc,
}

/// A guest as the server shows it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GuestSeen {
    /// Its number.
    pub vmid: Vmid,
    /// Machine or container.
    pub kind: Kind,
    /// Where it is.
    pub node: NodeName,
    /// Its name.
    pub name: Option<String>,
    /// `RUNNING`, `STOPPED`, `HELD` or `UNKNOWN`.
    pub status: String,
    /// State by the HA manager; present means managed.
    pub ha_state: Option<String>,
    /// Whether it is a template.
    pub template: bool,
    /// The manifest that declares it.
    pub resource: Option<String>,
}

/// Everything that was seen.
#[derive(Debug, Clone, Default)]
pub struct Seen {
    /// The nodes.
    pub nodes: Vec<NodeSeen>,
    /// The guests.
    pub guests: Vec<GuestSeen>,
    /// Every resource in force.
    pub declared: BTreeSet<ResourceKey>,
}

/// Manifests for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Adopted {
    /// Text by path.
    pub files: BTreeMap<String, String>,
    /// What a person should know: what was left out, and why.
    pub notes: Vec<String>,
}

/// Makes manifests for everything no manifest declares and whose state is known.
pub fn compose(seen: &Seen) -> Adopted {
    let mut notes = Vec::new();
    let guests = seen
        .guests
        .iter()
        .filter(|guest| guest.resource.is_some())
        .count();
    let nodes = seen.nodes.iter().filter(|node| node.resource.is_some()).count();
    if guests + nodes > 0 {
        notes.push(format!(
            "left out, as manifests in force declare them: {guests} guests, {nodes} nodes (`jarvis get resources`)"
        ));
    }
    let mut documents: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let path = "nodes.yaml".to_owned();
    let texts: Vec<String> = of_nodes(seen).iter().map(AnyManifest::to_yaml).collect();
    if !texts.is_empty() {
        documents.insert(path, texts);
    }
    for (node, manifest) in of_guests(seen, &mut notes) {
        let path = format!("guests/{node}.yaml");
        documents.entry(path).or_default().push(manifest.to_yaml());
    }
    Adopted {
        files: documents
            .into_iter()
            .map(|(path, texts)| (path, texts.join("---\n")))
            .collect(),
        notes,
    }
}

fn of_nodes(seen: &Seen) -> Vec<AnyManifest> {
    let mut nodes: Vec<&NodeSeen> = seen.nodes.iter().filter(|node| node.resource.is_none()).collect();
    nodes.sort_by_key(|node| &node.name);
    let wanted: Vec<Wanted> = nodes
        .iter()
        .map(|node| Wanted {
            kind: ResourceKind::Node,
            base: node.name.as_str().to_ascii_lowercase(),
            suffix: "node".to_owned(),
        })
        .collect();
    let keys = names::distinct(&wanted, &seen.declared);
    let each = nodes.iter().zip(keys).map(|(node, key)| {
        let mut spec = NodeSpec::new(node.name.clone());
        if node.status != "ONLINE" {
            spec.expected = Expected::Any;
        }
        AnyManifest::Node(Manifest::named(&key.name, spec))
    });
    each.collect()
}

/// Guests by number, each with its node. Guests of unknown state are named too, so that the others are called the same
/// when it is known.
fn of_guests(seen: &Seen, notes: &mut Vec<String>) -> Vec<(NodeName, AnyManifest)> {
    let mut guests: Vec<&GuestSeen> = seen
        .guests
        .iter()
        .filter(|guest| guest.resource.is_none())
        .collect();
    guests.sort_by_key(|guest| guest.vmid);
    let wanted: Vec<Wanted> = guests.iter().map(|guest| wanted(guest)).collect();
    let keys = names::distinct(&wanted, &seen.declared);
    let mut manifests = Vec::new();
    for (guest, key) in guests.into_iter().zip(keys) {
        if guest.status == "UNKNOWN" {
            notes.push(format!(
                "warning: guest {} on {} is left out: its state is not known now; adopt again when it is",
                guest.vmid, guest.node
            ));
            continue;
        }
        let manifest = Manifest::named(&key.name, spec(guest));
        let manifest = match guest.kind {
            Kind::Qemu => AnyManifest::VirtualMachine(manifest),
            Kind::Lxc => AnyManifest::Container(manifest),
        };
        manifests.push((guest.node.clone(), manifest));
    }
    manifests
}

fn wanted(guest: &GuestSeen) -> Wanted {
    let (kind, short) = match guest.kind {
        Kind::Qemu => (ResourceKind::VirtualMachine, "vm"),
        Kind::Lxc => (ResourceKind::Container, "ct"),
    };
    let named = guest.name.as_deref().and_then(names::dns_name);
    Wanted {
        kind,
        base: named.unwrap_or_else(|| format!("{short}-{}", guest.vmid)),
        suffix: guest.vmid.to_string(),
    }
}

fn spec(guest: &GuestSeen) -> GuestSpec {
    let is_ours = guest.status == "RUNNING" && !guest.template && guest.ha_state.is_none();
    let strategy = if is_ours {
        RunStrategy::RerunOnFailure
    } else {
        RunStrategy::Manual
    };
    GuestSpec {
        guest_name: guest.name.clone().filter(|name| is_host_name(name)),
        node: Some(guest.node.clone()),
        ..GuestSpec::new(guest.vmid, strategy)
    }
}

/// Whether a manifest may say this name.
fn is_host_name(name: &str) -> bool {
    name.len() <= 253 && name.split('.').all(|part| NodeName::new(part).is_ok())
}

#[cfg(test)]
mod tests;
