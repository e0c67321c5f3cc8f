//! The guest agent of virtual machines: questions it answers, commands it runs.
//!
//! Commands are those of [`crate::programs`].

use std::time::Duration;

use crate::json::Json;
use crate::programs::{self, Ran};
use crate::wire::params::{Shape, may, must};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::guest::{Guest, Kind};
use crate::world::place::Place;
use crate::world::{Refusal, World};

const READ: Guard = Guard::Need(
    "/vms/{vmid}",
    &["VM.GuestAgent.Audit", "VM.GuestAgent.Unrestricted"],
);
const RUN: Guard = Guard::Need("/vms/{vmid}", &["VM.GuestAgent.Unrestricted"]);

const fn ask(path: &'static str, run: crate::wire::route::Handler) -> Route {
    Route::there("GET", path, READ, run).protected()
}

pub(super) static ROUTES: &[Route] = &[
    Route::there("POST", "/nodes/{node}/qemu/{vmid}/agent/ping", READ, |ctx| {
        result(ctx, |_, _| Json::object())
    })
    .protected(),
    ask("/nodes/{node}/qemu/{vmid}/agent/info", |ctx| result(ctx, info)),
    ask("/nodes/{node}/qemu/{vmid}/agent/get-osinfo", |ctx| {
        result(ctx, os_info)
    }),
    ask("/nodes/{node}/qemu/{vmid}/agent/get-host-name", |ctx| {
        result(ctx, host_name)
    }),
    ask("/nodes/{node}/qemu/{vmid}/agent/get-time", |ctx| {
        result(ctx, |world, _| Json::from(world.unix_now() * 1_000_000_000))
    }),
    ask("/nodes/{node}/qemu/{vmid}/agent/get-users", |ctx| {
        result(ctx, |_, _| Json::List(Vec::new()))
    }),
    ask("/nodes/{node}/qemu/{vmid}/agent/get-vcpus", |ctx| {
        result(ctx, processors)
    }),
    ask("/nodes/{node}/qemu/{vmid}/agent/get-fsinfo", |ctx| {
        result(ctx, file_systems)
    }),
    ask("/nodes/{node}/qemu/{vmid}/agent/network-get-interfaces", |ctx| {
        result(ctx, interfaces)
    }),
    Route::there("POST", "/nodes/{node}/qemu/{vmid}/agent/exec", RUN, exec)
        .with(&[must("command", Shape::List), may("input-data", Shape::Text)])
        .protected(),
    Route::there(
        "GET",
        "/nodes/{node}/qemu/{vmid}/agent/exec-status",
        RUN,
        exec_status,
    )
    .with(&[must("pid", Shape::Int(0))])
    .protected(),
];

fn result(ctx: &mut Ctx<'_>, ask: fn(&World, &Guest) -> Json) -> Result<Done, Refusal> {
    asked(ctx, |world, guest| {
        Json::object().with("result", ask(world, guest))
    })
}

/// Asks the agent inside; a silent one is waited for three seconds.
fn asked(ctx: &mut Ctx<'_>, ask: impl FnOnce(&World, &Guest) -> Json) -> Result<Done, Refusal> {
    let guest = ctx.world.guest_on(ctx.node(), Kind::Qemu, ctx.vmid())?;
    let Some(process) = guest.process.as_ref() else {
        return Err(Refusal::failed(format!("VM {} is not running", guest.vmid)));
    };
    if !guest.agent {
        return Err(Refusal::failed("No QEMU guest agent configured"));
    }
    let answers = !guest.habits.agent_silent && !process.paused && ctx.world.now() >= process.ready_at;
    if answers {
        return Ok(Done::Data(ask(ctx.world, guest)));
    }
    if ctx.waited < Duration::from_secs(3) {
        return Ok(Done::NotYet);
    }
    Err(Refusal::failed("QEMU guest agent is not running"))
}

fn info(_: &World, _: &Guest) -> Json {
    let commands = ["guest-ping", "guest-get-osinfo", "guest-network-get-interfaces"].map(|name| {
        Json::object()
            .with("name", name)
            .with("enabled", Json::Bool(true))
            .with("success-response", Json::Bool(true))
    });
    Json::object()
        .with("version", "10.0.2")
        .with("supported_commands", commands.to_vec())
}

fn host_name(_: &World, guest: &Guest) -> Json {
    Json::object().with("host-name", &guest.name)
}

fn processors(_: &World, guest: &Guest) -> Json {
    let row = |id: u32| {
        Json::object()
            .with("logical-id", id)
            .with("online", Json::Bool(true))
            .with("can-offline", Json::Bool(id > 0))
    };
    Json::List((0..guest.cores).map(row).collect())
}

fn file_systems(_: &World, guest: &Guest) -> Json {
    Json::List(vec![
        Json::object()
            .with("name", "sda1")
            .with("mountpoint", "/")
            .with("type", "ext4")
            .with("total-bytes", guest.disk_bytes)
            .with("used-bytes", guest.disk_bytes / 10 * 4)
            .with("disk", Json::List(Vec::new())),
    ])
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
    let kernel = Json::object()
        .with("machine", "x86_64")
        .with("kernel-release", "6.12.117+deb13-cloud-amd64")
        .with(
            "kernel-version",
            "#1 SMP PREEMPT_DYNAMIC Debian 6.12.117-1 (2026-11-12)",
        );
    // Started from a kernel and an initial ramdisk alone: there is no file that names the system.
    if guest.config.contains_key("args") {
        return kernel;
    }
    kernel
        .with("id", "debian")
        .with("name", "Debian GNU/Linux")
        .with("pretty-name", "Debian GNU/Linux 13 (trixie)")
        .with("version-id", "13")
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

/// The agent starts a program and tells its process id; what becomes of it is asked for later.
fn exec(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let words = ctx.param("command").unwrap_or_default().to_owned();
    let argv: Vec<String> = words.split('\0').map(str::to_owned).collect();
    if let Done::NotYet = asked(ctx, |_, _| Json::object())? {
        return Ok(Done::NotYet);
    }
    let vmid = ctx.vmid();
    let ran = programs::run(ctx.world, &Place::Guest(vmid), &argv, "agent");
    if ran == Ran::Missing {
        let program = argv.first().map(String::as_str).unwrap_or_default();
        return Err(Refusal::failed(format!(
            "Agent error: Guest agent command failed, error was 'Failed to execute child process \u{201c}{program}\u{201d} (No such file or directory)'"
        )));
    }
    let pid = ctx.world.keep_agent_job(vmid, ran);
    Ok(Done::Data(Json::object().with("pid", pid)))
}

/// What became of a program. Once its end was told it is forgotten.
fn exec_status(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let pid = ctx.number("pid").unwrap_or(0);
    let vmid = ctx.vmid();
    let unknown = || Refusal::failed("Agent error: Invalid parameter 'pid'");
    if let Done::NotYet = asked(ctx, |_, _| Json::object())? {
        return Ok(Done::NotYet);
    }
    let output = match ctx.world.agent_job(vmid, pid).ok_or_else(unknown)? {
        Ran::Done(output) => Some(output.clone()),
        Ran::Waits(job) => programs::settled(ctx.world, job),
        Ran::Follows(_) | Ran::Missing => None,
    };
    let Some(output) = output else {
        return Ok(Done::Data(Json::object().with("exited", 0)));
    };
    ctx.world.forget_agent_job(vmid, pid);
    let mut data = Json::object()
        .with("exited", 1)
        .with("exitcode", u32::from(output.code));
    data.put_some("out-data", (!output.stdout.is_empty()).then_some(output.stdout));
    data.put_some("err-data", (!output.stderr.is_empty()).then_some(output.stderr));
    Ok(Done::Data(data))
}
