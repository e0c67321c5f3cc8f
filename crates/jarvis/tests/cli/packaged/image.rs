//! The image's root file system, as the Dockerfile has it made, run as the Dockerfile says it is run: as its user, with its
//! environment and its command, read-only, without capabilities. In a sandbox (bubblewrap) instead of a container engine.
//!
//! Without bubblewrap the tests say so and pass, unless `JARVIS_REQUIRE_BWRAP` is set.

use super::{dockerfile::Stage, root};
use crate::support::{Process, Said, program, until, word_after};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    os::unix::fs::PermissionsExt as _,
    path::Path,
    process::{Command, Stdio},
};

/// Whether bubblewrap works here; says so where it does not and may not.
#[track_caller]
pub fn has_bubblewrap() -> bool {
    let works = Command::new("bwrap")
        .args(["--unshare-all", "--ro-bind", "/", "/", "--", "true"])
        .output();
    let why = match works {
        Ok(output) if output.status.success() => return true,
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => error.to_string(),
    };
    assert!(
        std::env::var_os("JARVIS_REQUIRE_BWRAP").is_none(),
        "bubblewrap does not work here: {why}"
    );
    crate::support::not_checked(&format!("bubblewrap does not work here: {why}"));
    false
}

/// A sandbox around the image: its files read-only, its volume, its config, the host's network.
struct Sandbox<'a> {
    home: &'a Path,
    image: Stage,
}

impl<'a> Sandbox<'a> {
    /// Makes the root file system and the folders that are mounted into it; none without bubblewrap.
    #[track_caller]
    fn new(home: &'a Path) -> Option<Self> {
        if !has_bubblewrap() {
            return None;
        }
        let made: Said = Command::new(root().join("packaging/rootfs"))
            .arg(env!("CARGO_BIN_EXE_jarvis"))
            .arg(home.join("root"))
            .output()
            .unwrap()
            .into();
        made.expect(0);
        for folder in ["state", "config", "repository"] {
            fs::create_dir_all(home.join(folder)).unwrap();
        }
        let image = Stage::last();
        Some(Self { home, image })
    }

    /// A command in the sandbox.
    fn command(&self, words: &[String]) -> Command {
        let user = self.image.one("USER");
        let (user, group) = user.split_once(':').unwrap();
        let mut command = Command::new("bwrap");
        command
            .args([
                "--unshare-all",
                "--share-net",
                "--die-with-parent",
                "--new-session",
            ])
            .args(["--uid", user, "--gid", group, "--cap-drop", "ALL", "--clearenv"])
            .current_dir(self.home)
            .stdin(Stdio::null());
        for (name, value) in self.image.environment() {
            command.args(["--setenv", &name, &value]);
        }
        command
            .args(["--ro-bind", "root", "/", "--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp"])
            .args(["--ro-bind", "config", "/etc/jarvis"])
            // Read-only means nothing can be mounted where there is nothing: a folder that is there lends its place.
            .args(["--ro-bind", "repository", "/run"])
            .args(["--bind", "state", &self.image.one("VOLUME")])
            .args(["--chdir", &self.image.one("WORKDIR"), "--"])
            .args(words);
        command
    }

    fn run(&self, words: &[&str]) -> Said {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        self.command(&words).output().unwrap().into()
    }
}

fn git(folder: &Path, arguments: &[&str]) {
    let said: Said = Command::new("git")
        .args(["-c", "user.name=test", "-c", "user.email=test@example.org"])
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap()
        .into();
    said.expect(0);
}

/// A repository of manifests, and a config that names it and a simulated cluster.
fn configure(home: &Path, simulator: &Process) {
    let repository = home.join("repository");
    fs::write(
        repository.join("guests.yaml"),
        "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata:\n  name: web-01\nspec:\n  vmid: 101\n  runStrategy: Manual\n",
    )
    .unwrap();
    git(&repository, &["init", "--quiet", "--initial-branch", "main"]);
    git(&repository, &["add", "."]);
    git(&repository, &["commit", "--quiet", "--message", "Declare web-01"]);
    let config = home.join("config");
    let reads = simulator
        .banner
        .lines()
        .find(|line| line.trim().starts_with("reads"))
        .unwrap();
    fs::write(config.join("token"), reads.split_whitespace().last().unwrap()).unwrap();
    fs::set_permissions(config.join("token"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::copy(home.join("ca.pem"), config.join("ca.pem")).unwrap();
    let text = format!(
        "listen: 127.0.0.1:0\nstate: /var/lib/jarvis\ncluster:\n  name: home\n  entryPoints: [{{node: atlas, url: '{}'}}]\n  token: {{file: token}}\n  tls: {{caFile: ca.pem}}\nsource: {{git: {{remote: /run}}}}\nsafety: {{own: {{vmid: 103}}}}\n",
        word_after(&simulator.banner, "atlas"),
    );
    fs::write(config.join("jarvis.yaml"), text).unwrap();
}

fn simulator(home: &Path) -> Process {
    let mut command = program(home);
    command.args(["simulate", "--ca-file", "ca.pem"]);
    Process::start(command, home.join("simulate.log"), "JARVIS_CHAOS_URL=")
}

#[track_caller]
fn get(url: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn the_image_serves_follows_git_and_writes_only_its_volume() {
    let home = tempfile::tempdir().unwrap();
    let Some(sandbox) = Sandbox::new(home.path()) else {
        return;
    };
    let simulator = simulator(home.path());
    configure(home.path(), &simulator);
    let mut words = sandbox.image.words("ENTRYPOINT");
    words.extend(sandbox.image.words("CMD"));
    let process = Process::start(
        sandbox.command(&words),
        home.path().join("run.log"),
        "ready: http://127.0.0.1:",
    );
    let url = word_after(&process.banner, "ready:");
    let health = get(&url, "/api/health");
    assert!(health.starts_with("HTTP/1.1 200"), "{health}");
    assert!(health.contains("\r\ncontent-type: application/json"), "{health}");
    let check = sandbox.image.healthcheck();
    let said: Said = sandbox.command(&check).output().unwrap().into();
    said.expect(0);
    until("the manifests of the repository are in force", || {
        let said = sandbox.run(&["/usr/bin/jarvis", "get", "resources"]);
        (said.code == 0 && said.out.contains("VirtualMachine/web-01")).then_some(())
    });
    until("it is ready", || {
        (sandbox.run(&["/usr/bin/jarvis", "healthcheck", "--ready"]).code == 0).then_some(())
    });
    assert!(home.path().join("state/journal").is_dir());
    assert!(home.path().join("state/source").is_dir());
}

#[test]
fn it_is_nobody_special_and_nothing_in_it_can_be_changed() {
    let home = tempfile::tempdir().unwrap();
    let Some(sandbox) = Sandbox::new(home.path()) else {
        return;
    };
    let status = sandbox
        .run(&[
            "/bin/sh",
            "-c",
            "while read -r l; do echo \"$l\"; done </proc/self/status",
        ])
        .expect(0);
    for wanted in [
        "Uid:\t65532\t65532\t65532\t65532",
        "Gid:\t65532\t65532\t65532\t65532",
        "CapEff:\t0000000000000000",
        "CapBnd:\t0000000000000000",
        "NoNewPrivs:\t1",
    ] {
        assert!(status.contains(wanted), "{wanted}: {status}");
    }
    for path in [
        "/usr/bin/jarvis",
        "/etc/passwd",
        "/etc/jarvis/jarvis.yaml",
        "/new",
    ] {
        let said = sandbox.run(&["/bin/sh", "-c", &format!("echo x >>{path}")]);
        assert!(said.err.contains("Read-only file system"), "{path}: {said:?}");
    }
    sandbox
        .run(&["/bin/sh", "-c", "echo x >/var/lib/jarvis/new && echo x >/tmp/new"])
        .expect(0);
    let mut programs: Vec<_> = fs::read_dir(home.path().join("root/usr/bin"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    programs.sort();
    assert_eq!(programs, ["git", "git-upload-pack", "jarvis", "sh", "ssh"]);
    for set_user in walk(&home.path().join("root")) {
        let mode = fs::symlink_metadata(&set_user).unwrap().permissions().mode();
        assert_eq!(mode & 0o6000, 0, "{} changes its user", set_user.display());
    }
}

fn walk(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            found.extend(walk(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// git's helper for https and ssh are there with all their libraries: both get as far as the other side.
#[test]
fn git_over_https_and_ssh_gets_as_far_as_the_network() {
    let home = tempfile::tempdir().unwrap();
    let Some(sandbox) = Sandbox::new(home.path()) else {
        return;
    };
    let simulator = simulator(home.path());
    let url = word_after(&simulator.banner, "atlas");
    let said = sandbox.run(&["git", "ls-remote", &format!("{url}/manifests.git")]);
    assert!(said.err.contains("certificate verification failed"), "{said:?}");
    fs::copy(home.path().join("ca.pem"), home.path().join("config/ca.pem")).unwrap();
    let setting = "http.sslCAInfo=/etc/jarvis/ca.pem";
    let said = sandbox.run(&["git", "-c", setting, "ls-remote", &format!("{url}/manifests.git")]);
    assert!(said.err.contains("/manifests.git/' not found"), "{said:?}");
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let remote = format!("ssh://git@{closed}/manifests.git");
    let said = sandbox.run(&["git", "ls-remote", &remote]);
    assert!(said.err.contains("Connection refused"), "{said:?}");
}

/// The licences of everything that is inside travel with it.
#[test]
fn what_is_inside_says_where_it_comes_from() {
    let home = tempfile::tempdir().unwrap();
    let Some(_sandbox) = Sandbox::new(home.path()) else {
        return;
    };
    let root = home.path().join("root");
    for package in ["libc6", "openssh-client", "dash"] {
        let status = root.join("var/lib/dpkg/status.d").join(package);
        let status = fs::read_to_string(&status).unwrap_or_else(|error| panic!("{package}: {error}"));
        assert!(status.contains("\nVersion: "), "{status}");
        assert!(
            root.join(format!("usr/share/doc/{package}/copyright")).is_file(),
            "{package}"
        );
    }
    assert!(root.join("etc/ssl/certs/ca-certificates.crt").is_file());
}
