//! Base tiers: how dangerous an action is by itself, before any context raises it. Knows nothing of who asks.

use jarvis_crds::{AllowedCommand, Desired};
use jarvis_model::{Action, Tier};

/// The tier of an action by itself. Context raises it in [`crate::judge()`]; nothing lowers it.
///
/// Total without a wildcard, so that a new action without a tier does not compile. A command is green when the
/// policies list it as one that only reads, red when any of them lists it as one that changes something, and black
/// when none lists it.
pub fn base_tier(action: &Action, desired: &Desired) -> Tier {
    match action {
        Action::StartGuest { .. }
        | Action::ShutdownGuest { .. }
        | Action::RebootGuest { .. }
        | Action::CreateSnapshot { .. }
        | Action::WakeNode { .. }
        | Action::StartService { .. }
        | Action::RestartService { .. } => Tier::Yellow,
        Action::StopGuest { .. }
        | Action::ResetGuest { .. }
        | Action::RollbackSnapshot { .. }
        | Action::MigrateGuest { .. }
        | Action::RebootNode { .. }
        | Action::ShutdownNode { .. }
        | Action::StopService { .. } => Tier::Red,
        Action::DestroyGuest { .. } | Action::ReconfigureGuest { .. } | Action::Unknown { .. } => Tier::Black,
        Action::RunCommand { argv, .. } => command_tier(argv, desired),
    }
}

fn command_tier(argv: &[String], desired: &Desired) -> Tier {
    let listed = |command: &&AllowedCommand| command.matches(argv);
    let policies = desired.policies.values();
    let mut entries = policies
        .flat_map(|policy| &policy.spec.command_allowlist)
        .filter(listed)
        .peekable();
    if entries.peek().is_none() {
        Tier::Black
    } else if entries.any(|command| command.changes) {
        Tier::Red
    } else {
        Tier::Green
    }
}
