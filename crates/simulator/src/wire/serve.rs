//! One request from its bytes to its answer: method, authentication, dispatch, waiting, ledger.

use std::sync::Arc;
use std::time::Duration;

use percent_encoding::percent_decode_str;

use super::answer::{Body, Progress, Reply};
use super::auth;
use super::extjs;
use super::http::Request;
use super::params::{Given, decode_form, decode_json};
use super::route::{Asked, Guard, find, no_cluster_files, respond};
use super::shared::{Shared, lock};
use crate::world::ledger::Call;

const FORMATS: &[&str] = &["/api2/json", "/api2/extjs"];

/// The path below the format, decoded once; nothing for paths outside the API.
pub fn api_path(request: &Request) -> Option<String> {
    let rest = FORMATS
        .iter()
        .find_map(|format| request.path.strip_prefix(format))?;
    if !rest.is_empty() && !rest.starts_with('/') {
        return None;
    }
    let decoded = percent_decode_str(rest).decode_utf8_lossy().into_owned();
    let trimmed = decoded.trim_end_matches('/');
    Some(if trimmed.is_empty() {
        "/".to_owned()
    } else {
        trimmed.to_owned()
    })
}

/// Answers a request sent to `node`, in the format it asks for.
pub async fn answer(shared: &Arc<Shared>, node: &str, request: &Request) -> Reply {
    let reply = answer_json(shared, node, request).await;
    if request.path.starts_with(FORMATS[1]) {
        extjs::wrap(reply)
    } else {
        reply
    }
}

async fn answer_json(shared: &Arc<Shared>, node: &str, request: &Request) -> Reply {
    if let Some(refused) = request.refused {
        return Reply::bare(501, refused);
    }
    if !matches!(request.method.as_str(), "GET" | "POST" | "PUT" | "DELETE") {
        return Reply::bare(501, format!("method '{}' not available", request.method));
    }
    let Some(path) = api_path(request) else {
        return outside(request);
    };
    if !request.body.is_empty() && matches!(request.method.as_str(), "GET" | "DELETE") {
        return Reply::bare(501, format!("Unexpected content for method '{}'", request.method));
    }
    if let Err(refusal) = shared.with(|world| no_cluster_files(world, node)) {
        // The attempt to find out who asks fails, which costs what every failed one does.
        return Reply {
            wall_delay: shared.auth_delay,
            ..Reply::refusal(&refusal, &mut crate::rng::Rng::new(1))
        };
    }
    let given = match parameters(request) {
        Ok(given) => given,
        Err(reply) => return *reply,
    };
    if request.method == "POST" && path == "/access/ticket" {
        let (mut reply, held_back) =
            shared.with(|world| auth::ticket(world, &mut lock(&shared.sessions), &given));
        reply.wall_delay = if held_back {
            shared.auth_delay
        } else {
            Duration::ZERO
        };
        return reply;
    }
    let open = find(&request.method, &path).is_some_and(|(route, _)| matches!(route.guard, Guard::Everyone));
    let who = match shared.with(|world| auth::identify(world, &lock(&shared.sessions), request)) {
        Ok(who) => Some(who),
        Err(_) if open => None,
        Err(reason) => {
            return Reply {
                wall_delay: shared.auth_delay,
                ..Reply::bare(401, reason)
            };
        }
    };
    let asked = Asked {
        method: request.method.clone(),
        path,
        given,
        who,
    };
    carry_out(shared, node, &asked).await
}

async fn carry_out(shared: &Arc<Shared>, node: &str, asked: &Asked) -> Reply {
    let since = shared.clock.now();
    loop {
        let waited = shared.clock.now().since(since);
        let progress = shared.with(|world| {
            let progress = respond(world, &shared.site, node, asked, waited);
            if let Progress::Done(reply) = &progress {
                note(world, node, asked, reply);
            }
            progress
        });
        match progress {
            Progress::Done(reply) => {
                shared.clock.sleep(reply.delay).await;
                return reply;
            }
            Progress::Wait(span) => shared.clock.sleep(span).await,
        }
    }
}

/// Accepted changing calls go into the ledger.
fn note(world: &mut crate::world::World, entry: &str, asked: &Asked, reply: &Reply) {
    if asked.method == "GET" || reply.status != 200 || asked.path.ends_with("/agent/ping") {
        return;
    }
    let parts: Vec<&str> = asked.path.split('/').collect();
    let vmid = parts
        .iter()
        .position(|part| *part == "qemu" || *part == "lxc")
        .and_then(|at| parts.get(at + 1));
    let command = asked
        .given
        .get("command")
        .and_then(|values| values.first())
        .cloned();
    let last = parts.last().copied().unwrap_or_default();
    let action = match (asked.method.as_str(), last) {
        (_, "status") => command.unwrap_or_default(),
        ("DELETE", _) if parts.contains(&"tasks") => "cancel".to_owned(),
        ("DELETE", _) if parts.contains(&"snapshot") => "delete-snapshot".to_owned(),
        _ if asked.path.starts_with("/cluster/ha") => "ha".to_owned(),
        _ => last.to_owned(),
    };
    let call = Call {
        seq: world.ledger.calls.len() as u64 + 1,
        at_ms: world.now().as_millis(),
        user: asked
            .who
            .as_ref()
            .map(crate::world::access::Identity::full_name)
            .unwrap_or_default(),
        entry: entry.to_owned(),
        method: asked.method.clone(),
        path: asked.path.clone(),
        action,
        vmid: vmid.and_then(|text| text.parse().ok()),
        upid: reply.upid.clone(),
        reply_lost: false,
    };
    world.ledger.calls.push(call);
}

fn parameters(request: &Request) -> Result<Given, Box<Reply>> {
    let mut given = Given::new();
    decode_form(&request.query, &mut given);
    if request.body.is_empty() {
        return Ok(given);
    }
    let kind = request
        .header("content-type")
        .unwrap_or("application/x-www-form-urlencoded");
    let kind = kind.split(';').next().unwrap_or_default().trim();
    match kind {
        "application/x-www-form-urlencoded" => {
            decode_form(&String::from_utf8_lossy(&request.body), &mut given);
            Ok(given)
        }
        "application/json" => match decode_json(&request.body, &mut given) {
            Ok(()) => Ok(given),
            Err(refusal) => Err(Box::new(Reply::refusal(&refusal, &mut crate::rng::Rng::new(1)))),
        },
        other => Err(Box::new(Reply::bare(
            506,
            format!("unsupported content type '{other}'"),
        ))),
    }
}

/// The web interface's page, and nothing else.
fn outside(request: &Request) -> Reply {
    if request.path == "/" && request.method == "GET" {
        let text =
            "<!DOCTYPE html><html><head><title>simulated Proxmox VE</title></head><body></body></html>";
        let body = Body::Other {
            content_type: "text/html; charset=utf-8",
            text: text.to_owned(),
        };
        return Reply::plain(200, "OK", body);
    }
    Reply::bare(404, format!("no such file '{}'", request.path))
}
