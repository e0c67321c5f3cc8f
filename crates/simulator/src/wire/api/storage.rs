//! Storages, as configured and as a node sees them, and pools.

use crate::json::Json;
use crate::wire::params::{Shape, may};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::Refusal;
use crate::world::storage::Storage;

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

fn content(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let name = known(ctx)?.name.clone();
    let rows = ctx
        .world
        .guests
        .values()
        .filter(|guest| guest.storage == name)
        .filter(|guest| {
            ctx.number("vmid")
                .is_none_or(|vmid| vmid == u64::from(guest.vmid))
        })
        .map(|guest| {
            Json::object()
                .with("volid", format!("{name}:vm-{}-disk-0", guest.vmid))
                .with("content", "images")
                .with("format", "raw")
                .with("size", guest.disk_bytes)
                .with("ctime", guest.created_at_secs)
                .with("vmid", guest.vmid)
        });
    Ok(Done::Data(Json::List(rows.collect())))
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
