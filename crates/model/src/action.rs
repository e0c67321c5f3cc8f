//! What may be done to the cluster (actions), and what is then sent (effects).
//!
//! An [`Action`] is what somebody wants; it is classified and judged. An [`Effect`] is the one request that carries
//! it out, resolved against live placement. Every side effect on the cluster is a variant here.

use crate::{NodeName, Timestamp, Vmid};
use serde::{Deserialize, Serialize};
use std::{fmt, net::Ipv4Addr};

/// QEMU or LXC: they have different paths and rules in Proxmox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GuestKind {
    /// A virtual machine.
    Qemu,
    /// A container.
    Lxc,
}

impl GuestKind {
    /// The path segment and type word of Proxmox.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Qemu => "qemu",
            Self::Lxc => "lxc",
        }
    }
}

/// Where a service or command runs. Written `node/forge`, `guest/101`, `host/backup`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Host {
    /// On a node.
    Node(NodeName),
    /// In a guest.
    Guest(Vmid),
    /// On a host named in the config file, of which the cluster knows nothing.
    Named(String),
}

impl From<Host> for String {
    fn from(host: Host) -> Self {
        match host {
            Host::Node(node) => format!("node/{node}"),
            Host::Guest(vmid) => format!("guest/{vmid}"),
            Host::Named(name) => format!("host/{name}"),
        }
    }
}

impl TryFrom<String> for Host {
    type Error = crate::InvalidName;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        let wrong = || {
            crate::InvalidName::of(
                "host",
                &text,
                "a host is written node/NAME, guest/VMID or host/NAME",
            )
        };
        let (kind, name) = text.split_once('/').ok_or_else(wrong)?;
        match kind {
            "node" => Ok(Self::Node(NodeName::new(name)?)),
            "guest" => name
                .parse()
                .ok()
                .and_then(|number| Vmid::new(number).ok())
                .map(Self::Guest)
                .ok_or_else(wrong),
            "host" if !name.is_empty() => Ok(Self::Named(name.to_owned())),
            _ => Err(wrong()),
        }
    }
}

/// What somebody wants done. The base tier of each is in the guard.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Action {
    /// Start a guest.
    StartGuest {
        /// Which.
        vmid: Vmid,
    },
    /// Ask a guest to shut down; never forced.
    ShutdownGuest {
        /// Which.
        vmid: Vmid,
        /// How long Proxmox waits for it, seconds; the default is 60.
        #[serde(default = "default_stop_timeout_secs")]
        timeout_secs: u32,
    },
    /// Ask a guest to shut down and start again.
    RebootGuest {
        /// Which.
        vmid: Vmid,
        /// How long Proxmox waits for the shutdown, seconds; the default is 60.
        #[serde(default = "default_stop_timeout_secs")]
        timeout_secs: u32,
    },
    /// Cut a guest's power.
    StopGuest {
        /// Which.
        vmid: Vmid,
    },
    /// Press a guest's reset button.
    ResetGuest {
        /// Which.
        vmid: Vmid,
    },
    /// Take a snapshot.
    CreateSnapshot {
        /// Of which guest.
        vmid: Vmid,
        /// Its name.
        snapshot: String,
    },
    /// Go back to a snapshot.
    RollbackSnapshot {
        /// Of which guest.
        vmid: Vmid,
        /// Its name.
        snapshot: String,
    },
    /// Move a guest to another node.
    MigrateGuest {
        /// Which.
        vmid: Vmid,
        /// Where to.
        target: NodeName,
    },
    /// Destroy a guest. Black: exists to be refused by name.
    DestroyGuest {
        /// Which.
        vmid: Vmid,
    },
    /// Change a guest's disks or configuration. Black.
    ReconfigureGuest {
        /// Which.
        vmid: Vmid,
    },
    /// Reboot a node.
    RebootNode {
        /// Which.
        node: NodeName,
    },
    /// Power a node down.
    ShutdownNode {
        /// Which.
        node: NodeName,
    },
    /// Wake a node over the network.
    WakeNode {
        /// Which.
        node: NodeName,
    },
    /// Start a service.
    StartService {
        /// Where.
        host: Host,
        /// Unit or container.
        service: String,
    },
    /// Restart a service.
    RestartService {
        /// Where.
        host: Host,
        /// Unit or container.
        service: String,
    },
    /// Stop a service.
    StopService {
        /// Where.
        host: Host,
        /// Unit or container.
        service: String,
    },
    /// Run a command by argument vector.
    RunCommand {
        /// Where.
        host: Host,
        /// Program and arguments; no shell.
        argv: Vec<String>,
    },
    /// Anything else somebody named. Black.
    Unknown {
        /// What was asked for.
        name: String,
    },
}

/// Seconds Proxmox waits for a guest to shut down when nothing else is said.
pub const fn default_stop_timeout_secs() -> u32 {
    60
}

impl Action {
    /// The guest it is aimed at, if any.
    pub fn vmid(&self) -> Option<Vmid> {
        match self {
            Self::StartGuest { vmid }
            | Self::ShutdownGuest { vmid, .. }
            | Self::RebootGuest { vmid, .. }
            | Self::StopGuest { vmid }
            | Self::ResetGuest { vmid }
            | Self::CreateSnapshot { vmid, .. }
            | Self::RollbackSnapshot { vmid, .. }
            | Self::MigrateGuest { vmid, .. }
            | Self::DestroyGuest { vmid }
            | Self::ReconfigureGuest { vmid } => Some(*vmid),
            Self::StartService { host, .. }
            | Self::RestartService { host, .. }
            | Self::StopService { host, .. }
            | Self::RunCommand { host, .. } => match host {
                Host::Guest(vmid) => Some(*vmid),
                Host::Node(_) | Host::Named(_) => None,
            },
            Self::RebootNode { .. }
            | Self::ShutdownNode { .. }
            | Self::WakeNode { .. }
            | Self::Unknown { .. } => None,
        }
    }

    /// The host of the config file it is aimed at, if any.
    pub fn named_host(&self) -> Option<&str> {
        match self {
            Self::StartService { host, .. }
            | Self::RestartService { host, .. }
            | Self::StopService { host, .. }
            | Self::RunCommand { host, .. } => match host {
                Host::Named(name) => Some(name),
                Host::Node(_) | Host::Guest(_) => None,
            },
            _ => None,
        }
    }

    /// The node it is aimed at by name, if any.
    pub fn node(&self) -> Option<&NodeName> {
        match self {
            Self::RebootNode { node } | Self::ShutdownNode { node } | Self::WakeNode { node } => Some(node),
            Self::StartService {
                host: Host::Node(node),
                ..
            }
            | Self::RestartService {
                host: Host::Node(node),
                ..
            }
            | Self::StopService {
                host: Host::Node(node),
                ..
            }
            | Self::RunCommand {
                host: Host::Node(node),
                ..
            } => Some(node),
            _ => None,
        }
    }

    /// The service it is aimed at, by host and name, if any.
    pub fn service(&self) -> Option<(&Host, &str)> {
        match self {
            Self::StartService { host, service }
            | Self::RestartService { host, service }
            | Self::StopService { host, service } => Some((host, service)),
            _ => None,
        }
    }

    /// What it does, as a short imperative: `start`, `shut down`, `reboot` ...
    pub fn verb(&self) -> &'static str {
        match self {
            Self::StartGuest { .. } | Self::StartService { .. } => "start",
            Self::ShutdownGuest { .. } | Self::ShutdownNode { .. } => "shut down",
            Self::RebootGuest { .. } | Self::RebootNode { .. } => "reboot",
            Self::StopGuest { .. } | Self::StopService { .. } => "stop",
            Self::ResetGuest { .. } => "reset",
            Self::CreateSnapshot { .. } => "snapshot",
            Self::RollbackSnapshot { .. } => "roll back",
            Self::MigrateGuest { .. } => "migrate",
            Self::DestroyGuest { .. } => "destroy",
            Self::ReconfigureGuest { .. } => "reconfigure",
            Self::WakeNode { .. } => "wake",
            Self::RestartService { .. } => "restart",
            Self::RunCommand { .. } => "run a command on",
            Self::Unknown { .. } => "do",
        }
    }

    /// What it is aimed at: `guest 101`, `node forge`, `nginx on node forge`.
    pub fn target(&self) -> String {
        match self {
            Self::StartService { host, service }
            | Self::RestartService { host, service }
            | Self::StopService { host, service } => format!("{service} on {host}"),
            Self::RunCommand { host, .. } => host.to_string(),
            Self::Unknown { name } => format!("{name:?}"),
            _ => match (self.vmid(), self.node()) {
                (Some(vmid), _) => format!("guest {vmid}"),
                (None, Some(node)) => format!("node {node}"),
                (None, None) => String::new(),
            },
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb(), self.target())?;
        match self {
            Self::MigrateGuest { target, .. } => write!(f, " to {target}"),
            Self::CreateSnapshot { snapshot, .. } => write!(f, " as {snapshot}"),
            Self::RollbackSnapshot { snapshot, .. } => write!(f, " to {snapshot}"),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(node) => write!(f, "node {node}"),
            Self::Guest(vmid) => write!(f, "guest {vmid}"),
            Self::Named(name) => write!(f, "host {name}"),
        }
    }
}

/// The request for a guest that is sent to Proxmox.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "verb", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum GuestVerb {
    /// `POST …/status/start`.
    Start,
    /// `POST …/status/shutdown` with this timeout, never `forceStop`.
    Shutdown {
        /// Seconds.
        timeout_secs: u32,
    },
    /// `POST …/status/reboot` with this timeout.
    Reboot {
        /// Seconds.
        timeout_secs: u32,
    },
    /// `POST …/status/stop`.
    Stop,
    /// `POST …/status/reset`.
    Reset,
    /// `POST …/snapshot`.
    Snapshot {
        /// Name.
        snapshot: String,
    },
    /// `POST …/snapshot/{name}/rollback`.
    Rollback {
        /// Name.
        snapshot: String,
    },
    /// `POST …/migrate`.
    Migrate {
        /// Destination node.
        target: NodeName,
        /// Whether the guest runs (QEMU `online=1`, LXC `restart=1`).
        running: bool,
    },
}

/// Power request for a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NodeVerb {
    /// `POST /nodes/{node}/status command=reboot`.
    Reboot,
    /// `POST /nodes/{node}/status command=shutdown`.
    Shutdown,
}

/// What is done to a service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ServiceVerb {
    /// Start it.
    Start,
    /// Restart it, or start it when it is down.
    Restart,
    /// Stop it.
    Stop,
}

impl ServiceVerb {
    /// The word of `systemctl` and `docker`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Restart => "restart",
            Self::Stop => "stop",
        }
    }
}

/// Who keeps a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ServiceUnit {
    /// A systemd unit.
    Systemd(String),
    /// A docker container.
    Docker(String),
}

impl ServiceUnit {
    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Systemd(name) | Self::Docker(name) => name,
        }
    }
}

/// By which way a host is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reach {
    /// Over SSH.
    Ssh,
    /// Through the QEMU guest agent.
    GuestAgent,
}

/// The request for a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum HostVerb {
    /// Start, restart or stop a service.
    Service {
        /// What.
        verb: ServiceVerb,
        /// Which.
        unit: ServiceUnit,
    },
    /// Run an allow-listed command.
    Command {
        /// Program and arguments; no shell.
        argv: Vec<String>,
    },
}

impl HostVerb {
    /// Program and arguments of what is run there.
    pub fn argv(&self) -> Vec<String> {
        match self {
            Self::Service { verb, unit } => match unit {
                ServiceUnit::Systemd(unit) => ["systemctl", "--no-ask-password", verb.as_str(), "--", unit]
                    .map(str::to_owned)
                    .to_vec(),
                ServiceUnit::Docker(container) => ["docker", verb.as_str(), "--", container]
                    .map(str::to_owned)
                    .to_vec(),
            },
            Self::Command { argv } => argv.clone(),
        }
    }
}

/// One side effect, fully resolved. Sent only with a permit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "effect", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Effect {
    /// A guest request at the node it lives on.
    Guest {
        /// Where it lives now.
        node: NodeName,
        /// QEMU or LXC.
        kind: GuestKind,
        /// Which.
        vmid: Vmid,
        /// What.
        request: GuestVerb,
    },
    /// A node power request.
    Node {
        /// Which.
        node: NodeName,
        /// What.
        request: NodeVerb,
    },
    /// Something on a host.
    Host {
        /// Where.
        host: Host,
        /// The node whose slot it takes: the host itself, or where the guest lives; none for a host the cluster does not know.
        node: Option<NodeName>,
        /// By which way.
        reach: Reach,
        /// What.
        request: HostVerb,
    },
    /// A Wake-on-LAN packet for a node.
    Wake {
        /// Which.
        node: NodeName,
        /// The address of its network card, `aa:bb:cc:dd:ee:ff`.
        mac: String,
        /// Where the packet is sent; the network's broadcast address when none.
        broadcast: Option<Ipv4Addr>,
        /// The node that sends it; Jarvis itself when none.
        via: Option<NodeName>,
    },
}

impl Effect {
    /// The node whose slot it takes; none for a host the cluster does not know.
    pub fn node(&self) -> Option<&NodeName> {
        match self {
            Self::Guest { node, .. } | Self::Node { node, .. } | Self::Wake { node, .. } => Some(node),
            Self::Host { node, .. } => node.as_ref(),
        }
    }

    /// How long from logging its intent to giving up on observing its result.
    pub fn deadline(&self, logged_at: Timestamp) -> Timestamp {
        let secs = match self {
            Self::Guest { request, .. } => match request {
                GuestVerb::Start | GuestVerb::Stop | GuestVerb::Reset => 180,
                GuestVerb::Shutdown { timeout_secs } => u64::from(*timeout_secs) + 60,
                GuestVerb::Reboot { timeout_secs } => u64::from(*timeout_secs) + 180,
                GuestVerb::Snapshot { .. } | GuestVerb::Rollback { .. } => 900,
                GuestVerb::Migrate { .. } => 3600,
            },
            Self::Node { .. } => 900,
            Self::Host { .. } => 180,
            Self::Wake { .. } => 300,
        };
        logged_at + std::time::Duration::from_secs(secs)
    }
}
