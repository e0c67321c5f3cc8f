//! How the guard names things to an operator. Knows nothing of rules.

use jarvis_model::{Action, Host, NodeName, Observed, Timestamp, Vmid};

/// `guest 103 (jarvis)`, or `guest 103` when its name is not known.
pub fn guest(vmid: Vmid, observed: &Observed) -> String {
    match observed.guests.get(&vmid).and_then(|guest| guest.name.as_deref()) {
        Some(name) => format!("guest {vmid} ({name})"),
        None => format!("guest {vmid}"),
    }
}

/// `node agent1`.
pub fn node(node: &NodeName) -> String {
    format!("node {node}")
}

/// `node agent1` or `guest 103 (jarvis)`.
pub fn host(host: &Host, observed: &Observed) -> String {
    match host {
        Host::Node(name) => node(name),
        Host::Guest(vmid) => guest(*vmid, observed),
        Host::Named(name) => format!("host {name}"),
    }
}

/// What an action is aimed at: `guest 101 (web)`, `nginx on guest 101 (web)`.
pub fn target(action: &Action, observed: &Observed) -> String {
    match action {
        Action::StartService { host: on, service }
        | Action::RestartService { host: on, service }
        | Action::StopService { host: on, service } => format!("{service} on {}", host(on, observed)),
        Action::RunCommand { host: on, .. } => host(on, observed),
        Action::Unknown { name } => format!("action {name:?}"),
        _ => match (action.vmid(), action.node()) {
            (Some(vmid), _) => guest(vmid, observed),
            (None, Some(name)) => node(name),
            (None, None) => "the cluster".to_owned(),
        },
    }
}

/// An action as the subject of a sentence: `Rebooting node agent1`.
pub fn doing(action: &Action, observed: &Observed) -> String {
    let target = target(action, observed);
    match action {
        Action::StartGuest { .. } | Action::StartService { .. } => format!("Starting {target}"),
        Action::ShutdownGuest { .. } | Action::ShutdownNode { .. } => format!("Shutting down {target}"),
        Action::RebootGuest { .. } | Action::RebootNode { .. } => format!("Rebooting {target}"),
        Action::StopGuest { .. } | Action::StopService { .. } => format!("Stopping {target}"),
        Action::ResetGuest { .. } => format!("Resetting {target}"),
        Action::CreateSnapshot { .. } => format!("Taking a snapshot of {target}"),
        Action::RollbackSnapshot { snapshot, .. } => format!("Rolling {target} back to {snapshot}"),
        Action::MigrateGuest { target: to, .. } => format!("Migrating {target} to node {to}"),
        Action::DestroyGuest { .. } => format!("Destroying {target}"),
        Action::ReconfigureGuest { .. } => format!("Reconfiguring {target}"),
        Action::WakeNode { .. } => format!("Waking {target}"),
        Action::RestartService { .. } => format!("Restarting {target}"),
        Action::RunCommand { argv, .. } => format!("Running {:?} on {target}", argv.join(" ")),
        Action::Unknown { name } => format!("{name:?}"),
    }
}

/// `2026-11-25 09:12:04 UTC`.
pub fn time(at: Timestamp) -> String {
    let millis = i64::try_from(at.as_millis()).unwrap_or(i64::MAX);
    match jiff::Timestamp::from_millisecond(millis) {
        Ok(instant) => instant.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
        Err(_) => "the end of time".to_owned(),
    }
}

/// `until 2026-11-25 09:12:04 UTC`, or `until released`.
pub fn until(at: Option<Timestamp>) -> String {
    at.map_or_else(|| "until released".to_owned(), |at| format!("until {}", time(at)))
}

/// `a`, `a and b`, `a, b and c`.
pub fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [init @ .., last] => format!("{} and {last}", init.join(", ")),
    }
}

/// With a small first letter.
pub fn lowered(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_lowercase().chain(letters).collect())
        .unwrap_or_default()
}

/// With a capital first letter.
pub fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}
