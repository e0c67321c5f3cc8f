//! The whole program with a simulated cluster, a real mail server and a played model that puts what fails into words: a guest that
//! fails at every start, a freeze, a restart;
//! the doctor's look at the server, and the test message.

use crate::support::{Process, jarvis, program, until, word_after};
use aiosmtpd::{MailServer, PASSWORD, USER, Way, mails};
use jarvis_simulator::models::{Act, Dialect, ModelServer, Options, Part};
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

#[path = "../../../notify/tests/smtp/aiosmtpd.rs"]
pub mod aiosmtpd;

const MANIFESTS: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {name: web-01}\nspec: {vmid: 101, runStrategy: Always, autonomy: L3}\n---\napiVersion: jarvis.dev/v1alpha1\nkind: NotificationChannel\nmetadata: {name: ops-mail}\nspec: {email: {to: [ops@home.example]}}\n";

/// The config's section for a server in the same folder.
pub fn section(tls: &str, port: u16) -> String {
    format!(
        "notifications:\n  smtp: {{host: localhost, port: {port}, tls: {tls}, caFile: ca.pem, user: {USER}, password: {{file: \
         password}}, from: jarvis@home.example}}\n"
    )
}

/// How many mails a server in this folder took whose subject holds this.
pub fn told(folder: &Path, part: &str) -> usize {
    let all = mails(folder);
    all.iter()
        .filter(|mail| mail.header("Subject").contains(part))
        .count()
}

/// Mails that tell this anywhere.
pub fn told_within(folder: &Path, part: &str) -> usize {
    let whole = |data: &str| data.replace("=\r\n", "").replace("=\n", "");
    let all = mails(folder);
    all.iter()
        .filter(|mail| mail.header("Subject").contains(part) || whole(&mail.data).contains(part))
        .count()
}

struct World {
    home: TempDir,
    simulator: Process,
}

impl World {
    fn set() -> Self {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path();
        let mut command = program(folder);
        command.args(["simulate", "--ca-file", "pve.pem"]);
        let simulator = Process::start(command, folder.join("simulate.log"), "JARVIS_CHAOS_URL=");
        aiosmtpd::prepare(folder);
        let world = Self { home, simulator };
        let token = world
            .simulator
            .banner
            .lines()
            .find(|line| line.trim().starts_with("everything"));
        world.secret("token", token.unwrap().split_whitespace().last().unwrap());
        world.secret("password", PASSWORD);
        world.commit();
        world
    }

    fn folder(&self) -> &Path {
        self.home.path()
    }

    fn secret(&self, name: &str, text: &str) {
        let path = self.folder().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
    }

    fn commit(&self) {
        let folder = self.folder().join("manifests");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("all.yaml"), MANIFESTS).unwrap();
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

    fn configure(&self, tls: &str, port: u16) {
        let entry = |node: &str| {
            let url = word_after(&self.simulator.banner, node);
            format!("    - {{node: {node}, url: '{url}'}}\n")
        };
        let entries = entry("atlas") + &entry("agent1");
        let text = format!(
            "listen: 127.0.0.1:0\nstate: state\ncluster:\n  name: home\n  entryPoints:\n{entries}  token: {{file: token}}\n  \
             tls: {{caFile: pve.pem}}\nsource: {{git: {{remote: ./manifests}}, pollSeconds: 2}}\nsafety: {{own: {{vmid: \
             103}}, autonomy: L3}}\n{}",
            section(tls, port)
        );
        fs::write(self.folder().join("jarvis.yaml"), text).unwrap();
    }

    /// Adds a model in the house to the config.
    fn add_model(&self, url: &str) {
        let path = self.folder().join("jarvis.yaml");
        let text = fs::read_to_string(&path).unwrap();
        let models = format!(
            "assistant: {{timeZone: Europe/Berlin, models: [{{api: openai-compatible, model: play, url: '{url}'}}]}}\n"
        );
        fs::write(path, text + &models).unwrap();
    }

    fn run(&self) -> Process {
        let mut command = program(self.folder());
        command.args(["run", "--config", "jarvis.yaml"]);
        Process::start(command, self.folder().join("run.log"), "ready: http://127.0.0.1:")
    }

    fn chaos(&self, words: &[&str]) {
        let line = self.simulator.banner.lines().last().unwrap();
        let mut command = program(self.folder());
        for word in line.split_whitespace() {
            if let Some((name, value)) = word.split_once('=') {
                command.env(name, value);
            }
        }
        let output = command
            .arg("chaos")
            .args(words)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        assert!(output.status.success(), "{output:?}");
    }

    fn told(&self, part: &str) -> usize {
        told(self.folder(), part)
    }
}

#[test]
fn a_guest_that_fails_at_every_start_is_one_mail() {
    let Some(python) = aiosmtpd::interpreter() else {
        return;
    };
    let world = World::set();
    let server = MailServer::start(python, world.folder(), Way::Starttls, 0);
    world.configure("starttls", server.port);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let words = Act::say("Guest 101 could not be started, and is given to you.");
    let part = Part::Script(vec![words.into()]);
    let options = Options::new(Dialect::OpenaiCompatible, part);
    let model = runtime.block_on(ModelServer::start(options)).unwrap();
    world.add_model(&model.base_url());
    let mut first = world.run();
    until("the guest is seen", || {
        let said = jarvis(world.folder(), &["get", "resources"]);
        (said.out.contains("web-01") && said.out.contains("Synced")).then_some(())
    });
    world.chaos(&["fail-start", "101"]);
    world.chaos(&["crash", "101"]);
    until("two attempts", || {
        let intents = jarvis(world.folder(), &["get", "intents", "--output", "json"]).out;
        (intents.matches("start failed").count() >= 2).then_some(())
    });
    until("it is given to people", || {
        (world.told("web-01 is beyond Jarvis") > 0).then_some(())
    });
    let mail = mails(world.folder())
        .into_iter()
        .find(|mail| mail.header("Subject").contains("beyond"))
        .unwrap();
    assert!(mail.secure && mail.user.as_deref() == Some(USER) && mail.to == "ops@home.example");
    let said = mail.data.replace("=\r\n", "");
    assert_eq!(
        said.matches("start guest 101: failed: start failed: QEMU exited")
            .count(),
        6,
        "three, in both bodies: {said}"
    );
    assert!(
        said.contains("jarvis ack VirtualMachine/web-01#guest-down"),
        "{said}"
    );
    for words in [
        "Guest 101 could not be started, and is given to you.",
        "play, a model in the house",
    ] {
        assert_eq!(said.matches(words).count(), 2, "{words}, in both bodies: {said}");
    }
    assert_eq!(model.heard().len(), 1, "freeze and thaw have no such words");

    // Frozen, and started again, it tells of what is new and of nothing else.
    jarvis(world.folder(), &["freeze", "--reason", "a test"]).expect(0);
    until("the freeze is told", || (world.told("froze") == 1).then_some(()));
    assert_eq!(first.terminate(), 0, "{}", first.log());
    let mut second = world.run();
    until("it is there again", || {
        (jarvis(world.folder(), &["thaw"]).code == 0).then_some(())
    });
    until("the thaw is told", || {
        (world.told("The freeze was released") == 1).then_some(())
    });
    assert_eq!(second.terminate(), 0, "{}", second.log());
    assert_eq!(world.told("web-01 is beyond Jarvis"), 1);
    assert_eq!(world.told("froze"), 1);
    let queue = jarvis(world.folder(), &["notify", "queue"]).expect(0);
    assert!(queue.contains("0 waiting, 0 parked"), "{queue}");
    for log in [first.log(), second.log(), queue] {
        assert!(!log.contains(PASSWORD), "no secret is told");
    }
}

#[test]
fn what_is_parked_is_shown_everywhere_and_sent_when_a_person_says_so() {
    let Some(python) = aiosmtpd::interpreter() else {
        return;
    };
    let world = World::set();
    let server = MailServer::start(python, world.folder(), Way::Starttls, 0);
    world.configure("starttls", server.port);
    let late = MANIFESTS.replace("ops@home.example", "late@home.example");
    fs::write(world.folder().join("manifests/all.yaml"), late).unwrap();
    let mut git = Command::new("git");
    git.current_dir(world.folder().join("manifests"))
        .env("HOME", world.folder());
    git.args(["-c", "user.name=t", "-c", "user.email=t@t", "commit", "--quiet"]);
    assert!(
        git.args(["--all", "--message", "Late"])
            .status()
            .unwrap()
            .success()
    );
    let mut process = world.run();
    let said = |words: &[&str]| jarvis(world.folder(), words);
    until("the channel is in force", || {
        said(&["get", "resources"]).out.contains("ops-mail").then_some(())
    });
    said(&["freeze", "--reason", "a test"]).expect(0);
    let queue = || said(&["notify", "queue"]).expect(0);
    until("it is parked", || queue().contains("1 parked").then_some(()));
    assert!(queue().contains("jarvis notify retry"), "{}", queue());
    let doctor = said(&["doctor"]).out;
    assert!(
        doctor.contains("1 messages are parked") && doctor.contains("notify retry"),
        "{doctor}"
    );
    let metrics = || crate::demo::http_get(&word_after(&process.banner, "ready:"), "/metrics");
    until("the figures follow", || {
        metrics()
            .contains("jarvis_notifications{state=\"parked\"} 1")
            .then_some(())
    });

    let viewer = said(&["token", "create", "viewer", "--for", "1h"]);
    let refused = program(world.folder())
        .env("JARVIS_TOKEN", viewer.out.trim())
        .args(["notify", "retry"])
        .output()
        .unwrap();
    assert_eq!(refused.status.code(), Some(4), "{refused:?}");
    let again = |channel: &str| said(&["notify", "retry", channel]).expect(0);
    assert!(again("nobody").starts_with("0 parked messages for nobody"));
    assert!(again("ops-mail").starts_with("1 parked messages for ops-mail"));
    until("it is parked again", || {
        let queue = queue();
        (queue.contains("1 parked") && queue.contains("  2  ")).then_some(())
    });
    assert_eq!(world.told("froze"), 0);
    fs::write(world.folder().join("mail/opened"), "").unwrap();
    again("ops-mail");
    until("it is sent", || (world.told("froze") == 1).then_some(()));
    until("nothing is left", || {
        queue().contains("0 waiting, 0 parked").then_some(())
    });
    assert_eq!(process.terminate(), 0, "{}", process.log());
}

#[test]
fn the_doctor_looks_at_the_server_and_a_test_message_is_sent() {
    let Some(python) = aiosmtpd::interpreter() else {
        return;
    };
    let world = World::set();
    let doctor = || jarvis(world.folder(), &["doctor"]).out;
    let notify = |words: &[&str]| jarvis(world.folder(), &[&["notify"], words].concat());
    for (tls, way, word) in [
        ("starttls", Way::Starttls, "STARTTLS"),
        ("tls", Way::Tls, "TLS"),
        ("none", Way::Plain, "no TLS"),
    ] {
        let server = MailServer::start(python, world.folder(), way, 0);
        world.configure(tls, server.port);
        let said = doctor();
        let fine = format!("ok    the mail server localhost:{} answers, {word}", server.port);
        assert!(
            said.contains(&fine) && said.contains("what the channels need is configured: ops-mail"),
            "{said}"
        );
        let sent = notify(&["test"]).expect(0);
        assert!(
            sent.contains("ops-mail, ops@home.example: taken: 250 2.0.0 taken as number"),
            "{sent}"
        );
    }
    assert_eq!(world.told("test message"), 3);
    let wrong = notify(&["test", "ops-mial"]).expect(1);
    assert!(wrong.contains("did you mean ops-mail?"), "{wrong}");

    let server = MailServer::start(python, world.folder(), Way::Starttls, 0);
    world.configure("starttls", server.port);
    world.secret("password", "canary-wrong");
    let said = doctor();
    assert!(
        said.contains("fail  cannot log in as jarvis at localhost")
            && said.contains("notifications.smtp.user"),
        "{said}"
    );
    let refused = notify(&["test"]).expect(1);
    assert!(
        refused.contains("not taken: cannot log in") && !refused.contains("canary"),
        "{refused}"
    );
    drop(server);
    let said = doctor();
    assert!(
        said.contains("fail  cannot connect to localhost") && said.contains("> nc -vz localhost"),
        "{said}"
    );
    let text = fs::read_to_string(world.folder().join("jarvis.yaml")).unwrap();
    let without = text.split("notifications:").next().unwrap();
    fs::write(world.folder().join("jarvis.yaml"), without).unwrap();
    let said = doctor();
    assert!(
        said.contains("fail  the channel ops-mail sends mail, and no mail server is configured"),
        "{said}"
    );
}
