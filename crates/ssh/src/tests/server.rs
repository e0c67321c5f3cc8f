//! A real sshd on loopback with keys of its own, and stubs first in the path of what it runs. Works as root and as a user.

use crate::{Credential, Endpoint};
use std::{
    fs,
    io::Read as _,
    net::TcpListener,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// A running sshd that is ended, with all it started, when dropped.
pub struct Server {
    child: Child,
    pub port: u16,
    pub folder: PathBuf,
    /// The folder goes with it.
    kept: Option<TempDir>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

/// Runs a program that must succeed.
pub fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .expect("install openssh-server");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program}: {said}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A new key pair in this file.
pub fn make_key(path: &Path, kind: &str, passphrase: &str) {
    for old in [path.to_owned(), path.with_extension("pub")] {
        let _ = fs::remove_file(old);
    }
    let file = path.to_str().unwrap();
    run(
        "ssh-keygen",
        &[
            "-q", "-t", kind, "-N", passphrase, "-C", "test", "-a", "4", "-f", file,
        ],
    );
}

fn run_sshd(folder: &Path) -> Child {
    Command::new("/usr/sbin/sshd")
        .args(["-D", "-E"])
        .arg(folder.join("log"))
        .arg("-f")
        .arg(folder.join("sshd_config"))
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("install openssh-server")
}

impl Server {
    /// Starts one whose key is pinned and whose user may come in.
    pub fn start() -> Self {
        Self::start_with("")
    }

    /// With further lines of its configuration.
    pub fn start_with(further: &str) -> Self {
        let kept = TempDir::new().unwrap();
        let folder = kept.path().to_owned();
        make_key(&folder.join("host"), "ed25519", "");
        make_key(&folder.join("user"), "ed25519", "");
        fs::copy(folder.join("user.pub"), folder.join("authorized")).unwrap();
        fs::create_dir(folder.join("bin")).unwrap();
        if run("id", &["-u"]) == "0" {
            // sshd refuses to run as root without it; a fresh container has none.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        let mut server = Self::listen(&folder, port, further);
        server.kept = Some(kept);
        server.pin();
        server
    }

    /// Listens again at the same place, with what is in the folder now.
    pub fn again(&mut self) {
        self.end();
        let next = Self::listen(&self.folder, self.port, "");
        let kept = self.kept.take();
        *self = next;
        self.kept = kept;
    }

    fn listen(folder: &Path, port: u16, further: &str) -> Self {
        let at = folder.display();
        let config = format!(
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {at}/host\nAuthorizedKeysFile {at}/authorized\nPidFile none\n\
             StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n\
             LogLevel INFO\nSetEnv PATH={at}/bin:/usr/sbin:/usr/bin:/bin STUBS={at} HOME={at}\n{further}\n"
        );
        fs::write(folder.join("sshd_config"), config).unwrap();
        let log = || fs::read_to_string(folder.join("log")).unwrap_or_default();
        let deadline = Instant::now() + Duration::from_secs(20);
        let mut before = log().len();
        let mut child = run_sshd(folder);
        // What it says is waited for and not a connection: the port was tried out by this process, and a child that a test
        // beside this one is just starting may still hold what listened there then. It would be connected to.
        while !log()[before..].contains(&format!("Server listening on 127.0.0.1 port {port}.")) {
            assert!(Instant::now() < deadline, "sshd does not listen: {}", log());
            if let Some(status) = child.try_wait().unwrap() {
                let mut said = String::new();
                child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
                said.push_str(&log()[before..]);
                assert!(
                    said.contains("Address already in use"),
                    "sshd ended with {status}: {said}"
                );
                before = log().len();
                child = run_sshd(folder);
            }
            std::thread::yield_now();
        }
        Self {
            child,
            port,
            folder: folder.to_owned(),
            kept: None,
        }
    }

    /// Ends it and everything below it, as a power cut would.
    pub fn end(&mut self) {
        let mut doomed = vec![self.child.id()];
        let mut at = 0;
        while at < doomed.len() {
            doomed.extend(children(doomed[at]));
            at += 1;
        }
        for id in doomed {
            let _ = Command::new("kill")
                .args(["-9", &id.to_string()])
                .stderr(Stdio::null())
                .status();
        }
        let _ = self.child.wait();
    }

    /// Pins the key it has now.
    pub fn pin(&self) {
        let key = fs::read_to_string(self.folder.join("host.pub")).unwrap();
        self.write("known_hosts", &format!("[127.0.0.1]:{} {key}", self.port));
    }

    /// How to get in as the user that runs the test.
    pub fn endpoint(&self) -> Endpoint {
        Endpoint {
            address: "127.0.0.1".to_owned(),
            port: self.port,
            user: run("id", &["-un"]),
            credential: Credential::KeyFile {
                path: self.folder.join("user"),
                passphrase: None,
            },
        }
    }

    /// A program of the far side: this text, run by `sh`. `$STUBS` is the folder.
    pub fn stub(&self, name: &str, script: &str) {
        // Whole at once: another process may be about to run it. And by a child: while this process has a program open for
        // writing, a test beside this one may start a process that has it open too for a moment, and the kernel runs no
        // program that somebody may be writing.
        let (text, new) = (
            self.folder.join(format!("{name}.text")),
            self.folder.join(format!("{name}.new")),
        );
        fs::write(&text, format!("#!/bin/sh\n{script}\n")).unwrap();
        run(
            "install",
            &[
                "-m",
                "755",
                &text.display().to_string(),
                &new.display().to_string(),
            ],
        );
        fs::rename(new, self.folder.join("bin").join(name)).unwrap();
    }

    pub fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.join(name), text).unwrap();
    }

    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.folder.join(name)).unwrap_or_default()
    }

    /// Its process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How often somebody was let in.
    pub fn logins(&self) -> usize {
        self.text("log").matches("Accepted publickey").count()
    }
}

/// The processes that a process started and that are still there.
pub fn children(parent: u32) -> Vec<u32> {
    let listed = fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap_or_default();
    listed
        .split_whitespace()
        .filter_map(|id| id.parse().ok())
        .collect()
}

/// Whether a process is there and not only waited for.
pub fn lives(id: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", id.trim())).unwrap_or_default();
    let state = stat
        .rsplit(')')
        .next()
        .and_then(|rest| rest.split_whitespace().next().map(str::to_owned));
    state.is_some_and(|state| state != "Z")
}
