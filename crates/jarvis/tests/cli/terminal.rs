//! A terminal of the real program: the demo gives one on a simulated machine, and ends it in good order.

use crate::support::{DEADLINE, Demo};
use futures::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use std::{fs, path::Path, process::Command};
use tokio::net::TcpStream;
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn open(demo: &Demo) -> Socket {
    let context = fs::read_to_string(demo.home.path().join("jarvis/context.json")).unwrap();
    let context: Value = serde_json::from_str(&context).unwrap();
    let url = context["url"].as_str().unwrap().replacen("http", "ws", 1);
    let mut request = format!("{url}/terminal/demo/atlas?cols=80&rows=24")
        .into_client_request()
        .unwrap();
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", "jarvis-terminal-v1".parse().unwrap());
    let bearer = format!("Bearer {}", context["token"].as_str().unwrap());
    headers.insert("authorization", bearer.parse().unwrap());
    connect_async(request).await.unwrap().0
}

/// Takes messages until the bytes show this text, or a word contains it.
async fn until(socket: &mut Socket, wanted: &str) -> String {
    let mut shown = String::new();
    while let Some(message) = socket.next().await {
        match message.unwrap() {
            Message::Binary(bytes) => shown.push_str(&String::from_utf8_lossy(&bytes)),
            Message::Text(text) => shown.push_str(&text),
            _ => {}
        }
        if shown.contains(wanted) {
            return shown;
        }
    }
    panic!("{wanted} did not come: {shown}");
}

/// Children of a process, and theirs.
fn below(id: u32) -> Vec<String> {
    let listed = fs::read_to_string(format!("/proc/{id}/task/{id}/children")).unwrap_or_default();
    let names = listed.split_whitespace().flat_map(|child| {
        let name = fs::read_to_string(Path::new("/proc").join(child).join("comm")).unwrap_or_default();
        let mut all = vec![name.trim().to_owned()];
        all.extend(below(child.parse().unwrap()));
        all
    });
    names.collect()
}

#[test]
fn the_demo_gives_a_terminal_that_starts_no_process_and_ends_with_it() {
    let mut demo = Demo::start();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let talk = async {
        let mut socket = open(&demo).await;
        until(&mut socket, r#""target":"node/atlas","user":"root""#).await;
        socket.send(Message::binary("pvecm status\r")).await.unwrap();
        until(&mut socket, "Quorate:          Yes").await;
        socket.send(Message::binary("sh\r")).await.unwrap();
        until(&mut socket, "sh: not found").await;
        socket
    };
    let mut socket = runtime
        .block_on(async { tokio::time::timeout(DEADLINE, talk).await })
        .unwrap();
    let shells = ["sh", "bash", "dash", "login", "sshd"];
    let below = below(demo.process.child.id());
    assert!(
        !below.iter().any(|name| shells.contains(&name.as_str())),
        "{below:?}"
    );
    let feed = demo.jarvis(&["get", "events"]).expect(0);
    assert!(feed.contains("opened a terminal on node atlas as root"), "{feed}");
    let pid = demo.process.child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .unwrap()
            .success()
    );
    let ended = async { tokio::time::timeout(DEADLINE, until(&mut socket, "JV4015")).await };
    runtime.block_on(ended).unwrap();
    assert_eq!(demo.process.child.wait().unwrap().code(), Some(0));
}
