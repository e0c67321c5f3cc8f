//! The seams the controller is given.

use jarvis_ports::{Clock, Hypervisor, Journal, ManifestSource, Probe, Recorder, Store};
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
    /// Readiness probes.
    pub probe: Arc<dyn Probe>,
    /// Where passes are kept for replay; none keeps none.
    pub recorder: Option<Arc<dyn Recorder>>,
    /// Time.
    pub clock: Arc<dyn Clock>,
}
