//! `/nodes` and what a node says of itself: status, time, certificates, power, wake-on-LAN.

use super::cluster;
use super::resources::node_row;
use crate::json::Json;
use crate::wire::params::{Shape, may, must};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::Refusal;

const AUDIT: Guard = Guard::Need("/nodes/{node}", &["Sys.Audit"]);
const POWER: Guard = Guard::Need("/nodes/{node}", &["Sys.PowerMgmt"]);

pub(super) static ROUTES: &[Route] = &[
    Route::here("GET", "/nodes", Guard::Login, list),
    Route::there("GET", "/nodes/{node}", Guard::Login, node_index),
    Route::there("GET", "/nodes/{node}/version", Guard::Login, cluster::version),
    Route::there("GET", "/nodes/{node}/status", AUDIT, status),
    Route::there("POST", "/nodes/{node}/status", POWER, power)
        .with(&[must("command", Shape::OneOf(&["reboot", "shutdown"]))])
        .protected(),
    Route::there("GET", "/nodes/{node}/time", AUDIT, time),
    Route::there(
        "GET",
        "/nodes/{node}/certificates/info",
        Guard::Login,
        certificates,
    ),
    Route::here("POST", "/nodes/{node}/wakeonlan", POWER, wake).protected(),
    Route::there(
        "GET",
        "/nodes/{node}/config",
        Guard::Need("/", &["Sys.Audit"]),
        config,
    )
    .with(&[may("property", Shape::Text)]),
    Route::there(
        "PUT",
        "/nodes/{node}/config",
        Guard::Need("/", &["Sys.Modify"]),
        set_config,
    )
    .with(&[
        may("wakeonlan", Shape::Text),
        may("description", Shape::Text),
        may("delete", Shape::Text),
    ])
    .protected(),
];

fn list(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let rows = ctx.world.nodes.values().map(|node| {
        let mut row = node_row(ctx, node, false);
        row.put_some(
            "ssl_fingerprint",
            ctx.site.fingerprint(&node.name).map(str::to_owned),
        );
        row
    });
    Ok(Done::Data(Json::List(rows.collect())))
}

fn node_index(_: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let names = [
        "certificates",
        "config",
        "lxc",
        "qemu",
        "rrddata",
        "services",
        "status",
        "storage",
        "tasks",
        "time",
    ];
    Ok(Done::Data(cluster::index("name", &names)))
}

fn status(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let world = &ctx.world;
    let node = &world.nodes[ctx.node()];
    let sample = world.node_sample(&node.name);
    let load = sample.cpu * f64::from(node.cpus);
    let part = |total: u64, used: u64| {
        Json::object()
            .with("total", total)
            .with("used", used)
            .with("free", total.saturating_sub(used))
    };
    let loads = [load, load * 0.95, load * 0.9].map(|load| Json::from(format!("{load:.2}")));
    let cores = (node.cpus / 2).max(1);
    let processor = Json::object()
        .with("model", "AMD EPYC 4345P 8-Core Processor")
        .with("vendor", "AuthenticAMD")
        .with("family", "26")
        .with("sockets", 1)
        .with("cores", cores)
        .with("cpus", node.cpus)
        .with("mhz", "3793.912")
        .with("hvm", "1")
        .with("user_hz", 100)
        .with(
            "flags",
            "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr svm sse sse2 avx avx2",
        );
    let kernel = Json::object()
        .with("sysname", "Linux")
        .with("release", "6.17.4-2-pve")
        .with("version", "#1 SMP PREEMPT_DYNAMIC PMX 6.17.4-2")
        .with("machine", "x86_64");
    let memory_free = node.memory_bytes.saturating_sub(sample.memory_bytes);
    let disk_free = node.disk_bytes.saturating_sub(sample.disk_bytes);
    Ok(Done::Data(
        Json::object()
            .with("uptime", sample.uptime_secs)
            .with("cpu", sample.cpu)
            .with("wait", 0.0005)
            .with("idle", 0)
            .with("loadavg", loads.to_vec())
            .with(
                "kversion",
                "Linux 6.17.4-2-pve #1 SMP PREEMPT_DYNAMIC PMX 6.17.4-2",
            )
            .with("current-kernel", kernel)
            .with(
                "boot-info",
                Json::object().with("mode", "efi").with("secureboot", 0),
            )
            .with("cpuinfo", processor)
            .with(
                "memory",
                part(node.memory_bytes, sample.memory_bytes).with("available", memory_free),
            )
            .with("swap", part(8 << 30, 0))
            .with("ksm", Json::object().with("shared", 0))
            .with(
                "rootfs",
                part(node.disk_bytes, sample.disk_bytes).with("avail", disk_free),
            )
            .with("pveversion", "pve-manager/9.2.11/14a22df35955d97d"),
    ))
}

fn power(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let (node, reboot) = (ctx.node().to_owned(), ctx.param("command") == Some("reboot"));
    ctx.world.power_command(&node, reboot)?;
    Ok(Done::Data(Json::Null))
}

fn time(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let now = ctx.world.unix_now();
    Ok(Done::Data(
        Json::object()
            .with("timezone", "Etc/UTC")
            .with("time", now)
            .with("localtime", now),
    ))
}

fn certificates(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    Ok(Done::Data(
        ctx.site.certificate_rows(ctx.node(), ctx.world.epoch_secs),
    ))
}

fn wake(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let (entry, node) = (ctx.entry.to_owned(), ctx.node().to_owned());
    ctx.world
        .wake(&entry, &node)
        .map(|mac| Done::Data(Json::from(mac)))
}

fn config(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let node = &ctx.world.nodes[ctx.node()];
    let mut data = Json::object().with("digest", "7b1f0c1a52c1ef17a5dbbbe2a0e0a5c5f4b19e1a");
    data.put_some("wakeonlan", node.wake_mac.as_ref());
    Ok(Done::Data(data))
}

fn set_config(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let mac = ctx.param("wakeonlan").map(str::to_owned);
    let remove = ctx
        .param("delete")
        .is_some_and(|keys| keys.split(',').any(|key| key == "wakeonlan"));
    let name = ctx.node().to_owned();
    if let Some(node) = ctx.world.nodes.get_mut(&name) {
        if remove {
            node.wake_mac = None;
        }
        node.wake_mac = mac.or_else(|| node.wake_mac.take());
    }
    Ok(Done::Data(Json::Null))
}
