//! Who is spoken to, and who is let in.

use super::{
    ACTIVE, forge, look, options,
    server::{Server, make_key, run},
    ssh,
};
use crate::{Credential, FirstUse, Passphrase, Ssh, Stage};
use jarvis_model::ServiceStatus;
use jarvis_ports::LookError;
use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    process::{Command, Stdio},
};

fn with_key(server: &Server, name: &str, passphrase: Option<&str>) -> Ssh {
    let mut options = options(server);
    for endpoint in options.hosts.values_mut() {
        endpoint.credential = Credential::KeyFile {
            path: server.folder.join(name),
            passphrase: passphrase.map(Passphrase::new),
        };
    }
    Ssh::new(options)
}

#[tokio::test]
async fn an_unknown_host_is_refused_or_pinned_as_told() {
    let server = Server::start();
    server.stub("systemctl", &format!("touch $STUBS/ran; {ACTIVE}"));
    server.write("known_hosts", "# nobody yet");
    let error = look(&ssh(&server), "nginx").await.unwrap_err();
    let LookError::HostKeyUnknown { why, .. } = &error else {
        panic!("{error}")
    };
    let fingerprint = run(
        "ssh-keygen",
        &["-lf", server.folder.join("host.pub").to_str().unwrap()],
    );
    let fingerprint = fingerprint.split(' ').nth(1).unwrap();
    assert!(
        why.contains(fingerprint) && why.contains("ssh-keyscan -t ed25519 -p"),
        "{why}"
    );
    assert_eq!(server.text("known_hosts"), "# nobody yet", "a key was learnt");

    let mut trusting = options(&server);
    trusting.first_use = FirstUse::Trust;
    // Several at once learn it once.
    let ssh = Ssh::new(trusting.clone());
    let (one, two) = tokio::join!(look(&ssh, "a"), look(&ssh, "b"));
    assert_eq!(
        (one.unwrap(), two.unwrap()),
        (ServiceStatus::Up, ServiceStatus::Up)
    );
    let known = server.text("known_hosts");
    assert!(known.starts_with("# nobody yet\n[127.0.0.1]:"), "{known}");
    assert_eq!(
        (known.lines().count(), known.ends_with('\n')),
        (2, true),
        "{known}"
    );
    // OpenSSH reads what was written.
    let found = run(
        "ssh-keygen",
        &[
            "-F",
            &format!("[127.0.0.1]:{}", server.port),
            "-f",
            server.folder.join("known_hosts").to_str().unwrap(),
        ],
    );
    assert!(found.contains("ssh-ed25519"), "{found}");
    // From then on it is the only one.
    look(&super::ssh(&server), "nginx").await.unwrap();

    // What cannot be read or written is no reason to trust.
    trusting.known_hosts_file = server.folder.join("bin");
    let error = look(&Ssh::new(trusting.clone()), "nginx").await.unwrap_err();
    assert!(matches!(error, LookError::HostKeyUnknown { .. }), "{error}");
    trusting.known_hosts_file = server.folder.join("user/known_hosts");
    let error = look(&Ssh::new(trusting), "nginx").await.unwrap_err();
    assert!(matches!(error, LookError::HostKeyUnknown { .. }), "{error}");
}

#[tokio::test]
async fn a_changed_host_key_is_refused_until_it_is_pinned_anew() {
    for first_use in [FirstUse::Refuse, FirstUse::Trust] {
        let mut server = Server::start();
        server.stub("systemctl", &format!("touch $STUBS/ran; {ACTIVE}"));
        make_key(&server.folder.join("host"), "ed25519", "");
        server.again();
        let mut options = options(&server);
        options.first_use = first_use;
        let ssh = Ssh::new(options);
        let error = look(&ssh, "nginx").await.unwrap_err();
        let LookError::HostKeyChanged { why, whom, .. } = &error else {
            panic!("{error}")
        };
        assert!(whom.starts_with("node forge ("), "{whom}");
        assert!(
            why.contains("(line 1 of ") && why.contains("ssh-keygen -R '[127.0.0.1]:"),
            "{why}"
        );
        assert_eq!(server.text("ran"), "", "something was run");
        assert!(!server.folder.join("ran").exists() && server.logins() == 0);
        assert_eq!(server.text("known_hosts").lines().count(), 1, "a key was learnt");
        assert_eq!(ssh.check(&forge()).await.unwrap().stage, Stage::KeyChanged);

        server.pin();
        super::until_ok(&ssh).await;
    }
}

#[tokio::test]
async fn another_kind_of_key_is_no_first_use() {
    // An ECDSA key is pinned; the host has an ed25519 one.
    let server = Server::start();
    make_key(&server.folder.join("other"), "ecdsa", "");
    let name = format!("[127.0.0.1]:{}", server.port);
    server.write("known_hosts", &format!("{name} {}", server.text("other.pub")));
    let mut trusting = options(&server);
    trusting.first_use = FirstUse::Trust;
    let error = look(&Ssh::new(trusting.clone()), "nginx").await.unwrap_err();
    assert!(
        matches!(&error, LookError::HostKeyChanged { why, .. } if why.contains("of other kinds (")),
        "{error}"
    );
    assert_eq!(
        (server.logins(), server.text("known_hosts").lines().count()),
        (0, 1)
    );

    // A pinned RSA key cannot be checked here; that is said.
    make_key(&server.folder.join("rsa"), "rsa", "");
    server.write("known_hosts", &format!("{name} {}", server.text("rsa.pub")));
    let error = look(&Ssh::new(trusting.clone()), "nginx").await.unwrap_err();
    assert!(error.to_string().contains("pin its ed25519 key"), "{error}");

    // A revoked key is refused although it is pinned too.
    let key = server.text("host.pub");
    server.write("known_hosts", &format!("@revoked * {key}{name} {key}"));
    let error = look(&Ssh::new(trusting.clone()), "nginx").await.unwrap_err();
    assert!(
        matches!(&error, LookError::HostKeyChanged { why, .. } if why.contains("revoked")),
        "{error}"
    );

    // Hashed names are understood.
    server.pin();
    run(
        "ssh-keygen",
        &[
            "-q",
            "-H",
            "-f",
            server.folder.join("known_hosts").to_str().unwrap(),
        ],
    );
    assert!(server.text("known_hosts").starts_with("|1|"));
    server.stub("systemctl", ACTIVE);
    look(&ssh(&server), "nginx").await.unwrap();
}

#[tokio::test]
async fn refused_and_unusable_keys_are_told() {
    let server = Server::start();
    server.stub("systemctl", ACTIVE);
    make_key(&server.folder.join("stranger"), "ed25519", "");
    make_key(&server.folder.join("locked"), "ed25519", "open sesame");
    make_key(&server.folder.join("rsa"), "rsa", "");
    server.write("nonsense", "nonsense");
    make_key(&server.folder.join("open"), "ed25519", "");
    fs::set_permissions(server.folder.join("open"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(server.folder.join("nonsense"), fs::Permissions::from_mode(0o600)).unwrap();
    for (key, passphrase, words) in [
        ("stranger", None, "authorized_keys"),
        ("missing", None, "cannot be read"),
        ("locked", None, "has a passphrase"),
        ("locked", Some("canary"), "does not open with that passphrase"),
        ("open", None, "chmod 0600"),
        ("rsa", None, "ssh-keygen -t ed25519"),
        ("nonsense", None, "no private key"),
    ] {
        let ssh = with_key(&server, key, passphrase);
        let error = look(&ssh, "nginx").await.unwrap_err();
        let LookError::NoLogin { why, .. } = &error else {
            panic!("{key}: {error}")
        };
        assert!(why.contains(words) && !why.contains("canary"), "{key}: {why}");
        assert!(!format!("{:?}", ssh.options).contains("canary"));
    }
    assert_eq!(server.logins(), 0);
}

#[tokio::test]
async fn a_key_with_a_passphrase_lets_in() {
    let server = Server::start();
    server.stub("systemctl", ACTIVE);
    make_key(&server.folder.join("locked"), "ed25519", "open sesame");
    server.write("authorized", &server.text("locked.pub"));
    let ssh = with_key(&server, "locked", Some("open sesame"));
    assert_eq!(look(&ssh, "nginx").await.unwrap(), ServiceStatus::Up);
}

#[tokio::test]
async fn an_agent_lets_in() {
    let server = Server::start();
    server.stub("systemctl", ACTIVE);
    let socket = server.folder.join("agent");
    let mut agent = Command::new("ssh-agent")
        .arg("-D")
        .arg("-a")
        .arg(&socket)
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let mut options = options(&server);
    for endpoint in options.hosts.values_mut() {
        endpoint.credential = Credential::Agent {
            socket: socket.clone(),
        };
    }
    super::until("the agent listens", || socket.exists()).await;
    let error = look(&Ssh::new(options.clone()), "nginx").await.unwrap_err();
    assert!(
        error.to_string().contains("holds no ed25519 or ECDSA key"),
        "{error}"
    );

    make_key(&server.folder.join("stranger"), "ed25519", "");
    for key in ["stranger", "user"] {
        let added = Command::new("ssh-add")
            .arg("-q")
            .arg(server.folder.join(key))
            .env("SSH_AUTH_SOCK", &socket)
            .status();
        assert!(added.unwrap().success());
        let result = look(&Ssh::new(options.clone()), "nginx").await;
        match key {
            "stranger" => assert!(
                matches!(&result, Err(LookError::NoLogin { why, .. }) if why.contains("1 key(s) of the agent")),
                "{result:?}"
            ),
            _ => assert_eq!(result.unwrap(), ServiceStatus::Up),
        }
    }
    agent.kill().unwrap();
    agent.wait().unwrap();
    let error = look(&Ssh::new(options), "nginx").await.unwrap_err();
    assert!(
        matches!(&error, LookError::NoLogin { why, .. } if why.contains("cannot be used")),
        "{error}"
    );
}

#[tokio::test]
async fn the_doctor_is_told_how_far_one_gets() {
    let mut server = Server::start();
    let stage = async |server: &Server| ssh(server).check(&forge()).await.unwrap();
    server.stub("sensors", "echo '{}'");
    let found = stage(&server).await;
    assert_eq!((found.stage, found.has_sensors), (Stage::Runs, true));
    assert!(found.shown.contains("@127.0.0.1:"), "{found:?}");
    server.stub("sensors", "exit 1");
    assert!(!stage(&server).await.has_sensors);
    server.write("authorized", "");
    assert_eq!(stage(&server).await.stage, Stage::NotAdmitted);
    server.write("known_hosts", "");
    assert_eq!(stage(&server).await.stage, Stage::NotPinned);
    server.end();
    let away = stage(&server).await;
    assert_eq!(away.stage, Stage::NotReached);
    assert!(away.why.contains("refused"), "{away:?}");
}
