//! The outside watchdog: the real program against the simulated cluster, with tokens that hold what the documents say, a real
//! Jarvis that is watched, and a real mail server.

use crate::{
    docs::rights::carry_out,
    packaged::python,
    support::{DEADLINE, Process, jarvis, program, until},
};
use jarvis_simulator::{Fault, Options, Simulator, SimulatorHandle, Tls};
use serde_json::{Value, json};
use std::{
    fs,
    io::{BufRead as _, BufReader},
    net::TcpListener,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::LazyLock,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};
use tempfile::TempDir;

/// Python with the mail server, installed once; none where it may be missing and is.
static PYTHON: LazyLock<Option<PathBuf>> = LazyLock::new(|| {
    let requirements = "crates/jarvis/tests/cli/smtp/requirements.txt";
    python("smtp-check", requirements, "JARVIS_REQUIRE_SMTP")
});

/// A simulated cluster, and a folder for a watchdog whose tokens hold what docs/WATCHDOG.md says and no more.
struct Bed {
    runtime: tokio::runtime::Runtime,
    simulator: Option<Simulator>,
    home: TempDir,
}

impl Bed {
    fn make() -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let simulator = runtime
            .block_on(Simulator::start(Options {
                tls: Tls::Off,
                auth_delay: Duration::ZERO,
                ..Options::default()
            }))
            .unwrap();
        // What runs has run for a while.
        simulator.handle().advance(Duration::from_mins(20));
        let home = tempfile::tempdir().unwrap();
        let bed = Self {
            runtime,
            simulator: Some(simulator),
            home,
        };
        bed.tokens();
        bed
    }

    fn cluster(&self) -> SimulatorHandle {
        self.simulator.as_ref().unwrap().handle()
    }

    fn home(&self) -> &Path {
        self.home.path()
    }

    /// Carries out the `pveum` commands of docs/WATCHDOG.md.
    fn tokens(&self) {
        let secret = "11111111-2222-3333-4444-555555555555";
        self.cluster().with_world(|world| {
            let access = &mut world.access;
            carry_out(access, "docs/WATCHDOG.md");
            let token = jarvis_simulator::world::access::Token {
                secret: secret.to_owned(),
                privsep: true,
            };
            for name in ["watchdog@pve!reset", "watchdog@pve!audit"] {
                access.tokens.insert(name.to_owned(), token.clone());
            }
        });
        for name in ["reset", "audit"] {
            self.secret(name, &format!("watchdog@pve!{name}={secret}"));
        }
    }

    fn secret(&self, name: &str, text: &str) {
        let path = self.home().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    /// Writes a config for a Jarvis at this URL, with more lines.
    fn config(&self, jarvis: &str, more: &str) {
        let entries: Vec<String> = self
            .simulator
            .as_ref()
            .unwrap()
            .endpoints()
            .iter()
            .filter(|(node, _)| node != "atlas")
            .map(|(node, url)| format!("{{node: {node}, url: '{url}'}}"))
            .collect();
        let near = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let text = format!(
            "jarvis: {jarvis}\nmachine: {{vmid: 103, uuid: {}}}\ncluster:\n  entryPoints: [{}]\n  token: {{file: reset}}\n  auditToken: {{file: audit}}\n  tls: {{system: true}}\nnetwork: {{gateway: '{near}', neighbours: ['{near}']}}\nstate: watch\nmaintenanceFile: maintenance\neverySeconds: 1\nmisses: 2\n{more}",
            self.uuid(),
            entries.join(", ")
        );
        fs::write(self.home().join("watchdog.yaml"), text).unwrap();
    }

    fn uuid(&self) -> String {
        let state = self.cluster().state();
        let guests = state["guests"].as_array().unwrap();
        let own = guests.iter().find(|guest| guest["vmid"] == 103).unwrap();
        own["uuid"].as_str().unwrap().to_lowercase()
    }

    fn inject(&self, fault: &Fault) {
        self.cluster().inject(fault).unwrap();
    }

    fn watch(&self) -> Process {
        let mut command = program(self.home());
        command.args(["watchdog", "--config", "watchdog.yaml"]);
        Process::start(command, self.home().join("watchdog.log"), "watching: ")
    }

    /// The lines of the watchdog's own log.
    fn log(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.home().join("watch/log.jsonl")).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    fn kinds(&self) -> Vec<String> {
        let kind = |line: &Value| line["kind"].as_str().unwrap().to_owned();
        self.log().iter().map(kind).collect()
    }

    /// Waits for a line of this kind and returns its text.
    #[track_caller]
    fn told(&self, kind: &str) -> String {
        let begun = Instant::now();
        until(kind, || {
            let log = self.log();
            let found = log.iter().find(|line| line["kind"] == kind);
            let is_last = begun.elapsed() + Duration::from_secs(5) > DEADLINE;
            assert!(found.is_some() || !is_last, "{kind} is not told: {log:#?}");
            Some(found?["text"].as_str().unwrap().to_owned())
        })
    }

    fn calls(&self, action: &str) -> usize {
        self.cluster().ledger().count(action, 103)
    }

    /// Everything that was asked to change anything, of any guest.
    fn all_calls(&self) -> usize {
        self.cluster().ledger().calls.len()
    }
}

impl Drop for Bed {
    fn drop(&mut self) {
        if let Some(simulator) = self.simulator.take() {
            self.runtime.block_on(simulator.stop());
        }
    }
}

/// A URL where nobody answers.
fn nobody() -> String {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    format!("{{url: 'http://{address}'}}")
}

/// A mail server, ended when dropped.
struct Mails {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Mails {
    /// None where its program cannot be had.
    fn start(bed: &Bed) -> Option<Self> {
        let python = PYTHON.clone()?;
        let folder = bed.home().to_owned();
        let key = rcgen::KeyPair::generate().unwrap();
        let certificate = rcgen::CertificateParams::new(vec!["localhost".to_owned()])
            .unwrap()
            .self_signed(&key)
            .unwrap();
        fs::write(folder.join("mail.pem"), certificate.pem()).unwrap();
        fs::write(folder.join("mail.key"), key.serialize_pem()).unwrap();
        let server = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli/smtp/server.py");
        let mut child = Command::new(python)
            .arg(server)
            .arg(&folder)
            .args([folder.join("mail.pem"), folder.join("mail.key")])
            .args(["watchdog", "letter-box"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line.trim().rsplit(' ').next().unwrap().parse().unwrap();
        bed.secret("smtp-password", "letter-box");
        Some(Self { child, port, folder })
    }

    fn config(&self) -> String {
        format!(
            "mail: {{server: localhost, port: {}, tls: starttls, caFile: mail.pem, user: watchdog, password: {{file: smtp-password}}, from: watchdog@example.org, to: [ops@example.org]}}\n",
            self.port
        )
    }

    fn taken(&self) -> Vec<Value> {
        let text = fs::read_to_string(self.folder.join("mails.jsonl")).unwrap_or_default();
        text.lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect()
    }

    #[track_caller]
    fn with(&self, words: &str) -> Value {
        until(words, || {
            let flat = |mail: &Value| {
                mail["data"]
                    .as_str()
                    .unwrap()
                    .replace("=\r\n", "")
                    .replace("=\n", "")
            };
            self.taken().into_iter().find(|mail| flat(mail).contains(words))
        })
    }
}

impl Drop for Mails {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A real Jarvis with a certificate of its own making, in the same folder.
fn real_jarvis(bed: &Bed) -> Process {
    let simulator = bed.simulator.as_ref().unwrap();
    let read = &simulator.tokens().read;
    bed.secret("read", &format!("{}={}", read.id, read.secret));
    let url = &simulator.endpoints()[0].1;
    fs::write(
        bed.home().join("jarvis.yaml"),
        format!(
            "listen: 127.0.0.1:0\ntls: generated\nstate: state\ncluster:\n  entryPoints: [{{url: '{url}'}}]\n  token: {{file: read}}\n  tls: {{system: true}}\nsafety: {{own: {{vmid: 103}}}}\n"
        ),
    )
    .unwrap();
    let mut command = program(bed.home());
    command.args(["run", "--config", "jarvis.yaml"]);
    Process::start(command, bed.home().join("run.log"), "ready: https://")
}

/// How a watchdog is told of it.
fn as_watched(process: &Process, more: &str) -> String {
    let word = |label: &str| crate::support::word_after(&process.banner, label);
    let line = process
        .banner
        .lines()
        .find(|line| line.contains("SHA-256"))
        .unwrap();
    let pin = line.rsplit(' ').next().unwrap();
    format!(
        "{{url: '{}', tls: {{fingerprints: ['{pin}']}}{more}}}",
        word("ready:")
    )
}

fn signal(process: &Process, name: &str) {
    let pid = process.child.id().to_string();
    assert!(
        Command::new("kill")
            .args([name, &pid])
            .status()
            .unwrap()
            .success()
    );
}

#[test]
fn a_frozen_machine_is_reset_once_and_people_are_told_by_mail_of_that_and_of_its_return() {
    let bed = Bed::make();
    let Some(mails) = Mails::start(&bed) else { return };
    let watched = real_jarvis(&bed);
    bed.config(&as_watched(&watched, ""), &mails.config());
    let mut watchdog = bed.watch();
    until("the journal was seen", || {
        fs::read_to_string(bed.home().join("watch/state.json"))
            .is_ok_and(|text| text.contains("\"head\""))
            .then_some(())
    });
    signal(&watched, "-STOP");
    bed.inject(&Fault::SilentAgent { vmid: 103, on: true });
    let text = bed.told("acted");
    assert!(text.contains("VM 103 was told to reset"), "{text}");
    assert!(text.contains("UPID:"), "{text}");
    assert_eq!(
        (bed.calls("reset"), bed.all_calls()),
        (1, 1),
        "one request, and nothing else"
    );
    let mail = mails.with("told to reset");
    assert_eq!(
        (&mail["secure"], &mail["to"]),
        (&json!(true), &json!(["ops@example.org"]))
    );
    assert!(
        mail["data"]
            .as_str()
            .unwrap()
            .contains("Subject: [jarvis watchdog] acted"),
        "{mail}"
    );
    signal(&watched, "-CONT");
    bed.inject(&Fault::SilentAgent { vmid: 103, on: false });
    let text = bed.told("answers");
    assert!(text.contains("after the watchdog acted"), "{text}");
    mails.with("Jarvis answers again");
    assert_eq!(watchdog.terminate(), 0);
    assert_eq!(bed.kinds(), ["began", "silent", "acting", "acted", "answers"]);
    assert_eq!(bed.calls("reset"), 1, "the hold-off held");
    let log = watchdog.log();
    assert!(
        !log.contains("letter-box") && !log.contains("11111111-2222"),
        "no secret is in the log"
    );
    assert!(
        !log.contains("more than it needs") && !log.contains("lacks"),
        "{log}"
    );
}

#[test]
fn a_machine_that_crashed_is_started_and_one_that_a_person_stopped_is_left_alone() {
    let bed = Bed::make();
    bed.config(&nobody(), "");
    bed.inject(&Fault::UserStop {
        vmid: 103,
        user: "anna@pam".to_owned(),
    });
    until("it is stopped", || {
        let state = bed.cluster().state();
        let guests = state["guests"].as_array().unwrap();
        guests
            .iter()
            .any(|guest| guest["vmid"] == 103 && guest["status"] == "stopped")
            .then_some(())
    });
    let before = bed.all_calls();
    let mut watchdog = bed.watch();
    let text = bed.told("left-alone");
    assert!(text.contains("anna@pam stopped it (qmstop)"), "{text}");
    assert_eq!(watchdog.terminate(), 0);
    assert_eq!(bed.all_calls(), before, "nothing was sent");

    bed.inject(&Fault::UserStart {
        vmid: 103,
        user: "anna@pam".to_owned(),
    });
    until("it runs", || {
        let state = bed.cluster().state();
        let guests = state["guests"].as_array().unwrap();
        let running = |guest: &Value| guest["vmid"] == 103 && guest["status"] == "running";
        (guests.iter().any(running) && state["runningTasks"].as_array().unwrap().is_empty()).then_some(())
    });
    bed.inject(&Fault::CrashGuest { vmid: 103 });
    fs::remove_file(bed.home().join("watch/log.jsonl")).unwrap();
    let starts = bed.calls("start");
    let mut watchdog = bed.watch();
    let text = bed.told("acted");
    assert!(text.contains("VM 103 was told to start"), "{text}");
    assert_eq!(bed.calls("start"), starts + 1);
    assert_eq!(watchdog.terminate(), 0);
}

#[test]
fn a_machine_that_lives_is_left_alone_and_so_is_everything_in_maintenance() {
    let bed = Bed::make();
    bed.config(&nobody(), "");
    let mut watchdog = bed.watch();
    let text = bed.told("left-alone");
    assert!(text.contains("its guest agent answers"), "{text}");
    fs::write(bed.home().join("maintenance"), "").unwrap();
    bed.inject(&Fault::SilentAgent { vmid: 103, on: true });
    bed.told("maintenance");
    assert_eq!(watchdog.terminate(), 0);
    let mut watchdog = bed.watch();
    until("it says so at its start", || {
        let began = bed.log().into_iter().rev().find(|line| line["kind"] == "began")?;
        began["text"]
            .as_str()
            .unwrap()
            .contains("in maintenance")
            .then_some(())
    });
    assert_eq!(watchdog.terminate(), 0);
    assert_eq!(bed.all_calls(), 0);
    fs::remove_file(bed.home().join("maintenance")).unwrap();
    let mut watchdog = bed.watch();
    bed.told("acted");
    assert_eq!(watchdog.terminate(), 0);
    assert_eq!(bed.calls("reset"), 1);
}

#[test]
fn what_was_done_before_counts_after_a_restart_and_what_cannot_be_read_forbids_all() {
    let bed = Bed::make();
    bed.config(&nobody(), "");
    bed.inject(&Fault::SilentAgent { vmid: 103, on: true });
    let mut watchdog = bed.watch();
    bed.told("acted");
    assert_eq!(watchdog.terminate(), 0);
    let state = bed.home().join("watch/state.json");
    let log = bed.home().join("watch/log.jsonl");
    let kept: Value = serde_json::from_str(&fs::read_to_string(&state).unwrap()).unwrap();
    assert_eq!(kept["acts"].as_array().unwrap().len(), 1);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis();
    let ago = |mins: u128| u64::try_from(now - mins * 60_000).unwrap();
    let used_up = json!({ "acts": [ago(200), ago(100)], "seen": null, "freezeDue": false, "told": [] });
    for (text, kind, words) in [
        (used_up.to_string(), "gave-up", "2 times within 6 hours"),
        ("{\"acts\": ".to_owned(), "gave-up", "cannot be read"),
    ] {
        fs::write(&state, text).unwrap();
        fs::remove_file(&log).unwrap();
        let mut watchdog = bed.watch();
        let told = bed.told(kind);
        assert!(told.contains(words), "{told}");
        bed.told("silent");
        assert_eq!(watchdog.terminate(), 0);
        assert_eq!(bed.calls("reset"), 1, "{words}");
    }
}

#[test]
fn a_journal_that_was_rolled_back_is_told_and_jarvis_is_frozen() {
    let bed = Bed::make();
    let mut watched = real_jarvis(&bed);
    let said = |arguments: &[&str]| jarvis(bed.home(), arguments);
    let made = said(&["token", "create", "watchdog", "--role", "operator"]).expect(0);
    let token = made
        .split_whitespace()
        .find(|word| word.starts_with("jrv_"))
        .unwrap();
    bed.secret("freeze-token", token);
    assert_eq!(watched.terminate(), 0);
    let copy = Command::new("cp")
        .args(["-a", "state", "older"])
        .current_dir(bed.home())
        .status();
    assert!(copy.unwrap().success());

    let mut watched = real_jarvis(&bed);
    for reason in ["one", "two", "three", "four", "five", "six"] {
        said(&["hold", "cluster", "--reason", reason]).expect(0);
    }
    bed.config(&as_watched(&watched, ", freezeToken: {file: freeze-token}"), "");
    let mut watchdog = bed.watch();
    until("the journal was seen", || {
        fs::read_to_string(bed.home().join("watch/state.json"))
            .is_ok_and(|text| text.contains("\"head\""))
            .then_some(())
    });
    assert_eq!(watchdog.terminate(), 0);
    assert_eq!(watched.terminate(), 0);
    fs::rename(bed.home().join("state"), bed.home().join("newer")).unwrap();
    fs::rename(bed.home().join("older"), bed.home().join("state")).unwrap();

    let mut watched = real_jarvis(&bed);
    bed.config(&as_watched(&watched, ", freezeToken: {file: freeze-token}"), "");
    let mut watchdog = bed.watch();
    let text = bed.told("rolled-back");
    assert!(
        text.contains("was rolled back") && text.contains("it is being frozen"),
        "{text}"
    );
    bed.told("froze");
    let frozen = said(&["get", "clusters", "--output", "json"]).expect(0);
    assert!(
        frozen.contains("the watchdog saw the journal rolled back"),
        "{frozen}"
    );
    assert_eq!(watchdog.terminate(), 0);
    assert_eq!(watched.terminate(), 0);
    assert_eq!(bed.all_calls(), 0);
}

#[test]
fn its_token_can_do_nothing_else_and_a_wider_one_is_complained_of() {
    let bed = Bed::make();
    let cluster = bed.cluster();
    let token = format!(
        "PVEAPIToken={}",
        fs::read_to_string(bed.home().join("reset")).unwrap()
    );
    let ask = |method: &str, path: &str| {
        bed.runtime
            .block_on(cluster.ask(&token, "agent1", method, path, ""))
            .status
    };
    for (method, path) in [
        ("POST", "/nodes/atlas/qemu/101/status/reset"),
        ("POST", "/nodes/atlas/qemu/101/status/start"),
        ("POST", "/nodes/atlas/status"),
    ] {
        assert_ne!(ask(method, path), 200, "{path}");
    }
    assert_eq!(bed.all_calls(), 0);
    bed.config(&nobody(), "");
    let act = &bed.simulator.as_ref().unwrap().tokens().full;
    bed.secret("reset", &format!("{}={}", act.id, act.secret));
    let mut watchdog = bed.watch();
    until("the complaint", || {
        watchdog.log().contains("holds more than it needs").then_some(())
    });
    assert_eq!(watchdog.terminate(), 0);
}

#[test]
fn a_file_is_checked_and_a_mail_tried_out_without_watching() {
    let bed = Bed::make();
    bed.config(&nobody(), "");
    let said = jarvis(bed.home(), &["watchdog", "--config", "watchdog.yaml", "--check"]);
    assert!(said.out.contains("acts on VM 103 after 2 misses"), "{said:?}");
    assert!(said.err.contains("no `mail`"), "{said:?}");
    bed.config(&nobody(), "witneses: []\n");
    let said = jarvis(bed.home(), &["watchdog", "--config", "watchdog.yaml", "--check"]).expect(1);
    assert!(
        said.contains("watchdog.yaml:13:1: unknown field `witneses`; did you mean `witnesses`?"),
        "{said}"
    );
    let Some(mails) = Mails::start(&bed) else { return };
    fs::write(bed.home().join("mail.yaml"), mails.config()).unwrap();
    let tell = ["watchdog", "--config", "mail.yaml", "--tell", "jarvis has failed"];
    assert!(jarvis(bed.home(), &tell).expect(0).contains("sent"));
    let mail = mails.with("jarvis has failed");
    assert!(
        mail["data"]
            .as_str()
            .unwrap()
            .contains("Subject: [jarvis] jarvis has failed"),
        "{mail}"
    );
    bed.secret("smtp-password", "wrong");
    let refused = jarvis(bed.home(), &tell).expect(1);
    assert!(
        refused.contains("the mail was not sent") && !refused.contains("wrong\n"),
        "{refused}"
    );
}
