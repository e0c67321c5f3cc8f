//! What a role, a token's scopes and a ticket allow. Knows nothing of the cluster.

use crate::case::Case;
use jarvis_model::{Origin, Role, Rule, Scope, Verdict};

/// Viewers act on nothing.
pub fn role(case: &Case<'_>) -> Option<Verdict> {
    let (Origin::Person { user, role, .. } | Origin::Chat { user, role }) = &case.request.origin else {
        return None;
    };
    if *role != Role::Viewer {
        return None;
    }
    Some(case.refuse(
        Rule::NotAllowed,
        format!("user {user}"),
        format!("{user} is a viewer and may look, not act."),
        "Ask an operator, or let an admin give you the operator role.".to_owned(),
    ))
}

/// An assistant needs `operate` for anything that changes something.
pub fn scope(case: &Case<'_>) -> Option<Verdict> {
    let Origin::Mcp { token, scopes } = &case.request.origin else {
        return None;
    };
    let (needed, wanted) = if case.only_reads() {
        (Scope::Read, "read")
    } else {
        (Scope::Operate, "operate")
    };
    if scopes.iter().any(|has| has.includes(needed)) {
        return None;
    }
    Some(case.refuse(
        Rule::NotAllowed,
        format!("token {token}"),
        format!("The token {token} lacks the scope `{wanted}`."),
        format!("Let an admin create a token with the scope `{wanted}`."),
    ))
}

/// A request must be the one its ticket was opened for.
pub fn ticket(case: &Case<'_>) -> Option<Verdict> {
    let ticket = case.ticket()?;
    if ticket.action == case.request.action && ticket.origin == case.request.origin {
        return None;
    }
    Some(case.refuse(
        Rule::ConfirmationInvalid,
        format!("ticket {}", ticket.id),
        format!(
            "Ticket {} asks to {}, not to {}.",
            ticket.id,
            ticket.action,
            case.action()
        ),
        "Open a ticket of its own for this request.".to_owned(),
    ))
}
