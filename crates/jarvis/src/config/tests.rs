//! The config file: what a good one becomes, and what is said of bad ones.

use super::*;
use crate::text::add;
use std::{fs, os::unix::fs::PermissionsExt as _};
use tempfile::TempDir;

const SECRET: &str = "jarvis@pve!act=canary-3b1a9d0e";

/// A folder with the files that configs here name.
fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let secrets = folder.path().join("secrets");
    fs::create_dir(&secrets).unwrap();
    for (name, text) in [
        ("pve-token", SECRET),
        ("git-key", "key"),
        ("known_hosts", "hosts"),
        ("webhook", "canary-hook"),
        ("empty", ""),
    ] {
        fs::write(secrets.join(name), text).unwrap();
        fs::set_permissions(secrets.join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    let key = rcgen::KeyPair::generate().unwrap();
    let authority = rcgen::CertificateParams::new(Vec::new())
        .unwrap()
        .self_signed(&key)
        .unwrap();
    fs::write(folder.path().join("pve-root-ca.pem"), authority.pem()).unwrap();
    folder
}

fn load(folder: &TempDir, text: &str, environment: &Environment) -> Result<Config, String> {
    let path = folder.path().join("jarvis.yaml");
    fs::write(&path, text).unwrap();
    Config::load(&path, environment).map_err(|errors| {
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        lines
            .join("\n")
            .replace(&folder.path().display().to_string(), "DIR")
    })
}

const CLUSTER: &str = "cluster:\n  entryPoints: [{url: https://10.0.0.11}]\n  token: {file: secrets/pve-token}\n  tls: {system: true}\n";

#[test]
fn the_example_is_a_good_config() {
    let folder = folder();
    let text = include_str!("../../../../examples/homelab/jarvis.yaml");
    let config = load(&folder, text, &Environment::default()).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:7474");
    assert_eq!(config.state, folder.path().join("state"));
    assert_eq!(config.cluster.entry_points.len(), 2);
    assert_eq!(config.cluster.credential.public(), "jarvis@pve!act");
    assert_eq!(
        config.source.as_ref().unwrap().git.checkout,
        folder.path().join("state/source")
    );
    assert_eq!(
        (config.floor.largest_plan, config.floor.actions_per_hour),
        (6, 12)
    );
    assert_eq!(config.floor.ceiling, jarvis_model::Autonomy::L3);
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    assert!(!format!("{config:?}").contains("canary"));
}

#[test]
fn user_and_password_stand_in_for_a_token() {
    let folder = folder();
    let text = CLUSTER.replace(
        "token: {file: secrets/pve-token}",
        "user: jarvis@pve\n  password: {file: secrets/webhook}",
    );
    let config = load(&folder, &text, &Environment::default()).unwrap();
    assert_eq!(config.cluster.credential.public(), "jarvis@pve");
    assert!(!format!("{config:?}").contains("canary"));
}

#[test]
fn hosts_over_ssh_are_named_one_by_one() {
    use jarvis_model::Host;
    use jarvis_ssh::{Credential, FirstUse, JournalUse};
    let folder = folder();
    let text = format!(
        "{CLUSTER}ssh:\n  user: jarvis\n  keyFile: secrets/git-key\n  passphrase: {{file: secrets/webhook}}\n  nodes:\n    \
         forge: {{}}\n    atlas: {{address: 10.0.0.11, port: 2222}}\n  guests:\n    101: {{address: 'fe80::1'}}\n  hosts:\n    \
         backup: {{address: nas.lan, user: admin, keyFile: other}}\n"
    );
    let config = load(&folder, &text, &Environment::default()).unwrap();
    let ssh = config.ssh.as_ref().unwrap();
    let shown: Vec<(String, String)> = ssh
        .hosts
        .iter()
        .map(|(host, endpoint)| (String::from(host.clone()), endpoint.shown()))
        .collect();
    let expected = [
        ("node/atlas", "jarvis@10.0.0.11:2222"),
        ("node/forge", "jarvis@forge"),
        ("guest/101", "jarvis@fe80::1"),
        ("host/backup", "admin@nas.lan"),
    ];
    assert_eq!(shown, expected.map(|(host, at)| (host.to_owned(), at.to_owned())));
    let Credential::KeyFile { path, passphrase } = &ssh.hosts[&Host::Named("backup".to_owned())].credential
    else {
        panic!()
    };
    assert_eq!((path, passphrase.is_some()), (&folder.path().join("other"), true));
    assert_eq!(
        (ssh.first_use, ssh.journal),
        (FirstUse::Refuse, JournalUse::Leave)
    );
    assert_eq!(ssh.known_hosts_file, folder.path().join("state/known_hosts"));
    assert!(!format!("{config:?}").contains("canary"));

    let text = format!(
        "{CLUSTER}ssh: {{agent: true, user: root, trustOnFirstUse: true, followJournal: true, knownHostsFile: secrets/known_hosts, \
         nodes: {{forge: {{}}}}}}\n"
    );
    let ssh = load(&folder, &text, &[("SSH_AUTH_SOCK", "/run/agent")].into())
        .unwrap()
        .ssh
        .unwrap();
    let socket = "/run/agent".into();
    assert_eq!(
        ssh.hosts.values().next().unwrap().credential,
        Credential::Agent { socket }
    );
    assert_eq!(
        (ssh.first_use, ssh.journal),
        (FirstUse::Trust, JournalUse::Follow)
    );
    assert_eq!(ssh.known_hosts_file, folder.path().join("secrets/known_hosts"));
}

#[test]
fn terminals_are_off_until_they_are_written_and_may_have_a_user_of_their_own() {
    let folder = folder();
    let ssh = "ssh: {user: jarvis, keyFile: k, nodes: {forge: {address: 10.0.0.11}, atlas: {user: root}}}\n";
    let config = |text: String| load(&folder, &text, &Environment::default()).unwrap().terminal;
    assert!(config(format!("{CLUSTER}{ssh}")).is_none());
    let plain = config(format!("{CLUSTER}{ssh}terminal: {{}}\n")).unwrap();
    let shown = config(format!("{CLUSTER}{ssh}terminal: {{console: true}}\n")).unwrap();
    assert!(shown.console && !plain.console, "consoles are asked for");
    assert_eq!(plain.options, jarvis_api::TerminalOptions::default());
    let users = |terminal: &TerminalConfig| {
        let hosts = terminal.ssh.as_ref().unwrap().hosts.values();
        hosts.map(|endpoint| endpoint.user.clone()).collect::<Vec<_>>()
    };
    assert_eq!(users(&plain), ["root", "jarvis"]);
    let own = config(format!(
        "{CLUSTER}{ssh}terminal: {{user: ops, keyFile: t, idleMinutes: 5, perUser: 2, inAll: 3, recordings: casts}}\n"
    ));
    let own = own.unwrap();
    assert_eq!(users(&own), ["ops", "ops"]);
    let keys = own.ssh.as_ref().unwrap().hosts.values();
    let key = jarvis_ssh::Credential::KeyFile {
        path: folder.path().join("t"),
        passphrase: None,
    };
    assert!(keys.into_iter().all(|endpoint| endpoint.credential == key));
    let options = own.options;
    assert_eq!(
        (options.idle.as_secs(), options.per_user, options.in_all),
        (300, 2, 3)
    );
    assert_eq!(options.recordings, Some(folder.path().join("casts")));
    assert!(
        config(format!("{CLUSTER}terminal: {{}}\n"))
            .unwrap()
            .ssh
            .is_none()
    );
}

#[test]
fn the_smallest_config_has_careful_defaults() {
    let folder = folder();
    let config = load(&folder, CLUSTER, &Environment::default()).unwrap();
    assert!(config.listen.ip().is_loopback() && !config.trusted_proxy);
    assert!(config.source.is_none());
    assert_eq!(config.floor, Floor::default());
    assert_eq!(config.recall, Duration::from_secs(4));
}

#[test]
fn secrets_come_from_the_environment_too_and_wide_files_are_told() {
    let folder = folder();
    let text = CLUSTER.replace("{file: secrets/pve-token}", "{env: PVE_TOKEN}");
    let config = load(&folder, &text, &[("PVE_TOKEN", SECRET)].into()).unwrap();
    assert_eq!(config.cluster.credential.public(), "jarvis@pve!act");

    let token = folder.path().join("secrets/pve-token");
    for (mode, told) in [(0o600, false), (0o640, false), (0o644, true), (0o660, true)] {
        fs::set_permissions(&token, fs::Permissions::from_mode(mode)).unwrap();
        let config = load(&folder, CLUSTER, &Environment::default()).unwrap();
        assert_eq!(
            config
                .warnings
                .iter()
                .any(|warning| warning.contains("chmod 0640")),
            told,
            "{mode:o}"
        );
    }
}

#[test]
fn people_are_told_by_these_servers_and_no_secret_is_shown() {
    let folder = folder();
    let text = format!(
        "{CLUSTER}notifications:\n  smtp: {{host: mail.home.example, user: jarvis, password: {{file: secrets/webhook}}, \
         from: 'Jarvis <jarvis@home.example>', caFile: pve-root-ca.pem}}\n  credentials: {{hook: {{env: HOOK}}}}\n"
    );
    let config = load(&folder, &text, &[("HOOK", "canary-env")].into()).unwrap();
    let smtp = config.notifications.smtp.as_ref().unwrap();
    assert_eq!(
        (smtp.address().as_str(), smtp.user()),
        ("mail.home.example:587", Some("jarvis"))
    );
    assert_eq!(config.notifications.credentials["hook"].as_str(), "canary-env");
    assert!(!format!("{config:?}").contains("canary"), "{config:?}");
    for (tls, host, port) in [("tls", "mail.home.example", 465), ("none", "127.0.0.1", 25)] {
        let text =
            format!("{CLUSTER}notifications: {{smtp: {{host: {host}, tls: {tls}, from: a@b.example}}}}\n");
        let config = load(&folder, &text, &Environment::default()).unwrap();
        assert_eq!(
            config.notifications.smtp.unwrap().address(),
            format!("{host}:{port}")
        );
    }
}

/// What is bad, what is replaced in the smallest config, and by what.
#[test]
fn a_provider_has_careful_defaults_and_its_secret_is_not_shown() {
    let folder = folder();
    let auth = "auth:\n  oidc:\n    issuer: https://id.example\n    clientId: jarvis\n    clientSecret: {file: secrets/webhook}\n    roles: {viewer: [all]}\n";
    let config = load(&folder, &format!("{CLUSTER}{auth}"), &Environment::default()).unwrap();
    assert!(!format!("{config:?}").contains("canary"));
    let oidc = config.oidc.unwrap();
    assert_eq!(
        (oidc.user_claim.as_str(), oidc.role_claim.as_str()),
        ("sub", "groups")
    );
    assert_eq!(oidc.scopes, ["openid", "profile", "email"]);
    assert_eq!(oidc.display_name, "single sign-on");
    let asked = auth.replace("roles:", "scopes: [groups]\n    roles:");
    let config = load(&folder, &format!("{CLUSTER}{asked}"), &Environment::default()).unwrap();
    assert_eq!(config.oidc.unwrap().scopes, ["openid", "groups"]);
    for (from, to, wanted) in [
        (
            "https://id.example",
            "http://id.example",
            "cannot be asked safely",
        ),
        (
            "https://id.example",
            "https://id.example?a=b",
            "cannot be asked safely",
        ),
        ("viewer: [all]", "", "gives nobody a role"),
        ("clientId: jarvis", "clientId: ''", "is empty"),
        ("secrets/webhook", "secrets/none", "cannot be read"),
        ("roles:", "rolles:", "did you mean"),
        ("viewer:", "viewers:", "did you mean"),
    ] {
        let error = load(
            &folder,
            &format!("{CLUSTER}{}", auth.replace(from, to)),
            &Environment::default(),
        );
        let error = error.err().unwrap_or_else(|| panic!("{to} must be refused"));
        assert!(error.contains(wanted), "{to}: {error}");
    }
    let local = auth.replace("https://id.example", "http://127.0.0.1:9");
    assert!(load(&folder, &format!("{CLUSTER}{local}"), &Environment::default()).is_ok());
}

const BAD: &[(&str, &str, &str)] = &[
    ("an unknown field", "cluster:", "lisen: 127.0.0.1:1\ncluster:"),
    ("an unknown inner field", "entryPoints", "entrypoints"),
    ("not YAML", CLUSTER, "cluster: [\n"),
    ("nothing", CLUSTER, ""),
    ("no token", "  token: {file: secrets/pve-token}\n", ""),
    (
        "a token and a password",
        "  tls:",
        "  user: jarvis@pve\n  password: {file: secrets/webhook}\n  tls:",
    ),
    (
        "a user without a password",
        "token: {file: secrets/pve-token}",
        "user: jarvis@pve",
    ),
    (
        "a user without a realm",
        "token: {file: secrets/pve-token}",
        "user: jarvis\n  password: {file: secrets/webhook}",
    ),
    ("no trust", "  tls: {system: true}\n", ""),
    (
        "two ways of trust",
        "{system: true}",
        "{system: true, insecure: true}",
    ),
    ("a bad pin", "{system: true}", "{fingerprints: [AA:BB]}"),
    ("no CA file", "{system: true}", "{caFile: nowhere.pem}"),
    (
        "a CA file without a certificate",
        "{system: true}",
        "{caFile: secrets/git-key}",
    ),
    ("no entry point", "[{url: https://10.0.0.11}]", "[]"),
    ("a plain entry point", "https://10.0.0.11", "http://10.0.0.11"),
    ("a missing secret file", "secrets/pve-token", "secrets/none"),
    ("an empty secret file", "secrets/pve-token", "secrets/empty"),
    ("a file that is no token", "secrets/pve-token", "secrets/webhook"),
    (
        "a missing variable",
        "{file: secrets/pve-token}",
        "{env: PVE_TOKEN}",
    ),
    (
        "a secret in two ways",
        "{file: secrets/pve-token}",
        "{env: A, file: b}",
    ),
    (
        "a secret in the file",
        "{file: secrets/pve-token}",
        "jarvis@pve!act=canary",
    ),
    (
        "an address without a port",
        "cluster:",
        "listen: localhost\ncluster:",
    ),
    (
        "an origin without a scheme",
        "cluster:",
        "publicUrl: jarvis.example\ncluster:",
    ),
    (
        "a level that is none",
        "cluster:",
        "safety: {autonomy: L5}\ncluster:",
    ),
    (
        "a looser limit",
        "cluster:",
        "safety: {largestPlan: 50}\ncluster:",
    ),
    (
        "a bad vmid",
        "cluster:",
        "safety:\n  protected:\n    - vmid: 7\ncluster:",
    ),
    (
        "both subjects",
        "cluster:",
        "safety:\n  protected:\n    - {node: a, vmid: 100}\ncluster:",
    ),
    (
        "a remote with a shell in it",
        "cluster:",
        "source: {git: {remote: 'ext::sh -c id'}}\ncluster:",
    ),
    (
        "SSH without pinned hosts",
        "cluster:",
        "source: {git: {remote: git@git.example:a.git}}\ncluster:",
    ),
    (
        "a poll that is too fast",
        "cluster:",
        "source: {git: {remote: /srv/a.git}, pollSeconds: 0}\ncluster:",
    ),
    (
        "a log level that is none",
        "cluster:",
        "log: {level: loud}\ncluster:",
    ),
    (
        "a field that mail does not have",
        "cluster:",
        "notifications: {smtp: {host: a, from: a@b.example, ssl: true}}\ncluster:",
    ),
    (
        "a port in the name of the mail server",
        "cluster:",
        "notifications: {smtp: {host: 'mail.home.example:25', from: a@b.example}}\ncluster:",
    ),
    (
        "mail in the clear over the network",
        "cluster:",
        "notifications: {smtp: {host: mail.home.example, tls: none, from: a@b.example}}\ncluster:",
    ),
    (
        "a way of protection that is none",
        "cluster:",
        "notifications: {smtp: {host: a, tls: ssl, from: a@b.example}}\ncluster:",
    ),
    (
        "a sender that is no address",
        "cluster:",
        "notifications: {smtp: {host: a, from: jarvis}}\ncluster:",
    ),
    (
        "a user without a password for mail",
        "cluster:",
        "notifications: {smtp: {host: a, from: a@b.example, user: jarvis}}\ncluster:",
    ),
    (
        "no file of a mail authority",
        "cluster:",
        "notifications: {smtp: {host: a, from: a@b.example, caFile: nowhere.pem}}\ncluster:",
    ),
    (
        "a mail authority without a certificate",
        "cluster:",
        "notifications: {smtp: {host: a, from: a@b.example, caFile: secrets/git-key}}\ncluster:",
    ),
    (
        "a credential that is not there",
        "cluster:",
        "notifications: {credentials: {phone: {file: secrets/none}}}\ncluster:",
    ),
    (
        "SSH without a host",
        "cluster:",
        "ssh: {user: jarvis, keyFile: k}\ncluster:",
    ),
    (
        "SSH without a key",
        "cluster:",
        "ssh: {user: jarvis, nodes: {forge: {}}}\ncluster:",
    ),
    (
        "SSH with key and agent",
        "cluster:",
        "ssh: {user: jarvis, keyFile: k, agent: true, nodes: {forge: {}}}\ncluster:",
    ),
    (
        "an agent that is not there",
        "cluster:",
        "ssh: {user: jarvis, agent: true, nodes: {forge: {}}}\ncluster:",
    ),
    (
        "SSH without a user",
        "cluster:",
        "ssh: {keyFile: k, nodes: {forge: {}}}\ncluster:",
    ),
    (
        "a user that is an option",
        "cluster:",
        "ssh: {user: -x, keyFile: k, nodes: {forge: {}}}\ncluster:",
    ),
    (
        "an address with a port",
        "cluster:",
        "ssh: {user: jarvis, keyFile: k, nodes: {forge: {address: 'a:22'}}}\ncluster:",
    ),
    (
        "a guest without an address",
        "cluster:",
        "ssh: {user: jarvis, keyFile: k, guests: {101: {}}}\ncluster:",
    ),
    (
        "a guest that is none",
        "cluster:",
        "ssh: {user: jarvis, keyFile: k, guests: {7: {address: a}}}\ncluster:",
    ),
    (
        "a host of no name",
        "cluster:",
        "ssh: {user: jarvis, keyFile: k, hosts: {a/b: {address: a}}}\ncluster:",
    ),
    (
        "port 0",
        "cluster:",
        "ssh: {user: jarvis, keyFile: k, port: 0, nodes: {forge: {}}}\ncluster:",
    ),
    (
        "a missing passphrase",
        "cluster:",
        "ssh: {user: jarvis, keyFile: k, passphrase: {file: none}, nodes: {forge: {}}}\ncluster:",
    ),
    (
        "terminals of nobody",
        "cluster:",
        "terminal: {user: 'a b'}\ncluster:",
    ),
    ("no terminals", "cluster:", "terminal: {perUser: 0}\ncluster:"),
    (
        "terminals without end",
        "cluster:",
        "terminal: {idleMinutes: 9999}\ncluster:",
    ),
    (
        "a passphrase without its key",
        "cluster:",
        "terminal: {passphrase: {file: secrets/webhook}}\ncluster:",
    ),
    (
        "several at once",
        "{system: true}",
        "{}\nlisten: here\nsafety: {own: {}}",
    ),
];

#[test]
fn bad_configs_are_told_with_place_and_remedy() {
    let folder = folder();
    let mut told = String::new();
    for (what, from, to) in BAD {
        let text = CLUSTER.replace(from, to);
        assert_ne!(text, CLUSTER, "{what}");
        let error = load(&folder, &text, &Environment::default()).err();
        let error = error.unwrap_or_else(|| panic!("{what} must be refused"));
        assert!(!error.contains("canary"), "{what}: {error}");
        add!(told, "{what}:\n  {}\n", error.replace('\n', "\n  "));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn where_proposals_go_is_said_in_three_words_and_nothing_else() {
    use jarvis_controller::PushMode;
    let folder = folder();
    let config = |propose: &str| {
        let text = format!("{CLUSTER}source:\n  git: {{remote: /srv/manifests.git}}\n  propose: {propose}\n");
        let config = load(&folder, &text, &Environment::default());
        config.map(|config| config.source.unwrap().proposing)
    };
    assert_eq!(config("{}").unwrap(), jarvis_controller::Proposing::default());
    let set = config("{push: proposal-branch, authorDomain: example.org, expiresAfterDays: 2}").unwrap();
    assert_eq!(
        (set.push, set.author_domain.as_str(), set.expires_after.as_secs()),
        (PushMode::OwnBranch, "example.org", 2 * 86_400)
    );
    assert_eq!(config("{push: off}").unwrap().push, PushMode::Off);
    for (propose, field) in [
        ("{push: main}", "source.propose.push"),
        ("{authorDomain: 'a@b'}", "source.propose.authorDomain"),
        ("{expiresAfterDays: 0}", "source.propose.expiresAfterDays"),
        ("{branch: main}", "branch"),
    ] {
        let error = config(propose).unwrap_err();
        assert!(error.contains(field), "{propose}: {error}");
    }
}

#[test]
fn the_models_of_the_demo_have_a_file_of_their_own() {
    let folder = folder();
    let path = folder.path().join("models.yaml");
    let load = |text: &str| {
        fs::write(&path, text).unwrap();
        AssistantConfig::load(&path, &Environment::default())
    };
    let model = "assistant:\n  models: [{api: openai-compatible, model: play, url: http://127.0.0.1:1/v1}]\n";
    let config = load(model).unwrap();
    assert_eq!((config.models.len(), config.models[0].settings.local), (1, true));
    for (wrong, said) in [
        (format!("{model}listen: 127.0.0.1:1\n"), "unknown field `listen`"),
        (
            model.replace(", url: http://127.0.0.1:1/v1", ""),
            "`url` is missing",
        ),
        (model.replace("assistant", "log"), "unknown field `log`"),
    ] {
        let errors = load(&wrong).unwrap_err();
        assert!(errors[0].to_string().contains(said), "{}", errors[0]);
    }
    fs::remove_file(&path).unwrap();
    let errors = AssistantConfig::load(&path, &Environment::default()).unwrap_err();
    assert!(errors[0].to_string().contains("cannot be read"), "{}", errors[0]);
}
