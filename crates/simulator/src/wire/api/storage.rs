//! Storages, as configured and as a node sees them, and pools.

use crate::json::Json;
use crate::wire::params::{Shape, may};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::guest::{Guest, Kind};
use crate::world::storage::{Storage, Volume};
use crate::world::{Refusal, World};

pub(super) static ROUTES: &[Route] = &[
    Route::here("GET", "/storage", Guard::Login, configured).with(&[may("type", Shape::Text)]),
    Route::there("GET", "/nodes/{node}/storage", Guard::Login, on_node)
        .with(&[
            may("content", Shape::Text),
            may("enabled", Shape::Flag),
            may("storage", Shape::Text),
        ])
        .protected(),
    Route::there("GET", "/nodes/{node}/storage/{storage}/status", Guard::Login, one).protected(),
    Route::there(
        "GET",
        "/nodes/{node}/storage/{storage}/content",
        Guard::Login,
        content,
    )
    .with(&[may("content", Shape::Text), may("vmid", Shape::Int(100))])
    .protected(),
    Route::here("GET", "/pools", Guard::Login, pools)
        .with(&[may("poolid", Shape::Text), may("type", Shape::Text)]),
    Route::here("GET", "/pools/{poolid}", Guard::Login, pool),
];

fn visible(ctx: &Ctx<'_>, storage: &Storage) -> bool {
    ctx.allowed(
        &format!("/storage/{}", storage.name),
        &["Datastore.Audit", "Datastore.AllocateSpace"],
    )
}

fn configured(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let rows = ctx
        .world
        .storages
        .values()
        .filter(|storage| visible(ctx, storage))
        .filter(|storage| ctx.param("type").is_none_or(|plugin| storage.plugin == plugin))
        .map(|storage| {
            let mut row = Json::object()
                .with("storage", &storage.name)
                .with("type", &storage.plugin)
                .with("content", &storage.content)
                .with("digest", "cd044a65264eac3beea340366045726acfee5685");
            row.put_some("shared", storage.shared.then_some(1));
            for (key, value) in &storage.options {
                row.put(key.clone(), value);
            }
            if !storage.nodes.is_empty() {
                row.put(
                    "nodes",
                    storage.nodes.iter().cloned().collect::<Vec<_>>().join(","),
                );
            }
            row
        });
    Ok(Done::Data(Json::List(rows.collect())))
}

fn node_row(storage: &Storage, node: &str) -> Json {
    let used = storage.used_bytes(node);
    Json::object()
        .with("storage", &storage.name)
        .with("type", &storage.plugin)
        .with("content", &storage.content)
        .with("active", 1)
        .with("enabled", 1)
        .with("shared", Json::flag(storage.shared))
        .with("total", storage.total_bytes)
        .with("used", used)
        .with("avail", storage.total_bytes.saturating_sub(used))
        .with("used_fraction", used as f64 / storage.total_bytes.max(1) as f64)
}

fn on_node(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let node = ctx.node();
    let rows = ctx
        .world
        .storages
        .values()
        .filter(|storage| storage.is_on(node) && visible(ctx, storage))
        .filter(|storage| ctx.param("storage").is_none_or(|name| storage.name == name))
        .filter(|storage| {
            ctx.param("content")
                .is_none_or(|kind| storage.content.split(',').any(|own| own == kind))
        })
        .map(|storage| node_row(storage, node));
    Ok(Done::Data(Json::List(rows.collect())))
}

fn known<'a>(ctx: &'a Ctx<'_>) -> Result<&'a Storage, Refusal> {
    let name = ctx.part("storage");
    let storage = ctx
        .world
        .storages
        .get(name)
        .filter(|storage| storage.is_on(ctx.node()));
    storage.ok_or_else(|| Refusal::failed(format!("storage '{name}' does not exist")))
}

fn one(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    Ok(Done::Data(node_row(known(ctx)?, ctx.node())))
}

/// The volume of a guest's disk, named as its storage's plug-in names them.
pub(super) fn disk_of(world: &World, guest: &Guest) -> String {
    let (storage, vmid) = (&guest.storage, guest.vmid);
    match (
        world.storages.get(storage).map(|own| own.plugin.as_str()),
        guest.kind,
    ) {
        (Some("dir"), _) => format!("{storage}:{vmid}/vm-{vmid}-disk-0.raw"),
        (_, Kind::Qemu) => format!("{storage}:vm-{vmid}-disk-0"),
        (_, Kind::Lxc) => format!("{storage}:subvol-{vmid}-disk-0"),
    }
}

fn disk_row(world: &World, storage: &Storage, guest: &Guest) -> Json {
    let content = match guest.kind {
        Kind::Qemu => "images",
        Kind::Lxc => "rootdir",
    };
    let mut row = Json::object()
        .with("volid", disk_of(world, guest))
        .with("content", content)
        .with("format", "raw")
        .with("size", guest.disk_bytes)
        .with("ctime", guest.created_at_secs)
        .with("vmid", guest.vmid);
    if storage.plugin == "dir" {
        row.put("used", guest.disk_bytes / 10);
        row.put("parent", Json::Null);
    }
    row
}

fn volume_row(storage: &Storage, volume: &Volume) -> Json {
    let mut row = Json::object()
        .with("volid", format!("{}:{}", storage.name, volume.name))
        .with("content", &volume.content)
        .with("format", &volume.format)
        .with("size", volume.size_bytes)
        .with("ctime", volume.created_at_secs);
    row.put_some("vmid", volume.vmid);
    row.put_some("notes", volume.notes.as_ref());
    if volume.content == "backup" {
        row.put("subtype", volume.backup_kind().word());
    }
    row
}

fn content(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let storage = known(ctx)?;
    let world = &*ctx.world;
    let wanted = |kind: &str, vmid: Option<u32>| {
        ctx.param("content").is_none_or(|wanted| wanted == kind)
            && ctx
                .number("vmid")
                .is_none_or(|wanted| vmid.is_some_and(|vmid| wanted == u64::from(vmid)))
    };
    let here = |guest: &&Guest| storage.shared || guest.node == ctx.node();
    let disks = world
        .guests
        .values()
        .filter(|guest| guest.storage == storage.name && guest.disk_bytes > 0)
        .filter(here)
        .filter(|guest| {
            let kind = if guest.kind == Kind::Qemu {
                "images"
            } else {
                "rootdir"
            };
            wanted(kind, Some(guest.vmid))
        })
        .map(|guest| disk_row(world, storage, guest));
    let volumes = storage
        .volumes
        .iter()
        .filter(|volume| volume.node.as_deref().is_none_or(|node| node == ctx.node()))
        .filter(|volume| wanted(&volume.content, volume.vmid))
        .map(|volume| volume_row(storage, volume));
    Ok(Done::Data(Json::List(disks.chain(volumes).collect())))
}

fn pool_visible(ctx: &Ctx<'_>, name: &str) -> bool {
    ctx.allowed(&format!("/pool/{name}"), &["Pool.Audit"])
}

/// With `poolid` the answer is a list of one, with members.
fn pools(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let wanted = ctx.param("poolid");
    let rows = ctx
        .world
        .pools
        .iter()
        .filter(|(name, _)| pool_visible(ctx, name) && wanted.is_none_or(|wanted| wanted == *name))
        .map(|(name, comment)| {
            let mut row = Json::object().with("poolid", name).with("comment", comment);
            if wanted.is_some() {
                row.put("members", members(ctx, name));
            }
            row
        });
    Ok(Done::Data(Json::List(rows.collect())))
}

fn members(ctx: &Ctx<'_>, pool: &str) -> Json {
    let rows = ctx
        .world
        .guests
        .values()
        .filter(|guest| guest.pool.as_deref() == Some(pool))
        .map(|guest| {
            Json::object()
                .with("id", guest.id())
                .with("type", guest.kind.word())
                .with("vmid", guest.vmid)
                .with("node", &guest.node)
                .with("name", &guest.name)
                .with("status", guest.fine_status())
        });
    Json::List(rows.collect())
}

fn pool(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let name = ctx.part("poolid");
    match ctx.world.pools.get(name).filter(|_| pool_visible(ctx, name)) {
        Some(comment) => Ok(Done::Data(
            Json::object()
                .with("comment", comment)
                .with("members", members(ctx, name)),
        )),
        None => Err(Refusal::failed(format!("no such pool '{name}'"))),
    }
}
