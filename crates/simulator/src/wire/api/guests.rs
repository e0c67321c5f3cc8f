//! Guests of a node: lists, live status, actions, migration, snapshots, the guest agent.

use std::time::Duration;

use super::resources::visible_guests;
use crate::json::Json;
use crate::wire::params::{Param, Shape, may, must};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::actions::Action;
use crate::world::guest::{Guest, Kind};
use crate::world::task::Work;
use crate::world::{Refusal, World};

const AUDIT: Guard = Guard::Need("/vms/{vmid}", &["VM.Audit"]);
const POWER: Guard = Guard::Need("/vms/{vmid}", &["VM.PowerMgmt"]);
const SNAPSHOT: Guard = Guard::Need("/vms/{vmid}", &["VM.Snapshot"]);
const ROLLBACK: Guard = Guard::Need("/vms/{vmid}", &["VM.Snapshot", "VM.Snapshot.Rollback"]);
const MIGRATE: Guard = Guard::Need("/vms/{vmid}", &["VM.Migrate"]);
const AGENT: Guard = Guard::Need(
    "/vms/{vmid}",
    &["VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"],
);

const SKIPLOCK: Param = may("skiplock", Shape::Flag);
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
    Route::there("GET", "/nodes/{node}/{kind}/{vmid}/snapshot", AUDIT, snapshots),
    Route::there(
        "POST",
        "/nodes/{node}/{kind}/{vmid}/snapshot",
        SNAPSHOT,
        take_snapshot,
    )
    .with(&[
        must("snapname", Shape::SnapName),
        may("description", Shape::Text),
        may("vmstate", Shape::Flag),
    ])
    .protected(),
    Route::there(
        "DELETE",
        "/nodes/{node}/{kind}/{vmid}/snapshot/{snapname}",
        SNAPSHOT,
        delete_snapshot,
    )
    .with(&[may("force", Shape::Flag)])
    .protected(),
    Route::there(
        "POST",
        "/nodes/{node}/{kind}/{vmid}/snapshot/{snapname}/rollback",
        ROLLBACK,
        rollback,
    )
    .with(&[may("start", Shape::Flag)])
    .protected(),
    Route::there("POST", "/nodes/{node}/qemu/{vmid}/agent/ping", AGENT, |ctx| {
        agent(ctx, |_, _| Json::object())
    })
    .protected(),
    Route::there(
        "GET",
        "/nodes/{node}/qemu/{vmid}/agent/get-osinfo",
        AGENT,
        |ctx| agent(ctx, os_info),
    )
    .protected(),
    Route::there(
        "GET",
        "/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces",
        AGENT,
        |ctx| agent(ctx, interfaces),
    )
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
    if process.is_some() || guest.kind == Kind::Lxc {
        row.put("diskread", diskread);
        row.put("diskwrite", diskwrite);
    }
    if process.is_some() {
        pressures(&mut row, guest, sample.cpu);
    }
    match guest.kind {
        Kind::Qemu => {
            row.put("memhost", sample.memory_bytes);
            if full {
                row.put("qmpstatus", guest.fine_status());
            }
        }
        Kind::Lxc => {
            row.put("type", "lxc");
            row.put("swap", 0);
            row.put("maxswap", 512_u64 << 20);
        }
    }
    row
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

fn current(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let world = &*ctx.world;
    let guest = world.guest_on(ctx.node(), ctx.kind(), ctx.vmid())?;
    let mut row = figures_row(world, guest, true);
    row.put("ha", ha_object(world, guest.vmid));
    if guest.kind == Kind::Qemu {
        row.put("clipboard", Json::Null);
        row.put_some("agent", guest.agent.then_some(1));
        if guest.is_running() {
            let sample = world.guest_sample(guest);
            let nic = Json::object()
                .with("netin", sample.traffic[0])
                .with("netout", sample.traffic[1]);
            row.put("nics", Json::object().with(format!("tap{}i0", guest.vmid), nic));
            row.put("running-machine", "pc-i440fx-10.1+pve0");
            row.put("running-qemu", "10.1.2");
            row.put("balloon", guest.memory_bytes);
        }
    }
    Ok(Done::Data(row))
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

fn migrate(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let (node, kind, vmid, user) = (ctx.node().to_owned(), ctx.kind(), ctx.vmid(), ctx.who.full_name());
    let target = ctx.param("target").unwrap_or_default().to_owned();
    let allow = ctx.flag("online") || ctx.flag("restart");
    ctx.world
        .migrate(&node, kind, vmid, &target, allow, &user)
        .map(|upid| Done::Data(Json::from(upid)))
}

fn snapshots(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let guest = ctx.world.guest_on(ctx.node(), ctx.kind(), ctx.vmid())?;
    let mut rows: Vec<Json> = guest
        .snapshots
        .iter()
        .map(|snapshot| {
            let mut row = Json::object()
                .with("name", &snapshot.name)
                .with("description", &snapshot.description)
                .with("snaptime", snapshot.taken_at_secs);
            row.put_some("parent", snapshot.parent.as_ref());
            row.put_some("vmstate", (guest.kind == Kind::Qemu).then_some(0));
            row
        })
        .collect();
    let mut now = Json::object()
        .with("name", "current")
        .with("description", "You are here!")
        .with("digest", ctx.world.digest(guest))
        .with("running", Json::flag(guest.is_running()));
    now.put_some("parent", guest.snapshots.last().map(|snapshot| &snapshot.name));
    rows.push(now);
    Ok(Done::Data(Json::List(rows)))
}

fn snapshot_task(ctx: &mut Ctx<'_>, work: Work) -> Result<Done, Refusal> {
    let (node, kind, vmid, user) = (ctx.node().to_owned(), ctx.kind(), ctx.vmid(), ctx.who.full_name());
    ctx.world
        .snapshot(&node, kind, vmid, work, &user)
        .map(|upid| Done::Data(Json::from(upid)))
}

fn take_snapshot(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let name = ctx.param("snapname").unwrap_or_default().to_owned();
    let description = ctx.param("description").unwrap_or_default().to_owned();
    snapshot_task(ctx, Work::Snapshot { name, description })
}

fn delete_snapshot(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let name = ctx.part("snapname").to_owned();
    snapshot_task(ctx, Work::DeleteSnapshot { name })
}

fn rollback(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let name = ctx.part("snapname").to_owned();
    snapshot_task(ctx, Work::Rollback { name })
}

/// Asks the agent inside; a silent one is waited for three seconds.
fn agent(ctx: &mut Ctx<'_>, ask: fn(&World, &Guest) -> Json) -> Result<Done, Refusal> {
    let guest = ctx.world.guest_on(ctx.node(), Kind::Qemu, ctx.vmid())?;
    let Some(process) = guest.process.as_ref() else {
        return Err(Refusal::failed(format!("VM {} is not running", guest.vmid)));
    };
    if !guest.agent {
        return Err(Refusal::failed("No QEMU guest agent configured"));
    }
    let answers = !guest.habits.agent_silent && !process.paused && ctx.world.now() >= process.ready_at;
    if answers {
        return Ok(Done::Data(Json::object().with("result", ask(ctx.world, guest))));
    }
    if ctx.waited < Duration::from_secs(3) {
        return Ok(Done::NotYet);
    }
    Err(Refusal::failed("QEMU guest agent is not running"))
}

fn os_info(_: &World, guest: &Guest) -> Json {
    if guest
        .config
        .get("ostype")
        .is_some_and(|ostype| ostype.starts_with("win"))
    {
        return Json::object()
            .with("id", "mswindows")
            .with("name", "Microsoft Windows")
            .with("machine", "x86_64");
    }
    Json::object()
        .with("id", "debian")
        .with("name", "Debian GNU/Linux")
        .with("pretty-name", "Debian GNU/Linux 13 (trixie)")
        .with("version-id", "13")
        .with("machine", "x86_64")
        .with("kernel-release", "6.12.117+deb13-cloud-amd64")
        .with(
            "kernel-version",
            "#1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1 (2026-11-12)",
        )
}

fn interfaces(world: &World, guest: &Guest) -> Json {
    let address = |text: String, kind: &'static str, prefix: u32| {
        Json::object()
            .with("ip-address", text)
            .with("ip-address-type", kind)
            .with("prefix", prefix)
    };
    let statistics = |received: u64, sent: u64| {
        Json::object()
            .with("rx-bytes", received)
            .with("tx-bytes", sent)
            .with("rx-packets", received / 400)
            .with("tx-packets", sent / 300)
            .with("rx-errs", 0)
            .with("tx-errs", 0)
            .with("rx-dropped", 0)
            .with("tx-dropped", 0)
    };
    let [received, sent, ..] = world.guest_sample(guest).traffic;
    let own = format!("10.20.{}.{}", guest.vmid / 250, guest.vmid % 250 + 1);
    Json::List(vec![
        Json::object()
            .with("name", "lo")
            .with("hardware-address", "00:00:00:00:00:00")
            .with("statistics", statistics(0, 0))
            .with(
                "ip-addresses",
                vec![
                    address("127.0.0.1".to_owned(), "ipv4", 8),
                    address("::1".to_owned(), "ipv6", 128),
                ],
            ),
        Json::object()
            .with("name", "eth0")
            .with("hardware-address", guest.mac.to_lowercase())
            .with("statistics", statistics(received, sent))
            .with("ip-addresses", vec![address(own, "ipv4", 16)]),
    ])
}
