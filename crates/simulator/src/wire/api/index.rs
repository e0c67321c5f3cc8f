//! Index pages: what there is below a path. The lists are those of the original, also where we have no page.

use crate::json::Json;
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::Refusal;
use crate::world::guest::Kind;

const ROOT: &[&str] = &["version", "cluster", "nodes", "storage", "access", "pools"];
const CLUSTER: &[&str] = &[
    "acme",
    "backup",
    "backup-info",
    "bulk-action",
    "ceph",
    "config",
    "firewall",
    "ha",
    "jobs",
    "log",
    "mapping",
    "metrics",
    "nextid",
    "notifications",
    "options",
    "replication",
    "resources",
    "sdn",
    "status",
    "tasks",
];
const NODE: &[&str] = &[
    "aplinfo",
    "apt",
    "capabilities",
    "ceph",
    "certificates",
    "config",
    "disks",
    "dns",
    "firewall",
    "hardware",
    "hosts",
    "journal",
    "lxc",
    "migrateall",
    "netstat",
    "network",
    "qemu",
    "query-oci-repo-tags",
    "query-url-metadata",
    "replication",
    "report",
    "rrd",
    "rrddata",
    "scan",
    "sdn",
    "services",
    "spiceshell",
    "startall",
    "status",
    "stopall",
    "storage",
    "subscription",
    "suspendall",
    "syslog",
    "tasks",
    "termproxy",
    "time",
    "version",
    "vncshell",
    "vzdump",
    "wakeonlan",
];
const QEMU: &[&str] = &[
    "agent",
    "cloudinit",
    "config",
    "firewall",
    "migrate",
    "pending",
    "rrddata",
    "snapshot",
    "status",
    "unlink",
];
const LXC: &[&str] = &[
    "config",
    "firewall",
    "interfaces",
    "migrate",
    "pending",
    "rrddata",
    "snapshot",
    "status",
];
const VERBS: &[&str] = &[
    "current", "reboot", "reset", "resume", "shutdown", "start", "stop", "suspend",
];

pub(super) static ROUTES: &[Route] = &[
    Route::here("GET", "/", Guard::Login, |_| page("subdir", ROOT)),
    Route::here("GET", "/cluster", Guard::Login, |_| page("name", CLUSTER)),
    Route::here("GET", "/cluster/ha", Guard::Login, |_| {
        page("id", &["groups", "resources", "rules", "status"])
    }),
    Route::here("GET", "/cluster/ha/status", Guard::Login, |_| {
        page("name", &["current", "manager_status"])
    }),
    Route::here("GET", "/cluster/config", Guard::Login, |_| {
        page("name", &["apiversion", "join", "nodes", "qdevice", "totem"])
    }),
    Route::here("GET", "/cluster/backup-info", Guard::Login, |_| {
        page("subdir", &["not-backed-up"])
    }),
    Route::here("GET", "/access", Guard::Login, |_| {
        page(
            "subdir",
            &[
                "acl",
                "domains",
                "groups",
                "permissions",
                "roles",
                "ticket",
                "users",
            ],
        )
    }),
    Route::there("GET", "/nodes/{node}", Guard::Login, |_| page("name", NODE)),
    Route::there("GET", "/nodes/{node}/{kind}/{vmid}", Guard::Login, guest),
    Route::there("GET", "/nodes/{node}/{kind}/{vmid}/status", Guard::Login, |_| {
        page("subdir", VERBS)
    }),
    Route::there("GET", "/nodes/{node}/storage/{storage}", Guard::Login, |_| {
        page("subdir", &["content", "rrddata", "status"])
    }),
    Route::there("GET", "/nodes/{node}/tasks/{upid}", Guard::Login, |_| {
        page("name", &["log", "status"])
    }),
    Route::there("GET", "/nodes/{node}/services/{service}", Guard::Login, |_| {
        page("subdir", &["reload", "restart", "start", "state", "stop"])
    }),
    Route::there("GET", "/nodes/{node}/certificates", Guard::Login, |_| {
        page("name", &["acme", "custom", "info"])
    }),
    Route::there("GET", "/nodes/{node}/apt", Guard::Login, |_| {
        page("id", &["changelog", "repositories", "update", "versions"])
    }),
];

/// A list of one-key objects.
fn page(key: &'static str, names: &[&'static str]) -> Result<Done, Refusal> {
    let rows = names.iter().map(|name| Json::object().with(key, *name));
    Ok(Done::Data(Json::List(rows.collect())))
}

fn guest(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    page(
        "subdir",
        match ctx.kind() {
            Kind::Qemu => QEMU,
            Kind::Lxc => LXC,
        },
    )
}
