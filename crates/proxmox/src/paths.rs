//! Paths, queries and form bodies under `/api2/json`. The only place that spells a Proxmox path; every segment and
//! value is percent-encoded once.

use jarvis_model::{Effect, GuestKind, GuestVerb, Host, NodeName, NodeVerb, Reach, Timestamp, Upid, Vmid};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::fmt::Write as _;

const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

pub const TICKET: &str = "/access/ticket";
pub const VERSION: &str = "/version";
pub const CLUSTER_RESOURCES: &str = "/cluster/resources";
pub const CLUSTER_STATUS: &str = "/cluster/status";
pub const CLUSTER_TASKS: &str = "/cluster/tasks";
pub const CONFIG_NODES: &str = "/cluster/config/nodes";

/// A POST: its path and its form body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Post {
    /// Under `/api2/json`.
    pub path: String,
    /// `application/x-www-form-urlencoded`; may be empty.
    pub form: String,
}

/// `/access/permissions?path=…`: rights of the token on one path, inheritance resolved by the server.
pub fn permissions(path: &str) -> String {
    format!("/access/permissions?path={}", escape(path))
}

/// `/nodes/{node}/status`.
pub fn node_status(node: &NodeName) -> String {
    format!("/nodes/{}/status", escape(node.as_str()))
}

/// `/nodes/{node}/time`.
pub fn node_time(node: &NodeName) -> String {
    format!("/nodes/{}/time", escape(node.as_str()))
}

/// `/nodes/{node}/version`.
pub fn node_version(node: &NodeName) -> String {
    format!("/nodes/{}/version", escape(node.as_str()))
}

/// `/nodes/{node}/{kind}/{vmid}/status/current`.
pub fn guest_status(node: &NodeName, kind: GuestKind, vmid: Vmid) -> String {
    format!("{}/status/current", guest(node, kind, vmid))
}

/// `/nodes/{node}/{kind}/{vmid}/config`.
pub fn guest_config(node: &NodeName, kind: GuestKind, vmid: Vmid) -> String {
    format!("{}/config", guest(node, kind, vmid))
}

/// `POST /nodes/{node}/qemu/{vmid}/agent/ping`.
pub fn agent_ping(node: &NodeName, vmid: Vmid) -> Post {
    Post {
        path: format!("{}/agent/ping", guest(node, GuestKind::Qemu, vmid)),
        form: String::new(),
    }
}

/// `POST /nodes/{node}/qemu/{vmid}/agent/exec`: one `command` for each argument makes the array that Proxmox wants.
pub fn agent_exec(node: &NodeName, vmid: Vmid, argv: &[String]) -> Post {
    let words: Vec<String> = argv
        .iter()
        .map(|word| format!("command={}", escape(word)))
        .collect();
    Post {
        path: format!("{}/agent/exec", guest(node, GuestKind::Qemu, vmid)),
        form: words.join("&"),
    }
}

/// `/nodes/{node}/qemu/{vmid}/agent/exec-status`.
pub fn agent_exec_status(node: &NodeName, vmid: Vmid, pid: u64) -> String {
    format!(
        "{}/agent/exec-status?pid={pid}",
        guest(node, GuestKind::Qemu, vmid)
    )
}

/// `POST /nodes/{node}/{kind}/{vmid}/termproxy`: begins a console of a guest at a port of the node that is asked.
pub fn termproxy(node: &NodeName, kind: GuestKind, vmid: Vmid) -> Post {
    Post {
        path: format!("{}/termproxy", guest(node, kind, vmid)),
        form: String::new(),
    }
}

/// `/nodes/{node}/{kind}/{vmid}/vncwebsocket`: that port as a WebSocket.
pub fn vncwebsocket(node: &NodeName, kind: GuestKind, vmid: Vmid, port: u16, ticket: &str) -> String {
    let guest = guest(node, kind, vmid);
    format!("{guest}/vncwebsocket?port={port}&vncticket={}", escape(ticket))
}

/// `/nodes/{node}/storage`, of those that may hold backups.
pub fn backup_storages(node: &NodeName) -> String {
    format!(
        "/nodes/{}/storage?content=backup&enabled=1",
        escape(node.as_str())
    )
}

/// `/nodes/{node}/storage/{storage}/content`, backups alone.
pub fn backups(node: &NodeName, storage: &str) -> String {
    let node = escape(node.as_str());
    format!("/nodes/{node}/storage/{}/content?content=backup", escape(storage))
}

/// `/nodes/{node}/tasks`, running and ended, of one guest or of all.
pub fn node_tasks(node: &NodeName, vmid: Option<Vmid>, since: Timestamp, limit: u32) -> String {
    let mut path = format!(
        "/nodes/{}/tasks?source=all&limit={limit}&since={}",
        escape(node.as_str()),
        since.as_secs()
    );
    if let Some(vmid) = vmid {
        let _ = write!(path, "&vmid={vmid}");
    }
    path
}

/// `/nodes/{node}/tasks/{upid}/status` at the node in the id.
pub fn task_status(upid: &Upid) -> String {
    format!(
        "/nodes/{}/tasks/{}/status",
        escape(upid.node().as_str()),
        escape(upid.as_str())
    )
}

/// `/nodes/{node}/tasks/{upid}/log`, `limit` lines from `start`.
pub fn task_log(upid: &Upid, start: u64, limit: usize) -> String {
    let node = escape(upid.node().as_str());
    format!(
        "/nodes/{node}/tasks/{}/log?start={start}&limit={limit}",
        escape(upid.as_str())
    )
}

/// `/nodes/{node}/{kind}/{vmid}/snapshot`.
pub fn snapshots(node: &NodeName, kind: GuestKind, vmid: Vmid) -> String {
    format!("{}/snapshot", guest(node, kind, vmid))
}

/// `/nodes/{node}/rrddata`, or `/nodes/{node}/{kind}/{vmid}/rrddata`, of the last week.
pub fn week(node: &NodeName, of: Option<(GuestKind, Vmid)>) -> String {
    let of = of.map_or_else(
        || format!("/nodes/{}", escape(node.as_str())),
        |(kind, vmid)| guest(node, kind, vmid),
    );
    format!("{of}/rrddata?timeframe=week&cf=AVERAGE")
}

/// `/nodes/{node}/apt/update`.
pub fn updates(node: &NodeName) -> String {
    format!("/nodes/{}/apt/update", escape(node.as_str()))
}

/// The one request that carries out an effect on a guest or a node; none for what Proxmox has no request for.
pub fn effect(effect: &Effect) -> Option<Post> {
    Some(match effect {
        Effect::Host {
            host: Host::Guest(vmid),
            node: Some(node),
            reach: Reach::GuestAgent,
            request,
        } => agent_exec(node, *vmid, &request.argv()),
        Effect::Host { .. } | Effect::Wake { .. } => return None,
        Effect::Node { node, request } => {
            let command = match request {
                NodeVerb::Reboot => "reboot",
                NodeVerb::Shutdown => "shutdown",
            };
            Post {
                path: node_status(node),
                form: format!("command={command}"),
            }
        }
        Effect::Guest {
            node,
            kind,
            vmid,
            request,
        } => {
            let (below, form) = guest_request(*kind, request);
            Post {
                path: format!("{}/{below}", guest(node, *kind, *vmid)),
                form,
            }
        }
    })
}

fn guest_request(kind: GuestKind, request: &GuestVerb) -> (String, String) {
    let bare = |below: &str| (below.to_owned(), String::new());
    match request {
        GuestVerb::Start => bare("status/start"),
        GuestVerb::Stop => bare("status/stop"),
        GuestVerb::Reset => bare("status/reset"),
        GuestVerb::Shutdown { timeout_secs } => {
            ("status/shutdown".to_owned(), format!("timeout={timeout_secs}"))
        }
        GuestVerb::Reboot { timeout_secs } => ("status/reboot".to_owned(), format!("timeout={timeout_secs}")),
        GuestVerb::Snapshot { snapshot } => ("snapshot".to_owned(), format!("snapname={}", escape(snapshot))),
        GuestVerb::Rollback { snapshot } => bare(&format!("snapshot/{}/rollback", escape(snapshot))),
        GuestVerb::Migrate { target, running } => {
            let mut form = format!("target={}", escape(target.as_str()));
            if *running {
                form.push_str(match kind {
                    GuestKind::Qemu => "&online=1",
                    GuestKind::Lxc => "&restart=1",
                });
            }
            ("migrate".to_owned(), form)
        }
    }
}

fn guest(node: &NodeName, kind: GuestKind, vmid: Vmid) -> String {
    format!("/nodes/{}/{}/{vmid}", escape(node.as_str()), kind.as_str())
}

/// Percent-encodes a segment or a value.
pub fn escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str) -> NodeName {
        NodeName::new(name).unwrap()
    }

    fn send(kind: GuestKind, request: GuestVerb) -> (String, String) {
        let post = effect(&Effect::Guest {
            node: node("atlas"),
            kind,
            vmid: Vmid::new(101).unwrap(),
            request,
        })
        .unwrap();
        (post.path, post.form)
    }

    #[test]
    fn every_effect_has_its_request() {
        let base = "/nodes/atlas/qemu/101";
        let target = node("home");
        for (request, below, form) in [
            (GuestVerb::Start, "status/start", ""),
            (GuestVerb::Stop, "status/stop", ""),
            (GuestVerb::Reset, "status/reset", ""),
            (
                GuestVerb::Shutdown { timeout_secs: 90 },
                "status/shutdown",
                "timeout=90",
            ),
            (
                GuestVerb::Reboot { timeout_secs: 60 },
                "status/reboot",
                "timeout=60",
            ),
            (
                GuestVerb::Snapshot {
                    snapshot: "a;b&c".to_owned(),
                },
                "snapshot",
                "snapname=a%3Bb%26c",
            ),
            (
                GuestVerb::Rollback {
                    snapshot: "../x".to_owned(),
                },
                "snapshot/..%2Fx/rollback",
                "",
            ),
            (
                GuestVerb::Migrate {
                    target: target.clone(),
                    running: true,
                },
                "migrate",
                "target=home&online=1",
            ),
            (
                GuestVerb::Migrate {
                    target: target.clone(),
                    running: false,
                },
                "migrate",
                "target=home",
            ),
        ] {
            assert_eq!(
                send(GuestKind::Qemu, request),
                (format!("{base}/{below}"), form.to_owned())
            );
        }
    }

    #[test]
    fn containers_restart_when_they_move_and_nodes_have_commands() {
        let target = node("home");
        let (path, form) = send(
            GuestKind::Lxc,
            GuestVerb::Migrate {
                target,
                running: true,
            },
        );
        assert_eq!(
            (path.as_str(), form.as_str()),
            ("/nodes/atlas/lxc/101/migrate", "target=home&restart=1")
        );
        let reboot = effect(&Effect::Node {
            node: node("atlas"),
            request: NodeVerb::Reboot,
        })
        .unwrap();
        assert_eq!(
            (reboot.path.as_str(), reboot.form.as_str()),
            ("/nodes/atlas/status", "command=reboot")
        );
        let down = effect(&Effect::Node {
            node: node("atlas"),
            request: NodeVerb::Shutdown,
        })
        .unwrap();
        assert_eq!(down.form, "command=shutdown");
    }

    #[test]
    fn what_is_no_request_of_proxmox_has_none() {
        let wake = Effect::Wake {
            node: node("atlas"),
            mac: "aa:bb:cc:dd:ee:ff".to_owned(),
            broadcast: None,
            via: None,
        };
        assert_eq!(effect(&wake), None);
        let argv = ["echo", "a b&c=d", ""].map(str::to_owned).to_vec();
        let run = |host: Host, reach| {
            effect(&Effect::Host {
                host,
                node: Some(node("atlas")),
                reach,
                request: jarvis_model::HostVerb::Command { argv: argv.clone() },
            })
        };
        let guest = Host::Guest(Vmid::new(101).unwrap());
        assert_eq!(run(guest.clone(), Reach::Ssh), None);
        assert_eq!(run(Host::Node(node("atlas")), Reach::GuestAgent), None);
        let post = run(guest, Reach::GuestAgent).unwrap();
        assert_eq!(post.path, "/nodes/atlas/qemu/101/agent/exec");
        assert_eq!(post.form, "command=echo&command=a%20b%26c%3Dd&command=");
    }

    #[test]
    fn a_shutdown_never_forces() {
        let (_, form) = send(GuestKind::Qemu, GuestVerb::Shutdown { timeout_secs: 1 });
        assert!(!form.to_lowercase().contains("force"));
    }

    #[test]
    fn task_ids_are_encoded_once() {
        let upid: Upid = "UPID:pve:00000B70:0003EDD9:6B045A8F:qmstart:100:root@pam!jarvis:"
            .parse()
            .unwrap();
        assert_eq!(
            task_status(&upid),
            "/nodes/pve/tasks/UPID%3Apve%3A00000B70%3A0003EDD9%3A6B045A8F%3Aqmstart%3A100%3Aroot%40pam%21jarvis%3A/status"
        );
        assert!(task_log(&upid, 3, 20).ends_with("/log?start=3&limit=20"));
        let since = Timestamp::from_millis(1_795_449_379_999);
        assert_eq!(
            node_tasks(upid.node(), Some(Vmid::new(100).unwrap()), since, 50),
            "/nodes/pve/tasks?source=all&limit=50&since=1795449379&vmid=100"
        );
        assert_eq!(
            permissions("/nodes/a b"),
            "/access/permissions?path=%2Fnodes%2Fa%20b"
        );
    }
}
