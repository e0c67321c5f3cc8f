//! SSH servers: one port for each node, and for guests that let SSH in, on loopback.
//!
//! Any user may log in with a key that is on the list. A command is split as `sh` splits it and run by [`crate::programs`].
//! A terminal gets a small shell of the simulated machine ([`super::shell`]), which runs the same programs.

mod keys;
mod relay;
mod session;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use russh::keys::{PrivateKey, PublicKey};
use russh::server::Config;
use russh::{MethodKind, MethodSet};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::StartError;
use super::door::{Door, Kept, Net, keep};
use super::listen::Port;
use super::shared::Shared;
use crate::world::World;
use crate::world::place::Place;
use session::Session;

pub use keys::Key;

/// An SSH server of the simulated cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SshHost {
    /// The node or guest.
    pub place: Place,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its host key at the start, `ssh-ed25519 AAAA...`.
    pub host_key: String,
}

impl SshHost {
    /// Its line for a `known_hosts` file.
    pub fn known_hosts_line(&self) -> String {
        let (ip, port) = (self.address.ip(), self.address.port());
        format!("[{ip}]:{port} {}", self.host_key)
    }
}

/// What all SSH servers share.
pub struct Servers {
    seed: u64,
    authorized: Vec<PublicKey>,
}

impl Servers {
    /// Servers that let these keys in, one line of `authorized_keys` each, and the simulator's own.
    pub fn new(seed: u64, own: &Key, authorized: &[String]) -> Result<Self, StartError> {
        let mut keys = vec![own.public_key().clone()];
        for line in authorized.iter().map(|line| line.trim()) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            keys.push(
                PublicKey::from_openssh(line).map_err(|error| StartError::AuthorizedKey {
                    line: line.chars().take(60).collect(),
                    why: error.to_string(),
                })?,
            );
        }
        Ok(Self {
            seed,
            authorized: keys,
        })
    }

    /// The host key of a place; another one for each time it was made anew.
    fn host_key(&self, world: &World, place: &Place) -> Key {
        let rekeyed = match place {
            Place::Node(name) => world.nodes.get(name).map_or(0, |node| node.rekeyed),
            Place::Guest(_) => 0,
        };
        Key::made(self.seed, &format!("host {place} {rekeyed}"))
    }
}

/// Opens the ports of all SSH servers of a world.
pub fn open(
    world: &World,
    servers: &Servers,
    bind: IpAddr,
    order: &[String],
) -> Result<Vec<(SshHost, Kept)>, StartError> {
    let nodes = order.iter().map(|node| Place::node(node));
    let guests = world.ssh_guests.iter().map(|vmid| Place::Guest(*vmid));
    nodes
        .chain(guests)
        .map(|place| {
            let address = SocketAddr::new(bind, 0);
            let refused = |source| StartError::Port {
                what: format!("SSH of {place}"),
                address,
                source,
            };
            let port = Port::reserve(address).map_err(refused)?;
            let opened = Some(port.listen().map_err(refused)?);
            let host = SshHost {
                address: port.address(),
                host_key: servers.host_key(world, &place).public_line(),
                place: place.clone(),
            };
            let door = Door::Ssh(place);
            Ok((host, Kept { door, port, opened }))
        })
        .collect()
}

/// Serves SSH at a place until cancelled.
pub async fn run(
    shared: Arc<Shared>,
    servers: Arc<Servers>,
    place: Place,
    kept: Kept,
    tracker: TaskTracker,
    cancel: CancellationToken,
) {
    let (world, tasks) = (Arc::clone(&shared), tracker.clone());
    keep(shared, kept, tracker, cancel, move |stream| {
        connection(
            Arc::clone(&world),
            Arc::clone(&servers),
            place.clone(),
            stream,
            tasks.clone(),
        )
    })
    .await;
}

/// One connection: ends with the machine, stands still while the machine does.
async fn connection(
    shared: Arc<Shared>,
    servers: Arc<Servers>,
    place: Place,
    stream: TcpStream,
    tracker: TaskTracker,
) {
    let Some(net) = shared.doors.watch(&Door::Ssh(place.clone())) else {
        return;
    };
    let key = shared.with(|world| servers.host_key(world, &place));
    let config = config(key.private_key().clone());
    let ended = CancellationToken::new();
    let session = Session::new(shared, servers, place, tracker, ended.clone());
    // However this ends, also when it is given up while it runs: what was begun in it ends with it.
    let _ended = ended.drop_guard();
    let (near, far) = tokio::io::duplex(1 << 16);
    let talk = async {
        if let Ok(running) = russh::server::run_stream(Arc::new(config), far, session).await {
            // However it ended, there is nobody to tell.
            let _ = running.await;
        }
    };
    let mut down = net.clone();
    tokio::select! {
        () = talk => {}
        () = relay::join(stream, near, net) => {}
        _ = down.wait_for(|net| *net == Net::Closed) => {}
    }
}

fn config(key: PrivateKey) -> Config {
    Config {
        keys: vec![key],
        methods: MethodSet::from([MethodKind::PublicKey].as_slice()),
        auth_rejection_time: Duration::from_millis(100),
        auth_rejection_time_initial: Some(Duration::ZERO),
        inactivity_timeout: None,
        nodelay: true,
        ..Config::default()
    }
}
