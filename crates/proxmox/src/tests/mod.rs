//! The client against scripted servers: what goes over the wire, what comes back, and what is made of it.

mod certificates;
mod decoding;
mod login;
mod looks;
mod server;
mod steering;
mod writes;

use crate::{EntryPoint, Options, Proxmox, Timeouts, Tls, Token};
use jarvis_model::{NodeName, Vmid};
use server::Server;
use std::time::Duration;

const SECRET: &str = "3b1a9d0e-aaaa-bbbb-cccc-1234567890ab";

fn token() -> Token {
    Token::parse(&format!("jarvis@pve!reads={SECRET}")).unwrap()
}

fn node(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

fn vmid(number: u32) -> Vmid {
    Vmid::new(number).unwrap()
}

/// Limits short enough for tests, in the proportions of the real ones.
fn short() -> Timeouts {
    Timeouts {
        connect: Duration::from_millis(500),
        look: Duration::from_millis(1200),
        write: Duration::from_millis(1200),
        hedge: Duration::from_millis(200),
        aside: Duration::from_secs(20),
        auth_backoff: Duration::from_mins(1),
        votes: Duration::from_mins(5),
        login: Duration::from_millis(1000),
        ..Timeouts::default()
    }
}

fn options(points: Vec<EntryPoint>) -> Options {
    let mut options = Options::new("lab", points, token(), Tls::WebRoots).unwrap();
    options.timeouts = short();
    options
}

fn client(servers: &[(Option<&str>, &Server)]) -> Proxmox {
    let points = servers
        .iter()
        .map(|(node, server)| EntryPoint::new(*node, &server.url()).unwrap())
        .collect();
    Proxmox::new(options(points)).unwrap()
}

/// A port on which nothing listens.
async fn closed_port() -> u16 {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    listener.local_addr().unwrap().port()
}
