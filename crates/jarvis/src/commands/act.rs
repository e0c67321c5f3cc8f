//! Asking for actions, confirming, rejecting and recalling. A request is followed to its end unless told otherwise.

use super::{
    field::{cell, word},
    get,
};
use crate::{
    cli::act::{Act, Confirm, Manner, NodeAct, Request, Service, TicketName},
    client::{Client, exit_of_rule},
    exit::{Exit, Failure, Outcome},
    out,
    table::clean,
};
use jarvis_crds::check::suggest::nearest;
use serde_json::{Value, json};
use std::time::Duration;

const TICKET: &str = "id action { name text } state isFinal digest typed expiresAt outcome notes refusal { code rule reason unblock }";
/// How often a request under way is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(300);
/// The beginning of an id must be this long.
const SHORTEST: usize = 6;

/// `jarvis request`.
pub async fn request(arguments: &Request, client: &Client) -> Outcome {
    let action = action(&arguments.action, client).await?;
    let query = format!(
        "mutation($action: ActionInput!, $hold: Int, $recall: Int) {{ requestAction(action: $action, holdSeconds: $hold, recallSeconds: $recall) {{ {TICKET} }} }}"
    );
    let seconds = |span: Option<Duration>| span.map(|span| span.as_secs());
    let manner = &arguments.manner;
    let data = client
        .ask(
            &query,
            json!({ "action": action, "hold": seconds(manner.hold), "recall": seconds(manner.recall) }),
        )
        .await?;
    let ticket = data["requestAction"].clone();
    out::note(&format!("{}: ticket {}", said(&ticket), cell(&ticket["id"])));
    for note in ticket["notes"].as_array().into_iter().flatten() {
        out::note(&format!("  {}", clean(&cell(note))));
    }
    let ticket = if ticket["state"] == "AWAITING_CONFIRMATION" {
        settle_confirmation(ticket, manner, client).await?
    } else {
        ticket
    };
    if manner.no_wait {
        Ok(Exit::Ok)
    } else {
        follow(ticket, client).await
    }
}

fn said(ticket: &Value) -> String {
    clean(&cell(&ticket["action"]["text"]))
}

/// The action as `requestAction` takes it.
async fn action(act: &Act, client: &Client) -> Result<Value, Failure> {
    let (name, guest, more) = match act {
        Act::Node(node) => return Ok(of_node(&node.act)),
        Act::StartService(service) => return of_service("startService", service, client).await,
        Act::RestartService(service) => return of_service("restartService", service, client).await,
        Act::StopService(service) => return of_service("stopService", service, client).await,
        Act::Start(guest) => ("startGuest", guest, None),
        Act::Shutdown(guest) => ("shutdownGuest", guest, None),
        Act::Reboot(guest) => ("rebootGuest", guest, None),
        Act::Stop(guest) => ("stopGuest", guest, None),
        Act::Reset(guest) => ("resetGuest", guest, None),
        Act::Destroy(guest) => ("destroyGuest", guest, None),
        Act::Snapshot { guest, snapshot } => ("createSnapshot", guest, Some(("snapshot", snapshot))),
        Act::Rollback { guest, snapshot } => ("rollbackSnapshot", guest, Some(("snapshot", snapshot))),
        Act::Migrate { guest, node } => ("migrateGuest", guest, Some(("targetNode", node))),
    };
    let mut action = json!({ "name": name, "vmid": vmid_of(&guest.guest, client).await? });
    if let Some((field, value)) = more {
        action[field] = json!(value);
    }
    Ok(action)
}

fn of_node(act: &NodeAct) -> Value {
    let (name, node) = match act {
        NodeAct::Reboot { node } => ("rebootNode", node),
        NodeAct::Shutdown { node } => ("shutdownNode", node),
        NodeAct::Wake { node } => ("wakeNode", node),
    };
    json!({ "name": name, "node": node })
}

async fn of_service(name: &str, asked: &Service, client: &Client) -> Result<Value, Failure> {
    let Service { host, service } = asked;
    let (field, place) = match host.split_once('/') {
        Some(("node", node)) => ("node", json!(node)),
        Some(("guest", guest)) => ("vmid", json!(vmid_of(guest, client).await?)),
        Some(("host", host)) => ("host", json!(host)),
        _ => {
            return Err(Failure::error(format!(
                "cannot ask for anything of {service} on {host:?}: that does not say what kind of host it is; write \
                 node/NAME, guest/VMID, guest/NAME or host/NAME"
            )));
        }
    };
    let mut action = json!({ "name": name, "service": service });
    action[field] = place;
    Ok(action)
}

/// The number of a guest given by number or name.
pub async fn vmid_of(text: &str, client: &Client) -> Result<u32, Failure> {
    // A number has one spelling, as at every other door: `0103` and `+103` are names, and nobody has them.
    if let Ok(vmid) = text.parse::<u32>()
        && vmid.to_string() == text
    {
        return Ok(vmid);
    }
    let guests = get::all_guests(client).await?;
    let named = guests.iter().filter(|guest| guest["name"] == text);
    let vmids: Vec<u32> = named
        .filter_map(|guest| u32::try_from(guest["vmid"].as_u64()?).ok())
        .collect();
    match vmids.as_slice() {
        [vmid] => Ok(*vmid),
        [] => {
            let names: Vec<&str> = guests.iter().filter_map(|guest| guest["name"].as_str()).collect();
            let hint = nearest(text, &names).map_or_else(
                || "`jarvis get guests` lists them".to_owned(),
                |meant| format!("did you mean {meant}?"),
            );
            Err(Failure::error(format!("there is no guest {text}: {hint}")))
        }
        several => {
            let list: Vec<String> = several.iter().map(ToString::to_string).collect();
            Err(Failure::error(format!(
                "several guests are called {text}: {}; give the number",
                list.join(", ")
            )))
        }
    }
}

/// A request that needs a person: confirms it as asked, or says how to.
async fn settle_confirmation(ticket: Value, manner: &Manner, client: &Client) -> Result<Value, Failure> {
    let digest = cell(&ticket["digest"]);
    let typed = ticket["typed"] == json!(true);
    let agreed = match &manner.confirm {
        Some(given) if given.len() >= SHORTEST && digest.starts_with(given.as_str()) => true,
        Some(given) => {
            return Err(Failure::with(
                Exit::Refused,
                format!(
                    "not confirmed: the request has the digest {digest} now, not {given}; look at it again and confirm what you see"
                ),
            ));
        }
        None if manner.yes => true,
        None if out::is_interactive() && !typed => {
            out::ask(&format!(
                "{} needs a confirmation. Confirm digest {}? [y/N] ",
                said(&ticket),
                short(&digest)
            ));
            out::read_line().is_some_and(|line| matches!(line.trim(), "y" | "Y" | "yes"))
        }
        None => false,
    };
    if !agreed || typed {
        let name = if typed { " --typed NAME" } else { "" };
        return Err(Failure::with(
            Exit::Refused,
            format!(
                "not done: it needs a confirmation until {}; run `jarvis confirm {}{name}`, or ask again with --confirm {}",
                cell(&ticket["expiresAt"]),
                short(&digest),
                short(&digest)
            ),
        ));
    }
    confirm_digest(&digest, Some(&ticket["id"]), None, client).await?;
    out::note(&format!("confirmed {}", short(&digest)));
    look(&cell(&ticket["id"]), client).await
}

fn short(digest: &str) -> &str {
    digest.get(..12).unwrap_or(digest)
}

async fn confirm_digest(
    digest: &str,
    ticket: Option<&Value>,
    typed: Option<&str>,
    client: &Client,
) -> Result<(), Failure> {
    const QUERY: &str = "mutation($digest: String!, $ticket: String, $typed: String) { confirm(digest: $digest, ticket: $ticket, typed: $typed) }";
    client
        .ask(
            QUERY,
            json!({ "digest": digest, "ticket": ticket, "typed": typed }),
        )
        .await
        .map(drop)
}

async fn look(id: &str, client: &Client) -> Result<Value, Failure> {
    let query = format!("query($id: String!) {{ ticket(id: $id) {{ {TICKET} }} }}");
    let data = client.ask(&query, json!({ "id": id })).await?;
    if data["ticket"].is_null() {
        return Err(Failure::error(format!(
            "there is no ticket {id} (any more): `jarvis get tickets` lists them"
        )));
    }
    Ok(data["ticket"].clone())
}

/// Follows a request to its end and says how it ended.
async fn follow(mut ticket: Value, client: &Client) -> Outcome {
    let id = cell(&ticket["id"]);
    let mut last = String::new();
    while ticket["isFinal"] != json!(true) {
        let state = word(&ticket["state"]);
        if state != last {
            out::note(&format!("{}: {}", said(&ticket), state.to_lowercase()));
            last = state;
        }
        tokio::time::sleep(LOOK_EVERY).await;
        ticket = look(&id, client).await?;
    }
    ended(&ticket)
}

fn ended(ticket: &Value) -> Outcome {
    let (what, refusal) = (said(ticket), &ticket["refusal"]);
    match ticket["state"].as_str().unwrap_or_default() {
        "DONE" if ticket["outcome"] == "verified" => {
            out::print(&format!("{what}: verified"));
            Ok(Exit::Ok)
        }
        "DONE" => Err(Failure::with(
            Exit::Refused,
            format!("{what}: {}", clean(&cell(&ticket["outcome"]))),
        )),
        "REFUSED" => Err(Failure::with(
            exit_of_rule(refusal["rule"].as_str().unwrap_or_default()),
            refused(&what, refusal),
        )),
        other => Err(Failure::with(
            Exit::Refused,
            format!("{what}: {}", other.to_lowercase()),
        )),
    }
}

fn refused(what: &str, refusal: &Value) -> String {
    let field = |name: &str| clean(&cell(&refusal[name]));
    let reason = field("reason");
    let reason = reason.trim_end_matches('.');
    format!(
        "{what} is refused: {reason} ({} {}). {}",
        field("code"),
        field("rule"),
        field("unblock")
    )
}

/// `jarvis confirm`.
pub async fn confirm(arguments: &Confirm, client: &Client) -> Outcome {
    const QUERY: &str = "{ tickets(open: true) { id state digest action { text } } decisions(filter: { verdict: CONFIRM }) { id action { text } } \
        plan { digest decisionCount } revision { withheldDigest withheldReason } }";
    let wanted = arguments.what.as_str();
    long_enough(wanted)?;
    let data = client.ask(QUERY, json!({})).await?;
    let mut found: Vec<(String, Option<Value>, String)> = Vec::new();
    let starts = |value: &Value| value.as_str().is_some_and(|text| text.starts_with(wanted));
    for ticket in data["tickets"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|ticket| ticket["state"] == "AWAITING_CONFIRMATION")
    {
        if starts(&ticket["id"]) || starts(&ticket["digest"]) {
            found.push((cell(&ticket["digest"]), Some(ticket["id"].clone()), said(ticket)));
        }
    }
    for decision in data["decisions"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|decision| starts(&decision["id"]))
    {
        let digest = cell(&decision["id"]);
        if !found.iter().any(|(known, ..)| *known == digest) {
            found.push((digest, None, said(decision)));
        }
    }
    if starts(&data["plan"]["digest"]) {
        found.push((
            cell(&data["plan"]["digest"]),
            None,
            format!(
                "the whole plan of {} changes",
                cell(&data["plan"]["decisionCount"])
            ),
        ));
    }
    if starts(&data["revision"]["withheldDigest"]) {
        found.push((
            cell(&data["revision"]["withheldDigest"]),
            None,
            cell(&data["revision"]["withheldReason"]),
        ));
    }
    match found.as_slice() {
        [(digest, ticket, what)] => {
            confirm_digest(digest, ticket.as_ref(), arguments.typed.as_deref(), client).await?;
            out::note(&format!("confirmed {}: {what}", short(digest)));
            match ticket {
                Some(id) => follow(look(&cell(id), client).await?, client).await,
                None => Ok(Exit::Ok),
            }
        }
        [] => Err(Failure::error(format!(
            "nothing that waits for a confirmation begins with {wanted}: `jarvis plan` and `jarvis get tickets` show what waits; a changed plan has another digest"
        ))),
        several => Err(Failure::error(format!(
            "{wanted} fits {} things that wait; give more of the digest",
            several.len()
        ))),
    }
}

fn long_enough(text: &str) -> Result<(), Failure> {
    if text.len() >= SHORTEST {
        return Ok(());
    }
    Err(Failure::error(format!(
        "{text:?} is too short; give at least the first {SHORTEST} characters"
    )))
}

/// `jarvis reject` and `jarvis recall`.
pub async fn take_back(arguments: &TicketName, mutation: &str, client: &Client) -> Outcome {
    long_enough(&arguments.ticket)?;
    let data = client
        .ask("{ tickets(open: true) { id action { text } } }", json!({}))
        .await?;
    let open = data["tickets"].as_array().map(Vec::as_slice).unwrap_or_default();
    let fits: Vec<&Value> = open
        .iter()
        .filter(|ticket| {
            ticket["id"]
                .as_str()
                .is_some_and(|id| id.starts_with(&arguments.ticket))
        })
        .collect();
    let (id, what) = match fits.as_slice() {
        [ticket] => (cell(&ticket["id"]), said(ticket)),
        // The server says it best why not.
        [] => (arguments.ticket.clone(), String::new()),
        _ => {
            return Err(Failure::error(format!(
                "{} fits several tickets; give more of the id",
                arguments.ticket
            )));
        }
    };
    client
        .ask(
            &format!("mutation($id: String!) {{ {mutation}(ticket: $id) }}"),
            json!({ "id": id }),
        )
        .await?;
    out::print(&format!("{mutation}ed: {what}"));
    Ok(Exit::Ok)
}
