//! Authentication: API tokens, tickets with their CSRF tokens, and the ticket call.
//!
//! Knows nothing of privileges.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use percent_encoding::percent_decode_str;

use super::answer::Reply;
use super::http::Request;
use super::params::Given;
use crate::json::Json;
use crate::rng::hash_text;
use crate::time::SimTime;
use crate::world::access::Identity;
use crate::world::flavour::Release;
use crate::world::{Refusal, World};

const TICKET_LIFETIME: Duration = Duration::from_hours(2);

/// Tickets that were given out.
#[derive(Clone, Debug, Default)]
pub struct Sessions(BTreeMap<String, Session>);

#[derive(Clone, Debug)]
struct Session {
    user: String,
    csrf: String,
    ends: SimTime,
}

/// Who sent the request, or the reason phrase of the 401.
pub fn identify(world: &World, sessions: &Sessions, request: &Request) -> Result<Identity, String> {
    if let Some(ticket) = cookie(request) {
        return by_ticket(world, sessions, request, &ticket);
    }
    match request.header("authorization") {
        Some(value) => by_token(world, value),
        None => Err("No ticket".to_owned()),
    }
}

fn cookie(request: &Request) -> Option<String> {
    let mut pairs = request.header("cookie")?.split(';');
    let value = pairs.find_map(|pair| pair.trim().strip_prefix("PVEAuthCookie="))?;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}

/// Newer releases keep the cause to themselves, older ones tell it.
fn failed(world: &World, cause: impl FnOnce() -> String) -> String {
    match world.flavour.release {
        Release::V9 => "Authentication failed!".to_owned(),
        Release::V8 => cause(),
    }
}

fn by_ticket(
    world: &World,
    sessions: &Sessions,
    request: &Request,
    ticket: &str,
) -> Result<Identity, String> {
    let session = sessions
        .0
        .get(ticket)
        .filter(|session| world.now() < session.ends);
    let session =
        session.ok_or_else(|| failed(world, || "permission denied - invalid PVE ticket".to_owned()))?;
    if request.method != "GET" && request.header("csrfpreventiontoken") != Some(session.csrf.as_str()) {
        return Err("Permission denied - invalid csrf token".to_owned());
    }
    Ok(Identity {
        user: session.user.clone(),
        token: None,
    })
}

/// `PVEAPIToken=user@realm!name=secret`; split at the last `=`.
fn by_token(world: &World, value: &str) -> Result<Identity, String> {
    let rest = value
        .strip_prefix("PVEAPIToken=")
        .or_else(|| value.strip_prefix("PVEAPIToken "))
        .ok_or("No ticket")?;
    let decoded = percent_decode_str(rest).decode_utf8_lossy().into_owned();
    let malformed = || failed(world, || "invalid token value!".to_owned());
    let (full, secret) = decoded.rsplit_once('=').ok_or_else(malformed)?;
    let (user, name) = full.split_once('!').ok_or_else(malformed)?;
    match world.access.tokens.get(full) {
        Some(token) if token.secret == secret => Ok(Identity {
            user: user.to_owned(),
            token: Some(name.to_owned()),
        }),
        Some(_) => Err(malformed()),
        None if !world.access.users.contains_key(user) => {
            Err(failed(world, || format!("no such user ('{user}')")))
        }
        None => Err(failed(world, || {
            format!("no such token '{name}' for user '{user}'")
        })),
    }
}

/// `POST /access/ticket`. The second value says that the answer is held back as every failed login is.
pub fn ticket(world: &mut World, sessions: &mut Sessions, given: &Given) -> (Reply, bool) {
    let value = |key: &str| given.get(key).and_then(|values| values.first()).cloned();
    let mut missing = Vec::new();
    for key in ["username", "password"] {
        if value(key).is_none() {
            missing.push((
                key.to_owned(),
                "property is missing and it is not optional".to_owned(),
            ));
        }
    }
    if !missing.is_empty() {
        let text = "Parameter verification failed.".to_owned();
        let refusal = Refusal {
            status: 400,
            text,
            errors: missing,
        };
        return (Reply::refusal(&refusal, world.rng_mut()), false);
    }
    let name = value("username").unwrap_or_default();
    let user = match value("realm") {
        Some(realm) if !name.contains('@') => format!("{name}@{realm}"),
        _ => name,
    };
    let password = value("password").unwrap_or_default();
    let renewed = sessions
        .0
        .get(&password)
        .is_some_and(|old| old.user == user && world.now() < old.ends);
    if !renewed && world.access.users.get(&user) != Some(&password) {
        let refusal = Refusal {
            status: 401,
            text: "authentication failure".to_owned(),
            errors: Vec::new(),
        };
        return (Reply::refusal(&refusal, world.rng_mut()), true);
    }
    let reply = grant(world, sessions, &user);
    (reply, false)
}

fn grant(world: &mut World, sessions: &mut Sessions, user: &str) -> Reply {
    let at = world.unix_now();
    let nonce = world.rng_mut().next_u64();
    let signature = format!("{:016x}{:016x}", hash_text(user) ^ nonce, nonce);
    let ticket = format!("PVE:{user}:{at:08X}::{signature}");
    let csrf = format!("{at:08X}:{:016x}", nonce.rotate_left(17));
    let ends = world.now() + TICKET_LIFETIME;
    sessions.0.insert(
        ticket.clone(),
        Session {
            user: user.to_owned(),
            csrf: csrf.clone(),
            ends,
        },
    );
    let who = Identity {
        user: user.to_owned(),
        token: None,
    };
    let capabilities = capabilities(world, &who);
    let data = Json::object()
        .with("ticket", ticket)
        .with("CSRFPreventionToken", csrf)
        .with("username", user.to_owned())
        .with("clustername", world.cluster.clone())
        .with("cap", capabilities);
    Reply::ok(data, None, world.rng_mut())
}

/// What the caller may do somewhere in each area: the web interface shows its buttons by it.
fn capabilities(world: &World, who: &Identity) -> Json {
    const AREAS: &[(&str, &str, &[&str])] = &[
        ("vms", "/vms", &["VM.", "Permissions.Modify"]),
        ("nodes", "/nodes", &["Sys.", "Permissions.Modify"]),
        ("storage", "/storage", &["Datastore.", "Permissions.Modify"]),
        ("dc", "/", &["Sys.Audit", "Sys.Modify", "SDN."]),
        (
            "access",
            "/access",
            &["User.Modify", "Group.Allocate", "Permissions.Modify"],
        ),
        ("sdn", "/sdn", &["SDN.", "Permissions.Modify"]),
        ("mapping", "/mapping", &["Mapping.", "Permissions.Modify"]),
    ];
    let own = world.access.own_paths(who);
    let mut areas = Json::object();
    for (area, root, heads) in AREAS {
        let below = format!("{root}/");
        let paths = own.iter().copied().filter(|path| path.starts_with(&below));
        let granted: BTreeSet<&str> = std::iter::once(*root)
            .chain(paths)
            .flat_map(|path| world.access.rights(who, path).into_keys())
            .filter(|privilege| heads.iter().any(|head| privilege.starts_with(head)))
            .collect();
        let mut rights = Json::object();
        for privilege in granted {
            rights.put(privilege.to_owned(), 1);
        }
        areas.put(*area, rights);
    }
    areas
}
