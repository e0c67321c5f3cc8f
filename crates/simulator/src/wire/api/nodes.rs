//! `/nodes` and what a node says and does itself: time, certificates, power, wake-on-LAN, configuration.

use super::cluster;
use super::resources::node_row;
use crate::json::Json;
use crate::wire::params::{Shape, may, must};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::Refusal;

const AUDIT: Guard = Guard::Need("/nodes/{node}", &["Sys.Audit"]);
const POWER: Guard = Guard::Need("/nodes/{node}", &["Sys.PowerMgmt"]);

pub(super) static ROUTES: &[Route] = &[
    Route::here("GET", "/nodes", Guard::Login, list),
    Route::there("GET", "/nodes/{node}/version", Guard::Login, cluster::version),
    Route::there("POST", "/nodes/{node}/status", POWER, power)
        .with(&[must("command", Shape::OneOf(&["reboot", "shutdown"]))])
        .protected(),
    Route::there("GET", "/nodes/{node}/time", AUDIT, time),
    Route::there(
        "GET",
        "/nodes/{node}/certificates/info",
        Guard::Login,
        certificates,
    ),
    Route::here("POST", "/nodes/{node}/wakeonlan", POWER, wake).protected(),
    Route::there(
        "GET",
        "/nodes/{node}/config",
        Guard::Need("/", &["Sys.Audit"]),
        config,
    )
    .with(&[may("property", Shape::Text)]),
    Route::there(
        "PUT",
        "/nodes/{node}/config",
        Guard::Need("/", &["Sys.Modify"]),
        set_config,
    )
    .with(&[
        may("wakeonlan", Shape::Text),
        may("description", Shape::Text),
        may("delete", Shape::Text),
    ])
    .protected(),
];

fn list(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let rows = ctx.world.nodes.values().map(|node| {
        let mut row = node_row(ctx, node, false);
        row.put_some(
            "ssl_fingerprint",
            ctx.site.fingerprint(&node.name).map(str::to_owned),
        );
        row
    });
    Ok(Done::Data(Json::List(rows.collect())))
}

fn power(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let (node, reboot) = (ctx.node().to_owned(), ctx.param("command") == Some("reboot"));
    ctx.world.power_command(&node, reboot)?;
    Ok(Done::Data(Json::Null))
}

fn time(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let now = ctx.world.unix_now();
    Ok(Done::Data(
        Json::object()
            .with("timezone", "Etc/UTC")
            .with("time", now)
            .with("localtime", now),
    ))
}

fn certificates(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    Ok(Done::Data(
        ctx.site.certificate_rows(ctx.node(), ctx.world.epoch_secs),
    ))
}

fn wake(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let (entry, node) = (ctx.entry.to_owned(), ctx.node().to_owned());
    ctx.world
        .wake(&entry, &node)
        .map(|mac| Done::Data(Json::from(mac)))
}

fn config(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let node = &ctx.world.nodes[ctx.node()];
    let mut data = Json::object().with("digest", "7b1f0c1a52c1ef17a5dbbbe2a0e0a5c5f4b19e1a");
    data.put_some("wakeonlan", node.wake_mac.as_ref());
    Ok(Done::Data(data))
}

fn set_config(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let mac = ctx.param("wakeonlan").map(str::to_owned);
    let remove = ctx
        .param("delete")
        .is_some_and(|keys| keys.split(',').any(|key| key == "wakeonlan"));
    let name = ctx.node().to_owned();
    if let Some(node) = ctx.world.nodes.get_mut(&name) {
        if remove {
            node.wake_mac = None;
        }
        node.wake_mac = mac.or_else(|| node.wake_mac.take());
    }
    Ok(Done::Data(Json::Null))
}
