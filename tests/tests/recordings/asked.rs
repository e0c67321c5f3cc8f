//! What the production client makes of an exchange that is played to it, as facts under the names the plain reading uses.

use crate::{
    collect::{Exchange, Topic, unescaped},
    play::Player,
};
use jarvis_model::{GuestKind, GuestStatus, NodeName, TaskObserved, Timestamp, Upid, Usage, Vmid};
use jarvis_ports::{ClusterLook, Hypervisor, LookError, PerformError, Priority, TaskState};
use jarvis_proxmox::{Login, Proxmox};
use std::collections::BTreeMap;

/// Name of a fact to its value.
pub type Facts = BTreeMap<String, String>;

/// Beside a recorded cluster list: the right to see guests, so that a list without any is believed.
const MAY_SEE: (&str, &str) = (
    "/access/permissions?path=%2Fvms",
    r#"{"data":{"/vms":{"VM.Audit":1}}}"#,
);
/// Beside recorded votes: a membership, which is asked for first.
const MEMBER: &str = r#"{"data":[{"type":"node","name":"pve","online":1,"local":1}]}"#;

/// Plays an exchange and asks for it: as it is, and by the look that wants it.
pub async fn ask(player: &mut Player, exchange: &Exchange) -> Facts {
    let client = player.client(exchange);
    let mut facts = Facts::new();
    player.play(exchange, &[]);
    match client.replay(exchange.method == "GET", &exchange.path).await {
        Err(_) => {
            put(&mut facts, "answer", "none");
            return facts;
        }
        Ok(told) => {
            put(&mut facts, "answer/status", told.status);
            put(&mut facts, "answer/reason", told.reason);
            match told.look {
                Ok((data, total)) => {
                    put(&mut facts, "answer/data", data);
                    maybe(&mut facts, "answer/total", total);
                }
                Err(_) => put(&mut facts, "answer/text", told.text),
            }
            let write = match told.write {
                Ok(accepted) => match accepted.upid {
                    Some(upid) => format!("accepted {upid}"),
                    None => "accepted".to_owned(),
                },
                Err(PerformError::Rejected { retryable: true, .. }) => "rejected for now".to_owned(),
                Err(PerformError::Rejected { .. }) => "rejected".to_owned(),
                Err(PerformError::Failed { .. }) => "failed".to_owned(),
                Err(PerformError::Unknown { .. }) => "unknown".to_owned(),
            };
            put(&mut facts, "answer/write", write);
        }
    }
    player.keep(exchange, client);
    let client = player.client(exchange);
    if let Err(error) = look(player, &client, exchange, &mut facts).await {
        put(&mut facts, "look", describe(&error));
    }
    player.keep(exchange, client);
    facts
}

fn put(facts: &mut Facts, name: &str, value: impl ToString) {
    facts.insert(name.to_owned(), value.to_string());
}

fn maybe(facts: &mut Facts, name: &str, value: Option<impl ToString>) {
    if let Some(value) = value {
        put(facts, name, value);
    }
}

fn describe(error: &LookError) -> String {
    match error {
        LookError::NotAuthenticated { why, .. } => format!("not authenticated: {why}"),
        LookError::NoRights { why, .. } => format!("no rights: {why}"),
        LookError::Unreachable { why, .. } => format!("unreachable: {why}"),
        LookError::Missing { why, .. } => format!("missing: {why}"),
        LookError::Refused { status, why, .. } => format!("refused: {status} {why}"),
        LookError::Malformed { why, .. } => format!("malformed: {why}"),
        LookError::NoLogin { why, .. }
        | LookError::HostKeyUnknown { why, .. }
        | LookError::HostKeyChanged { why, .. } => format!("host: {why}"),
    }
}

fn node(name: &str) -> NodeName {
    NodeName::new(name).unwrap()
}

fn kind(word: &str) -> GuestKind {
    if word == "lxc" {
        GuestKind::Lxc
    } else {
        GuestKind::Qemu
    }
}

#[expect(clippy::too_many_lines, reason = "one row a topic")]
async fn look(
    player: &Player,
    client: &Proxmox,
    exchange: &Exchange,
    facts: &mut Facts,
) -> Result<(), LookError> {
    match exchange.topic() {
        Topic::Resources => {
            player.play(exchange, &[MAY_SEE]);
            resources(&client.look_cluster().await?, facts);
        }
        Topic::Quorum => quorum(player, client, exchange, facts).await?,
        Topic::Votes => {
            player.play_only(exchange, MEMBER);
            for look in client.look_quorum(1).await {
                for (node, votes) in look?.votes {
                    put(facts, &format!("votes/{node}"), votes);
                }
            }
        }
        Topic::ClusterTasks => tasks(&client.look_cluster_tasks().await?, facts),
        Topic::NodeTasks { node: name } => {
            tasks(
                &client.look_node_tasks(&node(&name), Timestamp::default()).await?,
                facts,
            );
        }
        Topic::TaskStatus { upid } => {
            let upid: Upid = upid.parse().unwrap();
            let state = match client.look_task(&upid).await? {
                TaskState::Running => "running".to_owned(),
                TaskState::Ended(exit) => format!("ended: {exit}"),
                TaskState::Gone => "gone".to_owned(),
            };
            put(facts, "task", state);
        }
        Topic::TaskLog { upid } => {
            let upid: Upid = upid.parse().unwrap();
            for (at, line) in client.look_task_log(&upid, 100_000).await?.iter().enumerate() {
                put(facts, &format!("line {}", at + 1), line);
            }
        }
        Topic::NodeStatus { node: name } => put(facts, "uptime", client.look_node(&node(&name)).await?),
        Topic::Guest {
            node: name,
            kind: word,
            vmid,
        } => {
            let vmid = Vmid::new(vmid).unwrap();
            let live = client
                .look_guest(&node(&name), kind(&word), vmid, Priority::Act)
                .await?;
            put(facts, "status", status(&live.status));
            put(facts, "uptime", live.uptime_secs);
            maybe(facts, "pid", live.pid);
            maybe(facts, "lock", live.lock);
            put(facts, "managed", live.ha_managed);
        }
        Topic::Config {
            node: name,
            kind: word,
            vmid,
        } => {
            let vmid = Vmid::new(vmid).unwrap();
            let identity = client.look_identity(&node(&name), kind(&word), vmid).await?;
            maybe(facts, "identity", identity.map(|identity| identity.0));
        }
        Topic::Past { node: name, guest } => {
            let guest = guest.map(|(word, vmid)| (kind(&word), Vmid::new(vmid).unwrap()));
            for past in client.look_week(&node(&name), guest).await? {
                let at = past.at.as_secs();
                for (figure, value) in [("cpu", past.cpu), ("mem", past.mem), ("disk", past.disk)] {
                    maybe(
                        facts,
                        &format!("{at} {figure}"),
                        value.map(|value| format!("{value:.6}")),
                    );
                }
            }
        }
        Topic::Version => put(facts, "version", client.version().await?),
        Topic::Rights => {
            for (path, held) in client.preflight(&[], &[]).await?.paths {
                for (privilege, below) in held {
                    put(facts, &format!("{path} {privilege}"), below);
                }
            }
        }
        Topic::Ping { node: name, vmid } => {
            let vmid = Vmid::new(vmid).unwrap();
            put(facts, "answered", client.ping_agent(&node(&name), vmid).await?);
        }
        Topic::Ticket => log_in(player, exchange, facts).await,
        Topic::Other => {}
    }
    Ok(())
}

fn status(status: &GuestStatus) -> String {
    match status {
        GuestStatus::Running => "running".to_owned(),
        GuestStatus::Stopped => "stopped".to_owned(),
        GuestStatus::Held(word) => format!("held: {word}"),
    }
}

fn usage(at: &str, usage: &Usage, facts: &mut Facts) {
    maybe(
        facts,
        &format!("{at}/cpu"),
        usage.cpu.map(|cpu| format!("{cpu:?}")),
    );
    maybe(
        facts,
        &format!("{at}/maxcpu"),
        usage.max_cpu.map(|cpus| format!("{cpus:?}")),
    );
    maybe(facts, &format!("{at}/mem"), usage.mem_bytes);
    maybe(facts, &format!("{at}/maxmem"), usage.max_mem_bytes);
    maybe(facts, &format!("{at}/disk"), usage.disk_bytes);
    maybe(facts, &format!("{at}/maxdisk"), usage.max_disk_bytes);
}

fn resources(look: &ClusterLook, facts: &mut Facts) {
    for row in &look.nodes {
        let at = format!("node {}", row.node);
        put(facts, &format!("{at}/node"), &row.node);
        put(facts, &format!("{at}/status"), &row.status);
        maybe(facts, &format!("{at}/uptime"), row.uptime_secs);
        maybe(facts, &format!("{at}/hastate"), row.ha_state.as_ref());
        usage(&at, &row.usage, facts);
    }
    for row in &look.guests {
        let at = format!("{} {}", row.kind.as_str(), row.vmid);
        put(facts, &format!("{at}/node"), &row.node);
        put(facts, &format!("{at}/status"), &row.status);
        put(facts, &format!("{at}/template"), row.template);
        put(facts, &format!("{at}/tags"), row.tags.join(" "));
        maybe(facts, &format!("{at}/name"), row.name.as_ref());
        maybe(facts, &format!("{at}/lock"), row.lock.as_ref());
        maybe(facts, &format!("{at}/uptime"), row.uptime_secs);
        maybe(facts, &format!("{at}/hastate"), row.ha_state.as_ref());
        usage(&at, &row.usage, facts);
    }
    for row in &look.storages {
        let at = format!("storage {}", row.id);
        put(facts, &format!("{at}/node"), &row.node);
        put(facts, &format!("{at}/storage"), &row.storage);
        put(facts, &format!("{at}/plugintype"), &row.plugin);
        put(facts, &format!("{at}/shared"), row.shared);
        put(facts, &format!("{at}/available"), row.available);
        maybe(facts, &format!("{at}/disk"), row.used_bytes);
        maybe(facts, &format!("{at}/maxdisk"), row.total_bytes);
    }
}

async fn quorum(
    player: &Player,
    client: &Proxmox,
    exchange: &Exchange,
    facts: &mut Facts,
) -> Result<(), LookError> {
    player.play(exchange, &[("/cluster/config/nodes", r#"{"data":[]}"#)]);
    let looks = client.look_quorum(1).await;
    if looks.is_empty() {
        put(facts, "look", "nobody");
    }
    for look in looks {
        let look = look?;
        put(facts, "quorate", look.quorate);
        maybe(facts, "cluster", look.cluster);
        if !look.via.contains(':') {
            put(facts, "via", look.via);
        }
        for (node, online) in look.online {
            put(facts, &format!("online/{node}"), online);
        }
        for (node, ip) in look.ips {
            put(facts, &format!("ip/{node}"), ip);
        }
    }
    Ok(())
}

fn tasks(tasks: &[TaskObserved], facts: &mut Facts) {
    for task in tasks {
        let ended = task
            .ended_at
            .map_or("no".to_owned(), |at| at.as_secs().to_string());
        put(facts, &format!("{}/ended", task.upid), ended);
        maybe(facts, &format!("{}/exit", task.upid), task.exit.as_ref());
    }
}

/// Logs in with the recorded answer and tells what the next write carries.
async fn log_in(player: &Player, exchange: &Exchange, facts: &mut Facts) {
    player.play_only(exchange, r#"{"data":null}"#);
    let client = player.client_with(Login::new("jarvis@pve", "secret").unwrap());
    match client.replay(false, "/nodes/pve/status").await {
        Ok(_) => {
            let heads = player.heads();
            let header = |name: &str| {
                let mut lines = heads[1].lines().filter_map(|line| line.split_once(": "));
                lines
                    .find(|(key, _)| key.eq_ignore_ascii_case(name))
                    .map(|(_, value)| value.to_owned())
            };
            let ticket =
                header("cookie").map(|cookie| unescaped(cookie.trim_start_matches("PVEAuthCookie=")));
            maybe(facts, "ticket", ticket);
            maybe(facts, "csrf", header("CSRFPreventionToken"));
        }
        Err(why) => {
            let refused = why
                .split_once("was refused: ")
                .and_then(|(_, rest)| rest.split_once("; no other"));
            let told = match refused {
                Some((text, _)) => format!("refused: {text}"),
                None if why.contains("holds no ticket") => "no ticket".to_owned(),
                None => why,
            };
            put(facts, "log-in", told);
        }
    }
}
