//! Against a real OpenSSH server on loopback: keys, programs, acts, journals.

mod acts;
mod keys;
mod programs;
mod server;
mod terminal;

use crate::{Options, Ssh};
use jarvis_model::{Host, NodeName, ServiceStatus, ServiceUnit};
use jarvis_ports::{HostAnswer, HostRead, HostShell as _, LookError};
use server::Server;
use std::time::Duration;

fn node(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

fn forge() -> Host {
    Host::Node(node("forge"))
}

/// The host `node/forge` at this server, with limits short enough for tests.
fn options(server: &Server) -> Options {
    let mut options = Options::new(server.folder.join("known_hosts"));
    options.hosts.insert(forge(), server.endpoint());
    options.limits.rest = (Duration::from_millis(1), Duration::from_millis(5));
    options.limits.keepalive = Duration::from_secs(2);
    options
}

fn ssh(server: &Server) -> Ssh {
    Ssh::new(options(server))
}

fn unit(name: &str) -> HostRead {
    HostRead::Service(ServiceUnit::Systemd(name.to_owned()))
}

async fn look(ssh: &Ssh, name: &str) -> Result<ServiceStatus, LookError> {
    match ssh.read(&forge(), &unit(name)).await? {
        HostAnswer::Service(status) => Ok(status),
        other => panic!("{other:?}"),
    }
}

/// A `systemctl` whose units are all active.
const ACTIVE: &str = "echo LoadState=loaded; echo ActiveState=active; echo SubState=running";

/// Waits until something holds, by looking again after each turn of the loop.
async fn until(what: &str, holds: impl Fn() -> bool) {
    let waited = tokio::time::timeout(Duration::from_secs(30), async {
        while !holds() {
            tokio::task::yield_now().await;
        }
    });
    assert!(waited.await.is_ok(), "{what}");
}

/// Waits until a look succeeds; the host is left to rest for some milliseconds in between.
async fn until_ok(ssh: &Ssh) {
    let waited = tokio::time::timeout(Duration::from_secs(30), async {
        while look(ssh, "nginx").await.is_err() {
            tokio::task::yield_now().await;
        }
    });
    assert!(waited.await.is_ok(), "{:?}", look(ssh, "nginx").await);
}

/// The names in the second column of the table of `lib.rs`.
#[test]
fn every_point_of_the_table_has_its_test() {
    let (_, table) = include_str!("../lib.rs").split_once("| point | test |").unwrap();
    let rows = table.lines().skip(1).take_while(|line| line.starts_with("//! |"));
    let cells: Vec<&str> = rows
        .filter_map(|row| row.rsplit('|').nth(1))
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .collect();
    let sources = [
        include_str!("acts.rs"),
        include_str!("keys.rs"),
        include_str!("programs.rs"),
        include_str!("terminal.rs"),
        include_str!("../quote.rs"),
        include_str!("../wake.rs"),
    ]
    .concat();
    assert!(cells.len() > 15, "{cells:?}");
    for name in cells {
        assert!(sources.contains(&format!("fn {name}(")), "no test {name}");
    }
}
