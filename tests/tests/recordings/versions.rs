//! What differs between Proxmox VE 7, 8 and 9 and touches the client: recorded answers of those versions where a licence
//! lets them be kept here, and else the form in which that version answers.

use crate::{
    asked::{Facts, ask},
    collect::{Answer, Content, Exchange, content},
    play::Player,
};
use std::path::Path;

/// What the client reads out of a recording of another version.
async fn recorded(name: &str) -> Facts {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/pve/versions");
    let Content::Exchanges(exchanges) = content(&folder.join(format!("{name}.json"))) else {
        panic!("{name} is no recording")
    };
    let mut player = Player::start().await;
    ask(&mut player, &exchanges[0]).await
}

/// What the client makes of an answer of this form.
async fn told(method: &str, path: &str, status: u16, reason: &str, body: &str) -> Facts {
    let exchange = Exchange {
        at: String::new(),
        method: method.to_owned(),
        path: path.to_owned(),
        answer: Some(Answer {
            status,
            reason: reason.to_owned(),
            headers: Vec::new(),
            body: body.to_owned(),
        }),
    };
    let mut player = Player::start().await;
    ask(&mut player, &exchange).await
}

fn has(facts: &Facts, wanted: &[(&str, &str)]) {
    for (name, value) in wanted {
        assert_eq!(
            facts.get(*name).map(String::as_str),
            Some(*value),
            "{name} in {facts:#?}"
        );
    }
}

const STATUS: &str = "/nodes/pve/qemu/100/status/current";

#[tokio::test]
async fn on_7_the_text_of_an_error_stands_in_the_reason_phrase_alone() {
    let why = "Configuration file 'nodes/pve/qemu-server/100.conf' does not exist";
    let of_7 = told("GET", STATUS, 500, why, r#"{"data":null}"#).await;
    let body = format!(r#"{{"data":null,"message":"{why}\n"}}"#);
    let of_9 = told("GET", STATUS, 500, why, &body).await;
    for facts in [of_7, of_9] {
        has(
            &facts,
            &[("look", &format!("missing: {why}")), ("answer/text", why)],
        );
    }
    let lock = "can't lock file '/var/lock/qemu-server/lock-100.conf' - got timeout";
    let start = told(
        "POST",
        "/nodes/pve/qemu/100/status/start",
        500,
        lock,
        r#"{"data":null}"#,
    )
    .await;
    has(
        &start,
        &[("answer/text", lock), ("answer/write", "rejected for now")],
    );
    let bad =
        r#"{"errors":{"vmid":"invalid format - value does not look like a valid VM ID\n"},"data":null}"#;
    let bad = told(
        "GET",
        "/cluster/status",
        400,
        "Parameter verification failed.",
        bad,
    )
    .await;
    has(
        &bad,
        &[(
            "answer/text",
            "vmid: invalid format - value does not look like a valid VM ID",
        )],
    );
}

#[tokio::test]
async fn causes_of_a_401_before_9_1_and_the_one_text_since() {
    for why in [
        "No ticket",
        "invalid token value!",
        "no such token 'act' for user 'jarvis@pve'",
        "user 'jarvis@pve' is disabled",
        "token 'act' access expired",
        "permission denied - invalid PVE ticket",
        "Authentication failed!",
    ] {
        let facts = told("GET", STATUS, 401, why, "").await;
        has(
            &facts,
            &[
                ("look", &format!("not authenticated: {why}")),
                ("answer/write", "rejected"),
            ],
        );
    }
}

#[tokio::test]
async fn the_privilege_for_the_agent_is_named_as_the_version_names_it() {
    for privilege in ["VM.Monitor", "VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted"] {
        let why = format!("Permission check failed (/vms/100, {privilege})");
        let facts = told(
            "POST",
            "/nodes/pve/qemu/100/agent/ping",
            403,
            &why,
            r#"{"data":null}"#,
        )
        .await;
        has(&facts, &[("look", &format!("no rights: {why}"))]);
    }
    let of_7 = recorded("access-permissions-root-7").await;
    has(
        &of_7,
        &[
            ("/vms VM.Monitor", "true"),
            ("/vms VM.Audit", "true"),
            ("/ Sys.Audit", "true"),
        ],
    );
    assert!(!of_7.keys().any(|name| name.contains("GuestAgent")));
}

#[tokio::test]
async fn memory_is_a_number_before_8_and_text_since_and_neither_hides_the_guest() {
    let path = "/nodes/pve/qemu/100/config";
    for memory in ["2048", "\"2048\""] {
        let body = format!(
            r#"{{"data":{{"memory":{memory},"smbios1":"uuid=AB-1","net0":"virtio=BC:24:11:00:00:01"}}}}"#
        );
        has(
            &told("GET", path, 200, "OK", &body).await,
            &[("identity", "ab-1")],
        );
    }
    let of_9 = recorded("qemu-config-9.2-cloudinit").await;
    assert!(of_9.contains_key("identity"), "{of_9:#?}");
    let of_7 = recorded("lxc-config-7-raw-lxc-keys").await;
    assert!(of_7.contains_key("identity"), "{of_7:#?}");
    let figures = r#"{"data":[{"type":"qemu","vmid":"100","node":"pve","maxmem":"2147483648","mem":2.5e3,"cpu":"0.5"}]}"#;
    let figures = told("GET", "/cluster/resources", 200, "OK", figures).await;
    has(
        &figures,
        &[
            ("qemu 100/maxmem", "2147483648"),
            ("qemu 100/mem", "2500"),
            ("qemu 100/cpu", "0.5"),
        ],
    );
}

#[tokio::test]
async fn rows_of_networks_are_skipped_under_both_of_their_names() {
    let of_8 = recorded("cluster-resources-8-some-without-name").await;
    has(
        &of_8,
        &[
            ("lxc 100/name", "lxc-test-100"),
            ("qemu 101/maxmem", "8589934592"),
            ("node pve/node", "pve"),
        ],
    );
    assert!(
        !of_8.contains_key("lxc 1000/name"),
        "some have no name: {of_8:#?}"
    );
    let of_9 = recorded("cluster-resources-9.2-no-guests").await;
    has(
        &of_9,
        &[
            ("node pve/uptime", "9873"),
            ("storage storage/pve/local/plugintype", "dir"),
        ],
    );
    for facts in [of_8, of_9] {
        assert!(
            facts
                .keys()
                .all(|name| !name.contains("sdn") && !name.contains("network")),
            "{facts:#?}"
        );
    }
}

#[tokio::test]
async fn lists_of_7_and_9_give_the_same_kinds_of_facts() {
    let of_7 = recorded("cluster-resources-7-large").await;
    has(
        &of_7,
        &[
            ("qemu 100/name", "server1"),
            ("qemu 100/status", "running"),
            ("qemu 101/template", "true"),
            ("qemu 102/tags", "go-proxmox+cloud-init"),
        ],
    );
    let of_9 = recorded("cluster-resources-9.2-vm").await;
    let fields = |facts: &Facts| facts.keys().filter(|name| name.starts_with("qemu")).count();
    assert!(fields(&of_7) >= 4 * 9 && fields(&of_9) >= 9, "{of_9:#?}");
    has(&recorded("version-version-9.2.2").await, &[("version", "9.2.2")]);
    let members = recorded("cluster-status-4-nodes-quorate").await;
    has(&members, &[("quorate", "true")]);
    assert_eq!(
        members.keys().filter(|name| name.starts_with("online/")).count(),
        4
    );
    let alone = recorded("cluster-status-9.2-standalone").await;
    has(&alone, &[("quorate", "true")]);
    assert!(!alone.contains_key("cluster"), "a node by itself is no cluster");
}

#[tokio::test]
async fn what_ha_says_is_read_as_a_word_whether_groups_or_rules_made_it() {
    for word in ["started", "request_stop", "a word of tomorrow"] {
        let body = format!(
            r#"{{"data":[{{"type":"qemu","vmid":100,"node":"pve","hastate":"{word}"}},{{"type":"node","node":"pve","hastate":"maintenance"}}]}}"#
        );
        let facts = told("GET", "/cluster/resources", 200, "OK", &body).await;
        has(
            &facts,
            &[("qemu 100/hastate", word), ("node pve/hastate", "maintenance")],
        );
    }
}

#[tokio::test]
async fn a_start_is_accepted_with_a_task_on_every_version() {
    let of_9 = recorded("qemu-start-upid-by-token-9.2").await;
    assert!(of_9["answer/write"].starts_with("accepted UPID:"), "{of_9:#?}");
    let running = recorded("qemu-current-running-7.4").await;
    has(&running, &[("status", "running")]);
    assert!(running.contains_key("pid") && running.contains_key("uptime"));
}
