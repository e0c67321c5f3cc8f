//! Moves of HA services, and the manager's own state.

use super::ha::vmid_of;
use crate::json::Json;
use crate::wire::params::{Shape, must};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::flavour::Release;
use crate::world::{Refusal, actions};

const CONSOLE: Guard = Guard::Need("/", &["Sys.Console"]);

pub(super) static ROUTES: &[Route] = &[
    Route::here("POST", "/cluster/ha/resources/{sid}/migrate", CONSOLE, go)
        .with(&[must("node", Shape::Text)])
        .protected(),
    Route::here("POST", "/cluster/ha/resources/{sid}/relocate", CONSOLE, go)
        .with(&[must("node", Shape::Text)])
        .protected(),
    Route::here(
        "GET",
        "/cluster/ha/status/manager_status",
        Guard::Need("/", &["Sys.Audit"]),
        master,
    ),
];

/// Release 9 tells what goes along and what stands in the way; 8 answers nothing.
fn go(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    if !ctx.world.is_quorate(ctx.entry) {
        return Err(Refusal::failed(actions::NO_QUORUM));
    }
    let vmid = vmid_of(ctx.part("sid"))?;
    let target = ctx.param("node").unwrap_or_default().to_owned();
    if !ctx.world.nodes.contains_key(&target) {
        return Err(Refusal::failed(format!("no such cluster node '{target}'")));
    }
    let sid = ctx
        .world
        .ha
        .services
        .get(&vmid)
        .map(|service| format!("{}:{vmid}", service.kind.ha_word()))
        .ok_or_else(|| Refusal::failed(format!("no such resource '{}'", ctx.part("sid"))))?;
    let companions = ctx.world.ha_companions(vmid, &target);
    if companions.blocking.is_empty() {
        for moving in std::iter::once(vmid).chain(companions.along.iter().copied()) {
            let place = ctx.world.guests.get(&moving).map(|guest| guest.node.clone());
            if place.is_some_and(|place| place != target) {
                ctx.world.ha_request_move(moving, &target)?;
            }
        }
    }
    if ctx.release() < Release::V9 {
        return Ok(Done::Data(Json::Null));
    }
    let mut data = Json::object().with("sid", sid).with("requested-node", target);
    let sid_of = |vmid: &u32| ctx.world.guests.get(vmid).map(crate::world::guest::Guest::sid);
    if !companions.along.is_empty() {
        let along: Vec<Json> = companions
            .along
            .iter()
            .filter_map(sid_of)
            .map(Json::from)
            .collect();
        data.put("comigrated-resources", along);
    }
    if !companions.blocking.is_empty() {
        let blocking: Vec<Json> = companions
            .blocking
            .iter()
            .filter_map(sid_of)
            .map(|sid| Json::object().with("sid", sid).with("cause", "resource-affinity"))
            .collect();
        data.put("blocking-resources", blocking);
    }
    Ok(Done::Data(data))
}

fn master(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let world = &*ctx.world;
    let now = world.now();
    let (mut nodes, mut services) = (Json::object(), Json::object());
    for node in world.nodes.keys() {
        nodes.put(node.clone(), world.ha.node_state(node, now));
    }
    for service in world.ha.services.values() {
        let mut row = Json::object().with("node", &service.node);
        row.put_some("state", service.crm);
        services.put(format!("{}:{}", service.kind.ha_word(), service.vmid), row);
    }
    let quorate = world.is_quorate(ctx.entry);
    let mut status = Json::object()
        .with("node_status", nodes)
        .with("service_status", services)
        .with("timestamp", world.epoch_secs + world.ha.master_seen.as_secs());
    status.put_some("master_node", world.majority_viewer().map(str::to_owned));
    Ok(Done::Data(
        Json::object()
            .with("manager_status", status)
            .with("lrm_status", Json::object())
            .with(
                "quorum",
                Json::object()
                    .with("node", ctx.entry.to_owned())
                    .with("quorate", Json::flag(quorate)),
            ),
    ))
}
