//! A WebSocket client, as polite or impolite as a test wants.

use super::{Api, soon};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{self, Message, client::IntoClientRequest, protocol::frame::coding::CloseCode},
};

pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Api {
    /// Upgrades with these headers and the right subprotocol.
    pub async fn upgrade(&self, headers: &[(&str, &str)]) -> Result<Socket, u16> {
        self.upgrade_as("graphql-transport-ws", headers).await
    }

    /// Upgrades with a subprotocol.
    pub async fn upgrade_as(&self, protocol: &str, headers: &[(&str, &str)]) -> Result<Socket, u16> {
        let mut request = format!("{}/graphql", self.url.replace("http://", "ws://"))
            .into_client_request()
            .unwrap();
        request
            .headers_mut()
            .insert("sec-websocket-protocol", protocol.parse().unwrap());
        for (name, value) in headers {
            let name: tungstenite::http::HeaderName = name.parse().unwrap();
            request.headers_mut().append(name, value.parse().unwrap());
        }
        match connect_async(request).await {
            Ok((socket, _)) => Ok(Socket(socket)),
            Err(tungstenite::Error::Http(response)) => Err(response.status().as_u16()),
            Err(other) => panic!("{other}"),
        }
    }

    /// An initialised socket with a bearer token.
    pub async fn socket(&self, token: &str) -> Socket {
        let bearer = format!("Bearer {token}");
        let mut socket = self.upgrade(&[("authorization", &bearer)]).await.unwrap();
        socket.init(json!({})).await;
        socket
    }
}

impl Socket {
    pub async fn send(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    pub async fn send_raw(&mut self, message: Message) {
        // The other side may have closed already; what it said is read afterwards.
        let _ = self.0.send(message).await;
    }

    /// Sends `connection_init` and waits for its acknowledgement.
    pub async fn init(&mut self, payload: Value) {
        self.send(json!({ "type": "connection_init", "payload": payload }))
            .await;
        assert_eq!(self.next().await["type"], "connection_ack");
    }

    pub async fn subscribe(&mut self, id: &str, query: &str) {
        self.send(json!({ "type": "subscribe", "id": id, "payload": { "query": query } }))
            .await;
    }

    /// The next JSON message.
    pub async fn next(&mut self) -> Value {
        loop {
            match soon("a message", self.0.next()).await {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                other => panic!("a message was expected, not {other:?}"),
            }
        }
    }

    /// The data of the next `next` message of an operation.
    pub async fn data(&mut self, id: &str) -> Value {
        loop {
            let message = self.next().await;
            if message["type"] == "next" && message["id"] == id {
                assert!(
                    message["payload"]
                        .get("errors")
                        .is_none_or(|errors| errors.as_array().is_none_or(Vec::is_empty)),
                    "{message}"
                );
                return message["payload"]["data"].clone();
            }
        }
    }

    /// The code with which the other side closes; 1006 for a cut without a word.
    pub async fn closed(&mut self) -> u16 {
        loop {
            match soon("the end", self.0.next()).await {
                Some(Ok(Message::Close(Some(frame)))) => return frame.code.into(),
                Some(Ok(Message::Close(None))) => return CloseCode::Status.into(),
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return 1006,
            }
        }
    }
}
