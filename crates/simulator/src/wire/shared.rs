//! What all connections of a simulator share: the world behind a lock, the clock, certificates, sessions, mischief.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::auth::Sessions;
use super::clock::Clock;
use super::door::Doors;
use super::mischief::Mischief;
use super::tls::Site;
use crate::time::SimTime;
use crate::world::World;

/// The shared state.
pub struct Shared {
    world: Mutex<Served>,
    /// The clock.
    pub clock: Clock,
    /// Certificates.
    pub site: Arc<Site>,
    /// Tickets.
    pub sessions: Mutex<Sessions>,
    /// Mischief waiting for its answers.
    pub mischief: Mutex<Vec<Mischief>>,
    /// The world as it was when answers out of the past were asked for.
    past: Mutex<Option<Arc<Self>>>,
    /// Ports of nodes and guests.
    pub doors: Doors,
    /// How many lines all journals have had; changes with each.
    pub journals: watch::Sender<u64>,
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
    pub fn new(world: World, clock: Clock, site: Arc<Site>, auth_delay: Duration) -> Self {
        let shared = Self {
            doors: Doors::of(&world),
            journals: watch::Sender::new(0),
            world: Mutex::new(Served {
                initial: world.clone(),
                world,
                began: SimTime::ZERO,
            }),
            clock,
            site,
            sessions: Mutex::default(),
            mischief: Mutex::default(),
            past: Mutex::default(),
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
        self.doors.set(&served.world);
        let lines = served.world.journal_lines();
        self.journals
            .send_if_modified(|known| std::mem::replace(known, lines) != lines);
        outcome
    }

    /// Keeps the world as it is now, to answer out of.
    pub fn keep_past(&self) {
        let world = self.with(|world| world.clone());
        let clock = Clock::new(0);
        clock.advance(world.now().since(SimTime::ZERO));
        let past = Self::new(world, clock, Arc::clone(&self.site), self.auth_delay);
        *lock(&self.past) = Some(Arc::new(past));
    }

    /// The world that was kept, standing still.
    pub fn past(&self) -> Option<Arc<Self>> {
        lock(&self.past).clone()
    }

    /// Waits until every port does what its machine wants.
    pub async fn ports_settled(&self) {
        self.doors.settled().await;
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
        *lock(&self.past) = None;
        self.with(|_| ());
    }
}
