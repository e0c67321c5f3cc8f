//! Authentication: API tokens, tickets with their CSRF tokens, and the ticket call.
//!
//! Knows nothing of privileges.

use std::collections::BTreeMap;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use super::answer::Reply;
use super::http::Request;
use super::params::Given;
use crate::json::Json;
use crate::rng::hash_text;
use crate::time::SimTime;
use crate::world::access::Identity;
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
pub fn identify(world: &World, sessions: &Sessions, request: &Request) -> Result<Identity, &'static str> {
    if let Some(ticket) = cookie(request) {
        return by_ticket(world, sessions, request, &ticket);
    }
    match request.header("authorization") {
        Some(value) => by_token(world, value),
        None => Err("No ticket"),
    }
}

fn cookie(request: &Request) -> Option<String> {
    let mut pairs = request.header("cookie")?.split(';');
    let value = pairs.find_map(|pair| pair.trim().strip_prefix("PVEAuthCookie="))?;
    Some(percent_decode_str(value).decode_utf8_lossy().into_owned())
}

fn by_ticket(
    world: &World,
    sessions: &Sessions,
    request: &Request,
    ticket: &str,
) -> Result<Identity, &'static str> {
    let session = sessions
        .0
        .get(ticket)
        .filter(|session| world.now() < session.ends);
    let session = session.ok_or("Authentication failed!")?;
    if request.method != "GET" && request.header("csrfpreventiontoken") != Some(session.csrf.as_str()) {
        return Err("Permission denied - invalid csrf token");
    }
    Ok(Identity {
        user: session.user.clone(),
        token: None,
    })
}

/// `PVEAPIToken=user@realm!name=secret`; split at the last `=`.
fn by_token(world: &World, value: &str) -> Result<Identity, &'static str> {
    const FAILED: &str = "Authentication failed!";
    let rest = value
        .strip_prefix("PVEAPIToken=")
        .or_else(|| value.strip_prefix("PVEAPIToken "))
        .ok_or("No ticket")?;
    let decoded = percent_decode_str(rest).decode_utf8_lossy().into_owned();
    let (full, secret) = decoded.rsplit_once('=').ok_or(FAILED)?;
    let known = world
        .access
        .tokens
        .get(full)
        .is_some_and(|token| token.secret == secret);
    match full.split_once('!') {
        Some((user, token)) if known => Ok(Identity {
            user: user.to_owned(),
            token: Some(token.to_owned()),
        }),
        _ => Err(FAILED),
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
    let mut capabilities = Json::object();
    let areas = [
        ("vms", "/vms"),
        ("nodes", "/nodes"),
        ("storage", "/storage"),
        ("dc", "/"),
        ("access", "/access"),
        ("sdn", "/sdn"),
        ("mapping", "/mapping"),
    ];
    for (area, path) in areas {
        let mut rights = Json::object();
        for privilege in world
            .access
            .rights(&who, path)
            .keys()
            .filter(|name| belongs(area, name))
        {
            rights.put(*privilege, 1);
        }
        capabilities.put(area, rights);
    }
    let data = Json::object()
        .with("ticket", ticket)
        .with("CSRFPreventionToken", csrf)
        .with("username", user.to_owned())
        .with("clustername", world.cluster.clone())
        .with("cap", capabilities);
    Reply::ok(data, None, world.rng_mut())
}

fn belongs(area: &str, privilege: &str) -> bool {
    let heads: &[&str] = match area {
        "vms" => &["VM."],
        "nodes" => &["Sys."],
        "storage" => &["Datastore."],
        "dc" => &["Sys.Audit", "Sys.Modify", "SDN."],
        "access" => &["User.", "Group."],
        "sdn" => &["SDN."],
        _ => &["Mapping."],
    };
    heads.iter().any(|head| privilege.starts_with(head))
}
