//! One picture of what the notifier needs beside the journal: what is declared, and observed.

use jarvis_crds::Desired;
use jarvis_model::{Observed, Timestamp};
use std::sync::Arc;

/// One consistent picture. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Name of the cluster.
    pub cluster: Arc<str>,
    /// What is declared, channels among it.
    pub desired: Arc<Desired>,
    /// What is known of the cluster.
    pub observed: Arc<Observed>,
    /// The time now.
    pub at: Timestamp,
}
