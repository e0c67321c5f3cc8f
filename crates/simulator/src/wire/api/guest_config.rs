//! Guest configurations: reading and the synchronous change.

use std::collections::BTreeMap;

use crate::json::Json;
use crate::wire::params::{Shape, may};
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

pub(super) static ROUTES: &[Route] = &[
    Route::there("GET", "/nodes/{node}/{kind}/{vmid}/config", AUDIT, read)
        .with(&[may("current", Shape::Flag), may("snapshot", Shape::Text)]),
    Route::there("PUT", "/nodes/{node}/{kind}/{vmid}/config", CONFIG, change)
        .with(&[
            may("delete", Shape::Text),
            may("digest", Shape::Text),
            may("revert", Shape::Text),
            may("force", Shape::Flag),
            may("skiplock", Shape::Flag),
            may("onboot", Shape::Flag),
            may("protection", Shape::Flag),
            may("cores", Shape::Int(1)),
        ])
        .open()
        .protected(),
];

fn read(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let guest = ctx.world.guest_on(ctx.node(), ctx.kind(), ctx.vmid())?;
    Ok(Done::Data(config(ctx.world, guest)))
}

/// Memory of machines is a text, of containers a number, as on the original.
fn config(world: &World, guest: &Guest) -> Json {
    let mut data = Json::object()
        .with("digest", world.digest(guest))
        .with("cores", guest.cores);
    let mib = guest.memory_bytes >> 20;
    data.put_some("tags", guest.tag_text());
    data.put_some("lock", guest.lock.as_ref());
    data.put_some("onboot", guest.onboot.then_some(1));
    data.put_some("template", guest.template.then_some(1));
    let gib = guest.disk_bytes >> 30;
    let (storage, vmid) = (&guest.storage, guest.vmid);
    match guest.kind {
        Kind::Qemu => {
            data.put("name", &guest.name);
            data.put("memory", mib.to_string());
            data.put("smbios1", format!("uuid={}", guest.uuid));
            data.put("net0", format!("virtio={},bridge=vmbr0", guest.mac));
            data.put("scsi0", format!("{storage}:vm-{vmid}-disk-0,size={gib}G"));
            data.put("scsihw", "virtio-scsi-single");
            data.put("boot", "order=scsi0;net0");
            data.put("sockets", 1);
            data.put("numa", 0);
            data.put("vmgenid", guest.uuid.chars().rev().collect::<String>());
            data.put(
                "meta",
                format!("creation-qemu=10.1.2,ctime={}", guest.created_at_secs),
            );
            data.put_some("agent", guest.agent.then_some("1"));
        }
        Kind::Lxc => {
            data.put("hostname", &guest.name);
            data.put("memory", mib);
            data.put("swap", 512);
            data.put("arch", "amd64");
            data.put("unprivileged", 1);
            data.put("rootfs", format!("{storage}:subvol-{vmid}-disk-0,size={gib}G"));
            data.put(
                "net0",
                format!("name=eth0,bridge=vmbr0,hwaddr={},ip=dhcp,type=veth", guest.mac),
            );
        }
    }
    for (key, value) in &guest.config {
        if data.get(key).is_none() {
            data.put(key.clone(), value);
        }
    }
    data
}

fn change(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
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
    let change = ConfigChange {
        digest: set.remove("digest"),
        delete: delete
            .split([',', ';', ' '])
            .filter(|key| !key.is_empty())
            .map(str::to_owned)
            .collect(),
        skip_lock: set.remove("skiplock").is_some_and(|value| value == "1"),
        set: {
            set.remove("revert");
            set.remove("force");
            set
        },
    };
    let (node, kind, vmid) = (ctx.node().to_owned(), ctx.kind(), ctx.vmid());
    match ctx.world.change_config(&node, kind, vmid, &change, ctx.waited)? {
        Changed::Done => Ok(Done::Data(Json::Null)),
        Changed::Busy => Ok(Done::NotYet),
    }
}
