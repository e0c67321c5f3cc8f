//! A stage for the whole program: a simulated cluster in a process of its own that lives many times as fast, a repository of
//! manifests, a config, and what the cluster's ledger and Jarvis's journal say of what happened.

use crate::support::{Process, Said, jarvis, program, until, word_after};
use serde_json::{Value, json};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::Command,
    time::{SystemTime, UNIX_EPOCH},
};
use tempfile::TempDir;

/// The guest that Jarvis lives in, by its config.
pub const OWN: u32 = 103;

/// A simulated cluster, a repository and a config in one folder.
pub struct Stage {
    home: TempDir,
    pub simulator: Process,
    /// How fast the cluster lives, and Jarvis with it.
    factor: u32,
    /// Which time it was there and here at the same moment, Unix milliseconds.
    clocks: (u64, u64),
}

fn now_millis() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    u64::try_from(since.as_millis()).unwrap()
}

impl Stage {
    /// The home laboratory, so many times as fast.
    pub fn set(factor: u32) -> Self {
        Self::with(factor, &[])
    }

    /// With further arguments for the simulator.
    pub fn with(factor: u32, arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        let mut command = program(folder);
        command.args(["simulate", "--ca-file", "pve.pem", "--ssh-key-file", "key"]);
        command.args(["--known-hosts-file", "known_hosts"]);
        command
            .args(["--time-factor", &factor.to_string()])
            .args(arguments);
        let simulator = Process::start(command, folder.join("simulate.log"), "JARVIS_CHAOS_URL=");
        let mut stage = Self {
            home,
            simulator,
            factor,
            clocks: (0, 0),
        };
        let there = stage.state()["unixSecs"].as_u64().unwrap() * 1000;
        stage.clocks = (there, now_millis());
        let line = |line: &&str| line.trim().starts_with("everything");
        let token = stage.simulator.banner.lines().find(line).unwrap();
        stage.secret("token", token.split_whitespace().last().unwrap());
        stage.configure("");
        stage
    }

    pub fn folder(&self) -> &Path {
        self.home.path()
    }

    /// A file that only its owner may read.
    pub fn secret(&self, name: &str, text: &str) {
        let path = self.folder().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Writes the config with all nodes reached over SSH, and more lines.
    pub fn configure(&self, more: &str) {
        let ssh: Vec<String> = self
            .nodes()
            .iter()
            .map(|node| {
                let address = word_after(&self.simulator.banner, &format!("ssh node {node} "));
                let port = address.rsplit_once(':').unwrap().1;
                format!("{node}: {{address: 127.0.0.1, port: {port}}}")
            })
            .collect();
        self.configure_ssh(&format!(
            "ssh:\n  user: jarvis\n  keyFile: key\n  knownHostsFile: known_hosts\n  nodes: {{{}}}\n{more}",
            ssh.join(", ")
        ));
    }

    fn nodes(&self) -> Vec<String> {
        list(&self.state()["nodes"], "node")
    }

    /// Writes the config, with more lines.
    pub fn configure_ssh(&self, more: &str) {
        let (banner, nodes) = (&self.simulator.banner, self.nodes());
        let entries = nodes.iter().take(2).map(|node| {
            let url = word_after(banner, node);
            format!("    - {{node: {node}, url: '{url}'}}\n")
        });
        let entries: String = entries.collect();
        let text = format!(
            "listen: 127.0.0.1:0\nstate: state\ncluster:\n  name: home\n  entryPoints:\n{entries}  token: {{file: token}}\n  \
             tls: {{caFile: pve.pem}}\nsource: {{git: {{remote: ./manifests}}, pollSeconds: 5}}\nsafety: {{own: {{vmid: {OWN}}}, \
             autonomy: L3}}\n{more}"
        );
        fs::write(self.folder().join("jarvis.yaml"), text).unwrap();
    }

    /// Commits these manifests in place of all others.
    pub fn declare(&self, manifests: &str) {
        let folder = self.folder().join("manifests");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("all.yaml"), manifests).unwrap();
        for arguments in [
            &["init", "--quiet", "--initial-branch=main"][..],
            &["add", "--all"],
            &["commit", "--quiet", "--message", "Declare"],
        ] {
            let mut git = Command::new("git");
            git.current_dir(&folder).env("HOME", self.folder());
            git.args(["-c", "user.name=t", "-c", "user.email=t@t"])
                .args(arguments);
            assert!(git.status().unwrap().success());
        }
    }

    /// The command that runs Jarvis, on the cluster's time.
    pub fn command(&self) -> Command {
        let mut command = program(self.folder());
        command.args(["run", "--config", "jarvis.yaml"]);
        if self.factor != 1 {
            let (there, here) = self.clocks;
            command.env("JARVIS_TEST_CLOCK", format!("{there} {here} {}", self.factor));
        }
        command
    }

    pub fn run(&self) -> Process {
        Process::start(
            self.command(),
            self.folder().join("run.log"),
            "ready: http://127.0.0.1:",
        )
    }

    pub fn jarvis(&self, arguments: &[&str]) -> Said {
        jarvis(self.folder(), arguments)
    }

    /// A fault or mischief.
    pub fn fault(&self, fault: &Value) {
        self.control("POST", "/control/faults", &fault.to_string());
    }

    /// The truth about the cluster.
    pub fn state(&self) -> Value {
        self.control("GET", "/control/state", "")
    }

    /// What was really asked for and what really happened.
    pub fn ledger(&self) -> Value {
        self.control("GET", "/control/ledger", "")
    }

    /// Whether a guest runs.
    pub fn runs(&self, vmid: u32) -> bool {
        let state = self.state();
        let guests = state["guests"].as_array().unwrap();
        guests
            .iter()
            .any(|guest| guest["vmid"] == vmid && guest["status"] == "running")
    }

    /// How many requests to start a guest the cluster accepted, and how often its process began.
    pub fn starts(&self, vmid: u32) -> (usize, usize) {
        let ledger = self.ledger();
        let count = |list: &str, field: &str, word: &str| {
            let all = ledger[list].as_array().unwrap();
            all.iter()
                .filter(|row| row["vmid"] == vmid && row[field] == word)
                .count()
        };
        (
            count("calls", "action", "start"),
            count("transitions", "what", "started"),
        )
    }

    fn control(&self, method: &str, path: &str, body: &str) -> Value {
        let words = self.simulator.banner.lines().last().unwrap().trim();
        let value = |name: &str| words.split_whitespace().find_map(|word| word.strip_prefix(name));
        let url = value("JARVIS_CHAOS_URL=http://").unwrap();
        let secret = value("JARVIS_CHAOS_SECRET=").unwrap();
        let mut stream = TcpStream::connect(url).unwrap();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {url}\r\nAuthorization: Bearer {secret}\r\nContent-Type: \
             application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200"), "{path} {body}: {answer}");
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// What `/api/health` says.
    pub fn health(&self) -> Value {
        let context = fs::read_to_string(self.folder().join("jarvis/context.json")).unwrap();
        let context: Value = serde_json::from_str(&context).unwrap();
        let address = context["url"].as_str().unwrap().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        write!(
            stream,
            "GET /api/health HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
    }

    /// Waits until the loop came round so many times more.
    #[track_caller]
    pub fn passes(&self, more: u64) {
        let passes = || self.health()["passes"].as_u64().unwrap();
        let wanted = passes() + more;
        until("the loop comes round", || (passes() >= wanted).then_some(()));
    }

    /// Where the journal is.
    pub fn journal(&self) -> PathBuf {
        self.folder().join("state/journal")
    }

    /// How many records of an event the journal on disk holds.
    pub fn count(&self, event: &str) -> usize {
        count_in(&self.journal(), event)
    }
}

/// How many records of an event a journal on disk holds.
pub fn count_in(journal: &Path, event: &str) -> usize {
    let needle = format!("\"event\":\"{event}\"");
    let Ok(files) = fs::read_dir(journal) else {
        return 0;
    };
    let segments = files.flatten().map(|file| file.path());
    let records = segments.filter(|path| path.file_name().is_some_and(|name| name != "ballast.bin"));
    records
        .map(|path| {
            let bytes = fs::read(path).unwrap_or_default();
            String::from_utf8_lossy(&bytes).matches(&needle).count()
        })
        .sum()
}

fn list(rows: &Value, field: &str) -> Vec<String> {
    let rows = rows.as_array().unwrap();
    rows.iter()
        .map(|row| row[field].as_str().unwrap().to_owned())
        .collect()
}

/// A fault of this name for a guest.
pub fn of_guest(fault: &str, vmid: u32) -> Value {
    json!({ "fault": fault, "vmid": vmid })
}
