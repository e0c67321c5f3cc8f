//! Sessions: kept in the store under the hash of their id, with an absolute and an idle limit; void at once when the
//! user is gone or changed, or all sessions were revoked. Losing the store signs everybody out, no more.
//!
//! A session's cookie is renewed in turns. Once the cookie of a turn is in use, the one before it is good for half a
//! minute more, for answers under way; used after that, somebody else has a copy, and the session ends for both.

use super::{Caller, Credential, NoRandomness, cookie::Claims, oidc, random_secret, secret_hash};
use crate::options::ApiOptions;
use jarvis_controller::Handle;
use jarvis_model::{Door, Timestamp};
use jarvis_ports::{StoreError, Write};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use zeroize::Zeroizing;

const SPACE: &str = "sessions";
/// Use is written down at most this often, so that an open dashboard causes one small write a minute.
const TOUCH_EVERY: Duration = Duration::from_mins(1);
/// How long a replaced cookie is still taken once its successor is in use.
pub const OVERLAP: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Session {
    user: String,
    created_at: Timestamp,
    used_at: Timestamp,
    /// How many times its cookie was renewed.
    #[serde(default)]
    turn: u64,
    /// When the cookie of this turn was first seen; None while the browser may not have it yet.
    #[serde(default)]
    taken_up_at: Option<Timestamp>,
}

impl Session {
    /// Whether a cookie of this turn is one that was replaced, and not just now.
    fn has_passed(&self, turn: u64, now: Timestamp) -> bool {
        turn + 1 < self.turn
            || turn < self.turn && self.taken_up_at.is_some_and(|at| now.since(at) >= OVERLAP)
    }
}

/// Why no session was made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SessionError {
    /// The store failed.
    #[error("cannot keep the session: {0}")]
    Store(#[from] StoreError),
    /// No random bytes.
    #[error("{0}")]
    Random(#[from] NoRandomness),
}

/// All sessions.
#[derive(Clone)]
pub struct Sessions {
    handle: Handle,
    life: Duration,
    idle: Duration,
    provider: bool,
}

impl Sessions {
    pub(crate) fn new(handle: Handle, options: &ApiOptions) -> Self {
        Self {
            handle,
            life: options.session_life,
            idle: options.session_idle,
            provider: false,
        }
    }

    /// Sessions of users whom a provider vouches for count from now on.
    #[must_use]
    pub(crate) fn with_provider(mut self) -> Self {
        self.provider = true;
        self
    }

    /// Begins a session and returns its new id; an id a client brings is never taken over.
    pub fn begin(&self, user: &str, now: Timestamp) -> Result<Zeroizing<String>, SessionError> {
        self.sweep(now)?;
        let id = random_secret()?;
        self.write(
            &secret_hash(&id),
            &Session {
                user: user.to_owned(),
                created_at: now,
                used_at: now,
                turn: 0,
                taken_up_at: Some(now),
            },
        )?;
        Ok(id)
    }

    /// Who presents this cookie, if its session is alive and its turn has not passed. Counts as use.
    pub fn present(&self, claims: &Claims, now: Timestamp) -> Option<Caller> {
        let key = secret_hash(&claims.sid);
        let mut session = self.read(&key)?;
        if session.has_passed(claims.turn, now) {
            tracing::warn!(
                user = session.user,
                "a session cookie that was replaced is used again, so somebody has a copy: the session is ended"
            );
            self.forget(&key);
            return None;
        }
        let caller = self.caller_by_key(&key, &claims.sub, now)?;
        // A later turn than the kept one is a write that was lost: the cookie is ours, so it was given out.
        let first_seen = claims.turn == session.turn && session.taken_up_at.is_none();
        if first_seen || claims.turn > session.turn {
            session.turn = claims.turn;
            session.taken_up_at = Some(now);
            session.used_at = now;
            // A failed write only keeps the cookie before it alive longer.
            let _ = self.write(&key, &session);
        }
        Some(caller)
    }

    /// The turn of the next cookie for who presented this one; None when it cannot be kept. Asked again before that
    /// cookie was seen, it is the same turn.
    pub fn turn(&self, claims: &Claims) -> Option<u64> {
        let key = secret_hash(&claims.sid);
        let mut session = self.read(&key)?;
        if claims.turn < session.turn {
            return session.taken_up_at.is_none().then_some(session.turn);
        }
        session.turn = claims.turn + 1;
        session.taken_up_at = None;
        self.write(&key, &session).ok()?;
        Some(session.turn)
    }

    fn read(&self, key: &str) -> Option<Session> {
        let bytes = self.handle.store().get(SPACE, key.as_bytes()).ok()??;
        serde_json::from_slice(&bytes).ok()
    }

    /// Who has the session that is kept under this hash, if it is alive. Counts as use.
    pub fn caller_by_key(&self, key: &str, user: &str, now: Timestamp) -> Option<Caller> {
        let session = self.read(key)?;
        let view = self.handle.view();
        let known = view.memory.users.get(&session.user)?;
        let alive = session.user == user
            && !known.one_time
            && (self.provider || !oidc::is_name(user))
            && session.created_at >= known.sessions_from
            && now.since(session.created_at) < self.life
            && now.since(session.used_at) < self.idle;
        if !alive {
            self.forget(key);
            return None;
        }
        if now.since(session.used_at) >= TOUCH_EVERY {
            // A failed touch only shortens the session.
            let _ = self.write(
                key,
                &Session {
                    used_at: now,
                    ..session
                },
            );
        }
        Some(Caller {
            user: user.to_owned(),
            role: known.role,
            scopes: Vec::new(),
            door: Door::Dashboard,
            credential: Credential::Session { key: key.to_owned() },
        })
    }

    /// Ends a session.
    pub fn end(&self, key: &str) {
        self.forget(key);
    }

    fn forget(&self, key: &str) {
        let delete = Write::Delete {
            space: SPACE.to_owned(),
            key: key.as_bytes().to_vec(),
        };
        if let Err(error) = self.handle.store().apply(vec![delete]) {
            tracing::warn!(%error, "cannot forget a session that ended");
        }
    }

    fn write(&self, key: &str, session: &Session) -> Result<(), StoreError> {
        let value = serde_json::to_vec(session).unwrap_or_default();
        self.handle.store().apply(vec![Write::Put {
            space: SPACE.to_owned(),
            key: key.as_bytes().to_vec(),
            value,
        }])
    }

    /// Drops what is over, at each log-in: at most 1000 at a time.
    fn sweep(&self, now: Timestamp) -> Result<(), StoreError> {
        let over = |bytes: &[u8]| {
            serde_json::from_slice::<Session>(bytes).map_or(true, |session| {
                now.since(session.created_at) >= self.life || now.since(session.used_at) >= self.idle
            })
        };
        let dead = self.handle.store().range(SPACE, &[], &[], false, 1000)?;
        let deletes: Vec<Write> = dead
            .into_iter()
            .filter(|(_, value)| over(value))
            .map(|(key, _)| Write::Delete {
                space: SPACE.to_owned(),
                key,
            })
            .collect();
        if deletes.is_empty() {
            Ok(())
        } else {
            self.handle.store().apply(deletes)
        }
    }
}
