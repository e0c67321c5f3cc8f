//! A console on its WebSocket: the ticket, `OK`, then bytes of a shell one way and framed input the other. Written from the
//! sources of `termproxy` and of Proxmox's HTTP server, not from the client.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::http::{self, Request};
use super::params::{Given, decode_form};
use super::shared::Shared;
use super::shell::{Come, Screen, Shell};
use crate::world::access::Identity;
use crate::world::consoles::Console;
use crate::world::flavour::Release;
use crate::world::place::Place;

/// The largest frame that is taken.
const FRAME: usize = 128 * 1024;
/// Wall-clock time in which the ticket must come.
const TICKET_WITHIN: Duration = Duration::from_secs(10);
/// Simulated time between two looks at whether there is still something to show.
const POLL: Duration = Duration::from_millis(200);
/// The size of a screen until another is told.
const SIZE: (u32, u32) = (80, 20);
/// Longest line with a ticket, bytes.
const LONGEST: usize = 4096;
/// Pieces of output that wait.
const QUEUED: usize = 4;

/// The port that a request wants as a WebSocket.
pub fn asked(request: &Request, path: &str) -> Option<u16> {
    let upgrade = request.header("upgrade")?;
    if request.method != "GET"
        || !path.ends_with("/vncwebsocket")
        || !upgrade.eq_ignore_ascii_case("websocket")
    {
        return None;
    }
    let mut given = Given::new();
    decode_form(&request.query, &mut given);
    given.get("port")?.first()?.parse().ok()
}

/// Serves a console that the request may have, until either side ends it.
pub async fn serve<S>(
    shared: &Arc<Shared>,
    node: &str,
    port: u16,
    request: &Request,
    stream: &mut S,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let key = request.header("sec-websocket-key");
    let (Some("13"), Some(key)) = (request.header("sec-websocket-version"), key) else {
        return Ok(());
    };
    let Some(console) = shared.with(|world| world.visit_console(node, port)) else {
        return Ok(());
    };
    let visit = Visit { shared, console };
    let over = Over {
        visit: &visit,
        was_let_in: false,
    };
    let protocol = request
        .header("sec-websocket-protocol")
        .map(|name| format!("Sec-WebSocket-Protocol: {name}\r\n"))
        .unwrap_or_default();
    let head = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\n{protocol}\r\n",
        derive_accept_key(key.as_bytes())
    );
    http::send(stream, head.as_bytes()).await?;
    let config = WebSocketConfig::default()
        .max_frame_size(Some(FRAME))
        .max_message_size(Some(FRAME));
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    visit.run(over, socket).await;
    Ok(())
}

/// One visitor. However it ends, the task of the console ends with it.
struct Visit<'a> {
    shared: &'a Arc<Shared>,
    console: Console,
}

impl Visit<'_> {
    async fn run<S>(&self, mut over: Over<'_>, socket: WebSocketStream<S>)
    where
        S: AsyncRead + AsyncWrite + Unpin,
    {
        let (mut write, mut read) = socket.split();
        let ticket = tokio::time::timeout(TICKET_WITHIN, line(&mut read)).await;
        let Ok(Some((line, rest))) = ticket else { return };
        if !self.lets_in(&line) || write.send(Message::binary("OK")).await.is_err() {
            return;
        }
        over.was_let_in = true;
        self.show(&mut write, &mut read, &rest).await;
    }

    /// The ticket fits, and whoever it is for may still see the console. Older releases know users alone, no tokens.
    fn lets_in(&self, line: &str) -> bool {
        let Some((user, ticket)) = line.split_once(':') else {
            return false;
        };
        let (name, token) = match user.split_once('!') {
            Some((name, token)) => (name, Some(token.to_owned())),
            None => (user, None),
        };
        let who = Identity {
            user: name.to_owned(),
            token,
        };
        let path = format!("/vms/{}", self.console.vmid);
        self.shared.with(|world| {
            user == self.console.user
                && ticket == self.console.ticket
                && (who.token.is_none() || world.flavour.release >= Release::V9)
                && world.access.allows(&who, &path, &["VM.Console"])
        })
    }

    async fn show<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        write: &mut SplitSink<WebSocketStream<S>, Message>,
        read: &mut SplitStream<WebSocketStream<S>>,
        rest: &[u8],
    ) {
        let vmid = self.console.vmid;
        let (refusal, greeting) = self
            .shared
            .with(|world| (world.console_refusal(vmid), world.console_greeting(vmid)));
        if let Some(text) = refusal.as_ref().or(greeting.as_ref()) {
            // Who is gone is noticed below.
            let _ = write.send(Message::binary(format!("{text}\r\n"))).await;
        }
        if refusal.is_some() {
            return;
        }
        let (typed, come) = mpsc::unbounded_channel();
        let (shown, mut output) = mpsc::channel(QUEUED);
        let who = (Place::Guest(vmid), "root".to_owned());
        let shell = Shell::new(Arc::clone(self.shared), who, Screen::Console(shown), SIZE, come);
        let mut framed = Framed::default();
        framed
            .take(rest)
            .into_iter()
            .for_each(|come| drop(typed.send(come)));
        let inwards = async {
            while let Some(bytes) = bytes(read).await {
                for come in framed.take(&bytes) {
                    // The shell reads until the visitor goes.
                    let _ = typed.send(come);
                }
            }
        };
        let outwards = async {
            while let Some(text) = output.recv().await {
                if write.send(Message::binary(text)).await.is_err() {
                    return;
                }
            }
        };
        tokio::select! {
            () = inwards => {}
            () = outwards => {}
            () = shell.run() => {}
            () = self.nothing_left() => {}
        }
    }

    /// Until the guest does not run any more, or the task was stopped.
    async fn nothing_left(&self) {
        let goes_on = || {
            self.shared.with(|world| {
                world.shows_console(&self.console) && world.console_refusal(self.console.vmid).is_none()
            })
        };
        while goes_on() {
            self.shared.clock.sleep(POLL).await;
        }
    }
}

/// Ends the console in the world, also when the connection is dropped in the middle.
struct Over<'a> {
    visit: &'a Visit<'a>,
    was_let_in: bool,
}

impl Drop for Over<'_> {
    fn drop(&mut self) {
        let Visit { shared, console } = self.visit;
        shared.with(|world| world.end_console(console, self.was_let_in));
    }
}

/// The bytes of the next message.
async fn bytes<S>(read: &mut SplitStream<WebSocketStream<S>>) -> Option<Vec<u8>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match read.next().await?.ok()? {
            Message::Binary(bytes) => return Some(bytes.to_vec()),
            Message::Text(text) => return Some(text.as_bytes().to_vec()),
            Message::Close(_) => return None,
            _ => {}
        }
    }
}

/// The first line, and what came after it.
async fn line<S>(read: &mut SplitStream<WebSocketStream<S>>) -> Option<(String, Vec<u8>)>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut all = Vec::new();
    loop {
        if let Some(end) = all.iter().position(|byte| *byte == b'\n') {
            let rest = all.split_off(end + 1);
            all.pop();
            return Some((String::from_utf8(all).ok()?, rest));
        }
        if all.len() > LONGEST {
            return None;
        }
        all.extend(bytes(read).await?);
    }
}

/// Input as it is framed: `0:LENGTH:BYTES`, `1:COLS:ROWS:`; everything else is passed over, byte by byte.
#[derive(Debug, Default)]
struct Framed {
    begun: Vec<u8>,
    remaining: usize,
}

impl Framed {
    fn take(&mut self, bytes: &[u8]) -> Vec<Come> {
        self.begun.extend_from_slice(bytes);
        let mut come = Vec::new();
        loop {
            if self.remaining > 0 {
                let length = self.remaining.min(self.begun.len());
                if length == 0 {
                    return come;
                }
                self.remaining -= length;
                come.push(Come::Bytes(self.begun.drain(..length).collect()));
                continue;
            }
            match self.begun.first() {
                None => return come,
                Some(b'0') => match numbers::<1>(&self.begun) {
                    Some(([length], size)) => {
                        self.begun.drain(..size);
                        self.remaining = length;
                    }
                    None => return come,
                },
                Some(b'1') => match numbers::<2>(&self.begun) {
                    Some(([cols, rows], size)) => {
                        self.begun.drain(..size);
                        let side = |count| u32::try_from(count).unwrap_or(0);
                        come.push(Come::Size(side(cols), side(rows)));
                    }
                    None => return come,
                },
                Some(_) => {
                    self.begun.remove(0);
                }
            }
        }
    }
}

/// The numbers of a header, each with a colon before and after, and how many bytes they take; none when it is not whole.
fn numbers<const COUNT: usize>(bytes: &[u8]) -> Option<([usize; COUNT], usize)> {
    let mut numbers = [0; COUNT];
    let mut at = 2;
    for number in &mut numbers {
        let rest = bytes.get(at..)?;
        let length = rest.iter().position(|byte| *byte == b':')?;
        *number = std::str::from_utf8(&rest[..length]).ok()?.parse().ok()?;
        at += length + 1;
    }
    Some((numbers, at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn input_is_read_however_its_bytes_are_cut() {
        let whole = b"20:3:a:b1:120:32:220:0:0:1:2";
        for cut in 1..=whole.len() {
            let mut framed = Framed::default();
            let come: Vec<Come> = whole.chunks(cut).flat_map(|piece| framed.take(piece)).collect();
            let mut typed = Vec::new();
            let mut sizes = Vec::new();
            for one in come {
                match one {
                    Come::Bytes(bytes) => typed.extend(bytes),
                    Come::Size(cols, rows) => sizes.push((cols, rows)),
                }
            }
            assert_eq!(
                (typed.as_slice(), sizes.as_slice()),
                (&b"a:b2"[..], &[(120, 32)][..]),
                "{cut}"
            );
        }
    }
}
