//! What all connections of a simulator share: the world behind a lock, the clock, certificates, sessions, mischief.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::auth::Sessions;
use super::clock::Clock;
use super::mischief::Mischief;
use super::tls::Site;
use crate::time::SimTime;
use crate::world::World;
use crate::world::node::Power;

/// How a node behaves towards connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Net {
    /// It answers.
    Open,
    /// It accepts and says nothing.
    Silent,
    /// It refuses.
    Closed,
}

/// The shared state.
pub struct Shared {
    world: Mutex<Served>,
    /// The clock.
    pub clock: Clock,
    /// Certificates.
    pub site: Site,
    /// Tickets.
    pub sessions: Mutex<Sessions>,
    /// Mischief waiting for its answers.
    pub mischief: Mutex<Vec<Mischief>>,
    /// How each node behaves towards connections.
    pub nets: BTreeMap<String, watch::Sender<Net>>,
    /// Whether each node's port is open (true) or refuses.
    pub ports: BTreeMap<String, watch::Sender<bool>>,
    /// Wall-clock time that a failed authentication costs.
    pub auth_delay: Duration,
}

struct Served {
    world: World,
    initial: World,
    /// The clock's time when the present world began.
    began: SimTime,
}

/// Locks, also when another thread panicked with the lock held.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// Puts a begun world behind sockets.
    pub fn new(world: World, clock: Clock, site: Site, auth_delay: Duration) -> Self {
        let nets = world
            .nodes
            .keys()
            .map(|node| (node.clone(), watch::Sender::new(Net::Open)))
            .collect();
        let ports = world
            .nodes
            .keys()
            .map(|node| (node.clone(), watch::Sender::new(true)))
            .collect();
        let shared = Self {
            ports,
            world: Mutex::new(Served {
                initial: world.clone(),
                world,
                began: SimTime::ZERO,
            }),
            clock,
            site,
            sessions: Mutex::default(),
            mischief: Mutex::default(),
            nets,
            auth_delay,
        };
        shared.with(|_| ());
        shared
    }

    /// Brings the world up to now and does something with it.
    pub fn with<T>(&self, deed: impl FnOnce(&mut World) -> T) -> T {
        let mut served = lock(&self.world);
        let now = SimTime::ZERO + self.clock.now().since(served.began);
        served.world.advance(now);
        let outcome = deed(&mut served.world);
        for (name, sender) in &self.nets {
            let net = served.world.nodes.get(name).map_or(Net::Closed, |node| {
                if node.power != Power::On || !node.daemons.proxy {
                    Net::Closed
                } else if node.frozen || node.unreachable {
                    Net::Silent
                } else {
                    Net::Open
                }
            });
            sender.send_if_modified(|current| {
                let changed = *current != net;
                *current = net;
                changed
            });
        }
        outcome
    }

    /// Notes what a node's port does now.
    pub fn follow(&self, node: &str, net: Net) {
        if let Some(port) = self.ports.get(node) {
            port.send_replace(net != Net::Closed);
        }
    }

    /// Waits until every port does what its node wants.
    pub async fn ports_settled(&self) {
        for (node, net) in &self.nets {
            let (mut wanted, Some(port)) = (net.subscribe(), self.ports.get(node)) else {
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

    /// Begins the scenario again; Unix time goes on.
    pub fn reset(&self) {
        let mut served = lock(&self.world);
        let unix_now = served.world.unix_now();
        served.began = self.clock.now();
        served.world = served.initial.clone();
        served.world.begin_at(unix_now);
        drop(served);
        lock(&self.mischief).clear();
        self.with(|_| ());
    }
}
