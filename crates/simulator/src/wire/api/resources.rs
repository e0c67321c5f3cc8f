//! `/cluster/resources`: the current half (place, tags, lock, pool, HA) joined with the sampled half (status, figures).
//!
//! The list is what the asked node knows; rows that the caller may not see are left out without a word.

use std::collections::{BTreeMap, BTreeSet};

use crate::json::Json;
use crate::wire::params::{Shape, may};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::flavour::{Emulator, Release};
use crate::world::guest::{Guest, Kind};
use crate::world::node::Node;
use crate::world::sampling::GuestSample;
use crate::world::{Refusal, World};

pub(super) static ROUTES: &[Route] = &[Route::here("GET", "/cluster/resources", Guard::Login, list)
    .with(&[may("type", Shape::OneOf(&["vm", "storage", "node", "sdn"]))])];

fn list(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let wanted = ctx.param("type");
    let wants = |word: &str| wanted.is_none_or(|wanted| wanted == word);
    let mut rows = Vec::new();
    if wants("vm") || wants("pool") {
        guests(ctx, wanted.is_none(), wants("vm"), &mut rows);
    }
    if wants("node") {
        rows.extend(ctx.world.nodes.values().map(|node| node_row(ctx, node, true)));
    }
    if wants("storage") {
        storages(ctx, &mut rows);
    }
    if wants("sdn") && ctx.allowed("/sdn/zones/localnetwork", &["SDN.Audit", "SDN.Use"]) {
        let row = match ctx.release() {
            Release::V8 => old_zone_row,
            Release::V9 => zone_row,
        };
        rows.extend(ctx.world.nodes.keys().map(|node| row(node)));
    }
    Ok(Done::Data(Json::List(rows)))
}

fn guests(ctx: &Ctx<'_>, with_pools: bool, with_guests: bool, rows: &mut Vec<Json>) {
    let world = &*ctx.world;
    let sees = visible_guests(ctx);
    let mut pools: BTreeMap<&str, [f64; 5]> =
        world.pools.keys().map(|pool| (pool.as_str(), [0.0; 5])).collect();
    let shown: BTreeSet<&str> = world
        .pools
        .keys()
        .map(String::as_str)
        .filter(|pool| ctx.allowed(&format!("/pool/{pool}"), &["Pool.Audit"]))
        .collect();
    let mut guest_rows = Vec::with_capacity(world.guests.len());
    for guest in world.guests.values().filter(|guest| sees(guest)) {
        let sample = world.known_guest(ctx.entry, guest);
        if let (Some(pool), Some(sample)) =
            (guest.pool.as_deref().and_then(|pool| pools.get_mut(pool)), sample)
            && sample.status == "running"
        {
            pool[0] += sample.cpu * f64::from(guest.cores);
            pool[1] += f64::from(guest.cores);
            pool[2] += sample.memory_bytes as f64;
            pool[3] += guest.memory_bytes as f64;
            pool[4] = pool[4].max(sample.uptime_secs as f64);
        }
        if with_guests {
            guest_rows.push(guest_row(world, guest, sample, &shown));
        }
    }
    if with_pools {
        rows.extend(
            pools
                .iter()
                .filter(|(pool, _)| shown.contains(*pool))
                .map(|(pool, sums)| pool_row(pool, sums)),
        );
    }
    rows.append(&mut guest_rows);
}

/// Whether the caller sees a guest; computed once for all guests that have no entry of their own.
pub(super) fn visible_guests(ctx: &Ctx<'_>) -> impl Fn(&Guest) -> bool {
    const AUDIT: &[&str] = &["VM.Audit"];
    let general = ctx.allowed("/vms/0", AUDIT);
    let special: BTreeMap<String, bool> = ctx
        .world
        .access
        .own_paths(&ctx.who)
        .into_iter()
        .filter(|path| path.starts_with("/vms/"))
        .map(|path| (path["/vms/".len()..].to_owned(), ctx.allowed(path, AUDIT)))
        .collect();
    move |guest| {
        if special.is_empty() {
            return general;
        }
        special.get(&guest.vmid.to_string()).copied().unwrap_or(general)
    }
}

/// A guest's row; its pool is told to those who may see that.
fn guest_row(world: &World, guest: &Guest, sample: Option<&GuestSample>, pools: &BTreeSet<&str>) -> Json {
    let mut row = Json::Object(Vec::with_capacity(24));
    row.put("id", guest.id());
    row.put("type", guest.kind.word());
    row.put("vmid", guest.vmid);
    row.put("node", &guest.node);
    row.put_some(
        "pool",
        guest.pool.as_ref().filter(|pool| pools.contains(pool.as_str())),
    );
    row.put_some("lock", guest.lock.as_ref());
    row.put_some("tags", guest.tag_text());
    if let Some(service) = world.ha.services.get(&guest.vmid) {
        row.put("hastate", service.resource_state().to_owned());
    }
    let Some(sample) = sample else {
        row.put("status", "unknown");
        return row;
    };
    let [netin, netout, diskread, diskwrite] = sample.traffic;
    row.put("status", sample.status);
    row.put("name", &sample.name);
    row.put("template", Json::flag(guest.template));
    row.put("uptime", sample.uptime_secs);
    row.put(
        "cpu",
        if sample.cpu == 0.0 {
            Json::Int(0)
        } else {
            Json::Float(sample.cpu)
        },
    );
    row.put("maxcpu", guest.cores);
    row.put("mem", sample.memory_bytes);
    if world.flavour.release >= Release::V9 {
        let of_host = match guest.kind {
            Kind::Qemu => sample.memory_bytes,
            Kind::Lxc => 0,
        };
        row.put("memhost", of_host);
    }
    row.put("maxmem", guest.memory_bytes);
    row.put("disk", sample.disk_bytes);
    row.put("maxdisk", guest.disk_bytes);
    row.put("netin", netin);
    row.put("netout", netout);
    let counted = guest.kind == Kind::Lxc || world.flavour.emulator == Emulator::Vendor;
    row.put("diskread", if counted { diskread } else { 0 });
    row.put("diskwrite", if counted { diskwrite } else { 0 });
    row
}

fn pool_row(pool: &str, sums: &[f64; 5]) -> Json {
    let mut row = Json::object()
        .with("id", format!("/pool/{pool}"))
        .with("type", "pool")
        .with("pool", pool.to_owned());
    if sums[1] > 0.0 {
        let whole = |number: f64| crate::world::figures::to_whole(number);
        row.put("cpu", sums[0] / sums[1]);
        row.put("maxcpu", whole(sums[1]));
        row.put("mem", whole(sums[2]));
        row.put("maxmem", whole(sums[3]));
        row.put("uptime", whole(sums[4]));
    }
    row
}

/// A node's row. Without `Sys.Audit` on it the figures are left out.
pub(super) fn node_row(ctx: &Ctx<'_>, node: &Node, in_resources: bool) -> Json {
    let world = &ctx.world;
    let online = world.sees_online(ctx.entry, &node.name);
    let report = world.fresh_report(ctx.entry, &node.name);
    let status = match (online, report) {
        (true, Some(_)) => "online",
        (true, None) => "unknown",
        (false, _) => "offline",
    };
    let mut row = Json::Object(Vec::with_capacity(16));
    row.put("id", format!("node/{}", node.name));
    row.put("type", "node");
    row.put("node", &node.name);
    row.put("status", status);
    if in_resources {
        row.put("cgroup-mode", 2);
        if world.ha.ever_used {
            row.put("hastate", world.ha.node_state(&node.name, world.now()));
        }
    }
    let Some(report) = report else { return row };
    row.put("level", "");
    if !ctx.allowed(&format!("/nodes/{}", node.name), &["Sys.Audit"]) {
        return row;
    }
    row.put("maxcpu", node.cpus);
    row.put("maxmem", node.memory_bytes);
    row.put("maxdisk", node.disk_bytes);
    if online {
        row.put("uptime", report.node.uptime_secs);
        row.put("cpu", report.node.cpu);
        row.put("mem", report.node.memory_bytes);
        row.put("disk", report.node.disk_bytes);
    }
    row
}

fn storages(ctx: &Ctx<'_>, rows: &mut Vec<Json>) {
    for storage in ctx.world.storages.values() {
        if !ctx.allowed(
            &format!("/storage/{}", storage.name),
            &["Datastore.Audit", "Datastore.AllocateSpace"],
        ) {
            continue;
        }
        for node in ctx.world.nodes.keys().filter(|node| storage.is_on(node)) {
            let mut row = Json::object()
                .with("id", format!("storage/{node}/{}", storage.name))
                .with("type", "storage")
                .with("storage", &storage.name)
                .with("node", node)
                .with("plugintype", &storage.plugin)
                .with("content", &storage.content)
                .with("shared", Json::flag(storage.shared));
            let used = ctx
                .world
                .fresh_report(ctx.entry, node)
                .and_then(|report| report.storages.get(&storage.name));
            match used {
                Some(used) => {
                    row.put("status", "available");
                    row.put("disk", *used);
                    row.put("maxdisk", storage.total_bytes);
                }
                None => row.put("status", "unknown"),
            }
            rows.push(row);
        }
    }
}

fn zone_row(node: &str) -> Json {
    Json::object()
        .with("id", format!("network/{node}/zone/localnetwork"))
        .with("type", "network")
        .with("network", "localnetwork")
        .with("network-type", "zone")
        .with("node", node.to_owned())
        .with("status", "ok")
}

/// As releases before 9.1 told it.
fn old_zone_row(node: &str) -> Json {
    Json::object()
        .with("id", format!("sdn/{node}/localnetwork"))
        .with("type", "sdn")
        .with("sdn", "localnetwork")
        .with("node", node.to_owned())
        .with("status", "ok")
}
