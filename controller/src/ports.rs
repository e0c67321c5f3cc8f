//! The seams the controller is given.

use jarvis_ports::{Clock, HostShell, Hypervisor, Journal, ManifestSource, Probe, Recorder, Store, Waker};
use std::sync::Arc;

/// What the controller works through.
#[derive(Clone)]
pub struct Ports {
    /// The cluster.
    pub hypervisor: Arc<dyn Hypervisor>,
    /// The truth.
    pub journal: Arc<dyn Journal>,
    /// What is derived or expires.
    pub store: Arc<dyn Store>,
    /// Where manifests come from; none means that nothing is declared.
    pub source: Option<Arc<dyn ManifestSource>>,
    /// Hosts over SSH; none when no access is configured.
    pub shell: Option<Arc<dyn HostShell>>,
    /// Wake-on-LAN; none sends no packets.
    pub waker: Option<Arc<dyn Waker>>,
    /// Readiness probes.
    pub probe: Arc<dyn Probe>,
    /// Where passes are kept for replay; none keeps none.
    pub recorder: Option<Arc<dyn Recorder>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}
