//! What else a node tells: subscription, packages, disks, replication.

use crate::json::Json;
use crate::wire::params::{Shape, may, must};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::Refusal;

const AUDIT: Guard = Guard::Need("/nodes/{node}", &["Sys.Audit"]);
const MODIFY: Guard = Guard::Need("/nodes/{node}", &["Sys.Modify"]);

pub(super) static ROUTES: &[Route] = &[
    Route::there("GET", "/nodes/{node}/subscription", Guard::Login, subscription),
    Route::there("GET", "/nodes/{node}/apt/update", MODIFY, updates).protected(),
    Route::there("GET", "/nodes/{node}/apt/versions", AUDIT, versions),
    Route::there("GET", "/nodes/{node}/disks/list", AUDIT, disks)
        .with(&[
            may("skipsmart", Shape::Flag),
            may("include-partitions", Shape::Flag),
            may("type", Shape::OneOf(&["unused", "journal_disks"])),
        ])
        .protected(),
    Route::there("GET", "/nodes/{node}/disks/smart", AUDIT, smart)
        .with(&[must("disk", Shape::Text), may("healthonly", Shape::Flag)])
        .protected(),
    Route::there("GET", "/nodes/{node}/replication", Guard::Login, |_| {
        Ok(Done::Data(Json::List(Vec::new())))
    })
    .with(&[may("guest", Shape::Int(100))]),
    Route::here("GET", "/cluster/replication", Guard::Login, |_| {
        Ok(Done::Data(Json::List(Vec::new())))
    }),
];

fn subscription(_: &mut Ctx<'_>) -> Result<Done, Refusal> {
    Ok(Done::Data(
        Json::object()
            .with("status", "notfound")
            .with("message", "There is no subscription key")
            .with("serverid", "00000000000000000000000000000000")
            .with(
                "url",
                "https://www.proxmox.com/en/proxmox-virtual-environment/pricing",
            ),
    ))
}

/// Keys of packages are written with capitals.
fn package(name: &'static str, version: String, old: String) -> Json {
    Json::object()
        .with("Package", name)
        .with("Title", name)
        .with("Description", name)
        .with("Version", version)
        .with("OldVersion", old)
        .with("Origin", "Proxmox")
        .with("Section", "admin")
        .with("Priority", "optional")
        .with("Arch", "amd64")
}

fn updates(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let present = ctx.release().version()[0];
    let next = format!("{present}+1");
    Ok(Done::Data(Json::List(vec![package(
        "pve-manager",
        next,
        present.to_owned(),
    )])))
}

fn versions(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let [version, _, repository] = ctx.release().version();
    let rows = ["proxmox-ve", "pve-manager", "qemu-server", "pve-container"].map(|name| {
        package(name, version.to_owned(), version.to_owned())
            .with("CurrentState", "Installed")
            .with("ManagerVersion", format!("{version}/{repository}"))
    });
    Ok(Done::Data(Json::List(rows.to_vec())))
}

/// One disk a node; its wear is a number that means percent left.
fn disks(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let node = &ctx.world.nodes[ctx.node()];
    Ok(Done::Data(Json::List(vec![
        Json::object()
            .with("devpath", "/dev/nvme0n1")
            .with("type", "nvme")
            .with("size", node.disk_bytes)
            .with("model", "Simulated NVMe 1")
            .with("serial", format!("SIM{:08}", node.nodeid))
            .with("vendor", "unknown")
            .with("wwn", "unknown")
            .with("rpm", 0)
            .with("gpt", 1)
            .with("used", "LVM")
            .with("health", "PASSED")
            .with("wearout", 97)
            .with("osdid", -1)
            .with("osdid-list", Json::Null),
    ])))
}

/// As text, the way NVMe disks are told; the temperature is in it.
fn smart(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let name = ctx.node();
    let celsius = ctx.world.node_celsius(name, ctx.world.now()) - 8.0;
    let text = format!(
        "\nSMART/Health Information (NVMe Log 0x02)\nCritical Warning:                   0x00\n\
         Temperature:                        {celsius:.0} Celsius\nAvailable Spare:                    100%\n\
         Percentage Used:                    3%\n"
    );
    Ok(Done::Data(
        Json::object()
            .with("health", "PASSED")
            .with("type", "text")
            .with("text", text)
            .with("wearout", 97),
    ))
}
