//! `rrddata`: figures of the past, which are the same functions of time as those of the present.

use crate::json::Json;
use crate::rng::{hash, to_unit};
use crate::time::SimTime;
use crate::wire::params::{Param, Shape, may, must};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::flavour::{Emulator, Release};
use crate::world::guest::{Guest, Kind};
use crate::world::{Refusal, World, figures};

const PARAMS: &[Param] = &[
    must(
        "timeframe",
        Shape::OneOf(&["hour", "day", "week", "month", "year", "decade"]),
    ),
    may("cf", Shape::OneOf(&["AVERAGE", "MAX"])),
];

pub(super) static ROUTES: &[Route] = &[
    Route::here(
        "GET",
        "/nodes/{node}/rrddata",
        Guard::Need("/nodes/{node}", &["Sys.Audit"]),
        node,
    )
    .with(PARAMS),
    Route::here(
        "GET",
        "/nodes/{node}/{kind}/{vmid}/rrddata",
        Guard::Need("/vms/{vmid}", &["VM.Audit"]),
        guest,
    )
    .with(PARAMS),
];

/// Points and seconds between them; release 8 keeps about seventy coarse ones of every time.
fn frame(ctx: &Ctx<'_>) -> (u64, u64) {
    if ctx.release() < Release::V9 {
        return match ctx.param("timeframe") {
            Some("day") => (70, 1_800),
            Some("week") => (70, 10_800),
            Some("month") => (70, 43_200),
            Some("year") => (70, 604_800),
            _ => (70, 60),
        };
    }
    match ctx.param("timeframe") {
        Some("day") => (1440, 60),
        Some("week") => (336, 1800),
        Some("month") => (1440, 1800),
        Some("year") => (1440, 21_600),
        Some("decade") => (570, 604_800),
        _ => (60, 60),
    }
}

/// The times of the points; before the beginning of the scenario the figures are of the same kind.
fn points(ctx: &Ctx<'_>) -> Vec<(u64, SimTime)> {
    let (count, step) = frame(ctx);
    let last = ctx.world.unix_now() / step * step;
    (0..count)
        .rev()
        .map(|back| last - back * step)
        .map(|at| {
            (
                at,
                SimTime::from_secs(at.wrapping_sub(ctx.world.epoch_secs) & 0xFFFF_FFFF),
            )
        })
        .collect()
}

fn node(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let world = &*ctx.world;
    let name = ctx.node();
    let Some(node) = world.nodes.get(name) else {
        return Err(Refusal::failed(format!("no such cluster node '{name}'")));
    };
    let up_since = world
        .unix_now()
        .saturating_sub(node.uptime(world.now()).as_secs());
    let new = ctx.release() >= Release::V9;
    let rows = points(ctx).into_iter().map(|(at, time)| {
        if at < up_since {
            return Json::object().with("time", at);
        }
        let cpu = world.node_cpu(name, time);
        let used = node.memory_bytes as f64 * world.node_memory(name, time);
        let mut row = Json::object()
            .with("time", at)
            .with("cpu", cpu)
            .with("maxcpu", node.cpus)
            .with("iowait", cpu * 0.01)
            .with("loadavg", cpu * f64::from(node.cpus))
            .with("memtotal", node.memory_bytes)
            .with("memused", used)
            .with("swaptotal", 8_u64 << 30)
            .with("swapused", 0)
            .with("roottotal", node.disk_bytes)
            .with(
                "rootused",
                figures::part_of(node.disk_bytes, node.forced_disk.unwrap_or(node.habits.disk)),
            )
            .with("netin", cpu * 4.0e6)
            .with("netout", cpu * 3.0e6);
        if new {
            row.put("memavailable", node.memory_bytes as f64 - used);
            row.put("arcsize", 0);
            row.put("pressurecpusome", cpu * 4.0);
            row.put("pressureiosome", cpu * 0.3);
            row.put("pressureiofull", cpu * 0.2);
            row.put("pressurememorysome", 0);
            row.put("pressurememoryfull", 0);
        }
        row
    });
    Ok(Done::Data(Json::List(rows.collect())))
}

/// Minutes before the guest was there have only their time, those in which it did not run only its sizes. Rates need two
/// readings, so the minute of the start has none.
fn guest(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let world = &*ctx.world;
    let guest = world.guest_on(ctx.node(), ctx.kind(), ctx.vmid())?;
    let now = world.unix_now();
    let up_since = now.saturating_sub(guest.uptime_secs(world.now()));
    let node_up = world
        .nodes
        .get(&guest.node)
        .map_or(0, |node| node.uptime(world.now()).as_secs());
    let there_since = guest.created_at_secs.max(now.saturating_sub(node_up));
    let rows = points(ctx).into_iter().map(|(at, time)| {
        let mut row = Json::object().with("time", at);
        if at < there_since {
            return row;
        }
        row.put("disk", 0);
        row.put("maxcpu", guest.cores);
        row.put("maxmem", guest.memory_bytes);
        row.put("maxdisk", guest.disk_bytes);
        if guest.is_running() && at >= up_since {
            running_figures(&mut row, world, guest, time);
            if at >= up_since + 60 {
                rates(&mut row, world, guest, at);
            }
        }
        row
    });
    Ok(Done::Data(Json::List(rows.collect())))
}

fn running_figures(row: &mut Json, world: &World, guest: &Guest, time: SimTime) {
    let (cpu, memory) = (world.guest_cpu(guest, time), world.guest_memory(guest, time));
    row.put("cpu", cpu);
    row.put("mem", memory);
    if world.flavour.release >= Release::V9 {
        row.put("memhost", memory);
        row.put("pressurecpusome", cpu * 4.0);
        row.put("pressurecpufull", cpu * 3.8);
        row.put("pressureiosome", 0);
        row.put("pressureiofull", 0);
        row.put("pressurememorysome", 0);
        row.put("pressurememoryfull", 0);
    }
}

fn rates(row: &mut Json, world: &World, guest: &Guest, at: u64) {
    let noise = to_unit(hash(&[world.seed, u64::from(guest.vmid), at]));
    row.put("netin", noise * 18_000.0);
    row.put("netout", noise * 8_000.0);
    if guest.kind == Kind::Lxc || world.flavour.emulator == Emulator::Vendor {
        row.put("diskread", noise * 5_000.0);
        row.put("diskwrite", noise * 24_000.0);
    }
}
