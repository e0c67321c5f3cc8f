//! The first user: there is no default password; a random one is made and shown once.

use super::{password::Hasher, random_secret};
use crate::options::Mode;
use jarvis_controller::Handle;
use jarvis_model::{Event, Role};
use std::fmt;
use zeroize::Zeroizing;

/// Name of the first user.
pub const FIRST_USER: &str = "admin";

/// A password to print once. `Debug` hides it, `Display` shows it.
#[derive(Clone)]
pub struct OneTimePassword(Zeroizing<String>);

impl fmt::Display for OneTimePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for OneTimePassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimePassword(…)")
    }
}

/// Makes the user `admin` if there is no user at all, and returns its password. In normal mode it works only to set
/// another one; in the demo it works as it is. None when there are users already.
///
/// # Errors
/// In words, when nothing random could be had or the record could not be written; there is no user then.
pub async fn bootstrap_admin(handle: &Handle, mode: Mode) -> Result<Option<OneTimePassword>, String> {
    if !handle.view().memory.users.is_empty() {
        return Ok(None);
    }
    let failed = |error: &dyn fmt::Display| format!("cannot make the first user {FIRST_USER}: {error}");
    let password = Zeroizing::new(
        random_secret()
            .map_err(|error| failed(&error))?
            .chars()
            .take(22)
            .collect::<String>(),
    );
    let password_hash = Hasher::new()
        .hash(&password)
        .await
        .map_err(|error| failed(&error))?;
    let event = Event::UserSet {
        user: FIRST_USER.to_owned(),
        password_hash,
        role: Role::Admin,
        one_time: mode == Mode::Normal,
    };
    handle
        .record_access(event)
        .await
        .map_err(|error| failed(&error))?;
    Ok(Some(OneTimePassword(password)))
}
