//! The connection of one host: made when it is needed, kept, shared by all, made anew when it is lost, and left to rest after
//! a failure. Runs a program on it and says how sure it is of what became of it.

use crate::{
    known::Pins,
    login::{self, Trouble},
    options::{Endpoint, Limits, Options},
    pace, quote,
    session::{Ended, NoPlace, Place, Session},
};
use jarvis_model::Host;
use jarvis_ports::{Clock, hostread::Output};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{Mutex, Semaphore},
    time::{Instant, timeout},
};

/// One host.
pub struct Link {
    pub host: Host,
    pub endpoint: Endpoint,
    pins: Pins,
    limits: Limits,
    /// Programs at once over all hosts.
    running: Arc<Semaphore>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    session: Option<Arc<Session>>,
    failures: u32,
    /// Why the last attempt failed, and until when none is made.
    resting: Option<(Trouble, Instant)>,
}

/// Why a program's output is not known.
#[derive(Debug)]
pub enum NotRun {
    /// It was not started: there is no connection.
    NoConnection(Trouble),
    /// It was not started, for another reason.
    NotStarted(String),
    /// It may have been started, and may have done everything.
    Perhaps(String),
}

impl NotRun {
    /// In words.
    pub fn why(&self) -> &str {
        match self {
            Self::NoConnection(trouble) => trouble.why(),
            Self::NotStarted(why) | Self::Perhaps(why) => why,
        }
    }
}

/// A program to be run.
pub struct Program<'a> {
    /// Itself and its arguments.
    pub argv: &'a [String],
    /// How long it may take.
    pub within: Duration,
}

impl Link {
    /// No connection is opened yet.
    pub fn new(host: Host, endpoint: Endpoint, options: &Options, running: Arc<Semaphore>) -> Self {
        Self {
            pins: Pins::of(&endpoint, options),
            limits: options.limits.clone(),
            host,
            endpoint,
            running,
            state: Mutex::default(),
        }
    }

    /// The host as an error names it.
    pub fn whom(&self) -> String {
        format!("{} ({})", self.host, self.endpoint.shown())
    }

    /// The kept connection, or a new one. Whoever comes while one is being made waits for that one.
    pub async fn session(&self) -> Result<Arc<Session>, Trouble> {
        let mut state = self.state.lock().await;
        if let Some(session) = state.session.as_ref().filter(|session| !session.is_closed()) {
            return Ok(Arc::clone(session));
        }
        state.session = None;
        if let Some((trouble, until)) = &state.resting
            && let Some(left) = until
                .checked_duration_since(Instant::now())
                .filter(|left| !left.is_zero())
        {
            return Err(again_in(trouble.clone(), left));
        }
        match login::connect(
            &self.endpoint,
            self.pins.clone(),
            &self.limits,
            login::FOR_PROGRAMS,
        )
        .await
        {
            Ok(handle) => {
                let session = Arc::new(Session::new(handle, self.limits.programs_a_host));
                *state = State {
                    session: Some(Arc::clone(&session)),
                    ..State::default()
                };
                tracing::debug!(host = %self.host, "connected over SSH");
                Ok(session)
            }
            Err(trouble) => {
                state.failures = state.failures.saturating_add(1);
                let rest = pace::rest(state.failures, self.limits.rest, &self.endpoint.shown());
                state.resting = Some((trouble.clone(), Instant::now() + rest));
                tracing::debug!(host = %self.host, ?trouble, ?rest, "no connection over SSH");
                Err(trouble)
            }
        }
    }

    /// Nobody new gets this connection; who has it keeps it.
    pub async fn retire(&self, session: &Arc<Session>) {
        let mut state = self.state.lock().await;
        if state
            .session
            .as_ref()
            .is_some_and(|kept| Arc::ptr_eq(kept, session))
        {
            state.session = None;
        }
    }

    /// A place for a program on a living connection. A kept one may be dead without anybody having noticed: then another is
    /// made, once, for nothing was started.
    pub async fn place(&self) -> Result<(Arc<Session>, Place), NotRun> {
        let mut lost = String::new();
        for _ in 0..2 {
            let session = self.session().await.map_err(NotRun::NoConnection)?;
            match timeout(self.limits.place, session.place()).await {
                Ok(Ok(place)) => return Ok((session, place)),
                Ok(Err(NoPlace::Refused(why))) => return Err(NotRun::NotStarted(why)),
                Ok(Err(NoPlace::Lost(why))) => lost = why,
                Err(_) => {
                    self.retire(&session).await;
                    let limit = self.limits.place;
                    let why = format!("no free session within {limit:?}; others run there and do not end");
                    return Err(NotRun::NotStarted(why));
                }
            }
            self.retire(&session).await;
        }
        Err(NotRun::NoConnection(Trouble::Unreachable(format!(
            "the connection was lost: {lost}"
        ))))
    }

    /// Runs a program, unless it is later than `before` (by `clock`) when everything is ready for it.
    pub async fn run(
        &self,
        program: &Program<'_>,
        before: Option<(&dyn Clock, jarvis_model::Timestamp)>,
    ) -> Result<Output, NotRun> {
        let (session, place) = self.place().await?;
        let _running = self
            .running
            .acquire()
            .await
            .map_err(|error| NotRun::NotStarted(error.to_string()))?;
        if before.is_some_and(|(clock, before)| clock.now() >= before) {
            return Err(NotRun::NotStarted("the permit has lapsed".to_owned()));
        }
        let line = quote::line(program.argv);
        let run = async {
            if let Err(error) = place.start(&line).await {
                return Err(NotRun::Perhaps(format!("the connection was lost: {error}")));
            }
            match place.end(self.limits.output_bytes).await {
                Ended::Output(output) => Ok(output),
                Ended::NotStarted => Err(NotRun::NotStarted(
                    "the server does not run commands for this user (ForceCommand, or a shell that lets nobody in?)".to_owned(),
                )),
                Ended::Lost => Err(NotRun::Perhaps("the connection was lost before it ended".to_owned())),
            }
        };
        match timeout(program.within, run).await {
            Ok(Err(error @ NotRun::Perhaps(_))) => {
                self.retire(&session).await;
                Err(error)
            }
            Ok(result) => result,
            Err(_) => {
                self.retire(&session).await;
                Err(NotRun::Perhaps(format!(
                    "it did not end within {:?}",
                    program.within
                )))
            }
        }
    }
}

fn again_in(trouble: Trouble, left: Duration) -> Trouble {
    let later = |why: String| format!("{why} (tried again in {} s)", left.as_secs() + 1);
    match trouble {
        Trouble::Unreachable(why) => Trouble::Unreachable(later(why)),
        Trouble::NoLogin(why) => Trouble::NoLogin(later(why)),
        Trouble::UnknownKey(why) => Trouble::UnknownKey(later(why)),
        Trouble::ChangedKey(why) => Trouble::ChangedKey(later(why)),
    }
}
