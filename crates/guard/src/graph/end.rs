//! The things that protection and dependencies speak of. Knows nothing of the graph between them.

use crate::words;
use jarvis_crds::{DependencyEnd, Place, ServiceName, ServiceRef, Target};
use jarvis_model::{Host, NodeName, Observed, ResourceKey, Vmid};

/// Where a service or a docker daemon lives.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Spot {
    /// On a node.
    Node(NodeName),
    /// In a guest.
    Guest(Vmid),
    /// On a host named in the configuration, of which the cluster knows nothing.
    Named(String),
}

/// One thing that can be protected, needed or interrupted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum End {
    /// A node.
    Node(NodeName),
    /// A guest.
    Guest(Vmid),
    /// A systemd unit (without `.service`) or a docker container.
    Service {
        /// Where.
        spot: Spot,
        /// Its name.
        name: String,
    },
    /// The docker daemon of a host.
    Docker(Spot),
}

/// Where protection comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Jarvis itself runs there.
    Own,
    /// `safety:` of the configuration file.
    Floor,
    /// A SafetyPolicy.
    Policy(ResourceKey),
}

impl End {
    /// A service as a policy names it.
    pub fn service(service: &ServiceRef) -> Self {
        let (ServiceName::Unit(name) | ServiceName::Container(name)) = &service.name;
        Self::unit(Spot::from(&service.target), name)
    }

    /// A service by its name, with or without `.service`.
    pub fn unit(spot: Spot, name: &str) -> Self {
        Self::Service {
            spot,
            name: name.strip_suffix(".service").unwrap_or(name).to_owned(),
        }
    }

    /// What it runs on by its very name. A guest's node is not part of its name: see live placement.
    pub fn host(&self) -> Option<Self> {
        let (Self::Service { spot, .. } | Self::Docker(spot)) = self else {
            return None;
        };
        match spot {
            Spot::Node(node) => Some(Self::Node(node.clone())),
            Spot::Guest(vmid) => Some(Self::Guest(*vmid)),
            Spot::Named(_) => None,
        }
    }

    /// Its name for an operator.
    pub fn words(&self, observed: &Observed) -> String {
        match self {
            Self::Node(node) => words::node(node),
            Self::Guest(vmid) => words::guest(*vmid, observed),
            Self::Service { spot, name } => format!("service {name} on {}", spot.words(observed)),
            Self::Docker(spot) => format!("the docker daemon on {}", spot.words(observed)),
        }
    }
}

impl Spot {
    fn words(&self, observed: &Observed) -> String {
        match self {
            Self::Node(node) => words::node(node),
            Self::Guest(vmid) => words::guest(*vmid, observed),
            Self::Named(host) => format!("host {host}"),
        }
    }
}

impl From<&Target> for Spot {
    fn from(target: &Target) -> Self {
        match target {
            Target::Node(node) => Self::Node(node.clone()),
            Target::Guest(guest) => Self::Guest(guest.vmid),
            Target::Host(host) => Self::Named(host.clone()),
        }
    }
}

impl From<&Place> for Spot {
    fn from(place: &Place) -> Self {
        match place {
            Place::Node(node) => Self::Node(node.clone()),
            Place::Guest(vmid) => Self::Guest(*vmid),
        }
    }
}

impl From<&Host> for Spot {
    fn from(host: &Host) -> Self {
        match host {
            Host::Node(node) => Self::Node(node.clone()),
            Host::Guest(vmid) => Self::Guest(*vmid),
            Host::Named(name) => Self::Named(name.clone()),
        }
    }
}

impl From<&DependencyEnd> for End {
    fn from(end: &DependencyEnd) -> Self {
        match end {
            DependencyEnd::Node(node) => Self::Node(node.clone()),
            DependencyEnd::Guest(vmid) => Self::Guest(*vmid),
            DependencyEnd::Service(service) => Self::service(service),
        }
    }
}
