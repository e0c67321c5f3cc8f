//! What is read from the cluster only when a person looks at it: snapshots, logs of tasks, past figures. Each look is kept for a while
//! and never made twice at once, so that many screens cost one request. Nothing is decided from what is read here.

use jarvis_model::{GuestKind, NodeName, Timestamp, Upid, Vmid};
use jarvis_ports::{Clock, Hypervisor, LookError, PastUsage, SnapshotSeen};
use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// How long a look is good.
const GOOD_FOR: Duration = Duration::from_secs(30);
/// Looks that are kept.
const MOST_KEPT: usize = 200;
/// Lines of a task's log.
const MOST_LINES: usize = 500;

/// Snapshots of a guest, and when they were seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshots {
    /// When.
    pub seen_at: Timestamp,
    /// Oldest first.
    pub snapshots: Vec<SnapshotSeen>,
}

/// Reads on demand.
pub struct Reads {
    hypervisor: Arc<dyn Hypervisor>,
    clock: Arc<dyn Clock>,
    snapshots: Kept<Vmid, Snapshots>,
    logs: Kept<Upid, Vec<String>>,
    weeks: Kept<(NodeName, Option<Vmid>), Vec<PastUsage>>,
}

/// A look that is kept; its lock is held while it is made, so that the same is never looked at twice at once.
type Look<V> = Arc<tokio::sync::Mutex<Option<(Timestamp, Result<Arc<V>, LookError>)>>>;
/// Looks by what was looked at.
type Kept<K, V> = Mutex<BTreeMap<K, Look<V>>>;

impl Reads {
    /// Nothing was looked at yet.
    pub fn new(hypervisor: Arc<dyn Hypervisor>, clock: Arc<dyn Clock>) -> Self {
        Self {
            hypervisor,
            clock,
            snapshots: Mutex::default(),
            logs: Mutex::default(),
            weeks: Mutex::default(),
        }
    }

    /// The snapshots of a guest, at most 30 s old.
    pub async fn snapshots(
        &self,
        node: &NodeName,
        kind: GuestKind,
        vmid: Vmid,
    ) -> Result<Arc<Snapshots>, LookError> {
        let look = async {
            let snapshots = self.hypervisor.look_snapshots(node, kind, vmid).await?;
            let seen_at = self.clock.now();
            Ok(Snapshots { seen_at, snapshots })
        };
        kept(&self.snapshots, vmid, self.clock.as_ref(), look).await
    }

    /// The last week of a node, or of a guest on it, as Proxmox averaged it; at most 30 s old.
    pub async fn week(
        &self,
        node: &NodeName,
        guest: Option<(GuestKind, Vmid)>,
    ) -> Result<Arc<Vec<PastUsage>>, LookError> {
        let key = (node.clone(), guest.map(|(_, vmid)| vmid));
        let look = self.hypervisor.look_week(node, guest);
        kept(&self.weeks, key, self.clock.as_ref(), look).await
    }

    /// The last lines of a task's log, at most 30 s old.
    pub async fn task_log(&self, upid: &Upid) -> Result<Arc<Vec<String>>, LookError> {
        let look = self.hypervisor.look_task_log(upid, MOST_LINES);
        kept(&self.logs, upid.clone(), self.clock.as_ref(), look).await
    }
}

/// What was looked at a moment ago, or a new look. A failed one is kept as well.
async fn kept<K: Ord, V>(
    all: &Kept<K, V>,
    key: K,
    clock: &dyn Clock,
    look: impl Future<Output = Result<V, LookError>>,
) -> Result<Arc<V>, LookError> {
    let place = {
        let mut all = all.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_KEPT && !all.contains_key(&key) {
            all.clear();
        }
        all.entry(key).or_default().clone()
    };
    let mut place = place.lock().await;
    let now = clock.now();
    if let Some((at, found)) = place.as_ref()
        && *at <= now
        && now.since(*at) < GOOD_FOR
    {
        return found.clone();
    }
    let found = look.await.map(Arc::new);
    *place = Some((clock.now(), found.clone()));
    found
}

/// Packages of a node that have a newer version.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Updates {
    /// When somebody looked.
    pub at: Timestamp,
    /// How many; none where that cannot be read.
    pub pending: Option<usize>,
    /// Why it cannot be read.
    pub trouble: Option<String>,
}
