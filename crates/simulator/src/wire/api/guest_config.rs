//! Guest configurations: reading, the synchronous change and the one by task.

use std::collections::BTreeMap;

use crate::json::Json;
use crate::wire::params::{Param, Shape, may};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::change::{Changed, ConfigChange};
use crate::world::guest::{Guest, Kind};
use crate::world::{Refusal, World};

const AUDIT: Guard = Guard::Need("/vms/{vmid}", &["VM.Audit"]);
const CONFIG: Guard = Guard::Need(
    "/vms/{vmid}",
    &[
        "VM.Config.Disk",
        "VM.Config.CDROM",
        "VM.Config.CPU",
        "VM.Config.Memory",
        "VM.Config.Network",
        "VM.Config.HWType",
        "VM.Config.Options",
        "VM.Config.Cloudinit",
    ],
);

const KEYS: &[Param] = &[
    may("delete", Shape::Text),
    may("digest", Shape::Text),
    may("revert", Shape::Text),
    may("force", Shape::Flag),
    may("skiplock", Shape::Flag),
    may("background_delay", Shape::Int(1)),
    may("onboot", Shape::Flag),
    may("protection", Shape::Flag),
    may("cores", Shape::Int(1)),
    may("sockets", Shape::Int(1)),
    may("kvm", Shape::Flag),
    may("numa", Shape::Flag),
];

pub(super) static ROUTES: &[Route] = &[
    Route::there("GET", "/nodes/{node}/{kind}/{vmid}/config", AUDIT, read)
        .with(&[may("current", Shape::Flag), may("snapshot", Shape::Text)]),
    Route::there("GET", "/nodes/{node}/{kind}/{vmid}/pending", AUDIT, pending),
    Route::there("PUT", "/nodes/{node}/{kind}/{vmid}/config", CONFIG, change)
        .with(KEYS)
        .open()
        .protected(),
    Route::there("POST", "/nodes/{node}/qemu/{vmid}/config", CONFIG, change_by_task)
        .with(KEYS)
        .open()
        .protected(),
];

fn read(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let guest = ctx.world.guest_on(ctx.node(), ctx.kind(), ctx.vmid())?;
    Ok(Done::Data(config(ctx.world, guest)))
}

/// Keys with whole numbers; all others are texts.
const NUMBERS: &[&str] = &[
    "acpi",
    "autostart",
    "balloon",
    "cores",
    "kvm",
    "localtime",
    "numa",
    "onboot",
    "protection",
    "sockets",
    "swap",
    "tablet",
    "template",
    "unprivileged",
    "vcpus",
];

/// A container's swap in mebibytes.
pub(super) fn swap_mib(guest: &Guest) -> u64 {
    guest
        .config
        .get("swap")
        .and_then(|text| text.parse().ok())
        .unwrap_or(512)
}

/// Memory of machines is a text, of containers a number, as on the original. Defaults are not told.
fn config(world: &World, guest: &Guest) -> Json {
    let mut data = Json::object().with("digest", world.digest(guest));
    let mib = guest.memory_bytes >> 20;
    data.put_some("tags", guest.tag_text());
    data.put_some("lock", guest.lock.as_ref());
    data.put_some("onboot", guest.onboot.then_some(1));
    data.put_some("template", guest.template.then_some(1));
    let host_cpus = world.nodes.get(&guest.node).map_or(0, |node| node.cpus);
    let named = guest.name != format!("VM {}", guest.vmid);
    match guest.kind {
        Kind::Qemu => {
            data.put_some("name", named.then(|| guest.name.clone()));
            data.put("memory", mib.to_string());
            if guest.cores > 1 {
                data.put("cores", guest.cores);
                data.put("sockets", 1);
                data.put("numa", 0);
            }
            data.put_some("agent", guest.agent.then_some("1"));
            machine_keys(&mut data, world, guest);
        }
        Kind::Lxc => {
            data.put("hostname", &guest.name);
            data.put("memory", mib);
            data.put_some("cores", (guest.cores != host_cpus).then_some(guest.cores));
            data.put("swap", swap_mib(guest));
            data.put("arch", "amd64");
            data.put("unprivileged", 1);
            data.put("rootfs", disk(world, guest));
            data.put(
                "net0",
                format!("name=eth0,bridge=vmbr0,hwaddr={},ip=dhcp,type=veth", guest.mac),
            );
        }
    }
    for (key, value) in &guest.config {
        let number = value
            .parse::<i64>()
            .ok()
            .filter(|_| NUMBERS.contains(&key.as_str()));
        if data.get(key).is_none() {
            data.put(key.clone(), number.map_or_else(|| Json::from(value), Json::Int));
        }
    }
    data
}

fn disk(world: &World, guest: &Guest) -> String {
    let volume = super::storage::disk_of(world, guest);
    match (guest.disk_bytes >> 30, guest.disk_bytes >> 20) {
        (0, mib) => format!("{volume},size={mib}M"),
        (gib, _) => format!("{volume},size={gib}G"),
    }
}

fn machine_keys(data: &mut Json, world: &World, guest: &Guest) {
    data.put("smbios1", format!("uuid={}", guest.uuid));
    data.put("vmgenid", guest.uuid.chars().rev().collect::<String>());
    data.put(
        "meta",
        format!("creation-qemu=10.1.2,ctime={}", guest.created_at_secs),
    );
    data.put("net0", format!("virtio={},bridge=vmbr0", guest.mac));
    if guest.disk_bytes > 0 {
        data.put("scsi0", disk(world, guest));
        data.put("boot", "order=scsi0");
    }
    if !guest.config.contains_key("scsihw") {
        data.put("scsihw", "virtio-scsi-single");
    }
}

/// Every change is in force at once, so nothing is pending: each key with its value.
fn pending(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let guest = ctx.world.guest_on(ctx.node(), ctx.kind(), ctx.vmid())?;
    let Json::Object(fields) = config(ctx.world, guest) else {
        return Ok(Done::Data(Json::List(Vec::new())));
    };
    let rows = fields
        .into_iter()
        .map(|(key, value)| Json::object().with("key", key.into_owned()).with("value", value));
    Ok(Done::Data(Json::List(rows.collect())))
}

/// What a change asks for; raw options are for root@pam itself.
fn wanted(ctx: &Ctx<'_>) -> Result<ConfigChange, Refusal> {
    let root = ctx.who.is_root_itself();
    if ctx.flag("skiplock") && !root {
        return Err(Refusal::parameter("skiplock", "Only root may use this option."));
    }
    for raw in ["args", "lock", "hookscript"] {
        if ctx.params.contains_key(raw) && !root {
            return Err(Refusal::failed(format!("only root can set '{raw}' config")));
        }
    }
    let mut set: BTreeMap<String, String> = ctx.params.clone();
    let delete = set.remove("delete").unwrap_or_default();
    let (digest, skip) = (set.remove("digest"), set.remove("skiplock"));
    for option in ["revert", "force", "background_delay"] {
        set.remove(option);
    }
    Ok(ConfigChange {
        digest,
        delete: delete
            .split([',', ';', ' '])
            .filter(|key| !key.is_empty())
            .map(str::to_owned)
            .collect(),
        skip_lock: skip.is_some_and(|value| value == "1"),
        set,
    })
}

fn change(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let change = wanted(ctx)?;
    let (node, kind, vmid) = (ctx.node().to_owned(), ctx.kind(), ctx.vmid());
    match ctx.world.change_config(&node, kind, vmid, &change, ctx.waited)? {
        Changed::Done => Ok(Done::Data(Json::Null)),
        Changed::Busy => Ok(Done::NotYet),
    }
}

/// The same as a task; machines only.
fn change_by_task(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let change = wanted(ctx)?;
    let (node, vmid, user) = (ctx.node().to_owned(), ctx.vmid(), ctx.who.full_name());
    ctx.world
        .configure(&node, vmid, change, &user)
        .map(|upid| Done::Data(Json::from(upid)))
}
