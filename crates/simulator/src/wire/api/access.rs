//! `/access`: domains, own rights, tokens of a user. The ticket call itself is in `auth.rs`.

use std::collections::BTreeSet;

use crate::json::Json;
use crate::wire::params::{Shape, may};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::Refusal;
use crate::world::access::{Identity, Rights};

pub(super) static ROUTES: &[Route] = &[
    Route::here("GET", "/access/domains", Guard::Everyone, domains),
    Route::here("GET", "/access/permissions", Guard::Login, permissions)
        .with(&[may("path", Shape::Text), may("userid", Shape::Text)]),
    Route::here("GET", "/access/users/{user}/token", Guard::Login, tokens),
];

fn domains(_: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let row = |realm: &'static str, comment: &'static str| {
        Json::object()
            .with("realm", realm)
            .with("type", realm)
            .with("comment", comment)
    };
    Ok(Done::Data(Json::List(vec![
        row("pam", "Linux PAM standard authentication"),
        row("pve", "Proxmox VE authentication server"),
    ])))
}

fn rights_object(rights: &Rights) -> Json {
    let mut object = Json::object();
    for (privilege, below) in rights {
        object.put(*privilege, Json::flag(*below));
    }
    object
}

/// A value of 0 still means granted: it only does not hold below the path.
fn permissions(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let who = match ctx.param("userid") {
        None => ctx.who.clone(),
        Some(full) => {
            let (user, token) = full
                .split_once('!')
                .map_or((full, None), |(user, token)| (user, Some(token)));
            let other = Identity {
                user: user.to_owned(),
                token: token.map(str::to_owned),
            };
            if other.user != ctx.who.user && !ctx.allowed("/access", &["Sys.Audit"]) {
                return Err(Refusal::forbidden("Permission check failed (/access, Sys.Audit)"));
            }
            other
        }
    };
    let access = &ctx.world.access;
    let mut data = Json::object();
    if let Some(path) = ctx.param("path") {
        data.put(path.to_owned(), rights_object(&access.rights(&who, path)));
        return Ok(Done::Data(data));
    }
    let mut paths: BTreeSet<&str> = [
        "/",
        "/access",
        "/access/groups",
        "/nodes",
        "/pool",
        "/sdn",
        "/storage",
        "/vms",
    ]
    .into();
    paths.extend(access.own_paths(&who));
    for path in paths {
        let rights = access.rights(&who, path);
        if !rights.is_empty() {
            data.put(path.to_owned(), rights_object(&rights));
        }
    }
    Ok(Done::Data(data))
}

fn tokens(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let user = ctx.part("user");
    if user != ctx.who.user && !ctx.allowed("/access/groups", &["User.Modify", "Sys.Audit"]) {
        return Err(Refusal::forbidden("Permission check failed"));
    }
    let rows = ctx.world.access.tokens.iter().filter_map(|(full, token)| {
        let (owner, name) = full.split_once('!')?;
        (owner == user).then(|| {
            Json::object()
                .with("tokenid", name.to_owned())
                .with("privsep", Json::flag(token.privsep))
                .with("expire", 0)
        })
    });
    Ok(Done::Data(Json::List(rows.collect())))
}
