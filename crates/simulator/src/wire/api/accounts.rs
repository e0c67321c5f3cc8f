//! Users, roles, the access control list and tokens, as far as clients look at them.

use crate::json::Json;
use crate::rng::Rng;
use crate::wire::params::{Shape, may};
use crate::wire::route::{Ctx, Done, Guard, Route};
use crate::world::Refusal;
use crate::world::access::{ALL_PRIVILEGES, Token};

pub(super) static ROUTES: &[Route] = &[
    Route::here("GET", "/access/users", Guard::Login, users)
        .with(&[may("enabled", Shape::Flag), may("full", Shape::Flag)]),
    Route::here("GET", "/access/roles", Guard::Login, roles),
    Route::here("GET", "/access/acl", Guard::Login, acl),
    Route::here(
        "POST",
        "/access/users/{user}/token/{tokenid}",
        Guard::Login,
        make_token,
    )
    .with(&[
        may("privsep", Shape::Flag),
        may("comment", Shape::Text),
        may("expire", Shape::Int(0)),
    ])
    .protected(),
    Route::here(
        "DELETE",
        "/access/users/{user}/token/{tokenid}",
        Guard::Login,
        delete_token,
    )
    .protected(),
];

/// Without the right to see others the list has only the caller.
fn users(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let all = ctx.allowed("/access", &["User.Modify", "Sys.Audit"]);
    let rows = ctx
        .world
        .access
        .users
        .keys()
        .filter(|user| all || **user == ctx.who.user)
        .map(|user| {
            let realm = user.rsplit('@').next().unwrap_or_default().to_owned();
            Json::object()
                .with("userid", user)
                .with("realm-type", realm)
                .with("enable", 1)
                .with("expire", 0)
        });
    Ok(Done::Data(Json::List(rows.collect())))
}

fn roles(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let mut rows = vec![
        Json::object()
            .with("roleid", "Administrator")
            .with("privs", ALL_PRIVILEGES.join(","))
            .with("special", 1),
    ];
    rows.extend(ctx.world.access.roles.iter().map(|(name, privileges)| {
        Json::object()
            .with("roleid", name)
            .with("privs", privileges.iter().cloned().collect::<Vec<_>>().join(","))
            .with("special", 0)
    }));
    Ok(Done::Data(Json::List(rows)))
}

fn acl(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let all = ctx.allowed("/access", &["Sys.Audit", "Permissions.Modify"]);
    let own = ctx.who.full_name();
    let rows = ctx
        .world
        .access
        .acl
        .iter()
        .filter(|entry| all || entry.who == own)
        .map(|entry| {
            let kind = if entry.who.contains('!') { "token" } else { "user" };
            Json::object()
                .with("path", &entry.path)
                .with("ugid", &entry.who)
                .with("roleid", &entry.role)
                .with("type", kind)
                .with("propagate", Json::flag(entry.propagate))
        });
    Ok(Done::Data(Json::List(rows.collect())))
}

/// A token is not its user: it may not make tokens even for it.
fn may_manage(ctx: &Ctx<'_>) -> Result<String, Refusal> {
    let user = ctx.part("user").to_owned();
    let own = ctx.who.token.is_none() && ctx.who.user == user;
    if own || ctx.allowed("/access/groups", &["User.Modify"]) {
        Ok(format!("{user}!{}", ctx.part("tokenid")))
    } else {
        Err(Refusal::forbidden("Permission check failed"))
    }
}

/// The secret is told once; flags that are numbers elsewhere are texts here.
fn make_token(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let full = may_manage(ctx)?;
    if !ctx.world.access.users.contains_key(ctx.part("user")) {
        return Err(Refusal::failed(format!("no such user ('{}')", ctx.part("user"))));
    }
    if ctx.world.access.tokens.contains_key(&full) {
        return Err(Refusal::parameter("tokenid", "Token already exists."));
    }
    let privsep = ctx.param("privsep") != Some("0");
    let secret = Rng::new(ctx.world.rng_mut().next_u64()).uuid();
    let token = Token {
        secret: secret.clone(),
        privsep,
    };
    ctx.world.access.tokens.insert(full.clone(), token);
    let info = Json::object()
        .with("privsep", if privsep { "1" } else { "0" })
        .with("expire", "0");
    Ok(Done::Data(
        Json::object()
            .with("full-tokenid", full)
            .with("value", secret)
            .with("info", info),
    ))
}

fn delete_token(ctx: &mut Ctx<'_>) -> Result<Done, Refusal> {
    let full = may_manage(ctx)?;
    match ctx.world.access.tokens.remove(&full) {
        Some(_) => Ok(Done::Data(Json::Null)),
        None => Err(Refusal::failed(format!(
            "no such token '{}' for user '{}'",
            ctx.part("tokenid"),
            ctx.part("user")
        ))),
    }
}
