//! The client against scripted servers: what goes over the wire, what comes back, and what is made of it.

mod backups;
mod certificates;
mod decoding;
mod inside;
mod login;
mod looks;
pub(crate) mod server;
mod steering;
mod transport;
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

/// Limits short enough for tests, in the proportions of the real ones, and longer than a busy machine holds anybody up.
fn short() -> Timeouts {
    Timeouts {
        connect: Duration::from_secs(2),
        look: Duration::from_secs(3),
        write: Duration::from_secs(3),
        hedge: Duration::from_millis(600),
        aside: Duration::from_secs(20),
        auth_backoff: Duration::from_mins(1),
        votes: Duration::from_mins(5),
        login: Duration::from_secs(4),
        agent_act: Duration::from_millis(800),
        agent_poll: Duration::from_millis(5),
        ..Timeouts::default()
    }
}

fn options(points: Vec<EntryPoint>) -> Options {
    let mut options = Options::new("lab", points, token(), Tls::WebRoots).unwrap();
    options.timeouts = short();
    options
}

pub(crate) fn client(servers: &[(Option<&str>, &Server)]) -> Proxmox {
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

/// The names in the second column of the table of `lib.rs`.
fn named_tests() -> Vec<&'static str> {
    let (_, table) = include_str!("../lib.rs").split_once("| point | test |").unwrap();
    let rows = table
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with("//! |"));
    let cells = rows.filter_map(|row| row.rsplit('|').nth(1));
    cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect()
}

#[test]
fn every_point_of_the_table_has_its_test() {
    let mut sources = String::new();
    let mut folders = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().path())
        {
            if path.is_dir() {
                folders.push(path);
            } else {
                sources.push_str(&std::fs::read_to_string(path).unwrap());
            }
        }
    }
    let names = named_tests();
    assert!(names.len() > 20, "{names:?}");
    for name in names {
        assert!(sources.contains(&format!("fn {name}(")), "no test {name}");
    }
}
