//! No secret leaves: the program runs with a marked secret in every place that takes one, says all it can say (every
//! library at `trace`), is asked all it answers, and the marks are looked for in everything that came out and everything
//! that was written down.

use crate::{
    run::{reading_token, simulator},
    support::{Process, jarvis, program, until, word_after},
};
use reqwest::Client;
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
};
use tempfile::TempDir;

const MANIFESTS: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {name: web-01}\nspec: {vmid: 101, \
     runStrategy: RerunOnFailure}\n---\napiVersion: jarvis.dev/v1alpha1\nkind: NotificationChannel\nmetadata: {name: phone}\n\
     spec: {ntfy: {server: 'https://127.0.0.1:1', topic: home, credential: phone-token}, minimumSeverity: info}\n---\n\
     apiVersion: jarvis.dev/v1alpha1\nkind: NotificationChannel\nmetadata: {name: mail}\nspec: {email: {to: [ops@home.example]}, \
     minimumSeverity: info}\n";

/// A folder, and what must not be found anywhere: what it is, and its text.
struct Scene {
    home: TempDir,
    marks: BTreeMap<String, String>,
}

impl Scene {
    fn new() -> Self {
        Self {
            home: tempfile::tempdir().unwrap(),
            marks: BTreeMap::new(),
        }
    }

    fn home(&self) -> &Path {
        self.home.path()
    }

    /// A file with a secret; the secret is looked for from now on.
    fn secret(&mut self, name: &str, text: &str) {
        let path = self.home().join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o600)).unwrap();
        self.mark(name, text);
    }

    fn mark(&mut self, what: &str, text: &str) {
        // What precedes `=` or `!` in a Proxmox token is a name.
        let text = text.rsplit(['=', '!']).next().unwrap();
        assert!(text.len() >= 12, "{what} is too short to be looked for");
        self.marks.insert(what.to_owned(), text.to_owned());
    }

    /// Fails when a mark is in there, also as base64, as hex, or percent-encoded.
    #[track_caller]
    fn search(&self, place: &str, bytes: &[u8]) {
        for (what, mark) in &self.marks {
            let coded = |shift: usize| {
                // Base64 of the mark inside something longer, at each of three alignments, without its edges.
                let mut padded = vec![b'x'; shift];
                padded.extend_from_slice(mark.as_bytes());
                let text = base64(&padded);
                text[if shift == 0 { 0 } else { 4 }..text.len() - 4].to_owned()
            };
            let hex: Vec<String> = mark.bytes().map(|byte| format!("{byte:02x}")).collect();
            let hex = hex.concat();
            let forms = [
                mark.clone(),
                hex,
                coded(0),
                coded(1),
                coded(2),
                mark.replace(' ', "%20"),
            ];
            for form in forms {
                let found = bytes
                    .windows(form.len())
                    .position(|window| window == form.as_bytes());
                if let Some(at) = found {
                    let around = &bytes[at.saturating_sub(200)..(at + 80).min(bytes.len())];
                    panic!("{what} is in {place}: {}", String::from_utf8_lossy(around));
                }
            }
        }
    }

    /// Every file below a folder, unpacked where it is packed.
    fn search_files(&self, folder: &Path) -> usize {
        let mut count = 0;
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                count += self.search_files(&path);
                continue;
            }
            let bytes = fs::read(&path).unwrap();
            self.search(&path.display().to_string(), &bytes);
            if bytes.starts_with(&[0x1f, 0x8b]) {
                // The last block may be cut off while it is written; what is there is unpacked all the same.
                let unpacked = Command::new("gzip").arg("-dc").arg(&path).output().unwrap();
                assert!(!unpacked.stdout.is_empty(), "{}", path.display());
                self.search(&format!("{} unpacked", path.display()), &unpacked.stdout);
            }
            count += 1;
        }
        count
    }

    fn commit(&self) {
        let folder = self.home().join("manifests");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("all.yaml"), MANIFESTS).unwrap();
        for arguments in [
            &["init", "--quiet", "--initial-branch=main"][..],
            &["add", "--all"],
            &["commit", "--quiet", "--message", "Declare"],
        ] {
            let mut git = Command::new("git");
            git.current_dir(&folder).env("HOME", self.home());
            git.args(["-c", "user.name=t", "-c", "user.email=t@t"])
                .args(arguments);
            assert!(git.status().unwrap().success());
        }
    }

    fn ssh_key(&mut self) {
        let key = self.home().join("ssh-key");
        let made = Command::new("ssh-keygen")
            .args([
                "-q",
                "-t",
                "ed25519",
                "-a",
                "4",
                "-C",
                "t",
                "-N",
                "MARK-ssh-passphrase",
                "-f",
            ])
            .arg(&key)
            .status();
        assert!(made.unwrap().success());
        fs::write(self.home().join("known_hosts"), "").unwrap();
        let line = fs::read_to_string(&key)
            .unwrap()
            .lines()
            .nth(3)
            .unwrap()
            .to_owned();
        self.mark("the private key", &line);
        self.secret("passphrase", "MARK-ssh-passphrase");
    }

    fn run(&self) -> Process {
        let mut command = program(self.home());
        command
            .env("JARVIS_LOG", "trace")
            .args(["run", "--config", "jarvis.yaml"]);
        Process::start(command, self.home().join("run.log"), "ready: http://127.0.0.1:")
    }

    /// Runs a command at trace, with this on its standard input, and searches what it says.
    fn command(&self, arguments: &[&str], input: &str) -> String {
        let mut child = program(self.home())
            .env("JARVIS_LOG", "trace")
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::io::Write::write_all(child.stdin.as_mut().unwrap(), input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = [output.stdout.as_slice(), &output.stderr].concat();
        self.search(&format!("what `jarvis {}` says", arguments.join(" ")), &said);
        String::from_utf8(output.stdout).unwrap()
    }
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk
            .iter()
            .fold(0_u32, |word, byte| word << 8 | u32::from(*byte))
            << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let index = usize::try_from(word >> (18 - 6 * place) & 63).unwrap();
            text.push(if place > chunk.len() {
                '='
            } else {
                char::from(LETTERS[index])
            });
        }
    }
    text
}

/// All that can be read where people's and programs' words end up, and what is refused.
const QUERIES: [(&str, bool); 8] = [
    (
        "{ me { user role token } version { version } clusters { name loop { lookFailure } } users { name role oneTime } tokens { name \
         role scopes by } }",
        true,
    ),
    (
        "{ events(first: 100, all: true) { seq name title detail data } }",
        true,
    ),
    ("{ audit(first: 100) { seq name title detail data hash } }", true),
    (
        "{ policy { protectedGuests } windows { name } resources { key spec } plan { revision } revision { commit sourceFailure } }",
        true,
    ),
    (
        "{ decisions { id evidence } issues { key summary } tickets { id } intents { id } alerts { title detail } services { resource } }",
        true,
    ),
    (
        "mutation { createUser(name: \"x y\", password: \"MARK-refused-password\", role: VIEWER) }",
        false,
    ),
    ("{ __schema { types { name description } } }", true),
    ("{ secrets(of: \"MARK-refused-password\") }", false),
];

/// A config with a secret in every place that takes one, but those of [`other_config`].
fn config(scene: &Scene, entries: &str) {
    let text = format!(
        "listen: 127.0.0.1:0\nstate: state\ncluster:\n  name: home\n  entryPoints:\n{entries}  token: {{file: cluster-token}}\n  \
         tls: {{caFile: ca.pem}}\nsource: {{git: {{remote: ./manifests}}, pollSeconds: 2, webhookSecret: {{file: webhook}}}}\n\
         ssh:\n  user: jarvis\n  keyFile: ssh-key\n  passphrase: {{file: passphrase}}\n  knownHostsFile: known_hosts\n  \
         trustOnFirstUse: true\n  nodes: {{atlas: {{address: 127.0.0.1, port: 1}}}}\nsafety: {{own: {{vmid: 103}}}}\n\
         notifications:\n  smtp: {{host: 127.0.0.1, port: 1, tls: tls, user: jarvis, password: {{file: smtp-password}}, from: \
         jarvis@home.example}}\n  credentials: {{phone-token: {{file: phone-token}}}}\nauth:\n  oidc:\n    issuer: \
         http://127.0.0.1:1\n    clientId: jarvis\n    clientSecret: {{env: OIDC_SECRET}}\n    roles: {{viewer: [all]}}\n"
    );
    fs::write(
        scene.home().join("jarvis.yaml"),
        text.replace("{env: OIDC_SECRET}", "{file: oidc-secret}"),
    )
    .unwrap();
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "a mark for each place of a secret")]
async fn no_secret_is_in_logs_answers_or_files() {
    let mut scene = Scene::new();
    let simulator = simulator(scene.home());
    scene.secret("cluster-token", &reading_token(&simulator));
    for name in ["webhook", "smtp-password", "phone-token", "oidc-secret"] {
        scene.secret(name, &format!("MARK-of-the-{name}"));
    }
    scene.ssh_key();
    scene.commit();
    let entry = |node: &str| {
        format!(
            "    - {{node: {node}, url: '{}'}}\n",
            word_after(&simulator.banner, node)
        )
    };
    config(&scene, &(entry("atlas") + &entry("agent1")));

    let mut process = scene.run();
    let banner = process.banner.clone();
    let first = banner
        .split("admin / ")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    scene.mark("the first password", first);
    let context: Value =
        serde_json::from_slice(&fs::read(scene.home().join("jarvis/context.json")).unwrap()).unwrap();
    let local = context["token"].as_str().unwrap().to_owned();
    scene.mark("the local token", local.rsplit("local-cli_").next().unwrap());
    until("the manifests are in force", || {
        jarvis(scene.home(), &["get", "resources"])
            .out
            .contains("web-01")
            .then_some(())
    });

    let url = context["url"].as_str().unwrap().to_owned();
    let visit = Visit {
        url: &url,
        local: &local,
    };
    scene.mark("a refused password", "MARK-refused-password");
    visit.sign_in(&mut scene, first).await;
    visit.ask(&scene).await;
    let made = scene.command(
        &["token", "create", "ci", "--scope", "operate-red", "--for", "1h"],
        "",
    );
    scene.mark("a token made", made.trim().rsplit("jrv_ci_").next().unwrap());
    scene.mark("a password given", "MARK-of-a-given-password");
    scene.command(&["user", "add", "berta"], "MARK-of-a-given-password\n");
    for arguments in [
        &["user", "passwd", "nobody"][..],
        &["token", "list"],
        &["user", "list"],
        &["doctor", "--config", "jarvis.yaml"],
        &["run", "--config", "jarvis.yaml", "--check"],
        &["audit", "log"],
        &["audit", "export"],
        &["get", "clusters"],
        &["notify", "test", "phone", "--config", "jarvis.yaml"],
        &["notify", "test", "mail", "--config", "jarvis.yaml"],
        &["--token-file", "webhook", "get", "nodes"],
    ] {
        scene.command(arguments, "MARK-of-a-given-password\n");
    }
    let row = |command: &str| -> String {
        let table = scene.command(&[command, "list"], "");
        let of_it = |line: &&str| line.starts_with("ci") || line.starts_with("berta");
        table
            .lines()
            .find(of_it)
            .unwrap()
            .split_whitespace()
            .take(3)
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(row("token"), "ci viewer operate-red");
    assert_eq!(row("user"), "berta viewer false");
    scene.command(
        &["user", "passwd", "berta", "--role", "operator", "--one-time"],
        "MARK-of-a-given-password\n",
    );
    assert_eq!(row("user"), "berta operator true");
    assert!(
        scene
            .command(&["user", "sign-out", "berta"], "")
            .contains("signed out everywhere: berta")
    );
    assert_eq!(process.terminate(), 0);
    let log = process.log();
    assert!(
        log.contains("TRACE") && log.len() > 50_000,
        "everything was to be said"
    );
    scene.search("the log", log.as_bytes());
    assert!(scene.search_files(&scene.home().join("state")) > 5);
}

/// The other way to know the cluster and git, and secrets out of the environment.
fn other_config(scene: &Scene, entries: &str) {
    let text = format!(
        "listen: 127.0.0.1:0\nstate: state\ncluster:\n  name: home\n  entryPoints:\n{entries}  user: jarvis@pve\n  password: \
         {{file: cluster-password}}\n  tls: {{caFile: ca.pem}}\nsource:\n  git: {{remote: 'https://127.0.0.1:1/x.git', httpsToken: \
         {{env: GIT_TOKEN}}}}\n  pollSeconds: 1\nsafety: {{own: {{vmid: 103}}}}\n"
    );
    fs::write(scene.home().join("jarvis.yaml"), text).unwrap();
}

#[test]
fn no_password_of_the_cluster_and_no_token_of_git_leaves() {
    let mut scene = Scene::new();
    let simulator = simulator(scene.home());
    scene.secret("cluster-password", "MARK-of-the-cluster-password");
    scene.mark("the token of git", "MARK-of-the-git-token");
    let entry = |node: &str| {
        format!(
            "    - {{node: {node}, url: '{}'}}\n",
            word_after(&simulator.banner, node)
        )
    };
    other_config(&scene, &(entry("atlas") + &entry("agent1")));
    let mut command = program(scene.home());
    command
        .env("JARVIS_LOG", "trace")
        .env("GIT_TOKEN", "MARK-of-the-git-token");
    command.args(["run", "--config", "jarvis.yaml"]);
    let mut process = Process::start(command, scene.home().join("run.log"), "ready: http://127.0.0.1:");
    until("the password is refused and git is not reached", || {
        let log = process.log();
        (log.contains("127.0.0.1:1/x.git") && log.contains("password")).then_some(())
    });
    for arguments in [
        &["get", "clusters"][..],
        &["get", "resources"],
        &["doctor", "--config", "jarvis.yaml"],
    ] {
        let output = program(scene.home())
            .env("GIT_TOKEN", "MARK-of-the-git-token")
            .env("JARVIS_LOG", "trace")
            .args(arguments)
            .output();
        let output = output.unwrap();
        scene.search(&arguments.join(" "), &[output.stdout, output.stderr].concat());
    }
    assert_eq!(process.terminate(), 0);
    scene.search("the log", process.log().as_bytes());
    assert!(scene.search_files(&scene.home().join("state")) > 5);
}

#[test]
fn a_mark_would_be_found() {
    let mut scene = Scene::new();
    scene.mark("it", "MARK-of-a-test");
    for leak in [
        "..MARK-of-a-test..".to_owned(),
        base64(b"user:MARK-of-a-test"),
        base64(b"ab:MARK-of-a-test,"),
        base64(b"a:MARK-of-a-test,"),
    ] {
        let found = std::panic::catch_unwind(|| scene.search("here", leak.as_bytes()));
        assert!(found.is_err(), "{leak}");
    }
    scene.search("nowhere", b"MARK-of-another");
}

/// What a person and a program do there.
struct Visit<'a> {
    url: &'a str,
    local: &'a str,
}

impl Visit<'_> {
    /// With the first password, a wrong one and a new one; the session's cookie is a secret, too.
    async fn sign_in(&self, scene: &mut Scene, first: &str) {
        let client = Client::new();
        for (mark, path, body) in [
            (
                "MARK-of-a-wrong-password",
                "/auth/login",
                json!({ "user": "admin", "password": "MARK-of-a-wrong-password" }),
            ),
            (
                first,
                "/auth/login",
                json!({ "user": "admin", "password": first }),
            ),
            (
                "MARK-misplaced-password",
                "/auth/login",
                json!({ "user": "admin", "passwort": "MARK-misplaced-password" }),
            ),
            (
                "MARK-of-a-new-password",
                "/auth/password",
                json!({ "user": "admin", "password": first, "newPassword": "MARK-of-a-new-password" }),
            ),
        ] {
            scene.mark(mark, mark);
            let sent = client
                .post(format!("{}{path}", self.url))
                .header("origin", self.url)
                .json(&body);
            let answer = sent.send().await.unwrap();
            if let Some(set) = answer.headers().get("set-cookie") {
                let value = set.to_str().unwrap().split(['=', ';']).nth(1).unwrap().to_owned();
                scene.mark("the signature of the cookie", value.rsplit('.').next().unwrap());
                scene.mark("the claims of the cookie", value.split('.').nth(1).unwrap());
            }
            scene.search("an answer about signing in", &answer.bytes().await.unwrap());
        }
    }

    async fn ask(&self, scene: &Scene) {
        let client = Client::new();
        for (query, fine) in QUERIES {
            let sent = client
                .post(format!("{}/graphql", self.url))
                .bearer_auth(self.local);
            let answer = sent.json(&json!({ "query": query })).send().await.unwrap();
            let bytes = answer.bytes().await.unwrap();
            let answer: Value = serde_json::from_slice(&bytes).unwrap();
            assert_eq!(answer.get("errors").is_none(), fine, "{query}: {answer}");
            scene.search(query, &bytes);
        }
        for path in [
            "/metrics",
            "/api/health",
            "/readyz",
            "/auth/options",
            "/auth/oidc/login",
            "/",
        ] {
            let answer = client.get(format!("{}{path}", self.url)).bearer_auth(self.local);
            scene.search(path, &answer.send().await.unwrap().bytes().await.unwrap());
        }
        for signature in ["sha256=00", "MARK-of-the-webhook"] {
            let hook = client
                .post(format!("{}/hooks/git", self.url))
                .header("x-hub-signature-256", signature);
            scene.search(
                "the webhook's answer",
                &hook.body("{}").send().await.unwrap().bytes().await.unwrap(),
            );
        }
    }
}
