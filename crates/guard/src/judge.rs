//! The order in which the rules speak. The first that objects answers; when none does, the action is permitted.
//!
//! Black first, so that what is never done is never explained by anything less. Then who may, and whether the kill
//! switch lets anybody. Then what is known from the cluster-wide look, the limits of acting alone, and consent. Last
//! what passes by itself in seconds: other effects in flight, pacing, and the live look that must stand directly
//! behind an act; so nobody looks live at what is not about to be done.

use crate::{
    Facts, Request,
    case::Case,
    rules::{allowed, black, consent, freeze, last_look, slot, target, unattended, window},
};
use jarvis_model::{Tier, Verdict};

/// A rule: its objection, if it has one.
type RuleFn = fn(&Case<'_>) -> Option<Verdict>;

/// All rules, in the order in which they speak.
const RULES: [RuleFn; 35] = [
    // Never, by anyone.
    black::action,
    black::protected,
    black::protected_dependency,
    black::quorum_after,
    black::other_node_unhealthy,
    black::identity,
    // Who may, and the kill switch.
    allowed::role,
    allowed::scope,
    allowed::ticket,
    freeze::kill_switch,
    target::supported,
    // What the cluster-wide look says.
    target::start_gate,
    target::quorum,
    target::listed,
    target::node_online,
    target::destination_online,
    target::template,
    target::state,
    target::locked,
    // Acting alone.
    unattended::ha_managed,
    unattended::held,
    unattended::mass_failure,
    unattended::unresolved,
    unattended::escalated,
    unattended::attempts,
    unattended::level,
    unattended::alert_only,
    unattended::hourly,
    window::window,
    // A person's word.
    consent::consent,
    // What passes by itself.
    slot::unresolved,
    slot::in_flight,
    slot::pacing,
    last_look::fresh,
    last_look::service,
];

/// Judges a request on the facts at hand. Pure and total: the same arguments always give the same verdict, and
/// nothing that is not Known leads to a permit.
pub fn judge(request: &Request, facts: &Facts<'_>) -> Verdict {
    first(&Case::new(request, facts))
}

/// Every objection, in order; empty when [`judge`] permits. For explanations: the first one is the verdict.
pub fn objections(request: &Request, facts: &Facts<'_>) -> Vec<Verdict> {
    let case = Case::new(request, facts);
    RULES.iter().filter_map(|rule| rule(&case)).collect()
}

/// What a person should know before an act that is not stopped by it: closed windows, holds, the HA manager, nodes
/// that are away.
pub fn warnings(request: &Request, facts: &Facts<'_>) -> Vec<String> {
    let case = Case::new(request, facts);
    [
        target::power_warning(&case),
        window::warning(&case),
        unattended::hold_warning(&case),
        unattended::ha_warning(&case),
        target::away_warning(&case),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The first objection to a case, or the permit.
pub(crate) fn first(case: &Case<'_>) -> Verdict {
    RULES
        .iter()
        .find_map(|rule| rule(case))
        .unwrap_or(Verdict::Permit { tier: case.tier })
}

/// The tier of a request in its context: black when a rule says never, its base tier otherwise.
pub(crate) fn tier_in_context(case: &Case<'_>) -> Tier {
    RULES
        .iter()
        .filter_map(|rule| rule(case))
        .map(|verdict| verdict.tier())
        .max()
        .unwrap_or(case.tier)
        .max(case.tier)
}
