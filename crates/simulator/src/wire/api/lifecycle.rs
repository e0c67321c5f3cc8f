//! Making and destroying guests.

use std::collections::BTreeMap;

use crate::json::Json;
use crate::wire::params::{Param, Shape, may, must};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::Refusal;
use crate::world::lifecycle::NewGuest;

const ALLOCATE: Guard = Guard::Need("/vms/{vmid}", &["VM.Allocate"]);
/// What tells how to make a guest and is no key of its configuration.
const OPTIONS: &[&str] = &[
    "vmid",
    "pool",
    "start",
    "storage",
    "ostemplate",
    "archive",
    "force",
    "unique",
    "restore",
    "bwlimit",
    "password",
    "ssh-public-keys",
    "live-restore",
    "ignore-unpack-errors",
];

const NEW: &[Param] = &[
    must("vmid", Shape::Int(100)),
    may("pool", Shape::Text),
    may("start", Shape::Flag),
    may("storage", Shape::Text),
    may("archive", Shape::Text),
    may("force", Shape::Flag),
    may("unique", Shape::Flag),
    may("restore", Shape::Flag),
    may("bwlimit", Shape::Int(0)),
    may("live-restore", Shape::Flag),
    may("onboot", Shape::Flag),
    may("protection", Shape::Flag),
    may("cores", Shape::Int(1)),
    may("kvm", Shape::Flag),
];
const NEW_CONTAINER: &[Param] = &[
    must("vmid", Shape::Int(100)),
    must("ostemplate", Shape::Text),
    may("pool", Shape::Text),
    may("start", Shape::Flag),
    may("storage", Shape::Text),
    may("force", Shape::Flag),
    may("unique", Shape::Flag),
    may("restore", Shape::Flag),
    may("bwlimit", Shape::Int(0)),
    may("password", Shape::Text),
    may("ssh-public-keys", Shape::Text),
    may("ignore-unpack-errors", Shape::Flag),
    may("onboot", Shape::Flag),
    may("protection", Shape::Flag),
    may("cores", Shape::Int(1)),
    may("swap", Shape::Int(0)),
];

pub(super) static ROUTES: &[Route] = &[
    Route::there("POST", "/nodes/{node}/qemu", Guard::Login, create_machine)
        .with(NEW)
        .open()
        .protected(),
    Route::there("POST", "/nodes/{node}/lxc", Guard::Login, create_container)
        .with(NEW_CONTAINER)
        .open()
        .protected(),
    Route::there("DELETE", "/nodes/{node}/{kind}/{vmid}", ALLOCATE, destroy)
        .with(&[
            may("purge", Shape::Flag),
            may("destroy-unreferenced-disks", Shape::Flag),
            may("force", Shape::Flag),
            may("skiplock", Shape::Flag),
        ])
        .protected(),
];

fn create_machine(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    create(ctx, crate::world::guest::Kind::Qemu)
}

fn create_container(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    create(ctx, crate::world::guest::Kind::Lxc)
}

fn create(ctx: &mut Ctx<'_>, kind: crate::world::guest::Kind) -> Result<Done, Refusal> {
    let number = ctx.number("vmid").and_then(|vmid| u32::try_from(vmid).ok());
    let vmid = number.unwrap_or(u32::MAX);
    let pool = ctx.param("pool").map(str::to_owned);
    let by_pool = pool
        .as_ref()
        .is_some_and(|pool| ctx.allowed(&format!("/pool/{pool}"), &["VM.Allocate"]));
    if !by_pool && !ctx.allowed(&format!("/vms/{vmid}"), &["VM.Allocate"]) {
        return Err(Refusal::forbidden(format!(
            "Permission check failed (/vms/{vmid}, VM.Allocate)"
        )));
    }
    if let Some(pool) = pool.as_ref().filter(|pool| !ctx.world.pools.contains_key(*pool)) {
        return Err(Refusal::failed(format!("pool '{pool}' does not exist")));
    }
    if ctx.params.contains_key("args") && !ctx.who.is_root_itself() {
        return Err(Refusal::failed("only root can set 'args' config"));
    }
    let config: BTreeMap<String, String> = ctx
        .params
        .iter()
        .filter(|(key, _)| !OPTIONS.contains(&key.as_str()))
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let new = NewGuest {
        vmid,
        kind,
        pool,
        config,
        template: ctx.param("ostemplate").map(str::to_owned),
        start: ctx.flag("start"),
    };
    let (node, user) = (ctx.node().to_owned(), ctx.who.full_name());
    ctx.world
        .create_guest(&node, new, &user)
        .map(|upid| Done::Data(Json::from(upid)))
}

fn destroy(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    if ctx.flag("skiplock") && !ctx.who.is_root_itself() {
        return Err(Refusal::parameter("skiplock", "Only root may use this option."));
    }
    let (node, kind, vmid, user) = (ctx.node().to_owned(), ctx.kind(), ctx.vmid(), ctx.who.full_name());
    let purge = ctx.flag("purge");
    ctx.world
        .destroy_guest(&node, kind, vmid, purge, &user)
        .map(|upid| Done::Data(Json::from(upid)))
}
