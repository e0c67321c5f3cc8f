//! `/cluster/ha`: resources and the status list.

use crate::date::long_date as date;
use crate::json::Json;
use crate::wire::params::{Param, Shape, may, must};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::flavour::Release;
use crate::world::ha::Service;
use crate::world::timing::LRM_DEAD;
use crate::world::{Refusal, World, actions};

const AUDIT: Guard = Guard::Need("/", &["Sys.Audit"]);
const CONSOLE: Guard = Guard::Need("/", &["Sys.Console"]);
const STATES: Shape = Shape::OneOf(&["started", "stopped", "enabled", "disabled", "ignored"]);
const OPTIONS: &[Param] = &[
    may("state", STATES),
    may("comment", Shape::Text),
    may("max_restart", Shape::Int(0)),
    may("max_relocate", Shape::Int(0)),
    may("failback", Shape::Flag),
    may("digest", Shape::Text),
    may("delete", Shape::Text),
];

pub(super) static ROUTES: &[Route] = &[
    Route::here("GET", "/cluster/ha/resources", AUDIT, list),
    Route::here("GET", "/cluster/ha/resources/{sid}", AUDIT, one),
    Route::here("POST", "/cluster/ha/resources", CONSOLE, add)
        .with(&[
            must("sid", Shape::Text),
            may("state", STATES),
            may("comment", Shape::Text),
            may("type", Shape::OneOf(&["ct", "vm"])),
            may("max_restart", Shape::Int(0)),
            may("max_relocate", Shape::Int(0)),
            may("failback", Shape::Flag),
        ])
        .protected(),
    Route::here("PUT", "/cluster/ha/resources/{sid}", CONSOLE, change)
        .with(OPTIONS)
        .protected(),
    Route::here("DELETE", "/cluster/ha/resources/{sid}", CONSOLE, remove).protected(),
    Route::here("GET", "/cluster/ha/status/current", AUDIT, status),
];

pub(super) fn vmid_of(sid: &str) -> Result<u32, Refusal> {
    let number = sid.rsplit(':').next().unwrap_or(sid);
    number.parse().map_err(|_| {
        Refusal::parameter(
            "sid",
            "invalid format - value does not look like a valid HA resource ID\n",
        )
    })
}

fn sid(service: &Service) -> String {
    format!("{}:{}", service.kind.ha_word(), service.vmid)
}

fn resource_row(service: &Service) -> Json {
    let mut row = Json::object()
        .with("sid", sid(service))
        .with("type", service.kind.ha_word())
        .with("state", &service.requested)
        .with("max_restart", service.max_restart)
        .with("max_relocate", service.max_relocate)
        .with("digest", "45d68e557a62a830d6b43d9ad3ebb7e0e8734d41");
    row.put_some("comment", service.comment.as_ref());
    row
}

fn list(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    Ok(Done::Data(Json::List(
        ctx.world.ha.services.values().map(resource_row).collect(),
    )))
}

fn one(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let vmid = vmid_of(ctx.part("sid"))?;
    let service = ctx.world.ha.services.get(&vmid);
    service
        .map(|service| Done::Data(resource_row(service)))
        .ok_or_else(|| Refusal::failed(format!("no such resource '{}'", ctx.part("sid"))))
}

fn add(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    if !ctx.world.is_quorate(ctx.entry) {
        return Err(Refusal::failed(actions::NO_QUORUM));
    }
    let vmid = vmid_of(ctx.param("sid").unwrap_or_default())?;
    let state = ctx.param("state").unwrap_or("started").to_owned();
    let comment = ctx.param("comment").map(str::to_owned);
    ctx.world.ha_add(vmid, &state, comment)?;
    limits(ctx, vmid);
    Ok(Done::Data(Json::Null))
}

fn limits(ctx: &mut Ctx<'_>, vmid: u32) {
    let number = |text: Option<u64>| text.and_then(|number| u32::try_from(number).ok());
    let (restart, relocate) = (
        number(ctx.number("max_restart")),
        number(ctx.number("max_relocate")),
    );
    if let Some(service) = ctx.world.ha.services.get_mut(&vmid) {
        service.max_restart = restart.unwrap_or(service.max_restart);
        service.max_relocate = relocate.unwrap_or(service.max_relocate);
    }
}

/// Without quorum a change blocks for ten seconds before it fails.
fn change(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let vmid = vmid_of(ctx.part("sid"))?;
    if !ctx.world.is_quorate(ctx.entry) {
        if ctx.waited < crate::world::timing::LOCK_TIMEOUT {
            return Ok(Done::NotYet);
        }
        return Err(Refusal::failed(
            "update resources config failed: cfs-lock 'domain-ha' error: no quorum!",
        ));
    }
    if let Some(state) = ctx.param("state").map(str::to_owned) {
        ctx.world.ha_request(vmid, &state)?;
    }
    limits(ctx, vmid);
    Ok(Done::Data(Json::Null))
}

fn remove(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    if !ctx.world.is_quorate(ctx.entry) {
        return Err(Refusal::failed(actions::NO_QUORUM));
    }
    let vmid = vmid_of(ctx.part("sid"))?;
    ctx.world.ha_remove(vmid)?;
    Ok(Done::Data(Json::Null))
}

fn status(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let world = &*ctx.world;
    let quorate = world.is_quorate(ctx.entry);
    let word = if quorate {
        "OK".to_owned()
    } else {
        format!("No quorum on node '{}'!", ctx.entry)
    };
    let mut rows = vec![
        Json::object()
            .with("id", "quorum")
            .with("type", "quorum")
            .with("node", ctx.entry.to_owned())
            .with("quorate", Json::flag(quorate))
            .with("status", word),
    ];
    let active = world.ha.is_armed();
    if world.ha.ever_used {
        rows.push(master_row(world, active));
    }
    // Nobody knows better than the master's last sign, with or without quorum.
    let armed = active && world.now().since(world.master_sign()) < LRM_DEAD;
    let mut fencing = Json::object()
        .with("id", "fencing")
        .with("type", "fencing")
        .with("armed-state", if armed { "armed" } else { "standby" })
        .with(
            "status",
            if armed {
                "armed (CRM watchdog active)"
            } else {
                "standby (CRM watchdog standby)"
            },
        );
    fencing.put_some("node", master(world).map(str::to_owned));
    if ctx.release() >= Release::V9 {
        rows.push(fencing);
    }
    if world.ha.ever_used {
        rows.extend(world.nodes.keys().map(|node| lrm_row(world, node)));
        rows.extend(world.ha.services.values().map(service_row));
    }
    Ok(Done::Data(Json::List(rows)))
}

fn master(world: &World) -> Option<&str> {
    let first = || world.nodes.keys().next().map(String::as_str);
    world
        .ha
        .master
        .as_deref()
        .or(world.majority_viewer())
        .or_else(first)
}

fn master_row(world: &World, active: bool) -> Json {
    let node = master(world).unwrap_or_default();
    let sign = world.master_sign();
    let at = world.epoch_secs + sign.as_secs();
    let word = match (world.now().since(sign) >= LRM_DEAD, active) {
        (true, _) => "old timestamp - dead?",
        (false, true) => "active",
        (false, false) => "idle",
    };
    Json::object()
        .with("id", "master")
        .with("type", "master")
        .with("node", node.to_owned())
        .with("timestamp", at)
        .with("status", format!("{node} ({word}, {})", date(at)))
}

fn lrm_row(world: &World, node: &str) -> Json {
    let seen = world.lrm_seen(node);
    let at = world.epoch_secs + seen.as_secs();
    let has_services = world
        .ha
        .services
        .values()
        .any(|s| s.node == node && s.requested != "ignored");
    let word = match (
        world.now().since(seen) >= LRM_DEAD,
        has_services,
        world.ha.active.contains_key(node),
    ) {
        (true, _, _) => "old timestamp - dead?",
        (false, _, true) => "active",
        (false, false, false) => "idle",
        (false, true, false) => "wait_for_agent_lock",
    };
    let watchdog = if word == "active" { "active" } else { "standby" };
    Json::object()
        .with("id", format!("lrm:{node}"))
        .with("type", "lrm")
        .with("node", node.to_owned())
        .with("timestamp", at)
        .with(
            "status",
            match world.flavour.release {
                Release::V8 => format!("{node} ({word}, {})", date(at)),
                Release::V9 => format!("{node} ({word}, watchdog {watchdog}, {})", date(at)),
            },
        )
}

fn service_row(service: &Service) -> Json {
    let state = service.shown_state();
    let mut row = Json::object()
        .with("id", format!("service:{}", sid(service)))
        .with("type", "service")
        .with("sid", sid(service))
        .with("node", &service.node)
        .with("state", state)
        .with("request_state", &service.requested)
        .with("max_restart", service.max_restart)
        .with("max_relocate", service.max_relocate)
        .with("failback", 1)
        .with("status", format!("{} ({}, {state})", sid(service), service.node));
    row.put_some("crm_state", service.crm);
    row.put_some("comment", service.comment.as_ref());
    row
}
