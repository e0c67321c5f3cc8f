//! One socket of a terminal: bytes and words in both directions, until either side goes. The terminal stays for a while.

use super::{
    Terminals,
    driver::short,
    reason::Reason,
    session::{End, Next, Session},
    wire::{Said, Word},
};
use crate::{auth::Caller, state::ApiState};
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures::{
    FutureExt as _, SinkExt, StreamExt,
    stream::{SplitSink, SplitStream},
};
use jarvis_model::Host;
use jarvis_ports::terminal::Size;
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, timeout};

/// Largest message, bytes: what is pasted comes in one.
pub const MESSAGE_LIMIT: usize = 1024 * 1024 + 64 * 1024;
/// What may be typed ahead of the host before the socket waits; and what ends the socket.
const TYPED_AHEAD: usize = 1024 * 1024;
const TYPED_TOO_FAR: usize = 2 * MESSAGE_LIMIT;
const PING_EVERY: Duration = Duration::from_secs(20);
const SILENT_FOR: Duration = Duration::from_mins(1);
const SEND_WITHIN: Duration = Duration::from_secs(30);
const CLOSE_WITHIN: Duration = Duration::from_secs(2);

/// What is asked for at the upgrade.
pub(super) struct Asked {
    pub caller: Caller,
    pub host: Host,
    pub size: Size,
    /// The terminal to take up again, and the bytes of it that were received.
    pub resume: Option<(String, u64)>,
}

/// Serves one socket.
pub(super) async fn serve(state: ApiState, socket: WebSocket, asked: Asked) {
    let (sink, mut stream) = socket.split();
    let mut out = Out(sink);
    match begin(&state, asked).await {
        Ok(holding) => {
            let session = Arc::clone(&holding.session);
            let number = holding.number;
            let mut pump = Pump {
                state: state.clone(),
                holding,
                out,
                stream,
            };
            let gone = pump.run().await;
            session.leave(number, state.now());
            pump.out.close().await;
            heard_out(&mut pump.stream).await;
            tracing::debug!(session = %short(&session.id), why = gone.words(), "the socket of a terminal is gone");
        }
        Err(reason) => {
            tracing::info!(code = reason.code(), %reason, "a terminal was refused");
            out.end(Word::error(&reason), reason.close_code()).await;
            heard_out(&mut stream).await;
        }
    }
}

/// Hears the browser out until it closes, too: what it still says, when nobody reads it, would make the connection break before
/// it has read our last word.
async fn heard_out(stream: &mut SplitStream<WebSocket>) {
    let rest = async { while let Some(Ok(_)) = stream.next().await {} };
    let _ = timeout(CLOSE_WITHIN, rest).await;
}

/// A terminal that a socket holds.
struct Holding {
    session: Arc<Session>,
    number: u64,
    /// The first words.
    words: Vec<Word>,
    sent: u64,
}

async fn begin(state: &ApiState, asked: Asked) -> Result<Holding, Reason> {
    let Asked {
        caller,
        host,
        size,
        resume,
    } = asked;
    let terminals: &Arc<Terminals> = state.terminals.as_ref().ok_or(Reason::Off)?;
    let ready = |session: &Session, resumed| Word::Ready {
        session: session.id.clone(),
        resumed,
        target: String::from(session.host.clone()),
        user: session.login.clone(),
    };
    let Some((id, received)) = resume else {
        let session = terminals.open(state, caller.clone(), host, size).await?;
        let number = session.hold(caller);
        return Ok(Holding {
            words: vec![ready(&session, false)],
            session,
            number,
            sent: 0,
        });
    };
    let session = terminals.find(&id, &caller.user)?;
    if session.host != host {
        return Err(Reason::Gone);
    }
    let number = session.hold(caller);
    session.resize(size);
    let whole = session.resume(received);
    let mut words = vec![ready(&session, whole)];
    if !whole {
        words.push(Word::error(&Reason::OutputLost));
    }
    Ok(Holding {
        session,
        number,
        words,
        sent: if whole { received } else { 0 },
    })
}

/// Why a socket is gone.
enum Gone {
    /// It was lost, or the browser closed it.
    Lost,
    /// The terminal is over and the browser knows.
    Over,
    /// It was closed from here.
    Closed(&'static str),
}

impl Gone {
    fn words(&self) -> &'static str {
        match self {
            Self::Lost => "lost, or closed by the browser",
            Self::Over => "the terminal is over",
            Self::Closed(why) => why,
        }
    }
}

struct Pump {
    state: ApiState,
    holding: Holding,
    out: Out,
    stream: SplitStream<WebSocket>,
}

impl Pump {
    async fn run(&mut self) -> Gone {
        for word in std::mem::take(&mut self.holding.words) {
            if !self.out.send(Message::text(word.text())).await {
                return Gone::Lost;
            }
        }
        let mut news = self.holding.session.news();
        let mut pings = tokio::time::interval(PING_EVERY);
        let mut heard_at = Instant::now();
        loop {
            news.borrow_and_update();
            let message = match self.holding.session.next(self.holding.number, self.holding.sent) {
                Next::Bytes(bytes) => {
                    self.holding.sent += bytes.len() as u64;
                    if !self.out.send(Message::binary(bytes)).await {
                        return Gone::Lost;
                    }
                    // A flood of output must not keep what is typed from being heard.
                    match self.stream.next().now_or_never() {
                        Some(message) => message,
                        None => continue,
                    }
                }
                Next::Over(end) => return self.over(end).await,
                Next::TakenUp => return self.close(&Reason::TakenUp, "taken up by another").await,
                Next::Nothing => {
                    let full = self.holding.session.typed_ahead(TYPED_AHEAD);
                    tokio::select! {
                        message = self.stream.next(), if !full => message,
                        _ = news.changed() => continue,
                        _ = pings.tick() => {
                            if heard_at.elapsed() > SILENT_FOR && !full {
                                return Gone::Closed("silent");
                            }
                            if !self.out.send(Message::Ping(Vec::new().into())).await {
                                return Gone::Lost;
                            }
                            continue;
                        }
                    }
                }
            };
            heard_at = Instant::now();
            if let Err(gone) = self.take(message).await {
                return gone;
            }
        }
    }

    /// Takes one message of the browser.
    async fn take(&mut self, message: Option<Result<Message, axum::Error>>) -> Result<(), Gone> {
        let session = Arc::clone(&self.holding.session);
        let broken = match message {
            Some(Ok(Message::Binary(bytes))) => {
                let waiting = session.take_typed(self.holding.number, bytes.to_vec(), self.state.now());
                if waiting <= TYPED_TOO_FAR {
                    return Ok(());
                }
                "more was typed ahead than the host takes"
            }
            Some(Ok(Message::Text(text))) => match serde_json::from_str(&text) {
                Ok(said) => match obey(&session, self.holding.number, said) {
                    Ok(()) => return Ok(()),
                    Err(broken) => broken,
                },
                Err(_) => "a text message is resize, ack or close, in JSON",
            },
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(()),
            Some(Ok(Message::Close(_))) | None => return Err(Gone::Lost),
            Some(Err(_)) => "the message was too large or broken",
        };
        let reason = Reason::BrokenRules(broken.to_owned());
        Err(self.close(&reason, broken).await)
    }

    async fn over(&mut self, end: End) -> Gone {
        let (word, code) = match &end {
            End::Shell(ended) => (Word::exit(ended), 1000),
            End::Because(reason) => (Word::error(reason), reason.close_code()),
            End::Closed | End::Left => {
                let closed = jarvis_ports::terminal::Ended {
                    why: Some("the terminal was closed".to_owned()),
                    ..Default::default()
                };
                (Word::exit(&closed), 1000)
            }
        };
        self.out.end(word, code).await;
        self.holding.session.told();
        Gone::Over
    }

    async fn close(&mut self, reason: &Reason, why: &'static str) -> Gone {
        self.out.end(Word::error(reason), reason.close_code()).await;
        Gone::Closed(why)
    }
}

fn obey(session: &Session, number: u64, said: Said) -> Result<(), &'static str> {
    match said {
        Said::Resize { cols, rows } => {
            let size = Size::new(cols, rows).ok_or("columns and rows are from 1 to 1000")?;
            session.resize(size);
        }
        Said::Ack { bytes } => session
            .acknowledge(number, bytes)
            .map_err(|_| "more was acknowledged than was ever sent")?,
        Said::Close => session.end(End::Closed),
    }
    Ok(())
}

/// The sending half.
struct Out(SplitSink<WebSocket, Message>);

impl Out {
    /// False when the browser does not take it in time, or is gone.
    async fn send(&mut self, message: Message) -> bool {
        matches!(timeout(SEND_WITHIN, self.0.send(message)).await, Ok(Ok(())))
    }

    /// The last word, and the end.
    async fn end(&mut self, word: Word, code: u16) {
        let reason = match &word {
            Word::Error { code, .. } => (*code).to_owned(),
            _ => String::new(),
        };
        let _ = timeout(CLOSE_WITHIN, self.0.send(Message::text(word.text()))).await;
        let close = CloseFrame {
            code,
            reason: reason.into(),
        };
        let _ = timeout(CLOSE_WITHIN, self.0.send(Message::Close(Some(close)))).await;
        self.close().await;
    }

    /// Answers the client's own close frame, too.
    async fn close(&mut self) {
        let _ = timeout(CLOSE_WITHIN, self.0.close()).await;
    }
}
