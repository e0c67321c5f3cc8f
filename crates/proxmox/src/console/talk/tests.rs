//! What goes over the wire to `termproxy`, and what is made of its answers. Knows no request of the API.

use super::*;
use crate::console::backlog;
use jarvis_ports::terminal::PIECE;
use std::future::pending;
use tokio::io::DuplexStream;
use tokio_tungstenite::tungstenite::protocol::Role;

mod genuine;

type Far = WebSocketStream<DuplexStream>;
type Ends = (mpsc::Sender<Input>, mpsc::Receiver<Output>);

fn size() -> Size {
    Size::new(120, 32).unwrap()
}

/// What never comes is found out.
async fn soon<T>(what: impl Future<Output = T>) -> T {
    timeout(Duration::from_mins(1), what)
        .await
        .expect("it should have come")
}

/// Two ends of a WebSocket, ours first.
async fn pair() -> (Far, Far) {
    let (near, far) = tokio::io::duplex(1 << 16);
    let near = WebSocketStream::from_raw_socket(near, Role::Client, Some(config()));
    let far = WebSocketStream::from_raw_socket(far, Role::Server, None);
    tokio::join!(near, far)
}

/// The bytes of the next message, which Proxmox must be able to take.
async fn next(far: &mut Far) -> Vec<u8> {
    match soon(far.next()).await {
        Some(Ok(Message::Binary(bytes))) => {
            assert!(bytes.len() <= 128 * 1024);
            bytes.to_vec()
        }
        other => panic!("{other:?}"),
    }
}

/// A console that let in, and its other side.
async fn open(first: &[u8]) -> (Ends, Far) {
    let (near, mut far) = pair().await;
    let other_side = async {
        assert_eq!(next(&mut far).await, b"jarvis@pve!act:PVEVNC:1::a/b+c=\n");
        far.send(Message::binary(first.to_vec())).await.unwrap();
        assert_eq!(next(&mut far).await, b"1:120:32:");
        far
    };
    let (ends, far) = tokio::join!(
        begin(near, ("jarvis@pve!act", "PVEVNC:1::a/b+c="), size(), pending()),
        other_side
    );
    (ends.unwrap(), far)
}

fn bytes(output: Option<Output>) -> Vec<u8> {
    match output {
        Some(Output::Bytes(bytes)) => bytes,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_typed_shown_and_resized_is_spoken_as_termproxy_reads_it() {
    let ((input, mut output), mut far) = open(b"OKlogin: ").await;
    assert_eq!(bytes(output.recv().await), b"login: ");
    input.send(Input::Bytes("é\r".into())).await.unwrap();
    assert_eq!(next(&mut far).await, "0:3:é\r".as_bytes());
    input.send(Input::Resize(size().nudged())).await.unwrap();
    assert_eq!(next(&mut far).await, b"1:120:31:");
    far.send(Message::text("text counts, too")).await.unwrap();
    assert_eq!(bytes(output.recv().await), b"text counts, too");
    drop(far);
    let ended = output.recv().await;
    assert!(
        matches!(&ended, Some(Output::Ended(Ended { why: Some(why), .. })) if why.contains("closed")),
        "{ended:?}"
    );
    assert_eq!(output.recv().await, None);
}

#[tokio::test]
async fn a_paste_has_one_header_however_long_it_is() {
    let ((input, _output), mut far) = open(b"OK").await;
    let paste: Vec<u8> = (0..=250).cycle().take(300_000).collect();
    input.send(Input::Bytes(Vec::new())).await.unwrap();
    input.send(Input::Bytes(paste.clone())).await.unwrap();
    input.send(Input::Bytes(b"x".to_vec())).await.unwrap();
    let mut whole = b"0:300000:".to_vec();
    whole.extend(paste);
    whole.extend(b"0:1:x");
    let mut came = Vec::new();
    while came.len() < whole.len() {
        came.extend(next(&mut far).await);
    }
    assert!(came == whole);
}

#[tokio::test(start_paused = true)]
async fn a_quiet_console_gives_a_sign_of_life() {
    let ((_input, _output), mut far) = open(b"OK").await;
    for _ in 0..3 {
        let since = Instant::now();
        assert_eq!(next(&mut far).await, b"2");
        assert_eq!(since.elapsed().as_secs(), LIFE_EVERY.as_secs());
    }
}

#[tokio::test]
async fn who_is_not_let_in_hears_why() {
    for (said, wanted) in [
        (&b""[..], NotLetIn::Closed),
        (b"NO", NotLetIn::Said("NO".to_owned())),
    ] {
        let (near, mut far) = pair().await;
        let other_side = async move {
            next(&mut far).await;
            if !said.is_empty() {
                far.send(Message::binary(said.to_vec())).await.unwrap();
            }
        };
        let (refused, ()) = tokio::join!(begin(near, ("a@b", "T"), size(), pending()), other_side);
        assert_eq!(refused.unwrap_err(), wanted);
    }
    let (near, mut far) = pair().await;
    let other_side = async move {
        next(&mut far).await;
        far.send(Message::binary(b"O".to_vec())).await.unwrap();
        far.send(Message::binary(b"Khello".to_vec())).await.unwrap();
        far
    };
    let (let_in, _far) = tokio::join!(begin(near, ("a@b", "T"), size(), pending()), other_side);
    assert_eq!(bytes(let_in.unwrap().1.recv().await), b"hello");
}

#[tokio::test]
async fn a_flood_that_nobody_takes_is_read_on_and_held_within_its_bound() {
    let ((input, mut output), mut far) = open(b"OK").await;
    let sent = 40 * backlog::MOST;
    for _ in 0..sent / 65_536 {
        // Would it stop reading, this would never end.
        soon(far.send(Message::binary(vec![b'y'; 65_536]))).await.unwrap();
    }
    // What is typed gets through all the same.
    input.send(Input::Bytes(b"\x03".to_vec())).await.unwrap();
    assert_eq!(next(&mut far).await, b"0:1:\x03");
    far.send(Message::binary(b"$ ".to_vec())).await.unwrap();
    let mut shown = Vec::new();
    while !shown.ends_with(b"shown]\r\n") {
        let piece = bytes(soon(output.recv()).await);
        assert!(piece.len() <= PIECE);
        shown.extend(piece);
    }
    assert!(shown.len() < 2 * backlog::MOST, "{} bytes were held", shown.len());
    far.send(Message::binary(b"after".to_vec())).await.unwrap();
    assert_eq!(bytes(output.recv().await), b"after");
}

#[tokio::test]
async fn a_console_that_is_let_go_is_closed() {
    for let_go in [|(_, output): Ends| drop(output), |(input, _): Ends| drop(input)] {
        let (ends, mut far) = open(b"OK").await;
        let_go(ends);
        assert!(matches!(soon(far.next()).await, Some(Ok(Message::Close(_)))));
    }
}
