//! Jarvis as processes: started, killed at any instant, started again on what is left of the disk, or twice at once.

use super::{
    bug::Bug, cluster::Cluster, hosts::Hosts, journal::LifeJournal, source::LifeSource, stage::Scene,
};
use async_trait::async_trait;
use jarvis_controller::{Handle, Options, Ports, controller};
use jarvis_guard::Floor;
use jarvis_model::Record;
use jarvis_ports::{HostShell, Journal, Probe, Waker};
use jarvis_store::{
    FileJournal, MemoryStore, Options as JournalOptions,
    faulty::{Crash, FaultyDisk},
};
use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Sizes small enough that segments follow each other within a life.
const JOURNAL: JournalOptions = JournalOptions {
    segment_bytes: 200 << 10,
    ballast_bytes: 16 << 10,
};

struct Process {
    handle: Handle,
    alive: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

/// Jarvis, whichever processes there are of it.
pub struct Jarvis {
    scene: Scene,
    floor: Floor,
    source: Arc<LifeSource>,
    disk: FaultyDisk,
    at_start: FaultyDisk,
    journal: Option<Arc<FileJournal>>,
    running: Vec<Process>,
    slow_disk: Duration,
    /// Whether it has SSH access and sends magic packets.
    pub reaches_hosts: bool,
}

/// Probes that nothing answers; the guest agent is asked through the cluster.
struct NoProbe;

#[async_trait]
impl Probe for NoProbe {
    async fn tcp(&self, _address: &str, _timeout: Duration) -> bool {
        false
    }
    async fn http(&self, _url: &str, _status: Option<u16>, _timeout: Duration) -> bool {
        false
    }
}

impl Jarvis {
    /// Installed, and not started yet.
    pub fn new(scene: Scene, floor: Floor, source: Arc<LifeSource>) -> Self {
        let disk = FaultyDisk::default();
        Self {
            scene,
            floor,
            source,
            at_start: disk.clone(),
            disk,
            journal: None,
            running: Vec::new(),
            slow_disk: Duration::ZERO,
            reaches_hosts: false,
        }
    }

    /// Whether a process runs.
    pub fn runs(&self) -> bool {
        self.running
            .last()
            .is_some_and(|process| process.alive.load(Ordering::Relaxed) && !process.task.is_finished())
    }

    /// The newest process's handle.
    pub fn handle(&self) -> Option<Handle> {
        self.running.last().map(|process| process.handle.clone())
    }

    /// The journal's disk.
    pub fn disk(&self) -> &FaultyDisk {
        &self.disk
    }

    /// From the next start on a record takes this long.
    pub fn set_slow_disk(&mut self, millis: u64) {
        self.slow_disk = Duration::from_millis(millis);
    }

    /// Starts a process, beside another if one runs.
    pub fn start(&mut self) {
        let journal = match &self.journal {
            Some(journal) => journal.clone(),
            None => match self.open() {
                Some(journal) => journal,
                None => return,
            },
        };
        let alive = Arc::new(AtomicBool::new(true));
        let unprotected = self.scene.with(|stage| stage.bug == Bug::IgnoresProtection);
        let floor = Floor {
            nodes: if unprotected {
                BTreeSet::new()
            } else {
                self.floor.nodes.clone()
            },
            guests: if unprotected {
                BTreeSet::new()
            } else {
                self.floor.guests.clone()
            },
            ..self.floor.clone()
        };
        let options = Options {
            cluster: "generated".to_owned(),
            floor,
            ..Options::default()
        };
        let cluster = Cluster {
            scene: self.scene.clone(),
            alive: alive.clone(),
        };
        let hosts = Arc::new(Hosts(cluster.clone()));
        let ports = Ports {
            hypervisor: Arc::new(cluster),
            journal: Arc::new(LifeJournal {
                inner: journal,
                scene: self.scene.clone(),
                alive: alive.clone(),
                slow: self.slow_disk,
            }),
            store: Arc::new(MemoryStore::new()),
            source: Some(self.source.clone()),
            shell: self.reaches_hosts.then(|| hosts.clone() as Arc<dyn HostShell>),
            waker: self.reaches_hosts.then_some(hosts as Arc<dyn Waker>),
            probe: Arc::new(NoProbe),
            recorder: None,
            clock: self.scene.watch.clone(),
        };
        let (service, handle) = controller(options, ports);
        let task = tokio::spawn(service.run(CancellationToken::new()));
        self.running.push(Process { handle, alive, task });
        self.scene.note("process", "starts");
    }

    /// Opens the journal and shows the oracle what is in it.
    fn open(&mut self) -> Option<Arc<FileJournal>> {
        let opened = match self.disk.open(JOURNAL) {
            Ok(opened) => opened,
            Err(error) => {
                self.scene.note("journal", &format!("cannot be opened: {error}"));
                return None;
            }
        };
        self.at_start = self.disk.after(Crash::Process);
        let found = opened.journal.read_after(0, usize::MAX).unwrap_or_default();
        let records: Vec<Record> = found.into_iter().map(|stored| stored.record).collect();
        let elapsed = self.scene.watch.elapsed_ms();
        self.scene.with(|stage| {
            if let Some(damage) = &opened.damaged {
                stage
                    .oracle
                    .breaks(format!("J: the journal is damaged: {damage}"));
            }
            stage.oracle.reopened(&records, elapsed);
        });
        let journal = Arc::new(opened.journal);
        self.journal = Some(journal.clone());
        Some(journal)
    }

    /// All processes die, and the disk keeps what a crash of this kind leaves.
    pub fn die(&mut self, crash: Crash) {
        for process in self.running.drain(..) {
            process.alive.store(false, Ordering::Relaxed);
            process.task.abort();
        }
        let skips = self.scene.with(|stage| stage.bug == Bug::SkipsSync);
        self.disk = match crash {
            Crash::Power if skips => self.at_start.clone(),
            _ => self.disk.after(crash),
        };
        // What was opened on the old disk does no harm there.
        self.journal = None;
    }

    /// The older of two processes is stopped.
    pub fn stop_first(&mut self) {
        if self.running.len() > 1 {
            let process = self.running.remove(0);
            process.alive.store(false, Ordering::Relaxed);
            process.task.abort();
        }
    }
}
