//! What is spoken with `termproxy`, through the WebSocket that `pveproxy` makes of its port. Knows no request of the API.
//!
//! | direction | bytes | meaning |
//! | --- | --- | --- |
//! | to it | `USER:TICKET\n` | lets in; answered with `OK`, or by the end |
//! | | `0:LENGTH:BYTES` | typed |
//! | | `1:COLS:ROWS:` | the size of the screen |
//! | | `2` | a sign of life |
//! | from it | bytes | shown as they are |
//!
//! To `termproxy` this is one stream; WebSocket messages cut it anywhere. It forgets a header that its full buffer cuts
//! in two, so a paste has one header, however many messages it needs.

use super::backlog::Backlog;
use futures::{
    SinkExt as _, StreamExt as _,
    stream::{SplitSink, SplitStream},
};
use jarvis_ports::terminal::{Ended, Input, Output, Size};
use std::{fmt, time::Duration};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    sync::mpsc,
    time::{Instant, MissedTickBehavior, interval_at, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Error, Message, protocol::WebSocketConfig},
};
use zeroize::Zeroizing;

/// The largest message that is sent; `pveproxy` takes 128 KiB.
const MESSAGE: usize = 64 * 1024;
/// The largest message that is taken; `pveproxy` sends 128 KiB at most.
const TAKEN: usize = 1 << 20;
/// How often a sign of life is sent: as often as Proxmox's own page does.
pub const LIFE_EVERY: Duration = Duration::from_secs(30);
const LIFE: &[u8] = b"2";
/// Pieces that wait in either direction.
const QUEUED: usize = 4;
/// How long the other side is given to hear of the end.
const GOODBYE: Duration = Duration::from_secs(2);

/// Why nobody was let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotLetIn {
    /// It closed without a word: it does not accept the ticket.
    Closed,
    /// It said something else.
    Said(String),
    /// The connection was lost.
    Lost(String),
}

impl fmt::Display for NotLetIn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("it closed without a word"),
            Self::Said(text) => write!(f, "it said {text:?} where OK was expected"),
            Self::Lost(why) => write!(f, "the connection was lost: {why}"),
        }
    }
}

/// Limits of the socket.
pub fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .max_message_size(Some(TAKEN))
        .max_frame_size(Some(TAKEN))
        .read_buffer_size(MESSAGE)
}

/// Lets itself in, says the size of the screen, and carries bytes until either side ends it, or until `over` says why it is:
/// `termproxy` does not close when the program behind it ends quietly.
pub async fn begin<S>(
    mut socket: WebSocketStream<S>,
    (user, ticket): (&str, &str),
    size: Size,
    over: impl Future<Output = String> + Send + 'static,
) -> Result<(mpsc::Sender<Input>, mpsc::Receiver<Output>), NotLetIn>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let lost = |error: Error| NotLetIn::Lost(error.to_string());
    let line = Zeroizing::new(format!("{user}:{ticket}\n"));
    let line = Message::binary(line.as_bytes().to_vec());
    socket.send(line).await.map_err(lost)?;
    let early = let_in(&mut socket).await?;
    socket.send(Message::binary(resized(size))).await.map_err(lost)?;
    let (input, typed) = mpsc::channel(QUEUED);
    let (shown, output) = mpsc::channel(QUEUED);
    tokio::spawn(carry(socket, early, (typed, shown), over));
    Ok((input, output))
}

/// Waits for `OK`; gives what came with it.
async fn let_in<S>(socket: &mut WebSocketStream<S>) -> Result<Vec<u8>, NotLetIn>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut said = Vec::new();
    while said.len() < 2 {
        match heard(socket.next().await) {
            Heard::Bytes(bytes) => said.extend(bytes),
            Heard::Nothing => {}
            Heard::End(_) if said.is_empty() => return Err(NotLetIn::Closed),
            Heard::End(why) => return Err(NotLetIn::Lost(why)),
        }
    }
    if let Some(early) = said.strip_prefix(b"OK") {
        return Ok(early.to_vec());
    }
    let text = String::from_utf8_lossy(&said);
    Err(NotLetIn::Said(text.chars().take(60).collect()))
}

/// What a message means.
enum Heard {
    Bytes(Vec<u8>),
    Nothing,
    End(String),
}

fn heard(message: Option<Result<Message, Error>>) -> Heard {
    match message {
        Some(Ok(Message::Binary(bytes))) => Heard::Bytes(bytes.to_vec()),
        Some(Ok(Message::Text(text))) => Heard::Bytes(text.as_bytes().to_vec()),
        Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Heard::Nothing,
        // Proxmox ends a console by closing the connection, without a close frame.
        Some(Ok(Message::Close(_))) | None => Heard::End("closed".to_owned()),
        Some(Err(error)) => Heard::End(error.to_string()),
    }
}

/// Typed bytes as messages.
fn typed_in(bytes: &[u8]) -> Vec<Vec<u8>> {
    if bytes.is_empty() {
        return Vec::new();
    }
    let mut whole = format!("0:{}:", bytes.len()).into_bytes();
    whole.extend_from_slice(bytes);
    whole.chunks(MESSAGE).map(<[u8]>::to_vec).collect()
}

fn resized(size: Size) -> Vec<u8> {
    format!("1:{}:{}:", size.cols(), size.rows()).into_bytes()
}

async fn carry<S>(
    socket: WebSocketStream<S>,
    early: Vec<u8>,
    (typed, shown): (mpsc::Receiver<Input>, mpsc::Sender<Output>),
    over: impl Future<Output = String>,
) where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (mut write, mut read) = socket.split();
    let ended = tokio::select! {
        ended = pass_out(&early, &mut read, &shown) => ended,
        // Nobody types any more: the terminal was let go.
        () = pass_in(typed, &mut write) => None,
        why = over => Some(because(why)),
    };
    if let Some(ended) = ended {
        // Who is gone needs no end.
        let _ = shown.send(Output::Ended(ended)).await;
    }
    let _ = timeout(GOODBYE, write.close()).await;
}

/// Until the typing side is dropped. A lost connection is told by the other direction.
async fn pass_in<S>(mut typed: mpsc::Receiver<Input>, write: &mut SplitSink<WebSocketStream<S>, Message>)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut life = interval_at(Instant::now() + LIFE_EVERY, LIFE_EVERY);
    life.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let messages = tokio::select! {
            input = typed.recv() => match input {
                Some(Input::Bytes(bytes)) => typed_in(&bytes),
                Some(Input::Resize(size)) => vec![resized(size)],
                None => return,
            },
            _ = life.tick() => vec![LIFE.to_vec()],
        };
        for message in messages {
            if write.send(Message::binary(message)).await.is_err() {
                return std::future::pending().await;
            }
        }
    }
}

/// Until Proxmox closes it, or nobody takes the output any more (then there is nobody to tell). It is read all the time.
async fn pass_out<S>(
    early: &[u8],
    read: &mut SplitStream<WebSocketStream<S>>,
    shown: &mpsc::Sender<Output>,
) -> Option<Ended>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut backlog = Backlog::default();
    backlog.push(early);
    loop {
        tokio::select! {
            place = shown.reserve(), if !backlog.is_empty() => {
                place.ok()?.send(Output::Bytes(backlog.take()));
            }
            () = shown.closed(), if backlog.is_empty() => return None,
            message = read.next() => match heard(message) {
                Heard::Bytes(bytes) => backlog.push(&bytes),
                Heard::Nothing => {}
                Heard::End(why) => {
                    tracing::debug!(%why, "a console is over");
                    break;
                }
            },
        }
    }
    while !backlog.is_empty() {
        shown.send(Output::Bytes(backlog.take())).await.ok()?;
    }
    Some(because("Proxmox closed the console".to_owned()))
}

fn because(why: String) -> Ended {
    Ended {
        why: Some(why),
        ..Ended::default()
    }
}

#[cfg(test)]
mod tests;
