//! `GET /graphql` as a WebSocket speaking graphql-transport-ws, and nothing else.
//!
//! A socket needs our own page (cookie or token) or a bearer token; `connection_init` within five seconds; at most 20
//! operations, 8 sockets a user, 64 KiB a message. It is closed within seconds when its session or token dies.

use super::{errors::INVALID, seats::Seat};
use crate::{
    auth::{
        Caller, bearer,
        caller::{authenticate, still_valid},
        origin::{Source, source},
    },
    state::ApiState,
    web::problem::Problem,
};
use async_graphql::{
    Data,
    http::{WebSocket as Protocol, WebSocketProtocols as Protocols, WsMessage},
};
use axum::{
    extract::{
        State,
        ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade, rejection::WebSocketUpgradeRejection},
    },
    response::{IntoResponse, Response},
};
use futures::{
    SinkExt, Stream, StreamExt,
    future::BoxFuture,
    stream::{SplitSink, SplitStream},
};
use http::{HeaderMap, StatusCode, header};
use jarvis_model::Door;
use serde_json::{Value, json};
use std::{collections::BTreeSet, time::Duration};
use tokio::{sync::mpsc, time::timeout};

const PROTOCOL: &str = "graphql-transport-ws";
const INIT_WITHIN: Duration = Duration::from_secs(5);
const CHECK_EVERY: Duration = Duration::from_secs(2);
const PING_EVERY: Duration = Duration::from_secs(20);
const SILENT_FOR: Duration = Duration::from_mins(1);
const SEND_WITHIN: Duration = Duration::from_secs(30);
const CLOSE_WITHIN: Duration = Duration::from_secs(2);
/// Operations on one socket.
pub const OPERATIONS: usize = 20;
/// Largest message, bytes.
pub const MESSAGE_LIMIT: usize = 64 * 1024;

type Close = (u16, &'static str);

/// Upgrades to a socket, or says why not.
pub async fn upgrade(
    State(state): State<ApiState>,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let Ok(upgrade) = upgrade else {
        let message = "GraphQL is taken by POST, or over a WebSocket that speaks graphql-transport-ws";
        return Problem::new(StatusCode::METHOD_NOT_ALLOWED, "INVALID", message).into_response();
    };
    let caller = match known_at_upgrade(&state, &headers) {
        Ok(caller) => caller,
        Err(problem) => return problem.into_response(),
    };
    if !offers_protocol(&headers) {
        return Problem::invalid("offer the WebSocket subprotocol graphql-transport-ws").into_response();
    }
    upgrade
        .protocols([PROTOCOL])
        .max_message_size(MESSAGE_LIMIT)
        .max_frame_size(MESSAGE_LIMIT)
        .on_upgrade(move |socket| serve(state, socket, caller))
}

/// Who asks for the upgrade. Without a page only a bearer token counts, now or in `connection_init`.
fn known_at_upgrade(state: &ApiState, headers: &HeaderMap) -> Result<Option<Caller>, Problem> {
    let from = source(&state.options, headers);
    if from == Source::Foreign {
        return Err(Problem::foreign_origin());
    }
    let found = authenticate(state, headers).map(|found| found.caller);
    if headers.contains_key(header::AUTHORIZATION) && found.is_none() {
        return Err(Problem::unauthenticated());
    }
    Ok(found.filter(|caller| from == Source::OwnPage || !caller.is_cookie()))
}

fn offers_protocol(headers: &HeaderMap) -> bool {
    let offered = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    offered
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(','))
        .any(|offer| offer.trim() == PROTOCOL)
}

async fn serve(state: ApiState, socket: WebSocket, caller: Option<Caller>) {
    let (mut sink, mut stream) = socket.split();
    let ended = match timeout(INIT_WITHIN, opened(&state, &mut stream, caller)).await {
        Err(_) => Some((4408, "Connection initialisation timeout")),
        Ok(Err(close)) => close,
        Ok(Ok((caller, seat, init))) => {
            tracing::debug!(user = caller.user, "socket opened");
            let ended = Session::new(state, caller, seat, sink, stream).run(init).await;
            tracing::debug!(reason = ?ended, "socket closed");
            return;
        }
    };
    if let Some((code, reason)) = ended {
        let close = Message::Close(Some(CloseFrame {
            code,
            reason: reason.into(),
        }));
        let _ = timeout(CLOSE_WITHIN, sink.send(close)).await;
    }
    let _ = timeout(CLOSE_WITHIN, sink.close()).await;
}

/// Waits for `connection_init`, finds out who it is, and takes a seat.
async fn opened(
    state: &ApiState,
    stream: &mut SplitStream<WebSocket>,
    known: Option<Caller>,
) -> Result<(Caller, Seat, String), Option<Close>> {
    let text = loop {
        match stream.next().await {
            Some(Ok(Message::Text(text))) => break text.to_string(),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
            Some(Ok(Message::Binary(_))) => return Err(Some((4400, "Invalid message"))),
            Some(Ok(Message::Close(_)) | Err(_)) | None => return Err(None),
        }
    };
    let message: Value = serde_json::from_str(&text).map_err(|_| Some((4400, "Invalid message")))?;
    if message["type"] != "connection_init" {
        return Err(Some((4401, "Unauthorized")));
    }
    let payload = &message["payload"];
    let authorization = payload
        .get("authorization")
        .or_else(|| payload.get("Authorization"));
    let caller = match authorization.and_then(Value::as_str) {
        Some(text) => bearer::caller(&state.handle.view().memory, text, state.now(), Door::Graphql),
        None => known,
    };
    let caller = caller.ok_or(Some((4403, "Forbidden")))?;
    let seat = state
        .seats
        .take(&caller.user)
        .map_err(|_| Some((4429, "Too many sockets of this user")))?;
    Ok((caller, seat, text))
}

struct Session {
    state: ApiState,
    caller: Caller,
    sink: SplitSink<WebSocket, Message>,
    stream: SplitStream<WebSocket>,
    operations: BTreeSet<String>,
    _seat: Seat,
}

impl Session {
    fn new(
        state: ApiState,
        caller: Caller,
        seat: Seat,
        sink: SplitSink<WebSocket, Message>,
        stream: SplitStream<WebSocket>,
    ) -> Self {
        Self {
            state,
            caller,
            sink,
            stream,
            operations: BTreeSet::new(),
            _seat: seat,
        }
    }

    /// Runs until either side ends it; returns the code and reason sent, if one was.
    async fn run(mut self, init: String) -> Option<Close> {
        // The protocol drains this each time it is polled, and nothing is read while a send waits: it stays short.
        let (incoming, received) = mpsc::unbounded_channel::<String>();
        let received = tokio_stream::wrappers::UnboundedReceiverStream::new(received);
        let mut data = Data::default();
        data.insert(self.caller.clone());
        let mut protocol = Box::pin(
            Protocol::new(self.state.schema.clone(), received, Protocols::GraphQLWS).connection_data(data),
        );
        let _ = incoming.send(init);
        let mut death = death(self.state.clone(), self.caller.clone());
        let close = self.pump(&mut protocol, &incoming, &mut death).await;
        if let Some((code, reason)) = close {
            let frame = Message::Close(Some(CloseFrame {
                code,
                reason: reason.into(),
            }));
            let _ = timeout(CLOSE_WITHIN, self.sink.send(frame)).await;
        }
        // Answers the client's own close frame, too.
        let _ = timeout(CLOSE_WITHIN, self.sink.close()).await;
        close
    }

    async fn pump(
        &mut self,
        protocol: &mut (impl Stream<Item = WsMessage> + Unpin),
        incoming: &mpsc::UnboundedSender<String>,
        death: &mut BoxFuture<'static, Close>,
    ) -> Option<Close> {
        let mut pings = tokio::time::interval(PING_EVERY);
        let mut heard_at = tokio::time::Instant::now();
        loop {
            let out = tokio::select! {
                biased;
                close = &mut *death => return Some(close),
                message = self.stream.next() => {
                    heard_at = tokio::time::Instant::now();
                    match self.take(message, incoming) {
                        Ok(None) => continue,
                        Ok(Some(answer)) => Message::text(answer),
                        Err(close) => return close,
                    }
                }
                answer = protocol.next() => match answer? {
                    WsMessage::Text(text) => {
                        self.note_end(&text);
                        Message::text(text)
                    }
                    WsMessage::Close(code, reason) => Message::Close(Some(CloseFrame { code, reason: reason.into() })),
                },
                _ = pings.tick() => {
                    if heard_at.elapsed() > SILENT_FOR {
                        return Some((4408, "Nothing was heard for a minute"));
                    }
                    Message::Ping(Vec::new().into())
                }
            };
            let is_close = matches!(out, Message::Close(_));
            tokio::select! {
                close = &mut *death => return Some(close),
                sent = timeout(SEND_WITHIN, self.sink.send(out)) => match sent {
                    Ok(Ok(())) if !is_close => {}
                    _ => return None,
                },
            }
        }
    }

    /// Takes one message of the client: passes it on, answers it itself, or ends the socket.
    fn take(
        &mut self,
        message: Option<Result<Message, axum::Error>>,
        incoming: &mpsc::UnboundedSender<String>,
    ) -> Result<Option<String>, Option<Close>> {
        let text = match message {
            Some(Ok(Message::Text(text))) => text.to_string(),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => return Ok(None),
            Some(Ok(Message::Binary(_))) => return Err(Some((4400, "Invalid message"))),
            Some(Err(_)) => return Err(Some((1009, "The message was too large or broken"))),
            Some(Ok(Message::Close(_))) | None => return Err(None),
        };
        let parsed: Value = serde_json::from_str(&text).map_err(|_| Some((4400, "Invalid message")))?;
        let id = parsed["id"].as_str().unwrap_or_default().to_owned();
        match parsed["type"].as_str().unwrap_or_default() {
            "subscribe" if self.operations.contains(&id) => {
                return Err(Some((4409, "Subscriber already exists")));
            }
            "subscribe" if self.operations.len() >= OPERATIONS => return Ok(Some(too_many(&id))),
            "subscribe" => drop(self.operations.insert(id)),
            "complete" => drop(self.operations.remove(&id)),
            "connection_init" => return Err(Some((4429, "Too many initialisation requests"))),
            "ping" | "pong" => {}
            _ => return Err(Some((4400, "Invalid message"))),
        }
        let _ = incoming.send(text);
        Ok(None)
    }

    /// An operation that the server completed is over.
    fn note_end(&mut self, text: &str) {
        if text.len() > 512 || !text.contains("\"complete\"") {
            return;
        }
        let parsed: Value = serde_json::from_str(text).unwrap_or_default();
        if parsed["type"] == "complete" {
            self.operations.remove(parsed["id"].as_str().unwrap_or_default());
        }
    }
}

fn too_many(id: &str) -> String {
    let message = format!("a socket carries {OPERATIONS} operations; complete one first");
    json!({ "type": "error", "id": id, "payload": [{ "message": message, "extensions": { "code": INVALID } }] }).to_string()
}

/// Resolves when the socket must end from our side: the session or token died, or the server stops.
fn death(state: ApiState, caller: Caller) -> BoxFuture<'static, Close> {
    Box::pin(async move {
        let stopping = state.stopping();
        let mut checks = tokio::time::interval(CHECK_EVERY);
        loop {
            tokio::select! {
                () = stopping.cancelled() => return (1001, "Jarvis is shutting down"),
                _ = checks.tick() => {
                    if !still_valid(&state, &caller) {
                        return (4401, "The session or token has ended");
                    }
                }
            }
        }
    })
}
