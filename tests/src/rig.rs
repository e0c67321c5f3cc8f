//! The rig: one Jarvis over one simulated cluster. It can be killed and started again on the same state.

use crate::repository::Repository;
use async_trait::async_trait;
use jarvis_controller::{Handle, Options, Ports, Service, controller};
use jarvis_guard::Floor;
use jarvis_model::{Autonomy, Host, NodeName, Timestamp, Vmid};
use jarvis_ports::{Clock, HostShell, Hypervisor, Journal, ManifestSource, Probe};
use jarvis_proxmox::{EntryPoint, Proxmox, Tls, Token};
use jarvis_simulator::{ApiToken, Fault, Place, Scenario, Simulator, SimulatorHandle};
use jarvis_source::GitSource;
use jarvis_ssh::{Credential, Endpoint, JournalUse, Ssh};
use jarvis_store::{FileJournal, MemoryStore, OpenError};
use std::{
    fs::Permissions,
    os::unix::fs::PermissionsExt as _,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};
use tempfile::TempDir;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// After the end of a process the journal is free within this.
const FREE_WITHIN: Duration = Duration::from_secs(10);

/// How a rig is set up.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Simulated seconds in a wall second.
    pub factor: u32,
    /// The cluster to begin with.
    pub scenario: Scenario,
    /// Manifests to begin with.
    pub manifests: String,
    /// The floor in force.
    pub floor: Floor,
    /// How often the cluster is looked at.
    pub look_every: Duration,
    /// Whether the nodes are reached over SSH, and whether their journals are followed then.
    pub ssh: Option<JournalUse>,
}

impl Default for Setup {
    fn default() -> Self {
        let name = |text: &str| NodeName::new(text).into_iter().collect();
        let floor = Floor {
            nodes: name("agent1"),
            guests: Vmid::new(103).into_iter().collect(),
            autonomy: Autonomy::L3,
            ..Floor::default()
        };
        Self {
            factor: 20,
            scenario: Scenario::Homelab,
            manifests: String::new(),
            floor,
            look_every: Duration::from_secs(10),
            ssh: None,
        }
    }
}

/// The simulator's clock, for Jarvis.
struct SimulatedClock {
    simulator: SimulatorHandle,
    epoch_millis: u64,
    factor: u32,
}

#[async_trait]
impl Clock for SimulatedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.epoch_millis + self.simulator.now().as_millis())
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep((span / self.factor).max(Duration::from_millis(1))).await;
    }
}

/// Probes that nothing answers.
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

/// What stands between the rig and the ports, so that a test can disturb them.
pub type Disturb = Box<dyn Fn(Ports) -> Ports + Send>;

struct Running {
    handle: Handle,
    cancel: CancellationToken,
    task: JoinHandle<()>,
}

/// One Jarvis over one simulated cluster.
pub struct Rig {
    /// The cluster.
    pub simulator: Simulator,
    /// The manifests.
    pub repository: Repository,
    setup: Setup,
    clock: Arc<SimulatedClock>,
    folder: TempDir,
    /// As a store on disk it outlives every end.
    store: Arc<MemoryStore>,
    running: Option<Running>,
}

impl Rig {
    /// Starts the cluster and Jarvis.
    pub async fn start(setup: Setup) -> Self {
        let mut rig = Self::prepare(setup).await;
        rig.resume(None);
        rig
    }

    /// Starts the cluster and makes the repository; Jarvis does not run yet.
    pub async fn prepare(setup: Setup) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let simulator = Simulator::start(jarvis_simulator::Options {
            scenario: setup.scenario.clone(),
            time_factor: setup.factor,
            auth_delay: Duration::ZERO,
            ..jarvis_simulator::Options::default()
        })
        .await
        .expect("the simulator starts");
        let repository = Repository::create(&folder.path().join("manifests")).expect("git works");
        repository
            .commit(&[("all.yaml", &setup.manifests)], "Begin")
            .expect("git works");
        let handle = simulator.handle();
        let epoch_millis = handle.unix_now() * 1000 - handle.now().as_millis() / 1000 * 1000;
        let clock = Arc::new(SimulatedClock {
            simulator: handle,
            epoch_millis,
            factor: setup.factor,
        });
        Self {
            simulator,
            repository,
            setup,
            clock,
            folder,
            store: Arc::default(),
            running: None,
        }
    }

    /// Starts Jarvis on the state that is there, with ports possibly disturbed.
    pub fn resume(&mut self, disturb: Option<Disturb>) {
        assert!(self.running.is_none(), "it runs already");
        let ports = self.ports();
        let ports = match disturb {
            Some(disturb) => disturb(ports),
            None => ports,
        };
        let options = Options {
            cluster: "homelab".to_owned(),
            floor: self.setup.floor.clone(),
            fetch_every: Duration::from_secs(2),
            look_every: self.setup.look_every,
            freeze_file: Some(self.freeze_file()),
            ..Options::default()
        };
        let (service, handle): (Service, Handle) = controller(options, ports);
        let cancel = CancellationToken::new();
        let task = tokio::spawn(service.run(cancel.clone()));
        self.running = Some(Running { handle, cancel, task });
    }

    fn ports(&self) -> Ports {
        let journal = self.open_journal();
        let source = GitSource::new(jarvis_source::Options::new(
            self.repository.path().display().to_string(),
            "main",
            self.folder.path().join("mirror"),
        ))
        .expect("the source is well set up");
        Ports {
            hypervisor: Arc::new(self.client()),
            journal: Arc::new(journal) as Arc<dyn Journal>,
            store: self.store.clone(),
            source: Some(Arc::new(source) as Arc<dyn ManifestSource>),
            shell: self.setup.ssh.map(|journal| self.shell(journal)),
            waker: None,
            probe: Arc::new(NoProbe),
            recorder: None,
            clock: self.clock.clone(),
        }
    }

    /// Every simulated machine, by the key it lets in and the key it shows.
    fn shell(&self, journal: JournalUse) -> Arc<dyn HostShell> {
        let (key, known_hosts) = (
            self.folder.path().join("key"),
            self.folder.path().join("known_hosts"),
        );
        std::fs::write(&key, self.simulator.ssh_key()).expect("a key is written");
        std::fs::set_permissions(&key, Permissions::from_mode(0o600)).expect("a key of the owner's");
        std::fs::write(&known_hosts, self.simulator.known_hosts()).expect("host keys are written");
        let mut options = jarvis_ssh::Options::new(known_hosts);
        options.journal = journal;
        options.clock = self.clock.clone();
        for reached in self.simulator.ssh() {
            let Place::Node(node) = &reached.place else {
                continue;
            };
            let endpoint = Endpoint {
                address: reached.address.ip().to_string(),
                port: reached.address.port(),
                user: "jarvis".to_owned(),
                credential: Credential::KeyFile {
                    path: key.clone(),
                    passphrase: None,
                },
            };
            let node = NodeName::new(node).expect("a node's name");
            options.hosts.insert(Host::Node(node), endpoint);
        }
        Arc::new(Ssh::new(options))
    }

    /// A dead process frees its lock at once. Here what was in flight must first be dropped; and a child that another test
    /// of this process is just starting has the lock's file open until it becomes another program.
    fn open_journal(&self) -> FileJournal {
        let deadline = Instant::now() + FREE_WITHIN;
        loop {
            match FileJournal::open(&self.journal_folder(), jarvis_store::Options::default()) {
                Ok(opened) => return opened.journal,
                Err(OpenError::Locked { .. }) if Instant::now() < deadline => {
                    tokio::task::block_in_place(|| std::thread::park_timeout(Duration::from_millis(5)));
                }
                Err(error) => panic!("the journal opens: {error}"),
            }
        }
    }

    /// Where the journal is.
    pub fn journal_folder(&self) -> PathBuf {
        self.folder.path().join("journal")
    }

    /// Where the freeze file would be.
    pub fn freeze_file(&self) -> PathBuf {
        self.folder.path().join("freeze")
    }

    /// A client of the cluster with the full token.
    pub fn client(&self) -> impl Hypervisor + use<> {
        self.client_with(&self.simulator.tokens().full)
    }

    /// A client of the cluster with this token.
    pub fn client_with(&self, token: &ApiToken) -> Proxmox {
        let entries = self.simulator.endpoints().iter();
        let entries = entries
            .map(|(node, url)| EntryPoint::new(Some(node), url).expect("a loopback URL"))
            .collect();
        let token = Token::parse(&format!("{}={}", token.id, token.secret)).expect("a token");
        let mut options =
            jarvis_proxmox::Options::new("homelab", entries, token, Tls::WebRoots).expect("fine options");
        options.clock = self.clock.clone();
        options.timeouts.look = Duration::from_secs(4);
        options.timeouts.hedge = Duration::from_millis(300);
        options.timeouts.aside = Duration::from_secs(1);
        Proxmox::new(options).expect("a client")
    }

    /// The running Jarvis.
    pub fn jarvis(&self) -> &Handle {
        &self.running.as_ref().expect("Jarvis runs").handle
    }

    /// Ends Jarvis at once, as a kill does: nothing is finished, nothing is flushed.
    pub async fn kill(&mut self) {
        let running = self.running.take().expect("Jarvis runs");
        running.task.abort();
        // Aborted is what we want to hear.
        drop(running.task.await);
    }

    /// Ends Jarvis in good order.
    pub async fn stop(&mut self) {
        let running = self.running.take().expect("Jarvis runs");
        running.cancel.cancel();
        running.task.await.expect("Jarvis ends well");
    }

    /// Loses the mirror of the repository, as a restored or emptied state folder does.
    pub fn lose_mirror(&self) {
        std::fs::remove_dir_all(self.folder.path().join("mirror")).expect("there is a mirror");
    }

    /// Makes something happen to the cluster.
    pub fn inject(&self, fault: &Fault) {
        self.simulator.handle().inject(fault).expect("a sensible fault");
    }

    /// How often the guest's process was started.
    pub fn starts(&self, vmid: u32) -> usize {
        self.simulator.handle().ledger().starts(vmid)
    }

    /// How many requests with this action were accepted for the guest.
    pub fn calls(&self, action: &str, vmid: u32) -> usize {
        self.simulator.handle().ledger().count(action, vmid)
    }

    /// Wall time for this much simulated time.
    pub fn wall(&self, simulated: Duration) -> Duration {
        simulated / self.setup.factor
    }

    /// The time by the cluster's clock.
    pub fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    /// The time on it.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}
