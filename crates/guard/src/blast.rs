//! What an act would do, in words, for cards and audit records: what it interrupts, how the vote would stand, how to
//! undo it. Permits and refuses nothing.

use crate::{
    Facts, Request,
    case::Case,
    graph::{End, interrupts},
    judge,
    rules::black,
    words,
};
use jarvis_model::{Action, GuestStatus, Host, Tier, limits};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// An act before it happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Preview {
    /// What it interrupts, itself first, then what runs on it or is declared to need it.
    pub interrupts: Vec<String>,
    /// How the vote would stand if what it takes away never returned.
    pub quorum_after: String,
    /// How to undo it.
    pub undo: String,
    /// Its tier in this context.
    pub tier: Tier,
}

/// The preview of a request.
pub fn preview(request: &Request, facts: &Facts<'_>) -> Preview {
    let case = Case::new(request, facts);
    Preview {
        interrupts: interrupted(&case),
        quorum_after: quorum_after(&case),
        undo: undo(&request.action, facts),
        tier: judge::tier_in_context(&case),
    }
}

fn interrupted(case: &Case<'_>) -> Vec<String> {
    let facts = case.facts;
    let own = interrupts(case.action(), facts.desired);
    let mut behind: BTreeSet<End> = own.iter().flat_map(|end| case.graph().dependents(end)).collect();
    behind.retain(|end| !own.contains(end) && !is_down(end, facts));
    own.iter()
        .chain(&behind)
        .map(|end| end.words(facts.observed))
        .collect()
}

/// A guest that is Known not to run loses nothing.
fn is_down(end: &End, facts: &Facts<'_>) -> bool {
    let End::Guest(vmid) = end else { return false };
    let guest = facts.observed.guests.get(vmid);
    guest.is_some_and(|guest| guest.status.fresh(facts.now, limits::CRITICAL) == Some(&GuestStatus::Stopped))
}

fn quorum_after(case: &Case<'_>) -> String {
    let Some(node) = black::lost_node(case) else {
        return "unchanged".to_owned();
    };
    match black::tally_without(case, &node) {
        None => "not known".to_owned(),
        Some(tally) => {
            let verdict = match tally.present.checked_sub(tally.needed) {
                None => "is lost",
                Some(0) => "holds with no vote to spare",
                Some(_) => "holds",
            };
            format!(
                "{verdict}: {} votes present, {} needed",
                tally.present, tally.needed
            )
        }
    }
}

/// How to undo an action, one sentence.
pub fn undo(action: &Action, facts: &Facts<'_>) -> String {
    let target = words::target(action, facts.observed);
    match action {
        Action::StartGuest { .. } => format!("Shut {target} down."),
        Action::ShutdownGuest { .. } | Action::StopGuest { .. } => format!("Start {target}."),
        Action::RebootGuest { .. } | Action::ResetGuest { .. } | Action::RebootNode { .. } => {
            "Nothing to undo: it comes back by itself.".to_owned()
        }
        Action::CreateSnapshot { snapshot, .. } => format!("Delete the snapshot {snapshot} of {target} by hand."),
        Action::RollbackSnapshot { .. } => {
            "Cannot be undone: what changed since the snapshot is lost; take a snapshot first to be able to return."
                .to_owned()
        }
        Action::MigrateGuest { vmid, .. } => match facts.observed.guests.get(vmid) {
            Some(guest) => format!("Migrate {target} back to node {}.", guest.node),
            None => format!("Migrate {target} back."),
        },
        Action::ShutdownNode { .. } => format!("Switch {target} on again, or wake it over the network."),
        Action::WakeNode { .. } => format!("Shut {target} down."),
        Action::StartService { host, service } => format!("Stop {}.", at(service, host, facts)),
        Action::StopService { host, service } => format!("Start {}.", at(service, host, facts)),
        Action::RestartService { .. } => "Nothing to undo: it comes back by itself.".to_owned(),
        Action::RunCommand { .. } => "Depends on the command.".to_owned(),
        Action::DestroyGuest { .. } | Action::ReconfigureGuest { .. } | Action::Unknown { .. } => {
            "Cannot be undone.".to_owned()
        }
    }
}

fn at(service: &str, host: &Host, facts: &Facts<'_>) -> String {
    format!("{service} on {}", words::host(host, facts.observed))
}
