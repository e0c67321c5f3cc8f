//! Maintenance windows. They bind what nobody asked for; a person is warned, not stopped. Deny wins over allow.

use super::consent;
use crate::{Nature, case::Case, words};
use jarvis_crds::{MaintenanceWindowSpec, Manifest, Selector, WindowEffect, windows};
use jarvis_model::{Cause, ResourceKey, Rule, Timestamp, Verdict};

/// Why the windows say no, and until when.
struct Closed<'a> {
    window: &'a ResourceKey,
    reason: String,
    until: Option<Timestamp>,
}

/// No act in an open deny window, nor outside every allow window where there is one.
pub fn window(case: &Case<'_>) -> Option<Verdict> {
    if !case.is_autonomous() || case.only_reads() || consent::by_person(case) {
        return None;
    }
    let closed = closed(case)?;
    let until = closed
        .until
        .map_or_else(String::new, |at| format!(" (it changes at {})", words::time(at)));
    Some(case.wait(
        Rule::Window,
        closed.window.to_string(),
        closed.reason,
        format!(
            "Wait for the window{until}, change {}, or act yourself.",
            closed.window
        ),
        closed.until,
    ))
}

/// A closed window, for a person about to act.
pub fn warning(case: &Case<'_>) -> Option<String> {
    closed(case).map(|closed| closed.reason)
}

fn closed<'a>(case: &Case<'a>) -> Option<Closed<'a>> {
    let now = case.now();
    let bound: Vec<_> = case
        .facts
        .desired
        .windows
        .iter()
        .filter(|(_, window)| binds(case, window))
        .collect();
    let word = match case.request.nature {
        Nature::Repair => "repairs",
        Nature::Change => "changes",
    };
    let deny = |spec: &MaintenanceWindowSpec| spec.effect == WindowEffect::Deny;
    let denied = bound
        .iter()
        .find(|(_, window)| deny(&window.spec) && windows::is_open(&window.spec, now));
    if let Some((key, window)) = denied {
        let reason = format!("{key} forbids {word} of {} now.", case.target());
        return Some(Closed {
            window: key,
            reason,
            until: windows::next_change(&window.spec, now),
        });
    }
    let allowing: Vec<_> = bound.iter().filter(|(_, window)| !deny(&window.spec)).collect();
    if allowing
        .iter()
        .any(|(_, window)| windows::is_open(&window.spec, now))
    {
        return None;
    }
    if allowing
        .iter()
        .any(|(_, window)| window.spec.overrun && began_in(case, &window.spec))
    {
        return None;
    }
    let opening = |window: &Manifest<MaintenanceWindowSpec>| windows::next_change(&window.spec, now);
    let next = allowing
        .iter()
        .min_by_key(|(_, window)| opening(window).map_or((1, now), |at| (0, at)))?;
    let reason = format!(
        "{} of {} are allowed in {} only, which is not open.",
        words::capitalised(word),
        case.target(),
        next.0
    );
    Some(Closed {
        window: next.0,
        reason,
        until: opening(next.1),
    })
}

/// Whether the issue that this is done about was first attended to while a window was open: then it may be finished.
fn began_in(case: &Case<'_>, spec: &MaintenanceWindowSpec) -> bool {
    let Cause::Issue { issue } = &case.request.cause else {
        return false;
    };
    let open = case.facts.memory.issues.get(issue);
    open.is_some_and(|open| open.attempts.iter().any(|at| windows::is_open(spec, *at)))
}

/// Whether a window speaks of this request. What belongs to no manifest is chosen by selectors that name nothing.
fn binds(case: &Case<'_>, window: &Manifest<MaintenanceWindowSpec>) -> bool {
    let covered = match case.request.nature {
        Nature::Repair => window.spec.applies_to.covers_repairs(),
        Nature::Change => window.spec.applies_to.covers_changes(),
    };
    let selector = &window.spec.selector;
    let resources = case.resources();
    let chosen = resources
        .iter()
        .any(|key| selector.matches(key, &case.labels(key)));
    covered && (chosen || (resources.is_empty() && *selector == Selector::default()))
}
