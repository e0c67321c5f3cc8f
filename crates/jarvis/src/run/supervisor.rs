//! The supervisor that started this process (systemd), as far as it wants to hear of it: lines to the datagram socket that it
//! names in `NOTIFY_SOCKET` (sd_notify(3)). Without one nothing is said.
//!
//! Knows nothing of what is well and what is not.

use crate::environment::Environment;
use std::{
    os::{linux::net::SocketAddrExt as _, unix::net::SocketAddr, unix::net::UnixDatagram},
    process,
    time::Duration,
};

/// Where it hears, and how long it waits between two signs of life.
#[derive(Debug, Default)]
pub struct Supervisor {
    socket: Option<UnixDatagram>,
    patience: Option<Duration>,
}

impl Supervisor {
    /// The one named in the environment.
    pub fn find(environment: &Environment) -> Self {
        let Some(name) = environment.get("NOTIFY_SOCKET") else {
            return Self::default();
        };
        match connect(name) {
            Ok(socket) => Self {
                socket: Some(socket),
                patience: patience(environment),
            },
            Err(error) => {
                tracing::warn!(socket = name, %error, "the supervisor cannot be told how it goes");
                Self::default()
            }
        }
    }

    /// How long it waits for a sign of life before it ends this process; none when it waits for none.
    pub fn patience(&self) -> Option<Duration> {
        self.patience
    }

    /// It serves.
    pub fn ready(&self) {
        self.say("READY=1\nSTATUS=serving");
    }

    /// A sign of life.
    pub fn alive(&self) {
        self.say("WATCHDOG=1\nSTATUS=serving");
    }

    /// Why there is no sign of life.
    pub fn trouble(&self, why: &str) {
        self.say(&format!("STATUS={}", why.replace(char::is_control, " ")));
    }

    /// It ends.
    pub fn stopping(&self) {
        self.say("STOPPING=1\nSTATUS=ending");
    }

    fn say(&self, lines: &str) {
        if let Some(socket) = &self.socket
            && let Err(error) = socket.send(lines.as_bytes())
        {
            tracing::debug!(%error, "the supervisor does not hear");
        }
    }
}

/// Never waits: a supervisor that does not read is not waited for.
fn connect(name: &str) -> std::io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    match name.strip_prefix('@') {
        Some(name) => socket.connect_addr(&SocketAddr::from_abstract_name(name)?)?,
        None => socket.connect(name)?,
    }
    socket.set_nonblocking(true)?;
    Ok(socket)
}

/// `WATCHDOG_USEC`, unless it is meant for another process.
fn patience(environment: &Environment) -> Option<Duration> {
    let meant = environment
        .get("WATCHDOG_PID")
        .is_none_or(|pid| pid == process::id().to_string());
    let micros = environment.get("WATCHDOG_USEC")?.parse().ok()?;
    (meant && micros > 0).then(|| Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn heard(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 512];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8_lossy(&bytes[..length]).into_owned()
    }

    #[test]
    fn it_says_what_the_manager_wants_to_hear() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let abstract_name = format!("jarvis-test-{}", process::id());
        let address = SocketAddr::from_abstract_name(&abstract_name).unwrap();
        for (socket, name) in [
            (UnixDatagram::bind(&path).unwrap(), path.display().to_string()),
            (
                UnixDatagram::bind_addr(&address).unwrap(),
                format!("@{abstract_name}"),
            ),
        ] {
            let environment = [("NOTIFY_SOCKET", name.as_str()), ("WATCHDOG_USEC", "30000000")].into();
            let supervisor = Supervisor::find(&environment);
            assert_eq!(supervisor.patience(), Some(Duration::from_secs(30)));
            supervisor.ready();
            supervisor.alive();
            supervisor.trouble("no\npass\u{7}");
            supervisor.stopping();
            assert_eq!(heard(&socket), "READY=1\nSTATUS=serving");
            assert_eq!(heard(&socket), "WATCHDOG=1\nSTATUS=serving");
            assert_eq!(
                heard(&socket),
                "STATUS=no pass ",
                "no line of another can be slipped in"
            );
            assert_eq!(heard(&socket), "STOPPING=1\nSTATUS=ending");
        }
    }

    #[test]
    fn without_a_manager_or_with_one_that_is_gone_nothing_is_said_and_nothing_breaks() {
        for environment in [
            Environment::default(),
            [("NOTIFY_SOCKET", "/nowhere/notify"), ("WATCHDOG_USEC", "1")].into(),
        ] {
            let supervisor = Supervisor::find(&environment);
            assert_eq!(supervisor.patience(), None);
            supervisor.ready();
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let name = path.display().to_string();
        let environment = [
            ("NOTIFY_SOCKET", name.as_str()),
            ("WATCHDOG_USEC", "30000000"),
            ("WATCHDOG_PID", "1"),
        ];
        let supervisor = Supervisor::find(&environment.into());
        assert_eq!(supervisor.patience(), None, "meant for another process");
        drop(socket);
        supervisor.alive();
    }
}
