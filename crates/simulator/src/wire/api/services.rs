//! `/nodes/{node}/services`: the fixed list of services, their states, and commands to them.

use std::time::Duration;

use crate::json::Json;
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::node::Node;
use crate::world::place::Place;
use crate::world::service::{Keeper, State};
use crate::world::{Refusal, World};

const AUDIT: Guard = Guard::Need("/nodes/{node}", &["Sys.Audit"]);
const MODIFY: Guard = Guard::Need("/nodes/{node}", &["Sys.Modify"]);

/// Name, description, unit state; a unit that is not enabled is dead.
const SERVICES: &[(&str, &str, &str)] = &[
    ("chrony", "chrony, an NTP client/server", "enabled"),
    ("corosync", "Corosync Cluster Engine", "enabled"),
    ("cron", "Regular background program processing daemon", "enabled"),
    (
        "ksmtuned",
        "Kernel Samepage Merging (KSM) Tuning Daemon",
        "enabled",
    ),
    ("lxcfs", "FUSE filesystem for LXC", "enabled"),
    ("postfix", "Postfix Mail Transport Agent", "enabled"),
    ("proxmox-firewall", "Proxmox nftables firewall", "enabled"),
    ("pve-cluster", "The Proxmox VE cluster filesystem", "enabled"),
    ("pve-firewall", "Proxmox VE firewall", "enabled"),
    ("pve-ha-crm", "PVE Cluster HA Resource Manager Daemon", "enabled"),
    ("pve-ha-lrm", "PVE Local HA Resource Manager Daemon", "enabled"),
    ("pve-lxc-syscalld", "Proxmox VE LXC Syscall Daemon", "enabled"),
    ("pvedaemon", "PVE API Daemon", "enabled"),
    ("pvefw-logger", "Proxmox VE firewall logger", "enabled"),
    ("pveproxy", "PVE API Proxy Server", "enabled"),
    ("pvescheduler", "Proxmox VE scheduler", "enabled"),
    ("pvestatd", "PVE Status Daemon", "enabled"),
    ("qmeventd", "PVE Qemu Event Daemon", "enabled"),
    ("spiceproxy", "PVE SPICE Proxy Server", "enabled"),
    ("sshd", "OpenBSD Secure Shell server", "enabled"),
    ("syslog", "syslog.service", "not-found"),
    ("systemd-journald", "Journal Service", "static"),
    ("systemd-timesyncd", "systemd-timesyncd.service", "masked"),
];

pub(super) static ROUTES: &[Route] = &[
    Route::there("GET", "/nodes/{node}/services", AUDIT, list).protected(),
    Route::there("GET", "/nodes/{node}/services/{service}/state", AUDIT, state).protected(),
    Route::there("POST", "/nodes/{node}/services/{service}/start", MODIFY, |ctx| {
        command(ctx, "start")
    })
    .protected(),
    Route::there("POST", "/nodes/{node}/services/{service}/stop", MODIFY, |ctx| {
        command(ctx, "stop")
    })
    .protected(),
    Route::there(
        "POST",
        "/nodes/{node}/services/{service}/restart",
        MODIFY,
        |ctx| command(ctx, "restart"),
    )
    .protected(),
    Route::there("POST", "/nodes/{node}/services/{service}/reload", MODIFY, |ctx| {
        command(ctx, "reload")
    })
    .protected(),
];

fn list(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let node = &ctx.world.nodes[ctx.node()];
    let rows = SERVICES
        .iter()
        .map(|service| row(ctx.world, node, service))
        .collect();
    Ok(Done::Later(Json::List(rows), Duration::from_secs(1)))
}

fn state(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let service = known(ctx.part("service"))?;
    Ok(Done::Data(row(ctx.world, &ctx.world.nodes[ctx.node()], service)))
}

fn command(ctx: &mut Ctx<'_>, verb: &'static str) -> Result<Done, Refusal> {
    let (name, _, _) = known(ctx.part("service"))?;
    let (node, user) = (ctx.node().to_owned(), ctx.who.full_name());
    ctx.world
        .service_command(&node, name, verb, &user)
        .map(|upid| Done::Data(Json::from(upid)))
}

fn known(name: &str) -> Result<&'static (&'static str, &'static str, &'static str), Refusal> {
    SERVICES
        .iter()
        .find(|(known, _, _)| *known == name)
        .ok_or_else(|| {
            let all: Vec<&str> = SERVICES.iter().map(|(name, _, _)| *name).collect();
            let text = format!(
                "value '{name}' does not have a value in the enumeration '{}'",
                all.join(", ")
            );
            Refusal::parameter("service", text)
        })
}

/// A unit that is not there is named in place of being described.
fn row(world: &World, node: &Node, (name, desc, usual): &(&'static str, &'static str, &'static str)) -> Json {
    let unit = world.unit_states.get(*name).copied().unwrap_or(usual);
    let there = !matches!(unit, "not-found" | "masked");
    let place = Place::node(&node.name);
    let own = world
        .find_service(&place, Some(Keeper::Systemd), name)
        .and_then(|id| world.services.get(&id));
    let runs = match *name {
        "corosync" => node.daemons.corosync,
        "pve-cluster" => !node.no_cluster_files,
        "pveproxy" => node.daemons.proxy,
        "pvedaemon" => node.daemons.api,
        "pvestatd" => node.daemons.status,
        _ => there && own.is_none_or(|own| own.state == State::Running),
    };
    let failed = own.is_some_and(|own| matches!(own.state, State::Failed(_)));
    let [sub, active] = match (runs, failed) {
        (true, _) => ["running", "active"],
        (false, true) => ["failed", "failed"],
        (false, false) => ["dead", "inactive"],
    };
    let described = if there {
        (*desc).to_owned()
    } else {
        format!("{name}.service")
    };
    Json::object()
        .with("service", *name)
        .with("name", *name)
        .with("desc", described)
        .with("state", sub)
        .with("active-state", active)
        .with("unit-state", unit)
}
