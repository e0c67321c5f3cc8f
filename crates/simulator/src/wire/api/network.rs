//! Networks: a node's interfaces and name servers, and the interfaces inside containers.

use std::fmt::Write;

use crate::json::Json;
use crate::wire::params::{Shape, may};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::Refusal;
use crate::world::guest::Kind;
use crate::world::node::Node;

const AUDIT: Guard = Guard::Need("/nodes/{node}", &["Sys.Audit"]);

pub(super) static ROUTES: &[Route] = &[
    Route::there("GET", "/nodes/{node}/dns", AUDIT, dns),
    Route::there("GET", "/nodes/{node}/hosts", AUDIT, hosts),
    Route::there("GET", "/nodes/{node}/network", Guard::Login, list).with(&[may("type", Shape::Text)]),
    Route::there("GET", "/nodes/{node}/network/{iface}", AUDIT, one),
    Route::there(
        "GET",
        "/nodes/{node}/lxc/{vmid}/interfaces",
        Guard::Need("/vms/{vmid}", &["VM.Audit"]),
        container,
    )
    .protected(),
];

fn gateway(node: &Node) -> String {
    let (head, _) = node.ip.rsplit_once('.').unwrap_or((&node.ip, ""));
    format!("{head}.1")
}

fn dns(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let node = &ctx.world.nodes[ctx.node()];
    Ok(Done::Data(
        Json::object()
            .with("dns1", gateway(node))
            .with("search", "lab.local"),
    ))
}

fn hosts(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let mut text = "127.0.0.1 localhost.localdomain localhost\n".to_owned();
    for node in ctx.world.nodes.values() {
        let _ = writeln!(text, "{} {}.lab.local {}", node.ip, node.name, node.name);
    }
    Ok(Done::Data(
        Json::object()
            .with("data", text)
            .with("digest", "2b5b9f2bd1a0d4a7ea2a57ba64ea7e1fe1b7bd79"),
    ))
}

/// A bridge with the node's address and the port behind it. Lengths and delays are texts, flags are numbers.
fn interfaces(node: &Node) -> Vec<Json> {
    let families = || vec![Json::from("inet")];
    vec![
        Json::object()
            .with("iface", "vmbr0")
            .with("type", "bridge")
            .with("method", "static")
            .with("method6", "manual")
            .with("address", &node.ip)
            .with("netmask", "24")
            .with("cidr", format!("{}/24", node.ip))
            .with("gateway", gateway(node))
            .with("bridge_ports", "eth0")
            .with("bridge_stp", "off")
            .with("bridge_fd", "0")
            .with("families", families())
            .with("active", 1)
            .with("autostart", 1)
            .with("priority", 4),
        Json::object()
            .with("iface", "eth0")
            .with("type", "eth")
            .with("method", "manual")
            .with("method6", "manual")
            .with("families", families())
            .with("active", 1)
            .with("priority", 3),
    ]
}

fn list(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let node = &ctx.world.nodes[ctx.node()];
    let wanted = ctx.param("type");
    let rows = interfaces(node).into_iter().filter(|row| {
        let kind = row.get("type").and_then(Json::as_text);
        match wanted {
            None => true,
            Some("any_bridge") => kind == Some("bridge"),
            Some(wanted) => kind == Some(wanted),
        }
    });
    Ok(Done::Data(Json::List(rows.collect())))
}

fn one(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let node = &ctx.world.nodes[ctx.node()];
    let name = ctx.part("iface");
    let found = interfaces(node)
        .into_iter()
        .find(|row| row.get("iface").and_then(Json::as_text) == Some(name));
    found
        .map(Done::Data)
        .ok_or_else(|| Refusal::parameter("iface", "interface does not exist"))
}

/// Read from the running container; a stopped one has none.
fn container(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let guest = ctx.world.guest_on(ctx.node(), Kind::Lxc, ctx.vmid())?;
    if !guest.is_running() {
        return Ok(Done::Data(Json::Null));
    }
    let row = |name: &'static str, mac: String, address: String, prefix: u32| {
        let inet = Json::object()
            .with("ip-address", address.clone())
            .with("ip-address-type", "inet")
            .with("prefix", prefix.to_string());
        Json::object()
            .with("name", name)
            .with("hwaddr", mac.clone())
            .with("hardware-address", mac)
            .with("inet", format!("{address}/{prefix}"))
            .with("ip-addresses", vec![inet])
    };
    let own = format!("10.20.{}.{}", guest.vmid / 250, guest.vmid % 250 + 1);
    Ok(Done::Data(Json::List(vec![
        row("lo", "00:00:00:00:00:00".to_owned(), "127.0.0.1".to_owned(), 8),
        row("eth0", guest.mac.to_lowercase(), own, 16),
    ])))
}
