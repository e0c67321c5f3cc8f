//! Hosts as they are reached from inside: over SSH, or through a guest's agent. Reads are a closed list; the one way to act
//! takes a permit.
//!
//! Guarantees of an implementation: programs are started by argument vectors, never by a shell line; every call has a time
//! limit and a cap on its output; a host whose key is not the pinned one is never spoken to; `perform` sends at most once
//! for one permit; calls to several hosts may be made at once.

use crate::{LookError, PerformError, hypervisor::Accepted};
use async_trait::async_trait;
use jarvis_guard::Permit;
use jarvis_model::{Host, HostFigures, NodeName, ServiceStatus, ServiceUnit, Vmid};
use tokio::sync::mpsc;

/// What may be read on a host.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HostRead {
    /// Temperatures, load, cores, uptime and pressure.
    Figures,
    /// State of a systemd unit or docker container.
    Service(ServiceUnit),
    /// The last lines of the journal: of a unit or container, or of everything.
    Log {
        /// Whose; everything when none.
        unit: Option<ServiceUnit>,
        /// How many, at most 200.
        lines: u32,
    },
    /// The hardware address of the card that carries the host's default route.
    Mac,
}

/// What was read.
#[derive(Debug, Clone, PartialEq)]
pub enum HostAnswer {
    /// For [`HostRead::Figures`].
    Figures(HostFigures),
    /// For [`HostRead::Service`].
    Service(ServiceStatus),
    /// For [`HostRead::Log`], oldest first.
    Lines(Vec<String>),
    /// For [`HostRead::Mac`], `aa:bb:cc:dd:ee:ff`.
    Mac(String),
}

/// Something a host's journal said that is worth a look at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostNews {
    /// The node that said it.
    pub node: NodeName,
    /// The guest it speaks of, where it names one.
    pub vmid: Option<Vmid>,
    /// The line, cleaned and cut.
    pub line: String,
}

/// Hosts over SSH.
#[async_trait]
pub trait HostShell: Send + Sync {
    /// Whether anything is configured to reach this host.
    fn reaches(&self, host: &Host) -> bool;
    /// Reads.
    async fn read(&self, host: &Host, read: &HostRead) -> Result<HostAnswer, LookError>;
    /// Carries out a permitted [`jarvis_model::Effect::Host`] whose reach is SSH, or a [`jarvis_model::Effect::Wake`] `via` a node.
    async fn perform(&self, permit: Permit) -> Result<Accepted, PerformError>;
    /// Follows the journals of these nodes and sends what is worth a look, until the receiver is gone. Ends at once where that
    /// is not configured; reconnects by itself.
    async fn follow(&self, nodes: Vec<NodeName>, news: mpsc::Sender<HostNews>);
}

/// Sends Wake-on-LAN packets from this machine.
#[async_trait]
pub trait Waker: Send + Sync {
    /// Carries out a permitted [`jarvis_model::Effect::Wake`] without `via`.
    async fn wake(&self, permit: Permit) -> Result<Accepted, PerformError>;
}
