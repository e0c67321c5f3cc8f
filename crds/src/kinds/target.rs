//! Parts that several kinds share: probes, and ways to point at a node, guest or service.

use super::is_default;
use crate::schema::words::{HostPortText, NodeNameText, PlainNameText, UrlText, VmidNumber};
use jarvis_model::{Host, NodeName, Reach, ServiceUnit, Vmid};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A question whose answer says that something is up.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Probe {
    /// The guest agent answers.
    GuestAgent(GuestAgentProbe),
    /// A TCP connection is accepted.
    Tcp(TcpProbe),
    /// An HTTP request is answered as expected.
    Http(HttpProbe),
}

/// The guest agent answers a ping. Has no settings: `guestAgent: {}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize, JsonSchema)]
pub struct GuestAgentProbe {}

/// A TCP connection is accepted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct TcpProbe {
    /// Host and port, such as `10.0.0.5:22` or `[fd00::5]:22`.
    #[schemars(with = "HostPortText")]
    pub address: String,
}

/// An HTTP request is answered as expected.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct HttpProbe {
    /// What to fetch, by GET; without user and password.
    #[schemars(with = "UrlText")]
    pub url: String,
    /// The status code that means up.
    #[serde(default = "ok_status")]
    #[schemars(range(min = 100, max = 599))]
    pub status: u16,
}

fn ok_status() -> u16 {
    200
}

/// Where a service runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Target {
    /// On a Proxmox node, reached over SSH.
    Node(#[schemars(with = "NodeNameText")] NodeName),
    /// Inside a guest.
    Guest(GuestTarget),
    /// On a host named in the configuration file, reached over SSH.
    Host(#[schemars(with = "PlainNameText")] String),
}

impl Target {
    /// The host, however it is reached.
    pub fn host(&self) -> Host {
        match self {
            Self::Node(node) => Host::Node(node.clone()),
            Self::Guest(guest) => Host::Guest(guest.vmid),
            Self::Host(name) => Host::Named(name.clone()),
        }
    }

    /// By which way it is reached.
    pub fn reach(&self) -> Reach {
        match self {
            Self::Guest(GuestTarget {
                via: GuestAccess::GuestAgent,
                ..
            }) => Reach::GuestAgent,
            _ => Reach::Ssh,
        }
    }
}

/// A guest as the place of a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct GuestTarget {
    /// The guest's number.
    #[schemars(with = "VmidNumber")]
    pub vmid: Vmid,
    /// How to reach inside.
    #[serde(default, skip_serializing_if = "is_default")]
    #[schemars(extend("default" = "ssh"))]
    pub via: GuestAccess,
}

/// How to reach inside a guest.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "camelCase")]
pub enum GuestAccess {
    /// Over SSH.
    #[default]
    Ssh,
    /// Through the QEMU guest agent; containers have none.
    GuestAgent,
}

/// A node or a guest.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Place {
    /// A node.
    Node(#[schemars(with = "NodeNameText")] NodeName),
    /// A guest, by its number.
    #[serde(rename = "vmid")]
    Guest(#[schemars(with = "VmidNumber")] Vmid),
}

/// One service, named where it runs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ServiceRef {
    /// Where it runs.
    pub target: Target,
    /// Which one.
    #[serde(flatten)]
    pub name: ServiceName,
}

/// The name of a service in its own world.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum ServiceName {
    /// A systemd unit, such as `corosync.service`.
    Unit(#[schemars(with = "PlainNameText")] String),
    /// A docker container.
    Container(#[schemars(with = "PlainNameText")] String),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => write!(f, "node {node}"),
            Self::Guest(guest) => write!(f, "vmid {}", guest.vmid),
            Self::Host(host) => write!(f, "host {host}"),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => write!(f, "node {node}"),
            Self::Guest(vmid) => write!(f, "vmid {vmid}"),
        }
    }
}

impl ServiceName {
    /// Whether a word names it; `.service` may be left out.
    pub fn is(&self, word: &str) -> bool {
        let (Self::Unit(name) | Self::Container(name)) = self;
        let bare = |name: &str| name.strip_suffix(".service").unwrap_or(name).to_owned();
        bare(name) == bare(word)
    }

    /// Who keeps it.
    pub fn unit(&self) -> ServiceUnit {
        match self {
            Self::Unit(name) => ServiceUnit::Systemd(name.clone()),
            Self::Container(name) => ServiceUnit::Docker(name.clone()),
        }
    }
}

impl fmt::Display for ServiceRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            ServiceName::Unit(unit) => write!(f, "service {unit} on {}", self.target),
            ServiceName::Container(container) => write!(f, "container {container} on {}", self.target),
        }
    }
}
