//! `jarvis chaos` for services, heat and nodes, against `jarvis simulate`, seen with OpenSSH's own client.

use crate::support::{Process, Said, jarvis, program, until, word_after};
use std::{net::UdpSocket, path::Path, process::Stdio};
use tempfile::TempDir;

/// A simulated cluster that lives twenty seconds a second, and the files for getting in.
struct Cluster {
    home: TempDir,
    simulator: Process,
}

impl Cluster {
    fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = program(home.path());
        command.args(["simulate", "--time-factor", "20", "--ssh-key-file", "key"]);
        command.args(["--known-hosts-file", "known_hosts"]);
        let simulator = Process::start(command, home.path().join("simulate.log"), "JARVIS_CHAOS_URL=");
        Self { home, simulator }
    }

    fn chaos(&self, arguments: &[&str]) -> Said {
        let line = self.simulator.banner.lines().last().unwrap();
        let variables = line
            .split_whitespace()
            .filter_map(|word| word.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        program(self.home.path())
            .envs(variables)
            .arg("chaos")
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap()
            .into()
    }

    /// What a command on a host prints, or nothing when it cannot be reached.
    fn on(&self, host: &str, line: &str) -> String {
        let address = word_after(&self.simulator.banner, &format!("ssh {host} "));
        let (ip, port) = address.rsplit_once(':').unwrap();
        let output = std::process::Command::new("ssh")
            .args(["-F", "/dev/null", "-i", "key", "-p", port, "-o", "BatchMode=yes"])
            .args(["-o", "UserKnownHostsFile=known_hosts", "-o", "IdentitiesOnly=yes"])
            .args([&format!("jarvis@{ip}"), line])
            .current_dir(self.home.path())
            .env_remove("SSH_AUTH_SOCK")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    }

    fn state_of(&self, host: &str, unit: &str) -> String {
        self.on(host, &format!("systemctl is-active -- {unit}"))
    }
}

fn said_so(home: &Path) -> bool {
    home.join("key").exists() && home.join("known_hosts").exists()
}

#[test]
fn services_fail_once_or_for_ever_and_are_restored() {
    let cluster = Cluster::start();
    assert!(said_so(cluster.home.path()));
    let unit = "chrony.service";
    assert_eq!(cluster.state_of("node atlas", unit), "active\n");
    cluster.chaos(&["fail-service", "atlas", unit]).expect(0);
    assert_eq!(cluster.state_of("node atlas", unit), "failed\n");
    cluster.on("node atlas", "systemctl restart -- chrony.service");
    assert_eq!(cluster.state_of("node atlas", unit), "active\n");

    cluster
        .chaos(&["kill-service", "atlas", unit, "--forever"])
        .expect(0);
    cluster.on("node atlas", "systemctl restart -- chrony.service");
    assert_eq!(cluster.state_of("node atlas", unit), "failed\n");
    cluster.chaos(&["restore-service", "atlas", unit]).expect(0);
    until("the service runs again", || {
        (cluster.state_of("node atlas", unit) == "active\n").then_some(())
    });

    cluster.chaos(&["fail-service", "101", "nginx.service"]).expect(0);
    assert_eq!(cluster.state_of("guest 101", "nginx.service"), "failed\n");
    let unknown = cluster
        .chaos(&["fail-service", "atlas", "nginx.service"])
        .expect(1);
    assert!(
        unknown.contains("there is no service 'nginx.service' on node atlas; there are: chrony.service"),
        "{unknown}"
    );
    let nowhere = cluster
        .chaos(&["fail-service", "mars", "nginx.service"])
        .expect(1);
    assert!(nowhere.contains("there is no node 'mars'"), "{nowhere}");
}

#[test]
fn a_node_gets_hot_and_cools_down() {
    let cluster = Cluster::start();
    let celsius = || {
        let text = cluster.on("node home", "sensors -j");
        let said: serde_json::Value = serde_json::from_str(&text).unwrap();
        said["coretemp-isa-0000"]["Package id 0"]["temp1_input"]
            .as_f64()
            .unwrap()
    };
    let before = celsius();
    assert!(before < 60.0, "{before}");
    cluster.chaos(&["heat", "home"]).expect(0);
    until("it is hot", || (celsius() > 90.0).then_some(()));
    cluster.chaos(&["cool", "home"]).expect(0);
    until("it has cooled down", || (celsius() < 60.0).then_some(()));
}

#[test]
fn a_dropped_node_returns_when_it_is_woken_or_restored() {
    let cluster = Cluster::start();
    let there = || cluster.on("node forge", "hostname") == "forge\n";
    assert!(there());
    cluster.chaos(&["drop-node", "forge"]).expect(0);
    until("it is gone", || (!there()).then_some(()));
    let packet = [vec![0xff; 6], [2, 0x20, 0, 0, 0, 4].repeat(16)].concat();
    let to = word_after(&cluster.simulator.banner, "wake-on-lan");
    let socket = UdpSocket::bind("127.0.0.1:0").unwrap();
    socket.send_to(&packet, &to).unwrap();
    until("it was woken", || there().then_some(()));

    cluster.chaos(&["ignore-wake", "forge"]).expect(0);
    cluster.chaos(&["node-down", "forge"]).expect(0);
    until("it is gone", || (!there()).then_some(()));
    cluster.chaos(&["restore-node", "forge"]).expect(0);
    until("it was switched on", || there().then_some(()));
}

#[test]
fn only_keys_that_can_be_read_are_let_in() {
    let home = tempfile::tempdir().unwrap();
    let missing = jarvis(home.path(), &["simulate", "--authorized-keys-file", "nowhere"]).expect(1);
    assert!(
        missing.contains("nowhere") && missing.contains("check the path"),
        "{missing}"
    );
    std::fs::write(home.path().join("keys"), "# mine\nnonsense\n").unwrap();
    let wrong = jarvis(home.path(), &["simulate", "--authorized-keys-file", "keys"]).expect(1);
    assert!(wrong.contains("authorized_keys"), "{wrong}");
}
