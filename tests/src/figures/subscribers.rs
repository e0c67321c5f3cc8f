//! Many subscribers of the journal's records, waiting for one change.

use super::{
    program::{command, said},
    site::Site,
};
use anyhow::Context as _;
use futures::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use std::{
    path::Path,
    time::{Duration, Instant},
};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Sockets one token may have open.
const SOCKETS_A_TOKEN: u32 = 8;

/// How long a change may take to be heard.
const PATIENCE: Duration = Duration::from_secs(20);

/// From asking for a change (freeze, then thaw, and again) until each of `subscribers` has it, for every change and subscriber.
pub async fn measure(
    site: &Site,
    binary: &Path,
    subscribers: u32,
    changes: u32,
) -> anyhow::Result<Vec<Duration>> {
    let mut sockets = Vec::new();
    for number in 0..subscribers.div_ceil(SOCKETS_A_TOKEN) {
        let mut create = command(binary, site.home.path());
        create.args([
            "token",
            "create",
            &format!("listener{number}"),
            "--role",
            "viewer",
        ]);
        let said = said(create)?;
        let token = said
            .split_whitespace()
            .find(|word| word.starts_with("jrv"))
            .with_context(|| format!("no token in {said}"))?;
        for _ in 0..SOCKETS_A_TOKEN.min(subscribers - number * SOCKETS_A_TOKEN) {
            sockets.push(subscribe(&site.door.url, token).await?);
        }
    }
    let mut samples = Vec::new();
    // The first change and its undoing only make sure that everybody listens.
    for change in 0..changes + 2 {
        let (mutation, wanted) = if change % 2 == 0 {
            (
                "mutation { freeze(reason: \"measured\") { reason } }",
                "freezeSet",
            )
        } else {
            ("mutation { thaw }", "thawed")
        };
        let began = Instant::now();
        let waits: Vec<_> = sockets
            .drain(..)
            .map(|socket| tokio::spawn(hear(socket, wanted)))
            .collect();
        site.door.ask(mutation).await?;
        for wait in waits {
            let (socket, heard) = wait.await??;
            if change >= 2 {
                samples.push(heard.duration_since(began));
            }
            sockets.push(socket);
        }
    }
    Ok(samples)
}

async fn subscribe(url: &str, token: &str) -> anyhow::Result<Socket> {
    let mut request = format!("{}/graphql", url.replacen("http", "ws", 1)).into_client_request()?;
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse()?);
    headers.insert("authorization", format!("Bearer {token}").parse()?);
    let (mut socket, _) = connect_async(request).await?;
    let text = |value: Value| Message::text(value.to_string());
    socket.send(text(json!({ "type": "connection_init" }))).await?;
    let query = "subscription { events(afterSeq: 0) { name } }";
    let subscribe = json!({ "id": "records", "type": "subscribe", "payload": { "query": query } });
    socket.send(text(subscribe)).await?;
    Ok(socket)
}

/// Reads until the record with this name has come.
async fn hear(socket: Socket, wanted: &'static str) -> anyhow::Result<(Socket, Instant)> {
    tokio::time::timeout(PATIENCE, listen(socket, wanted))
        .await
        .with_context(|| format!("{wanted} was not heard within {PATIENCE:?}"))?
}

async fn listen(mut socket: Socket, wanted: &str) -> anyhow::Result<(Socket, Instant)> {
    loop {
        let message = socket.next().await.context("the socket ended")??;
        let Ok(text) = message.to_text() else { continue };
        if text.contains(wanted) {
            return Ok((socket, Instant::now()));
        }
        anyhow::ensure!(!text.contains("\"error\""), "{text}");
    }
}
