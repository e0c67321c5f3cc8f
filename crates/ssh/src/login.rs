//! A connection: reached, its key judged, let in. Each step has its time limit and its own kind of failure.

use crate::{
    known::{Distrust, Pins},
    options::{Credential, Endpoint, Limits, Passphrase},
};
use russh::{
    AlgorithmKind, Preferred,
    client::{self, AuthResult, Handle},
    keys::{
        Algorithm, PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate, agent::AgentIdentity,
        agent::client::AgentClient, decode_secret_key,
    },
};
use std::{borrow::Cow, fs, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};
use tokio::{net::TcpStream, time::timeout};
use zeroize::Zeroizing;

/// Bits of a key file that let everybody near it.
const EVERYBODY: u32 = 0o007;
/// Keys of an agent that are offered; OpenSSH ends a connection after six tries.
const KEYS_OFFERED: usize = 5;

/// Why there is no connection, by what an operator does about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// It does not answer, or not as an SSH server.
    Unreachable(String),
    /// It does not let in.
    NoLogin(String),
    /// No key is pinned.
    UnknownKey(String),
    /// It shows another key than the pinned one.
    ChangedKey(String),
}

impl Trouble {
    /// In words.
    pub fn why(&self) -> &str {
        match self {
            Self::Unreachable(why) | Self::NoLogin(why) | Self::UnknownKey(why) | Self::ChangedKey(why) => {
                why
            }
        }
    }
}

impl From<Distrust> for Trouble {
    fn from(distrust: Distrust) -> Self {
        match distrust {
            Distrust::Unknown(why) | Distrust::Unusable(why) => Self::UnknownKey(why),
            Distrust::Changed(why) => Self::ChangedKey(why),
        }
    }
}

/// Judges the key of a host, and nothing else.
pub struct Judge(Pins);

/// How a handshake fails.
#[derive(Debug, thiserror::Error)]
pub enum HandshakeError {
    /// The library's own.
    #[error(transparent)]
    Ssh(#[from] russh::Error),
    /// The key is not trusted.
    #[error("the host key is not trusted")]
    Distrust(Distrust),
}

impl client::Handler for Judge {
    type Error = HandshakeError;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, HandshakeError> {
        match self.0.judge(&shown.public_key()) {
            Ok(()) => Ok(true),
            Err(distrust) => Err(HandshakeError::Distrust(distrust)),
        }
    }
}

/// How much a connection holds for a reader that is slow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Buffers {
    /// Bytes the other side may send ahead.
    pub window: u32,
    /// Messages kept for the reader; when there are more, the whole connection waits.
    pub messages: usize,
}

/// For programs: one reader that is slow must not hold much; 10 MB of output pass through this window.
pub const FOR_PROGRAMS: Buffers = Buffers {
    window: 512 * 1024,
    messages: 32,
};

/// Connects and gets in.
pub async fn connect(
    endpoint: &Endpoint,
    pins: Pins,
    limits: &Limits,
    buffers: Buffers,
) -> Result<Handle<Judge>, Trouble> {
    let config = config(pins.kinds()?, limits, buffers);
    let reached = timeout(
        limits.connect,
        TcpStream::connect((endpoint.address.as_str(), endpoint.port)),
    );
    let stream = match reached.await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(Trouble::Unreachable(error.to_string())),
        Err(_) => {
            let why = format!("no connection within {:?}", limits.connect);
            return Err(Trouble::Unreachable(why));
        }
    };
    let _ = stream.set_nodelay(true);
    let admitted = timeout(limits.login, async {
        let mut handle = client::connect_stream(config, stream, Judge(pins.clone()))
            .await
            .map_err(|error| handshake(error, &pins))?;
        authenticate(&mut handle, endpoint).await?;
        Ok(handle)
    });
    admitted.await.unwrap_or_else(|_| {
        let why = format!("it answers, but did not let in within {:?}", limits.login);
        Err(Trouble::Unreachable(why))
    })
}

fn config(kinds: Vec<Algorithm>, limits: &Limits, buffers: Buffers) -> Arc<client::Config> {
    Arc::new(client::Config {
        preferred: Preferred {
            key: Cow::Owned(kinds),
            ..Preferred::default()
        },
        window_size: buffers.window,
        channel_buffer_size: buffers.messages,
        keepalive_interval: Some(limits.keepalive),
        keepalive_max: 3,
        inactivity_timeout: None,
        ..client::Config::default()
    })
}

fn handshake(error: HandshakeError, pins: &Pins) -> Trouble {
    match error {
        HandshakeError::Distrust(distrust) => distrust.into(),
        HandshakeError::Ssh(russh::Error::NoCommonAlgo { kind, theirs, .. }) => {
            let other_kind = matches!(kind, AlgorithmKind::Key).then(|| pins.none_of(&theirs));
            other_kind.flatten().map_or_else(
                || {
                    Trouble::Unreachable(format!(
                        "it offers no {kind:?} algorithm that is spoken here, only {}; a current OpenSSH with an ed25519 \
                         host key does",
                        theirs.join(", ")
                    ))
                },
                Trouble::from,
            )
        }
        HandshakeError::Ssh(error) => Trouble::Unreachable(format!("the SSH handshake failed: {error}")),
    }
}

async fn authenticate(handle: &mut Handle<Judge>, endpoint: &Endpoint) -> Result<(), Trouble> {
    match &endpoint.credential {
        Credential::KeyFile { path, passphrase } => {
            let key = open(path.clone(), passphrase.clone()).await?;
            let key = PrivateKeyWithHashAlg::new(Arc::new(key), None);
            let result = handle
                .authenticate_publickey(&endpoint.user, key)
                .await
                .map_err(|error| Trouble::Unreachable(format!("lost while logging in: {error}")))?;
            admitted(&result, endpoint, &format!("the key {}", path.display()))
        }
        Credential::Agent { socket } => by_agent(handle, endpoint, socket).await,
    }
}

fn admitted(result: &AuthResult, endpoint: &Endpoint, offered: &str) -> Result<(), Trouble> {
    match result {
        AuthResult::Success => Ok(()),
        AuthResult::Failure {
            partial_success: true,
            ..
        } => Err(Trouble::NoLogin(format!(
            "it took {offered} and wants something more; a user for Jarvis needs a key alone"
        ))),
        AuthResult::Failure { .. } => Err(Trouble::NoLogin(format!(
            "it refused {offered} for user {user}; put the public key, as `{shows}` prints it, into \
             ~{user}/.ssh/authorized_keys there (docs/SSH.md)",
            user = endpoint.user,
            shows = shows(&endpoint.credential)
        ))),
    }
}

/// The command that prints the public key.
fn shows(credential: &Credential) -> String {
    match credential {
        Credential::KeyFile { path, .. } => format!("ssh-keygen -y -f {}", path.display()),
        Credential::Agent { socket } => format!("SSH_AUTH_SOCK={} ssh-add -L", socket.display()),
    }
}

async fn by_agent(handle: &mut Handle<Judge>, endpoint: &Endpoint, socket: &Path) -> Result<(), Trouble> {
    let shown = socket.display();
    let no_agent = |why: String| {
        Trouble::NoLogin(format!(
            "the SSH agent at {shown} cannot be used: {why}; start it, or name a key file"
        ))
    };
    let mut agent = AgentClient::connect_uds(socket)
        .await
        .map_err(|error| no_agent(error.to_string()))?;
    let identities = agent
        .request_identities()
        .await
        .map_err(|error| no_agent(error.to_string()))?;
    let keys = identities.into_iter().filter_map(|identity| match identity {
        AgentIdentity::PublicKey { key, .. } if !key.algorithm().is_rsa() => Some(key),
        AgentIdentity::PublicKey { .. } | AgentIdentity::Certificate { .. } => None,
    });
    let mut offered = 0;
    for key in keys.take(KEYS_OFFERED) {
        offered += 1;
        let result = handle
            .authenticate_publickey_with(&endpoint.user, key, None, &mut agent)
            .await
            .map_err(|error| no_agent(error.to_string()))?;
        if result.success() {
            return Ok(());
        }
    }
    if offered == 0 {
        return Err(no_agent("it holds no ed25519 or ECDSA key".to_owned()));
    }
    let offered = format!("the {offered} key(s) of the agent at {shown}");
    let refused = AuthResult::Failure {
        remaining_methods: russh::MethodSet::empty(),
        partial_success: false,
    };
    admitted(&refused, endpoint, &offered)
}

/// Reads a key file; deciphering takes long enough to be done beside the loop.
async fn open(path: std::path::PathBuf, passphrase: Option<Passphrase>) -> Result<PrivateKey, Trouble> {
    let opened = tokio::task::spawn_blocking(move || open_now(&path, passphrase.as_ref()));
    opened
        .await
        .unwrap_or_else(|_| Err("the key file could not be read".to_owned()))
        .map_err(Trouble::NoLogin)
}

fn open_now(path: &Path, passphrase: Option<&Passphrase>) -> Result<PrivateKey, String> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| format!("the private key {shown} cannot be read: {error}");
    let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode() & 0o777;
    if mode & EVERYBODY != 0 {
        return Err(format!(
            "everybody may read the private key {shown} (mode {mode:04o}); run `chmod 0600 {shown}`"
        ));
    }
    let text = Zeroizing::new(fs::read_to_string(path).map_err(unreadable)?);
    let key = decode_secret_key(&text, passphrase.map(Passphrase::reveal)).map_err(|error| match error {
        russh::keys::Error::KeyIsEncrypted => {
            format!("the private key {shown} has a passphrase; give it as `ssh.passphrase` in jarvis.yaml")
        }
        error if passphrase.is_some() => {
            format!("the private key {shown} does not open with that passphrase, or is damaged: {error}")
        }
        error => format!("{shown} is no private key that can be used: {error}"),
    })?;
    if key.algorithm().is_rsa() {
        return Err(format!(
            "{shown} is an RSA key, which is not spoken here; make another one: `ssh-keygen -t ed25519 -f {shown}`"
        ));
    }
    Ok(key)
}
