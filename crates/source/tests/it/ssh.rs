//! SSH remotes against a real OpenSSH server on loopback, with keys made for the test.

use crate::push::change;
use crate::repo::{Push, Repo, failure, file, newest};
use jarvis_ports::ManifestSource;
use jarvis_source::{GitSource, Options, SshOptions};
use std::fs;
use std::io::Read;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A running sshd that is ended when dropped.
struct Server {
    child: Child,
    port: u16,
    folder: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .expect("install openssh-server");
    assert!(
        output.status.success(),
        "{program}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

fn make_key(path: &Path) {
    if path.exists() {
        fs::remove_file(path).unwrap();
    }
    run(
        "ssh-keygen",
        &[
            "-q",
            "-t",
            "ed25519",
            "-N",
            "",
            "-C",
            "test",
            "-f",
            path.to_str().unwrap(),
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
    /// Starts a server in `folder`, with new keys unless they are there.
    fn start(folder: &Path) -> Self {
        fs::create_dir_all(folder).unwrap();
        for key in ["host", "user"] {
            if !folder.join(key).exists() {
                make_key(&folder.join(key));
            }
        }
        fs::copy(folder.join("user.pub"), folder.join("authorized")).unwrap();
        if run("id", &["-u"]) == "0" {
            // sshd refuses to run as root without it; a fresh container has none.
            fs::create_dir_all("/run/sshd").unwrap();
        }
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        Self::listen(folder, port)
    }

    fn listen(folder: &Path, port: u16) -> Self {
        let at = folder.display();
        let config = format!(
            "ListenAddress 127.0.0.1\nPort {port}\nHostKey {at}/host\nAuthorizedKeysFile {at}/authorized\n\
             PidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin yes\nAcceptEnv GIT_PROTOCOL\nLogLevel INFO\n"
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
        }
    }

    fn write_known_hosts(&self) {
        let key = fs::read_to_string(self.folder.join("host.pub")).unwrap();
        fs::write(
            self.folder.join("known_hosts"),
            format!("[127.0.0.1]:{} {key}", self.port),
        )
        .unwrap();
    }

    fn options(&self, repo: &Repo) -> Options {
        let user = run("id", &["-un"]);
        let remote = format!("ssh://{user}@127.0.0.1:{}{}", self.port, repo.bare.display());
        let mut options = Options::new(remote, "main", repo.state());
        options.ssh = Some(SshOptions {
            key_file: self.folder.join("user"),
            known_hosts_file: self.folder.join("known_hosts"),
        });
        options
    }
}

#[tokio::test]
async fn a_repository_is_fetched_over_ssh() {
    let repo = Repo::with(&[file("a.yaml", "1")]);
    let server = Server::start(&repo.root.path().join("ssh"));
    server.write_known_hosts();
    let source = GitSource::new(server.options(&repo)).unwrap();
    let first = newest(&source).await;
    assert_eq!(first.files["a.yaml"], b"1");
    repo.commit("main", "next", &[file("a.yaml", "2")], Push::Normal);
    assert_eq!(
        source.fetch(Some(&first.commit)).await.unwrap().unwrap().files["a.yaml"],
        b"2"
    );
}

#[tokio::test]
async fn an_unknown_and_a_changed_host_key_are_refused() {
    let repo = Repo::with(&[file("a.yaml", "1")]);
    let folder = repo.root.path().join("ssh");
    let server = Server::start(&folder);
    fs::write(folder.join("known_hosts"), "").unwrap();
    let source = GitSource::new(server.options(&repo)).unwrap();
    let error = failure(&source).await;
    assert!(error.why.contains("not in the known hosts file"), "{error}");
    assert_eq!(
        fs::read_to_string(folder.join("known_hosts")).unwrap(),
        "",
        "a key was learnt"
    );

    server.write_known_hosts();
    newest(&source).await;
    let port = server.port;
    drop(server);
    make_key(&folder.join("host"));
    let _server = Server::listen(&folder, port);
    let error = failure(&source).await;
    assert!(error.why.contains("host key of the server changed"), "{error}");
    assert!(error.hint.contains("fingerprint"), "{error}");
}

#[tokio::test]
async fn refused_and_unusable_keys_are_told() {
    let repo = Repo::with(&[file("a.yaml", "1")]);
    let folder = repo.root.path().join("ssh");
    let server = Server::start(&folder);
    server.write_known_hosts();
    make_key(&folder.join("stranger"));
    let with_key = |name: &str| {
        let mut options = server.options(&repo);
        options.ssh = options.ssh.map(|ssh| SshOptions {
            key_file: folder.join(name),
            ..ssh
        });
        GitSource::new(options).unwrap()
    };
    let error = failure(&with_key("stranger")).await;
    assert!(error.why.contains("refused the private key"), "{error}");
    let error = failure(&with_key("missing")).await;
    assert!(error.why.contains("private key file cannot be used"), "{error}");
    fs::set_permissions(folder.join("user"), fs::Permissions::from_mode(0o644)).unwrap();
    let error = failure(&with_key("user")).await;
    assert!(error.why.contains("can be read by others"), "{error}");
}

#[tokio::test]
async fn a_server_that_is_away_and_a_missing_repository_differ() {
    let repo = Repo::with(&[file("a.yaml", "1")]);
    let server = Server::start(&repo.root.path().join("ssh"));
    server.write_known_hosts();
    let mut options = server.options(&repo);
    options.remote = options.remote.replace("remote.git", "none.git");
    let error = failure(&GitSource::new(options).unwrap()).await;
    assert!(error.why.contains("there is no git repository"), "{error}");
    let options = server.options(&repo);
    drop(server);
    let error = failure(&GitSource::new(options).unwrap()).await;
    assert!(error.why.contains("cannot be reached"), "{error}");
}

#[tokio::test]
async fn a_change_is_pushed_over_ssh() {
    let repo = Repo::with(&[file("a.yaml", "1")]);
    let server = Server::start(&repo.root.path().join("ssh"));
    server.write_known_hosts();
    let source = GitSource::new(server.options(&repo)).unwrap();
    let base = newest(&source).await.commit;
    let pushed = source
        .push(change(&base, &[("a.yaml", Some("2"))]))
        .await
        .unwrap();
    assert_eq!(pushed.commit, repo.id("main"));
}
