//! Names of things: clusters, nodes, guests, manifest resources. Each is checked once, where it enters,
//! and carried as its own type afterwards. Knows nothing of where a name came from.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr, sync::Arc};

/// Why a text is not the name it was offered as.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a valid {what}: {rule}")]
pub struct InvalidName {
    /// What it was offered as, e.g. "node name".
    pub what: &'static str,
    /// The offered text, cut to 80 characters.
    pub text: String,
    /// The rule it breaks, in words.
    pub rule: &'static str,
}

impl InvalidName {
    /// A refusal of `text`, offered as `what`, for breaking `rule`.
    pub fn of(what: &'static str, text: &str, rule: &'static str) -> Self {
        Self::new(what, text, rule)
    }

    fn new(what: &'static str, text: &str, rule: &'static str) -> Self {
        Self {
            what,
            text: text.chars().take(80).collect(),
            rule,
        }
    }
}

/// A Proxmox node name: a DNS label (letters, digits, inner hyphens, at most 63), case kept as given.
/// Node names are case-sensitive to Proxmox (another case answers 596). Cheap to clone: every guest carries one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct NodeName(Arc<str>);

const NODE_RULE: &str = "a node name has 1 to 63 letters, digits or inner hyphens";

impl NodeName {
    /// Checks and wraps a node name.
    pub fn new(text: &str) -> Result<Self, InvalidName> {
        if is_dns_label(text) {
            Ok(Self(text.into()))
        } else {
            Err(InvalidName::new("node name", text, NODE_RULE))
        }
    }

    /// The name as Proxmox spells it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

fn is_dns_label(text: &str) -> bool {
    let bytes = text.as_bytes();
    let inner = |b: &u8| b.is_ascii_alphanumeric() || *b == b'-';
    (1..=63).contains(&bytes.len())
        && bytes.iter().all(inner)
        && bytes[0] != b'-'
        && bytes[bytes.len() - 1] != b'-'
}

/// The number of a guest, unique in its cluster: 100 to 999 999 999.
/// It is an address, not an identity: ids are reused (see [`crate::guest::Identity`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "u32", into = "u32")]
pub struct Vmid(u32);

const VMID_RULE: &str = "a VMID is a whole number from 100 to 999999999";

impl Vmid {
    /// Checks and wraps a guest number.
    pub fn new(number: u32) -> Result<Self, InvalidName> {
        if (100..=999_999_999).contains(&number) {
            Ok(Self(number))
        } else {
            Err(InvalidName::new("VMID", &number.to_string(), VMID_RULE))
        }
    }

    /// The number.
    pub fn get(self) -> u32 {
        self.0
    }
}

/// The kind of a manifest resource, spelled as in `kind:`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum ResourceKind {
    /// A QEMU guest.
    VirtualMachine,
    /// An LXC guest.
    Container,
    /// A Proxmox node.
    Node,
    /// A service on a host or guest.
    Service,
    /// A figure with limits.
    Threshold,
    /// A repair procedure.
    Runbook,
    /// Protection, dependencies, autonomy and budgets.
    SafetyPolicy,
    /// When changes may or may not happen.
    MaintenanceWindow,
    /// Where alerts go.
    NotificationChannel,
}

impl ResourceKind {
    /// All kinds, in documentation order.
    pub const ALL: [Self; 9] = [
        Self::VirtualMachine,
        Self::Container,
        Self::Node,
        Self::Service,
        Self::Threshold,
        Self::Runbook,
        Self::SafetyPolicy,
        Self::MaintenanceWindow,
        Self::NotificationChannel,
    ];

    /// The word used in `kind:`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::VirtualMachine => "VirtualMachine",
            Self::Container => "Container",
            Self::Node => "Node",
            Self::Service => "Service",
            Self::Threshold => "Threshold",
            Self::Runbook => "Runbook",
            Self::SafetyPolicy => "SafetyPolicy",
            Self::MaintenanceWindow => "MaintenanceWindow",
            Self::NotificationChannel => "NotificationChannel",
        }
    }
}

impl FromStr for ResourceKind {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| {
                InvalidName::new(
                    "resource kind",
                    text,
                    "kinds are VirtualMachine, Container, Node, Service, Threshold, \
                              Runbook, SafetyPolicy, MaintenanceWindow and NotificationChannel",
                )
            })
    }
}

/// A manifest resource: its kind and its name, written `VirtualMachine/web-01`. Cheap to clone: every pass names all of them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ResourceKey {
    /// The manifest's `kind`.
    pub kind: ResourceKind,
    /// The manifest's `metadata.name`.
    pub name: Arc<str>,
}

impl ResourceKey {
    /// Joins kind and name; the name is a lower-case DNS label sequence (letters, digits, `-`, `.`; at most 253).
    pub fn new(kind: ResourceKind, name: &str) -> Result<Self, InvalidName> {
        let fine = (1..=253).contains(&name.len())
            && name
                .split('.')
                .all(|part| is_dns_label(part) && part.bytes().all(|b| !b.is_ascii_uppercase()));
        if fine {
            Ok(Self {
                kind,
                name: name.into(),
            })
        } else {
            Err(InvalidName::new(
                "resource name",
                name,
                "a name has lower-case letters, digits, inner '-' and '.'",
            ))
        }
    }
}

impl FromStr for ResourceKey {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let (kind, name) = text
            .split_once('/')
            .ok_or_else(|| InvalidName::new("resource key", text, "a key is written Kind/name"))?;
        Self::new(kind.parse()?, name)
    }
}

impl fmt::Display for NodeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for Vmid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for ResourceKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for ResourceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl TryFrom<String> for NodeName {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        Self::new(&text)
    }
}

impl From<NodeName> for String {
    fn from(name: NodeName) -> Self {
        name.as_str().to_owned()
    }
}

impl TryFrom<u32> for Vmid {
    type Error = InvalidName;
    fn try_from(number: u32) -> Result<Self, InvalidName> {
        Self::new(number)
    }
}

impl From<Vmid> for u32 {
    fn from(vmid: Vmid) -> Self {
        vmid.0
    }
}

impl FromStr for Vmid {
    type Err = InvalidName;
    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let number = if digits { text.parse::<u32>().ok() } else { None };
        number
            .and_then(|number| Self::new(number).ok())
            .ok_or_else(|| InvalidName::new("VMID", text, VMID_RULE))
    }
}

impl TryFrom<String> for ResourceKey {
    type Error = InvalidName;
    fn try_from(text: String) -> Result<Self, InvalidName> {
        text.parse()
    }
}

impl From<ResourceKey> for String {
    fn from(key: ResourceKey) -> Self {
        key.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_names_are_dns_labels_and_keep_their_case() {
        for good in ["atlas", "agent1", "pve-02", "A"] {
            assert_eq!(NodeName::new(good).unwrap().as_str(), good);
        }
        for bad in ["", "-a", "a-", "a b", "a/b", "../x", "a.b", "ä", &"x".repeat(64)] {
            assert!(NodeName::new(bad).is_err(), "{bad:?} must be refused");
        }
    }

    #[test]
    fn vmids_are_plain_numbers_in_range() {
        assert_eq!("103".parse::<Vmid>().unwrap().get(), 103);
        for bad in [
            "",
            "99",
            "+103",
            "103 ",
            "0x67",
            "1e3",
            "1000000000",
            "99999999999",
            "１０３",
        ] {
            assert!(bad.parse::<Vmid>().is_err(), "{bad:?} must be refused");
        }
    }

    #[test]
    fn keys_round_trip() {
        let key: ResourceKey = "VirtualMachine/web-01".parse().unwrap();
        assert_eq!(key.to_string().parse::<ResourceKey>().unwrap(), key);
        assert!("VirtualMachine/Web".parse::<ResourceKey>().is_err());
        assert!("Machine/web".parse::<ResourceKey>().is_err());
        for kind in ResourceKind::ALL {
            assert_eq!(kind.to_string().parse::<ResourceKind>().unwrap(), kind);
        }
    }
}
