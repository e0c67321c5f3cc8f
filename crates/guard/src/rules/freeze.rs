//! The kill switch.

use super::consent;
use crate::{case::Case, words};
use jarvis_model::{Freeze, FreezeScope, Origin, Rule, Verdict};

/// Stops what no logged-in person confirmed, or everybody. A state that cannot be read stops everybody. Reads go on.
pub fn kill_switch(case: &Case<'_>) -> Option<Verdict> {
    if case.only_reads() {
        return None;
    }
    let switch = case.facts.memory.kill_switch(case.now());
    let scope = switch.scope_at(case.now())?;
    if let Freeze::Unreadable { reason } = switch {
        return Some(
            case.refuse(
                Rule::FreezeUnreadable,
                "cluster".to_owned(),
                format!("Whether Jarvis is frozen cannot be read ({reason}), so it counts as frozen."),
                "Mend the state folder, then set the kill switch anew: `jarvis freeze` or `jarvis thaw`."
                    .to_owned(),
            ),
        );
    }
    let spared = match &case.request.origin {
        Origin::Reconciler | Origin::Runbook { .. } => false,
        Origin::Person { .. } => true,
        Origin::Chat { .. } | Origin::Mcp { .. } => consent::by_person(case),
    };
    if scope == FreezeScope::Autonomy && spared {
        return None;
    }
    let Freeze::On {
        by, reason, until, ..
    } = switch
    else {
        return None;
    };
    let whom = match scope {
        FreezeScope::Autonomy => "everything that no logged-in person confirmed",
        FreezeScope::All => "everything and everybody",
    };
    let why = if reason.is_empty() {
        String::new()
    } else {
        format!(": {reason}")
    };
    if switch.is_by_file() {
        return Some(case.refuse(
            Rule::Frozen,
            "cluster".to_owned(),
            format!("The file `freeze` in the state folder freezes {whom}{why}."),
            "Remove that file; `jarvis thaw` does not end it.".to_owned(),
        ));
    }
    let end = until.map_or_else(
        || "`jarvis thaw`".to_owned(),
        |at| format!("`jarvis thaw`, or {}", words::time(at)),
    );
    Some(case.refuse(
        Rule::Frozen,
        "cluster".to_owned(),
        format!("{by} froze {whom}{why}."),
        format!("It ends with {end}."),
    ))
}
