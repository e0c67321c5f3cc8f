//! When a person must say yes, and whether one has. A confirmation counts for one digest, once; an approval of a
//! recommendation counts as a person's confirmation. That a confirmation was given in time, by somebody who may, is
//! checked where it is taken; here only whether it fits.

use super::unattended::{level_of, mass_failure_reason, raise};
use crate::{
    case::{Case, Typed},
    words,
};
use jarvis_model::{Autonomy, Cause, Confirmed, Origin, Outcome, Rule, Scope, TicketId, Tier, Verdict};

/// Changes beyond which a share of a fifth counts.
const SMALL_PLAN: u32 = 3;

/// What was said to this request.
enum Given {
    Nothing,
    /// A confirmation that does not fit, and why.
    Misfit(String),
    /// The token's own second call.
    ByToken,
    /// A signed-in person's word.
    ByPerson,
}

/// One reason to ask.
struct Ask {
    rule: Rule,
    reason: String,
}

/// Asks a person wherever one must be asked and has not said yes.
pub fn consent(case: &Case<'_>) -> Option<Verdict> {
    let asks: Vec<Ask> = [
        plan_size(case),
        mass_failure(case),
        recommended(case),
        by_tier(case),
    ]
    .into_iter()
    .flatten()
    .collect();
    let first = asks.first()?;
    let open = match given(case) {
        Given::ByPerson => None,
        Given::ByToken => asks.iter().find(|ask| ask.rule != Rule::Confirmation),
        Given::Nothing => Some(first),
        Given::Misfit(why) => {
            return Some(case.refuse(
                Rule::ConfirmationInvalid,
                case.target(),
                format!("The confirmation to {} {why}.", case.action()),
                "Ask again, and confirm what is shown then.".to_owned(),
            ));
        }
    }?;
    let typed = matches!(case.request.origin, Origin::Chat { .. }) && case.tier == Tier::Red;
    Some(case.confirm(
        open.rule,
        open.reason.clone(),
        if typed { Typed::Yes } else { Typed::No },
    ))
}

/// Whether a signed-in person confirmed or approved exactly this.
pub fn by_person(case: &Case<'_>) -> bool {
    matches!(given(case), Given::ByPerson)
}

fn given(case: &Case<'_>) -> Given {
    let digest = &case.request.digest;
    if case.used_approval.is_some() || case.facts.memory.approval(digest, case.now()).is_some() {
        return Given::ByPerson;
    }
    let Some((ticket, confirmed)) = case
        .ticket()
        .and_then(|ticket| Some((&ticket.id, ticket.confirmed.as_ref()?)))
    else {
        return Given::Nothing;
    };
    if confirmed.digest != *digest {
        let (then, now) = (confirmed.digest.short(), digest.short());
        return Given::Misfit(format!(
            "was given for another decision ({then}, and this is {now})"
        ));
    }
    if is_used(case, ticket) {
        return Given::Misfit("was used before".to_owned());
    }
    match &case.request.origin {
        Origin::Mcp { token, scopes } if by_itself(case, token, confirmed) => {
            if scopes.contains(&Scope::OperateRed) {
                Given::ByToken
            } else {
                Given::Misfit(format!(
                    "came from the token {token} itself, which lacks the scope `operate-red`"
                ))
            }
        }
        _ => Given::ByPerson,
    }
}

/// A token's second call is recorded under the token's own name or label, never under a person's; nor does it become a
/// person's word when the token gives it through another door, where it is called `token:NAME`.
fn by_itself(case: &Case<'_>, token: &str, confirmed: &Confirmed) -> bool {
    confirmed.user.strip_prefix("token:").unwrap_or(&confirmed.user) == token
        || confirmed.user == case.request.origin.label()
}

/// A confirmation is used once an effect was sent for its ticket, or may have been.
fn is_used(case: &Case<'_>, ticket: &TicketId) -> bool {
    let own = case.own.map(|intent| &intent.id);
    let nothing_begun = |outcome: &Outcome| matches!(outcome, Outcome::NotSent | Outcome::Rejected { .. });
    case.facts.memory.intents.values().any(|intent| {
        Some(&intent.id) != own
            && matches!(&intent.cause, Cause::Ticket { ticket: other } if other == ticket)
            && !intent.outcome.as_ref().is_some_and(nothing_begun)
    })
}

/// A large plan waits for a person: over the largest plan, or over a fifth of what is declared and over three.
fn plan_size(case: &Case<'_>) -> Option<Ask> {
    let size = case.request.plan_size;
    let policies = case.facts.desired.policies.values();
    let limits = policies.filter_map(|policy| policy.spec.budgets.largest_plan);
    let limit = limits.fold(case.facts.floor.largest_plan, u32::min);
    let share = size.changes > SMALL_PLAN && size.changes.saturating_mul(5) > size.declared;
    if case.only_reads() || (size.changes <= limit && !share) {
        return None;
    }
    let reason = if size.changes > limit {
        format!(
            "The plan has {} changes; {limit} may be made without asking.",
            size.changes
        )
    } else {
        format!(
            "The plan has {} changes, more than a fifth of the {} guests declared.",
            size.changes, size.declared
        )
    };
    Some(Ask {
        rule: Rule::PlanSize,
        reason,
    })
}

/// With several nodes away a person says so of this very act.
fn mass_failure(case: &Case<'_>) -> Option<Ask> {
    let reason = mass_failure_reason(case).filter(|_| !case.is_autonomous())?;
    Some(Ask {
        rule: Rule::MassFailure,
        reason: format!("{reason} Confirm that this act is meant all the same."),
    })
}

/// At L2 Jarvis recommends; what is red it recommends at every level.
fn recommended(case: &Case<'_>) -> Option<Ask> {
    if !case.is_autonomous() || case.only_reads() {
        return None;
    }
    let level = level_of(case);
    let reason = if case.tier == Tier::Red {
        format!(
            "{} is red; Jarvis recommends it and never does it by itself.",
            case.doing()
        )
    } else if level < Autonomy::L3 {
        let raise = raise(case, Autonomy::L3);
        format!("The autonomy here is {level}: Jarvis recommends. To let it act, raise to L3: {raise}.")
    } else {
        return None;
    };
    Some(Ask {
        rule: Rule::Autonomy,
        reason,
    })
}

/// Red is confirmed by everybody who asks; the conversation confirms yellow too.
fn by_tier(case: &Case<'_>) -> Option<Ask> {
    let asked = match (&case.request.origin, case.tier) {
        (Origin::Reconciler | Origin::Runbook { .. }, _) | (_, Tier::Green) => false,
        (Origin::Chat { .. }, _) | (_, Tier::Red | Tier::Black) => true,
        (Origin::Person { .. } | Origin::Mcp { .. }, Tier::Yellow) => false,
    };
    let reason = || match case.tier {
        Tier::Red => format!(
            "{} interrupts or moves something at once.",
            words::capitalised(&case.doing())
        ),
        _ => format!(
            "{} was asked for in the conversation.",
            words::capitalised(&case.doing())
        ),
    };
    asked.then(|| Ask {
        rule: Rule::Confirmation,
        reason: reason(),
    })
}
