//! The real program, killed at each step of an action by SIGKILL, against a simulated cluster in another process. After the
//! next start everything is well and the cluster has seen exactly one start.

use crate::support::{Process, jarvis, program, until, word_after};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::Command,
};
use tempfile::TempDir;

const MANIFEST: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {name: web-01}\nspec: {vmid: 101, runStrategy: RerunOnFailure}\n";
const START: &str = "/nodes/atlas/qemu/101/status/start";

/// A simulated cluster, a repository and a config in one folder.
struct Stage {
    home: TempDir,
    simulator: Process,
}

impl Stage {
    fn set() -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        let mut command = program(folder);
        command.args(["simulate", "--ca-file", "ca.pem"]);
        let simulator = Process::start(command, folder.join("simulate.log"), "JARVIS_CHAOS_URL=");
        repository(&folder.join("manifests"));
        let token = simulator
            .banner
            .lines()
            .find(|line| line.trim().starts_with("everything"))
            .unwrap();
        fs::write(folder.join("token"), token.split_whitespace().last().unwrap()).unwrap();
        fs::set_permissions(folder.join("token"), fs::Permissions::from_mode(0o600)).unwrap();
        let entry = |node: &str| {
            format!(
                "    - {{node: {node}, url: '{}'}}\n",
                word_after(&simulator.banner, node)
            )
        };
        let remote = folder.join("manifests").display().to_string();
        let text = format!(
            "listen: 127.0.0.1:0\nstate: state\ncluster:\n  name: home\n  entryPoints:\n{}{}  token: {{file: token}}\n  tls: \
             {{caFile: ca.pem}}\nsource: {{git: {{remote: '{remote}', branch: main}}, pollSeconds: 2}}\nsafety: {{own: \
             {{vmid: 103}}, autonomy: L3}}\n",
            entry("atlas"),
            entry("agent1")
        );
        fs::write(folder.join("jarvis.yaml"), text).unwrap();
        Self { home, simulator }
    }

    fn folder(&self) -> &Path {
        self.home.path()
    }

    fn run(&self) -> Process {
        let mut command = program(self.folder());
        command.args(["run", "--config", "jarvis.yaml"]);
        Process::start(command, self.folder().join("run.log"), "ready: http://127.0.0.1:")
    }

    fn chaos(&self, fault: &str) {
        let answer = self.control("POST", "/control/faults", fault);
        assert!(answer.starts_with("HTTP/1.1 200"), "{fault}: {answer}");
    }

    /// How many start requests the cluster accepted for 101.
    fn starts(&self) -> usize {
        let answer = self.control("GET", "/control/ledger", "");
        let body = answer.split_once("\r\n\r\n").unwrap().1;
        let ledger: serde_json::Value =
            serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {body}"));
        let calls = ledger["calls"].as_array().unwrap();
        calls
            .iter()
            .filter(|call| call["action"] == "start" && call["vmid"] == 101)
            .count()
    }

    fn control(&self, method: &str, path: &str, body: &str) -> String {
        let words = self.simulator.banner.lines().last().unwrap().trim().to_owned();
        let value = |name: &str| {
            words
                .split_whitespace()
                .find_map(|word| word.strip_prefix(name))
                .unwrap()
                .to_owned()
        };
        let (url, secret) = (value("JARVIS_CHAOS_URL=http://"), value("JARVIS_CHAOS_SECRET="));
        let mut stream = TcpStream::connect(&url).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {url}\r\nAuthorization: Bearer {secret}\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    /// Whether the journal on disk holds an event of this name.
    fn journal_holds(&self, event: &str) -> bool {
        let needle = format!("\"event\":\"{event}\"");
        let Ok(files) = fs::read_dir(self.folder().join("state/journal")) else {
            return false;
        };
        files.flatten().any(|file| {
            let bytes = fs::read(file.path()).unwrap_or_default();
            String::from_utf8_lossy(&bytes).contains(&needle)
        })
    }
}

fn repository(folder: &Path) {
    fs::create_dir(folder).unwrap();
    fs::write(folder.join("web.yaml"), MANIFEST).unwrap();
    for arguments in [
        &["init", "--quiet", "--initial-branch=main"][..],
        &["add", "--all"],
        &[
            "-c",
            "user.name=Operator",
            "-c",
            "user.email=operator@example.org",
            "commit",
            "--quiet",
            "--message",
            "Begin",
        ],
    ] {
        assert!(
            Command::new("git")
                .current_dir(folder)
                .args(arguments)
                .status()
                .unwrap()
                .success()
        );
    }
}

/// A crash is being mended; Jarvis is killed as soon as `event` is durable. `fault` makes the moment last.
fn killed_at(event: &str, fault: Option<&str>) {
    let stage = Stage::set();
    let mut first = stage.run();
    until("the manifest is in force and its guest seen", || {
        let said = jarvis(stage.folder(), &["get", "resources"]);
        (said.out.contains("Synced") && said.out.contains("web-01")).then_some(())
    });
    if let Some(fault) = fault {
        stage.chaos(fault);
    }
    stage.chaos("{\"fault\": \"crash-guest\", \"vmid\": 101}");
    until("the moment to kill", || stage.journal_holds(event).then_some(()));
    first.child.kill().unwrap();
    first.child.wait().unwrap();
    drop(first);
    let _second = stage.run();
    until("everything is well", || {
        let issues = jarvis(stage.folder(), &["get", "issues"]).out;
        issues.contains("healthy").then_some(())
    });
    assert_eq!(stage.starts(), 1, "killed at {event}");
    let verified = jarvis(stage.folder(), &["audit", "verify"]);
    assert_eq!(verified.code, 0, "{verified:?}");
}

#[test]
fn when_the_intent_is_logged() {
    killed_at("intentLogged", None);
}

#[test]
fn when_the_request_is_sent_and_not_answered() {
    let slow = format!("{{\"fault\": \"delay-next\", \"prefix\": \"{START}\", \"millis\": 3000}}");
    killed_at("intentLogged", Some(&slow));
}

#[test]
fn when_the_task_runs() {
    killed_at(
        "effectAccepted",
        Some("{\"fault\": \"slow-tasks\", \"factor\": 5}"),
    );
}

#[test]
fn when_the_outcome_is_about_to_be_closed() {
    killed_at("taskFinished", None);
}
