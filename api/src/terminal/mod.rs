//! Terminals in the browser: `GET /terminal/{cluster}/{node}` and `/terminal/{cluster}/guest/{vmid}` as a WebSocket that speaks
//! `jarvis-terminal-v1`. Binary messages are the bytes of the terminal, text messages are control (docs/TERMINAL.md).
//!
//! | module | what |
//! | --- | --- |
//! | [`route`] | who gets a socket, and for which host |
//! | [`socket`] | one socket: bytes and words in both directions |
//! | [`session`] | one terminal, which outlives its socket for a minute |
//! | [`driver`] | takes output in, ends what must end, puts it on record |
//! | [`screen`] | the output that is kept |
//! | [`recording`] | the output as a file |
//! | [`wire`] | the words |
//! | [`reason`] | why there is none, with codes |
//!
//! Guarantees: an operator's own session or token stands behind every terminal, and it ends within seconds of those; it is on
//! record before its first byte and at its end; what it holds is bounded; the port is here and in no other part, so that neither
//! a tool nor a chat can type.

mod driver;
pub mod reason;
mod recording;
pub mod route;
mod screen;
mod session;
mod socket;
pub mod wire;

use crate::{
    auth::{Caller, random_secret},
    graphql::seats::{Full, Seat, Seats},
    state::ApiState,
};
use driver::{Driver, frozen};
use jarvis_model::{Event, Host, Timestamp};
use jarvis_ports::{Terminal, terminal::Size};
use reason::Reason;
use recording::Recording;
use session::Session;
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// How long a terminal waits for its browser to come back.
pub const LEFT_FOR: Duration = Duration::from_mins(1);
/// How long all of them may take to end when Jarvis stops.
const END_WITHIN: Duration = Duration::from_secs(5);

/// How terminals are set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TerminalOptions {
    /// A terminal in which nothing is typed for this long ends.
    pub idle: Duration,
    /// Terminals a user may have.
    pub per_user: usize,
    /// Terminals there may be.
    pub in_all: usize,
    /// Where what they show is recorded, if it is.
    pub recordings: Option<PathBuf>,
}

impl Default for TerminalOptions {
    fn default() -> Self {
        Self {
            idle: Duration::from_mins(30),
            per_user: 8,
            in_all: 32,
            recordings: None,
        }
    }
}

/// All terminals of this process.
pub struct Terminals {
    ways: Vec<Arc<dyn Terminal>>,
    options: TerminalOptions,
    seats: Arc<Seats>,
    live: Mutex<BTreeMap<String, Arc<Session>>>,
    drivers: TaskTracker,
    stop: CancellationToken,
}

impl Terminals {
    /// None yet. A host is entered by the first of the ways that reaches it.
    pub fn new(ways: Vec<Arc<dyn Terminal>>, options: TerminalOptions) -> Self {
        Self {
            ways,
            seats: Arc::new(Seats::new(options.per_user, options.in_all)),
            options,
            live: Mutex::default(),
            drivers: TaskTracker::new(),
            stop: CancellationToken::new(),
        }
    }

    /// Bytes of output held over all terminals; bounded by their number.
    pub fn held(&self) -> usize {
        let sessions: Vec<Arc<Session>> = self.sessions().values().cloned().collect();
        sessions.iter().map(|session| session.state().screen.held()).sum()
    }

    /// Terminals that are open.
    pub fn open_now(&self) -> usize {
        self.seats.taken()
    }

    /// Ends all of them and waits until that is on record; no new one is opened.
    pub async fn end_all(&self) {
        self.stop.cancel();
        self.drivers.close();
        if tokio::time::timeout(END_WITHIN, self.drivers.wait())
            .await
            .is_err()
        {
            tracing::warn!("terminals were cut off; their ends are not all on record");
        }
    }

    fn options(&self) -> &TerminalOptions {
        &self.options
    }

    fn stopping(&self) -> CancellationToken {
        self.stop.clone()
    }

    fn sessions(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Arc<Session>>> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget(&self, id: &str) {
        self.sessions().remove(id);
    }

    /// The terminal of this name, if it is this user's.
    fn find(&self, id: &str, user: &str) -> Result<Arc<Session>, Reason> {
        let found = self.sessions().get(id).cloned();
        found
            .filter(|session| session.state().caller.user == user)
            .ok_or(Reason::Gone)
    }

    fn seat(&self, user: &str) -> Result<Seat, Reason> {
        self.seats.take(user).map_err(|full| {
            let (whose, most) = match full {
                Full::OfUser(most) => (user, most),
                Full::InAll(most) => ("all users", most),
            };
            Reason::TooMany {
                whose: whose.to_owned(),
                most,
            }
        })
    }

    /// Begins a recording where one is wanted.
    async fn record(&self, name: &str, size: Size, now: Timestamp) -> Result<Option<Recording>, Reason> {
        let Some(folder) = &self.options.recordings else {
            return Ok(None);
        };
        let begun = Recording::begin(folder, name, size, now).await;
        begun
            .map(Some)
            .map_err(|error| Reason::NotRecorded(format!("{}: {error}", folder.join(name).display())))
    }

    /// Opens one: what is refused is refused before anything is connected to, and it is on record before it is driven.
    async fn open(
        self: &Arc<Self>,
        state: &ApiState,
        caller: Caller,
        host: Host,
        size: Size,
    ) -> Result<Arc<Session>, Reason> {
        if self.stop.is_cancelled() {
            return Err(Reason::Stopping);
        }
        if frozen(&state.handle.view().memory, state.now()) {
            return Err(Reason::Frozen);
        }
        let way = self.ways.iter().find(|way| way.reaches(&host));
        let way = way.ok_or_else(|| Reason::NoWay {
            target: host.to_string(),
        })?;
        let seat = self.seat(&caller.user)?;
        let opened = way.open(&host, size).await?;
        let id = random_secret()
            .map_err(|error| Reason::NotRecorded(error.to_string()))?
            .to_string();
        let now = state.now();
        let name = recording::name(now, &caller.user, &host.to_string(), &id);
        let recording = self.record(&name, size, now).await?;
        let event = Event::TerminalOpened {
            session: id.clone(),
            user: caller.user.clone(),
            door: caller.door,
            host: host.clone(),
            login: opened.user.clone(),
            recording: recording.as_ref().map(|_| name),
        };
        let recorded = state.handle.record_access(event).await;
        recorded.map_err(|error| Reason::NotRecorded(error.to_string()))?;
        let (session, ends) = Session::new(id.clone(), host, opened.user.clone(), caller, size, now);
        let session = Arc::new(session);
        self.sessions().insert(id, Arc::clone(&session));
        let driver = Driver {
            session: Arc::clone(&session),
            terminals: Arc::clone(self),
            state: state.clone(),
            recording,
            opened_at: now,
            seat,
        };
        self.drivers.spawn(driver.run(opened, ends));
        Ok(session)
    }
}
