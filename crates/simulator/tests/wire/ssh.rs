//! SSH servers of nodes and guests, with OpenSSH's own client.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use jarvis_simulator::{Fault, Options, Place, Simulator};
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

use crate::common::{Lab, options};

/// Files for a client, gone with it.
struct Client {
    folder: PathBuf,
}

impl Client {
    fn of(simulator: &Simulator, name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("simulated-ssh-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let client = Self { folder };
        client.private("key", simulator.ssh_key());
        std::fs::write(client.path("known_hosts"), simulator.known_hosts()).unwrap();
        client
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn private(&self, name: &str, text: &str) {
        use std::os::unix::fs::PermissionsExt;
        std::fs::write(self.path(name), text).unwrap();
        std::fs::set_permissions(self.path(name), std::fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn arguments(&self, simulator: &Simulator, place: &Place, key: &Path) -> Vec<String> {
        let host = simulator.ssh().iter().find(|host| host.place == *place).unwrap();
        let mut all = vec!["-F".to_owned(), "/dev/null".to_owned()];
        for option in [
            "BatchMode=yes".to_owned(),
            "ConnectTimeout=5".to_owned(),
            "IdentitiesOnly=yes".to_owned(),
            "StrictHostKeyChecking=yes".to_owned(),
            "GlobalKnownHostsFile=/dev/null".to_owned(),
            format!("UserKnownHostsFile={}", self.path("known_hosts").display()),
            format!("IdentityFile={}", key.display()),
            format!("Port={}", host.address.port()),
        ] {
            all.extend(["-o".to_owned(), option]);
        }
        all.push(format!("jarvis@{}", host.address.ip()));
        all
    }

    /// Follows the journal of atlas until it is dropped.
    fn follow(&self, simulator: &Simulator) -> tokio::process::Child {
        tokio::process::Command::new("ssh")
            .args(self.arguments(simulator, &atlas(), &self.path("key")))
            .arg("journalctl -f -n 1 -o cat -t systemd -t qmeventd -t pvedaemon")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap()
    }

    /// Runs a command line on a host.
    async fn run(&self, simulator: &Simulator, place: &Place, line: &str) -> Output {
        self.run_with(simulator, place, &self.path("key"), line).await
    }

    async fn run_with(&self, simulator: &Simulator, place: &Place, key: &Path, line: &str) -> Output {
        let mut command = Command::new("ssh");
        command
            .args(self.arguments(simulator, place, key))
            .arg(line)
            .env_remove("SSH_AUTH_SOCK")
            .stdin(Stdio::null());
        tokio::task::spawn_blocking(move || command.output().unwrap())
            .await
            .unwrap()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn atlas() -> Place {
    Place::node("atlas")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_tells_its_figures() {
    let lab = Lab::start().await;
    let client = Client::of(&lab.simulator, "figures");
    let said = client.run(&lab.simulator, &atlas(), "'sensors' '-j'").await;
    assert!(said.status.success(), "{}", text(&said.stderr));
    let sensors: Value = serde_json::from_slice(&said.stdout).unwrap();
    let package = sensors["coretemp-isa-0000"]["Package id 0"]["temp1_input"]
        .as_f64()
        .unwrap();
    assert!((40.0..65.0).contains(&package), "{package}");
    let said = client
        .run(
            &lab.simulator,
            &atlas(),
            "cat /proc/loadavg /proc/uptime /proc/pressure/cpu /proc/pressure/io /proc/pressure/memory",
        )
        .await;
    let lines: Vec<String> = text(&said.stdout).lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), 8, "{lines:?}");
    let load: f64 = lines[0].split(' ').next().unwrap().parse().unwrap();
    assert!((1.0..16.0).contains(&load), "{load}");
    let uptime: f64 = lines[1].split(' ').next().unwrap().parse().unwrap();
    assert!(uptime >= 41.0 * 86_400.0, "{uptime}");
    assert!(lines[2].starts_with("some avg10=") && lines[3].starts_with("full avg10="));
    assert_eq!(
        text(&client.run(&lab.simulator, &atlas(), "nproc").await.stdout),
        "16\n"
    );
    let routes = client
        .run(&lab.simulator, &atlas(), "ip -j route show default")
        .await;
    let routes: Value = serde_json::from_slice(&routes.stdout).unwrap();
    let device = routes[0]["dev"].as_str().unwrap();
    let address = format!("cat /sys/class/net/{device}/address");
    let address = text(&client.run(&lab.simulator, &atlas(), &address).await.stdout);
    assert_eq!(address, "02:20:00:00:00:01\n");
    let links = client.run(&lab.simulator, &atlas(), "ip -j link show").await;
    let links: Value = serde_json::from_slice(&links.stdout).unwrap();
    let link = links
        .as_array()
        .unwrap()
        .iter()
        .find(|link| link["ifname"] == device)
        .unwrap();
    assert_eq!(link["address"], "02:20:00:00:00:01");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_plain_command_does_not_run() {
    let lab = Lab::start().await;
    let client = Client::of(&lab.simulator, "plain");
    let missing = client.run(&lab.simulator, &atlas(), "'frobnicate' '-v'").await;
    assert_eq!(missing.status.code(), Some(127));
    assert_eq!(text(&missing.stderr), "sh: 1: frobnicate: not found\n");
    let unit = client
        .run(&lab.simulator, &atlas(), "systemctl restart -- nothing.service")
        .await;
    assert_eq!(unit.status.code(), Some(5), "{}", text(&unit.stderr));
    let list = client
        .run(&lab.simulator, &atlas(), "true; systemctl restart chrony")
        .await;
    assert_eq!(list.status.code(), Some(2));
    let quoted = client
        .run(&lab.simulator, &atlas(), r"'echo' 'it'\''s; $(reboot)' ''")
        .await;
    assert_eq!(text(&quoted.stdout), "it's; $(reboot) \n");
    assert_eq!(lab.handle.ledger().commands.len(), 0);
    let in_guest = client.run(&lab.simulator, &Place::Guest(101), "sensors -j").await;
    assert_eq!(in_guest.status.code(), Some(127), "guests have no sensors");
}

#[tokio::test(flavor = "multi_thread")]
async fn units_fail_and_are_restarted() {
    let lab = Lab::with(Options {
        time_factor: 20,
        ..options()
    })
    .await;
    let client = Client::of(&lab.simulator, "units");
    let show = "systemctl show --property=LoadState,ActiveState,SubState -- chrony.service";
    let shown = async || text(&client.run(&lab.simulator, &atlas(), show).await.stdout);
    assert_eq!(
        shown().await,
        "LoadState=loaded\nActiveState=active\nSubState=running\n"
    );
    lab.handle
        .inject_json(r#"{"fault": "fail-service", "node": "atlas", "service": "chrony"}"#)
        .unwrap();
    assert_eq!(
        shown().await,
        "LoadState=loaded\nActiveState=failed\nSubState=failed\n"
    );
    let restart = "systemctl --no-ask-password restart -- chrony.service";
    let done = client.run(&lab.simulator, &atlas(), restart).await;
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert_eq!(
        shown().await,
        "LoadState=loaded\nActiveState=active\nSubState=running\n"
    );

    lab.handle
        .inject_json(r#"{"fault": "fail-service", "node": "atlas", "service": "chrony", "forever": true}"#)
        .unwrap();
    let done = client.run(&lab.simulator, &atlas(), restart).await;
    assert_eq!(done.status.code(), Some(1));
    assert!(text(&done.stderr).starts_with("Job for chrony.service failed"));
    let log = client
        .run(
            &lab.simulator,
            &atlas(),
            "journalctl --no-pager --quiet --output=short-iso -n 20 -u chrony.service",
        )
        .await;
    let log = text(&log.stdout);
    assert!(log.contains("chronyd") || log.contains("chrony["), "{log}");
    assert!(
        log.lines()
            .last()
            .unwrap()
            .ends_with("Failed to start chrony.service - chrony, an NTP client/server.")
    );
    lab.handle
        .inject_json(r#"{"fault": "restore-service", "node": "atlas", "service": "chrony"}"#)
        .unwrap();
    lab.pass(5.0);
    assert_eq!(
        text(
            &client
                .run(&lab.simulator, &atlas(), "systemctl is-active chrony")
                .await
                .stdout
        ),
        "active\n"
    );
    assert_eq!(
        lab.handle
            .ledger()
            .asked("node atlas", "restart", "chrony.service"),
        2
    );
    assert_eq!(lab.handle.ledger().commands[0].user, "jarvis");
}

#[tokio::test(flavor = "multi_thread")]
async fn containers_fail_and_are_restarted() {
    let lab = Lab::with(Options {
        time_factor: 20,
        ..options()
    })
    .await;
    let client = Client::of(&lab.simulator, "containers");
    let home = Place::node("home");
    let inspect = "docker inspect --type=container --format '{{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}}' \
                   -- node-exporter";
    let status = async || text(&client.run(&lab.simulator, &home, inspect).await.stdout);
    assert_eq!(status().await, "running \n");
    lab.handle
        .inject_json(r#"{"fault": "fail-service", "node": "home", "service": "node-exporter"}"#)
        .unwrap();
    assert_eq!(status().await, "exited \n");
    let code = client
        .run(
            &lab.simulator,
            &home,
            "docker inspect -f '{{.State.ExitCode}}' node-exporter",
        )
        .await;
    assert_eq!(text(&code.stdout), "137\n");
    let done = client
        .run(&lab.simulator, &home, "docker restart -- node-exporter")
        .await;
    assert_eq!(text(&done.stdout), "node-exporter\n");
    assert_eq!(status().await, "running \n");
    let logs = client
        .run(
            &lab.simulator,
            &home,
            "docker logs --timestamps --tail 20 -- node-exporter",
        )
        .await;
    assert!(text(&logs.stdout).ends_with("Z ready\n"), "{logs:?}");
    assert!(text(&logs.stderr).ends_with("Z killed\n"), "{logs:?}");
    let missing = client
        .run(&lab.simulator, &home, "docker restart -- nobody")
        .await;
    assert_eq!(missing.status.code(), Some(1));
    let none = client.run(&lab.simulator, &atlas(), "docker restart -- x").await;
    assert_eq!(none.status.code(), Some(127), "no docker there");
    lab.handle
        .inject_json(r#"{"fault": "fail-service", "node": "home", "service": "docker.service"}"#)
        .unwrap();
    let without = client.run(&lab.simulator, &home, inspect).await;
    assert!(text(&without.stderr).starts_with("Cannot connect to the Docker daemon"));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_known_keys_are_let_in() {
    let folder = std::env::temp_dir().join(format!("simulated-ssh-{}-own", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    for name in ["known", "stranger"] {
        let _ = std::fs::remove_file(folder.join(name));
        let made = Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", "", "-f"])
            .arg(folder.join(name))
            .status()
            .unwrap();
        assert!(made.success());
    }
    let authorized_keys = vec![std::fs::read_to_string(folder.join("known.pub")).unwrap()];
    let lab = Lab::with(Options {
        authorized_keys,
        ..options()
    })
    .await;
    let client = Client::of(&lab.simulator, "keys");
    let known = client
        .run_with(&lab.simulator, &atlas(), &folder.join("known"), "hostname")
        .await;
    assert_eq!(text(&known.stdout), "atlas\n", "{}", text(&known.stderr));
    let stranger = client
        .run_with(&lab.simulator, &atlas(), &folder.join("stranger"), "hostname")
        .await;
    assert_eq!(stranger.status.code(), Some(255));
    assert!(text(&stranger.stderr).contains("Permission denied (publickey)"));
    let _ = std::fs::remove_dir_all(&folder);
    let wrong = Simulator::start(Options {
        authorized_keys: vec!["ssh-ed25519 nonsense".to_owned()],
        ..options()
    })
    .await;
    assert!(wrong.is_err_and(|error| error.to_string().contains("authorized_keys")));
}

#[tokio::test(flavor = "multi_thread")]
async fn host_keys_stay_until_a_node_is_installed_again() {
    let [first, second] = [Lab::start().await, Lab::start().await];
    let keys = |lab: &Lab| -> Vec<String> {
        let hosts = lab.simulator.ssh().iter();
        hosts.map(|host| host.host_key.clone()).collect()
    };
    assert_eq!(keys(&first), keys(&second), "they follow from the seed");
    let distinct: std::collections::BTreeSet<String> = keys(&first).into_iter().collect();
    assert_eq!(distinct.len(), first.simulator.ssh().len());
    let client = Client::of(&first.simulator, "pinned");
    let before = client.run(&first.simulator, &atlas(), "true").await;
    assert!(before.status.success(), "{}", text(&before.stderr));
    first
        .handle
        .inject(&Fault::ChangeHostKey {
            node: "atlas".to_owned(),
        })
        .unwrap();
    let after = client.run(&first.simulator, &atlas(), "true").await;
    assert_eq!(after.status.code(), Some(255));
    assert!(text(&after.stderr).contains("REMOTE HOST IDENTIFICATION HAS CHANGED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_or_frozen_machine_does_not_answer() {
    let lab = Lab::start().await;
    let client = Client::of(&lab.simulator, "dead");
    let forge = || "forge".to_owned();
    lab.handle.inject(&Fault::Freeze { node: forge() }).unwrap();
    let silent = client.run(&lab.simulator, &Place::node("forge"), "true").await;
    assert_eq!(silent.status.code(), Some(255));
    assert!(
        text(&silent.stderr).contains("timed out"),
        "{}",
        text(&silent.stderr)
    );
    lab.handle.inject(&Fault::Thaw { node: forge() }).unwrap();
    let again = client.run(&lab.simulator, &Place::node("forge"), "true").await;
    assert!(again.status.success(), "{}", text(&again.stderr));
    lab.handle.inject(&Fault::PowerLoss { node: forge() }).unwrap();
    lab.handle.inject(&Fault::CrashGuest { vmid: 101 }).unwrap();
    lab.handle.ports_settled().await;
    for place in [Place::node("forge"), Place::Guest(101)] {
        let dead = client.run(&lab.simulator, &place, "true").await;
        assert_eq!(dead.status.code(), Some(255), "{place}");
        assert!(text(&dead.stderr).contains("refused"), "{}", text(&dead.stderr));
    }
}

/// Somebody follows a journal that says nothing more, and does not hang up.
#[tokio::test(flavor = "multi_thread")]
async fn what_runs_in_a_connection_does_not_outlive_the_simulator() {
    let lab = Lab::start().await;
    let client = Client::of(&lab.simulator, "outlive");
    let mut ssh = client.follow(&lab.simulator);
    lab.handle
        .inject(&Fault::UserStart {
            vmid: 100,
            user: "alex@pam".to_owned(),
        })
        .unwrap();
    let mut lines = BufReader::new(ssh.stdout.take().unwrap()).lines();
    let line = tokio::time::timeout(Duration::from_secs(20), lines.next_line());
    line.await.expect("it follows").unwrap().unwrap();
    let stopped = tokio::time::timeout(Duration::from_secs(20), lab.simulator.stop()).await;
    stopped.expect("the simulator stops");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_followed_journal_tells_of_a_guest_that_ends() {
    let lab = Lab::start().await;
    let client = Client::of(&lab.simulator, "follow");
    let mut ssh = client.follow(&lab.simulator);
    let mut lines = BufReader::new(ssh.stdout.take().unwrap()).lines();
    // Something to see, so that it is certain that the client follows.
    lab.handle
        .inject(&Fault::UserStart {
            vmid: 100,
            user: "alex@pam".to_owned(),
        })
        .unwrap();
    let mut next = async || {
        let line = tokio::time::timeout(Duration::from_secs(20), lines.next_line());
        line.await.expect("a line should come").unwrap().unwrap()
    };
    assert!(next().await.contains("starting task"));
    lab.handle.inject(&Fault::CrashGuest { vmid: 101 }).unwrap();
    assert_eq!(next().await, "101.scope: Deactivated successfully.");
    next().await;
    assert_eq!(next().await, "Starting cleanup for 101");
    lab.handle.inject(&Fault::CrashGuest { vmid: 201 }).unwrap();
    assert_eq!(next().await, "Finished cleanup for 101");
    assert!(
        next()
            .await
            .starts_with("pve-container@201.service: Main process exited")
    );
    lab.handle
        .inject(&Fault::PowerLoss {
            node: "atlas".to_owned(),
        })
        .unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(20), ssh.wait()).await;
    assert_eq!(
        ended.expect("the connection ends with the node").unwrap().code(),
        Some(255)
    );
}
