//! Consoles of guests: who may begin one, where its port is, who is let in, and what becomes of its task.

use std::fmt::Write as _;

use futures::{SinkExt as _, StreamExt as _};
use jarvis_simulator::Options;
use jarvis_simulator::world::flavour::Release;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::{Error, Message, client::IntoClientRequest as _};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::common::{Lab, keys, options};

const VM: &str = "/nodes/forge/qemu/102";

fn websocket(data: &Value) -> String {
    let mut ticket = String::new();
    for byte in data["ticket"].as_str().unwrap().bytes() {
        write!(ticket, "%{byte:02X}").unwrap();
    }
    format!(
        "{VM}/vncwebsocket?port={}&vncticket={ticket}",
        data["port"].as_str().unwrap()
    )
}

async fn connect(lab: &Lab, node: &str, path: &str) -> Result<WebSocketStream<TcpStream>, Error> {
    let url = lab.simulator.url(node).unwrap().to_owned();
    let address = url.trim_start_matches("http://").to_owned();
    let mut request = format!("ws://{address}/api2/json{path}")
        .into_client_request()
        .unwrap();
    let token = lab.simulator.tokens().full.authorization();
    request
        .headers_mut()
        .insert("authorization", token.parse().unwrap());
    let stream = TcpStream::connect(address).await.unwrap();
    client_async(request, stream).await.map(|(socket, _)| socket)
}

/// What is said until the other side closes, or until `wanted` is in it.
async fn said(socket: &mut WebSocketStream<TcpStream>, wanted: &str) -> String {
    let mut text = String::new();
    while !text.contains(wanted) {
        match socket.next().await {
            Some(Ok(Message::Binary(bytes))) => text += &String::from_utf8_lossy(&bytes),
            _ => break,
        }
    }
    text
}

async fn enter(lab: &Lab, data: &Value) -> WebSocketStream<TcpStream> {
    let mut socket = connect(lab, "atlas", &websocket(data)).await.unwrap();
    let line = format!(
        "{}:{}\n",
        data["user"].as_str().unwrap(),
        data["ticket"].as_str().unwrap()
    );
    socket.send(Message::binary(line)).await.unwrap();
    socket
}

#[tokio::test]
async fn a_console_is_a_port_of_the_node_that_is_asked_and_a_task_while_it_is_seen() {
    let lab = Lab::start().await;
    let data = lab.post(&format!("{VM}/termproxy"), "").await.data();
    assert_eq!(
        keys(&data),
        ["port", "ticket", "upid", "user"].map(str::to_owned).into()
    );
    let upid = data["upid"].as_str().unwrap();
    assert!(
        upid.starts_with("UPID:atlas:") && upid.contains(":vncproxy:102:root@pam!full:"),
        "{upid}"
    );
    // Without an upgrade it tells the port; another node knows nothing of it.
    assert_eq!(lab.get(&websocket(&data)).await["port"], data["port"]);
    let elsewhere = lab.call("forge", "GET", &websocket(&data), "").await;
    assert_eq!(
        (elsewhere.status, elsewhere.reason.as_str()),
        (401, "permission denied - invalid PVEVNC ticket")
    );
    let mut socket = enter(&lab, &data).await;
    assert!(
        said(&mut socket, "# ")
            .await
            .starts_with("OKstarting serial terminal on interface serial0\r\n")
    );
    socket
        .send(Message::binary("20:5:echo 0:4:hi\r21:50:5:"))
        .await
        .unwrap();
    said(&mut socket, "\r\nhi\r\n").await;
    let state = lab
        .get(&format!("/nodes/atlas/tasks/{}/status", upid.replace(':', "%3A")))
        .await;
    assert_eq!(state["status"], "running");
    // Nobody else comes to it.
    assert!(connect(&lab, "atlas", &websocket(&data)).await.is_err());
    socket.close(None).await.unwrap();
    while let Some(Ok(_)) = socket.next().await {}
    assert_eq!(lab.finish(upid).await, "OK");
}

#[tokio::test]
async fn nobody_in_ten_seconds_or_the_wrong_one_ends_it() {
    let lab = Lab::start().await;
    let data = lab.post(&format!("{VM}/termproxy"), "").await.data();
    let upid = data["upid"].as_str().unwrap();
    lab.pass(11.0);
    assert!(
        lab.finish(upid)
            .await
            .starts_with("command '/usr/bin/termproxy 5900 ")
    );
    let data = lab.post(&format!("{VM}/termproxy"), "").await.data();
    let mut socket = connect(&lab, "atlas", &websocket(&data)).await.unwrap();
    socket
        .send(Message::binary("root@pam!full:PVEVNC:1::no\n"))
        .await
        .unwrap();
    assert_eq!(said(&mut socket, "OK").await, "");
    assert!(
        lab.finish(data["upid"].as_str().unwrap())
            .await
            .contains("failed: exit code 1")
    );
}

#[tokio::test]
async fn who_may_not_and_what_is_not_there_is_refused() {
    let lab = Lab::start().await;
    let read = lab.simulator.tokens().read.authorization();
    let denied = lab
        .call_as(&read, "atlas", "POST", &format!("{VM}/termproxy"), "")
        .await;
    assert_eq!(
        (denied.status, denied.reason.as_str()),
        (403, "Permission check failed (/vms/102, VM.Console)")
    );
    let gone = lab.post("/nodes/atlas/qemu/102/termproxy", "").await;
    assert_eq!(
        gone.reason,
        "Configuration file 'nodes/atlas/qemu-server/102.conf' does not exist"
    );
    // What cannot be shown is told in the console itself.
    lab.handle.with_world(|world| {
        world.guests.get_mut(&102).unwrap().config.remove("serial0");
    });
    assert_eq!(
        lab.get(&format!("{VM}/status/current")).await["serial"],
        Value::Null
    );
    let data = lab.post(&format!("{VM}/termproxy"), "").await.data();
    let mut socket = enter(&lab, &data).await;
    assert_eq!(
        said(&mut socket, "#").await,
        "OKunable to find a serial interface\r\n"
    );
}

#[tokio::test]
async fn release_8_lets_no_token_in() {
    let lab = Lab::with(Options {
        release: Release::V8,
        ..options()
    })
    .await;
    let data = lab.post(&format!("{VM}/termproxy"), "").await.data();
    let mut socket = enter(&lab, &data).await;
    assert_eq!(said(&mut socket, "OK").await, "");
}
