//! Doors: the ports of nodes and guests, and whether each is open, silent or closed as its machine is.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::listen::Port;
use super::shared::Shared;
use crate::world::World;
use crate::world::node::Power;
use crate::world::place::{Place, Presence};

/// A port that belongs to a machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Door {
    /// The API of a node.
    Api(String),
    /// SSH of a node or guest.
    Ssh(Place),
}

/// How a machine behaves towards connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Net {
    /// It answers.
    Open,
    /// It accepts and says nothing.
    Silent,
    /// It refuses.
    Closed,
}

impl Door {
    /// All doors of a world.
    pub fn all(world: &World) -> Vec<Self> {
        let api = world.nodes.keys().map(|node| Self::Api(node.clone()));
        let nodes = world.nodes.keys().map(|node| Self::Ssh(Place::node(node)));
        let guests = world.ssh_guests.iter().map(|vmid| Self::Ssh(Place::Guest(*vmid)));
        api.chain(nodes).chain(guests).collect()
    }

    /// How it is now.
    pub fn net(&self, world: &World) -> Net {
        match self {
            Self::Api(name) => world.nodes.get(name).map_or(Net::Closed, |node| {
                if node.power != Power::On || !node.daemons.proxy {
                    Net::Closed
                } else if node.frozen || node.unreachable {
                    Net::Silent
                } else {
                    Net::Open
                }
            }),
            Self::Ssh(place) => match world.presence(place) {
                Presence::Answers => Net::Open,
                Presence::Silent => Net::Silent,
                Presence::Gone => Net::Closed,
            },
        }
    }
}

/// What every door wants to be, and whether its port is open already.
pub struct Doors {
    /// How each machine behaves towards connections.
    nets: BTreeMap<Door, watch::Sender<Net>>,
    /// Whether each port is open (true) or refuses.
    ports: BTreeMap<Door, watch::Sender<bool>>,
}

impl Doors {
    /// The doors of a world.
    pub fn of(world: &World) -> Self {
        let doors = Door::all(world);
        let nets = doors
            .iter()
            .map(|door| (door.clone(), watch::Sender::new(Net::Open)));
        let ports = doors.iter().map(|door| (door.clone(), watch::Sender::new(true)));
        Self {
            nets: nets.collect(),
            ports: ports.collect(),
        }
    }

    /// Brings all doors to what the world says.
    pub fn set(&self, world: &World) {
        for (door, sender) in &self.nets {
            let net = door.net(world);
            sender.send_if_modified(|current| std::mem::replace(current, net) != net);
        }
    }

    /// Watches a door.
    pub fn watch(&self, door: &Door) -> Option<watch::Receiver<Net>> {
        self.nets.get(door).map(watch::Sender::subscribe)
    }

    /// Notes what a port does now.
    fn follow(&self, door: &Door, net: Net) {
        if let Some(port) = self.ports.get(door) {
            port.send_replace(net != Net::Closed);
        }
    }

    /// Waits until every port does what its machine wants.
    pub async fn settled(&self) {
        for (door, net) in &self.nets {
            let (mut wanted, Some(port)) = (net.subscribe(), self.ports.get(door)) else {
                continue;
            };
            let mut port = port.subscribe();
            loop {
                let open = *wanted.borrow_and_update() != Net::Closed;
                if *port.borrow_and_update() == open {
                    break;
                }
                tokio::select! {
                    _ = wanted.changed() => {}
                    _ = port.changed() => {}
                }
            }
        }
    }
}

/// What a door needs to be kept.
pub struct Kept {
    /// Which.
    pub door: Door,
    /// Its port.
    pub port: Port,
    /// The listener of the beginning, so that the port is open when the start is done.
    pub opened: Option<TcpListener>,
}

/// Keeps a door until cancelled: opens and closes its port, and hands each connection to `serve`.
pub async fn keep<F, S>(
    shared: Arc<Shared>,
    mut kept: Kept,
    tracker: TaskTracker,
    cancel: CancellationToken,
    serve: F,
) where
    F: Fn(TcpStream) -> S,
    S: Future<Output = ()> + Send + 'static,
{
    let Some(mut net) = shared.doors.watch(&kept.door) else {
        return;
    };
    let mut opened = kept.opened.take();
    loop {
        if *net.borrow() == Net::Closed {
            // A machine that went down before we came to accept must refuse too.
            opened = None;
            shared.doors.follow(&kept.door, Net::Closed);
        }
        let up = net.wait_for(|net| *net != Net::Closed);
        tokio::select! {
            () = cancel.cancelled() => return,
            outcome = up => if outcome.is_err() { return },
        }
        match opened.take().map_or_else(|| kept.port.listen(), Ok) {
            Ok(listener) => {
                shared.doors.follow(&kept.door, Net::Open);
                accept(&listener, &mut net, &tracker, &cancel, &serve).await;
            }
            Err(error) => {
                tracing::warn!(door = ?kept.door, %error, "cannot listen, will try again");
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        }
        if cancel.is_cancelled() {
            return;
        }
    }
}

/// Accepts until the machine refuses.
async fn accept<F, S>(
    listener: &TcpListener,
    net: &mut watch::Receiver<Net>,
    tracker: &TaskTracker,
    cancel: &CancellationToken,
    serve: &F,
) where
    F: Fn(TcpStream) -> S,
    S: Future<Output = ()> + Send + 'static,
{
    loop {
        tokio::select! {
            () = cancel.cancelled() => return,
            _ = net.wait_for(|net| *net == Net::Closed) => return,
            accepted = listener.accept() => {
                if let Ok((stream, _)) = accepted {
                    let (cancel, served) = (cancel.clone(), serve(stream));
                    tracker.spawn(async move {
                        tokio::select! {
                            () = cancel.cancelled() => {}
                            () = served => {}
                        }
                    });
                }
            }
        }
    }
}
