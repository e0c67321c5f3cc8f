//! A log-in kept alive: the ticket in force, when it is renewed, and when no log-in is tried any more. One for all entry
//! points of a cluster, since any node's ticket is good at every node. Sends nothing; the sending is in `admission`.

use crate::{answer::Answer, login::Login, options::Timeouts};
use http::HeaderValue;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::time::Instant;
use zeroize::Zeroizing;

/// How long a renewal that got no answer is not tried again; the old ticket serves meanwhile.
const RENEWAL_PAUSE: Duration = Duration::from_mins(1);

/// The session of one cluster.
pub struct Session {
    /// Who logs in.
    pub login: Login,
    /// Held by the one call that logs in or renews.
    pub door: tokio::sync::Mutex<()>,
    /// Time limits.
    pub limits: Timeouts,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    ticket: Option<Arc<Ticket>>,
    given: u64,
    renew_from: Option<Instant>,
    stopped: Option<(Instant, String)>,
}

/// A ticket and the token that goes with it on writes.
pub struct Ticket {
    number: u64,
    text: Zeroizing<String>,
    csrf: Zeroizing<String>,
    since: Instant,
}

/// What a request may go with.
pub enum Standing {
    /// This ticket.
    Fresh(Arc<Ticket>),
    /// This ticket, which should be renewed.
    Ageing(Arc<Ticket>),
    /// Nothing: log in first.
    None,
    /// Nothing, and no log-in is tried for a while: why.
    Stopped(String),
}

/// What the answer to a log-in says.
pub enum Told {
    /// A ticket, kept in the session now.
    Ticket(Arc<Ticket>),
    /// No, and it will not become yes by asking again: why.
    Refused(String),
    /// Nothing about the log-in: why.
    Nothing(String),
}

impl Session {
    /// Without a ticket yet.
    pub fn new(login: Login, limits: Timeouts) -> Self {
        Self {
            login,
            door: tokio::sync::Mutex::default(),
            limits,
            state: Mutex::default(),
        }
    }

    /// What a request may go with now.
    pub fn standing(&self) -> Standing {
        let state = self.lock();
        let now = Instant::now();
        match (&state.ticket, &state.stopped) {
            (Some(ticket), _) if ticket.since + self.limits.ticket_end > now => {
                let renew = ticket.since + self.limits.ticket_renewal <= now
                    && state.renew_from.is_none_or(|from| from <= now);
                if renew {
                    Standing::Ageing(Arc::clone(ticket))
                } else {
                    Standing::Fresh(Arc::clone(ticket))
                }
            }
            (_, Some((until, why))) if now < *until => Standing::Stopped(why.clone()),
            _ => Standing::None,
        }
    }

    /// Reads the answer to a log-in or a renewal and keeps the ticket in it.
    pub fn read(&self, answer: &Answer) -> Told {
        match answer.status {
            200..=299 => {}
            400..=499 => return Told::Refused(answer.text()),
            status => return Told::Nothing(format!("{status} {}", answer.text())),
        }
        let Ok(body) = serde_json::from_slice::<Value>(&answer.body) else {
            return Told::Nothing("the answer is no JSON".to_owned());
        };
        let field = |name: &str| body["data"][name].as_str().filter(|text| !text.is_empty());
        let (Some(text), Some(csrf)) = (field("ticket"), field("CSRFPreventionToken")) else {
            return if crate::loose::flag(body["data"].get("NeedTFA")) {
                Told::Refused(second_factor(self.login.user()))
            } else {
                Told::Nothing("the answer holds no ticket".to_owned())
            };
        };
        if crate::loose::flag(body["data"].get("NeedTFA")) || text.starts_with("PVE:!tfa!") {
            return Told::Refused(second_factor(self.login.user()));
        }
        let mut state = self.lock();
        state.given += 1;
        let ticket = Arc::new(Ticket {
            number: state.given,
            text: Zeroizing::new(text.to_owned()),
            csrf: Zeroizing::new(csrf.to_owned()),
            since: Instant::now(),
        });
        state.ticket = Some(Arc::clone(&ticket));
        state.renew_from = None;
        state.stopped = None;
        Told::Ticket(ticket)
    }

    /// The log-in was refused: no other is tried for a while, since every failed one may count against the account.
    pub fn stop(&self, why: &str) -> String {
        let pause = self.limits.login_pause;
        let text = format!(
            "the log-in of {} was refused: {why}; no other is tried for {pause:?}; correct `user` and `password`, or \
             better use an API token, and restart",
            self.login.user()
        );
        let mut state = self.lock();
        state.ticket = None;
        state.stopped = Some((Instant::now() + pause, text.clone()));
        text
    }

    /// A renewal got no answer: the old ticket serves on, and renewing is tried again a little later.
    pub fn put_renewal_off(&self) {
        self.lock().renew_from = Some(Instant::now() + RENEWAL_PAUSE);
    }

    /// This ticket is not accepted any more. A newer one stays.
    pub fn spend(&self, ticket: &Ticket) {
        let mut state = self.lock();
        if state
            .ticket
            .as_ref()
            .is_some_and(|held| held.number == ticket.number)
        {
            state.ticket = None;
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ticket {
    /// The ticket itself, which a renewal sends in place of a password.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The cookie, marked sensitive so that no layer below prints it.
    pub fn cookie(&self) -> Option<HeaderValue> {
        let text = Zeroizing::new(utf8_percent_encode(&self.text, NON_ALPHANUMERIC).to_string());
        sensitive(&Zeroizing::new(format!("PVEAuthCookie={}", text.as_str())))
    }

    /// What every write carries beside the cookie, marked sensitive too.
    pub fn csrf(&self) -> Option<HeaderValue> {
        sensitive(&self.csrf)
    }
}

fn sensitive(text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::from_str(text).ok()?;
    value.set_sensitive(true);
    Some(value)
}

fn second_factor(user: &str) -> String {
    format!(
        "{user} has a second factor, which nobody is there to give; use an API token, which needs none, or a user \
         without one"
    )
}

impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session")
            .field("login", &self.login)
            .finish_non_exhaustive()
    }
}
