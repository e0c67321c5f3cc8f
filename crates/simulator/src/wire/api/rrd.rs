//! `rrddata`: figures of the past, which are the same functions of time as those of the present.

use crate::json::Json;
use crate::rng::{hash, to_unit};
use crate::time::SimTime;
use crate::wire::params::{Param, Shape, may, must};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::{Refusal, figures};

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

/// Points and seconds between them.
fn frame(ctx: &Ctx<'_>) -> (u64, u64) {
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
    let rows = points(ctx).into_iter().map(|(at, time)| {
        let cpu = world.node_cpu(name, time);
        let used = node.memory_bytes as f64 * world.node_memory(name, time);
        Json::object()
            .with("time", at)
            .with("cpu", cpu)
            .with("maxcpu", node.cpus)
            .with("iowait", cpu * 0.01)
            .with("loadavg", cpu * f64::from(node.cpus))
            .with("memtotal", node.memory_bytes)
            .with("memused", used)
            .with("memavailable", node.memory_bytes as f64 - used)
            .with("swaptotal", 8_u64 << 30)
            .with("swapused", 0)
            .with("roottotal", node.disk_bytes)
            .with(
                "rootused",
                figures::part_of(node.disk_bytes, node.forced_disk.unwrap_or(node.habits.disk)),
            )
            .with("arcsize", 0)
            .with("netin", cpu * 4.0e6)
            .with("netout", cpu * 3.0e6)
            .with("pressurecpusome", cpu * 4.0)
            .with("pressureiosome", cpu * 0.3)
            .with("pressureiofull", cpu * 0.2)
            .with("pressurememorysome", 0)
            .with("pressurememoryfull", 0)
    });
    Ok(Done::Data(Json::List(rows.collect())))
}

/// Minutes in which the guest did not run have only their time.
fn guest(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let world = &*ctx.world;
    let guest = world.guest_on(ctx.node(), ctx.kind(), ctx.vmid())?;
    let up_since = world.unix_now().saturating_sub(guest.uptime_secs(world.now()));
    let rows = points(ctx).into_iter().map(|(at, time)| {
        let mut row = Json::object().with("time", at);
        if guest.is_running() && at >= up_since {
            let cpu = world.guest_cpu(guest, time);
            let memory = world.guest_memory(guest, time);
            let noise = to_unit(hash(&[world.seed, u64::from(guest.vmid), at]));
            row.put("cpu", cpu);
            row.put("maxcpu", guest.cores);
            row.put("mem", memory);
            row.put("memhost", memory);
            row.put("maxmem", guest.memory_bytes);
            row.put("disk", 0);
            row.put("maxdisk", guest.disk_bytes);
            row.put("netin", noise * 18_000.0);
            row.put("netout", noise * 8_000.0);
            row.put("diskread", noise * 5_000.0);
            row.put("diskwrite", noise * 24_000.0);
            row.put("pressurecpusome", cpu * 4.0);
            row.put("pressurecpufull", cpu * 3.8);
            row.put("pressureiosome", 0);
            row.put("pressureiofull", 0);
            row.put("pressurememorysome", 0);
            row.put("pressurememoryfull", 0);
        }
        row
    });
    Ok(Done::Data(Json::List(rows.collect())))
}
