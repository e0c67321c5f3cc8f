//! Sessions: kept in the store under the hash of their id, with an absolute and an idle limit; void at once when the
//! user is gone or changed, or all sessions were revoked. Losing the store signs everybody out, no more.

use super::{Caller, Credential, NoRandomness, random_secret, secret_hash};
use crate::options::ApiOptions;
use jarvis_controller::Handle;
use jarvis_model::{Door, Timestamp};
use jarvis_ports::{StoreError, Write};
use serde::{Deserialize, Serialize};
use std::time::Duration;

const SPACE: &str = "sessions";
/// Use is written down at most this often, so that an open dashboard causes one small write a minute.
const TOUCH_EVERY: Duration = Duration::from_mins(1);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Session {
    user: String,
    created_at: Timestamp,
    used_at: Timestamp,
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
}

impl Sessions {
    pub(crate) fn new(handle: Handle, options: &ApiOptions) -> Self {
        Self {
            handle,
            life: options.session_life,
            idle: options.session_idle,
        }
    }

    /// Begins a session and returns its new id; an id a client brings is never taken over.
    pub fn begin(&self, user: &str, now: Timestamp) -> Result<String, SessionError> {
        self.sweep(now)?;
        let id = random_secret()?;
        self.write(
            &secret_hash(&id),
            &Session {
                user: user.to_owned(),
                created_at: now,
                used_at: now,
            },
        )?;
        Ok(id)
    }

    /// Who has this session id, if it is alive. Counts as use.
    pub fn caller(&self, id: &str, user: &str, now: Timestamp) -> Option<Caller> {
        self.caller_by_key(&secret_hash(id), user, now)
    }

    /// The same by the hash under which the session is kept. Counts as use.
    pub fn caller_by_key(&self, key: &str, user: &str, now: Timestamp) -> Option<Caller> {
        let bytes = self.handle.store().get(SPACE, key.as_bytes()).ok()??;
        let session: Session = serde_json::from_slice(&bytes).ok()?;
        let view = self.handle.view();
        let known = view.memory.users.get(&session.user)?;
        let alive = session.user == user
            && !known.one_time
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
