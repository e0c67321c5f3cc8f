//! `jarvis doctor` against the simulated cluster: a healthy whole, and one thing wrong at a time.

use crate::support::{Process, Said, jarvis, program, word_after};
use serde_json::Value;
use std::{fs, os::unix::fs::PermissionsExt as _, path::Path, process::Command};

const MANIFESTS: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {name: web-01}\nspec: {vmid: 101, runStrategy: Always, autonomy: L3}\n";

struct World {
    home: tempfile::TempDir,
    simulator: Process,
}

impl World {
    fn start() -> Self {
        Self::with(&[])
    }

    fn with(arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let mut command = program(home.path());
        command.args(["simulate", "--ca-file", "ca.pem"]).args(arguments);
        let simulator = Process::start(command, home.path().join("simulate.log"), "JARVIS_CHAOS_URL=");
        let world = Self { home, simulator };
        world.commit(MANIFESTS);
        world
    }

    fn path(&self) -> &Path {
        self.home.path()
    }

    fn commit(&self, text: &str) {
        let folder = self.path().join("manifests");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("all.yaml"), text).unwrap();
        let git = |arguments: &[&str]| {
            let mut git = Command::new("git");
            git.current_dir(&folder)
                .args(["-c", "user.name=t", "-c", "user.email=t@t"]);
            assert!(
                git.args(arguments)
                    .env("HOME", self.path())
                    .status()
                    .unwrap()
                    .success()
            );
        };
        git(&["init", "--quiet", "--initial-branch", "main"]);
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", "Declare"]);
    }

    fn token(&self, label: &str) -> String {
        let line = self
            .simulator
            .banner
            .lines()
            .find(|line| line.trim().starts_with(label));
        line.unwrap().split_whitespace().last().unwrap().to_owned()
    }

    /// Writes a config and asks the doctor; returns what it said and its findings.
    fn doctor(&self, token: &str, tls: &str, more: &str) -> (Said, Vec<Value>) {
        let home = self.path();
        fs::write(home.join("token"), token).unwrap();
        fs::set_permissions(home.join("token"), fs::Permissions::from_mode(0o600)).unwrap();
        let entries = ["atlas", "agent1"].map(|node| {
            let url = word_after(&self.simulator.banner, node);
            format!("    - {{node: {node}, url: '{url}'}}\n")
        });
        let entries = entries.concat();
        let text = format!(
            "listen: 127.0.0.1:0\nstate: state\ncluster:\n  name: home\n  entryPoints:\n{entries}  token: {{file: token}}\n  tls: {tls}\nsource: {{git: {{remote: ./manifests}}}}\n{more}"
        );
        fs::write(home.join("jarvis.yaml"), text).unwrap();
        let said = jarvis(home, &["doctor", "--output", "json"]);
        let all: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{said:?}"));
        let findings = all["findings"].as_array().unwrap().clone();
        (said, findings)
    }
}

/// The finding whose text contains this.
#[track_caller]
fn finding<'a>(findings: &'a [Value], part: &str) -> &'a Value {
    let found = findings
        .iter()
        .find(|finding| finding["what"].as_str().unwrap().contains(part));
    found.unwrap_or_else(|| panic!("no {part} in {findings:#?}"))
}

const SAFETY: &str = "safety: {own: {vmid: 103}, protected: [{node: agent1}]}\n";

#[test]
fn a_healthy_whole_is_said_to_be_so() {
    let world = World::start();
    let (said, findings) = world.doctor(&world.token("acts on guests"), "{caFile: ca.pem}", SAFETY);
    assert!(
        findings.iter().any(|finding| finding["area"] == "rights"),
        "{said:?}"
    );
    for (part, state) in [
        ("valid, and no secret lies open", "ok"),
        ("is atlas, Proxmox VE 9.", "ok"),
        ("atlas is signed by the cluster's CA", "ok"),
        ("jarvis@pve!act is accepted", "ok"),
        ("4 of 4 nodes online, quorate as seen by atlas, agent1", "ok"),
        ("everywhere", "ok"),
        // The simulated one began at a whole second.
        ("atlas's clock", "ok"),
        ("of branch main: 1 resources, all valid", "ok"),
        ("Datastore.Audit is missing on /storage", "fail"),
        ("will be made at the first start", "ok"),
        ("Jarvis runs in guest 103", "ok"),
        (
            "Proxmox would let Jarvis switch off what is protected: 103",
            "warn",
        ),
        ("never touched: node agent1", "ok"),
        ("for this machine only", "ok"),
    ] {
        assert_eq!(finding(&findings, part)["state"], state, "{part}: {findings:#?}");
    }
    assert_eq!(said.code, 1);
    let fix = finding(&findings, "Datastore.Audit")["fix"].to_string();
    assert!(
        fix.contains("pveum role add JarvisLook")
            && fix.contains("--tokens 'jarvis@pve!act' --roles JarvisLook"),
        "{fix}"
    );

    // The token that reads sees all; that it cannot act on what is declared is a failure at L3, not at L2.
    let (said, findings) = world.doctor(&world.token("reads"), "{caFile: ca.pem}", SAFETY);
    assert_eq!(
        finding(&findings, "VM.PowerMgmt is missing on /vms/101")["state"],
        "fail",
        "{said:?}"
    );
    let capped = "safety: {own: {vmid: 103}, protected: [{node: agent1}], ceiling: L2}\n";
    let (said, findings) = world.doctor(&world.token("reads"), "{caFile: ca.pem}", capped);
    assert_eq!(
        finding(&findings, "VM.PowerMgmt is missing on /vms/101")["state"],
        "warn"
    );
    assert_eq!(said.code, 0, "warnings alone are no failure: {findings:#?}");
    assert!(
        !world.path().join("state").exists(),
        "a look leaves nothing behind"
    );
}

#[test]
fn too_much_power_and_an_open_secret_are_warnings() {
    let world = World::start();
    let (_, findings) = world.doctor(&world.token("everything"), "{insecure: true}", SAFETY);
    for part in [
        "root@pam!full may do far more than Jarvis needs",
        "Proxmox would let Jarvis switch off what is protected: 103",
        "atlas is not checked",
    ] {
        assert_eq!(finding(&findings, part)["state"], "warn", "{part}");
    }
    let pin = finding(&findings, "atlas is not checked")["fix"].to_string();
    let shown = world
        .simulator
        .banner
        .lines()
        .find(|line| line.trim().starts_with("atlas"))
        .unwrap();
    assert!(pin.contains(shown.split_whitespace().last().unwrap()), "{pin}");
}

#[test]
fn consoles_are_counted_and_a_missing_right_is_told_with_its_commands() {
    let world = World::start();
    let more = format!("{SAFETY}terminal: {{console: true}}\n");
    let (_, findings) = world.doctor(&world.token("everything"), "{caFile: ca.pem}", &more);
    let shown = finding(&findings, "consoles: ");
    assert_eq!(shown["state"], "ok");
    assert!(
        shown["what"].as_str().unwrap().contains("guests show theirs"),
        "{shown}"
    );
    let (said, findings) = world.doctor(&world.token("reads"), "{caFile: ca.pem}", &more);
    let none = finding(&findings, "VM.Console is missing on every guest");
    assert_eq!((&none["state"], said.code), (&"fail".into(), 1));
    let fix = none["fix"].to_string();
    assert!(
        fix.contains("VM.Audit VM.Console")
            && fix.contains("--tokens 'jarvis@pve!read' --roles JarvisConsole"),
        "{fix}"
    );
}

#[test]
fn a_changed_certificate_is_told_from_an_unknown_one_and_a_wrong_token_is_told() {
    let world = World::start();
    let read = world.token("reads");
    let one = format!("{{fingerprints: ['{}']}}", ["AA"; 32].join(":"));
    let (said, findings) = world.doctor(&read, &one, SAFETY);
    let changed = finding(&findings, "changed certificate: expected AA:");
    assert_eq!((&changed["state"], said.code), (&"fail".into(), 1));
    assert!(
        changed["fix"].to_string().contains("pvenode cert info"),
        "{changed}"
    );

    let (_, findings) = world.doctor(&read, "{system: true}", SAFETY);
    assert!(
        !findings
            .iter()
            .any(|finding| finding["what"].as_str().unwrap().contains("changed certificate"))
    );
    assert!(
        findings
            .iter()
            .any(|finding| finding["area"] == "certificates" && finding["state"] == "fail")
    );

    let wrong = "jarvis@pve!read=00000000-0000-0000-0000-000000000000";
    let (said, findings) = world.doctor(wrong, "{caFile: ca.pem}", SAFETY);
    let refused = finding(&findings, "does not accept jarvis@pve!read");
    assert!(
        refused["fix"]
            .to_string()
            .contains("pveum user token list jarvis@pve"),
        "{refused}"
    );
    assert!(!said.out.contains("00000000-0000"), "no secret is told");
}

#[test]
fn what_is_wrong_here_is_told() {
    let world = World::start();
    world.commit(&MANIFESTS.replace("vmid: 101", "vmid: 1"));
    let read = world.token("reads");
    let (_, findings) = world.doctor(&read, "{caFile: ca.pem}", "listen: 0.0.0.0:7474\n");
    assert!(
        finding(&findings, "listen")["what"]
            .as_str()
            .unwrap()
            .contains("jarvis.yaml"),
        "a field given twice"
    );

    let (_, findings) = world.doctor(&read, "{caFile: ca.pem}", "");
    assert_eq!(finding(&findings, "of branch main: ")["state"], "fail");
    assert_eq!(finding(&findings, "nothing else is protected")["state"], "warn");

    let (_, findings) = world.doctor(
        &read,
        "{caFile: ca.pem}",
        "tls: generated\nsafety: {own: {vmid: 9999}}\n",
    );
    assert_eq!(
        finding(&findings, "guest 9999, which is not to be seen")["state"],
        "fail"
    );
    assert_eq!(
        finding(&findings, "its certificate is made at the first start")["state"],
        "ok"
    );

    fs::write(world.path().join("state"), "").unwrap();
    let (_, findings) = world.doctor(&read, "{caFile: ca.pem}", SAFETY);
    assert_eq!(finding(&findings, "is no folder")["state"], "fail");
    let said = jarvis(world.path(), &["doctor", "--config", "none.yaml"]);
    assert!(
        said.code == 1 && said.out.contains("fail  none.yaml: cannot be read"),
        "{said:?}"
    );
}

/// Models that play a part: one calls the tool it is asked to call, one answers in words, one has a lock.
const MODELS: &str = "models:
  - model: claude-haiku-5-5
    api: anthropic
    cues: [{answers: [{calls: [{tool: say_ready, arguments: {word: ready}}]}]}]
  - model: wordy
    api: openai-compatible
    cues: [{answers: [{say: I am ready.}]}]
  - model: locked
    api: openai-compatible
    key: the-right-key
    cues: [{answers: [{say: Welcome.}]}]
";

#[test]
fn each_language_model_is_asked_one_small_question() {
    let script = tempfile::NamedTempFile::new().unwrap();
    fs::write(script.path(), MODELS).unwrap();
    let world = World::with(&["--models", script.path().to_str().unwrap()]);
    let url = |model: &str| {
        let banner = &world.simulator.banner;
        let line = banner
            .lines()
            .find(|line| line.contains(&format!("model {model} ")));
        line.unwrap().split_whitespace().last().unwrap().to_owned()
    };
    fs::write(world.path().join("key"), "the-wrong-key").unwrap();
    fs::set_permissions(world.path().join("key"), fs::Permissions::from_mode(0o600)).unwrap();
    let models = [
        format!(
            "{{api: anthropic, model: claude-haiku-5-5, url: '{}', key: {{file: key}}}}",
            url("claude-haiku-5-5")
        ),
        format!(
            "{{api: openai-compatible, model: wordy, url: '{}', windowTokens: 9000}}",
            url("wordy")
        ),
        format!(
            "{{api: openai-compatible, model: locked, url: '{}', key: {{file: key}}}}",
            url("locked")
        ),
        "{api: openai-compatible, model: away, url: 'http://127.0.0.1:9/v1'}".to_owned(),
    ];
    let models = models.map(|model| format!("    - {model}\n")).concat();
    let more = format!("{SAFETY}assistant:\n  models:\n{models}");
    let (said, findings) = world.doctor(&world.token("reads"), "{caFile: ca.pem}", &more);
    assert_eq!(said.code, 1);
    for (part, state, fix) in [
        ("answers and calls tools, reads 200000 tokens", "ok", ""),
        ("in words where it was to call a tool", "warn", "docs/MODELS.md"),
        (
            "reads 8192 tokens, and the config says 9000",
            "warn",
            "windowTokens: 8192",
        ),
        ("(not let in)", "fail", "`key` in jarvis.yaml"),
        (
            "away at http://127.0.0.1:9/v1 does not answer",
            "fail",
            "curl -sS http://127.0.0.1:9/v1/models",
        ),
    ] {
        let found = finding(&findings, part);
        assert_eq!(found["state"], state, "{part}: {found:#}");
        assert_eq!(found["area"], "models");
        assert!(found["fix"].to_string().contains(fix), "{fix}: {found:#}");
    }
    assert!(!said.out.contains("the-wrong-key"), "{said:?}");
}
