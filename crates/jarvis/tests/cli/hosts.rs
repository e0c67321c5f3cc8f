//! Hosts over SSH under the real program: one that shows another key is refused and told of once; the doctor names for each
//! trouble the command that mends it, and it does; a packet is sent by a real OpenSSH server, once and with the right words.

use crate::{
    mail::{self, aiosmtpd},
    sshd::Server,
    stage::Stage,
    support::{Said, jarvis, until},
};
use aiosmtpd::{MailServer, Way};
use serde_json::{Value, json};
use std::{fs, path::Path, process::Command};

const POST: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: Service\nmetadata: {name: post}\nspec: {target: {node: atlas}, systemd: {unit: postfix.service}, restart: Allowed}\n---\napiVersion: jarvis.dev/v1alpha1\nkind: NotificationChannel\nmetadata: {name: ops-mail}\nspec: {email: {to: [ops@home.example]}}\n";

/// Runs the doctor's commands, but the one that is for the other machine's console.
fn carry_out(folder: &Path, fix: &[String]) {
    let here = fix
        .iter()
        .filter(|line| !line.starts_with("ssh-keygen -lf /etc/ssh/"));
    here.for_each(|line| shell(folder, line));
}

/// Runs a line of a person's shell there.
fn shell(folder: &Path, line: &str) {
    let done: Said = Command::new("sh")
        .args(["-c", line])
        .current_dir(folder)
        .output()
        .unwrap()
        .into();
    assert_eq!(done.code, 0, "{line}: {done:?}");
}

fn restarts(stage: &Stage) -> usize {
    let ledger = stage.ledger();
    let commands = ledger["commands"].as_array().unwrap();
    commands
        .iter()
        .filter(|command| command["service"] == "postfix.service")
        .count()
}

#[test]
fn a_changed_host_key_is_refused_and_told_once_over_a_restart_until_it_is_pinned() {
    let Some(python) = aiosmtpd::interpreter() else {
        return;
    };
    let stage = Stage::set(10);
    aiosmtpd::prepare(stage.folder());
    let server = MailServer::start(python, stage.folder(), Way::Starttls, 0);
    stage.secret("password", aiosmtpd::PASSWORD);
    stage.configure(&mail::section("starttls", server.port));
    stage.declare(POST);
    let mut first = stage.run();
    let up = || {
        let services = stage.jarvis(&["get", "services"]).out;
        services.contains(" up ").then_some(())
    };
    until("the service is up", up);
    // What is told at one time comes in one mail.
    let told = |part: &str| mail::told_within(stage.folder(), part);
    let changed = "its SSH key is not the known one";

    // A kept connection outlives its host's key.
    assert_eq!(first.terminate(), 0, "{}", first.log());
    stage.fault(&json!({ "fault": "change-host-key", "node": "atlas" }));
    stage.fault(&json!({ "fault": "fail-service", "node": "atlas", "service": "postfix.service" }));
    let mut first = stage.run();
    until("people are told", || (told(changed) > 0).then_some(()));
    stage.passes(80);
    assert_eq!(first.terminate(), 0, "{}", first.log());
    let mut second = stage.run();
    stage.passes(80);
    assert_eq!((told(changed), stage.count("hostDistrusted")), (1, 1));
    assert_eq!(restarts(&stage), 0, "nothing is done there");
    let alerts = stage.jarvis(&["get", "services"]).out;
    assert!(
        !alerts.contains(" up "),
        "what is seen no more is not known: {alerts}"
    );

    let said = stage.jarvis(&["doctor"]);
    let fix = commands_for(&said.out, "node atlas");
    assert_eq!(fix.len(), 3, "{said:?}");
    carry_out(stage.folder(), &fix);
    until("it is trusted again", || {
        (told("shows the known SSH key") == 1).then_some(())
    });
    until("the service is restarted", || {
        (restarts(&stage) == 1).then_some(())
    });
    until("the service is up", up);
    assert_eq!((told(changed), stage.count("hostTrusted")), (1, 1));
    assert_eq!(second.terminate(), 0, "{}", second.log());
}

/// The commands under the finding of a host that begins so, without the words behind them.
fn commands_for(doctor: &str, host: &str) -> Vec<String> {
    let mut lines = doctor
        .lines()
        .skip_while(|line| !(line.contains("fail  ") && line.contains(host)));
    lines.next();
    let fixes = lines.map_while(|line| line.trim().strip_prefix("> "));
    let plain = |line: &str| line.split("   (").next().unwrap().to_owned();
    fixes
        .flat_map(|line| line.split("; ").map(plain).collect::<Vec<_>>())
        .collect()
}

#[test]
fn the_doctor_names_what_mends_each_host_and_it_does() {
    let stage = Stage::set(1);
    let (server, mut other) = (Server::start(), Server::start());
    let known = stage.folder().join("hosts");
    fs::write(&known, server.text("known_hosts") + &other.text("known_hosts")).unwrap();
    crate::sshd::make_key(&stage.folder().join("stranger"), "ed25519", "");
    crate::sshd::make_key(&other.folder.join("host"), "ed25519", "");
    other.again();
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let nowhere = nobody.local_addr().unwrap().port();
    drop(nobody);
    let user = crate::sshd::run("id", &["-un"]);
    let (key, others) = (server.folder.join("user"), other.folder.join("user"));
    stage.configure_ssh(&format!(
        "ssh:\n  user: {user}\n  keyFile: {key}\n  knownHostsFile: hosts\n  hosts:\n    fine: {{address: 127.0.0.1, port: {port}}}\n    \
         refused: {{address: 127.0.0.1, port: {port}, keyFile: stranger}}\n    changed: {{address: 127.0.0.1, port: {changed}, \
         keyFile: {others}}}\n    unpinned: {{address: localhost, port: {port}}}\n    gone: {{address: 127.0.0.1, port: {nowhere}}}\n",
        key = key.display(),
        others = others.display(),
        port = server.port,
        changed = other.port,
    ));
    let state = |findings: &[Value], host: &str| {
        let of = |finding: &&Value| {
            finding["what"]
                .as_str()
                .unwrap()
                .starts_with(&format!("host {host} "))
        };
        findings
            .iter()
            .find(of)
            .unwrap_or_else(|| panic!("{findings:#?}"))["state"]
            .clone()
    };
    let look = || {
        let said = jarvis(stage.folder(), &["doctor", "--output", "json"]);
        let all: Value = serde_json::from_str(&said.out).unwrap_or_else(|_| panic!("{said:?}"));
        all["findings"].as_array().unwrap().clone()
    };
    let before = look();
    assert_eq!(state(&before, "fine"), "ok");
    for host in ["refused", "changed", "unpinned", "gone"] {
        assert_eq!(state(&before, host), "fail", "{host}: {before:#?}");
    }
    let said = jarvis(stage.folder(), &["doctor"]).out;
    let fix = |host: &str| commands_for(&said, &format!("host {host} "));
    assert!(fix("gone")[0].starts_with("systemctl status ssh"), "{said}");
    carry_out(stage.folder(), &fix("changed"));
    carry_out(stage.folder(), &fix("unpinned"));
    let admit = fix("refused").concat();
    assert!(admit.starts_with("ssh-keygen -y -f "), "{said}");
    shell(
        stage.folder(),
        &format!("{admit} >> {}", server.folder.join("authorized").display()),
    );
    let after = look();
    for host in ["fine", "refused", "changed", "unpinned"] {
        assert_eq!(state(&after, host), "ok", "{host}: {after:#?}");
    }
}

#[test]
fn a_node_is_woken_by_a_packet_that_another_node_is_told_to_send_once() {
    let stage = Stage::set(20);
    let server = Server::start();
    server.stub("perl", "shift; shift; echo \"$@\" >> $STUBS/asked");
    stage.configure_ssh(&format!(
        "ssh:\n  user: {user}\n  keyFile: {at}/user\n  knownHostsFile: {at}/known_hosts\n  nodes: {{atlas: {{address: 127.0.0.1, \
         port: {port}}}}}\n",
        user = crate::sshd::run("id", &["-un"]),
        at = server.folder.display(),
        port = server.port,
    ));
    stage.declare("apiVersion: jarvis.dev/v1alpha1\nkind: Node\nmetadata: {name: forge}\nspec: {node: forge, wakeOnLan: {mac: \"02:20:00:00:00:04\", via: atlas, broadcast: 10.0.0.255}}\n");
    let mut process = stage.run();
    until("the node is seen", || {
        let said = stage.jarvis(&["get", "resources"]).out;
        said.contains("Synced").then_some(())
    });
    stage.fault(&json!({ "fault": "power-loss", "node": "forge" }));
    until("the packet is sent", || {
        (!server.text("asked").is_empty()).then_some(())
    });
    stage.fault(&json!({ "fault": "power-on", "node": "forge" }));
    until("the wake is verified", || {
        let events = stage.jarvis(&["get", "events"]).out;
        events
            .contains("Done and verified: wake node forge")
            .then_some(())
    });
    stage.passes(60);
    assert_eq!(server.text("asked"), "02:20:00:00:00:04 10.0.0.255\n");
    let intents: Value =
        serde_json::from_str(&stage.jarvis(&["get", "intents", "--output", "json"]).out).unwrap();
    assert_eq!(intents.as_array().map(Vec::len), Some(1), "{intents:#}");
    assert_eq!(process.terminate(), 0, "{}", process.log());
}
