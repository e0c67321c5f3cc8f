//! Consoles of guests: the port that waits for a visitor, and that port as a WebSocket. Neither is forwarded.

use crate::json::Json;
use crate::wire::params::{Shape, may, must};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::Refusal;

const CONSOLE: Guard = Guard::Need("/vms/{vmid}", &["VM.Console"]);

pub(super) static ROUTES: &[Route] = &[
    Route::here(
        "POST",
        "/nodes/{node}/{kind}/{vmid}/termproxy",
        CONSOLE,
        termproxy,
    )
    .with(&[may("serial", Shape::Text)])
    .protected(),
    Route::here(
        "GET",
        "/nodes/{node}/{kind}/{vmid}/vncwebsocket",
        CONSOLE,
        websocket,
    )
    .with(&[must("vncticket", Shape::Text), must("port", Shape::Int(5900))]),
];

fn termproxy(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    ctx.world.guest_on(ctx.node(), ctx.kind(), ctx.vmid())?;
    let (vmid, user) = (ctx.vmid(), ctx.who.full_name());
    let console = ctx.world.begin_console(ctx.entry, vmid, &user)?;
    Ok(Done::Data(
        Json::object()
            .with("user", console.user)
            .with("ticket", console.ticket)
            .with("port", console.port.to_string())
            .with("upid", console.upid),
    ))
}

/// Without an upgrade this answers the port, as the original does.
fn websocket(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let port = ctx.number("port").and_then(|port| u16::try_from(port).ok());
    let console = port.and_then(|port| ctx.world.console(ctx.entry, port));
    let fits = console.is_some_and(|console| {
        console.vmid == ctx.vmid()
            && console.user == ctx.who.full_name()
            && Some(console.ticket.as_str()) == ctx.param("vncticket")
    });
    if !fits {
        return Err(Refusal {
            status: 401,
            text: "permission denied - invalid PVEVNC ticket".to_owned(),
            errors: Vec::new(),
        });
    }
    ctx.world.guest_on(ctx.node(), ctx.kind(), ctx.vmid())?;
    let port = port.unwrap_or_default().to_string();
    Ok(Done::Data(Json::object().with("port", port)))
}
