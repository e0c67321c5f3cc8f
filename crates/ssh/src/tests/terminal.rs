//! Terminals at the level of the port: what they take, and what is left of one that is dropped.

use super::{
    ACTIVE, forge, look, options,
    server::{Server, children, lives},
    ssh, until,
};
use crate::Terminals;
use jarvis_model::{Host, ServiceStatus};
use jarvis_ports::{
    Terminal as _, TerminalError,
    terminal::{Ended, Input, Opened, Output, Size},
};
use std::time::Duration;

fn size() -> Size {
    Size::new(80, 24).unwrap()
}

async fn typed(opened: &Opened, line: &str) {
    opened
        .input
        .send(Input::Bytes(line.as_bytes().to_vec()))
        .await
        .unwrap();
}

/// Reads until the terminal ends.
async fn ended(mut opened: Opened) -> Ended {
    let end = tokio::time::timeout(Duration::from_secs(30), async {
        loop {
            match opened.output.recv().await {
                Some(Output::Bytes(_)) => {}
                Some(Output::Ended(ended)) => return ended,
                None => panic!("it ended without a word"),
            }
        }
    });
    end.await.unwrap()
}

#[tokio::test]
async fn a_terminal_takes_no_place_from_programs() {
    // One session a connection: a terminal on the connection of the programs would leave none for them.
    let server = Server::start_with("MaxSessions 1");
    server.stub("systemctl", ACTIVE);
    let (ssh, terminals) = (ssh(&server), Terminals::new(&options(&server)));
    assert_eq!(look(&ssh, "nginx").await.unwrap(), ServiceStatus::Up);
    let mut floods = Vec::new();
    for _ in 0..6 {
        let opened = terminals.open(&forge(), size()).await.unwrap();
        // Output without end, that nobody takes.
        typed(&opened, "yes\r").await;
        floods.push(opened);
    }
    for _ in 0..5 {
        assert_eq!(look(&ssh, "nginx").await.unwrap(), ServiceStatus::Up);
    }
    // The programs' one connection, and one for each terminal.
    assert_eq!(server.logins(), 7);
}

#[tokio::test]
async fn a_dropped_terminal_ends_on_its_host() {
    let server = Server::start();
    let terminals = Terminals::new(&options(&server));
    let opened = terminals.open(&forge(), size()).await.unwrap();
    typed(&opened, "echo $$ > $STUBS/pid; exec yes\r").await;
    until("the shell says who it is", || {
        !server.text("pid").trim().is_empty()
    })
    .await;
    let pid = server.text("pid");
    assert!(lives(&pid) && !children(server.id()).is_empty());
    drop(opened);
    until("it ends", || !lives(&pid)).await;
}

#[tokio::test]
async fn a_shell_tells_how_it_ended() {
    let server = Server::start();
    let terminals = Terminals::new(&options(&server));
    let opened = terminals.open(&forge(), size()).await.unwrap();
    assert_eq!(opened.user, server.endpoint().user);
    typed(&opened, "exit 9\r").await;
    assert_eq!(
        ended(opened).await,
        Ended {
            status: Some(9),
            ..Ended::default()
        }
    );
    let opened = terminals.open(&forge(), size()).await.unwrap();
    typed(&opened, "kill -TERM $$; kill -KILL $$\r").await;
    assert_eq!(ended(opened).await.signal.as_deref(), Some("KILL"));
    let nowhere = terminals.open(&Host::Named("other".to_owned()), size()).await;
    assert!(matches!(nowhere, Err(TerminalError::NoWay { .. })));
}
