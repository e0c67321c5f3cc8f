//! What people do through Jarvis's own doors: requests, confirmations in time and too late, freezes, holds.

use super::{
    deeds::{Follow, Wish},
    place::Place,
    rows::{node_name, vmid},
    stage::Scene,
};
use jarvis_controller::{CommandError, Confirm, Handle, NewRequest, Person};
use jarvis_model::{
    Action, Autonomy, Door, FreezeScope, HoldScope, Origin, Role, TicketId, TicketState,
    memory::PendingRevision,
};
use std::time::Duration;
use tokio::time::sleep;

fn person(user: &str, role: Role) -> Person {
    Person {
        user: user.to_owned(),
        role,
        door: Door::Dashboard,
    }
}

fn operator() -> Person {
    person("robin", Role::Operator)
}

fn admin() -> Person {
    person("sam", Role::Admin)
}

/// Lets a person do this, beside everything else.
pub fn wish(scene: &Scene, handle: Handle, place: &Place, wish: Wish) {
    let (scene, place) = (scene.clone(), place.clone());
    tokio::spawn(async move {
        let done = grant(&scene, &handle, &place, &wish).await;
        let text = match done {
            Ok(text) => text,
            Err(error) => format!("{wish:?}: {}", kind_of(&error)),
        };
        scene.note("person", &text);
    });
}

fn kind_of(error: &CommandError) -> &'static str {
    match error {
        CommandError::Refused(_) => "refused",
        CommandError::NotAllowed { .. } => "not allowed",
        CommandError::NotFound { .. } => "not found",
        CommandError::WrongState { .. } => "wrong state",
        CommandError::Invalid { .. } => "invalid",
        CommandError::NoRecord(_) => "no record",
        CommandError::Stopping => "nobody answers",
    }
}

async fn grant(scene: &Scene, handle: &Handle, place: &Place, wish: &Wish) -> Result<String, CommandError> {
    let minutes = |minutes: u64| Duration::from_secs(60 * minutes);
    match wish {
        Wish::OnGuest(which, number, follow) => {
            ask(scene, handle, on_guest(place, *which, *number), *follow).await
        }
        Wish::OnNode(which, node, follow) => {
            let node = node_name(node);
            let action = if which % 3 == 0 {
                Action::ShutdownNode { node }
            } else {
                Action::RebootNode { node }
            };
            ask(scene, handle, action, *follow).await
        }
        Wish::Freeze(all, ttl) => {
            let scope = if *all {
                FreezeScope::All
            } else {
                FreezeScope::Autonomy
            };
            let reason = "looking into it".to_owned();
            handle.freeze(scope, reason, ttl.map(minutes), operator()).await?;
            Ok(format!("froze {scope:?}"))
        }
        Wish::Thaw => handle.thaw(operator()).await.map(|()| "thawed".to_owned()),
        Wish::Hold(which, lasts) => {
            let scope = scope(place, *which);
            let text = format!("holds {scope}");
            let reason = "maintenance".to_owned();
            handle
                .hold(scope, reason, Some(minutes(*lasts)), operator())
                .await?;
            Ok(text)
        }
        Wish::ApprovePlan => approve_plan(handle).await,
        Wish::ApproveRevision => approve_revision(handle).await,
        Wish::Acknowledge => {
            let issues: Vec<_> = handle.view().memory.issues.keys().cloned().collect();
            for issue in &issues {
                handle.acknowledge(issue.clone(), operator()).await?;
            }
            Ok(format!("acknowledged {} issues", issues.len()))
        }
        Wish::Ceiling(low) => {
            let ceiling = low.then_some(Autonomy::L2);
            handle.set_ceiling(ceiling, admin()).await?;
            Ok(format!("ceiling {ceiling:?}"))
        }
        Wish::AcceptIdentity(number) => accept_identity(handle, *number).await,
        Wish::Reconcile => handle
            .reconcile_now(operator())
            .await
            .map(|()| "reconcile now".to_owned()),
    }
}

fn on_guest(place: &Place, which: u64, number: u32) -> Action {
    let vmid = vmid(number);
    match which % 9 {
        0 | 1 => Action::StartGuest { vmid },
        2 => Action::ShutdownGuest {
            vmid,
            timeout_secs: 45,
        },
        3 => Action::RebootGuest {
            vmid,
            timeout_secs: 45,
        },
        4 => Action::StopGuest { vmid },
        5 => Action::CreateSnapshot {
            vmid,
            snapshot: "before".to_owned(),
        },
        6 => {
            let nodes: Vec<&String> = place.world.nodes.keys().collect();
            let target = usize::try_from(which / 9).unwrap_or(0) % nodes.len();
            Action::MigrateGuest {
                vmid,
                target: node_name(nodes[target]),
            }
        }
        7 => Action::ResetGuest { vmid },
        _ => Action::DestroyGuest { vmid },
    }
}

fn scope(place: &Place, which: u64) -> HoldScope {
    let resource = place
        .specs
        .get(usize::try_from(which).unwrap_or(0))
        .and_then(|spec| spec.key().parse().ok());
    match (which, resource) {
        (1, _) => {
            let node = place.world.nodes.keys().next_back();
            node.map_or(HoldScope::Cluster, |node| HoldScope::Node(node_name(node)))
        }
        (2.., Some(resource)) => HoldScope::Resource(resource),
        _ => HoldScope::Cluster,
    }
}

async fn ask(scene: &Scene, handle: &Handle, action: Action, follow: Follow) -> Result<String, CommandError> {
    let by = operator();
    let text = action.to_string();
    let request = NewRequest {
        action,
        origin: Origin::Person {
            user: by.user.clone(),
            role: by.role,
            door: by.door,
        },
        recall: None,
        hold: matches!(follow, Follow::Confirm(..)).then_some(Duration::from_mins(10)),
    };
    let ticket = handle.request(request).await?;
    scene.note(
        "person",
        &format!("asks to {text}: {}", state_word(&ticket.state)),
    );
    match (follow, &ticket.state) {
        (Follow::Confirm(after, operators), TicketState::AwaitingConfirmation { digest, .. }) => {
            sleep(Duration::from_secs(after)).await;
            let confirm = |user: &str| Confirm {
                ticket: Some(ticket.id.clone()),
                digest: digest.clone(),
                typed: None,
                by: person(user, Role::Operator),
            };
            if operators > 1 {
                let (handle, second) = (handle.clone(), confirm("kim"));
                let scene = scene.clone();
                tokio::spawn(async move {
                    let answer = handle.confirm(second).await;
                    let word = answer.as_ref().map_or_else(kind_of, |()| "confirmed");
                    scene.note("person", &format!("kim confirms too: {word}"));
                });
            }
            handle.confirm(confirm("robin")).await?;
            Ok(format!("confirmed to {text}"))
        }
        (Follow::Recall(after), state) if !state.is_final() => {
            sleep(Duration::from_secs(after)).await;
            recall(handle, &ticket.id, &text).await
        }
        _ => Ok(format!("leaves it at that: {text}")),
    }
}

async fn recall(handle: &Handle, ticket: &TicketId, text: &str) -> Result<String, CommandError> {
    handle.recall(ticket.clone(), operator()).await?;
    Ok(format!("took back to {text}"))
}

fn state_word(state: &TicketState) -> &'static str {
    match state {
        TicketState::Queued => "queued",
        TicketState::AwaitingConfirmation { .. } => "awaits confirmation",
        TicketState::Running { .. } => "running",
        TicketState::Done { .. } => "done",
        TicketState::Refused { .. } => "refused",
        TicketState::Recalled => "recalled",
        TicketState::Rejected => "rejected",
        TicketState::Expired => "expired",
    }
}

async fn approve_plan(handle: &Handle) -> Result<String, CommandError> {
    let digest = handle.view().plan.digest.clone();
    let confirm = Confirm {
        ticket: None,
        digest,
        typed: None,
        by: operator(),
    };
    handle
        .confirm(confirm)
        .await
        .map(|()| "approved the plan".to_owned())
}

async fn approve_revision(handle: &Handle) -> Result<String, CommandError> {
    let view = handle.view();
    let Some(PendingRevision::Withheld { digest, commit, .. }) = &view.memory.pending else {
        return Ok("finds no revision that waits".to_owned());
    };
    let confirm = Confirm {
        ticket: None,
        digest: digest.clone(),
        typed: None,
        by: admin(),
    };
    handle.confirm(confirm).await?;
    Ok(format!("approved revision {commit}"))
}

async fn accept_identity(handle: &Handle, number: u32) -> Result<String, CommandError> {
    let vmid = vmid(number);
    let view = handle.view();
    let seen = view
        .observed
        .guests
        .get(&vmid)
        .and_then(|guest| guest.identity.value().cloned());
    match seen {
        Some(identity) => {
            handle.accept_identity(vmid, identity, operator()).await?;
            Ok(format!("accepted the identity of {number}"))
        }
        None => Ok(format!("cannot tell the identity of {number}")),
    }
}
