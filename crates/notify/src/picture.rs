//! One picture of what the notifier needs beside the journal: what is declared, observed, and allowed.

use jarvis_crds::Desired;
use jarvis_guard::{Facts, Floor};
use jarvis_model::{Autonomy, Memory, Observed, ResourceKey, Timestamp};
use std::sync::Arc;

/// One consistent picture. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Name of the cluster.
    pub cluster: Arc<str>,
    /// What is declared, channels among it.
    pub desired: Arc<Desired>,
    /// The floor in force.
    pub floor: Arc<Floor>,
    /// What is known of the cluster.
    pub observed: Arc<Observed>,
    /// The time now.
    pub at: Timestamp,
}

impl Picture {
    /// How far Jarvis may go with a resource, as the guard sees it.
    pub fn level(&self, resource: &ResourceKey, memory: &Memory) -> Autonomy {
        let desired = &self.desired;
        let guest = desired.guests.get(resource).and_then(|it| it.spec.autonomy);
        let node = desired.nodes.get(resource).and_then(|it| it.spec.autonomy);
        let service = desired.services.get(resource).and_then(|it| it.spec.autonomy);
        let facts = Facts {
            floor: &self.floor,
            desired: &self.desired,
            observed: &self.observed,
            memory,
            now: self.at,
        };
        jarvis_guard::autonomy(guest.or(node).or(service), &facts)
    }
}
