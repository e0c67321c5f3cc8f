//! `/version`, `/cluster/status`, `/cluster/config/nodes`, `/cluster/nextid`, `/cluster/log`, options.

use crate::json::Json;
use crate::wire::params::{Shape, may};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::Refusal;

const AUDIT: Guard = Guard::Need("/", &["Sys.Audit"]);

pub(super) static ROUTES: &[Route] = &[
    Route::here("GET", "/version", Guard::Login, version),
    Route::here("GET", "/cluster/status", AUDIT, status),
    Route::here("GET", "/cluster/config/nodes", AUDIT, config_nodes),
    Route::here("GET", "/cluster/options", AUDIT, options),
    Route::here("GET", "/cluster/nextid", Guard::Login, next_id).with(&[may("vmid", Shape::Int(100))]),
    Route::here("GET", "/cluster/log", Guard::Login, log).with(&[may("max", Shape::Int(1))]),
];

/// The version object, also of `/nodes/{node}/version`.
pub(super) fn version(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let [version, release, repository] = ctx.release().version();
    Ok(Done::Data(
        Json::object()
            .with("version", version)
            .with("release", release)
            .with("repoid", repository),
    ))
}

fn status(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let world = &ctx.world;
    let mut rows = Vec::new();
    if world.nodes.len() > 1 {
        let count = u64::try_from(world.nodes.len()).unwrap_or(0);
        rows.push(
            Json::object()
                .with("type", "cluster")
                .with("id", "cluster")
                .with("name", &world.cluster)
                .with("nodes", count)
                .with("version", count)
                .with("quorate", Json::flag(world.is_quorate(ctx.entry))),
        );
    }
    for node in world.nodes.values() {
        rows.push(
            Json::object()
                .with("type", "node")
                .with("id", format!("node/{}", node.name))
                .with("name", &node.name)
                .with("nodeid", if world.nodes.len() > 1 { node.nodeid } else { 0 })
                .with("ip", &node.ip)
                .with("level", "")
                .with("local", Json::flag(node.name == ctx.entry))
                .with("online", Json::flag(world.sees_online(ctx.entry, &node.name))),
        );
    }
    Ok(Done::Data(Json::List(rows)))
}

/// All values are texts, as in corosync's configuration file.
fn config_nodes(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let rows = ctx.world.nodes.values().map(|node| {
        Json::object()
            .with("node", &node.name)
            .with("name", &node.name)
            .with("nodeid", node.nodeid.to_string())
            .with("quorum_votes", node.votes.to_string())
            .with("ring0_addr", &node.ip)
    });
    Ok(Done::Data(Json::List(rows.collect())))
}

fn options(_: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let migration = Json::object().with("type", "secure");
    Ok(Done::Data(
        Json::object()
            .with("keyboard", "en-us")
            .with("migration", migration),
    ))
}

fn next_id(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    match ctx.number("vmid").and_then(|vmid| u32::try_from(vmid).ok()) {
        Some(vmid) if ctx.world.guests.contains_key(&vmid) => {
            Err(Refusal::parameter("vmid", format!("VM {vmid} already exists")))
        }
        Some(vmid) => Ok(Done::Data(Json::from(vmid.to_string()))),
        None => Ok(Done::Data(Json::from(ctx.world.next_free_vmid().to_string()))),
    }
}

fn log(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let most = usize::try_from(ctx.number("max").unwrap_or(50)).unwrap_or(50);
    let all = ctx.allowed("/", &["Sys.Syslog"]);
    let own = ctx.who.full_name();
    let rows = ctx
        .world
        .log
        .iter()
        .rev()
        .filter(|line| all || line.user == own)
        .take(most)
        .map(|line| {
            Json::object()
                .with("id", format!("{}:{}", line.uid, line.node))
                .with("uid", line.uid.to_string())
                .with("time", line.at_secs)
                .with("node", &line.node)
                .with("tag", line.tag)
                .with("pri", line.priority)
                .with("pid", line.pid)
                .with("user", &line.user)
                .with("msg", &line.text)
        });
    Ok(Done::Data(Json::List(rows.collect())))
}
