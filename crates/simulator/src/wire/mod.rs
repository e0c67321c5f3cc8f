//! The world on sockets: one HTTP or HTTPS port a node, SSH to nodes and guests, a port for magic packets, and a control
//! port.
//!
//! Every node is an entry point, as on the original; what it says is what that node knows.

pub mod answer;
mod api;
mod auth;
mod clock;
mod console;
mod control;
mod door;
mod extjs;
pub(crate) mod http;
mod listen;
pub mod mischief;
mod pack;
mod params;
mod reach;
mod route;
pub(crate) mod serve;
pub(crate) mod shared;
mod shell;
mod ssh;
mod tls;
mod wake;

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::net::{TcpListener, UdpSocket};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::handle::SimulatorHandle;
use crate::rng::Rng;
use crate::scenario::Scenario;
use crate::world::World;
use crate::world::access::Token;
use crate::world::flavour::Release;
use door::{Door, Kept};
use listen::{Entry, Port};
use shared::Shared;

pub use ssh::SshHost;

/// HTTP or HTTPS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// Plain HTTP.
    Off,
    /// HTTPS with a cluster authority made at the start.
    Generated,
}

/// How a simulator is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The world to begin with.
    pub scenario: Scenario,
    /// Seed of everything random, also of token secrets.
    pub seed: u64,
    /// Simulated seconds per wall-clock second; 0: time stands still until advanced by hand.
    pub time_factor: u32,
    /// HTTP or HTTPS.
    pub tls: Tls,
    /// Ports by node id; missing ones and 0 mean any free port.
    pub ports: Vec<u16>,
    /// The control port; 0 means any free one.
    pub control_port: u16,
    /// The control secret; made from the seed when absent.
    pub control_secret: Option<String>,
    /// Wall-clock time that a failed authentication costs.
    pub auth_delay: Duration,
    /// The address of all ports.
    pub bind: IpAddr,
    /// Guests on which the acting token gets `NoAccess`.
    pub protected: Vec<u32>,
    /// Unix seconds at the beginning; now when absent.
    pub epoch_secs: Option<u64>,
    /// The release whose answers are given.
    pub release: Release,
    /// Keys that SSH lets in beside the simulator's own, each a line of `authorized_keys`.
    pub authorized_keys: Vec<String>,
    /// The UDP port for magic packets; 0 means any free one.
    pub wake_port: u16,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            scenario: Scenario::Homelab,
            seed: 1,
            time_factor: 1,
            tls: Tls::Off,
            ports: Vec::new(),
            control_port: 0,
            control_secret: None,
            auth_delay: Duration::from_secs(3),
            bind: IpAddr::V4(Ipv4Addr::LOCALHOST),
            protected: Vec::new(),
            epoch_secs: None,
            release: Release::default(),
            authorized_keys: Vec::new(),
            wake_port: 0,
        }
    }
}

/// Why a simulator could not be started.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A port could not be had.
    #[error("cannot listen on {address} for {what}: {source}; choose another port or 0 for any free one")]
    Port {
        /// What the port is for.
        what: String,
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// A key for SSH cannot be read.
    #[error(
        "cannot use {line:?} as a key that SSH lets in: {why}; it is one line as in an authorized_keys file"
    )]
    AuthorizedKey {
        /// Its beginning.
        line: String,
        /// Why.
        why: String,
    },
    /// A certificate could not be made.
    #[error("cannot make the certificates of the simulated cluster: {0}")]
    Certificate(String),
}

/// A token for the simulated API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiToken {
    /// `user@realm!name`.
    pub id: String,
    /// Secret.
    pub secret: String,
}

impl ApiToken {
    /// The value of the `Authorization` header.
    pub fn authorization(&self) -> String {
        format!("PVEAPIToken={}={}", self.id, self.secret)
    }
}

/// The tokens every simulated cluster has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tokens {
    /// Everything that a token may do: `root@pam!full`.
    pub full: ApiToken,
    /// Reads everything: `jarvis@pve!read`.
    pub read: ApiToken,
    /// Acts on guests: `jarvis@pve!act`.
    pub act: ApiToken,
    /// Switches nodes: `jarvis@pve!power`.
    pub power: ApiToken,
}

/// A running simulator. Dropping it stops it.
pub struct Simulator {
    handle: SimulatorHandle,
    shared: Arc<Shared>,
    endpoints: Vec<(String, String)>,
    ssh: Vec<SshHost>,
    ssh_key: String,
    wake_address: SocketAddr,
    control_url: String,
    control_secret: String,
    tokens: Tokens,
    tracker: TaskTracker,
    cancel: CancellationToken,
}

/// Every call that is answered: method and path, in the order of paths.
pub fn endpoints() -> Vec<(&'static str, &'static str)> {
    let mut all: Vec<(&str, &str)> = api::ROUTES
        .iter()
        .copied()
        .flatten()
        .map(|route| (route.method, route.path))
        .chain([("POST", "/access/ticket")])
        .collect();
    all.sort_by_key(|(method, path)| (*path, *method));
    all
}

/// The password of `root@pam` and `jarvis@pve`.
pub const PASSWORD: &str = "simulator";

impl Simulator {
    /// Starts a simulator; when this returns all ports are open.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let mut world = options.scenario.build(options.seed);
        world.begin_at(options.epoch_secs.unwrap_or_else(unix_now));
        world.flavour.release = options.release;
        let tokens = equip(&mut world, options.seed, &options.protected);
        let site = tls::Site::make(
            world
                .nodes
                .values()
                .map(|node| (node.name.as_str(), node.ip.as_str())),
        )?;
        let mut ids: Vec<(u32, String)> = world
            .nodes
            .values()
            .map(|node| (node.nodeid, node.name.clone()))
            .collect();
        ids.sort();
        let entries = open_entries(&options, &site, &ids)?;
        let scheme = if options.tls == Tls::Off { "http" } else { "https" };
        let endpoints = entries
            .iter()
            .map(|(entry, _)| (entry.node.clone(), format!("{scheme}://{}", entry.address)))
            .collect();
        let own_key = ssh::Key::made(options.seed, "client");
        let servers = ssh::Servers::new(options.seed, &own_key, &options.authorized_keys)?;
        let order: Vec<String> = ids.into_iter().map(|(_, node)| node).collect();
        let hosts = ssh::open(&world, &servers, options.bind, &order)?;
        let clock = clock::Clock::new(options.time_factor);
        let shared = Arc::new(Shared::new(world, clock, Arc::new(site), options.auth_delay));
        let (tracker, cancel) = (TaskTracker::new(), CancellationToken::new());
        for (entry, kept) in entries {
            tracker.spawn(listen::run(
                Arc::clone(&shared),
                entry,
                kept,
                tracker.clone(),
                cancel.clone(),
            ));
        }
        let ssh = serve_ssh(&shared, servers, hosts, &tracker, &cancel);
        let wake_address = hear_packets(&shared, options.wake_port, &tracker, &cancel).await?;
        tracker.spawn(tick(Arc::clone(&shared), cancel.clone()));
        let handle = SimulatorHandle::new(Arc::clone(&shared));
        let control_secret = options
            .control_secret
            .clone()
            .unwrap_or_else(|| Rng::new(options.seed ^ 0xC0_17).uuid());
        let (listener, control_url) = open_control(options.control_port).await?;
        let secret = Arc::from(control_secret.as_str());
        tracker.spawn(control::run(
            handle.clone(),
            listener,
            secret,
            tracker.clone(),
            cancel.clone(),
        ));
        Ok(Self {
            handle,
            shared,
            endpoints,
            ssh,
            ssh_key: own_key.private_pem(),
            wake_address,
            control_url,
            control_secret,
            tokens,
            tracker,
            cancel,
        })
    }

    /// Node and base URL (without `/api2/json`) of every entry point, by node id.
    pub fn endpoints(&self) -> &[(String, String)] {
        &self.endpoints
    }

    /// The base URL of one node.
    pub fn url(&self, node: &str) -> Option<&str> {
        self.endpoints
            .iter()
            .find(|(name, _)| name == node)
            .map(|(_, url)| url.as_str())
    }

    /// The certificate of the cluster's authority.
    pub fn ca_pem(&self) -> &str {
        self.shared.site.ca_pem()
    }

    /// SHA-256 of a node's certificate, `AA:BB:...`.
    pub fn fingerprint(&self, node: &str) -> Option<&str> {
        self.shared.site.fingerprint(node)
    }

    /// SSH servers: nodes by node id, then guests.
    pub fn ssh(&self) -> &[SshHost] {
        &self.ssh
    }

    /// A private key that every SSH server lets in, as OpenSSH writes it.
    pub fn ssh_key(&self) -> &str {
        &self.ssh_key
    }

    /// A `known_hosts` file with every SSH server's key at the start.
    pub fn known_hosts(&self) -> String {
        self.ssh
            .iter()
            .flat_map(|host| [host.known_hosts_line(), "\n".to_owned()])
            .collect()
    }

    /// Where magic packets are heard.
    pub const fn wake_address(&self) -> SocketAddr {
        self.wake_address
    }

    /// Ready-made tokens.
    pub const fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Base URL of the control endpoint.
    pub fn control_url(&self) -> &str {
        &self.control_url
    }

    /// Secret of the control endpoint.
    pub fn control_secret(&self) -> &str {
        &self.control_secret
    }

    /// A handle for faults, time and truth.
    pub fn handle(&self) -> SimulatorHandle {
        self.handle.clone()
    }

    /// Closes all ports and waits until every connection has ended.
    pub async fn stop(self) {
        self.cancel.cancel();
        self.tracker.close();
        self.tracker.wait().await;
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.cancel.cancel();
    }
}

fn unix_now() -> u64 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(1_795_000_000, |since| since.as_secs())
}

fn open_entries(
    options: &Options,
    site: &tls::Site,
    ids: &[(u32, String)],
) -> Result<Vec<(Entry, Kept)>, StartError> {
    let mut entries = Vec::new();
    for (index, (_, node)) in ids.iter().enumerate() {
        let wanted = options.ports.get(index).copied().unwrap_or(0);
        let address = SocketAddr::new(options.bind, wanted);
        let refused = |source| StartError::Port {
            what: format!("node '{node}'"),
            address,
            source,
        };
        let port = Port::reserve(address).map_err(refused)?;
        let opened = Some(port.listen().map_err(refused)?);
        let tls = match options.tls {
            Tls::Off => None,
            Tls::Generated => Some(TlsAcceptor::from(site.server_config(node)?)),
        };
        let entry = Entry {
            node: node.clone(),
            address: port.address(),
            tls,
        };
        let door = Door::Api(node.clone());
        entries.push((entry, Kept { door, port, opened }));
    }
    Ok(entries)
}

async fn open_control(port: u16) -> Result<(TcpListener, String), StartError> {
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let refused = |source| StartError::Port {
        what: "control".to_owned(),
        address,
        source,
    };
    let listener = TcpListener::bind(address).await.map_err(refused)?;
    let url = format!("http://{}", listener.local_addr().map_err(refused)?);
    Ok((listener, url))
}

fn serve_ssh(
    shared: &Arc<Shared>,
    servers: ssh::Servers,
    hosts: Vec<(SshHost, Kept)>,
    tracker: &TaskTracker,
    cancel: &CancellationToken,
) -> Vec<SshHost> {
    let servers = Arc::new(servers);
    let mut told = Vec::new();
    for (host, kept) in hosts {
        tracker.spawn(ssh::run(
            Arc::clone(shared),
            Arc::clone(&servers),
            host.place.clone(),
            kept,
            tracker.clone(),
            cancel.clone(),
        ));
        told.push(host);
    }
    told
}

async fn hear_packets(
    shared: &Arc<Shared>,
    port: u16,
    tracker: &TaskTracker,
    cancel: &CancellationToken,
) -> Result<SocketAddr, StartError> {
    let address = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port);
    let refused = |source| StartError::Port {
        what: "magic packets (UDP)".to_owned(),
        address,
        source,
    };
    let socket = UdpSocket::bind(address).await.map_err(refused)?;
    let told = socket.local_addr().map_err(refused)?;
    tracker.spawn(wake::run(Arc::clone(shared), socket, cancel.clone()));
    Ok(told)
}

/// Lets the world go on by itself and listeners follow their nodes.
async fn tick(shared: Arc<Shared>, cancel: CancellationToken) {
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(Duration::from_millis(50)) => shared.with(|_| ()),
        }
    }
}

/// Users, roles and tokens of a simulated cluster.
fn equip(world: &mut World, seed: u64, protected: &[u32]) -> Tokens {
    let mut rng = Rng::new(seed ^ 0x70_6B_6E);
    let access = &mut world.access;
    for user in ["root@pam", "jarvis@pve"] {
        access.users.insert(user.to_owned(), PASSWORD.to_owned());
    }
    let mut token = |id: &str, privsep: bool| {
        let secret = rng.uuid();
        access.tokens.insert(
            id.to_owned(),
            Token {
                secret: secret.clone(),
                privsep,
            },
        );
        ApiToken {
            id: id.to_owned(),
            secret,
        }
    };
    let tokens = Tokens {
        full: token("root@pam!full", false),
        read: token("jarvis@pve!read", true),
        act: token("jarvis@pve!act", true),
        power: token("jarvis@pve!power", true),
    };
    access.define_role("JarvisAct", &["VM.Audit", "VM.PowerMgmt", "VM.Snapshot"]);
    access.define_role("JarvisSee", &["Sys.Audit"]);
    access.define_role("JarvisPower", &["Sys.Audit", "Sys.PowerMgmt"]);
    access.grant("/", "jarvis@pve", "Administrator");
    access.grant("/", &tokens.read.id, "PVEAuditor");
    access.grant("/", &tokens.act.id, "JarvisSee");
    access.grant("/vms", &tokens.act.id, "JarvisAct");
    for vmid in protected {
        access.grant(&format!("/vms/{vmid}"), &tokens.act.id, "NoAccess");
    }
    access.grant("/", &tokens.power.id, "JarvisSee");
    access.grant("/nodes", &tokens.power.id, "JarvisPower");
    tokens
}

/// Endpoints by node, for callers that look them up.
impl Simulator {
    /// Base URLs by node name.
    pub fn endpoint_map(&self) -> BTreeMap<String, String> {
        self.endpoints.iter().cloned().collect()
    }
}
