//! The [`Terminal`] port: a person's shell on a host. Each has a connection of its own: a flood of output that nobody takes
//! stops that connection and no other one, and no program of [`crate::Ssh`] waits for a place because of it.
//!
//! Bytes pass as they are. What is held for a reader that is slow: a few messages here, the window on the other side.

use crate::{
    known::Pins,
    login::{self, Buffers, Judge, Trouble},
    options::{Endpoint, Limits, Options},
};
use async_trait::async_trait;
use jarvis_model::Host;
use jarvis_ports::{
    Terminal, TerminalError,
    terminal::{Ended, Input, Opened, Output, PIECE, Size, TERM},
};
use russh::{
    Channel, ChannelMsg, ChannelReadHalf, ChannelWriteHalf, Disconnect, Pty, Sig,
    client::{Handle, Msg},
};
use std::{collections::BTreeMap, time::Duration};
use tokio::{sync::mpsc, time::timeout};

/// Little is sent ahead: what was typed to stop a flood must not wait behind much of it.
const BUFFERS: Buffers = Buffers {
    window: 128 * 1024,
    messages: 4,
};
/// Pieces that wait in either direction.
const QUEUED: usize = 4;
/// The server may refuse it; then its own default counts.
const LANG: &str = "C.UTF-8";
/// How long a closed terminal's host is given to hear of it.
const GOODBYE: Duration = Duration::from_secs(2);
/// Modes asked for: UTF-8 is deleted by characters.
const MODES: [(Pty, u32); 1] = [(Pty::IUTF8, 1)];

/// Terminals on hosts over SSH.
pub struct Terminals {
    hosts: BTreeMap<Host, (Endpoint, Pins)>,
    limits: Limits,
}

impl Terminals {
    /// Opens no connection.
    pub fn new(options: &Options) -> Self {
        let way = |(host, endpoint): (&Host, &Endpoint)| {
            let pins = Pins::of(endpoint, options);
            (host.clone(), (endpoint.clone(), pins))
        };
        Self {
            hosts: options.hosts.iter().map(way).collect(),
            limits: options.limits.clone(),
        }
    }
}

#[async_trait]
impl Terminal for Terminals {
    fn reaches(&self, host: &Host) -> bool {
        self.hosts.contains_key(host)
    }

    async fn open(&self, host: &Host, size: Size) -> Result<Opened, TerminalError> {
        let (endpoint, pins) = self
            .hosts
            .get(host)
            .ok_or_else(|| TerminalError::NoWay { host: host.clone() })?;
        let handle = login::connect(endpoint, pins.clone(), &self.limits, BUFFERS)
            .await
            .map_err(|trouble| error(host, trouble))?;
        let none = |why: String| TerminalError::NoTerminal {
            host: host.clone(),
            why,
        };
        let shell = timeout(self.limits.place, begin(&handle, size))
            .await
            .unwrap_or_else(|_| Err(format!("no shell within {:?}", self.limits.place)));
        let (early, channel) = shell.map_err(none)?;
        let (input, typed) = mpsc::channel(QUEUED);
        let (shown, output) = mpsc::channel(QUEUED);
        tokio::spawn(carry(handle, channel, early, typed, shown));
        tracing::info!(%host, user = endpoint.user, "a terminal was opened over SSH");
        Ok(Opened {
            user: endpoint.user.clone(),
            input,
            output,
        })
    }
}

fn error(host: &Host, trouble: Trouble) -> TerminalError {
    let host = host.clone();
    match trouble {
        Trouble::Unreachable(why) => TerminalError::Unreachable { host, why },
        Trouble::NoLogin(why) => TerminalError::NoLogin { host, why },
        Trouble::UnknownKey(why) | Trouble::ChangedKey(why) => TerminalError::HostKey { host, why },
    }
}

/// Asks for a terminal and a shell in it. Gives what the shell said meanwhile.
async fn begin(handle: &Handle<Judge>, size: Size) -> Result<(Vec<u8>, Channel<Msg>), String> {
    let lost = |error: russh::Error| format!("the connection was lost: {error}");
    let mut channel = handle
        .channel_open_session()
        .await
        .map_err(|error| format!("it allows no session: {error}"))?;
    channel.set_env(false, "LANG", LANG).await.map_err(lost)?;
    let (cols, rows) = (u32::from(size.cols()), u32::from(size.rows()));
    channel
        .request_pty(true, TERM, cols, rows, 0, 0, &MODES)
        .await
        .map_err(lost)?;
    channel.request_shell(true).await.map_err(lost)?;
    let mut early = Vec::new();
    for asked in ["a terminal", "a shell"] {
        loop {
            match channel.wait().await {
                Some(ChannelMsg::Success) => break,
                Some(ChannelMsg::Failure) => {
                    return Err(format!(
                        "it refuses {asked} to this user; `restrict` in authorized_keys takes terminals away, \
                         `restrict,pty` leaves them (docs/TERMINAL.md)"
                    ));
                }
                Some(ChannelMsg::Data { data }) => early.extend_from_slice(&data),
                Some(ChannelMsg::Close) | None => return Err("it closed at once".to_owned()),
                Some(_) => {}
            }
        }
    }
    Ok((early, channel))
}

/// Carries bytes until either side ends it, then closes the connection.
async fn carry(
    handle: Handle<Judge>,
    channel: Channel<Msg>,
    early: Vec<u8>,
    typed: mpsc::Receiver<Input>,
    shown: mpsc::Sender<Output>,
) {
    let (read, write) = channel.split();
    let write_input = pass_in(typed, &write);
    let ended = tokio::select! {
        ended = pass_out(early, read, &shown) => ended,
        // Nobody types any more: the terminal was let go.
        () = write_input => None,
    };
    if let Some(ended) = ended {
        let _ = shown.send(Output::Ended(ended)).await;
    }
    let goodbye = async {
        let _ = write.close().await;
        let _ = handle.disconnect(Disconnect::ByApplication, "", "").await;
    };
    let _ = timeout(GOODBYE, goodbye).await;
}

/// Until the typing side is dropped. A lost connection is told by the other direction.
async fn pass_in(mut typed: mpsc::Receiver<Input>, write: &ChannelWriteHalf<Msg>) {
    while let Some(input) = typed.recv().await {
        let sent = match input {
            Input::Bytes(bytes) => write.data_bytes(bytes).await,
            Input::Resize(size) => {
                let (cols, rows) = (u32::from(size.cols()), u32::from(size.rows()));
                write.window_change(cols, rows, 0, 0).await
            }
        };
        if sent.is_err() {
            return std::future::pending().await;
        }
    }
}

/// Until the shell ends, the connection is lost, or nobody takes the output any more (then there is nobody to tell).
async fn pass_out(early: Vec<u8>, mut read: ChannelReadHalf, shown: &mpsc::Sender<Output>) -> Option<Ended> {
    show(shown, &early).await?;
    let mut ended = Ended::default();
    let mut told = false;
    loop {
        let message = tokio::select! {
            () = shown.closed() => return None,
            message = read.wait() => message,
        };
        match message {
            Some(ChannelMsg::Data { data } | ChannelMsg::ExtendedData { data, .. }) => {
                show(shown, &data).await?;
            }
            Some(ChannelMsg::ExitStatus { exit_status }) => {
                told = true;
                ended.status = Some(exit_status);
            }
            Some(ChannelMsg::ExitSignal { signal_name, .. }) => {
                told = true;
                ended.signal = Some(match signal_name {
                    Sig::Custom(name) => name,
                    known => format!("{known:?}"),
                });
            }
            Some(ChannelMsg::Close) | None => break,
            Some(_) => {}
        }
    }
    if !told {
        ended.why = Some("the connection to the host was lost".to_owned());
    }
    Some(ended)
}

async fn show(shown: &mpsc::Sender<Output>, bytes: &[u8]) -> Option<()> {
    for piece in bytes.chunks(PIECE) {
        shown.send(Output::Bytes(piece.to_vec())).await.ok()?;
    }
    Some(())
}
