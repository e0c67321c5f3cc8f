//! `GET /nodes/{node}/status`: processor, memory, disk, kernel, firmware.

use crate::json::Json;
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::Refusal;
use crate::world::flavour::{Firmware, Release};
use crate::world::node::Node;

pub(super) static ROUTES: &[Route] = &[Route::there(
    "GET",
    "/nodes/{node}/status",
    Guard::Need("/nodes/{node}", &["Sys.Audit"]),
    status,
)];

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
    let memory_free = node.memory_bytes.saturating_sub(sample.memory_bytes);
    let mut memory = part(node.memory_bytes, sample.memory_bytes);
    memory.put_some("available", (ctx.release() >= Release::V9).then_some(memory_free));
    let firmware = match node.firmware {
        Firmware::Efi => Json::object().with("mode", "efi").with("secureboot", 0),
        Firmware::LegacyBios => Json::object().with("mode", "legacy-bios"),
    };
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
            .with("current-kernel", kernel())
            .with("boot-info", firmware)
            .with("cpuinfo", processor(node))
            .with("memory", memory)
            .with("swap", part(8 << 30, 0))
            .with("ksm", Json::object().with("shared", 0))
            .with(
                "rootfs",
                part(node.disk_bytes, sample.disk_bytes).with("avail", disk_free),
            )
            .with(
                "pveversion",
                format!(
                    "pve-manager/{}/{}",
                    ctx.release().version()[0],
                    ctx.release().version()[2]
                ),
            ),
    ))
}

fn processor(node: &Node) -> Json {
    Json::object()
        .with("model", "AMD EPYC 4345P 8-Core Processor")
        .with("vendor", "AuthenticAMD")
        .with("family", "26")
        .with("sockets", 1)
        .with("cores", (node.cpus / 2).max(1))
        .with("cpus", node.cpus)
        .with("mhz", "3793.912")
        .with("hvm", "1")
        .with("user_hz", 100)
        .with(
            "flags",
            "fpu vme de pse tsc msr pae mce cx8 apic sep mtrr svm sse sse2 avx avx2",
        )
}

fn kernel() -> Json {
    Json::object()
        .with("sysname", "Linux")
        .with("release", "6.17.4-2-pve")
        .with("version", "#1 SMP PREEMPT_DYNAMIC PMX 6.17.4-2")
        .with("machine", "x86_64")
}
