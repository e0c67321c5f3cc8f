//! Snapshots of a guest: list, take, read, delete, return to one.

use crate::json::Json;
use crate::wire::params::{Shape, may, must};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::Refusal;
use crate::world::guest::{Kind, Snapshot};
use crate::world::task::Work;

const AUDIT: Guard = Guard::Need("/vms/{vmid}", &["VM.Audit"]);
const SNAPSHOT: Guard = Guard::Need("/vms/{vmid}", &["VM.Snapshot"]);
const ROLLBACK: Guard = Guard::Need("/vms/{vmid}", &["VM.Snapshot", "VM.Snapshot.Rollback"]);

pub(super) static ROUTES: &[Route] = &[
    Route::there("GET", "/nodes/{node}/{kind}/{vmid}/snapshot", AUDIT, snapshots),
    Route::there(
        "POST",
        "/nodes/{node}/{kind}/{vmid}/snapshot",
        SNAPSHOT,
        take_snapshot,
    )
    .with(&[
        must("snapname", Shape::SnapName),
        may("description", Shape::Text),
        may("vmstate", Shape::Flag),
    ])
    .protected(),
    Route::there(
        "DELETE",
        "/nodes/{node}/{kind}/{vmid}/snapshot/{snapname}",
        SNAPSHOT,
        delete_snapshot,
    )
    .with(&[may("force", Shape::Flag)])
    .protected(),
    Route::there(
        "POST",
        "/nodes/{node}/{kind}/{vmid}/snapshot/{snapname}/rollback",
        ROLLBACK,
        rollback,
    )
    .with(&[may("start", Shape::Flag)])
    .protected(),
    Route::there(
        "GET",
        "/nodes/{node}/{kind}/{vmid}/snapshot/{snapname}/config",
        AUDIT,
        snapshot_config,
    ),
    Route::there(
        "PUT",
        "/nodes/{node}/{kind}/{vmid}/snapshot/{snapname}/config",
        SNAPSHOT,
        describe_snapshot,
    )
    .with(&[may("description", Shape::Text)])
    .protected(),
];

fn snapshots(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let guest = ctx.world.guest_on(ctx.node(), ctx.kind(), ctx.vmid())?;
    let mut rows: Vec<Json> = guest
        .snapshots
        .iter()
        .map(|snapshot| {
            let mut row = Json::object()
                .with("name", &snapshot.name)
                .with("description", &snapshot.description)
                .with("snaptime", snapshot.taken_at_secs);
            row.put_some("parent", snapshot.parent.as_ref());
            row.put_some("vmstate", (guest.kind == Kind::Qemu).then_some(0));
            row
        })
        .collect();
    let mut now = Json::object()
        .with("name", "current")
        .with("description", "You are here!")
        .with("digest", ctx.world.digest(guest))
        .with("running", Json::flag(guest.is_running()));
    now.put_some("parent", guest.snapshots.last().map(|snapshot| &snapshot.name));
    rows.push(now);
    Ok(Done::Data(Json::List(rows)))
}

fn snapshot_task(ctx: &mut Ctx<'_>, work: Work) -> Result<Done, Refusal> {
    let (node, kind, vmid, user) = (ctx.node().to_owned(), ctx.kind(), ctx.vmid(), ctx.who.full_name());
    ctx.world
        .snapshot(&node, kind, vmid, work, &user)
        .map(|upid| Done::Data(Json::from(upid)))
}

fn take_snapshot(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let name = ctx.param("snapname").unwrap_or_default().to_owned();
    let description = ctx.param("description").unwrap_or_default().to_owned();
    snapshot_task(ctx, Work::Snapshot { name, description })
}

fn delete_snapshot(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let name = ctx.part("snapname").to_owned();
    snapshot_task(ctx, Work::DeleteSnapshot { name })
}

fn rollback(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let name = ctx.part("snapname").to_owned();
    snapshot_task(ctx, Work::Rollback { name })
}

fn known<'a>(ctx: &'a Ctx<'_>) -> Result<&'a Snapshot, Refusal> {
    let guest = ctx.world.guest_on(ctx.node(), ctx.kind(), ctx.vmid())?;
    let name = ctx.part("snapname");
    guest
        .snapshots
        .iter()
        .find(|snapshot| snapshot.name == name)
        .ok_or_else(|| Refusal::failed(format!("snapshot '{name}' does not exist")))
}

fn snapshot_config(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let snapshot = known(ctx)?;
    let mut data = Json::object()
        .with("description", &snapshot.description)
        .with("snaptime", snapshot.taken_at_secs);
    data.put_some("parent", snapshot.parent.as_ref());
    Ok(Done::Data(data))
}

fn describe_snapshot(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let name = known(ctx)?.name.clone();
    let text = ctx.param("description").unwrap_or_default().to_owned();
    let vmid = ctx.vmid();
    let snapshots = ctx.world.guests.get_mut(&vmid).map(|guest| &mut guest.snapshots);
    if let Some(snapshot) = snapshots.into_iter().flatten().find(|own| own.name == name) {
        snapshot.description = text;
    }
    Ok(Done::Data(Json::Null))
}
