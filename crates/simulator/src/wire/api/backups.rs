//! Backups: `vzdump`, and which guests no backup job covers.

use crate::json::Json;
use crate::wire::params::{Shape, may};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::Refusal;
use crate::world::lifecycle::Backup;

const AUDIT: Guard = Guard::Need("/", &["Sys.Audit"]);

pub(super) static ROUTES: &[Route] = &[
    Route::there("POST", "/nodes/{node}/vzdump", Guard::Login, dump)
        .with(&[
            may("vmid", Shape::Text),
            may("all", Shape::Flag),
            may("pool", Shape::Text),
            may("exclude", Shape::Text),
            may("storage", Shape::Text),
            may("mode", Shape::OneOf(&["snapshot", "suspend", "stop"])),
            may("compress", Shape::OneOf(&["0", "1", "gzip", "lzo", "zstd"])),
            may("remove", Shape::Flag),
            may("protected", Shape::Flag),
            may("notes-template", Shape::Text),
            may("prune-backups", Shape::Text),
            may("bwlimit", Shape::Int(0)),
            may("quiet", Shape::Flag),
        ])
        .protected(),
    Route::here("GET", "/cluster/backup", AUDIT, |_| {
        Ok(Done::Data(Json::List(Vec::new())))
    }),
    Route::here("GET", "/cluster/backup-info/not-backed-up", AUDIT, uncovered),
];

fn dump(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let storage = ctx.param("storage").unwrap_or("local").to_owned();
    let listed = |text: &str| -> Vec<u32> {
        text.split([',', ';', ' '])
            .filter_map(|number| number.parse().ok())
            .collect()
    };
    let excluded = ctx.param("exclude").map(listed).unwrap_or_default();
    let vmids: Vec<u32> = match (ctx.param("vmid"), ctx.param("pool"), ctx.flag("all")) {
        (Some(vmids), _, _) => listed(vmids),
        (None, pool, all) if all || pool.is_some() => ctx
            .world
            .guests
            .values()
            .filter(|guest| all || guest.pool.as_deref() == pool)
            .filter(|guest| !excluded.contains(&guest.vmid))
            .map(|guest| guest.vmid)
            .collect(),
        _ => {
            return Err(Refusal::parameter(
                "vmid",
                "property is missing and it is not optional",
            ));
        }
    };
    for vmid in &vmids {
        if !ctx.allowed(&format!("/vms/{vmid}"), &["VM.Backup"]) {
            return Err(Refusal::forbidden(format!(
                "Permission check failed (/vms/{vmid}, VM.Backup)"
            )));
        }
    }
    if !ctx.allowed(&format!("/storage/{storage}"), &["Datastore.AllocateSpace"]) {
        return Err(Refusal::forbidden(format!(
            "Permission check failed (/storage/{storage}, Datastore.AllocateSpace)"
        )));
    }
    let backup = Backup {
        vmids,
        storage,
        stop: ctx.param("mode") == Some("stop"),
        notes: ctx.param("notes-template").map(str::to_owned),
    };
    let (node, user) = (ctx.node().to_owned(), ctx.who.full_name());
    let upid = ctx.world.back_up(&node, backup, &user)?;
    // Nothing to do is said with a word in place of a task.
    Ok(Done::Data(upid.map_or_else(|| Json::from("OK"), Json::from)))
}

/// There are no backup jobs, so this is every guest that the caller sees.
fn uncovered(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let sees = super::resources::visible_guests(ctx);
    let rows = ctx
        .world
        .guests
        .values()
        .filter(|guest| sees(guest))
        .map(|guest| {
            Json::object()
                .with("vmid", guest.vmid)
                .with("name", &guest.name)
                .with("type", guest.kind.word())
        });
    Ok(Done::Data(Json::List(rows.collect())))
}
