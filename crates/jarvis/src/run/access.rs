//! Who may sign in at the start: the first user's password, and the token by which commands on this machine are known.

use jarvis_api::{Mode, OneTimePassword, auth::bearer};
use jarvis_controller::Handle;
use jarvis_model::{Event, Role, Scope};
use zeroize::Zeroizing;

/// Name of the token; another secret at every start.
pub const LOCAL_TOKEN: &str = "local-cli";

/// Makes the first user when there is none.
pub async fn first_password(handle: &Handle, mode: Mode) -> Option<OneTimePassword> {
    match jarvis_api::bootstrap_admin(handle, mode).await {
        Ok(password) => password,
        Err(error) => {
            tracing::error!("{error}");
            None
        }
    }
}

/// Makes the local token; the one of the start before is void with it.
pub async fn local_token(handle: &Handle) -> Option<Zeroizing<String>> {
    let token = match bearer::make(LOCAL_TOKEN) {
        Ok(token) => token,
        Err(error) => {
            tracing::error!("cannot make the local token: {error}");
            return None;
        }
    };
    let event = Event::TokenCreated {
        name: LOCAL_TOKEN.to_owned(),
        secret_hash: token.secret_hash,
        role: Role::Admin,
        scopes: vec![Scope::Read],
        by: "jarvis".to_owned(),
        expires_at: None,
    };
    match handle.record_access(event).await {
        Ok(()) => Some(token.text),
        Err(error) => {
            tracing::error!("cannot make the local token: {error}");
            None
        }
    }
}
