//! Signing in by a real provider: the certified `oidc-provider` (npm) on loopback, its own pages, a browser's worth of
//! cookies, and the whole program. Once for each algorithm that is believed.
//!
//! Needs node and npm; without them it is passed over unless `JARVIS_REQUIRE_OIDC` is set, as it is in continuous
//! integration.

use crate::support::{Process, not_checked, program};
use reqwest::{Client, Response, Url, redirect::Policy};
use serde_json::{Value, json};
use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

const SECRET: &str = "a client secret: with & and %";

fn source(name: &str) -> Vec<u8> {
    fs::read(
        Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/cli/oidc")
            .join(name),
    )
    .unwrap()
}

/// The script with its packages, kept between runs, made ready once in this one; none without node.
fn prepared() -> Option<PathBuf> {
    static PREPARED: OnceLock<Option<PathBuf>> = OnceLock::new();
    PREPARED.get_or_init(prepare).clone()
}

fn prepare() -> Option<PathBuf> {
    let there = |name: &str| {
        Command::new(name)
            .arg("--version")
            .output()
            .is_ok_and(|said| said.status.success())
    };
    if !(there("node") && there("npm")) {
        return None;
    }
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("oidc-provider");
    fs::create_dir_all(&folder).unwrap();
    let unchanged =
        fs::read(folder.join("package-lock.json")).is_ok_and(|kept| kept == source("package-lock.json"));
    for name in ["package.json", "package-lock.json", "provider.mjs"] {
        fs::write(folder.join(name), source(name)).unwrap();
    }
    if !(unchanged && folder.join("node_modules/.package-lock.json").exists()) {
        let mut install = Command::new("npm");
        install
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&folder);
        let installed = install.output().unwrap();
        assert!(
            installed.status.success(),
            "{}",
            String::from_utf8_lossy(&installed.stderr)
        );
    }
    Some(folder)
}

struct Provider {
    child: Child,
    lines: BufReader<ChildStdout>,
    issuer: String,
}

impl Provider {
    fn start(folder: &Path, algorithm: &str) -> Self {
        let mut node = Command::new("node");
        node.args(["provider.mjs", algorithm, SECRET]).current_dir(folder);
        let piped = node
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = piped.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap());
        let issuer = line(&mut lines);
        Self { child, lines, issuer }
    }

    fn send_back_to(&mut self, redirect_uri: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{redirect_uri}").unwrap();
        assert_eq!(line(&mut self.lines), "ready");
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn line(lines: &mut BufReader<ChildStdout>) -> String {
    let mut line = String::new();
    lines.read_line(&mut line).unwrap();
    line.trim().to_owned()
}

fn run(home: &Path, issuer: &str, secret: &str) -> Process {
    for (name, text) in [("token", "jarvis@pve!act=canary"), ("oidc-secret", secret)] {
        fs::write(home.join(name), text).unwrap();
        fs::set_permissions(home.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let text = format!(
        "listen: 127.0.0.1:0\nstate: state\ncluster:\n  entryPoints: [{{url: 'https://127.0.0.1:1'}}]\n  token: {{file: \
         token}}\n  tls: {{system: true}}\nauth:\n  oidc:\n    issuer: {issuer}\n    clientId: jarvis\n    clientSecret: \
         {{file: oidc-secret}}\n    scopes: [openid, groups]\n    roleClaim: groups\n    roles: {{admin: [jarvis-admins], \
         viewer: [jarvis-viewers]}}\n    displayName: House keys\n"
    );
    fs::write(home.join("jarvis.yaml"), text).unwrap();
    let mut command = program(home);
    command.args(["run", "--config", "jarvis.yaml"]);
    Process::start(command, home.join("run.log"), "ready: http://127.0.0.1:")
}

fn url_of(process: &Process) -> String {
    let line = process
        .banner
        .lines()
        .find_map(|line| line.trim().strip_prefix("ready: "));
    line.unwrap().split_whitespace().next().unwrap().to_owned()
}

/// Follows redirects and keeps cookies, each for its host and port.
struct Browser {
    client: Client,
    cookies: BTreeMap<String, BTreeMap<String, String>>,
}

impl Browser {
    fn new() -> Self {
        Self {
            client: Client::builder()
                .redirect(Policy::none())
                .no_proxy()
                .build()
                .unwrap(),
            cookies: BTreeMap::new(),
        }
    }

    /// Gets or posts, and goes wherever it is sent.
    async fn go(&mut self, url: &str, form: Option<&str>) -> (Url, Response) {
        let (mut url, mut form) = (Url::parse(url).unwrap(), form);
        for _ in 0..12 {
            let response = self.once(&url, form.take()).await;
            match response.headers().get("location") {
                Some(to) => url = url.join(to.to_str().unwrap()).unwrap(),
                None => return (url, response),
            }
        }
        panic!("sent around in circles at {url}");
    }

    async fn once(&mut self, url: &Url, form: Option<&str>) -> Response {
        let jar = self.cookies.entry(url.authority().to_owned()).or_default();
        let sent: Vec<String> = jar
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = match form {
            None => self.client.get(url.clone()),
            Some(form) => self
                .client
                .post(url.clone())
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.to_owned()),
        };
        let response = request.header("cookie", sent.join("; ")).send().await.unwrap();
        for set in response.headers().get_all("set-cookie") {
            let (name, value) = set
                .to_str()
                .unwrap()
                .split(';')
                .next()
                .unwrap()
                .split_once('=')
                .unwrap();
            jar.insert(name.to_owned(), value.to_owned());
        }
        response
    }

    /// Signs in on the provider's own pages; what Jarvis shows in the end.
    async fn sign_in(&mut self, jarvis: &str, name: &str) -> (Url, u16, String) {
        let (mut url, mut response) = self.go(&format!("{jarvis}/auth/oidc/login"), None).await;
        for prompt in ["login", "consent"] {
            let page = response.text().await.unwrap();
            assert!(
                page.contains(&format!("name=\"prompt\" value=\"{prompt}\"")),
                "{url}: {page}"
            );
            let action = page.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
            let form = format!("prompt={prompt}&login={name}&password=any");
            (url, response) = self
                .go(url.clone().join(action).unwrap().as_str(), Some(&form))
                .await;
        }
        let status = response.status().as_u16();
        (url, status, response.text().await.unwrap())
    }

    async fn me(&mut self, jarvis: &str) -> Value {
        let url = Url::parse(jarvis).unwrap();
        let jar = &self.cookies[url.authority()];
        let request = self
            .client
            .post(format!("{jarvis}/graphql"))
            .header("origin", jarvis)
            .header("cookie", format!("jarvis_session={}", jar["jarvis_session"]));
        let answer = request
            .json(&json!({ "query": "{ me { user role } }" }))
            .send()
            .await
            .unwrap();
        answer.json().await.unwrap()
    }
}

#[tokio::test]
async fn a_certified_provider_signs_people_in_by_every_algorithm() {
    let Some(folder) = prepared() else {
        assert!(
            std::env::var_os("JARVIS_REQUIRE_OIDC").is_none(),
            "node and npm are required here"
        );
        return not_checked("node and npm are not there");
    };
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let mut provider = Provider::start(&folder, algorithm);
        let home = tempfile::tempdir().unwrap();
        let mut process = run(home.path(), &provider.issuer, SECRET);
        let jarvis = url_of(&process);
        provider.send_back_to(&format!("{jarvis}/auth/oidc/callback"));
        for (name, role) in [("anna", "ADMIN"), ("berta", "VIEWER")] {
            let mut browser = Browser::new();
            let (url, status, page) = browser.sign_in(&jarvis, name).await;
            assert_eq!(
                (url.as_str(), status),
                (format!("{jarvis}/").as_str(), 200),
                "{page}"
            );
            let expected = json!({ "data": { "me": { "user": format!("oidc:{name}"), "role": role } } });
            assert_eq!(browser.me(&jarvis).await, expected, "{algorithm}");
        }
        let (url, status, page) = Browser::new().sign_in(&jarvis, "mallory").await;
        assert_eq!((url.path(), status), ("/auth/oidc/callback", 403));
        assert!(
            page.contains("knows you as mallory, but gives you no role here"),
            "{page}"
        );
        assert_eq!(process.terminate(), 0);
        let log = process.log();
        assert!(
            log.contains("oidc:anna") && log.contains("has no role here"),
            "{log}"
        );
        assert!(!log.contains(SECRET) && !log.contains("client%20secret"), "{log}");
    }
}

#[tokio::test]
async fn a_wrong_secret_and_a_dead_provider_are_pages_that_say_so() {
    let Some(folder) = prepared() else {
        return not_checked("node and npm are not there");
    };
    let mut provider = Provider::start(&folder, "ES256");
    let home = tempfile::tempdir().unwrap();
    let process = run(home.path(), &provider.issuer, "another secret");
    let jarvis = url_of(&process);
    provider.send_back_to(&format!("{jarvis}/auth/oidc/callback"));
    let (_, status, page) = Browser::new().sign_in(&jarvis, "anna").await;
    assert!(status == 403 && page.contains("invalid_client"), "{page}");
    drop((provider, process));

    let provider = Provider::start(&folder, "ES256");
    let process = run(home.path(), &provider.issuer, SECRET);
    let jarvis = url_of(&process);
    drop(provider);
    let (_, response) = Browser::new()
        .go(&format!("{jarvis}/auth/oidc/login"), None)
        .await;
    let (status, page) = (response.status().as_u16(), response.text().await.unwrap());
    assert!(status == 502 && page.contains("a password still works"), "{page}");
}
