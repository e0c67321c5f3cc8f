//! The demo and the commands against it.

use crate::support::{Demo, program, until, word_after};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Command, Stdio},
};

pub fn http_get(url: &str, path: &str) -> String {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[test]
fn it_prints_one_address_one_log_in_and_serves() {
    let demo = Demo::start();
    let banner = &demo.process.banner;
    assert_eq!(banner.matches("http://").count(), 1, "{banner}");
    assert!(
        banner.contains("sign in    admin / ") && banner.contains(" chaos crash 101"),
        "{banner}"
    );
    assert!(http_get(&demo.url(), "/api/health").contains("\"status\":\"ok\""));
    demo.jarvis(&["healthcheck", "--ready"]).expect(0);
    assert!(demo.manifests().join(".git").is_dir());
    assert!(
        !demo
            .process
            .log()
            .contains(word_after(banner, "sign in    admin /").as_str()),
        "the password is not logged"
    );

    let metrics = http_get(&demo.url(), "/metrics");
    assert!(
        metrics.contains("jarvis_proxmox_requests_total{entry=\"atlas\",class=\"success\"}"),
        "{metrics}"
    );
    assert!(metrics.trim_end().ends_with("# EOF"), "{metrics}");

    reads(&demo);
    requests(&demo);
    verbs(&demo);
    steering(&demo);
    tokens(&demo);
}

fn only_what_matches(demo: &Demo) {
    let table = demo.jarvis(&["get", "guests", "web-01"]).expect(0);
    assert_eq!(table.lines().count(), 2, "{table}");
    let json = demo
        .jarvis(&["get", "guests", "web-01", "--output", "json"])
        .expect(0);
    let guests: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(guests.as_array().unwrap().len(), 1, "{json}");
}

fn reads(demo: &Demo) {
    for things in [
        "clusters",
        "nodes",
        "guests",
        "resources",
        "issues",
        "alerts",
        "decisions",
        "events",
        "tickets",
        "intents",
        "holds",
        "storage",
        "tasks",
    ] {
        demo.jarvis(&["get", things]).expect(0);
        let json = demo.jarvis(&["get", things, "--output", "json"]).expect(0);
        assert!(
            serde_json::from_str::<serde_json::Value>(&json)
                .unwrap()
                .is_array(),
            "{things}"
        );
    }
    assert_eq!(demo.jarvis(&["get", "nodes"]).expect(0).lines().count(), 5);
    assert_eq!(demo.jarvis(&["get", "guests"]).expect(0).lines().count(), 32);
    only_what_matches(demo);
    for thing in ["VirtualMachine/web-01", "node/forge", "guest/101", "guest/web-01"] {
        let text = demo.jarvis(&["describe", thing]).expect(0);
        assert!(text.lines().count() > 5, "{text}");
    }
    assert!(
        demo.jarvis(&["describe", "guest/web-1"])
            .expect(1)
            .contains("did you mean web-01?")
    );
    assert!(
        demo.jarvis(&["describe", "Node/nowhere"])
            .expect(1)
            .contains("jarvis get resources")
    );
    assert!(demo.jarvis(&["plan"]).expect(0).contains("in sync"));

    let changed = demo.home.path().join("changed");
    fs::create_dir(&changed).unwrap();
    for name in ["laboratory.yaml", "household.yaml", "infrastructure.yaml"] {
        let text = fs::read_to_string(demo.manifests().join("guests").join(name)).unwrap();
        fs::write(
            changed.join(name),
            text.replace("runStrategy: Halted", "runStrategy: Always"),
        )
        .unwrap();
    }
    let drift = demo.jarvis(&["plan", "changed"]).expect(2);
    assert!(
        drift.contains("VirtualMachine/win-lab") && drift.contains("OutOfSync"),
        "{drift}"
    );
    fs::write(changed.join("laboratory.yaml"), "kind: Nothing\n").unwrap();
    assert!(
        demo.jarvis(&["plan", "changed"])
            .expect(1)
            .contains("changed/laboratory.yaml:1:1")
    );
}

fn requests(demo: &Demo) {
    let refused = demo.jarvis(&["request", "node", "reboot", "agent1"]).expect(3);
    assert!(
        refused.contains("Node agent1 is protected") && refused.contains("JV1002"),
        "{refused}"
    );
    assert!(
        demo.jarvis(&["request", "destroy", "105"])
            .expect(3)
            .contains("black-action")
    );

    let asked = demo.jarvis(&["request", "node", "reboot", "forge"]).expect(3);
    let digest = word_after(&asked.replace("`jarvis confirm ", "\nconfirm "), "confirm")
        .trim_end_matches("`,")
        .to_owned();
    let ticket = word_after(&asked.replace("ticket ", "\nticket "), "ticket");
    let wrong = demo
        .jarvis(&["request", "node", "reboot", "forge", "--confirm", "000000000000"])
        .expect(3);
    assert!(wrong.contains("not confirmed"), "{wrong}");
    assert!(
        demo.jarvis(&["explain", &ticket])
            .expect(0)
            .contains("reboot node forge")
    );
    assert!(
        demo.jarvis(&["confirm", "ffffffffffff"])
            .expect(1)
            .contains("nothing that waits")
    );
    demo.jarvis(&["reject", &ticket]).expect(0);
    assert!(
        demo.jarvis(&["confirm", &digest]).code != 0,
        "what was rejected cannot be confirmed by its own digest"
    );
    assert!(demo.jarvis(&["reject", "000000"]).expect(1).contains("no ticket"));

    let done = demo
        .jarvis(&["request", "snapshot", "git", "before-upgrade"])
        .expect(0);
    assert!(done.contains("verified"), "{done}");
    let intents = demo.jarvis(&["get", "intents", "--output", "json"]).expect(0);
    let intents: serde_json::Value = serde_json::from_str(&intents).unwrap();
    let id = intents[0]["id"].as_str().unwrap();
    assert!(
        demo.jarvis(&["explain", id])
            .expect(0)
            .contains("outcome:      verified")
    );
}

/// What each verb asks for, told by the guard's answer or the program's own.
fn verbs(demo: &Demo) {
    for (line, code, asked, answer) in [
        ("node wake forge", 3, "wake node forge: ticket", "nothing to wake"),
        (
            "rollback web-01 before-upgrade",
            3,
            "roll back guest 101 to before-upgrade: ticket",
            "needs a confirmation",
        ),
        (
            "start-service node/home cron.service",
            3,
            "start cron.service on node home: ticket",
            "no Service manifest declares it",
        ),
        (
            "restart-service node/atlas chrony.service --no-wait",
            0,
            "restart chrony.service on node atlas: ticket",
            "",
        ),
        (
            "restart-service host/nas smb.service",
            3,
            "restart smb.service on host nas: ticket",
            "no Service manifest declares it",
        ),
        (
            "stop-service guest/web-01 nginx.service",
            3,
            "stop nginx.service on guest 101: ticket",
            "needs a confirmation",
        ),
        (
            "restart-service atlas chrony.service",
            1,
            "chrony.service on \"atlas\"",
            "write node/NAME, guest/VMID",
        ),
        (
            "stop-service guest/nobody nginx.service",
            1,
            "there is no guest nobody",
            "",
        ),
        ("start-service host/ smb.service", 1, "host: give the name", ""),
    ] {
        let words: Vec<&str> = ["request"].into_iter().chain(line.split(' ')).collect();
        let said = demo.jarvis(&words).expect(code);
        assert!(said.contains(asked) && said.contains(answer), "{line}: {said}");
        // What a person is asked to confirm they are told the consequences of.
        let told = said.contains("quorum: ") && said.contains("to undo: ");
        assert_eq!(told, answer == "needs a confirmation", "{line}: {said}");
    }
}

fn steering(demo: &Demo) {
    demo.jarvis(&["freeze", "--all", "--reason", "a test", "--for", "1h"])
        .expect(0);
    let frozen = demo.jarvis(&["request", "start", "105"]).expect(8);
    assert!(
        frozen.contains("a test") && frozen.contains("jarvis thaw"),
        "{frozen}"
    );
    assert!(demo.jarvis(&["get", "clusters"]).expect(0).contains(" all "));
    demo.jarvis(&["thaw"]).expect(0);
    demo.jarvis(&[
        "hold",
        "VirtualMachine/web-01",
        "--for",
        "1h",
        "--reason",
        "a test",
    ])
    .expect(0);
    assert!(
        demo.jarvis(&["get", "holds"])
            .expect(0)
            .contains("VirtualMachine/web-01")
    );
    demo.jarvis(&["release", "VirtualMachine/web-01"]).expect(0);
    assert!(
        demo.jarvis(&["hold", "VirtualMachine/nobody"])
            .expect(1)
            .contains("jarvis get resources")
    );
    demo.jarvis(&["autonomy", "set-ceiling", "L1"]).expect(0);
    demo.jarvis(&["autonomy", "set-ceiling", "none"]).expect(0);
    demo.jarvis(&["reconcile"]).expect(0);
    assert!(
        demo.jarvis(&["ack", "VirtualMachine/web-01#guest-down"])
            .expect(1)
            .contains("jarvis get issues")
    );
    assert!(demo.jarvis(&["audit", "verify"]).expect(0).contains("clean"));
    assert!(
        demo.jarvis(&["audit", "log"])
            .expect(0)
            .contains("VirtualMachine/web-01 is held")
    );
    let lines = demo.jarvis(&["audit", "export"]).expect(0);
    assert!(
        lines
            .lines()
            .all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok())
    );
}

fn tokens(demo: &Demo) {
    let with = |token: &str, words: &[&str]| {
        let mut command = program(demo.home.path());
        let output = command
            .env("JARVIS_TOKEN", token)
            .args(words)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        crate::support::Said::from(output)
    };
    let made = demo.jarvis(&["token", "create", "ci", "--for", "1h"]);
    let secret = made.out.trim().to_owned();
    with(&secret, &["get", "nodes"]).expect(0);
    assert!(
        with(&secret, &["request", "start", "105"])
            .expect(4)
            .contains("operator"),
        "a viewer may not act"
    );
    with(&secret, &["token", "list"]).expect(4);
    assert!(demo.jarvis(&["token", "list"]).expect(0).contains("ci"));
    demo.jarvis(&["token", "revoke", "ci"]).expect(0);
    assert!(
        with(&secret, &["get", "nodes"])
            .expect(4)
            .contains("not accepted")
    );
    assert!(
        with("nonsense", &["get", "nodes"])
            .expect(4)
            .contains("not accepted")
    );

    let mut child = program(demo.home.path())
        .args(["user", "add", "anna", "--role", "operator"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(b"correct horse battery\n")
        .unwrap();
    assert!(child.wait().unwrap().success());
    assert!(demo.jarvis(&["user", "list"]).expect(0).contains("anna"));
    assert!(
        demo.jarvis(&["user", "add", "berta"])
            .expect(1)
            .contains("no password for berta")
    );
}

#[test]
fn a_crash_is_mended_and_a_commit_is_followed() {
    let demo = Demo::start();
    demo.jarvis(&["chaos", "crash", "101"]).expect(0);
    assert!(
        demo.jarvis(&["chaos", "crash", "999"])
            .expect(1)
            .contains("there is no guest 999")
    );
    until("the crash is mended", || {
        let events = demo.jarvis(&["get", "events"]).out;
        events
            .contains("Done and verified: start guest 101")
            .then_some(())
    });

    let manifests = demo.manifests();
    let file = manifests.join("guests/laboratory.yaml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("runStrategy: Halted", "runStrategy: Always")).unwrap();
    let mut git = Command::new("git");
    git.env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", demo.home.path());
    assert!(
        git.current_dir(&manifests)
            .args(["commit", "--quiet", "--all", "--message", "Keep win-lab running"])
            .status()
            .unwrap()
            .success()
    );
    until("the commit is drift", || {
        (demo.jarvis(&["plan"]).code == 2).then_some(())
    });
    until("the commit is followed", || {
        let events = demo.jarvis(&["get", "events"]).out;
        events
            .contains("Done and verified: start guest 105")
            .then_some(())
    });
    until("it is in sync again", || {
        (demo.jarvis(&["plan"]).code == 0).then_some(())
    });
}

#[test]
fn frozen_it_leaves_a_crash_alone_and_says_so() {
    let demo = Demo::start();
    demo.jarvis(&["freeze", "--reason", "a test"]).expect(0);
    demo.jarvis(&["chaos", "crash", "101"]).expect(0);
    let plan = until("the crash is found", || {
        let plan = demo.jarvis(&["plan"]);
        plan.out.contains("frozen").then_some(plan)
    });
    assert_eq!(plan.code, 2, "{plan:?}");
    demo.jarvis(&["thaw"]).expect(0);
    until("the crash is mended", || {
        let events = demo.jarvis(&["get", "events"]).out;
        events
            .contains("Done and verified: start guest 101")
            .then_some(())
    });
}

#[test]
fn services_that_fail_are_restarted_over_ssh_and_by_the_agent() {
    let demo = Demo::with(&["--time-factor", "5"]);
    until("the services are up", || {
        let services = demo.jarvis(&["get", "services"]).out;
        let up = services.lines().filter(|line| line.contains(" up ")).count();
        (up >= 3).then_some(())
    });
    demo.jarvis(&["chaos", "fail-service", "atlas", "chrony.service"])
        .expect(0);
    until("restarted over SSH", || {
        let events = demo.jarvis(&["get", "events"]).out;
        events
            .contains("Done and verified: restart chrony.service on node atlas")
            .then_some(())
    });
    demo.jarvis(&["chaos", "fail-service", "101", "nginx.service"])
        .expect(0);
    until("restarted by the agent", || {
        let events = demo.jarvis(&["get", "events"]).out;
        events
            .contains("Done and verified: restart nginx.service on guest 101")
            .then_some(())
    });
}

#[test]
fn a_node_that_is_lost_is_woken_by_a_packet() {
    let demo = Demo::with(&["--time-factor", "10"]);
    demo.jarvis(&["chaos", "drop-node", "forge"]).expect(0);
    until("the wake is verified", || {
        let events = demo.jarvis(&["get", "events"]).out;
        events
            .contains("Done and verified: wake node forge")
            .then_some(())
    });
    let nodes = demo.jarvis(&["get", "nodes", "forge"]).expect(0);
    assert!(
        nodes.contains("ONLINE") || nodes.to_lowercase().contains("online"),
        "{nodes}"
    );
}
