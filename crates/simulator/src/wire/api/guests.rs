//! Guests of a node: lists, live status, actions, migration.

use std::time::Duration;

use super::resources::visible_guests;
use crate::json::Json;
use crate::wire::params::{Param, Shape, may, must};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::actions::Action;
use crate::world::flavour::{Emulator, Release};
use crate::world::guest::{Guest, Kind};
use crate::world::{Refusal, World};

const AUDIT: Guard = Guard::Need("/vms/{vmid}", &["VM.Audit"]);
const POWER: Guard = Guard::Need("/vms/{vmid}", &["VM.PowerMgmt"]);
const MIGRATE: Guard = Guard::Need("/vms/{vmid}", &["VM.Migrate"]);
const SKIPLOCK: Param = may("skiplock", Shape::Flag);
/// A live read gives up on the monitor after this.
const MONITOR_PATIENCE: Duration = Duration::from_secs(4);
const TIMEOUT: Param = may("timeout", Shape::Int(0));

pub(super) static ROUTES: &[Route] = &[
    Route::there("GET", "/nodes/{node}/{kind}", Guard::Login, list)
        .with(&[may("full", Shape::Flag)])
        .protected(),
    Route::there(
        "GET",
        "/nodes/{node}/{kind}/{vmid}/status/current",
        AUDIT,
        current,
    )
    .protected(),
    Route::there("POST", "/nodes/{node}/{kind}/{vmid}/status/start", POWER, start)
        .with(&[
            SKIPLOCK,
            TIMEOUT,
            may("debug", Shape::Flag),
            may("machine", Shape::Text),
        ])
        .protected(),
    Route::there("POST", "/nodes/{node}/{kind}/{vmid}/status/stop", POWER, stop)
        .with(&[
            SKIPLOCK,
            TIMEOUT,
            may("overrule-shutdown", Shape::Flag),
            may("keepActive", Shape::Flag),
        ])
        .protected(),
    Route::there(
        "POST",
        "/nodes/{node}/{kind}/{vmid}/status/shutdown",
        POWER,
        shutdown,
    )
    .with(&[
        SKIPLOCK,
        TIMEOUT,
        may("forceStop", Shape::Flag),
        may("keepActive", Shape::Flag),
    ])
    .protected(),
    Route::there("POST", "/nodes/{node}/{kind}/{vmid}/status/reboot", POWER, reboot)
        .with(&[TIMEOUT])
        .protected(),
    Route::there("POST", "/nodes/{node}/{kind}/{vmid}/status/reset", POWER, |ctx| {
        act(ctx, Action::Reset)
    })
    .with(&[SKIPLOCK])
    .protected(),
    Route::there(
        "POST",
        "/nodes/{node}/{kind}/{vmid}/status/suspend",
        POWER,
        |ctx| act(ctx, Action::Suspend),
    )
    .with(&[
        SKIPLOCK,
        may("todisk", Shape::Flag),
        may("statestorage", Shape::Text),
    ])
    .protected(),
    Route::there(
        "POST",
        "/nodes/{node}/{kind}/{vmid}/status/resume",
        POWER,
        |ctx| act(ctx, Action::Resume),
    )
    .with(&[SKIPLOCK, may("nocheck", Shape::Flag)])
    .protected(),
    Route::there("GET", "/nodes/{node}/qemu/{vmid}/migrate", MIGRATE, preconditions)
        .with(&[may("target", Shape::Text)])
        .protected(),
    Route::there(
        "GET",
        "/nodes/{node}/lxc/{vmid}/migrate",
        MIGRATE,
        container_preconditions,
    )
    .with(&[may("target", Shape::Text)])
    .protected()
    .new_in_9(),
    Route::there("POST", "/nodes/{node}/{kind}/{vmid}/migrate", MIGRATE, migrate)
        .with(&[
            must("target", Shape::Text),
            may("online", Shape::Flag),
            may("restart", Shape::Flag),
            may("with-local-disks", Shape::Flag),
            may("targetstorage", Shape::Text),
            may("target-storage", Shape::Text),
            may("timeout", Shape::Int(0)),
            may("bwlimit", Shape::Int(0)),
        ])
        .protected(),
];

fn list(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let (world, kind) = (&*ctx.world, ctx.kind());
    let sees = visible_guests(ctx);
    let rows = world
        .guests
        .values()
        .filter(|guest| guest.node == ctx.node() && guest.kind == kind && sees(guest))
        .map(|guest| figures_row(world, guest, ctx.flag("full")));
    Ok(Done::Data(Json::List(rows.collect())))
}

/// What list and live status have in common: read now, not sampled.
fn figures_row(world: &World, guest: &Guest, full: bool) -> Json {
    let sample = world.guest_sample(guest);
    let [netin, netout, diskread, diskwrite] = sample.traffic;
    let process = guest.process.as_ref();
    let mut row = Json::object()
        .with("vmid", guest.vmid)
        .with("name", &guest.name)
        .with("status", if process.is_some() { "running" } else { "stopped" })
        .with("uptime", sample.uptime_secs)
        .with(
            "cpu",
            if sample.cpu == 0.0 {
                Json::Int(0)
            } else {
                Json::Float(sample.cpu)
            },
        )
        .with("cpus", guest.cores)
        .with("mem", sample.memory_bytes)
        .with("maxmem", guest.memory_bytes)
        .with("disk", sample.disk_bytes)
        .with("maxdisk", guest.disk_bytes)
        .with("netin", netin)
        .with("netout", netout);
    row.put_some(
        "pid",
        process
            .filter(|process| !process.stopping)
            .map(|process| process.pid),
    );
    row.put_some("tags", guest.tag_text());
    row.put_some("lock", guest.lock.as_ref());
    row.put_some("template", guest.template.then_some(1));
    let vendor = world.flavour.emulator == Emulator::Vendor;
    if guest.kind == Kind::Lxc || (process.is_some() && vendor) {
        row.put("diskread", diskread);
        row.put("diskwrite", diskwrite);
    }
    let new = world.flavour.release >= Release::V9;
    if process.is_some() && new {
        pressures(&mut row, guest, sample.cpu);
    }
    match guest.kind {
        Kind::Qemu => {
            row.put_some("memhost", new.then_some(sample.memory_bytes));
            row.put_some("serial", has_serial(guest).then_some(1));
            if full {
                row.put("qmpstatus", guest.fine_status());
            }
            if full && process.is_some() {
                let nic = Json::object().with("netin", netin).with("netout", netout);
                row.put("nics", Json::object().with(format!("tap{}i0", guest.vmid), nic));
            }
        }
        Kind::Lxc => {
            row.put("type", "lxc");
            row.put("swap", 0);
            row.put("maxswap", super::guest_config::swap_mib(guest) << 20);
        }
    }
    row
}

fn has_serial(guest: &Guest) -> bool {
    guest.config.keys().any(|key| key.starts_with("serial"))
}

/// Numbers for machines, texts for containers.
fn pressures(row: &mut Json, guest: &Guest, cpu: f64) {
    const KEYS: [(&str, f64); 6] = [
        ("pressurecpusome", 4.0),
        ("pressurecpufull", 3.8),
        ("pressureiosome", 0.4),
        ("pressureiofull", 0.3),
        ("pressurememorysome", 0.0),
        ("pressurememoryfull", 0.0),
    ];
    for (key, factor) in KEYS {
        let figure = (cpu * factor * 100.0).round() / 100.0;
        match guest.kind {
            Kind::Qemu if figure == 0.0 => row.put(key, 0),
            Kind::Qemu => row.put(key, figure),
            Kind::Lxc => row.put(key, format!("{figure:.2}")),
        }
    }
}

/// While a machine is being started the monitor inside does not answer yet, and the read waits for it.
fn current(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let world = &*ctx.world;
    let guest = world.guest_on(ctx.node(), ctx.kind(), ctx.vmid())?;
    if world.monitor_is_busy(guest) && ctx.waited < MONITOR_PATIENCE {
        return Ok(Done::NotYet);
    }
    let mut row = figures_row(world, guest, true);
    row.put("ha", ha_object(world, guest.vmid));
    if guest.kind == Kind::Qemu {
        if guest.config.contains_key("vga") {
            row.put("clipboard", Json::Null);
        }
        row.put_some("agent", guest.agent.then_some(1));
        row.put_some("serial", guest.serial_port().map(|_| 1));
        if guest.is_running() && world.flavour.emulator == Emulator::Vendor {
            row.put("running-machine", "pc-i440fx-10.1+pve0");
            row.put("running-qemu", "10.1.2");
            row.put("balloon", guest.memory_bytes);
            row.put("proxmox-support", support());
        }
    }
    Ok(Done::Data(row))
}

/// What the vendor's emulator adds; real booleans, unlike nearly everything else.
fn support() -> Json {
    let mut features = Json::object();
    for feature in [
        "backup-fleecing",
        "backup-max-workers",
        "pbs-dirty-bitmap",
        "pbs-dirty-bitmap-migration",
        "pbs-dirty-bitmap-savevm",
        "pbs-masterkey",
        "query-bitmap-info",
    ] {
        features.put(feature, Json::Bool(true));
    }
    features.with("pbs-library-version", "1.5.1 (UNKNOWN)")
}

/// Follows the manager, not the configured state; null while the service is queued.
fn ha_object(world: &World, vmid: u32) -> Json {
    match world
        .ha
        .services
        .get(&vmid)
        .filter(|service| service.requested != "ignored")
    {
        None => Json::object().with("managed", 0),
        Some(service) => Json::object()
            .with("managed", 1)
            .with("state", service.crm.map_or(Json::Null, Json::from)),
    }
}

fn act(ctx: &mut Ctx<'_>, action: Action) -> Result<Done, Refusal> {
    if ctx.flag("skiplock") && !ctx.who.is_root_itself() {
        return Err(Refusal::parameter("skiplock", "Only root may use this option."));
    }
    let (node, kind, vmid, user) = (ctx.node().to_owned(), ctx.kind(), ctx.vmid(), ctx.who.full_name());
    ctx.world
        .act(&node, kind, vmid, action, &user)
        .map(|upid| Done::Data(Json::from(upid)))
}

fn start(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    act(ctx, Action::Start)
}

fn stop(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let overrule = ctx.flag("overrule-shutdown");
    act(ctx, Action::Stop { overrule })
}

fn timeout(ctx: &Ctx<'_>) -> Option<Duration> {
    ctx.number("timeout").map(Duration::from_secs)
}

fn shutdown(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let (timeout, force) = (timeout(ctx), ctx.flag("forceStop"));
    act(ctx, Action::Shutdown { timeout, force })
}

fn reboot(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let timeout = timeout(ctx);
    act(ctx, Action::Reboot { timeout })
}

/// Nodes a guest may and may not go to; a node that lacks its storage is in the second list with the reason.
fn destinations(ctx: &Ctx<'_>, guest: &Guest) -> (Vec<Json>, Json) {
    let (mut allowed, mut barred) = (Vec::new(), Json::object());
    let storage = ctx.world.storages.get(&guest.storage);
    for node in ctx.world.nodes.keys().filter(|node| **node != guest.node) {
        if storage.is_none_or(|storage| storage.is_on(node)) {
            allowed.push(Json::from(node));
        } else {
            let missing = vec![Json::from(&guest.storage)];
            barred.put(node.clone(), Json::object().with("unavailable_storages", missing));
        }
    }
    (allowed, barred)
}

fn preconditions(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let guest = ctx.world.guest_on(ctx.node(), Kind::Qemu, ctx.vmid())?;
    let (allowed, barred) = destinations(ctx, guest);
    let shared = ctx
        .world
        .storages
        .get(&guest.storage)
        .is_none_or(|storage| storage.shared);
    let mut disks = Vec::new();
    if !shared {
        disks.push(
            Json::object()
                .with("volid", format!("{}:vm-{}-disk-0", guest.storage, guest.vmid))
                .with("size", guest.disk_bytes)
                .with("drivename", "scsi0")
                .with("cdrom", 0)
                .with("is_unused", 0)
                .with("is_attached", 1)
                .with("is_vmstate", 0),
        );
    }
    Ok(Done::Data(
        Json::object()
            .with("running", Json::flag(guest.is_running()))
            .with("allowed_nodes", allowed)
            .with("not_allowed_nodes", barred)
            .with("local_disks", disks)
            .with("local_resources", Json::List(Vec::new()))
            .with("mapped-resources", Json::List(Vec::new()))
            .with("mapped-resource-info", Json::object()),
    ))
}

/// Containers spell the same keys with dashes.
fn container_preconditions(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let guest = ctx.world.guest_on(ctx.node(), Kind::Lxc, ctx.vmid())?;
    let (allowed, barred) = destinations(ctx, guest);
    Ok(Done::Data(
        Json::object()
            .with("running", Json::flag(guest.is_running()))
            .with("allowed-nodes", allowed)
            .with("not-allowed-nodes", barred),
    ))
}

fn migrate(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let (node, kind, vmid, user) = (ctx.node().to_owned(), ctx.kind(), ctx.vmid(), ctx.who.full_name());
    let target = ctx.param("target").unwrap_or_default().to_owned();
    let allow = ctx.flag("online") || ctx.flag("restart");
    ctx.world
        .migrate(&node, kind, vmid, &target, allow, &user)
        .map(|upid| Done::Data(Json::from(upid)))
}
