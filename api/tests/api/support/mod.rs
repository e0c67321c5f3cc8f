//! What all tests here share: a puppet controller, a world to show, a server on loopback, and clients.

pub mod client;
pub mod journal;
pub mod puppet;
pub mod socket;
pub mod store;
pub mod world;

use jarvis_api::{ApiOptions, ApiState, SigningKey};
use jarvis_model::{Event, Role, Scope, Timestamp};
use jarvis_ports::Clock;
use puppet::Puppet;
use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};
use tokio_util::sync::CancellationToken;

/// A clock that moves only when told.
#[derive(Debug)]
pub struct HandClock(AtomicU64);

impl HandClock {
    pub fn at_start() -> Arc<Self> {
        Arc::new(Self(AtomicU64::new(START.as_millis())))
    }

    pub fn advance(&self, span: Duration) {
        self.0
            .fetch_add(u64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

#[async_trait::async_trait]
impl Clock for HandClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }

    async fn sleep(&self, span: Duration) {
        tokio::time::sleep(span).await;
    }
}

/// When all tests begin.
pub const START: Timestamp = Timestamp::from_secs(1_800_000_000);

/// A running API.
pub struct Api {
    pub puppet: Puppet,
    pub clock: Arc<HandClock>,
    pub url: String,
    pub origin: String,
    pub cancel: CancellationToken,
    pub served: tokio::task::JoinHandle<std::io::Result<()>>,
}

/// The secret of every token that [`Api::token`] makes.
pub const SECRET: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFG";

impl Api {
    /// Starts one with the usual world.
    pub async fn start() -> Self {
        Self::with(|options| options).await
    }

    /// Starts one with other options.
    pub async fn with(change: impl FnOnce(ApiOptions) -> ApiOptions) -> Self {
        Self::with_state(change, |state| state).await
    }

    /// Starts one whose shared state is changed before it serves.
    pub async fn with_state(
        change: impl FnOnce(ApiOptions) -> ApiOptions,
        adjust: impl FnOnce(ApiState) -> ApiState,
    ) -> Self {
        let clock = HandClock::at_start();
        let puppet = Puppet::start(clock.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let options = change(ApiOptions::new(addr, SigningKey::new(vec![42; 32]).unwrap()));
        let state = adjust(ApiState::new(puppet.handle.clone(), options, clock.clone()));
        let cancel = CancellationToken::new();
        let served = tokio::spawn(jarvis_api::serve(listener, state, cancel.clone()));
        let url = format!("http://{addr}");
        Self {
            puppet,
            clock,
            origin: url.clone(),
            url,
            cancel,
            served,
        }
    }

    /// Makes a bearer token of a role and returns it.
    pub fn token(&self, name: &str, role: Role) -> String {
        self.token_with(name, role, Vec::new())
    }

    /// Makes a bearer token for an assistant.
    pub fn assistant(&self, name: &str, scopes: &[Scope]) -> String {
        self.token_with(name, Role::Viewer, scopes.to_vec())
    }

    fn token_with(&self, name: &str, role: Role, scopes: Vec<Scope>) -> String {
        let secret_hash = hex::encode(<sha2::Sha256 as sha2::Digest>::digest(SECRET.as_bytes()));
        self.puppet.append(vec![Event::TokenCreated {
            name: name.to_owned(),
            secret_hash,
            role,
            scopes,
            by: "test".to_owned(),
            expires_at: None,
        }]);
        format!("jrv_{name}_{SECRET}")
    }
}

/// Waits for what must come within ten seconds.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    let awaited = tokio::time::timeout(Duration::from_secs(10), future).await;
    awaited.unwrap_or_else(|_| panic!("{what} did not come within ten seconds"))
}
